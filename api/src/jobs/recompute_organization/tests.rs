//! Any recompute of what is right changes nothing: no number, no point, no event, no time of computing.

mod order;

use entity::{
    CycleState, Decimal, EstimateUnit, GoalState, JobKind, KeyResultKind, ObjectiveSource, ProgressBasis,
    ProgressSource, ProjectState, Significance, TaskStatus, Visibility,
};
use uuid::Uuid;

use crate::{
    domain::{
        access::secret::Entropy,
        check_in::MakeCheckIn,
        cycle::CreateCycle,
        cycle_close::CloseCycle,
        key_result_change::{ArchiveKeyResult, CreateKeyResult, UpdateKeyResult},
        key_result_override::OverrideProgress,
        key_result_score::ScoreKeyResult,
        link_change::RetireLink,
        link_create::CreateLink,
        link_target::{LinkGoal, LinkSource},
        milestone::{CreateMilestone, UpdateMilestone},
        objective::CreateObjective,
        organization::UpdateOrganization,
        project_change::{ArchiveProject, CreateProject},
        settings::SettingsPatch,
        task_change::{ArchiveTask, UpdateTask},
        task_create::CreateTask,
        trial::{Ask, Trial},
    },
    jobs::Runner,
};

struct Dice(Entropy);

impl Dice {
    /// A number below `limit`.
    fn below(&self, limit: u32) -> u32 {
        u32::from_le_bytes(self.0.bytes()) % limit
    }

    fn decimal(&self) -> Option<Decimal> {
        Some(Decimal(i64::from(self.below(200_000_000)) - 50_000_000))
    }

    fn share(&self) -> f64 {
        f64::from(self.below(1_000_001)) / 1e6
    }

    fn weight(&self) -> f64 {
        [0.0, 1.0, 1.0, 3.0, 0.1, 1e6][self.below(6) as usize]
    }
}

async fn key_result(trial: &Trial, dice: &Dice, objective: Uuid) -> Uuid {
    let source =
        [ProgressSource::CheckIn, ProgressSource::Work, ProgressSource::External][dice.below(3) as usize];
    let plain = CreateKeyResult {
        progress_source: source,
        weight: dice.weight(),
        start: None,
        target: None,
        ..trial.new_key_result(objective)
    };
    let bound = dice.decimal();
    let command = match dice.below(5) {
        4 => CreateKeyResult { kind: Some(KeyResultKind::Milestone), ..plain },
        0 => CreateKeyResult {
            kind: Some(KeyResultKind::MaintainAbove),
            lower: bound,
            tolerance: Some(Decimal(i64::from(dice.below(9_000_000)) + 1)),
            ..plain
        },
        1 => CreateKeyResult { kind: Some(KeyResultKind::Baseline), ..plain },
        2 => CreateKeyResult {
            kind: None,
            start: Some(Decimal(3_000_000)),
            target: Some(Decimal(-7)),
            ..plain
        },
        _ => {
            CreateKeyResult { kind: None, start: Some(Decimal(0)), target: Some(Decimal(7_000_000)), ..plain }
        }
    };
    let row = trial.scope(trial.leader).await.run(&command).await.unwrap();
    if row.kind == KeyResultKind::Milestone {
        let leader = trial.scope(trial.leader).await;
        for _ in 0..3 {
            let step = CreateMilestone {
                id: None,
                key_result: row.id,
                title: "Step".into(),
                weight: dice.weight(),
                due_on: "2026-03-01".parse().unwrap(),
            };
            let step = leader.run(&step).await.unwrap().milestone.unwrap();
            let done = Some(dice.below(2) == 0);
            leader.run(&UpdateMilestone { id: step.id, done, ..UpdateMilestone::default() }).await.unwrap();
        }
    }
    row.id
}

const STATUSES: [TaskStatus; 5] =
    [TaskStatus::Backlog, TaskStatus::Todo, TaskStatus::InProgress, TaskStatus::Done, TaskStatus::Cancelled];

fn new_task(dice: &Dice, projects: Vec<Uuid>, parent: Option<Uuid>) -> CreateTask {
    let unit = if dice.below(4) == 0 { EstimateUnit::Seconds } else { EstimateUnit::Points };
    CreateTask {
        id: None,
        title: "Do".into(),
        description: None,
        status: STATUSES[dice.below(5) as usize],
        parent,
        projects,
        assignees: Vec::new(),
        labels: Vec::new(),
        due_on: None,
        estimate: (dice.below(3) > 0).then(|| (f64::from(dice.below(4)) * dice.share(), unit)),
        opted_out: dice.below(5) == 0,
        work_class: None,
    }
}

fn new_project(dice: &Dice) -> CreateProject {
    CreateProject {
        id: None,
        title: "Work".into(),
        description: None,
        team: None,
        owner: None,
        state: ProjectState::InProgress,
        visibility: Visibility::Organization,
        starts_on: None,
        ends_on: None,
        progress_basis: if dice.below(2) == 0 { ProgressBasis::Count } else { ProgressBasis::Estimate },
        work_class: None,
    }
}

/// A project with tasks and parts of tasks in all states, tied to a goal; some of its tasks to that goal by
/// themselves, some in another project too. Some links only support, and some are retired.
async fn work(trial: &Trial, dice: &Dice, goal: LinkGoal, projects: &mut Vec<Uuid>) {
    let leader = trial.scope(trial.leader).await;
    let project = leader.run(&new_project(dice)).await.unwrap().id;
    let link = async |source, always: bool| {
        let significance = (dice.below(5) == 0).then_some(Significance::Supports);
        let link = CreateLink { id: None, source, goal, significance, weight: Some(dice.weight()) };
        let id = leader.run(&link).await.unwrap().link.id;
        if !always && dice.below(4) == 0 {
            leader.run(&RetireLink { id, expected_version: None }).await.unwrap();
        }
    };
    link(LinkSource::Project(project), true).await;
    let mut tasks: Vec<Uuid> = Vec::new();
    for _ in 0..dice.below(7) {
        let parent =
            (!tasks.is_empty() && dice.below(3) == 0).then(|| tasks[dice.below(tasks.len() as u32) as usize]);
        let mut places = if parent.is_some() { Vec::new() } else { vec![project] };
        if !projects.is_empty() && dice.below(4) == 0 {
            places.push(projects[dice.below(projects.len() as u32) as usize]);
        }
        let task = leader.run(&new_task(dice, places, parent)).await.unwrap().id;
        match dice.below(6) {
            0 | 1 => link(LinkSource::Task(task), false).await,
            2 => {
                let archive = ArchiveTask { id: task, expected_version: None, archive: true };
                leader.run(&archive).await.unwrap();
                continue;
            }
            _ => {}
        }
        tasks.push(task);
    }
    if dice.below(6) == 0 {
        let archive = ArchiveProject { id: project, expected_version: None, archive: true };
        leader.run(&archive).await.unwrap();
    } else {
        projects.push(project);
    }
}

/// What is said of a key result, and what becomes of it.
async fn say(trial: &Trial, dice: &Dice, id: Uuid) {
    let leader = trial.scope(trial.leader).await;
    for _ in 0..dice.below(3) {
        trial.time.advance_seconds(60);
        let check_in = MakeCheckIn {
            id: None,
            key_result: id,
            at: None,
            value: dice.decimal(),
            confidence: None,
            health: None,
            note: None,
        };
        // Milestones take no value.
        let _ = leader.run(&check_in).await;
    }
    match dice.below(6) {
        0 => {
            let archive = ArchiveKeyResult { id, expected_version: None, archive: true };
            leader.run(&archive).await.unwrap();
            return;
        }
        1 => {
            let give_up =
                UpdateKeyResult { id, state: Some(GoalState::Cancelled), ..UpdateKeyResult::default() };
            leader.run(&give_up).await.unwrap();
            return;
        }
        _ => {}
    }
    if dice.below(4) == 0 {
        let over = OverrideProgress {
            key_result: id,
            expected_version: None,
            value: dice.share(),
            sticky: dice.below(2) == 0,
            reason: "We know better".into(),
        };
        // A baseline is not overridden.
        let _ = leader.run(&over).await;
    }
}

/// A tree of goals with work below it, of which a part is closed with its cycle.
async fn grow(trial: &Trial, dice: &Dice) {
    let leader = trial.scope(trial.leader).await;
    let ending = CreateCycle {
        id: None,
        name: "Ending".into(),
        state: CycleState::Active,
        starts_on: None,
        ends_on: None,
        parent: None,
        check_in_days: None,
    };
    let ending = leader.run(&ending).await.unwrap().id;
    let mut projects = Vec::new();
    let mut objectives = vec![trial.objective("Top", None).await.id];
    for number in 0..4 {
        let parent = objectives[dice.below(objectives.len() as u32) as usize];
        let by_work = dice.below(3) == 0;
        let below = CreateObjective {
            progress_source: if by_work { ObjectiveSource::Work } else { ObjectiveSource::KeyResults },
            include_children: dice.below(2) == 0,
            weight: dice.weight(),
            cycle: Some(if number == 3 { ending } else { trial.cycle }),
            ..trial.new_objective("Below", Some(parent))
        };
        let below = trial.scope(trial.leader).await.run(&below).await.unwrap().id;
        objectives.push(below);
        work(trial, dice, LinkGoal::Objective(below), &mut projects).await;
    }
    let settings = SettingsPatch {
        partial_credit: Some(dice.share()),
        require_confirm: Some(dice.below(2) == 0),
        ..SettingsPatch::default()
    };
    let settings = UpdateOrganization { settings: Some(settings), ..UpdateOrganization::default() };
    leader.run(&settings).await.unwrap();
    for _ in 0..9 {
        let objective = objectives[dice.below(5) as usize];
        let id = key_result(trial, dice, objective).await;
        for _ in 0..dice.below(3) {
            work(trial, dice, LinkGoal::KeyResult(id), &mut projects).await;
        }
        say(trial, dice, id).await;
        if objective == objectives[4] {
            let score = ScoreKeyResult {
                key_result: id,
                expected_version: None,
                score: Some(0.5),
                note: Some("As far as we got".into()),
            };
            // What was given up is not scored.
            let _ = leader.run(&score).await;
        }
    }
    // As references of tools make them: a person has not confirmed them, and so they may not count.
    let some = "UPDATE alignment_link SET confirmed_at = NULL, confirmed_by_id = NULL WHERE weight = 3";
    trial.change_all(some).await;
    trial.system().await.run(&Ask(JobKind::RecomputeOrganization, trial.organization)).await.unwrap();
    Runner::new(&trial.installation).run_due().await.unwrap();
    trial.time.advance_seconds(60);
    let close = CloseCycle { id: ending, expected_version: None, accept_suggested: true };
    leader.run(&close).await.unwrap();
    // The work goes on, also that which was linked to what is closed now.
    for (at, task) in trial.keys_of("task").await.into_iter().enumerate() {
        if at % 3 == 0 {
            trial.time.advance_seconds(60);
            let status = Some(STATUSES[dice.below(5) as usize]);
            leader.run(&UpdateTask { id: task, status, ..UpdateTask::default() }).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_recompute_of_what_is_right_changes_nothing() {
    for seed in 0..6 {
        for trial in Trial::on_each_database().await {
            grow(&trial, &Dice(Entropy::seeded(seed))).await;
            let runner = Runner::new(&trial.installation);
            let recompute = async || {
                let all = Ask(JobKind::RecomputeOrganization, trial.organization);
                trial.system().await.run(&all).await.unwrap();
                runner.run_due().await.unwrap();
            };
            // What lies above follows in jobs.
            runner.run_due().await.unwrap();
            trial.time.advance_seconds(60);
            let state = async || {
                trial
                    .numbers(
                        "SELECT COUNT(*) FROM event UNION ALL SELECT COUNT(*) FROM progress_point \
                         UNION ALL SELECT CAST(SUM(progress_at + version) AS BIGINT) FROM key_result \
                         UNION ALL SELECT CAST(SUM(progress_at + version) AS BIGINT) FROM objective \
                         UNION ALL SELECT CAST(SUM(progress_at + version) AS BIGINT) FROM project \
                         UNION ALL SELECT CAST(SUM(version) AS BIGINT) FROM task \
                         UNION ALL SELECT COUNT(*) FROM task WHERE inherits_links",
                    )
                    .await
            };
            let before = state().await;
            recompute().await;
            assert_eq!(state().await, before, "seed {seed}");
        }
    }
}
