//! Pieces of work, projects and tasks alike, with what decides about them: read for many at once.

use std::collections::{HashMap, HashSet};

use entity::{SubjectKind, WorkClass};
use sea_orm::{
    Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::permit::Work,
    error::{DomainError, Result, UserErrorCode},
    events::Sight,
    link_target::LinkSource,
    project::ProjectRow,
    task::TaskRow,
    write::Write,
};

/// A project or task as those see it who say something about it.
#[derive(Clone, Debug)]
pub(in crate::domain) struct PieceOfWork {
    /// Which one.
    pub(in crate::domain) source: LinkSource,
    /// Version of its row.
    pub(in crate::domain) version: i64,
    /// Whether it is archived.
    pub(in crate::domain) archived: bool,
    /// Kind of work that it bears.
    pub(in crate::domain) work_class: Option<WorkClass>,
    /// What decides who may change it.
    pub(in crate::domain) work: Work,
    /// The rows above it.
    pub(in crate::domain) ancestors: Vec<(SubjectKind, Uuid)>,
    /// Who may see its events.
    pub(in crate::domain) sight: Sight,
}

impl PieceOfWork {
    /// Its key.
    pub(in crate::domain) fn id(&self) -> Uuid {
        self.source.column().1
    }

    /// What its events are about.
    pub(in crate::domain) fn subject(&self) -> (SubjectKind, Uuid) {
        match self.source {
            LinkSource::Project(id) => (SubjectKind::Project, id),
            LinkSource::Task(id) => (SubjectKind::Task, id),
        }
    }
}

impl Write {
    /// Reads and locks one piece of work as far as the viewer sees it, or a user error at its field.
    pub(in crate::domain) async fn lock_piece(&self, source: LinkSource) -> Result<PieceOfWork> {
        let (tasks, projects, field, word) = match source {
            LinkSource::Project(id) => {
                (Vec::new(), self.lock_all::<ProjectRow>(&[id]).await?, "projectId", "project")
            }
            LinkSource::Task(id) => (self.lock_all::<TaskRow>(&[id]).await?, Vec::new(), "taskId", "task"),
        };
        self.pieces_of_work(&tasks, &projects).await?.pop().ok_or_else(|| {
            DomainError::user(field, UserErrorCode::NotFound, format!("no {word} with this id"))
        })
    }

    /// Reads and locks pieces of work whoever asks, tasks before projects as every writer does.
    pub(in crate::domain) async fn lock_everyones_work(
        &self,
        sources: &[LinkSource],
    ) -> Result<Vec<PieceOfWork>> {
        let (mut tasks, mut projects) = (Vec::new(), Vec::new());
        for source in sources {
            match source {
                LinkSource::Project(id) => projects.push(*id),
                LinkSource::Task(id) => tasks.push(*id),
            }
        }
        self.lock_in_order::<TaskRow>(&tasks).await?;
        self.lock_in_order::<ProjectRow>(&projects).await?;
        // Read after the locks, so that it is what those who held them left.
        let tasks = self.everyones::<TaskRow>(&tasks).await?;
        let projects = self.everyones::<ProjectRow>(&projects).await?;
        self.pieces_of_work(&tasks, &projects).await
    }

    /// Makes pieces of work of locked rows, in a fixed number of statements.
    pub(in crate::domain) async fn pieces_of_work(
        &self,
        tasks: &[TaskRow],
        projects: &[ProjectRow],
    ) -> Result<Vec<PieceOfWork>> {
        let ids: Vec<Uuid> = tasks.iter().map(|task| task.id).collect();
        let (mut people, places) = if ids.is_empty() {
            (HashMap::new(), HashMap::new())
        } else {
            (self.assignees_of(&ids).await?, self.places_of_tasks(&ids).await?)
        };
        let decides = !self.viewer().is_leader();
        let around: HashSet<Uuid> = places.values().flatten().copied().filter(|_| decides).collect();
        let around: Vec<Uuid> = around.into_iter().collect();
        let own_projects: HashSet<Uuid> = (self.everyones::<ProjectRow>(&around).await?.into_iter())
            .filter(|project| self.viewer().is(project.owner_id))
            .map(|project| project.id)
            .collect();
        let mut pieces = Vec::with_capacity(tasks.len() + projects.len());
        let mut answers_for = Vec::with_capacity(tasks.len() + projects.len());
        for task in tasks {
            let people = people.remove(&task.id).unwrap_or_default();
            let places = places.get(&task.id).map_or(&[][..], Vec::as_slice);
            let is_own = people.iter().any(|person| self.viewer().is(Some(*person)))
                || places.iter().any(|project| own_projects.contains(project));
            answers_for.push(task.assignee_id.or(people.first().copied()));
            pieces.push(PieceOfWork {
                source: LinkSource::Task(task.id),
                version: task.version,
                archived: task.archived_at.is_some(),
                work_class: task.work_class,
                work: Work { team: task.team_id, owner_team: None, is_own },
                ancestors: task.ancestors(places),
                sight: task.sight(people),
            });
        }
        for project in projects {
            answers_for.push(project.owner_id);
            pieces.push(PieceOfWork {
                source: LinkSource::Project(project.id),
                version: project.version,
                archived: project.archived_at.is_some(),
                work_class: project.work_class,
                work: Work {
                    team: project.team_id,
                    owner_team: None,
                    is_own: self.viewer().is(project.owner_id),
                },
                ancestors: project.ancestors(),
                sight: project.sight(),
            });
        }
        if decides && !self.viewer().managed_teams.is_empty() {
            // Managers reach work without a team by who does it.
            let people: HashSet<Uuid> = answers_for.iter().flatten().copied().collect();
            let people: Vec<Uuid> = people.into_iter().collect();
            let homes = self.home_teams_of(&people).await?;
            for (piece, person) in pieces.iter_mut().zip(&answers_for) {
                if piece.work.team.is_none() {
                    piece.work.owner_team = person.and_then(|person| homes.get(&person).copied());
                }
            }
        }
        Ok(pieces)
    }

    /// Sets columns of the rows of pieces of work, and counts the change of each; whether it is an edit, and so
    /// movement of the work, is the caller's to say.
    pub(in crate::domain) async fn set_pieces(
        &self,
        pieces: &[&PieceOfWork],
        sets: Vec<(&'static str, Value)>,
        is_edit: bool,
    ) -> Result<()> {
        let of = |table: &'static str, is_task: bool| {
            let is_of = move |source: LinkSource| match source {
                LinkSource::Task(_) => is_task,
                LinkSource::Project(_) => !is_task,
            };
            let ids: Vec<Uuid> =
                pieces.iter().filter(|piece| is_of(piece.source)).map(|piece| piece.id()).collect();
            (table, ids)
        };
        for (table, ids) in [of("task", true), of("project", false)] {
            if ids.is_empty() {
                continue;
            }
            let mut all = sets.clone();
            if is_edit {
                all.push(("updated_at", self.now.0.into()));
            }
            self.set_where(table, all, Condition::all().add(self.among(table, "id", &ids))).await?;
            self.bump_versions(table, &ids).await?;
        }
        Ok(())
    }

    /// The projects that each task stands in.
    async fn places_of_tasks(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>> {
        let of = |name: &'static str| Expr::col((Alias::new("task_project"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("task_id"))
            .expr(of("project_id"))
            .from(Alias::new("task_project"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(self.among("task_project", "task_id", tasks));
        let mut places: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for row in self.tx.all(&select).await? {
            places.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
        }
        Ok(places)
    }

    async fn home_teams_of(&self, people: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
        let of = |name: &'static str| Expr::col((Alias::new("membership"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("person_id"))
            .expr(of("team_id"))
            .from(Alias::new("membership"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("is_home").eq(true))
            .and_where(self.among("membership", "person_id", people));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }
}
