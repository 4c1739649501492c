//! Runs against a tool in memory: what comes in, what goes, and what happens when the tool fails or a node dies.

mod tool;

use std::{sync::Arc, time::Duration};

use entity::{IntegrationState, Provider};
use secrecy::SecretString;
use serde_json::Map;

use self::tool::Shelf;
use crate::{
    domain::{
        access::secret::Secret,
        installation::Installation,
        integration::IntegrationRow,
        seal::SealingKeys,
        sync::{
            connect::Connection,
            port::{Credential, ToolError},
            tools::Tools,
        },
        trial::Trial,
    },
    jobs::Runner,
};

const THERE: &str = "SELECT COUNT(*) FROM task WHERE archived_at IS NULL";
const GONE: &str = "SELECT COUNT(*) FROM task WHERE source_deleted_at IS NOT NULL";
const RUNS: &str = "SELECT COUNT(*) FROM sync_run WHERE state = ";
/// 32 bytes in base64.
const KEY: &str = "one:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

struct Stage {
    trial: Trial,
    installation: Installation,
    shelf: Arc<Shelf>,
}

impl Stage {
    async fn on_each_database() -> Vec<Self> {
        Trial::on_each_database().await.into_iter().map(Self::of).collect()
    }

    fn of(trial: Trial) -> Self {
        let shelf = Arc::new(Shelf::default());
        let keys = SealingKeys::from_settings(&[Secret::from(KEY)]).unwrap();
        let tools = Tools::new(vec![Arc::clone(&shelf) as _]);
        let installation = trial.installation.clone().with_tools(tools).with_sealing(keys);
        Self { trial, installation, shelf }
    }

    /// Connects as the leader, who is made an admin.
    async fn connect(&self) -> IntegrationRow {
        self.trial.change_all("UPDATE person SET is_admin = TRUE WHERE name = 'leader'").await;
        let scope = self.installation.scope_of_person(self.trial.leader).await.unwrap();
        let wish = Connection {
            provider: Provider::Jira,
            name: None,
            address: Some("acme".to_owned()),
            credential: Credential::default().with("token", SecretString::from("canary-token")),
            options: Map::new(),
            containers: None,
            team: None,
            visibility: None,
            minutes: None,
        };
        self.installation.connect_tool(&scope, &wish).await.unwrap()
    }

    async fn run_due(&self) {
        Runner::new(&self.installation).run_due().await.unwrap();
    }

    /// Lets time pass until the schedule asks again, and runs.
    async fn next_run(&self) {
        self.pass(15 * 60 + 1);
        self.installation.ask_for_syncs().await.unwrap();
        self.run_due().await;
    }

    fn pass(&self, seconds: i64) {
        let now = self.installation.clock().now();
        self.trial.time.set(now.plus_seconds(seconds));
    }

    async fn number(&self, text: &str) -> i64 {
        self.trial.numbers(text).await[0]
    }

    async fn runs(&self, state: &str) -> i64 {
        self.number(&format!("{RUNS}'{state}'")).await
    }

    async fn integration(&self, id: uuid::Uuid) -> IntegrationRow {
        let scope = self.installation.scope_of_person(self.trial.leader).await.unwrap();
        IntegrationRow::clone(&scope.by_ids(&[id]).await.unwrap()[&id])
    }
}

#[tokio::test]
async fn what_a_tool_has_comes_in_page_by_page_and_what_changes_follows() {
    for stage in Stage::on_each_database().await {
        stage.shelf.add("P", 25);
        stage.shelf.add("Q", 5);
        let integration = stage.connect().await;
        assert_eq!((integration.state, &*integration.site), (IntegrationState::Active, "acme.atlassian.net"));
        stage.run_due().await;
        assert_eq!(stage.number(THERE).await, 30);
        assert_eq!(stage.runs("DONE").await, 1);
        // A first run is told in one event, whatever it made.
        assert_eq!(stage.number("SELECT COUNT(*) FROM event WHERE kind = 'IMPORTED'").await, 1);
        assert_eq!(
            stage
                .number("SELECT COUNT(*) FROM event WHERE kind = 'CREATED' AND current LIKE '%title%'")
                .await,
            0
        );
        assert!(stage.integration(integration.id).await.last_good_sync_at.is_some());

        stage.shelf.rename("P", 3, "Another title");
        let asked = stage.shelf.pulls();
        stage.next_run().await;
        assert_eq!(stage.number("SELECT COUNT(*) FROM task WHERE title = 'Another title'").await, 1);
        assert_eq!(stage.shelf.pulls() - asked, 2, "a page of each project, of what has changed alone");
        assert_eq!(stage.runs("DONE").await, 2);
        assert_eq!(
            stage
                .number("SELECT COUNT(*) FROM event WHERE kind = 'UPDATED' AND current LIKE '%Another%'")
                .await,
            1
        );
    }
}

#[tokio::test]
async fn only_what_the_tool_says_is_gone_is_gone_and_comes_back_as_itself() {
    for stage in Stage::on_each_database().await {
        stage.shelf.add("P", 12);
        stage.connect().await;
        stage.run_due().await;
        stage.shelf.hide("P", 4);
        stage.shelf.delete("P", 5);
        stage.next_run().await;
        assert_eq!(stage.number(GONE).await, 0, "a run that reads what has changed finds nothing missing");
        stage.pass(86_400);
        stage.next_run().await;
        // The hidden one was missing from the list, and there when it was asked for.
        assert_eq!(stage.number(GONE).await, 1);
        assert_eq!(stage.number(THERE).await, 11);
        stage.shelf.restore("P", 5);
        stage.pass(86_400);
        stage.next_run().await;
        assert_eq!((stage.number(GONE).await, stage.number(THERE).await), (0, 12));
        assert_eq!(stage.number("SELECT COUNT(*) FROM task").await, 12, "the same row");
    }
}

#[tokio::test]
async fn what_fails_for_a_time_is_tried_again_from_where_it_was() {
    for stage in Stage::on_each_database().await {
        stage.shelf.add("P", 25);
        let integration = stage.connect().await;
        stage.shelf.fail_after(1, ToolError::TooOften { seconds: 30 });
        stage.run_due().await;
        assert_eq!(stage.number(THERE).await, 10, "the first page stays");
        stage.run_due().await;
        assert_eq!(stage.number(THERE).await, 10, "it waits as long as the tool asks");
        stage.shelf.fail_after(1, ToolError::Unavailable("no answer".to_owned()));
        stage.pass(31);
        stage.run_due().await;
        assert_eq!(stage.number(THERE).await, 20);
        stage.pass(10);
        stage.run_due().await;
        assert_eq!((stage.number(THERE).await, stage.runs("DONE").await), (25, 1));
        assert_eq!(stage.shelf.pulls(), 3 + 2, "no page was read twice but for those that failed");
        assert_eq!(stage.integration(integration.id).await.state, IntegrationState::Active);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_told_and_runs_begin_anew_later() {
    for stage in Stage::on_each_database().await {
        stage.shelf.add("P", 5);
        let integration = stage.connect().await;
        for failures in 1..=3 {
            stage.shelf.fail_after(0, ToolError::Unreadable("no JSON".to_owned()));
            stage.run_due().await;
            assert_eq!(stage.runs("FAILED").await, failures);
            stage.pass(4 * 3_600);
            stage.installation.ask_for_syncs().await.unwrap();
        }
        let row = stage.integration(integration.id).await;
        assert_eq!((row.state, row.last_error.as_deref()), (IntegrationState::Failing, Some("no JSON")));
        stage.run_due().await;
        let row = stage.integration(integration.id).await;
        assert_eq!((row.state, row.last_error, row.failures), (IntegrationState::Active, None, 0));
        assert_eq!(stage.number(THERE).await, 5);

        // Who is not let in any more waits for somebody.
        stage
            .shelf
            .fail_after(0, ToolError::Unauthorized("the token has ended: make another one".to_owned()));
        stage.next_run().await;
        let row = stage.integration(integration.id).await;
        assert_eq!(row.state, IntegrationState::Paused);
        assert_eq!(row.last_error.as_deref(), Some("the token has ended: make another one"));
        stage.pass(86_400);
        assert_eq!(stage.installation.ask_for_syncs().await.unwrap(), 0);
        assert_eq!(stage.connect().await.id, integration.id, "connected again it goes on");
        stage.run_due().await;
        assert_eq!(stage.integration(integration.id).await.state, IntegrationState::Active);
    }
}

#[tokio::test]
async fn a_node_that_dies_loses_the_page_that_it_was_at_and_no_more() {
    for stage in Stage::on_each_database().await {
        stage.shelf.add("P", 45);
        stage.connect().await;
        stage.shelf.stand_still_after(2);
        let runner = Runner::new(&stage.installation);
        let dead = tokio::time::timeout(Duration::from_millis(1_500), runner.run_due()).await;
        assert!(dead.is_err(), "it waits for the tool and is gone");
        assert_eq!(stage.number(THERE).await, 20);
        stage.run_due().await;
        assert_eq!(stage.number(THERE).await, 20, "its lease is not over");
        if stage.number("SELECT COUNT(*) FROM job WHERE kind = 'SYNC_INTEGRATION' AND lease_until > 0").await
            == 1
        {
            // Leases go by the database's clock where it has one.
            stage.trial.change_all("UPDATE job SET lease_until = 1").await;
        }
        stage.run_due().await;
        assert_eq!((stage.number(THERE).await, stage.runs("DONE").await), (45, 1));
    }
}

#[tokio::test]
async fn the_credential_is_stored_sealed() {
    let stage = Stage::of(Trial::new().await);
    stage.shelf.add("P", 1);
    stage.connect().await;
    let held = "SELECT COUNT(*) FROM integration WHERE credential_key_id = 'one' \
                AND instr(credential, CAST('canary-token' AS BLOB)) = 0";
    assert_eq!(stage.number(held).await, 1);
    assert_eq!(stage.shelf.heard(), ["canary-token"]);
    stage.run_due().await;
    assert!(stage.shelf.heard().iter().all(|token| token == "canary-token"));
}
