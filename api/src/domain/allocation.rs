//! The share of a team's effort in a cycle that may go to a class of work without a goal.

use entity::{CycleState, EventKind, Instant, SubjectKind, WorkClass, allocation};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::{Permit, scope::Listed},
    cycle::CycleRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    predicate::Field,
    relation::Table,
    row::row,
    team::TeamRow,
    text::{self, Checks},
    write::{Changes, Command, Write},
};

row! {
    /// The share of a team's effort in a cycle that may go to a class of work without a goal.
    AllocationRow of allocation {
        /// Key.
        id: Uuid = Id,
        /// The team.
        team_id: Uuid = TeamId,
        /// The cycle.
        cycle_id: Uuid = CycleId,
        /// Kind of work: technical debt or maintenance.
        work_class: WorkClass = WorkClass,
        /// Share of effort, 0–1.
        share: f64 = Share,
        /// Who set it last.
        person_id: Option<Uuid> = PersonId,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for AllocationRow {
    const TABLE: Table = Table::Allocation;
    const ARCHIVABLE: bool = false;
}

/// Sets the allocation of a team, a cycle and a class, whether there is one or not.
#[derive(Clone, Debug)]
pub struct SetAllocation {
    /// Client-made key of a new one; one that is there keeps its own.
    pub id: Option<Uuid>,
    /// The version that the change was made on; null for whatever is there.
    pub expected_version: Option<i64>,
    /// The team.
    pub team: Uuid,
    /// The cycle.
    pub cycle: Uuid,
    /// Kind of work: technical debt or maintenance.
    pub work_class: WorkClass,
    /// Share of effort, 0–1.
    pub share: f64,
}

impl Command for SetAllocation {
    type Output = AllocationRow;

    async fn run(&self, write: &mut Write) -> Result<AllocationRow> {
        write.referred::<TeamRow>("teamId", self.team).await?;
        write.referred::<CycleRow>("cycleId", self.cycle).await?;
        // The team is locked, so that shares that are set at once cannot add up to more than everything.
        let team: TeamRow = write.lock(self.team).await?;
        let _: Permit<AllocationRow> = write.viewer().permit_team_practice(Some(team.id), (team.id, 1))?;
        let mut checks = Checks::default();
        checks.take(text::within("share", self.share, 0.0, 1.0));
        match self.work_class {
            WorkClass::TechnicalDebt | WorkClass::Maintenance => {}
            WorkClass::Emergency | WorkClass::Opportunity => {
                let what = "has no allocation: TECHNICAL_DEBT and MAINTENANCE have";
                checks.refuse(UserError::at("workClass", UserErrorCode::Invalid, what));
            }
        }
        checks.end()?;
        if team.archived_at.is_some() {
            return Err(DomainError::user("teamId", UserErrorCode::NotNow, "is archived"));
        }
        write.refuse_closed(self.cycle, "cycleId").await?;
        let there = write.allocations_of(self.team, self.cycle).await?;
        let others: f64 =
            there.iter().filter(|row| row.work_class != self.work_class).map(|row| row.share).sum();
        if others + self.share > 1.0 + 1e-9 {
            let left = 1.0 - others;
            let what = format!("is more than is left: the team's other allocation leaves {left:.2}");
            return Err(DomainError::user("share", UserErrorCode::Invalid, what));
        }
        let person = write.viewer().person_id;
        let person = (!person.is_nil()).then_some(person);
        let Some(row) = there.into_iter().find(|row| row.work_class == self.work_class) else {
            let id = self.id.unwrap_or_else(|| write.new_id());
            write
                .insert::<allocation::Entity>(allocation::ActiveModel {
                    id: Set(id),
                    organization_id: Set(write.viewer().organization_id),
                    team_id: Set(self.team),
                    cycle_id: Set(self.cycle),
                    work_class: Set(self.work_class),
                    share: Set(self.share),
                    person_id: Set(person),
                    created_at: Set(write.now),
                    updated_at: Set(write.now),
                    ..Default::default()
                })
                .await?;
            let row: AllocationRow = write.reread(id).await?;
            write.note_allocation(&team, None, Some(&row));
            return Ok(row);
        };
        Write::expect_version(self.expected_version, row.version)?;
        let permit: Permit<AllocationRow> =
            write.viewer().permit_team_practice(Some(team.id), (row.id, row.version))?;
        let mut changes = Changes::<allocation::Entity>::new();
        changes.set(allocation::Column::Share, &row.share, self.share);
        if !changes.is_empty() {
            changes.set(allocation::Column::PersonId, &row.person_id, person);
        }
        if !write.update(&permit, &changes).await? {
            return Ok(row);
        }
        let after: AllocationRow = write.reread(row.id).await?;
        write.note_allocation(&team, Some(&row), Some(&after));
        Ok(after)
    }
}

/// Removes an allocation; what it was stays in the events of its team.
#[derive(Clone, Debug)]
pub struct RemoveAllocation {
    /// The allocation.
    pub id: Uuid,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
}

impl Command for RemoveAllocation {
    type Output = AllocationRow;

    async fn run(&self, write: &mut Write) -> Result<AllocationRow> {
        let row: AllocationRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        let team: TeamRow = write.lock(row.team_id).await?;
        let row: AllocationRow = write.lock(row.id).await?;
        let _: Permit<AllocationRow> =
            write.viewer().permit_team_practice(Some(row.team_id), (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        write.refuse_closed(row.cycle_id, "id").await?;
        let this = Expr::col((Alias::new("allocation"), Alias::new("id"))).eq(row.id);
        write.remove_parts("allocation", Condition::all().add(this)).await?;
        write.note_allocation(&team, Some(&row), None);
        Ok(row)
    }
}

impl Write {
    async fn allocations_of(&self, team: Uuid, cycle: Uuid) -> Result<Vec<AllocationRow>> {
        let of = |column| Field::new(Table::Allocation, column).expr();
        let mut select = self.scope.find::<AllocationRow>();
        select.and_where(of("team_id").eq(team)).and_where(of("cycle_id").eq(cycle));
        self.rows(&select).await
    }

    /// What was promised for a cycle that is closed is history.
    async fn refuse_closed(&self, cycle: Uuid, field: &str) -> Result<()> {
        let cycle: CycleRow = self.reread(cycle).await?;
        match cycle.state {
            CycleState::Planned | CycleState::Active => Ok(()),
            CycleState::Closed => {
                let what = format!("\"{}\" is closed, and its allocations with it", cycle.name);
                Err(DomainError::user(field, UserErrorCode::NotNow, what))
            }
        }
    }

    /// Tells of an allocation in the stream of its team.
    fn note_allocation(
        &mut self,
        team: &TeamRow,
        before: Option<&AllocationRow>,
        after: Option<&AllocationRow>,
    ) {
        let news = |row: Option<&AllocationRow>| {
            let told = row.map_or(Json::Null, |row| {
                json!({
                    "id": row.id, "cycle_id": row.cycle_id, "work_class": row.work_class, "share": row.share,
                })
            });
            Map::from_iter([("allocation".to_owned(), told)])
        };
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Team, team.id),
            ancestors: team.parent_id.map(|parent| (SubjectKind::Team, parent)).into_iter().collect(),
            sight: Sight::default(),
            previous: Some(news(before)),
            current: news(after),
        });
    }
}
