//! What waits for a person's word does not count where the organization requires it, in numbers and lists alike.

use serde_json::json;
use support::{TestServer, World, both_databases};

const LISTS: &str = "query($id: ID!) {
  keyResult(id: $id) { workProgress
    projects { totalCount nodes { title } } tasks { totalCount nodes { title } }
    objective { projects { totalCount nodes { title } } tasks { totalCount nodes { title } } } }
  byProject: keyResults(filter: { projects: { some: { title: { eq: \"Waits\" } } } }) { totalCount }
}";

both_databases! {
    async fn lists_of_counted_work_leave_out_what_waits_for_a_word(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.clone();
        let make = async |field: &str, input, part: &str| {
            server.change(&leader, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let objective = make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Worked", "progressSource": "WORK" });
        let goal = make("keyResultCreate", input, "keyResult").await;
        for title in ["Said", "Waits"] {
            let project = make("projectCreate", json!({ "title": title, "state": "DONE" }), "project").await;
            let task = make("taskCreate", json!({ "title": title }), "task").await;
            for (end, work) in [("projectId", &project), ("taskId", &task)] {
                for (target, id) in [("keyResultId", &goal), ("objectiveId", &objective)] {
                    make("alignmentLinkCreate", json!({ end: work, target: id }), "alignmentLink").await;
                }
            }
        }
        // As a reference in a tool makes a link: nobody has confirmed it.
        for (table, column) in [("project", "project_id"), ("task", "task_id")] {
            let waits = format!("UPDATE alignment_link SET confirmed_at = NULL, confirmed_by_id = NULL \
                WHERE {column} IN (SELECT id FROM {table} WHERE title = 'Waits')");
            assert_eq!(server.database().execute(&waits).await.expect("written"), 2);
        }
        let lists = async || server.graphql(Some(&leader), LISTS, json!({ "id": goal })).await;
        let before = lists().await;
        for path in ["keyResult.projects", "keyResult.tasks", "keyResult.objective.projects", "keyResult.objective.tasks"] {
            assert_eq!(before.at(&format!("{path}.totalCount")), &json!(2), "{}", before.text);
        }
        assert_eq!(before.at("byProject.totalCount"), &json!(1));
        let input = json!({ "settings": { "requireConfirm": true } });
        server.change(&leader, "organizationUpdate", input, "organization { id }").await;
        let after = lists().await;
        for path in ["keyResult.projects", "keyResult.tasks", "keyResult.objective.projects", "keyResult.objective.tasks"] {
            assert_eq!(after.at(&format!("{path}.totalCount")), &json!(1), "{}", after.text);
            assert_eq!(after.at(&format!("{path}.nodes")), &json!([{ "title": "Said" }]), "{}", after.text);
        }
        assert_eq!(after.at("byProject.totalCount"), &json!(0));
    }
}
