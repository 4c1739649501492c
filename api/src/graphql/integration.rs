//! Integrations.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable},
    enums::{IntegrationState, Provider},
    filter::{column, filter, key, sort},
    id::{NodeKind, id_of, key_of},
    input::number,
    node::by_key,
    page::{Slice, connection, object, root},
    project::{ProjectConnection, ProjectFilter, ProjectSort},
    scalars::{DateTime, Url},
    sync_container::{SyncContainerConnection, SyncContainerFilter, SyncContainerSort},
    sync_run::{SyncRunConnection, SyncRunFilter, SyncRunSort},
};
use crate::domain::{integration::IntegrationRow, relation};

object! {
    /// An organization's connection to a tool, or the file imports of one site of it.
    Integration over IntegrationRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Integration, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// When it was archived; null while it is not.
        async fn archived_at(&self) -> Option<DateTime> {
            self.0.archived_at.map(DateTime::from)
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Which tool.
        async fn provider(&self) -> Provider {
            self.0.provider.into()
        }

        /// The tool's site or workspace, `acme.atlassian.net`; `file` for imports of a file that names none.
        async fn site(&self) -> &str {
            &self.0.site
        }

        /// Display name.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// Whether it runs.
        async fn state(&self) -> IntegrationState {
            self.0.state.into()
        }

        /// Address below which the tool's API lies; null for what was never connected but imported from files.
        async fn address(&self) -> Option<Url> {
            self.0.address.clone().map(Url)
        }

        /// Whom the credential speaks for in the tool: an e-mail address, else a name or an id there. Null for
        /// file imports. The credential itself is never told.
        async fn account(&self) -> Option<&str> {
            self.0.account.as_deref()
        }

        /// Minutes between two runs by the schedule, 1 to 10,080; null where it has none and runs only when it
        /// is asked to, or when its tool tells of a change.
        async fn minutes(&self) -> Option<i32> {
            self.0.minutes().map(|minutes| number(minutes.into()))
        }

        /// When it runs next by its schedule; null where it has none, and while it is paused or disconnected.
        /// After failed runs it is later than the schedule says, by up to six hours.
        async fn next_sync_at(&self) -> Option<DateTime> {
            self.0.next_sync_at.map(DateTime::from)
        }

        /// When work last came in without a failure; null before it first did.
        async fn last_good_sync_at(&self) -> Option<DateTime> {
            self.0.last_good_sync_at.map(DateTime::from)
        }

        /// Runs that failed since the last good one, 0 or more; with the third its state is FAILING.
        async fn failures(&self) -> i32 {
            number(self.0.failures)
        }

        /// Why the last run failed, and what to do about it; null after a good one.
        async fn last_error(&self) -> Option<&str> {
            self.0.last_error.as_deref()
        }
    }
    edges {
        /// Projects that it fills.
        projects: ProjectConnection(ProjectFilter, ProjectSort) = relation::INTEGRATION_PROJECTS;
        /// Boards and projects of its tool that it reaches, taken in or not. Those that are archived in the tool,
        /// or that the credential does not reach any more, are archived here.
        containers: SyncContainerConnection(SyncContainerFilter, SyncContainerSort) = relation::INTEGRATION_CONTAINERS;
        /// Runs of it, the first one first unless sorted otherwise.
        sync_runs: SyncRunConnection(SyncRunFilter, SyncRunSort) = relation::INTEGRATION_RUNS;
    }
}

connection!(IntegrationConnection, IntegrationEdge, Integration, IntegrationRow, "integrations");

filter! {
    IntegrationFilter, IntegrationsFilter on Integration, "integrations" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Integration));
        /// By provider.
        provider: ProviderComparator = column("provider");
        /// By name.
        name: KeyComparator = column("name");
        /// By state.
        state: IntegrationStateComparator = column("state");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
    }
    many {
    }
}

sort! {
    IntegrationSort, IntegrationSortField on Integration, "integrations" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
    }
}

/// Look-ups and lists of integrations.
#[derive(Debug, Default)]
pub struct IntegrationQuery;

#[Object]
impl IntegrationQuery {
    /// One of the integrations; null when it does not exist or may not be seen.
    async fn integration(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: ID,
    ) -> Nullable<Integration> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Integration)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Integrations that the viewer sees.
    async fn integrations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<IntegrationFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<IntegrationSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<IntegrationConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(IntegrationConnection::from)))
    }
}
