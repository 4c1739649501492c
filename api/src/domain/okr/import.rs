//! Taking a file in: what differs runs as the commands that mutations run, under the same rights, in one
//! transaction that is undone in a dry run and when anything is wrong.

use std::collections::HashMap;

use entity::{GoalState, ObjectiveKind, ObjectiveSource, ProgressSource, Visibility};
use uuid::Uuid;

use super::{
    book::Book,
    column::{Column, GoalType},
    fault::{Fault, FaultCode, Faults},
    plan::{Above, Place, Plan, plan},
    report::{ImportReport, Remark, RowAction, RowReport},
    sheet::{Entry, Format, Sheet},
    wanted::{self, Said, Wanted},
};
use crate::domain::{
    check_in::MakeCheckIn,
    error::{DomainError, Result},
    goal_lock::Reach,
    key_result::KeyResultRow,
    key_result_change::{CreateKeyResult, UpdateKeyResult},
    objective::{CreateObjective, ObjectiveRow, UpdateObjective},
    objective_check::{CheckFacts, check_objective},
    origin::{Origin, OriginChange},
    write::{Command, Write},
};

/// Takes a file in.
#[derive(Clone, Debug)]
pub struct ImportOkr {
    sheet: Sheet,
    rows: Vec<Option<Wanted>>,
    dry_run: bool,
}

impl ImportOkr {
    /// Reads a file; `dry_run` only asks what would become of it.
    #[must_use]
    pub fn read(format: Format, bytes: &[u8], dry_run: bool) -> Self {
        let mut sheet = Sheet::read(format, bytes);
        let rows = wanted::read(&mut sheet);
        Self { sheet, rows, dry_run }
    }

    /// How many rows the file has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sheet.rows()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Command for ImportOkr {
    type Output = ImportReport;

    async fn run(&self, write: &mut Write) -> Result<ImportReport> {
        // One import after the other, so that a second one of the same file finds what the first one made.
        write.lock_organization().await?;
        let book = Book::read(write, &self.rows).await?;
        let Plan { places, order, faults: misplaced } = plan(&self.sheet.entries, &self.rows, &book);
        let mut faults = self.sheet.faults.clone();
        faults.append(misplaced);
        let mut import = Import {
            file: self,
            book: &book,
            places,
            made: vec![Made::default(); self.rows.len()],
            faults,
            remarks: Vec::new(),
        };
        import.lock(write).await?;
        write.rolls_up_later = true;
        for at in order {
            import.take(write, at).await?;
        }
        import.check_in(write).await?;
        write.rolls_up_later = true;
        import.end(write).await?;
        import.remark();
        let report = import.report();
        write.is_undone = !report.written;
        Ok(report)
    }
}

/// What was made of a row so far.
#[derive(Clone, Debug, Default)]
struct Made {
    action: Option<RowAction>,
    id: Option<Uuid>,
    code: Option<String>,
    changes: Vec<&'static str>,
    statement: Option<MakeCheckIn>,
    checks_in: bool,
    /// The state that it takes on last: given up once its key results and values are in, published once it has
    /// the key results without which the organization publishes nothing.
    last: Option<GoalState>,
    /// Whether the file leaves the state unsaid: what is not fit to be published then stays a draft.
    is_optional: bool,
}

struct Import<'a> {
    file: &'a ImportOkr,
    book: &'a Book,
    places: Vec<Place>,
    made: Vec<Made>,
    faults: Faults,
    remarks: Vec<Remark>,
}

/// Where a row ends up: nothing said, nothing, a goal, or under a row that is refused.
enum Over {
    Unsaid,
    Nothing,
    Goal(Uuid),
    Refused,
}

impl<'a> Import<'a> {
    fn row(&self, at: usize) -> Option<(&'a Entry, &'a Wanted)> {
        let file = self.file;
        file.sheet.entries.get(at).zip(file.rows.get(at).and_then(Option::as_ref))
    }

    fn over(&self, place: &Place) -> Over {
        match place.above {
            None => Over::Unsaid,
            Some(None) => Over::Nothing,
            Some(Some(Above::Stored(id))) => Over::Goal(id),
            Some(Some(Above::Row(row))) => match self.made.get(row).and_then(|made| made.id) {
                Some(id) => Over::Goal(id),
                None => Over::Refused,
            },
        }
    }

    fn note(&mut self, at: usize, made: Made) {
        if let Some(slot) = self.made.get_mut(at) {
            *slot = made;
        }
    }

    /// Keeps what a command said; what nobody can mend in the file ends the import.
    fn refuse(&mut self, entry: &Entry, error: DomainError) -> Result<()> {
        for fault in entry.faults_of(error)? {
            self.faults.push(fault);
        }
        Ok(())
    }

    /// Locks what the file changes before the first change: tasks and projects around goals that may end, go on
    /// or move, then key results, then objectives, each in the order of their keys, as everybody locks goals
    /// (`work_rights`). Rows are taken in the other way round.
    async fn lock(&self, write: &Write) -> Result<()> {
        if !write.tx.is_postgres() {
            return Ok(());
        }
        let (mut key_results, mut objectives) = (Vec::new(), Vec::new());
        let (mut turning_key_results, mut turning_objectives) = (Vec::new(), Vec::new());
        for (at, place) in self.places.iter().enumerate() {
            let Some((_, wanted)) = self.row(at) else { continue };
            let (above, is_under_new) = match place.above {
                None | Some(None) => (place.above.map(|_| None), false),
                Some(Some(Above::Stored(id))) => (Some(Some(id)), false),
                Some(Some(Above::Row(row))) => match self.places.get(row).and_then(|place| place.target) {
                    Some(id) => (Some(Some(id)), false),
                    None => (None, true),
                },
            };
            let mut diff = Diff::default();
            let before = match wanted.goal {
                GoalType::Objective => {
                    let row = place.target.and_then(|id| self.book.objectives.get(&id));
                    if let Some(row) = row {
                        self.objective_update(&mut diff, wanted, place, above, row);
                        if is_under_new || !diff.0.is_empty() {
                            objectives.push(row.id);
                        }
                        if diff.has(Column::State) || diff.has(Column::Cycle) {
                            turning_objectives.push(row.id);
                        }
                    }
                    row.map(|row| row.parent_id)
                }
                GoalType::KeyResult => {
                    let row = place.target.and_then(|id| self.book.key_results.get(&id));
                    if let Some(row) = row {
                        self.key_result_update(&mut diff, wanted, place, above.flatten(), row);
                        statement(wanted, row, Some(row))
                            .into_iter()
                            .for_each(|(_, columns)| diff.extend(columns));
                        if is_under_new || !diff.0.is_empty() {
                            key_results.push(row.id);
                        }
                        let moves = above.flatten().is_some_and(|home| home != row.objective_id);
                        if is_under_new || moves || diff.has(Column::State) {
                            turning_key_results.push(row.id);
                        }
                    }
                    row.map(|row| Some(row.objective_id))
                }
            };
            // What stands above is rolled up after it.
            if before.is_none() || is_under_new || !diff.0.is_empty() {
                objectives.extend(before.flatten());
                objectives.extend(above.flatten());
            }
        }
        turning_key_results.extend(write.members_of_all(&turning_objectives).await?);
        key_results.extend(&turning_key_results);
        let ends = vec![("key_result_id", turning_key_results), ("objective_id", turning_objectives)];
        let tasks = write.tasks_linked_to(&ends).await?.into_iter().collect();
        let (key_results, objectives) = (key_results.into_iter().collect(), objectives.into_iter().collect());
        write.lock_upwards(Reach { tasks, key_results, objectives, ..Reach::default() }).await
    }

    async fn take(&mut self, write: &mut Write, at: usize) -> Result<()> {
        let (Some((entry, wanted)), Some(place)) = (self.row(at), self.places.get(at).cloned()) else {
            return Ok(());
        };
        if place.is_faulty && !place.is_doubtful {
            // What stands under a goal that exists can be tried all the same: nothing of the file will stay.
            self.note(at, Made { id: place.target, ..Made::default() });
            return Ok(());
        }
        let over = match self.over(&place) {
            // Its fault was told at the row above.
            Over::Refused => return Ok(()),
            Over::Unsaid => None,
            Over::Nothing => Some(None),
            Over::Goal(id) => Some(Some(id)),
        };
        let made = match wanted.goal {
            GoalType::Objective => self.take_objective(write, wanted, &place, over).await,
            GoalType::KeyResult => self.take_key_result(write, wanted, &place, over.flatten()).await,
        };
        match made {
            // It stays refused; what stands under it can be tried, for nothing of the file will stay.
            Ok(made) if place.is_doubtful => self.note(at, Made { id: made.id, ..Made::default() }),
            Ok(made) => self.note(at, made),
            // Whoever is to own it is not known, so neither is who may make it.
            Err(DomainError::Forbidden(_)) if place.is_doubtful => {}
            Err(error) => self.refuse(entry, error)?,
        }
        Ok(())
    }

    async fn take_objective(
        &self,
        write: &mut Write,
        wanted: &Wanted,
        place: &Place,
        parent: Said<Uuid>,
    ) -> Result<Made> {
        let Some(row) = place.target.and_then(|id| self.book.objectives.get(&id)) else {
            let is_cancelled = wanted.state == Some(GoalState::Cancelled);
            // Without a state, too, it is published where that is allowed, as an objective without rules is.
            let waits = wanted.state.is_none_or(|state| state == GoalState::Active)
                && wants_key_results(write, wanted, ObjectiveSource::KeyResults);
            let create = CreateObjective {
                id: None,
                title: wanted.title.clone().unwrap_or_default(),
                description: wanted.description.clone().flatten(),
                owner: place.owner.flatten(),
                team: place.team.flatten(),
                cycle: place.cycle.flatten(),
                parent: parent.flatten(),
                state: if waits { Some(GoalState::Draft) } else { wanted.state.filter(|_| !is_cancelled) },
                kind: wanted.objective_kind.unwrap_or(ObjectiveKind::Committed),
                visibility: wanted.visibility.unwrap_or(Visibility::Organization),
                priority: wanted.priority.flatten(),
                weight: wanted.weight.unwrap_or(1.0),
                include_children: wanted.include_children.unwrap_or(false),
                progress_source: wanted.objective_source.unwrap_or(ObjectiveSource::KeyResults),
                check_in_days: wanted.check_in_days.flatten(),
                check_in_owner: place.check_in_owner.flatten(),
                check_in_reviewer: place.check_in_reviewer.flatten(),
                origin: origin(wanted),
            };
            let row = create.run(write).await?;
            return Ok(Made {
                action: Some(RowAction::Create),
                id: Some(row.id),
                code: Some(row.code),
                last: if waits { Some(GoalState::Active) } else { wanted.state.filter(|_| is_cancelled) },
                is_optional: wanted.state.is_none(),
                ..Made::default()
            });
        };
        let mut diff = Diff::default();
        let mut update = self.objective_update(&mut diff, wanted, place, parent, row);
        let last = update.state.filter(|state| match state {
            GoalState::Cancelled => true,
            GoalState::Active => {
                row.state == GoalState::Draft && wants_key_results(write, wanted, row.progress_source)
            }
            GoalState::Draft | GoalState::Closed => false,
        });
        if last.is_some() {
            update.state = None;
        }
        let mut code = row.code.clone();
        if diff.0.iter().any(|column| last.is_none() || *column != Column::State.name()) {
            code = update.run(write).await?.code;
        }
        Ok(Made {
            action: Some(diff.action()),
            id: Some(row.id),
            code: Some(code),
            changes: diff.0,
            last,
            ..Made::default()
        })
    }

    fn objective_update(
        &self,
        diff: &mut Diff,
        wanted: &Wanted,
        place: &Place,
        parent: Said<Uuid>,
        row: &ObjectiveRow,
    ) -> UpdateObjective {
        let description = self.book.descriptions.get(&row.id).cloned();
        UpdateObjective {
            id: row.id,
            expected_version: None,
            title: diff.of(Column::Title, wanted.title.clone(), &row.title),
            description: diff.of(Column::Description, wanted.description.clone(), &description),
            owner: diff.of(Column::OwnerEmail, place.owner, &row.owner_id),
            team: diff.of(Column::Team, place.team, &row.team_id),
            cycle: diff.of(Column::Cycle, place.cycle, &row.cycle_id),
            parent: diff.of(parent_column(wanted), parent, &row.parent_id),
            state: diff.of(Column::State, wanted.state, &row.state),
            kind: diff.of(Column::Kind, wanted.objective_kind, &row.kind),
            visibility: diff.of(Column::Visibility, wanted.visibility, &row.visibility),
            priority: diff.of(Column::Priority, wanted.priority, &row.priority),
            weight: diff.of(Column::Weight, wanted.weight, &row.weight),
            include_children: diff.of(
                Column::IncludeChildren,
                wanted.include_children,
                &row.include_children,
            ),
            progress_source: diff.of(Column::ProgressSource, wanted.objective_source, &row.progress_source),
            check_in_days: diff.of(Column::CheckInDays, wanted.check_in_days, &row.check_in_days),
            check_in_owner: diff.of(Column::CheckInOwnerEmail, place.check_in_owner, &row.check_in_owner_id),
            check_in_reviewer: diff.of(
                Column::CheckInReviewerEmail,
                place.check_in_reviewer,
                &row.check_in_reviewer_id,
            ),
            origin: diff.origin(wanted, place, &row.external_id, &row.external_url),
        }
    }

    async fn take_key_result(
        &self,
        write: &mut Write,
        wanted: &Wanted,
        place: &Place,
        objective: Option<Uuid>,
    ) -> Result<Made> {
        let is_cancelled = wanted.state == Some(GoalState::Cancelled);
        let Some(row) = place.target.and_then(|id| self.book.key_results.get(&id)) else {
            let create = CreateKeyResult {
                id: None,
                objective: objective.ok_or(DomainError::NotFound)?,
                title: wanted.title.clone().unwrap_or_default(),
                description: wanted.description.clone().flatten(),
                owner: place.owner.flatten(),
                state: wanted.state.filter(|_| !is_cancelled),
                kind: wanted.key_result_kind,
                unit: wanted.unit.clone().flatten(),
                start: wanted.start.flatten(),
                target: wanted.target.flatten().filter(|_| wanted.target_percent.flatten().is_none()),
                target_percent: wanted.target_percent.flatten(),
                commit: wanted.commit.flatten(),
                stretch: wanted.stretch.flatten(),
                lower: wanted.lower_bound.flatten(),
                upper: wanted.upper_bound.flatten(),
                tolerance: wanted.tolerance.flatten(),
                progress_source: wanted.key_result_source.unwrap_or(ProgressSource::CheckIn),
                weight: wanted.weight.unwrap_or(1.0),
                starts_on: wanted.starts_on.flatten(),
                check_in_days: wanted.check_in_days.flatten(),
                check_in_owner: place.check_in_owner.flatten(),
                check_in_reviewer: place.check_in_reviewer.flatten(),
                origin: origin(wanted),
            };
            let row = create.run(write).await?;
            return Ok(Made {
                action: Some(RowAction::Create),
                id: Some(row.id),
                code: Some(row.code.clone()),
                statement: statement(wanted, &row, None).map(|(statement, _)| statement),
                last: is_cancelled.then_some(GoalState::Cancelled),
                ..Made::default()
            });
        };
        let mut diff = Diff::default();
        let mut update = self.key_result_update(&mut diff, wanted, place, objective, row);
        let is_cancelled_last = update.state == Some(GoalState::Cancelled);
        if is_cancelled_last {
            update.state = None;
        }
        let mut after = row.clone();
        if diff.0.iter().any(|column| !is_cancelled_last || *column != Column::State.name()) {
            after = update.run(write).await?;
        }
        let statement = statement(wanted, &after, Some(row)).map(|(statement, columns)| {
            diff.extend(columns);
            statement
        });
        Ok(Made {
            action: Some(diff.action()),
            id: Some(row.id),
            code: Some(after.code),
            changes: diff.0,
            statement,
            checks_in: false,
            is_optional: false,
            last: is_cancelled_last.then_some(GoalState::Cancelled),
        })
    }

    fn key_result_update(
        &self,
        diff: &mut Diff,
        wanted: &Wanted,
        place: &Place,
        objective: Option<Uuid>,
        row: &KeyResultRow,
    ) -> UpdateKeyResult {
        let description = self.book.descriptions.get(&row.id).cloned();
        let names_percent = wanted.target_percent.flatten().is_some();
        let is_in_percent = wanted.target_percent.unwrap_or(row.target_percent).is_some();
        UpdateKeyResult {
            id: row.id,
            expected_version: None,
            objective: diff.of(parent_column(wanted), objective, &row.objective_id),
            title: diff.of(Column::Title, wanted.title.clone(), &row.title),
            description: diff.of(Column::Description, wanted.description.clone(), &description),
            owner: diff.of(Column::OwnerEmail, place.owner, &row.owner_id),
            state: diff.of(Column::State, wanted.state, &row.state),
            kind: diff.of(Column::Kind, wanted.key_result_kind, &row.kind),
            unit: diff.of(Column::Unit, wanted.unit.clone(), &row.unit),
            start: diff.of(Column::Start, wanted.start, &row.start_value),
            // Beside a target in percent, no value is another target: it follows from the start.
            target: diff.of(
                Column::Target,
                wanted.target.filter(|target| !names_percent && (target.is_some() || !is_in_percent)),
                &row.target_value,
            ),
            target_percent: diff.of(Column::TargetPercent, wanted.target_percent, &row.target_percent),
            commit: diff.of(Column::Commit, wanted.commit, &row.commit_value),
            stretch: diff.of(Column::Stretch, wanted.stretch, &row.stretch_value),
            lower: diff.of(Column::LowerBound, wanted.lower_bound, &row.lower_bound),
            upper: diff.of(Column::UpperBound, wanted.upper_bound, &row.upper_bound),
            tolerance: diff.of(Column::Tolerance, wanted.tolerance, &row.tolerance),
            progress_source: diff.of(Column::ProgressSource, wanted.key_result_source, &row.progress_source),
            weight: diff.of(Column::Weight, wanted.weight, &row.weight),
            starts_on: diff.of(Column::StartsOn, wanted.starts_on, &row.starts_on),
            check_in_days: diff.of(Column::CheckInDays, wanted.check_in_days, &row.check_in_days),
            check_in_owner: diff.of(Column::CheckInOwnerEmail, place.check_in_owner, &row.check_in_owner_id),
            check_in_reviewer: diff.of(
                Column::CheckInReviewerEmail,
                place.check_in_reviewer,
                &row.check_in_reviewer_id,
            ),
            origin: diff.origin(wanted, place, &row.external_id, &row.external_url),
        }
    }

    /// Values and confidence that differ, as check-ins. All are stated, then rolled up once together with what
    /// else the file changed: each check-in keeps the numbers that the whole file led to.
    async fn check_in(&mut self, write: &mut Write) -> Result<()> {
        let mut stated = Vec::new();
        for at in 0..self.made.len() {
            let statement = self.made.get_mut(at).and_then(|made| made.statement.take());
            let (Some(statement), Some((entry, _))) = (statement, self.row(at)) else { continue };
            match statement.state(write).await {
                Ok(one) => {
                    stated.push(one);
                    if let Some(made) = self.made.get_mut(at) {
                        made.checks_in = true;
                    }
                }
                Err(error) => {
                    self.refuse(entry, error)?;
                    self.note(at, Made::default());
                }
            }
        }
        write.rolls_up_later = false;
        write.keep(stated).await?;
        Ok(())
    }

    /// Gives up what is to be given up, and publishes what had to wait: last, for nothing is made or recorded
    /// under what has ended.
    async fn end(&mut self, write: &mut Write) -> Result<()> {
        for at in (0..self.made.len()).rev() {
            let waiting = self.made.get(at).and_then(|made| made.id.zip(made.last));
            let Some((id, state)) = waiting else { continue };
            let state = Some(state);
            let is_optional = self.made.get(at).is_some_and(|made| made.is_optional);
            let Some((entry, wanted)) = self.row(at) else { continue };
            let ended = match wanted.goal {
                GoalType::Objective => {
                    let update = UpdateObjective { id, state, ..UpdateObjective::default() };
                    update.run(write).await.map(|_| ())
                }
                GoalType::KeyResult => {
                    let update = UpdateKeyResult { id, state, ..UpdateKeyResult::default() };
                    update.run(write).await.map(|_| ())
                }
            };
            if let Err(error) = ended {
                // Told before anything was written: it stays the draft that it began as.
                if is_optional && matches!(error, DomainError::User(_) | DomainError::Forbidden(_)) {
                    continue;
                }
                self.refuse(entry, error)?;
                self.note(at, Made::default());
            }
        }
        Ok(())
    }

    /// What keeps nothing from being taken in, and is worth a look.
    fn remark(&mut self) {
        let (mut nameless, mut with_progress) = (0, 0);
        let mut seen: HashMap<(GoalType, String, Option<Uuid>), u64> = HashMap::new();
        let mut remarks = Vec::new();
        for at in 0..self.made.len() {
            let Some((entry, wanted)) = self.row(at) else { continue };
            let (Some(made), Some(place)) = (self.made.get(at), self.places.get(at)) else { continue };
            let mut tell = |message: String| remarks.push(Remark { line: Some(entry.line), message });
            if let (Some(old), Some(code)) =
                (place.follows.and_then(|id| self.book.code(wanted.goal, id)), &made.code)
            {
                tell(format!("{old} is closed and goes on as {code}: the row concerns {code}"));
            }
            with_progress += usize::from(wanted.says_progress && made.action == Some(RowAction::Create));
            let archived = place.target.is_some_and(|id| match wanted.goal {
                GoalType::Objective => {
                    self.book.objectives.get(&id).is_some_and(|row| row.archived_at.is_some())
                }
                GoalType::KeyResult => {
                    self.book.key_results.get(&id).is_some_and(|row| row.archived_at.is_some())
                }
            });
            if archived {
                tell(format!("{} is archived and stays so", made.code.as_deref().unwrap_or("the goal")));
            }
            if made.action != Some(RowAction::Create) || wanted.external_id.is_some() {
                continue;
            }
            nameless += 1;
            let home = match wanted.goal {
                GoalType::Objective => place.cycle.flatten(),
                GoalType::KeyResult => match self.over(place) {
                    Over::Goal(id) => Some(id),
                    Over::Unsaid | Over::Nothing | Over::Refused => None,
                },
            };
            let title = wanted.title.as_deref().unwrap_or_default().to_lowercase();
            let key = (wanted.goal, title, home);
            if let Some(code) = self.book.titled.get(&key) {
                tell(format!(
                    "may be a double of {code}, which has the same title: name it by its code, or give both an external id"
                ));
            } else if let Some(line) = seen.get(&key) {
                tell(format!(
                    "has the title of line {line}: each becomes a {} of its own",
                    wanted.goal.word()
                ));
            }
            seen.entry(key).or_insert(entry.line);
        }
        if nameless > 0 {
            let message = format!(
                "{nameless} new rows have neither external_id nor code: importing the file again makes them again"
            );
            remarks.push(Remark { line: None, message });
        }
        if with_progress > 0 {
            let message =
                "progress is computed from start, target and current, never read from a file".to_owned();
            remarks.push(Remark { line: None, message });
        }
        self.remarks = remarks;
    }

    fn report(self) -> ImportReport {
        let is_written = self.faults.is_empty() && !self.file.dry_run;
        let mut faults = self.faults;
        let mut rows = Vec::with_capacity(self.made.len());
        let asked = self.file.sheet.entries.iter().zip(&self.file.rows);
        for ((entry, wanted), (place, made)) in asked.zip(self.places.into_iter().zip(self.made)) {
            let action = made.action.unwrap_or(RowAction::Refuse);
            // A goal that was made and is undone has neither id nor code.
            let stays = is_written || place.target.is_some();
            rows.push(RowReport {
                line: entry.line,
                goal: wanted.as_ref().map(|wanted| wanted.goal),
                action,
                id: made.id.filter(|_| stays),
                code: made.code.filter(|_| stays),
                external_id: wanted.as_ref().and_then(|wanted| wanted.external_id.clone()),
                title: wanted.as_ref().and_then(|wanted| wanted.title.clone()),
                changes: made.changes,
                checks_in: made.checks_in,
            });
        }
        let refused = rows.iter().any(|row| row.action == RowAction::Refuse);
        if refused && faults.is_empty() {
            // Every refusal has a fault of its own or of a row above; never let one pass in silence.
            faults.push(Fault::at(1, FaultCode::Invalid, "some rows could not be taken in"));
        }
        ImportReport::of(self.file.dry_run, rows, faults, self.remarks)
    }
}

/// Columns that differ.
#[derive(Debug, Default)]
struct Diff(Vec<&'static str>);

impl Diff {
    /// The value where it is said and differs.
    fn of<T: PartialEq>(&mut self, column: Column, said: Option<T>, stored: &T) -> Option<T> {
        let differs = said.filter(|value| value != stored)?;
        self.0.push(column.name());
        Some(differs)
    }

    fn extend(&mut self, columns: Vec<Column>) {
        self.0.extend(columns.into_iter().map(Column::name));
    }

    /// An external id that is not said stays: only its row's code named the goal.
    /// What goes on in the place of a closed goal is found by the id of that one, which keeps it.
    fn origin(
        &mut self,
        wanted: &Wanted,
        place: &Place,
        id: &Option<String>,
        url: &Option<String>,
    ) -> OriginChange {
        let said = wanted.external_id.clone().filter(|_| place.follows.is_none());
        OriginChange {
            external_id: self.of(Column::ExternalId, said.map(Some), id),
            external_url: self.of(Column::ExternalUrl, wanted.external_url.clone(), url),
        }
    }

    fn has(&self, column: Column) -> bool {
        self.0.contains(&column.name())
    }

    fn action(&self) -> RowAction {
        if self.0.is_empty() { RowAction::Keep } else { RowAction::Update }
    }
}

fn origin(wanted: &Wanted) -> Origin {
    Origin {
        external_id: wanted.external_id.clone(),
        external_url: wanted.external_url.clone().flatten(),
        // An empty cell says nobody; without the column, whoever makes a goal owns it.
        is_ownerless: wanted.owner_email.is_some(),
    }
}

fn parent_column(wanted: &Wanted) -> Column {
    let by_code = wanted.parent_code.as_ref().is_some_and(Option::is_some);
    let by_external = wanted.parent_external_id.as_ref().is_some_and(Option::is_some);
    if by_code && !by_external { Column::ParentCode } else { Column::ParentExternalId }
}

/// Whether the organization publishes no objective like this one before it has key results.
fn wants_key_results(write: &Write, wanted: &Wanted, before: ObjectiveSource) -> bool {
    let source = wanted.objective_source.unwrap_or(before);
    let facts = CheckFacts { is_proposed: true, source, has_owner: true, key_results: &[] };
    check_objective(&facts, &write.viewer().settings).iter().any(|problem| problem.blocks)
}

/// The check-in that a row makes, with the columns that differ from what is known.
///
/// A value that is what it was `before` the file changed its key result is nobody's statement: where only the
/// start was changed, the value may have moved with it. What the file leaves unsaid stays as somebody said it.
fn statement(
    wanted: &Wanted,
    row: &KeyResultRow,
    before: Option<&KeyResultRow>,
) -> Option<(MakeCheckIn, Vec<Column>)> {
    let was = |value: &entity::Decimal| before.is_some_and(|before| before.current_value == Some(*value));
    // A value written on a kind that has none is told by the check-in itself.
    let value = wanted.current.filter(|value| Some(*value) != row.current_value && !was(value));
    let confidence = wanted.confidence.filter(|confidence| Some(*confidence) != row.confidence);
    let columns: Vec<Column> = [value.map(|_| Column::Current), confidence.map(|_| Column::Confidence)]
        .into_iter()
        .flatten()
        .collect();
    if columns.is_empty() {
        return None;
    }
    let statement = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value,
        confidence: wanted.confidence.or(row.confidence),
        health: row.reported_health,
        note: None,
    };
    Some((statement, columns))
}
