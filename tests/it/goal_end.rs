//! Goals that end while work goes on below them: nothing is lost between two writers, and none waits in a ring.

use std::time::Duration;

use api::app::command_line::CommandLine;
use clap::Parser as _;
use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{Backend, ServerOptions, TestDatabase, TestServer, World, both_databases};

/// A board with one card that names the key result with this code.
fn board(code: &str) -> String {
    json!({
        "id": "5f0000000000000000000001", "name": "Sign-up", "desc": "", "closed": false,
        "url": "https://trello.com/b/abcd1234/sign-up", "shortLink": "abcd1234",
        "lists": [{ "id": "5f0000000000000000000011", "name": "To Do", "closed": false }],
        "labels": [], "members": [], "checklists": [], "customFields": [], "actions": [],
        "cards": [{
            "id": "5f0000000000000000000023", "name": format!("Measure it [{code}]"), "desc": "",
            "idList": "5f0000000000000000000011", "closed": false, "idMembers": [], "labels": [],
            "dateLastActivity": "2026-03-01T10:00:00.000Z"
        }]
    })
    .to_string()
}

async fn make(server: &TestServer, token: &str, field: &str, input: Value, part: &str) -> Value {
    server.change(token, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
}

both_databases! {
    async fn a_cycle_that_closes_during_an_import_leaves_no_active_link_to_what_is_closed(server: TestServer) {
        let world = World::of(&server).await;
        let (company, db) = (&world.a, server.database());
        let leader = company.leader.token.clone();
        let admin = format!("UPDATE person SET is_admin = TRUE WHERE email = '{}'", company.leader.email);
        db.execute(&admin).await.expect("written");
        let cycle = make(&server, &leader, "cycleCreate", json!({ "name": "Now", "state": "ACTIVE" }), "cycle").await;
        let input = json!({ "title": "Grow", "cycleId": cycle });
        let objective = make(&server, &leader, "objectiveCreate", input, "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Sign-ups", "start": "0", "target": "1" });
        make(&server, &leader, "keyResultCreate", input, "keyResult").await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("board.json");
        std::fs::write(&file, board("KR-1")).expect("written");
        let arguments = [
            "throughline", "--database-url", server.database_url(), "import", "--provider", "trello",
            file.to_str().expect("a path"), "--as", company.leader.email.as_str(), "--output", "json",
        ];

        // Between what the import reads of the goal and what it writes, the close gets every chance to pass it.
        let held = db.hold_writers("alignment_link").await;
        let import = tokio::spawn(CommandLine::try_parse_from(arguments).expect("arguments").run());
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let close = tokio::spawn({
            let (server, leader, cycle) = (server.clone(), leader.clone(), cycle.clone());
            async move {
                let input = json!({ "id": cycle, "acceptSuggested": true });
                server.mutate(Some(&leader), "cycleClose", input, "cycle { state }").await
            }
        });
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        held.let_go().await;
        import.await.expect("an end").expect("imported");
        let answer = close.await.expect("an answer");
        assert!(answer.user_errors("cycleClose").is_empty(), "{}", answer.text);

        let links = server.sql("SELECT state, stale_reason FROM alignment_link").await;
        assert_eq!(links.len(), 1);
        assert_eq!((&links[0]["state"], &links[0]["stale_reason"]), (&json!("STALE"), &json!("TARGET_CLOSED")));
    }

    async fn goals_end_and_go_on_while_their_work_is_finished(database: TestDatabase) {
        // Writers queue up here, and a slow machine is no reason to turn one of them away.
        let options = ServerOptions::default()
            .setting("database.acquire_timeout_seconds", "60")
            .setting("database.statement_timeout_seconds", "60")
            .setting("server.request_timeout_seconds", "120");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let leader = world.a.leader.token.clone();
        let new = async |field: &str, input: Value, part: &str| make(&server, &leader, field, input, part).await;
        let (mut objectives, mut goals, mut projects, mut tasks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..3 {
            let objective = new("objectiveCreate", json!({ "title": format!("Goal {number}") }), "objective").await;
            let input = json!({ "objectiveId": objective, "title": "Worked", "progressSource": "WORK" });
            goals.push(new("keyResultCreate", input, "keyResult").await);
            objectives.push(objective);
            projects.push(new("projectCreate", json!({ "title": format!("Project {number}") }), "project").await);
        }
        // Each project serves a goal; its tasks are linked to the next one by themselves.
        for at in 0..3 {
            let link = json!({ "projectId": projects[at], "keyResultId": goals[at] });
            new("alignmentLinkCreate", link, "alignmentLink").await;
            for number in 0..4 {
                let task = new("taskCreate", json!({ "title": "Do", "projectIds": [projects[at], projects[(at + 2) % 3]] }), "task").await;
                if number < 3 {
                    let link = json!({ "taskId": task, "keyResultId": goals[(at + 1) % 3] });
                    new("alignmentLinkCreate", link, "alignmentLink").await;
                }
                tasks.push(task);
            }
        }
        let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
        let mut all = Vec::new();
        for round in 0..4 {
            for (at, (objective, goal)) in objectives.iter().zip(&goals).enumerate() {
                let (field, input) = match (at + round) % 3 {
                    0 => ("objectiveArchive", json!({ "id": objective })),
                    1 => ("keyResultUpdate", json!({ "id": goal, "state": "CANCELLED" })),
                    _ => ("objectiveUpdate", json!({ "id": objective, "state": "CANCELLED" })),
                };
                all.push((field, input));
                all.push(("keyResultArchive", json!({ "id": goals[(at + 1) % 3] })));
                all.push(("keyResultUnarchive", json!({ "id": goal })));
                all.push(("objectiveUnarchive", json!({ "id": objective })));
                all.push(("objectiveUpdate", json!({ "id": objective, "state": "ACTIVE" })));
                all.push(("keyResultUpdate", json!({ "id": goal, "state": "ACTIVE" })));
            }
            for (at, task) in tasks.iter().enumerate() {
                let status = if (at + round) % 2 == 0 { "DONE" } else { "TODO" };
                all.push(("taskUpdate", json!({ "id": task, "status": status })));
            }
        }
        let asked = all.into_iter().map(|(field, input)| {
            let (server, leader) = (server.clone(), leader.clone());
            async move { (field, server.mutate(Some(&leader), field, input, "__typename").await) }
        });
        for (field, answer) in join_all(asked).await {
            assert!(answer.errors().is_empty(), "{field}: {}", answer.text);
            for error in answer.user_errors(field) {
                assert!(["NOT_NOW", "CONFLICT"].contains(&error.code.as_str()), "{field}: {}", answer.text);
            }
        }
        if server.backend() == Backend::Postgres {
            assert_eq!(server.database().number(deadlocks).await, 0, "writers waited for each other in a ring");
        }
        // What is stored is what a recount gives, of inheritance as of numbers.
        settled(&server).await;
        let state = async || {
            let mut rows = server.sql("SELECT id, inherits_links FROM task ORDER BY id").await;
            rows.extend(server.sql("SELECT id, progress, inherited_progress FROM project ORDER BY id").await);
            rows.extend(server.sql("SELECT id, progress, work_progress, progress_inputs FROM key_result ORDER BY id").await);
            rows.extend(server.sql("SELECT id, progress, progress_inputs FROM objective ORDER BY id").await);
            rows
        };
        let before = state().await;
        // Asked for by a setting that changes nothing here: none of the tasks is in progress.
        let input = json!({ "settings": { "partialCredit": 0.5 } });
        server.change(&leader, "organizationUpdate", input, "organization { id }").await;
        settled(&server).await;
        assert_eq!(state().await, before);
        server.stop().await;
    }
}

/// Waits until every job has run but the next daily look, which waits for its hour.
async fn settled(server: &TestServer) {
    let waiting = "SELECT count(*) FROM job WHERE state IN ('WAITING', 'RUNNING') \
         AND kind <> 'AUDIT_ORGANIZATION'";
    while server.database().number(waiting).await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
