use entity::{ObjectiveKind, ProgressSource, Visibility};

use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    cycle::CreateCycle,
    key_result_change::{CreateKeyResult, UpdateKeyResult},
    key_result_score::ScoreKeyResult,
    objective::{CreateObjective, UpdateObjective},
    trial::{Trial, refused},
};

async fn value(trial: &Trial, key_result: Uuid, value: &str) {
    let value = value.parse().ok();
    let made =
        MakeCheckIn { id: None, key_result, at: None, value, confidence: None, health: None, note: None };
    trial.scope(trial.leader).await.run(&made).await.unwrap();
}

fn close(id: Uuid) -> CloseCycle {
    CloseCycle { id, expected_version: None, accept_suggested: false }
}

fn score(key_result: Uuid, score: Option<f64>, note: Option<&str>) -> ScoreKeyResult {
    ScoreKeyResult { key_result, expected_version: None, score, note: note.map(str::to_owned) }
}

#[tokio::test]
async fn it_waits_for_every_score() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let objective = trial.objective("Grow", None).await;
    let follows = trial.key_result(objective.id).await.id;
    let said = trial.key_result(objective.id).await.id;
    let work =
        CreateKeyResult { progress_source: ProgressSource::Work, ..trial.new_key_result(objective.id) };
    let unknown = leader.run(&work).await.unwrap().id;
    value(&trial, follows, "20").await;
    value(&trial, said, "20").await;

    let ahead = leader.cycle_closings(&[trial.cycle]).await.unwrap().remove(&trial.cycle).unwrap();
    assert_eq!((ahead.unscored, ahead.unknown), (vec![follows, said], vec![unknown]));
    let individual = trial.scope(trial.individual).await;
    assert!(individual.cycle_closings(&[trial.cycle]).await.unwrap().is_empty(), "for leaders only");
    assert!(matches!(individual.run(&close(trial.cycle)).await, Err(DomainError::Forbidden(_))));

    let errors = refused(leader.run(&close(trial.cycle)).await);
    assert_eq!(errors.len(), 1);
    assert!(errors[0].1.contains("KR-1, KR-2, KR-3"), "{errors:?}");
    // What nobody can know is not accepted either.
    let accept = CloseCycle { accept_suggested: true, ..close(trial.cycle) };
    let errors = refused(leader.run(&accept).await);
    assert!(errors[0].1.contains("KR-3") && !errors[0].1.contains("KR-1"), "{errors:?}");

    // Two who score at the same time do not write over each other.
    let version = trial.read_key_result(said).await.version;
    let seen = |score, note: &str| ScoreKeyResult {
        key_result: said,
        expected_version: Some(version),
        score: Some(score),
        note: Some(note.to_owned()),
    };
    individual.run(&seen(0.9, "Mine")).await.unwrap();
    assert_eq!(refused(leader.run(&seen(0.1, "Yours")).await)[0].0, "expectedVersion");
    // Another score than the progress says why; without a note it follows the progress.
    assert_eq!(refused(individual.run(&score(said, Some(0.5), None)).await)[0].0, "note");
    assert_eq!(refused(individual.run(&score(said, Some(1.5), Some("?"))).await)[0].0, "score");
    assert_eq!(refused(individual.run(&score(unknown, None, None)).await)[0].0, "score");
    individual.run(&score(said, Some(0.5), Some("A good try"))).await.unwrap();
    individual.run(&score(follows, Some(0.2), None)).await.unwrap();
    individual.run(&score(unknown, Some(0.0), Some("Never begun"))).await.unwrap();
    value(&trial, follows, "40").await;
    value(&trial, said, "40").await;

    let closed = leader.run(&close(trial.cycle)).await.unwrap();
    assert_eq!((closed.state, closed.closed_at), (CycleState::Closed, Some(closed.updated_at)));
    let mut scores = Vec::new();
    for id in [follows, said, unknown] {
        let row = trial.read_key_result(id).await;
        assert_eq!(row.state, GoalState::Closed);
        scores.push((row.progress, row.score));
    }
    assert_eq!(scores, [(Some(0.4), Some(0.4)), (Some(0.4), Some(0.5)), (None, Some(0.0))]);
    let row = leader.by_ids::<ObjectiveRow>(&[objective.id]).await.unwrap()[&objective.id].clone();
    assert_eq!((row.state, row.progress, row.score), (GoalState::Closed, Some(0.4), Some(0.3)));
    // A second close is answered as the first one, whatever version it was made on.
    let again = CloseCycle { expected_version: Some(1), ..close(trial.cycle) };
    assert_eq!(leader.run(&again).await.unwrap(), closed);
    assert_eq!(refused(individual.run(&score(said, Some(0.9), Some("No"))).await)[0].0, "keyResultId");
}

#[tokio::test]
async fn it_closes_after_those_within_it() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let within = |name: &str, days: Option<(&str, &str)>| CreateCycle {
        id: None,
        check_in_days: None,
        name: name.to_owned(),
        parent: Some(trial.cycle),
        state: CycleState::Active,
        starts_on: days.and_then(|days| days.0.parse().ok()),
        ends_on: days.and_then(|days| days.1.parse().ok()),
    };
    let march = leader.run(&within("March", Some(("2026-03-01", "2026-03-31")))).await.unwrap();
    let january = leader.run(&within("January", Some(("2026-01-01", "2026-01-31")))).await.unwrap();
    let errors = refused(leader.run(&close(trial.cycle)).await);
    assert!(errors[0].1.contains("January, March"), "{errors:?}");
    leader.run(&close(march.id)).await.unwrap();
    assert!(refused(leader.run(&close(trial.cycle)).await)[0].1.contains("close January first"));
    leader.run(&close(january.id)).await.unwrap();
    leader.run(&close(trial.cycle)).await.unwrap();
    let errors = refused(leader.run(&within("February", None)).await);
    assert_eq!(errors[0].0, "parentId", "nothing new within what is closed: {errors:?}");
}

#[tokio::test]
async fn what_is_not_pursued_stays_as_it_is() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let open = trial.objective("Grow", None).await;
    let kept = trial.key_result(open.id).await.id;
    let given_up = trial.key_result(open.id).await.id;
    let cancel = UpdateKeyResult { id: given_up, state: Some(GoalState::Cancelled), ..Default::default() };
    leader.run(&cancel).await.unwrap();
    let proposal = CreateObjective { state: Some(GoalState::Draft), ..trial.new_objective("Dream", None) };
    let proposal = leader.run(&proposal).await.unwrap();
    let dreamt = trial.key_result(proposal.id).await.id;
    for id in [kept, given_up, dreamt] {
        trial.work(id, 0.5, Visibility::Organization).await;
    }
    leader.run(&CloseCycle { accept_suggested: true, ..close(trial.cycle) }).await.unwrap();
    let links = "SELECT state || COALESCE(' ' || stale_reason, '') FROM alignment_link ORDER BY id";
    let links = async || -> Vec<String> {
        let rows = trial.installation.rows(links, trial.installation.binds()).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    };
    assert_eq!(links().await, ["STALE TARGET_CLOSED", "STALE TARGET_CLOSED", "STALE CYCLE_ENDED"]);
    assert_eq!(trial.read_key_result(given_up).await.state, GoalState::Cancelled);
    assert_eq!(trial.read_key_result(dreamt).await.state, GoalState::Active);
    let read = leader.by_ids::<ObjectiveRow>(&[proposal.id]).await.unwrap();
    assert_eq!((read[&proposal.id].state, read[&proposal.id].score), (GoalState::Draft, None));

    // A proposal cannot be published into what is over, but moved out of it, and lives on there.
    let publish =
        UpdateObjective { id: proposal.id, state: Some(GoalState::Active), ..UpdateObjective::default() };
    assert_eq!(refused(leader.run(&publish).await)[0].0, "state");
    let away = UpdateObjective { cycle: Some(None), ..publish };
    leader.run(&away).await.unwrap();
    assert_eq!(links().await, ["STALE TARGET_CLOSED", "STALE TARGET_CLOSED", "ACTIVE"]);
    let back =
        UpdateObjective { id: proposal.id, cycle: Some(Some(trial.cycle)), ..UpdateObjective::default() };
    assert_eq!(refused(leader.run(&back).await)[0].0, "cycleId");
}

#[tokio::test]
async fn objectives_are_scored_from_the_leaf_to_the_root() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let top = trial.objective("Win", None).await;
    let middle = CreateObjective { weight: 3.0, ..trial.new_objective("Grow", Some(top.id)) };
    let middle = leader.run(&middle).await.unwrap();
    let leaf = trial.objective("Sell", Some(middle.id)).await;
    let apart = CreateObjective {
        kind: ObjectiveKind::Aspirational,
        include_children: false,
        ..trial.new_objective("Learn", Some(top.id))
    };
    let apart = leader.run(&apart).await.unwrap();
    let below = trial.objective("Read", Some(apart.id)).await;
    for (objective, reached) in [(top.id, "100"), (leaf.id, "20"), (apart.id, "50"), (below.id, "100")] {
        let id = trial.key_result(objective).await.id;
        value(&trial, id, reached).await;
    }
    // Without a cycle it goes on, and counts with what it has come to.
    let going_on = CreateObjective { cycle: None, ..trial.new_objective("Go on", Some(leaf.id)) };
    let going_on = leader.run(&going_on).await.unwrap();
    let id = trial.key_result(going_on.id).await.id;
    value(&trial, id, "60").await;
    // What goes by work goes by its key results as soon as it has some.
    let by_work = CreateObjective {
        progress_source: ObjectiveSource::Work,
        ..trial.new_objective("Work", Some(below.id))
    };
    let by_work = leader.run(&by_work).await.unwrap();
    let id = trial.key_result(by_work.id).await.id;
    value(&trial, id, "30").await;
    leader.run(&score(id, Some(0.9), Some("Worth more"))).await.unwrap();
    // No job has run: what lies above is brought up to date by the close itself.
    leader.run(&CloseCycle { accept_suggested: true, ..close(trial.cycle) }).await.unwrap();
    let rows =
        leader.by_ids::<ObjectiveRow>(&[top.id, middle.id, leaf.id, apart.id, by_work.id]).await.unwrap();
    let numbers = |id: Uuid| (rows[&id].progress, rows[&id].score);
    assert_eq!(numbers(by_work.id), (Some(0.3), Some(0.9)));
    // (0.2 + 0.6) / 2
    assert_eq!(numbers(leaf.id), (Some(0.4), Some(0.4)));
    assert_eq!(numbers(middle.id), (Some(0.4), Some(0.4)));
    assert_eq!(numbers(apart.id), (Some(0.5), Some(0.5)));
    // (1 · 1 + 3 · 0.4 + 1 · 0.5) / 5
    assert_eq!(numbers(top.id), (Some(0.54), Some(0.54)));
    trial.follow().await;
    assert_eq!(trial.progress_of_objective(top.id).await, Some(0.54), "a job that comes late moves nothing");
}
