//! References become links, and go again.

use entity::{
    CarryOverDecision, CycleState, EventKind, GoalState, LinkOrigin, LinkState, Significance, StaleReason,
    SubjectKind, TaskStatus, UnresolvedReason, alignment_link, link_evidence, link_interval,
    unresolved_token,
};
use sea_orm::ActiveValue::Set;

use super::company::{Company, START, batch, task};
use crate::domain::{
    carry_over::CarryOver, cycle::CreateCycle, cycle_close::CloseCycle, objective::UpdateObjective,
};

#[tokio::test]
async fn a_reference_links_goes_stale_when_it_goes_and_comes_back() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Done);
        one.title = "Ship it KR-1".to_owned();
        one.description = Some("see [kr-1], not KR-1".to_owned());
        let mut batch = batch(vec![one, task("2", TaskStatus::Todo)]);
        let summary = company.merge(&batch).await;
        assert_eq!(summary.links_made, 1);
        let link = company.links().await.remove(0);
        assert_eq!(
            (link.state, link.origin, link.confirmed_at),
            (LinkState::Active, LinkOrigin::Token, None)
        );
        assert_eq!(link.key_result_id, Some(company.key_result));
        let evidence = company.all::<link_evidence::Entity>("link_evidence").await;
        assert_eq!(evidence.len(), 2);
        assert!(evidence.iter().all(|row| row.code.as_deref() == Some("KR-1")));
        assert_eq!(company.progress().await, Some(1.0));
        assert!(!company.task("1").await.inherits_links);
        assert!(company.task("2").await.inherits_links);

        batch.tasks[0].description = None;
        company.merge(&batch).await;
        assert_eq!(company.links().await[0].state, LinkState::Active, "the name still says so");
        batch.tasks[0].title = "Ship it".to_owned();
        let events = company.events().await.len();
        let summary = company.merge(&batch).await;
        assert_eq!(summary.links_lost, 1);
        let link = company.links().await.remove(0);
        assert_eq!((link.state, link.stale_reason), (LinkState::Stale, Some(StaleReason::TokenRemoved)));
        let evidence = company.all::<link_evidence::Entity>("link_evidence").await;
        assert!(evidence.iter().all(|row| row.removed_at.is_some()));
        let told = company.events().await.split_off(events);
        assert_eq!(told.iter().filter(|event| event.subject_kind == SubjectKind::AlignmentLink).count(), 1);

        batch.tasks[0].title = "Ship it #KR-1".to_owned();
        let summary = company.merge(&batch).await;
        assert_eq!((summary.links_made, summary.links_restored), (0, 1));
        assert_eq!(company.links().await[0].state, LinkState::Active);
        let intervals = company.all::<link_interval::Entity>("link_interval").await;
        assert_eq!(intervals.len(), 3);
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
    }
}

#[tokio::test]
async fn a_retired_link_is_never_revived_and_a_confirmed_one_never_lost() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Done);
        one.title = "Ship it KR-1".to_owned();
        let mut batch = batch(vec![one]);
        company.merge(&batch).await;
        let retire = "UPDATE alignment_link SET state = 'RETIRED', retired_at = 5";
        company.execute(retire, company.installation.binds()).await;
        batch.tasks[0].title = "Ship it".to_owned();
        company.merge(&batch).await;
        batch.tasks[0].title = "Ship it KR-1 again".to_owned();
        company.merge(&batch).await;
        let links = company.links().await;
        assert_eq!((links.len(), links[0].state), (1, LinkState::Retired));

        let confirm = "UPDATE alignment_link SET state = 'ACTIVE', retired_at = NULL, confirmed_at = 5";
        company.execute(confirm, company.installation.binds()).await;
        batch.tasks[0].title = "Ship it".to_owned();
        assert_eq!(company.merge(&batch).await.links_lost, 0);
        assert_eq!(company.links().await[0].state, LinkState::Active);
    }
}

#[tokio::test]
async fn evidence_is_added_to_a_manual_link_and_its_origin_stays() {
    for company in Company::on_each_database().await {
        let mut batch = batch(vec![task("1", TaskStatus::Done)]);
        company.merge(&batch).await;
        let clock = company.installation.clock().clone();
        let link = clock.new_id();
        company
            .put::<alignment_link::Entity>(alignment_link::ActiveModel {
                id: Set(link),
                organization_id: Set(company.organization),
                task_id: Set(Some(company.task("1").await.id)),
                key_result_id: Set(Some(company.key_result)),
                state: Set(LinkState::Active),
                significance: Set(Significance::Contributes),
                origin: Set(LinkOrigin::Manual),
                created_at: Set(START),
                updated_at: Set(START),
                ..Default::default()
            })
            .await;
        company
            .put::<link_evidence::Entity>(link_evidence::ActiveModel {
                id: Set(clock.new_id()),
                organization_id: Set(company.organization),
                alignment_link_id: Set(link),
                origin: Set(LinkOrigin::Manual),
                created_at: Set(START),
                ..Default::default()
            })
            .await;
        batch.tasks[0].labels = vec!["okr:kr-1".to_owned()];
        let summary = company.merge(&batch).await;
        assert_eq!(summary.links_made, 0);
        let row = company.links().await.remove(0);
        assert_eq!((row.origin, row.state, row.version), (LinkOrigin::Manual, LinkState::Active, 1));
        assert_eq!(company.all::<link_evidence::Entity>("link_evidence").await.len(), 2);
        batch.tasks[0].labels.clear();
        assert_eq!(company.merge(&batch).await.links_lost, 0, "a person made it");
        assert_eq!(company.links().await[0].state, LinkState::Active);
    }
}

#[tokio::test]
async fn a_code_without_a_goal_waits_for_it() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Done);
        one.title = "Ship it KR-2, KR-3".to_owned();
        let mut batch = batch(vec![one]);
        let summary = company.merge(&batch).await;
        let codes: Vec<_> =
            summary.tokens_unresolved.iter().map(|token| (token.code.as_str(), token.count)).collect();
        assert_eq!(codes, [("KR-2", 1), ("KR-3", 1)]);
        assert_eq!(summary.tokens_unresolved[0].example, "Ship it KR-2, KR-3");
        let two = company.installation.clock().new_id();
        company.add_key_result(two, company.objective, 2).await;
        // Nothing changed in the tool.
        let summary = company.merge(&batch).await;
        assert_eq!((summary.links_made, summary.tokens_unresolved.len()), (1, 1));
        assert_eq!(company.links().await[0].key_result_id, Some(two));
        let evidence = company.all::<link_evidence::Entity>("link_evidence").await.remove(0);
        assert_eq!((evidence.position, evidence.text.as_deref()), (Some(8), Some("KR-2")));
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
        // The other one vanishes from the text.
        batch.tasks[0].title = "Ship it KR-2".to_owned();
        let summary = company.merge(&batch).await;
        assert!(summary.tokens_unresolved.is_empty());
        let tokens = company.all::<unresolved_token::Entity>("unresolved_token").await;
        assert!(tokens.iter().all(|token| token.resolved_at.is_some()));
        assert_eq!(company.links().await.len(), 1);
    }
}

#[tokio::test]
async fn a_goal_that_is_over_makes_a_stale_link_unless_it_has_a_successor() {
    for company in Company::on_each_database().await {
        let over = company.installation.clock().new_id();
        company.add_objective(over, 5, GoalState::Closed).await;
        let mut one = task("1", TaskStatus::Done);
        one.labels = vec!["O-5".to_owned()];
        company.merge(&batch(vec![one])).await;
        let link = company.links().await.remove(0);
        assert_eq!(link.objective_id, Some(over));
        assert_eq!((link.state, link.stale_reason), (LinkState::Stale, Some(StaleReason::TargetClosed)));

        let (id, code) = (company.installation.clock().new_id(), "O-5".to_owned());
        company
            .put::<entity::code_alias::Entity>(entity::code_alias::ActiveModel {
                id: Set(id),
                organization_id: Set(company.organization),
                code: Set(code),
                objective_id: Set(Some(company.objective)),
                key_result_id: Set(None),
                created_at: Set(START),
            })
            .await;
        let mut two = task("2", TaskStatus::Done);
        two.labels = vec!["O-5".to_owned()];
        company.merge(&batch(vec![two])).await;
        let links = company.links().await;
        assert!(
            links
                .iter()
                .any(|link| link.objective_id == Some(company.objective) && link.state == LinkState::Active)
        );
    }
}

#[tokio::test]
async fn the_tools_own_numbers_are_no_codes() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Done);
        one.title = "As in KR-1".to_owned();
        let mut batch = batch(vec![one]);
        batch.projects[0].external_key = Some("KR".to_owned());
        let summary = company.merge(&batch).await;
        assert_eq!((summary.links_made, summary.notes.len()), (0, 1));
    }
}

#[tokio::test]
async fn links_of_a_later_sync_are_events_with_the_sight_of_both_ends() {
    for company in Company::on_each_database().await {
        let mut batch = batch(vec![task("1", TaskStatus::Done)]);
        company.merge(&batch).await;
        batch.projects[0].title = "For O-1".to_owned();
        batch.tasks[0].labels = vec!["KR-1".to_owned()];
        let known = company.events().await.len();
        let summary = company.merge(&batch).await;
        assert_eq!(summary.links_made, 2);
        let events = company.events().await.split_off(known);
        let links: Vec<_> = events
            .iter()
            .filter(|event| {
                event.subject_kind == SubjectKind::AlignmentLink && event.kind == EventKind::Created
            })
            .collect();
        assert_eq!(links.len(), 2);
        assert!(links.iter().all(|event| event.sight.contains("also")));
    }
}

#[tokio::test]
async fn the_code_of_a_closed_goal_leads_to_the_one_that_goes_on() {
    for company in Company::on_each_database().await {
        let leader = company.installation.scope_of_person(company.ann).await.unwrap();
        let numbers = "UPDATE organization SET next_key_result_number = 10, next_objective_number = 10";
        company.execute(numbers, company.installation.binds()).await;
        let cycle = |name: &str| CreateCycle {
            id: None,
            check_in_days: None,
            name: name.to_owned(),
            parent: None,
            state: CycleState::Active,
            starts_on: None,
            ends_on: None,
        };
        let (first, second) =
            (leader.run(&cycle("One")).await.unwrap().id, leader.run(&cycle("Two")).await.unwrap().id);
        let into = UpdateObjective { id: company.objective, cycle: Some(Some(first)), ..Default::default() };
        leader.run(&into).await.unwrap();
        let named = |id: &str, status| {
            let mut task = task(id, status);
            task.title = "Ship it [KR-1]".to_owned();
            task
        };
        let mut batch = batch(vec![named("1", TaskStatus::Todo), named("2", TaskStatus::Done)]);
        company.merge(&batch).await;
        let close = CloseCycle { id: first, expected_version: None, accept_suggested: true };
        leader.run(&close).await.unwrap();
        let keep = CarryOver {
            key_result: company.key_result,
            decision: CarryOverDecision::Keep,
            cycle: Some(second),
            objective: None,
            id: None,
            note: None,
            title: None,
            owner: None,
            target: None,
            lower: None,
            upper: None,
            target_percent: None,
            commit: None,
            stretch: None,
            tolerance: None,
            milestones: None,
            weight: None,
        };
        let next = leader.run(&keep).await.unwrap().successor.unwrap();
        assert_eq!(next.code, "KR-10");

        // What is still to be done serves the successor at once, and says why by both codes.
        let states = async |goal| -> Vec<_> {
            let links = company.links().await.into_iter().filter(|link| link.key_result_id == Some(goal));
            links.map(|link| (link.state, link.stale_reason)).collect()
        };
        let frozen = (LinkState::Stale, Some(StaleReason::TargetClosed));
        assert_eq!(states(company.key_result).await, [frozen, frozen]);
        assert_eq!(states(next.id).await, [(LinkState::Active, None)]);
        let both = |row: &link_evidence::Model| (row.code.clone(), row.successor_code.clone());
        let told = || (Some("KR-1".to_owned()), Some("KR-10".to_owned()));
        let evidence = company.all::<link_evidence::Entity>("link_evidence").await;
        assert_eq!(evidence.iter().filter(|row| both(row) == told()).count(), 1);

        // A later sync finds nothing to change in it, and ties what is new to the successor too.
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
        batch.tasks[0].description = Some("Soon".to_owned());
        batch.tasks.push(named("3", TaskStatus::Todo));
        let summary = company.merge(&batch).await;
        assert_eq!((summary.links_made, summary.links_lost), (1, 0));
        assert_eq!(states(next.id).await, [(LinkState::Active, None); 2]);
        assert_eq!(states(company.key_result).await, [frozen, frozen], "what is frozen stays");
        let evidence = company.all::<link_evidence::Entity>("link_evidence").await;
        assert_eq!(evidence.iter().filter(|row| both(row) == told()).count(), 2);
        assert!(evidence.iter().all(|row| row.removed_at.is_none()));
    }
}

#[tokio::test]
async fn what_the_model_refuses_is_told_and_waits() {
    for company in Company::on_each_database().await {
        let model = async |settings: &str| {
            let mut binds = company.installation.binds();
            let settings = binds.push(settings);
            company.execute(&format!("UPDATE organization SET settings = {settings}"), binds).await;
        };
        model(r#"{"connectionModel":"TASK_TO_KEY_RESULT","outsideModel":"REFUSE"}"#).await;
        let mut one = task("1", TaskStatus::Done);
        one.title = "Ship it KR-1".to_owned();
        let mut batch = batch(vec![one]);
        batch.projects[0].title = "For KR-1 and [O-1]".to_owned();
        let summary = company.merge(&batch).await;
        assert_eq!((summary.links_made, summary.links_refused, summary.links_outside_model), (1, 2, 0));
        let told: Vec<_> =
            summary.tokens_unresolved.iter().map(|token| (token.code.as_str(), token.reason)).collect();
        let why = UnresolvedReason::OutsideModel;
        assert_eq!(told, [("KR-1", why), ("O-1", why)]);
        let before = company.dump().await;
        let again = company.merge(&batch).await;
        assert_eq!((again.links_refused, again.tokens_unresolved.len()), (0, 2));
        assert_eq!(company.dump().await, before);

        // Warned only, the links are made, and told.
        model(r#"{"connectionModel":"TASK_TO_KEY_RESULT"}"#).await;
        batch.projects[0].description = Some("Reworded".to_owned());
        let summary = company.merge(&batch).await;
        assert_eq!((summary.links_made, summary.links_refused, summary.links_outside_model), (2, 0, 2));
        assert!(summary.tokens_unresolved.is_empty());
    }
}

#[tokio::test]
async fn a_prefix_of_the_tool_is_none_of_ours_also_when_a_batch_names_no_project() {
    for company in Company::on_each_database().await {
        let mut whole = batch(vec![task("1", TaskStatus::Todo)]);
        whole.projects[0].external_key = Some("KR".to_owned());
        company.merge(&whole).await;
        let mut one = task("1", TaskStatus::Todo);
        one.title = "As in KR-1".to_owned();
        let mut part = batch(vec![one]);
        part.projects.clear();
        assert_eq!(company.merge(&part).await.links_made, 0);
        assert!(company.links().await.is_empty());
    }
}

#[tokio::test]
async fn a_first_sync_tells_of_links_of_other_work() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Todo);
        one.title = "Ship it KR-2".to_owned();
        company.merge(&batch(vec![one])).await;
        company.add_key_result(company.installation.clock().new_id(), company.objective, 2).await;
        let known = company.events().await.len();
        let mut two = task("1", TaskStatus::Todo);
        two.title = "Also KR-2".to_owned();
        let mut other = batch(vec![two]);
        other.site = "other.atlassian.net".to_owned();
        assert_eq!(company.merge(&other).await.links_made, 2);
        let told: Vec<_> = company.events().await.split_off(known);
        let links = told.iter().filter(|event| event.subject_kind == SubjectKind::AlignmentLink);
        assert_eq!(links.count(), 1, "one event tells of the items of the sync, and of nothing else");
        assert_eq!(told.iter().filter(|event| event.kind == EventKind::Imported).count(), 1);
    }
}
