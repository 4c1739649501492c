//! What hangs on a task: its places in projects, its assignees, its labels, its spans in statuses.

use entity::{Instant, TaskStatus, status_interval, task_assignee, task_label, task_project};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    error::{DomainError, Result, UserError, UserErrorCode},
    project::ProjectRow,
    text::{self, Checks},
    write::Write,
};

/// Labels of one task at most.
const LABELS_MAX: usize = 100;
/// Projects, or people, of one task at most.
const PLACES_MAX: usize = 50;

fn of_task(table: &'static str, task: Uuid) -> Condition {
    Condition::all().add(Expr::col((Alias::new(table), Alias::new("task_id"))).eq(task))
}

/// Labels without blanks around them, each once, in the order given.
pub(in crate::domain) fn check_labels(checks: &mut Checks, labels: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(labels.len());
    for label in labels {
        let label = checks.take(text::title("labels", label));
        if !kept.contains(&label) {
            kept.push(label);
        }
    }
    if kept.len() > LABELS_MAX {
        let what = format!("are at most {LABELS_MAX}");
        checks.refuse(UserError::at("labels", UserErrorCode::Invalid, what));
    }
    kept
}

/// Keys, each once, in the order given.
pub(in crate::domain) fn check_keys(checks: &mut Checks, field: &str, keys: &[Uuid]) -> Vec<Uuid> {
    let mut kept: Vec<Uuid> = Vec::with_capacity(keys.len());
    for key in keys {
        if !kept.contains(key) {
            kept.push(*key);
        }
    }
    if kept.len() > PLACES_MAX {
        let what = format!("are at most {PLACES_MAX}");
        checks.refuse(UserError::at(field, UserErrorCode::Invalid, what));
    }
    kept
}

impl Write {
    /// Locks the projects that an input names; gives them in its order. New places are refused in archived
    /// ones.
    pub(in crate::domain) async fn lock_places(
        &self,
        wanted: &[Uuid],
        before: &[Uuid],
    ) -> Result<Vec<ProjectRow>> {
        let mut all: Vec<Uuid> = wanted.iter().chain(before).copied().collect();
        all.sort_unstable();
        all.dedup();
        self.lock_in_order::<ProjectRow>(&all).await?;
        let mut seen = if wanted.is_empty() { Vec::new() } else { self.lock_all::<ProjectRow>(wanted).await? };
        // Where the task stands already may be out of the viewer's sight; it may stay there.
        let missing: Vec<Uuid> = wanted
            .iter()
            .filter(|id| before.contains(id) && !seen.iter().any(|row| row.id == **id))
            .copied()
            .collect();
        seen.extend(self.everyones::<ProjectRow>(&missing).await?);
        let mut errors = Vec::new();
        for id in wanted {
            match seen.iter().find(|row| row.id == *id) {
                None => errors.push(UserError::at(
                    "projectIds",
                    UserErrorCode::NotFound,
                    "no project with this id",
                )),
                Some(row) if row.archived_at.is_some() && !before.contains(id) => {
                    let what = format!("\"{}\" is archived", row.title);
                    errors.push(UserError::at("projectIds", UserErrorCode::NotNow, what));
                }
                Some(_) => {}
            }
        }
        DomainError::unless_empty(errors)?;
        seen.sort_by_key(|row| wanted.iter().position(|id| *id == row.id));
        Ok(seen)
    }

    /// The projects of a task, the primary one first.
    pub(in crate::domain) async fn places_of(&self, task: Uuid) -> Result<Vec<Uuid>> {
        self.keys_by_primary("task_project", "project_id", task).await
    }

    /// The people of a task, the primary one first; those that only a tool knows are left out.
    pub(in crate::domain) async fn people_of(&self, task: Uuid) -> Result<Vec<Uuid>> {
        self.keys_by_primary("task_assignee", "person_id", task).await
    }

    async fn keys_by_primary(
        &self,
        table: &'static str,
        column: &'static str,
        task: Uuid,
    ) -> Result<Vec<Uuid>> {
        let of = |name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of(column))
            .expr(of("is_primary"))
            .from(Alias::new(table))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of(column).is_not_null())
            .cond_where(of_task(table, task))
            .order_by((Alias::new(table), Alias::new("id")), sea_orm::sea_query::Order::Asc);
        let mut keys = Vec::new();
        for row in self.tx.all(&select).await? {
            let (key, primary): (Uuid, bool) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            keys.push((!primary, key));
        }
        keys.sort_by_key(|(behind, _)| *behind);
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// The labels of a task, in alphabetical order.
    pub(in crate::domain) async fn labels_on(&self, task: Uuid) -> Result<Vec<String>> {
        let mut select = Query::select();
        select
            .column(Alias::new("name"))
            .from(Alias::new("task_label"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .cond_where(of_task("task_label", task))
            .order_by(Alias::new("name"), sea_orm::sea_query::Order::Asc);
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Puts a task into projects, the primary one first, and takes it out of all others.
    pub(in crate::domain) async fn set_places(
        &self,
        task: Uuid,
        before: &[Uuid],
        wanted: &[Uuid],
    ) -> Result<()> {
        let gone: Vec<Uuid> = before.iter().filter(|id| !wanted.contains(id)).copied().collect();
        if !gone.is_empty() {
            let condition = of_task("task_project", task).add(self.among("task_project", "project_id", &gone));
            self.remove_parts("task_project", condition).await?;
        }
        self.set_primary("task_project", "project_id", task, before, wanted).await?;
        let rows = wanted
            .iter()
            .enumerate()
            .filter(|(_, id)| !before.contains(id))
            .map(|(at, project)| task_project::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                task_id: Set(task),
                project_id: Set(*project),
                is_primary: Set(at == 0),
                created_at: Set(self.now),
            })
            .collect();
        self.insert_all::<task_project::Entity>(rows).await
    }

    /// Assigns a task to people, the primary one first, and to nobody else.
    pub(in crate::domain) async fn set_people(
        &self,
        task: Uuid,
        before: &[Uuid],
        wanted: &[Uuid],
    ) -> Result<()> {
        let gone: Vec<Uuid> = before.iter().filter(|id| !wanted.contains(id)).copied().collect();
        if !gone.is_empty() {
            let condition = of_task("task_assignee", task).add(self.among("task_assignee", "person_id", &gone));
            self.remove_parts("task_assignee", condition).await?;
        }
        self.set_primary("task_assignee", "person_id", task, before, wanted).await?;
        let rows = wanted
            .iter()
            .enumerate()
            .filter(|(_, id)| !before.contains(id))
            .map(|(at, person)| task_assignee::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                task_id: Set(task),
                person_id: Set(Some(*person)),
                external_person_id: Set(None),
                is_primary: Set(at == 0),
                position: Set(i32::try_from(at).unwrap_or(i32::MAX)),
                created_at: Set(self.now),
            })
            .collect();
        self.insert_all::<task_assignee::Entity>(rows).await
    }

    /// Moves the mark of the primary one; it is taken off first, for only one may bear it.
    async fn set_primary(
        &self,
        table: &'static str,
        column: &'static str,
        task: Uuid,
        before: &[Uuid],
        wanted: &[Uuid],
    ) -> Result<()> {
        if before.first() == wanted.first() {
            return Ok(());
        }
        self.set_where(table, vec![("is_primary", false.into())], of_task(table, task)).await?;
        if let Some(first) = wanted.first().filter(|first| before.contains(first)) {
            let condition =
                of_task(table, task).add(Expr::col((Alias::new(table), Alias::new(column))).eq(*first));
            self.set_where(table, vec![("is_primary", true.into())], condition).await?;
        }
        Ok(())
    }

    /// Puts labels on a task, and takes all others off.
    pub(in crate::domain) async fn set_labels(
        &self,
        task: Uuid,
        before: &[String],
        wanted: &[String],
    ) -> Result<()> {
        let gone: Vec<String> = before.iter().filter(|name| !wanted.contains(name)).cloned().collect();
        if !gone.is_empty() {
            let names = Expr::col((Alias::new("task_label"), Alias::new("name"))).is_in(gone);
            self.remove_parts("task_label", of_task("task_label", task).add(names)).await?;
        }
        let rows = wanted
            .iter()
            .filter(|name| !before.contains(name))
            .map(|name| task_label::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                task_id: Set(task),
                name: Set(name.clone()),
                name_folded: Set(name.to_lowercase()),
                created_at: Set(self.now),
            })
            .collect();
        self.insert_all::<task_label::Entity>(rows).await
    }

    /// Ends the span of a task in its status and begins the next, at `at`, or when the span that is open
    /// began: another writer's clock may have run ahead of ours.
    pub(in crate::domain) async fn enter_status(
        &self,
        task: Uuid,
        status: TaskStatus,
        at: Instant,
    ) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("status_interval"), Alias::new(name)));
        let open = of_task("status_interval", task).add(of("to_at").is_null());
        let mut select = Query::select();
        select
            .expr(of("from_at"))
            .from(Alias::new("status_interval"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .cond_where(open.clone());
        let at = match self.tx.one(&select).await? {
            Some(row) => Ord::max(at, row.try_get_by_index(0)?),
            None => at,
        };
        self.set_where("status_interval", vec![("to_at", at.0.into())], open).await?;
        self.insert::<status_interval::Entity>(status_interval::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            task_id: Set(task),
            status: Set(status),
            provider_status: Set(None),
            from_at: Set(at),
            to_at: Set(None),
            created_at: Set(self.now),
        })
        .await
    }
}
