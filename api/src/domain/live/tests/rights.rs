//! A stream ends when its viewer's rights do.

use std::time::Duration;

use entity::{Instant, Role};
use uuid::Uuid;

use super::{Running, execute, start};
use crate::domain::{
    access::jwt::Claims,
    live::{Live, RightsWatch, WhyEnded},
    membership::AddTeamMember,
    person::{DeactivatePerson, UpdatePerson},
    sample::{START, Sample},
    viewer_load::Pass,
};

struct Watched {
    sample: Sample,
    live: Live,
    running: Running,
}

impl Watched {
    async fn new() -> Self {
        let sample = Sample::new().await;
        let live = Live::open(sample.installation.clone()).await.unwrap();
        let running = start(&live);
        Self { sample, live, running }
    }

    async fn watch(&self, person: Uuid, session: Option<Uuid>) -> RightsWatch {
        let claims = Claims {
            person,
            session,
            organization: None,
            issued_at: None,
            expires_at: START.plus_seconds(3_600),
        };
        let scope = self.sample.scope(person).await;
        self.live.watch_rights(&Pass::of(&claims), scope.shared_viewer())
    }
}

async fn ended(watch: &RightsWatch) -> WhyEnded {
    tokio::time::timeout(Duration::from_secs(5), watch.ended()).await.expect("it ends within 5 seconds")
}

async fn goes_on(watch: &RightsWatch) {
    let ended = tokio::time::timeout(Duration::from_millis(700), watch.ended()).await;
    assert!(ended.is_err(), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_role_or_team_ends_the_streams_of_that_person_alone() {
    let watched = Watched::new().await;
    let sample = &watched.sample;
    let admin = sample.scope(sample.founder).await;
    let changed = watched.watch(sample.individual, None).await;
    let other = watched.watch(sample.admin, None).await;
    goes_on(&changed).await;
    let role = UpdatePerson { id: sample.individual, role: Some(Role::Manager), ..UpdatePerson::default() };
    admin.run(&role).await.unwrap();
    assert_eq!(ended(&changed).await, WhyEnded::RightsChanged);
    goes_on(&other).await;
    // One that begins now has the new rights.
    let again = watched.watch(sample.individual, None).await;
    goes_on(&again).await;
    let join = AddTeamMember { team: sample.team, person: sample.admin, home: true };
    admin.run(&join).await.unwrap();
    assert_eq!(ended(&other).await, WhyEnded::RightsChanged);
    goes_on(&again).await;
    watched.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_person_of_a_session_and_of_a_token_end_it() {
    let watched = Watched::new().await;
    let sample = &watched.sample;
    let admin = sample.scope(sample.founder).await;
    let watch = watched.watch(sample.individual, None).await;
    let gone = DeactivatePerson { id: sample.individual, expected_version: None, deactivate: true };
    admin.run(&gone).await.unwrap();
    assert_eq!(ended(&watch).await, WhyEnded::SignedOut);

    let session = sample.installation.clock().new_id();
    let later = START.plus_seconds(86_400);
    let text = "INSERT INTO session (id, organization_id, person_id, refresh_hash, expires_at, created_at, \
                updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        session.into(),
        sample.organization.into(),
        sample.manager.into(),
        vec![1_u8].into(),
        later.0.into(),
        START.0.into(),
        START.0.into(),
    ];
    execute(&sample.installation, text, values).await;
    let watch = watched.watch(sample.manager, Some(session)).await;
    goes_on(&watch).await;
    // Past this process, as another node does it: no event tells of it.
    let text = "UPDATE session SET revoked_at = 1 WHERE id = ?";
    execute(&sample.installation, text, vec![session.into()]).await;
    assert_eq!(ended(&watch).await, WhyEnded::SignedOut);

    let watch = watched.watch(sample.leader, None).await;
    goes_on(&watch).await;
    sample.time.set(Instant(START.0 + 3_600_000_000));
    assert_eq!(ended(&watch).await, WhyEnded::TokenExpired);
    watched.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_its_streams_alone() {
    use entity::TokenScope;

    use crate::domain::service_token::{CreateToken, RevokeToken};
    let watched = Watched::new().await;
    let sample = &watched.sample;
    let admin = sample.scope(sample.founder).await;
    let make = CreateToken { name: "Meter".into(), scopes: vec![TokenScope::Read], expires_at: None };
    let mut watches = Vec::new();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let (row, secret) = admin.run(&make).await.unwrap();
        let (pass, scope) = sample.installation.enter(secret.expose(), None).await.unwrap();
        watches.push(watched.live.watch_rights(&pass, scope.shared_viewer()));
        tokens.push(row);
    }
    goes_on(&watches[0]).await;
    admin.run(&RevokeToken { id: tokens[0].id }).await.unwrap();
    assert_eq!(ended(&watches[0]).await, WhyEnded::SignedOut);
    goes_on(&watches[1]).await;
    watched.running.stop().await;
}
