//! The stand-ins for tools, on which the tests of syncing stand, keep what they promise.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
};
use serde_json::{Value, json};
use support::{
    client,
    fake::{Failure, FakeJira, FakeTrello, Faults, IssueChange, Limit, jira_signature, trello_signature},
};

/// What came to a receiver.
type Got = (Method, HeaderMap, Bytes);

/// Somebody who takes webhooks, and answers all with one status.
#[derive(Clone)]
struct Receiver {
    url: String,
    status: Arc<AtomicU16>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hooks/1?x=1", listener.local_addr().expect("an address"));
        let receiver = Self { url, status: Arc::new(AtomicU16::new(200)), got: Arc::default() };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// The deliveries; the question whether the receiver is there is none.
    fn deliveries(&self) -> Vec<(HeaderMap, Value, Bytes)> {
        let got = self.got.lock().expect("nobody panicked");
        let posts = got.iter().filter(|(method, _, _)| *method == Method::POST);
        posts
            .map(|(_, headers, body)| {
                (headers.clone(), serde_json::from_slice(body).expect("JSON"), body.clone())
            })
            .collect()
    }
}

async fn take(
    State(receiver): State<Receiver>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    receiver.got.lock().expect("nobody panicked").push((method, headers, body));
    StatusCode::from_u16(receiver.status.load(Ordering::SeqCst)).expect("a status")
}

/// A request to a Jira as its account.
async fn ask(jira: &FakeJira, method: Method, path: &str, body: Option<Value>) -> (u16, HeaderMap, Value) {
    let request = client().request(method, format!("{}{path}", jira.address()));
    let mut request = request.basic_auth(jira.email(), Some(jira.token()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.expect("the whole body");
    (status, headers, serde_json::from_str(&text).unwrap_or_default())
}

async fn search(jira: &FakeJira, body: Value) -> (u16, Value) {
    let (status, _, answer) = ask(jira, Method::POST, "/rest/api/3/search/jql", Some(body)).await;
    (status, answer)
}

fn ids(answer: &Value) -> Vec<String> {
    let issues = answer["issues"].as_array().expect("issues").iter();
    issues.map(|issue| issue["id"].as_str().expect("an id").to_owned()).collect()
}

/// A Jira with a project and so many tasks, a minute apart.
async fn jira_with(tasks: usize) -> (FakeJira, Vec<String>) {
    let jira = FakeJira::start(1).await;
    jira.add_project("ACME", "Acme");
    let mut made = Vec::new();
    for number in 0..tasks {
        jira.advance(60);
        made.push(jira.create("ACME", "Task", &format!("Task {number}"), &[]));
    }
    (jira, made)
}

#[tokio::test]
async fn a_search_goes_on_to_its_end_and_meets_what_changes_again() {
    let (jira, made) = jira_with(25).await;
    jira.set_page_most(Some(7));
    let mut met = Vec::new();
    let mut token = Value::Null;
    for page in 0..10 {
        let mut asked = json!({
            "jql": "project = \"ACME\" ORDER BY updated ASC, key ASC", "fields": ["summary"], "maxResults": 100,
        });
        if !token.is_null() {
            asked["nextPageToken"] = token.take();
        }
        let (status, answer) = search(&jira, asked).await;
        assert_eq!(status, 200, "{answer}");
        met.extend(ids(&answer));
        token = answer["nextPageToken"].clone();
        assert_eq!(answer["isLast"], token.is_null());
        if page == 1 {
            jira.advance(60);
            jira.edit(&made[0], &[IssueChange::Summary("Later".to_owned())]);
        }
        if token.is_null() {
            break;
        }
    }
    let mut expected = made.clone();
    expected.push(made[0].clone());
    assert_eq!(met, expected);
    assert_eq!(jira.requests().len(), 4);
    assert_eq!(jira.most_requests_at_once(), 1);
}

#[tokio::test]
async fn data_center_pages_by_counting_and_tells_people_by_name() {
    let (jira, made) = jira_with(5).await;
    let account = jira.add_person("Bo Lind", None);
    jira.edit(
        &made[0],
        &[IssueChange::Assignee(Some(account)), IssueChange::Description(Some("Why".to_owned()))],
    );
    let path = "/rest/api/2/search?jql=project%20%3D%20ACME%20ORDER%20BY%20key&startAt=0&maxResults=2";
    let (status, _, answer) = ask(&jira, Method::GET, path, None).await;
    assert_eq!(
        (status, &answer["total"], answer["issues"].as_array().map(Vec::len)),
        (200, &json!(5), Some(2))
    );
    let fields = &answer["issues"][0]["fields"];
    assert_eq!((&fields["description"], &fields["assignee"]["name"]), (&json!("Why"), &json!("bo.lind")));
    assert_eq!(fields["assignee"]["emailAddress"], Value::Null);
}

#[tokio::test]
async fn queries_that_jira_would_refuse_are_refused() {
    let (jira, made) = jira_with(2).await;
    let gone = made[1].clone();
    jira.delete(&gone);
    for query in [
        "",
        "ORDER BY updated",
        "project = ACME AND",
        "project = NOPE",
        "project = ACME OR project = ACME",
        "status = Done",
        "updated >= 2026/03/02",
        "updated >= \"2026-03-02T09:00:00Z\"",
        "updated > -90m",
        "labels = \"open",
        "id in (\"10002\")",
        &format!("id in ({gone})"),
        "key = ACME-99",
        "project = ACME ORDER BY summary",
    ] {
        let (status, answer) = search(&jira, json!({ "jql": query, "fields": ["summary"] })).await;
        assert_eq!(status, 400, "{query}: {answer}");
        assert!(answer["errorMessages"][0].is_string(), "{query}: {answer}");
    }
    let (status, _) = search(&jira, json!({ "jql": "project = ACME", "startAt": 0 })).await;
    assert_eq!(status, 400, "a member that Cloud does not know");
    jira.set_token("another");
    let answer =
        client().get(format!("{}/rest/api/3/myself", jira.address())).send().await.expect("an answer");
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn minutes_of_a_query_are_those_of_the_account() {
    let (jira, made) = jira_with(1).await;
    // 09:01 in UTC, 04:01 in New York.
    for (since, count) in
        [("\"2026/03/02 04:01\"", 1), ("\"2026/03/02 04:02\"", 0), ("-0m", 1), ("\"-1h\"", 1)]
    {
        let query = json!({ "jql": format!("project in (ACME) AND updated >= {since}") });
        let (status, answer) = search(&jira, query).await;
        assert_eq!((status, ids(&answer).len()), (200, count), "{since}: {answer}");
    }
    jira.advance(120);
    let (_, answer) = search(&jira, json!({ "jql": "project = ACME AND updated >= -1m" })).await;
    assert_eq!(ids(&answer), Vec::<String>::new());
    jira.set_search_lag(30);
    jira.label(&made[0], "okr:KR-1");
    let labelled = json!({ "jql": "labels = okr:KR-1" });
    let (_, late) = search(&jira, labelled.clone()).await;
    jira.advance(30);
    let (_, known) = search(&jira, labelled).await;
    assert_eq!((ids(&late).len(), ids(&known)), (0, made));
}

#[tokio::test]
async fn an_issue_keeps_its_id_wherever_it_goes() {
    let (jira, made) = jira_with(1).await;
    let (id, other) = (&made[0], "OTHER");
    jira.add_project(other, "Other");
    jira.move_to_status(id, "Done");
    assert_eq!(jira.move_to_project(id, other), "OTHER-1");
    jira.reopen(id);
    let issue = jira.issue("ACME-1").expect("the key that it had finds it");
    assert_eq!((&issue.id, issue.key.as_str(), issue.resolution), (id, "OTHER-1", None));
    let moves: Vec<_> = issue.moves.iter().map(|step| (step.from.as_str(), step.to.as_str())).collect();
    assert_eq!(moves, [("To Do", "Done"), ("Done", "To Do")]);
    jira.delete(id);
    assert!(jira.snapshot().issues.is_empty());
    let path = format!("/rest/api/3/issue/{id}");
    assert_eq!(ask(&jira, Method::GET, &path, None).await.0, 404);
    jira.restore(id);
    let (status, _, told) = ask(&jira, Method::GET, &format!("{path}?expand=changelog,names"), None).await;
    assert_eq!((status, &told["key"], &told["changelog"]["total"]), (200, &json!("OTHER-1"), &json!(3)));
    assert_eq!(told["names"]["customfield_10016"], "Story Points");
}

#[test]
fn signatures_are_those_of_the_tools() {
    // Atlassian's own example.
    assert_eq!(
        jira_signature("It's a Secret to Everybody", b"Hello World!"),
        "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    );
    // Computed by another program from Trello's description.
    let body = "{\"text\":\"Zielgröße ✓\"}";
    let url = "https://okr.example.com/hooks/trello/1?x=1";
    assert_eq!(
        trello_signature("trello-oauth1-secret", body.as_bytes(), url),
        "74O4n1i6W3BwbQsnguLFPQroEAc="
    );
}

#[tokio::test]
async fn jira_signs_what_it_sends_and_sends_it_again() {
    let (jira, made) = jira_with(1).await;
    let receiver = Receiver::start().await;
    jira.add_webhook(&receiver.url, Some("secret"));
    jira.move_to_status(&made[0], "In Progress");
    jira.settle().await;
    let deliveries = receiver.deliveries();
    let [(headers, told, body)] = deliveries.as_slice() else { panic!("{deliveries:?}") };
    assert_eq!(headers["x-hub-signature"], jira_signature("secret", body).as_str());
    assert_eq!(told["webhookEvent"], "jira:issue_updated");
    assert_eq!(told["changelog"]["items"][0]["toString"], "In Progress");
    assert_eq!(told["issue"]["id"], made[0]);

    receiver.answer_with(503);
    jira.delete(&made[0]);
    jira.settle().await;
    let deliveries = receiver.deliveries();
    let (again, _, _) = deliveries[1..].last().expect("a delivery");
    assert_eq!(deliveries.len(), 1 + 6);
    assert_eq!(again["x-atlassian-webhook-retry"], "5");
    let identifier = "x-atlassian-webhook-identifier";
    assert!(deliveries[1..].iter().all(|(headers, _, _)| headers[identifier] == again[identifier]));
    let tally = jira.tally();
    assert_eq!((tally.meant, tally.sent, tally.taken, tally.given_up), (2, 7, 1, 1));
}

#[tokio::test]
async fn deliveries_get_lost_doubled_late_and_out_of_order() {
    let (jira, made) = jira_with(1).await;
    let receiver = Receiver::start().await;
    jira.add_webhook(&receiver.url, None);
    let longest_delay = Duration::from_millis(20);
    jira.set_faults(Faults {
        dropped: 20,
        doubled: 20,
        delayed: 20,
        longest_delay,
        reordered: 20,
        ..Faults::default()
    });
    for number in 0..60 {
        jira.edit(&made[0], &[IssueChange::Summary(format!("Version {number}"))]);
    }
    jira.settle().await;
    let deliveries = receiver.deliveries();
    let tally = jira.tally();
    assert_eq!(deliveries.len(), tally.meant - tally.dropped + tally.doubled);
    assert!(tally.dropped > 0 && tally.doubled > 0 && tally.delayed > 0 && tally.held_back > 0, "{tally:?}");
    let numbers: Vec<u64> = deliveries
        .iter()
        .map(|(_, told, _)| told["changelog"]["id"].as_str().expect("an id").parse().expect("a number"))
        .collect();
    assert!(!numbers.is_sorted(), "{numbers:?}");
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), tally.meant - tally.dropped);
}

/// How the first forty requests end with a seed.
async fn endings(seed: u64) -> Vec<Option<u16>> {
    let jira = FakeJira::start(seed).await;
    jira.set_faults(Faults { too_often: 20, failed: 20, cut: 20, ..Faults::default() });
    for _ in 0..40 {
        let request = client().get(format!("{}/rest/api/3/myself", jira.address()));
        // An answer that is cut off in the middle is only seen to be so at its end.
        if let Ok(answer) = request.basic_auth(jira.email(), Some(jira.token())).send().await {
            let _cut = answer.bytes().await;
        }
    }
    jira.requests().into_iter().take(40).map(|request| request.status).collect()
}

#[tokio::test]
async fn what_goes_wrong_follows_from_the_seed() {
    let first = endings(3).await;
    assert_eq!(first, endings(3).await);
    assert_ne!(first, endings(4).await);
    for ending in [None, Some(200), Some(429), Some(500)] {
        assert!(first.contains(&ending), "{ending:?} in {first:?}");
    }
}

#[tokio::test]
async fn who_asks_too_much_is_told_to_wait() {
    let (jira, _) = jira_with(0).await;
    jira.fail_next(Failure::TooOften { seconds: 17 }, 1);
    let (status, headers, _) = ask(&jira, Method::GET, "/rest/api/3/myself", None).await;
    assert_eq!(status, 429);
    assert_eq!(headers["retry-after"], "17");
    assert_eq!(headers["date"], "Mon, 02 Mar 2026 09:00:00 GMT");
    jira.set_limit(Some(Limit { requests: 2, seconds: 10 }));
    let mut counts = BTreeMap::new();
    for _ in 0..5 {
        let (status, _, _) = ask(&jira, Method::GET, "/rest/api/3/myself", None).await;
        *counts.entry(status).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([(200, 2), (429, 3)]));
    jira.advance(10);
    assert_eq!(ask(&jira, Method::GET, "/rest/api/3/myself", None).await.0, 200);
}

/// A request to a Trello as its account, and the words or JSON that it answers.
async fn ask_trello(trello: &FakeTrello, method: Method, path: &str) -> (u16, Value) {
    let request = client().request(method, format!("{}{path}", trello.address()));
    let proof = format!("OAuth oauth_consumer_key=\"{}\", oauth_token=\"{}\"", trello.key(), trello.token());
    let answer = request.header("authorization", proof).send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("the whole body");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn cards_come_newest_first_and_go_on_before_the_last() {
    let trello = FakeTrello::start(1).await;
    let (board, lists) = trello.add_board("Rocket", &["To Do", "Done"]);
    let mut made: Vec<_> =
        (0..5).map(|number| trello.create_card(&lists[0], &format!("Card {number}"))).collect();
    trello.archive(&made[1]);
    let mut met = Vec::new();
    let mut before = String::new();
    loop {
        let path = format!("/boards/{board}/cards/all?limit=2&fields=name&before={before}");
        let (status, page) = ask_trello(&trello, Method::GET, &path).await;
        assert_eq!(status, 200, "{page}");
        let page: Vec<_> = page.as_array().expect("cards").iter().map(|card| card["id"].clone()).collect();
        let Some(last) = page.last().and_then(Value::as_str) else { break };
        before = last.to_owned();
        met.extend(page);
    }
    made.reverse();
    assert_eq!(met, made);
    let (status, words) = ask_trello(&trello, Method::GET, "/cards/nothing-like-an-id").await;
    assert_eq!((status, words), (400, json!("invalid id")));
    let path = format!("/batch?urls=/cards/{},/cards/{}", made[0], "0".repeat(24));
    let (_, batch) = ask_trello(&trello, Method::GET, &path).await;
    assert_eq!((&batch[0]["200"]["id"], &batch[1]["statusCode"]), (&json!(made[0]), &json!(404)));
}

#[tokio::test]
async fn actions_tell_what_happened_since_the_last() {
    let trello = FakeTrello::start(1).await;
    let (board, lists) = trello.add_board("Rocket", &["To Do", "Done"]);
    let (_, elsewhere) = trello.add_board("Home", &["Inbox"]);
    let card = trello.create_card(&lists[0], "Card");
    let kinds = async |query: &str| -> Vec<String> {
        let (status, actions) =
            ask_trello(&trello, Method::GET, &format!("/boards/{board}/actions{query}")).await;
        assert_eq!(status, 200, "{actions}");
        let actions = actions.as_array().expect("actions").iter();
        actions.map(|action| action["type"].as_str().expect("a type").to_owned()).collect()
    };
    let (_, newest) = ask_trello(&trello, Method::GET, &format!("/boards/{board}/actions?limit=1")).await;
    let newest = newest[0]["id"].as_str().expect("an id").to_owned();
    trello.advance(60);
    trello.move_to_list(&card, &lists[1]);
    trello.set_due_complete(&card, true);
    trello.label(&card, "okr:KR-1");
    let since = format!("?since={newest}");
    assert_eq!(kinds(&since).await, ["updateCard", "updateCard"]);
    assert_eq!(kinds("?filter=updateCard:idList").await, ["updateCard"]);
    trello.move_to_board(&card, &elsewhere[0]);
    assert_eq!(kinds(&since).await[0], "moveCardFromBoard");
    let moved = trello.card(&card).expect("the card");
    assert_eq!((moved.list_name.as_str(), moved.labels), ("Inbox", vec!["okr:KR-1".to_owned()]));
    assert_eq!(moved.moves.len(), 1);
    trello.delete(&card);
    assert_eq!(trello.card(&card), None);
}

#[tokio::test]
async fn trello_asks_signs_and_goes_when_it_is_not_wanted() {
    let trello = FakeTrello::start(1).await;
    let (board, lists) = trello.add_board("Rocket", &["To Do"]);
    let receiver = Receiver::start().await;
    let callback =
        receiver.url.replace(':', "%3A").replace('/', "%2F").replace('?', "%3F").replace('=', "%3D");
    let path = format!("/webhooks/?callbackURL={callback}&idModel={board}&description=d");
    receiver.answer_with(404);
    let (status, words) = ask_trello(&trello, Method::POST, &path).await;
    assert_eq!(status, 400, "{words}");
    receiver.answer_with(200);
    let (status, hook) = ask_trello(&trello, Method::POST, &path).await;
    assert_eq!((status, &hook["callbackURL"]), (200, &json!(receiver.url)));

    trello.create_card(&lists[0], "Zielgröße ✓");
    trello.settle().await;
    let deliveries = receiver.deliveries();
    let [(headers, told, body)] = deliveries.as_slice() else { panic!("{deliveries:?}") };
    let signature = trello_signature(&trello.secret(), body, &receiver.url);
    assert_eq!(headers["x-trello-webhook"], signature.as_str());
    assert_eq!((&told["action"]["type"], &told["model"]["id"]), (&json!("createCard"), &json!(board)));

    receiver.answer_with(410);
    trello.rename_board(&board, "Rockets");
    trello.settle().await;
    assert_eq!(trello.webhooks(), Vec::<String>::new());
}
