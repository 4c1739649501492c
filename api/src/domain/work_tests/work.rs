//! Projects and tasks: rights, lists, what tools own, the gate, retries.

use entity::{ProjectState, TaskStatus, Visibility};

use super::world::{World, codes, fails, is_forbidden, new_project, new_task, put};
use crate::domain::{
    error::{DomainError, UserErrorCode},
    link_target::LinkSource,
    project_change::{CreateProject, UpdateProject},
    task::TaskRow,
    task_change::UpdateTask,
    task_create::CreateTask,
};

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
