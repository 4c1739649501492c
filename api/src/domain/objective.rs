//! What an organization, team or person wants to achieve.

use entity::{
    CycleState, EventKind, GoalState, Instant, ObjectiveKind, ObjectiveSource, PointSource, SubjectKind,
    Visibility, objective,
};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    access::{
        Action,
        permit::Goal,
        scope::{Listed, Scope},
    },
    cycle::CycleRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::NewEvent,
    objective_check::{CheckFacts, check_objective, refuse_unfit},
    origin::{Origin, OriginChange},
    person::PersonRow,
    relation::Table,
    row::row,
    stale::ended_at,
    team::TeamRow,
    text::{self, Checks},
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

row! {
    /// What an organization, team or person wants to achieve.
    ObjectiveRow of objective {
        /// Key.
        id: Uuid = Id,
        /// The number in the code.
        number: i64 = Number,
        /// Unique code, `O-12`, never given twice.
        code: String = Code,
        /// What is to be achieved.
        title: String = Title,
        /// Who answers for it.
        owner_id: Option<Uuid> = OwnerId,
        /// The team it belongs to; null for one of the whole organization.
        team_id: Option<Uuid> = TeamId,
        /// The cycle it is set for.
        cycle_id: Option<Uuid> = CycleId,
        /// The objective above, which this one is aligned to.
        parent_id: Option<Uuid> = ParentId,
        /// Where the objective is in its life.
        state: GoalState = State,
        /// Committed, or aspirational.
        kind: ObjectiveKind = Kind,
        /// Who may see it.
        visibility: Visibility = Visibility,
        /// Share of attention intended, 0–1, for investment only; null when not set.
        priority: Option<f64> = Priority,
        /// Share in the roll-up of the objective above; 0 or more.
        weight: f64 = Weight,
        /// Whether aligned child objectives join the roll-up.
        include_children: bool = IncludeChildren,
        /// Whether progress comes from key results or from own links.
        progress_source: ObjectiveSource = ProgressSource,
        /// Rolled-up progress, 0–1; null when nothing counts.
        progress: Option<f64> = Progress,
        /// When the progress was last computed.
        progress_at: Option<Instant> = ProgressAt,
        /// Score at close, 0–1.
        score: Option<f64> = Score,
        /// Days between check-ins of the key results that set none; null takes the parent's, else the cycle's.
        check_in_days: Option<i32> = CheckInDays,
        /// Who checks in on the key results that name nobody; null leaves it to their owners.
        check_in_owner_id: Option<Uuid> = CheckInOwnerId,
        /// Who acknowledges the check-ins on the key results that name nobody.
        check_in_reviewer_id: Option<Uuid> = CheckInReviewerId,
        /// Its id in the file or tool that it came from.
        external_id: Option<String> = ExternalId,
        /// Its page there.
        external_url: Option<String> = ExternalUrl,
        /// When it was archived.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for ObjectiveRow {
    const TABLE: Table = Table::Objective;
    const ARCHIVABLE: bool = true;
}

impl ObjectiveRow {
    /// What decides who may change it.
    #[must_use]
    pub fn goal(&self) -> Goal {
        Goal { team: self.team_id, owner: self.owner_id, state: self.state }
    }
}

impl Scope {
    /// The objective with a code, old and inherited codes included: the code of one that was closed and
    /// carried over leads to the one that goes on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn objective_by_code(&self, code: &str) -> Result<Option<std::sync::Arc<ObjectiveRow>>> {
        let code = code.trim().to_uppercase();
        let found = match self.by_text::<ObjectiveRow>("code", &code).await? {
            Some(row) => Some(row),
            None => match self.alias_of(&code).await? {
                Some((Some(objective), _)) => self.by_ids(&[objective]).await?.remove(&objective),
                Some((None, _)) | None => None,
            },
        };
        let Some(closed) = found.as_ref().filter(|row| row.state == GoalState::Closed) else {
            return Ok(found);
        };
        match self.successors(SubjectKind::Objective, &[closed.id]).await?.remove(&closed.id) {
            Some(next) => Ok(self.by_ids(&[next]).await?.remove(&next).or(found)),
            None => Ok(found),
        }
    }
}

/// Makes an objective.
#[derive(Clone, Debug)]
pub struct CreateObjective {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// What is to be achieved.
    pub title: String,
    /// Longer text.
    pub description: Option<String>,
    /// Who answers for it; the viewer when left out.
    pub owner: Option<Uuid>,
    /// The team it belongs to.
    pub team: Option<Uuid>,
    /// The cycle it is set for.
    pub cycle: Option<Uuid>,
    /// The objective above.
    pub parent: Option<Uuid>,
    /// State; published where the viewer may, else a draft, when left out.
    pub state: Option<GoalState>,
    /// Committed or aspirational.
    pub kind: ObjectiveKind,
    /// Who may see it.
    pub visibility: Visibility,
    /// Share of attention intended, 0–1.
    pub priority: Option<f64>,
    /// Share in the roll-up of the objective above.
    pub weight: f64,
    /// Whether child objectives join the roll-up.
    pub include_children: bool,
    /// Where progress comes from.
    pub progress_source: ObjectiveSource,
    /// Days between check-ins.
    pub check_in_days: Option<i32>,
    /// Who checks in on its key results.
    pub check_in_owner: Option<Uuid>,
    /// Who acknowledges the check-ins on its key results.
    pub check_in_reviewer: Option<Uuid>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Command for CreateObjective {
    type Output = ObjectiveRow;

    async fn run(&self, write: &mut Write) -> Result<ObjectiveRow> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::Objective, self.id, &digest).await? {
            return write.get(id).await?.ok_or(DomainError::NotFound);
        }
        let mut checks = Checks::default();
        let title = checks.take(text::title("title", &self.title));
        let description = checks.take(text::description("description", self.description.as_deref()));
        check_numbers(&mut checks, self.priority, self.weight, self.check_in_days);
        let origin = self.origin.checked(&mut checks);
        checks.end()?;
        let owner = self.origin.owner(self.owner, write.viewer());
        write.check_goal_references(owner, self.team, self.cycle).await?;
        write.check_check_in_people(self.check_in_owner, self.check_in_reviewer).await?;
        if let Some(parent) = self.parent {
            write.referred::<ObjectiveRow>("parentId", parent).await?;
        }
        let id = self.id.unwrap_or_else(|| write.new_id());
        let goal = |state| Goal { team: self.team, owner, state };
        // It has no key results yet: where the organization wants some first, it begins as a draft.
        let facts = CheckFacts {
            is_proposed: true,
            source: self.progress_source,
            has_owner: owner.is_some(),
            key_results: &[],
        };
        let unfit = check_objective(&facts, &write.viewer().settings);
        let is_unfit = unfit.iter().any(|problem| problem.blocks);
        let state = self.state.unwrap_or_else(|| {
            if !is_unfit && write.viewer().may_goal(Action::Create, goal(GoalState::Active)) {
                GoalState::Active
            } else {
                GoalState::Draft
            }
        });
        refuse_closed(state)?;
        write.viewer().permit_goal::<ObjectiveRow>(Action::Create, goal(state), (id, 1))?;
        if state == GoalState::Active {
            refuse_unfit(&unfit)?;
        }
        let number = write.next_number("next_objective_number").await?;
        // Read under the lock that the number takes, which a close of the cycle takes too.
        write.refuse_ended_parent(self.parent).await?;
        write.refuse_ended_cycle("cycleId", self.cycle).await?;
        let code = format!("{}-{number}", write.viewer().settings.objective_prefix);
        let row = objective::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            number: Set(number),
            code: Set(code),
            title_folded: Set(title.to_lowercase()),
            title: Set(title),
            description: Set(description),
            owner_id: Set(owner),
            team_id: Set(self.team),
            cycle_id: Set(self.cycle),
            parent_id: Set(self.parent),
            state: Set(state),
            ended_at: Set(ended_at(state, write.now)),
            kind: Set(self.kind),
            visibility: Set(self.visibility),
            priority: Set(self.priority),
            weight: Set(self.weight),
            include_children: Set(self.include_children),
            progress_source: Set(self.progress_source),
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
        write.insert::<objective::Entity>(row).await?;
        let row: ObjectiveRow = write.reread(id).await?;
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Objective, id),
            ancestors: row.ancestors(),
            sight: row.sight(),
            previous: None,
            current: news,
        });
        write.touched.source = Some(PointSource::Edit);
        write.touched.objectives.insert(id);
        write.touched.objectives.extend(self.parent);
        write.roll_up().await?;
        write.get(id).await?.ok_or_else(|| {
            let message = "would hide the objective from you: own it yourself, or let more people see it";
            DomainError::user("visibility", UserErrorCode::Invalid, message)
        })
    }
}

/// Changes an objective; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateObjective {
    /// The objective.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// What is to be achieved.
    pub title: Option<String>,
    /// Longer text; null takes it away.
    pub description: Option<Option<String>>,
    /// Who answers for it; null for nobody.
    pub owner: Option<Option<Uuid>>,
    /// The team; null for the whole organization.
    pub team: Option<Option<Uuid>>,
    /// The cycle; null for none.
    pub cycle: Option<Option<Uuid>>,
    /// The objective above; null for none.
    pub parent: Option<Option<Uuid>>,
    /// State.
    pub state: Option<GoalState>,
    /// Committed or aspirational.
    pub kind: Option<ObjectiveKind>,
    /// Who may see it.
    pub visibility: Option<Visibility>,
    /// Share of attention intended; null for not set.
    pub priority: Option<Option<f64>>,
    /// Share in the roll-up of the objective above.
    pub weight: Option<f64>,
    /// Whether child objectives join the roll-up.
    pub include_children: Option<bool>,
    /// Where progress comes from.
    pub progress_source: Option<ObjectiveSource>,
    /// Days between check-ins; null for the parent's, else the cycle's, else the organization's.
    pub check_in_days: Option<Option<i32>>,
    /// Who checks in on its key results; null leaves it to their owners.
    pub check_in_owner: Option<Option<Uuid>>,
    /// Who acknowledges the check-ins on its key results; null for nobody.
    pub check_in_reviewer: Option<Option<Uuid>>,
    /// Where it comes from.
    pub origin: OriginChange,
}

impl Command for UpdateObjective {
    type Output = ObjectiveRow;

    async fn run(&self, write: &mut Write) -> Result<ObjectiveRow> {
        use objective::Column;
        if self.cycle.is_some() || self.parent.is_some() || self.state.is_some() {
            // First, as a close of a cycle does, so that no goal slips into one that is being closed.
            write.lock_organization().await?;
        }
        if self.cycle.is_some() || self.state.is_some() {
            write.lock_around_objective(self.id).await?;
        }
        let row: ObjectiveRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_goal(Action::Update, row.goal(), (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        refuse_frozen("id", &row.code, row.state)?;
        let mut checks = Checks::default();
        let title = self.title.as_deref().map(|title| checks.take(text::title("title", title)));
        let description = self
            .description
            .as_ref()
            .map(|text| checks.take(text::description("description", text.as_deref())));
        check_numbers(
            &mut checks,
            self.priority.flatten(),
            self.weight.unwrap_or(1.0),
            self.check_in_days.flatten(),
        );
        let origin = self.origin.checked(&mut checks);
        checks.end()?;
        write.check_goal_references(self.owner.flatten(), self.team.flatten(), self.cycle.flatten()).await?;
        write.check_check_in_people(self.check_in_owner.flatten(), self.check_in_reviewer.flatten()).await?;
        if let Some(Some(parent)) = self.parent {
            write.referred::<ObjectiveRow>("parentId", parent).await?;
            write.refuse_ring((Table::Objective, "code"), "parentId", self.id, parent).await?;
            if row.parent_id != Some(parent) {
                write.refuse_ended_parent(Some(parent)).await?;
            }
        }
        // The right must hold after the change too: nobody gives a goal to a team they do not manage,
        // or publishes one by moving it.
        let after = Goal {
            team: self.team.unwrap_or(row.team_id),
            owner: self.owner.unwrap_or(row.owner_id),
            state: self.state.unwrap_or(row.state),
        };
        write.viewer().permit_goal::<ObjectiveRow>(Action::Update, after, (row.id, row.version))?;
        if after.state != row.state {
            refuse_closed(after.state)?;
        }
        let cycle = self.cycle.unwrap_or(row.cycle_id);
        if cycle != row.cycle_id {
            write.refuse_ended_cycle("cycleId", cycle).await?;
        } else if after.state != row.state && after.state == GoalState::Active {
            write.refuse_ended_cycle("state", cycle).await?;
        }
        if row.state != GoalState::Active && after.state == GoalState::Active {
            let source = self.progress_source.unwrap_or(row.progress_source);
            write.refuse_publishing((row.id, row.state), source, after.owner.is_some()).await?;
        }
        let mut changes = Changes::<objective::Entity>::new();
        if let Some(title) = title {
            changes.set(Column::Title, &row.title, title.clone());
            if changes.touches(Column::Title) {
                changes.set_quietly(Column::TitleFolded, title.to_lowercase());
            }
        }
        if let Some(description) = description {
            let old = write.long_text(Table::Objective, "description", row.id).await?;
            changes.set(Column::Description, &old, description);
        }
        changes.set(Column::OwnerId, &row.owner_id, after.owner);
        changes.set(Column::TeamId, &row.team_id, after.team);
        changes.set(Column::CycleId, &row.cycle_id, cycle);
        changes.set(Column::ParentId, &row.parent_id, self.parent.unwrap_or(row.parent_id));
        changes.set(Column::State, &row.state, after.state);
        if changes.touches(Column::State) {
            changes.set_quietly(Column::EndedAt, ended_at(after.state, write.now));
        }
        changes.set(Column::Kind, &row.kind, self.kind.unwrap_or(row.kind));
        changes.set(Column::Visibility, &row.visibility, self.visibility.unwrap_or(row.visibility));
        changes.set(Column::Priority, &row.priority, self.priority.unwrap_or(row.priority));
        changes.set(Column::Weight, &row.weight, self.weight.unwrap_or(row.weight));
        changes.set(
            Column::IncludeChildren,
            &row.include_children,
            self.include_children.unwrap_or(row.include_children),
        );
        changes.set(
            Column::ProgressSource,
            &row.progress_source,
            self.progress_source.unwrap_or(row.progress_source),
        );
        changes.set(Column::CheckInDays, &row.check_in_days, self.check_in_days.unwrap_or(row.check_in_days));
        changes.set(
            Column::CheckInOwnerId,
            &row.check_in_owner_id,
            self.check_in_owner.unwrap_or(row.check_in_owner_id),
        );
        changes.set(
            Column::CheckInReviewerId,
            &row.check_in_reviewer_id,
            self.check_in_reviewer.unwrap_or(row.check_in_reviewer_id),
        );
        changes.set(Column::ExternalId, &row.external_id, origin.id_after(&row.external_id));
        changes.set(Column::ExternalUrl, &row.external_url, origin.url_after(&row.external_url));
        let above = [row.parent_id, self.parent.flatten()];
        let moved = changes.touches(Column::State) || changes.touches(Column::CycleId);
        write.update_objective(&permit, &row, changes, EventKind::Updated, above).await?;
        if moved {
            let ends = write.ends_of_objective(row.id).await?;
            write.goals_moved(&ends).await?;
        }
        write.rolled_up(row.id).await
    }
}

/// Archives an objective, or takes it out of the archive.
#[derive(Clone, Debug)]
pub struct ArchiveObjective {
    /// The objective.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveObjective {
    type Output = ObjectiveRow;

    async fn run(&self, write: &mut Write) -> Result<ObjectiveRow> {
        write.lock_around_objective(self.id).await?;
        let row: ObjectiveRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_goal(Action::Archive, row.goal(), (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut changes = Changes::<objective::Entity>::new();
        if row.archived_at.is_some() != self.archive {
            let archived_at = self.archive.then_some(write.now);
            changes.set(objective::Column::ArchivedAt, &row.archived_at, archived_at);
        }
        let changed = !changes.is_empty();
        let kind = if self.archive { EventKind::Archived } else { EventKind::Unarchived };
        let above = [row.parent_id, None];
        write.update_objective(&permit, &row, changes, kind, above).await?;
        if changed {
            let ends = write.ends_of_objective(row.id).await?;
            write.goals_moved(&ends).await?;
        }
        write.rolled_up(row.id).await
    }
}

impl Write {
    /// Writes the changes of an objective with its event; what follows for numbers is noted.
    pub(in crate::domain) async fn update_objective(
        &mut self,
        permit: &super::access::Permit<ObjectiveRow>,
        row: &ObjectiveRow,
        changes: Changes<objective::Entity>,
        kind: EventKind,
        above: [Option<Uuid>; 2],
    ) -> Result<()> {
        if !self.update(permit, &changes).await? {
            return Ok(());
        }
        let (previous, current) = changes.into_news();
        // Read whoever asks: the change may have taken the row out of the viewer's own sight.
        let after: ObjectiveRow = self.reread(row.id).await?;
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::Objective, row.id),
            ancestors: after.ancestors(),
            sight: after.sight(),
            previous: Some(previous),
            current,
        });
        self.touched.source = Some(PointSource::Edit);
        self.touched.objectives.insert(row.id);
        self.touched.objectives.extend(above.into_iter().flatten());
        Ok(())
    }

    /// The objective above is neither over nor archived.
    pub(in crate::domain) async fn refuse_ended_parent(&self, parent: Option<Uuid>) -> Result<()> {
        let Some(parent) = parent else { return Ok(()) };
        let above: ObjectiveRow = self.referred("parentId", parent).await?;
        let why = match above.state {
            GoalState::Closed | GoalState::Cancelled => "has ended",
            GoalState::Draft | GoalState::Active if above.archived_at.is_some() => "is archived",
            GoalState::Draft | GoalState::Active => return Ok(()),
        };
        let message = format!("{} {why}: choose another objective above", above.code);
        Err(DomainError::user("parentId", UserErrorCode::NotNow, message))
    }

    /// The cycle still takes goals.
    pub(in crate::domain) async fn refuse_ended_cycle(&self, field: &str, cycle: Option<Uuid>) -> Result<()> {
        let Some(cycle) = cycle else { return Ok(()) };
        let cycle: CycleRow = self.referred(field, cycle).await?;
        if cycle.state != CycleState::Closed {
            return Ok(());
        }
        let message = format!("{} is closed: choose a cycle that is not", cycle.name);
        Err(DomainError::user(field, UserErrorCode::NotNow, message))
    }

    /// What an objective refers to exists, is visible and in use.
    pub(in crate::domain) async fn check_goal_references(
        &self,
        owner: Option<Uuid>,
        team: Option<Uuid>,
        cycle: Option<Uuid>,
    ) -> Result<()> {
        self.check_person("ownerId", owner).await?;
        if let Some(team) = team {
            self.referred::<TeamRow>("teamId", team).await?;
        }
        if let Some(cycle) = cycle {
            self.referred::<CycleRow>("cycleId", cycle).await?;
        }
        Ok(())
    }
}

impl Write {
    /// Who checks in and who reviews exist and are active.
    pub(in crate::domain) async fn check_check_in_people(
        &self,
        owner: Option<Uuid>,
        reviewer: Option<Uuid>,
    ) -> Result<()> {
        self.check_person("checkInOwnerId", owner).await?;
        self.check_person("checkInReviewerId", reviewer).await
    }

    async fn check_person(&self, field: &str, person: Option<Uuid>) -> Result<()> {
        let Some(person) = person else { return Ok(()) };
        let person: PersonRow = self.referred(field, person).await?;
        if person.deactivated_at.is_some() {
            return Err(DomainError::user(field, UserErrorCode::Invalid, "is deactivated"));
        }
        Ok(())
    }
}

fn check_numbers(checks: &mut Checks, priority: Option<f64>, weight: f64, check_in_days: Option<i32>) {
    if let Some(priority) = priority {
        checks.take(text::within("priority", priority, 0.0, 1.0));
    }
    checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
    if check_in_days.is_some_and(|days| !(1..=366).contains(&days)) {
        checks.refuse(UserError::at("checkInDays", UserErrorCode::Invalid, "lies between 1 and 366 days"));
    }
}

/// A closed goal stays as it was scored.
pub(in crate::domain) fn refuse_frozen(field: &str, code: &str, state: GoalState) -> Result<()> {
    match state {
        GoalState::Draft | GoalState::Active | GoalState::Cancelled => Ok(()),
        GoalState::Closed => Err(DomainError::user(
            field,
            UserErrorCode::NotNow,
            format!("{code} is closed and stays as it was scored: carry its key results over to go on"),
        )),
    }
}

/// Closing is the business of the cycle's close, which scores and notes.
pub(in crate::domain) fn refuse_closed(state: GoalState) -> Result<()> {
    match state {
        GoalState::Draft | GoalState::Active | GoalState::Cancelled => Ok(()),
        GoalState::Closed => Err(DomainError::user(
            "state",
            UserErrorCode::NotNow,
            "a goal is closed with its cycle, which scores it; use CANCELLED to give it up",
        )),
    }
}
