//! A server that may reach a fake Jira and a fake Trello, and what is asked of it again and again.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use support::{
    Answer, ServerOptions, Someone, TestDatabase, TestServer, World,
    fake::{FakeJira, FakeTrello},
};

use super::same::{by_external_id, tasks_of};

/// Longest wait for a run, unoptimized on a busy machine: looks every 50 ms.
const LOOKS: usize = 1_200;

/// A company, its server and its tools.
pub(super) struct Stage {
    pub(super) server: TestServer,
    pub(super) world: World,
    pub(super) jira: FakeJira,
    pub(super) trello: FakeTrello,
}

impl Stage {
    pub(super) async fn set(database: TestDatabase) -> Self {
        let (jira, trello) = (FakeJira::start(7).await, FakeTrello::start(7).await);
        let hosts = format!("{},{}", jira.host(), trello.host());
        let options = ServerOptions::default().setting("integrations.allowed_hosts", hosts);
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        Self { server, world, jira, trello }
    }

    pub(super) fn admin(&self) -> &Someone {
        &self.world.a.admin
    }

    /// Sees everything and may not connect anything.
    pub(super) fn leader(&self) -> &Someone {
        &self.world.a.leader
    }

    pub(super) async fn ask(&self, who: &Someone, query: &str, variables: Value) -> Answer {
        self.server.graphql(Some(&who.token), query, variables).await
    }

    /// A mutation of the admin in which nothing may go wrong; gives its payload.
    pub(super) async fn change(&self, field: &str, input: Value, selection: &str) -> Value {
        self.server.change(&self.admin().token, field, input, selection).await
    }

    /// A mutation of the admin that is refused: field, code and message of the first of its reasons.
    pub(super) async fn refusal(&self, field: &str, input: Value) -> (String, String, String) {
        let answer = self.server.mutate(Some(&self.admin().token), field, input, "__typename").await;
        let error = &answer.data()[field]["userErrors"][0];
        assert!(error.is_object(), "nothing was refused: {}", answer.text);
        let path: Vec<String> = serde_json::from_value(error["field"].clone()).unwrap_or_default();
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (path.join("."), part("code"), part("message"))
    }

    /// The input that connects the fake Jira.
    pub(super) fn jira_input(&self) -> Value {
        json!({ "jira": {
            "site": self.jira.address(), "email": self.jira.email(), "apiToken": self.jira.token(),
        }, "minutes": 0 })
    }

    /// The input that connects the fake Trello.
    pub(super) fn trello_input(&self) -> Value {
        json!({ "trello": {
            "apiKey": self.trello.key(), "token": self.trello.token(), "secret": self.trello.secret(),
            "address": self.trello.address(),
        }, "minutes": 0 })
    }

    /// Connects a tool; gives the integration.
    pub(super) async fn connect(&self, input: Value) -> String {
        let made = self.change("integrationConnect", input, "integration { id }").await;
        made["integration"]["id"].as_str().expect("an id").to_owned()
    }

    /// Connects a tool and waits until all of it is in.
    pub(super) async fn take_in(&self, input: Value) -> String {
        let id = self.connect(input).await;
        let run = self.over(&id).await;
        assert_eq!(run["state"], "DONE", "{run}");
        id
    }

    /// Asks for a run; gives it when it is over.
    pub(super) async fn sync(&self, integration: &str, full: bool) -> Value {
        let input = json!({ "id": integration, "full": full });
        self.change("integrationSync", input, "syncRun { id }").await;
        self.over(integration).await
    }

    /// The latest run of an integration, once it is over.
    pub(super) async fn over(&self, integration: &str) -> Value {
        for _ in 0..LOOKS {
            let run = self.latest(integration).await;
            if ["DONE", "FAILED", "STOPPED"].iter().any(|over| run["state"] == *over) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the run does not end: {}", self.latest(integration).await);
    }

    /// The latest run of an integration.
    pub(super) async fn latest(&self, integration: &str) -> Value {
        let query = "query($id: ID!) { integration(id: $id) { \
            syncRuns(first: 1, sort: [{ field: CREATED_AT, order: DESC }]) { nodes { \
            id trigger isFull state phase done total createdCount updatedCount unchangedCount removedCount \
            failedCount error startedAt finishedAt failures { nodes { externalId reason } } } } } }";
        let answer = self.ask(self.admin(), query, json!({ "id": integration })).await;
        answer.data()["integration"]["syncRuns"]["nodes"][0].clone()
    }

    pub(super) async fn integration(&self, id: &str) -> Value {
        let query = "query($id: ID!) { integration(id: $id) { \
            state name site minutes nextSyncAt lastGoodSyncAt failures lastError account archivedAt version } }";
        self.ask(self.admin(), query, json!({ "id": id })).await.data()["integration"].clone()
    }

    /// Boards or projects that an integration reaches, by their ids in the tool.
    pub(super) async fn containers(&self, integration: &str) -> BTreeMap<String, Value> {
        let query = "query($id: ID!) { integration(id: $id) { containers(first: 200, includeArchived: true) { nodes { \
            id externalId externalKey title isTaken archivedAt readUntil visibility } } } }";
        let answer = self.ask(self.admin(), query, json!({ "id": integration })).await;
        by_external_id(&answer.data()["integration"]["containers"]["nodes"])
    }

    /// All tasks, archived ones too, by their ids in the tool.
    pub(super) async fn tasks(&self) -> BTreeMap<String, Value> {
        tasks_of(self.server.address(), &self.leader().token).await
    }

    /// A task by its id in the tool.
    pub(super) async fn task(&self, external_id: &str) -> Value {
        self.tasks().await.remove(external_id).unwrap_or_default()
    }
}
