//! Connecting: what is asked first, who may, and what is said of an input that does not work.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::stage::Stage;

const TEST: &str = "account { name email site } containerCount containers { externalKey title archived }";

/// What of an input a test takes.
fn tool_of(input: &Value) -> Value {
    let mut tool = input.clone();
    tool.as_object_mut().expect("an input").retain(|name, _| name == "jira" || name == "trello");
    tool
}

both_databases! {
    async fn a_test_tells_whom_and_what_a_credential_reaches_and_stores_nothing(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        stage.jira.add_project("BOLT", "Bolt");
        let told = stage.change("integrationTest", tool_of(&stage.jira_input()), TEST).await;
        assert_eq!(told["account"]["email"], stage.jira.email());
        assert_eq!(told["containerCount"], 2);
        assert_eq!(told["containers"][0], json!({ "externalKey": "ACME", "title": "Acme", "archived": false }));
        let answer = stage.ask(stage.admin(), "{ integrations { totalCount } }", json!({})).await;
        assert_eq!(answer.data()["integrations"]["totalCount"], 0);
    }

    async fn what_does_not_work_is_said_where_it_can_be_mended(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let with = |path: [&str; 2], value: Value| {
            let mut input = stage.jira_input();
            input[path[0]][path[1]] = value;
            input
        };
        let cases = [
            (json!({}), "", "REQUIRED"),
            (with(["jira", "apiToken"], json!(" ")), "input.jira.apiToken", "REQUIRED"),
            (with(["jira", "apiToken"], json!("wrong")), "input.jira.apiToken", "INVALID"),
            (with(["jira", "site"], json!("http://169.254.169.254/")), "input.jira.site", "INVALID"),
            (with(["jira", "site"], json!("http://localhost:1/")), "input.jira.site", "INVALID"),
            (with(["jira", "site"], json!("file:///etc/passwd")), "input.jira.site", "INVALID"),
        ];
        for (input, field, code) in cases {
            for mutation in ["integrationTest", "integrationConnect"] {
                let (at, is, why) = stage.refusal(mutation, tool_of(&input)).await;
                assert_eq!((at.as_str(), is.as_str()), (field, code), "{mutation} {input}: {why}");
            }
        }
        let mut input = stage.jira_input();
        input["containers"] = json!(["ACME", "NONE"]);
        let (at, code, why) = stage.refusal("integrationConnect", input).await;
        assert_eq!((at.as_str(), code.as_str()), ("input.containers", "NOT_FOUND"), "{why}");
        assert!(why.starts_with("NONE"), "{why}");
        let mut input = stage.jira_input();
        input["minutes"] = json!(20_000);
        assert_eq!(stage.refusal("integrationConnect", input).await.0, "input.minutes");
        let mut both = stage.jira_input();
        both["trello"] = stage.trello_input()["trello"].clone();
        assert_eq!(stage.refusal("integrationConnect", both).await.1, "INVALID");
        let answer = stage.ask(stage.admin(), "{ integrations { totalCount } }", json!({})).await;
        assert_eq!(answer.data()["integrations"]["totalCount"], 0);
    }

    async fn nobody_but_an_admin_makes_us_call_anybody(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        for who in [&company.leader, &company.manager, &company.individual] {
            for mutation in ["integrationTest", "integrationConnect"] {
                let answer = stage.server.mutate(Some(&who.token), mutation, tool_of(&stage.jira_input()), "__typename").await;
                assert_eq!(answer.error_code(), "FORBIDDEN", "{}", answer.text);
            }
        }
        assert!(stage.jira.requests().is_empty());
    }

    async fn what_is_chosen_comes_in_and_the_rest_does_not(database: TestDatabase) {
        let stage = Stage::set(database).await;
        for (key, name) in [("ACME", "Acme"), ("BOLT", "Bolt")] {
            stage.jira.add_project(key, name);
            stage.jira.create(key, "Task", &format!("Of {name}"), &[]);
        }
        let mut input = stage.jira_input();
        input["containers"] = json!(["BOLT"]);
        let id = stage.take_in(input).await;
        let titles: Vec<Value> = stage.tasks().await.into_values().map(|task| task["title"].clone()).collect();
        assert_eq!(titles, ["Of Bolt"]);
        let containers = stage.containers(&id).await;
        let acme = containers.values().find(|container| container["externalKey"] == "ACME").expect("it is reached");
        assert_eq!((acme["isTaken"].clone(), acme["readUntil"].clone()), (json!(false), Value::Null));
        let chosen = json!({ "id": id, "containers": [{ "id": acme["id"], "isTaken": true }] });
        stage.change("integrationContainersSet", chosen, "integration { id }").await;
        assert_eq!(stage.over(&id).await["state"], "DONE");
        assert_eq!(stage.tasks().await.len(), 2);
    }

    async fn a_tool_that_is_connected_again_goes_on_as_the_same(database: TestDatabase) {
        let stage = Stage::set(database).await;
        stage.jira.add_project("ACME", "Acme");
        let issue = stage.jira.create("ACME", "Task", "One", &[]);
        let first = stage.take_in(stage.jira_input()).await;
        let task = stage.task(&issue).await;
        let gone = json!({ "id": first, "keepWork": true });
        stage.change("integrationDisconnect", gone, "integration { state }").await;
        stage.jira.set_token("fresh");
        let second = stage.take_in(stage.jira_input()).await;
        assert_eq!(first, second);
        assert_eq!(stage.task(&issue).await["id"], task["id"]);
        assert_eq!(stage.latest(&second).await["unchangedCount"], 2);
        assert_eq!(stage.integration(&second).await["archivedAt"], Value::Null);
    }
}
