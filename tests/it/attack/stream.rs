//! Streams that go on longer than the rights behind them, or look beyond them.

use std::time::Duration;

use api::domain::clock::Clock;
use entity::Instant;
use serde_json::{Value, json};
use support::{Cell, Company, ServerOptions, TestDatabase, TestServer, World, both_databases};
use uuid::Uuid;

use crate::http::{on_sqlite, socket::Socket, sse};

/// 2026-03-01T10:00:00Z.
const START: Instant = Instant(1_772_359_200_000_000);
/// Five seconds are promised; the machine may be busy.
const PROMISED: Duration = Duration::from_secs(15);
const TASKS: &str = "subscription { taskChanged { task { title } } }";

/// Gives streams that were just asked for the time to begin.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(500)).await;
}

async fn task(server: &TestServer, company: &Company, title: &str) {
    server.change(&company.leader.token, "taskCreate", json!({ "title": title }), "task { id }").await;
}

/// A goal that only its owner, leaders and admins see, moved once.
async fn secret(server: &TestServer, company: &Company, title: &str) {
    let token = &company.manager.token;
    let input = json!({ "title": title, "visibility": "PRIVATE" });
    let made = server.change(token, "objectiveCreate", input, "objective { id }").await;
    let input = json!({ "objectiveId": made["objective"]["id"], "title": title, "kind": "INCREASE",
        "start": "0", "target": "10", "progressSource": "CHECK_IN" });
    let made = server.change(token, "keyResultCreate", input, "keyResult { id }").await;
    let input = json!({ "keyResultId": made["keyResult"]["id"], "value": "5" });
    server.change(token, "keyResultCheckIn", input, "checkIn { id }").await;
}

const SECRETS: &str = "subscription { checkInCreated { checkIn { keyResult { title } } } }";

/// So many events of tasks, as another node would have written them.
async fn write_events(server: &TestServer, company: &Company, task: Uuid, titles: std::ops::Range<usize>) {
    let literal = |id: Uuid| Cell::Id(id).literal(server.backend());
    let (organization, task) = (literal(company.organization), literal(task));
    let rows: Vec<_> = titles
        .map(|at| {
            format!(
                "({organization}, {task}, 1, 'SYSTEM', 'UPDATED', 'TASK', {task}, '[]', \
                 '{{\"visibility\":\"ORGANIZATION\"}}', '{{\"title\":\"foreign {at}\"}}')"
            )
        })
        .collect();
    let text = format!(
        "INSERT INTO event (organization_id, batch_id, at, actor_kind, kind, subject_kind, subject_id, \
         ancestors, sight, current) VALUES {}",
        rows.join(", ")
    );
    server.database().execute(&text).await.expect("written");
}

both_databases! {
    async fn a_role_that_was_taken_ends_streams(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let token = company.leader.token.as_str();
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("s", SECRETS).await;
        let mut events = sse::open(&server, token, SECRETS).await;
        settle().await;
        secret(&server, company, "before").await;
        let heard = socket.hear().await;
        assert_eq!(heard["payload"]["data"]["checkInCreated"]["checkIn"]["keyResult"]["title"], "before", "{heard}");
        sse::until(&mut events, "before").await;
        let input = json!({ "id": format!("per_{}", company.leader.id.simple()), "role": "INDIVIDUAL" });
        server.change(&company.admin.token, "personUpdate", input, "person { id }").await;
        let changed = std::time::Instant::now();
        // While the streams are still open, something happens that is no longer theirs.
        secret(&server, company, "between").await;
        let (more, code) = socket.rest().await;
        assert_eq!((more.as_slice(), code), (&[] as &[Value], 4403), "nothing after it");
        assert!(changed.elapsed() < PROMISED, "{:?}", changed.elapsed());
        let rest = sse::until(&mut events, "event: complete").await;
        assert!(rest.contains("UNAUTHENTICATED") && !rest.contains("checkIn"), "{rest}");
        // Whoever comes back sees what an individual sees.
        secret(&server, company, "after").await;
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("s", SECRETS).await;
        settle().await;
        secret(&server, company, "later").await;
        assert_eq!(socket.hear_within(Duration::from_millis(1_500)).await, None);
    }

    async fn who_lost_a_team_hears_no_more_of_it_through_an_older_stream(database: TestDatabase) {
        let options = ServerOptions::default().setting("auth.viewer_cache_milliseconds", "0");
        let server = TestServer::start_with(database.clone(), options).await;
        let world = World::of(&server).await;
        let company = &world.a;
        let token = company.individual.token.as_str();
        let team = [("visibility", "TEAM".into()), ("team_id", company.build_team.into())];
        let of_team = company.task(&database, "of the team", &team).await.expect("written");
        let of_all = company.task(&database, "of all", &[("visibility", "ORGANIZATION".into())]).await.expect("written");
        let tell = async |task: Uuid, title: &str| {
            let input = json!({ "id": format!("tsk_{}", task.simple()), "title": title });
            server.change(&company.leader.token, "taskUpdate", input, "task { id }").await;
        };
        let mut old = Socket::enter(&server, token).await;
        old.ask("s", TASKS).await;
        settle().await;
        tell(of_team, "before").await;
        let heard = old.hear().await;
        assert_eq!(heard["payload"]["data"]["taskChanged"]["task"]["title"], "before", "{heard}");
        // Past the server, as another node does it: the old stream is open until it is looked at again.
        let id = Cell::Id(company.individual.id).literal(database.backend());
        database.execute(&format!("DELETE FROM membership WHERE person_id = {id}")).await.expect("written");
        let mut new = Socket::enter(&server, token).await;
        new.ask("s", TASKS).await;
        let (_, code) = old.rest().await;
        assert_eq!(code, 4403);
        tell(of_team, "secret").await;
        tell(of_all, "open").await;
        let heard = new.hear().await;
        assert_eq!(heard["payload"]["data"]["taskChanged"]["task"]["title"], "open", "{heard}");
        server.stop().await;
    }

    async fn events_of_others_reach_nobody_else(server: TestServer) {
        let world = World::of(&server).await;
        let (ours, theirs) = (&world.a, &world.b);
        let thread = theirs.thread(server.database()).await;
        let foreign = theirs.task(server.database(), "foreign", &[]).await.expect("written");
        let mut socket = Socket::enter(&server, &ours.leader.token).await;
        // With their ids: as with ids that nothing has.
        let unknown = Uuid::from_u128(7).simple();
        for (subscription, filter) in [
            ("progressChanged", format!("objectiveId: \"{}\"", thread.id("objective", "open"))),
            ("progressChanged", format!("objectiveId: \"obj_{unknown}\"")),
            ("progressChanged", format!("teamId: \"tea_{}\"", theirs.root_team.simple())),
            ("progressChanged", format!("personId: \"per_{}\"", theirs.leader.id.simple())),
            ("taskChanged", format!("objectiveId: \"{}\"", thread.id("objective", "open"))),
            ("checkInCreated", format!("teamId: \"tea_{}\"", theirs.root_team.simple())),
            ("alignmentLinkChanged", format!("objectiveId: \"{}\"", thread.id("objective", "open"))),
        ] {
            let query = format!("subscription {{ {subscription}(filter: {{ {filter} }}) {{ cursor }} }}");
            socket.ask("theirs", &query).await;
            let heard = socket.hear().await;
            assert_eq!(heard["payload"][0]["extensions"]["code"], json!("NOT_FOUND"), "{query}: {heard}");
        }
        // With none, and with a wide one.
        socket.ask("none", TASKS).await;
        socket.ask("wide", "subscription { taskChanged(filter: { includeDescendants: true }) { task { title } } }").await;
        socket.ask("goals", "subscription { progressChanged { cursor } }").await;
        let mut events = sse::open(&server, &ours.individual.token, TASKS).await;
        let mut owner = Socket::enter(&server, &theirs.leader.token).await;
        owner.ask("own", TASKS).await;
        settle().await;
        for hundred in 0..10 {
            write_events(&server, theirs, foreign, hundred * 100..hundred * 100 + 100).await;
            for _ in 0..100 {
                let heard = owner.hear().await;
                assert_eq!(heard["payload"]["data"]["taskChanged"]["task"]["title"], "foreign", "{heard}");
            }
        }
        task(&server, ours, "ours").await;
        for _ in 0..2 {
            let heard = socket.hear().await;
            assert_eq!(heard["payload"]["data"]["taskChanged"]["task"]["title"], "ours", "{heard}");
        }
        let first = sse::until(&mut events, "ours").await;
        assert!(!first.contains("foreign"), "{first}");

        // A member no more: what happens then is not heard of.
        let id = Cell::Id(ours.leader.id).literal(server.backend());
        let gone = format!("UPDATE person SET deactivated_at = 1 WHERE id = {id}");
        server.database().execute(&gone).await.expect("written");
        let (more, code) = socket.rest().await;
        assert_eq!((more.as_slice(), code), (&[] as &[Value], 4403));
        let late = ours.task(server.database(), "late", &[]).await.expect("written");
        write_events(&server, ours, late, 0..1).await;
        sse::until(&mut events, "late").await;
        let mut again = Socket::open(&server).await;
        again.claim(&ours.leader.token).await;
        assert_eq!(again.closed().await, 4403);
    }
}

on_sqlite! {
    async fn a_token_that_ran_out_ends_streams(database: TestDatabase) {
        let (clock, time) = Clock::simulated(START, 1);
        let server = TestServer::start_with(database, ServerOptions::default().clock(clock)).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let mut socket = Socket::enter(&server, token).await;
        socket.ask("s", TASKS).await;
        let mut events = sse::open(&server, token, TASKS).await;
        settle().await;
        // Within what is forgiven of the difference between clocks, or well after it: it ends at its own time.
        time.advance_seconds(3_601);
        let (more, code) = socket.rest().await;
        assert_eq!((more.as_slice(), code), (&[] as &[Value], 4403));
        let rest = sse::until(&mut events, "event: complete").await;
        assert!(rest.contains("UNAUTHENTICATED") && rest.contains("expired"), "{rest}");
        time.advance_seconds(60);
        let mut again = Socket::open(&server).await;
        again.claim(token).await;
        assert_eq!(again.closed().await, 4403);
        server.stop().await;
    }

    async fn a_reader_who_stops_is_let_go_and_disturbs_nobody(server: TestServer) {
        // Frames so large that the system's own buffers hold few of them.
        const EVENTS: usize = 200;
        const TEXT: usize = 10_000;
        /// Before this has passed, whoever is let go can still hear why.
        const TOLD_WITHIN: Duration = Duration::from_secs(10);
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let input = json!({ "title": "Weld", "description": "x".repeat(TEXT) });
        let made = server.change(token, "taskCreate", input, "task { id }").await;
        let id = made["task"]["id"].as_str().expect("an id").to_owned();
        let copies: String = (0..15).map(|at| format!("d{at}: description ")).collect();
        let query = format!("subscription {{ taskChanged {{ task {{ {copies} }} current {{ title }} }} }}");
        let mut stopped = Socket::enter_narrow(&server, token).await;
        stopped.ask("s", &query).await;
        let mut awake = Socket::enter(&server, token).await;
        awake.ask("s", &query).await;
        settle().await;
        let reading = tokio::spawn(async move {
            let mut titles = Vec::new();
            while titles.len() < EVENTS {
                let heard = awake.hear().await;
                let title = heard["payload"]["data"]["taskChanged"]["current"]["title"].as_str().map(str::to_owned);
                titles.push(title.unwrap_or_else(|| panic!("{}", heard.to_string().chars().take(300).collect::<String>())));
            }
            titles
        });
        let begun = std::time::Instant::now();
        let mut expected = Vec::new();
        for at in 0..EVENTS / 20 {
            let mut changes = String::new();
            for number in at * 20..at * 20 + 20 {
                changes.push_str(&format!("c{number}: taskUpdate(input: {{ id: \"{id}\", title: \"t{number}\" }}) {{ userErrors {{ message }} }} "));
                expected.push(format!("t{number}"));
            }
            let answer = server.graphql(Some(token), &format!("mutation {{ {changes} }}"), json!({})).await;
            assert!(answer.errors().is_empty(), "{}", answer.text);
        }
        assert_eq!(reading.await.expect("all of them"), expected, "whoever reads misses nothing");
        // What waited for the one who stopped is bounded; then it is told to go.
        let waited = begun.elapsed();
        let (heard, code) = stopped.rest_or_cut().await;
        match code {
            Some(code) => assert_eq!(code, 1013),
            // Whoever takes nothing for so long is not waited for any more, and then hears no reason.
            None => assert!(waited > TOLD_WITHIN, "cut off after {waited:?} without a word"),
        }
        assert!(heard.len() < EVENTS, "{} of {EVENTS} waited for a reader who had stopped", heard.len());
        for (message, title) in heard.iter().zip(&expected) {
            assert_eq!(message["payload"]["data"]["taskChanged"]["current"]["title"], json!(title), "in order until then");
        }
    }
}
