//! Carry-over: what becomes of a key result after its cycle was closed.
//!
//! Kept or modified, it goes on as a new key result in another cycle, with a code of its own: values and
//! weights are copied, its start is where the old one ended, and no check-in comes along. Abandoned, it ends
//! here, and that is noted. Either is decided once.

mod going_on;

use std::sync::Arc;

use chrono::NaiveDate;
use entity::{
    CarryOverDecision, Decimal, EventKind, GoalState, Instant, KeyResultKind, SubjectKind, carry_over,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::{
        Action, Scope,
        scope::{Listed, select_columns},
    },
    cycle::CycleRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::NewEvent,
    key_result::KeyResultRow,
    key_result_change::check_one_target,
    objective::ObjectiveRow,
    progress::{Measures, takes_value, validate_measures},
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Command, Write, digest_of},
};

row! {
    /// What became of a goal after its cycle: it went on under a successor, or was let go.
    CarryOverRow of carry_over {
        /// Key.
        id: Uuid = Id,
        /// What was decided.
        decision: CarryOverDecision = Decision,
        /// The goal that ended, when a key result.
        key_result_id: Option<Uuid> = KeyResultId,
        /// The goal that ended, when an objective.
        objective_id: Option<Uuid> = ObjectiveId,
        /// The key result that goes on in its place.
        successor_key_result_id: Option<Uuid> = SuccessorKeyResultId,
        /// The objective that goes on in its place.
        successor_objective_id: Option<Uuid> = SuccessorObjectiveId,
        /// The cycle in which it goes on.
        cycle_id: Option<Uuid> = CycleId,
        /// Why.
        note: Option<String> = Note,
        /// Who decided.
        person_id: Option<Uuid> = PersonId,
        /// When.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for CarryOverRow {
    const TABLE: Table = Table::CarryOver;
    const ARCHIVABLE: bool = false;
}

/// Steps said with a decision at most.
pub const MILESTONES_MAX: usize = 100;
/// Weight at most.
const WEIGHT_MAX: f64 = 1_000_000.0;

/// Decides what becomes of a closed key result.
#[derive(Clone, Debug)]
pub struct CarryOver {
    /// The key result that was closed.
    pub key_result: Uuid,
    /// Kept, modified or abandoned.
    pub decision: CarryOverDecision,
    /// The cycle in which it goes on; none when it is abandoned.
    pub cycle: Option<Uuid>,
    /// The objective under which it goes on; the successor of its own, made when there is none, if left out.
    pub objective: Option<Uuid>,
    /// Client-made key of the new key result, which makes a retry safe.
    pub id: Option<Uuid>,
    /// Why.
    pub note: Option<String>,
    /// What is measured, when modified.
    pub title: Option<String>,
    /// Who answers for it, when modified.
    pub owner: Option<Uuid>,
    /// Value at which progress is 1, when modified.
    pub target: Option<Decimal>,
    /// The target as a signed change of the start in percent, when modified.
    pub target_percent: Option<Decimal>,
    /// The value that is promised, when modified.
    pub commit: Option<Decimal>,
    /// The value hoped for, when modified.
    pub stretch: Option<Decimal>,
    /// Lowest value inside the bounds, when modified.
    pub lower: Option<Decimal>,
    /// Highest value inside the bounds, when modified.
    pub upper: Option<Decimal>,
    /// Distance from a bound at which progress is 0, when modified.
    pub tolerance: Option<Decimal>,
    /// Share in the objective's roll-up, when modified.
    pub weight: Option<f64>,
    /// The steps that are still to be reached, in place of those that were not reached, when modified.
    pub milestones: Option<Vec<NextMilestone>>,
}

/// A step of the key result that goes on.
#[derive(Clone, Debug)]
pub struct NextMilestone {
    /// What is to be reached.
    pub title: String,
    /// Share in the key result's progress.
    pub weight: f64,
    /// When it is due.
    pub due_on: NaiveDate,
}

/// A decision with what came of it.
#[derive(Clone, Debug)]
pub struct CarriedOver {
    /// The decision.
    pub carry_over: CarryOverRow,
    /// The key result that was closed.
    pub key_result: KeyResultRow,
    /// The one that goes on; null when it was abandoned.
    pub successor: Option<KeyResultRow>,
}

impl Command for CarryOver {
    type Output = CarriedOver;

    async fn run(&self, write: &mut Write) -> Result<CarriedOver> {
        // Numbers of codes are given under this lock, and no cycle closes meanwhile.
        write.lock_organization().await?;
        // Work that names it or its objective goes on too, and takes its projects' links or does no more.
        let seen: KeyResultRow = write.get(self.key_result).await?.ok_or(DomainError::NotFound)?;
        let ends = vec![("key_result_id", vec![seen.id]), ("objective_id", vec![seen.objective_id])];
        write.lock_around(&ends).await?;
        let row: KeyResultRow = write.lock(self.key_result).await?;
        let home: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let goal = row.goal(&home);
        write.viewer().permit_goal::<KeyResultRow>(Action::Confirm, goal, (row.id, row.version))?;
        // By whatever key it is asked for, it is the same wish.
        let digest = digest_of(&Self { id: None, ..self.clone() });
        if let Some(id) = write.created_before(SubjectKind::KeyResult, self.id, &digest).await? {
            let made = write.decision_on(row.id).await?.ok_or(DomainError::NotFound)?;
            let successor = write.get(id).await?.ok_or(DomainError::NotFound)?;
            return Ok(CarriedOver { carry_over: made, key_result: row, successor: Some(successor) });
        }
        let wish = self.check(&row)?;
        if let Some(before) = write.decision_on(row.id).await? {
            return write.decided_before(&wish, before, row, &digest).await;
        }
        let (successor, cycle) = match wish.decision {
            CarryOverDecision::Abandon => (None, None),
            CarryOverDecision::Keep | CarryOverDecision::Modify => {
                let cycle = write.cycle_to_go_on_in(wish.cycle).await?;
                let under = match wish.objective {
                    Some(id) => write.objective_to_go_on_under(id, &cycle).await?,
                    None => write.successor_of_objective(&home, &cycle).await?,
                };
                (Some(write.go_on(&wish, &row, &under, &digest).await?), Some(cycle.id))
            }
        };
        let id = write.new_id();
        write
            .insert::<carry_over::Entity>(carry_over::ActiveModel {
                id: Set(id),
                organization_id: Set(write.viewer().organization_id),
                decision: Set(wish.decision),
                key_result_id: Set(Some(row.id)),
                objective_id: Set(None),
                successor_key_result_id: Set(successor),
                successor_objective_id: Set(None),
                cycle_id: Set(cycle),
                note: Set(wish.note),
                person_id: Set(Some(write.viewer().person_id).filter(|person| !person.is_nil())),
                created_at: Set(write.now),
            })
            .await?;
        let mut news = serde_json::Map::new();
        news.insert("carry_over".into(), serde_json::json!(wish.decision));
        news.insert("successor".into(), serde_json::json!(successor));
        write.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::KeyResult, row.id),
            ancestors: home.ancestors_of_member(),
            sight: home.sight(),
            previous: Some(serde_json::Map::new()),
            current: news,
        });
        if let Some(id) = successor {
            let next: KeyResultRow = write.reread(id).await?;
            let to = (next.id, next.code.as_str());
            write.go_on_with_work(SubjectKind::KeyResult, (row.id, &row.code), to).await?;
        }
        let carry_over: CarryOverRow = write.reread(id).await?;
        let successor = match successor {
            Some(id) => Some(write.rolled_up::<KeyResultRow>(id).await?),
            None => None,
        };
        Ok(CarriedOver { carry_over, key_result: row, successor })
    }
}

impl CarryOver {
    /// The same wish with its texts as they are stored.
    fn check(&self, row: &KeyResultRow) -> Result<Self> {
        let mut checks = Checks::default();
        let note = checks.take(text::description("note", self.note.as_deref()));
        match row.state {
            GoalState::Closed => {}
            GoalState::Draft | GoalState::Active | GoalState::Cancelled => {
                let message =
                    format!("{} is not closed: it is carried over after its cycle's close", row.code);
                checks.refuse(UserError::at("keyResultId", UserErrorCode::NotNow, message));
            }
        }
        let changes = [
            ("title", self.title.is_some()),
            ("ownerId", self.owner.is_some()),
            ("target", self.target.is_some()),
            ("targetPercent", self.target_percent.is_some()),
            ("commit", self.commit.is_some()),
            ("stretch", self.stretch.is_some()),
            ("lowerBound", self.lower.is_some()),
            ("upperBound", self.upper.is_some()),
            ("tolerance", self.tolerance.is_some()),
            ("weight", self.weight.is_some()),
            ("milestones", self.milestones.is_some()),
        ];
        let places = [
            ("cycleId", self.cycle.is_some()),
            ("objectiveId", self.objective.is_some()),
            ("id", self.id.is_some()),
        ];
        let (refused, advice): (Vec<_>, _) = match self.decision {
            CarryOverDecision::Keep => (changes.to_vec(), "goes with MODIFY: what is kept stays as it was"),
            CarryOverDecision::Modify => (Vec::new(), ""),
            CarryOverDecision::Abandon => (
                changes.into_iter().chain(places).collect(),
                "goes with KEEP or MODIFY: what is abandoned ends",
            ),
        };
        for (field, _) in refused.iter().filter(|(_, is_given)| *is_given) {
            checks.refuse(UserError::at(field, UserErrorCode::Invalid, advice));
        }
        if self.cycle.is_none() && self.decision != CarryOverDecision::Abandon {
            let message = "says in which cycle it goes on";
            checks.refuse(UserError::at("cycleId", UserErrorCode::Required, message));
        }
        check_one_target(&mut checks, self.target, self.target_percent);
        let modifies = self.decision == CarryOverDecision::Modify;
        if modifies && self.milestones.is_some() && row.kind != KeyResultKind::Milestone {
            let message = "goes with the kind MILESTONE: leave it out";
            checks.refuse(UserError::at("milestones", UserErrorCode::Invalid, message));
        }
        let mut milestones = self.milestones.clone();
        for milestone in milestones.iter_mut().flatten() {
            milestone.title = checks.take(text::title("milestones", &milestone.title));
            checks.take(text::within("milestones", milestone.weight, 0.0, WEIGHT_MAX));
        }
        if self.milestones.as_ref().is_some_and(|milestones| milestones.len() > MILESTONES_MAX) {
            let message = format!("are at most {MILESTONES_MAX} here: add the others one by one");
            checks.refuse(UserError::at("milestones", UserErrorCode::Invalid, message));
        }
        checks.end()?;
        Ok(Self { note, milestones, ..self.clone() })
    }

    /// What it measures from now on: it starts where it ended. A target that was a change in percent stays
    /// the value that it came to; a promise or hope that no longer lies ahead has been kept or given up.
    fn measures(&self, row: &KeyResultRow) -> Measures {
        let start = if takes_value(row.kind) { row.current_value.or(row.start_value) } else { None };
        let mut measures = Measures {
            start,
            target: self.target.or(row.target_value),
            // What was never measured has no value to start from yet.
            target_percent: self
                .target_percent
                .or(row.target_percent.filter(|_| start.is_none() && self.target.is_none())),
            commit: self.commit.or(row.commit_value),
            stretch: self.stretch.or(row.stretch_value),
            lower: self.lower.or(row.lower_bound),
            upper: self.upper.or(row.upper_bound),
            tolerance: self.tolerance.or(row.tolerance),
            ..row.measures(Vec::new())
        };
        if self.target_percent.is_some() {
            measures = measures.resolved();
        }
        for problem in validate_measures(&measures, row.progress_source) {
            match problem.field {
                // What was said now is refused, not dropped.
                "commit" if self.commit.is_none() => measures.commit = None,
                "stretch" if self.stretch.is_none() => measures.stretch = None,
                _ => {}
            }
        }
        measures
    }
}

impl Scope {
    /// Decisions whose column holds one of these goals, as far as the viewer sees what was decided on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn carry_overs(&self, column: &'static str, goals: &[Uuid]) -> Result<Vec<Arc<CarryOverRow>>> {
        self.by_keys(column, goals).await
    }
}

impl Write {
    async fn decision_on(&self, key_result: Uuid) -> Result<Option<CarryOverRow>> {
        Ok(self.carry_overs("key_result_id", key_result).await?.pop())
    }

    async fn carry_overs(&self, column: &'static str, goal: Uuid) -> Result<Vec<CarryOverRow>> {
        let of = |name: &'static str| Expr::col((Alias::new("carry_over"), Alias::new(name)));
        let mut select = Query::select();
        select_columns::<CarryOverRow>(&mut select);
        select
            .from(Alias::new("carry_over"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of(column).eq(goal));
        self.rows(&select).await
    }

    /// The same decision once more is answered as the first time; another one comes too late.
    async fn decided_before(
        &self,
        wish: &CarryOver,
        before: CarryOverRow,
        row: KeyResultRow,
        digest: &str,
    ) -> Result<CarriedOver> {
        let successor = match before.successor_key_result_id {
            Some(id) => self.get::<KeyResultRow>(id).await?,
            None => None,
        };
        let same = before.decision == wish.decision
            && match before.successor_key_result_id {
                // What was asked for is kept with what came of it.
                Some(id) => {
                    let made = self.created_before(SubjectKind::KeyResult, Some(id), digest).await;
                    matches!(made, Ok(Some(_)))
                }
                None => before.note == wish.note,
            };
        if same {
            return Ok(CarriedOver { carry_over: before, key_result: row, successor });
        }
        let went = match (before.decision, &successor) {
            (CarryOverDecision::Abandon, _) => "was abandoned".to_owned(),
            (CarryOverDecision::Keep | CarryOverDecision::Modify, Some(next)) => {
                format!("goes on as {}: change that one", next.code)
            }
            (CarryOverDecision::Keep | CarryOverDecision::Modify, None) => "goes on already".to_owned(),
        };
        let message = format!("{} {went}", row.code);
        Err(DomainError::user("keyResultId", UserErrorCode::Conflict, message))
    }

    async fn cycle_to_go_on_in(&self, id: Option<Uuid>) -> Result<CycleRow> {
        let cycle: CycleRow = self.referred("cycleId", id.unwrap_or_default()).await?;
        self.refuse_ended_cycle("cycleId", Some(cycle.id)).await?;
        Ok(cycle)
    }

    async fn objective_to_go_on_under(&self, id: Uuid, cycle: &CycleRow) -> Result<ObjectiveRow> {
        let under = self.open_objective(id).await?;
        if under.cycle_id != Some(cycle.id) {
            let message = format!("{} is not set for {}", under.code, cycle.name);
            return Err(DomainError::user("objectiveId", UserErrorCode::Invalid, message));
        }
        Ok(under)
    }
}

#[cfg(test)]
mod tests;
