//! What goes on after a close: aims that are set anew, and the work that people tied to what was closed.

use serde_json::{Value, json};
use support::{Answer, TestServer, World, both_databases};

struct Stage {
    server: TestServer,
    leader: String,
    now: Value,
    next: Value,
    objective: Value,
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let leader = World::of(&server).await.a.leader.token.clone();
        let mut stage = Self { server, leader, now: Value::Null, next: Value::Null, objective: Value::Null };
        stage.now = stage.make("cycleCreate", json!({ "name": "Now", "state": "ACTIVE" }), "cycle").await;
        stage.next = stage.make("cycleCreate", json!({ "name": "Next" }), "cycle").await;
        let input = json!({ "title": "Grow", "cycleId": stage.now });
        stage.objective = stage.make("objectiveCreate", input, "objective").await;
        stage
    }

    async fn make(&self, field: &str, input: Value, part: &str) -> Value {
        self.server.change(&self.leader, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
    }

    async fn key_result(&self, mut input: Value) -> Value {
        input["objectiveId"] = self.objective.clone();
        self.make("keyResultCreate", input, "keyResult").await
    }

    async fn close(&self) {
        let input = json!({ "id": self.now, "acceptSuggested": true });
        self.make("cycleClose", input, "cycle").await;
    }

    async fn carry(&self, goal: &Value, decision: &str, mut input: Value) -> Answer {
        input["keyResultId"] = goal.clone();
        input["decision"] = json!(decision);
        input["cycleId"] = self.next.clone();
        let selection =
            "successor { id code start target targetPercent commit stretch tolerance lowerBound progress
          milestones { nodes { title weight dueOn } } }";
        self.server.mutate(Some(&self.leader), "keyResultCarryOver", input, selection).await
    }
}

fn fields(answer: &Answer) -> Vec<String> {
    answer
        .user_errors("keyResultCarryOver")
        .iter()
        .filter_map(|error| error.field.as_ref()?.last().cloned())
        .collect()
}

both_databases! {
    async fn modified_aims(server: TestServer) {
        let stage = Stage::set(server).await;
        let goal = stage.key_result(json!({ "title": "Sign-ups", "start": "0", "target": "100", "commit": "60", "stretch": "150" })).await;
        stage.make("keyResultCheckIn", json!({ "keyResultId": goal, "value": "80" }), "checkIn").await;
        let kept = stage.key_result(json!({ "title": "Up", "kind": "MAINTAIN_ABOVE", "start": "99", "lowerBound": "98", "tolerance": "2" })).await;
        let steps = stage.key_result(json!({ "title": "Steps", "kind": "MILESTONE" })).await;
        for title in ["First", "Second"] {
            let input = json!({ "keyResultId": steps, "title": title, "dueOn": "2026-12-01" });
            stage.make("milestoneCreate", input, "milestone").await;
        }
        stage.close().await;

        let answer = stage.carry(&goal, "KEEP", json!({ "commit": "90", "targetPercent": "10", "tolerance": "1", "milestones": [] })).await;
        assert_eq!(fields(&answer), ["targetPercent", "commit", "tolerance", "milestones"], "{}", answer.text);
        let answer = stage.carry(&goal, "MODIFY", json!({ "target": "120", "targetPercent": "10" })).await;
        assert_eq!(fields(&answer).len(), 1, "one target: {}", answer.text);
        // A promise that was said now is held to the rules, one of before is dropped.
        let answer = stage.carry(&goal, "MODIFY", json!({ "target": "120", "commit": "70" })).await;
        assert_eq!(fields(&answer), ["commit"], "{}", answer.text);
        let answer = stage.carry(&goal, "MODIFY", json!({ "milestones": [] })).await;
        assert_eq!(fields(&answer), ["milestones"], "{}", answer.text);
        let answer = stage.carry(&goal, "MODIFY", json!({ "targetPercent": "50", "commit": "90", "stretch": "200" })).await;
        let next = answer.at("keyResultCarryOver.successor");
        let shown = ["start", "target", "targetPercent", "commit", "stretch"].map(|field| next[field].clone());
        assert_eq!(shown, ["80", "120", "50", "90", "200"].map(Value::from), "{}", answer.text);

        let answer = stage.carry(&kept, "MODIFY", json!({ "lowerBound": "99", "tolerance": "0.5" })).await;
        let next = answer.at("keyResultCarryOver.successor");
        assert_eq!([&next["lowerBound"], &next["tolerance"]], ["99", "0.5"], "{}", answer.text);

        let answer = stage.carry(&steps, "MODIFY", json!({ "milestones": [{ "title": " ", "dueOn": "2027-02-01" }] })).await;
        assert_eq!(fields(&answer), ["milestones"], "{}", answer.text);
        let input = json!({ "milestones": [{ "title": " Third  ", "weight": 2.0, "dueOn": "2027-02-01" }] });
        let answer = stage.carry(&steps, "MODIFY", input).await;
        let next = answer.at("keyResultCarryOver.successor.milestones.nodes");
        assert_eq!(next, &json!([{ "title": "Third", "weight": 2.0, "dueOn": "2027-02-01" }]), "{}", answer.text);
    }

    /// Links by hand follow the goal as those by text do, as long as the work is open.
    async fn work_goes_on_with_its_goal(server: TestServer) {
        let stage = Stage::set(server).await;
        let goal = stage.key_result(json!({ "title": "Features", "progressSource": "WORK" })).await;
        let mut work = Vec::new();
        for (title, state) in [("open", "IN_PROGRESS"), ("done", "DONE"), ("given up", "CANCELLED"), ("retired", "IN_PROGRESS"), ("away", "PLANNED")] {
            let project = stage.make("projectCreate", json!({ "title": title, "state": state }), "project").await;
            let input = json!({ "projectId": project, "keyResultId": goal, "weight": 2.5 });
            let link = stage.make("alignmentLinkCreate", input, "alignmentLink").await;
            work.push((project, link));
        }
        let task = stage.make("taskCreate", json!({ "title": "Open task" }), "task").await;
        let input = json!({ "taskId": task, "keyResultId": goal, "significance": "SUPPORTS" });
        stage.make("alignmentLinkCreate", input, "alignmentLink").await;
        let ended = stage.make("taskCreate", json!({ "title": "Done task", "status": "DONE" }), "task").await;
        stage.make("alignmentLinkCreate", json!({ "taskId": ended, "keyResultId": goal }), "alignmentLink").await;
        stage.make("alignmentLinkRetire", json!({ "id": work[3].1 }), "alignmentLink").await;
        stage.make("projectArchive", json!({ "id": work[4].0 }), "project").await;
        stage.close().await;

        let answer = stage.carry(&goal, "KEEP", json!({})).await;
        let next = answer.at("keyResultCarryOver.successor.id").clone();
        let query = "query($id: ID!) { keyResult(id: $id) { code workProgress links(sort: [{ field: CREATED_AT }]) { nodes {
          state origin significance weight confirmedAt source { __typename ... on Project { title } ... on Task { title } }
          evidence { nodes { origin code successorCode person { name } } } } } } }";
        let ask = async |id: &Value| {
            let answer = stage.server.graphql(Some(&stage.leader), query, json!({ "id": id })).await;
            assert!(answer.errors().is_empty(), "{}", answer.text);
            answer.at("keyResult").clone()
        };
        let found = ask(&next).await;
        let mut links = found["links"]["nodes"].as_array().expect("links").clone();
        links.sort_by_key(|link| link["source"]["__typename"] == "Project");
        assert_eq!(links.len(), 2, "{found:#}");
        let evidence = json!({ "nodes": [{ "origin": "MANUAL", "code": "KR-1", "successorCode": "KR-2", "person": { "name": "Lea Leader" } }] });
        for (link, title, significance, weight) in [(&links[0], "Open task", "SUPPORTS", 1.0), (&links[1], "open", "CONTRIBUTES", 2.5)] {
            assert_eq!(link["source"]["title"], title, "{link:#}");
            assert_eq!((&link["state"], &link["origin"]), (&json!("ACTIVE"), &json!("MANUAL")));
            assert_eq!((&link["significance"], &link["weight"]), (&json!(significance), &json!(weight)));
            assert!(link["confirmedAt"].is_string(), "a person's word stays theirs: {link:#}");
            assert_eq!(link["evidence"], evidence);
        }
        // The links to what was closed stay as they were frozen.
        let before = ask(&goal).await;
        let states: Vec<&Value> = before["links"]["nodes"].as_array().expect("links").iter().map(|link| &link["state"]).collect();
        assert_eq!(states.iter().filter(|state| **state == "STALE").count(), 6, "{before:#}");
        // The same decision once more links nothing twice.
        stage.carry(&goal, "KEEP", json!({})).await;
        assert_eq!(ask(&next).await, found);
    }

    /// Nobody answers for work whose owner has left, in the new cycle neither.
    async fn work_of_whom_has_left_goes_on_stale(server: TestServer) {
        let stage = Stage::set(server).await;
        let goal = stage.key_result(json!({ "title": "Features", "progressSource": "WORK" })).await;
        let task = stage.make("taskCreate", json!({ "title": "Open task" }), "task").await;
        stage.make("alignmentLinkCreate", json!({ "taskId": task, "keyResultId": goal }), "alignmentLink").await;
        let db = stage.server.database();
        let owned = "UPDATE alignment_link SET owner_id = (SELECT person.id FROM person \
            WHERE person.name = 'Cem Colleague' AND person.organization_id = alignment_link.organization_id)";
        assert_eq!(db.execute(owned).await.expect("written"), 1);
        db.execute("UPDATE person SET deactivated_at = 1 WHERE name = 'Cem Colleague'").await.expect("written");
        stage.close().await;
        let answer = stage.carry(&goal, "KEEP", json!({})).await;
        let links = stage.server.sql(
            "SELECT link.state, link.stale_reason, span.state AS span FROM alignment_link AS link \
             JOIN link_interval AS span ON span.alignment_link_id = link.id AND span.to_at IS NULL ORDER BY link.id",
        )
        .await;
        let link = links.last().expect("a link");
        assert_eq!(links.len(), 2, "{}", answer.text);
        assert_eq!([&link["state"], &link["stale_reason"], &link["span"]], ["STALE", "OWNER_LEFT", "STALE"]);
    }

    async fn what_was_archived_is_not_scored(server: TestServer) {
        let stage = Stage::set(server).await;
        let goal = stage.key_result(json!({ "title": "Sign-ups", "start": "0", "target": "100" })).await;
        stage.make("keyResultCheckIn", json!({ "keyResultId": goal, "value": "50" }), "checkIn").await;
        let away = stage.key_result(json!({ "title": "Away", "start": "0", "target": "100" })).await;
        stage.make("keyResultCheckIn", json!({ "keyResultId": away, "value": "90" }), "checkIn").await;
        stage.make("keyResultArchive", json!({ "id": away }), "keyResult").await;
        stage.close().await;
        let query = "{ keyResults(includeArchived: true, sort: [{ field: NUMBER }]) { nodes { state score scoring { score } } } objectives { nodes { score } } }";
        let answer = stage.server.graphql(Some(&stage.leader), query, json!({})).await;
        assert_eq!(answer.at("keyResults.nodes"), &json!([
            { "state": "CLOSED", "score": 0.5, "scoring": { "score": 0.5 } },
            { "state": "CLOSED", "score": null, "scoring": { "score": null } },
        ]), "{}", answer.text);
        assert_eq!(answer.at("objectives.nodes"), &json!([{ "score": 0.5 }]));
    }
}
