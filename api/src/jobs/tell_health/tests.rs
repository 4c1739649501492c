use crate::{
    domain::{
        check_in::MakeCheckIn,
        trial::{Trial, at},
    },
    jobs::Runner,
};

const EVENTS: &str = "SELECT COUNT(*) FROM event WHERE kind = 'HEALTH_CHANGED'";

#[tokio::test]
async fn what_the_clock_changes_is_told_once() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    trial.key_result(objective.id).await;
    let runner = Runner::new(&trial.installation);
    let look = async || {
        trial.installation.ask_for_health().await.unwrap();
        runner.run_due().await.unwrap();
        trial.numbers(EVENTS).await[0]
    };
    // Both are pending, which is where they begin.
    assert_eq!(look().await, 0);
    let told = "SELECT COUNT(*) FROM key_result WHERE health_told = 'PENDING'";
    assert_eq!(trial.numbers(told).await, [1]);
    // Made on 20 February, every 7 days, 3 days of grace: overdue from 3 March on.
    trial.time.set(at("2026-03-02T23:00:00Z"));
    assert_eq!(look().await, 0);
    trial.time.set(at("2026-03-03T00:00:00Z"));
    assert_eq!(look().await, 2, "the key result, and with it the objective");
    assert_eq!(look().await, 2, "nothing is told twice");
    let told = "SELECT COUNT(*) FROM objective WHERE health_told = 'OUTDATED'";
    assert_eq!(trial.numbers(told).await, [1]);
    // Several looks that nobody came to are one.
    trial.installation.ask_for_health().await.unwrap();
    trial.installation.ask_for_health().await.unwrap();
    assert_eq!(runner.run_due().await.unwrap(), 1);
}

#[tokio::test]
async fn what_somebody_changed_is_not_told_as_the_clocks_doing() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let key_result = trial.key_result(objective.id).await;
    let runner = Runner::new(&trial.installation);
    let look = async |by_clock: bool| {
        trial.installation.ask_for_health().await.unwrap();
        runner.run_due().await.unwrap();
        let text = format!("{EVENTS} AND current LIKE '%\"by_clock\":{by_clock}%'");
        trial.numbers(&text).await[0]
    };
    assert_eq!(look(true).await, 0);
    trial.time.set(at("2026-02-25T08:00:00Z"));
    let statement = MakeCheckIn {
        id: None,
        key_result: key_result.id,
        at: None,
        value: None,
        confidence: None,
        health: Some(entity::Health::OffTrack),
        note: None,
    };
    trial.scope(trial.leader).await.run(&statement).await.unwrap();
    trial.time.set(at("2026-02-25T08:10:00Z"));
    assert_eq!(look(false).await, 2, "the key result, and with it the objective");
    assert_eq!(look(true).await, 0);
    // Overdue again, which nobody did.
    trial.time.set(at("2026-03-30T00:00:00Z"));
    assert_eq!(look(true).await, 2);
    assert_eq!(look(false).await, 2);
}
