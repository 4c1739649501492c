//! `UNRESOLVED_TOKEN`: work whose texts refer to goals that they do not lead to. One finding a piece of work,
//! whatever the number of references in it, for it is read and mended at once.

use std::collections::BTreeMap;

use entity::{FindingKind, ReferenceField, Severity, UnresolvedReason};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{Cause, LISTED, Subjects, evidence};
use crate::domain::{bulk::Binds, error::Result, write::Write};

#[derive(Default)]
struct Waiting {
    owner: Option<Uuid>,
    count: usize,
    tokens: Vec<Json>,
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    let mut causes = Vec::new();
    for works in subjects.works().into_iter().filter(|works| !works.ids.is_empty()) {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let ids = binds.ids(works.ids);
        let (column, table, owner, home) = (works.column, works.table, works.owner(), works.home());
        let text = format!(
            "SELECT token.{column}, {owner}, token.id, token.code, token.field, token.reason \
             FROM unresolved_token AS token JOIN {table} AS work ON work.id = token.{column} {home}\
             WHERE NOT (token.organization_id <> {organization}) AND token.{column} IN {ids} \
             AND token.resolved_at IS NULL AND token.dismissed_at IS NULL AND work.archived_at IS NULL \
             ORDER BY token.{column}, token.id"
        );
        let mut found: BTreeMap<Uuid, Waiting> = BTreeMap::new();
        for row in write.raw(text, binds).await? {
            let waiting = found.entry(row.try_get_by_index(0)?).or_default();
            waiting.owner = row.try_get_by_index(1)?;
            waiting.count += 1;
            if waiting.tokens.len() < LISTED {
                let id: Uuid = row.try_get_by_index(2)?;
                let code: String = row.try_get_by_index(3)?;
                let field: ReferenceField = row.try_get_by_index(4)?;
                let reason: UnresolvedReason = row.try_get_by_index(5)?;
                let id = format!("tok_{}", id.simple());
                waiting.tokens.push(json!({ "id": id, "code": code, "field": field, "reason": reason }));
            }
        }
        causes.extend(found.into_iter().map(|(id, waiting)| Cause {
            kind: FindingKind::UnresolvedToken,
            subject: (works.kind, id),
            severity: Severity::Warning,
            owner: waiting.owner,
            evidence: evidence(json!({ "tokenCount": waiting.count, "tokens": waiting.tokens })),
        }));
    }
    Ok(causes)
}
