use entity::Visibility;

use super::*;
use crate::domain::{
    access::viewer::Actor,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    person::PersonRow,
    trial::{Trial, at, refused},
};

async fn make(trial: &Trial, scopes: &[TokenScope]) -> (ServiceTokenRow, Secret) {
    let command = CreateToken { name: "Meter".into(), scopes: scopes.to_vec(), expires_at: None };
    trial.system().await.run(&command).await.unwrap()
}

async fn enter(trial: &Trial, secret: &Secret) -> Result<Scope> {
    trial.installation.enter(secret.expose(), None).await.map(|(_, scope)| scope)
}

#[tokio::test]
async fn a_token_is_made_for_admins_and_kept_as_a_hash() {
    let trial = Trial::new().await;
    let command = CreateToken { name: " Meter ".into(), scopes: vec![TokenScope::Read; 2], expires_at: None };
    for person in [trial.leader, trial.individual] {
        let answer = trial.scope(person).await.run(&command).await;
        assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    }
    let (row, secret) = trial.system().await.run(&command).await.unwrap();
    assert_eq!((row.name.as_str(), row.scopes()), ("Meter", vec![TokenScope::Read]));
    assert_eq!(row.expires_at, at("2026-05-21T00:00:00Z"), "90 days");
    assert!(secret.expose().starts_with("tlk_") && secret.expose().ends_with(&row.hint), "{}", row.hint);
    let kept = trial.numbers("SELECT COUNT(*) FROM event WHERE current LIKE '%tlk_%'").await;
    assert_eq!(kept, [0], "no event tells it");
    let fields = |result| refused::<(ServiceTokenRow, Secret)>(result)[0].0.clone();
    let system = trial.system().await;
    let none = CreateToken { scopes: Vec::new(), ..command.clone() };
    assert_eq!(fields(system.run(&none).await), "scopes");
    for wrong in ["2026-02-20T00:00:00Z", "2031-03-01T00:00:00Z"] {
        let wrong = CreateToken { expires_at: Some(at(wrong)), ..command.clone() };
        assert_eq!(fields(system.run(&wrong).await), "expiresAt");
    }
}

#[tokio::test]
async fn what_a_token_sees_is_said_by_its_scopes() {
    let trial = Trial::new().await;
    let open = trial.objective("Open", None).await;
    let hidden = trial
        .scope(trial.leader)
        .await
        .run(&crate::domain::objective::CreateObjective {
            visibility: Visibility::Private,
            ..trial.new_objective("Hidden", None)
        })
        .await
        .unwrap();
    for (scopes, sees) in [
        (vec![TokenScope::Read], [true, false, true]),
        (vec![TokenScope::ReadAll], [true, true, true]),
        (vec![TokenScope::RecordValues], [false, false, false]),
        (vec![TokenScope::RecordValues, TokenScope::Read], [true, false, true]),
    ] {
        let scope = enter(&trial, &make(&trial, &scopes).await.1).await.unwrap();
        let goals = scope.by_ids::<ObjectiveRow>(&[open.id, hidden.id]).await.unwrap();
        let people = scope.by_ids::<PersonRow>(&[trial.leader]).await.unwrap();
        let found = [goals.contains_key(&open.id), goals.contains_key(&hidden.id), !people.is_empty()];
        assert_eq!(found, sees, "{scopes:?}");
        assert!(matches!(scope.viewer().actor, Actor::Token(_)));
        // Whatever it reads, it changes nothing, and makes nothing either.
        let answer = scope.run(&trial.new_objective("By a tool", None)).await;
        assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
        let answer = scope.run(&crate::domain::session::SignOut).await;
        assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    }
    assert!(trial.system().await.by_ids::<KeyResultRow>(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_token_ends() {
    let trial = Trial::new().await;
    let (row, secret) = make(&trial, &[TokenScope::Read]).await;
    enter(&trial, &secret).await.unwrap();
    let answer = trial.scope(trial.leader).await.run(&RevokeToken { id: row.id }).await;
    assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    let revoked = trial.system().await.run(&RevokeToken { id: row.id }).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(at("2026-02-20T00:00:00Z")));
    assert!(matches!(enter(&trial, &secret).await, Err(DomainError::Unauthenticated)), "at once");
    trial.time.advance_seconds(60);
    assert_eq!(trial.system().await.run(&RevokeToken { id: row.id }).await.unwrap(), revoked, "once");

    let (_, secret) = make(&trial, &[TokenScope::Read]).await;
    trial.time.set(at("2026-05-20T23:59:59Z"));
    enter(&trial, &secret).await.unwrap();
    trial.time.set(at("2026-05-21T00:01:00Z"));
    assert!(matches!(enter(&trial, &secret).await, Err(DomainError::Unauthenticated)), "it has expired");

    let altered = format!("{}x", &secret.expose()[..secret.expose().len() - 1]);
    for wrong in ["tlk_", "tlk_abc", altered.as_str(), &secret.expose().replace("tlk_", "tlr_")] {
        let answer = trial.installation.enter(wrong, None).await;
        assert!(matches!(answer, Err(DomainError::Unauthenticated)), "{wrong}");
    }
}

#[tokio::test]
async fn the_last_use_is_noted_to_the_minute() {
    let trial = Trial::new().await;
    let (row, secret) = make(&trial, &[TokenScope::Read]).await;
    assert_eq!(row.last_used_at, None);
    let last = async || {
        enter(&trial, &secret).await.unwrap();
        trial.system().await.by_ids::<ServiceTokenRow>(&[row.id]).await.unwrap()[&row.id].last_used_at
    };
    assert_eq!(last().await, Some(at("2026-02-20T00:00:00Z")));
    trial.time.advance_seconds(30);
    assert_eq!(last().await, Some(at("2026-02-20T00:00:00Z")));
    trial.time.advance_seconds(30);
    assert_eq!(last().await, Some(at("2026-02-20T00:01:00Z")));
}

#[test]
fn unknown_scopes_give_nothing() {
    assert_eq!(scopes_of("READ,EVERYTHING,,read,RECORD_VALUES "), [TokenScope::Read]);
}
