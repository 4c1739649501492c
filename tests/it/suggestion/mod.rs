//! Goals suggested for work, and a person's own view of their work, through the front door and on a simulated
//! clock.

mod left_out;
mod model;
mod need;
mod need_page;
mod signal;
mod statement;
mod unlinked;

use api::domain::clock::{Clock, SimulatedTime};
use chrono::DateTime;
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

/// The 46th of the 90 days of a quarter begins.
const START: &str = "2026-02-15T00:00:00+01:00";

const SUGGESTIONS: &str = "query($task: ID, $project: ID, $first: Int) { \
    linkSuggestions(taskId: $task, projectId: $project, first: $first) { score \
    goal { ... on KeyResult { code } ... on Objective { code } } \
    reasons { kind basis score share words label count of } \
    input { taskId projectId keyResultId objectiveId } } }";

impl Stage {
    async fn set(database: TestDatabase) -> Self {
        let start = DateTime::parse_from_rfc3339(START).expect("a time");
        let (clock, time) = Clock::simulated(Instant::from(start.to_utc()), 2026);
        let log = StatementLog::default();
        let options = ServerOptions::default().clock(clock).statements(&log);
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        Self { server, time, world, log }
    }

    fn leader(&self) -> &Someone {
        &self.world.a.leader
    }

    fn individual(&self) -> &Someone {
        &self.world.a.individual
    }

    async fn change(&self, who: &Someone, field: &str, input: Value, selection: &str) -> Value {
        self.server.change(&self.server.token_of(who.id), field, input, selection).await
    }

    async fn ask(&self, who: &Someone, query: &str, variables: Value) -> Answer {
        self.server.graphql(Some(&self.server.token_of(who.id)), query, variables).await
    }

    /// Makes something by the leader; gives its id.
    async fn make(&self, field: &str, input: Value, part: &str) -> String {
        let made = self.change(self.leader(), field, input, &format!("{part} {{ id }}")).await;
        made[part]["id"].as_str().expect("an id").to_owned()
    }

    async fn objective(&self, title: &str, more: Value) -> String {
        self.make("objectiveCreate", with(json!({ "title": title, "state": "ACTIVE" }), more), "objective")
            .await
    }

    async fn key_result(&self, objective: &str, title: &str, more: Value) -> String {
        let usual = json!({
            "objectiveId": objective, "title": title, "state": "ACTIVE", "start": "0", "target": "100",
        });
        self.make("keyResultCreate", with(usual, more), "keyResult").await
    }

    /// So many key results `KR-1`, `KR-2`, … that say nothing that other texts of the tests say.
    async fn silent_key_results(&self, count: usize) -> Vec<String> {
        let objective = self.objective("Xylophone", json!({})).await;
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(self.key_result(&objective, &format!("Zyx{number}"), json!({})).await);
        }
        ids
    }

    async fn task(&self, title: &str, more: Value) -> String {
        self.make("taskCreate", with(json!({ "title": title }), more), "task").await
    }

    async fn project(&self, title: &str, more: Value) -> String {
        self.make("projectCreate", with(json!({ "title": title }), more), "project").await
    }

    async fn link(&self, input: Value) -> String {
        self.make("alignmentLinkCreate", input, "alignmentLink").await
    }

    async fn set_practice(&self, settings: Value) {
        let input = json!({ "settings": settings });
        self.change(self.leader(), "organizationUpdate", input, "organization { id }").await;
    }

    /// What is suggested for a task or project.
    async fn suggested(&self, who: &Someone, work: &str) -> Vec<Value> {
        let work =
            if work.starts_with("tsk_") { json!({ "task": work }) } else { json!({ "project": work }) };
        let answer = self.ask(who, SUGGESTIONS, work).await;
        answer.at("linkSuggestions").as_array().unwrap_or_else(|| panic!("none: {}", answer.text)).clone()
    }

    /// The same as `KR-1 0.4 SIBLINGS 1/1`: code, score, and basis with what it counts of each reason.
    async fn told(&self, who: &Someone, work: &str) -> Vec<String> {
        self.suggested(who, work).await.iter().map(told).collect()
    }
}

/// One input with the fields of another.
fn with(mut usual: Value, more: Value) -> Value {
    let (Some(all), Value::Object(more)) = (usual.as_object_mut(), more) else {
        panic!("inputs are objects");
    };
    all.extend(more);
    usual
}

fn told(suggestion: &Value) -> String {
    let reasons = suggestion["reasons"].as_array().expect("reasons").iter().map(|reason| {
        let basis = reason["basis"].as_str().expect("a basis");
        match reason["count"].as_i64() {
            Some(count) => format!(" {basis} {count}/{}", reason["of"]),
            None => format!(" {basis}"),
        }
    });
    let score = suggestion["score"].as_f64().expect("a score");
    let code = suggestion["goal"]["code"].as_str().expect("a code");
    format!("{code} {score:.3}{}", reasons.collect::<String>())
}

fn codes(told: &[String]) -> Vec<&str> {
    told.iter().map(|told| told.split(' ').next().expect("a code")).collect()
}

fn person_id(who: &Someone) -> String {
    format!("per_{}", who.id.simple())
}

fn team_id(key: uuid::Uuid) -> String {
    format!("tea_{}", key.simple())
}
