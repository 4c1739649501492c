//! Where the parts of a task stand, and what they count for.

use entity::{EstimateUnit, ProgressBasis, TaskStatus, Visibility};
use uuid::Uuid;

use super::world::{World, codes, is_forbidden, new_project, new_task, third};
use crate::domain::{
    error::UserErrorCode,
    link_target::LinkSource,
    project_change::{ArchiveProject, CreateProject},
    task::TaskRow,
    task_change::{ArchiveTask, UpdateTask},
    task_create::CreateTask,
};

impl World {
    async fn part(&self, of: Uuid, status: TaskStatus) -> Uuid {
        let part = CreateTask { parent: Some(of), status, ..new_task() };
        self.leader.run(&part).await.unwrap().id
    }

    async fn places(&self, task: Uuid) -> Vec<Uuid> {
        let mut places = Vec::new();
        let text = format!(
            "SELECT project_id FROM task_project WHERE task_id = unhex('{}') ORDER BY is_primary DESC, id",
            task.simple()
        );
        for row in self.installation.rows(&text, self.installation.binds()).await.unwrap() {
            places.push(row.try_get_by_index(0).unwrap());
        }
        places
    }

    /// Leaves that count for a project, and those of them that are done.
    async fn leaves(&self, project: Uuid) -> (i64, i64) {
        let row = self.seen_project(project).await;
        (row.counted_leaves, row.done_leaves)
    }

    async fn change(&self, change: UpdateTask) -> TaskRow {
        self.leader.run(&change).await.unwrap()
    }
}

#[tokio::test]
async fn parts_without_projects_count_for_those_of_their_parent_on_every_level() {
    let world = World::new().await;
    let project = world.project().await;
    world.link(LinkSource::Project(project)).await;
    let top = world.task(project, TaskStatus::Todo).await;
    let middle = world.part(top, TaskStatus::Todo).await;
    assert_eq!(world.leaves(project).await, (1, 0), "the part counts for its parent");
    let leaves = [
        world.part(middle, TaskStatus::Done).await,
        world.part(middle, TaskStatus::Todo).await,
        world.part(top, TaskStatus::Todo).await,
    ];
    assert_eq!(world.leaves(project).await, (3, 1));
    assert_eq!(world.numbers().await, (third(1), third(1)));
    let row = world.leader.get::<TaskRow>(leaves[0]).await.unwrap();
    assert_eq!((row.project_id, row.team_id), (Some(project), Some(world.team)));
    assert!(world.leader.effective_links(&leaves).await.unwrap()[&leaves[0]][0].via == Some(project));
    // A part that is put elsewhere counts there.
    let other = world.project().await;
    let elsewhere = UpdateTask { id: leaves[2], projects: Some(vec![other]), ..Default::default() };
    world.change(elsewhere).await;
    assert_eq!((world.leaves(project).await, world.leaves(other).await), ((2, 1), (1, 0)));
    // Out of the archive and into it again: the parent is a leaf while it has no part.
    let archive = |id, archive| ArchiveTask { id, expected_version: None, archive };
    for id in [leaves[0], leaves[1]] {
        world.leader.run(&archive(id, true)).await.unwrap();
    }
    assert_eq!(world.leaves(project).await, (1, 0));
}

#[tokio::test]
async fn parts_move_along_with_their_parent_until_one_goes_its_own_way() {
    let world = World::new().await;
    let (first, second, own) = (world.project().await, world.project().await, world.project().await);
    let hidden =
        CreateProject { visibility: Visibility::Team, ..new_project("Hidden", Some(world.other_team)) };
    let hidden = world.leader.run(&hidden).await.unwrap().id;
    let top = CreateTask { projects: vec![first, second], ..new_task() };
    let top = world.leader.run(&top).await.unwrap().id;
    let follows = world.part(top, TaskStatus::Done).await;
    let below = world.part(follows, TaskStatus::Done).await;
    let apart = CreateTask { parent: Some(top), projects: vec![own], ..new_task() };
    let apart = world.leader.run(&apart).await.unwrap().id;
    let below_apart = world.part(apart, TaskStatus::Todo).await;
    assert_eq!(world.places(below).await, [first, second]);
    assert_eq!(world.places(below_apart).await, [own]);
    let version = world.leader.get::<TaskRow>(below).await.unwrap().version;
    let events = world.count("SELECT COUNT(*) FROM event WHERE subject_kind = 'TASK'").await;

    world.change(UpdateTask { id: top, projects: Some(vec![hidden, second]), ..Default::default() }).await;
    for task in [top, follows, below] {
        assert_eq!(world.places(task).await, [hidden, second]);
        let row = world.leader.get::<TaskRow>(task).await.unwrap();
        assert_eq!((row.project_id, row.team_id), (Some(hidden), Some(world.other_team)));
        assert_eq!(row.visibility, Visibility::Team);
    }
    assert_eq!(world.leader.get::<TaskRow>(below).await.unwrap().version, version + 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM event WHERE subject_kind = 'TASK'").await, events + 3);
    assert_eq!(world.places(below_apart).await, [own]);
    assert_eq!((world.leaves(first).await, world.leaves(hidden).await), ((0, 0), (1, 1)));
    assert_eq!((world.leaves(second).await, world.leaves(own).await), ((1, 1), (1, 0)));
    // The order of what is not primary is no difference.
    let three = UpdateTask { id: top, projects: Some(vec![own, hidden, second]), ..Default::default() };
    world.change(three).await;
    assert_eq!(world.leaves(own).await, (2, 1));
    // Taken out of all, what moves along counts nowhere; what is apart stays.
    world.change(UpdateTask { id: top, projects: Some(Vec::new()), ..Default::default() }).await;
    assert!(world.places(below).await.is_empty());
    assert_eq!((world.leaves(own).await, world.leaves(hidden).await), ((1, 0), (0, 0)));
    world.change(UpdateTask { id: top, projects: Some(vec![first]), ..Default::default() }).await;
    assert_eq!(world.places(below).await, [first]);
}

#[tokio::test]
async fn a_task_that_gets_a_parent_stands_where_that_one_stands_unless_it_stands_somewhere() {
    let world = World::new().await;
    let (project, other) = (world.project().await, world.project().await);
    let parent = world.task(project, TaskStatus::Todo).await;
    let loose = world.leader.run(&CreateTask { status: TaskStatus::Done, ..new_task() }).await.unwrap().id;
    let below = world.part(loose, TaskStatus::Done).await;
    assert!(world.places(below).await.is_empty());
    let placed = world.task(other, TaskStatus::Todo).await;
    let under = |id| UpdateTask { id, parent: Some(Some(parent)), ..Default::default() };
    assert_eq!(world.change(under(loose)).await.project_id, Some(project));
    world.change(under(placed)).await;
    assert_eq!((world.places(below).await, world.places(placed).await), (vec![project], vec![other]));
    assert_eq!((world.leaves(project).await, world.leaves(other).await), ((1, 1), (1, 0)));
    // Leaving the parent, it stays where it stands.
    world.change(UpdateTask { id: loose, parent: Some(None), ..Default::default() }).await;
    assert_eq!(world.places(loose).await, [project]);
    assert_eq!(world.leaves(project).await, (1, 1), "the parent has a part that stands elsewhere");
    // With a list of its own it goes where that says.
    let both = UpdateTask { projects: Some(vec![other]), ..under(loose) };
    world.change(both).await;
    assert_eq!((world.places(loose).await, world.places(below).await), (vec![other], vec![other]));
}

#[tokio::test]
async fn a_part_that_gets_another_parent_stands_where_that_one_stands() {
    let world = World::new().await;
    let (project, other) = (world.project().await, world.project().await);
    let parent = world.task(project, TaskStatus::Todo).await;
    let part = world.part(parent, TaskStatus::Done).await;
    let below = world.part(part, TaskStatus::Done).await;
    let own = world.part(parent, TaskStatus::Todo).await;
    world.change(UpdateTask { id: own, projects: Some(vec![project, other]), ..Default::default() }).await;
    let next = world.task(other, TaskStatus::Todo).await;
    let loose = world.leader.run(&new_task()).await.unwrap().id;
    let under = |id, parent| UpdateTask { id, parent: Some(Some(parent)), ..Default::default() };
    world.change(under(part, next)).await;
    assert_eq!((world.places(part).await, world.places(below).await), (vec![other], vec![other]));
    // What somebody put elsewhere stays, and so does what would stand nowhere.
    world.change(under(own, next)).await;
    assert_eq!(world.places(own).await, [project, other]);
    world.change(under(part, loose)).await;
    assert_eq!(world.places(part).await, [other]);
    let named = UpdateTask { projects: Some(vec![other]), ..under(part, parent) };
    world.change(named).await;
    assert_eq!(world.places(part).await, [other], "a list of its own holds");
}

#[tokio::test]
async fn the_right_on_the_parent_is_enough_to_stand_where_it_stands() {
    let world = World::new().await;
    let project = world.project().await;
    let person = world.individual.viewer().person_id;
    let mine = CreateTask { projects: vec![project], assignees: vec![person], ..new_task() };
    let mine = world.leader.run(&mine).await.unwrap().id;
    let others = world.task(project, TaskStatus::Todo).await;
    let part = |parent| CreateTask { parent: Some(parent), assignees: vec![person], ..new_task() };
    assert_eq!(world.individual.run(&part(mine)).await.unwrap().project_id, Some(project));
    assert!(is_forbidden(&world.individual.run(&part(others)).await));
    let named = CreateTask { projects: vec![project], ..part(mine) };
    assert!(is_forbidden(&world.individual.run(&named).await), "a place that is named needs the right on it");
    // Also where nothing new may come: the work stands there already.
    let archive = ArchiveProject { id: project, expected_version: None, archive: true };
    world.leader.run(&archive).await.unwrap();
    assert_eq!(world.individual.run(&part(mine)).await.unwrap().project_id, Some(project));
    let named = CreateTask { projects: vec![project], ..new_task() };
    assert_eq!(codes(world.leader.run(&named).await), [UserErrorCode::NotNow]);
}

#[tokio::test]
async fn what_a_task_weighs_does_not_depend_on_the_goal_that_looks() {
    let world = World::new().await;
    let project = CreateProject { progress_basis: ProgressBasis::Estimate, ..new_project("Weighed", None) };
    let project = world.leader.run(&project).await.unwrap().id;
    world.link(LinkSource::Project(project)).await;
    let mut tasks = Vec::new();
    for (status, points) in
        [(TaskStatus::Done, Some(1.0)), (TaskStatus::Todo, None), (TaskStatus::Todo, Some(9.0))]
    {
        let estimate = points.map(|points| (points, EstimateUnit::Points));
        let task = CreateTask { projects: vec![project], status, estimate, ..new_task() };
        tasks.push(world.leader.run(&task).await.unwrap().id);
    }
    // The median of 1 and 9 is 5: 1 of 15.
    assert_eq!(world.numbers().await.0, Some(0.066_666_667));
    let out = UpdateTask { id: tasks[2], opted_out: Some(true), ..Default::default() };
    world.change(out).await;
    // It still is, for the goal that sees no more than the other two: 1 of 6.
    assert_eq!(world.numbers().await.0, Some(0.166_666_667));
    assert_eq!(world.seen_project(project).await.progress, Some(0.066_666_667));
}
