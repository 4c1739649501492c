//! The order in which a file's goals are locked, and published.

use serde_json::json;
use support::{Backend, ServerOptions, StatementLog, TestDatabase, TestServer, World, both_databases};

use super::{faults, taken};

both_databases! {
    /// Everybody locks key results before objectives; an import, which takes objectives in first, does so too.
    async fn key_results_are_locked_before_objectives(database: TestDatabase) {
        let log = StatementLog::default();
        let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let head = "type,external_id,parent_external_id,title,start,target,current\n";
        taken(&server, token, "CSV", &format!("{head}OBJECTIVE,o,,Grow,,,\nOBJECTIVE,p,,Idle,,,\nKEY_RESULT,k,o,One,0,10,\nKEY_RESULT,l,p,Two,0,10,\n")).await;
        let _ = log.take();
        taken(&server, token, "CSV", &format!("{head}OBJECTIVE,o,,Grow more,,,\nOBJECTIVE,p,,Idle,,,\nKEY_RESULT,k,o,One,0,10,5\nKEY_RESULT,l,p,Two,0,10,\n")).await;
        let locks: Vec<String> = log.take().into_iter().filter(|text| text.contains("FOR NO KEY UPDATE")).collect();
        if server.database().backend() == Backend::Sqlite {
            assert!(locks.is_empty(), "one writer needs none: {locks:#?}");
            return;
        }
        let first = |table: &str| {
            let text = format!("UPDATE OF \"{table}\"");
            locks.iter().position(|lock| lock.contains(&text)).expect("a lock")
        };
        assert!(first("key_result") < first("objective"), "{locks:#?}");
    }

    async fn a_known_draft_is_published_with_key_results_of_the_same_file(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let settings = "UPDATE organization SET settings = '{\"checkNoKeyResult\":\"BLOCK\"}' WHERE slug = 'acme'";
        assert_eq!(server.database().execute(settings).await.expect("written"), 1);
        let head = "type,external_id,parent_external_id,title,state,start,target\n";
        taken(&server, token, "CSV", &format!("{head}OBJECTIVE,o,,Grow,DRAFT,,\n")).await;
        let told = faults(&server, token, "CSV", &format!("{head}OBJECTIVE,o,,Grow,ACTIVE,,\n")).await;
        assert!(told.len() == 1 && told[0].starts_with("2 state NOT_NOW: "), "{told:?}");
        let report = taken(&server, token, "CSV", &format!("{head}OBJECTIVE,o,,Grow more,ACTIVE,,\nKEY_RESULT,k,o,Result,ACTIVE,0,10\n")).await;
        assert_eq!(report["rows"][0]["changes"], json!(["title", "state"]));
        let answer = server.graphql(Some(token), "{ objectives { nodes { title state } } }", json!({})).await;
        assert_eq!(answer.at("objectives.nodes.0"), &json!({ "title": "Grow more", "state": "ACTIVE" }));
    }
}
