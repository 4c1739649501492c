use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    key_result_change::{CreateKeyResult, UpdateKeyResult},
    objective::UpdateObjective,
    trial::Trial,
};

async fn valued(trial: &Trial, objective: Uuid, value: &str) -> KeyResultRow {
    let scope = trial.scope(trial.leader).await;
    let row = scope.run(&CreateKeyResult { owner: None, ..trial.new_key_result(objective) }).await.unwrap();
    let check_in = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value: value.parse().ok(),
        confidence: None,
        health: None,
        note: None,
    };
    scope.run(&check_in).await.unwrap().key_result
}

#[tokio::test]
async fn a_preview_says_what_saving_brings() {
    let trial = Trial::new().await;
    let top = trial.objective("Top", None).await;
    let middle = trial.objective("Middle", Some(top.id)).await;
    let other = trial.objective("Other", Some(top.id)).await;
    let row = valued(&trial, middle.id, "20").await;
    let beside = valued(&trial, middle.id, "80").await;
    valued(&trial, other.id, "90").await;
    trial.follow().await;
    let leader = trial.scope(trial.leader).await;
    let preview = leader.weight_preview(Weighed::KeyResult(row.id), 3.0).await.unwrap().unwrap();
    assert_eq!((preview.before, preview.after), (1.0, 3.0));
    let told: Vec<_> = preview.steps.iter().map(|step| (step.objective, step.before, step.after)).collect();
    // Middle: (0.2 + 0.8) / 2 = 0.5, then (3 · 0.2 + 0.8) / 4 = 0.35. Top: (0.5 + 0.9) / 2 = 0.7, then
    // (0.35 + 0.9) / 2 = 0.625.
    assert_eq!(told, [(middle.id, Some(0.5), Some(0.35)), (top.id, Some(0.7), Some(0.625))]);
    let shares: Vec<_> = preview.steps[0]
        .parts
        .iter()
        .map(|part| (part.input.id, part.share_before, part.share_after))
        .collect();
    assert!(shares.contains(&(row.id, 0.5, 0.75)) && shares.contains(&(beside.id, 0.5, 0.25)), "{shares:?}");

    // Nothing was saved; saving brings what was said.
    assert_eq!(trial.progress_of_objective(middle.id).await, Some(0.5));
    leader
        .run(&UpdateKeyResult { id: row.id, weight: Some(3.0), ..UpdateKeyResult::default() })
        .await
        .unwrap();
    trial.follow().await;
    assert_eq!(trial.progress_of_objective(middle.id).await, Some(0.35));
    assert_eq!(trial.progress_of_objective(top.id).await, Some(0.625));

    // An objective in the one above it: (0 · 0.35 + 1 · 0.9) / 1.
    let preview = leader.weight_preview(Weighed::Objective(middle.id), 0.0).await.unwrap().unwrap();
    let told: Vec<_> = preview.steps.iter().map(|step| (step.before, step.after)).collect();
    assert_eq!(told, [(Some(0.625), Some(0.9))]);
    // What weighs nothing at all leaves nothing to count; above that, the number is missing too.
    for id in [row.id, beside.id] {
        let all = UpdateKeyResult {
            id,
            weight: Some(if id == row.id { 1.0 } else { 0.0 }),
            ..UpdateKeyResult::default()
        };
        leader.run(&all).await.unwrap();
    }
    trial.follow().await;
    let preview = leader.weight_preview(Weighed::KeyResult(row.id), 0.0).await.unwrap().unwrap();
    let told: Vec<_> = preview.steps.iter().map(|step| (step.before, step.after)).collect();
    assert_eq!(told, [(Some(0.2), None), (Some(0.55), Some(0.9))]);
}

#[tokio::test]
async fn it_goes_up_as_far_as_it_counts_and_is_seen() {
    let trial = Trial::new().await;
    let top = trial.objective("Top", None).await;
    let middle = trial.objective("Middle", Some(top.id)).await;
    let row = valued(&trial, middle.id, "20").await;
    trial.follow().await;
    let leader = trial.scope(trial.leader).await;
    let apart = UpdateObjective { id: top.id, include_children: Some(false), ..UpdateObjective::default() };
    leader.run(&apart).await.unwrap();
    let preview = leader.weight_preview(Weighed::KeyResult(row.id), 2.0).await.unwrap().unwrap();
    assert_eq!(preview.steps.len(), 1);
    let preview = leader.weight_preview(Weighed::Objective(top.id), 2.0).await.unwrap().unwrap();
    assert_eq!(preview.steps, [], "there is nothing above it");
    let hide = UpdateObjective {
        id: middle.id,
        visibility: Some(entity::Visibility::Private),
        ..UpdateObjective::default()
    };
    leader.run(&hide).await.unwrap();
    let scope = trial.scope(trial.individual).await;
    assert_eq!(scope.weight_preview(Weighed::KeyResult(row.id), 2.0).await.unwrap(), None);
    for wrong in [-1.0, f64::NAN, f64::INFINITY, 1_000_001.0] {
        let answer = leader.weight_preview(Weighed::KeyResult(row.id), wrong).await;
        assert!(matches!(answer, Err(DomainError::BadInput(_))), "{answer:?}");
    }
}
