//! The gate: no project goes in progress without a link or an acknowledgement, unless somebody waives it.

use std::collections::{HashMap, HashSet};

use entity::{Instant, ProjectState};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use uuid::Uuid;

use super::{
    access::{Scope, Viewer, scope::one_of_ids},
    acknowledgement::live_at,
    effective_acknowledgement::counted_links,
    error::{DomainError, Result, UserErrorCode},
    holding_link::holds,
    predicate::Field,
    project::ProjectRow,
    relation::Table,
    settings::Gate,
    write::Write,
};

/// What the gate would do if a project went in progress now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateState {
    /// It lets the project pass.
    Open,
    /// It lets the project pass, with a warning.
    Warns,
    /// It does not let the project pass.
    Blocks,
}

/// Why the gate does what it would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateReason {
    /// The project has a link that counts, to a goal that is pursued.
    Linked,
    /// An acknowledgement holds for the project.
    Acknowledged,
    /// A waiver holds for the project.
    Waived,
    /// The project has none of these.
    Unaligned,
    /// The organization has no gate.
    GateOff,
    /// A tool owns the project, which nothing here stops.
    Synced,
}

/// How a project stands before the gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateStanding {
    /// What the gate would do.
    pub state: GateState,
    /// Why, all that holds.
    pub reasons: Vec<GateReason>,
}

/// What the gate looks at.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::domain) struct Passes {
    linked: bool,
    acknowledged: bool,
    waived: bool,
}

impl GateStanding {
    /// The rule.
    pub(in crate::domain) fn new(gate: Gate, is_synced: bool, passes: Passes) -> Self {
        let aligned = passes.linked || passes.acknowledged || passes.waived;
        let reasons = [
            (GateReason::Linked, passes.linked),
            (GateReason::Acknowledged, passes.acknowledged),
            (GateReason::Waived, passes.waived),
            (GateReason::Unaligned, !aligned),
            (GateReason::GateOff, gate == Gate::Off),
            (GateReason::Synced, is_synced),
        ];
        let state = match (gate, is_synced) {
            (Gate::Off, _) => GateState::Open,
            (Gate::Warn | Gate::Block, _) if aligned => GateState::Open,
            // What a tool has moved is in progress there: a refusal would only make us wrong of it.
            (Gate::Warn, _) | (Gate::Block, true) => GateState::Warns,
            (Gate::Block, false) => GateState::Blocks,
        };
        let reasons = reasons.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| reason).collect();
        Self { state, reasons }
    }
}

/// `SELECT DISTINCT project_id` of what lets projects pass: links, acknowledgements, waivers.
fn passing(viewer: &Viewer, now: Instant) -> [(Table, SelectStatement); 3] {
    let of = |table: Table, holds: Condition| {
        let mut select = Query::select();
        select
            .distinct()
            .expr(Field::new(table, "project_id").expr())
            .from(Alias::new(table.name()))
            .and_where(Field::new(table, "organization_id").expr().eq(viewer.organization_id))
            .and_where(Field::new(table, "project_id").expr().is_not_null())
            .cond_where(holds);
        (table, select)
    };
    [
        // What is over cannot be served by what begins.
        of(Table::AlignmentLink, counted_links(viewer).add(Expr::cust(holds("alignment_link", None)))),
        of(Table::Acknowledgement, live_at(Table::Acknowledgement, now)),
        of(Table::GateWaiver, live_at(Table::GateWaiver, now)),
    ]
}

fn among(viewer: &Viewer, now: Instant, projects: &[Uuid]) -> [(Table, SelectStatement); 3] {
    let postgres = viewer.backend == sea_orm::DbBackend::Postgres;
    let mut statements = passing(viewer, now);
    for (table, select) in &mut statements {
        select.and_where(one_of_ids(Field::new(*table, "project_id").expr(), projects, postgres));
    }
    statements
}

/// A project in progress that has neither a link that counts, nor an acknowledgement, nor a waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnalignedProject {
    /// The project.
    pub id: Uuid,
    /// Who answers for it.
    pub owner: Option<Uuid>,
    /// The team that does it.
    pub team: Option<Uuid>,
    /// Whether a tool owns it.
    pub is_synced: bool,
    /// When it first went in progress, where that is known.
    pub started_at: Option<Instant>,
}

impl From<ProjectRow> for UnalignedProject {
    fn from(row: ProjectRow) -> Self {
        Self {
            id: row.id,
            owner: row.owner_id,
            team: row.team_id,
            is_synced: row.integration_id.is_some(),
            started_at: row.started_at,
        }
    }
}

impl Scope {
    /// How projects stand before the gate. It is the truth whoever asks, also of links to goals that the
    /// viewer does not see: the gate would tell them by letting the project pass.
    ///
    /// Three statements, however many projects.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn gates(&self, projects: &[(Uuid, bool)]) -> Result<HashMap<Uuid, GateStanding>> {
        let ids: Vec<Uuid> = projects.iter().map(|(id, _)| *id).collect();
        let mut found: Vec<HashSet<Uuid>> = Vec::with_capacity(3);
        for (_, select) in among(self.viewer(), self.clock().now(), &ids) {
            let rows = self.db.all(&select).await?;
            found.push(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?);
        }
        let has = |at: usize, id: &Uuid| found.get(at).is_some_and(|found| found.contains(id));
        let gate = self.viewer().settings.gate;
        Ok(projects
            .iter()
            .map(|(id, is_synced)| {
                let passes = Passes { linked: has(0, id), acknowledged: has(1, id), waived: has(2, id) };
                (*id, GateStanding::new(gate, *is_synced, passes))
            })
            .collect())
    }

    /// Projects in progress that the gate would not let pass by themselves now, synced and own ones, in the order
    /// of their keys after `after`, at most `limit`: what `PROJECT_STARTED_UNALIGNED` is found by. One whose goals
    /// are all over since it started is among them.
    ///
    /// One statement. Asked of the system's scope: it is the whole organization, whoever looks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unaligned_projects(&self, after: Option<Uuid>, limit: u64) -> Result<Vec<UnalignedProject>> {
        let of = |column| Field::new(Table::Project, column).expr();
        let mut select = self.find::<ProjectRow>();
        select
            .and_where(of("state").eq(ProjectState::InProgress))
            .and_where(of("archived_at").is_null())
            .order_by_expr(of("id"), Order::Asc)
            .limit(limit);
        if let Some(after) = after {
            select.and_where(of("id").gt(after));
        }
        for (table, mut passing) in passing(self.viewer(), self.clock().now()) {
            let project = (Alias::new("project"), Alias::new("id"));
            passing.and_where(Field::new(table, "project_id").expr().equals(project));
            select.and_where(Expr::not_exists(passing));
        }
        let rows = self.db.all(&select).await?;
        rows.iter()
            .map(|row| {
                let row = <ProjectRow as super::row::Row>::read(row, 0)?;
                Ok(UnalignedProject::from(row))
            })
            .collect()
    }
}

impl Write {
    /// Those of these projects that are in progress and that the gate would not have let pass by themselves.
    pub(in crate::domain) async fn unaligned_among(
        &self,
        projects: &[Uuid],
    ) -> Result<Vec<UnalignedProject>> {
        let of = |column| Field::new(Table::Project, column).expr();
        let mut select = self.scope.find::<ProjectRow>();
        select
            .and_where(of("state").eq(ProjectState::InProgress))
            .and_where(of("archived_at").is_null())
            .and_where(self.among("project", "id", projects));
        for (_, passing) in among(self.viewer(), self.now, projects) {
            select.and_where(of("id").not_in_subquery(passing));
        }
        Ok(self.rows::<ProjectRow>(&select).await?.into_iter().map(UnalignedProject::from).collect())
    }

    /// Lets a locked or new project pass to a state, with a warning, or not.
    pub(in crate::domain) async fn pass_gate(
        &mut self,
        project: Uuid,
        is_synced: bool,
        state: ProjectState,
    ) -> Result<()> {
        match state {
            ProjectState::InProgress => {}
            ProjectState::Planned | ProjectState::Paused | ProjectState::Done | ProjectState::Cancelled => {
                return Ok(());
            }
        }
        let gate = self.viewer().settings.gate;
        if gate == Gate::Off {
            return Ok(());
        }
        let mut found = [false; 3];
        for (found, (_, mut select)) in found.iter_mut().zip(among(self.viewer(), self.now, &[project])) {
            *found = self.tx.one(select.limit(1)).await?.is_some();
        }
        let [linked, acknowledged, waived] = found;
        let passes = Passes { linked, acknowledged, waived };
        match GateStanding::new(gate, is_synced, passes).state {
            GateState::Open => Ok(()),
            GateState::Warns => {
                self.warnings.push(
                    "the project is in progress and serves no goal: link it to one, acknowledge that it rightly \
                     serves none, or have a manager waive the gate for a time"
                        .to_owned(),
                );
                Ok(())
            }
            GateState::Blocks => Err(DomainError::user(
                "state",
                UserErrorCode::NotNow,
                "may not be IN_PROGRESS yet, for the project serves no goal: link it to one \
                 (alignmentLinkCreate), acknowledge that it rightly serves none (workAcknowledge), or have a \
                 manager waive the gate for a time (gateWaive); a new project is PLANNED until then",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(gate: Gate, is_synced: bool, passes: Passes) -> GateState {
        GateStanding::new(gate, is_synced, passes).state
    }

    #[test]
    fn each_way_out_opens_every_gate() {
        for gate in [Gate::Off, Gate::Warn, Gate::Block] {
            for passes in [
                Passes { linked: true, ..Passes::default() },
                Passes { acknowledged: true, ..Passes::default() },
                Passes { waived: true, ..Passes::default() },
            ] {
                assert_eq!(state(gate, false, passes), GateState::Open);
                assert!(!GateStanding::new(gate, false, passes).reasons.contains(&GateReason::Unaligned));
            }
        }
    }

    #[test]
    fn what_serves_no_goal_is_stopped_where_the_gate_blocks_and_no_tool_owns_it() {
        let none = Passes::default();
        assert_eq!(state(Gate::Off, false, none), GateState::Open);
        assert_eq!(state(Gate::Warn, false, none), GateState::Warns);
        assert_eq!(state(Gate::Block, false, none), GateState::Blocks);
        assert_eq!(state(Gate::Block, true, none), GateState::Warns);
        let reasons = GateStanding::new(Gate::Off, true, none).reasons;
        assert_eq!(reasons, [GateReason::Unaligned, GateReason::GateOff, GateReason::Synced]);
    }
}
