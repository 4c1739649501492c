//! The order of edits does not matter for the stored numbers: they follow from what is, not from how it came.

use entity::{GoalState, JobKind, ProgressBasis, ProgressSource, Significance, TaskStatus};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{Dice, Entropy, STATUSES, new_project, new_task};
use crate::{
    domain::{
        key_result_change::{ArchiveKeyResult, CreateKeyResult, UpdateKeyResult},
        link_change::{ConfirmLink, RetireLink, UpdateLink},
        link_create::CreateLink,
        link_target::{LinkGoal, LinkSource},
        objective::UpdateObjective,
        organization::UpdateOrganization,
        project_change::{ArchiveProject, CreateProject, UpdateProject},
        settings::SettingsPatch,
        task_change::{ArchiveTask, UpdateTask},
        trial::{Ask, Trial},
    },
    jobs::Runner,
};

/// Goals, projects and tasks whose keys are the same whenever they are made of the same dice.
struct Plot {
    objectives: Vec<Uuid>,
    key_results: Vec<Uuid>,
    projects: Vec<Uuid>,
    /// Of each project: a task with two parts, of which the second has parts of its own, and three without.
    tasks: Vec<Vec<Uuid>>,
    links: Vec<Uuid>,
}

fn link(source: LinkSource, key_result: Uuid, weight: f64) -> CreateLink {
    let goal = LinkGoal::KeyResult(key_result);
    CreateLink { id: None, source, goal, significance: None, weight: Some(weight) }
}

async fn lay_out(trial: &Trial, dice: &Dice) -> Plot {
    let leader = trial.scope(trial.leader).await;
    let top = trial.objective("Top", None).await.id;
    let mut objectives = vec![top];
    for _ in 0..2 {
        objectives.push(trial.objective("Below", Some(top)).await.id);
    }
    let mut key_results = Vec::new();
    for objective in &objectives {
        for _ in 0..2 {
            let by_work = CreateKeyResult {
                progress_source: ProgressSource::Work,
                weight: dice.weight(),
                ..trial.new_key_result(*objective)
            };
            key_results.push(leader.run(&by_work).await.unwrap().id);
        }
    }
    let (mut projects, mut tasks, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for (at, key_result) in key_results.iter().take(4).enumerate() {
        let basis = if at % 2 == 0 { ProgressBasis::Estimate } else { ProgressBasis::Count };
        let project = CreateProject { progress_basis: basis, ..new_project(dice) };
        let project = leader.run(&project).await.unwrap().id;
        let made = leader.run(&link(LinkSource::Project(project), *key_result, dice.weight())).await;
        links.push(made.unwrap().link.id);
        let mut of_project: Vec<Uuid> = Vec::new();
        for parent in [None, Some(0), Some(0), Some(2), Some(2), None, None, None] {
            let parent = parent.map(|parent: usize| of_project[parent]);
            let places = if parent.is_some() { Vec::new() } else { vec![project] };
            of_project.push(leader.run(&new_task(dice, places, parent)).await.unwrap().id);
        }
        projects.push(project);
        tasks.push(of_project);
    }
    Plot { objectives, key_results, projects, tasks, links }
}

type Edit<'e> = Box<dyn Fn() -> BoxFuture<'e, ()> + 'e>;

/// Edits none of which another one refuses or undoes.
fn edits<'e>(trial: &'e Trial, dice: &Dice, plot: &'e Plot) -> Vec<Edit<'e>> {
    macro_rules! edit {
        ($command:expr) => {{
            let command = $command;
            Box::new(move || {
                let command = command.clone();
                let done: BoxFuture<'e, ()> = Box::pin(async move {
                    trial.time.advance_seconds(60);
                    trial.scope(trial.leader).await.run(&command).await.unwrap();
                });
                done
            }) as Edit<'e>
        }};
    }
    let Plot { objectives, key_results, projects, tasks, links } = plot;
    let mut edits: Vec<Edit<'e>> = Vec::new();
    for (at, of_project) in tasks.iter().enumerate() {
        for (number, id) in of_project.iter().enumerate() {
            let status = Some(STATUSES[dice.below(5) as usize]);
            // The last of each is held by a goal that ends below: whether it was done before is no matter of
            // order, it is open.
            let status = if number == 7 { Some(TaskStatus::Todo) } else { status };
            edits.push(edit!(UpdateTask { id: *id, status, ..UpdateTask::default() }));
        }
        // A leaf of a part, a task, and one with parts: opted out, archived, put elsewhere with what is below.
        let opted_out = Some(dice.below(2) == 0);
        edits.push(edit!(UpdateTask { id: of_project[3], opted_out, ..UpdateTask::default() }));
        edits.push(edit!(ArchiveTask { id: of_project[5], expected_version: None, archive: true }));
        if at < 2 {
            let both = Some(vec![projects[at + 1], projects[at]]);
            edits.push(edit!(UpdateTask { id: of_project[0], projects: both, ..UpdateTask::default() }));
        }
        // Linked by themselves: to a goal that goes on, and to one that ends.
        edits.push(edit!(link(LinkSource::Task(of_project[6]), key_results[(at + 1) % 4], dice.weight())));
        edits.push(edit!(link(LinkSource::Task(of_project[1]), key_results[at], dice.weight())));
    }
    for goal in &key_results[..2] {
        let weight = Some(dice.weight());
        edits.push(edit!(UpdateKeyResult { id: *goal, weight, ..UpdateKeyResult::default() }));
    }
    edits.push(edit!(UpdateKeyResult {
        id: key_results[4],
        state: Some(GoalState::Cancelled),
        ..UpdateKeyResult::default()
    }));
    edits.push(edit!(ArchiveKeyResult { id: key_results[5], expected_version: None, archive: true }));
    edits.push(edit!(UpdateObjective {
        id: objectives[1],
        weight: Some(dice.weight()),
        ..UpdateObjective::default()
    }));
    edits.push(edit!(UpdateLink {
        id: links[1],
        significance: Some(Significance::Supports),
        ..UpdateLink::default()
    }));
    edits.push(edit!(RetireLink { id: links[2], expected_version: None }));
    edits.push(edit!(ConfirmLink { id: links[0], expected_version: None }));
    let basis = Some(ProgressBasis::Estimate);
    edits.push(edit!(UpdateProject { id: projects[1], progress_basis: basis, ..UpdateProject::default() }));
    edits.push(edit!(ArchiveProject { id: projects[3], expected_version: None, archive: true }));
    let patch = SettingsPatch {
        partial_credit: Some(dice.share()),
        require_confirm: Some(dice.below(2) == 0),
        ..SettingsPatch::default()
    };
    edits.push(edit!(UpdateOrganization { settings: Some(patch), ..UpdateOrganization::default() }));
    edits
}

/// All stored numbers, with what they are made of.
async fn numbers(trial: &Trial) -> Vec<String> {
    let hex = if trial.is_on_postgres() { "CAST(id AS TEXT)" } else { "hex(id)" };
    let whole = |number: &str| format!("COALESCE(CAST(ROUND({number} * 1000000000) AS BIGINT), -1)");
    let (progress, inherited) = (whole("progress"), whole("inherited_progress"));
    let work = whole("work_progress");
    trial
        .texts(&format!(
            "SELECT {hex} || ' ' || {progress} || ' ' || {inherited} || ' ' || counted_leaves || ' ' || \
             done_leaves || ' ' || in_progress_leaves FROM project \
             UNION ALL SELECT {hex} || ' ' || {progress} || ' ' || {work} || progress_inputs FROM key_result \
             UNION ALL SELECT {hex} || ' ' || {progress} || progress_inputs FROM objective \
             UNION ALL SELECT {hex} || CASE WHEN inherits_links THEN ' inherits' ELSE ' held' END FROM task \
             ORDER BY 1"
        ))
        .await
}

#[tokio::test]
async fn edits_in_any_order_leave_the_same_numbers() {
    for seed in 0..4 {
        let mut found: Vec<Vec<String>> = Vec::new();
        for shuffle in 0..3 {
            // Many small transactions: one seed is enough on a server.
            let trials = if seed == 0 { Trial::on_each_database().await } else { vec![Trial::new().await] };
            for (database, trial) in trials.into_iter().enumerate() {
                let dice = Dice(Entropy::seeded(seed));
                let plot = lay_out(&trial, &dice).await;
                for (at, goal) in [(0, 4), (1, 5), (2, 4), (3, 5)] {
                    let held = link(LinkSource::Task(plot.tasks[at][7]), plot.key_results[goal], 1.0);
                    trial.scope(trial.leader).await.run(&held).await.unwrap();
                }
                let mut edits = edits(&trial, &dice, &plot);
                let order = Dice(Entropy::seeded(1_000 + shuffle));
                if shuffle > 0 {
                    for at in (1..edits.len()).rev() {
                        edits.swap(at, order.below(at as u32 + 1) as usize);
                    }
                }
                for edit in &edits {
                    edit().await;
                }
                let runner = Runner::new(&trial.installation);
                runner.run_due().await.unwrap();
                let left = numbers(&trial).await;
                // A recount gives the same once more.
                let all = Ask(JobKind::RecomputeOrganization, trial.organization);
                trial.system().await.run(&all).await.unwrap();
                runner.run_due().await.unwrap();
                assert_eq!(numbers(&trial).await, left, "seed {seed}, order {shuffle}, database {database}");
                match found.get(database) {
                    Some(first) => {
                        assert_eq!(&left, first, "seed {seed}, order {shuffle}, database {database}");
                    }
                    None => found.push(left),
                }
            }
        }
    }
}
