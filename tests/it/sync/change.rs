//! Pausing, going on, and disconnecting.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::stage::Stage;

both_databases! {
    async fn what_is_paused_is_not_synced_until_it_goes_on(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let mut input = stage.jira_input();
        input["minutes"] = json!(15);
        let id = stage.take_in(input).await;
        assert_ne!(stage.integration(&id).await["nextSyncAt"], Value::Null);
        let paused = stage.change("integrationPause", json!({ "id": id }), "integration { state nextSyncAt }").await;
        assert_eq!(paused["integration"], json!({ "state": "PAUSED", "nextSyncAt": null }));
        assert_eq!(stage.refusal("integrationSync", json!({ "id": id })).await.1, "NOT_NOW");
        let asked = stage.jira.requests().len();
        let resumed = stage.change("integrationResume", json!({ "id": id }), "integration { state }").await;
        assert_eq!(resumed["integration"]["state"], "ACTIVE");
        // Its schedule begins at once.
        for _ in 0..600 {
            if stage.latest(&id).await["trigger"] == "SCHEDULE" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let run = stage.over(&id).await;
        assert_eq!((run["trigger"].clone(), run["state"].clone()), (json!("SCHEDULE"), json!("DONE")), "{run}");
        assert!(stage.jira.requests().len() > asked);
    }

    async fn disconnecting_keeps_the_work_or_archives_it_and_forgets_the_credential(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let (_, lists) = stage.trello.add_board("Launch", &["To do"]);
        let issue = stage.jira.create("ACME", "Task", "Of Jira", &[]);
        let card = stage.trello.create_card(&lists[0], "Of Trello");
        let jira = stage.take_in(stage.jira_input()).await;
        let trello = stage.take_in(stage.trello_input()).await;
        for (id, keep) in [(&jira, true), (&trello, false)] {
            let gone = json!({ "id": id, "keepWork": keep });
            let gone = stage.change("integrationDisconnect", gone, "integration { state }").await;
            assert_eq!(gone["integration"]["state"], "DISCONNECTED");
            assert_eq!(stage.refusal("integrationSync", json!({ "id": id })).await.1, "NOT_NOW");
        }
        assert_eq!(stage.task(&issue).await["archivedAt"], Value::Null);
        assert_ne!(stage.task(&card).await["archivedAt"], Value::Null);
        let kept = stage.server.sql("SELECT COUNT(*) AS n FROM integration WHERE credential IS NOT NULL").await;
        assert_eq!(kept[0]["n"], 0);
        // Connected again, what was archived with it comes back as itself.
        let own = stage.task(&card).await["id"].clone();
        stage.take_in(stage.trello_input()).await;
        let back = stage.task(&card).await;
        assert_eq!((back["id"].clone(), back["archivedAt"].clone()), (own, Value::Null));
    }

    async fn an_older_version_is_refused(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let id = stage.take_in(stage.jira_input()).await;
        for mutation in ["integrationPause", "integrationResume"] {
            let input = json!({ "id": id, "expectedVersion": 1 });
            assert_eq!(stage.refusal(mutation, input).await.1, "CONFLICT", "{mutation}");
        }
    }
}
