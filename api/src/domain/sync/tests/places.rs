//! Where sub-tasks stand of which the tool tells no project.

use std::collections::HashMap;

use entity::{TaskStatus, Visibility};
use uuid::Uuid;

use super::company::{Company, batch, project, task};
use crate::domain::{
    access::viewer::Actor,
    sync::{
        external::{ExternalTask, ParentRef},
        merge::MergeOptions,
    },
    task_create::CreateTask,
};

/// A sub-task of which the tool tells no project.
fn part(id: &str, parent: &str, status: TaskStatus) -> ExternalTask {
    ExternalTask { projects: Vec::new(), parent: Some(ParentRef::Id(parent.to_owned())), ..task(id, status) }
}

impl Company {
    /// Projects by what the tool calls them, with their leaves: counted and done.
    async fn leaves(&self) -> HashMap<String, (i64, i64)> {
        let projects = self.all::<entity::project::Entity>("project").await;
        let named = projects
            .into_iter()
            .filter_map(|row| Some((row.external_id?, (row.counted_leaves, row.done_leaves))));
        named.collect()
    }

    async fn project_of(&self, task: &str) -> Option<String> {
        let primary = self.task(task).await.project_id?;
        let projects = self.all::<entity::project::Entity>("project").await;
        projects.into_iter().find(|row| row.id == primary)?.external_id
    }

    async fn own_part(&self, parent: Uuid) -> Uuid {
        let scope = self.installation.scope_of_person(self.ann).await.unwrap();
        let part = CreateTask {
            id: None,
            title: "Ours".to_owned(),
            description: None,
            status: TaskStatus::Done,
            parent: Some(parent),
            projects: Vec::new(),
            assignees: Vec::new(),
            labels: Vec::new(),
            due_on: None,
            estimate: None,
            opted_out: false,
            work_class: None,
        };
        scope.run(&part).await.unwrap().id
    }
}

#[tokio::test]
async fn sub_tasks_stand_where_their_parent_stands_and_move_along() {
    for company in Company::on_each_database().await {
        // Children before their parents, three levels.
        let mut batch = batch(vec![
            part("3", "2", TaskStatus::Done),
            part("2", "1", TaskStatus::Todo),
            task("1", TaskStatus::Todo),
            part("4", "1", TaskStatus::Todo),
        ]);
        batch.projects.push(project("Q"));
        let options = MergeOptions { team: Some(company.team), ..MergeOptions::default() };
        let summary = company.merge_with(&batch, options).await;
        assert_eq!(summary.skipped, []);
        assert_eq!(company.leaves().await, HashMap::from([("P".into(), (2, 1)), ("Q".into(), (0, 0))]));
        let three = company.task("3").await;
        assert_eq!((three.team_id, three.visibility), (Some(company.team), Visibility::Team));
        let before = company.dump().await;
        let again = company.merge(&batch).await;
        assert_eq!(again.task_counts.unchanged, 4);
        assert_eq!(company.dump().await, before);

        // The parent moves: what is unchanged in the batch, what is missing from it, and what is ours follow.
        let ours = company.own_part(company.task("2").await.id).await;
        assert_eq!(company.leaves().await["P"], (3, 2));
        batch.tasks[2].projects = vec!["Q".to_owned()];
        let mut page = batch.clone();
        page.tasks.drain(..2);
        company.merge(&page).await;
        assert_eq!(company.leaves().await, HashMap::from([("P".into(), (0, 0)), ("Q".into(), (3, 2))]));
        let own = company.tasks().await.into_iter().find(|row| row.id == ours).unwrap();
        assert_eq!(own.project_id, company.task("1").await.project_id);
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before, "the next page finds them where they are");

        // A change of its own leaves a sub-task where it stands; a project that the tool tells takes it away.
        batch.tasks[0].title = "Renamed".to_owned();
        company.merge(&batch).await;
        assert_eq!(company.project_of("3").await.as_deref(), Some("Q"));
        batch.tasks[0].projects = vec!["P".to_owned()];
        company.merge(&batch).await;
        assert_eq!(company.leaves().await, HashMap::from([("P".into(), (1, 1)), ("Q".into(), (2, 1))]));
        batch.tasks[2].projects = vec!["P".to_owned(), "Q".to_owned()];
        company.merge(&batch).await;
        assert_eq!(company.leaves().await, HashMap::from([("P".into(), (3, 2)), ("Q".into(), (2, 1))]));
    }
}

#[tokio::test]
async fn a_changed_sub_task_moves_along_with_a_parent_that_did_not_change_itself() {
    for company in Company::on_each_database().await {
        let (top, middle) = (task("1", TaskStatus::Todo), part("2", "1", TaskStatus::Todo));
        let mut batch = batch(vec![top, middle, part("3", "2", TaskStatus::Done)]);
        batch.projects.push(project("Q"));
        company.merge(&batch).await;
        batch.tasks[0].projects = vec!["Q".to_owned()];
        batch.tasks[2].title = "Renamed".to_owned();
        company.merge(&batch).await;
        assert_eq!(company.project_of("3").await.as_deref(), Some("Q"));
        assert_eq!(company.leaves().await, HashMap::from([("P".into(), (0, 0)), ("Q".into(), (1, 1))]));
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
    }
}

#[tokio::test]
async fn sub_tasks_that_come_before_their_parent_are_placed_with_it() {
    for company in Company::on_each_database().await {
        let early = batch(vec![part("3", "2", TaskStatus::Done), part("2", "1", TaskStatus::Todo)]);
        company.merge(&early).await;
        assert_eq!(company.project_of("3").await, None);
        company.merge(&batch(vec![task("1", TaskStatus::Todo)])).await;
        assert_eq!(company.project_of("2").await.as_deref(), Some("P"));
        assert_eq!(company.leaves().await["P"], (1, 1));
        // One more below what is stored and not in the batch.
        company.merge(&batch(vec![part("4", "3", TaskStatus::Todo)])).await;
        assert_eq!(company.project_of("4").await.as_deref(), Some("P"));
        assert_eq!(company.leaves().await["P"], (1, 0));
        let before = company.dump().await;
        company.merge(&early).await;
        company.merge(&batch(vec![task("1", TaskStatus::Todo), part("4", "3", TaskStatus::Todo)])).await;
        assert_eq!(company.dump().await, before);
        // Without a parent, and without a word of the tool, it stands nowhere.
        let mut alone = part("4", "3", TaskStatus::Todo);
        alone.parent = None;
        company.merge(&batch(vec![alone])).await;
        assert_eq!(company.project_of("4").await, None);
        assert_eq!(company.leaves().await["P"], (1, 1));
    }
}

#[tokio::test]
async fn placing_many_costs_as_many_statements_as_few() {
    for company in Company::on_each_database().await {
        let tasks = |from: usize, to: usize, home: &str| {
            let mut top = task(&from.to_string(), TaskStatus::Todo);
            top.projects = vec![home.to_owned()];
            let mut tasks = vec![top];
            tasks.extend(
                (from + 1..to).map(|number| part(&number.to_string(), &from.to_string(), TaskStatus::Todo)),
            );
            let mut batch = batch(tasks);
            batch.projects.push(project("Q"));
            batch
        };
        company.merge(&tasks(0, 3, "P")).await;
        let cost = async |from: usize, to: usize| {
            company.merge(&tasks(from, to, "P")).await;
            company.log.lock().unwrap().clear();
            let mut moved = tasks(from, to, "Q");
            moved.tasks.truncate(1);
            company.merge(&moved).await;
            let statements = company.log.lock().unwrap().len();
            let stand = company.leaves().await["Q"].0;
            (statements, stand)
        };
        let (few, stand) = cost(100, 104).await;
        assert_eq!(stand, 3);
        let (many, stand) = cost(200, 260).await;
        assert_eq!(stand, 62);
        assert!(many <= few, "59 more sub-tasks, no more statements: {many}, {few}");
    }
}

#[tokio::test]
async fn a_system_that_acts_for_an_integration_places_alike() {
    for company in Company::on_each_database().await {
        company.merge(&batch(vec![task("1", TaskStatus::Todo)])).await;
        let integration = company.all::<entity::integration::Entity>("integration").await.remove(0).id;
        let scope = company
            .installation
            .system(company.organization, Actor::Integration(integration), "tests of the merge")
            .await
            .unwrap();
        let merge = crate::domain::sync::merge::Merge {
            batch: batch(vec![part("2", "1", TaskStatus::Done)]),
            options: MergeOptions::default(),
        };
        scope.run(&merge).await.unwrap();
        assert_eq!(company.leaves().await["P"], (1, 1));
    }
}
