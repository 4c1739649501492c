use std::time::{Duration, Instant};

use entity::JobKind;
use tokio::sync::oneshot;

use super::*;
use crate::domain::{
    check_in::MakeCheckIn,
    clock::Clock,
    trial::{Ask, Trial},
};

fn say(key_result: uuid::Uuid, value: &str) -> MakeCheckIn {
    MakeCheckIn {
        id: None,
        key_result,
        at: None,
        value: value.parse().ok(),
        confidence: None,
        health: None,
        note: None,
    }
}

#[tokio::test]
async fn ancestors_follow() {
    let trial = Trial::new().await;
    let top = trial.objective("Top", None).await;
    let middle = trial.objective("Middle", Some(top.id)).await;
    let bottom = trial.objective("Bottom", Some(middle.id)).await;
    let row = trial.key_result(bottom.id).await;
    let runner = Runner::new(&trial.installation);
    runner.run_due().await.unwrap();
    let scope = trial.scope(trial.leader).await;
    scope.run(&say(row.id, "30")).await.unwrap();
    scope.run(&say(row.id, "40")).await.unwrap();
    assert_eq!(trial.progress_of_objective(bottom.id).await, Some(0.4));
    assert_eq!(trial.progress_of_objective(middle.id).await, Some(0.0), "not in the cause's transaction");
    assert_eq!(runner.run_due().await.unwrap(), 2, "two changes, one job a level");
    assert_eq!(trial.progress_of_objective(middle.id).await, Some(0.4));
    assert_eq!(trial.progress_of_objective(top.id).await, Some(0.4));
    let points = "SELECT COUNT(*) FROM progress_point WHERE source = 'ROLL_UP' AND value = 0.4";
    assert_eq!(trial.numbers(points).await, [2]);
    // The same value again changes nothing, so nothing is asked for.
    scope.run(&say(row.id, "40")).await.unwrap();
    assert_eq!(runner.run_due().await.unwrap(), 0);
}

#[tokio::test]
async fn the_runner_is_woken_and_stops() {
    // The machine's clock: how soon is what is asked.
    let trial = Trial::with_clock(|| (Clock::system(), Clock::simulated(entity::Instant(0), 1).1)).await;
    let top = trial.objective("Top", None).await;
    let bottom = trial.objective("Bottom", Some(top.id)).await;
    let row = trial.key_result(bottom.id).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = Runner::new(&trial.installation).spawn(async move {
        let _ = stopped.await;
    });
    let begin = Instant::now();
    trial.scope(trial.leader).await.run(&say(row.id, "70")).await.unwrap();
    while trial.progress_of_objective(top.id).await != Some(0.7) {
        assert!(begin.elapsed() < Duration::from_secs(10), "the objective above does not follow");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
}

#[tokio::test]
async fn everything_is_recomputed_from_the_leaves_to_the_root() {
    let trial = Trial::new().await;
    let top = trial.objective("Top", None).await;
    let bottom = trial.objective("Bottom", Some(top.id)).await;
    let mut by_work = trial.new_key_result(bottom.id);
    by_work.progress_source = entity::ProgressSource::Work;
    let row = trial.scope(trial.leader).await.run(&by_work).await.unwrap();
    let runner = Runner::new(&trial.installation);
    runner.run_due().await.unwrap();
    // Work that came in behind the back of every number.
    trial.work(row.id, 0.25, entity::Visibility::Organization).await;
    trial.work(row.id, 1.0, entity::Visibility::Organization).await;
    let all = Ask(JobKind::RecomputeOrganization, trial.organization);
    trial.system().await.run(&all).await.unwrap();
    runner.run_due().await.unwrap();
    // A project without tasks has no completion of its own; one that is done is 1.
    assert_eq!(trial.read_key_result(row.id).await.progress, Some(1.0));
    assert_eq!(trial.progress_of_objective(bottom.id).await, Some(1.0));
    assert_eq!(trial.progress_of_objective(top.id).await, Some(1.0));
    let events = trial.numbers("SELECT COUNT(*) FROM event").await;
    trial.system().await.run(&all).await.unwrap();
    assert_eq!(runner.run_due().await.unwrap(), 1);
    assert_eq!(trial.numbers("SELECT COUNT(*) FROM event").await, events, "nothing changes twice");
}
