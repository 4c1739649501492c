//! `OVER_LINKED`: work with more direct links than the setting `maxLinks`. What serves everything serves nothing.

use std::collections::BTreeMap;

use entity::{FindingKind, Severity, SubjectKind};
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Subjects, evidence};
use crate::domain::{bulk::Binds, error::Result, events::global_id, write::Write};

/// Links that are kept in the evidence at most: who reads it is told of those that they see.
const KEPT: usize = 100;

#[derive(Default)]
struct Linked {
    owner: Option<Uuid>,
    /// The weakest first: the one to give up.
    links: Vec<Uuid>,
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    let most = write.viewer().settings.max_links;
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let mut causes = Vec::new();
    for works in subjects.works().into_iter().filter(|works| !works.ids.is_empty()) {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let ids = binds.ids(works.ids);
        let inner = binds.push(write.viewer().organization_id);
        let inner_ids = binds.ids(works.ids);
        let least = binds.push(i64::from(most));
        let (column, table, owner, home) = (works.column, works.table, works.owner(), works.home());
        let text = format!(
            "SELECT link.{column}, {owner}, link.id FROM alignment_link AS link \
             JOIN {table} AS work ON work.id = link.{column} {home}\
             WHERE NOT (link.organization_id <> {organization}) AND link.{column} IN {ids} AND link.state = 'ACTIVE' \
             AND work.archived_at IS NULL AND link.{column} IN (\
             SELECT many.{column} FROM alignment_link AS many WHERE NOT (many.organization_id <> {inner}) \
             AND many.{column} IN {inner_ids} AND many.state = 'ACTIVE' \
             GROUP BY many.{column} HAVING COUNT(*) > {least}) \
             ORDER BY link.{column}, CASE WHEN link.significance = 'SUPPORTS' THEN 0 ELSE 1 END, link.weight, \
             CASE WHEN link.confirmed_at IS NULL THEN 0 ELSE 1 END, link.id DESC"
        );
        let mut found: BTreeMap<Uuid, Linked> = BTreeMap::new();
        for row in write.raw(text, binds).await? {
            let linked = found.entry(row.try_get_by_index(0)?).or_default();
            linked.owner = row.try_get_by_index(1)?;
            linked.links.push(row.try_get_by_index(2)?);
        }
        causes.extend(found.into_iter().filter(|(_, linked)| linked.links.len() > limit).map(
            |(id, linked)| {
                let listed = linked.links.iter().take(KEPT);
                let listed: Vec<String> =
                    listed.map(|link| global_id(SubjectKind::AlignmentLink, *link)).collect();
                Cause {
                    kind: FindingKind::OverLinked,
                    subject: (works.kind, id),
                    severity: Severity::Info,
                    owner: linked.owner,
                    evidence: evidence(json!({
                        "linkCount": linked.links.len(), "maxLinks": most, "linkIds": listed,
                    })),
                }
            },
        ));
    }
    Ok(causes)
}
