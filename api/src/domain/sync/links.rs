//! Links that references make: made, told why, made stale when the last reference goes, never revived.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::{
    EventKind, Instant, LinkOrigin, LinkState, Significance, StaleReason, SubjectKind, alignment_link,
    link_evidence, link_interval, unresolved_token,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    EntityTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{goals::Target, merge::Merging, references::Found, stored::grouped, summary::UnresolvedCode};
use crate::domain::{
    access::scope::select_columns,
    alignment_link::AlignmentLinkRow,
    bulk::Binds,
    error::Result,
    events::NewEvent,
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

/// What is stored of the links of the items that were read.
#[derive(Default)]
struct Stored {
    /// Links by the item and by the goal.
    links: HashMap<Uuid, HashMap<Uuid, AlignmentLinkRow>>,
    /// Live evidence by link.
    evidence: HashMap<Uuid, Vec<link_evidence::Model>>,
    /// Open unresolved references by item.
    tokens: HashMap<Uuid, Vec<unresolved_token::Model>>,
}

/// What is to be written.
#[derive(Default)]
struct Plan {
    links: Vec<AlignmentLinkRow>,
    evidence: Vec<link_evidence::ActiveModel>,
    evidence_gone: Vec<Uuid>,
    tokens: Vec<unresolved_token::ActiveModel>,
    tokens_closed: Vec<Uuid>,
    /// Links whose references came back, by why they are stale nevertheless.
    restored: HashMap<Option<StaleReason>, Vec<AlignmentLinkRow>>,
    lost: Vec<AlignmentLinkRow>,
    /// Links whose evidence was weaker than a reference.
    strengthened: Vec<AlignmentLinkRow>,
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
        let targets = write.goals_by_code(&codes).await?;
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
        let rows: Vec<_> = plan.links.iter().map(|link| new_link(write, link)).collect();
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

impl Stored {
    async fn of(write: &Write, scanned: &[Scanned]) -> Result<Self> {
        let ids = |wanted| -> Vec<Uuid> {
            let old = scanned.iter().filter(|item| !item.is_new && item.source.0 == wanted);
            old.map(|item| item.source.1).collect()
        };
        let (tasks, projects) = (ids(SubjectKind::Task), ids(SubjectKind::Project));
        let mut stored = Self::default();
        if tasks.is_empty() && projects.is_empty() {
            return Ok(stored);
        }
        let table = "alignment_link";
        let mut select = Query::select();
        select_columns::<AlignmentLinkRow>(&mut select);
        select
            .from(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(write.viewer().organization_id),
            )
            .cond_where(Condition::any().add(write.among(table, "task_id", &tasks)).add(write.among(
                table,
                "project_id",
                &projects,
            )));
        write.locked(&mut select, table);
        let links = write.rows::<AlignmentLinkRow>(&select).await?;
        let ids: Vec<Uuid> = links.iter().map(|link| link.id).collect();
        for link in links {
            if let (Some(source), Some(target)) = (link.source(), link.target()) {
                stored.links.entry(source.1).or_default().insert(target.1, link);
            }
        }
        let of_links = [("alignment_link_id", ids.as_slice())];
        let live =
            open_rows::<link_evidence::Entity>(write, "link_evidence", "removed_at", &of_links).await?;
        stored.evidence = grouped(live, |row| row.alignment_link_id);
        let of_items = [("task_id", tasks.as_slice()), ("project_id", projects.as_slice())];
        let table = "unresolved_token";
        for token in open_rows::<unresolved_token::Entity>(write, table, "resolved_at", &of_items).await? {
            if let Some(source) = token.task_id.or(token.project_id) {
                stored.tokens.entry(source).or_default().push(token);
            }
        }
        Ok(stored)
    }
}

/// Rows that are not over, by the rows that they belong to.
async fn open_rows<E: EntityTrait>(
    write: &Write,
    table: &'static str,
    end: &'static str,
    owners: &[(&'static str, &[Uuid])],
) -> Result<Vec<E::Model>> {
    let mut any = Condition::any();
    for (column, ids) in owners.iter().filter(|(_, ids)| !ids.is_empty()) {
        any = any.add(write.among(table, column, ids));
    }
    if any.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = write.whole::<E>(table);
    select.and_where(Expr::col((Alias::new(table), Alias::new(end))).is_null()).cond_where(any);
    write.read_models::<E>(&select).await
}

fn found_of(row: &link_evidence::Model) -> Option<Found> {
    Some(Found {
        code: row.code.clone()?,
        field: row.field?,
        text: row.text.clone()?,
        position: row.position?,
    })
}

impl Plan {
    /// Compares the references of one item with what is stored.
    fn add(&mut self, write: &Write, stored: &Stored, targets: &HashMap<String, Target>, item: Scanned) {
        let source = item.source.1;
        let mut wished: HashMap<Uuid, (Target, BTreeSet<Found>)> = HashMap::new();
        let mut unresolved = BTreeSet::new();
        for found in item.found {
            match targets.get(&found.code).and_then(|target| Some((target.id()?, *target))) {
                Some((id, target)) => {
                    wished.entry(id).or_insert_with(|| (target, BTreeSet::new())).1.insert(found);
                }
                None => {
                    unresolved.insert(found);
                }
            }
        }
        let no_links = HashMap::new();
        let links = stored.links.get(&source).unwrap_or(&no_links);
        let mut told: HashSet<Uuid> = HashSet::new();
        let mut in_order: Vec<_> = wished.into_iter().collect();
        in_order.sort_unstable_by_key(|(target, _)| *target);
        for (target, (goal, mut found)) in in_order {
            let Some(link) = links.get(&target) else {
                let link = link_of(write, item.source, &goal, item.owner);
                self.evidence.extend(found.into_iter().map(|found| evidence_of(write, link.id, found)));
                self.links.push(link);
                continue;
            };
            told.insert(link.id);
            let evidence = stored.evidence.get(&link.id).map_or(&[][..], Vec::as_slice);
            let mut gone = Vec::new();
            for row in evidence.iter().filter(|row| row.origin == LinkOrigin::Token) {
                if !found_of(row).is_some_and(|known| found.remove(&known)) && item.is_whole {
                    gone.push(row.id);
                }
            }
            self.evidence_gone.extend(gone);
            if link.state == LinkState::Stale && link.stale_reason == Some(StaleReason::TokenRemoved) {
                self.restored.entry(goal.stale).or_default().push(link.clone());
            }
            if link.origin > LinkOrigin::Token && link.state != LinkState::Retired && !found.is_empty() {
                self.strengthened.push(link.clone());
            }
            self.evidence.extend(found.into_iter().map(|found| evidence_of(write, link.id, found)));
        }
        if !item.is_whole {
            return;
        }
        for link in links.values().filter(|link| !told.contains(&link.id)) {
            self.lose(stored, link);
        }
        for token in stored.tokens.get(&source).into_iter().flatten() {
            let known = Found {
                code: token.code.clone(),
                field: token.field,
                text: token.text.clone(),
                position: token.position,
            };
            if !unresolved.remove(&known) {
                self.tokens_closed.push(token.id);
            }
        }
        self.tokens.extend(unresolved.into_iter().map(|found| unresolved_token::ActiveModel {
            id: Set(write.new_id()),
            organization_id: Set(write.viewer().organization_id),
            project_id: Set((item.source.0 == SubjectKind::Project).then_some(source)),
            task_id: Set((item.source.0 == SubjectKind::Task).then_some(source)),
            code: Set(found.code),
            field: Set(found.field),
            text: Set(found.text),
            position: Set(found.position),
            resolved_at: Set(None),
            created_at: Set(write.now),
        }));
    }

    /// A link to which no reference leads any more; what a person confirmed stays.
    fn lose(&mut self, stored: &Stored, link: &AlignmentLinkRow) {
        let evidence = stored.evidence.get(&link.id).map_or(&[][..], Vec::as_slice);
        let (tokens, others): (Vec<_>, Vec<_>) =
            evidence.iter().partition(|row| row.origin == LinkOrigin::Token);
        self.evidence_gone.extend(tokens.iter().map(|row| row.id));
        let was_all = !tokens.is_empty() && others.is_empty();
        if was_all && link.state == LinkState::Active && link.confirmed_at.is_none() {
            self.lost.push(link.clone());
        }
    }
}

fn link_of(
    write: &Write,
    source: (SubjectKind, Uuid),
    goal: &Target,
    owner: Option<Uuid>,
) -> AlignmentLinkRow {
    AlignmentLinkRow {
        id: write.new_id(),
        project_id: (source.0 == SubjectKind::Project).then_some(source.1),
        task_id: (source.0 == SubjectKind::Task).then_some(source.1),
        objective_id: goal.objective,
        key_result_id: goal.key_result,
        state: if goal.stale.is_some() { LinkState::Stale } else { LinkState::Active },
        stale_reason: goal.stale,
        significance: Significance::Contributes,
        origin: LinkOrigin::Token,
        weight: 1.0,
        owner_id: owner,
        confirmed_at: None::<Instant>,
        confirmed_by_id: None,
        retired_at: None,
        retired_by_id: None,
        version: 1,
        created_at: write.now,
        updated_at: write.now,
    }
}

fn new_link(write: &Write, link: &AlignmentLinkRow) -> alignment_link::ActiveModel {
    let mut row = <alignment_link::ActiveModel as ActiveModelTrait>::default();
    row.id = Set(link.id);
    row.organization_id = Set(write.viewer().organization_id);
    row.project_id = Set(link.project_id);
    row.task_id = Set(link.task_id);
    row.objective_id = Set(link.objective_id);
    row.key_result_id = Set(link.key_result_id);
    row.state = Set(link.state);
    row.stale_reason = Set(link.stale_reason);
    row.significance = Set(link.significance);
    row.origin = Set(link.origin);
    row.weight = Set(link.weight);
    row.owner_id = Set(link.owner_id);
    row.version = Set(link.version);
    row.created_at = Set(link.created_at);
    row.updated_at = Set(link.updated_at);
    row
}

fn evidence_of(write: &Write, link: Uuid, found: Found) -> link_evidence::ActiveModel {
    link_evidence::ActiveModel {
        id: Set(write.new_id()),
        organization_id: Set(write.viewer().organization_id),
        alignment_link_id: Set(link),
        origin: Set(LinkOrigin::Token),
        field: Set(Some(found.field)),
        text: Set(Some(found.text)),
        position: Set(Some(found.position)),
        code: Set(Some(found.code)),
        person_id: Set(None),
        removed_at: Set(None),
        created_at: Set(write.now),
    }
}
