//! Telling of findings in the stream of events.
//!
//! The first ancestor of such an event is what the finding is about, a link's two ends after it; who sees the
//! subject sees the event.

use std::collections::HashMap;

use entity::{SubjectKind, Visibility};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::reconcile::event_kind;
use crate::domain::{
    alignment_link::AlignmentLinkRow,
    error::Result,
    events::{NewEvent, Sight},
    finding::FindingRow,
    project::ProjectRow,
    task::TaskRow,
    write::Write,
};

type Above = Vec<(SubjectKind, Uuid)>;

/// What an event tells of a finding: enough to choose by.
fn news(row: &FindingRow) -> Map<String, Json> {
    Map::from_iter([
        ("kind".to_owned(), json!(row.kind)),
        ("severity".to_owned(), json!(row.severity)),
        ("state".to_owned(), json!(row.state)),
        ("owner_id".to_owned(), json!(row.owner_id)),
        ("until_at".to_owned(), json!(row.until_at)),
    ])
}

impl Write {
    /// Notes the events of findings that were opened, put off or resolved.
    pub(in crate::domain) async fn tell_findings(
        &mut self,
        told: &[(Option<FindingRow>, FindingRow)],
    ) -> Result<()> {
        let subjects: Vec<(SubjectKind, Uuid)> =
            told.iter().filter_map(|(_, after)| after.subject()).collect();
        let mut known = self.sights_of_subjects(&subjects).await?;
        for (before, after) in told {
            let Some(subject) = after.subject() else { continue };
            let (ancestors, sight) = match known.get(&subject.1) {
                Some(found) => found.clone(),
                None => {
                    let found = (vec![subject], self.sight_of_subject(subject).await?);
                    known.insert(subject.1, found.clone());
                    found
                }
            };
            self.note(NewEvent {
                kind: event_kind(before.as_ref()),
                subject: (SubjectKind::Finding, after.id),
                ancestors,
                sight,
                previous: before.as_ref().map(news),
                current: news(after),
            });
        }
        Ok(())
    }

    /// Who sees a finding's subject, where it is neither work nor a link.
    async fn sight_of_subject(&self, (kind, id): (SubjectKind, Uuid)) -> Result<Sight> {
        if kind == SubjectKind::Team {
            return Ok(Sight { visibility: Some(Visibility::Team), team: Some(id), ..Sight::default() });
        }
        self.sight_of(kind, id).await
    }

    /// The rows above findings of work and links, and who sees them, in a fixed number of statements.
    async fn sights_of_subjects(
        &self,
        subjects: &[(SubjectKind, Uuid)],
    ) -> Result<HashMap<Uuid, (Above, Sight)>> {
        let of = |wanted| -> Vec<Uuid> {
            subjects.iter().filter(|subject| subject.0 == wanted).map(|subject| subject.1).collect()
        };
        let (tasks, projects, links) =
            (of(SubjectKind::Task), of(SubjectKind::Project), of(SubjectKind::AlignmentLink));
        let mut known = HashMap::new();
        if !tasks.is_empty() {
            let mut people = self.assignees_of(&tasks).await?;
            for row in self.everyones::<TaskRow>(&tasks).await? {
                let sight = row.sight(people.remove(&row.id).unwrap_or_default());
                known.insert(row.id, (vec![(SubjectKind::Task, row.id)], sight));
            }
        }
        for row in self.everyones::<ProjectRow>(&projects).await? {
            known.insert(row.id, (vec![(SubjectKind::Project, row.id)], row.sight()));
        }
        let links = self.everyones::<AlignmentLinkRow>(&links).await?;
        let mut ends = if links.is_empty() { HashMap::new() } else { self.sights_of(&links).await? };
        for link in &links {
            let sight = self.sight_of_link(link, &mut ends).await?;
            let mut above = vec![(SubjectKind::AlignmentLink, link.id)];
            above.extend(link.source().into_iter().chain(link.target()));
            known.insert(link.id, (above, sight));
        }
        Ok(known)
    }
}
