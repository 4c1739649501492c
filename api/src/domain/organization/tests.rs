//! Settings: rights by field, prefixes, what they set off.

use entity::{GoalState, ObjectiveKind, ObjectiveSource, Visibility};

use super::*;
use crate::domain::{
    access::Scope,
    objective::CreateObjective,
    origin::Origin,
    sample::{Sample, is_forbidden, told},
    settings::Gate,
};

fn name(text: &str) -> UpdateOrganization {
    UpdateOrganization { name: Some(text.to_owned()), ..UpdateOrganization::default() }
}

fn change(settings: SettingsPatch) -> UpdateOrganization {
    UpdateOrganization { settings: Some(settings), ..UpdateOrganization::default() }
}

fn prefixes(objective: Option<&str>, key_result: Option<&str>) -> UpdateOrganization {
    change(SettingsPatch {
        objective_prefix: objective.map(str::to_owned),
        key_result_prefix: key_result.map(str::to_owned),
        ..SettingsPatch::default()
    })
}

async fn objective(scope: &Scope, title: &str) -> String {
    let create = CreateObjective {
        id: None,
        title: title.to_owned(),
        description: None,
        owner: None,
        team: None,
        cycle: None,
        parent: None,
        state: Some(GoalState::Active),
        kind: ObjectiveKind::Committed,
        visibility: Visibility::Organization,
        priority: None,
        weight: 1.0,
        include_children: false,
        progress_source: ObjectiveSource::KeyResults,
        check_in_days: None,
        check_in_owner: None,
        check_in_reviewer: None,
        origin: Origin::default(),
    };
    scope.run(&create).await.unwrap().code
}

#[tokio::test]
async fn practice_belongs_to_leaders_and_the_name_to_admins_too() {
    let sample = Sample::new().await;
    let gate = SettingsPatch { gate: Some(Gate::Off), ..SettingsPatch::default() };
    let zone = UpdateOrganization { time_zone: Some("Asia/Tokyo".to_owned()), ..name("Acme") };
    for (who, may_name, may_practice) in [
        (sample.individual, false, false),
        (sample.manager, false, false),
        (sample.admin, true, false),
        (sample.leader, true, true),
    ] {
        let scope = sample.scope(who).await;
        assert_eq!(is_forbidden(&scope.run(&name("Acme Inc.")).await), !may_name);
        assert_eq!(is_forbidden(&scope.run(&change(gate.clone())).await), !may_practice);
        assert_eq!(is_forbidden(&scope.run(&zone).await), !may_practice);
    }
    let row = sample.scope(sample.leader).await.run(&UpdateOrganization::default()).await.unwrap();
    assert_eq!((row.name.as_str(), row.time_zone.as_str()), ("Acme", "Asia/Tokyo"));
    assert_eq!((row.settings.as_str(), row.version), (r#"{"gate":"OFF"}"#, 4));
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_setting() {
    let sample = Sample::new().await;
    let leader = sample.scope(sample.leader).await;
    let bad = UpdateOrganization {
        time_zone: Some("Mars/Olympus".to_owned()),
        ..change(SettingsPatch { grace_days: Some(91), max_links: Some(0), ..SettingsPatch::default() })
    };
    let fields: Vec<_> = told(leader.run(&bad).await).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["timeZone", "settings.graceDays", "settings.maxLinks"]);
    let stale = UpdateOrganization { expected_version: Some(7), ..name("X") };
    assert_eq!(told(leader.run(&stale).await), [("expectedVersion".to_owned(), UserErrorCode::Conflict)]);
}

#[tokio::test]
async fn settings_that_change_numbers_ask_for_them_anew() {
    let sample = Sample::new().await;
    let leader = sample.scope(sample.leader).await;
    let jobs = || sample.texts("SELECT kind || '/' || state FROM job WHERE kind <> 'AUDIT_ORGANIZATION'");
    let days = SettingsPatch { check_in_days: Some(14), ..SettingsPatch::default() };
    leader.run(&change(days)).await.unwrap();
    assert!(jobs().await.is_empty());
    for credit in [0.5, 0.25] {
        let patch = SettingsPatch { partial_credit: Some(credit), ..SettingsPatch::default() };
        leader.run(&change(patch)).await.unwrap();
    }
    assert_eq!(jobs().await, ["RECOMPUTE_ORGANIZATION/WAITING"], "two that wait are one");
}

#[tokio::test]
async fn old_codes_lead_to_their_goals() {
    let sample = Sample::new().await;
    let leader = sample.scope(sample.leader).await;
    let bolt = sample.neighbour().await;
    let bob = sample.scope(bolt.admin).await;
    assert_eq!(objective(&bob, "Theirs").await, "O-1");
    assert_eq!(
        (objective(&leader, "One").await, objective(&leader, "Two").await),
        ("O-1".into(), "O-2".into())
    );
    leader.run(&prefixes(Some("GOAL"), None)).await.unwrap();
    let leader = sample.scope(sample.leader).await;
    assert_eq!(objective(&leader, "Three").await, "GOAL-3");
    let title = async |code: &str| {
        let found = leader.objective_by_code(code).await.unwrap();
        found.map(|row| format!("{} {}", row.code, row.title))
    };
    for code in ["O-2", "o-2", "GOAL-2"] {
        assert_eq!(title(code).await.as_deref(), Some("GOAL-2 Two"), "{code}");
    }
    assert_eq!(title("O-3").await, None, "a code that never was");
    leader.run(&prefixes(Some("O"), None)).await.unwrap();
    for code in ["O-3", "GOAL-3"] {
        assert_eq!(title(code).await.as_deref(), Some("O-3 Three"), "{code}");
    }
    leader.run(&prefixes(Some("AIM"), None)).await.unwrap();
    for code in ["O-1", "GOAL-1", "AIM-1"] {
        assert_eq!(title(code).await.as_deref(), Some("AIM-1 One"), "{code}");
    }
    assert_eq!(bob.objective_by_code("O-1").await.unwrap().unwrap().title, "Theirs");
    assert!(bob.objective_by_code("AIM-1").await.unwrap().is_none());
}

#[tokio::test]
async fn a_code_never_means_two_things() {
    let sample = Sample::new().await;
    let leader = sample.scope(sample.leader).await;
    objective(&leader, "One").await;
    let taken = |setting: &str| [(format!("settings.{setting}"), UserErrorCode::Taken)];
    // Key results have no code yet, so theirs may go; the objectives' may not come.
    let swap = prefixes(Some("KR"), Some("O"));
    assert_eq!(told(leader.run(&swap).await), taken("keyResultPrefix"));
    leader.run(&prefixes(Some("GOAL"), None)).await.unwrap();
    assert_eq!(told(leader.run(&prefixes(None, Some("O"))).await), taken("keyResultPrefix"), "an alias");
    let rows = [
        "INSERT INTO project (id, organization_id, title, title_folded, state, visibility, progress_basis, created_at, \
         updated_at) SELECT id, id, 'Work', 'work', 'PLANNED', 'ORGANIZATION', 'COUNT', 0, 0 FROM organization",
        "INSERT INTO external_identity (id, organization_id, provider, site, kind, external_id, \
         external_key, project_id, content_hash, created_at, updated_at) \
         SELECT id, id, 'JIRA', 's', 'PROJECT', '1', 'DAEMON', id, x'00', 0, 0 FROM organization",
    ];
    for row in rows {
        sample.installation.rows(row, sample.installation.binds()).await.unwrap();
    }
    assert_eq!(told(leader.run(&prefixes(Some("DAEMON"), None)).await), taken("objectivePrefix"));
    leader.run(&prefixes(Some("DAEMONS"), None)).await.unwrap();
    assert_eq!(told(leader.run(&prefixes(Some("KR"), None)).await)[0].0, "settings.keyResultPrefix");
}
