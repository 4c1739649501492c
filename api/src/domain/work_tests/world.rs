//! One organization with a person of every role, a goal, and words to act in it.

use entity::{
    GoalState, ObjectiveKind, ObjectiveSource, ProgressBasis, ProjectState, TaskStatus, Visibility,
};
use sea_orm::{Statement, Value};
use uuid::Uuid;

use crate::domain::{
    access::Scope,
    clock::Clock,
    error::{DomainError, UserErrorCode},
    fixture::{Fixture, sqlite_in},
    installation::Installation,
    key_result::KeyResultRow,
    link_create::{CreateLink, LinkMade},
    link_target::{LinkGoal, LinkSource},
    objective::{CreateObjective, ObjectiveRow},
    origin::Origin,
    progress::round9,
    project::ProjectRow,
    project_change::CreateProject,
    task::TaskRow,
    task_change::UpdateTask,
    task_create::CreateTask,
    write::Command,
};

pub(in crate::domain) struct World {
    _folder: tempfile::TempDir,
    pub(in crate::domain) installation: Installation,
    pub(in crate::domain) clock: Clock,
    pub(in crate::domain) organization: Uuid,
    pub(in crate::domain) team: Uuid,
    pub(in crate::domain) other_team: Uuid,
    pub(in crate::domain) leader: Scope,
    pub(in crate::domain) manager: Scope,
    pub(in crate::domain) individual: Scope,
    pub(in crate::domain) colleague: Scope,
    pub(in crate::domain) key_result: Uuid,
    pub(in crate::domain) objective: Uuid,
}

pub(in crate::domain) async fn put(installation: &Installation, table: &str, cells: Vec<(&str, Value)>) {
    let (columns, values): (Vec<&str>, Vec<Value>) = cells.into_iter().unzip();
    let marks = vec!["?"; columns.len()].join(", ");
    let text = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    let tx = installation.db.begin().await.unwrap();
    tx.execute(Statement::from_sql_and_values(tx.backend(), text, values)).await.unwrap();
    tx.commit().await.unwrap();
}

impl World {
    pub(in crate::domain) async fn new() -> Self {
        Self::with_settings("{}").await
    }

    pub(in crate::domain) async fn with_settings(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, _) = Clock::simulated(entity::Instant(1_800_000_000_000_000), 7);
        let installation = Fixture::new(sqlite_in(folder.path()), clock.clone()).open().await;
        let organization = clock.new_id();
        let at = || Value::from(clock.now().0);
        put(
            &installation,
            "organization",
            vec![
                ("id", organization.into()),
                ("name", "Acme".into()),
                ("slug", "acme".into()),
                ("time_zone", "UTC".into()),
                ("settings", settings.into()),
                ("created_at", at()),
                ("updated_at", at()),
            ],
        )
        .await;
        let mut people = Vec::new();
        for (name, role) in
            [("lea", "LEADER"), ("max", "MANAGER"), ("ina", "INDIVIDUAL"), ("cem", "INDIVIDUAL")]
        {
            let id = clock.new_id();
            put(
                &installation,
                "person",
                vec![
                    ("id", id.into()),
                    ("organization_id", organization.into()),
                    ("name", name.into()),
                    ("name_folded", name.into()),
                    ("email", format!("{name}@acme.test").into()),
                    ("email_folded", format!("{name}@acme.test").into()),
                    ("role", role.into()),
                    ("created_at", at()),
                    ("updated_at", at()),
                ],
            )
            .await;
            people.push(id);
        }
        let (team, other_team) = (clock.new_id(), clock.new_id());
        for (id, name, manager) in [(team, "Build", Some(people[1])), (other_team, "Sales", None)] {
            put(
                &installation,
                "team",
                vec![
                    ("id", id.into()),
                    ("organization_id", organization.into()),
                    ("name", name.into()),
                    ("name_folded", name.to_lowercase().into()),
                    ("manager_id", manager.into()),
                    ("created_at", at()),
                    ("updated_at", at()),
                ],
            )
            .await;
        }
        for (home, person) in [(team, people[1]), (team, people[2]), (other_team, people[3])] {
            put(
                &installation,
                "membership",
                vec![
                    ("id", clock.new_id().into()),
                    ("organization_id", organization.into()),
                    ("team_id", home.into()),
                    ("person_id", person.into()),
                    ("is_home", true.into()),
                    ("created_at", at()),
                ],
            )
            .await;
        }
        let leader = installation.scope_of_person(people[0]).await.unwrap();
        let objective = leader
            .run(&CreateObjective {
                id: None,
                title: "Grow".into(),
                description: None,
                owner: None,
                team: Some(team),
                cycle: None,
                parent: None,
                state: Some(GoalState::Active),
                kind: ObjectiveKind::Committed,
                visibility: Visibility::Organization,
                priority: None,
                weight: 1.0,
                include_children: false,
                progress_source: ObjectiveSource::KeyResults,
                check_in_days: None,
                check_in_owner: None,
                check_in_reviewer: None,
                origin: Origin::default(),
            })
            .await
            .unwrap()
            .id;
        let key_result = clock.new_id();
        put(
            &installation,
            "key_result",
            vec![
                ("id", key_result.into()),
                ("organization_id", organization.into()),
                ("objective_id", objective.into()),
                ("number", 1_i64.into()),
                ("code", "KR-1".into()),
                ("title", "Ship it".into()),
                ("title_folded", "ship it".into()),
                ("state", "ACTIVE".into()),
                ("kind", "INCREASE".into()),
                ("start_value", 0_i64.into()),
                ("target_value", 1_000_000_i64.into()),
                ("progress_source", "WORK".into()),
                ("created_at", at()),
                ("updated_at", at()),
            ],
        )
        .await;
        Self {
            leader,
            manager: installation.scope_of_person(people[1]).await.unwrap(),
            individual: installation.scope_of_person(people[2]).await.unwrap(),
            colleague: installation.scope_of_person(people[3]).await.unwrap(),
            _folder: folder,
            installation,
            clock,
            organization,
            team,
            other_team,
            key_result,
            objective,
        }
    }

    pub(in crate::domain) async fn project(&self) -> Uuid {
        self.leader.run(&new_project("Rocket", Some(self.team))).await.unwrap().id
    }

    pub(in crate::domain) async fn task(&self, project: Uuid, status: TaskStatus) -> Uuid {
        self.leader.run(&CreateTask { projects: vec![project], status, ..new_task() }).await.unwrap().id
    }

    pub(in crate::domain) async fn link(&self, source: LinkSource) -> LinkMade {
        self.leader.run(&self.new_link(source)).await.unwrap()
    }

    pub(in crate::domain) fn new_link(&self, source: LinkSource) -> CreateLink {
        let goal = LinkGoal::KeyResult(self.key_result);
        CreateLink { id: None, source, goal, significance: None, weight: None }
    }

    pub(in crate::domain) async fn status(&self, task: Uuid, status: TaskStatus) -> TaskRow {
        self.leader.run(&UpdateTask { id: task, status: Some(status), ..Default::default() }).await.unwrap()
    }

    pub(in crate::domain) async fn seen_project(&self, id: Uuid) -> ProjectRow {
        (*self.leader.get::<ProjectRow>(id).await.unwrap()).clone()
    }

    /// Work progress of the key result, and progress of its objective.
    pub(in crate::domain) async fn numbers(&self) -> (Option<f64>, Option<f64>) {
        let key_result = self.leader.get::<KeyResultRow>(self.key_result).await.unwrap();
        let objective = self.leader.get::<ObjectiveRow>(self.objective).await.unwrap();
        (key_result.work_progress, objective.progress)
    }

    pub(in crate::domain) async fn set(&self, text: &str, values: Vec<Value>) {
        let tx = self.installation.db.begin().await.unwrap();
        tx.execute(Statement::from_sql_and_values(tx.backend(), text, values)).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(in crate::domain) async fn count(&self, text: &str) -> i64 {
        let statement = Statement::from_string(self.installation.db.backend(), text);
        let rows = self.installation.db.all_raw(statement).await.unwrap();
        rows[0].try_get_by_index(0).unwrap()
    }
}

pub(in crate::domain) fn new_project(title: &str, team: Option<Uuid>) -> CreateProject {
    CreateProject {
        id: None,
        title: title.to_owned(),
        description: None,
        team,
        owner: None,
        state: ProjectState::Planned,
        visibility: Visibility::Organization,
        starts_on: None,
        ends_on: None,
        progress_basis: ProgressBasis::Count,
        work_class: None,
    }
}

pub(in crate::domain) fn new_task() -> CreateTask {
    CreateTask {
        id: None,
        title: "Weld".to_owned(),
        description: None,
        status: TaskStatus::Todo,
        parent: None,
        projects: Vec::new(),
        assignees: Vec::new(),
        labels: Vec::new(),
        due_on: None,
        estimate: None,
        opted_out: false,
        work_class: None,
    }
}

pub(in crate::domain) fn codes<T: std::fmt::Debug>(result: Result<T, DomainError>) -> Vec<UserErrorCode> {
    match result {
        Err(DomainError::User(errors)) => errors.into_iter().map(|error| error.code).collect(),
        other => panic!("expected user errors, got {other:?}"),
    }
}

pub(in crate::domain) fn is_forbidden<T>(result: &Result<T, DomainError>) -> bool {
    matches!(result, Err(DomainError::Forbidden(_)))
}

pub(in crate::domain) async fn fails<C: Command>(
    scope: &Scope,
    command: C,
) -> Result<C::Output, DomainError> {
    scope.run(&command).await
}

pub(in crate::domain) fn third(of: i32) -> Option<f64> {
    Some(round9(f64::from(of) / 3.0))
}
