use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    key_result_change::UpdateKeyResult,
    objective::UpdateObjective,
    person::InvitePerson,
    trial::{Trial, refused},
};

async fn colleague(trial: &Trial, name: &str) -> Uuid {
    let command = InvitePerson {
        id: None,
        name: name.into(),
        email: format!("{name}@example.org"),
        role: entity::Role::Individual,
        is_admin: false,
        team: None,
        code_seconds: 3_600,
    };
    trial.system().await.run(&command).await.unwrap().0.id
}

fn say(key_result: Uuid) -> MakeCheckIn {
    MakeCheckIn {
        id: None,
        key_result,
        at: None,
        value: "10".parse().ok(),
        confidence: None,
        health: None,
        note: None,
    }
}

#[tokio::test]
async fn reviewers_acknowledge_once() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let (reviewer, other) = (colleague(&trial, "reviewer").await, colleague(&trial, "other").await);
    let leader = trial.scope(trial.leader).await;
    let made = trial.scope(trial.individual).await.run(&say(row.id)).await.unwrap().check_in;
    let read = AcknowledgeCheckIn { check_in: made.id, note: Some("Well done".into()) };

    // Nobody was named: managers and leaders only, and not the author.
    for person in [reviewer, trial.individual] {
        let answer = trial.scope(person).await.run(&read).await;
        assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    }
    let named = UpdateObjective {
        id: objective.id,
        check_in_reviewer: Some(Some(other)),
        ..UpdateObjective::default()
    };
    leader.run(&named).await.unwrap();
    let named =
        UpdateKeyResult { id: row.id, check_in_reviewer: Some(Some(reviewer)), ..UpdateKeyResult::default() };
    leader.run(&named).await.unwrap();
    let answer = trial.scope(other).await.run(&read).await;
    assert!(matches!(answer, Err(DomainError::Forbidden(_))), "the key result names another: {answer:?}");

    let seen = trial.scope(reviewer).await.run(&read).await.unwrap().check_in;
    assert_eq!(
        (seen.acknowledged_by_id, seen.acknowledgement_note.as_deref()),
        (Some(reviewer), Some("Well done"))
    );
    trial.time.advance_seconds(60);
    let again = AcknowledgeCheckIn { note: Some("Or not".into()), ..read };
    assert_eq!(leader.run(&again).await.unwrap().check_in, seen, "it is done once");
    let told = "SELECT COUNT(*) FROM event WHERE kind = 'ACKNOWLEDGED' AND subject_kind = 'CHECK_IN'";
    assert_eq!(trial.numbers(told).await, [1]);
}

#[tokio::test]
async fn nobody_reviews_their_own_word() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let leader = trial.scope(trial.leader).await;
    let made = leader.run(&say(row.id)).await.unwrap().check_in;
    let read = AcknowledgeCheckIn { check_in: made.id, note: None };
    assert_eq!(refused(leader.run(&read).await)[0].0, "checkInId");
}

#[tokio::test]
async fn who_was_named_checks_in() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let (first, second) = (colleague(&trial, "first").await, colleague(&trial, "second").await);
    let leader = trial.scope(trial.leader).await;
    let may = async |person| trial.scope(person).await.run(&say(row.id)).await.is_ok();
    assert!(!may(first).await && !may(second).await);
    let of_objective =
        UpdateObjective { id: objective.id, check_in_owner: Some(Some(first)), ..UpdateObjective::default() };
    leader.run(&of_objective).await.unwrap();
    assert!(may(first).await && !may(second).await);
    let of_key_result =
        UpdateKeyResult { id: row.id, check_in_owner: Some(Some(second)), ..UpdateKeyResult::default() };
    leader.run(&of_key_result).await.unwrap();
    assert!(!may(first).await && may(second).await, "the nearer name holds");
    assert!(may(trial.individual).await, "the owner goes on");
    // Checking in is no right to define, or to override.
    let change = UpdateKeyResult { id: row.id, title: Some("Mine".into()), ..UpdateKeyResult::default() };
    assert!(matches!(trial.scope(second).await.run(&change).await, Err(DomainError::Forbidden(_))));

    // Somebody who cannot see it cannot check in.
    let nobody = UpdateKeyResult {
        check_in_owner: Some(Some(trial.installation.clock().new_id())),
        ..of_key_result.clone()
    };
    assert_eq!(refused(leader.run(&nobody).await)[0].0, "checkInOwnerId");
    let hide = UpdateObjective {
        id: objective.id,
        visibility: Some(entity::Visibility::Private),
        ..UpdateObjective::default()
    };
    leader.run(&hide).await.unwrap();
    let blind = UpdateKeyResult { check_in_owner: Some(Some(first)), ..of_key_result };
    assert_eq!(refused(leader.run(&blind).await)[0].0, "checkInOwnerId");
}
