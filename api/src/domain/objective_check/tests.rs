use super::*;
use crate::domain::{
    key_result_change::{ArchiveKeyResult, CreateKeyResult, UpdateKeyResult},
    objective::{CreateObjective, UpdateObjective},
    organization::UpdateOrganization,
    settings::SettingsPatch,
    trial::{Trial, refused},
};

fn row(number: u128, title: &str, start: &str, target: &str) -> CheckedKeyResult {
    CheckedKeyResult {
        id: Uuid::from_u128(number),
        code: format!("KR-{number}"),
        title: title.to_owned(),
        kind: KeyResultKind::Increase,
        start: start.parse().ok(),
        target: target.parse().ok(),
        is_reached: false,
    }
}

#[test]
fn rules() {
    use CheckKind::{NoKeyResult, NoOwner, TargetIsStart, TaskWording, TooManyKeyResults};
    let settings = Settings::default();
    let good = || row(1, "Sign-ups a week", "0", "10");
    for (source, has_owner, key_results, found) in [
        (ObjectiveSource::KeyResults, true, vec![good()], vec![]),
        (ObjectiveSource::KeyResults, true, vec![], vec![NoKeyResult]),
        (ObjectiveSource::Work, true, vec![], vec![]),
        (ObjectiveSource::KeyResults, false, vec![good()], vec![NoOwner]),
        (ObjectiveSource::KeyResults, true, vec![good(); 5], vec![]),
        (ObjectiveSource::KeyResults, false, vec![good(); 6], vec![TooManyKeyResults, NoOwner]),
        (ObjectiveSource::KeyResults, true, vec![row(1, "Sign-ups", "3", "3")], vec![TargetIsStart]),
        (ObjectiveSource::KeyResults, true, vec![row(1, "Sign-ups", "", "")], vec![]),
        (ObjectiveSource::KeyResults, true, vec![row(1, "Launch the shop", "0", "1")], vec![TaskWording]),
        (
            ObjectiveSource::KeyResults,
            true,
            vec![row(1, "\u{201c}Build\u{201d} it", "0", "1")],
            vec![TaskWording],
        ),
        (ObjectiveSource::KeyResults, true, vec![row(1, "Launch in 3 countries", "0", "3")], vec![]),
        (ObjectiveSource::KeyResults, true, vec![row(1, "Launches a month", "0", "3")], vec![]),
        (ObjectiveSource::KeyResults, true, vec![row(1, "", "0", "3")], vec![]),
    ] {
        let facts = CheckFacts { is_proposed: false, source, has_owner, key_results: &key_results };
        let problems = check_objective(&facts, &settings);
        assert_eq!(problems.iter().map(|one| one.kind).collect::<Vec<_>>(), found, "{facts:?}");
        assert!(problems.iter().all(|one| !one.blocks), "by default it is advice");
    }
    let mut settings = Settings {
        check_no_owner: CheckRule::Block,
        check_no_key_result: CheckRule::Off,
        check_task_wording: false,
        ..Settings::default()
    };
    let tasks = [row(1, "Launch it", "0", "1")];
    let facts = CheckFacts {
        is_proposed: false,
        source: ObjectiveSource::KeyResults,
        has_owner: false,
        key_results: &tasks,
    };
    let problems = check_objective(&facts, &settings);
    assert_eq!(problems.iter().map(|one| (one.kind, one.blocks)).collect::<Vec<_>>(), [(NoOwner, true)]);
    settings.check_no_owner = CheckRule::Off;
    let facts = CheckFacts { key_results: &[], ..facts };
    assert_eq!(check_objective(&facts, &settings), []);
}

#[tokio::test]
async fn settings_decide_what_blocks_publishing() {
    let trial = Trial::new().await;
    let leader = trial.scope(trial.leader).await;
    let rules = |rule| SettingsPatch {
        check_no_key_result: Some(rule),
        check_no_owner: Some(rule),
        check_too_many_key_results: Some(rule),
        max_key_results: Some(1),
        ..SettingsPatch::default()
    };
    let practice = |rule| UpdateOrganization { settings: Some(rules(rule)), ..UpdateOrganization::default() };
    leader.run(&practice(CheckRule::Block)).await.unwrap();
    let leader = trial.scope(trial.leader).await;
    // Where nobody says a state, it begins as a draft; who says so is told why not.
    let new = trial.new_objective("Grow", None);
    let draft = leader.run(&new).await.unwrap();
    assert_eq!(draft.state, GoalState::Draft);
    let active = CreateObjective { state: Some(GoalState::Active), ..new };
    assert_eq!(refused(leader.run(&active).await).len(), 1);
    let publish = UpdateObjective {
        id: draft.id,
        state: Some(GoalState::Active),
        owner: Some(None),
        ..UpdateObjective::default()
    };
    let told = refused(leader.run(&publish).await);
    assert_eq!(told.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["state", "state"]);
    assert!(told[0].1.contains("no key result") && told[1].1.contains("no owner"), "{told:?}");
    let publish = UpdateObjective { owner: None, ..publish };
    // Given up and taken up again, it is held to the rules all the same; and so it is without its proposals.
    let state = |state| UpdateObjective { id: draft.id, state: Some(state), ..UpdateObjective::default() };
    leader.run(&state(GoalState::Cancelled)).await.unwrap();
    assert!(refused(leader.run(&publish).await)[0].1.contains("no key result"));
    leader.run(&state(GoalState::Draft)).await.unwrap();
    let proposed = CreateKeyResult { state: Some(GoalState::Draft), ..trial.new_key_result(draft.id) };
    let proposed = leader.run(&proposed).await.unwrap();
    assert!(refused(leader.run(&publish).await)[0].1.contains("no key result"));
    let archive = ArchiveKeyResult { id: proposed.id, expected_version: None, archive: true };
    leader.run(&archive).await.unwrap();
    let first = trial.key_result(draft.id).await;
    let second = leader
        .run(&CreateKeyResult { title: "Test it".into(), ..trial.new_key_result(draft.id) })
        .await
        .unwrap();
    assert!(refused(leader.run(&publish).await)[0].1.contains("2 key results"));
    let (_, problems) = leader.objective_check(draft.id).await.unwrap().unwrap();
    let found: Vec<_> = problems.iter().map(|one| (one.kind, one.blocks, one.key_result)).collect();
    assert_eq!(
        found,
        [(CheckKind::TooManyKeyResults, true, None), (CheckKind::TaskWording, false, Some(second.id))]
    );
    let give_up =
        UpdateKeyResult { id: first.id, state: Some(GoalState::Cancelled), ..UpdateKeyResult::default() };
    leader.run(&give_up).await.unwrap();
    assert_eq!(leader.run(&publish).await.unwrap().state, GoalState::Active);
    // What is published stays so, whatever the rules say of it; and advice keeps nobody from anything.
    leader.run(&trial.new_key_result(draft.id)).await.unwrap();
    let title =
        UpdateObjective { id: draft.id, title: Some("Grow more".into()), ..UpdateObjective::default() };
    leader.run(&title).await.unwrap();
    leader.run(&practice(CheckRule::Advise)).await.unwrap();
    trial.scope(trial.leader).await.run(&active).await.unwrap();
    let hidden =
        CreateObjective { visibility: entity::Visibility::Private, ..trial.new_objective("Own", None) };
    let hidden = trial.scope(trial.leader).await.run(&hidden).await.unwrap();
    assert!(trial.scope(trial.individual).await.objective_check(hidden.id).await.unwrap().is_none());
}
