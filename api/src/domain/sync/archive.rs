//! The work of an integration that was disconnected and whose work is not to stay: it is archived, so much at a time,
//! and comes back as itself when its tool is connected again.
//!
//! Tasks go first, then the projects in which nothing of anybody else stands. The tool did not say that they are gone,
//! so they are not told as deleted. Each part is a transaction of its own, with its events and its numbers: a company's
//! work may be larger than what one transaction should hold, and whoever is cut off in between goes on by asking again.

use entity::{EventKind, IntegrationState, PointSource, SubjectKind};
use sea_orm::{
    Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::change::DisconnectIntegration;
use crate::domain::{
    access::Scope,
    error::Result,
    events::NewEvent,
    integration::IntegrationRow,
    project::ProjectRow,
    task::TaskRow,
    write::{Command, Write},
};

/// Tasks, or projects, that are archived in one transaction.
const AT_ONCE: u64 = 5_000;

impl Scope {
    /// Disconnects an integration and, where its work is not to stay, archives the tasks that it took in and the
    /// projects that only it filled. Asked again it goes on with what is left.
    ///
    /// # Errors
    /// What a person can mend about the input; `FORBIDDEN` for anybody but admins.
    pub async fn disconnect_integration(&self, wish: &DisconnectIntegration) -> Result<IntegrationRow> {
        let row = self.run(wish).await?;
        if !wish.keep {
            while self.run(&ArchiveSome { integration: row.id }).await? {}
        }
        Ok(row)
    }
}

/// Archives some of what a disconnected integration took in; gives whether there was any.
struct ArchiveSome {
    integration: Uuid,
}

impl Command for ArchiveSome {
    type Output = bool;

    async fn run(&self, write: &mut Write) -> Result<bool> {
        let integration = write.integration_for_admin(self.integration, None).await?;
        // Somebody may have connected it again meanwhile.
        if integration.state != IntegrationState::Disconnected {
            return Ok(false);
        }
        write.touched.source = Some(PointSource::Edit);
        if write.archive_tasks_of(integration.id).await? {
            return Ok(true);
        }
        write.archive_projects_of(integration.id).await
    }
}

/// Tasks that stand in a project and are not archived, whoever they came from.
fn live_tasks() -> SelectStatement {
    let mut select = Query::select();
    select
        .expr(Expr::cust("1"))
        .from(Alias::new("task_project"))
        .inner_join(
            Alias::new("task"),
            Expr::col((Alias::new("task"), Alias::new("id")))
                .equals((Alias::new("task_project"), Alias::new("task_id"))),
        )
        .and_where(
            Expr::col((Alias::new("task_project"), Alias::new("project_id")))
                .equals((Alias::new("project"), Alias::new("id"))),
        )
        .and_where(Expr::col((Alias::new("task"), Alias::new("archived_at"))).is_null());
    select
}

impl Write {
    async fn archive_tasks_of(&mut self, integration: Uuid) -> Result<bool> {
        let ids = self.live_work_of("task", integration, Condition::all()).await?;
        if ids.is_empty() {
            return Ok(false);
        }
        let rows = self.everyones::<TaskRow>(&ids).await?;
        let mut people = self.assignees_of(&ids).await?;
        for row in &rows {
            let people = people.remove(&row.id).unwrap_or_default();
            let (previous, current) = self.news_of_archiving();
            self.note(NewEvent {
                kind: EventKind::Archived,
                subject: (SubjectKind::Task, row.id),
                ancestors: row.ancestors(row.project_id.as_slice()),
                sight: row.sight(people),
                previous: Some(previous),
                current,
            });
        }
        self.archive_work("task", "task_id", &ids).await?;
        self.touched.tasks.extend(ids.iter().copied());
        let mut parents: Vec<Uuid> = rows.iter().filter_map(|row| row.parent_id).collect();
        parents.sort_unstable();
        parents.dedup();
        self.recount_children(&parents).await?;
        for tasks in [&ids, &parents] {
            if !tasks.is_empty() {
                let projects = self.projects_of(tasks).await?;
                self.touched.projects.extend(projects);
            }
        }
        Ok(true)
    }

    async fn archive_projects_of(&mut self, integration: Uuid) -> Result<bool> {
        let is_empty = Condition::all().add(Expr::not_exists(live_tasks()));
        let ids = self.live_work_of("project", integration, is_empty).await?;
        if ids.is_empty() {
            return Ok(false);
        }
        for row in self.everyones::<ProjectRow>(&ids).await? {
            let mut ancestors = vec![(SubjectKind::Integration, integration)];
            ancestors.extend(row.ancestors());
            let (previous, current) = self.news_of_archiving();
            self.note(NewEvent {
                kind: EventKind::Archived,
                subject: (SubjectKind::Project, row.id),
                ancestors,
                sight: row.sight(),
                previous: Some(previous),
                current,
            });
        }
        self.archive_work("project", "project_id", &ids).await?;
        self.touched.projects.extend(ids);
        Ok(true)
    }

    /// Keys of some tasks or projects of an integration that are not archived, locked, whoever may see them.
    async fn live_work_of(
        &self,
        table: &'static str,
        integration: Uuid,
        more: Condition,
    ) -> Result<Vec<Uuid>> {
        let of = |name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("id"))
            .from(Alias::new(table))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("integration_id").eq(integration))
            .and_where(of("archived_at").is_null())
            .cond_where(more)
            .limit(AT_ONCE);
        self.locked(&mut select, table);
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Archives these rows. Who comes back is looked at whole, although nothing of it has changed.
    async fn archive_work(&self, table: &'static str, identity: &'static str, ids: &[Uuid]) -> Result<()> {
        let values = ids.iter().map(|id| (*id, vec![Value::from(self.now.0)])).collect();
        self.update_many(table, &["archived_at"], values, true).await?;
        let sets = vec![("content_hash", Vec::<u8>::new().into()), ("updated_at", self.now.0.into())];
        let these = Condition::all().add(self.among("external_identity", identity, ids));
        self.set_where("external_identity", sets, these).await?;
        Ok(())
    }

    fn news_of_archiving(&self) -> (Map<String, Json>, Map<String, Json>) {
        let news = |at: Json| Map::from_iter([("archived_at".to_owned(), at)]);
        (news(Json::Null), news(json!(self.now.0)))
    }
}
