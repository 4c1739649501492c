//! What another connection model would make invalid, before it is set.
//!
//! A model says which kinds of work may serve which kinds of goals, so whether a link is outside of it follows from
//! the kinds of its two ends. Looked at are the links whose work is judged by the model that would change: for the
//! organization's own, the work of all teams that have none of their own, and the work of no team; for a team's, the
//! work of that team. Retired links are no matter of a model.

use entity::{ConnectionModel, LinkState};
use sea_orm::{
    Value,
    sea_query::{Alias, Expr, Query},
};
use uuid::Uuid;

use super::{
    access::{Scope, scope::Listed, visible::rows_of},
    alignment_link::AlignmentLinkRow,
    error::Result,
    link_target::{LinkGoal, LinkSource, fits},
    predicate::{Field, Predicate, Test},
    relation::Table,
    team::TeamRow,
};

/// Which kind of work a link ties to which kind of goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkKind {
    /// A project to a key result.
    ProjectToKeyResult,
    /// A project to an objective.
    ProjectToObjective,
    /// A task to a key result.
    TaskToKeyResult,
    /// A task to an objective.
    TaskToObjective,
}

const KINDS: [LinkKind; 4] = [
    LinkKind::ProjectToKeyResult,
    LinkKind::ProjectToObjective,
    LinkKind::TaskToKeyResult,
    LinkKind::TaskToObjective,
];

impl LinkKind {
    /// The kind of a stored link.
    #[must_use]
    pub fn of(link: &AlignmentLinkRow) -> Self {
        Self::of_ends(link.project_id.is_some(), link.key_result_id.is_some())
    }

    const fn of_ends(is_project: bool, is_key_result: bool) -> Self {
        match (is_project, is_key_result) {
            (true, true) => Self::ProjectToKeyResult,
            (true, false) => Self::ProjectToObjective,
            (false, true) => Self::TaskToKeyResult,
            (false, false) => Self::TaskToObjective,
        }
    }

    /// Whether a model foresees such links.
    #[must_use]
    pub fn fits(self, model: ConnectionModel) -> bool {
        let (project, task) = (LinkSource::Project(Uuid::nil()), LinkSource::Task(Uuid::nil()));
        let (key_result, objective) = (LinkGoal::KeyResult(Uuid::nil()), LinkGoal::Objective(Uuid::nil()));
        match self {
            Self::ProjectToKeyResult => fits(model, project, key_result),
            Self::ProjectToObjective => fits(model, project, objective),
            Self::TaskToKeyResult => fits(model, task, key_result),
            Self::TaskToObjective => fits(model, task, objective),
        }
    }

    /// The columns of a link that are not null for this kind.
    const fn columns(self) -> [&'static str; 2] {
        match self {
            Self::ProjectToKeyResult => ["project_id", "key_result_id"],
            Self::ProjectToObjective => ["project_id", "objective_id"],
            Self::TaskToKeyResult => ["task_id", "key_result_id"],
            Self::TaskToObjective => ["task_id", "objective_id"],
        }
    }

    /// Why such a link lies outside of a model, as a sentence; null where it fits.
    #[must_use]
    pub fn why_outside(self, model: ConnectionModel) -> Option<String> {
        if self.fits(model) {
            return None;
        }
        let is = match self {
            Self::ProjectToKeyResult => "a project serves a key result",
            Self::ProjectToObjective => "a project serves an objective",
            Self::TaskToKeyResult => "a task serves a key result by itself",
            Self::TaskToObjective => "a task serves an objective by itself",
        };
        let advice = super::link_target::advice(model);
        Some(format!("Here {is}, and in this model {advice}."))
    }

    /// What a model foresees in the place of such a link, as a sentence; null where the link fits.
    #[must_use]
    pub const fn instead(self, model: ConnectionModel) -> Option<&'static str> {
        match (model, self) {
            (ConnectionModel::KeyResultToProject, Self::ProjectToObjective) => {
                Some("Link the project to a key result of the objective.")
            }
            (ConnectionModel::KeyResultToProject, Self::TaskToKeyResult) => {
                Some("Link a project of the task to the key result: the task inherits that link.")
            }
            (ConnectionModel::KeyResultToProject, Self::TaskToObjective) => {
                Some("Link a project of the task to a key result of the objective.")
            }
            (ConnectionModel::ObjectiveToProject, Self::ProjectToKeyResult) => {
                Some("Link the project to the objective of the key result, or its tasks to the key result.")
            }
            (ConnectionModel::ObjectiveToProject, Self::TaskToObjective) => {
                Some("Link the task to a key result of the objective, or a project of it to the objective.")
            }
            (ConnectionModel::TaskToKeyResult, Self::ProjectToKeyResult) => {
                Some("Link tasks of the project to the key result one by one.")
            }
            (ConnectionModel::TaskToKeyResult, Self::ProjectToObjective) => {
                Some("Link tasks of the project to key results of the objective.")
            }
            (ConnectionModel::TaskToKeyResult, Self::TaskToObjective) => {
                Some("Link the task to a key result of the objective.")
            }
            (ConnectionModel::KeyResultToProject, Self::ProjectToKeyResult)
            | (ConnectionModel::ObjectiveToProject, Self::ProjectToObjective | Self::TaskToKeyResult)
            | (ConnectionModel::TaskToKeyResult, Self::TaskToKeyResult)
            | (ConnectionModel::Any, _) => None,
        }
    }
}

/// A change of a connection model that is looked at before it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelPreview {
    /// The model as it is for the same work.
    pub from: ConnectionModel,
    /// The model as it would be.
    pub to: ConnectionModel,
    /// The team whose own model it would be; null for the organization's.
    pub team: Option<Uuid>,
}

/// Links of one kind that would lie outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfits {
    /// The kind.
    pub kind: LinkKind,
    /// How many.
    pub links: i64,
    /// Those of them whose goal is closed, given up or archived.
    pub of_ended_goals: i64,
}

impl ModelPreview {
    /// Holds for the links that would lie outside.
    #[must_use]
    pub fn misfits(&self) -> Predicate {
        let of = |column| Field::new(Table::AlignmentLink, column);
        let kinds = KINDS.into_iter().filter(|kind| !kind.fits(self.to)).map(|kind| {
            let there = kind.columns().map(|column| Predicate::Is(of(column), Test::Null(false)));
            Predicate::All(there.into())
        });
        Predicate::All(vec![
            Predicate::Is(of("state"), Test::Ne(LinkState::Retired.into())),
            Predicate::Any(kinds.collect()),
            Predicate::Any(vec![
                self.judged(of("project_id"), Table::Project),
                self.judged(of("task_id"), Table::Task),
            ]),
        ])
    }

    /// Holds for links whose work is judged by the model that would change.
    fn judged(&self, column: Field, work: Table) -> Predicate {
        let team = Field::new(work, "team_id");
        let inner = match self.team {
            Some(id) => Predicate::Is(team, Test::Eq(Value::from(id))),
            None => {
                let own = Field::new(Table::Team, "connection_model");
                let without = Predicate::Is(own, Test::Null(true));
                Predicate::Any(vec![
                    Predicate::Is(team, Test::Null(true)),
                    Predicate::One { column: team, target: Table::Team, inner: Box::new(without) },
                ])
            }
        };
        Predicate::One { column, target: work, inner: Box::new(inner) }
    }
}

impl Scope {
    /// A change of the organization's connection model, or of a team's; null when the team does not exist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn model_preview(
        &self,
        to: ConnectionModel,
        team: Option<Uuid>,
    ) -> Result<Option<ModelPreview>> {
        let mut from = self.viewer().settings.connection_model;
        if let Some(id) = team {
            let Some(team) = self.by_ids::<TeamRow>(&[id]).await?.remove(&id) else { return Ok(None) };
            from = team.connection_model.unwrap_or(from);
        }
        Ok(Some(ModelPreview { from, to, team }))
    }

    /// How many links would lie outside, by kind, of those that the viewer sees.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn misfits_by_kind(&self, preview: &ModelPreview) -> Result<Vec<Misfits>> {
        let table = AlignmentLinkRow::TABLE;
        let flag = |column: &'static str| {
            Expr::cust(format!("CASE WHEN alignment_link.{column} IS NULL THEN 0 ELSE 1 END"))
        };
        let (project, key_result) = (flag("project_id"), flag("key_result_id"));
        let mut select = Query::select();
        select
            .expr(project.clone())
            .expr(key_result.clone())
            .expr(Expr::cust("COUNT(*)"))
            .expr(Expr::cust(
                "SUM(CASE WHEN alignment_link.stale_reason IN ('TARGET_CLOSED', 'TARGET_ARCHIVED') \
                 THEN 1 ELSE 0 END)",
            ))
            .from(Alias::new(table.name()))
            .cond_where(rows_of(table, self.viewer()))
            .cond_where(preview.misfits().condition(self.viewer(), self.db.backend()))
            .add_group_by([project, key_result]);
        let mut misfits = Vec::new();
        for row in self.db.all(&select).await? {
            let is = |at| row.try_get_by_index::<i32>(at).map(|flag| flag == 1);
            misfits.push(Misfits {
                kind: LinkKind::of_ends(is(0)?, is(1)?),
                links: row.try_get_by_index(2)?,
                of_ended_goals: row.try_get_by_index(3)?,
            });
        }
        misfits.sort_by_key(|misfits| misfits.kind);
        Ok(misfits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_lies_outside_has_a_reason_and_a_way_to_mend_it() {
        let models = [
            ConnectionModel::KeyResultToProject,
            ConnectionModel::ObjectiveToProject,
            ConnectionModel::TaskToKeyResult,
            ConnectionModel::Any,
        ];
        for model in models {
            for kind in KINDS {
                assert_eq!(kind.why_outside(model).is_none(), kind.fits(model), "{model:?} {kind:?}");
                assert_eq!(kind.instead(model).is_none(), kind.fits(model), "{model:?} {kind:?}");
            }
        }
        assert!(LinkKind::ProjectToObjective.fits(ConnectionModel::ObjectiveToProject));
        assert!(!LinkKind::ProjectToObjective.fits(ConnectionModel::KeyResultToProject));
    }
}
