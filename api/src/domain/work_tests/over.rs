//! Work that was linked to a goal by itself, once that goal is over.

use entity::{GoalState, LinkState, ProgressSource, TaskStatus};
use uuid::Uuid;

use super::world::{new_project, new_task};
use crate::domain::{
    access::Scope,
    cycle_close::CloseCycle,
    key_result_change::{ArchiveKeyResult, CreateKeyResult, UpdateKeyResult},
    link_change::RetireLink,
    link_create::CreateLink,
    link_target::{LinkGoal, LinkSource},
    objective::{ArchiveObjective, CreateObjective, UpdateObjective},
    task::TaskRow,
    task_change::UpdateTask,
    task_create::CreateTask,
    trial::Trial,
};

/// A project with a goal that goes on, and tasks that are linked to one that will end, all in the project:
/// one done, one open; and a third, done, without a link.
struct Scene {
    trial: Trial,
    leader: Scope,
    /// Goes on: fed by the project.
    goes_on: Uuid,
    /// Ends: fed by the two tasks.
    ends: Uuid,
    objective: Uuid,
    done: Uuid,
    open: Uuid,
    links: Vec<Uuid>,
}

impl Scene {
    async fn set(trial: Trial) -> Self {
        let leader = trial.scope(trial.leader).await;
        let objective = trial.objective("Ends", None).await.id;
        // Without a cycle, it is closed with none.
        let lasting = CreateObjective { cycle: None, ..trial.new_objective("Goes on", None) };
        let lasting = leader.run(&lasting).await.unwrap().id;
        let by_work = |objective| CreateKeyResult {
            progress_source: ProgressSource::Work,
            ..trial.new_key_result(objective)
        };
        let goes_on = leader.run(&by_work(lasting)).await.unwrap().id;
        let ends = leader.run(&by_work(objective)).await.unwrap().id;
        let project = leader.run(&new_project("Build", None)).await.unwrap().id;
        let link = async |source, key_result| {
            let goal = LinkGoal::KeyResult(key_result);
            let link = CreateLink { id: None, source, goal, significance: None, weight: None };
            leader.run(&link).await.unwrap().link.id
        };
        link(LinkSource::Project(project), goes_on).await;
        let task = async |status| {
            let task = CreateTask { projects: vec![project], status, ..new_task() };
            leader.run(&task).await.unwrap().id
        };
        let (done, open) = (task(TaskStatus::Done).await, task(TaskStatus::Todo).await);
        task(TaskStatus::Done).await;
        let links = vec![link(LinkSource::Task(done), ends).await, link(LinkSource::Task(open), ends).await];
        trial.time.advance_seconds(60);
        let scene = Self { leader, goes_on, ends, objective, done, open, links, trial };
        assert_eq!(scene.numbers().await, (Some(1.0), Some(0.5)));
        assert_eq!(scene.inherits().await, (false, false));
        scene
    }

    /// Of the goal that goes on, and of the one that ends.
    async fn numbers(&self) -> (Option<f64>, Option<f64>) {
        let of = async |id| self.trial.read_key_result(id).await.work_progress;
        (of(self.goes_on).await, of(self.ends).await)
    }

    /// Whether the one that was done, and the open one, take their project's links.
    async fn inherits(&self) -> (bool, bool) {
        let rows = self.leader.by_ids::<TaskRow>(&[self.done, self.open]).await.unwrap();
        (rows[&self.done].inherits_links, rows[&self.open].inherits_links)
    }

    async fn status(&self, id: Uuid, status: TaskStatus) {
        self.trial.time.advance_seconds(60);
        let change = UpdateTask { id, status: Some(status), ..Default::default() };
        self.leader.run(&change).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_open_when_its_goal_closed_serves_its_project_again() {
    for trial in Trial::on_each_database().await {
        let scene = Scene::set(trial).await;
        let close = CloseCycle { id: scene.trial.cycle, expected_version: None, accept_suggested: true };
        scene.leader.run(&close).await.unwrap();
        // What was done was done for the goal that is closed, and what is closed stays as it was counted.
        assert_eq!(scene.inherits().await, (false, true));
        assert_eq!(scene.numbers().await, (Some(0.5), Some(0.5)));
        let held = scene.leader.effective_links(&[scene.done, scene.open]).await.unwrap();
        let states =
            |task| held[task].iter().map(|link| (link.link.state, link.via.is_some())).collect::<Vec<_>>();
        assert_eq!(states(&scene.done), [(LinkState::Stale, false)]);
        assert_eq!(states(&scene.open), [(LinkState::Stale, false), (LinkState::Active, true)]);
        // Finished now, it is finished for its project; taken up again, what was done is open for it too.
        scene.status(scene.open, TaskStatus::Done).await;
        assert_eq!(scene.numbers().await, (Some(1.0), Some(0.5)));
        scene.status(scene.done, TaskStatus::InProgress).await;
        assert_eq!(scene.inherits().await, (true, true));
        assert_eq!(scene.numbers().await, (Some(0.666_666_667), Some(0.5)));
        scene.status(scene.done, TaskStatus::Done).await;
        assert_eq!(scene.inherits().await, (true, true));
        assert_eq!(scene.numbers().await, (Some(1.0), Some(0.5)));
        // Tidied away, what is over is over since it was closed.
        let archive = ArchiveObjective { id: scene.objective, expected_version: None, archive: true };
        scene.leader.run(&archive).await.unwrap();
        assert_eq!(scene.numbers().await, (Some(1.0), Some(0.5)));
        // Linked to a goal that is pursued, it serves that one.
        let goal = LinkGoal::KeyResult(scene.goes_on);
        let source = LinkSource::Task(scene.open);
        let link = CreateLink { id: None, source, goal, significance: None, weight: None };
        let link = scene.leader.run(&link).await.unwrap().link.id;
        assert_eq!(scene.inherits().await, (true, false));
        scene.leader.run(&RetireLink { id: link, expected_version: None }).await.unwrap();
        assert_eq!(scene.inherits().await, (true, true));
    }
}

#[tokio::test]
async fn given_up_or_archived_goals_let_open_work_go_and_take_it_back() {
    for trial in Trial::on_each_database().await {
        let scene = Scene::set(trial).await;
        let (ends, objective) = (scene.ends, scene.objective);
        let key_result = async |state| {
            let change = UpdateKeyResult { id: ends, state: Some(state), ..UpdateKeyResult::default() };
            scene.leader.run(&change).await.unwrap();
        };
        let above = async |state| {
            let change = UpdateObjective { id: objective, state: Some(state), ..UpdateObjective::default() };
            scene.leader.run(&change).await.unwrap();
        };
        let archive = async |archive| {
            let change = ArchiveObjective { id: objective, expected_version: None, archive };
            scene.leader.run(&change).await.unwrap();
        };
        let archive_key_result = async |archive| {
            let change = ArchiveKeyResult { id: ends, expected_version: None, archive };
            scene.leader.run(&change).await.unwrap();
        };
        let is_over = async |over: bool, how: &str| {
            assert_eq!(scene.inherits().await, (false, over), "{how}");
            assert_eq!(scene.numbers().await.0, Some(if over { 0.5 } else { 1.0 }), "{how}");
        };
        key_result(GoalState::Cancelled).await;
        is_over(true, "given up").await;
        key_result(GoalState::Active).await;
        is_over(false, "taken up again").await;
        above(GoalState::Cancelled).await;
        is_over(true, "its objective given up").await;
        archive_key_result(true).await;
        above(GoalState::Active).await;
        is_over(true, "archived still").await;
        archive_key_result(false).await;
        is_over(false, "all back").await;
        archive(true).await;
        is_over(true, "its objective archived").await;
        archive(false).await;
        is_over(false, "its objective out of the archive").await;
        // Moved out of an objective that is over, it is pursued.
        let other = scene.trial.objective("Other", None).await.id;
        above(GoalState::Cancelled).await;
        is_over(true, "given up once more").await;
        let change = UpdateKeyResult { id: ends, objective: Some(other), ..UpdateKeyResult::default() };
        scene.leader.run(&change).await.unwrap();
        is_over(false, "moved").await;
        // Of two links of its own, one that holds is enough.
        assert_eq!(scene.links.len(), 2);
    }
}
