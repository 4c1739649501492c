//! Ends by the clock: at once for whoever reads, and noted, with an event, soon after.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::Stage;

const TASK: &str = "query($id: ID!) { task(id: $id) { workClass acknowledgement { reason }
  acknowledgements { nodes { endReason endedAt } } } }";
const EXPIRED: &str = "SELECT count(*) FROM acknowledgement WHERE end_reason = 'EXPIRED'";

both_databases! {
    async fn what_has_passed_its_end_holds_no_more(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let task = stage.make("taskCreate", json!({ "title": "Sweep", "projectIds": [project] }), "task").await;
        let later = stage.make("taskCreate", json!({ "title": "Paint" }), "task").await;
        let say = async |input: Value| stage.change(stage.leader(), "workAcknowledge", input, "acknowledgement { id }").await;
        say(json!({ "projectId": project, "workClass": "MAINTENANCE", "reason": "Dust" })).await;
        // The one that ends later is asked for first and must not put the other off, nor be forgotten after it.
        say(json!({ "taskId": later, "workClass": "OPPORTUNITY", "reason": "A chance", "until": stage.ahead(9) })).await;
        let end = stage.ahead(2);
        say(json!({ "taskId": task, "workClass": "EMERGENCY", "reason": "It burns", "until": end })).await;
        let edited = "SELECT MAX(updated_at) FROM task";
        let last_edit = stage.server.database().number(edited).await;
        stage.pass_days(1);
        let seen = stage.read(stage.leader(), TASK, &task).await;
        assert_eq!(seen["acknowledgement"]["reason"], "It burns");
        stage.pass_days(1);
        // The very moment of its end is the first at which it does not hold; the project's shows through.
        let seen = stage.read(stage.leader(), TASK, &task).await;
        assert_eq!(seen["acknowledgement"]["reason"], "Dust", "{seen}");
        assert_eq!(seen["acknowledgements"]["nodes"], json!([{ "endReason": "EXPIRED", "endedAt": end }]));
        stage.until(EXPIRED, 1).await;
        let seen = stage.read(stage.leader(), TASK, &task).await;
        assert_eq!(seen["workClass"], Value::Null, "{seen}");
        assert_eq!(stage.server.database().number(edited).await, last_edit, "that time is over is no edit of the work");
        let told = "SELECT count(*) FROM event WHERE subject_kind = 'TASK' AND actor_kind = 'SYSTEM' \
             AND current LIKE '%\"acknowledgement\":null%' AND current LIKE '%\"work_class\":null%'";
        assert_eq!(stage.server.database().number(told).await, 1);
        assert_eq!(stage.read(stage.leader(), TASK, &later).await["acknowledgement"]["reason"], "A chance");
        stage.pass_days(30);
        stage.until(EXPIRED, 2).await;
        assert_eq!(stage.read(stage.leader(), TASK, &later).await["workClass"], Value::Null);
        // What has no end has none.
        let open = "SELECT count(*) FROM acknowledgement WHERE ended_at IS NULL";
        assert_eq!(stage.server.database().number(open).await, 1);
        stage.server.stop().await;
    }

    async fn an_end_that_was_put_off_is_the_one_that_counts(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let task = stage.make("taskCreate", json!({ "title": "Sweep" }), "task").await;
        let chance = json!({ "taskId": task, "workClass": "OPPORTUNITY", "reason": "A chance", "until": stage.ahead(1) });
        let chance = stage.make("workAcknowledge", chance, "acknowledgement").await;
        let input = json!({ "id": chance, "until": stage.ahead(5) });
        stage.change(leader, "acknowledgementUpdate", input, "acknowledgement { id }").await;
        stage.pass_days(2);
        // The job was asked for at the first end; it finds nothing to end, and asks for itself at the second.
        stage.until("SELECT count(*) FROM job WHERE kind = 'END_IN_TIME' AND state = 'DONE'", 1).await;
        assert_eq!(stage.read(leader, TASK, &task).await["acknowledgement"]["reason"], "A chance");
        stage.pass_days(4);
        stage.until(EXPIRED, 1).await;
        // One whose time is over is looked back on, and is replaced like any other.
        let input = json!({ "id": chance, "verdict": "STOP" });
        stage.change(leader, "acknowledgementEvaluate", input, "acknowledgement { id }").await;
        let input = json!({ "taskId": task, "workClass": "MAINTENANCE", "reason": "Dust" });
        stage.change(leader, "workAcknowledge", input, "acknowledgement { id }").await;
        let seen = stage.read(leader, TASK, &task).await;
        assert_eq!((&seen["workClass"], &seen["acknowledgement"]["reason"]), (&json!("MAINTENANCE"), &json!("Dust")));
        assert_eq!(seen["acknowledgements"]["nodes"][0]["endReason"], "EXPIRED");
        stage.server.stop().await;
    }
}
