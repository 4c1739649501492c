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

/// The goals that go on in the place of these: of several the one in the newest cycle that is still open.
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

    /// Work that is still open and names a closed goal in its texts serves the successor from now on.
    ///
    /// The links to the closed goal stay as they were frozen; the new ones tell both codes.
    pub(in crate::domain) async fn go_on_with_references(
        &mut self,
        kind: SubjectKind,
        from: Uuid,
        (to, code): (Uuid, &str),
    ) -> Result<()> {
        let column = if kind == SubjectKind::KeyResult { "key_result_id" } else { "objective_id" };
        let named = self.open_work_that_names(column, from).await?;
        if named.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = named.iter().map(|link| link.id).collect();
        let evidence = self.live_references(&ids).await?;
        let (mut links, mut reasons) = (Vec::new(), Vec::new());
        for old in named {
            let link = AlignmentLinkRow {
                id: self.new_id(),
                objective_id: (kind == SubjectKind::Objective).then_some(to),
                key_result_id: (kind == SubjectKind::KeyResult).then_some(to),
                state: LinkState::Active,
                stale_reason: None,
                origin: LinkOrigin::Token,
                confirmed_at: None,
                confirmed_by_id: None,
                version: 1,
                created_at: self.now,
                updated_at: self.now,
                ..old.clone()
            };
            reasons.extend(evidence.iter().filter(|row| row.alignment_link_id == old.id).map(|row| {
                link_evidence::ActiveModel {
                    id: Set(self.new_id()),
                    organization_id: Set(self.viewer().organization_id),
                    alignment_link_id: Set(link.id),
                    origin: Set(LinkOrigin::Token),
                    field: Set(row.field),
                    text: Set(row.text.clone()),
                    position: Set(row.position),
                    code: Set(row.code.clone()),
                    successor_code: Set(Some(code.to_owned())),
                    person_id: Set(None),
                    removed_at: Set(None),
                    created_at: Set(self.now),
                }
            }));
            links.push(link);
        }
        let rows: Vec<alignment_link::ActiveModel> = links.iter().map(|link| self.row_of(link)).collect();
        let spans = links.iter().map(|link| link_interval::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            alignment_link_id: Set(link.id),
            state: Set(link.state),
            from_at: Set(self.now),
            to_at: Set(None),
            created_at: Set(self.now),
        });
        let spans = spans.collect();
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

    /// Links to a goal that came from references which still stand, of work that is neither over nor archived.
    async fn open_work_that_names(&self, column: &'static str, goal: Uuid) -> Result<Vec<AlignmentLinkRow>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let goal = binds.push(goal);
        let text = format!(
            "SELECT link.id FROM alignment_link AS link \
             LEFT JOIN project ON project.id = link.project_id LEFT JOIN task ON task.id = link.task_id \
             WHERE link.organization_id = {organization} AND link.{column} = {goal} \
             AND link.state <> 'RETIRED' AND project.archived_at IS NULL AND task.archived_at IS NULL \
             AND COALESCE(project.state, 'PLANNED') NOT IN ('DONE', 'CANCELLED') \
             AND COALESCE(task.status, 'TODO') NOT IN ('DONE', 'CANCELLED') \
             AND EXISTS (SELECT 1 FROM link_evidence AS reason WHERE reason.alignment_link_id = link.id \
             AND reason.origin = 'TOKEN' AND reason.removed_at IS NULL) ORDER BY link.id"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut ids = Vec::new();
        for row in self.tx.all_raw(statement).await? {
            ids.push(row.try_get_by_index(0)?);
        }
        self.everyones::<AlignmentLinkRow>(&ids).await
    }

    async fn live_references(&self, links: &[Uuid]) -> Result<Vec<LinkEvidenceRow>> {
        let table = LinkEvidenceRow::TABLE.name();
        let of = |name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
        let mut select = Query::select();
        select_columns::<LinkEvidenceRow>(&mut select);
        select
            .from(Alias::new(table))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("origin").eq(LinkOrigin::Token))
            .and_where(of("removed_at").is_null())
            .and_where(self.among(table, "alignment_link_id", links));
        self.rows(&select).await
    }
}
