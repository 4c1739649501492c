//! At once: of several acknowledgements one holds, and a start passes the gate by what is there when it does.

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::Stage;

both_databases! {
    async fn of_many_acknowledgements_at_once_one_holds(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let task = stage.make("taskCreate", json!({ "title": "Sweep", "projectIds": [project] }), "task").await;
        let says = (0..10).flat_map(|number| {
            let class = ["MAINTENANCE", "TECHNICAL_DEBT", "OPPORTUNITY"][number % 3];
            [("projectId", &project), ("taskId", &task)].map(|(key, work)| {
                let input = json!({ key: work, "workClass": class, "reason": format!("Number {number}") });
                stage.change(stage.leader(), "workAcknowledge", input, "acknowledgement { id }")
            })
        });
        let bulk = json!({ "tasks": {}, "projects": {}, "workClass": "MAINTENANCE", "reason": "All of it" });
        let bulk = stage.change(stage.leader(), "workAcknowledgeMany", bulk, "acknowledged");
        let (said, _) = futures_util::future::join(join_all(says), bulk).await;
        assert_eq!(said.len(), 20);
        let database = stage.server.database();
        for work in ["project", "task"] {
            let of = format!("FROM acknowledgement WHERE {work}_id IS NOT NULL");
            assert_eq!(database.number(&format!("SELECT count(*) {of} AND ended_at IS NULL")).await, 1, "{work}");
            assert_eq!(database.number(&format!("SELECT count(*) {of} AND end_reason = 'REPLACED'")).await, 10, "{work}");
            // The class that the work bears is that of the one that holds.
            let torn = format!(
                "SELECT count(*) FROM {work} AS work JOIN acknowledgement AS said ON said.{work}_id = work.id \
                 WHERE said.ended_at IS NULL AND work.work_class <> said.work_class"
            );
            assert_eq!(database.number(&torn).await, 0, "{work}");
        }
        stage.server.stop().await;
    }

    async fn a_start_and_a_waiver_at_once_come_one_after_the_other(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        stage.set_gate("BLOCK").await;
        let mut passed = 0;
        for number in 0..8 {
            let project = stage.make("projectCreate", json!({ "title": format!("Number {number}") }), "project").await;
            let waive = json!({ "projectId": project, "reason": "It must start", "until": stage.ahead(1) });
            let start = json!({ "id": project, "state": "IN_PROGRESS" });
            let (waived, started) = futures_util::future::join(
                stage.change(leader, "gateWaive", waive, "gateWaiver { id }"),
                stage.mutate(leader, "projectUpdate", start.clone(), "project { state }"),
            )
            .await;
            let refused = started.user_errors("projectUpdate");
            assert!(started.errors().is_empty(), "{}", started.text);
            if refused.is_empty() {
                passed += 1;
                // It passed by the waiver: the event of that came first.
                let key = project.as_str().expect("an id").trim_start_matches("prj_").to_owned();
                let events = stage.server.sql(
                    "SELECT subject_id, current FROM event WHERE subject_kind = 'PROJECT' AND kind = 'UPDATED' ORDER BY sequence").await;
                let of_it: Vec<&Value> = events
                    .iter()
                    .filter(|event| event["subject_id"].as_str().expect("a key").replace('-', "") == key)
                    .map(|event| &event["current"])
                    .collect();
                assert_eq!(of_it.len(), 2, "{of_it:?}");
                assert!(of_it[0].as_str().expect("JSON").contains("gate_waiver"), "{of_it:?}");
            } else {
                assert_eq!(refused[0].code, "NOT_NOW");
                // Whoever asks again finds the waiver.
                stage.change(leader, "projectUpdate", start.clone(), "project { state }").await;
            }
            // And a waiver that is taken back while the project starts again.
            stage.change(leader, "projectUpdate", json!({ "id": project, "state": "PAUSED" }), "project { id }").await;
            let revoke = json!({ "id": waived["gateWaiver"]["id"] });
            let (_, again) = futures_util::future::join(
                stage.change(leader, "gateWaiverRevoke", revoke, "gateWaiver { id }"),
                stage.mutate(leader, "projectUpdate", start, "project { state }"),
            )
            .await;
            assert!(again.errors().is_empty(), "{}", again.text);
            for error in again.user_errors("projectUpdate") {
                assert_eq!(error.code, "NOT_NOW", "{}", again.text);
            }
        }
        assert!(passed <= 8);
        let open = "SELECT count(*) FROM gate_waiver WHERE ended_at IS NULL";
        assert_eq!(stage.server.database().number(open).await, 0);
        stage.server.stop().await;
    }
}
