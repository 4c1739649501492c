//! The organization.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, fail, scope},
    id::id_of,
    input::number,
    node::by_key,
    page::object,
    scalars::DateTime,
};
use crate::domain::organization::OrganizationRow;

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
