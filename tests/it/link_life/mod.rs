//! The life of links: what makes them stale and good again, confirmed, retired and revived, singly and in bulk; what a
//! connection model would make of them, what holds for a task, and how they spread. Through the front door and on a
//! simulated clock.

mod bulk;
mod demo_preview;
mod effective;
mod life;
mod meter;
mod preview;
mod stale_clock;
mod stale_deed;
mod warning;

use std::time::Duration;

use api::domain::clock::{Clock, SimulatedTime};
use chrono::DateTime;
use entity::Instant;
use serde_json::{Value, json};
use support::{Answer, ServerOptions, Someone, StatementLog, TestDatabase, TestServer, World};

/// 10:00 in the time zone of the company.
const START: &str = "2026-03-02T09:00:00Z";

/// A company, a clock that is moved by hand, and the statements that the server runs.
struct Stage {
    server: TestServer,
    time: SimulatedTime,
    world: World,
    log: StatementLog,
}

impl Stage {
    async fn set(database: TestDatabase) -> Self {
        let (clock, time) = Clock::simulated(instant(START), 2026);
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

    /// Makes something by the leader; gives its id.
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

    async fn ask(&self, who: &Someone, query: &str, variables: Value) -> Answer {
        self.server.graphql(Some(&self.token(who)), query, variables).await
    }

    async fn set_settings(&self, settings: Value) {
        let input = json!({ "settings": settings });
        self.change(self.leader(), "organizationUpdate", input, "organization { id }").await;
    }

    /// An objective, in a cycle where one is given, and a key result of it.
    async fn goal(&self, title: &str, cycle: Option<&Value>) -> (Value, Value) {
        let objective =
            self.make("objectiveCreate", json!({ "title": title, "cycleId": cycle }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": title, "progressSource": "WORK" });
        let key_result = self.make("keyResultCreate", input, "keyResult").await;
        (objective, key_result)
    }

    async fn project(&self, title: &str) -> Value {
        self.make("projectCreate", json!({ "title": title }), "project").await
    }

    async fn task(&self, input: Value) -> Value {
        self.make("taskCreate", input, "task").await
    }

    /// A link that the leader makes by hand.
    async fn link(&self, end: &str, work: &Value, key_result: &Value) -> Value {
        let input = json!({ end: work, "keyResultId": key_result });
        self.make("alignmentLinkCreate", input, "alignmentLink").await
    }

    /// The only link of a piece of work.
    async fn link_of(&self, kind: &str, work: &Value) -> Value {
        let query = format!("query($id: ID!) {{ {kind}(id: $id) {{ links {{ nodes {{ id }} }} }} }}");
        let answer = self.ask(self.leader(), &query, json!({ "id": work })).await;
        let links = answer.at(&format!("{kind}.links.nodes")).as_array().expect("links").clone();
        let [link] = links.as_slice() else { panic!("one link was expected: {}", answer.text) };
        link["id"].clone()
    }

    /// State of a link, with its reason.
    async fn state(&self, link: &Value) -> String {
        let query = "query($id: ID!) { alignmentLink(id: $id) { state staleReason } }";
        let answer = self.ask(self.leader(), query, json!({ "id": link })).await;
        let (state, reason) = (answer.at("alignmentLink.state"), answer.at("alignmentLink.staleReason"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {}", text(state), text(reason)).trim().to_owned()
    }

    fn pass_days(&self, days: i64) {
        self.time.advance_seconds(days * 86_400);
    }

    /// Lets days pass, and has the links looked at as the clock would.
    async fn look_after(&self, days: i64) {
        self.pass_days(days);
        self.server.installation().await.ask_for_links().await.expect("asked");
        self.looked().await;
    }

    /// Waits until every look that was asked for is done.
    async fn looked(&self) {
        self.until(
            "SELECT COUNT(*) FROM job WHERE kind IN ('LOOK_AT_LINKS', 'WAKE_LINKS') AND state <> 'DONE'",
            0,
        )
        .await;
    }

    /// Waits until a count reaches a number; a minute is room for a slow machine.
    async fn until(&self, count: &str, wanted: i64) {
        for _ in 0..1_200 {
            if self.server.database().number(count).await == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{count} is not {wanted} after a minute");
    }

    /// The statements that ran since the last look, without the runner's own looks for jobs; each cut short.
    fn ran(&self) -> Vec<String> {
        let texts = self.log.take().into_iter().filter(|text| !text.contains("FROM job"));
        texts.map(|text| text.chars().take(100).collect()).collect()
    }
}

fn instant(text: &str) -> Instant {
    Instant::from(DateTime::parse_from_rfc3339(text).expect("a time").to_utc())
}

fn team_id(key: uuid::Uuid) -> String {
    format!("tea_{}", key.simple())
}

fn person_id(who: &Someone) -> String {
    format!("per_{}", who.id.simple())
}
