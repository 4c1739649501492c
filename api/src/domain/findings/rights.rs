//! What decides who may say something about a finding.

use entity::SubjectKind;
use uuid::Uuid;

use crate::domain::{
    access::permit::FindingFacts, alignment_link::AlignmentLinkRow, error::Result, finding::FindingRow,
    key_result::KeyResultRow, objective::ObjectiveRow, project::ProjectRow, task::TaskRow, write::Write,
};

impl Write {
    /// Whose a finding is: its owner, their home team, and the team that its subject belongs to; of a link, the
    /// team of the work.
    pub(super) async fn finding_facts(&self, row: &FindingRow) -> Result<FindingFacts> {
        let owner_team =
            if self.viewer().managed_teams.is_empty() { None } else { self.home_team(row.owner_id).await? };
        let team = match row.subject() {
            Some(subject) => self.team_of_subject(subject).await?,
            None => row.team_id,
        };
        Ok(FindingFacts { owner: row.owner_id, owner_team, team })
    }

    async fn team_of_subject(&self, (kind, id): (SubjectKind, Uuid)) -> Result<Option<Uuid>> {
        Ok(match kind {
            SubjectKind::Team => Some(id),
            SubjectKind::Objective => self.reread::<ObjectiveRow>(id).await?.team_id,
            SubjectKind::KeyResult => {
                let home = self.reread::<KeyResultRow>(id).await?.objective_id;
                self.reread::<ObjectiveRow>(home).await?.team_id
            }
            SubjectKind::Project => self.reread::<ProjectRow>(id).await?.team_id,
            SubjectKind::Task => self.reread::<TaskRow>(id).await?.team_id,
            SubjectKind::AlignmentLink => {
                let link: AlignmentLinkRow = self.reread(id).await?;
                match (link.project_id, link.task_id) {
                    (Some(project), _) => self.reread::<ProjectRow>(project).await?.team_id,
                    (None, Some(task)) => self.reread::<TaskRow>(task).await?.team_id,
                    (None, None) => None,
                }
            }
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::Integration
            | SubjectKind::Finding => None,
        })
    }
}
