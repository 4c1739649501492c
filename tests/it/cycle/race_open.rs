//! Everything at once on goals that stay open, by two people and a tool: whoever wins, each number is the one that
//! follows from the rows that were left, counted here by hand.

use std::{collections::HashMap, time::Duration};

use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::{Value, json};
use support::{Answer, ServerOptions, TestDatabase, TestServer, World, both_databases};

struct Stage {
    server: TestServer,
    actors: [String; 2],
    meter: String,
    objective: Value,
    side: Value,
    measured: Vec<Value>,
    external: Value,
    steps: Vec<Value>,
    worked: Vec<Value>,
    projects: Vec<Value>,
    links: Vec<Value>,
    tasks: Vec<Value>,
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.clone();
        let team = json!(format!("tea_{}", world.a.build_team.simple()));
        let make = async |field: &str, input: Value, part: &str| {
            server.change(&leader, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let input = json!({ "title": "Grow", "teamId": team, "includeChildren": true });
        let objective = make("objectiveCreate", input, "objective").await;
        let input = json!({ "title": "Side", "teamId": team, "parentId": objective });
        let side = make("objectiveCreate", input, "objective").await;
        let goal = async |home: &Value, title: String, mut input: Value| {
            (input["objectiveId"], input["title"]) = (home.clone(), json!(title));
            make("keyResultCreate", input, "keyResult").await
        };
        let range = json!({ "start": "0", "target": "100" });
        let mut measured = vec![goal(&side, "Aside".to_owned(), range.clone()).await];
        for number in 0..2 {
            measured.push(goal(&objective, format!("Measured {number}"), range.clone()).await);
        }
        let input = json!({ "start": "0", "target": "100", "progressSource": "EXTERNAL" });
        let external = goal(&objective, "Told".to_owned(), input).await;
        let milestone = goal(&objective, "Steps".to_owned(), json!({ "kind": "MILESTONE" })).await;
        let (mut steps, mut worked, mut projects, mut links, mut tasks) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..4 {
            let input = json!({ "keyResultId": milestone, "title": format!("{number}"), "weight": f64::from(number + 1), "dueOn": "2026-12-01" });
            steps.push(make("milestoneCreate", input, "milestone").await);
        }
        for number in 0..3 {
            let project =
                make("projectCreate", json!({ "title": format!("P{number}"), "teamId": team }), "project")
                    .await;
            for _ in 0..4 {
                tasks.push(
                    make("taskCreate", json!({ "title": "Do", "projectIds": [project] }), "task").await,
                );
            }
            projects.push(project);
        }
        for number in 0..2 {
            worked.push(
                goal(&objective, format!("Worked {number}"), json!({ "progressSource": "WORK" })).await,
            );
            let input = json!({ "projectId": projects[number], "keyResultId": worked[number] });
            links.push(make("alignmentLinkCreate", input, "alignmentLink").await);
        }
        let admin = world.a.admin.token.as_str();
        let create = "mutation($input: TokenCreateInput!) { tokenCreate(input: $input) { secret } }";
        let input = json!({ "input": { "name": "Meter", "scopes": ["RECORD_VALUES"] } });
        let answer = server.graphql(Some(admin), create, input).await;
        let meter = answer.at("tokenCreate.secret").as_str().expect("a secret").to_owned();
        let actors = [leader.clone(), world.a.manager.token.clone()];
        Self {
            server: server.clone(),
            actors,
            meter,
            objective,
            side,
            measured,
            external,
            steps,
            worked,
            projects,
            links,
            tasks,
        }
    }

    fn by<'a>(
        &'a self,
        who: &'a str,
        field: &'static str,
        input: Value,
    ) -> BoxFuture<'a, (&'static str, Answer)> {
        async move { (field, self.server.mutate(Some(who), field, input, "__typename").await) }.boxed()
    }

    /// Numbers that follow from rows, told by those rows alone.
    async fn by_hand(&self) -> HashMap<String, Option<f64>> {
        let rows = async |text: &str| self.server.sql(text).await;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut completion: HashMap<String, (f64, f64)> = HashMap::new();
        for row in rows("SELECT place.project_id, task.status FROM task JOIN task_project AS place ON place.task_id = task.id").await {
            let counts = completion.entry(text(&row["project_id"]).expect("a key")).or_default();
            counts.1 += 1.0;
            counts.0 += if row["status"] == "DONE" { 1.0 } else { 0.0 };
        }
        let mut linked: HashMap<String, Vec<f64>> = HashMap::new();
        for row in rows("SELECT project_id, key_result_id FROM alignment_link WHERE state <> 'RETIRED'").await
        {
            let (done, all) = completion[&text(&row["project_id"]).expect("a project")];
            linked.entry(text(&row["key_result_id"]).expect("a key result")).or_default().push(done / all);
        }
        let mut steps = (0.0, 0.0);
        for row in rows("SELECT weight, done_at FROM milestone").await {
            let weight = row["weight"].as_f64().expect("a weight");
            steps.1 += weight;
            steps.0 += if row["done_at"].is_null() { 0.0 } else { weight };
        }
        let mut numbers = HashMap::new();
        let mut pools: HashMap<String, Vec<f64>> = HashMap::new();
        for row in rows("SELECT id, objective_id, title, kind, progress_source, current_value, override_value FROM key_result").await {
            let id = text(&row["id"]).expect("a key");
            let value = match (row["kind"].as_str(), row["progress_source"].as_str()) {
                (Some("MILESTONE"), _) => Some(steps.0 / steps.1),
                (_, Some("WORK")) => linked.get(&id).map(|parts| parts.iter().sum::<f64>() / parts.len() as f64),
                _ => row["current_value"].as_f64().map(|value| value / 100e6),
            };
            let value = row["override_value"].as_f64().or(value);
            numbers.insert(text(&row["title"]).expect("a title"), value);
            pools.entry(text(&row["objective_id"]).expect("an objective")).or_default().extend(value);
        }
        let objectives =
            rows("SELECT id, title, archived_at, parent_id FROM objective ORDER BY title DESC").await;
        let mut below = None;
        for row in objectives {
            let mut pool = pools.remove(&text(&row["id"]).expect("a key")).unwrap_or_default();
            if row["title"] == "Grow" {
                pool.extend(below);
            }
            let value = (!pool.is_empty()).then(|| pool.iter().sum::<f64>() / pool.len() as f64);
            if row["title"] == "Side" && row["archived_at"].is_null() {
                below = value;
            }
            numbers.insert(text(&row["title"]).expect("a title"), value);
        }
        numbers
    }

    async fn stored(&self) -> HashMap<String, Option<f64>> {
        let text = "SELECT title, progress FROM key_result UNION ALL SELECT title, progress FROM objective";
        let rows = self.server.sql(text).await;
        rows.iter()
            .map(|row| (row["title"].as_str().expect("a title").to_owned(), row["progress"].as_f64()))
            .collect()
    }

    async fn holds(&self) {
        let (stored, counted) = (self.stored().await, self.by_hand().await);
        assert_eq!(stored.len(), counted.len());
        for (title, value) in &counted {
            let close = match (stored[title], value) {
                (Some(one), Some(other)) => (one - other).abs() < 2e-9,
                (one, other) => one == *other,
            };
            assert!(close, "{title}: {:?} is stored, {value:?} was counted", stored[title]);
        }
    }
}

both_databases! {
    async fn every_number_follows_from_the_rows(database: TestDatabase) {
        let options = ServerOptions::default()
            .setting("database.acquire_timeout_seconds", "60")
            .setting("database.statement_timeout_seconds", "60")
            .setting("server.request_timeout_seconds", "120");
        let server = TestServer::start_with(database, options).await;
        let stage = Stage::set(server.clone()).await;
        let mut all = Vec::new();
        for round in 0..4 {
            let [one, other] = &stage.actors;
            for (at, goal) in stage.measured.iter().enumerate() {
                let who = if (at + round) % 2 == 0 { one } else { other };
                let value = (round * 20 + at * 5 + 3).to_string();
                all.push(stage.by(who, "keyResultCheckIn", json!({ "keyResultId": goal, "value": value })));
            }
            let value = (round * 7 + 1).to_string();
            all.push(stage.by(&stage.meter, "keyResultRecordValue", json!({ "keyResultId": stage.external, "value": value })));
            for (at, step) in stage.steps.iter().enumerate() {
                let who = if at % 2 == 0 { one } else { other };
                all.push(stage.by(who, "milestoneUpdate", json!({ "id": step, "done": (round + at) % 3 != 0 })));
            }
            for goal in &stage.worked {
                let project = &stage.projects[(round + 1) % 3];
                all.push(stage.by(other, "alignmentLinkCreate", json!({ "projectId": project, "keyResultId": goal })));
                all.push(stage.by(one, "keyResultOverride", json!({ "keyResultId": goal, "value": 0.3, "reason": "We know" })));
            }
            for link in &stage.links {
                all.push(stage.by(if round % 2 == 0 { one } else { other }, "alignmentLinkRetire", json!({ "id": link })));
            }
            for (at, task) in stage.tasks.iter().enumerate().filter(|(at, _)| at % 4 == round) {
                let status = if at % 3 == 0 { "IN_PROGRESS" } else { "DONE" };
                all.push(stage.by(other, "taskUpdate", json!({ "id": task, "status": status })));
            }
            let field = if round % 2 == 0 { "objectiveArchive" } else { "objectiveUnarchive" };
            all.push(stage.by(one, field, json!({ "id": stage.side })));
        }
        let mut done: HashMap<&str, usize> = HashMap::new();
        for (field, answer) in join_all(all).await {
            assert!(answer.errors().is_empty(), "{field}: {}", answer.text);
            let errors = answer.user_errors(field);
            for error in &errors {
                assert!(["NOT_NOW", "CONFLICT"].contains(&error.code.as_str()), "{field}: {}", answer.text);
            }
            *done.entry(field).or_default() += usize::from(errors.is_empty());
        }
        for field in ["keyResultCheckIn", "keyResultRecordValue", "milestoneUpdate", "alignmentLinkCreate", "alignmentLinkRetire", "taskUpdate", "objectiveArchive", "objectiveUnarchive"] {
            assert!(done.get(field).is_some_and(|count| *count > 0), "{field} never came through: {done:?}");
        }
        settled(&server).await;
        stage.holds().await;
        // The rows are open, so a recompute of everything looks at each: a number that was spoilt is mended by it.
        let before = stage.stored().await;
        let spoil = "UPDATE key_result SET progress = 0.123 WHERE progress_source = 'WORK'";
        assert_eq!(server.database().execute(spoil).await.expect("key results"), 2);
        for credit in [0.5, 0.0] {
            let input = json!({ "settings": { "partialCredit": credit } });
            server.change(&stage.actors[0], "organizationUpdate", input, "organization { id }").await;
            settled(&server).await;
        }
        if !before.values().flatten().any(|value| (value - 0.3).abs() < 1e-9) {
            assert_eq!(stage.stored().await, before, "no override was there to end");
        }
        stage.holds().await;
        // What was written last is what was recorded last, whoever began first.
        let history = "SELECT count(*) FROM key_result AS goal WHERE goal.progress <> \
             (SELECT point.value FROM progress_point AS point WHERE point.key_result_id = goal.id \
             ORDER BY point.at DESC, point.id DESC LIMIT 1)";
        assert_eq!(server.database().number(history).await, 0);
        let query = "query($id: ID!) { objective(id: $id) { progress state asOf(at: \"9999-01-01T00:00:00Z\") { progress state } keyResults { nodes {
          progress current attainment target weight state override { value }
          asOf(at: \"9999-01-01T00:00:00Z\") { progress current attainment target weight state overrideValue } } } } }";
        let answer = server.graphql(Some(&stage.actors[0]), query, json!({ "id": stage.objective })).await;
        let goal = answer.at("objective");
        assert_eq!(goal["asOf"]["progress"], goal["progress"]);
        for row in goal["keyResults"]["nodes"].as_array().expect("key results") {
            let known = &row["asOf"];
            for field in ["progress", "current", "attainment", "target", "weight", "state"] {
                let is_untold = field == "attainment" && known[field].is_null();
                assert!(known[field] == row[field] || is_untold, "{field} of {row:#}");
            }
            assert_eq!(known["overrideValue"], row["override"]["value"], "{row:#}");
        }
        server.stop().await;
    }
}

/// Waits until every job has run but the next daily look, which waits for its hour.
async fn settled(server: &TestServer) {
    loop {
        let waiting = "SELECT count(*) FROM job WHERE state IN ('WAITING', 'RUNNING') \
             AND kind <> 'AUDIT_ORGANIZATION'";
        if server.database().number(waiting).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
