//! The numbers that follow from work.

use entity::{EstimateUnit, ProgressBasis, ProgressSource, TaskStatus};

use super::world::{World, codes, new_project, new_task, third};
use crate::domain::{
    error::UserErrorCode,
    key_result_change::CreateKeyResult,
    link_change::RetireLink,
    link_create::CreateLink,
    link_target::{LinkGoal, LinkSource},
    organization::UpdateOrganization,
    project_change::{ArchiveProject, CreateProject},
    settings::SettingsPatch,
    task_change::{ArchiveTask, UpdateTask},
    task_create::CreateTask,
    trial::Trial,
};

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
    let child =
        CreateTask { parent: Some(parent), projects: vec![project], status: TaskStatus::Done, ..new_task() };
    let child = world.leader.run(&child).await.unwrap().id;
    let counts = async || {
        let row = world.seen_project(project).await;
        (row.counted_leaves, row.done_leaves)
    };
    assert_eq!(counts().await, (1, 1));
    let ring = UpdateTask { id: parent, parent: Some(Some(child)), ..Default::default() };
    assert_eq!(codes(world.leader.run(&ring).await), [UserErrorCode::Invalid]);
    world.leader.run(&UpdateTask { id: child, parent: Some(None), ..Default::default() }).await.unwrap();
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
    assert!(!world.leader.effective_links(&tasks).await.unwrap().contains_key(&tasks[1]));
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

#[tokio::test]
async fn numbers_go_by_the_settings_that_hold_and_not_by_those_kept() {
    let world = World::new().await;
    let by_count = world.project().await;
    let by_estimate =
        CreateProject { progress_basis: ProgressBasis::Estimate, ..new_project("Weighed", None) };
    let by_estimate = world.leader.run(&by_estimate).await.unwrap().id;
    let mut tasks = Vec::new();
    for project in [by_count, by_estimate] {
        for points in [1.0, 3.0] {
            let task = CreateTask {
                projects: vec![project],
                estimate: Some((points, EstimateUnit::Points)),
                ..new_task()
            };
            tasks.push(world.leader.run(&task).await.unwrap().id);
        }
    }
    world.link(LinkSource::Project(by_count)).await;
    // Who writes next was let in before.
    let kept = world.leader.clone();
    let settings =
        SettingsPatch { partial_credit: Some(0.5), require_confirm: Some(true), ..SettingsPatch::default() };
    let change = UpdateOrganization { settings: Some(settings), ..UpdateOrganization::default() };
    world.leader.run(&change).await.unwrap();
    assert!(!kept.viewer().settings.require_confirm);
    for task in [tasks[0], tasks[3]] {
        let begin = UpdateTask { id: task, status: Some(TaskStatus::InProgress), ..UpdateTask::default() };
        kept.run(&begin).await.unwrap();
    }
    // Half of one of two; half of three of four.
    assert_eq!(world.seen_project(by_count).await.progress, Some(0.25));
    assert_eq!(world.seen_project(by_estimate).await.progress, Some(0.375));
    // Made by hand it is confirmed; what is not is out, whoever writes next.
    assert_eq!(world.numbers().await.0, Some(0.25));
    world.set("UPDATE alignment_link SET confirmed_at = NULL", Vec::new()).await;
    let end = UpdateTask { id: tasks[0], status: Some(TaskStatus::Done), ..UpdateTask::default() };
    kept.run(&end).await.unwrap();
    assert_eq!(world.numbers().await.0, None);
}

#[tokio::test]
async fn a_task_counts_for_its_own_goal_or_for_those_of_all_its_projects() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let objective = trial.objective("Grow", None).await;
    let by_work =
        CreateKeyResult { progress_source: ProgressSource::Work, ..trial.new_key_result(objective.id) };
    let (first, second) = (leader.run(&by_work).await.unwrap().id, leader.run(&by_work).await.unwrap().id);
    let link = |source, key_result| CreateLink {
        id: None,
        source,
        goal: LinkGoal::KeyResult(key_result),
        significance: None,
        weight: None,
    };
    let mut projects = Vec::new();
    for key_result in [first, second] {
        let project = leader.run(&new_project("Build", None)).await.unwrap().id;
        leader.run(&link(LinkSource::Project(project), key_result)).await.unwrap();
        projects.push(project);
    }
    let mut tasks = Vec::new();
    for (places, status) in [
        (vec![projects[0]], TaskStatus::Todo),
        (vec![projects[0]], TaskStatus::Done),
        (projects.clone(), TaskStatus::Done),
    ] {
        tasks.push(leader.run(&CreateTask { projects: places, status, ..new_task() }).await.unwrap().id);
    }
    let progress =
        async || (trial.read_key_result(first).await.progress, trial.read_key_result(second).await.progress);
    // Two of three, and the one that stands in both.
    assert_eq!(progress().await, (Some(0.666_666_667), Some(1.0)));
    // Linked by itself it leaves its project's goal and joins the other: one of two there; the mean of a
    // project and a task here.
    leader.run(&link(LinkSource::Task(tasks[1]), second)).await.unwrap();
    assert_eq!(progress().await, (Some(0.5), Some(1.0)));
    let again = UpdateTask { id: tasks[1], status: Some(TaskStatus::Todo), ..UpdateTask::default() };
    leader.run(&again).await.unwrap();
    assert_eq!(progress().await, (Some(0.5), Some(0.5)));
    let again = UpdateTask { id: tasks[2], status: Some(TaskStatus::Todo), ..UpdateTask::default() };
    leader.run(&again).await.unwrap();
    assert_eq!(progress().await, (Some(0.0), Some(0.0)));
}
