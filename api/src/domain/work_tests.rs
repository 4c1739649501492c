//! What people do to projects, tasks and links, on a database of its own each, down to the numbers.

use std::time::Duration;

use entity::{
    GoalState, LinkOrigin, LinkState, ObjectiveKind, ObjectiveSource, ProgressBasis, ProjectState, Significance,
    TaskStatus, Visibility,
};
use sea_orm::{Statement, Value};
use uuid::Uuid;

use super::{
    access::{
        Scope,
        jwt::{TokenKeys, TokenSettings},
        password::Passwords,
        secret::Entropy,
    },
    clock::Clock,
    db::DbOptions,
    error::{DomainError, UserErrorCode},
    installation::{AccessRules, Installation},
    link_change::{ConfirmLink, RetireLink, UpdateLink},
    link_create::{CreateLink, LinkMade, LinkWork},
    link_target::{LinkGoal, LinkSource},
    objective::CreateObjective,
    project::ProjectRow,
    project_change::{ArchiveProject, CreateProject, UpdateProject},
    task::TaskRow,
    task_change::{ArchiveTask, UpdateTask},
    task_create::CreateTask,
    write::Command,
};

struct World {
    _folder: tempfile::TempDir,
    installation: Installation,
    clock: Clock,
    organization: Uuid,
    team: Uuid,
    other_team: Uuid,
    leader: Scope,
    manager: Scope,
    individual: Scope,
    colleague: Scope,
    key_result: Uuid,
    objective: Uuid,
}

async fn put(installation: &Installation, table: &str, cells: Vec<(&str, Value)>) {
    let (columns, values): (Vec<&str>, Vec<Value>) = cells.into_iter().unzip();
    let marks = vec!["?"; columns.len()].join(", ");
    let text = format!("INSERT INTO {table} ({}) VALUES ({marks})", columns.join(", "));
    let tx = installation.db.begin().await.unwrap();
    tx.execute(Statement::from_sql_and_values(tx.backend(), text, values)).await.unwrap();
    tx.commit().await.unwrap();
}

impl World {
    async fn new() -> Self {
        Self::with_settings("{}").await
    }

    async fn with_settings(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (clock, _) = Clock::simulated(entity::Instant(1_800_000_000_000_000), 7);
        let options = DbOptions {
            url: format!("sqlite://{}?mode=rwc", folder.path().join("t.db").display()),
            min_connections: 1,
            max_connections: 8,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(30),
        };
        let keys = TokenKeys::from_settings(&TokenSettings {
            issuer: "throughline".to_owned(),
            audience: "api".to_owned(),
            leeway_seconds: 30,
            hs256_secret: Some("k3Jr9-Zq0wXv7LpT2mNcB5sHd8FgYa1u".into()),
            public_keys: Vec::new(),
            signing_key: None,
            sign_with_secret: true,
        })
        .unwrap();
        let rules = AccessRules {
            access_token_seconds: 3_600,
            refresh_token_seconds: 3_600,
            set_up_code_seconds: 3_600,
            sign_in_failures: 5,
            sign_in_window_seconds: 60,
            viewer_cache_milliseconds: 0,
        };
        let passwords = Passwords::new(Entropy::seeded(1)).unwrap();
        let installation =
            Installation::open(&options, clock.clone(), keys, passwords, rules, None).await.unwrap();
        installation.migrate().await.unwrap();
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

    async fn project(&self) -> Uuid {
        self.leader.run(&new_project("Rocket", Some(self.team))).await.unwrap().id
    }

    async fn task(&self, project: Uuid, status: TaskStatus) -> Uuid {
        self.leader.run(&CreateTask { projects: vec![project], status, ..new_task() }).await.unwrap().id
    }

    async fn link(&self, source: LinkSource) -> LinkMade {
        self.leader.run(&self.new_link(source)).await.unwrap()
    }

    fn new_link(&self, source: LinkSource) -> CreateLink {
        let goal = LinkGoal::KeyResult(self.key_result);
        CreateLink { id: None, source, goal, significance: None, weight: None }
    }

    async fn status(&self, task: Uuid, status: TaskStatus) -> TaskRow {
        self.leader.run(&UpdateTask { id: task, status: Some(status), ..Default::default() }).await.unwrap()
    }

    async fn seen_project(&self, id: Uuid) -> ProjectRow {
        (*self.leader.get::<ProjectRow>(id).await.unwrap()).clone()
    }

    /// Work progress of the key result, and progress of its objective.
    async fn numbers(&self) -> (Option<f64>, Option<f64>) {
        let key_result =
            self.leader.get::<super::key_result::KeyResultRow>(self.key_result).await.unwrap();
        let objective = self.leader.get::<super::objective::ObjectiveRow>(self.objective).await.unwrap();
        (key_result.work_progress, objective.progress)
    }

    async fn set(&self, text: &str, values: Vec<Value>) {
        let tx = self.installation.db.begin().await.unwrap();
        tx.execute(Statement::from_sql_and_values(tx.backend(), text, values)).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn count(&self, text: &str) -> i64 {
        let statement = Statement::from_string(self.installation.db.backend(), text);
        let rows = self.installation.db.all_raw(statement).await.unwrap();
        rows[0].try_get_by_index(0).unwrap()
    }
}

fn new_project(title: &str, team: Option<Uuid>) -> CreateProject {
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

fn new_task() -> CreateTask {
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

fn codes<T: std::fmt::Debug>(result: Result<T, DomainError>) -> Vec<UserErrorCode> {
    match result {
        Err(DomainError::User(errors)) => errors.into_iter().map(|error| error.code).collect(),
        other => panic!("expected user errors, got {other:?}"),
    }
}

fn is_forbidden<T>(result: &Result<T, DomainError>) -> bool {
    matches!(result, Err(DomainError::Forbidden(_)))
}

async fn fails<C: Command>(scope: &Scope, command: C) -> Result<C::Output, DomainError> {
    scope.run(&command).await
}

fn third(of: i32) -> Option<f64> {
    Some(super::progress::round9(f64::from(of) / 3.0))
}

#[tokio::test]
async fn finishing_a_task_moves_project_key_result_and_objective() {
    let world = World::new().await;
    let project = world.project().await;
    let tasks = [
        world.task(project, TaskStatus::Todo).await,
        world.task(project, TaskStatus::Todo).await,
        world.task(project, TaskStatus::Backlog).await,
    ];
    world.link(LinkSource::Project(project)).await;
    let done = world.status(tasks[0], TaskStatus::Done).await;
    assert!(done.completed_at.is_some() && done.started_at.is_none());
    let row = world.seen_project(project).await;
    assert_eq!((row.counted_leaves, row.done_leaves, row.progress), (3, 1, third(1)));
    assert_eq!(world.numbers().await, (third(1), third(1)));
    let again = world.status(tasks[0], TaskStatus::InProgress).await;
    assert!(again.completed_at.is_none() && again.started_at.is_some());
    assert_eq!(world.numbers().await, (Some(0.0), Some(0.0)));
    let open = "SELECT COUNT(*) FROM status_interval WHERE to_at IS NULL";
    assert_eq!(world.count(open).await, 3);
    assert_eq!(world.count("SELECT COUNT(*) FROM status_interval").await, 5);
}

#[tokio::test]
async fn cancelled_and_archived_tasks_do_not_count() {
    let world = World::new().await;
    let project = world.project().await;
    let tasks = [world.task(project, TaskStatus::Done).await, world.task(project, TaskStatus::Todo).await];
    world.link(LinkSource::Project(project)).await;
    assert_eq!(world.numbers().await.0, Some(0.5));
    world.status(tasks[1], TaskStatus::Cancelled).await;
    assert_eq!(world.numbers().await.0, Some(1.0));
    world.status(tasks[1], TaskStatus::Todo).await;
    let archive = |archive| ArchiveTask { id: tasks[1], expected_version: None, archive };
    assert!(world.leader.run(&archive(true)).await.unwrap().archived_at.is_some());
    assert_eq!(world.numbers().await.0, Some(1.0));
    world.leader.run(&archive(false)).await.unwrap();
    assert_eq!(world.numbers().await.0, Some(0.5));
    let archive = |archive| ArchiveProject { id: project, expected_version: None, archive };
    world.leader.run(&archive(true)).await.unwrap();
    assert_eq!(world.numbers().await.0, None);
    world.leader.run(&archive(false)).await.unwrap();
    assert_eq!(world.numbers().await.0, Some(0.5));
}

#[tokio::test]
async fn a_parent_is_no_leaf() {
    let world = World::new().await;
    let project = world.project().await;
    let parent = world.task(project, TaskStatus::Todo).await;
    let child = CreateTask {
        parent: Some(parent),
        projects: vec![project],
        status: TaskStatus::Done,
        ..new_task()
    };
    let child = world.leader.run(&child).await.unwrap().id;
    let counts = async || {
        let row = world.seen_project(project).await;
        (row.counted_leaves, row.done_leaves)
    };
    assert_eq!(counts().await, (1, 1));
    let ring = UpdateTask { id: parent, parent: Some(Some(child)), ..Default::default() };
    assert_eq!(codes(world.leader.run(&ring).await), [UserErrorCode::Invalid]);
    world
        .leader
        .run(&UpdateTask { id: child, parent: Some(None), ..Default::default() })
        .await
        .unwrap();
    assert_eq!(counts().await, (2, 1));
    world
        .leader
        .run(&UpdateTask { id: child, parent: Some(Some(parent)), ..Default::default() })
        .await
        .unwrap();
    world.leader.run(&ArchiveTask { id: child, expected_version: None, archive: true }).await.unwrap();
    assert_eq!(counts().await, (1, 0));
}

#[tokio::test]
async fn opting_out_and_direct_links_leave_the_projects_completion_as_the_goal_sees_it() {
    let world = World::new().await;
    let project = world.project().await;
    let tasks = [
        world.task(project, TaskStatus::Done).await,
        world.task(project, TaskStatus::Todo).await,
        world.task(project, TaskStatus::Todo).await,
    ];
    world.link(LinkSource::Project(project)).await;
    assert_eq!(world.numbers().await.0, third(1));
    let opt = |opted_out| UpdateTask { id: tasks[1], opted_out: Some(opted_out), ..Default::default() };
    world.leader.run(&opt(true)).await.unwrap();
    assert_eq!(world.numbers().await.0, Some(0.5));
    assert_eq!(world.seen_project(project).await.progress, third(1));
    assert!(world.leader.effective_links(&tasks).await.unwrap().get(&tasks[1]).is_none());
    world.leader.run(&opt(false)).await.unwrap();
    assert_eq!(world.numbers().await.0, third(1));
    // Linked to the same goal itself, a task counts once, as direct: (done 1 of 2 + 0 of 1) / 2.
    let direct = world.link(LinkSource::Task(tasks[0])).await.link;
    assert_eq!(world.numbers().await.0, Some(0.5));
    let held = world.leader.effective_links(&tasks).await.unwrap();
    assert_eq!(held[&tasks[0]].len(), 1);
    assert_eq!((held[&tasks[0]][0].link.id, held[&tasks[0]][0].via), (direct.id, None));
    assert_eq!(held[&tasks[1]][0].via, Some(project));
    world.leader.run(&RetireLink { id: direct.id, expected_version: None }).await.unwrap();
    assert_eq!(world.numbers().await.0, third(1));
    let paths = world.leader.purposes(&tasks).await.unwrap();
    let path = &paths[&tasks[2]][0];
    assert_eq!(path.project.as_ref().map(|row| row.id), Some(project));
    assert_eq!(path.objective.as_ref().map(|row| row.id), Some(world.objective));
}

#[tokio::test]
async fn supports_and_retired_links_never_count_and_a_person_revives() {
    let world = World::new().await;
    let project = world.project().await;
    world.task(project, TaskStatus::Done).await;
    let wish = CreateLink {
        significance: Some(Significance::Supports),
        ..world.new_link(LinkSource::Project(project))
    };
    let link = world.leader.run(&wish).await.unwrap().link;
    assert_eq!(world.numbers().await.0, None);
    let change = UpdateLink {
        id: link.id,
        significance: Some(Significance::Contributes),
        ..Default::default()
    };
    world.leader.run(&change).await.unwrap();
    assert_eq!(world.numbers().await.0, Some(1.0));
    let retired = world.leader.run(&RetireLink { id: link.id, expected_version: None }).await.unwrap();
    assert!(retired.retired_at.is_some());
    assert_eq!(world.numbers().await.0, None);
    assert_eq!(
        codes(fails(&world.leader, ConfirmLink { id: link.id, expected_version: None }).await),
        [UserErrorCode::NotNow]
    );
    let revived = world.link(LinkSource::Project(project)).await.link;
    assert_eq!((revived.id, revived.state, revived.retired_at), (link.id, LinkState::Active, None));
    assert_eq!(world.numbers().await.0, Some(1.0));
    assert_eq!(world.count("SELECT COUNT(*) FROM alignment_link").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM link_evidence").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM link_interval").await, 3);
}

#[tokio::test]
async fn a_link_that_is_there_is_strengthened() {
    let world = World::new().await;
    let project = world.project().await;
    let link = world.link(LinkSource::Project(project)).await.link;
    world
        .set(
            "UPDATE alignment_link SET origin = 'TOKEN', confirmed_at = NULL, confirmed_by_id = NULL, \
             state = 'STALE', stale_reason = 'TOKEN_REMOVED'",
            Vec::new(),
        )
        .await;
    let manager = &world.manager;
    let again = manager.run(&world.new_link(LinkSource::Project(project))).await.unwrap().link;
    assert_eq!((again.id, again.origin, again.state), (link.id, LinkOrigin::Manual, LinkState::Active));
    assert_eq!(again.confirmed_by_id, Some(manager.viewer().person_id));
    assert_eq!(world.count("SELECT COUNT(*) FROM link_evidence").await, 2);
    let same = manager.run(&world.new_link(LinkSource::Project(project))).await.unwrap().link;
    assert_eq!(same, again);
}

#[tokio::test]
async fn rights_on_links_follow_the_two_ends() {
    let world = World::new().await;
    let own = CreateTask { assignees: vec![world.individual.viewer().person_id], ..new_task() };
    let task = world.individual.run(&own).await.unwrap().id;
    let wish = world.new_link(LinkSource::Task(task));
    assert!(is_forbidden(&fails(&world.colleague, wish.clone()).await));
    let heavy = CreateLink { weight: Some(2.0), ..wish.clone() };
    assert!(is_forbidden(&fails(&world.individual, heavy.clone()).await));
    let link = world.individual.run(&wish).await.unwrap().link;
    let weigh = UpdateLink { id: link.id, weight: Some(3.0), ..Default::default() };
    assert!(is_forbidden(&fails(&world.individual, weigh.clone()).await));
    assert!((world.manager.run(&weigh).await.unwrap().weight - 3.0).abs() < f64::EPSILON);
    assert!(is_forbidden(&fails(&world.individual, ConfirmLink { id: link.id, expected_version: None }).await));
    assert!(is_forbidden(&fails(&world.colleague, RetireLink { id: link.id, expected_version: None }).await));
    world.individual.run(&RetireLink { id: link.id, expected_version: None }).await.unwrap();
    world.set("UPDATE objective SET state = 'CLOSED'", Vec::new()).await;
    assert_eq!(codes(fails(&world.individual, wish).await), [UserErrorCode::NotNow]);
}

#[tokio::test]
async fn the_connection_model_warns_or_refuses() {
    let warned = World::with_settings(r#"{"connectionModel":"TASK_TO_KEY_RESULT"}"#).await;
    let project = warned.project().await;
    assert_eq!(warned.link(LinkSource::Project(project)).await.warnings.len(), 1);
    let refused =
        World::with_settings(r#"{"connectionModel":"TASK_TO_KEY_RESULT","outsideModel":"REFUSE"}"#).await;
    let project = refused.project().await;
    let wish = refused.new_link(LinkSource::Project(project));
    assert_eq!(codes(fails(&refused.leader, wish.clone()).await), [UserErrorCode::NotNow]);
    refused.set("UPDATE team SET connection_model = 'KEY_RESULT_TO_PROJECT'", Vec::new()).await;
    assert!(refused.leader.run(&wish).await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn an_import_links_projects_by_code() {
    let world = World::new().await;
    let projects = vec![world.project().await, world.project().await];
    world.task(projects[0], TaskStatus::Done).await;
    world.task(projects[1], TaskStatus::Todo).await;
    let command = LinkWork { projects: projects.clone(), code: "kr-1".to_owned() };
    assert_eq!(world.manager.run(&command).await.unwrap().len(), 2);
    assert_eq!(world.numbers().await.0, Some(0.5));
    let command = LinkWork { projects, code: "KR-99".to_owned() };
    assert_eq!(codes(fails(&world.manager, command).await), [UserErrorCode::NotFound]);
}

#[tokio::test]
async fn rights_on_tasks() {
    let world = World::new().await;
    let project = world.project().await;
    let task = world.task(project, TaskStatus::Todo).await;
    let finish = |id| UpdateTask { id, status: Some(TaskStatus::Done), ..Default::default() };
    assert!(is_forbidden(&fails(&world.individual, finish(task)).await));
    assert!(is_forbidden(&fails(&world.colleague, finish(task)).await));
    assert_eq!(world.manager.run(&finish(task)).await.unwrap().status, TaskStatus::Done);
    // Nobody pushes work into a project they may not write.
    let own = CreateTask { assignees: vec![world.individual.viewer().person_id], ..new_task() };
    let own = world.individual.run(&own).await.unwrap().id;
    let push = UpdateTask { id: own, projects: Some(vec![project]), ..Default::default() };
    assert!(is_forbidden(&fails(&world.individual, push).await));
    assert!(is_forbidden(&fails(&world.individual, new_task()).await));
    // What is not seen does not exist.
    let hide = UpdateProject { id: project, visibility: Some(Visibility::Team), ..Default::default() };
    world.leader.run(&hide).await.unwrap();
    assert!(matches!(fails(&world.colleague, finish(task)).await, Err(DomainError::NotFound)));
    let row = world.leader.get::<TaskRow>(task).await.unwrap();
    assert_eq!((row.visibility, row.team_id), (Visibility::Team, Some(world.team)));
    let away = UpdateProject { id: project, team: Some(Some(world.other_team)), ..Default::default() };
    assert!(is_forbidden(&fails(&world.manager, away).await));
}

#[tokio::test]
async fn lists_on_a_task_change_as_wholes() {
    let world = World::new().await;
    let projects = [world.project().await, world.project().await];
    let people = [world.individual.viewer().person_id, world.colleague.viewer().person_id];
    let make = CreateTask {
        projects: projects.to_vec(),
        assignees: people.to_vec(),
        labels: vec!["b".into(), "a".into(), "b".into()],
        ..new_task()
    };
    let task = world.leader.run(&make).await.unwrap();
    assert_eq!(world.seen_project(projects[1]).await.counted_leaves, 1);
    let swap = UpdateTask {
        id: task.id,
        projects: Some(vec![projects[1]]),
        assignees: Some(vec![people[1], people[0]]),
        labels: Some(vec!["c".into(), "a".into()]),
        ..Default::default()
    };
    let after = world.leader.run(&swap).await.unwrap();
    assert_eq!((after.project_id, after.assignee_id), (Some(projects[1]), Some(people[1])));
    assert_eq!(world.seen_project(projects[0]).await.counted_leaves, 0);
    assert_eq!(world.leader.labels_of(&[task.id]).await.unwrap()[&task.id], ["a", "c"]);
    assert_eq!(world.count("SELECT COUNT(*) FROM task_assignee WHERE is_primary").await, 1);
    let relabel = UpdateTask { id: task.id, labels: Some(Vec::new()), ..Default::default() };
    assert_eq!(world.leader.run(&relabel).await.unwrap().version, after.version + 1);
    assert_eq!(world.leader.run(&relabel).await.unwrap().version, after.version + 1);
}

#[tokio::test]
async fn what_the_tool_owns_is_refused_with_its_address() {
    let world = World::new().await;
    let project = world.project().await;
    let task = world.task(project, TaskStatus::Todo).await;
    let integration = world.clock.new_id();
    put(
        &world.installation,
        "integration",
        vec![
            ("id", integration.into()),
            ("organization_id", world.organization.into()),
            ("provider", "TRELLO".into()),
            ("site", "trello".into()),
            ("name", "Trello".into()),
            ("state", "ACTIVE".into()),
            ("created_at", 1_i64.into()),
            ("updated_at", 1_i64.into()),
        ],
    )
    .await;
    for table in ["task", "project"] {
        let text = format!("UPDATE {table} SET integration_id = ?, external_url = 'https://trello.test/c/1'");
        world.set(&text, vec![integration.into()]).await;
    }
    let update = UpdateTask {
        id: task,
        status: Some(TaskStatus::Done),
        labels: Some(vec!["x".into()]),
        ..Default::default()
    };
    let Err(DomainError::User(errors)) = fails(&world.leader, update).await else { panic!("was written") };
    let fields: Vec<&str> = errors.iter().map(|error| error.field[1].as_str()).collect();
    assert_eq!(fields, ["status", "labels"]);
    assert!(errors.iter().all(|error| error.code == UserErrorCode::OwnedByTool));
    assert!(errors[0].message.contains("https://trello.test/c/1"));
    let ours = UpdateTask {
        id: task,
        opted_out: Some(true),
        work_class: Some(Some(entity::WorkClass::Maintenance)),
        ..Default::default()
    };
    assert!(world.leader.run(&ours).await.unwrap().opted_out);
    let rename = UpdateProject { id: project, title: Some("Other".into()), ..Default::default() };
    assert_eq!(codes(fails(&world.leader, rename).await), [UserErrorCode::OwnedByTool]);
    let hide = UpdateProject { id: project, visibility: Some(Visibility::Team), ..Default::default() };
    assert_eq!(world.leader.run(&hide).await.unwrap().visibility, Visibility::Team);
}

#[tokio::test]
async fn the_gate_blocks_until_there_is_a_link() {
    let world = World::with_settings(r#"{"gate":"BLOCK"}"#).await;
    let project = world.project().await;
    let start = UpdateProject { id: project, state: Some(ProjectState::InProgress), ..Default::default() };
    assert_eq!(codes(fails(&world.leader, start.clone()).await), [UserErrorCode::NotNow]);
    world.link(LinkSource::Project(project)).await;
    assert!(world.leader.run(&start).await.unwrap().started_at.is_some());
    let end = UpdateProject { id: project, state: Some(ProjectState::Done), ..Default::default() };
    assert!(world.leader.run(&end).await.unwrap().ended_at.is_some());
    assert_eq!(world.numbers().await.0, Some(1.0));
    assert!(world.leader.run(&start).await.unwrap().ended_at.is_none());
}

#[tokio::test]
async fn retries_are_answered_and_lost_updates_refused() {
    let world = World::new().await;
    let id = world.clock.new_id();
    let make = CreateTask { id: Some(id), ..new_task() };
    let first = world.leader.run(&make).await.unwrap();
    assert_eq!(world.leader.run(&make).await.unwrap(), first);
    let other = CreateTask { title: "Other".into(), ..make };
    assert_eq!(codes(fails(&world.leader, other).await), [UserErrorCode::Conflict]);
    let change = UpdateTask {
        id,
        expected_version: Some(first.version),
        title: Some("Bolt".into()),
        ..Default::default()
    };
    world.leader.run(&change).await.unwrap();
    assert_eq!(codes(fails(&world.leader, change).await), [UserErrorCode::Conflict]);
    let project = CreateProject { id: Some(world.clock.new_id()), ..new_project("Twice", None) };
    let row = world.individual.run(&project).await.unwrap();
    assert_eq!(world.individual.run(&project).await.unwrap().id, row.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_writers_leave_what_a_recount_gives() {
    let world = World::new().await;
    let project = world.project().await;
    world.link(LinkSource::Project(project)).await;
    let mut tasks = Vec::new();
    for _ in 0..50 {
        tasks.push(world.task(project, TaskStatus::Todo).await);
    }
    let writers = tasks.into_iter().map(|id| {
        let scope = world.leader.clone();
        tokio::spawn(async move {
            let change = UpdateTask { id, status: Some(TaskStatus::Done), ..Default::default() };
            scope.run(&change).await.map(|_| ())
        })
    });
    for written in futures_util::future::join_all(writers).await {
        written.unwrap().unwrap();
    }
    assert_eq!(world.seen_project(project).await.done_leaves, 50);
    assert_eq!(world.numbers().await, (Some(1.0), Some(1.0)));
}
