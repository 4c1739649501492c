//! What projects did for key results: each verdict with numbers that were worked out by hand, and when a result
//! is written.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

const RESULTS: &str =
    "query($id: ID!) { project(id: $id) { state endedAt results(sort: [{ field: CREATED_AT }]) { nodes {
  keyResult { title } startedAt endedAt startValue endValue delta startProgress endProgress verdict
  closingValue closingProgress closingVerdict amendedAt } } } }";

struct Stage {
    server: TestServer,
    leader: String,
    cycle: Value,
    objective: Value,
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let leader = World::of(&server).await.a.leader.token.clone();
        let mut stage = Self { server, leader, cycle: Value::Null, objective: Value::Null };
        stage.cycle = stage.make("cycleCreate", json!({ "name": "Now", "state": "ACTIVE" }), "cycle").await;
        let input = json!({ "title": "Grow", "cycleId": stage.cycle });
        stage.objective = stage.make("objectiveCreate", input, "objective").await;
        stage
    }

    async fn make(&self, field: &str, input: Value, part: &str) -> Value {
        self.server.change(&self.leader, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
    }

    async fn key_result(&self, title: &str, mut input: Value) -> Value {
        input["objectiveId"] = self.objective.clone();
        input["title"] = json!(title);
        self.make("keyResultCreate", input, "keyResult").await
    }

    async fn check_in(&self, goal: &Value, value: &str) {
        self.make("keyResultCheckIn", json!({ "keyResultId": goal, "value": value }), "checkIn").await;
    }

    async fn project(&self, goals: &[&Value]) -> Value {
        let project = self.make("projectCreate", json!({ "title": "Shop" }), "project").await;
        for goal in goals {
            let input = json!({ "projectId": project, "keyResultId": goal });
            self.make("alignmentLinkCreate", input, "alignmentLink").await;
        }
        project
    }

    async fn to(&self, project: &Value, state: &str) {
        self.make("projectUpdate", json!({ "id": project, "state": state }), "project").await;
    }

    async fn close(&self) {
        self.make("cycleClose", json!({ "id": self.cycle, "acceptSuggested": true }), "cycle").await;
    }

    async fn results(&self, project: &Value) -> Vec<Value> {
        let answer = self.server.graphql(Some(&self.leader), RESULTS, json!({ "id": project })).await;
        answer.at("project.results.nodes").as_array().expect("results").clone()
    }
}

both_databases! {
    async fn verdicts(server: TestServer) {
        let stage = Stage::set(server).await;
        let up = json!({ "start": "0", "target": "100" });
        let down = json!({ "start": "50", "target": "10" });
        let above = json!({ "kind": "MAINTAIN_ABOVE", "start": "95", "lowerBound": "99", "tolerance": "10" });
        // How it is measured, what is told before and while the project runs, and what comes of it: the values,
        // how far they moved, progress before and after, and the verdict.
        let cases = [
            ("up, better", up.clone(), "20", "45", json!(["20", "45", "25", 0.2, 0.45, "IMPROVED"])),
            ("up, worse", up.clone(), "40", "30", json!(["40", "30", "-10", 0.4, 0.3, "WORSENED"])),
            ("up, same", up.clone(), "40", "40", json!(["40", "40", "0", 0.4, 0.4, "UNCHANGED"])),
            ("up, beyond", up.clone(), "110", "120", json!(["110", "120", "10", 1.0, 1.0, "IMPROVED"])),
            ("down, better", down.clone(), "42", "30", json!(["42", "30", "-12", 0.2, 0.5, "IMPROVED"])),
            ("down, worse", down.clone(), "30", "34", json!(["30", "34", "4", 0.5, 0.4, "WORSENED"])),
            ("held, regained", above.clone(), "94", "100", json!(["94", "100", "6", 0.5, 1.0, "IMPROVED"])),
            ("held, lost", above.clone(), "99", "89", json!(["99", "89", "-10", 1.0, 0.0, "WORSENED"])),
            ("held, held", above.clone(), "99", "120", json!(["99", "120", "21", 1.0, 1.0, "UNCHANGED"])),
        ];
        let mut goals = Vec::new();
        for (title, input, before, ..) in &cases {
            let goal = stage.key_result(title, input.clone()).await;
            stage.check_in(&goal, before).await;
            goals.push(goal);
        }
        let mut steps = Vec::new();
        for title in ["steps, one", "steps, none"] {
            let goal = stage.key_result(title, json!({ "kind": "MILESTONE" })).await;
            for number in 0..4 {
                let input = json!({ "keyResultId": goal, "title": format!("{number}"), "dueOn": "2026-12-01" });
                steps.push(stage.make("milestoneCreate", input, "milestone").await);
            }
            goals.push(goal);
        }
        let unset = stage.key_result("unset", json!({ "kind": "BASELINE" })).await;
        goals.push(unset);
        let project = stage.project(&goals.iter().collect::<Vec<_>>()).await;
        stage.to(&project, "IN_PROGRESS").await;
        for ((_, _, _, after, _), goal) in cases.iter().zip(&goals) {
            stage.check_in(goal, after).await;
        }
        stage.make("milestoneUpdate", json!({ "id": steps[0], "done": true }), "milestone").await;
        stage.to(&project, "CANCELLED").await;

        let found = stage.results(&project).await;
        assert_eq!(found.len(), 12, "also of one that was given up");
        let shown = |title: &str| {
            let row = found.iter().find(|row| row["keyResult"]["title"] == title).expect("a result");
            let fields = ["startValue", "endValue", "delta", "startProgress", "endProgress", "verdict"];
            fields.iter().map(|field| row[*field].clone()).collect::<Value>()
        };
        for (title, _, _, _, expected) in &cases {
            assert_eq!(&shown(title), expected, "{title}");
        }
        let none = Value::Null;
        assert_eq!(shown("steps, one"), json!([none, none, none, 0.0, 0.25, "IMPROVED"]));
        assert_eq!(shown("steps, none"), json!([none, none, none, 0.0, 0.0, "UNCHANGED"]));
        assert_eq!(shown("unset"), json!([none, none, none, none, none, "UNKNOWN"]));
    }

    /// Frozen at its end, amended by the close alone; another end is another result.
    async fn when_it_is_written(server: TestServer) {
        let stage = Stage::set(server).await;
        let goal = stage.key_result("Sign-ups", json!({ "start": "0", "target": "100" })).await;
        let project = stage.project(&[&goal]).await;
        stage.to(&project, "IN_PROGRESS").await;
        stage.check_in(&goal, "20").await;
        stage.to(&project, "DONE").await;
        let first = stage.results(&project).await;
        assert_eq!(first.len(), 1);
        stage.check_in(&goal, "10").await;
        stage.to(&project, "CANCELLED").await;
        assert_eq!(stage.results(&project).await, first, "what has ended stays as it ended");
        stage.to(&project, "IN_PROGRESS").await;
        stage.check_in(&goal, "60").await;
        stage.to(&project, "DONE").await;
        let both = stage.results(&project).await;
        assert_eq!((both.len(), &both[0]), (2, &first[0]), "another end is another result");
        assert_eq!([&both[1]["endValue"], &both[1]["verdict"]], ["60", "IMPROVED"]);
        // One that ends after the close of the cycle knows what the close would have added.
        let late = stage.project(&[&goal]).await;
        stage.to(&late, "IN_PROGRESS").await;
        stage.check_in(&goal, "50").await;
        stage.close().await;
        stage.to(&late, "DONE").await;
        let amended = stage.results(&project).await;
        assert_eq!(amended.len(), 2);
        for (row, verdict) in amended.iter().zip(["IMPROVED", "IMPROVED"]) {
            assert_eq!([&row["closingValue"], &row["closingVerdict"]], ["50", verdict], "{row:#}");
            assert_eq!(row["closingProgress"], 0.5);
            assert!(row["amendedAt"].is_string());
        }
        let late = stage.results(&late).await;
        assert_eq!(late.len(), 1);
        assert_eq!([&late[0]["startValue"], &late[0]["endValue"], &late[0]["verdict"]], ["60", "50", "WORSENED"]);
        assert_eq!([&late[0]["closingValue"], &late[0]["closingVerdict"]], ["50", "WORSENED"]);
        assert!(late[0]["amendedAt"].is_string(), "{late:#?}");
    }

    /// A link that waits for a person's word counts for nothing, and gives no result.
    async fn what_does_not_count_has_none(server: TestServer) {
        let stage = Stage::set(server).await;
        let counted = stage.key_result("Counted", json!({ "start": "0", "target": "100" })).await;
        let waiting = stage.key_result("Waiting", json!({ "start": "0", "target": "100" })).await;
        let project = stage.project(&[&counted, &waiting]).await;
        let waits = "UPDATE alignment_link SET confirmed_at = NULL, confirmed_by_id = NULL WHERE key_result_id = \
             (SELECT id FROM key_result WHERE title = 'Waiting')";
        assert_eq!(stage.server.database().execute(waits).await.expect("a link"), 1);
        let input = json!({ "settings": { "requireConfirm": true } });
        stage.server.change(&stage.leader, "organizationUpdate", input, "organization { id }").await;
        stage.to(&project, "IN_PROGRESS").await;
        stage.to(&project, "DONE").await;
        let titles: Vec<Value> = stage.results(&project).await.iter().map(|row| row["keyResult"]["title"].clone()).collect();
        assert_eq!(titles, ["Counted"]);
    }

    /// Nor does it make anything outdated: a tool is waited for where its work counts.
    async fn what_does_not_count_makes_nothing_outdated(server: TestServer) {
        let stage = Stage::set(server).await;
        let goal = stage.key_result("Features", json!({ "progressSource": "WORK" })).await;
        let project = stage.project(&[&goal]).await;
        let database = stage.server.database();
        let execute = async |text: &str| assert_eq!(database.execute(text).await.expect("a statement"), 1, "{text}");
        execute("INSERT INTO integration (id, organization_id, provider, site, name, state, last_good_sync_at, created_at, updated_at) \
             SELECT id, id, 'TRELLO', 'board', 'Board', 'ACTIVE', 1, 1, 1 FROM organization WHERE slug = 'acme'").await;
        execute("UPDATE project SET integration_id = (SELECT id FROM integration)").await;
        let health = async || {
            let answer = stage.server.graphql(Some(&stage.leader), "{ keyResults { nodes { health } } }", json!({})).await;
            answer.at("keyResults.nodes.0.health").clone()
        };
        assert_eq!(health().await, "OUTDATED", "nothing was heard since 1970");
        let require = async |it: bool| {
            let input = json!({ "settings": { "requireConfirm": it } });
            stage.server.change(&stage.leader, "organizationUpdate", input, "organization { id }").await;
        };
        execute("UPDATE alignment_link SET confirmed_at = NULL, confirmed_by_id = NULL").await;
        assert_eq!(health().await, "OUTDATED", "every link counts here");
        require(true).await;
        assert_eq!(health().await, Value::Null, "it waits for a person's word");
        require(false).await;
        assert_eq!(health().await, "OUTDATED");
        stage.to(&project, "CANCELLED").await;
        assert_eq!(health().await, Value::Null, "what was given up is waited for no more");
    }
}
