use entity::ProgressSource;

use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    key_result_change::{CreateKeyResult, UpdateKeyResult},
    trial::{Trial, refused},
};

fn value(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

fn unmeasured(trial: &Trial, objective: Uuid) -> CreateKeyResult {
    CreateKeyResult {
        kind: Some(KeyResultKind::Baseline),
        start: None,
        target: None,
        ..trial.new_key_result(objective)
    }
}

fn say(key_result: Uuid, text: &str) -> MakeCheckIn {
    MakeCheckIn {
        id: None,
        key_result,
        at: None,
        value: value(text),
        confidence: None,
        health: None,
        note: None,
    }
}

fn fields(result: Result<KeyResultRow>) -> Vec<String> {
    refused(result).into_iter().map(|(field, _)| field).collect()
}

#[tokio::test]
async fn a_baseline_becomes_a_named_kind() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let leader = trial.scope(trial.leader).await;
    let row = leader.run(&unmeasured(&trial, objective.id)).await.unwrap();
    assert_eq!((row.progress, row.is_met()), (None, None));
    let set = SetBaseline { key_result: row.id, ..SetBaseline::default() };

    // What is aimed at is for who may change it; nothing was measured, so a value is needed.
    let aimed = SetBaseline { target: value("80"), ..set.clone() };
    let answer = trial.scope(trial.individual).await.run(&aimed).await;
    assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    assert_eq!(fields(leader.run(&aimed).await), ["value"]);
    let without_aim = SetBaseline { value: value("40"), ..set.clone() };
    assert_eq!(fields(leader.run(&without_aim).await), ["target"]);
    let no_kind = SetBaseline { kind: Some(KeyResultKind::Milestone), value: value("40"), ..aimed.clone() };
    assert_eq!(fields(leader.run(&no_kind).await), ["kind"]);

    // A value that was told is the baseline.
    trial.scope(trial.individual).await.run(&say(row.id, "100")).await.unwrap();
    let now = leader.run(&aimed).await.unwrap();
    assert_eq!(
        (now.kind, now.start_value, now.target_value),
        (KeyResultKind::Decrease, value("100"), value("80"))
    );
    assert_eq!((now.current_value, now.progress), (value("100"), Some(0.0)));
    assert_eq!(trial.progress_of_objective(objective.id).await, Some(0.0), "it counts from now on");
    let now = trial.scope(trial.individual).await.run(&say(row.id, "85")).await.unwrap().key_result;
    // (85 − 100) / (80 − 100)
    assert_eq!((now.progress, now.is_met()), (Some(0.75), Some(false)));
    assert_eq!(fields(leader.run(&aimed).await), ["keyResultId"], "it is done once");
}

#[tokio::test]
async fn a_baseline_may_be_maintained() {
    let trial = Trial::new().await;
    let objective = trial.objective("Keep", None).await;
    let leader = trial.scope(trial.leader).await;
    let row = leader.run(&unmeasured(&trial, objective.id)).await.unwrap();
    let set = SetBaseline {
        key_result: row.id,
        value: value("99"),
        kind: Some(KeyResultKind::MaintainAbove),
        lower: value("99.5"),
        tolerance: value("2"),
        ..SetBaseline::default()
    };
    // 0.5 below the bound, of a tolerance of 2.
    let now = leader.run(&set).await.unwrap();
    assert_eq!((now.progress, now.is_met()), (Some(0.75), Some(false)));
}

#[tokio::test]
async fn a_target_in_percent_waits_for_its_start() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let leader = trial.scope(trial.leader).await;
    let by_percent = CreateKeyResult {
        kind: None,
        start: None,
        target: None,
        target_percent: value("-20"),
        ..trial.new_key_result(objective.id)
    };
    let both = CreateKeyResult { target: value("5"), ..by_percent.clone() };
    assert_eq!(fields(leader.run(&both).await)[0], "targetPercent");
    let row = leader.run(&by_percent).await.unwrap();
    assert_eq!((row.kind, row.target_value, row.progress), (KeyResultKind::Decrease, None, None));

    // Who checks in may tell what it starts from, for all else is settled.
    let individual = trial.scope(trial.individual).await;
    let set = SetBaseline { key_result: row.id, value: value("250"), ..SetBaseline::default() };
    let now = individual.run(&set).await.unwrap();
    // 250 − 250 · 0.2
    assert_eq!((now.start_value, now.target_value, now.progress), (value("250"), value("200"), Some(0.0)));
    let now = individual.run(&say(row.id, "225")).await.unwrap().key_result;
    assert_eq!(now.progress, Some(0.5));

    // It follows a start that is mended, until a value takes its place.
    let change = UpdateKeyResult { id: row.id, ..UpdateKeyResult::default() };
    let now = leader.run(&UpdateKeyResult { start: Some(value("300")), ..change.clone() }).await.unwrap();
    assert_eq!((now.target_value, now.target_percent), (value("240"), value("-20")));
    let now = leader.run(&UpdateKeyResult { target: Some(value("100")), ..change.clone() }).await.unwrap();
    assert_eq!((now.target_value, now.target_percent), (value("100"), None));
    let now = leader.run(&UpdateKeyResult { start: Some(value("200")), ..change.clone() }).await.unwrap();
    assert_eq!(now.target_value, value("100"));
    let zero = UpdateKeyResult { start: Some(value("0")), target_percent: Some(value("-5")), ..change };
    assert!(fields(leader.run(&zero).await).contains(&"targetPercent".to_owned()));
}

#[tokio::test]
async fn promises_lie_on_the_way() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let leader = trial.scope(trial.leader).await;
    let wrong =
        CreateKeyResult { commit: value("120"), stretch: value("90"), ..trial.new_key_result(objective.id) };
    assert_eq!(fields(leader.run(&wrong).await), ["commit", "stretch"]);
    let right = CreateKeyResult { commit: value("70"), stretch: value("120"), ..wrong };
    let row = leader.run(&right).await.unwrap();
    // What was right may not become wrong by another change.
    let lower = UpdateKeyResult { id: row.id, target: Some(value("60")), ..UpdateKeyResult::default() };
    assert_eq!(fields(leader.run(&lower).await), ["commit"]);
    let now = leader.run(&UpdateKeyResult { commit: Some(None), ..lower }).await.unwrap();
    assert_eq!((now.target_value, now.commit_value), (value("60"), None));
    // Work may go without measures, but not with half of them.
    let half = CreateKeyResult {
        progress_source: ProgressSource::Work,
        start: None,
        target: None,
        stretch: value("9"),
        ..trial.new_key_result(objective.id)
    };
    assert_eq!(fields(leader.run(&half).await), ["stretch"]);
}
