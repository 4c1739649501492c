//! The organization.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, fail, nullable, scope},
    error::UserError,
    id::id_of,
    input::number,
    mutation::{Outcome, run},
    node::by_key,
    page::object,
    scalars::DateTime,
    settings::{OrganizationSettings, OrganizationSettingsInput},
};
use crate::domain::organization::{OrganizationRow, UpdateOrganization};

object! {
    /// The tenant: everything else belongs to exactly one.
    Organization over OrganizationRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Organization, self.0.id)
        }

        /// When it was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Display name.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// Short name, unique in the installation.
        async fn slug(&self) -> &str {
            &self.0.slug
        }

        /// IANA time zone in which dates and weeks are read.
        async fn time_zone(&self) -> &str {
            &self.0.time_zone
        }

        /// How it practises OKRs: every setting, with its default where none was chosen.
        async fn settings(&self, ctx: &Context<'_>) -> Nullable<OrganizationSettings> {
            nullable(ctx, self.0.practice().map(|settings| Some(settings.into())))
        }
    }
    edges {}
}

/// The viewer's organization.
#[derive(Debug, Default)]
pub struct OrganizationQuery;

#[Object]
impl OrganizationQuery {
    /// The organization of the viewer.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        match scope(ctx) {
            Ok(scope) => by_key(ctx, scope.viewer().organization_id).await,
            Err(error) => Some(Err(fail(ctx, &error))),
        }
    }
}

/// Input of `organizationUpdate`: what is left out stays.
#[derive(InputObject, Debug)]
pub struct OrganizationUpdateInput {
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Display name: one line of at most 500 characters. For leaders and admins.
    pub name: Option<String>,
    /// IANA time zone in which dates and weeks are read, `Europe/Berlin`. For leaders.
    pub time_zone: Option<String>,
    /// Settings of OKR practice that change. For leaders.
    pub settings: Option<OrganizationSettingsInput>,
}

/// Answer of `organizationUpdate`.
#[derive(SimpleObject, Debug)]
pub struct OrganizationUpdatePayload {
    /// The organization as it is now; null when nothing was written.
    pub organization: Option<Organization>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<OrganizationRow>> for OrganizationUpdatePayload {
    fn from(outcome: Outcome<OrganizationRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { organization: row.map(|row| Organization(Arc::new(row))), user_errors }
    }
}

/// Changes of the viewer's organization.
#[derive(Debug, Default)]
pub struct OrganizationMutation;

#[Object]
impl OrganizationMutation {
    /// Changes the viewer's organization. A new prefix changes the code of every goal; the old codes go on
    /// leading to their goals.
    async fn organization_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: OrganizationUpdateInput,
    ) -> Nullable<OrganizationUpdatePayload> {
        run(ctx, |_| {
            Ok(UpdateOrganization {
                expected_version: input.expected_version.map(i64::from),
                name: input.name,
                time_zone: input.time_zone,
                settings: input.settings.map(Into::into),
            })
        })
        .await
    }
}
