//! What decides who may change work, read inside the transaction, and the order in which work is locked.
//!
//! Locks are taken from the leaf to the root: tasks → projects → key results → objectives, each level in
//! the order of its keys. The roll-up before the commit goes the same way. So whoever waits holds only what
//! lies below what they wait for, and no two writers can wait for each other: fifty people who finish tasks
//! of one project each hold a task of their own and queue up at the project. A row is locked before
//! anything that refers to it is inserted, for a foreign key's own lock, taken first by two writers, could
//! be raised by neither. What a lock shows is read in a new statement after it, so that each of the fifty
//! counts the tasks that the ones before finished.

use entity::GoalState;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::{
    access::{
        permit::{Goal, Work},
        scope::Listed,
    },
    error::{DomainError, Result, UserError, UserErrorCode},
    person::PersonRow,
    predicate::Field,
    project::ProjectRow,
    task::TaskRow,
    write::Write,
};

impl Write {
    /// Locks rows in the order of their keys, whoever asks: those that do not exist are left out.
    pub(in crate::domain) async fn lock_in_order<R: Listed>(&self, ids: &[Uuid]) -> Result<()> {
        if ids.is_empty() || !self.tx.is_postgres() {
            return Ok(());
        }
        let table = R::TABLE.name();
        let mut select = Query::select();
        select
            .column((Alias::new(table), Alias::new("id")))
            .from(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .and_where(self.among(table, "id", ids));
        self.locked(&mut select, table);
        self.tx.all(&select).await?;
        Ok(())
    }

    /// What decides about a project.
    pub(in crate::domain) async fn rights_on_project(
        &self,
        team: Option<Uuid>,
        owner: Option<Uuid>,
    ) -> Result<Work> {
        let owner_team = self.team_behind(team, owner).await?;
        Ok(Work { team, owner_team, is_own: self.viewer().is(owner) })
    }

    /// What decides about a task: who it is assigned to, the primary one first, and who owns its projects.
    pub(in crate::domain) async fn rights_on_task(
        &self,
        team: Option<Uuid>,
        assignees: &[Uuid],
        projects: &[ProjectRow],
    ) -> Result<Work> {
        let viewer = self.viewer();
        let is_own = assignees.iter().any(|person| viewer.is(Some(*person)))
            || projects.iter().any(|project| viewer.is(project.owner_id));
        let owner_team = self.team_behind(team, assignees.first().copied()).await?;
        Ok(Work { team, owner_team, is_own })
    }

    /// What decides about a task as it is now.
    pub(in crate::domain) async fn rights_on(&self, task: &TaskRow) -> Result<Work> {
        let projects = self.projects_of(&[task.id]).await?;
        let projects: Vec<ProjectRow> = self.everyones(&projects).await?;
        let mut assignees = self.assignees_of(&[task.id]).await?.remove(&task.id).unwrap_or_default();
        assignees.sort_by_key(|person| Some(*person) != task.assignee_id);
        self.rights_on_task(task.team_id, &assignees, &projects).await
    }

    /// Home team of a person, where it decides: managers reach work without a team by who does it.
    async fn team_behind(&self, team: Option<Uuid>, person: Option<Uuid>) -> Result<Option<Uuid>> {
        if team.is_some() || self.viewer().managed_teams.is_empty() {
            return Ok(None);
        }
        self.home_team(person).await
    }

    /// People that an input refers to exist and are active.
    pub(in crate::domain) async fn check_people(&self, field: &str, people: &[Uuid]) -> Result<()> {
        if people.is_empty() {
            return Ok(());
        }
        let mut select = self.scope.find::<PersonRow>();
        select.and_where(self.scope.among(Field::new(PersonRow::TABLE, "id").expr(), people));
        let found = self.rows::<PersonRow>(&select).await?;
        let mut errors = Vec::new();
        for person in people {
            match found.iter().find(|row| row.id == *person) {
                None => {
                    errors.push(UserError::at(field, UserErrorCode::NotFound, "no person with this id"));
                }
                Some(row) if row.deactivated_at.is_some() => {
                    let what = format!("{} is deactivated", row.name);
                    errors.push(UserError::at(field, UserErrorCode::Invalid, what));
                }
                Some(_) => {}
            }
        }
        DomainError::unless_empty(errors)
    }
}

/// What decides about a goal that work is linked to, and whether it still takes links.
#[derive(Clone, Debug)]
pub(in crate::domain) struct GoalFacts {
    pub(in crate::domain) goal: Goal,
    pub(in crate::domain) code: String,
    pub(in crate::domain) archived: bool,
}

impl GoalFacts {
    /// Why no new link may lead to it; null when one may.
    pub(in crate::domain) fn closed(&self) -> Option<&'static str> {
        if self.archived {
            return Some("is archived");
        }
        match self.goal.state {
            GoalState::Draft | GoalState::Active => None,
            GoalState::Closed => Some("is closed"),
            GoalState::Cancelled => Some("was given up"),
        }
    }
}

/// The field that a tool owns, with where to change it.
pub(in crate::domain) fn owned_by_tool(field: &str, url: Option<&str>) -> UserError {
    let place = url.map_or_else(|| "in the tool it is synced from".to_owned(), |url| format!("at {url}"));
    UserError::at(
        field,
        UserErrorCode::OwnedByTool,
        format!("belongs to the tool and cannot be changed here while write-back is off: change it {place}"),
    )
}
