//! Links that references make: made, told why, made stale when the last reference goes, never revived.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{
    EventKind, LinkOrigin, LinkState, StaleReason, SubjectKind, alignment_link, link_evidence, link_interval,
    unresolved_token,
};
use sea_orm::{ActiveValue::Set, sea_query::Condition};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    goals::Target,
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

/// An item whose references are known.
pub(super) struct Scanned {
    pub(super) source: (SubjectKind, Uuid),
    /// Who answers for the item, and so for its links.
    pub(super) owner: Option<Uuid>,
    pub(super) found: BTreeSet<Found>,
    /// Whether the item was made by this merge, so that nothing hangs on it yet.
    pub(super) is_new: bool,
    /// Whether these are all the references of the item, so that what else is stored is gone.
    pub(super) is_whole: bool,
}

impl Merging<'_> {
    /// Brings links, evidence and unresolved references up to what the texts say.
    pub(super) async fn merge_references(&mut self, write: &mut Write) -> Result<()> {
        let mut scanned = std::mem::take(&mut self.scanned);
        let mut plan = Plan::default();
        add_resolved(write, &mut scanned, &mut plan).await?;
        if scanned.is_empty() {
            return Ok(());
        }
        let codes: BTreeSet<&String> =
            scanned.iter().flat_map(|item| &item.found).map(|found| &found.code).collect();
        let codes: Vec<String> = codes.into_iter().cloned().collect();
        let targets = locked_goals(write, &scanned, &codes).await?;
        let stored = Stored::of(write, &scanned).await?;
        for item in scanned {
            plan.add(write, &stored, &targets, item);
        }
        self.summary.links_made = plan.links.len();
        self.summary.links_restored = plan.restored.values().map(Vec::len).sum();
        self.summary.links_lost = plan.lost.len();
        self.carry_out(write, plan).await
    }

    async fn carry_out(&self, write: &mut Write, plan: Plan) -> Result<()> {
        let rows: Vec<_> = plan.links.iter().map(|link| write.row_of(link)).collect();
        let intervals = plan.links.iter().map(|link| link_interval::ActiveModel {
            id: Set(write.new_id()),
            organization_id: Set(write.viewer().organization_id),
            alignment_link_id: Set(link.id),
            state: Set(link.state),
            from_at: Set(write.now),
            to_at: Set(None),
            created_at: Set(write.now),
        });
        let intervals = intervals.collect();
        write.insert_all::<alignment_link::Entity>(rows.clone()).await?;
        write.insert_all::<link_interval::Entity>(intervals).await?;
        write.insert_all::<link_evidence::Entity>(plan.evidence).await?;
        write.insert_all::<unresolved_token::Entity>(plan.tokens).await?;
        close(write, "link_evidence", "removed_at", &plan.evidence_gone).await?;
        close(write, "unresolved_token", "resolved_at", &plan.tokens_closed).await?;
        if !plan.links.is_empty() {
            let mut sights = write.sights_of(&plan.links).await?;
            for (link, row) in plan.links.iter().zip(&rows) {
                let event = NewEvent {
                    kind: EventKind::Created,
                    subject: (SubjectKind::AlignmentLink, link.id),
                    ancestors: link.source().into_iter().chain(link.target()).collect(),
                    sight: write.sight_of_link(link, &mut sights).await?,
                    previous: None,
                    current: news_of(row),
                };
                self.note(write, event);
            }
            write.touch_links(&plan.links).await?;
        }
        for (reason, links) in plan.restored {
            let state = if reason.is_some() { LinkState::Stale } else { LinkState::Active };
            write.change_link_state(&links, state, reason, EventKind::Updated).await?;
        }
        let reason = Some(StaleReason::TokenRemoved);
        write.change_link_state(&plan.lost, LinkState::Stale, reason, EventKind::Updated).await?;
        self.strengthen(write, &plan.strengthened).await
    }

    /// A link's origin is its strongest evidence.
    async fn strengthen(&self, write: &mut Write, links: &[AlignmentLinkRow]) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let rows = links.iter().map(|link| (link.id, vec![LinkOrigin::Token.into()])).collect();
        write.update_many("alignment_link", &["origin"], rows, true).await?;
        let mut sights = write.sights_of(links).await?;
        for link in links {
            let event = NewEvent {
                kind: EventKind::Updated,
                subject: (SubjectKind::AlignmentLink, link.id),
                ancestors: link.source().into_iter().chain(link.target()).collect(),
                sight: write.sight_of_link(link, &mut sights).await?,
                previous: Some(Map::from_iter([("origin".to_owned(), json!(link.origin))])),
                current: Map::from_iter([("origin".to_owned(), json!(LinkOrigin::Token))]),
            };
            self.note(write, event);
        }
        Ok(())
    }

    /// The codes that stand in the integration's items and match no goal.
    pub(super) async fn unresolved_codes(&self, write: &Write) -> Result<Vec<UnresolvedCode>> {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let integration = binds.push(self.integration);
        let text = format!(
            "SELECT token.code, COUNT(*), MIN(COALESCE(task.title, project.title)) \
             FROM unresolved_token AS token LEFT JOIN task ON task.id = token.task_id \
             LEFT JOIN project ON project.id = token.project_id \
             WHERE token.organization_id = {organization} AND token.resolved_at IS NULL \
             AND COALESCE(task.integration_id, project.integration_id) = {integration} \
             GROUP BY token.code ORDER BY COUNT(*) DESC, token.code LIMIT {CODES_TOLD}"
        );
        let rows = write.raw(text, binds).await?;
        rows.iter()
            .map(|row| {
                Ok(UnresolvedCode {
                    code: row.try_get_by_index(0)?,
                    count: row.try_get_by_index(1)?,
                    example: row.try_get_by_index(2)?,
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
            reach.tasks.extend(&write.touched.tasks);
            reach.projects.extend(&write.touched.projects);
        }
        write.lock_upwards(reach).await?;
        locked.extend(goals);
        is_first = false;
    }
}

/// Adds the items with references that a goal has come for since, also those that did not change now.
async fn add_resolved(write: &Write, scanned: &mut Vec<Scanned>, plan: &mut Plan) -> Result<()> {
    let read: HashSet<Uuid> = scanned.iter().map(|item| item.source.1).collect();
    let mut more: HashMap<(SubjectKind, Uuid), BTreeSet<Found>> = HashMap::new();
    for token in write.resolved_since().await? {
        let project = token.project.map(|id| (SubjectKind::Project, id));
        let source = project.or(token.task.map(|id| (SubjectKind::Task, id)));
        if let Some(source) = source.filter(|source| !read.contains(&source.1)) {
            plan.tokens_closed.push(token.id);
            more.entry(source).or_default().insert(token.found);
        }
    }
    let ids = |wanted| more.keys().filter(|source| source.0 == wanted).map(|source| source.1).collect();
    let (tasks, projects): (Vec<Uuid>, Vec<Uuid>) = (ids(SubjectKind::Task), ids(SubjectKind::Project));
    let mut owners: HashMap<Uuid, Option<Uuid>> = HashMap::new();
    owners.extend(write.everyones::<TaskRow>(&tasks).await?.iter().map(|row| (row.id, row.assignee_id)));
    owners.extend(write.everyones::<ProjectRow>(&projects).await?.iter().map(|row| (row.id, row.owner_id)));
    scanned.extend(more.into_iter().map(|(source, found)| Scanned {
        source,
        owner: owners.get(&source.1).copied().flatten(),
        found,
        is_new: false,
        is_whole: false,
    }));
    Ok(())
}

/// Stamps rows that are over.
async fn close(write: &Write, table: &'static str, column: &'static str, ids: &[Uuid]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let condition = Condition::all().add(write.among(table, "id", ids));
    write.set_where(table, vec![(column, write.now.0.into())], condition).await.map(|_| ())
}
