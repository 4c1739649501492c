//! Everything at once on one objective: check-ins, overrides, scores, finished work, new key results, and the
//! close of its cycle. Whoever wins, what is closed is what a recount gives, and nothing is written after it.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};
use serde_json::{Value, json};
use support::{Answer, ServerOptions, TestDatabase, TestServer, World, both_databases};

const GOALS: &str = "query($id: ID!) { objective(id: $id) { state score progress version
  cycle { state closedAt version }
  keyResults(first: 100) { nodes { id code title state score workProgress progress current start target version override { value }
    scoring { score suggested note frozen }
    checkIns(first: 200, sort: [{ field: AT }]) { nodes { value progress } }
    links { nodes { state staleReason } } } } } }";

struct Stage {
    server: TestServer,
    leader: String,
    cycle: Value,
    objective: Value,
    measured: Vec<Value>,
    worked: Vec<Value>,
    tasks: Vec<Value>,
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.clone();
        let make = async |field: &str, input: Value, part: &str| {
            server.change(&leader, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let cycle = make("cycleCreate", json!({ "name": "Now", "state": "ACTIVE" }), "cycle").await;
        let objective =
            make("objectiveCreate", json!({ "title": "Grow", "cycleId": cycle }), "objective").await;
        let (mut measured, mut worked, mut tasks) = (Vec::new(), Vec::new(), Vec::new());
        for number in 0..3 {
            let input = json!({ "objectiveId": objective, "title": format!("Measured {number}"), "start": "0", "target": "100" });
            measured.push(make("keyResultCreate", input, "keyResult").await);
            let input = json!({ "objectiveId": objective, "title": format!("Worked {number}"), "progressSource": "WORK" });
            let goal = make("keyResultCreate", input, "keyResult").await;
            let project =
                make("projectCreate", json!({ "title": format!("Project {number}") }), "project").await;
            make(
                "alignmentLinkCreate",
                json!({ "projectId": project, "keyResultId": goal }),
                "alignmentLink",
            )
            .await;
            for _ in 0..6 {
                let input = json!({ "title": "Do", "projectIds": [project] });
                tasks.push(make("taskCreate", input, "task").await);
            }
            worked.push(goal);
        }
        Self { leader, cycle, objective, measured, worked, tasks, server: server.clone() }
    }

    fn ask<'a>(&'a self, field: &'static str, input: Value) -> BoxFuture<'a, (&'static str, Answer)> {
        async move { (field, self.server.mutate(Some(&self.leader), field, input, "__typename").await) }
            .boxed()
    }

    async fn goals(&self) -> Value {
        let answer = self.server.graphql(Some(&self.leader), GOALS, json!({ "id": self.objective })).await;
        answer.data()["objective"].clone()
    }
}

fn decimal(value: &Value) -> f64 {
    value.as_str().expect("a decimal").parse().expect("a number")
}

fn close_to(one: &Value, other: f64) -> bool {
    one.as_f64().is_some_and(|one| (one - other).abs() < 2e-9)
}

both_databases! {
    async fn nothing_is_written_after_the_close(database: TestDatabase) {
        // A hundred writers queue up here, and a slow machine is no reason to turn one of them away.
        let options = ServerOptions::default()
            .setting("database.acquire_timeout_seconds", "60")
            .setting("database.statement_timeout_seconds", "60")
            .setting("server.request_timeout_seconds", "120");
        let server = TestServer::start_with(database, options).await;
        let stage = Stage::set(server.clone()).await;
        let mut all = Vec::new();
        for at in 0..8 {
            for goal in &stage.measured {
                let input = json!({ "keyResultId": goal, "value": (at * 10 + 5).to_string(), "confidence": 0.5 });
                all.push(stage.ask("keyResultCheckIn", input));
            }
        }
        for goal in stage.measured.iter().chain(&stage.worked) {
            all.push(stage.ask("keyResultOverride", json!({ "keyResultId": goal, "value": 0.3, "reason": "We know" })));
            all.push(stage.ask("keyResultScore", json!({ "keyResultId": goal, "score": 0.9, "note": "Worth it" })));
            all.push(stage.ask("keyResultResume", json!({ "keyResultId": goal })));
            all.push(stage.ask("keyResultUpdate", json!({ "id": goal, "weight": 2.0 })));
        }
        for task in &stage.tasks {
            all.push(stage.ask("taskUpdate", json!({ "id": task, "status": "DONE" })));
        }
        for number in 0..3 {
            let input = json!({ "objectiveId": stage.objective, "title": format!("Late {number}"), "start": "0", "target": "1" });
            all.push(stage.ask("keyResultCreate", input));
            let input = json!({ "title": format!("Late {number}"), "cycleId": stage.cycle });
            all.push(stage.ask("objectiveCreate", input));
        }
        // The close is asked for three times, in the midst of it.
        for place in [20, 40, 60] {
            all.insert(place, stage.ask("cycleClose", json!({ "id": stage.cycle, "acceptSuggested": true })));
        }
        let answers = join_all(all).await;
        let (mut done, mut closes) = (0, 0);
        for (field, answer) in &answers {
            assert!(answer.errors().is_empty(), "{field}: {}", answer.text);
            let errors = answer.user_errors(field);
            for error in &errors {
                assert!(["NOT_NOW", "CONFLICT"].contains(&error.code.as_str()), "{field}: {}", answer.text);
            }
            done += usize::from(errors.is_empty());
            closes += usize::from(*field == "cycleClose" && errors.is_empty());
        }
        assert_eq!(closes, 3, "every close is answered as closed");
        assert!(done > 20, "something came before the close: {done}");

        let goals = stage.goals().await;
        assert_eq!(goals["state"], "CLOSED", "{goals:#}");
        assert_eq!(goals["cycle"]["state"], "CLOSED");
        let nodes = goals["keyResults"]["nodes"].as_array().expect("key results").clone();
        let (mut weighed, mut scored, mut weights) = (0.0, 0.0, 0.0);
        let is_worked = |node: &Value| stage.worked.contains(&node["id"]);
        for node in &nodes {
            assert_eq!(node["state"], "CLOSED", "{node:#}");
            assert_eq!(node["scoring"]["frozen"], true);
            assert_eq!(node["scoring"]["suggested"], node["progress"], "{node:#}");
            // The score is the person's, or what the progress was at the close.
            if node["scoring"]["note"].is_null() {
                assert_eq!(node["score"], node["progress"], "{node:#}");
            } else {
                assert_eq!(node["score"], 0.9, "{node:#}");
            }
            for link in node["links"]["nodes"].as_array().expect("links") {
                assert_eq!(link, &json!({ "state": "STALE", "staleReason": "TARGET_CLOSED" }));
            }
            if is_worked(node) {
                // Whole tasks of six, and no more of them than were finished in the end; a person may say otherwise.
                let done = node["workProgress"].as_f64().expect("work") * 6.0;
                assert!((done - done.round()).abs() < 1e-6, "{node:#}");
                let title = node["title"].as_str().expect("a title").replace("Worked", "Project");
                let finished = format!("SELECT count(*) FROM task JOIN task_project AS place ON place.task_id = task.id \
                     JOIN project ON project.id = place.project_id WHERE project.title = '{title}' AND task.status = 'DONE'");
                assert!(done.round() as i64 <= server.database().number(&finished).await, "{node:#}");
                let work = node["workProgress"].as_f64().expect("work");
                let expected = node["override"]["value"].as_f64().unwrap_or(work);
                assert!(close_to(&node["progress"], expected), "{node:#}");
                continue;
            }
            // The value is the newest check-in's, and the progress is the value's unless a person said otherwise.
            let told = node["checkIns"]["nodes"].as_array().expect("check-ins");
            let current = told.last().map_or(&node["start"], |last| &last["value"]);
            assert_eq!(&node["current"], current, "{node:#}");
            let (start, target) = (decimal(&node["start"]), decimal(&node["target"]));
            let by_value = ((decimal(current) - start) / (target - start)).clamp(0.0, 1.0);
            let expected = node["override"]["value"].as_f64().unwrap_or(by_value);
            assert!(close_to(&node["progress"], expected), "{node:#}");
        }
        let rows = server.sql("SELECT code, weight, progress, score FROM key_result WHERE state = 'CLOSED'").await;
        assert_eq!(rows.len(), nodes.len(), "no other key result was closed, and none stayed open");
        for row in rows {
            let weight = row["weight"].as_f64().expect("a weight");
            weights += weight;
            weighed += weight * row["progress"].as_f64().expect("progress");
            scored += weight * row["score"].as_f64().expect("a score");
        }
        assert!(close_to(&goals["progress"], weighed / weights), "{goals:#}");
        assert!(close_to(&goals["score"], scored / weights), "{goals:#}");
        // Objectives that were made meanwhile were closed with the cycle, or refused.
        let open = "SELECT count(*) FROM objective WHERE cycle_id IS NOT NULL AND state <> 'CLOSED'";
        assert_eq!(server.database().number(open).await, 0);
        let flips = "SELECT count(*) FROM event WHERE subject_kind = 'CYCLE' AND kind = 'UPDATED'";
        assert_eq!(server.database().number(flips).await, 1, "one flip");

        // What was written last is what was recorded last, whoever began first.
        let history = "SELECT count(*) FROM key_result AS goal WHERE goal.progress IS NOT NULL AND goal.progress <> \
             (SELECT point.value FROM progress_point AS point WHERE point.key_result_id = goal.id \
             ORDER BY point.at DESC, point.id DESC LIMIT 1)";
        assert_eq!(server.database().number(history).await, 0);
        let history = history.replace("key_result", "objective");
        assert_eq!(server.database().number(&history).await, 0);

        // The work goes on, and moves nothing that is closed; nothing else is taken any more.
        let mut late = Vec::new();
        for task in &stage.tasks {
            late.push(stage.ask("taskUpdate", json!({ "id": task, "status": "TODO" })));
        }
        for (_, answer) in join_all(late).await {
            assert!(answer.errors().is_empty(), "{}", answer.text);
        }
        let goal = &stage.measured[0];
        let link = "SELECT id FROM alignment_link ORDER BY id LIMIT 1";
        let link = server.sql(link).await[0]["id"].as_str().expect("a key").replace('-', "");
        let link = json!(format!("lnk_{link}"));
        for (field, input) in [
            ("keyResultCheckIn", json!({ "keyResultId": goal, "value": "1" })),
            ("keyResultOverride", json!({ "keyResultId": goal, "value": 0.1, "reason": "No" })),
            ("keyResultResume", json!({ "keyResultId": goal })),
            ("keyResultScore", json!({ "keyResultId": goal, "score": 0.1, "note": "No" })),
            ("keyResultUpdate", json!({ "id": goal, "title": "Other" })),
            ("keyResultCreate", json!({ "objectiveId": stage.objective, "title": "New", "start": "0", "target": "1" })),
            ("objectiveUpdate", json!({ "id": stage.objective, "title": "Other" })),
            ("objectiveUpdate", json!({ "id": stage.objective, "state": "ACTIVE" })),
            ("objectivePublish", json!({ "id": stage.objective })),
            ("objectiveCreate", json!({ "title": "New", "cycleId": stage.cycle })),
            ("objectiveCreate", json!({ "title": "New", "parentId": stage.objective })),
            ("milestoneCreate", json!({ "keyResultId": goal, "title": "Step", "dueOn": "2026-12-01" })),
            ("alignmentLinkUpdate", json!({ "id": link, "weight": 3.0 })),
            ("alignmentLinkConfirm", json!({ "id": link })),
            ("alignmentLinkRetire", json!({ "id": link })),
            ("cycleUpdate", json!({ "id": stage.cycle, "state": "ACTIVE" })),
        ] {
            let (_, answer) = stage.ask(field, input).await;
            let errors = answer.user_errors(field);
            assert_eq!(errors.len(), 1, "{field}: {}", answer.text);
            assert_eq!(errors[0].code, "NOT_NOW", "{field}: {}", answer.text);
            assert!(errors[0].message.len() > 10, "{field} says what to do: {}", answer.text);
        }
        // A recompute of everything changes nothing.
        let input = json!({ "settings": { "partialCredit": 0.5 } });
        server.change(&stage.leader, "organizationUpdate", input, "organization { id }").await;
        settled(&server).await;
        assert_eq!(stage.goals().await, goals);
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
