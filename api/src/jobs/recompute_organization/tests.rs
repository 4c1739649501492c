//! Any recompute of what is right changes nothing: no number, no point, no event, no time of computing.

use entity::{
    Decimal, EstimateUnit, GoalState, JobKind, KeyResultKind, ObjectiveSource, ProgressBasis, ProgressSource,
    ProjectState, TaskStatus, Visibility,
};
use uuid::Uuid;

use crate::{
    domain::{
        access::secret::Entropy,
        check_in::MakeCheckIn,
        key_result_change::{ArchiveKeyResult, CreateKeyResult, UpdateKeyResult},
        key_result_override::OverrideProgress,
        link_create::CreateLink,
        link_target::{LinkGoal, LinkSource},
        milestone::{CreateMilestone, UpdateMilestone},
        objective::CreateObjective,
        organization::UpdateOrganization,
        project_change::{ArchiveProject, CreateProject},
        settings::SettingsPatch,
        task_change::ArchiveTask,
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

/// A project with tasks in all states, tied to a goal; some of its tasks to that goal by themselves.
async fn work(trial: &Trial, dice: &Dice, goal: LinkGoal) {
    let leader = trial.scope(trial.leader).await;
    let project = CreateProject {
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
    };
    let project = leader.run(&project).await.unwrap().id;
    let link =
        |source, weight| CreateLink { id: None, source, goal, significance: None, weight: Some(weight) };
    leader.run(&link(LinkSource::Project(project), dice.weight())).await.unwrap();
    for _ in 0..dice.below(6) {
        let status = [
            TaskStatus::Backlog,
            TaskStatus::Todo,
            TaskStatus::InProgress,
            TaskStatus::Done,
            TaskStatus::Cancelled,
        ][dice.below(5) as usize];
        let task = CreateTask {
            id: None,
            title: "Do".into(),
            description: None,
            status,
            parent: None,
            projects: vec![project],
            assignees: Vec::new(),
            labels: Vec::new(),
            due_on: None,
            estimate: (dice.below(3) > 0).then(|| (dice.share() * 8.0, EstimateUnit::Points)),
            opted_out: dice.below(5) == 0,
            work_class: None,
        };
        let task = leader.run(&task).await.unwrap().id;
        match dice.below(6) {
            0 => {
                leader.run(&link(LinkSource::Task(task), dice.weight())).await.unwrap();
            }
            1 => {
                let archive = ArchiveTask { id: task, expected_version: None, archive: true };
                leader.run(&archive).await.unwrap();
            }
            _ => {}
        }
    }
    if dice.below(6) == 0 {
        let archive = ArchiveProject { id: project, expected_version: None, archive: true };
        leader.run(&archive).await.unwrap();
    }
}

#[tokio::test]
async fn a_recompute_of_what_is_right_changes_nothing() {
    for seed in 0..6 {
        let dice = Dice(Entropy::seeded(seed));
        let trial = Trial::new().await;
        let mut objectives = vec![trial.objective("Top", None).await.id];
        for _ in 0..4 {
            let parent = objectives[dice.below(objectives.len() as u32) as usize];
            let by_work = dice.below(3) == 0;
            let below = CreateObjective {
                progress_source: if by_work { ObjectiveSource::Work } else { ObjectiveSource::KeyResults },
                include_children: dice.below(2) == 0,
                weight: dice.weight(),
                ..trial.new_objective("Below", Some(parent))
            };
            let below = trial.scope(trial.leader).await.run(&below).await.unwrap().id;
            objectives.push(below);
            work(&trial, &dice, LinkGoal::Objective(below)).await;
        }
        let settings = SettingsPatch { partial_credit: Some(dice.share()), ..SettingsPatch::default() };
        let settings = UpdateOrganization { settings: Some(settings), ..UpdateOrganization::default() };
        trial.scope(trial.leader).await.run(&settings).await.unwrap();
        let leader = trial.scope(trial.leader).await;
        for _ in 0..8 {
            let objective = objectives[dice.below(5) as usize];
            let id = key_result(&trial, &dice, objective).await;
            for _ in 0..dice.below(3) {
                work(&trial, &dice, LinkGoal::KeyResult(id)).await;
            }
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
                    continue;
                }
                1 => {
                    let give_up = UpdateKeyResult {
                        id,
                        state: Some(GoalState::Cancelled),
                        ..UpdateKeyResult::default()
                    };
                    leader.run(&give_up).await.unwrap();
                    continue;
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
        let runner = Runner::new(trial.installation.clone());
        let recompute = async || {
            trial.system().await.run(&Ask(JobKind::RecomputeOrganization, trial.organization)).await.unwrap();
            runner.run_due().await.unwrap();
        };
        // What lies above follows in jobs.
        runner.run_due().await.unwrap();
        trial.time.advance_seconds(60);
        let state = async || {
            trial
                .numbers(
                    "SELECT COUNT(*) FROM event UNION ALL SELECT COUNT(*) FROM progress_point \
                     UNION ALL SELECT SUM(progress_at + version) FROM key_result \
                     UNION ALL SELECT SUM(progress_at + version) FROM objective \
                     UNION ALL SELECT SUM(progress_at + version) FROM project \
                     UNION ALL SELECT SUM(version) FROM task",
                )
                .await
        };
        let before = state().await;
        recompute().await;
        assert_eq!(state().await, before, "seed {seed}");
    }
}
