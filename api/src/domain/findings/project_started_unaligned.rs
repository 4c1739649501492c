//! `PROJECT_STARTED_UNALIGNED`: a project in progress that the gate would not let pass by itself. Where there is
//! no gate there is no such finding.

use entity::{FindingKind, Severity, SubjectKind};
use serde_json::json;

use super::{Cause, Subjects, evidence, time};
use crate::domain::{error::Result, settings::Gate, write::Write};

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    let (severity, gate) = match write.viewer().settings.gate {
        Gate::Off => return Ok(Vec::new()),
        Gate::Warn => (Severity::Warning, "WARN"),
        Gate::Block => (Severity::Critical, "BLOCK"),
    };
    if subjects.projects.is_empty() {
        return Ok(Vec::new());
    }
    let unaligned = write.unaligned_among(&subjects.projects).await?;
    Ok(unaligned
        .into_iter()
        .map(|project| Cause {
            kind: FindingKind::ProjectStartedUnaligned,
            subject: (SubjectKind::Project, project.id),
            severity,
            owner: project.owner,
            evidence: evidence(json!({
                "gate": gate, "isSynced": project.is_synced, "startedAt": project.started_at.map(time),
            })),
        })
        .collect())
}
