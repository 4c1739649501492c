use entity::Decimal;

use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    trial::{Trial, refused},
};

fn say(key_result: Uuid, value: &str) -> MakeCheckIn {
    let value: Option<Decimal> = value.parse().ok();
    MakeCheckIn { id: None, key_result, at: None, value, confidence: None, health: None, note: None }
}

#[tokio::test]
async fn once_and_sticky() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let scope = trial.scope(trial.individual).await;
    scope.run(&say(row.id, "40")).await.unwrap();
    let set = |sticky| OverrideProgress {
        key_result: row.id,
        expected_version: None,
        value: 0.9,
        sticky,
        reason: "Signed, not yet counted".to_owned(),
    };

    let now = scope.run(&set(false)).await.unwrap();
    assert_eq!((now.progress, now.override_by_id), (Some(0.9), Some(trial.individual)));
    assert_eq!(trial.progress_of_objective(objective.id).await, Some(0.9));
    // The same value again is no change of the value, and a word without one neither.
    let now = scope.run(&say(row.id, "40")).await.unwrap().key_result;
    assert_eq!((now.progress, now.override_value), (Some(0.9), Some(0.9)));
    let now = scope.run(&say(row.id, "50")).await.unwrap().key_result;
    assert_eq!((now.progress, now.override_value), (Some(0.5), None));

    scope.run(&set(true)).await.unwrap();
    let now = scope.run(&say(row.id, "60")).await.unwrap().key_result;
    assert_eq!((now.progress, now.attainment), (Some(0.9), Some(0.6)));
    let resume = ResumeProgress { key_result: row.id, expected_version: None };
    let now = scope.run(&resume).await.unwrap();
    assert_eq!((now.progress, now.override_value, now.override_reason), (Some(0.6), None, None));
    assert_eq!(scope.run(&resume).await.unwrap().version, now.version, "nothing is left to resume");
    let points =
        "SELECT COUNT(*) FROM progress_point WHERE key_result_id IS NOT NULL AND source = 'OVERRIDE'";
    assert_eq!(trial.numbers(points).await, [3]);
}

#[tokio::test]
async fn what_is_refused() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let mut baseline = trial.new_key_result(objective.id);
    baseline.kind = Some(KeyResultKind::Baseline);
    baseline.target = None;
    baseline.owner = Some(trial.leader);
    let scope = trial.scope(trial.leader).await;
    let row = scope.run(&baseline).await.unwrap();
    let command = OverrideProgress {
        key_result: row.id,
        expected_version: None,
        value: 1.5,
        sticky: false,
        reason: " ".to_owned(),
    };
    let found = refused(scope.run(&command).await);
    assert_eq!(
        found.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(),
        ["value", "reason", "keyResultId"]
    );
    let answer = trial.scope(trial.individual).await.run(&command).await;
    assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
}
