//! Events: what happened, written in the transaction of the change.
//!
//! Subscriptions, outgoing webhooks, reminders and audits all read this one stream. An event carries
//! what decides who may see it, so that nobody reads rows just to find out.

use entity::{ActorKind, EventKind, Instant, SubjectKind, Visibility, event};
use sea_orm::{ActiveValue::Set, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::access::viewer::Actor;

/// The entry of an event's `current` that tells what made a number change, as a `PointSource`.
pub(in crate::domain) const SOURCE: &str = "source";

/// What decides who may see an event: the columns that the row filter of its subject asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Visibility of the subject, or of the goal or project that it belongs to; null means everyone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visibility: Option<Visibility>,
    /// The team that visibility `TEAM` means.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub team: Option<Uuid>,
    /// The owner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Uuid>,
    /// Further people who see it: assignees.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub people: Vec<Uuid>,
    /// A second row that must be visible too: the other end of a link.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub also: Option<Box<Sight>>,
}

/// An event that is still to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// What it is about.
    pub subject: (SubjectKind, Uuid),
    /// The rows above the subject.
    pub ancestors: Vec<(SubjectKind, Uuid)>,
    /// Who may see it.
    pub sight: Sight,
    /// Values before; null for a new row.
    pub previous: Option<Map<String, Json>>,
    /// Values after.
    pub current: Map<String, Json>,
}

/// Prefix of the typed global ids of a kind of subject.
#[must_use]
pub const fn prefix(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Organization => "org",
        SubjectKind::Person => "per",
        SubjectKind::Team => "tea",
        SubjectKind::Cycle => "cyc",
        SubjectKind::Objective => "obj",
        SubjectKind::KeyResult => "kr",
        SubjectKind::CheckIn => "chk",
        SubjectKind::Project => "prj",
        SubjectKind::Task => "tsk",
        SubjectKind::AlignmentLink => "lnk",
        SubjectKind::Integration => "int",
        SubjectKind::Finding => "fnd",
    }
}

/// A typed global id, `obj_…`.
#[must_use]
pub fn global_id(kind: SubjectKind, id: Uuid) -> String {
    format!("{}_{}", prefix(kind), id.simple())
}

/// The kind and key in a typed global id; null when it is none.
#[must_use]
pub fn subject_of(id: &str) -> Option<(SubjectKind, Uuid)> {
    let (start, key) = id.split_once('_')?;
    let kind = <SubjectKind as sea_orm::Iterable>::iter().find(|kind| prefix(*kind) == start)?;
    Some((kind, Uuid::try_parse(key).ok()?))
}

/// Who acts, and in which request and batch.
pub(in crate::domain) struct Cause<'a> {
    pub(in crate::domain) organization: Uuid,
    pub(in crate::domain) actor: Actor,
    pub(in crate::domain) request: Option<&'a str>,
    pub(in crate::domain) batch: Uuid,
    pub(in crate::domain) at: Instant,
}

impl NewEvent {
    pub(in crate::domain) fn into_row(self, cause: &Cause<'_>) -> event::ActiveModel {
        let (actor_kind, actor_id) = match cause.actor {
            Actor::Person(id) => (ActorKind::Person, Some(id)),
            Actor::Integration(id) => (ActorKind::Integration, Some(id)),
            Actor::Token(id) => (ActorKind::Token, Some(id)),
            Actor::System => (ActorKind::System, None),
        };
        let ancestors: Vec<String> =
            self.ancestors.into_iter().map(|(kind, id)| global_id(kind, id)).collect();
        event::ActiveModel {
            organization_id: Set(cause.organization),
            batch_id: Set(cause.batch),
            at: Set(cause.at),
            actor_kind: Set(actor_kind),
            actor_id: Set(actor_id),
            request_id: Set(cause.request.map(str::to_owned)),
            kind: Set(self.kind),
            subject_kind: Set(self.subject.0),
            subject_id: Set(self.subject.1),
            ancestors: Set(Json::from(ancestors).to_string()),
            sight: Set(serde_json::to_string(&self.sight).unwrap_or_else(|_| "{}".to_owned())),
            previous: Set(self.previous.map(|previous| Json::Object(previous).to_string())),
            current: Set(Json::Object(self.current).to_string()),
            ..Default::default()
        }
    }
}

/// A column's value as JSON, for the `previous` and `current` of an event.
#[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
pub(in crate::domain) fn json_of(value: &Value) -> Json {
    match value {
        Value::Bool(Some(value)) => (*value).into(),
        Value::Int(Some(value)) => (*value).into(),
        Value::BigInt(Some(value)) => (*value).into(),
        Value::Double(Some(value)) => (*value).into(),
        Value::String(Some(value)) => value.clone().into(),
        Value::Uuid(Some(value)) => value.to_string().into(),
        Value::ChronoDate(Some(value)) => value.to_string().into(),
        // Bytes are hashes and sealed credentials: never part of an event.
        _ => Json::Null,
    }
}
