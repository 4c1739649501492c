//! `LINK_STALE`: a link that no longer fits. Somebody retires it, confirms it or hands it on.
//!
//! Links to a closed goal are frozen with it. Where the work is over too, is linked to the goal that goes on, or is
//! answered for without the link, there is nothing left to do, and no finding: see `settled`.

use entity::{FindingKind, Instant, Severity, StaleReason, SubjectKind};
use serde_json::json;
use uuid::Uuid;

use super::{
    Cause, Subjects, evidence,
    settled::{self, Tied},
    time,
};
use crate::domain::{bulk::Binds, error::Result, events::global_id, write::Write};

struct Stale {
    tied: Tied,
    reason: StaleReason,
    owner: Option<Uuid>,
    since: Option<Instant>,
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    let stale = read(write, &subjects.links).await?;
    let tied: Vec<Tied> = stale.iter().map(|link| link.tied).collect();
    let settled = write.settled(&tied).await?;
    let answered = write.answered_without(&tied).await?;
    let left = stale.into_iter().filter(|link| !settled.is(&link.tied) && !answered.contains(&link.tied.id));
    let causes = left.map(|link| {
        let Tied { id, source, target, is_over, is_frozen, .. } = link.tied;
        let mut seen = json!({
            "staleReason": link.reason,
            "since": link.since.map(time),
            "sourceId": global_id(source.0, source.1),
            "targetId": global_id(target.0, target.1),
            "goalClosed": is_frozen,
        });
        if let Some(next) = settled.successor(&link.tied) {
            seen["successorId"] = global_id(target.0, next).into();
        }
        Cause {
            kind: FindingKind::LinkStale,
            subject: (SubjectKind::AlignmentLink, id),
            severity: if is_over { Severity::Info } else { Severity::Warning },
            owner: link.owner,
            evidence: evidence(seen),
        }
    });
    Ok(causes.collect())
}

async fn read(write: &Write, links: &[Uuid]) -> Result<Vec<Stale>> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let mut binds = Binds::new(write.tx.is_postgres());
    let organization = binds.push(write.viewer().organization_id);
    let ids = binds.ids(links);
    // Somebody who has left does nothing about it.
    let text = format!(
        "SELECT {}, link.stale_reason, COALESCE(keeper.id, doer.id, head.id), span.from_at \
         FROM alignment_link AS link \
         LEFT JOIN project ON project.id = link.project_id \
         LEFT JOIN task ON task.id = link.task_id \
         LEFT JOIN project AS home ON home.id = task.project_id \
         LEFT JOIN person AS keeper ON keeper.id = link.owner_id AND keeper.deactivated_at IS NULL \
         LEFT JOIN person AS doer ON doer.id = task.assignee_id AND doer.deactivated_at IS NULL \
         LEFT JOIN person AS head ON head.id = COALESCE(project.owner_id, home.owner_id) \
         AND head.deactivated_at IS NULL \
         LEFT JOIN key_result AS part ON part.id = link.key_result_id \
         JOIN objective AS goal ON goal.id = COALESCE(link.objective_id, part.objective_id) \
         LEFT JOIN link_interval AS span ON span.alignment_link_id = link.id AND span.to_at IS NULL \
         WHERE NOT (link.organization_id <> {organization}) AND link.id IN {ids} AND link.state = 'STALE' \
         AND link.stale_reason IS NOT NULL ORDER BY link.id",
        settled::COLUMNS,
    );
    let mut stale: Vec<Stale> = Vec::new();
    for row in write.raw(text, binds).await? {
        let Some(tied) = Tied::read(&row)? else { continue };
        if stale.last().is_some_and(|before| before.tied.id == tied.id) {
            continue;
        }
        stale.push(Stale {
            tied,
            reason: row.try_get_by_index(settled::WIDTH)?,
            owner: row.try_get_by_index(settled::WIDTH + 1)?,
            since: row.try_get_by_index(settled::WIDTH + 2)?,
        });
    }
    Ok(stale)
}
