use super::*;
use crate::domain::{check_in::MakeCheckIn, trial::Trial};

#[tokio::test]
async fn half_of_the_cycle_is_over() {
    let trial = Trial::new().await;
    let above = trial.objective("Above", None).await;
    let below = trial.objective("Below", Some(above.id)).await;
    let row = trial.key_result(below.id).await;
    let scope = trial.scope(trial.individual).await;
    let stand = || async { scope.standings(&[above.id, below.id]).await.unwrap() };
    let found = stand().await;
    let of_row = found[&below.id].key_results[&row.id];
    assert_eq!(of_row.expected, Some(0.5));
    assert_eq!((of_row.pace, of_row.health), (Some(Health::OffTrack), Some(Health::Pending)));
    assert_eq!(found[&below.id].own.expected, Some(0.5));
    assert_eq!(found[&below.id].own.pace, Some(Health::OffTrack));
    assert_eq!(found[&below.id].own.health, Some(Health::Pending));

    let check_in = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value: "45".parse().ok(),
        confidence: None,
        health: None,
        note: None,
    };
    scope.run(&check_in).await.unwrap();
    assert_eq!(stand().await[&below.id].own.health, Some(Health::OnTrack));
    let reported = MakeCheckIn { health: Some(Health::AtRisk), ..check_in };
    scope.run(&reported).await.unwrap();
    let own = stand().await[&below.id].own;
    assert_eq!((own.pace, own.health), (Some(Health::OnTrack), Some(Health::AtRisk)));
    // A week and the grace later, nobody has told anything.
    trial.time.advance_seconds(11 * 86_400);
    assert_eq!(stand().await[&below.id].own.health, Some(Health::Outdated));

    // The objective above expects what the one below does, once it has its number.
    crate::jobs::Runner::new(trial.installation.clone()).run_due().await.unwrap();
    let found = stand().await;
    assert_eq!(found[&above.id].own.expected, found[&below.id].own.expected);
    assert!(found[&above.id].own.expected.is_some());
    assert_eq!(found[&above.id].own.health, found[&above.id].own.pace);
}
