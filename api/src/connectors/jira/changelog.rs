//! An issue's history, where the search was made with `expand=changelog`.

use entity::Instant;
use serde_json::Value;

use super::status::Statuses;
use crate::connectors::{
    history::{Changes, History, State},
    item::Item,
};

/// Rebuilds the issue's spans in each status; none without a changelog.
pub(super) fn history(
    issue: &Item<'_>,
    statuses: &Statuses,
    current: State,
    created_at: Option<Instant>,
    changed_at: Option<Instant>,
) -> History {
    let Some(log) = issue.part(&["changelog"]) else { return History::default() };
    let mut moves = Vec::new();
    let mut entries = 0;
    for entry in log.each(&["histories"]) {
        entries += 1;
        let Some(at) = entry.instant(&["created"]) else { continue };
        for change in entry.each(&["items"]) {
            if change.find(&["field"]).and_then(Value::as_str) == Some("status") {
                let state = |id, name| statuses.past(change.id(&[id]).as_deref(), change.text(&[name]));
                moves.push((at, state("from", "fromString"), state("to", "toString")));
            }
        }
    }
    moves.sort_by_key(|(at, _, _)| *at);
    // Cloud tells at most the last hundred entries of an issue.
    let whole = log.seconds(&["total"]).is_none_or(|total| total <= entries);
    let first = match (moves.first(), created_at.filter(|_| whole)) {
        (Some((_, from, _)), Some(created_at)) => Some((created_at, from.clone())),
        (None, Some(created_at)) => Some((created_at, current.clone())),
        (_, None) => None,
    };
    let moves = moves.into_iter().map(|(at, _, to)| (at, to)).collect();
    Changes { first, moves, current, changed_at, from_birth: whole }.rebuild()
}
