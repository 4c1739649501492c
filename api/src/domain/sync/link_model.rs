//! Connection models as references meet them: many items at once, each by the model of its team.

use std::collections::HashMap;

use entity::{ConnectionModel, SubjectKind};
use uuid::Uuid;

use super::goals::Target;
use crate::domain::{
    bulk::Binds,
    error::Result,
    link_target::{LinkGoal, LinkSource, fits},
    settings::OutsideModel,
    write::Write,
};

/// What the connection models say of links between some items and any goals.
pub(super) struct Models {
    own: ConnectionModel,
    refuses: bool,
    /// Models of teams that have their own, by the items of those teams.
    of_work: HashMap<Uuid, ConnectionModel>,
}

/// Where a new link lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Within the model.
    Inside,
    /// Outside of it, which is told.
    Outside,
    /// Outside of it, which is refused.
    Refused,
}

impl Models {
    /// The models that hold for these items.
    pub(super) async fn of(write: &Write, works: &[(SubjectKind, Uuid)]) -> Result<Self> {
        let settings = &write.viewer().settings;
        let refuses = match settings.outside_model {
            OutsideModel::Warn => false,
            OutsideModel::Refuse => true,
        };
        let mut models = Self { own: settings.connection_model, refuses, of_work: HashMap::new() };
        for (kind, table) in [(SubjectKind::Task, "task"), (SubjectKind::Project, "project")] {
            let ids: Vec<Uuid> = works.iter().filter(|work| work.0 == kind).map(|work| work.1).collect();
            if ids.is_empty() {
                continue;
            }
            let mut binds = Binds::new(write.tx.is_postgres());
            let organization = binds.push(write.viewer().organization_id);
            let ids = binds.ids(&ids);
            let text = format!(
                "SELECT work.id, team.connection_model FROM {table} AS work \
                 JOIN team ON team.id = work.team_id AND team.connection_model IS NOT NULL \
                 WHERE work.organization_id = {organization} AND work.id IN {ids}"
            );
            for row in write.raw(text, binds).await? {
                models.of_work.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            }
        }
        Ok(models)
    }

    /// Where a new link would lie.
    pub(super) fn fit(&self, source: (SubjectKind, Uuid), target: &Target) -> Fit {
        let model = self.of_work.get(&source.1).copied().unwrap_or(self.own);
        let work = if source.0 == SubjectKind::Project {
            LinkSource::Project(source.1)
        } else {
            LinkSource::Task(source.1)
        };
        let goal = target.key_result.map(LinkGoal::KeyResult).or(target.objective.map(LinkGoal::Objective));
        match goal {
            Some(goal) if !fits(model, work, goal) => {
                if self.refuses {
                    Fit::Refused
                } else {
                    Fit::Outside
                }
            }
            Some(_) | None => Fit::Inside,
        }
    }
}
