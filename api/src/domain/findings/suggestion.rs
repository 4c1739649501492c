//! What would mend a finding: a mutation of the API with its input, made of the evidence alone.
//!
//! It is ready to be sent, by somebody who has the right to; nothing is ever applied by itself. Where a person
//! must choose first (which goal does this work serve?) it is what says that it serves none.

use entity::{FindingKind, Instant, SubjectKind};
use serde_json::{Map, Value as Json, json};

use super::{Cause, time};
use crate::domain::{
    events::{global_id, subject_of},
    finding::FindingRow,
    settings::Settings,
};

/// A mutation that would mend a finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Name of the mutation's field.
    pub mutation: &'static str,
    /// Its input.
    pub input: Json,
}

const ACKNOWLEDGED: &str = "It keeps things running and serves no goal";
const GOES_ON: &str = "It goes on after its acknowledgement has ended";

impl FindingRow {
    /// The mutation that would mend it; null when it is resolved, or nothing is known to.
    #[must_use]
    pub fn suggestion(&self, now: Instant, settings: &Settings) -> Option<Suggestion> {
        if self.state == entity::FindingState::Resolved {
            return None;
        }
        let evidence: Map<String, Json> = serde_json::from_str(&self.evidence).unwrap_or_default();
        let subject = self.subject()?;
        let id = global_id(subject.0, subject.1);
        let of = |name: &str| evidence.get(name).filter(|value| !value.is_null());
        let suggest = |mutation, input| Some(Suggestion { mutation, input });
        match self.kind {
            FindingKind::LinkStale => self.of_stale_link(&id, &evidence),
            FindingKind::LinkReview => suggest("findingResolve", json!({ "id": self.global_id() })),
            FindingKind::OverLinked => {
                let weakest = of("linkIds")?.get(0)?;
                suggest("alignmentLinkRetire", json!({ "id": weakest }))
            }
            FindingKind::GranularityMismatch => {
                let goal = of("goalId")?.as_str()?;
                suggest("alignmentLinkCreate", link(&id, subject.0, goal)?)
            }
            FindingKind::UnresolvedToken => {
                let first = of("tokens")?.get(0)?.get("id")?;
                suggest("unresolvedTokenDismiss", json!({ "id": first, "dismissed": true }))
            }
            FindingKind::ProjectStartedUnaligned | FindingKind::WorkWithoutGoal => {
                let mut input = json!({ "workClass": "MAINTENANCE", "reason": ACKNOWLEDGED });
                input[work_key(subject.0)?] = id.into();
                suggest("workAcknowledge", input)
            }
            FindingKind::AcknowledgementExpired if of("evaluationDueAt").is_some() => {
                let said = of("acknowledgementId")?;
                suggest("acknowledgementEvaluate", json!({ "id": said, "verdict": "KEEP" }))
            }
            FindingKind::AcknowledgementExpired => {
                let class = of("workClass")?;
                let mut input = json!({ "workClass": class, "reason": GOES_ON });
                if class == "EMERGENCY" {
                    let longest = i64::from(settings.emergency_days) * 86_400;
                    input["until"] = time(now.plus_seconds(longest));
                }
                input[work_key(subject.0)?] = id.into();
                suggest("workAcknowledge", input)
            }
            FindingKind::GoalWithoutActiveWork
            | FindingKind::WorkNotMoving
            | FindingKind::OwnerGap
            | FindingKind::StalledDespiteCompletion
            | FindingKind::ProjectWithoutImpact
            | FindingKind::InvestmentMismatch
            | FindingKind::GoalStarved
            | FindingKind::CheckInOverdue
            | FindingKind::CheckInLagsWork
            | FindingKind::HealthContradictsPace
            | FindingKind::AllocationExceeded
            | FindingKind::LinkageBelowTarget
            | FindingKind::SyncFailing
            | FindingKind::TeamUnaware => None,
        }
    }

    fn global_id(&self) -> String {
        global_id(SubjectKind::Finding, self.id)
    }

    fn of_stale_link(&self, id: &str, evidence: &Map<String, Json>) -> Option<Suggestion> {
        let text = |name: &str| evidence.get(name).and_then(Json::as_str);
        if let Some(next) = text("successorId") {
            let source = text("sourceId")?;
            let input = link(source, subject_of(source)?.0, next)?;
            return Some(Suggestion { mutation: "alignmentLinkCreate", input });
        }
        if evidence.get("goalClosed").and_then(Json::as_bool) == Some(true) {
            // Frozen with its goal: nothing may be done to the link.
            return None;
        }
        Some(match (text("staleReason")?, self.owner_id) {
            ("OWNER_LEFT", Some(owner)) => Suggestion {
                mutation: "alignmentLinkUpdate",
                input: json!({ "id": id, "ownerId": global_id(SubjectKind::Person, owner) }),
            },
            ("NEVER_CONFIRMED", _) => {
                Suggestion { mutation: "alignmentLinkConfirm", input: json!({ "id": id }) }
            }
            _ => Suggestion { mutation: "alignmentLinkRetire", input: json!({ "id": id }) },
        })
    }
}

/// The field of an input that names work.
fn work_key(kind: SubjectKind) -> Option<&'static str> {
    match kind {
        SubjectKind::Project => Some("projectId"),
        SubjectKind::Task => Some("taskId"),
        SubjectKind::Organization
        | SubjectKind::Person
        | SubjectKind::Team
        | SubjectKind::Cycle
        | SubjectKind::Objective
        | SubjectKind::KeyResult
        | SubjectKind::CheckIn
        | SubjectKind::AlignmentLink
        | SubjectKind::Integration
        | SubjectKind::Finding => None,
    }
}

/// The input that links work to a goal.
fn link(work: &str, kind: SubjectKind, goal: &str) -> Option<Json> {
    let of_goal = if subject_of(goal)?.0 == SubjectKind::KeyResult { "keyResultId" } else { "objectiveId" };
    let mut input = json!({ of_goal: goal });
    input[work_key(kind)?] = work.into();
    Some(input)
}

/// Why a finding cannot be resolved yet, as the end of a sentence.
pub(super) fn still_holds(cause: &Cause) -> String {
    let of = |name: &str| cause.evidence.get(name).map(plain).unwrap_or_default();
    let what = match cause.kind {
        FindingKind::LinkStale => format!("the link is still stale ({})", of("staleReason")),
        FindingKind::LinkReview => "what has changed was not looked at".to_owned(),
        FindingKind::OverLinked => {
            format!("it has {} direct links, and {} are the most", of("linkCount"), of("maxLinks"))
        }
        FindingKind::GranularityMismatch => format!(
            "{} of {} tasks are linked one by one to one goal that the project is not linked to",
            of("linkedTasks"),
            of("tasks")
        ),
        FindingKind::UnresolvedToken => {
            format!("{} references in it still lead to no goal", of("tokenCount"))
        }
        FindingKind::ProjectStartedUnaligned => {
            "it is in progress with neither a link, nor an acknowledgement, nor a waiver".to_owned()
        }
        FindingKind::AcknowledgementExpired if cause.evidence.contains_key("evaluationDueAt") => {
            format!("the opportunity was to be evaluated by {}", of("evaluationDueAt"))
        }
        FindingKind::AcknowledgementExpired => {
            format!("it goes on, and what was said of it has ended at {}", of("endedAt"))
        }
        FindingKind::WorkWithoutGoal => {
            "it is in progress with neither a link nor an acknowledgement".to_owned()
        }
        FindingKind::GoalWithoutActiveWork
        | FindingKind::WorkNotMoving
        | FindingKind::OwnerGap
        | FindingKind::StalledDespiteCompletion
        | FindingKind::ProjectWithoutImpact
        | FindingKind::InvestmentMismatch
        | FindingKind::GoalStarved
        | FindingKind::CheckInOverdue
        | FindingKind::CheckInLagsWork
        | FindingKind::HealthContradictsPace
        | FindingKind::AllocationExceeded
        | FindingKind::LinkageBelowTarget
        | FindingKind::SyncFailing
        | FindingKind::TeamUnaware => "its cause is still there".to_owned(),
    };
    format!("is not done yet: {what}")
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
