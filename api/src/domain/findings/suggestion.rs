//! What would mend a finding: a mutation of the API with its input, made of what is stored of the finding.
//!
//! It is ready to be sent, by somebody who has the right to; nothing is ever applied by itself. Where a person
//! must choose first (which goal does this work serve?) it is what says that it serves none.

use std::collections::HashSet;

use entity::{FindingKind, Instant, StaleReason, SubjectKind};
use serde_json::{Map, Value as Json, json};

use super::{Cause, Subject, time};
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
    /// The mutation that would mend it, for somebody who sees these of the rows that it tells of; null when it is
    /// resolved, nothing is known to mend it, or what would be changed or linked to is not among them.
    #[must_use]
    pub fn suggestion(
        &self,
        now: Instant,
        settings: &Settings,
        seen: &HashSet<Subject>,
    ) -> Option<Suggestion> {
        if self.state == entity::FindingState::Resolved {
            return None;
        }
        let evidence = self.stored_evidence();
        let subject = self.subject()?;
        let id = global_id(subject.0, subject.1);
        let of = |name: &str| evidence.get(name).filter(|value| !value.is_null());
        let suggest = |mutation, input| Some(Suggestion { mutation, input });
        match self.kind {
            FindingKind::LinkStale => self.of_stale_link(&id, &evidence, seen),
            FindingKind::LinkReview => suggest("findingResolve", json!({ "id": self.global_id() })),
            FindingKind::OverLinked => {
                let weakest = of("linkIds")?.get(0)?.as_str().filter(|id| sees(seen, id))?;
                suggest("alignmentLinkRetire", json!({ "id": weakest }))
            }
            FindingKind::GranularityMismatch => {
                let goal = of("goalId")?.as_str().filter(|id| sees(seen, id))?;
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

    fn of_stale_link(
        &self,
        id: &str,
        evidence: &Map<String, Json>,
        seen: &HashSet<Subject>,
    ) -> Option<Suggestion> {
        let text = |name: &str| evidence.get(name).and_then(Json::as_str);
        if let Some(next) = text("successorId").filter(|next| sees(seen, next)) {
            let source = text("sourceId")?;
            let input = link(source, subject_of(source)?.0, next)?;
            return Some(Suggestion { mutation: "alignmentLinkCreate", input });
        }
        if evidence.get("goalClosed").and_then(Json::as_bool) == Some(true) {
            // Frozen with its goal: nothing may be done to the link.
            return None;
        }
        let reason: StaleReason = serde_json::from_value(evidence.get("staleReason")?.clone()).ok()?;
        match reason {
            // Somebody has to be found first where nobody answers for the work.
            StaleReason::OwnerLeft => Some(Suggestion {
                mutation: "alignmentLinkUpdate",
                input: json!({ "id": id, "ownerId": global_id(SubjectKind::Person, self.owner_id?) }),
            }),
            StaleReason::NeverConfirmed => {
                Some(Suggestion { mutation: "alignmentLinkConfirm", input: json!({ "id": id }) })
            }
            // The work served its goal, and its link is part of what was done.
            StaleReason::WorkDoneLongAgo => None,
            StaleReason::TargetClosed
            | StaleReason::TargetArchived
            | StaleReason::CycleEnded
            | StaleReason::NoActivity
            | StaleReason::SourceDeleted
            | StaleReason::TokenRemoved => {
                Some(Suggestion { mutation: "alignmentLinkRetire", input: json!({ "id": id }) })
            }
        }
    }
}

/// Whether the row with a global id is one of those that are seen.
fn sees(seen: &HashSet<Subject>, id: &str) -> bool {
    subject_of(id).is_some_and(|row| seen.contains(&row))
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
        // No count, and no goal: whoever asks may not see them all.
        FindingKind::OverLinked => {
            format!("it has more direct links than {}, the most that is set", of("maxLinks"))
        }
        FindingKind::GranularityMismatch => {
            "many of its tasks are linked one by one to one goal that the project is not linked to".to_owned()
        }
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
