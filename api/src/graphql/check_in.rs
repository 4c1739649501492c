//! Check-ins.

use async_graphql::{Context, ID};
use entity::SubjectKind;

use super::{
    context::Nullable,
    enums::Health,
    filter::{column, filter, key, sort},
    id::{NodeKind, id_of},
    key_result::{KeyResult, KeyResultFilter},
    node::referred,
    page::{connection, object},
    person::{Person, PersonFilter},
    scalars::{DateTime, Decimal},
};
use crate::domain::check_in::CheckInRow;

object! {
    /// A dated, immutable statement on a key result.
    CheckIn over CheckInRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::CheckIn, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// The key result.
        async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
            referred(ctx, Some(self.0.key_result_id)).await
        }

        /// The time the statement holds for; may lie before it was made.
        async fn at(&self) -> DateTime {
            self.0.at.into()
        }

        /// The measured value; null when only confidence, health or a note was given.
        async fn value(&self) -> Option<Decimal> {
            self.0.value.map(Decimal::from)
        }

        /// How sure the author is that the target will be reached, 0–1.
        async fn confidence(&self) -> Option<f64> {
            self.0.confidence
        }

        /// Health as the author sees it.
        async fn health(&self) -> Option<Health> {
            self.0.health.map(Into::into)
        }

        /// What the author says, Markdown.
        async fn note(&self) -> Option<&str> {
            self.0.note.as_deref()
        }

        /// Who made it.
        async fn author(&self, ctx: &Context<'_>) -> Nullable<Person> {
            referred(ctx, self.0.author_id).await
        }

        /// Progress right after this check-in.
        async fn progress(&self) -> Option<f64> {
            self.0.progress
        }

        /// Completion of the contributing work at that time.
        async fn work_progress(&self) -> Option<f64> {
            self.0.work_progress
        }
    }
    edges {
    }
}

connection!(CheckInConnection, CheckInEdge, CheckIn, CheckInRow, "check-ins");

filter! {
    CheckInFilter, CheckInsFilter on CheckIn, "check-ins" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::CheckIn));
        /// By the time it holds for.
        at: DateTimeComparator = column("at");
        /// By confidence, 0–1.
        confidence: NumberComparator = column("confidence");
        /// By reported health.
        health: HealthComparator = column("health");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
        /// By key result.
        key_result: KeyResultFilter = "key_result_id" => KeyResult;
        /// By author.
        author: PersonFilter = "author_id" => Person;
    }
    many {
    }
}

sort! {
    CheckInSort, CheckInSortField on CheckIn, "check-ins" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By the time it holds for.
        At = "at" as Integer;
    }
}
