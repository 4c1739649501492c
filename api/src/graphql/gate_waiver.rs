//! Waivers of the gate.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared, scope},
    enums::EndReason,
    error::{SharedError, UserError},
    filter::{column, filter, sort},
    id::{NodeKind, key_of, part_id},
    input::number,
    loaders::Loaders,
    mutation::{Outcome, run},
    page::{connection, object},
    person::{Person, PersonFilter},
    project::Project,
    scalars::DateTime,
};
use crate::domain::{
    error::DomainError,
    gate_waiver::{GateWaiverRow, RevokeWaiver, WaiveGate},
};

const GATE_WAIVER: NodeKind = NodeKind::Part("gwv");

object! {
    /// Leave for one project to go in progress without a link or an acknowledgement, for a time.
    GateWaiver over GateWaiverRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("gwv", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Why the project may.
        async fn reason(&self) -> &str {
            &self.0.reason
        }

        /// When it ends.
        async fn until_at(&self) -> DateTime {
            self.0.until_at.into()
        }

        /// When it stopped holding: taken back, replaced, or past its end; null while it holds.
        async fn ended_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
            let now = scope(ctx).ok()?.clock().now();
            self.0.end_at(now).map(|(at, _)| at.into())
        }

        /// Why it holds no more; null while it holds.
        async fn end_reason(&self, ctx: &Context<'_>) -> Option<EndReason> {
            let now = scope(ctx).ok()?.clock().now();
            self.0.end_at(now).map(|(_, reason)| reason.into())
        }
    }
    one {
        /// The project.
        project: Project = project_id;
        /// Who gave it.
        person: Person = person_id;
        /// Who took it back or replaced it; null for nobody.
        ended_by: Person = ended_by_id;
    }
    edges {
    }
}

connection!(GateWaiverConnection, GateWaiverEdge, GateWaiver, GateWaiverRow, "waivers of the gate");

filter! {
    GateWaiverFilter, GateWaiversFilter on GateWaiver, "waivers of the gate" {
        /// By end.
        until_at: DateTimeComparator = column("until_at");
        /// By whether its end was noted: taken back, replaced, or past its end since a moment.
        ended: PresenceComparator = column("ended_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By who gave it.
        person: PersonFilter = "person_id" => Person;
    }
    many {
    }
}

sort! {
    GateWaiverSort, GateWaiverSortField on GateWaiver, "waivers of the gate" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By end.
        UntilAt = "until_at" as Integer;
    }
}

/// The waiver of a project that holds now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LiveWaiverOf(pub Uuid);

impl Loader<LiveWaiverOf> for Loaders {
    type Value = Arc<GateWaiverRow>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[LiveWaiverOf],
    ) -> Result<HashMap<LiveWaiverOf, Arc<GateWaiverRow>>, SharedError> {
        let projects: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.scope().live_waivers(&projects).await?;
        Ok(rows.into_iter().map(|(project, row)| (LiveWaiverOf(project), row)).collect())
    }
}

/// The waiver of a project that holds now.
pub async fn of_project(ctx: &Context<'_>, project: Uuid) -> Nullable<GateWaiver> {
    match loaders(ctx) {
        Ok(loaders) => {
            let row = loaders.load_one(LiveWaiverOf(project)).await;
            nullable_shared(ctx, row.map(|row| row.map(GateWaiver::from)))
        }
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}

/// Input of `gateWaive`.
#[derive(InputObject, Debug)]
pub struct GateWaiveInput {
    /// Id made by the client (`gwv_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// The project.
    pub project_id: ID,
    /// Why it may go in progress all the same: one line of at most 500 characters.
    pub reason: String,
    /// When the waiver ends: ahead, and by no more than the setting `waiverDays`.
    pub until: DateTime,
}

/// Input of `gateWaiverRevoke`.
#[derive(InputObject, Debug)]
pub struct GateWaiverRevokeInput {
    /// The waiver.
    pub id: ID,
    /// The version that was looked at; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on waivers.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The waiver as it is now; null when nothing was written.
            pub gate_waiver: Option<GateWaiver>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<GateWaiverRow>> for $name {
            fn from(outcome: Outcome<GateWaiverRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { gate_waiver: row.map(|row| GateWaiver(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    GateWaivePayload of "gateWaive";
    GateWaiverRevokePayload of "gateWaiverRevoke";
}

/// Changes of waivers.
#[derive(Debug, Default)]
pub struct GateWaiverMutation;

#[Object]
impl GateWaiverMutation {
    /// Waives the gate for a project, for a time. For managers of its team, and leaders. A waiver that holds is
    /// replaced and stays as history.
    async fn gate_waive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new waiver.")] input: GateWaiveInput,
    ) -> Nullable<GateWaivePayload> {
        run(ctx, |keys| {
            Ok(WaiveGate {
                id: keys.own(input.id.as_ref(), GATE_WAIVER)?,
                project: keys.required(&input.project_id, SubjectKind::Project, "projectId"),
                reason: input.reason,
                until: input.until.0,
            })
        })
        .await
    }

    /// Takes a waiver back. The project that is in progress by it stays so. One that has ended stays as it is.
    async fn gate_waiver_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: GateWaiverRevokeInput,
    ) -> Nullable<GateWaiverRevokePayload> {
        run(ctx, |_keys| {
            Ok(RevokeWaiver {
                id: key_of(&input.id, GATE_WAIVER).map_err(|_| DomainError::NotFound)?,
                expected_version: input.expected_version.map(i64::from),
            })
        })
        .await
    }
}
