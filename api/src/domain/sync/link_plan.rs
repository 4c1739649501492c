//! What the references of items change: compared with the links, evidence and unresolved references
//! that are stored, without writing anything.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{
    Instant, LinkOrigin, LinkState, Significance, StaleReason, SubjectKind, UnresolvedReason, link_evidence,
    unresolved_token,
};
use sea_orm::{
    ActiveValue::Set,
    EntityTrait,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{goals::Target, links::Scanned, references::Found, stored::grouped};
use crate::domain::{
    access::scope::select_columns,
    alignment_link::AlignmentLinkRow,
    connection_model::{Fit, Models},
    error::Result,
    link_target::{LinkGoal, LinkSource},
    stale::state_for,
    write::Write,
};

/// What is stored of the links of the items that were read.
pub(super) struct Stored {
    /// Links by the item and by the goal.
    links: HashMap<Uuid, HashMap<Uuid, AlignmentLinkRow>>,
    /// Live evidence by link.
    evidence: HashMap<Uuid, Vec<link_evidence::Model>>,
    /// Unresolved references by item: those that are open, and those of which a person said what is meant and
    /// that stand there still.
    tokens: HashMap<Uuid, Vec<unresolved_token::Model>>,
    /// Where new links may lead.
    models: Models,
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) links: Vec<AlignmentLinkRow>,
    pub(super) evidence: Vec<link_evidence::ActiveModel>,
    pub(super) evidence_gone: Vec<Uuid>,
    pub(super) tokens: Vec<unresolved_token::ActiveModel>,
    pub(super) tokens_closed: Vec<Uuid>,
    /// References of which a person said what is meant, and that stand there no more.
    pub(super) tokens_lapsed: Vec<Uuid>,
    /// Whether one of the new references matches no goal.
    pub(super) has_no_goal: bool,
    /// Unresolved references that lead nowhere for another reason than before.
    pub(super) tokens_moved: HashMap<UnresolvedReason, Vec<Uuid>>,
    /// Links made although they lie outside of the connection model, a sentence each.
    pub(super) outside: Vec<String>,
    /// References that lead outside of the connection model, which refuses their links.
    pub(super) refused: usize,
    /// What to tell of those, a sentence each.
    pub(super) told: Vec<String>,
    /// Links whose references came back.
    pub(super) restored: Vec<AlignmentLinkRow>,
    /// Links whose last reference is gone, and that nothing else holds.
    pub(super) lost: Vec<AlignmentLinkRow>,
    /// Links whose evidence was weaker than a reference.
    pub(super) strengthened: Vec<AlignmentLinkRow>,
}

impl Plan {
    /// Grows with whatever is written that no event may tell.
    pub(super) fn changes(&self) -> usize {
        let moved: usize = self.tokens_moved.values().map(Vec::len).sum();
        let tokens = self.tokens.len() + self.tokens_closed.len() + self.tokens_lapsed.len() + moved;
        self.links.len() + self.evidence.len() + self.evidence_gone.len() + tokens
    }
}

impl Stored {
    /// Where a new link would lie.
    fn fit(&self, source: (SubjectKind, Uuid), target: &Target) -> Fit {
        let goal = target.key_result.map(LinkGoal::KeyResult).or(target.objective.map(LinkGoal::Objective));
        goal.map_or(Fit::Inside, |goal| self.models.fit(work_of(source), goal))
    }

    /// Reads it, and locks the links.
    pub(super) async fn of(write: &Write, scanned: &[Scanned]) -> Result<Self> {
        let ids = |wanted| -> Vec<Uuid> {
            let old = scanned.iter().filter(|item| !item.is_new && item.source.0 == wanted);
            old.map(|item| item.source.1).collect()
        };
        let (tasks, projects) = (ids(SubjectKind::Task), ids(SubjectKind::Project));
        let refer = scanned.iter().filter(|item| !item.found.is_empty());
        let works: Vec<_> = refer.map(|item| item.source).collect();
        let models = Models::of(write, &works).await?;
        let (links, evidence, tokens) = Default::default();
        let mut stored = Self { links, evidence, tokens, models };
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
        let live = Condition::all()
            .add(Expr::col((Alias::new("link_evidence"), Alias::new("removed_at"))).is_null());
        let live = rows_of::<link_evidence::Entity>(write, "link_evidence", live, &of_links).await?;
        stored.evidence = grouped(live, |row| row.alignment_link_id);
        let of_items = [("task_id", tasks.as_slice()), ("project_id", projects.as_slice())];
        let column = |name: &'static str| Expr::col((Alias::new("unresolved_token"), Alias::new(name)));
        let meant =
            Condition::all().add(column("resolved_by_id").is_not_null()).add(column("lapsed_at").is_null());
        let stand = Condition::any().add(column("resolved_at").is_null()).add(meant);
        for token in rows_of::<unresolved_token::Entity>(write, "unresolved_token", stand, &of_items).await? {
            if let Some(source) = token.task_id.or(token.project_id) {
                stored.tokens.entry(source).or_default().push(token);
            }
        }
        Ok(stored)
    }
}

/// Rows for which a condition holds, by the rows that they belong to.
async fn rows_of<E: EntityTrait>(
    write: &Write,
    table: &'static str,
    condition: Condition,
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
    select.cond_where(condition).cond_where(any);
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
    pub(super) fn add(
        &mut self,
        write: &Write,
        stored: &Stored,
        targets: &HashMap<String, Target>,
        item: Scanned,
    ) {
        let source = item.source.1;
        let no_links = HashMap::new();
        let links = stored.links.get(&source).unwrap_or(&no_links);
        let tokens = stored.tokens.get(&source).map_or(&[][..], Vec::as_slice);
        // What a person said of a code in an item holds for as long as the code stands in it.
        let settled: HashSet<&str> =
            tokens.iter().filter(|token| is_settled(token)).map(|token| token.code.as_str()).collect();
        let mut standing = item.found;
        if !item.is_whole {
            // Found before the work was locked: what stands there no more, or leads somewhere by now, waits no more.
            let open = tokens.iter().filter(|token| token.resolved_at.is_none());
            let open: HashSet<Found> = open.map(found_in).collect();
            standing.retain(|found| open.contains(found));
        }
        let mut wished: HashMap<Uuid, (Target, BTreeSet<Found>)> = HashMap::new();
        let mut unresolved = BTreeMap::new();
        for found in standing.iter().filter(|found| !settled.contains(found.code.as_str())).cloned() {
            match targets.get(&found.code).and_then(|target| Some((target.id()?, target.clone()))) {
                Some((id, target)) => {
                    let is_new = !links.contains_key(&id);
                    if is_new && stored.fit(item.source, &target) == Fit::Refused {
                        unresolved.insert(found, UnresolvedReason::OutsideModel);
                    } else {
                        wished.entry(id).or_insert_with(|| (target, BTreeSet::new())).1.insert(found);
                    }
                }
                None => {
                    unresolved.insert(found, UnresolvedReason::NoGoal);
                }
            }
        }
        let mut told: HashSet<Uuid> = HashSet::new();
        let mut in_order: Vec<_> = wished.into_iter().collect();
        in_order.sort_unstable_by_key(|(target, _)| *target);
        for (target, (goal, mut found)) in in_order {
            let Some(link) = links.get(&target) else {
                let link = link_of(write, item.source, &goal, item.owner);
                let code = found.first().map(|found| found.code.clone()).unwrap_or_default();
                let reasons = found.into_iter().map(|found| evidence_of(write, link.id, found, &goal));
                self.evidence.extend(reasons);
                self.links.push(link);
                if stored.fit(item.source, &goal) == Fit::Outside {
                    let what = stored.models.outside(work_of(item.source));
                    self.outside.push(format!("the link by {code} {what}"));
                }
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
                self.restored.push(link.clone());
            }
            if link.origin > LinkOrigin::Token && link.state != LinkState::Retired && !found.is_empty() {
                self.strengthened.push(link.clone());
            }
            let reasons = found.into_iter().map(|found| evidence_of(write, link.id, found, &goal));
            self.evidence.extend(reasons);
        }
        for token in tokens.iter().filter(|token| token.resolved_at.is_none()) {
            let known = found_in(token);
            if let Some(reason) = unresolved.remove(&known) {
                if reason != token.reason {
                    self.tokens_moved.entry(reason).or_default().push(token.id);
                }
                continue;
            }
            let stands = standing.iter().any(|found| found.code == token.code);
            if is_settled(token) && (stands || !item.is_whole) {
                continue;
            }
            if item.is_whole || standing.contains(&known) {
                self.tokens_closed.push(token.id);
            }
        }
        if !item.is_whole {
            return;
        }
        let said = tokens.iter().filter(|token| token.resolved_at.is_some());
        let lapsed = said.filter(|token| standing.iter().all(|found| found.code != token.code));
        self.tokens_lapsed.extend(lapsed.map(|token| token.id));
        for link in links.values().filter(|link| !told.contains(&link.id)) {
            self.lose(stored, link);
        }
        for (found, reason) in unresolved {
            if reason == UnresolvedReason::OutsideModel {
                self.refused += 1;
                let what = stored.models.outside(work_of(item.source));
                let code = &found.code;
                self.told.push(format!(
                    "{code} is not linked, for that {what}; it waits as an unresolved reference"
                ));
            }
            self.tokens.push(unresolved_token::ActiveModel {
                id: Set(write.new_id()),
                organization_id: Set(write.viewer().organization_id),
                project_id: Set((item.source.0 == SubjectKind::Project).then_some(source)),
                task_id: Set((item.source.0 == SubjectKind::Task).then_some(source)),
                code: Set(found.code),
                field: Set(found.field),
                text: Set(found.text),
                position: Set(found.position),
                reason: Set(reason),
                resolved_at: Set(None),
                resolved_by_id: Set(None),
                dismissed_at: Set(None),
                dismissed_by_id: Set(None),
                lapsed_at: Set(None),
                created_at: Set(write.now),
            });
            self.has_no_goal |= reason == UnresolvedReason::NoGoal;
        }
    }

    /// A link to which no reference leads any more; what a person confirmed stays.
    fn lose(&mut self, stored: &Stored, link: &AlignmentLinkRow) {
        if link.stale_reason == Some(StaleReason::TargetClosed) {
            // Frozen with its goal: what the texts say now is the business of the goal that goes on.
            return;
        }
        let evidence = stored.evidence.get(&link.id).map_or(&[][..], Vec::as_slice);
        let (tokens, others): (Vec<_>, Vec<_>) =
            evidence.iter().partition(|row| row.origin == LinkOrigin::Token);
        self.evidence_gone.extend(tokens.iter().map(|row| row.id));
        let was_all = !tokens.is_empty() && others.is_empty();
        if was_all && link.state != LinkState::Retired && link.confirmed_at.is_none() {
            self.lost.push(link.clone());
        }
    }
}

/// An unresolved reference as it was found.
fn found_in(token: &unresolved_token::Model) -> Found {
    Found { code: token.code.clone(), field: token.field, text: token.text.clone(), position: token.position }
}

/// Whether a person said what becomes of it.
fn is_settled(token: &unresolved_token::Model) -> bool {
    token.dismissed_at.is_some() || token.resolved_by_id.is_some()
}

fn work_of(source: (SubjectKind, Uuid)) -> LinkSource {
    if source.0 == SubjectKind::Project { LinkSource::Project(source.1) } else { LinkSource::Task(source.1) }
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
        state: state_for(goal.stale),
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

fn evidence_of(write: &Write, link: Uuid, found: Found, goal: &Target) -> link_evidence::ActiveModel {
    link_evidence::ActiveModel {
        id: Set(write.new_id()),
        organization_id: Set(write.viewer().organization_id),
        alignment_link_id: Set(link),
        origin: Set(LinkOrigin::Token),
        field: Set(Some(found.field)),
        text: Set(Some(found.text)),
        position: Set(Some(found.position)),
        code: Set(Some(found.code)),
        successor_code: Set(goal.successor.clone()),
        person_id: Set(None),
        removed_at: Set(None),
        created_at: Set(write.now),
    }
}
