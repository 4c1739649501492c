//! Links that references make: made, told why, made stale when the last reference goes, never revived.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{
    EventKind, LinkOrigin, SubjectKind, alignment_link, link_evidence, link_interval, unresolved_token,
};
use sea_orm::sea_query::Condition;
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    goals::{Resolved, Target, Waiting},
    link_plan::{Plan, Stored},
    merge::Merging,
    references::Found,
    summary::UnresolvedCode,
};
use crate::domain::{
    alignment_link::AlignmentLinkRow,
    bulk::Binds,
    error::Result,
    events::NewEvent,
    goal_lock::Reach,
    project::ProjectRow,
    task::TaskRow,
    write::{Write, news_of},
};

/// Codes of unresolved references that a summary tells at most.
const CODES_TOLD: usize = 100;
/// Sentences about links outside of the connection model that a person is told at most.
const WARNED: usize = 20;

/// An item whose references are known.
pub(in crate::domain) struct Scanned {
    pub(in crate::domain) source: (SubjectKind, Uuid),
    /// Who answers for the item, and so for its links.
    pub(in crate::domain) owner: Option<Uuid>,
    pub(in crate::domain) found: BTreeSet<Found>,
    /// Whether the item was made by this merge, so that nothing hangs on it yet.
    pub(in crate::domain) is_new: bool,
    /// Whether these are all the references of the item, so that what else is stored is gone.
    pub(in crate::domain) is_whole: bool,
}

/// What the references of some items changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Linked {
    /// New links.
    pub(in crate::domain) made: usize,
    /// Links whose reference came back.
    pub(in crate::domain) restored: usize,
    /// Links whose last reference is gone.
    pub(in crate::domain) lost: usize,
    /// New links that lie outside of the connection model.
    pub(in crate::domain) outside: usize,
    /// New references whose links the connection model refuses.
    pub(in crate::domain) refused: usize,
}

impl Linked {
    /// Whether any link is not what it was.
    pub(in crate::domain) fn any(self) -> bool {
        self.made + self.restored + self.lost > 0
    }
}

impl Merging<'_> {
    /// Brings links, evidence and unresolved references up to what the texts say.
    pub(super) async fn merge_references(&mut self, write: &mut Write) -> Result<()> {
        let mut scanned = std::mem::take(&mut self.scanned);
        let read: HashSet<Uuid> = scanned.iter().map(|item| item.source.1).collect();
        let waiting = write.resolved_since(Waiting::WithoutGoal).await?;
        scanned.extend(write.scanned_of(waiting, &read).await?);
        // What waited is work of others, of which no summary tells: its links are told one by one.
        let linked = write.link_references(scanned, self.summary.first).await?;
        self.summary.links_made = linked.made;
        self.summary.links_restored = linked.restored;
        self.summary.links_lost = linked.lost;
        self.summary.links_outside_model = linked.outside;
        self.summary.links_refused = linked.refused;
        Ok(())
    }

    /// The codes that stand in the integration's items and lead to no link.
    pub(super) async fn unresolved_codes(&self, write: &Write) -> Result<Vec<UnresolvedCode>> {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let integration = binds.push(self.integration);
        let text = format!(
            "SELECT token.code, COUNT(*), MIN(COALESCE(task.title, project.title)), token.reason \
             FROM unresolved_token AS token LEFT JOIN task ON task.id = token.task_id \
             LEFT JOIN project ON project.id = token.project_id \
             WHERE token.organization_id = {organization} AND token.resolved_at IS NULL \
             AND token.dismissed_at IS NULL AND COALESCE(task.integration_id, project.integration_id) = {integration} \
             GROUP BY token.code, token.reason ORDER BY COUNT(*) DESC, token.code LIMIT {CODES_TOLD}"
        );
        let rows = write.raw(text, binds).await?;
        rows.iter()
            .map(|row| {
                Ok(UnresolvedCode {
                    code: row.try_get_by_index(0)?,
                    count: row.try_get_by_index(1)?,
                    example: row.try_get_by_index(2)?,
                    reason: row.try_get_by_index(3)?,
                })
            })
            .collect()
    }
}

/// The goals of these codes, locked before their state decides: else a goal that is closed in between keeps an
/// active link for ever. Locked with them is all that this merge will recompute, from the leaf to the root.
async fn locked_goals(
    write: &Write,
    scanned: &[Scanned],
    codes: &[String],
) -> Result<HashMap<String, Target>> {
    let items = |wanted| scanned.iter().map(|item| item.source).filter(move |source| source.0 == wanted);
    let mut locked: BTreeSet<Uuid> = BTreeSet::new();
    let mut is_first = true;
    loop {
        let targets = write.goals_by_code(codes).await?;
        let mut reach = Reach {
            key_results: targets.values().filter_map(|target| target.key_result).collect(),
            objectives: targets.values().filter_map(|target| target.objective).collect(),
            ..Reach::default()
        };
        let goals: BTreeSet<Uuid> = reach.key_results.union(&reach.objectives).copied().collect();
        // What was locked is read once more; where a code leads to another goal by now, that one is locked too.
        if !write.tx.is_postgres() || (!is_first && goals.is_subset(&locked)) {
            return Ok(targets);
        }
        if is_first {
            reach.tasks = items(SubjectKind::Task).map(|source| source.1).collect();
            reach.projects = items(SubjectKind::Project).map(|source| source.1).collect();
            // Together with the projects that the tasks stand in, which are locked with them.
            reach.tasks.extend(&write.touched.tasks);
            reach.projects.extend(&write.touched.projects);
        }
        write.lock_upwards(reach).await?;
        locked.extend(goals);
        is_first = false;
    }
}

/// The codes that items name, each once.
fn codes_of(scanned: &[Scanned]) -> Vec<String> {
    let codes: BTreeSet<&String> =
        scanned.iter().flat_map(|item| &item.found).map(|found| &found.code).collect();
    codes.into_iter().cloned().collect()
}

impl Write {
    /// Locks the goals that items name together with what else the caller will change.
    pub(in crate::domain) async fn lock_named(&self, scanned: &[Scanned], mut reach: Reach) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        for target in self.goals_by_code(&codes_of(scanned)).await?.values() {
            reach.key_results.extend(target.key_result);
            reach.objectives.extend(target.objective);
        }
        for item in scanned {
            let same_kind =
                if item.source.0 == SubjectKind::Project { &mut reach.projects } else { &mut reach.tasks };
            same_kind.insert(item.source.1);
        }
        self.lock_upwards(reach).await
    }

    /// Brings links, evidence and unresolved references of these items up to what their texts say; `quiet`
    /// where one event tells of all items whose texts were read.
    pub(in crate::domain) async fn link_references(
        &mut self,
        scanned: Vec<Scanned>,
        quiet: bool,
    ) -> Result<Linked> {
        if scanned.is_empty() {
            return Ok(Linked::default());
        }
        let codes = codes_of(&scanned);
        let quiet: HashSet<Uuid> =
            scanned.iter().filter(|item| quiet && item.is_whole).map(|item| item.source.1).collect();
        let targets = locked_goals(self, &scanned, &codes).await?;
        let stored = Stored::of(self, &scanned).await?;
        let mut plan = Plan::default();
        for item in scanned {
            let (source, before) = (item.source, plan.changes());
            plan.add(self, &stored, &targets, item);
            // References that lead nowhere are told by no event.
            if plan.changes() > before {
                self.look_again.hear_work(source);
            }
        }
        let linked = Linked {
            made: plan.links.len(),
            restored: plan.restored.len(),
            lost: plan.lost.len(),
            outside: plan.outside.len(),
            refused: plan.refused,
        };
        let told = plan.outside.iter().chain(&plan.told).take(WARNED).cloned();
        self.warnings.extend(told);
        self.carry_out(plan, &quiet).await?;
        Ok(linked)
    }

    /// Writes a plan, without telling of the links of quiet items.
    async fn carry_out(&mut self, mut plan: Plan, quiet: &HashSet<Uuid>) -> Result<()> {
        // Whoever answers for the work may have left, and the cycle may have ended, which no later change would
        // tell.
        self.settle_new(&mut plan.links).await?;
        // A goal that comes at the same time is not seen from here: the job looks again.
        self.leaves_token |= plan.has_no_goal;
        let rows: Vec<_> = plan.links.iter().map(|link| self.row_of(link)).collect();
        let intervals = plan.links.iter().map(|link| self.first_span(link)).collect();
        self.insert_all::<alignment_link::Entity>(rows.clone()).await?;
        self.insert_all::<link_interval::Entity>(intervals).await?;
        self.insert_all::<link_evidence::Entity>(plan.evidence).await?;
        self.insert_all::<unresolved_token::Entity>(plan.tokens).await?;
        close(self, "link_evidence", "removed_at", &plan.evidence_gone).await?;
        close(self, "unresolved_token", "resolved_at", &plan.tokens_closed).await?;
        close(self, "unresolved_token", "lapsed_at", &plan.tokens_lapsed).await?;
        for (reason, ids) in plan.tokens_moved {
            let these = Condition::all().add(self.among("unresolved_token", "id", &ids));
            self.set_where("unresolved_token", vec![("reason", reason.into())], these).await?;
        }
        if !plan.links.is_empty() {
            let mut sights = self.sights_of(&plan.links).await?;
            for (link, row) in plan.links.iter().zip(&rows).filter(|(link, _)| !is_of(link, quiet)) {
                let event = NewEvent {
                    kind: EventKind::Created,
                    subject: (SubjectKind::AlignmentLink, link.id),
                    ancestors: link.source().into_iter().chain(link.target()).collect(),
                    sight: self.sight_of_link(link, &mut sights).await?,
                    previous: None,
                    current: news_of(row),
                };
                self.note(event);
            }
            self.touch_links(&plan.links).await?;
        }
        // Whatever else is wrong with its goal or owner keeps a link stale whose reference came back.
        self.settle(plan.restored.into_iter().chain(plan.lost).collect()).await?;
        self.strengthen_by_reference(&plan.strengthened, quiet).await
    }

    /// A link's origin is its strongest evidence.
    async fn strengthen_by_reference(
        &mut self,
        links: &[AlignmentLinkRow],
        quiet: &HashSet<Uuid>,
    ) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let rows = links.iter().map(|link| (link.id, vec![LinkOrigin::Token.into()])).collect();
        self.update_many("alignment_link", &["origin"], rows, true).await?;
        let mut sights = self.sights_of(links).await?;
        for link in links.iter().filter(|link| !is_of(link, quiet)) {
            let event = NewEvent {
                kind: EventKind::Updated,
                subject: (SubjectKind::AlignmentLink, link.id),
                ancestors: link.source().into_iter().chain(link.target()).collect(),
                sight: self.sight_of_link(link, &mut sights).await?,
                previous: Some(Map::from_iter([("origin".to_owned(), json!(link.origin))])),
                current: Map::from_iter([("origin".to_owned(), json!(LinkOrigin::Token))]),
            };
            self.note(event);
        }
        Ok(())
    }

    /// The items in which references stand that a goal has come for, without those that were read whole.
    pub(in crate::domain) async fn scanned_of(
        &self,
        waiting: Vec<Resolved>,
        read: &HashSet<Uuid>,
    ) -> Result<Vec<Scanned>> {
        let mut found: BTreeMap<(SubjectKind, Uuid), BTreeSet<Found>> = BTreeMap::new();
        for token in waiting {
            let project = token.project.map(|id| (SubjectKind::Project, id));
            let source = project.or(token.task.map(|id| (SubjectKind::Task, id)));
            if let Some(source) = source.filter(|source| !read.contains(&source.1)) {
                found.entry(source).or_default().insert(token.found);
            }
        }
        let ids = |wanted| found.keys().filter(|source| source.0 == wanted).map(|source| source.1).collect();
        let (tasks, projects): (Vec<Uuid>, Vec<Uuid>) = (ids(SubjectKind::Task), ids(SubjectKind::Project));
        let mut owners: HashMap<Uuid, Option<Uuid>> = HashMap::new();
        owners.extend(self.everyones::<TaskRow>(&tasks).await?.iter().map(|row| (row.id, row.assignee_id)));
        owners
            .extend(self.everyones::<ProjectRow>(&projects).await?.iter().map(|row| (row.id, row.owner_id)));
        let scanned = found.into_iter().map(|(source, found)| Scanned {
            source,
            owner: owners.get(&source.1).copied().flatten(),
            found,
            is_new: false,
            is_whole: false,
        });
        Ok(scanned.collect())
    }
}

/// Whether a link's work is one of these.
fn is_of(link: &AlignmentLinkRow, works: &HashSet<Uuid>) -> bool {
    link.source().is_some_and(|source| works.contains(&source.1))
}

/// Stamps rows that are over.
async fn close(write: &Write, table: &'static str, column: &'static str, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let condition = Condition::all().add(write.among(table, "id", ids));
    write.set_where(table, vec![(column, write.now.0.into())], condition).await.map(|_| ())
}
