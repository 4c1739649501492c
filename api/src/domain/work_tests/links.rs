//! Links: what counts, who may, what lives again.

use entity::{LinkOrigin, LinkState, Significance, TaskStatus};

use super::world::{World, codes, fails, is_forbidden, new_task};
use crate::domain::{
    error::UserErrorCode,
    link_change::{ConfirmLink, RetireLink, UpdateLink},
    link_create::{CreateLink, LinkWork},
    link_target::LinkSource,
    task_create::CreateTask,
};

#[tokio::test]
async fn supports_and_retired_links_never_count_and_a_person_revives() {
    let world = World::new().await;
    let project = world.project().await;
    world.task(project, TaskStatus::Done).await;
    let wish = CreateLink {
        significance: Some(Significance::Supports),
        ..world.new_link(LinkSource::Project(project))
    };
    let link = world.leader.run(&wish).await.unwrap().link;
    assert_eq!(world.numbers().await.0, None);
    let change =
        UpdateLink { id: link.id, significance: Some(Significance::Contributes), ..Default::default() };
    world.leader.run(&change).await.unwrap();
    assert_eq!(world.numbers().await.0, Some(1.0));
    let retired = world.leader.run(&RetireLink { id: link.id, expected_version: None }).await.unwrap();
    assert!(retired.retired_at.is_some());
    assert_eq!(world.numbers().await.0, None);
    assert_eq!(
        codes(fails(&world.leader, ConfirmLink { id: link.id, expected_version: None }).await),
        [UserErrorCode::NotNow]
    );
    let revived = world.link(LinkSource::Project(project)).await.link;
    assert_eq!((revived.id, revived.state, revived.retired_at), (link.id, LinkState::Active, None));
    assert_eq!(world.numbers().await.0, Some(1.0));
    assert_eq!(world.count("SELECT COUNT(*) FROM alignment_link").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM link_evidence").await, 1);
    assert_eq!(world.count("SELECT COUNT(*) FROM link_interval").await, 3);
}

#[tokio::test]
async fn a_link_that_is_there_is_strengthened() {
    let world = World::new().await;
    let project = world.project().await;
    let link = world.link(LinkSource::Project(project)).await.link;
    world
        .set(
            "UPDATE alignment_link SET origin = 'TOKEN', confirmed_at = NULL, confirmed_by_id = NULL, \
             state = 'STALE', stale_reason = 'TOKEN_REMOVED'",
            Vec::new(),
        )
        .await;
    let manager = &world.manager;
    let again = manager.run(&world.new_link(LinkSource::Project(project))).await.unwrap().link;
    assert_eq!((again.id, again.origin, again.state), (link.id, LinkOrigin::Manual, LinkState::Active));
    assert_eq!(again.confirmed_by_id, Some(manager.viewer().person_id));
    assert_eq!(world.count("SELECT COUNT(*) FROM link_evidence").await, 2);
    let same = manager.run(&world.new_link(LinkSource::Project(project))).await.unwrap().link;
    assert_eq!(same, again);
}

#[tokio::test]
async fn rights_on_links_follow_the_two_ends() {
    let world = World::new().await;
    let own = CreateTask { assignees: vec![world.individual.viewer().person_id], ..new_task() };
    let task = world.individual.run(&own).await.unwrap().id;
    let wish = world.new_link(LinkSource::Task(task));
    assert!(is_forbidden(&fails(&world.colleague, wish.clone()).await));
    let heavy = CreateLink { weight: Some(2.0), ..wish.clone() };
    assert!(is_forbidden(&fails(&world.individual, heavy.clone()).await));
    let link = world.individual.run(&wish).await.unwrap().link;
    let weigh = UpdateLink { id: link.id, weight: Some(3.0), ..Default::default() };
    assert!(is_forbidden(&fails(&world.individual, weigh.clone()).await));
    assert!((world.manager.run(&weigh).await.unwrap().weight - 3.0).abs() < f64::EPSILON);
    assert!(is_forbidden(
        &fails(&world.individual, ConfirmLink { id: link.id, expected_version: None }).await
    ));
    assert!(is_forbidden(&fails(&world.colleague, RetireLink { id: link.id, expected_version: None }).await));
    world.individual.run(&RetireLink { id: link.id, expected_version: None }).await.unwrap();
    world.set("UPDATE objective SET state = 'CLOSED'", Vec::new()).await;
    assert_eq!(codes(fails(&world.individual, wish).await), [UserErrorCode::NotNow]);
}

#[tokio::test]
async fn the_connection_model_warns_or_refuses() {
    let warned = World::with_settings(r#"{"connectionModel":"TASK_TO_KEY_RESULT"}"#).await;
    let project = warned.project().await;
    assert_eq!(warned.link(LinkSource::Project(project)).await.warnings.len(), 1);
    let refused =
        World::with_settings(r#"{"connectionModel":"TASK_TO_KEY_RESULT","outsideModel":"REFUSE"}"#).await;
    let project = refused.project().await;
    let wish = refused.new_link(LinkSource::Project(project));
    assert_eq!(codes(fails(&refused.leader, wish.clone()).await), [UserErrorCode::NotNow]);
    refused.set("UPDATE team SET connection_model = 'KEY_RESULT_TO_PROJECT'", Vec::new()).await;
    assert!(refused.leader.run(&wish).await.unwrap().warnings.is_empty());
}

#[tokio::test]
async fn an_import_links_projects_by_code() {
    let world = World::new().await;
    let projects = vec![world.project().await, world.project().await];
    world.task(projects[0], TaskStatus::Done).await;
    world.task(projects[1], TaskStatus::Todo).await;
    let command = LinkWork { projects: projects.clone(), code: "kr-1".to_owned() };
    assert_eq!(world.manager.run(&command).await.unwrap().len(), 2);
    assert_eq!(world.numbers().await.0, Some(0.5));
    let command = LinkWork { projects, code: "KR-99".to_owned() };
    assert_eq!(codes(fails(&world.manager, command).await), [UserErrorCode::NotFound]);
}
