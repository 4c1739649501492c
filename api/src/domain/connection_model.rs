//! Connection models as references and calls in bulk meet them: much work at once, each by the model of its team.

use std::collections::HashMap;

use entity::{ConnectionModel, SubjectKind};
use uuid::Uuid;

use super::{
    bulk::Binds,
    error::Result,
    link_target::{LinkGoal, LinkSource, advice, fits},
    settings::OutsideModel,
    write::Write,
};

/// What the connection models say of links between some work and any goals.
pub(in crate::domain) struct Models {
    own: ConnectionModel,
    refuses: bool,
    /// Models of teams that have their own, by the work of those teams.
    of_work: HashMap<Uuid, ConnectionModel>,
}

/// Where a new link lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Fit {
    /// Within the model.
    Inside,
    /// Outside of it, which is told.
    Outside,
    /// Outside of it, which is refused.
    Refused,
}

impl Models {
    /// The models that hold for this work.
    pub(in crate::domain) async fn of(write: &Write, works: &[(SubjectKind, Uuid)]) -> Result<Self> {
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
    pub(in crate::domain) fn fit(&self, work: LinkSource, goal: LinkGoal) -> Fit {
        if fits(self.model_of(work), work, goal) {
            Fit::Inside
        } else if self.refuses {
            Fit::Refused
        } else {
            Fit::Outside
        }
    }

    /// What to tell a person of a link outside of the model, as the end of a sentence.
    pub(in crate::domain) fn outside(&self, work: LinkSource) -> String {
        outside(self.model_of(work))
    }

    fn model_of(&self, work: LinkSource) -> ConnectionModel {
        self.of_work.get(&work.column().1).copied().unwrap_or(self.own)
    }
}

/// What to tell a person of a link outside of a model, as the end of a sentence.
pub(in crate::domain) fn outside(model: ConnectionModel) -> String {
    format!("lies outside the connection model, in which {}", advice(model))
}
