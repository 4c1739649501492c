//! What a merge tells of itself, for the person who started it and for programs.

use entity::UnresolvedReason;
use serde::Serialize;
use uuid::Uuid;

use super::external::{SkippedItem, StateMapping};

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MergeSummary {
    /// The integration that claims the items.
    pub integration: Uuid,
    /// Its display name.
    pub name: String,
    /// Whether this was the integration's first sync, which is published as one event.
    pub first: bool,
    /// The batch's projects, in its order: what `--link` ties to a goal.
    pub projects: Vec<MergedProject>,
    /// What became of the projects.
    pub project_counts: ItemCounts,
    /// What became of the tasks.
    pub task_counts: ItemCounts,
    /// Tasks that the tool has no more, among the updated ones.
    pub removed: usize,
    /// Items that were not taken over, or not as they stood, and why.
    pub skipped: Vec<SkippedItem>,
    /// How the tool's states were read.
    pub states: Vec<StateMapping>,
    /// People of the batch that are known here.
    pub people_matched: usize,
    /// People of the batch that stay external, with whom they may be.
    pub people_unmatched: Vec<UnmatchedPerson>,
    /// Links that references made.
    pub links_made: usize,
    /// Links whose reference came back.
    pub links_restored: usize,
    /// Links whose last reference is gone.
    pub links_lost: usize,
    /// Those of the links made that lie outside of the connection model.
    pub links_outside_model: usize,
    /// New references whose goal lies outside of the connection model, which refuses the link: they wait as
    /// unresolved ones.
    pub links_refused: usize,
    /// References that were not taken because their text holds more than 200; of each code one an item.
    pub references_left_out: usize,
    /// References in the integration's items that lead to no link, the most frequent first, at most 100 codes.
    pub tokens_unresolved: Vec<UnresolvedCode>,
    /// What else a reader should know of the input, each a sentence.
    pub notes: Vec<String>,
}

/// What became of the items of one kind: created, updated and unchanged ones together are all of the batch,
/// and beside it those of earlier batches whose parent or assignee is known only now, as updated ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ItemCounts {
    /// New rows.
    pub created: usize,
    /// Rows of which something changed.
    pub updated: usize,
    /// Rows of which nothing changed.
    pub unchanged: usize,
    /// Those of the created and updated ones that went into the archive.
    pub archived: usize,
    /// Those of the updated ones that came out of the archive.
    pub unarchived: usize,
}

/// A project of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MergedProject {
    /// Key.
    pub id: Uuid,
    /// Display name.
    pub title: String,
}

/// Someone of the tool who is nobody here yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnmatchedPerson {
    /// Id in the tool.
    pub external_id: String,
    /// Display name in the tool.
    pub name: Option<String>,
    /// Login name in the tool.
    pub user_name: Option<String>,
    /// E-mail address, where the tool tells it.
    pub email: Option<String>,
    /// People here of the same display or user name, who are never taken for them unasked.
    pub suggestions: Vec<SuggestedPerson>,
}

/// Somebody whom a person of the tool may be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuggestedPerson {
    /// Key.
    pub id: Uuid,
    /// Display name.
    pub name: String,
}

/// A code in texts of work that leads to no link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnresolvedCode {
    /// The code as read, `KR-99`.
    pub code: String,
    /// In how many places it stands.
    pub count: i64,
    /// Title of one of the items in which it stands.
    pub example: String,
    /// Why it leads to no link.
    pub reason: UnresolvedReason,
}
