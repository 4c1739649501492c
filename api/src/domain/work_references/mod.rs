//! References in the texts of work, read again: when a person changed the texts, when a goal came that
//! they name, and when what counts as a reference changed.
//!
//! The merge reads what a tool hands over; here the texts are those that are stored. What follows for links
//! is the very same in both.

mod again;
#[cfg(test)]
mod tests;

pub use again::{ReadTexts, ResolveWaiting};

use std::collections::{BTreeSet, HashMap};

use entity::{EventKind, JobKind, SubjectKind};
use serde_json::json;
use uuid::Uuid;

use super::{
    bulk::Binds,
    error::Result,
    events::{NewEvent, global_id},
    reference::ReferenceRules,
    sync::{
        external::ExternalText,
        links::{Linked, Scanned},
        references::{Found, Texts, kept_texts, too_many},
    },
    write::Write,
};

/// In the payload of the job: whether only references without a goal are looked at.
pub const WITHOUT_GOAL: &str = "withoutGoal";

/// Work of one kind, as its texts are read.
struct Read {
    id: Uuid,
    title: String,
    description: Option<String>,
    /// Who answers for it, and so for links that its texts make.
    owner: Option<Uuid>,
    integration: Option<Uuid>,
    labels: Vec<String>,
    /// What a tool told beside these; null where it was not kept.
    others: Option<Vec<ExternalText>>,
}

/// Whether any of these texts may hold a reference: each has a number in it.
pub(in crate::domain) fn may_refer<'t>(texts: impl IntoIterator<Item = &'t str>) -> bool {
    texts.into_iter().any(|text| text.bytes().any(|byte| byte.is_ascii_digit()))
}

impl Write {
    /// Reads the texts of this work again and brings links, evidence and unresolved references up to them;
    /// `is_new` for work that this transaction made.
    ///
    /// The rows are locked by the caller. No right on the goals is asked for: who may change work may write
    /// into its texts what it serves, as in the tool, and the goal's side confirms or retires.
    pub(in crate::domain) async fn read_references(
        &mut self,
        works: &[(SubjectKind, Uuid)],
        is_new: bool,
    ) -> Result<Linked> {
        let scanned = self.scan_texts(works, is_new).await?;
        self.link_references(scanned, false).await
    }

    /// The references that stand in the texts of this work, without what follows from them.
    pub(in crate::domain) async fn scan_texts(
        &mut self,
        works: &[(SubjectKind, Uuid)],
        is_new: bool,
    ) -> Result<Vec<Scanned>> {
        if works.is_empty() {
            return Ok(Vec::new());
        }
        let own = self.own_reference_rules().await?;
        let mut by_integration: Option<HashMap<Uuid, ReferenceRules>> = None;
        let mut scanned = Vec::new();
        for kind in [SubjectKind::Task, SubjectKind::Project] {
            let ids: Vec<Uuid> = works.iter().filter(|work| work.0 == kind).map(|work| work.1).collect();
            for work in self.texts_of(kind, &ids).await? {
                let rules = match work.integration {
                    None => &own,
                    Some(integration) => {
                        if by_integration.is_none() {
                            by_integration = Some(self.tools_rules(&own).await?);
                        }
                        by_integration.as_ref().and_then(|rules| rules.get(&integration)).unwrap_or(&own)
                    }
                };
                // Of what was not kept nothing is known: the next sync reads it.
                let Some((found, left_out)) = work.references(rules) else { continue };
                if left_out > 0 {
                    // Where nobody waits for the answer, the log is all that tells.
                    tracing::info!(work = %global_id(kind, work.id), left_out, "references were not taken");
                    self.warnings.push(too_many(left_out));
                }
                scanned.push(Scanned {
                    source: (kind, work.id),
                    owner: work.owner,
                    found,
                    is_new,
                    is_whole: true,
                });
            }
        }
        Ok(scanned)
    }

    /// What counts as a reference in the items of the tools that use one of our prefixes themselves.
    async fn tools_rules(&self, own: &ReferenceRules) -> Result<HashMap<Uuid, ReferenceRules>> {
        let taken = self.taken_prefixes(own).await?;
        let rules = taken.into_iter().map(|(integration, taken)| {
            let mut rules = own.clone();
            rules.without(&taken);
            (integration, rules)
        });
        Ok(rules.collect())
    }

    async fn texts_of(&self, kind: SubjectKind, ids: &[Uuid]) -> Result<Vec<Read>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (table, owner, key) = if kind == SubjectKind::Project {
            ("project", "owner_id", "project_id")
        } else {
            ("task", "assignee_id", "task_id")
        };
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let list = binds.ids(ids);
        let text = format!(
            "SELECT id, title, description, {owner}, integration_id FROM {table} \
             WHERE organization_id = {organization} AND id IN {list} ORDER BY id"
        );
        let mut works = Vec::new();
        for row in self.raw(text, binds).await? {
            let integration: Option<Uuid> = row.try_get_by_index(4)?;
            works.push(Read {
                id: row.try_get_by_index(0)?,
                title: row.try_get_by_index(1)?,
                description: row.try_get_by_index(2)?,
                owner: row.try_get_by_index(3)?,
                integration,
                labels: Vec::new(),
                others: integration.is_none().then(Vec::new),
            });
        }
        let places: HashMap<Uuid, usize> =
            works.iter().enumerate().map(|(place, work)| (work.id, place)).collect();
        if kind == SubjectKind::Task {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let list = binds.ids(ids);
            let text = format!(
                "SELECT task_id, name FROM task_label \
                 WHERE organization_id = {organization} AND task_id IN {list} ORDER BY task_id, name"
            );
            for row in self.raw(text, binds).await? {
                let place = places.get(&row.try_get_by_index::<Uuid>(0)?);
                if let Some(work) = place.and_then(|place| works.get_mut(*place)) {
                    work.labels.push(row.try_get_by_index(1)?);
                }
            }
        }
        if works.iter().any(|work| work.others.is_none()) {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let list = binds.ids(ids);
            let text = format!(
                "SELECT item.{key}, payload.texts FROM external_identity AS item \
                 JOIN stored_payload AS payload ON payload.external_identity_id = item.id \
                 WHERE item.organization_id = {organization} AND item.{key} IN {list} \
                 AND payload.texts IS NOT NULL ORDER BY item.id"
            );
            for row in self.raw(text, binds).await? {
                let place = places.get(&row.try_get_by_index::<Uuid>(0)?);
                if let Some(work) = place.and_then(|place| works.get_mut(*place)) {
                    let kept: String = row.try_get_by_index(1)?;
                    work.others.get_or_insert_default().extend(kept_texts(&kept)?);
                }
            }
        }
        Ok(works)
    }

    /// Whether this transaction leaves something to the job of waiting references: it brings a goal, or it leaves
    /// a reference without one.
    ///
    /// Neither side looks for the other: on PostgreSQL the other may stand in a transaction that is open at the
    /// same time, and either would miss what the other is about to commit. The job looks after both.
    pub(in crate::domain) fn leaves_references(&self) -> bool {
        self.leaves_token || self.noted().iter().any(brings_goal)
    }

    /// Asks for the job that makes links of references that had no goal. It waits under a key of its own, for it
    /// looks at fewer than the one that looks at all.
    ///
    /// The last thing before the commit: the waiting job is one row of the whole organization, which stays locked
    /// until then, and who holds it waits for no other.
    pub(in crate::domain) async fn ask_for_waiting_references(&self) -> Result<()> {
        let payload = json!({ WITHOUT_GOAL: true });
        self.enqueue(JobKind::ResolveReferences, Uuid::nil(), payload).await
    }

    /// Asks for the job that makes links of all waiting references, also of those that lay outside of the
    /// connection model.
    pub(in crate::domain) async fn ask_to_resolve_references(&self) -> Result<()> {
        self.enqueue(JobKind::ResolveReferences, self.viewer().organization_id, json!({})).await
    }

    /// Asks for the job that reads the texts of all work again.
    pub(in crate::domain) async fn ask_to_read_references(&self) -> Result<()> {
        self.enqueue(JobKind::ReadReferences, self.viewer().organization_id, json!({})).await
    }
}

/// Whether an event tells that references may lead to a goal from now on.
fn brings_goal(event: &NewEvent) -> bool {
    [SubjectKind::Objective, SubjectKind::KeyResult].contains(&event.subject.0)
        && (event.kind == EventKind::Created
            || event.kind == EventKind::Unarchived
            || event.current.contains_key("state"))
}

impl Read {
    fn references(&self, rules: &ReferenceRules) -> Option<(BTreeSet<Found>, usize)> {
        let texts = Texts {
            title: &self.title,
            description: self.description.as_deref(),
            labels: &self.labels,
            others: self.others.as_deref()?,
        };
        Some(texts.references(rules))
    }
}
