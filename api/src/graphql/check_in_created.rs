//! `checkInCreated`: statements on key results, as they are made.

use async_graphql::Context;
use entity::{EventKind, SubjectKind};
use uuid::Uuid;

use super::{
    check_in::CheckIn,
    context::Nullable,
    key_result::KeyResult,
    live_event::{Moment, live_event},
    node::{by_key, referred},
    stream::{Told, followed, stream_filter},
};
use crate::domain::{
    access::Scope,
    error::Result,
    live::{About, StreamFilter},
};

live_event! {
    /// A check-in was made.
    CheckInCreatedEvent {
        key_result: Option<Uuid>,
    } resolves {
        /// The check-in; null when the viewer may not see it any more.
        async fn check_in(&self, ctx: &Context<'_>) -> Nullable<CheckIn> {
            by_key(ctx, self.moment.subject.1).await
        }

        /// The key result as it is now; null when the viewer may not see it any more.
        async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
            referred(ctx, self.key_result).await
        }
    }
}

impl Told for CheckInCreatedEvent {
    const ABOUT: About = About::Kinds(&[EventKind::CheckedIn]);

    fn moment(&mut self) -> &mut Moment {
        &mut self.moment
    }

    fn of(moment: Moment) -> Self {
        let event = moment.event.as_ref();
        let key_result = event.and_then(|event| event.written.nearest(SubjectKind::KeyResult));
        Self { moment, key_result }
    }

    async fn now(
        scope: &Scope,
        filter: &StreamFilter,
        moment: impl Fn((SubjectKind, Uuid)) -> Moment + Send,
    ) -> Result<Vec<Self>> {
        let rows = scope.check_ins_now(filter).await?;
        let state = rows.iter().map(|row| Self {
            moment: moment((SubjectKind::CheckIn, row.id)),
            key_result: Some(row.key_result_id),
        });
        Ok(state.collect())
    }
}

stream_filter!(CheckInCreatedSubscriptionFilter, "check-ins");

followed! {
    /// Check-ins as they are made.
    CheckInSubscription {
        /// Check-ins on key results that the viewer sees, whenever one is made.
        check_in_created(CheckInCreatedSubscriptionFilter) -> CheckInCreatedEvent,
        snapshot "Whether the latest check-in of every key result comes first; a filter that more than 200 key \
                  results fit is refused."
    }
}
