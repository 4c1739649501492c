//! Findings.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable},
    enums::{FindingKind, FindingState, Severity},
    filter::{column, filter, key, sort},
    id::{NodeKind, id_of, key_of},
    input::number,
    node::by_key,
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    scalars::DateTime,
};
use crate::domain::finding::FindingRow;

object! {
    /// Something an audit noticed.
    Finding over FindingRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Finding, self.0.id)
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

        /// What was noticed.
        async fn kind(&self) -> FindingKind {
            self.0.kind.into()
        }

        /// How much it matters.
        async fn severity(&self) -> Severity {
            self.0.severity.into()
        }

        /// Whether it still asks for something.
        async fn state(&self) -> FindingState {
            self.0.state.into()
        }

        /// Until when it is acknowledged or waived.
        async fn until_at(&self) -> Option<DateTime> {
            self.0.until_at.map(DateTime::from)
        }

        /// Why it was waived.
        async fn reason(&self) -> Option<&str> {
            self.0.reason.as_deref()
        }

        /// When it was opened, or last opened again.
        async fn opened_at(&self) -> DateTime {
            self.0.opened_at.into()
        }

        /// When its cause was last there.
        async fn last_seen_at(&self) -> DateTime {
            self.0.last_seen_at.into()
        }

        /// When it was resolved.
        async fn resolved_at(&self) -> Option<DateTime> {
            self.0.resolved_at.map(DateTime::from)
        }

        /// What it is about, as a typed global id.
        async fn subject_id(&self) -> ID {
            ID(self.0.subject_key.clone())
        }

        /// What was seen, as a JSON text.
        async fn evidence(&self) -> &str {
            &self.0.evidence
        }
    }
    one {
        /// Who is to act.
        owner: Person = owner_id;
    }
    edges {
    }
}

connection!(FindingConnection, FindingEdge, Finding, FindingRow, "findings");

filter! {
    FindingFilter, FindingsFilter on Finding, "findings" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Finding));
        /// By kind.
        kind: FindingKindComparator = column("kind");
        /// By severity.
        severity: SeverityComparator = column("severity");
        /// By state.
        state: FindingStateComparator = column("state");
        /// By time of opening.
        opened_at: DateTimeComparator = column("opened_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By who is to act.
        owner: PersonFilter = "owner_id" => Person;
    }
    many {
    }
}

sort! {
    FindingSort, FindingSortField on Finding, "findings" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By time of opening.
        OpenedAt = "opened_at" as Integer;
    }
}

/// Look-ups and lists of findings.
#[derive(Debug, Default)]
pub struct FindingQuery;

#[Object]
impl FindingQuery {
    /// One of the findings; null when it does not exist or may not be seen.
    async fn finding(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Finding> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Finding)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Findings that the viewer sees.
    async fn findings(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<FindingFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<FindingSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<FindingConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(FindingConnection::from)))
    }
}
