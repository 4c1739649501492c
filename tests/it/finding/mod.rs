//! Findings of links and of work without them, through the front door and on a simulated clock: what opens them,
//! what keeps them closed, what closes them again, what people say about them, and who hears of it.

mod bulk;
mod links;
mod list;
mod raised;
mod review;
mod said;
mod work;

use std::time::Duration;

use api::domain::clock::{Clock, SimulatedTime};
use chrono::{DateTime, SecondsFormat, TimeDelta};
use entity::Instant;
use serde_json::{Value, json};
use support::{Answer, ServerOptions, Someone, StatementLog, TestDatabase, TestServer, World};

/// A company, a clock that is moved by hand, and the statements that the server runs.
struct Stage {
    server: TestServer,
    time: SimulatedTime,
    world: World,
    log: StatementLog,
}

const START: &str = "2026-03-02T09:00:00Z";

const FINDINGS: &str = "query($kind: FindingKind!) { findings(filter: { kind: { eq: $kind } }, first: 200) { nodes { \
    id version state severity subjectId evidence untilAt reason openedAt resolvedAt owner { id } \
    suggestion { mutation input } } } }";

impl Stage {
    async fn set(database: TestDatabase) -> Self {
        let start = DateTime::parse_from_rfc3339(START).expect("a time");
        let (clock, time) = Clock::simulated(Instant::from(start.to_utc()), 2026);
        let log = StatementLog::default();
        let options = ServerOptions::default()
            .clock(clock)
            .statements(&log)
            .setting("database.statement_timeout_seconds", "60")
            .setting("database.acquire_timeout_seconds", "60")
            .setting("server.request_timeout_seconds", "120");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        Self { server, time, world, log }
    }

    fn leader(&self) -> &Someone {
        &self.world.a.leader
    }

    /// Tokens live for an hour, and the clock is moved by days.
    fn token(&self, who: &Someone) -> String {
        self.server.token_of(who.id)
    }

    async fn mutate(&self, who: &Someone, field: &str, input: Value, selection: &str) -> Answer {
        self.server.mutate(Some(&self.token(who)), field, input, selection).await
    }

    /// Changes something by its leader, and waits until all that follows from it is done.
    async fn change(&self, field: &str, input: Value) {
        self.change_by(self.leader(), field, input).await;
    }

    async fn change_by(&self, who: &Someone, field: &str, input: Value) {
        self.server.change(&self.token(who), field, input, "__typename").await;
        self.settle().await;
    }

    /// Makes something by its leader; gives its id.
    async fn make(&self, field: &str, input: Value, part: &str) -> Value {
        let made =
            self.server.change(&self.token(self.leader()), field, input, &format!("{part} {{ id }}")).await;
        self.settle().await;
        made[part]["id"].clone()
    }

    /// Why a mutation is refused: the code of the error, or code and field of what can be mended.
    async fn refusal(&self, who: &Someone, field: &str, input: Value) -> String {
        let answer = self.mutate(who, field, input, "__typename").await;
        if let [error, ..] = answer.errors() {
            return error["extensions"]["code"].as_str().expect("a code").to_owned();
        }
        let errors = answer.user_errors(field);
        let [error] = errors.as_slice() else { panic!("one refusal was expected: {}", answer.text) };
        let path = error.field.as_deref().unwrap_or_default();
        let path = path.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(".");
        format!("{} {path}", error.code).trim().to_owned()
    }

    /// Waits until no job is due: what follows from a change is asked for in its own transaction.
    async fn settle(&self) {
        let now = self.server.clock().now().0;
        let due = format!(
            "SELECT count(*) FROM job WHERE state = 'RUNNING' OR (state = 'WAITING' AND run_at <= {now})"
        );
        for _ in 0..1_200 {
            if self.server.database().number(&due).await == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("jobs are due after a minute");
    }

    /// Days pass, and with them what is done every day.
    async fn pass_days(&self, days: i64) {
        self.server.installation().await.plan_audits().await.expect("the daily looks are planned");
        self.time.advance_seconds(days * 86_400);
        self.settle().await;
    }

    /// A time so many days ahead.
    fn ahead(&self, days: i64) -> String {
        let now = self.server.clock().now().to_utc().expect("a time of ours");
        (now + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The finding of a kind about something; null when there never was one.
    async fn finding(&self, kind: &str, subject: &Value) -> Value {
        let token = self.token(self.leader());
        let answer = self.server.graphql(Some(&token), FINDINGS, json!({ "kind": kind })).await;
        let nodes = answer.at("findings.nodes").as_array().expect("findings").clone();
        let mut of: Vec<Value> = nodes.into_iter().filter(|node| node["subjectId"] == *subject).collect();
        assert!(of.len() < 2, "one row a kind and subject: {of:?}");
        of.pop().unwrap_or_default()
    }

    async fn state(&self, kind: &str, subject: &Value) -> String {
        self.finding(kind, subject).await["state"].as_str().unwrap_or("NONE").to_owned()
    }

    /// The finding, which is open.
    async fn open(&self, kind: &str, subject: &Value) -> Value {
        let found = self.finding(kind, subject).await;
        assert_eq!(found["state"], "OPEN", "{kind} of {subject}: {found}");
        found
    }

    /// The finding, which is open again: the same row.
    async fn reopened(&self, kind: &str, before: &Value) {
        let found = self.open(kind, &before["subjectId"]).await;
        assert_eq!(found["id"], before["id"], "the same finding: {found}");
    }

    async fn resolved(&self, kind: &str, subject: &Value) {
        let found = self.finding(kind, subject).await;
        assert_eq!(found["state"], "RESOLVED", "{kind} of {subject}: {found}");
        assert!(found["resolvedAt"].is_string() && found["suggestion"].is_null(), "{found}");
    }

    /// Sends what a finding suggests, by the leader.
    async fn follow(&self, finding: &Value) {
        let suggestion = &finding["suggestion"];
        let mutation = suggestion["mutation"].as_str().unwrap_or_else(|| panic!("no suggestion: {finding}"));
        let input = serde_json::from_str(suggestion["input"].as_str().expect("an input")).expect("JSON");
        self.change(mutation, input).await;
    }

    /// An objective and so many key results from 0 to 10; gives the key results.
    async fn goals(&self, key_results: usize) -> Vec<Value> {
        let objective = self.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let mut made = Vec::new();
        for number in 0..key_results {
            let input = json!({
                "objectiveId": objective, "title": format!("Result {number}"), "start": "0", "target": "10",
            });
            made.push(self.make("keyResultCreate", input, "keyResult").await);
        }
        made
    }
}

/// What was seen.
fn evidence(finding: &Value) -> Value {
    serde_json::from_str(finding["evidence"].as_str().expect("evidence")).expect("JSON")
}

fn person_id(who: &Someone) -> String {
    format!("per_{}", who.id.simple())
}

fn team_id(key: uuid::Uuid) -> String {
    format!("tea_{}", key.simple())
}
