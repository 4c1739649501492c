//! `alignmentLinkChanged`: ties between work and goals, as they are made and change.

use async_graphql::{Context, SimpleObject};
use entity::SubjectKind;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    alignment_link::AlignmentLink,
    context::Nullable,
    enums::{LinkOrigin, LinkState, Significance, StaleReason},
    live_event::{Moment, live_event},
    node::by_key,
    stream::{Told, followed, stream_filter},
};
use crate::domain::{
    access::Scope,
    error::Result,
    live::{About, StreamFilter},
};

/// Values of a link at one side of a change; a value that did not change is null.
#[derive(SimpleObject, Debug, Default)]
pub struct AlignmentLinkValues {
    /// Whether it counts; null when that did not change.
    pub state: Option<LinkState>,
    /// Why it is stale; null when it is not, or that did not change.
    pub stale_reason: Option<StaleReason>,
    /// Whether the work counts for progress; null when that did not change.
    pub significance: Option<Significance>,
    /// Share in the target's work progress, 0 or more; null when it did not change.
    pub weight: Option<f64>,
    /// Its strongest evidence; null when that did not change.
    pub origin: Option<LinkOrigin>,
}

impl AlignmentLinkValues {
    fn of(values: &Map<String, Json>) -> Self {
        let read = |column: &str| values.get(column).cloned().unwrap_or_default();
        Self {
            state: serde_json::from_value::<entity::LinkState>(read("state")).ok().map(Into::into),
            stale_reason: serde_json::from_value::<entity::StaleReason>(read("stale_reason"))
                .ok()
                .map(Into::into),
            significance: serde_json::from_value::<entity::Significance>(read("significance"))
                .ok()
                .map(Into::into),
            weight: read("weight").as_f64(),
            origin: serde_json::from_value::<entity::LinkOrigin>(read("origin")).ok().map(Into::into),
        }
    }
}

live_event! {
    /// A link was made, changed, confirmed or retired.
    AlignmentLinkChangedEvent {
    } resolves {
        /// Values before; null for a new link, and in a snapshot.
        async fn previous(&self) -> Option<AlignmentLinkValues> {
            self.moment.event.as_ref()?.written.previous.as_ref().map(AlignmentLinkValues::of)
        }

        /// Values after; null in a snapshot.
        async fn current(&self) -> Option<AlignmentLinkValues> {
            self.moment.event.as_ref().map(|event| AlignmentLinkValues::of(&event.written.current))
        }

        /// The link as it is now; null when the viewer may not see one of its ends any more.
        async fn link(&self, ctx: &Context<'_>) -> Nullable<AlignmentLink> {
            by_key(ctx, self.moment.subject.1).await
        }
    }
}

impl Told for AlignmentLinkChangedEvent {
    const ABOUT: About = About::Subject(SubjectKind::AlignmentLink);

    fn moment(&mut self) -> &mut Moment {
        &mut self.moment
    }

    fn of(moment: Moment) -> Self {
        Self { moment }
    }

    async fn now(
        scope: &Scope,
        filter: &StreamFilter,
        moment: impl Fn((SubjectKind, Uuid)) -> Moment + Send,
    ) -> Result<Vec<Self>> {
        let rows = scope.links_now(filter).await?;
        Ok(rows.iter().map(|row| Self { moment: moment((SubjectKind::AlignmentLink, row.id)) }).collect())
    }
}

stream_filter!(AlignmentLinkChangedSubscriptionFilter, "changes of links");

followed! {
    /// Changes of links as they happen.
    AlignmentLinkSubscription {
        /// Links whose both ends the viewer sees, whenever one is made, changed, confirmed or retired.
        alignment_link_changed(AlignmentLinkChangedSubscriptionFilter) -> AlignmentLinkChangedEvent,
        snapshot "Whether every link that is not retired comes first as it is now; a filter that more than 200 \
                  fit is refused."
    }
}
