//! A board from a file, tied to a goal: the first thing a newcomer does, through the command line.

use api::app::command_line::CommandLine;
use clap::Parser as _;
use serde_json::json;
use support::{TestServer, World, both_databases};

/// Four cards: one done, one in progress, one to do, one archived; one names a key result.
const BOARD: &str = r##"{
  "id": "5f0000000000000000000001", "name": "Sign-up", "desc": "", "closed": false,
  "url": "https://trello.com/b/abcd1234/sign-up", "shortLink": "abcd1234",
  "lists": [
    { "id": "5f0000000000000000000011", "name": "To Do", "closed": false },
    { "id": "5f0000000000000000000012", "name": "Doing", "closed": false },
    { "id": "5f0000000000000000000013", "name": "Done", "closed": false }
  ],
  "labels": [], "members": [], "checklists": [], "customFields": [], "actions": [],
  "cards": [
    { "id": "5f0000000000000000000021", "name": "Form", "desc": "", "idList": "5f0000000000000000000013", "closed": false, "idMembers": [], "labels": [], "dateLastActivity": "2026-03-01T10:00:00.000Z" },
    { "id": "5f0000000000000000000022", "name": "Mail", "desc": "", "idList": "5f0000000000000000000012", "closed": false, "idMembers": [], "labels": [], "dateLastActivity": "2026-03-01T10:00:00.000Z" },
    { "id": "5f0000000000000000000023", "name": "Measure it [KR-2]", "desc": "", "idList": "5f0000000000000000000011", "closed": false, "idMembers": [], "labels": [], "dateLastActivity": "2026-03-01T10:00:00.000Z" },
    { "id": "5f0000000000000000000024", "name": "Old", "desc": "", "idList": "5f0000000000000000000013", "closed": true, "idMembers": [], "labels": [], "dateLastActivity": "2026-03-01T10:00:00.000Z" }
  ]
}"##;

const ASKED: &str = "{
  first: keyResult(code: \"KR-1\") { workProgress projects { nodes { title progress } } }
  second: keyResult(code: \"KR-2\") { workProgress tasks { nodes { title } }
    links { nodes { origin evidence { nodes { field text } } } } }
  tasks { totalCount }
  all: tasks(includeArchived: true) { totalCount }
}";

both_databases! {
    async fn a_board_moves_a_key_result_and_again_changes_nothing(server: TestServer) {
        let world = World::of(&server).await;
        let (company, db) = (&world.a, server.database());
        let objective = company.objective(db, 1, "Grow", &[]).await.expect("written");
        for number in [1, 2] {
            company.key_result(db, objective, number, "Sign-ups", &[]).await.expect("written");
        }
        // Importing is an admin's right, tying the work to a goal a leader's: here one person has both.
        let email = &company.leader.email;
        let flag = format!("UPDATE person SET is_admin = TRUE WHERE email = '{email}'");
        let folder = tempfile::tempdir().expect("a folder");
        let (whole, cut) = (folder.path().join("board.json"), folder.path().join("cut.json"));
        std::fs::write(&whole, BOARD).expect("written");
        std::fs::write(&cut, &BOARD[..BOARD.len() / 2]).expect("written");
        let import = async |file: &std::path::Path, email: &str| {
            let arguments = [
                "throughline", "--database-url", server.database_url(), "import", "--provider", "trello",
                file.to_str().expect("a path"), "--as", email, "--link", "KR-1", "--output", "json",
            ];
            CommandLine::try_parse_from(arguments).expect("arguments").run().await
        };

        let refused = import(&cut, email).await.expect_err("half a file is refused");
        assert!(format!("{refused:#}").contains("byte"), "{refused:#}");
        let refused = import(&whole, &company.admin.email).await.expect_err("an admin alone may not link");
        assert!(format!("{refused:#}").contains("nothing was imported"), "{refused:#}");
        assert_eq!(server.database().number("SELECT COUNT(*) FROM task").await, 0);
        assert_eq!(db.execute(&flag).await.expect("written"), 1);

        import(&whole, email).await.expect("imported");
        let leader = Some(company.leader.token.as_str());
        let answer = server.graphql(leader, ASKED, json!({})).await;
        assert_eq!(answer.at("tasks.totalCount"), &json!(3), "{}", answer.text);
        assert_eq!(answer.at("all.totalCount"), &json!(4));
        // The task that names KR-2 counts there and no longer through its project: one of two is done.
        assert_eq!(answer.at("first.workProgress"), &json!(0.5), "{}", answer.text);
        assert_eq!(answer.at("first.projects.nodes.0.progress"), &json!(0.333_333_333));
        assert_eq!(answer.at("second.workProgress"), &json!(0.0));
        assert_eq!(answer.at("second.links.nodes.0.origin"), &json!("TOKEN"));
        assert_eq!(answer.at("second.links.nodes.0.evidence.nodes.0.text"), &json!("[KR-2]"));

        // What is found of the work comes soon after.
        let events = "SELECT COUNT(*) FROM event WHERE subject_kind <> 'FINDING'";
        let before = server.database().number(events).await;
        import(&whole, email).await.expect("imported again");
        assert_eq!(server.database().number(events).await, before);
        assert_eq!(server.graphql(leader, ASKED, json!({})).await.text, answer.text);
    }
}
