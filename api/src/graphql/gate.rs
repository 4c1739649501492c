//! How projects stand before the gate.

use std::collections::HashMap;

use async_graphql::{Context, Enum, SimpleObject, dataloader::Loader};
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    error::SharedError,
    loaders::Loaders,
};
use crate::domain::{gate as domain, project::ProjectRow};

/// What the gate would do if a project went in progress now.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::gate::GateState")]
pub enum GateState {
    /// It lets the project pass.
    Open,
    /// It lets the project pass, with a warning.
    Warns,
    /// It does not let the project pass.
    Blocks,
}

/// Why the gate does what it would do.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::gate::GateReason")]
pub enum GateReason {
    /// The project has a link that counts, to a goal that is neither closed, given up nor archived.
    Linked,
    /// An acknowledgement holds for the project.
    Acknowledged,
    /// A waiver holds for the project.
    Waived,
    /// The project has none of these: link it, acknowledge that it serves no goal, or have the gate waived.
    Unaligned,
    /// The organization has no gate: its setting is OFF.
    GateOff,
    /// A tool owns the project, which nothing here stops.
    Synced,
}

/// How a project stands before the gate.
#[derive(SimpleObject, Debug, Clone)]
pub struct ProjectGate {
    /// What the gate would do.
    pub state: GateState,
    /// Why: all that holds, whether the viewer sees the link that it speaks of or not.
    pub reasons: Vec<GateReason>,
}

impl From<domain::GateStanding> for ProjectGate {
    fn from(standing: domain::GateStanding) -> Self {
        Self { state: standing.state.into(), reasons: standing.reasons.into_iter().map(Into::into).collect() }
    }
}

/// How a project stands before the gate: its key, and whether a tool owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GateOf(pub Uuid, pub bool);

impl Loader<GateOf> for Loaders {
    type Value = ProjectGate;
    type Error = SharedError;

    async fn load(&self, keys: &[GateOf]) -> Result<HashMap<GateOf, ProjectGate>, SharedError> {
        let projects: Vec<(Uuid, bool)> = keys.iter().map(|key| (key.0, key.1)).collect();
        let mut standings = self.scope().gates(&projects).await?;
        Ok(keys.iter().filter_map(|key| Some((*key, ProjectGate::from(standings.remove(&key.0)?)))).collect())
    }
}

/// How a project stands before the gate.
pub async fn gate_of(ctx: &Context<'_>, project: &ProjectRow) -> Nullable<ProjectGate> {
    match loaders(ctx) {
        Ok(loaders) => {
            let key = GateOf(project.id, project.integration_id.is_some());
            nullable_shared(ctx, loaders.load_one(key).await)
        }
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}
