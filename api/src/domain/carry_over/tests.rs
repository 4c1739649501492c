use entity::{CycleState, KeyResultKind};
use proptest::{prelude::*, test_runner::TestRunner};

use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    cycle::CreateCycle,
    cycle_close::CloseCycle,
    key_result_change::CreateKeyResult,
    key_result_score::ScoreKeyResult,
    objective::CreateObjective,
    organization::UpdateOrganization,
    origin::Origin,
    settings::{CheckRule, SettingsPatch},
    trial::{Trial, refused},
};

async fn cycle(trial: &Trial, name: &str) -> Uuid {
    let create = CreateCycle {
        id: None,
        check_in_days: None,
        name: name.to_owned(),
        parent: None,
        state: CycleState::Active,
        starts_on: None,
        ends_on: None,
    };
    trial.scope(trial.leader).await.run(&create).await.unwrap().id
}

async fn close(trial: &Trial, id: Uuid) {
    let close = CloseCycle { id, expected_version: None, accept_suggested: true };
    trial.scope(trial.leader).await.run(&close).await.unwrap();
}

async fn check_in(trial: &Trial, key_result: Uuid, value: i64) {
    let value = Some(Decimal(value * 1_000_000));
    let made =
        MakeCheckIn { id: None, key_result, at: None, value, confidence: None, health: None, note: None };
    trial.scope(trial.leader).await.run(&made).await.unwrap();
}

fn keep(key_result: Uuid, cycle: Uuid) -> CarryOver {
    CarryOver {
        key_result,
        decision: CarryOverDecision::Keep,
        cycle: Some(cycle),
        objective: None,
        id: None,
        note: None,
        title: None,
        owner: None,
        target: None,
        target_percent: None,
        commit: None,
        stretch: None,
        lower: None,
        upper: None,
        tolerance: None,
        weight: None,
        milestones: None,
    }
}

#[tokio::test]
async fn it_is_decided_once() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let other = trial.key_result(objective.id).await;
    check_in(&trial, row.id, 40).await;
    let next = cycle(&trial, "Next").await;
    let wish = keep(row.id, next);
    assert_eq!(refused(leader.run(&wish).await)[0].0, "keyResultId", "it is not closed yet");
    close(&trial, trial.cycle).await;

    let abandon = CarryOver { decision: CarryOverDecision::Abandon, ..wish.clone() };
    assert_eq!(refused(leader.run(&abandon).await)[0].0, "cycleId");
    assert_eq!(refused(leader.run(&CarryOver { cycle: None, ..wish.clone() }).await)[0].0, "cycleId");
    assert_eq!(refused(leader.run(&keep(row.id, trial.cycle)).await)[0].0, "cycleId", "that one is closed");
    let changed = CarryOver { weight: Some(2.0), ..wish.clone() };
    assert_eq!(refused(leader.run(&changed).await)[0].0, "weight");

    let id = Some(trial.installation.clock().new_id());
    let named = CarryOver { id, ..wish.clone() };
    let made = leader.run(&named).await.unwrap();
    let successor = made.successor.unwrap();
    assert_eq!((Some(successor.id), successor.code.as_str()), (id, "KR-3"));
    assert_eq!((successor.start_value, successor.current_value), (row_value(40), row_value(40)));
    assert_eq!(
        (successor.target_value, successor.weight, successor.progress),
        (row_value(100), 1.0, Some(0.0))
    );
    assert_eq!(leader.run(&named).await.unwrap().successor.unwrap().id, successor.id, "a retry");
    assert_eq!(leader.run(&wish).await.unwrap().successor.unwrap().id, successor.id, "the same once more");
    let noted = CarryOver { note: Some("Because".into()), ..wish.clone() };
    assert!(
        refused(leader.run(&noted).await)[0].1.contains("goes on as KR-3"),
        "not what was asked for before"
    );
    let late = CarryOver { decision: CarryOverDecision::Abandon, cycle: None, ..wish };
    assert!(refused(leader.run(&late).await)[0].1.contains("goes on as KR-3"));

    // The other key result of the objective goes on under the same successor.
    let second = leader.run(&keep(other.id, next)).await.unwrap().successor.unwrap();
    assert_eq!(second.objective_id, successor.objective_id);
    assert_eq!(trial.numbers("SELECT COUNT(*) FROM objective").await, [2]);
    let found = leader.objective_by_code("O-1").await.unwrap().unwrap();
    assert_eq!((found.id, found.code.as_str()), (successor.objective_id, "O-2"));
}

fn row_value(value: i64) -> Option<Decimal> {
    Some(Decimal(value * 1_000_000))
}

#[tokio::test]
async fn what_was_never_measured_goes_on_to_be() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let objective = trial.objective("Grow", None).await;
    let percent = CreateKeyResult {
        start: None,
        target: None,
        target_percent: row_value(20),
        ..trial.new_key_result(objective.id)
    };
    let row = leader.run(&percent).await.unwrap();
    let score = ScoreKeyResult {
        key_result: row.id,
        expected_version: None,
        score: Some(0.0),
        note: Some("Never begun".into()),
    };
    leader.run(&score).await.unwrap();
    let next = cycle(&trial, "Next").await;
    close(&trial, trial.cycle).await;
    let successor = leader.run(&keep(row.id, next)).await.unwrap().successor.unwrap();
    assert_eq!(
        (successor.start_value, successor.target_value, successor.target_percent),
        (None, None, row_value(20))
    );
}

#[tokio::test]
async fn what_may_not_be_published_goes_on_as_a_proposal() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let ownerless = CreateObjective {
        origin: Origin { is_ownerless: true, ..Origin::default() },
        ..trial.new_objective("Grow", None)
    };
    let objective = leader.run(&ownerless).await.unwrap();
    let row = trial.key_result(objective.id).await;
    let next = cycle(&trial, "Next").await;
    close(&trial, trial.cycle).await;
    let settings = SettingsPatch { check_no_owner: Some(CheckRule::Block), ..SettingsPatch::default() };
    leader
        .run(&UpdateOrganization { settings: Some(settings), ..UpdateOrganization::default() })
        .await
        .unwrap();
    let leader = trial.scope(trial.leader).await;
    let successor = leader.run(&keep(row.id, next)).await.unwrap().successor.unwrap();
    let home = leader.by_ids::<ObjectiveRow>(&[successor.objective_id]).await.unwrap()
        [&successor.objective_id]
        .clone();
    assert_eq!((home.owner_id, home.state), (None, GoalState::Draft));
}

#[tokio::test]
async fn individuals_go_on_with_proposals() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let next = cycle(&trial, "Next").await;
    close(&trial, trial.cycle).await;
    let individual = trial.scope(trial.individual).await;
    // The objective is not theirs to make anew.
    assert!(matches!(individual.run(&keep(row.id, next)).await, Err(DomainError::Forbidden(_))));
    let home = trial.new_objective("Grow on", None);
    let home = leader.run(&CreateObjective { cycle: Some(next), ..home }).await.unwrap();
    let under = CarryOver { objective: Some(home.id), ..keep(row.id, next) };
    let successor = individual.run(&under).await.unwrap().successor.unwrap();
    assert_eq!((successor.state, successor.objective_id), (GoalState::Draft, home.id));
}

#[tokio::test]
async fn open_steps_and_codes_go_on() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let objective = trial.objective("Grow", None).await;
    let steps = CreateKeyResult {
        kind: Some(KeyResultKind::Milestone),
        start: None,
        target: None,
        ..trial.new_key_result(objective.id)
    };
    let row = leader.run(&steps).await.unwrap();
    for (title, done) in [("Plan", true), ("Build", false)] {
        let create = crate::domain::milestone::CreateMilestone {
            id: None,
            key_result: row.id,
            title: title.to_owned(),
            weight: 2.0,
            due_on: "2026-03-01".parse().unwrap(),
        };
        let id = leader.run(&create).await.unwrap().milestone.unwrap().id;
        let set = crate::domain::milestone::UpdateMilestone { id, done: Some(done), ..Default::default() };
        leader.run(&set).await.unwrap();
    }
    let (second, third) = (cycle(&trial, "Second").await, cycle(&trial, "Third").await);
    close(&trial, trial.cycle).await;
    let next = leader.run(&keep(row.id, second)).await.unwrap().successor.unwrap();
    assert_eq!(next.progress, Some(0.0));
    let open = "SELECT COUNT(*) FROM milestone WHERE key_result_id <> (SELECT id FROM key_result WHERE number = 1) AND done_at IS NULL";
    assert_eq!(trial.numbers(open).await, [1]);
    // The successor is over too: the first code leads on to the one that is open.
    close(&trial, second).await;
    assert_eq!(leader.key_result_by_code("KR-1").await.unwrap().unwrap().id, next.id);
    let last = leader.run(&keep(next.id, third)).await.unwrap().successor.unwrap();
    for code in ["KR-1", "kr-2", "KR-3"] {
        assert_eq!(leader.key_result_by_code(code).await.unwrap().unwrap().id, last.id, "{code}");
    }
}

#[test]
fn it_never_copies_check_ins() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let quarters = prop::collection::vec(prop::collection::vec(0_i64..90, 0..5), 1..4);
    TestRunner::new(config)
        .run(&(quarters, any::<bool>()), |(quarters, modify)| {
            runtime.block_on(async {
                let trial = Trial::new().await;
                let leader = trial.scope(trial.leader).await;
                let objective = trial.objective("Grow", None).await;
                let mut row = trial.key_result(objective.id).await;
                let mut now = trial.cycle;
                let mut told: Vec<(Uuid, usize)> = Vec::new();
                for (at, values) in quarters.iter().enumerate() {
                    for value in values {
                        trial.time.advance_seconds(60);
                        check_in(&trial, row.id, *value).await;
                    }
                    told.push((row.id, values.len()));
                    let next = cycle(&trial, &format!("Next {at}")).await;
                    close(&trial, now).await;
                    let wish = if modify {
                        CarryOver {
                            decision: CarryOverDecision::Modify,
                            target: row_value(100 + at as i64),
                            ..keep(row.id, next)
                        }
                    } else {
                        keep(row.id, next)
                    };
                    let old = trial.read_key_result(row.id).await;
                    row = leader.run(&wish).await.unwrap().successor.unwrap();
                    let ends = values.last().map_or(old.start_value, |last| row_value(*last));
                    prop_assert_eq!(old.current_value, ends);
                    prop_assert_eq!((row.start_value, row.current_value), (ends, ends));
                    prop_assert_eq!(row.weight, old.weight);
                    prop_assert_eq!(
                        (row.confidence, row.reported_health, row.last_check_in_at),
                        (None, None, None)
                    );
                    prop_assert_eq!((row.score, row.override_value), (None, None));
                    now = next;
                }
                told.push((row.id, 0));
                for (id, count) in told {
                    let made = leader.check_ins_of(id).await;
                    prop_assert_eq!(made, count);
                }
                Ok(())
            })
        })
        .unwrap();
}

impl Scope {
    async fn check_ins_of(&self, key_result: Uuid) -> usize {
        let rows = self.by_keys::<crate::domain::check_in::CheckInRow>("key_result_id", &[key_result]).await;
        rows.unwrap().len()
    }
}
