//! Making, changing and archiving key results.

use std::sync::{Arc, PoisonError};

use chrono::NaiveDate;
use entity::{
    Decimal, EventKind, GoalState, KeyResultKind, PointSource, ProgressSource, SubjectKind, key_result,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::{Action, Permit, Viewer, visible::rows_of},
    error::{DomainError, Result, UserError, UserErrorCode},
    events::NewEvent,
    key_result::{KeyResultRow, definition},
    objective::{ObjectiveRow, refuse_closed, refuse_frozen},
    origin::{Origin, OriginChange},
    progress::{Measures, takes_value, validate_measures},
    relation::Table,
    stale::ended_at,
    text::{self, Checks},
    viewer_load::{Subject, load_viewer},
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

/// Characters of a unit at most.
pub const UNIT_MAX: usize = 40;

/// Makes a key result.
#[derive(Clone, Debug)]
pub struct CreateKeyResult {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The objective it belongs to.
    pub objective: Uuid,
    /// What is measured.
    pub title: String,
    /// Longer text.
    pub description: Option<String>,
    /// Who answers for it; the viewer when left out.
    pub owner: Option<Uuid>,
    /// State; published where the viewer may, else a draft, when left out.
    pub state: Option<GoalState>,
    /// How the value becomes progress; when left out, a way down where the target lies below the start,
    /// else a way up.
    pub kind: Option<KeyResultKind>,
    /// Unit of the measured values.
    pub unit: Option<String>,
    /// Value at the start, which is the current one until the first check-in.
    pub start: Option<Decimal>,
    /// Value at which progress is 1.
    pub target: Option<Decimal>,
    /// The target as a signed change of the start in percent, in place of a value.
    pub target_percent: Option<Decimal>,
    /// The value that is promised.
    pub commit: Option<Decimal>,
    /// The value hoped for.
    pub stretch: Option<Decimal>,
    /// Lowest value inside the bounds.
    pub lower: Option<Decimal>,
    /// Highest value inside the bounds.
    pub upper: Option<Decimal>,
    /// Distance from a bound at which progress is 0.
    pub tolerance: Option<Decimal>,
    /// Where progress comes from.
    pub progress_source: ProgressSource,
    /// Share in the objective's roll-up.
    pub weight: f64,
    /// First day of the work on it.
    pub starts_on: Option<NaiveDate>,
    /// Days between check-ins.
    pub check_in_days: Option<i32>,
    /// Who checks in; the objective's, else the owner, when left out.
    pub check_in_owner: Option<Uuid>,
    /// Who acknowledges check-ins; the objective's when left out.
    pub check_in_reviewer: Option<Uuid>,
    /// Where it comes from.
    pub origin: Origin,
}

impl CreateKeyResult {
    fn kind(&self) -> KeyResultKind {
        let falls = matches!((self.start, self.target), (Some(start), Some(target)) if target < start)
            || self.target_percent.is_some_and(|percent| percent.0 < 0);
        self.kind.unwrap_or(if falls { KeyResultKind::Decrease } else { KeyResultKind::Increase })
    }

    fn measures(&self) -> Measures {
        Measures {
            kind: self.kind(),
            start: self.start,
            target: self.target,
            target_percent: self.target_percent,
            commit: self.commit,
            stretch: self.stretch,
            current: None,
            lower: self.lower,
            upper: self.upper,
            tolerance: self.tolerance,
            milestones: Vec::new(),
        }
        .resolved()
    }
}

impl Command for CreateKeyResult {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::KeyResult, self.id, &digest).await? {
            return write.get(id).await?.ok_or(DomainError::NotFound);
        }
        let mut checks = Checks::default();
        let title = checks.take(text::title("title", &self.title));
        let description = checks.take(text::description("description", self.description.as_deref()));
        let unit = checks.take(unit(self.unit.as_deref()));
        check_numbers(&mut checks, self.weight, self.check_in_days);
        let measures = self.measures();
        check_one_target(&mut checks, self.target, self.target_percent);
        check_measures(&mut checks, &measures, self.progress_source);
        let origin = self.origin.checked(&mut checks);
        checks.end()?;
        let owner = self.origin.owner(self.owner, write.viewer());
        write.check_goal_references(owner, None, None).await?;
        write.check_check_in_people(self.check_in_owner, self.check_in_reviewer).await?;
        let objective = write.open_objective(self.objective).await?;
        write.refuse_blind("ownerId", owner, &objective).await?;
        write.refuse_blind("checkInOwnerId", self.check_in_owner, &objective).await?;
        write.refuse_blind("checkInReviewerId", self.check_in_reviewer, &objective).await?;
        let id = self.id.unwrap_or_else(|| write.new_id());
        let goal = |state| definition(&objective, owner, state, write.viewer());
        let state = self.state.unwrap_or_else(|| {
            if write.viewer().may_goal(Action::Create, goal(GoalState::Active)) {
                GoalState::Active
            } else {
                GoalState::Draft
            }
        });
        refuse_closed(state)?;
        write.viewer().permit_goal::<KeyResultRow>(Action::Create, goal(state), (id, 1))?;
        let number = write.next_number("next_key_result_number").await?;
        // Again, under the lock that the number takes, which a close of the cycle takes too.
        write.open_objective(objective.id).await?;
        let code = format!("{}-{number}", write.viewer().settings.key_result_prefix);
        let row = key_result::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            objective_id: Set(objective.id),
            number: Set(number),
            code: Set(code),
            title_folded: Set(title.to_lowercase()),
            title: Set(title),
            description: Set(description),
            owner_id: Set(owner),
            state: Set(state),
            ended_at: Set(ended_at(state, write.now)),
            kind: Set(self.kind()),
            unit: Set(unit),
            start_value: Set(self.start),
            target_value: Set(measures.target),
            target_percent: Set(self.target_percent),
            current_value: Set(self.start),
            commit_value: Set(self.commit),
            stretch_value: Set(self.stretch),
            lower_bound: Set(self.lower),
            upper_bound: Set(self.upper),
            tolerance: Set(self.tolerance),
            progress_source: Set(self.progress_source),
            weight: Set(self.weight),
            starts_on: Set(self.starts_on),
            check_in_days: Set(self.check_in_days),
            check_in_owner_id: Set(self.check_in_owner),
            check_in_reviewer_id: Set(self.check_in_reviewer),
            external_id: Set(origin.external_id),
            external_url: Set(origin.external_url),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        let news = news_with_digest(&row, &digest);
        write.insert::<key_result::Entity>(row).await?;
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::KeyResult, id),
            ancestors: objective.ancestors_of_member(),
            sight: objective.sight(),
            previous: None,
            current: news,
        });
        write.touched.source = Some(PointSource::Edit);
        write.touched.key_results.insert(id);
        // The first value is a point of its history too.
        write.touched.measured.insert(id);
        write.touched.objectives.insert(objective.id);
        write.rolled_up(id).await
    }
}

/// Changes a key result; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateKeyResult {
    /// The key result.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// The objective it moves to.
    pub objective: Option<Uuid>,
    /// What is measured.
    pub title: Option<String>,
    /// Longer text; null takes it away.
    pub description: Option<Option<String>>,
    /// Who answers for it; null for nobody.
    pub owner: Option<Option<Uuid>>,
    /// State.
    pub state: Option<GoalState>,
    /// How the value becomes progress.
    pub kind: Option<KeyResultKind>,
    /// Unit of the measured values; null for a bare number.
    pub unit: Option<Option<String>>,
    /// Value at the start.
    pub start: Option<Option<Decimal>>,
    /// Value at which progress is 1; takes a target in percent away.
    pub target: Option<Option<Decimal>>,
    /// The target as a signed change of the start in percent; null leaves the value that it led to.
    pub target_percent: Option<Option<Decimal>>,
    /// The value that is promised.
    pub commit: Option<Option<Decimal>>,
    /// The value hoped for.
    pub stretch: Option<Option<Decimal>>,
    /// Lowest value inside the bounds.
    pub lower: Option<Option<Decimal>>,
    /// Highest value inside the bounds.
    pub upper: Option<Option<Decimal>>,
    /// Distance from a bound at which progress is 0.
    pub tolerance: Option<Option<Decimal>>,
    /// Where progress comes from.
    pub progress_source: Option<ProgressSource>,
    /// Share in the objective's roll-up.
    pub weight: Option<f64>,
    /// First day of the work on it; null takes the cycle's.
    pub starts_on: Option<Option<NaiveDate>>,
    /// Days between check-ins; null takes the objective's.
    pub check_in_days: Option<Option<i32>>,
    /// Who checks in; null takes the objective's, else the owner.
    pub check_in_owner: Option<Option<Uuid>>,
    /// Who acknowledges check-ins; null takes the objective's.
    pub check_in_reviewer: Option<Option<Uuid>>,
    /// Where it comes from.
    pub origin: OriginChange,
}

impl UpdateKeyResult {
    /// The measures after the change; `current` is as it was.
    fn measures(&self, row: &KeyResultRow) -> Measures {
        let target_percent = match (self.target_percent, self.target) {
            (Some(percent), _) => percent,
            (None, Some(_)) => None,
            (None, None) => row.target_percent,
        };
        Measures {
            kind: self.kind.unwrap_or(row.kind),
            start: self.start.unwrap_or(row.start_value),
            target: self.target.unwrap_or(row.target_value),
            target_percent,
            commit: self.commit.unwrap_or(row.commit_value),
            stretch: self.stretch.unwrap_or(row.stretch_value),
            current: row.current_value,
            lower: self.lower.unwrap_or(row.lower_bound),
            upper: self.upper.unwrap_or(row.upper_bound),
            tolerance: self.tolerance.unwrap_or(row.tolerance),
            milestones: Vec::new(),
        }
        .resolved()
    }

    /// `current` is what the newest check-in with a value says, the start until there is one; what only
    /// has milestones has no value.
    async fn current(
        &self,
        write: &Write,
        row: &KeyResultRow,
        measures: &Measures,
    ) -> Result<Option<Decimal>> {
        if !takes_value(measures.kind) {
            return Ok(None);
        }
        if measures.start == row.start_value && measures.kind == row.kind {
            return Ok(row.current_value);
        }
        Ok(write.newest_value(row.id).await?.map_or(measures.start, |(_, value)| Some(value)))
    }
}

impl Command for UpdateKeyResult {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        use key_result::Column;
        if self.objective.is_some() || self.state.is_some() {
            // First, as a close of a cycle does, so that no goal slips into one that is being closed.
            write.lock_organization().await?;
            write.lock_around_key_result(self.id).await?;
        }
        let row: KeyResultRow = write.lock(self.id).await?;
        let objective: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let before = row.definition(&objective, write.viewer());
        let permit = write.viewer().permit_goal(Action::Update, before, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        refuse_frozen("id", &row.code, row.state)?;
        if self.objective.is_none_or(|id| id == objective.id) {
            // A proposal that a closed objective left behind may be moved, and nothing else.
            refuse_frozen("id", &objective.code, objective.state)?;
        }
        let mut checks = Checks::default();
        let title = self.title.as_deref().map(|title| checks.take(text::title("title", title)));
        let description = self
            .description
            .as_ref()
            .map(|text| checks.take(text::description("description", text.as_deref())));
        let unit = self.unit.as_ref().map(|text| checks.take(unit(text.as_deref())));
        check_numbers(&mut checks, self.weight.unwrap_or(1.0), self.check_in_days.flatten());
        let measures = self.measures(&row);
        let source = self.progress_source.unwrap_or(row.progress_source);
        check_one_target(&mut checks, self.target.flatten(), self.target_percent.flatten());
        check_measures(&mut checks, &measures, source);
        let origin = self.origin.checked(&mut checks);
        if measures.kind != row.kind && row.kind == KeyResultKind::Milestone {
            write.refuse_milestones(&mut checks, row.id).await?;
        }
        checks.end()?;
        write.check_goal_references(self.owner.flatten(), None, None).await?;
        let check_in_owner = self.check_in_owner.unwrap_or(row.check_in_owner_id);
        let check_in_reviewer = self.check_in_reviewer.unwrap_or(row.check_in_reviewer_id);
        write.check_check_in_people(self.check_in_owner.flatten(), self.check_in_reviewer.flatten()).await?;
        let home = match self.objective.filter(|id| *id != objective.id) {
            Some(id) => write.open_objective(id).await?,
            None => objective.clone(),
        };
        // The right must hold after the change too: nobody publishes a draft, gives it away or moves it
        // to a team they do not manage, by changing it.
        let state = self.state.unwrap_or(row.state);
        let owner = self.owner.unwrap_or(row.owner_id);
        if owner != row.owner_id || home.id != objective.id {
            write.refuse_blind("ownerId", owner, &home).await?;
        }
        for (field, person, before) in [
            ("checkInOwnerId", check_in_owner, row.check_in_owner_id),
            ("checkInReviewerId", check_in_reviewer, row.check_in_reviewer_id),
        ] {
            if person != before || home.id != objective.id {
                write.refuse_blind(field, person, &home).await?;
            }
        }
        let after = definition(&home, owner, state, write.viewer());
        write.viewer().permit_goal::<KeyResultRow>(Action::Update, after, (row.id, row.version))?;
        if state != row.state {
            refuse_closed(state)?;
        }
        let current = self.current(write, &row, &measures).await?;
        let mut changes = Changes::<key_result::Entity>::new();
        if let Some(title) = title {
            changes.set(Column::Title, &row.title, title.clone());
            if changes.touches(Column::Title) {
                changes.set_quietly(Column::TitleFolded, title.to_lowercase());
            }
        }
        if let Some(description) = description {
            let old = write.long_text(Table::KeyResult, "description", row.id).await?;
            changes.set(Column::Description, &old, description);
        }
        changes.set(Column::ObjectiveId, &row.objective_id, home.id);
        changes.set(Column::OwnerId, &row.owner_id, owner);
        changes.set(Column::State, &row.state, state);
        if changes.touches(Column::State) {
            changes.set_quietly(Column::EndedAt, ended_at(state, write.now));
        }
        changes.set(Column::Kind, &row.kind, measures.kind);
        if let Some(unit) = unit {
            changes.set(Column::Unit, &row.unit, unit);
        }
        changes.set(Column::StartValue, &row.start_value, measures.start);
        changes.set(Column::TargetValue, &row.target_value, measures.target);
        changes.set(Column::TargetPercent, &row.target_percent, measures.target_percent);
        changes.set(Column::CurrentValue, &row.current_value, current);
        changes.set(Column::CommitValue, &row.commit_value, measures.commit);
        changes.set(Column::StretchValue, &row.stretch_value, measures.stretch);
        changes.set(Column::LowerBound, &row.lower_bound, measures.lower);
        changes.set(Column::UpperBound, &row.upper_bound, measures.upper);
        changes.set(Column::Tolerance, &row.tolerance, measures.tolerance);
        changes.set(Column::ProgressSource, &row.progress_source, source);
        changes.set(Column::Weight, &row.weight, self.weight.unwrap_or(row.weight));
        changes.set(Column::StartsOn, &row.starts_on, self.starts_on.unwrap_or(row.starts_on));
        changes.set(Column::CheckInDays, &row.check_in_days, self.check_in_days.unwrap_or(row.check_in_days));
        changes.set(Column::CheckInOwnerId, &row.check_in_owner_id, check_in_owner);
        changes.set(Column::CheckInReviewerId, &row.check_in_reviewer_id, check_in_reviewer);
        changes.set(Column::ExternalId, &row.external_id, origin.id_after(&row.external_id));
        changes.set(Column::ExternalUrl, &row.external_url, origin.url_after(&row.external_url));
        let moved = changes.touches(Column::ObjectiveId);
        let lives = moved || changes.touches(Column::State);
        write.update_key_result(&permit, &row, &objective, changes, EventKind::Updated).await?;
        let ends = vec![("key_result_id", vec![row.id])];
        if lives {
            write.goals_moved(&ends).await?;
        }
        write.rolled_up(row.id).await
    }
}

/// Archives a key result, or takes it out of the archive.
#[derive(Clone, Debug)]
pub struct ArchiveKeyResult {
    /// The key result.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveKeyResult {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        write.lock_around_key_result(self.id).await?;
        let row: KeyResultRow = write.lock(self.id).await?;
        let objective: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        let goal = row.definition(&objective, write.viewer());
        let permit = write.viewer().permit_goal(Action::Archive, goal, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut changes = Changes::<key_result::Entity>::new();
        if row.archived_at.is_some() != self.archive {
            let archived_at = self.archive.then_some(write.now);
            changes.set(key_result::Column::ArchivedAt, &row.archived_at, archived_at);
        }
        let changed = !changes.is_empty();
        let kind = if self.archive { EventKind::Archived } else { EventKind::Unarchived };
        write.update_key_result(&permit, &row, &objective, changes, kind).await?;
        if changed {
            write.goals_moved(&vec![("key_result_id", vec![row.id])]).await?;
        }
        write.rolled_up(row.id).await
    }
}

impl Write {
    /// Writes the changes of a key result with its event; what follows for numbers is noted.
    pub(in crate::domain) async fn update_key_result(
        &mut self,
        permit: &Permit<KeyResultRow>,
        row: &KeyResultRow,
        objective: &ObjectiveRow,
        changes: Changes<key_result::Entity>,
        kind: EventKind,
    ) -> Result<()> {
        use key_result::Column;
        let counts = [
            Column::ObjectiveId,
            Column::State,
            Column::Kind,
            Column::StartValue,
            Column::TargetValue,
            Column::CurrentValue,
            Column::LowerBound,
            Column::UpperBound,
            Column::Tolerance,
            Column::ProgressSource,
            Column::Weight,
            Column::ArchivedAt,
            Column::OverrideValue,
            Column::OverrideSticky,
        ]
        .into_iter()
        .any(|column| changes.touches(column));
        let measured = changes.touches(Column::CurrentValue);
        let moved = changes.touches(Column::ObjectiveId);
        if !self.update(permit, &changes).await? {
            return Ok(());
        }
        let (previous, current) = changes.into_news();
        let after: KeyResultRow = self.reread(row.id).await?;
        let home: ObjectiveRow =
            if moved { self.reread(after.objective_id).await? } else { objective.clone() };
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::KeyResult, row.id),
            ancestors: home.ancestors_of_member(),
            sight: home.sight(),
            previous: Some(previous),
            current,
        });
        if counts {
            self.touched.source.get_or_insert(PointSource::Edit);
            self.touched.key_results.insert(row.id);
            self.touched.objectives.extend([objective.id, home.id]);
            if measured {
                self.touched.measured.insert(row.id);
            }
        }
        Ok(())
    }

    /// The objective that a key result is put under: visible, neither ended nor archived.
    pub(in crate::domain) async fn open_objective(&self, id: Uuid) -> Result<ObjectiveRow> {
        let objective: ObjectiveRow = self.referred("objectiveId", id).await?;
        let ended = match objective.state {
            GoalState::Draft | GoalState::Active => false,
            GoalState::Closed | GoalState::Cancelled => true,
        };
        if ended || objective.archived_at.is_some() {
            let what = if ended { "has ended" } else { "is archived" };
            let message = format!("{} {what}: choose another objective", objective.code);
            return Err(DomainError::user("objectiveId", UserErrorCode::NotNow, message));
        }
        Ok(objective)
    }

    /// Whoever owns a key result, checks in on it or reviews it must see it when it is given to them. A goal
    /// that is hidden from its people later stays theirs by name.
    pub(in crate::domain) async fn refuse_blind(
        &self,
        field: &str,
        person: Option<Uuid>,
        objective: &ObjectiveRow,
    ) -> Result<()> {
        let Some(person) = person else { return Ok(()) };
        if self.viewer().is(Some(person)) {
            // They were shown the objective just now.
            return Ok(());
        }
        // Deactivated since: there is nobody to see anything.
        let Some(viewer) = self.viewer_of(person).await? else { return Ok(()) };
        let mut select = Query::select();
        select
            .column((Alias::new("objective"), Alias::new("id")))
            .from(Alias::new("objective"))
            .cond_where(rows_of(Table::Objective, &viewer))
            .and_where(Expr::col((Alias::new("objective"), Alias::new("id"))).eq(objective.id));
        if self.tx.one(&select).await?.is_some() {
            return Ok(());
        }
        let message = format!(
            "does not see {}: choose somebody who does, or widen who sees the objective first",
            objective.code
        );
        Err(DomainError::user(field, UserErrorCode::Invalid, message))
    }

    /// What a person may see, loaded once in a transaction however many goals are given to them; null when they
    /// are deactivated.
    async fn viewer_of(&self, person: Uuid) -> Result<Option<Arc<Viewer>>> {
        let known = self.viewers.lock().unwrap_or_else(PoisonError::into_inner).get(&person).cloned();
        if let Some(viewer) = known {
            return Ok(viewer);
        }
        let subject = Subject::Person { person, session: None };
        let viewer = match load_viewer(&self.tx, self.scope.clock(), subject).await {
            Ok(viewer) => Some(Arc::new(viewer)),
            Err(DomainError::Unauthenticated) => None,
            Err(error) => return Err(error),
        };
        self.viewers.lock().unwrap_or_else(PoisonError::into_inner).insert(person, viewer.clone());
        Ok(viewer)
    }

    /// A key result keeps its kind while it has milestones, which no other kind has a use for.
    async fn refuse_milestones(&self, checks: &mut Checks, key_result: Uuid) -> Result<()> {
        let mut select = Query::select();
        select
            .column(Alias::new("id"))
            .from(Alias::new("milestone"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .and_where(Expr::col(Alias::new("key_result_id")).eq(key_result))
            .limit(1);
        if self.tx.one(&select).await?.is_some() {
            let message = "has milestones, which only the kind MILESTONE uses: remove them first";
            checks.refuse(UserError::at("kind", UserErrorCode::NotNow, message));
        }
        Ok(())
    }
}

fn check_numbers(checks: &mut Checks, weight: f64, check_in_days: Option<i32>) {
    checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
    if check_in_days.is_some_and(|days| !(1..=366).contains(&days)) {
        checks.refuse(UserError::at("checkInDays", UserErrorCode::Invalid, "lies between 1 and 366 days"));
    }
}

pub(in crate::domain) fn check_one_target(
    checks: &mut Checks,
    target: Option<Decimal>,
    percent: Option<Decimal>,
) {
    if target.is_some() && percent.is_some() {
        let message = "is the other way to give a target: leave one of the two out";
        checks.refuse(UserError::at("targetPercent", UserErrorCode::Invalid, message));
    }
}

pub(in crate::domain) fn check_measures(checks: &mut Checks, measures: &Measures, source: ProgressSource) {
    for problem in validate_measures(measures, source) {
        checks.refuse(UserError::at(problem.field, UserErrorCode::Invalid, problem.message));
    }
}

/// A short one-line text, `%` or `ms`; an empty one is none.
fn unit(text: Option<&str>) -> Result<Option<String>, UserError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > UNIT_MAX || text.chars().any(char::is_control) {
        let message = format!("is one line of at most {UNIT_MAX} characters");
        return Err(UserError::at("unit", UserErrorCode::Invalid, message));
    }
    Ok(Some(text.to_owned()))
}

#[cfg(test)]
mod tests;
