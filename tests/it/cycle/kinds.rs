//! A quarter with a key result of every kind, in which everybody acts as themselves. The numbers of its archive
//! were worked out by hand and stand here as they are.

use api::domain::clock::{Clock, SimulatedTime};
use chrono::DateTime;
use entity::Instant;
use serde_json::{Value, json};
use support::{ServerOptions, Someone, TestDatabase, TestServer, World, both_databases};

struct Quarter {
    server: TestServer,
    time: SimulatedTime,
    world: World,
}

impl Quarter {
    fn go_to(&self, day: &str) {
        self.time.set(noon(day));
    }

    /// Tokens live for an hour.
    async fn by(&self, who: &Someone, field: &str, input: Value, part: &str) -> Value {
        let token = self.server.token_of(who.id);
        self.server.change(&token, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
    }

    async fn check_in(&self, who: &Someone, goal: &Value, value: &str) {
        let input = json!({ "keyResultId": goal, "value": value });
        self.by(who, "keyResultCheckIn", input, "checkIn").await;
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        let token = self.server.token_of(self.world.a.leader.id);
        let answer = self.server.graphql(Some(&token), query, variables).await;
        assert!(answer.errors().is_empty(), "{}", answer.text);
        answer.data().clone()
    }
}

fn noon(day: &str) -> Instant {
    Instant::from(DateTime::parse_from_rfc3339(&format!("{day}T12:00:00Z")).expect("a day").to_utc())
}

/// The archive, in the order of the titles: values, progress before it is cut, progress, work, score, whether the
/// aim was met.
fn expected() -> Value {
    let none = Value::Null;
    json!([
        // Nobody measured it, so somebody had to say what it was worth.
        ["baseline", none, none, none, none, none, none, 0.5, none],
        // Told by a tool.
        ["external", "0", "1000", "700", 0.7, 0.7, none, 0.7, false],
        // 98 lies 1 below 99, half of the tolerance of 2.
        ["maintain above", "99.5", none, "98", 0.5, 0.5, none, 0.5, false],
        // 25 lies 5 above 20, half of the tolerance of 10.
        ["maintain within", "15", none, "25", 0.5, 0.5, none, 0.5, false],
        // Steps of 1, 2 and 1: the first two are done.
        ["milestone", none, none, none, 0.75, 0.75, none, 0.75, false],
        // Overridden with 0.9 until the next value: 30 of 100.
        ["once", "0", "100", "30", 0.3, 0.3, none, 0.3, false],
        // 25 % less than 200 is 150; 160 is four fifths of the way. What was dated back moved nothing.
        ["percent", "200", "150", "160", 0.8, 0.8, none, 0.8, false],
        // 40 of 50 to 10 is a quarter of the way, and a person says 0.6 whatever comes.
        ["sticky", "50", "10", "40", 0.25, 0.6, none, 0.6, false],
        // Overridden with 0.1 until the work moved: one of two tasks is done.
        ["work", none, none, none, none, 0.5, 0.5, 0.5, none],
    ])
}

both_databases! {
    async fn a_quarter_of_every_kind(database: TestDatabase) {
        let (clock, time) = Clock::simulated(noon("2026-01-01"), 11);
        let server = TestServer::start_with(database, ServerOptions::default().clock(clock)).await;
        let world = World::of(&server).await;
        let quarter = Quarter { server: server.clone(), time, world };
        let (leader, manager, individual) =
            (&quarter.world.a.leader, &quarter.world.a.manager, &quarter.world.a.individual);
        let team = json!(format!("tea_{}", quarter.world.a.build_team.simple()));
        let ina = json!(format!("per_{}", individual.id.simple()));

        let input = json!({ "name": "Q1", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-03-31" });
        let cycle = quarter.by(leader, "cycleCreate", input, "cycle").await;
        let input = json!({ "title": "Grow", "cycleId": cycle, "teamId": team });
        let objective = quarter.by(manager, "objectiveCreate", input, "objective").await;
        let make = async |title: &str, mut input: Value| {
            input["objectiveId"] = objective.clone();
            input["title"] = json!(title);
            input["ownerId"] = ina.clone();
            quarter.by(manager, "keyResultCreate", input, "keyResult").await
        };
        let percent = make("percent", json!({ "start": "200", "targetPercent": "-25", "weight": 2.0 })).await;
        let above = make("maintain above", json!({ "kind": "MAINTAIN_ABOVE", "start": "99.5", "lowerBound": "99", "tolerance": "2" })).await;
        let within = make("maintain within", json!({ "kind": "MAINTAIN_WITHIN", "start": "15", "lowerBound": "10", "upperBound": "20", "tolerance": "10" })).await;
        let milestone = make("milestone", json!({ "kind": "MILESTONE" })).await;
        let baseline = make("baseline", json!({ "kind": "BASELINE" })).await;
        let external = make("external", json!({ "progressSource": "EXTERNAL", "start": "0", "target": "1000" })).await;
        let once = make("once", json!({ "start": "0", "target": "100" })).await;
        let sticky = make("sticky", json!({ "start": "50", "target": "10" })).await;
        let work = make("work", json!({ "progressSource": "WORK" })).await;

        // The individual does the work and says how it goes; the manager links and overrides.
        let mut steps = Vec::new();
        for (title, weight) in [("One", 1.0), ("Two", 2.0), ("Three", 1.0)] {
            let input = json!({ "keyResultId": milestone, "title": title, "weight": weight, "dueOn": "2026-03-01" });
            steps.push(quarter.by(manager, "milestoneCreate", input, "milestone").await);
        }
        let project = quarter.by(manager, "projectCreate", json!({ "title": "Shop", "teamId": team }), "project").await;
        let input = json!({ "projectId": project, "keyResultId": work });
        quarter.by(manager, "alignmentLinkCreate", input, "alignmentLink").await;
        let mut tasks = Vec::new();
        for title in ["Build", "Sell"] {
            let input = json!({ "title": title, "projectIds": [project], "assigneeIds": [ina] });
            tasks.push(quarter.by(manager, "taskCreate", input, "task").await);
        }
        let input = json!({ "input": { "name": "Meter", "scopes": ["RECORD_VALUES"] } });
        let create = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { secret userErrors { message } } }";
        let admin = quarter.server.token_of(quarter.world.a.admin.id);
        let answer = server.graphql(Some(&admin), create, input).await;
        let meter = answer.at("tokenCreate.secret").as_str().expect("a secret").to_owned();

        quarter.go_to("2026-02-10");
        quarter.check_in(individual, &percent, "180").await;
        quarter.check_in(individual, &above, "97").await;
        quarter.check_in(individual, &within, "12").await;
        quarter.by(individual, "milestoneUpdate", json!({ "id": steps[0], "done": true }), "milestone").await;
        let input = json!({ "keyResultId": once, "value": 0.9, "reason": "It is signed" });
        quarter.by(manager, "keyResultOverride", input, "keyResult").await;
        let input = json!({ "keyResultId": sticky, "value": 0.6, "sticky": true, "reason": "We know better" });
        quarter.by(manager, "keyResultOverride", input, "keyResult").await;
        let input = json!({ "keyResultId": work, "value": 0.1, "reason": "Hardly begun" });
        quarter.by(manager, "keyResultOverride", input, "keyResult").await;
        let recorded = async |value: &str| {
            let input = json!({ "keyResultId": external, "value": value });
            quarter.server.change(&meter, "keyResultRecordValue", input, "current").await;
        };
        recorded("250").await;
        let overridden = quarter.ask("{ keyResults(first: 20) { nodes { title progress override { value } } } }", json!({})).await;
        for (title, value) in [("once", 0.9), ("sticky", 0.6), ("work", 0.1)] {
            let nodes = overridden["keyResults"]["nodes"].as_array().expect("key results");
            let row = nodes.iter().find(|row| row["title"] == title).expect("a key result");
            assert_eq!((&row["progress"], &row["override"]["value"]), (&json!(value), &json!(value)), "{title}");
        }

        quarter.go_to("2026-03-10");
        for (goal, value) in [(&percent, "160"), (&above, "98"), (&within, "25"), (&once, "30"), (&sticky, "40")] {
            quarter.check_in(individual, goal, value).await;
        }
        quarter.by(individual, "milestoneUpdate", json!({ "id": steps[1], "done": true }), "milestone").await;
        quarter.by(individual, "taskUpdate", json!({ "id": tasks[0], "status": "DONE" }), "task").await;
        recorded("700").await;
        quarter.go_to("2026-03-20");
        let input = json!({ "keyResultId": percent, "value": "190", "at": "2026-02-20T12:00:00Z", "note": "Found in the files" });
        quarter.by(individual, "keyResultCheckIn", input, "checkIn").await;

        quarter.go_to("2026-04-01");
        let input = json!({ "keyResultId": baseline, "score": 0.5, "note": "We know how to measure it now" });
        quarter.by(manager, "keyResultScore", input, "keyResult").await;
        let input = json!({ "id": cycle, "acceptSuggested": true });
        quarter.by(leader, "cycleClose", input, "cycle").await;

        let query = "query($id: ID!) { objective(id: $id) { progress score checkIns { totalCount }
          keyResults(first: 20) { nodes { title start target current attainment progress workProgress score isMet } } } }";
        let found = quarter.ask(query, json!({ "id": objective })).await["objective"].clone();
        let fields = ["title", "start", "target", "current", "attainment", "progress", "workProgress", "score", "isMet"];
        let rows = found["keyResults"]["nodes"].as_array().expect("key results").iter();
        let mut rows: Vec<Value> = rows.map(|row| fields.iter().map(|field| row[*field].clone()).collect()).collect();
        rows.sort_by_key(|row| row[0].to_string());
        assert_eq!(json!(rows), expected());
        // 2 · 0.8 + 0.5 + 0.5 + 0.75 + 0.7 + 0.3 + 0.6 + 0.5 = 5.45 of 9; the score has 0.5 of one more.
        assert_eq!((&found["progress"], &found["score"]), (&json!(0.605555556), &json!(0.595)));
        // Five in March and three in February, one that was dated back, and two that the tool told.
        assert_eq!(found["checkIns"]["totalCount"], 11);

        // What was dated back is known from when it was told: before, the value of that day was the older one.
        let query = "query($id: ID!, $at: DateTime!) { keyResult(id: $id) { asOf(at: $at) { current progress } } }";
        for (at, current, progress) in [
            ("2026-02-25T00:00:00Z", "180", 0.4),
            ("2026-03-15T00:00:00Z", "160", 0.8),
            ("2026-03-25T00:00:00Z", "160", 0.8),
        ] {
            let known = quarter.ask(query, json!({ "id": percent, "at": at })).await["keyResult"]["asOf"].clone();
            assert_eq!(known, json!({ "current": current, "progress": progress }), "{at}");
        }
        server.stop().await;
    }
}
