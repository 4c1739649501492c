use super::*;
use crate::domain::trial::{Trial, at, refused};

fn check_in(key_result: Uuid) -> MakeCheckIn {
    MakeCheckIn { id: None, key_result, at: None, value: None, confidence: None, health: None, note: None }
}

fn value(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

#[tokio::test]
async fn current_follows_the_latest_time() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let scope = trial.scope(trial.individual).await;
    let first = check_in(row.id);
    let made =
        scope.run(&MakeCheckIn { value: value("40"), confidence: Some(0.6), ..first.clone() }).await.unwrap();
    assert_eq!((made.check_in.progress, made.key_result.progress), (Some(0.4), Some(0.4)));
    assert_eq!(made.check_in.author_id, Some(trial.individual));
    assert_eq!(trial.progress_of_objective(objective.id).await, Some(0.4));

    // Dated back: kept, but what is known now stays.
    let back = Some(at("2026-02-01T10:00:00Z"));
    let made = scope
        .run(&MakeCheckIn { at: back, value: value("90"), health: Some(Health::OffTrack), ..first.clone() })
        .await
        .unwrap();
    assert_eq!(made.check_in.at, at("2026-02-01T10:00:00Z"));
    let now = made.key_result;
    assert_eq!((now.current_value, now.progress, now.reported_health), (value("40"), Some(0.4), None));
    assert_eq!((now.confidence, now.last_check_in_at), (Some(0.6), Some(at("2026-02-20T00:00:00Z"))));

    // A later word without a value moves what it tells, and leaves the value.
    trial.time.advance_seconds(60);
    let told = MakeCheckIn { health: Some(Health::AtRisk), ..first.clone() };
    let now = scope.run(&told).await.unwrap().key_result;
    assert_eq!(
        (now.current_value, now.reported_health, now.confidence),
        (value("40"), Some(Health::AtRisk), None)
    );

    // Between the two values: newer than the one dated back only, so it is not current either.
    let between = MakeCheckIn { at: Some(at("2026-02-10T00:00:00Z")), value: value("70"), ..first };
    assert_eq!(scope.run(&between).await.unwrap().key_result.current_value, value("40"));
    assert_eq!(trial.numbers("SELECT COUNT(*) FROM check_in").await, [4]);
    assert_eq!(trial.numbers("SELECT COUNT(*) FROM event WHERE kind = 'CHECKED_IN'").await, [4]);
}

#[tokio::test]
async fn a_retry_is_answered_as_the_first_time() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let scope = trial.scope(trial.individual).await;
    let id = Some(trial.installation.clock().new_id());
    let command = MakeCheckIn { id, value: value("10"), ..check_in(row.id) };
    let first = scope.run(&command).await.unwrap();
    assert_eq!(scope.run(&command).await.unwrap().check_in, first.check_in);
    let other = MakeCheckIn { value: value("11"), ..command };
    assert_eq!(refused(scope.run(&other).await)[0].0, "id");
    assert_eq!(trial.numbers("SELECT COUNT(*) FROM check_in").await, [1]);
}

#[tokio::test]
async fn what_is_refused() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let scope = trial.scope(trial.leader).await;
    let nothing = check_in(row.id);
    let with = |at_text: &str| MakeCheckIn { at: Some(at(at_text)), value: value("5"), ..nothing.clone() };
    for (command, fields) in [
        (nothing.clone(), vec![""]),
        (MakeCheckIn { note: Some("  ".into()), ..nothing.clone() }, vec![""]),
        (MakeCheckIn { confidence: Some(1.1), ..nothing.clone() }, vec!["confidence"]),
        (MakeCheckIn { health: Some(Health::Pending), ..nothing.clone() }, vec!["health"]),
        (with("2026-02-20T00:05:01Z"), vec!["at"]),
        (with("2025-12-31T23:59:59Z"), vec!["at"]),
    ] {
        let found = refused(scope.run(&command).await);
        assert_eq!(found.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), fields, "{command:?}");
    }
    // A clock that is a little fast, and the first moment of the cycle.
    for fine in ["2026-02-20T00:05:00Z", "2026-01-01T00:00:00Z"] {
        scope.run(&with(fine)).await.unwrap();
    }
    // After its end: the last value may still be told, and dated back to its last day only.
    trial.time.set(at("2026-04-20T00:00:00Z"));
    assert_eq!(refused(scope.run(&with("2026-04-11T00:00:00Z")).await)[0].0, "at");
    scope.run(&with("2026-04-10T23:59:59Z")).await.unwrap();
    scope.run(&MakeCheckIn { value: value("6"), ..nothing.clone() }).await.unwrap();

    // Another's key result: seen, and not theirs to speak of.
    let own = trial.scope(trial.leader).await;
    let mut of_leader = trial.new_key_result(objective.id);
    of_leader.owner = Some(trial.leader);
    let of_leader = own.run(&of_leader).await.unwrap();
    let command = MakeCheckIn { value: value("1"), ..check_in(of_leader.id) };
    let answer = trial.scope(trial.individual).await.run(&command).await;
    assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
}

#[tokio::test]
async fn a_value_on_work_is_recorded_and_is_not_progress() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let mut by_work = trial.new_key_result(objective.id);
    by_work.progress_source = entity::ProgressSource::Work;
    let scope = trial.scope(trial.leader).await;
    let row = scope.run(&by_work).await.unwrap();
    trial.work(row.id, 0.25, entity::Visibility::Organization).await;
    let made = scope.run(&MakeCheckIn { value: value("80"), ..check_in(row.id) }).await.unwrap();
    let now = made.key_result;
    assert_eq!((now.current_value, now.progress, now.attainment), (value("80"), Some(0.25), Some(0.8)));
    assert_eq!((made.check_in.progress, made.check_in.work_progress), (Some(0.25), Some(0.25)));
}

#[tokio::test]
async fn nothing_is_recorded_under_an_objective_that_ended() {
    use crate::domain::objective::{ArchiveObjective, UpdateObjective};
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let leader = trial.scope(trial.leader).await;
    let say = MakeCheckIn { value: value("10"), ..check_in(row.id) };
    let archive = ArchiveObjective { id: objective.id, expected_version: None, archive: true };
    leader.run(&archive).await.unwrap();
    let told = refused(leader.run(&say).await);
    assert_eq!(
        told,
        [("keyResultId".to_owned(), "O-1 is archived: nothing is recorded on it any more".to_owned())]
    );
    leader.run(&ArchiveObjective { archive: false, ..archive }).await.unwrap();
    leader.run(&say).await.unwrap();
    let cancel =
        UpdateObjective { id: objective.id, state: Some(GoalState::Cancelled), ..UpdateObjective::default() };
    leader.run(&cancel).await.unwrap();
    assert_eq!(refused(leader.run(&say).await)[0].0, "keyResultId");
}
