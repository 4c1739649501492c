//! Teams: rights, the tree, members.

use super::*;
use crate::domain::{
    membership::{AddTeamMember, RemoveTeamMember},
    person::DeactivatePerson,
    sample::{Sample, is_forbidden, new_team, told},
};

fn update(id: Uuid) -> UpdateTeam {
    UpdateTeam { id, ..UpdateTeam::default() }
}

#[tokio::test]
async fn only_admins_change_teams() {
    let sample = Sample::new().await;
    for (who, may) in
        [(sample.individual, false), (sample.manager, false), (sample.leader, false), (sample.admin, true)]
    {
        let scope = sample.scope(who).await;
        let add = AddTeamMember { team: sample.team, person: sample.leader, home: false };
        let remove = RemoveTeamMember { team: sample.team, person: sample.leader };
        let rename = UpdateTeam { name: Some("Made".to_owned()), ..update(sample.team) };
        let archive = ArchiveTeam { id: sample.team, expected_version: None, archive: true };
        let answers = [
            is_forbidden(&scope.run(&new_team("New", Some(sample.team))).await),
            is_forbidden(&scope.run(&rename).await),
            is_forbidden(&scope.run(&add).await),
            is_forbidden(&scope.run(&remove).await),
            is_forbidden(&scope.run(&archive).await),
        ];
        assert_eq!(answers, [!may; 5]);
    }
}

#[tokio::test]
async fn the_connection_model_is_set_by_leaders_and_all_else_by_admins() {
    let sample = Sample::new().await;
    let model =
        UpdateTeam { connection_model: Some(Some(ConnectionModel::TaskToKeyResult)), ..update(sample.team) };
    let back = UpdateTeam { connection_model: Some(None), ..update(sample.team) };
    let both = UpdateTeam { name: Some("Made".to_owned()), ..model.clone() };
    let made = CreateTeam { connection_model: Some(ConnectionModel::Any), ..new_team("New", None) };
    // Whether the model alone may be set, and whether together with what is an admin's.
    for (who, alone, together) in [
        (sample.individual, false, false),
        (sample.manager, false, false),
        (sample.admin, false, false),
        (sample.leader, true, false),
        (sample.founder, true, true),
    ] {
        let scope = sample.scope(who).await;
        let answers = [
            is_forbidden(&scope.run(&model).await),
            is_forbidden(&scope.run(&back).await),
            is_forbidden(&scope.run(&both).await),
            is_forbidden(&scope.run(&made).await),
        ];
        assert_eq!(answers, [!alone, !alone, !together, !together]);
    }
}

#[tokio::test]
async fn a_team_never_lies_below_itself() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    let part = admin.run(&new_team("Part", Some(sample.team))).await.unwrap().id;
    let piece = admin.run(&new_team("Piece", Some(part))).await.unwrap().id;
    for parent in [sample.team, part, piece] {
        let ring = UpdateTeam { parent: Some(Some(parent)), ..update(sample.team) };
        assert_eq!(told(admin.run(&ring).await), [("parentId".to_owned(), UserErrorCode::Invalid)]);
    }
    let up = UpdateTeam { parent: Some(None), ..update(piece) };
    assert_eq!(admin.run(&up).await.unwrap().parent_id, None);
    let moves = [(part, piece), (piece, part)]
        .map(|(team, parent)| UpdateTeam { parent: Some(Some(parent)), ..update(team) });
    let moved = futures_util::future::join_all(moves.iter().map(|change| admin.run(change))).await;
    assert_eq!(moved.iter().filter(|answer| answer.is_ok()).count(), 1, "{moved:?}");
}

#[tokio::test]
async fn a_new_manager_manages_at_once_and_is_somebody_active() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    assert_eq!(sample.scope(sample.manager).await.viewer().managed_teams, [sample.team]);
    let take = UpdateTeam { manager: Some(Some(sample.leader)), ..update(sample.team) };
    admin.run(&take).await.unwrap();
    assert!(sample.scope(sample.manager).await.viewer().managed_teams.is_empty());
    let leave = DeactivatePerson { id: sample.manager, expected_version: None, deactivate: true };
    admin.run(&leave).await.unwrap();
    let give = UpdateTeam { manager: Some(Some(sample.manager)), ..update(sample.team) };
    assert_eq!(told(admin.run(&give).await), [("managerId".to_owned(), UserErrorCode::Invalid)]);
    let member = AddTeamMember { team: sample.team, person: sample.manager, home: false };
    assert_eq!(told(admin.run(&member).await), [("personId".to_owned(), UserErrorCode::NotNow)]);
}

#[tokio::test]
async fn an_archived_team_takes_nobody_new() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    let archive = ArchiveTeam { id: sample.team, expected_version: Some(1), archive: true };
    assert!(admin.run(&archive).await.unwrap().archived_at.is_some());
    assert_eq!(told(admin.run(&archive).await), [("expectedVersion".to_owned(), UserErrorCode::Conflict)]);
    let add = AddTeamMember { team: sample.team, person: sample.leader, home: false };
    assert_eq!(told(admin.run(&add).await), [("teamId".to_owned(), UserErrorCode::NotNow)]);
    let below = admin.run(&new_team("Below", Some(sample.team))).await;
    assert_eq!(told(below), [("parentId".to_owned(), UserErrorCode::Invalid)]);
    let remove = RemoveTeamMember { team: sample.team, person: sample.individual };
    admin.run(&remove).await.unwrap();
    assert_eq!(told(admin.run(&remove).await), [("personId".to_owned(), UserErrorCode::NotFound)]);
    let back = ArchiveTeam { archive: false, expected_version: None, ..archive };
    assert!(admin.run(&back).await.unwrap().archived_at.is_none());
    admin.run(&add).await.unwrap();
}

#[tokio::test]
async fn a_retry_is_answered_as_the_first_time() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    let create = CreateTeam { id: Some(sample.installation.clock().new_id()), ..new_team("Once", None) };
    let first = admin.run(&create).await.unwrap();
    assert_eq!(admin.run(&create).await.unwrap(), first);
    let other = CreateTeam { name: "Twice".to_owned(), ..create };
    assert_eq!(told(admin.run(&other).await), [("id".to_owned(), UserErrorCode::Conflict)]);
}
