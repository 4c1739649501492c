//! What a viewer learns from a finding's evidence. Who sees what a finding is about may not see the goals and links
//! that it tells of beside that: their ids are left out for them, and so are counts of what they do not see.

use std::collections::HashSet;

use entity::{FindingKind, SubjectKind};
use sea_orm::sea_query::{Alias, Query};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::LISTED;
use crate::domain::{
    access::{Scope, visible::rows_of},
    error::Result,
    events::{global_id, subject_of},
    finding::FindingRow,
    predicate::Field,
    relation::Table,
};

/// A row that a finding tells of.
pub type Subject = (SubjectKind, Uuid);

/// The key of the evidence that tells of rows which not everybody sees who sees the subject.
fn telling(kind: FindingKind) -> Option<&'static str> {
    match kind {
        FindingKind::OverLinked => Some("linkIds"),
        FindingKind::GranularityMismatch => Some("goalId"),
        FindingKind::LinkStale => Some("successorId"),
        FindingKind::WorkWithoutGoal => Some("projectId"),
        FindingKind::LinkReview
        | FindingKind::UnresolvedToken
        | FindingKind::ProjectStartedUnaligned
        | FindingKind::AcknowledgementExpired
        | FindingKind::GoalWithoutActiveWork
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

/// The rows in a value of the evidence: one, or a list of them.
fn subjects(value: Option<&Json>) -> Vec<Subject> {
    let subject = |value: &Json| value.as_str().and_then(subject_of);
    match value.and_then(Json::as_array) {
        Some(items) => items.iter().filter_map(subject).collect(),
        None => value.and_then(subject).into_iter().collect(),
    }
}

impl FindingRow {
    /// What was seen, as it is stored.
    pub(super) fn stored_evidence(&self) -> Map<String, Json> {
        serde_json::from_str(&self.evidence).unwrap_or_default()
    }

    /// The rows beside its subject that its evidence tells of, and that not everybody sees who sees the subject.
    #[must_use]
    pub fn told_of(&self) -> Vec<Subject> {
        telling(self.kind).map(|name| subjects(self.stored_evidence().get(name))).unwrap_or_default()
    }

    /// Its evidence for somebody who sees these of the rows that it tells of.
    #[must_use]
    pub fn evidence_for(&self, seen: &HashSet<Subject>) -> String {
        let Some(name) = telling(self.kind) else { return self.evidence.clone() };
        let mut evidence = self.stored_evidence();
        let told = subjects(evidence.get(name));
        let sees_all = told.iter().all(|row| seen.contains(row));
        if evidence.get(name).is_some_and(Json::is_array) {
            // More may be counted than are told of.
            if !sees_all || evidence.get("linkCount") != Some(&Json::from(told.len())) {
                evidence.insert("linkCount".to_owned(), Json::Null);
            }
            let listed = told.into_iter().filter(|row| seen.contains(row)).take(LISTED);
            let listed: Vec<String> = listed.map(|(kind, id)| global_id(kind, id)).collect();
            evidence.insert(name.to_owned(), Json::from(listed));
        } else if !sees_all {
            for key in [name, "linkedTasks"] {
                if let Some(value) = evidence.get_mut(key) {
                    *value = Json::Null;
                }
            }
        }
        Json::Object(evidence).to_string()
    }
}

impl Scope {
    /// Which of these rows that findings tell of the viewer sees.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn seen_of_told(&self, rows: &[Subject]) -> Result<HashSet<Subject>> {
        let mut seen = HashSet::new();
        for (kind, table) in [
            (SubjectKind::AlignmentLink, Table::AlignmentLink),
            (SubjectKind::KeyResult, Table::KeyResult),
            (SubjectKind::Objective, Table::Objective),
            (SubjectKind::Project, Table::Project),
        ] {
            let ids: Vec<Uuid> = rows.iter().filter(|row| row.0 == kind).map(|row| row.1).collect();
            if ids.is_empty() {
                continue;
            }
            let mut select = Query::select();
            select
                .expr(Field::new(table, "id").expr())
                .from(Alias::new(table.name()))
                .cond_where(rows_of(table, self.viewer()))
                .and_where(self.among(Field::new(table, "id").expr(), &ids));
            for row in self.db.all(&select).await? {
                seen.insert((kind, row.try_get_by_index(0)?));
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use entity::{FindingState, Instant, Severity};
    use serde_json::json;

    use super::*;

    fn row(kind: FindingKind, evidence: &Json) -> FindingRow {
        FindingRow {
            id: Uuid::nil(),
            kind,
            severity: Severity::Info,
            state: FindingState::Open,
            subject_key: String::new(),
            objective_id: None,
            key_result_id: None,
            project_id: Some(Uuid::from_u128(9)),
            task_id: None,
            alignment_link_id: None,
            team_id: None,
            integration_id: None,
            owner_id: None,
            evidence: evidence.to_string(),
            until_at: None,
            reason: None,
            opened_at: Instant(0),
            last_seen_at: Instant(0),
            resolved_at: None,
            version: 1,
            created_at: Instant(0),
            updated_at: Instant(0),
        }
    }

    fn read(row: &FindingRow, seen: &HashSet<Subject>) -> Json {
        serde_json::from_str(&row.evidence_for(seen)).unwrap()
    }

    #[test]
    fn links_out_of_sight_are_neither_told_of_nor_counted() {
        let links: Vec<Subject> =
            (1..=3).map(|number| (SubjectKind::AlignmentLink, Uuid::from_u128(number))).collect();
        let ids: Vec<String> = links.iter().map(|(kind, id)| global_id(*kind, *id)).collect();
        let found = row(FindingKind::OverLinked, &json!({ "linkCount": 3, "maxLinks": 2, "linkIds": ids }));
        assert_eq!(found.told_of(), links);
        let all: HashSet<Subject> = links.iter().copied().collect();
        assert_eq!(read(&found, &all), json!({ "linkCount": 3, "maxLinks": 2, "linkIds": ids }));
        let some: HashSet<Subject> = links[1..].iter().copied().collect();
        assert_eq!(read(&found, &some), json!({ "linkCount": null, "maxLinks": 2, "linkIds": ids[1..] }));
    }

    #[test]
    fn a_goal_out_of_sight_is_not_told_of() {
        let goal = (SubjectKind::Objective, Uuid::from_u128(1));
        let id = global_id(goal.0, goal.1);
        let evidence = json!({ "goalId": id, "linkedTasks": 5, "tasks": 8 });
        let found = row(FindingKind::GranularityMismatch, &evidence);
        assert_eq!(read(&found, &HashSet::from([goal])), evidence);
        let hidden = json!({ "goalId": null, "linkedTasks": null, "tasks": 8 });
        assert_eq!(read(&found, &HashSet::new()), hidden);
    }
}
