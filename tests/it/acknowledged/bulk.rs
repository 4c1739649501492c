//! In bulk: thousands of rows in a handful of statements and one batch of events.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id, team_id};

const COUNTS: &str = "acknowledged unchanged skipped hasMore dryRun works { task { id } project { id } acknowledgement { id } }";
const BACK: &str = "revoked unchanged skipped hasMore works { task { id } acknowledgement { endReason } }";
/// Statements for ten thousand rows: by the bind limit, seven to insert them and five for their events; a row
/// more or less is no statement.
const HANDFUL: usize = 30;

fn counts(answer: &Value, done: &str) -> (u64, u64, u64, bool) {
    let count = |name: &str| answer[name].as_u64().expect("a count");
    (count(done), count("unchanged"), count("skipped"), answer["hasMore"].as_bool().expect("a flag"))
}

both_databases! {
    async fn thousands_are_a_handful_of_statements(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let tasks: Vec<Value> = (0..200).map(|number| json!({ "title": format!("Step {number}") })).collect();
        let template = json!({ "name": "Big", "tasks": tasks });
        let template = stage.make("projectTemplateCreate", template, "projectTemplate").await;
        for number in 0..51 {
            let input = json!({ "templateId": template, "title": format!("Project {number}") });
            stage.make("projectCreateFromTemplate", input, "project").await;
        }
        let say = json!({ "tasks": { "status": { "eq": "TODO" } }, "workClass": "MAINTENANCE", "reason": "It creaks" });
        let mut dry = say.clone();
        dry["dryRun"] = true.into();
        let told = stage.change(leader, "workAcknowledgeMany", dry, COUNTS).await;
        assert_eq!(counts(&told, "acknowledged"), (10_000, 0, 0, true));
        assert_eq!((&told["dryRun"], &told["works"][0]["acknowledgement"]), (&json!(true), &Value::Null));
        assert_eq!(stage.server.database().number("SELECT count(*) FROM acknowledgement").await, 0, "it was only told");

        let _ = stage.log.take();
        let done = stage.change(leader, "workAcknowledgeMany", say.clone(), "acknowledged unchanged skipped hasMore").await;
        let ran = stage.ran();
        assert_eq!(counts(&done, "acknowledged"), (10_000, 0, 0, true));
        assert!(ran.len() <= HANDFUL, "{} statements for ten thousand rows: {ran:#?}", ran.len());
        let database = stage.server.database();
        let told = "FROM event WHERE subject_kind = 'TASK' AND current LIKE '%\"acknowledgement\":{%'";
        assert_eq!(database.number(&format!("SELECT count(*) {told}")).await, 10_000);
        assert_eq!(database.number(&format!("SELECT count(DISTINCT batch_id) {told}")).await, 1);
        assert_eq!(database.number("SELECT count(*) FROM task WHERE work_class = 'MAINTENANCE' AND version = 2").await, 10_000);
        // Again, and nothing changes; without those that bear the class already, the rest is reached.
        let again = stage.change(leader, "workAcknowledgeMany", say.clone(), COUNTS).await;
        assert_eq!(counts(&again, "acknowledged"), (0, 10_000, 0, true));
        let mut rest = say;
        rest["tasks"] = json!({ "workClass": { "neq": "MAINTENANCE" } });
        let rest = stage.change(leader, "workAcknowledgeMany", rest, COUNTS).await;
        assert_eq!(counts(&rest, "acknowledged"), (200, 0, 0, false));
        assert_eq!(rest["works"].as_array().expect("a list").len(), 50, "a page of what was done");
        assert!(rest["works"][0]["task"]["id"].is_string() && rest["works"][0]["acknowledgement"]["id"].is_string());

        // Whoever has no right on any of them skips all.
        let input = json!({ "filter": { "workClass": { "eq": "MAINTENANCE" } } });
        let none = stage.change(&stage.world.a.colleague, "acknowledgementRevokeMany", input.clone(), BACK).await;
        assert_eq!(counts(&none, "revoked"), (0, 0, 10_000, true));
        let _ = stage.log.take();
        let back = stage.change(leader, "acknowledgementRevokeMany", input, "revoked unchanged skipped hasMore").await;
        let ran = stage.ran();
        assert_eq!(counts(&back, "revoked"), (10_000, 0, 0, true));
        assert!(ran.len() <= HANDFUL, "{} statements for ten thousand rows: {ran:#?}", ran.len());
        let open = "SELECT count(*) FROM acknowledgement WHERE ended_at IS NULL";
        assert_eq!(database.number(open).await, 200);
        assert_eq!(database.number("SELECT count(*) FROM task WHERE work_class IS NOT NULL").await, 200);
        stage.server.stop().await;
    }

    async fn what_one_may_not_change_is_skipped_and_counted(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let mut mine = Vec::new();
        for (title, owner, team) in [
            ("Mine", &company.individual, None),
            ("Built", &company.leader, Some(company.build_team)),
            ("Sold", &company.leader, Some(company.sales_team)),
            ("Hers", &company.leader, None),
        ] {
            let input = json!({ "title": title, "ownerId": person_id(owner), "teamId": team.map(team_id) });
            let project = stage.make("projectCreate", input, "project").await;
            let input = json!({ "title": format!("Task of {title}"), "projectIds": [project] });
            mine.push(stage.make("taskCreate", input, "task").await);
        }
        let secret = json!({ "title": "Secret", "visibility": "PRIVATE" });
        stage.make("projectCreate", secret, "project").await;
        let archived = stage.make("projectCreate", json!({ "title": "Old" }), "project").await;
        stage.change(stage.leader(), "projectArchive", json!({ "id": archived }), "project { id }").await;
        let say = |more: Value| {
            let mut input = json!({ "workClass": "TECHNICAL_DEBT", "reason": "Rot", "dryRun": true });
            for (name, value) in more.as_object().expect("an object") {
                input[name] = value.clone();
            }
            input
        };
        // Four projects and four tasks are seen by all but the leader, who sees the secret too.
        for (who, done, skipped) in [
            (&company.individual, 2, 6),
            // The task of a project without a team is nobody's of the manager's people.
            (&company.manager, 3, 5),
            (&company.colleague, 0, 8),
            (&company.admin, 0, 8),
            (&company.leader, 9, 0),
        ] {
            let answer = stage.change(who, "workAcknowledgeMany", say(json!({ "tasks": {}, "projects": {} })), COUNTS).await;
            assert_eq!(counts(&answer, "acknowledged"), (done, 0, skipped, false), "{}", who.email);
        }
        let individual = &company.individual;
        assert_eq!(stage.refusal(individual, "workAcknowledgeMany", say(json!({}))).await, "REQUIRED tasks");
        assert_eq!(stage.refusal(individual, "workAcknowledgeMany", say(json!({ "tasks": {}, "reason": "" }))).await, "REQUIRED reason");
        // What one person wrote is taken back by another where they have the right on the work.
        let input = json!({ "tasks": {}, "projects": {}, "workClass": "MAINTENANCE", "reason": "Dust" });
        let done = stage.change(stage.leader(), "workAcknowledgeMany", input, COUNTS).await;
        assert_eq!(counts(&done, "acknowledged"), (9, 0, 0, false));
        let ids: Vec<Value> = done["works"].as_array().expect("a list").iter().map(|work| work["acknowledgement"]["id"].clone()).collect();
        let unseen = stage.refusal(individual, "acknowledgementRevokeMany", json!({ "ids": ids })).await;
        assert_eq!(unseen, "NOT_FOUND ids", "one of them is of a secret project");
        let input = json!({ "filter": { "project": { "title": { "eq": "Mine" } } } });
        let back = stage.change(individual, "acknowledgementRevokeMany", input, BACK).await;
        assert_eq!(counts(&back, "revoked"), (1, 0, 0, false));
        let back = stage.change(stage.leader(), "acknowledgementRevokeMany", json!({ "ids": ids }), BACK).await;
        assert_eq!(counts(&back, "revoked"), (8, 1, 0, false));
        assert_eq!(back["works"][0]["acknowledgement"]["endReason"], "REVOKED");
        assert_eq!(stage.refusal(individual, "acknowledgementRevokeMany", json!({})).await, "REQUIRED ids");
        stage.server.stop().await;
    }

    async fn what_is_taken_back_is_told_with_tasks_before_projects(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let task = stage.make("taskCreate", json!({ "title": "Sweep" }), "task").await;
        let mut ids = Vec::new();
        for (key, work) in [("projectId", &project), ("taskId", &task)] {
            let input = json!({ key: work, "workClass": "MAINTENANCE", "reason": "Dust" });
            ids.push(stage.make("workAcknowledge", input, "acknowledgement").await);
        }
        let selection = "works { task { id } project { id } }";
        let told = json!([{ "task": { "id": task }, "project": null }, { "task": null, "project": { "id": project } }]);
        let by_filter = json!({ "filter": {}, "dryRun": true });
        for input in [by_filter, json!({ "ids": ids })] {
            let back = stage.change(stage.leader(), "acknowledgementRevokeMany", input, selection).await;
            assert_eq!(back["works"], told);
        }
        stage.server.stop().await;
    }
}
