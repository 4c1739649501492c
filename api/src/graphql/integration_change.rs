//! What admins do with an integration once it is connected: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, scope},
    enums::Visibility,
    error::UserError,
    id::key_of,
    input::InputKeys,
    integration::Integration,
    mutation::{Outcome, answer, run},
    sync_container::SYNC_CONTAINER,
    sync_run::SyncRun,
};
use crate::domain::{
    error::Result,
    integration::IntegrationRow,
    sync::change::{
        ContainerChoice, DisconnectIntegration, PauseIntegration, ResumeIntegration, SetContainers, SyncNow,
    },
    sync_run::SyncRunRow,
};

/// What is chosen for a board or project of a tool; what is left out stays.
#[derive(InputObject, Debug)]
pub struct SyncContainerInput {
    /// The board or project, one of those that the integration reaches.
    pub id: ID,
    /// Whether its items are taken in. What came in before stays as it is when they no longer are, and is not
    /// followed any more.
    pub is_taken: Option<bool>,
    /// The team of its project here; null for none. It holds for a project that is still to come: one that is here
    /// already is changed with `projectUpdate`.
    pub team_id: MaybeUndefined<ID>,
    /// Who sees its project here, and the tasks of it; with TEAM and no team nobody but leaders does. It holds for a
    /// project that is still to come: one that is here already is changed with `projectUpdate`.
    pub visibility: Option<Visibility>,
}

/// Input of `integrationContainersSet`.
#[derive(InputObject, Debug)]
pub struct IntegrationContainersSetInput {
    /// The integration.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Boards and projects with what is chosen for each, at most 1,000, each once; the others stay.
    pub containers: Vec<SyncContainerInput>,
}

/// Input of `integrationSync`.
#[derive(InputObject, Debug)]
pub struct IntegrationSyncInput {
    /// The integration.
    pub id: ID,
    /// Whether everything is read and what is gone looked for, as happens by itself once a day, and not only what
    /// has changed.
    #[graphql(default)]
    pub full: bool,
}

/// Input of `integrationPause`.
#[derive(InputObject, Debug)]
pub struct IntegrationPauseInput {
    /// The integration.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `integrationResume`.
#[derive(InputObject, Debug)]
pub struct IntegrationResumeInput {
    /// The integration.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `integrationDisconnect`.
#[derive(InputObject, Debug)]
pub struct IntegrationDisconnectInput {
    /// The integration.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Whether the work that it took in stays as it is; else its tasks, and the projects in which nothing else stands,
    /// are archived.
    #[graphql(default = true)]
    pub keep_work: bool,
}

/// Declares the payload of a mutation on integrations.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The integration as it is now; null when nothing was written.
            pub integration: Option<Integration>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<IntegrationRow>> for $name {
            fn from(outcome: Outcome<IntegrationRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { integration: row.map(|row| Integration(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    IntegrationContainersSetPayload of "integrationContainersSet";
    IntegrationPausePayload of "integrationPause";
    IntegrationResumePayload of "integrationResume";
    IntegrationDisconnectPayload of "integrationDisconnect";
}

/// Answer of `integrationSync`.
#[derive(SimpleObject, Debug)]
pub struct IntegrationSyncPayload {
    /// The run; null when it was refused.
    pub sync_run: Option<SyncRun>,
    /// What a person can mend in the input; empty when the run was asked for.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<SyncRunRow>> for IntegrationSyncPayload {
    fn from(outcome: Outcome<SyncRunRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { sync_run: row.map(|row| SyncRun(Arc::new(row))), user_errors }
    }
}

fn choice(keys: &mut InputKeys, at: usize, input: &SyncContainerInput) -> ContainerChoice {
    ContainerChoice {
        // What is no such id at all is refused like one that nothing has.
        container: key_of(&input.id, SYNC_CONTAINER).unwrap_or_default(),
        is_taken: input.is_taken,
        team: keys.changed(&input.team_id, SubjectKind::Team, &format!("containers.{at}.teamId")),
        visibility: input.visibility.map(Into::into),
    }
}

async fn disconnect(ctx: &Context<'_>, input: IntegrationDisconnectInput) -> Result<IntegrationRow> {
    let scope = scope(ctx)?;
    let mut keys = InputKeys::default();
    let wish = DisconnectIntegration {
        integration: keys.target(&input.id, SubjectKind::Integration)?,
        expected_version: input.expected_version.map(i64::from),
        keep: input.keep_work,
    };
    keys.end()?;
    scope.disconnect_integration(&wish).await
}

/// Changes of integrations.
#[derive(Debug, Default)]
pub struct IntegrationChangeMutation;

#[Object]
impl IntegrationChangeMutation {
    /// Chooses which boards and projects an integration takes in, and for whom. For admins. What is newly taken in is
    /// read whole by a run that begins at once, or when the integration goes on where it is paused.
    async fn integration_containers_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is chosen.")] input: IntegrationContainersSetInput,
    ) -> Nullable<IntegrationContainersSetPayload> {
        run(ctx, |keys| {
            Ok(SetContainers {
                integration: keys.target(&input.id, SubjectKind::Integration)?,
                expected_version: input.expected_version.map(i64::from),
                choices: input
                    .containers
                    .iter()
                    .enumerate()
                    .map(|(at, input)| choice(keys, at, input))
                    .collect(),
            })
        })
        .await
    }

    /// Asks for a run now, beside the schedule. For admins. Where one waits or is under way already it is that one. One
    /// that is paused, disconnected, or takes in files only is refused with `NOT_NOW`.
    async fn integration_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: IntegrationSyncInput,
    ) -> Nullable<IntegrationSyncPayload> {
        run(ctx, |keys| {
            Ok(SyncNow {
                integration: keys.target(&input.id, SubjectKind::Integration)?,
                is_full: input.full,
            })
        })
        .await
    }

    /// Stops an integration until it is told to go on; a run under way stops at its next page. For admins. One that is
    /// paused stays as it is.
    async fn integration_pause(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: IntegrationPauseInput,
    ) -> Nullable<IntegrationPausePayload> {
        run(ctx, |keys| {
            Ok(PauseIntegration {
                integration: keys.target(&input.id, SubjectKind::Integration)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }

    /// Lets an integration go on that is paused or fails. For admins. Its schedule begins now, and runs that failed
    /// before are not counted any more; one without a schedule waits until it is asked to run. One that is active stays
    /// as it is.
    async fn integration_resume(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: IntegrationResumeInput,
    ) -> Nullable<IntegrationResumePayload> {
        run(ctx, |keys| {
            Ok(ResumeIntegration {
                integration: keys.target(&input.id, SubjectKind::Integration)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }

    /// Disconnects an integration: its credential is forgotten, nothing of it runs any more, and it is archived. For
    /// admins. The work that it took in stays or is archived; what was archived comes back as itself when the tool is
    /// connected again. Much work is archived part by part: where the answer is lost, the same again goes on with what
    /// is left.
    async fn integration_disconnect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one, and what becomes of its work.")] input: IntegrationDisconnectInput,
    ) -> Nullable<IntegrationDisconnectPayload> {
        answer(ctx, disconnect(ctx, input).await)
    }
}
