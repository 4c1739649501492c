//! A stream ends when its viewer's rights do.

use std::time::Duration;

use entity::{Instant, Role};
use uuid::Uuid;

use super::{Running, Tell, execute, number, start};
use crate::domain::{
    access::jwt::Claims,
    live::{Live, RightsWatch, WhyEnded},
    membership::AddTeamMember,
    person::{DeactivatePerson, UpdatePerson},
    sample::{START, Sample},
    team::CreateTeam,
    viewer_load::{Pass, Subject},
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
        let entered = self.live.enter_stream(&Pass::of(&claims), self.sample.organization, None).await;
        entered.unwrap().0
    }
}

async fn ended(watch: &RightsWatch) -> WhyEnded {
    tokio::time::timeout(Duration::from_secs(5), watch.ended()).await.expect("it ends within 5 seconds")
}

async fn goes_on(watch: &RightsWatch) {
    let ended = tokio::time::timeout(Duration::from_millis(700), watch.ended()).await;
    assert!(ended.is_err(), "{ended:?}");
}

async fn open_session(sample: &Sample, person: Uuid) -> Uuid {
    let session = sample.installation.clock().new_id();
    let later = START.plus_seconds(86_400);
    let text = "INSERT INTO session (id, organization_id, person_id, refresh_hash, expires_at, created_at, \
                updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let values = vec![
        session.into(),
        sample.organization.into(),
        person.into(),
        session.as_bytes().to_vec().into(),
        later.0.into(),
        START.0.into(),
        START.0.into(),
    ];
    execute(&sample.installation, text, values).await;
    session
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

    let session = open_session(sample, sample.manager).await;
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
async fn streams_end_when_nobody_can_tell_any_more_what_their_rights_are() {
    let watched = Watched::new().await;
    let watch = watched.watch(watched.sample.individual, None).await;
    goes_on(&watch).await;
    execute(&watched.sample.installation, "ALTER TABLE person RENAME TO elsewhere", Vec::new()).await;
    let ended = tokio::time::timeout(Duration::from_secs(40), watch.ended()).await.expect("it ends");
    assert_eq!(ended, WhyEnded::ServerStopped);
    execute(&watched.sample.installation, "ALTER TABLE elsewhere RENAME TO person", Vec::new()).await;
    let again = watched.watch(watched.sample.individual, None).await;
    goes_on(&again).await;
    watched.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_look_at_rights_is_no_fault_of_the_listener() {
    let sample = Sample::new().await;
    let admin = sample.scope(sample.admin).await;
    let live = Live::with_waiting(sample.installation.clone(), 4).await.unwrap();
    let subject = Subject::Person { person: sample.individual, session: None };
    let pass = Pass::new(subject, START.plus_seconds(3_600));
    let (_watch, scope) = live.enter_stream(&pass, sample.organization, None).await.unwrap();
    let mut stream = live.follow(sample.organization, None).await.unwrap().unwrap();
    let mut next = async || {
        let next = tokio::time::timeout(Duration::from_secs(20), stream.next_seen_by(scope.viewer())).await;
        next.expect("an event comes").unwrap().expect("the stream goes on")
    };
    let team =
        CreateTeam { id: None, name: "New".into(), parent: None, manager: None, connection_model: None };
    admin.run(&team).await.unwrap();
    admin.run(&Tell(0)).await.unwrap();
    live.look().await.unwrap();
    assert!(next().await.concerns_rights());
    // This one waits for the look; what comes meanwhile is more than what can be kept for the listener.
    assert_eq!(number(&next().await), 0);
    for number in 1..10 {
        admin.run(&Tell(number)).await.unwrap();
    }
    live.look().await.unwrap();
    for expected in 1..10 {
        assert_eq!(number(&next().await), expected);
    }
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
        let organization = scope.viewer().organization_id;
        watches.push(watched.live.enter_stream(&pass, organization, None).await.unwrap().0);
        tokens.push(row);
    }
    goes_on(&watches[0]).await;
    admin.run(&RevokeToken { id: tokens[0].id }).await.unwrap();
    assert_eq!(ended(&watches[0]).await, WhyEnded::SignedOut);
    goes_on(&watches[1]).await;
    watched.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_rights_costs_no_more_for_hundreds_who_follow() {
    const SUBJECTS: usize = 300;
    let watched = Watched::new().await;
    let sample = &watched.sample;
    let mut watches = Vec::new();
    for _ in 0..SUBJECTS {
        let session = open_session(sample, sample.individual).await;
        watches.push(watched.watch(sample.individual, Some(session)).await);
    }
    let looks = || {
        let statements = sample.statements.lock().unwrap();
        statements.iter().filter(|text| text.contains("FROM session")).count()
    };
    let of_people = || {
        let statements = sample.statements.lock().unwrap();
        statements.iter().filter(|text| text.contains("FROM person") || text.contains("FROM team")).count()
    };
    goes_on(&watches[0]).await;
    let before = (looks(), of_people());
    for _ in 0..20 {
        sample.installation.db.rights_changed(sample.organization);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    goes_on(&watches[SUBJECTS - 1]).await;
    let took = (looks() - before.0, of_people() - before.1);
    assert!((1..=20).contains(&took.0), "{took:?} statements for {SUBJECTS} subjects");
    assert!(took.1 <= 40, "{took:?} statements for {SUBJECTS} subjects");
    // Another organization's changes are none of theirs.
    let generation = sample.installation.db.rights_generation();
    sample.installation.db.rights_changed(Uuid::from_u128(9));
    assert!(!sample.installation.db.have_rights_changed(sample.organization, generation));
    assert!(sample.installation.db.have_rights_changed(Uuid::from_u128(9), generation));
    watched.running.stop().await;
}

#[tokio::test]
async fn what_is_loaded_for_all_at_once_is_what_each_would_be() {
    use std::collections::HashMap;

    use super::random::{Dice, Random};
    use crate::domain::{
        viewer_load::{Subject, load_viewer},
        viewer_set::load_viewers,
    };
    for seed in 0..8 {
        let world = Random::new(Dice(seed)).await;
        let installation = &world.installation;
        let mut subjects: Vec<Subject> =
            world.people.iter().map(|person| Subject::Person { person: *person, session: None }).collect();
        for person in &world.people {
            let session = Some(world.session_of(*person).await);
            subjects.push(Subject::Person { person: *person, session });
            let stranger = world.people[0];
            subjects.push(Subject::Person { person: stranger, session });
        }
        for scopes in ["READ", "READ_ALL,RECORD_VALUES", "RECORD_VALUES"] {
            subjects.push(Subject::Token { hash: world.token_of(scopes).await });
        }
        subjects.push(Subject::Token { hash: [7; 32] });
        subjects.push(Subject::Person { person: Uuid::from_u128(9), session: None });
        let gone = "UPDATE person SET deactivated_at = 1 WHERE id = ?";
        execute(installation, gone, vec![world.people[6].into()]).await;
        let all: HashMap<_, _> =
            load_viewers(&installation.db, installation.clock(), world.organization, &subjects)
                .await
                .unwrap();
        let mut found = 0;
        for subject in subjects {
            let each = load_viewer(&installation.db, installation.clock(), subject).await;
            match (all.get(&subject), each) {
                (Some(one), Ok(other)) => {
                    found += 1;
                    assert!(one.has_rights_of(&other), "{one:?} is not {other:?}");
                    assert_eq!(one.seen_teams, other.seen_teams);
                    assert_eq!(one.session_id, other.session_id);
                }
                (None, Err(_)) => {}
                (one, other) => panic!("{subject:?}: {one:?} is not {other:?}"),
            }
        }
        assert_eq!(found, 6 + 6 + 1 + 3, "people, sessions, one both ways, tokens, and who is gone");
        let other = load_viewers(&installation.db, installation.clock(), Uuid::from_u128(9), &[]).await;
        assert!(other.unwrap().is_empty());
    }
}
