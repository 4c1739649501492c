//! Setting up, facts, and the command line's gates.

use super::*;
use crate::domain::sample::{PASSWORD, Sample, options_of, secret, told};

#[tokio::test]
async fn a_second_organization_is_welcome_and_a_taken_name_is_not() {
    let sample = Sample::new().await;
    let again = options_of(" ACME ", "other@acme.example");
    assert_eq!(told(sample.installation.init(&again).await), [("slug".to_owned(), UserErrorCode::Taken)]);
    let options = InitOptions {
        password: Some(secret(PASSWORD)),
        team: Some("Board".to_owned()),
        ..options_of("bolt", "fay@acme.example")
    };
    let bolt = sample.installation.init(&options).await.unwrap();
    assert!(bolt.set_up_code.is_none());
    let scope = sample.scope(bolt.admin).await;
    assert!(scope.viewer().is_leader() && scope.viewer().is_admin);
    assert_eq!(scope.viewer().member_teams, [bolt.team.unwrap()]);
    assert_eq!(scope.viewer().managed_teams, scope.viewer().member_teams);
    let names: Vec<_> = sample.installation.organizations().await.unwrap();
    assert_eq!(names.iter().map(|name| name.slug.as_str()).collect::<Vec<_>>(), ["acme", "bolt"]);
    let find = async |slug| sample.installation.person_by_email("FAY@acme.example", slug).await;
    assert_eq!(told(find(None).await), [("organization".to_owned(), UserErrorCode::Required)]);
    assert_eq!(find(Some("bolt")).await.unwrap().id, bolt.admin);
    assert_eq!(told(find(Some("nowhere")).await), [("email".to_owned(), UserErrorCode::NotFound)]);
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once_and_nothing_is_written() {
    let sample = Sample::new().await;
    let bad = InitOptions {
        name: " ".to_owned(),
        time_zone: "Mars/Olympus".to_owned(),
        admin_name: String::new(),
        ..options_of("-a b", "nobody")
    };
    let fields: Vec<_> =
        told(sample.installation.init(&bad).await).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "slug", "timeZone", "adminName", "adminEmail"]);
    assert_eq!(sample.installation.organizations().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_database_knows_what_it_is_for() {
    let sample = Sample::new().await;
    assert!(!sample.installation.is_empty().await.unwrap());
    assert_eq!(sample.installation.purpose().await.unwrap(), None);
    sample.installation.set_purpose("test").await.unwrap();
    sample.installation.set_purpose("demo").await.unwrap();
    assert_eq!(sample.installation.purpose().await.unwrap().as_deref(), Some("demo"));
}

#[tokio::test]
async fn the_command_line_gives_tokens_and_codes() {
    let sample = Sample::new().await;
    let ina = sample.installation.person_by_email("ina@acme.example", None).await.unwrap();
    let token = sample.installation.issue_token(ina.id, 60).await.unwrap();
    let now = sample.installation.clock().now();
    let claims = sample.installation.keys().verify(token.expose(), now).unwrap();
    assert_eq!((claims.person, claims.session), (sample.individual, None));
    assert_eq!(claims.expires_at, now.plus_seconds(60));
    sample.installation.scope(&claims, None).await.unwrap();
    let code = sample.installation.reset_password(&ina).await.unwrap();
    assert_eq!(sample.installation.set_password(&code, &secret(PASSWORD)).await.unwrap(), ina.id);
}
