//! Runs of syncs, and the items that they could not take in.

use async_graphql::{Context, ID, Object};

use super::{
    context::{Nullable, nullable},
    enums::{SyncPhase, SyncRunState, SyncTrigger},
    filter::{column, filter, key, sort},
    id::{NodeKind, key_of, part_id},
    input::number,
    integration::{Integration, IntegrationFilter},
    node::by_key,
    page::{Slice, connection, object, root},
    scalars::DateTime,
};
use crate::domain::{relation, sync_failure::SyncFailureRow, sync_run::SyncRunRow};

const PREFIX: &str = "syr";
const FAILURE_PREFIX: &str = "syf";
const SYNC_RUN: NodeKind = NodeKind::Part(PREFIX);
const SYNC_FAILURE: NodeKind = NodeKind::Part(FAILURE_PREFIX);

object! {
    /// A run of a sync: what it was begun by, how far it is and what it changed. It goes on where it was after the
    /// tool, or a server, failed for a time.
    SyncRun over SyncRunRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id(PREFIX, self.0.id)
        }

        /// When it was asked for.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it last moved on.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// What it was begun by.
        async fn trigger(&self) -> SyncTrigger {
            self.0.trigger_kind.into()
        }

        /// Whether it reads everything and looks for what is gone, and not only for what has changed.
        async fn is_full(&self) -> bool {
            self.0.is_full
        }

        /// Where it is in its life.
        async fn state(&self) -> SyncRunState {
            self.0.state.into()
        }

        /// What it is at.
        async fn phase(&self) -> SyncPhase {
            self.0.phase.into()
        }

        /// Items that it has read, 0 or more; what is read again counts again.
        async fn done(&self) -> i32 {
            number(self.0.done)
        }

        /// Items that it will read, as far as the tool has told, 0 or more; null where it tells none. It grows
        /// with each board or project that is begun.
        async fn total(&self) -> Option<i32> {
            self.0.total.map(number)
        }

        /// Projects and tasks that it made, 0 or more.
        async fn created_count(&self) -> i32 {
            number(self.0.created_count)
        }

        /// Projects and tasks that it changed, 0 or more.
        async fn updated_count(&self) -> i32 {
            number(self.0.updated_count)
        }

        /// Projects and tasks that were as they are, 0 or more.
        async fn unchanged_count(&self) -> i32 {
            number(self.0.unchanged_count)
        }

        /// Tasks that the tool has no more, 0 or more: they are archived.
        async fn removed_count(&self) -> i32 {
            number(self.0.removed_count)
        }

        /// Items that could not be taken in, or not as they stand, 0 or more; the first thousand are listed in
        /// `failures`.
        async fn failed_count(&self) -> i32 {
            number(self.0.failed_count)
        }

        /// Why it was given up, and what to do about it; null unless its state is FAILED.
        async fn error(&self) -> Option<&str> {
            self.0.error.as_deref()
        }

        /// When it began; null while it waits.
        async fn started_at(&self) -> Option<DateTime> {
            self.0.started_at.map(DateTime::from)
        }

        /// When it ended; null before.
        async fn finished_at(&self) -> Option<DateTime> {
            self.0.finished_at.map(DateTime::from)
        }
    }
    one {
        /// The integration.
        integration: Integration = integration_id;
    }
    edges {
        /// Items that it could not take in, or not as they stand, the first thousand at most.
        failures: SyncFailureConnection(SyncFailureFilter, SyncFailureSort) = relation::RUN_FAILURES;
    }
}

connection!(SyncRunConnection, SyncRunEdge, SyncRun, SyncRunRow, "runs of syncs");

filter! {
    SyncRunFilter, SyncRunsFilter on SyncRun, "runs of syncs" {
        /// By global id.
        id: IdComparator = key("id", SYNC_RUN);
        /// By what it was begun by.
        trigger: SyncTriggerComparator = column("trigger_kind");
        /// By whether it reads everything.
        is_full: BooleanComparator = column("is_full");
        /// By state.
        state: SyncRunStateComparator = column("state");
        /// By the number of items that could not be taken in.
        failed_count: NumberComparator = column("failed_count");
        /// By the time at which it began.
        started_at: DateTimeComparator = column("started_at");
        /// By the time at which it ended.
        finished_at: DateTimeComparator = column("finished_at");
        /// By the time at which it was asked for.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
        /// By integration.
        integration: IntegrationFilter = "integration_id" => Integration;
    }
    many {
    }
}

sort! {
    SyncRunSort, SyncRunSortField on SyncRun, "runs of syncs" {
        /// By the time at which it was asked for.
        CreatedAt = "created_at" as Integer;
        /// By the time at which it began.
        StartedAt = "started_at" as Integer;
        /// By the time at which it ended.
        FinishedAt = "finished_at" as Integer;
    }
}

object! {
    /// An item that a run of a sync could not take in, or not as it stands in the tool.
    SyncFailure over SyncFailureRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id(FAILURE_PREFIX, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// The item's key or id in the tool.
        async fn external_id(&self) -> &str {
            &self.0.external_id
        }

        /// Why, as a sentence.
        async fn reason(&self) -> &str {
            &self.0.reason
        }
    }
    edges {
    }
}

connection!(
    SyncFailureConnection,
    SyncFailureEdge,
    SyncFailure,
    SyncFailureRow,
    "items that a run could not take in"
);

filter! {
    SyncFailureFilter, SyncFailuresFilter on SyncFailure, "items that a run could not take in" {
        /// By global id.
        id: IdComparator = key("id", SYNC_FAILURE);
        /// By key or id in the tool.
        external_id: KeyComparator = column("external_id");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
    }
    many {
    }
}

sort! {
    SyncFailureSort, SyncFailureSortField on SyncFailure, "items that a run could not take in" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
    }
}

/// Look-ups and lists of runs.
#[derive(Debug, Default)]
pub struct SyncRunQuery;

#[Object]
impl SyncRunQuery {
    /// One of the runs of syncs; null when it does not exist or may not be seen.
    async fn sync_run(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<SyncRun> {
        match key_of(&id, SYNC_RUN) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Runs of the integrations that the viewer sees.
    async fn sync_runs(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<SyncRunFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<SyncRunSort>,
        >,
        #[graphql(default, desc = "Runs are not archived: it changes nothing.")] include_archived: bool,
    ) -> Nullable<SyncRunConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(SyncRunConnection::from)))
    }
}
