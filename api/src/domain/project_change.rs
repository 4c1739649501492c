//! How projects are made, changed and archived.

use chrono::NaiveDate;
use entity::{
    EventKind, PointSource, ProgressBasis, ProjectState, SubjectKind, Visibility, WorkClass, project,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::{Action, Permit},
    error::{DomainError, Result, UserError, UserErrorCode},
    events::NewEvent,
    project::ProjectRow,
    relation::Table,
    text::{self, Checks},
    work_references::may_refer,
    work_rights::owned_by_tool,
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

/// Makes a project.
#[derive(Clone, Debug)]
pub struct CreateProject {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// Display name.
    pub title: String,
    /// Longer text.
    pub description: Option<String>,
    /// The team that does it.
    pub team: Option<Uuid>,
    /// Who answers for it; the viewer when left out.
    pub owner: Option<Uuid>,
    /// Where it is in its life.
    pub state: ProjectState,
    /// Who may see it and its tasks.
    pub visibility: Visibility,
    /// Planned first day.
    pub starts_on: Option<NaiveDate>,
    /// Planned last day.
    pub ends_on: Option<NaiveDate>,
    /// Whether completion counts tasks or sums estimates.
    pub progress_basis: ProgressBasis,
    /// Kind of work that needs no goal.
    pub work_class: Option<WorkClass>,
}

impl Command for CreateProject {
    type Output = ProjectRow;

    async fn run(&self, write: &mut Write) -> Result<ProjectRow> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::Project, self.id, &digest).await? {
            return write.get(id).await?.ok_or(DomainError::NotFound);
        }
        let row = self.make(write, &digest, None).await?;
        if self.may_refer() {
            write.read_references(&[(SubjectKind::Project, row.id)], true).await?;
        }
        write.pass_gate(row.id, false, row.state).await?;
        Ok(row)
    }
}

impl CreateProject {
    /// Whether its texts may name goals.
    pub(in crate::domain) fn may_refer(&self) -> bool {
        may_refer([self.title.as_str(), self.description.as_deref().unwrap_or_default()])
    }

    /// Makes the project, from a template or from nothing; whoever asks reads its texts, and lets it pass the
    /// gate once what opens that is there.
    pub(in crate::domain) async fn make(
        &self,
        write: &mut Write,
        digest: &str,
        template: Option<Uuid>,
    ) -> Result<ProjectRow> {
        let mut checks = Checks::default();
        let title = checks.take(text::title("title", &self.title));
        let description = checks.take(text::description("description", self.description.as_deref()));
        check_dates(&mut checks, self.starts_on, self.ends_on);
        checks.end()?;
        let viewer = write.viewer();
        let owner = self.owner.or((!viewer.person_id.is_nil()).then_some(viewer.person_id));
        write.check_goal_references(owner, self.team, None).await?;
        let id = self.id.unwrap_or_else(|| write.new_id());
        let work = write.rights_on_project(self.team, owner).await?;
        write.viewer().permit_work::<ProjectRow>(Action::Create, work, (id, 1))?;
        let row = project::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            title_folded: Set(title.to_lowercase()),
            title: Set(title),
            description: Set(description),
            team_id: Set(self.team),
            owner_id: Set(owner),
            state: Set(self.state),
            visibility: Set(self.visibility),
            starts_on: Set(self.starts_on),
            ends_on: Set(self.ends_on),
            started_at: Set((self.state == ProjectState::InProgress).then_some(write.now)),
            ended_at: Set(has_ended(self.state).then_some(write.now)),
            progress_basis: Set(self.progress_basis),
            work_class: Set(self.work_class),
            template_id: Set(template),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        let news = news_with_digest(&row, digest);
        write.insert::<project::Entity>(row).await?;
        let row: ProjectRow = write.reread(id).await?;
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Project, id),
            ancestors: row.ancestors(),
            sight: row.sight(),
            previous: None,
            current: news,
        });
        write.touched.source = Some(PointSource::Edit);
        write.touched.projects.insert(id);
        Ok(row)
    }
}

/// Changes a project; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateProject {
    /// The project.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Display name.
    pub title: Option<String>,
    /// Longer text; null takes it away.
    pub description: Option<Option<String>>,
    /// The team that does it; null for none.
    pub team: Option<Option<Uuid>>,
    /// Who answers for it; null for nobody.
    pub owner: Option<Option<Uuid>>,
    /// Where it is in its life.
    pub state: Option<ProjectState>,
    /// Who may see it and its tasks.
    pub visibility: Option<Visibility>,
    /// Planned first day; null for none.
    pub starts_on: Option<Option<NaiveDate>>,
    /// Planned last day; null for none.
    pub ends_on: Option<Option<NaiveDate>>,
    /// Whether completion counts tasks or sums estimates.
    pub progress_basis: Option<ProgressBasis>,
    /// Kind of work that needs no goal; null for work that should have one.
    pub work_class: Option<Option<WorkClass>>,
}

impl Command for UpdateProject {
    type Output = ProjectRow;

    async fn run(&self, write: &mut Write) -> Result<ProjectRow> {
        use project::Column;
        if self.visibility.is_some() || self.team.is_some() {
            // Its tasks follow: they are locked before the project, as every writer does.
            write.get::<ProjectRow>(self.id).await?.ok_or(DomainError::NotFound)?;
            write.lock_tasks_of(self.id).await?;
        }
        let row: ProjectRow = write.lock(self.id).await?;
        let work = write.rights_on_project(row.team_id, row.owner_id).await?;
        let permit = write.viewer().permit_work(Action::Update, work, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let starts_on = self.starts_on.unwrap_or(row.starts_on);
        let ends_on = self.ends_on.unwrap_or(row.ends_on);
        let mut checks = Checks::default();
        let title = self.title.as_deref().map(|title| checks.take(text::title("title", title)));
        let description = self
            .description
            .as_ref()
            .map(|text| checks.take(text::description("description", text.as_deref())));
        check_dates(&mut checks, starts_on, ends_on);
        checks.end()?;
        write.check_goal_references(self.owner.flatten(), self.team.flatten(), None).await?;
        // The right must hold after the change too: nobody pushes work into a team they may not write.
        let (team, owner) = (self.team.unwrap_or(row.team_id), self.owner.unwrap_or(row.owner_id));
        let after = write.rights_on_project(team, owner).await?;
        write.viewer().permit_work::<ProjectRow>(Action::Update, after, (row.id, row.version))?;
        let mut changes = Changes::<project::Entity>::new();
        if let Some(title) = title {
            changes.set(Column::Title, &row.title, title.clone());
            if changes.touches(Column::Title) {
                changes.set_quietly(Column::TitleFolded, title.to_lowercase());
            }
        }
        if let Some(description) = description {
            let old = write.long_text(Table::Project, "description", row.id).await?;
            changes.set(Column::Description, &old, description);
        }
        changes.set(Column::TeamId, &row.team_id, team);
        changes.set(Column::OwnerId, &row.owner_id, owner);
        changes.set(Column::Visibility, &row.visibility, self.visibility.unwrap_or(row.visibility));
        changes.set(Column::StartsOn, &row.starts_on, starts_on);
        changes.set(Column::EndsOn, &row.ends_on, ends_on);
        changes.set(
            Column::ProgressBasis,
            &row.progress_basis,
            self.progress_basis.unwrap_or(row.progress_basis),
        );
        changes.set(Column::WorkClass, &row.work_class, self.work_class.unwrap_or(row.work_class));
        row.refuse_what_the_tool_owns(&changes)?;
        if changes.touches(Column::WorkClass) {
            let piece = write.pieces_of_work(&[], std::slice::from_ref(&row)).await?.pop();
            let piece = piece.ok_or(DomainError::NotFound)?;
            write.refuse_other_class(&piece, self.work_class.flatten()).await?;
        }
        let begun = self.state.filter(|state| *state != row.state);
        if let Some(state) = begun {
            changes.set(Column::State, &row.state, state);
            if state == ProjectState::InProgress {
                changes.set(Column::StartedAt, &row.started_at, row.started_at.or(Some(write.now)));
            }
            let ended = has_ended(state).then(|| row.ended_at.unwrap_or(write.now));
            changes.set(Column::EndedAt, &row.ended_at, ended);
        }
        let tasks_follow = changes.touches(Column::TeamId) || changes.touches(Column::Visibility);
        let reworded = [Column::Title, Column::Description].into_iter().any(|column| changes.touches(column));
        // What has ended stays as it ended, also when it turns out to have been given up.
        let ends =
            changes.touches(Column::State) && self.state.is_some_and(has_ended) && !has_ended(row.state);
        let row = write.update_project(&permit, row, changes, EventKind::Updated).await?;
        if tasks_follow {
            write.copy_sight_to_tasks(&row).await?;
        }
        if reworded {
            write.read_references(&[(SubjectKind::Project, row.id)], false).await?;
        }
        if let Some(state) = begun {
            // After its texts were read: a goal that they name is a link.
            write.pass_gate(row.id, row.integration_id.is_some(), state).await?;
        }
        if ends {
            // With the numbers that its own end leads to.
            let row: ProjectRow = write.rolled_up(row.id).await?;
            write.freeze_project_results(&row).await?;
            return Ok(row);
        }
        Ok(row)
    }
}

/// Archives a project, or takes it out of the archive.
#[derive(Clone, Debug)]
pub struct ArchiveProject {
    /// The project.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveProject {
    type Output = ProjectRow;

    async fn run(&self, write: &mut Write) -> Result<ProjectRow> {
        let row: ProjectRow = write.lock(self.id).await?;
        let work = write.rights_on_project(row.team_id, row.owner_id).await?;
        let permit = write.viewer().permit_work(Action::Archive, work, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        if row.integration_id.is_some() {
            return Err(DomainError::User(vec![owned_by_tool("id", row.external_url.as_deref())]));
        }
        let mut changes = Changes::<project::Entity>::new();
        if row.archived_at.is_some() != self.archive {
            changes.set(project::Column::ArchivedAt, &row.archived_at, self.archive.then_some(write.now));
        }
        let kind = if self.archive { EventKind::Archived } else { EventKind::Unarchived };
        write.update_project(&permit, row, changes, kind).await
    }
}

impl ProjectRow {
    /// The rows above it.
    pub(in crate::domain) fn ancestors(&self) -> Vec<(SubjectKind, Uuid)> {
        self.team_id.map(|team| (SubjectKind::Team, team)).into_iter().collect()
    }

    /// Tools own the name, the text and the days of what is synced from them. None of them tells the state
    /// of a project, so that is ours, as are team, owner, visibility, basis and work class.
    fn refuse_what_the_tool_owns(&self, changes: &Changes<project::Entity>) -> Result<()> {
        use project::Column;
        if self.integration_id.is_none() {
            return Ok(());
        }
        let owned = [
            (Column::Title, "title"),
            (Column::Description, "description"),
            (Column::StartsOn, "startsOn"),
            (Column::EndsOn, "endsOn"),
        ];
        let errors = owned
            .into_iter()
            .filter(|(column, _)| changes.touches(*column))
            .map(|(_, field)| owned_by_tool(field, self.external_url.as_deref()))
            .collect();
        DomainError::unless_empty(errors)
    }
}

impl Write {
    async fn update_project(
        &mut self,
        permit: &Permit<ProjectRow>,
        row: ProjectRow,
        changes: Changes<project::Entity>,
        kind: EventKind,
    ) -> Result<ProjectRow> {
        if !self.update(permit, &changes).await? {
            return Ok(row);
        }
        let (previous, current) = changes.into_news();
        // Read whoever asks: the change may have taken the row out of the viewer's own sight.
        let after: ProjectRow = self.reread(row.id).await?;
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::Project, row.id),
            ancestors: after.ancestors(),
            sight: after.sight(),
            previous: Some(previous),
            current,
        });
        self.touched.source = Some(PointSource::Edit);
        self.touched.projects.insert(row.id);
        Ok(after)
    }

    /// Locks the tasks whose primary project it is, in the order of their keys.
    async fn lock_tasks_of(&self, project: Uuid) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let of = |name: &'static str| Expr::col((Alias::new("task"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("id"))
            .from(Alias::new("task"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("project_id").eq(project));
        self.locked(&mut select, "task");
        self.tx.all(&select).await?;
        Ok(())
    }

    /// A task is seen as its primary project is; a copy keeps its row filter to one table.
    async fn copy_sight_to_tasks(&self, project: &ProjectRow) -> Result<()> {
        self.set_where(
            "task",
            vec![("team_id", project.team_id.into()), ("visibility", project.visibility.into())],
            Condition::all().add(Expr::col((Alias::new("task"), Alias::new("project_id"))).eq(project.id)),
        )
        .await?;
        Ok(())
    }
}

fn has_ended(state: ProjectState) -> bool {
    match state {
        ProjectState::Done | ProjectState::Cancelled => true,
        ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused => false,
    }
}

fn check_dates(checks: &mut Checks, starts_on: Option<NaiveDate>, ends_on: Option<NaiveDate>) {
    if let Some((starts_on, ends_on)) = starts_on.zip(ends_on)
        && starts_on > ends_on
    {
        let what = format!("lies before the first day, {starts_on}");
        checks.refuse(UserError::at("endsOn", UserErrorCode::Invalid, what));
    }
}
