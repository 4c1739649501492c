//! The two ends of a link as its commands see them: what may be tied to what, and who may.

use std::collections::HashMap;

use entity::{ConnectionModel, GoalState, SubjectKind};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::{
    access::{
        Action,
        permit::{Goal, Work},
        visible::rows_of,
    },
    alignment_link::AlignmentLinkRow,
    connection_model::outside,
    error::{DomainError, Result, UserErrorCode},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    predicate::Field,
    project::ProjectRow,
    relation::Table,
    settings::OutsideModel,
    task::TaskRow,
    team::TeamRow,
    work_rights::GoalFacts,
    write::Write,
};

/// The work at one end of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkSource {
    /// A project.
    Project(Uuid),
    /// A task.
    Task(Uuid),
}

/// The goal at its other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkGoal {
    /// An objective.
    Objective(Uuid),
    /// A key result.
    KeyResult(Uuid),
}

impl LinkSource {
    pub(in crate::domain) fn column(self) -> (&'static str, Uuid) {
        match self {
            Self::Project(id) => ("project_id", id),
            Self::Task(id) => ("task_id", id),
        }
    }
}

impl LinkSource {
    /// What its events are about.
    pub(in crate::domain) fn subject(self) -> (SubjectKind, Uuid) {
        match self {
            Self::Project(id) => (SubjectKind::Project, id),
            Self::Task(id) => (SubjectKind::Task, id),
        }
    }
}

impl LinkGoal {
    pub(in crate::domain) fn column(self) -> (&'static str, Uuid) {
        match self {
            Self::Objective(id) => ("objective_id", id),
            Self::KeyResult(id) => ("key_result_id", id),
        }
    }
}

/// What decides about the work at one end of a link.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct SourceFacts {
    pub(in crate::domain) work: Work,
    pub(in crate::domain) team: Option<Uuid>,
    pub(in crate::domain) archived: bool,
    pub(in crate::domain) row: (Uuid, i64),
}

/// Whether a connection model foresees such a link.
#[must_use]
pub fn fits(model: ConnectionModel, source: LinkSource, goal: LinkGoal) -> bool {
    match (model, source, goal) {
        (ConnectionModel::Any, _, _) => true,
        (ConnectionModel::KeyResultToProject, LinkSource::Project(_), LinkGoal::KeyResult(_)) => true,
        (ConnectionModel::KeyResultToProject, _, _) => false,
        (ConnectionModel::ObjectiveToProject, LinkSource::Project(_), LinkGoal::Objective(_))
        | (ConnectionModel::ObjectiveToProject, LinkSource::Task(_), LinkGoal::KeyResult(_)) => true,
        (ConnectionModel::ObjectiveToProject, _, _) => false,
        (ConnectionModel::TaskToKeyResult, LinkSource::Task(_), LinkGoal::KeyResult(_)) => true,
        (ConnectionModel::TaskToKeyResult, _, _) => false,
    }
}

pub(in crate::domain) fn advice(model: ConnectionModel) -> &'static str {
    match model {
        ConnectionModel::KeyResultToProject => "projects serve key results",
        ConnectionModel::ObjectiveToProject => "projects serve objectives, and tasks serve key results",
        ConnectionModel::TaskToKeyResult => "tasks serve key results",
        ConnectionModel::Any => "any work may serve any goal",
    }
}

impl Write {
    /// Locks both ends of a link, and between them the projects that a task stands in: leaf to root.
    pub(in crate::domain) async fn lock_ends(&self, source: LinkSource, goal: LinkGoal) -> Result<()> {
        self.lock_source(source).await?;
        match goal {
            LinkGoal::KeyResult(id) => self.lock_in_order::<KeyResultRow>(&[id]).await,
            LinkGoal::Objective(id) => self.lock_in_order::<ObjectiveRow>(&[id]).await,
        }
    }

    /// Locks the work at one end of a link, with the projects that a task stands in.
    pub(in crate::domain) async fn lock_source(&self, source: LinkSource) -> Result<()> {
        match source {
            LinkSource::Project(id) => self.lock_in_order::<ProjectRow>(&[id]).await,
            LinkSource::Task(id) => {
                self.lock_in_order::<TaskRow>(&[id]).await?;
                let projects = self.projects_of(&[id]).await?;
                self.lock_in_order::<ProjectRow>(&projects).await
            }
        }
    }

    /// The work, as far as the viewer sees it.
    pub(in crate::domain) async fn source_facts(&self, source: LinkSource) -> Result<SourceFacts> {
        match source {
            LinkSource::Project(id) => {
                let row: ProjectRow = self.referred("projectId", id).await?;
                Ok(SourceFacts {
                    work: self.rights_on_project(row.team_id, row.owner_id).await?,
                    team: row.team_id,
                    archived: row.archived_at.is_some(),
                    row: (row.id, row.version),
                })
            }
            LinkSource::Task(id) => {
                let row: TaskRow = self.referred("taskId", id).await?;
                Ok(SourceFacts {
                    work: self.rights_on(&row).await?,
                    team: row.team_id,
                    archived: row.archived_at.is_some(),
                    row: (row.id, row.version),
                })
            }
        }
    }

    /// The goal, as far as the viewer sees it. A key result is its owner's and its objective's owner's, and
    /// no more open than its objective.
    pub(in crate::domain) async fn goal_facts(&self, goal: LinkGoal) -> Result<GoalFacts> {
        match goal {
            LinkGoal::Objective(id) => {
                let row: ObjectiveRow = self.referred("objectiveId", id).await?;
                let archived = row.archived_at.is_some();
                Ok(GoalFacts { goal: row.goal(), code: row.code, archived })
            }
            LinkGoal::KeyResult(id) => {
                let row: KeyResultRow = self.referred("keyResultId", id).await?;
                let above: ObjectiveRow = self.reread(row.objective_id).await?;
                Ok(self.facts_of(row, &above))
            }
        }
    }

    fn facts_of(&self, row: KeyResultRow, above: &ObjectiveRow) -> GoalFacts {
        let owner = if self.viewer().is(above.owner_id) { above.owner_id } else { row.owner_id };
        let state = match above.state {
            GoalState::Closed | GoalState::Cancelled => above.state,
            GoalState::Draft | GoalState::Active => row.state,
        };
        GoalFacts {
            goal: Goal { team: above.team_id, owner, state },
            code: row.code,
            archived: row.archived_at.is_some() || above.archived_at.is_some(),
        }
    }

    /// The goals of many links, by key, whoever asks.
    pub(in crate::domain) async fn goals_facts(
        &self,
        links: &[AlignmentLinkRow],
    ) -> Result<HashMap<Uuid, GoalFacts>> {
        let key_results: Vec<Uuid> = links.iter().filter_map(|link| link.key_result_id).collect();
        let key_results = self.everyones::<KeyResultRow>(&key_results).await?;
        let mut objectives: Vec<Uuid> = links.iter().filter_map(|link| link.objective_id).collect();
        objectives.extend(key_results.iter().map(|row| row.objective_id));
        let objectives = self.everyones::<ObjectiveRow>(&objectives).await?;
        let above: HashMap<Uuid, &ObjectiveRow> = objectives.iter().map(|row| (row.id, row)).collect();
        let mut facts = HashMap::new();
        for row in key_results {
            if let Some(above) = above.get(&row.objective_id) {
                facts.insert(row.id, self.facts_of(row, above));
            }
        }
        for row in &objectives {
            let archived = row.archived_at.is_some();
            facts.insert(row.id, GoalFacts { goal: row.goal(), code: row.code.clone(), archived });
        }
        Ok(facts)
    }

    /// Whether the viewer may retire a link, by the right on either of its ends.
    pub(in crate::domain) fn may_retire(&self, source: &SourceFacts, goal: &GoalFacts) -> bool {
        let viewer = self.viewer();
        viewer.may_work(Action::Retire, source.work) || viewer.may_goal(Action::Retire, goal.goal)
    }

    /// Holds a link against the connection model of the work's team, or of the organization; gives what to
    /// warn of.
    pub(in crate::domain) async fn check_model(
        &self,
        source: LinkSource,
        team: Option<Uuid>,
        goal: LinkGoal,
    ) -> Result<Option<String>> {
        let teams: Vec<Uuid> = team.into_iter().collect();
        let own = self.everyones::<TeamRow>(&teams).await?.pop().and_then(|team| team.connection_model);
        let settings = &self.viewer().settings;
        let model = own.unwrap_or(settings.connection_model);
        if fits(model, source, goal) {
            return Ok(None);
        }
        let what = outside(model);
        match settings.outside_model {
            OutsideModel::Warn => Ok(Some(format!("the link {what}"))),
            OutsideModel::Refuse => {
                let field = match goal {
                    LinkGoal::Objective(_) => "objectiveId",
                    LinkGoal::KeyResult(_) => "keyResultId",
                };
                Err(DomainError::user(field, UserErrorCode::NotNow, what))
            }
        }
    }

    /// The goal behind a code, `KR-3` or `O-2`, old and inherited codes included; read in the transaction.
    pub(in crate::domain) async fn goal_by_code(&self, code: &str) -> Result<LinkGoal> {
        let found = self.goal_named(code).await?;
        let (kind, id) = match found {
            LinkGoal::KeyResult(id) => (SubjectKind::KeyResult, id),
            LinkGoal::Objective(id) => (SubjectKind::Objective, id),
        };
        Ok(match (found, self.successors(kind, &[id]).await?.remove(&id)) {
            (LinkGoal::KeyResult(_), Some(next)) => LinkGoal::KeyResult(next),
            (LinkGoal::Objective(_), Some(next)) => LinkGoal::Objective(next),
            (goal, None) => goal,
        })
    }

    /// The goal with a code, also when it is over.
    async fn goal_named(&self, code: &str) -> Result<LinkGoal> {
        let code = code.trim().to_uppercase();
        if let Some(id) = self.id_by_code(Table::KeyResult, &code).await? {
            return Ok(LinkGoal::KeyResult(id));
        }
        if let Some(id) = self.id_by_code(Table::Objective, &code).await? {
            return Ok(LinkGoal::Objective(id));
        }
        let mut select = Query::select();
        select
            .columns([Alias::new("key_result_id"), Alias::new("objective_id")])
            .from(Alias::new("code_alias"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .and_where(Expr::col(Alias::new("code")).eq(code.as_str()));
        let alias = match self.tx.one(&select).await? {
            Some(row) => (row.try_get_by_index::<Option<Uuid>>(0)?, row.try_get_by_index::<Option<Uuid>>(1)?),
            None => (None, None),
        };
        match alias {
            (Some(id), _) => Ok(LinkGoal::KeyResult(id)),
            (None, Some(id)) => Ok(LinkGoal::Objective(id)),
            (None, None) => Err(DomainError::user(
                "code",
                UserErrorCode::NotFound,
                format!("no goal has the code {code}"),
            )),
        }
    }

    async fn id_by_code(&self, table: Table, code: &str) -> Result<Option<Uuid>> {
        let mut select = Query::select();
        select
            .expr(Field::new(table, "id").expr())
            .from(Alias::new(table.name()))
            .cond_where(rows_of(table, self.viewer()))
            .and_where(Field::new(table, "code").expr().eq(code));
        let row = self.tx.one(&select).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }
}

/// The ends of a stored link.
pub(in crate::domain) fn ends_of(link: &AlignmentLinkRow) -> Result<(LinkSource, LinkGoal)> {
    let source = link.project_id.map(LinkSource::Project).or(link.task_id.map(LinkSource::Task));
    let goal = link.key_result_id.map(LinkGoal::KeyResult).or(link.objective_id.map(LinkGoal::Objective));
    source.zip(goal).ok_or_else(|| DomainError::Internal(format!("link {} has an end missing", link.id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_foresee_their_pairs_only() {
        let id = Uuid::nil();
        let pairs = [
            (LinkSource::Project(id), LinkGoal::KeyResult(id)),
            (LinkSource::Project(id), LinkGoal::Objective(id)),
            (LinkSource::Task(id), LinkGoal::KeyResult(id)),
            (LinkSource::Task(id), LinkGoal::Objective(id)),
        ];
        let of = |model| pairs.map(|(source, goal)| fits(model, source, goal));
        assert_eq!(of(ConnectionModel::KeyResultToProject), [true, false, false, false]);
        assert_eq!(of(ConnectionModel::ObjectiveToProject), [false, true, true, false]);
        assert_eq!(of(ConnectionModel::TaskToKeyResult), [false, false, true, false]);
        assert_eq!(of(ConnectionModel::Any), [true; 4]);
    }
}
