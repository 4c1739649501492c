use crate::{
    domain::trial::{Trial, at},
    jobs::Runner,
};

const EVENTS: &str = "SELECT COUNT(*) FROM event WHERE kind = 'HEALTH_CHANGED'";

#[tokio::test]
async fn what_the_clock_changes_is_told_once() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    trial.key_result(objective.id).await;
    let runner = Runner::new(trial.installation.clone());
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
