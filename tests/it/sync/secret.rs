//! What proves to a tool who we are goes in and comes out nowhere (CONFORMANCE row 27).

use std::time::Duration;

use serde_json::json;
use support::{TestDatabase, both_databases, fake::Failure};

use super::stage::Stage;

both_databases! {
    async fn a_credential_shows_in_no_answer_and_no_row(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let secrets = [stage.jira.token(), stage.trello.key(), stage.trello.token(), stage.trello.secret()];
        let mut texts = Vec::new();
        let mut refused = stage.jira_input();
        refused["minutes"] = json!(-1);
        for (mutation, input) in [
            ("integrationTest", json!({ "jira": stage.jira_input()["jira"] })),
            ("integrationTest", json!({ "trello": stage.trello_input()["trello"] })),
            ("integrationConnect", refused),
        ] {
            let answer = stage.server.mutate(Some(&stage.admin().token), mutation, input, "__typename").await;
            texts.push(answer.text);
        }
        let jira = stage.take_in(stage.jira_input()).await;
        let trello = stage.take_in(stage.trello_input()).await;
        for id in [&jira, &trello] {
            texts.push(stage.integration(id).await.to_string());
        }
        stage.jira.fail_next(Failure::Status(400), 1);
        stage.trello.fail_next(Failure::Status(400), 1);
        for id in [&jira, &trello] {
            texts.push(stage.sync(id, true).await.to_string());
            texts.push(stage.integration(id).await.to_string());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        for (table, columns) in [
            ("integration", "settings || coalesce(address, '') || coalesce(last_error, '') || coalesce(account, '')"),
            ("job", "payload || coalesce(last_error, '')"),
            ("event", "coalesce(previous, '') || current"),
            ("sync_run", "coalesce(place, '') || coalesce(error, '')"),
        ] {
            for row in stage.server.sql(&format!("SELECT {columns} AS all_of_it FROM {table}")).await {
                texts.push(row["all_of_it"].to_string());
            }
        }
        for row in stage.server.sql("SELECT credential FROM integration").await {
            texts.push(row["credential"].to_string());
        }
        for secret in &secrets {
            let digits: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for text in &texts {
                let text = text.to_ascii_lowercase();
                assert!(!text.contains(&secret.to_ascii_lowercase()) && !text.contains(&digits), "{text}");
            }
        }
    }
}
