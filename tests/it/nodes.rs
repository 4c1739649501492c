//! Nodes of one installation: processes that know of each other only through the database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::{Value, json};
use support::{Backend, Company, TestDatabase, World, both_databases};

use crate::{http::socket::Socket, program::ServerProgram};

/// Writers that race while both nodes are written through and followed at.
const LIVE: usize = 200;
/// All writers, with those that race while a node is killed.
const WRITERS: usize = 240;
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

/// So many writers at once, of both companies in turn, and each beginning at another node than its neighbour.
async fn race(nodes: [&ServerProgram; 2], companies: [&Company; 2], writers: std::ops::Range<usize>) {
    let writers = writers.map(|writer| {
        let [first, second] = nodes;
        let nodes = if writer % 4 < 2 { [first, second] } else { [second, first] };
        write(nodes, companies[writer % 2], format!("{}-{writer}", writer % 2))
    });
    join_all(writers).await;
}

/// The events of tasks that a company hears, in order, with the cursor that each goes on from.
#[derive(Default)]
struct Heard {
    events: Vec<(String, String)>,
    cursors: BTreeSet<String>,
}

impl Heard {
    /// A socket that follows from now on: it has told of the one task that there is, so its place is taken.
    async fn begin(&mut self, node: &ServerProgram, token: &str) -> Socket {
        let mut socket = self.open(node, token, "(snapshot: true)").await;
        self.hear(&mut socket, 1).await;
        socket
    }

    /// Follows until so many events were heard, after the last one that was.
    async fn follow(&mut self, node: &ServerProgram, token: &str, until: usize) {
        let after = self.cursors_last().map(|cursor| format!("(after: \"{cursor}\")")).unwrap_or_default();
        let mut socket = self.open(node, token, &after).await;
        self.hear(&mut socket, until).await;
    }

    async fn open(&self, node: &ServerProgram, token: &str, arguments: &str) -> Socket {
        let mut socket = Socket::enter_at(node.address, token).await;
        socket
            .ask("1", &format!("subscription {{ taskChanged{arguments} {{ cursor task {{ title }} }} }}"))
            .await;
        socket
    }

    async fn hear(&mut self, socket: &mut Socket, until: usize) {
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

        // Each company follows at a node of its own.
        let mut heard = [Heard::default(), Heard::default()];
        let [of_a, of_b] = &mut heard;
        for company in companies {
            created(&here, company, "first").await;
        }
        let mut at_here = of_a.begin(&here, &companies[0].leader.token).await;
        let mut at_there = of_b.begin(&there, &companies[1].leader.token).await;

        // Two hundred at once through both nodes: half of what each stream tells was written at the other one. The
        // streams were open before, so all of it is told as it happens.
        let live = 1 + LIVE * CHANGES / 2;
        let racing = race([&here, &there], companies, 0..LIVE);
        let hearing = async { tokio::join!(of_a.hear(&mut at_here, live), of_b.hear(&mut at_there, live)) };
        tokio::join!(racing, hearing);
        drop((at_here, at_there));

        // Some more at once; who follows hears it on a node that is killed in the middle.
        let racing = race([&here, &here], companies, LIVE..WRITERS);
        let midway = live + (WRITERS - LIVE) * CHANGES / 4;
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
