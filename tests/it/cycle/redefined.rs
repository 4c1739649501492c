//! Goals and projects that are defined anew, and what is told of them as of a time before.

use api::domain::clock::{Clock, SimulatedTime};
use chrono::DateTime;
use entity::Instant;
use serde_json::{Value, json};
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

const KEY_RESULT: &str = "query($id: ID!, $at: DateTime!) { keyResult(id: $id) { asOf(at: $at) {
  kind state start target current progress attainment overrideValue overrideIsSticky weight score progressSource
  owner { name } } } }";
const OBJECTIVE: &str = "query($id: ID!, $at: DateTime!) { objective(id: $id) { asOf(at: $at) {
  state weight score progress owner { name } } } }";
const PROJECT: &str = "query($id: ID!, $at: DateTime!) { project(id: $id) { asOf(at: $at) { state progress owner { name } } } }";

struct Story {
    server: TestServer,
    time: SimulatedTime,
    world: World,
}

impl Story {
    async fn begin(database: TestDatabase, day: &str) -> Self {
        let (clock, time) = Clock::simulated(noon(day), 7);
        let server = TestServer::start_with(database, ServerOptions::default().clock(clock)).await;
        let world = World::of(&server).await;
        Self { server, time, world }
    }

    /// Tokens live for an hour.
    fn token(&self) -> String {
        self.server.token_of(self.world.a.leader.id)
    }

    async fn on(&self, day: &str, field: &str, input: Value, part: &str) -> Value {
        self.time.set(noon(day));
        self.server.change(&self.token(), field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
    }

    async fn as_of(&self, query: &str, id: &Value, day: &str) -> Value {
        let asked = json!({ "id": id, "at": format!("{day}T23:00:00Z") });
        let answer = self.server.graphql(Some(&self.token()), query, asked).await;
        assert!(answer.errors().is_empty(), "{}", answer.text);
        let mut fields = answer.data().as_object().expect("an answer").values();
        fields.next().expect("a row")["asOf"].clone()
    }
}

fn noon(day: &str) -> Instant {
    Instant::from(DateTime::parse_from_rfc3339(&format!("{day}T12:00:00Z")).expect("a day").to_utc())
}

fn some(known: &Value, fields: &[&str]) -> Value {
    fields.iter().map(|field| known[*field].clone()).collect()
}

both_databases! {
    /// A baseline that was measured in February had no value in January, whatever its start is now.
    async fn a_key_result_tells_what_it_was_then(database: TestDatabase) {
        let story = Story::begin(database, "2026-01-01").await;
        let objective = story.on("2026-01-01", "objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Sign-ups", "kind": "BASELINE" });
        let goal = story.on("2026-01-01", "keyResultCreate", input, "keyResult").await;
        let input = json!({ "keyResultId": goal, "value": "40", "target": "140" });
        story.on("2026-02-01", "keyResultSetBaseline", input, "keyResult").await;
        let input = json!({ "keyResultId": goal, "value": "90" });
        story.on("2026-03-01", "keyResultCheckIn", input, "checkIn").await;
        // Another target of the same value is another progress.
        let input = json!({ "id": goal, "target": "240", "weight": 3.0 });
        story.on("2026-04-01", "keyResultUpdate", input, "keyResult").await;
        let input = json!({ "keyResultId": goal, "value": 0.9, "sticky": true, "reason": "The rest is signed" });
        story.on("2026-05-01", "keyResultOverride", input, "keyResult").await;
        story.on("2026-06-01", "keyResultResume", json!({ "keyResultId": goal }), "keyResult").await;
        let none = Value::Null;
        let input = json!({ "id": goal, "kind": "MILESTONE", "start": none, "target": none });
        story.on("2026-07-01", "keyResultUpdate", input, "keyResult").await;
        let input = json!({ "id": goal, "state": "CANCELLED", "ownerId": none });
        story.on("2026-08-01", "keyResultUpdate", input, "keyResult").await;

        let fields = ["kind", "state", "start", "target", "current", "progress", "attainment", "weight"];
        for (day, expected) in [
            ("2026-01-15", json!(["BASELINE", "ACTIVE", none, none, none, none, none, 1.0])),
            ("2026-02-15", json!(["INCREASE", "ACTIVE", "40", "140", "40", 0.0, 0.0, 1.0])),
            ("2026-03-15", json!(["INCREASE", "ACTIVE", "40", "140", "90", 0.5, 0.5, 1.0])),
            ("2026-04-15", json!(["INCREASE", "ACTIVE", "40", "240", "90", 0.25, 0.25, 3.0])),
            ("2026-05-15", json!(["INCREASE", "ACTIVE", "40", "240", "90", 0.9, 0.25, 3.0])),
            ("2026-06-15", json!(["INCREASE", "ACTIVE", "40", "240", "90", 0.25, 0.25, 3.0])),
            ("2026-07-15", json!(["MILESTONE", "ACTIVE", none, none, none, none, none, 3.0])),
            ("2026-08-15", json!(["MILESTONE", "CANCELLED", none, none, none, none, none, 3.0])),
        ] {
            let known = story.as_of(KEY_RESULT, &goal, day).await;
            assert_eq!(some(&known, &fields), expected, "{day}");
            let over = if day == "2026-05-15" { json!([0.9, true]) } else { json!([none, none]) };
            assert_eq!(some(&known, &["overrideValue", "overrideIsSticky"]), over, "{day}");
            let owner = if day == "2026-08-15" { Value::Null } else { json!({ "name": "Lea Leader" }) };
            assert_eq!((&known["owner"], &known["score"]), (&owner, &none), "{day}");
            assert_eq!(known["progressSource"], "CHECK_IN");
        }
        assert_eq!(story.as_of(KEY_RESULT, &goal, "2025-12-31").await, Value::Null);
        story.server.stop().await;
    }

    /// A target in percent that waits for its start, and an override that the next value ends.
    async fn what_waits_and_what_ends_by_itself(database: TestDatabase) {
        let story = Story::begin(database, "2026-01-01").await;
        let objective = story.on("2026-01-01", "objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Errors", "targetPercent": "-50" });
        let goal = story.on("2026-01-01", "keyResultCreate", input, "keyResult").await;
        story.on("2026-02-01", "keyResultSetBaseline", json!({ "keyResultId": goal, "value": "80" }), "keyResult").await;
        let input = json!({ "keyResultId": goal, "value": 0.5, "reason": "Told on the phone" });
        story.on("2026-03-01", "keyResultOverride", input, "keyResult").await;
        let input = json!({ "keyResultId": goal, "value": "70" });
        story.on("2026-04-01", "keyResultCheckIn", input, "checkIn").await;
        let none = Value::Null;
        let fields = ["start", "target", "current", "progress", "attainment", "overrideValue"];
        for (day, expected) in [
            ("2026-01-15", json!([none, none, none, none, none, none])),
            ("2026-02-15", json!(["80", "40", "80", 0.0, 0.0, none])),
            ("2026-03-15", json!(["80", "40", "80", 0.5, 0.0, 0.5])),
            ("2026-04-15", json!(["80", "40", "70", 0.25, 0.25, none])),
        ] {
            assert_eq!(some(&story.as_of(KEY_RESULT, &goal, day).await, &fields), expected, "{day}");
        }
        story.server.stop().await;
    }

    async fn objectives_and_projects_too(database: TestDatabase) {
        let story = Story::begin(database, "2026-01-01").await;
        let input = json!({ "name": "Now", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-12-31" });
        let cycle = story.on("2026-01-01", "cycleCreate", input, "cycle").await;
        let input = json!({ "title": "Grow", "cycleId": cycle, "state": "DRAFT" });
        let objective = story.on("2026-01-01", "objectiveCreate", input, "objective").await;
        let input = json!({ "objectiveId": objective, "title": "More", "start": "0", "target": "10" });
        let goal = story.on("2026-01-01", "keyResultCreate", input, "keyResult").await;
        let manager = json!(format!("per_{}", story.world.a.manager.id.simple()));
        let input = json!({ "id": objective, "state": "ACTIVE", "weight": 2.0, "ownerId": manager });
        story.on("2026-02-01", "objectiveUpdate", input, "objective").await;
        let input = json!({ "keyResultId": goal, "value": "7" });
        story.on("2026-03-01", "keyResultCheckIn", input, "checkIn").await;
        let input = json!({ "id": cycle, "acceptSuggested": true });
        story.on("2026-04-01", "cycleClose", input, "cycle").await;
        let owner = |name: &str| json!({ "name": name });
        let none = Value::Null;
        for (day, expected) in [
            ("2026-01-15", json!(["DRAFT", 1.0, none, 0.0, owner("Lea Leader")])),
            ("2026-02-15", json!(["ACTIVE", 2.0, none, 0.0, owner("Max Manager")])),
            ("2026-03-15", json!(["ACTIVE", 2.0, none, 0.7, owner("Max Manager")])),
            ("2026-04-15", json!(["CLOSED", 2.0, 0.7, 0.7, owner("Max Manager")])),
        ] {
            let known = story.as_of(OBJECTIVE, &objective, day).await;
            assert_eq!(some(&known, &["state", "weight", "score", "progress", "owner"]), expected, "{day}");
        }
        let known = story.as_of(KEY_RESULT, &goal, "2026-04-15").await;
        assert_eq!(some(&known, &["state", "score"]), json!(["CLOSED", 0.7]));
        let known = story.as_of(KEY_RESULT, &goal, "2026-03-15").await;
        assert_eq!(some(&known, &["state", "score"]), json!(["ACTIVE", none]));

        let project = story.on("2026-05-01", "projectCreate", json!({ "title": "Shop" }), "project").await;
        let input = json!({ "title": "Do", "projectIds": [project], "status": "DONE" });
        story.on("2026-05-02", "taskCreate", input, "task").await;
        let input = json!({ "title": "Do more", "projectIds": [project] });
        story.on("2026-05-02", "taskCreate", input, "task").await;
        for (day, state) in [("2026-06-01", "IN_PROGRESS"), ("2026-07-01", "CANCELLED"), ("2026-08-01", "DONE")] {
            story.on(day, "projectUpdate", json!({ "id": project, "state": state }), "project").await;
        }
        for (day, expected) in [
            ("2026-04-30", none.clone()),
            ("2026-05-01", json!({ "state": "PLANNED", "progress": none, "owner": owner("Lea Leader") })),
            ("2026-05-15", json!({ "state": "PLANNED", "progress": 0.5, "owner": owner("Lea Leader") })),
            ("2026-06-15", json!({ "state": "IN_PROGRESS", "progress": 0.5, "owner": owner("Lea Leader") })),
            ("2026-08-15", json!({ "state": "DONE", "progress": 1.0, "owner": owner("Lea Leader") })),
        ] {
            assert_eq!(story.as_of(PROJECT, &project, day).await, expected, "{day}");
        }
        story.server.stop().await;
    }
}
