//! In bulk: what many tasks bring is looked at in a handful of statements.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::Stage;

const TASKS: i64 = 600;
/// Statements of all looks at that many tasks, and what the jobs around them need; one more or less a thousand
/// tasks is the bind limit's.
const HANDFUL: usize = 45;
const OPEN: &str = "SELECT count(*) FROM finding WHERE state = 'OPEN' AND kind = 'WORK_WITHOUT_GOAL'";

both_databases! {
    async fn hundreds_of_tasks_are_a_handful_of_statements(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let database = stage.server.database();
        let tasks: Vec<Value> = (0..200).map(|number| json!({ "title": format!("Step {number}") })).collect();
        let template = json!({ "name": "Big", "tasks": tasks });
        let template = stage.make("projectTemplateCreate", template, "projectTemplate").await;
        for number in 0..3 {
            let input = json!({ "templateId": template, "title": format!("Project {number}") });
            stage.make("projectCreateFromTemplate", input, "project").await;
        }
        database.execute("UPDATE task SET status = 'IN_PROGRESS'").await.expect("written");
        let said = json!({ "tasks": {}, "workClass": "MAINTENANCE", "reason": "It creaks" });
        stage.change("workAcknowledgeMany", said).await;
        assert_eq!(database.number(OPEN).await, 0);
        let _ = stage.log.take();
        stage.change("acknowledgementRevokeMany", json!({ "filter": {} })).await;
        let ran = stage.log.take_of_jobs();
        assert_eq!(database.number(OPEN).await, TASKS);
        assert!(ran.len() <= HANDFUL, "{} statements: {ran:#?}", ran.len());
        let batches = "SELECT count(DISTINCT batch_id) FROM event WHERE subject_kind = 'FINDING'";
        assert_eq!(database.number(batches).await, 1);
        let kept = "SELECT count(*) FROM job WHERE kind = 'LOOK_FOR_FINDINGS'";
        assert_eq!(database.number(kept).await, 0, "what every change asks for is not kept");
        // The daily look finds all as it is, and changes nothing but when it was seen.
        let events = database.number("SELECT count(*) FROM event").await;
        stage.pass_days(1).await;
        assert_eq!(database.number("SELECT count(*) FROM event").await, events);
        let seen = format!("SELECT count(*) FROM finding WHERE last_seen_at = {}", stage.server.clock().now().0);
        assert_eq!(database.number(&seen).await, TASKS);
        // One look a day and organization is done, and the next one waits.
        let audits = |state: &str| {
            format!("SELECT count(*) FROM job WHERE kind = 'AUDIT_ORGANIZATION' AND state = '{state}'")
        };
        assert_eq!(database.number(&audits("DONE")).await, 2);
        assert_eq!(database.number(&audits("WAITING")).await, 2);
        stage.server.stop().await;
    }
}
