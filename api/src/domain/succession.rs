//! Succession: a closed goal that was carried over goes on under another code, to which its own leads.
//!
//! One of the few files with statements of their own; each takes the organization.

use std::collections::{BTreeSet, HashMap};

use entity::{EventKind, LinkOrigin, LinkState, SubjectKind, alignment_link, link_evidence, link_interval};
use sea_orm::{
    ActiveValue::Set,
    DbBackend, QueryResult, Statement,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::{Scope, scope::Listed, scope::select_columns},
    alignment_link::AlignmentLinkRow,
    bulk::Binds,
    error::Result,
    events::NewEvent,
    link_evidence::LinkEvidenceRow,
    write::{Write, news_of},
};

/// Cycles that a goal is followed through at most.
const LONGEST: usize = 200;

/// Origins of links, the strongest first.
const ORIGINS: [LinkOrigin; 5] =
    [LinkOrigin::Manual, LinkOrigin::Rule, LinkOrigin::Sync, LinkOrigin::Token, LinkOrigin::Import];

/// The goals that go on in the place of these: of several the one in the newest cycle that is still open.
///
/// Only an objective may have several, one a cycle. A key result is carried over once (`uq_carry_over_key_result`), so
/// that nothing is chosen for it, and what its objective is makes no difference here.
fn next(backend: DbBackend, organization: Uuid, is_key_result: bool, goals: &[Uuid]) -> Statement {
    let mut binds = Binds::new(backend == DbBackend::Postgres);
    let organization = binds.push(organization);
    let ids = binds.ids(goals);
    let (goal, successor, table) = if is_key_result {
        ("key_result_id", "successor_key_result_id", "key_result")
    } else {
        ("objective_id", "successor_objective_id", "objective")
    };
    let text = format!(
        "SELECT step.{goal}, step.{successor} FROM carry_over AS step \
         JOIN {table} AS goal ON goal.id = step.{successor} \
         JOIN cycle ON cycle.id = step.cycle_id \
         WHERE step.organization_id = {organization} AND step.{goal} IN {ids} \
         ORDER BY CASE WHEN goal.state IN ('DRAFT', 'ACTIVE') AND goal.archived_at IS NULL THEN 1 ELSE 0 END, \
         CASE WHEN cycle.starts_on IS NULL THEN 0 ELSE 1 END, cycle.starts_on, step.id"
    );
    Statement::from_sql_and_values(backend, text, binds.values)
}

/// Where goals have got to, one step of all of them at a time.
struct Walk {
    /// The goal that was asked for, and where it has got to.
    at: HashMap<Uuid, Uuid>,
}

impl Walk {
    fn new(goals: &[Uuid]) -> Self {
        Self { at: goals.iter().map(|goal| (*goal, *goal)).collect() }
    }

    fn places(&self) -> Vec<Uuid> {
        self.at.values().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Takes the step; gives whether anything moved.
    fn step(&mut self, rows: &[QueryResult]) -> Result<bool> {
        let mut steps: HashMap<Uuid, Uuid> = HashMap::new();
        for row in rows {
            steps.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        for place in self.at.values_mut() {
            if let Some(next) = steps.get(place) {
                *place = *next;
            }
        }
        Ok(!steps.is_empty())
    }

    /// The goals that have a successor, with the last of them.
    fn end(self) -> HashMap<Uuid, Uuid> {
        self.at.into_iter().filter(|(goal, place)| goal != place).collect()
    }
}

impl Scope {
    /// The goals that go on in the place of these today; those without one are left out.
    pub(in crate::domain) async fn successors(
        &self,
        kind: SubjectKind,
        goals: &[Uuid],
    ) -> Result<HashMap<Uuid, Uuid>> {
        let (backend, organization) = (self.db.backend(), self.viewer().organization_id);
        let mut walk = Walk::new(goals);
        for _ in 0..LONGEST {
            let text = next(backend, organization, kind == SubjectKind::KeyResult, &walk.places());
            if !walk.step(&self.db.all_raw(text).await?)? {
                break;
            }
        }
        Ok(walk.end())
    }
}

impl Write {
    /// The same inside the transaction.
    pub(in crate::domain) async fn successors(
        &self,
        kind: SubjectKind,
        goals: &[Uuid],
    ) -> Result<HashMap<Uuid, Uuid>> {
        let (backend, organization) = (self.tx.backend(), self.viewer().organization_id);
        let mut walk = Walk::new(goals);
        for _ in 0..LONGEST {
            if walk.at.is_empty() {
                break;
            }
            let text = next(backend, organization, kind == SubjectKind::KeyResult, &walk.places());
            if !walk.step(&self.tx.all_raw(text).await?)? {
                break;
            }
        }
        Ok(walk.end())
    }

    /// Work that is still open and was linked to a closed goal, by hand or by what its texts say, serves the
    /// successor from now on: else each change of cycles would lose what people tied together.
    ///
    /// The links to the closed goal stay as they were frozen; the new ones tell both codes. Where the work is
    /// linked to the successor already, that link holds, and one that was retired stays so.
    pub(in crate::domain) async fn go_on_with_work(
        &mut self,
        kind: SubjectKind,
        (from, old_code): (Uuid, &str),
        (to, code): (Uuid, &str),
    ) -> Result<()> {
        let column = if kind == SubjectKind::KeyResult { "key_result_id" } else { "objective_id" };
        let named = self.open_work_linked_to(column, from, to).await?;
        if named.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = named.iter().map(|link| link.id).collect();
        let mut evidence: HashMap<Uuid, Vec<LinkEvidenceRow>> = HashMap::new();
        for row in self.live_evidence(&ids).await? {
            evidence.entry(row.alignment_link_id).or_default().push(row);
        }
        let (mut links, mut reasons) = (Vec::new(), Vec::new());
        for old in named {
            let why = evidence.remove(&old.id).unwrap_or_default();
            // The strongest of what still stands. A person's word goes on as theirs; what only a text or a rule
            // says is confirmed for each goal by itself.
            let Some(origin) = ORIGINS.into_iter().find(|origin| why.iter().any(|row| row.origin == *origin))
            else {
                continue;
            };
            let is_by_hand = origin == LinkOrigin::Manual;
            let link = AlignmentLinkRow {
                id: self.new_id(),
                objective_id: (kind == SubjectKind::Objective).then_some(to),
                key_result_id: (kind == SubjectKind::KeyResult).then_some(to),
                state: LinkState::Active,
                stale_reason: None,
                origin,
                confirmed_at: old.confirmed_at.filter(|_| is_by_hand),
                confirmed_by_id: old.confirmed_by_id.filter(|_| is_by_hand),
                version: 1,
                created_at: self.now,
                updated_at: self.now,
                ..old.clone()
            };
            reasons.extend(why.into_iter().map(|row| link_evidence::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                alignment_link_id: Set(link.id),
                origin: Set(row.origin),
                field: Set(row.field),
                text: Set(row.text),
                position: Set(row.position),
                code: Set(Some(row.code.unwrap_or_else(|| old_code.to_owned()))),
                successor_code: Set(Some(code.to_owned())),
                person_id: Set(row.person_id),
                removed_at: Set(None),
                created_at: Set(self.now),
            }));
            links.push(link);
        }
        // Whoever answered for the old link may have left meanwhile, which no later change would tell.
        self.settle_new(&mut links).await?;
        let rows: Vec<alignment_link::ActiveModel> = links.iter().map(|link| self.row_of(link)).collect();
        let spans = links.iter().map(|link| self.first_span(link)).collect();
        self.insert_all::<alignment_link::Entity>(rows.clone()).await?;
        self.insert_all::<link_interval::Entity>(spans).await?;
        self.insert_all::<link_evidence::Entity>(reasons).await?;
        let mut sights = self.sights_of(&links).await?;
        for (link, row) in links.iter().zip(&rows) {
            let sight = self.sight_of_link(link, &mut sights).await?;
            self.note(NewEvent {
                kind: EventKind::Created,
                subject: (SubjectKind::AlignmentLink, link.id),
                ancestors: link.source().into_iter().chain(link.target()).collect(),
                sight,
                previous: None,
                current: news_of(row),
            });
        }
        self.touch_links(&links).await
    }

    /// Links to a goal that are not retired, of work that is neither over nor archived and not linked to the
    /// successor yet.
    async fn open_work_linked_to(
        &self,
        column: &'static str,
        goal: Uuid,
        successor: Uuid,
    ) -> Result<Vec<AlignmentLinkRow>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let goal = binds.push(goal);
        let successor = binds.push(successor);
        let text = format!(
            "SELECT link.id FROM alignment_link AS link \
             LEFT JOIN project ON project.id = link.project_id LEFT JOIN task ON task.id = link.task_id \
             WHERE link.organization_id = {organization} AND link.{column} = {goal} \
             AND link.state <> 'RETIRED' AND project.archived_at IS NULL AND task.archived_at IS NULL \
             AND COALESCE(project.state, 'PLANNED') NOT IN ('DONE', 'CANCELLED') \
             AND COALESCE(task.status, 'TODO') NOT IN ('DONE', 'CANCELLED') \
             AND NOT EXISTS (SELECT 1 FROM alignment_link AS other WHERE other.{column} = {successor} \
             AND (other.project_id = link.project_id OR other.task_id = link.task_id)) ORDER BY link.id"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut ids = Vec::new();
        for row in self.tx.all_raw(statement).await? {
            ids.push(row.try_get_by_index(0)?);
        }
        self.everyones::<AlignmentLinkRow>(&ids).await
    }

    async fn live_evidence(&self, links: &[Uuid]) -> Result<Vec<LinkEvidenceRow>> {
        let table = LinkEvidenceRow::TABLE.name();
        let of = |name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
        let mut select = Query::select();
        select_columns::<LinkEvidenceRow>(&mut select);
        select
            .from(Alias::new(table))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("removed_at").is_null())
            .and_where(self.among(table, "alignment_link_id", links));
        self.rows(&select).await
    }
}
