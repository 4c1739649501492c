use super::*;
use crate::domain::{
    key_result_override::OverrideProgress,
    trial::{Trial, refused},
};

#[tokio::test]
async fn steps_are_measured() {
    let trial = Trial::new().await;
    let objective = trial.objective("Launch", None).await;
    let scope = trial.scope(trial.leader).await;
    let mut new = trial.new_key_result(objective.id);
    (new.kind, new.start, new.target) = (Some(KeyResultKind::Milestone), None, None);
    let row = scope.run(&new).await.unwrap();
    assert_eq!(row.progress, None);
    let id = Some(trial.installation.clock().new_id());
    let step = |id, weight| CreateMilestone {
        id,
        key_result: row.id,
        title: "Step".to_owned(),
        weight,
        due_on: "2026-03-01".parse().unwrap(),
    };
    let first = scope.run(&step(id, 3.0)).await.unwrap().milestone.unwrap();
    assert_eq!(scope.run(&step(id, 3.0)).await.unwrap().milestone, Some(first.clone()));
    assert_eq!(refused(scope.run(&step(id, 2.0)).await)[0].0, "id");
    let second = scope.run(&step(None, 1.0)).await.unwrap();
    assert_eq!(second.key_result.progress, Some(0.0));

    // Its owner sets it done; only who may change the key result changes what it is.
    let own = trial.scope(trial.individual).await;
    let done = UpdateMilestone { id: first.id, done: Some(true), ..UpdateMilestone::default() };
    let now = own.run(&done).await.unwrap();
    assert_eq!(now.key_result.progress, Some(0.75));
    assert_eq!(trial.progress_of_objective(objective.id).await, Some(0.75));
    let heavier = UpdateMilestone { id: first.id, weight: Some(9.0), ..UpdateMilestone::default() };
    assert!(matches!(own.run(&heavier).await, Err(DomainError::Forbidden(_))));
    assert_eq!(scope.run(&heavier).await.unwrap().key_result.progress, Some(0.9));

    // A word that holds until the value changes outlasts another name or weight, not another step.
    let over = OverrideProgress {
        key_result: row.id,
        expected_version: None,
        value: 0.5,
        sticky: false,
        reason: "We know better".into(),
    };
    scope.run(&over).await.unwrap();
    let named = UpdateMilestone { id: first.id, title: Some("First".into()), ..UpdateMilestone::default() };
    assert_eq!(scope.run(&named).await.unwrap().key_result.progress, Some(0.5));
    let lighter = UpdateMilestone { id: first.id, weight: Some(3.0), ..UpdateMilestone::default() };
    assert_eq!(scope.run(&lighter).await.unwrap().key_result.progress, Some(0.5));
    let again = UpdateMilestone { id: first.id, done: Some(false), ..UpdateMilestone::default() };
    assert_eq!(own.run(&again).await.unwrap().key_result.progress, Some(0.0));
    assert_eq!(own.run(&done).await.unwrap().key_result.progress, Some(0.75));

    let remove = |id| RemoveMilestone { id, expected_version: None };
    assert_eq!(refused(scope.run(&remove(first.id)).await)[0].0, "id");
    let second = second.milestone.unwrap();
    assert_eq!(scope.run(&remove(second.id)).await.unwrap().key_result.progress, Some(1.0));
    assert!(matches!(scope.run(&remove(second.id)).await, Err(DomainError::NotFound)));
}
