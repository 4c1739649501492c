//! Nodes of one installation: processes that know of each other only through the database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::{Value, json};
use support::{Backend, Company, TestDatabase, World, both_databases};

use crate::{http::socket::Socket, program::ServerProgram};

const WRITERS: usize = 200;
/// Changes that each writer makes, one after the other.
const CHANGES: usize = 5;

/// One client for all, which keeps its connections.
static CLIENT: LazyLock<Client> = LazyLock::new(support::client);

/// Asks a node something that must succeed.
async fn change(node: &ServerProgram, token: &str, query: &str, variables: Value) -> Value {
    let request = CLIENT.post(format!("http://{}/graphql", node.address)).bearer_auth(token);
    let answer =
        request.json(&json!({ "query": query, "variables": variables })).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"].clone()
}

const CREATE: &str = "mutation($title: String!) { taskCreate(input: { title: $title }) { task { id } userErrors { message } } }";
const FINISH: &str = "mutation($id: ID!, $status: TaskStatus!) { taskUpdate(input: { id: $id, status: $status }) { task { status } userErrors { message } } }";

async fn created(node: &ServerProgram, company: &Company, title: &str) -> String {
    let made = change(node, &company.leader.token, CREATE, json!({ "title": title })).await;
    made["taskCreate"]["task"]["id"].as_str().expect("an id").to_owned()
}

/// One writer: a task is made and then moved on, alternately through either node.
async fn write(nodes: [&ServerProgram; 2], company: &Company, title: String) {
    let id = created(nodes[0], company, &title).await;
    for step in 1..CHANGES {
        let status = if step % 2 == 1 { "DONE" } else { "TODO" };
        change(nodes[step % 2], &company.leader.token, FINISH, json!({ "id": id, "status": status })).await;
    }
}

/// The events of tasks that a company hears, in order, with the cursor that each goes on from.
#[derive(Default)]
struct Heard {
    events: Vec<(String, String)>,
    cursors: BTreeSet<String>,
}

impl Heard {
    /// Follows until so many events were heard, after the last one that was.
    async fn follow(&mut self, node: &ServerProgram, token: &str, until: usize) {
        let mut socket = Socket::enter_at(node.address, token).await;
        let after = self.cursors_last().map(|cursor| format!("(after: \"{cursor}\")")).unwrap_or_default();
        socket.ask("1", &format!("subscription {{ taskChanged{after} {{ cursor current {{ title }} task {{ title }} changed }} }}")).await;
        while self.events.len() < until {
            let message = socket.hear().await;
            assert_eq!(message["type"], "next", "{message}");
            let event = &message["payload"]["data"]["taskChanged"];
            let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{message}")).to_owned();
            let cursor = text(&event["cursor"]);
            assert!(self.cursors.insert(cursor.clone()), "told twice: {message}");
            self.events.push((cursor, text(&event["task"]["title"])));
        }
    }

    fn cursors_last(&self) -> Option<&str> {
        self.events.last().map(|(cursor, _)| cursor.as_str())
    }

    /// How many events each task had.
    fn by_title(&self) -> BTreeMap<&str, usize> {
        let mut by_title = BTreeMap::new();
        for (_, title) in &self.events {
            *by_title.entry(title.as_str()).or_default() += 1;
        }
        by_title
    }
}

both_databases! {
    async fn racing_writers_are_heard_once_on_every_node_also_after_a_node_was_killed(database: TestDatabase) {
        if database.backend() == Backend::Sqlite {
            return; // One process, by its nature.
        }
        let world = World::seed(&database, &api::domain::clock::Clock::system()).await;
        let folder = tempfile::tempdir().expect("a folder");
        // Two hundred at once may wait for a connection longer than people should, on a busy machine.
        let settings = [
            ("DATABASE__URL", database.url()),
            ("DATABASE__MAX_CONNECTIONS", "8"),
            ("DATABASE__ACQUIRE_TIMEOUT_SECONDS", "120"),
            ("SERVER__REQUEST_TIMEOUT_SECONDS", "120"),
            ("LOG__LEVEL", "warn"),
        ];
        let here = ServerProgram::start(folder.path(), &settings).await;
        let mut there = ServerProgram::start(folder.path(), &settings).await;
        let companies = [&world.a, &world.b];

        // A first event, so that everybody has a cursor to go on from.
        let mut heard = [Heard::default(), Heard::default()];
        for (company, heard) in companies.into_iter().zip(&mut heard) {
            let following = heard.follow(&there, &company.leader.token, 1);
            let first = async {
                tokio::time::sleep(Duration::from_millis(500)).await;
                created(&here, company, "first").await
            };
            tokio::join!(following, first);
        }

        // Two hundred at once, of both companies in turn; some hear of it while it happens on a node that is killed.
        let racing = join_all((0..WRITERS).map(|writer| {
            let company = companies[writer % 2];
            write([&here, &here], company, format!("{}-{writer}", writer % 2))
        }));
        let [of_a, of_b] = &mut heard;
        let midway = 1 + WRITERS * CHANGES / 4;
        let hearing = async {
            tokio::join!(
                of_a.follow(&there, &companies[0].leader.token, midway),
                of_b.follow(&there, &companies[1].leader.token, midway),
            );
            there.program.kill().await;
        };
        tokio::join!(racing, hearing);

        // Another takes its place, and everything after the cursor is told.
        let again = ServerProgram::start(folder.path(), &settings).await;
        let all = 1 + WRITERS * CHANGES / 2;
        for (company, heard) in companies.into_iter().zip(&mut heard) {
            heard.follow(&again, &company.leader.token, all).await;
        }
        for (number, heard) in heard.iter().enumerate() {
            let by_title = heard.by_title();
            assert_eq!(by_title.len(), 1 + WRITERS / 2);
            for (title, count) in by_title {
                assert!(title == "first" || title.starts_with(&format!("{number}-")), "of another company: {title}");
                assert_eq!(count, if title == "first" { 1 } else { CHANGES }, "{title}");
            }
        }

        // A change through either node reaches those who follow at the other.
        for (writes, tells) in [(&here, &again), (&again, &here)] {
            let company = companies[0];
            let heard = &mut heard[0];
            let count = heard.events.len();
            let id = created(writes, company, "across").await;
            change(writes, &company.leader.token, FINISH, json!({ "id": id, "status": "DONE" })).await;
            heard.follow(tells, &company.leader.token, count + 2).await;
            assert_eq!(heard.events[count].1, "across");
        }
    }
}
