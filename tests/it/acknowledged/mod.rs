//! Work that rightly serves no goal: acknowledgements, the gate with its waivers, allocations, and templates of
//! projects, through the front door and on a simulated clock.

mod allocation;
mod bulk;
mod expiry;
mod gate;
mod one;
mod race;
mod template;

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

impl Stage {
    async fn set(database: TestDatabase) -> Self {
        let start = DateTime::parse_from_rfc3339(START).expect("a time");
        let (clock, time) = Clock::simulated(Instant::from(start.to_utc()), 2026);
        let log = StatementLog::default();
        // Thousands of rows are written here, and a slow machine is no reason to give up.
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

    async fn change(&self, who: &Someone, field: &str, input: Value, selection: &str) -> Value {
        self.server.change(&self.token(who), field, input, selection).await
    }

    /// Makes something by its leader; gives its id.
    async fn make(&self, field: &str, input: Value, part: &str) -> Value {
        self.change(self.leader(), field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
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

    async fn read(&self, who: &Someone, query: &str, id: &Value) -> Value {
        let answer = self.server.graphql(Some(&self.token(who)), query, json!({ "id": id })).await;
        answer.data().as_object().expect("data").values().next().expect("a field").clone()
    }

    async fn set_gate(&self, gate: &str) {
        let input = json!({ "settings": { "gate": gate } });
        self.change(self.leader(), "organizationUpdate", input, "organization { id }").await;
    }

    /// A time so many days ahead.
    fn ahead(&self, days: i64) -> String {
        let now = self.server.clock().now().to_utc().expect("a time of ours");
        (now + TimeDelta::days(days)).to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn pass_days(&self, days: i64) {
        self.time.advance_seconds(days * 86_400);
    }

    /// The statements that ran since the last look, without the runner's own looks for jobs; each cut short.
    fn ran(&self) -> Vec<String> {
        let texts = self.log.take().into_iter().filter(|text| !text.contains("FROM job"));
        texts.map(|text| text.chars().take(100).collect()).collect()
    }

    /// Waits until a count reaches a number; a minute is room for a slow machine.
    async fn until(&self, count: &str, wanted: i64) {
        for _ in 0..600 {
            if self.server.database().number(count).await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{count} is not {wanted} after a minute");
    }
}

fn team_id(key: uuid::Uuid) -> String {
    format!("tea_{}", key.simple())
}

fn person_id(who: &Someone) -> String {
    format!("per_{}", who.id.simple())
}
