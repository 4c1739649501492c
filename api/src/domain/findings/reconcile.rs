//! Holding causes against stored findings, many at once: a fixed number of statements, and one more where a
//! statement would bind more than it can.

use std::collections::HashMap;

use entity::{EventKind, FindingKind, FindingState, Instant, Severity, SubjectKind, finding};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, ExprTrait, Query},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{Cause, KINDS, Subjects};
use crate::domain::{
    access::scope::select_columns, error::Result, events::global_id, finding::FindingRow, predicate::Field,
    relation::Table, write::Write,
};

/// What is to become of a stored finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// It asks for something from now on, or again.
    Open,
    /// It goes on as it is, with what was seen now.
    Refresh,
    /// Its cause is gone.
    Resolve,
    /// Nothing about it changes, but that it was seen or not.
    Keep,
}

/// The rule: what becomes of a finding whose cause holds, or does not.
fn step(row: &FindingRow, cause: Option<&Cause>, now: Instant) -> Step {
    let Some(cause) = cause else {
        return match row.state {
            FindingState::Resolved => Step::Keep,
            FindingState::Open | FindingState::Acknowledged | FindingState::Waived => Step::Resolve,
        };
    };
    match row.state {
        FindingState::Resolved => Step::Open,
        FindingState::Acknowledged | FindingState::Waived
            if row.until_at.is_some_and(|until| until <= now) || is_news(row, cause) =>
        {
            Step::Open
        }
        FindingState::Open | FindingState::Acknowledged | FindingState::Waived => {
            let is_same = row.severity == severity_seen(row, cause)
                && row.owner_id == cause.owner
                && serde_json::from_str::<Map<String, Json>>(&row.evidence)
                    .is_ok_and(|seen| seen == cause.evidence);
            if is_same { Step::Keep } else { Step::Refresh }
        }
    }
}

/// How much a finding that goes on matters. One that was put off keeps what was accepted with it: it opens by itself
/// where it comes to matter more than that, and not where it only comes back to that.
fn severity_seen(row: &FindingRow, cause: &Cause) -> Severity {
    match row.state {
        FindingState::Acknowledged | FindingState::Waived => row.severity,
        FindingState::Open | FindingState::Resolved => cause.severity,
    }
}

/// Whether what is found is not what somebody had seen who put the finding off: it matters more, a link is stale for
/// another reason, or a link to be reviewed has changed in another way.
fn is_news(row: &FindingRow, cause: &Cause) -> bool {
    let seen: Map<String, Json> = serde_json::from_str(&row.evidence).unwrap_or_default();
    if cause.severity > row.severity || cause.evidence.get("staleReason") != seen.get("staleReason") {
        return true;
    }
    let known = changes(&seen);
    changes(&cause.evidence).iter().any(|change| !known.contains(change))
}

fn changes(evidence: &Map<String, Json>) -> Vec<&str> {
    let listed = evidence.get("changes").and_then(Json::as_array);
    listed.into_iter().flatten().filter_map(|change| change.get("change")?.as_str()).collect()
}

impl Write {
    /// Looks at these subjects, and opens, refreshes, resolves and opens again what follows.
    pub(super) async fn reconcile(&mut self, subjects: &Subjects) -> Result<()> {
        if subjects.is_empty() {
            return Ok(());
        }
        // Locked before the causes are looked for, so that of two looks at once the later one sees what is.
        let stored = self.stored_findings(subjects).await?;
        let mut causes: HashMap<(FindingKind, (SubjectKind, Uuid)), Cause> = HashMap::new();
        for cause in self.causes(subjects).await? {
            causes.insert((cause.kind, cause.subject), cause);
        }
        let (mut told, mut seen, mut refreshed, mut resolved) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in stored {
            let Some(subject) = row.subject() else { continue };
            let cause = causes.remove(&(row.kind, subject));
            match (step(&row, cause.as_ref(), self.now), cause) {
                (Step::Open, Some(cause)) => {
                    let mut after = with_cause(&row, &cause);
                    after.state = FindingState::Open;
                    after.until_at = None;
                    after.reason = None;
                    after.resolved_at = None;
                    after.opened_at = self.now;
                    after.last_seen_at = self.now;
                    refreshed.push(after.clone());
                    told.push((Some(row), after));
                }
                (Step::Refresh, Some(cause)) => {
                    let severity = severity_seen(&row, &cause);
                    let after = FindingRow { severity, last_seen_at: self.now, ..with_cause(&row, &cause) };
                    refreshed.push(after);
                }
                (Step::Resolve, _) => {
                    let after = FindingRow {
                        state: FindingState::Resolved,
                        until_at: None,
                        resolved_at: Some(self.now),
                        ..row.clone()
                    };
                    resolved.push(after.clone());
                    told.push((Some(row), after));
                }
                (Step::Keep, Some(_)) => seen.push(row.id),
                (Step::Keep | Step::Open | Step::Refresh, None) => {}
            }
        }
        let mut opened: Vec<FindingRow> = causes.into_values().map(|cause| self.opened(&cause)).collect();
        opened.sort_by_key(|row| row.id);
        let models = opened.iter().map(|row| self.model(row)).collect();
        self.insert_all::<finding::Entity>(models).await?;
        told.extend(opened.into_iter().map(|row| (None, row)));
        refreshed.extend(resolved);
        self.write_findings(&refreshed).await?;
        if !seen.is_empty() {
            let these = Condition::all().add(self.among("finding", "id", &seen));
            self.set_where("finding", vec![("last_seen_at", self.now.0.into())], these).await?;
        }
        self.tell_findings(&told).await
    }

    /// The findings of these subjects that the detectors here know, locked.
    async fn stored_findings(&self, subjects: &Subjects) -> Result<Vec<FindingRow>> {
        let of = |column| Field::new(Table::Finding, column).expr();
        let mut any = Condition::any();
        for (column, ids) in [
            ("project_id", &subjects.projects),
            ("task_id", &subjects.tasks),
            ("alignment_link_id", &subjects.links),
        ] {
            if !ids.is_empty() {
                any = any.add(self.among("finding", column, ids));
            }
        }
        let mut select = Query::select();
        select_columns::<FindingRow>(&mut select);
        select
            .from(Alias::new("finding"))
            .and_where(of("organization_id").ne(self.viewer().organization_id).not())
            .and_where(of("kind").is_in(KINDS))
            .cond_where(any);
        self.locked(&mut select, "finding");
        self.rows(&select).await
    }

    /// Writes what changed of findings.
    pub(super) async fn write_findings(&self, rows: &[FindingRow]) -> Result<()> {
        let columns = [
            "severity",
            "state",
            "owner_id",
            "evidence",
            "until_at",
            "reason",
            "opened_at",
            "last_seen_at",
            "resolved_at",
        ];
        let values = rows
            .iter()
            .map(|row| {
                let values = vec![
                    row.severity.into(),
                    row.state.into(),
                    row.owner_id.into(),
                    row.evidence.clone().into(),
                    row.until_at.map(|at| at.0).into(),
                    row.reason.clone().into(),
                    row.opened_at.0.into(),
                    row.last_seen_at.0.into(),
                    row.resolved_at.map(|at| at.0).into(),
                ];
                (row.id, values)
            })
            .collect();
        self.update_many("finding", &columns, values, true).await
    }

    fn opened(&self, cause: &Cause) -> FindingRow {
        let (kind, id) = cause.subject;
        let of = |wanted: SubjectKind| (kind == wanted).then_some(id);
        FindingRow {
            id: self.new_id(),
            kind: cause.kind,
            severity: cause.severity,
            state: FindingState::Open,
            subject_key: global_id(kind, id),
            objective_id: of(SubjectKind::Objective),
            key_result_id: of(SubjectKind::KeyResult),
            project_id: of(SubjectKind::Project),
            task_id: of(SubjectKind::Task),
            alignment_link_id: of(SubjectKind::AlignmentLink),
            team_id: of(SubjectKind::Team),
            integration_id: of(SubjectKind::Integration),
            owner_id: cause.owner,
            evidence: Json::Object(cause.evidence.clone()).to_string(),
            until_at: None,
            reason: None,
            opened_at: self.now,
            last_seen_at: self.now,
            resolved_at: None,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    fn model(&self, row: &FindingRow) -> finding::ActiveModel {
        finding::ActiveModel {
            id: Set(row.id),
            organization_id: Set(self.viewer().organization_id),
            kind: Set(row.kind),
            severity: Set(row.severity),
            state: Set(row.state),
            subject_key: Set(row.subject_key.clone()),
            objective_id: Set(row.objective_id),
            key_result_id: Set(row.key_result_id),
            project_id: Set(row.project_id),
            task_id: Set(row.task_id),
            alignment_link_id: Set(row.alignment_link_id),
            team_id: Set(row.team_id),
            integration_id: Set(row.integration_id),
            owner_id: Set(row.owner_id),
            evidence: Set(row.evidence.clone()),
            until_at: Set(row.until_at),
            reason: Set(row.reason.clone()),
            opened_at: Set(row.opened_at),
            last_seen_at: Set(row.last_seen_at),
            resolved_at: Set(row.resolved_at),
            version: Set(row.version),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
        }
    }
}

fn with_cause(row: &FindingRow, cause: &Cause) -> FindingRow {
    FindingRow {
        severity: cause.severity,
        owner_id: cause.owner,
        evidence: Json::Object(cause.evidence.clone()).to_string(),
        ..row.clone()
    }
}

/// What happened to a finding, as its event calls it.
pub(super) fn event_kind(before: Option<&FindingRow>) -> EventKind {
    if before.is_some() { EventKind::Updated } else { EventKind::Created }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Instant = Instant(1_800_000_000_000_000);

    fn cause(kind: FindingKind, evidence: Json) -> Cause {
        Cause {
            kind,
            subject: (SubjectKind::Task, Uuid::nil()),
            severity: Severity::Warning,
            owner: None,
            evidence: evidence.as_object().cloned().unwrap_or_default(),
        }
    }

    fn row(state: FindingState, until: Option<i64>, evidence: &Json) -> FindingRow {
        FindingRow {
            id: Uuid::nil(),
            kind: FindingKind::LinkStale,
            severity: Severity::Warning,
            state,
            subject_key: String::new(),
            objective_id: None,
            key_result_id: None,
            project_id: None,
            task_id: None,
            alignment_link_id: None,
            team_id: None,
            integration_id: None,
            owner_id: None,
            evidence: evidence.to_string(),
            until_at: until.map(|seconds| NOW.plus_seconds(seconds)),
            reason: None,
            opened_at: NOW,
            last_seen_at: NOW,
            resolved_at: None,
            version: 1,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    #[test]
    fn a_finding_opens_stays_closes_and_opens_again() {
        let seen = json!({ "a": 1 });
        let holds = cause(FindingKind::LinkStale, seen.clone());
        let other = cause(FindingKind::LinkStale, json!({ "a": 2 }));
        for (state, until, with, wanted) in [
            (FindingState::Open, None, Some(&holds), Step::Keep),
            (FindingState::Open, None, Some(&other), Step::Refresh),
            (FindingState::Open, None, None, Step::Resolve),
            (FindingState::Resolved, None, None, Step::Keep),
            (FindingState::Resolved, None, Some(&holds), Step::Open),
            (FindingState::Acknowledged, Some(1), Some(&holds), Step::Keep),
            (FindingState::Acknowledged, Some(1), Some(&other), Step::Refresh),
            (FindingState::Acknowledged, Some(0), Some(&holds), Step::Open),
            (FindingState::Waived, Some(-1), Some(&holds), Step::Open),
            (FindingState::Waived, Some(-1), None, Step::Resolve),
            (FindingState::Waived, Some(1), None, Step::Resolve),
        ] {
            assert_eq!(step(&row(state, until, &seen), with, NOW), wanted, "{state:?} {until:?}");
        }
    }

    #[test]
    fn another_change_opens_a_review_that_was_put_off() {
        let target = json!({ "change": "GOAL_TARGET", "after": "1" });
        let later = json!({ "change": "GOAL_TARGET", "after": "2" });
        let owner = json!({ "change": "GOAL_OWNER" });
        let put_off = row(FindingState::Acknowledged, Some(9), &json!({ "changes": [target] }));
        let with = |changes: Json| cause(FindingKind::LinkReview, json!({ "changes": changes }));
        assert_eq!(step(&put_off, Some(&with(json!([later]))), NOW), Step::Refresh);
        assert_eq!(step(&put_off, Some(&with(json!([target, owner]))), NOW), Step::Open);
    }

    #[test]
    fn another_reason_and_more_weight_open_what_was_put_off_and_less_does_not() {
        let seen = json!({ "staleReason": "NO_ACTIVITY" });
        for state in [FindingState::Acknowledged, FindingState::Waived] {
            let put_off = row(state, Some(9), &seen);
            let same = cause(FindingKind::LinkStale, seen.clone());
            let other = cause(FindingKind::LinkStale, json!({ "staleReason": "TARGET_CLOSED" }));
            let [more, less] =
                [Severity::Critical, Severity::Info].map(|severity| Cause { severity, ..same.clone() });
            for (found, wanted) in
                [(same, Step::Keep), (less, Step::Keep), (other, Step::Open), (more, Step::Open)]
            {
                assert_eq!(step(&put_off, Some(&found), NOW), wanted, "{state:?} {found:?}");
            }
        }
    }
}
