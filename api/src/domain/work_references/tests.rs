//! What becomes of references while two transactions are open at once, and by which settings they are read.

use std::collections::HashSet;

use entity::{JobKind, TaskStatus};
use serde_json::Value;

use super::{ResolveWaiting, WITHOUT_GOAL};
use crate::domain::{
    access::Scope,
    error::Result,
    recompute::FinishJob,
    sync::{goals::Waiting, links::Linked},
    task_change::UpdateTask,
    task_create::CreateTask,
    trial::Trial,
    write::{Command, Write},
};

fn task(title: &str, description: Option<&str>) -> CreateTask {
    CreateTask {
        id: None,
        title: title.to_owned(),
        description: description.map(str::to_owned),
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

/// Runs the jobs of waiting references that there are, as the runner does; gives how many.
async fn resolve(trial: &Trial) -> usize {
    let mut ran = 0;
    while let Some(lease) = trial.installation.take_job(&[JobKind::ResolveReferences]).await.unwrap() {
        let lease = &lease;
        let without_goal = lease.payload.get(WITHOUT_GOAL).and_then(Value::as_bool).unwrap_or_default();
        let scope = trial.system().await;
        let mut after = None;
        loop {
            after = scope.run(&ResolveWaiting { lease, without_goal, after }).await.unwrap();
            if after.is_none() {
                break;
            }
        }
        scope.run(&FinishJob { lease }).await.unwrap();
        ran += 1;
        assert!(ran < 10, "the job asks for itself");
    }
    ran
}

async fn linked(trial: &Trial) -> Vec<String> {
    trial
        .texts("SELECT key_result.code FROM alignment_link JOIN key_result ON key_result.id = key_result_id")
        .await
}

/// Another command that comes and is committed before the first one is.
struct Meanwhile<'a, First, Other> {
    first: First,
    scope: &'a Scope,
    other: Other,
}

impl<First: Command, Other: Command> Command for Meanwhile<'_, First, Other> {
    type Output = First::Output;

    async fn run(&self, write: &mut Write) -> Result<First::Output> {
        let output = self.first.run(write).await?;
        self.scope.run(&self.other).await?;
        Ok(output)
    }
}

/// Makes links of all that waits, as the job and the merge do, while a text changes after it was looked at.
struct LookThenChange<'a> {
    scope: &'a Scope,
    change: UpdateTask,
}

impl Command for LookThenChange<'_> {
    type Output = Linked;

    async fn run(&self, write: &mut Write) -> Result<Linked> {
        let waiting = write.resolved_since(Waiting::WithoutGoal).await?;
        let scanned = write.scanned_of(waiting, &HashSet::new()).await?;
        assert_eq!(scanned.len(), 1);
        self.scope.run(&self.change).await?;
        write.link_references(scanned, false).await
    }
}

#[tokio::test]
async fn either_side_asks_for_the_other_and_nothing_asks_for_itself() {
    for trial in Trial::on_each_database().await {
        let objective = trial.objective("Grow", None).await;
        assert_eq!(resolve(&trial).await, 1, "a goal that comes asks, whether or not anything waits for it");
        let leader = trial.scope(trial.leader).await;
        let made = leader.run(&task("Ship KR-1 and KR-9", None)).await.unwrap();
        assert_eq!(resolve(&trial).await, 1, "so does a reference that finds no goal");
        let again = UpdateTask {
            id: made.id,
            title: Some("Now ship KR-1 and KR-9".to_owned()),
            ..Default::default()
        };
        leader.run(&again).await.unwrap();
        assert_eq!(resolve(&trial).await, 1, "it stands in another place");
        let same =
            UpdateTask { id: made.id, description: Some(Some("Soon".to_owned())), ..Default::default() };
        leader.run(&same).await.unwrap();
        assert_eq!(resolve(&trial).await, 0, "what was found before asks for nothing");
        trial.key_result(objective.id).await;
        assert_eq!(resolve(&trial).await, 1);
        assert_eq!(linked(&trial).await, ["KR-1"]);
    }
}

#[tokio::test]
async fn a_goal_and_a_reference_that_come_at_once_meet() {
    for trial in Trial::on_each_database().await {
        if !trial.is_on_postgres() {
            // There is one writer at a time.
            continue;
        }
        let objective = trial.objective("Grow", None).await;
        let scope = trial.scope(trial.leader).await;
        resolve(&trial).await;
        let (first, other) = (task("Ship KR-1", None), trial.new_key_result(objective.id));
        scope.run(&Meanwhile { first, scope: &scope, other }).await.unwrap();
        resolve(&trial).await;
        assert_eq!(linked(&trial).await, ["KR-1"], "the goal came while the task was not committed");
        let (first, other) = (trial.new_key_result(objective.id), task("Ship KR-2", None));
        scope.run(&Meanwhile { first, scope: &scope, other }).await.unwrap();
        resolve(&trial).await;
        assert_eq!(linked(&trial).await.len(), 2, "the task came while the goal was not committed");
    }
}

#[tokio::test]
async fn what_stands_in_no_text_any_more_makes_no_link() {
    for trial in Trial::on_each_database().await {
        if !trial.is_on_postgres() {
            // There is one writer at a time.
            continue;
        }
        let objective = trial.objective("Grow", None).await;
        let scope = trial.scope(trial.leader).await;
        let made = scope.run(&task("Ship KR-1", None)).await.unwrap();
        trial.key_result(objective.id).await;
        let change = UpdateTask { id: made.id, title: Some("Ship it".to_owned()), ..Default::default() };
        let linked_now = scope.run(&LookThenChange { scope: &scope, change }).await.unwrap();
        assert!(!linked_now.any(), "{linked_now:?}");
        assert!(linked(&trial).await.is_empty());
    }
}

#[tokio::test]
async fn texts_are_read_by_the_settings_of_now() {
    for trial in Trial::on_each_database().await {
        let objective = trial.objective("Grow", None).await;
        trial.key_result(objective.id).await;
        // Loaded before the change, as another node may keep it for some seconds.
        let scope = trial.scope(trial.leader).await;
        trial.change_all("UPDATE organization SET settings = '{\"bareTokens\":true}'").await;
        scope.run(&task("Ship it", Some("as KR-1 says"))).await.unwrap();
        assert_eq!(linked(&trial).await, ["KR-1"]);
    }
}
