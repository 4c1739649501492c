//! Any recompute of what is right changes nothing: no number, no point, no event, no time of computing.

use entity::{Decimal, JobKind, KeyResultKind, ProgressSource, Visibility};
use uuid::Uuid;

use crate::{
    domain::{
        access::secret::Entropy,
        check_in::MakeCheckIn,
        key_result_change::CreateKeyResult,
        key_result_override::OverrideProgress,
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
    let command = match dice.below(4) {
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
    trial.scope(trial.leader).await.run(&command).await.unwrap().id
}

#[tokio::test]
async fn a_recompute_of_what_is_right_changes_nothing() {
    for seed in 0..6 {
        let dice = Dice(Entropy::seeded(seed));
        let trial = Trial::new().await;
        let mut objectives = vec![trial.objective("Top", None).await.id];
        for _ in 0..4 {
            let parent = objectives[dice.below(objectives.len() as u32) as usize];
            objectives.push(trial.objective("Below", Some(parent)).await.id);
        }
        let leader = trial.scope(trial.leader).await;
        for _ in 0..8 {
            let objective = objectives[dice.below(5) as usize];
            let id = key_result(&trial, &dice, objective).await;
            for _ in 0..dice.below(3) {
                trial.work(id, dice.share(), Visibility::Organization).await;
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
                leader.run(&check_in).await.unwrap();
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
        // Once, for the work that was put there past the rules.
        recompute().await;
        trial.time.advance_seconds(60);
        let state = async || {
            trial
                .numbers(
                    "SELECT COUNT(*) FROM event UNION ALL SELECT COUNT(*) FROM progress_point \
                     UNION ALL SELECT SUM(progress_at + version) FROM key_result \
                     UNION ALL SELECT SUM(progress_at + version) FROM objective",
                )
                .await
        };
        let before = state().await;
        recompute().await;
        assert_eq!(state().await, before, "seed {seed}");
    }
}
