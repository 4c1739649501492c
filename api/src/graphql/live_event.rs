//! What every event of a subscription has in common: its place, its time, who acted and why.

use std::sync::Arc;

use async_graphql::{Context, Enum, SimpleObject};
use entity::{Instant, PointSource, SubjectKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    context::Nullable, integration::Integration, node::by_key, person::Person, service_token::ServiceToken,
};
use crate::domain::{
    access::viewer::Actor,
    live::{LiveCause, LiveEvent},
    person::PersonRow,
};

/// What made something happen.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum EventCause {
    /// A check-in.
    CheckIn,
    /// Linked work that was begun, finished or changed.
    Work,
    /// A value that a tool recorded.
    External,
    /// A person's override.
    Override,
    /// The parts of an objective above.
    RollUp,
    /// A change by a person, or of settings.
    Edit,
    /// A sync or import.
    Sync,
    /// Time alone: a check-in became overdue, a cycle went on, a tool fell silent.
    Clock,
}

impl From<LiveCause> for EventCause {
    fn from(cause: LiveCause) -> Self {
        match cause {
            LiveCause::Clock => Self::Clock,
            LiveCause::Deed(PointSource::CheckIn) => Self::CheckIn,
            LiveCause::Deed(PointSource::Work) => Self::Work,
            LiveCause::Deed(PointSource::External) => Self::External,
            LiveCause::Deed(PointSource::Override) => Self::Override,
            LiveCause::Deed(PointSource::RollUp) => Self::RollUp,
            LiveCause::Deed(PointSource::Edit) => Self::Edit,
            LiveCause::Deed(PointSource::Sync) => Self::Sync,
        }
    }
}

/// What happened to a row.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::EventKind")]
pub enum EventKind {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was archived.
    Archived,
    /// It was taken out of the archive.
    Unarchived,
    /// One of its computed numbers differs.
    ProgressChanged,
    /// A check-in was made.
    CheckedIn,
    /// A link was confirmed.
    Confirmed,
    /// A link was retired.
    Retired,
    /// Much came at once by a first sync or an import.
    Imported,
    /// Its health differs.
    HealthChanged,
    /// A reviewer acknowledged it.
    Acknowledged,
}

/// What kind of actor changed something.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum EventActorKind {
    /// A person.
    Person,
    /// A tool, through its integration.
    Integration,
    /// A tool, by its token.
    Token,
}

/// Who changed something.
#[derive(SimpleObject, Debug)]
pub struct EventActor {
    /// A person, or a tool.
    pub kind: EventActorKind,
    /// The person; null when it was a tool.
    pub person: Option<Person>,
    /// The tool's integration; null when it was a person, and where the viewer may not see integrations.
    pub integration: Option<Integration>,
    /// The tool's token; null when it was no token, and where the viewer may not see tokens.
    pub token: Option<ServiceToken>,
}

/// Where an event stands in the stream, and what it comes from.
#[derive(Clone, Debug)]
pub(in crate::graphql) struct Moment {
    pub(in crate::graphql) cursor: String,
    pub(in crate::graphql) at: Instant,
    pub(in crate::graphql) subject: (SubjectKind, Uuid),
    /// What happened; null in a snapshot.
    pub(in crate::graphql) event: Option<Arc<LiveEvent>>,
}

impl Moment {
    /// A value of the row before, as far as the event tells it.
    pub(in crate::graphql) fn before<T: DeserializeOwned>(&self, column: &str) -> Option<T> {
        value(self.event.as_ref()?.written.previous.as_ref()?, column)
    }

    /// A value of the row after, as far as the event tells it.
    pub(in crate::graphql) fn after<T: DeserializeOwned>(&self, column: &str) -> Option<T> {
        value(&self.event.as_ref()?.written.current, column)
    }

    /// Who acted; null for Throughline itself and in a snapshot.
    pub(in crate::graphql) async fn actor(&self, ctx: &Context<'_>) -> Nullable<EventActor> {
        match self.event.as_ref()?.written.actor {
            Actor::System => None,
            Actor::Person(id) => {
                let person = by_key::<PersonRow, Person>(ctx, id).await.transpose();
                Some(person.map(|person| EventActor {
                    kind: EventActorKind::Person,
                    person,
                    integration: None,
                    token: None,
                }))
            }
            Actor::Integration(id) => {
                let integration = by_key(ctx, id).await.transpose();
                Some(integration.map(|integration| EventActor {
                    kind: EventActorKind::Integration,
                    person: None,
                    integration,
                    token: None,
                }))
            }
            Actor::Token(id) => {
                let token = by_key(ctx, id).await.transpose();
                Some(token.map(|token| EventActor {
                    kind: EventActorKind::Token,
                    person: None,
                    integration: None,
                    token,
                }))
            }
        }
    }
}

fn value<T: DeserializeOwned>(values: &Map<String, Json>, column: &str) -> Option<T> {
    serde_json::from_value(values.get(column)?.clone()).ok()
}

/// Declares an event: its own fields, after those that all events have.
macro_rules! live_event {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $type:ty,)* } resolves { $($body:tt)* }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub struct $name {
            pub(in crate::graphql) moment: $crate::graphql::live_event::Moment,
            $(pub(in crate::graphql) $field: $type,)*
        }

        $(#[$meta])*
        #[async_graphql::Object]
        impl $name {
            /// Opaque place in the stream, for `after`: all that came before it has been delivered. All rows of
            /// a snapshot but its last lead back to a snapshot from its beginning, with which a stream that
            /// broke off within one loses nothing.
            async fn cursor(&self) -> &str {
                &self.moment.cursor
            }

            /// When it happened; in a snapshot, when the state was read.
            async fn at(&self) -> $crate::graphql::scalars::DateTime {
                self.moment.at.into()
            }

            /// Who did it; null when it was Throughline itself, and in a snapshot.
            async fn actor(
                &self,
                ctx: &async_graphql::Context<'_>,
            ) -> $crate::graphql::context::Nullable<$crate::graphql::live_event::EventActor> {
                self.moment.actor(ctx).await
            }

            /// What made it happen; null in a snapshot, and of a health that follows from what somebody did before
            /// it was looked at, or a finding: that was told by events of its own.
            async fn cause(&self) -> Option<$crate::graphql::live_event::EventCause> {
                self.moment.event.as_ref().and_then(|event| event.cause).map(Into::into)
            }

            /// What happened; null in a snapshot.
            async fn kind(&self) -> Option<$crate::graphql::live_event::EventKind> {
                self.moment.event.as_ref().map(|event| event.written.kind.into())
            }

            /// Whether it tells the present state at the beginning of the stream, and not a change.
            async fn is_snapshot(&self) -> bool {
                self.moment.event.is_none()
            }

            $($body)*
        }
    };
}
pub(in crate::graphql) use live_event;
