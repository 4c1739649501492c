//! Check-ins.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    enums::{Health, KeyResultKind},
    error::UserError,
    filter::{column, filter, key, sort},
    id::{NodeKind, id_of},
    key_result::{KeyResult, KeyResultFilter},
    mutation::{Outcome, run},
    page::{connection, object},
    person::{Person, PersonFilter},
    scalars::{DateTime, Decimal},
    service_token::ServiceToken,
};
use crate::domain::check_in::{CheckInRow, MadeCheckIn, MakeCheckIn};

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

        /// Progress right after this check-in.
        async fn progress(&self) -> Option<f64> {
            self.0.progress
        }

        /// Completion of the contributing work at that time.
        async fn work_progress(&self) -> Option<f64> {
            self.0.work_progress
        }

        /// Progress right after this check-in before it was cut to 0–1: 1.2 is a fifth more than was aimed at.
        /// Null when the values did not say, and for check-ins made before it was kept.
        async fn attainment(&self) -> Option<f64> {
            self.0.attainment
        }

        /// Kind of the key result when the check-in was made; null for check-ins made before it was kept.
        async fn kind(&self) -> Option<KeyResultKind> {
            self.0.kind.map(Into::into)
        }

        /// Start value of the key result when the check-in was made; null where it had none, and for check-ins
        /// made before it was kept.
        async fn start(&self) -> Option<Decimal> {
            self.0.start_value.map(Decimal::from)
        }

        /// Target of the key result when the check-in was made; null where it had none, and for check-ins made
        /// before it was kept.
        async fn target(&self) -> Option<Decimal> {
            self.0.target_value.map(Decimal::from)
        }

        /// Lowest value inside the bounds when the check-in was made; null where there was none, and for
        /// check-ins made before it was kept.
        async fn lower_bound(&self) -> Option<Decimal> {
            self.0.lower_bound.map(Decimal::from)
        }

        /// Highest value inside the bounds when the check-in was made; null where there was none, and for
        /// check-ins made before it was kept.
        async fn upper_bound(&self) -> Option<Decimal> {
            self.0.upper_bound.map(Decimal::from)
        }

        /// Whether a tool recorded the value, which is no word of a person.
        async fn is_recorded(&self) -> bool {
            self.0.service_token_id.is_some()
        }

        /// When it was acknowledged; null until somebody did.
        async fn acknowledged_at(&self) -> Option<DateTime> {
            self.0.acknowledged_at.map(DateTime::from)
        }

        /// What the reviewer said to it, Markdown; null when nothing.
        async fn acknowledgement_note(&self) -> Option<&str> {
            self.0.acknowledgement_note.as_deref()
        }
    }
    one {
        /// The key result.
        key_result: KeyResult = key_result_id;
        /// Who made it; null where a tool recorded it.
        author: Person = author_id;
        /// The token of the tool that recorded it; null for a person's word, and where the viewer may not see
        /// tokens.
        token: ServiceToken = service_token_id;
        /// Who acknowledged it; null until somebody did.
        acknowledged_by: Person = acknowledged_by_id;
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
        /// By the time at which it was acknowledged; null for those that wait for their reviewer.
        acknowledged_at: DateTimeComparator = column("acknowledged_at");
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

/// Input of `keyResultCheckIn`: at least one of value, confidence, health and note.
#[derive(InputObject, Debug)]
pub struct KeyResultCheckInInput {
    /// Id made by the client (`chk_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// The key result.
    pub key_result_id: ID,
    /// The time that the statement holds for: now when left out, never in the future, and within the
    /// cycle when it is dated back.
    pub at: Option<DateTime>,
    /// The measured value; not for the kind MILESTONE. The current value is that of the latest time.
    pub value: Option<Decimal>,
    /// How sure the author is that the target will be reached, 0–1.
    pub confidence: Option<f64>,
    /// Health as the author sees it: ON_TRACK, AT_RISK or OFF_TRACK.
    pub health: Option<Health>,
    /// What the author says, Markdown, at most 100,000 characters.
    pub note: Option<String>,
}

/// Answer of `keyResultCheckIn`.
#[derive(SimpleObject, Debug)]
pub struct KeyResultCheckInPayload {
    /// The check-in; null when nothing was written.
    pub check_in: Option<CheckIn>,
    /// The key result as it is now; null when nothing was written.
    pub key_result: Option<KeyResult>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<MadeCheckIn>> for KeyResultCheckInPayload {
    fn from(outcome: Outcome<MadeCheckIn>) -> Self {
        let (made, user_errors) = outcome.into_parts();
        let (check_in, key_result) = made.map(|made| (made.check_in, made.key_result)).unzip();
        Self {
            check_in: check_in.map(|row| CheckIn(Arc::new(row))),
            key_result: key_result.map(|row| KeyResult(Arc::new(row))),
            user_errors,
        }
    }
}

/// Making check-ins.
#[derive(Debug, Default)]
pub struct CheckInMutation;

#[Object]
impl CheckInMutation {
    /// Makes a dated statement on a key result, which is never changed. For its owner, managers of its
    /// team, and leaders.
    async fn key_result_check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is stated.")] input: KeyResultCheckInInput,
    ) -> Nullable<KeyResultCheckInPayload> {
        run(ctx, |keys| {
            Ok(MakeCheckIn {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::CheckIn))?,
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                at: input.at.map(|at| at.0),
                value: input.value.map(|value| value.0),
                confidence: input.confidence,
                health: input.health.map(Into::into),
                note: input.note,
            })
        })
        .await
    }
}
