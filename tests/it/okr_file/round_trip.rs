//! In, out, and in again.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

use super::{export, import, okr, state, taken};

/// Children before their parents, texts that a spreadsheet would run, several lines, all columns.
const FILE: &str = "\
type,external_id,parent_external_id,title,description,owner_email,team,cycle,state,kind,visibility,weight,priority,\
include_children,progress_source,check_in_days,starts_on,unit,start,target,current,commit,stretch,lower_bound,\
upper_bound,tolerance,confidence,external_url\r\n\
KEY_RESULT,kr-1,team-goal,'=SUM(A1),\"Lines:\n'-one\n\"\"two\"\"\",ina@acme.test,,,active,,,2,,,CHECK_IN,14,2026-01-05,€,-10,90.5,40,50,120,,,,0.6,https://tool.test/kr/1\r\n\
OBJECTIVE,team-goal,top,Build it,,Max@acme.test,build,,ACTIVE,ASPIRATIONAL,TEAM,0.5,0.25,,,,,,,,,,,,,,,\r\n\
KEY_RESULT,kr-2,top,Stay up,,,,,ACTIVE,MAINTAIN_ABOVE,,,,,,,,%,,,99.5,,,99,,2,,\r\n\
OBJECTIVE,top,,@Win,Why,,,,ACTIVE,,,,,yes,,7,,,,,,,,,,,,https://tool.test/o/1\r\n\
KEY_RESULT,kr-3,gone,Never mind,,,,,CANCELLED,,,,,,,,,,0,10,5,,,,,,,\r\n\
OBJECTIVE,gone,top,Given up,,,,,CANCELLED,,,,,,,,,,,,,,,,,,,\r\n";

const ASKED: &str = "{ objectives(sort: [{ field: NUMBER, order: ASC }]) { nodes { code title description state kind
  visibility weight priority includeChildren checkInDays externalId externalUrl progress owner { email } team { name }
  parent { externalId } keyResults { nodes { code title description state kind weight unit start target current commit
  stretch lowerBound upperBound tolerance confidence startsOn checkInDays externalId externalUrl progress
  owner { email } checkIns { nodes { value confidence } } } } } } }";

fn objective<'a>(answer: &'a Value, external: &str) -> &'a Value {
    let nodes = answer["objectives"]["nodes"].as_array().expect("objectives");
    nodes.iter().find(|node| node["externalId"] == json!(external)).expect("the objective")
}

both_databases! {
    async fn a_file_is_taken_in_whole_and_again_changes_nothing(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let before = state(&server).await;
        let dry = import(&server, token, "CSV", FILE, true).await;
        assert_eq!(dry.at("okrImport.report.written"), &json!(false), "{}", dry.text);
        assert_eq!(dry.at("okrImport.report.objectives.created"), &json!(3), "{}", dry.text);
        assert_eq!(dry.at("okrImport.report.keyResults.created"), &json!(3));
        assert_eq!(dry.at("okrImport.report.checkIns"), &json!(3), "{}", dry.text);
        assert_eq!(dry.at("okrImport.report.rows.0.code"), &Value::Null);
        assert!(dry.user_errors("okrImport").is_empty());
        assert_eq!(state(&server).await, before, "a dry run writes nothing");

        let report = taken(&server, token, "CSV", FILE).await;
        assert_eq!(report["rows"][0]["line"], json!(2));
        assert_eq!(report["rows"][1]["line"], json!(5), "a cell of three lines stands before it");
        assert_eq!(report["remarks"], json!([]));
        let answer = server.graphql(Some(token), ASKED, json!({})).await;
        let top = objective(answer.data(), "top");
        assert_eq!(top["code"], json!("O-1"), "parents come first");
        assert_eq!((&top["title"], &top["description"]), (&json!("@Win"), &json!("Why")));
        assert_eq!((&top["includeChildren"], &top["owner"]), (&json!(true), &Value::Null));
        assert_eq!(top["externalUrl"], json!("https://tool.test/o/1"));
        let team = objective(answer.data(), "team-goal");
        assert_eq!(team["parent"]["externalId"], json!("top"));
        assert_eq!((&team["team"]["name"], &team["owner"]["email"]), (&json!("Build"), &json!(world.a.manager.email)));
        let measured = &team["keyResults"]["nodes"][0];
        assert_eq!(measured["title"], json!("=SUM(A1)"));
        assert_eq!(measured["description"], json!("Lines:\n'-one\n\"two\""));
        assert_eq!((&measured["start"], &measured["target"]), (&json!("-10"), &json!("90.5")));
        assert_eq!((&measured["current"], &measured["confidence"]), (&json!("40"), &json!(0.6)));
        assert_eq!(measured["checkIns"]["nodes"], json!([{ "value": "40", "confidence": 0.6 }]));
        assert_eq!(measured["progress"], json!(0.497_512_438), "50 of 100.5");
        assert_eq!(team["progress"], json!(0.497_512_438));
        let gone = objective(answer.data(), "gone");
        assert_eq!((&gone["state"], &gone["keyResults"]["nodes"][0]["state"]), (&json!("CANCELLED"), &json!("CANCELLED")));
        assert_eq!(gone["keyResults"]["nodes"][0]["current"], json!("5"));

        let after = state(&server).await;
        for (format, text) in [
            ("CSV", FILE.to_owned()),
            ("CSV", format!("\u{feff}{}", FILE.replace("\r\n", "\n"))),
            ("CSV", export(&server, token, "CSV").await),
            ("JSON", export(&server, token, "JSON").await),
        ] {
            let report = taken(&server, token, format, &text).await;
            assert_eq!(report["objectives"], json!({ "created": 0, "updated": 0, "unchanged": 3, "refused": 0 }), "{report}");
            assert_eq!(report["keyResults"], json!({ "created": 0, "updated": 0, "unchanged": 3, "refused": 0 }), "{report}");
            assert_eq!(state(&server).await, after, "nothing is written, no event, no version");
        }
        let text = export(&server, token, "CSV").await;
        for line in text.split("\r\n") {
            assert!(!line.split(',').any(|cell| cell.trim_matches('"').starts_with(['=', '@'])), "{line}");
        }
        assert!(text.contains("'=SUM(A1)") && text.contains("'@Win") && text.contains(",-10,"), "{text}");
    }

    async fn a_second_import_changes_what_differs_alone(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        taken(&server, token, "CSV", FILE).await;
        // Nothing is said of what has no column; an empty cell takes away.
        let text = "type,external_id,title,description,priority,unit,current,external_url\n\
                    OBJECTIVE,team-goal,Build it,,,,,\n\
                    KEY_RESULT,kr-1,Better,,,,44,\n\
                    KEY_RESULT,kr-2,Stay up,,,%,,\n";
        let report = taken(&server, token, "CSV", text).await;
        assert_eq!(report["rows"][0]["changes"], json!(["priority"]), "{report}");
        assert_eq!(report["rows"][1]["changes"], json!(["title", "description", "unit", "external_url", "current"]));
        assert_eq!((&report["rows"][2]["action"], &report["checkIns"]), (&json!("KEEP"), &json!(1)));
        let answer = server.graphql(Some(token), ASKED, json!({})).await;
        let row = &objective(answer.data(), "team-goal")["keyResults"]["nodes"][0];
        assert_eq!((&row["title"], &row["description"], &row["unit"]), (&json!("Better"), &Value::Null, &Value::Null));
        assert_eq!((&row["current"], &row["target"], &row["weight"]), (&json!("44"), &json!("90.5"), &json!(2.0)));
        assert_eq!(row["owner"]["email"], json!(world.a.individual.email), "no column, no change");

        // A goal made here takes an external id on, by its code; parents swap places in one file.
        server.change(token, "objectiveCreate", json!({ "title": "By hand" }), "objective { code }").await;
        let text = "type,code,external_id,parent_external_id,title\n\
                    OBJECTIVE,O-1,top,team-goal,@Win\n\
                    OBJECTIVE,,team-goal,,Build it\n\
                    OBJECTIVE,O-4,hand,top,By hand\n";
        let report = taken(&server, token, "CSV", text).await;
        assert_eq!(report["rows"][0]["changes"], json!(["parent_external_id"]), "{report}");
        assert_eq!(report["rows"][2]["changes"], json!(["parent_external_id", "external_id"]));
        let answer = server.graphql(Some(token), ASKED, json!({})).await;
        assert_eq!(objective(answer.data(), "team-goal")["parent"], Value::Null);
        assert_eq!(objective(answer.data(), "top")["parent"]["externalId"], json!("team-goal"));
        assert_eq!(objective(answer.data(), "hand")["code"], json!("O-4"));
    }

    async fn json_nests_key_results_and_doubles_are_pointed_out(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let text = r#"[
          { "title": "Grow", "cycle": null,
            "key_results": [ { "title": "Sign-ups", "start": 0, "target": 10.5, "progress": 0.4 } ] }
        ]"#;
        let report = taken(&server, token, "JSON", text).await;
        assert_eq!(report["remarkCount"], json!(2), "{report}");
        let again = import(&server, token, "JSON", text, true).await;
        assert_eq!(again.at("okrImport.report.remarks.0.line"), &Value::Null, "{}", again.text);
        let remarks = again.at("okrImport.report.remarks").to_string();
        assert!(remarks.contains("may be a double of O-1"), "{remarks}");
        let answer = server.graphql(Some(token), ASKED, json!({})).await;
        let row = &answer.data()["objectives"]["nodes"][0];
        assert_eq!(row["owner"]["email"], json!(world.a.leader.email), "without the column, who imports owns");
        assert_eq!(row["keyResults"]["nodes"][0]["target"], json!("10.5"));
    }

    async fn an_objective_is_published_with_the_key_results_it_needs(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let settings = "UPDATE organization SET settings = '{\"checkNoKeyResult\":\"BLOCK\"}' WHERE slug = 'acme'";
        assert_eq!(server.database().execute(settings).await.expect("written"), 1);
        let text = "type,external_id,parent_external_id,title,state,target_percent,start,target\n\
                    OBJECTIVE,a,,A,ACTIVE,,,\nKEY_RESULT,k,a,K,ACTIVE,-20,50,\n";
        taken(&server, token, "CSV", text).await;
        let answer = server.graphql(Some(token), ASKED, json!({})).await;
        let row = &answer.data()["objectives"]["nodes"][0];
        assert_eq!((&row["state"], &row["keyResults"]["nodes"][0]["target"]), (&json!("ACTIVE"), &json!("40")), "{}", answer.text);
        let after = state(&server).await;
        for format in ["CSV", "JSON"] {
            let text = export(&server, token, format).await;
            taken(&server, token, format, &text).await;
        }
        assert_eq!(state(&server).await, after);
        let bare = "type,external_id,title,state\nOBJECTIVE,b,B,ACTIVE\n";
        let told = crate::okr_file::faults(&server, token, "CSV", bare).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("2 state NOT_NOW: "), "{told:?}");
    }

    async fn hundreds_of_rows_are_one_import(server: TestServer) {
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let mut text = String::from("type,external_id,parent_external_id,title,start,target,current\n");
        for number in 0..100 {
            let above = if number == 0 { String::new() } else { format!("o{}", (number - 1) / 7) };
            text.push_str(&format!("OBJECTIVE,o{number},{above},Goal {number},,,\n"));
            for member in 0..4 {
                text.push_str(&format!("KEY_RESULT,k{number}.{member},o{number},Result {member},0,10,{}\n", if number < 20 { "5" } else { "" }));
            }
        }
        let report = taken(&server, token, "CSV", &text).await;
        assert_eq!((&report["objectives"]["created"], &report["keyResults"]["created"]), (&json!(100), &json!(400)));
        assert_eq!(report["checkIns"], json!(80));
        assert_eq!(server.database().number("SELECT COUNT(*) FROM check_in").await, 80);
        let after = state(&server).await;
        taken(&server, token, "CSV", &text).await;
        assert_eq!(state(&server).await, after);
    }

    async fn the_command_line_does_the_same(server: TestServer) {
        let world = World::of(&server).await;
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
        let (whole, broken, out) = (path("okrs.csv"), path("broken.csv"), path("out.csv"));
        std::fs::write(&whole, FILE).expect("written");
        std::fs::write(&broken, FILE.replace("90.5", "ninety")).expect("written");
        let email = world.a.leader.email.as_str();

        let before = state(&server).await;
        okr(&server, &["import", &whole, "--as", email, "--dry-run", "--output", "json"]).await.expect("asked");
        let refused = okr(&server, &["import", &broken, "--as", email]).await.expect_err("a fault");
        assert!(refused.contains("was not imported: 1 faults"), "{refused}");
        assert_eq!(state(&server).await, before);

        okr(&server, &["import", &whole, "--as", email]).await.expect("imported");
        okr(&server, &["export", "--to", &out, "--as", email, "--bom"]).await.expect("exported");
        let after = state(&server).await;
        assert!(std::fs::read_to_string(&out).expect("a file").starts_with("\u{feff}type,external_id,code,"));
        okr(&server, &["import", &out, "--as", email, "--output", "json"]).await.expect("imported");
        assert_eq!(state(&server).await, after);
        okr(&server, &["export", "--to", &out, "--as", email, "--team", "Company / Build", "--format", "json"])
            .await
            .expect("exported");
        let text = std::fs::read_to_string(&out).expect("a file");
        let goals: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((goals.as_array().map(Vec::len), &goals[0]["external_id"]), (Some(1), &json!("team-goal")));
        let refused = okr(&server, &["export", "--as", email, "--cycle", "Never"]).await.expect_err("no cycle");
        assert!(refused.contains("there is no cycle \"Never\""), "{refused}");
    }
}
