//! A tool that fails, cuts off, or asks to come later: nothing is lost, and whoever can mend it is told.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    TestDatabase, both_databases,
    fake::{Failure, Faults},
};

use super::stage::Stage;

both_databases! {
    async fn what_fails_for_a_time_is_tried_again_and_nothing_is_missing(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let jira = &stage.jira;
        jira.add_project("ACME", "Acme");
        jira.set_page_most(Some(5));
        for number in 0..40 {
            jira.create("ACME", "Task", &format!("Task {number}"), &[]);
        }
        let bad = Faults { too_often: 10, retry_after_seconds: 1, failed: 10, cut: 10, ..Faults::default() };
        let id = stage.connect(stage.jira_input()).await;
        jira.set_faults(bad);
        let run = stage.over(&id).await;
        assert_eq!(run["state"], "DONE", "{run}");
        assert_eq!(stage.tasks().await.len(), 40);
        assert_eq!(stage.integration(&id).await["failures"], 0);
    }

    async fn whoever_is_not_let_in_any_more_waits_for_an_admin(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let issue = stage.jira.create("ACME", "Task", "One", &[]);
        let id = stage.take_in(stage.jira_input()).await;
        stage.jira.set_token("another");
        let run = stage.sync(&id, false).await;
        assert_eq!(run["state"], "FAILED");
        let integration = stage.integration(&id).await;
        assert_eq!((integration["state"].clone(), integration["failures"].clone()), (json!("PAUSED"), json!(1)));
        assert!(integration["lastError"].as_str().is_some_and(|why| why.contains("does not accept the credential")), "{integration}");
        assert_eq!(integration["nextSyncAt"], Value::Null);
        // What came in before stays as it is.
        assert_eq!(stage.task(&issue).await["archivedAt"], Value::Null);
        let (_, code, why) = stage.refusal("integrationSync", json!({ "id": id })).await;
        assert_eq!(code, "NOT_NOW", "{why}");
        // Connected with the new token it goes on.
        let run = {
            stage.connect(stage.jira_input()).await;
            stage.over(&id).await
        };
        assert_eq!(run["state"], "DONE", "{run}");
        let integration = stage.integration(&id).await;
        assert_eq!((integration["state"].clone(), integration["lastError"].clone()), (json!("ACTIVE"), Value::Null));
    }

    async fn the_third_failure_in_a_row_is_called_failing(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let id = stage.take_in(stage.jira_input()).await;
        for failures in 1..=3 {
            // Not a failure that may pass: the run ends at once.
            stage.jira.fail_next(Failure::Status(400), 1);
            assert_eq!(stage.sync(&id, false).await["state"], "FAILED");
            let integration = stage.integration(&id).await;
            assert_eq!(integration["failures"], failures);
            assert_eq!(integration["state"], if failures < 3 { "ACTIVE" } else { "FAILING" });
        }
        assert_eq!(stage.sync(&id, false).await["state"], "DONE");
        let integration = stage.integration(&id).await;
        assert_eq!((integration["state"].clone(), integration["failures"].clone()), (json!("ACTIVE"), json!(0)));
    }

    async fn a_run_that_nobody_works_at_any_more_is_ended_and_the_next_one_begins(database: TestDatabase) {
        let stage = Stage::set(database.clone()).await;
        stage.jira.add_project("ACME", "Acme");
        stage.jira.create("ACME", "Task", "One", &[]);
        let id = stage.take_in(stage.jira_input()).await;
        stage.jira.fail_next(Failure::TooOften { seconds: 3_600 }, 1);
        stage.change("integrationSync", json!({ "id": id }), "syncRun { id }").await;
        put_off(&stage, &database).await;
        // As the queue does after failures of ours in a row.
        let gives_up = "UPDATE job SET state = 'DEAD' WHERE kind = 'SYNC_INTEGRATION' AND state = 'WAITING'";
        assert_eq!(database.execute(gives_up).await.expect("a statement"), 1);
        let run = stage.over(&id).await;
        assert_eq!(run["state"], "FAILED", "{run}");
        assert!(run["error"].as_str().is_some_and(|why| why.contains("begun too often")), "{run}");
        let integration = stage.integration(&id).await;
        assert_eq!((integration["state"].clone(), integration["failures"].clone()), (json!("ACTIVE"), json!(1)));
        assert_eq!(stage.sync(&id, false).await["state"], "DONE");
    }

    async fn a_full_run_that_is_asked_for_meanwhile_follows(database: TestDatabase) {
        let stage = Stage::set(database.clone()).await;
        stage.jira.add_project("ACME", "Acme");
        stage.jira.create("ACME", "Task", "One", &[]);
        let id = stage.take_in(stage.jira_input()).await;
        stage.jira.fail_next(Failure::TooOften { seconds: 2 }, 1);
        stage.change("integrationSync", json!({ "id": id }), "syncRun { id }").await;
        put_off(&stage, &database).await;
        let open = stage.latest(&id).await;
        let asked = stage.change("integrationSync", json!({ "id": id, "full": true }), "syncRun { id isFull }").await;
        assert_eq!(asked["syncRun"], json!({ "id": open["id"], "isFull": false }));
        let mut run = stage.over(&id).await;
        while run["id"] == open["id"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
            run = stage.over(&id).await;
        }
        assert_eq!((run["isFull"].clone(), run["state"].clone()), (json!(true), json!("DONE")), "{run}");
    }
}

/// Waits until the run under way was put off by its tool.
async fn put_off(stage: &Stage, database: &TestDatabase) {
    let waiting = "SELECT COUNT(*) AS n FROM job WHERE kind = 'SYNC_INTEGRATION' AND state = 'WAITING' \
                   AND fencing_token > 0";
    for _ in 0..400 {
        if database.number(waiting).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it was not put off: {:?}", stage.tasks().await);
}
