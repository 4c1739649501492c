//! Values and confidences of a file: check-ins that are rolled up together.

use serde_json::{Value, json};
use support::{ServerOptions, StatementLog, TestDatabase, TestServer, World, both_databases};

use super::{faults, import, state, taken};

const ASKED: &str = "{ keyResults(sort: [{ field: NUMBER, order: ASC }]) { nodes { start current confidence reportedHealth progress
  checkIns { nodes { value confidence health progress } } } } }";

async fn key_results(server: &TestServer, token: &str) -> Value {
    server.graphql(Some(token), ASKED, json!({})).await.at("keyResults.nodes").clone()
}

fn newest(key_result: &Value) -> &Value {
    key_result["checkIns"]["nodes"].as_array().and_then(|nodes| nodes.last()).expect("a check-in")
}

both_databases! {
    async fn many_check_ins_are_rolled_up_once(database: TestDatabase) {
        let log = StatementLog::default();
        let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let file = |count: usize, current: usize| {
            let rows = (0..count).map(|number| format!("KEY_RESULT,k{number},o,Result,0,10,{current}\n"));
            format!("type,external_id,parent_external_id,title,start,target,current\nOBJECTIVE,o,,Grow,,,\n{}", rows.collect::<String>())
        };
        let database = server.database();
        taken(&server, token, "CSV", &file(30, 2)).await;
        // One point for each goal: none for numbers in between.
        assert_eq!(database.number("SELECT COUNT(*) FROM progress_point WHERE key_result_id IS NOT NULL").await, 30);
        assert_eq!(database.number("SELECT COUNT(*) FROM progress_point WHERE objective_id IS NOT NULL").await, 1);
        assert_eq!(database.number("SELECT COUNT(*) FROM progress_point WHERE source = 'CHECK_IN'").await, 31);
        let _ = log.take();
        taken(&server, token, "CSV", &file(30, 5)).await;
        let looks = log.take().iter().filter(|text| text.contains("weight, state, archived_at, progress, kind FROM key_result")).count();
        assert_eq!(looks, 1, "the members of the objective are summed up once");
        assert_eq!(database.number("SELECT COUNT(*) FROM progress_point WHERE objective_id IS NOT NULL").await, 2);
        for row in key_results(&server, token).await.as_array().expect("rows") {
            assert_eq!((&row["current"], &row["progress"]), (&json!("5"), &json!(0.5)));
            let told: Vec<&Value> = row["checkIns"]["nodes"].as_array().expect("check-ins").iter().map(|one| &one["progress"]).collect();
            assert_eq!(told, [&json!(0.2), &json!(0.5)], "each keeps the number that the file led to");
        }
        let answer = server.graphql(Some(token), "{ objectives { nodes { progress } } }", json!({})).await;
        assert_eq!(answer.at("objectives.nodes.0.progress"), &json!(0.5));
    }

    /// What a file changes of a goal and what it says of its value come to one number.
    async fn a_check_in_keeps_the_number_after_the_whole_file(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let head = "type,external_id,parent_external_id,title,start,target,current\nOBJECTIVE,o,,Grow,,,\n";
        taken(&server, token, "CSV", &format!("{head}KEY_RESULT,k,o,Result,0,10,1\n")).await;
        let report = taken(&server, token, "CSV", &format!("{head}KEY_RESULT,k,o,Result,0,20,5\n")).await;
        assert_eq!(report["rows"][1]["changes"], json!(["target", "current"]));
        let row = &key_results(&server, token).await[0];
        assert_eq!(newest(row)["progress"], json!(0.25));
        assert_eq!((&row["progress"], &row["current"]), (&json!(0.25), &json!("5")));
        assert_eq!(server.database().number("SELECT COUNT(*) FROM progress_point WHERE key_result_id IS NOT NULL").await, 2);
    }

    async fn what_a_file_does_not_say_stays_as_somebody_said_it(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        taken(&server, token, "CSV", "type,external_id,parent_external_id,title,start,target\nOBJECTIVE,o,,Grow,,\nKEY_RESULT,k,o,Result,0,10\n").await;
        let answer = server.graphql(Some(token), "{ keyResults { nodes { id } } }", json!({})).await;
        let input = json!({ "keyResultId": answer.at("keyResults.nodes.0.id"), "value": "2", "confidence": 0.3, "health": "AT_RISK" });
        server.change(token, "keyResultCheckIn", input, "checkIn { id }").await;
        for (text, confidence) in [
            ("type,external_id,current\nKEY_RESULT,k,3\n", 0.3),
            ("type,external_id,current,confidence\nKEY_RESULT,k,4,\n", 0.3),
            ("type,external_id,confidence\nKEY_RESULT,k,0.8\n", 0.8),
        ] {
            let report = taken(&server, token, "CSV", text).await;
            assert_eq!(report["checkIns"], json!(1), "{report}");
            let row = &key_results(&server, token).await[0];
            assert_eq!((&row["confidence"], &row["reportedHealth"]), (&json!(confidence), &json!("AT_RISK")), "{text}");
            let told = newest(row);
            assert_eq!((&told["confidence"], &told["health"]), (&json!(confidence), &json!("AT_RISK")), "{text}");
        }
        assert_eq!(key_results(&server, token).await[0]["current"], json!("4"));
    }

    async fn a_start_that_moves_the_value_is_no_check_in(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let file = |start: u32, current: u32| format!(
            "type,external_id,parent_external_id,title,start,target,current\nOBJECTIVE,o,,Grow,,,\nKEY_RESULT,k,o,Result,{start},10,{current}\n");
        taken(&server, token, "CSV", &file(0, 0)).await;
        let report = taken(&server, token, "CSV", &file(2, 0)).await;
        assert_eq!((&report["rows"][1]["changes"], &report["checkIns"]), (&json!(["start"]), &json!(0)), "{report}");
        let row = &key_results(&server, token).await[0];
        assert_eq!((&row["start"], &row["current"], &row["checkIns"]["nodes"]), (&json!("2"), &json!("2"), &json!([])));
        let report = taken(&server, token, "CSV", &file(3, 4)).await;
        assert_eq!(report["rows"][1]["changes"], json!(["start", "current"]), "a value that was edited too is said");
    }

    async fn two_targets_of_one_row_must_agree(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let file = |start: &str, target: &str, percent: &str| format!(
            "type,external_id,parent_external_id,title,start,target,target_percent\nOBJECTIVE,o,,Grow,,,\nKEY_RESULT,k,o,Result,{start},{target},{percent}\n");
        let refused = ["3 target_percent CONFLICT: says another target than the column target: leave one of the two empty"];
        assert_eq!(faults(&server, token, "CSV", &file("50", "70", "-20")).await, refused);
        taken(&server, token, "CSV", &file("50", "40", "-20")).await;
        let after = state(&server).await;
        taken(&server, token, "CSV", &file("50", "40", "-20")).await;
        assert_eq!(state(&server).await, after, "again changes nothing");
        for (start, target, percent) in [("50", "70", "-20"), ("50", "40", "-10"), ("100", "40", "-20")] {
            assert_eq!(faults(&server, token, "CSV", &file(start, target, percent)).await, refused);
        }
        let report = taken(&server, token, "CSV", &file("100", "80", "-20")).await;
        assert_eq!(report["rows"][1]["changes"], json!(["start"]), "the value follows from the start");
        let after = state(&server).await;
        taken(&server, token, "CSV", &file("100", "80", "-20")).await;
        assert_eq!(state(&server).await, after);
    }

    async fn a_new_row_that_is_undone_has_no_goal(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let text = "type,external_id,title,cycle\nOBJECTIVE,a,A,Never\nOBJECTIVE,b,B,\n";
        let answer = import(&server, token, "CSV", text, false).await;
        for row in answer.at("okrImport.report.rows").as_array().expect("rows") {
            assert_eq!((&row["goalId"], &row["code"]), (&Value::Null, &Value::Null), "{}", answer.text);
        }
        assert_eq!(answer.at("okrImport.report.rows.0.action"), &json!("REFUSE"));
    }
}
