//! Events reach those who follow: the right ones, in order, from every node, and none is lost on the way.

mod agreement;
mod along;
mod health;
mod restored;
mod retention;
mod snapshot;

use std::time::Duration;

use futures_util::{StreamExt, stream::BoxStream};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use support::{Backend, TestDatabase, TestServer, World, both_databases};
use uuid::Uuid;

const PROGRESS: &str = "subscription ($filter: ProgressChangedSubscriptionFilter, $after: String,
    $snapshot: Boolean) {
  progressChanged(filter: $filter, after: $after, snapshot: $snapshot) {
    cursor at cause kind isSnapshot previous current previousWorkProgress currentWorkProgress
    actor { kind person { name } }
    subject { __typename }
    objective { title progress } keyResult { title progress } project { title progress }
  }
}";

const TASKS: &str = "subscription ($filter: TaskChangedSubscriptionFilter, $after: String) {
  taskChanged(filter: $filter, after: $after) {
    cursor changed previous { status title } current { status title assigneeIds } task { title status }
  }
}";

const SNAPSHOT: &str = "subscription { taskChanged(snapshot: true) { task { title } } }";

/// The next answer's field, which comes within ten seconds without an error.
async fn next(stream: &mut BoxStream<'static, Value>, field: &str) -> Value {
    let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
    let answer = next.expect("an event comes").expect("the stream goes on");
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"][field].clone()
}

/// The next event of a task with that title. What was made before the stream began may be told first.
async fn next_titled(stream: &mut BoxStream<'static, Value>, title: &str) -> Value {
    loop {
        let event = next(stream, "taskChanged").await;
        if event["current"]["title"] == title {
            return event;
        }
    }
}

async fn silent(stream: &mut BoxStream<'static, Value>) {
    let next = tokio::time::timeout(Duration::from_millis(300), stream.next()).await;
    assert!(next.is_err(), "{next:?}");
}

/// The code of the error that a subscription is refused with.
async fn refused(mut stream: BoxStream<'static, Value>) -> String {
    let next = tokio::time::timeout(Duration::from_secs(10), stream.next()).await;
    let answer = next.expect("an answer comes").expect("an answer");
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    let code = code.unwrap_or_else(|| panic!("{answer}")).to_owned();
    assert!(stream.next().await.is_none(), "it is told once");
    code
}

/// Polls a stream in the background from now on, so that it listens before anything happens.
fn listening(mut stream: BoxStream<'static, Value>) -> BoxStream<'static, Value> {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(answer) = stream.next().await {
            if sender.send(answer).is_err() {
                break;
            }
        }
    });
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|answer| (answer, receiver))
    })
    .boxed()
}

/// Gives a stream that was just opened the time to begin.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

struct Plan {
    objective: Value,
    task: Value,
}

/// Objective → key result ← project with two tasks.
async fn plan(server: &TestServer, token: &str) -> Plan {
    let objective = server
        .change(token, "objectiveCreate", json!({ "title": "Grow" }), "objective { id code }")
        .await["objective"]
        .clone();
    let input = json!({ "objectiveId": objective["id"], "title": "Ship", "progressSource": "WORK" });
    let key_result = server.change(token, "keyResultCreate", input, "keyResult { id }").await;
    let project = server.change(token, "projectCreate", json!({ "title": "Rocket" }), "project { id }").await;
    let project = project["project"]["id"].clone();
    let input = json!({ "projectId": project, "keyResultId": key_result["keyResult"]["id"] });
    server.change(token, "alignmentLinkCreate", input, "alignmentLink { id }").await;
    let mut tasks = Vec::new();
    for title in ["Weld", "Paint"] {
        let input = json!({ "title": title, "projectIds": [project] });
        tasks.push(server.change(token, "taskCreate", input, "task { id }").await["task"]["id"].clone());
    }
    Plan { objective, task: tasks.remove(0) }
}

both_databases! {
    async fn a_finished_task_moves_what_is_followed_and_a_cursor_goes_on_after_it(server: TestServer) {
        let world = World::of(&server).await;
        let (leader, stranger) = (&world.a.leader, &world.b.leader);
        let plan = plan(&server, &leader.token).await;
        let filter = json!({ "objectiveId": plan.objective["code"] });
        let variables = json!({ "filter": filter, "snapshot": true });
        let mut stream = listening(server.follow(leader.id, PROGRESS, variables).await);
        let mut theirs = listening(server.follow(stranger.id, PROGRESS, json!({})).await);
        let first = next(&mut stream, "progressChanged").await;
        assert_eq!(first["isSnapshot"], true);
        assert_eq!(first["objective"]["title"], "Grow");
        assert_eq!(first["cause"], Value::Null);
        let second = next(&mut stream, "progressChanged").await;
        assert_eq!(second["keyResult"]["title"], "Ship");
        assert_eq!(second["currentWorkProgress"], 0.0);

        let done = json!({ "id": plan.task, "status": "DONE" });
        server.change(&leader.token, "taskUpdate", done, "task { status }").await;
        let mut told = Vec::new();
        while told.len() < 3 {
            let event = next(&mut stream, "progressChanged").await;
            // How the project came by its first number may still be told after the state that holds it.
            if !event["previous"].is_null() {
                told.push(event);
            }
        }
        let kinds: Vec<&Value> = told.iter().map(|event| &event["subject"]["__typename"]).collect();
        assert_eq!(kinds, ["Project", "KeyResult", "Objective"], "leaf to root");
        for event in &told {
            assert_eq!(event["previous"], 0.0, "{event}");
            assert_eq!(event["current"], 0.5, "{event}");
            assert_eq!(event["cause"], "WORK", "{event}");
            assert_eq!(event["actor"]["kind"], "PERSON", "{event}");
        }
        assert_eq!(told[2]["objective"]["progress"], 0.5);
        assert_eq!(told[1]["currentWorkProgress"], 0.5);
        silent(&mut theirs).await;

        let variables = json!({ "filter": filter, "after": told[0]["cursor"] });
        let mut again = server.follow(leader.id, PROGRESS, variables).await;
        for expected in &told[1..] {
            assert_eq!(next(&mut again, "progressChanged").await["cursor"], expected["cursor"]);
        }
        silent(&mut again).await;

        let altered = json!({ "after": "AAAA" });
        assert_eq!(refused(server.follow(leader.id, PROGRESS, altered).await).await, "CURSOR_INVALID");
        let foreign = json!({ "after": told[0]["cursor"] });
        assert_eq!(refused(server.follow(stranger.id, PROGRESS, foreign).await).await, "CURSOR_INVALID");
        let of_others = json!({ "filter": { "objectiveId": plan.objective["id"] } });
        assert_eq!(refused(server.follow(stranger.id, PROGRESS, of_others).await).await, "NOT_FOUND");
    }

    async fn who_may_not_see_a_goal_hears_nothing_of_it(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let filters = json!({});
        let mut individual = listening(server.follow(company.individual.id, PROGRESS, filters.clone()).await);
        let mut leader = listening(server.follow(company.leader.id, PROGRESS, filters).await);
        settle().await;
        let token = &company.leader.token;
        for (title, visibility) in [("Secret", "PRIVATE"), ("Open", "ORGANIZATION")] {
            let input = json!({ "title": title, "visibility": visibility });
            let objective = server.change(token, "objectiveCreate", input, "objective { id }").await;
            let input = json!({ "objectiveId": objective["objective"]["id"], "title": title,
                "kind": "INCREASE", "start": "0", "target": "10" });
            let made = server.change(token, "keyResultCreate", input, "keyResult { id }").await;
            let input = json!({ "keyResultId": made["keyResult"]["id"], "value": "5" });
            server.change(token, "keyResultCheckIn", input, "checkIn { id }").await;
        }
        let seen = async |stream: &mut BoxStream<'static, Value>| {
            let mut titles = Vec::new();
            while titles.last() != Some(&json!("Open")) {
                titles.push(next(stream, "progressChanged").await["keyResult"]["title"].clone());
            }
            titles
        };
        assert!(seen(&mut leader).await.contains(&json!("Secret")));
        assert!(!seen(&mut individual).await.contains(&json!("Secret")));
    }

    async fn a_change_on_one_node_reaches_who_follows_on_another(database: TestDatabase) {
        let here = TestServer::start(database.clone()).await;
        let there = TestServer::start(database.clone()).await;
        let world = World::of(&here).await;
        let leader = &world.a.leader;
        let mut stream = listening(there.follow(leader.id, TASKS, json!({})).await);
        settle().await;
        let made = here.change(&leader.token, "taskCreate", json!({ "title": "Weld" }), "task { id }").await;
        let event = next(&mut stream, "taskChanged").await;
        assert_eq!(event["task"]["title"], "Weld");
        assert_eq!(event["previous"], Value::Null);
        let input = json!({ "id": made["task"]["id"], "status": "DONE" });
        let before = std::time::Instant::now();
        here.change(&leader.token, "taskUpdate", input, "task { status }").await;
        let event = next(&mut stream, "taskChanged").await;
        assert_eq!(event["changed"], json!(["STATUS"]));
        assert_eq!(event["previous"]["status"], "TODO");
        assert_eq!(event["current"]["status"], "DONE");
        assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
        here.stop().await;
        there.stop().await;
    }

    async fn a_later_commit_with_the_lower_number_is_not_skipped(server: TestServer) {
        if server.backend() == Backend::Sqlite {
            return; // One writer: the order of numbers is that of commits.
        }
        let world = World::of(&server).await;
        let leader = &world.a.leader;
        let made = server.change(&leader.token, "taskCreate", json!({ "title": "Weld" }), "task { id }").await;
        let task = made["task"]["id"].as_str().expect("an id").trim_start_matches("tsk_").to_owned();
        let task = Uuid::parse_str(&task).expect("a key");
        // What was made is told before anybody listens.
        settle().await;
        let mut stream = listening(server.follow(leader.id, TASKS, json!({})).await);
        settle().await;
        let organization = server.sql(&format!("SELECT organization_id FROM person WHERE id = '{}'", leader.id))
            .await[0]["organization_id"].as_str().expect("a key").to_owned();
        let tell = |title: &str| {
            format!("INSERT INTO event (organization_id, batch_id, at, actor_kind, kind, subject_kind,
                subject_id, ancestors, sight, current) VALUES ('{organization}', '{task}', 1, 'SYSTEM', 'UPDATED',
                'TASK', '{task}', '[]', '{{\"visibility\":\"ORGANIZATION\"}}', '{{\"title\":\"{title}\"}}')")
        };
        let connect = async || PgConnection::connect(server.database_url()).await.expect("a connection");
        let (mut slow, mut quick) = (connect().await, connect().await);
        let run = async |connection: &mut PgConnection, text: String| {
            connection.execute(AssertSqlSafe(text)).await.expect("runs");
        };
        let title = |event: &Value| event["current"]["title"].as_str().expect("a title").to_owned();

        // The lower number, committed later.
        run(&mut slow, "BEGIN".to_owned()).await;
        run(&mut slow, tell("one")).await;
        run(&mut quick, tell("two")).await;
        silent(&mut stream).await;
        run(&mut slow, "COMMIT".to_owned()).await;
        let first = next(&mut stream, "taskChanged").await;
        assert_eq!(title(&first), "one");
        assert_eq!(title(&next(&mut stream, "taskChanged").await), "two");

        // The earlier transaction with the higher number.
        run(&mut slow, "BEGIN".to_owned()).await;
        run(&mut slow, "SELECT pg_current_xact_id()".to_owned()).await;
        run(&mut quick, tell("four")).await;
        silent(&mut stream).await;
        run(&mut slow, tell("three")).await;
        run(&mut slow, "COMMIT".to_owned()).await;
        assert_eq!(title(&next(&mut stream, "taskChanged").await), "three");
        assert_eq!(title(&next(&mut stream, "taskChanged").await), "four");

        let after = json!({ "after": first["cursor"] });
        let mut again = server.follow(leader.id, TASKS, after).await;
        for expected in ["two", "three", "four"] {
            assert_eq!(title(&next(&mut again, "taskChanged").await), expected);
        }
        silent(&mut again).await;
    }
}
