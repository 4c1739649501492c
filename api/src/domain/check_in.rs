//! A dated, immutable statement on a key result.

use std::collections::HashMap;

use entity::{
    Decimal, EventKind, GoalState, Health, Instant, KeyResultKind, PointSource, SubjectKind, check_in,
    key_result,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait, Order, Query},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    access::{Action, Permit, scope::Listed},
    clock::start_of_day,
    cycle::CycleRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, SOURCE, Sight},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    pace::reportable,
    progress::takes_value,
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

/// How far a client's clock may be off, in seconds: a check-in dated within it is one of now.
pub const CLOCK_TOLERANCE: i64 = 300;

row! {
    /// A dated, immutable statement on a key result.
    CheckInRow of check_in {
        /// Key.
        id: Uuid = Id,
        /// The key result.
        key_result_id: Uuid = KeyResultId,
        /// The time the statement holds for; may lie before it was made.
        at: Instant = At,
        /// The measured value; null when only confidence, health or a note was given.
        value: Option<Decimal> = Value,
        /// How sure the author is that the target will be reached, 0–1.
        confidence: Option<f64> = Confidence,
        /// Health as the author sees it.
        health: Option<Health> = Health,
        /// What the author says, Markdown.
        note: Option<String> = Note,
        /// Who made it.
        author_id: Option<Uuid> = AuthorId,
        /// Progress right after this check-in.
        progress: Option<f64> = Progress,
        /// Completion of the contributing work at that time.
        work_progress: Option<f64> = WorkProgress,
        /// Kind of the key result when it was made; null for check-ins made before it was kept.
        kind: Option<KeyResultKind> = Kind,
        /// Start value of the key result when it was made.
        start_value: Option<Decimal> = StartValue,
        /// Target of the key result when it was made.
        target_value: Option<Decimal> = TargetValue,
        /// Lowest value inside the bounds when it was made.
        lower_bound: Option<Decimal> = LowerBound,
        /// Highest value inside the bounds when it was made.
        upper_bound: Option<Decimal> = UpperBound,
        /// Progress right after this check-in before it was cut to 0–1.
        attainment: Option<f64> = Attainment,
        /// The tool's token, when a tool recorded the value.
        service_token_id: Option<Uuid> = ServiceTokenId,
        /// Who acknowledged having read it.
        acknowledged_by_id: Option<Uuid> = AcknowledgedById,
        /// When it was acknowledged; null until then.
        acknowledged_at: Option<Instant> = AcknowledgedAt,
        /// What the reviewer said to it, Markdown.
        acknowledgement_note: Option<String> = AcknowledgementNote,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for CheckInRow {
    const TABLE: Table = Table::CheckIn;
    const ARCHIVABLE: bool = false;
}

/// Makes a check-in.
#[derive(Clone, Debug)]
pub struct MakeCheckIn {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The key result.
    pub key_result: Uuid,
    /// The time the statement holds for; now when left out.
    pub at: Option<Instant>,
    /// The measured value.
    pub value: Option<Decimal>,
    /// How sure the author is that the target will be reached, 0–1.
    pub confidence: Option<f64>,
    /// Health as the author sees it.
    pub health: Option<Health>,
    /// What the author says.
    pub note: Option<String>,
}

/// A check-in with the key result as it is after it.
#[derive(Clone, Debug)]
pub struct MadeCheckIn {
    /// The check-in.
    pub check_in: CheckInRow,
    /// The key result.
    pub key_result: KeyResultRow,
}

impl MakeCheckIn {
    fn check(&self, row: &KeyResultRow) -> Result<Option<String>> {
        let mut checks = Checks::default();
        let mut refuse = |field, code, message: &str| checks.refuse(UserError::at(field, code, message));
        if self.value.is_some() && !takes_value(row.kind) {
            let message = "is not measured here: set its milestones done instead";
            refuse("value", UserErrorCode::Invalid, message);
        }
        if self.health.is_some_and(|health| !reportable(health)) {
            let message = "is ON_TRACK, AT_RISK or OFF_TRACK: the others follow from facts";
            refuse("health", UserErrorCode::Invalid, message);
        }
        if let Some(confidence) = self.confidence {
            checks.take(text::within("confidence", confidence, 0.0, 1.0));
        }
        let note = checks.take(text::description("note", self.note.as_deref()));
        if self.value.is_none() && self.confidence.is_none() && self.health.is_none() && note.is_none() {
            let message = "give at least one of value, confidence, health and note";
            checks.refuse(UserError::at("", UserErrorCode::Required, message));
        }
        checks.end()?;
        Ok(note)
    }
}

impl MakeCheckIn {
    /// States it. What changes by it is written; the check-in itself is kept by [`Write::keep`] once that is
    /// rolled up, for many statements at once where many are made.
    pub(in crate::domain) async fn state(&self, write: &mut Write) -> Result<Stated> {
        // The lock on the key result puts its check-ins one after the other.
        let row: KeyResultRow = write.lock(self.key_result).await?;
        let objective: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let goal = row.check_in_goal(&objective, write.viewer());
        let permit =
            write.viewer().permit_goal::<KeyResultRow>(Action::CheckIn, goal, (row.id, row.version))?;
        refuse_ended(&row, &objective)?;
        let note = self.check(&row)?;
        let at = write.check_in_time(self.at, &objective).await?;
        let statement = Statement {
            id: self.id,
            at,
            value: self.value,
            confidence: self.confidence,
            health: self.health,
            note,
            digest: digest_of(self),
        };
        write.state(&permit, &row, &objective, statement).await
    }
}

impl Command for MakeCheckIn {
    type Output = MadeCheckIn;

    async fn run(&self, write: &mut Write) -> Result<MadeCheckIn> {
        if let Some(id) = write.created_before(SubjectKind::CheckIn, self.id, &digest_of(self)).await? {
            let check_in: CheckInRow = write.get(id).await?.ok_or(DomainError::NotFound)?;
            let key_result = write.get(check_in.key_result_id).await?.ok_or(DomainError::NotFound)?;
            return Ok(MadeCheckIn { check_in, key_result });
        }
        let stated = self.state(write).await?;
        write.keep(vec![stated]).await?.pop().ok_or(DomainError::NotFound)
    }
}

/// What is stated, found good.
pub(in crate::domain) struct Statement {
    pub(in crate::domain) id: Option<Uuid>,
    pub(in crate::domain) at: Instant,
    pub(in crate::domain) value: Option<Decimal>,
    pub(in crate::domain) confidence: Option<f64>,
    pub(in crate::domain) health: Option<Health>,
    pub(in crate::domain) note: Option<String>,
    pub(in crate::domain) digest: String,
}

/// What was stated: its value is written, and its check-in is still to be kept.
#[must_use]
pub(in crate::domain) struct Stated {
    key_result: Uuid,
    statement: Statement,
    ancestors: Vec<(SubjectKind, Uuid)>,
    sight: Sight,
}

impl Write {
    /// Writes what changes by a statement on a locked key result.
    ///
    /// What a tool records is no word of a person: it moves the value, and leaves alone when somebody last
    /// checked in and what they said.
    pub(in crate::domain) async fn state(
        &mut self,
        permit: &Permit<KeyResultRow>,
        row: &KeyResultRow,
        objective: &ObjectiveRow,
        statement: Statement,
    ) -> Result<Stated> {
        use key_result::Column;
        let at = statement.at;
        let token = self.viewer().token_id();
        // Two at the same time: the one made later is the newer.
        let newest_value = self.newest_value(row.id).await?;
        let is_current = statement.value.is_some() && newest_value.is_none_or(|(newest, _)| newest <= at);
        let mut changes = Changes::<key_result::Entity>::new();
        if token.is_some() {
            changes.set(
                Column::LastRecordedAt,
                &row.last_recorded_at,
                Ord::max(row.last_recorded_at, Some(at)),
            );
        } else if row.last_check_in_at.is_none_or(|last| last <= at) {
            changes.set(Column::LastCheckInAt, &row.last_check_in_at, Some(at));
            changes.set(Column::Confidence, &row.confidence, statement.confidence);
            changes.set(Column::ReportedHealth, &row.reported_health, statement.health);
        }
        if is_current {
            changes.set(Column::CurrentValue, &row.current_value, statement.value);
            if changes.touches(Column::CurrentValue) {
                self.touched.measured.insert(row.id);
            }
        }
        self.update(permit, &changes).await?;
        let source = if token.is_some() { PointSource::External } else { PointSource::CheckIn };
        self.touched.source.get_or_insert(source);
        self.touched.stated.insert(row.id, source);
        self.touched.key_results.insert(row.id);
        let mut ancestors = vec![(SubjectKind::KeyResult, row.id)];
        ancestors.extend(objective.ancestors_of_member());
        Ok(Stated { key_result: row.id, statement, ancestors, sight: objective.sight() })
    }

    /// Keeps the check-ins of what was stated, in the order in which it was stated. Rolled up first and once, so
    /// that each keeps the numbers that they led to.
    pub(in crate::domain) async fn keep(&mut self, stated: Vec<Stated>) -> Result<Vec<MadeCheckIn>> {
        self.roll_up().await?;
        let ids: Vec<Uuid> = stated.iter().map(|one| one.key_result).collect();
        let rows = self.everyones::<KeyResultRow>(&ids).await?;
        let rows: HashMap<Uuid, KeyResultRow> = rows.into_iter().map(|row| (row.id, row)).collect();
        let person = self.viewer().person_id;
        let token = self.viewer().token_id();
        let (mut made, mut kept) = (Vec::new(), Vec::new());
        for Stated { key_result, statement, ancestors, sight } in stated {
            let row = rows.get(&key_result).ok_or(DomainError::NotFound)?;
            let id = statement.id.unwrap_or_else(|| self.new_id());
            let check_in = check_in::ActiveModel {
                id: Set(id),
                organization_id: Set(self.viewer().organization_id),
                key_result_id: Set(row.id),
                at: Set(statement.at),
                value: Set(statement.value),
                confidence: Set(statement.confidence),
                health: Set(statement.health),
                note: Set(statement.note),
                author_id: Set((!person.is_nil()).then_some(person)),
                service_token_id: Set(token),
                progress: Set(row.progress),
                work_progress: Set(row.work_progress),
                // What makes it readable after the key result was defined anew.
                kind: Set(Some(row.kind)),
                start_value: Set(row.start_value),
                target_value: Set(row.target_value),
                lower_bound: Set(row.lower_bound),
                upper_bound: Set(row.upper_bound),
                attainment: Set(row.attainment),
                created_at: Set(self.now),
                ..Default::default()
            };
            let mut news = news_with_digest(&check_in, &statement.digest);
            if token.is_some() {
                news.insert(SOURCE.to_owned(), json!(PointSource::External));
            }
            made.push(check_in);
            kept.push((id, key_result));
            self.note(NewEvent {
                kind: EventKind::CheckedIn,
                subject: (SubjectKind::CheckIn, id),
                ancestors,
                sight,
                previous: None,
                current: news,
            });
        }
        self.insert_all::<check_in::Entity>(made).await?;
        let ids: Vec<Uuid> = kept.iter().map(|(id, _)| *id).collect();
        let check_ins = self.everyones::<CheckInRow>(&ids).await?;
        let mut check_ins: HashMap<Uuid, CheckInRow> =
            check_ins.into_iter().map(|row| (row.id, row)).collect();
        kept.into_iter()
            .map(|(id, key_result)| {
                let check_in = check_ins.remove(&id).ok_or(DomainError::NotFound)?;
                let key_result = rows.get(&key_result).cloned().ok_or(DomainError::NotFound)?;
                Ok(MadeCheckIn { check_in, key_result })
            })
            .collect()
    }
}

/// Statements are made on what is still open.
pub(in crate::domain) fn refuse_ended(row: &KeyResultRow, objective: &ObjectiveRow) -> Result<()> {
    let goals = [
        (&row.code, row.state, row.archived_at.is_some()),
        (&objective.code, objective.state, objective.archived_at.is_some()),
    ];
    for (code, state, is_archived) in goals {
        let why = match state {
            GoalState::Closed | GoalState::Cancelled => "has ended",
            GoalState::Draft | GoalState::Active if is_archived => "is archived",
            GoalState::Draft | GoalState::Active => continue,
        };
        let message = format!("{code} {why}: nothing is recorded on it any more");
        return Err(DomainError::user("keyResultId", UserErrorCode::NotNow, message));
    }
    Ok(())
}

impl Write {
    /// The time that a check-in holds for: never in the future, and within the cycle when it is dated
    /// back. One of now may come after the cycle's end, for that is how the last values are told.
    pub(in crate::domain) async fn check_in_time(
        &self,
        wanted: Option<Instant>,
        objective: &ObjectiveRow,
    ) -> Result<Instant> {
        let Some(at) = wanted else { return Ok(self.now) };
        let refuse = |message: String| DomainError::user("at", UserErrorCode::Invalid, message);
        if at > self.now.plus_seconds(CLOCK_TOLERANCE) {
            return Err(refuse("lies in the future: a check-in tells what is known".to_owned()));
        }
        if at >= self.now.plus_seconds(-CLOCK_TOLERANCE) {
            return Ok(Ord::min(at, self.now));
        }
        let cycle: Option<CycleRow> = match objective.cycle_id {
            Some(cycle) => self.get(cycle).await?,
            None => None,
        };
        let Some(cycle) = cycle else { return Ok(at) };
        let zone = self.viewer().time_zone;
        if cycle.starts_on.is_some_and(|first| at < start_of_day(first, zone)) {
            return Err(refuse(format!("lies before the cycle {}", cycle.name)));
        }
        let after = cycle.ends_on.and_then(|last| last.succ_opt());
        if after.is_some_and(|after| at >= start_of_day(after, zone)) {
            return Err(refuse(format!("lies after the cycle {}", cycle.name)));
        }
        Ok(at)
    }

    /// The value of the latest check-in that has one, with the time it holds for.
    pub(in crate::domain) async fn newest_value(
        &self,
        key_result: Uuid,
    ) -> Result<Option<(Instant, Decimal)>> {
        let of = |name: &'static str| Expr::col(Alias::new(name));
        let mut select = Query::select();
        select
            .expr(of("at"))
            .expr(of("value"))
            .from(Alias::new("check_in"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("key_result_id").eq(key_result))
            .and_where(of("value").is_not_null())
            .order_by_expr(of("at"), Order::Desc)
            .order_by_expr(of("created_at"), Order::Desc)
            .order_by_expr(of("id"), Order::Desc)
            .limit(1);
        match self.tx.one(&select).await? {
            Some(row) => Ok(Some((row.try_get_by_index(0)?, row.try_get_by_index(1)?))),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
