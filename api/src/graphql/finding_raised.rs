//! `findingRaised`: what audits notice, as it is opened and opened again.

use async_graphql::{Context, ID, InputObject};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::Nullable,
    enums::{FindingKind, FindingState, Severity},
    finding::Finding,
    live_event::{Moment, live_event},
    node::by_key,
    stream::{AskedFilter, Told, followed},
};
use crate::domain::{
    access::Scope,
    error::Result,
    live::{About, FindingFilter, LiveEvent, StreamFilter},
};

live_event! {
    /// A finding was opened, or opened again: its cause came back, or the time is over for which it was put off.
    FindingRaisedEvent {
    } resolves {
        /// The state that it was in before; null when it is new, and in a snapshot.
        async fn previous_state(&self) -> Option<FindingState> {
            self.moment.before::<entity::FindingState>("state").map(Into::into)
        }

        /// The finding as it is now; null when the viewer may not see what it is about any more.
        async fn finding(&self, ctx: &Context<'_>) -> Nullable<Finding> {
            by_key(ctx, self.moment.subject.1).await
        }
    }
}

impl Told for FindingRaisedEvent {
    const ABOUT: About = About::Subject(SubjectKind::Finding);

    fn concerns(event: &LiveEvent) -> bool {
        let written = &event.written;
        let is_open = written.current.get("state").is_some_and(|state| state == "OPEN");
        let was_open = || {
            let previous = written.previous.as_ref();
            previous.and_then(|values| values.get("state")).is_some_and(|state| state == "OPEN")
        };
        Self::ABOUT.holds(written) && is_open && !was_open()
    }

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
        let rows = scope.findings_now(filter).await?;
        Ok(rows.iter().map(|row| Self { moment: moment((SubjectKind::Finding, row.id)) }).collect())
    }
}

/// Which findings a stream is about; everything that is given must fit.
#[derive(InputObject, Debug, Default)]
pub struct FindingRaisedSubscriptionFilter {
    /// What was noticed.
    pub kind: Option<FindingKind>,
    /// How much it matters at least.
    pub severity: Option<Severity>,
    /// Id of the person who is to act.
    pub owner_id: Option<ID>,
    /// Id of what it is about: an objective, key result, project, task, link, team or integration.
    pub subject_id: Option<ID>,
}

impl From<Option<FindingRaisedSubscriptionFilter>> for AskedFilter {
    fn from(filter: Option<FindingRaisedSubscriptionFilter>) -> Self {
        let filter = filter.unwrap_or_default();
        Self {
            finding: FindingFilter {
                kind: filter.kind.map(Into::into),
                severity: filter.severity.map(Into::into),
                ..FindingFilter::default()
            },
            finding_owner: filter.owner_id,
            finding_subject: filter.subject_id,
            ..Self::default()
        }
    }
}

followed! {
    /// Findings as they are raised.
    FindingSubscription {
        /// Findings about what the viewer sees, whenever one is opened or opened again; about a second after what
        /// caused it, and what time alone brings with the daily look.
        finding_raised(FindingRaisedSubscriptionFilter) -> FindingRaisedEvent,
        snapshot "Whether every finding that is open comes first; a filter that more than 200 fit is refused."
    }
}
