use entity::Visibility;

use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    objective::CreateObjective,
    trial::{Trial, refused},
};

fn value(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

#[tokio::test]
async fn numbers_follow_the_definition() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let scope = trial.scope(trial.leader).await;
    let row = trial.key_result(objective.id).await;
    assert_eq!((row.code.as_str(), row.progress, row.current_value), ("KR-1", Some(0.0), value("0")));
    let check_in = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value: value("50"),
        confidence: None,
        health: None,
        note: None,
    };
    let change = UpdateKeyResult { id: row.id, ..UpdateKeyResult::default() };
    // Until a value is told, the current one is the start.
    let now = scope.run(&UpdateKeyResult { start: Some(value("20")), ..change.clone() }).await.unwrap();
    assert_eq!((now.current_value, now.progress), (value("20"), Some(0.0)));
    scope.run(&check_in).await.unwrap();
    let now = scope.run(&UpdateKeyResult { start: Some(value("0")), ..change.clone() }).await.unwrap();
    assert_eq!((now.current_value, now.progress), (value("50"), Some(0.5)));
    let now = scope.run(&UpdateKeyResult { target: Some(value("200")), ..change.clone() }).await.unwrap();
    assert_eq!(now.progress, Some(0.25));
    assert_eq!(trial.progress_of_objective(objective.id).await, Some(0.25));

    // To another objective: both are computed anew.
    let other = trial.objective("Elsewhere", None).await;
    scope.run(&UpdateKeyResult { objective: Some(other.id), ..change.clone() }).await.unwrap();
    assert_eq!(trial.progress_of_objective(objective.id).await, None);
    assert_eq!(trial.progress_of_objective(other.id).await, Some(0.25));

    let archive = ArchiveKeyResult { id: row.id, expected_version: None, archive: true };
    scope.run(&archive).await.unwrap();
    assert_eq!(trial.progress_of_objective(other.id).await, None);
    scope.run(&ArchiveKeyResult { archive: false, ..archive }).await.unwrap();
    assert_eq!(trial.progress_of_objective(other.id).await, Some(0.25));

    let stale = UpdateKeyResult { expected_version: Some(1), title: Some("Late".into()), ..change.clone() };
    assert_eq!(refused(scope.run(&stale).await)[0].0, "expectedVersion");
    let wrong = UpdateKeyResult {
        target: Some(value("-5")),
        tolerance: Some(value("1")),
        weight: Some(-1.0),
        ..change
    };
    let fields: Vec<String> = refused(scope.run(&wrong).await).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["weight", "tolerance", "target"]);
}

#[tokio::test]
async fn individuals_propose_drafts() {
    let trial = Trial::new().await;
    let published = trial.objective("Published", None).await;
    let scope = trial.scope(trial.individual).await;
    let draft = scope.run(&trial.new_key_result(published.id)).await.unwrap();
    assert_eq!(draft.state, GoalState::Draft);
    assert_eq!(trial.progress_of_objective(published.id).await, None, "a proposal does not count");
    let active = CreateKeyResult { state: Some(GoalState::Active), ..trial.new_key_result(published.id) };
    let of_another = CreateKeyResult { owner: Some(trial.leader), ..trial.new_key_result(published.id) };
    for command in [active, of_another.clone()] {
        let answer = scope.run(&command).await;
        assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    }
    // Under a draft of their own they may propose for another.
    let own = scope.run(&trial.new_objective("Own draft", None)).await.unwrap();
    assert_eq!(own.state, GoalState::Draft);
    scope.run(&CreateKeyResult { objective: own.id, ..of_another }).await.unwrap();
    // Nobody publishes what they may only propose, by changing it.
    let publish =
        UpdateKeyResult { id: draft.id, state: Some(GoalState::Active), ..UpdateKeyResult::default() };
    assert!(matches!(scope.run(&publish).await, Err(DomainError::Forbidden(_))));
    trial.scope(trial.leader).await.run(&publish).await.unwrap();
    let mine = UpdateKeyResult { id: draft.id, title: Some("Mine".into()), ..UpdateKeyResult::default() };
    assert!(matches!(scope.run(&mine).await, Err(DomainError::Forbidden(_))), "it is published now");
}

#[tokio::test]
async fn a_value_that_was_told_outlives_another_kind() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let scope = trial.scope(trial.leader).await;
    let check_in = |value| MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value,
        confidence: None,
        health: None,
        note: None,
    };
    scope.run(&check_in(value("40"))).await.unwrap();
    trial.time.advance_seconds(60);
    scope.run(&check_in(value("30"))).await.unwrap();
    let to = |kind, start, target| UpdateKeyResult {
        id: row.id,
        kind: Some(kind),
        start: Some(start),
        target: Some(target),
        ..UpdateKeyResult::default()
    };
    let now = scope.run(&to(KeyResultKind::Milestone, None, None)).await.unwrap();
    assert_eq!(now.current_value, None);
    let now = scope.run(&to(KeyResultKind::Increase, value("0"), value("100"))).await.unwrap();
    assert_eq!((now.current_value, now.progress), (value("30"), Some(0.3)));
}

#[tokio::test]
async fn nobody_owns_a_key_result_they_do_not_see() {
    let trial = Trial::new().await;
    let scope = trial.scope(trial.leader).await;
    let hidden = CreateObjective { visibility: Visibility::Private, ..trial.new_objective("Hidden", None) };
    let hidden = scope.run(&hidden).await.unwrap();
    let told = refused(scope.run(&trial.new_key_result(hidden.id)).await);
    assert_eq!(told[0].0, "ownerId");
    assert!(told[0].1.contains("does not see O-1"), "{told:?}");
    let of_leader = CreateKeyResult { owner: Some(trial.leader), ..trial.new_key_result(hidden.id) };
    let row = scope.run(&of_leader).await.unwrap();
    let give =
        UpdateKeyResult { id: row.id, owner: Some(Some(trial.individual)), ..UpdateKeyResult::default() };
    assert_eq!(refused(scope.run(&give).await)[0].0, "ownerId");
    let open = trial.objective("Open", None).await;
    let moved = UpdateKeyResult { objective: Some(open.id), ..give };
    assert_eq!(scope.run(&moved).await.unwrap().owner_id, Some(trial.individual));
}
