use sea_orm::ActiveValue::Set;

use crate::domain::{
    key_result_change::ArchiveKeyResult, objective::ArchiveObjective, person::DeactivatePerson, trial::Trial,
};

async fn states(trial: &Trial) -> Vec<String> {
    let text = "SELECT state || COALESCE(' ' || stale_reason, '') FROM alignment_link ORDER BY id";
    let rows = trial.installation.rows(text, trial.installation.binds()).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

#[tokio::test]
async fn a_reason_that_goes_leaves_the_others() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let key_result = trial.key_result(objective.id).await;
    trial.work(key_result.id, 0.5, entity::Visibility::Organization).await;
    let scope = trial.system().await;
    let owner =
        entity::alignment_link::ActiveModel { owner_id: Set(Some(trial.individual)), ..Default::default() };
    trial.set_all(owner).await;
    let leave = DeactivatePerson { id: trial.individual, expected_version: None, deactivate: true };
    let archive = ArchiveObjective { id: objective.id, expected_version: None, archive: true };
    let archive_key_result = ArchiveKeyResult { id: key_result.id, expected_version: None, archive: true };

    scope.run(&leave).await.unwrap();
    assert_eq!(states(&trial).await, ["STALE OWNER_LEFT"]);
    scope.run(&archive).await.unwrap();
    assert_eq!(states(&trial).await, ["STALE TARGET_ARCHIVED"], "what ends the tie for good stands first");
    scope.run(&DeactivatePerson { deactivate: false, ..leave }).await.unwrap();
    assert_eq!(states(&trial).await, ["STALE TARGET_ARCHIVED"], "the goal is archived all the same");
    scope.run(&leave).await.unwrap();
    scope.run(&ArchiveObjective { archive: false, ..archive }).await.unwrap();
    assert_eq!(states(&trial).await, ["STALE OWNER_LEFT"], "the reason behind it shows again");
    scope.run(&DeactivatePerson { deactivate: false, ..leave }).await.unwrap();
    scope.run(&archive).await.unwrap();
    scope.run(&archive_key_result).await.unwrap();
    scope.run(&ArchiveObjective { archive: false, ..archive }).await.unwrap();
    assert_eq!(states(&trial).await, ["STALE TARGET_ARCHIVED"], "its key result was archived by itself");
    scope.run(&leave).await.unwrap();
    scope.run(&ArchiveKeyResult { archive: false, ..archive_key_result }).await.unwrap();
    assert_eq!(states(&trial).await, ["STALE OWNER_LEFT"]);
    scope.run(&DeactivatePerson { deactivate: false, ..leave }).await.unwrap();
    assert_eq!(states(&trial).await, ["ACTIVE"]);
}
