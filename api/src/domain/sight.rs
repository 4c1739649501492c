//! What decides who may see the ends of a link, for the events that tell of it.

use std::collections::HashMap;

use entity::SubjectKind;
use uuid::Uuid;

use super::{
    alignment_link::AlignmentLinkRow, error::Result, events::Sight, key_result::KeyResultRow,
    objective::ObjectiveRow, project::ProjectRow, task::TaskRow, write::Write,
};

impl Write {
    /// Facts about work that a link's event needs, whoever asks.
    pub(in crate::domain) async fn sight_of(&self, kind: SubjectKind, id: Uuid) -> Result<Sight> {
        match kind {
            SubjectKind::Objective => Ok(self.reread::<ObjectiveRow>(id).await?.sight()),
            SubjectKind::KeyResult => {
                let row: KeyResultRow = self.reread(id).await?;
                Ok(self.reread::<ObjectiveRow>(row.objective_id).await?.sight())
            }
            SubjectKind::Project => Ok(self.reread::<ProjectRow>(id).await?.sight()),
            SubjectKind::Task => {
                let row: TaskRow = self.reread(id).await?;
                let people = self.assignees_of(&[row.id]).await?.remove(&row.id).unwrap_or_default();
                Ok(row.sight(people))
            }
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::AlignmentLink
            | SubjectKind::Integration
            | SubjectKind::Finding => Ok(Sight::default()),
        }
    }

    /// What decides who may see the ends of links, in a fixed number of statements.
    pub(in crate::domain) async fn sights_of(
        &self,
        links: &[AlignmentLinkRow],
    ) -> Result<HashMap<Uuid, Sight>> {
        let mut sights = HashMap::new();
        let tasks: Vec<Uuid> = links.iter().filter_map(|link| link.task_id).collect();
        let projects: Vec<Uuid> = links.iter().filter_map(|link| link.project_id).collect();
        let key_results: Vec<Uuid> = links.iter().filter_map(|link| link.key_result_id).collect();
        let mut objectives: Vec<Uuid> = links.iter().filter_map(|link| link.objective_id).collect();
        if !tasks.is_empty() {
            let mut people = self.assignees_of(&tasks).await?;
            for row in self.everyones::<TaskRow>(&tasks).await? {
                sights.insert(row.id, row.sight(people.remove(&row.id).unwrap_or_default()));
            }
        }
        for row in self.everyones::<ProjectRow>(&projects).await? {
            sights.insert(row.id, row.sight());
        }
        let key_results = self.everyones::<KeyResultRow>(&key_results).await?;
        objectives.extend(key_results.iter().map(|row| row.objective_id));
        for row in self.everyones::<ObjectiveRow>(&objectives).await? {
            sights.insert(row.id, row.sight());
        }
        for row in key_results {
            if let Some(sight) = sights.get(&row.objective_id).cloned() {
                sights.insert(row.id, sight);
            }
        }
        Ok(sights)
    }
}
