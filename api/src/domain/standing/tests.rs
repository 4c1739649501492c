use super::*;
use crate::domain::{check_in::MakeCheckIn, objective::UpdateObjective, trial::Trial};

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
    // What ended with its objective waits for nobody, and takes up again with it.
    let leader = trial.scope(trial.leader).await;
    let state = |state| UpdateObjective { id: below.id, state: Some(state), ..UpdateObjective::default() };
    leader.run(&state(GoalState::Cancelled)).await.unwrap();
    let ended = stand().await[&below.id].key_results[&row.id];
    assert_eq!((ended.health, ended.next_check_in_on), (Some(Health::Closed), None));
    leader.run(&state(GoalState::Active)).await.unwrap();
    assert!(stand().await[&below.id].key_results[&row.id].next_check_in_on.is_some());
    // A week and the grace later, nobody has told anything.
    trial.time.advance_seconds(11 * 86_400);
    assert_eq!(stand().await[&below.id].own.health, Some(Health::Outdated));

    // The objective above expects what the one below does, once it has its number.
    trial.follow().await;
    let found = stand().await;
    assert_eq!(found[&above.id].own.expected, found[&below.id].own.expected);
    assert!(found[&above.id].own.expected.is_some());
    assert_eq!(found[&above.id].own.health, found[&above.id].own.pace);
}

#[tokio::test]
async fn days_between_check_ins_are_handed_down() {
    use crate::domain::{
        cycle::{CreateCycle, UpdateCycle},
        key_result_change::UpdateKeyResult,
        objective::UpdateObjective,
        organization::UpdateOrganization,
        settings::SettingsPatch,
    };
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let year = CreateCycle {
        id: None,
        name: "2026".into(),
        parent: None,
        state: entity::CycleState::Active,
        starts_on: "2026-01-01".parse().ok(),
        ends_on: "2026-12-31".parse().ok(),
        check_in_days: Some(30),
    };
    let year = leader.run(&year).await.unwrap();
    let top = trial.objective("Top", None).await;
    let below = trial.objective("Below", Some(top.id)).await;
    let row = trial.key_result(below.id).await;
    let found = async || {
        let standings = trial.system().await.standings(&[below.id]).await.unwrap();
        let of_row = standings[&below.id].key_results[&row.id];
        (of_row.check_in_every_days.unwrap(), of_row.next_check_in_on.unwrap().to_string())
    };
    let expect = |days: i32, due: &str| (days, due.to_owned());
    // Made on 20 February, and never checked in.
    assert_eq!(found().await, expect(7, "2026-02-27"));
    let settings = SettingsPatch { check_in_days: Some(10), ..SettingsPatch::default() };
    let practice = UpdateOrganization { settings: Some(settings), ..UpdateOrganization::default() };
    leader.run(&practice).await.unwrap();
    assert_eq!(found().await, expect(10, "2026-03-02"), "the organization's");
    let cycle = UpdateCycle { id: trial.cycle, parent: Some(Some(year.id)), ..UpdateCycle::default() };
    leader.run(&cycle).await.unwrap();
    assert_eq!(found().await, expect(30, "2026-03-22"), "of the cycle around the cycle");
    leader.run(&UpdateCycle { check_in_days: Some(Some(14)), ..cycle }).await.unwrap();
    assert_eq!(found().await, expect(14, "2026-03-06"), "of the cycle");
    let goal = |id, days| UpdateObjective { id, check_in_days: Some(days), ..UpdateObjective::default() };
    leader.run(&goal(top.id, Some(5))).await.unwrap();
    assert_eq!(found().await, expect(5, "2026-02-25"), "of the objective above");
    leader.run(&goal(below.id, Some(3))).await.unwrap();
    assert_eq!(found().await, expect(3, "2026-02-23"), "of the objective");
    let own = UpdateKeyResult { id: row.id, check_in_days: Some(Some(1)), ..UpdateKeyResult::default() };
    leader.run(&own).await.unwrap();
    assert_eq!(found().await, expect(1, "2026-02-21"), "its own");
}

#[tokio::test]
async fn two_steps_apart_is_said() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = trial.key_result(objective.id).await;
    let scope = trial.scope(trial.individual).await;
    // Half of the time is over. 0.5 − 0.1 is more than 0.25: off track; 0.5 − 0.3: at risk.
    for (value, health, apart) in [
        ("10", Health::OnTrack, true),
        ("10", Health::AtRisk, false),
        ("30", Health::OnTrack, false),
        ("50", Health::OffTrack, true),
    ] {
        let check_in = MakeCheckIn {
            id: None,
            key_result: row.id,
            at: None,
            value: value.parse().ok(),
            confidence: None,
            health: Some(health),
            note: None,
        };
        scope.run(&check_in).await.unwrap();
        let found = scope.standings(&[objective.id]).await.unwrap();
        let of_row = found[&objective.id].key_results[&row.id];
        assert_eq!((of_row.health, of_row.contradicts_pace), (Some(health), apart), "{value}");
    }
}

/// What nothing is expected of is out of both numbers that are held against each other.
#[tokio::test]
async fn a_part_without_a_date_makes_nobody_late() {
    use crate::domain::objective::CreateObjective;
    let trial = Trial::new().await;
    let scope = trial.scope(trial.leader).await;
    let above = trial.objective("Above", None).await;
    let row = trial.key_result(above.id).await;
    let check_in = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value: "50".parse().ok(),
        confidence: None,
        health: None,
        note: None,
    };
    scope.run(&check_in).await.unwrap();
    let aside = CreateObjective { cycle: None, ..trial.new_objective("Aside", Some(above.id)) };
    let aside = scope.run(&aside).await.unwrap();
    trial.key_result(aside.id).await;
    trial.follow().await;
    let found = scope.standings(&[above.id, aside.id]).await.unwrap();
    let of_above = found[&above.id].own;
    assert_eq!(found[&aside.id].own.expected, None);
    let progress = scope.by_ids::<crate::domain::objective::ObjectiveRow>(&[above.id]).await.unwrap();
    assert_eq!(progress[&above.id].progress, Some(0.25), "both count");
    assert_eq!((of_above.expected, of_above.pace), (Some(0.5), Some(Health::OnTrack)));
}
