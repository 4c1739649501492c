//! The headline query: one thread from objectives to tasks, at a number of statements that does not
//! grow with the rows.

use std::collections::BTreeSet;

use serde_json::json;
use support::{ServerOptions, StatementLog, TestDatabase, TestServer, World, both_databases};

const THREAD: &str = "query ($first: Int) {
  objectives(first: 10) { nodes { code title progress
    keyResults(first: 4) { nodes { code title progress
      projects(first: 3) { nodes { title progress
        tasks(first: $first) { nodes { title status assignee { name } } } } } } } } }
}";

both_databases! {
    async fn statements_do_not_grow_with_rows(database: TestDatabase) {
        let log = StatementLog::default();
        let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
        let world = World::of(&server).await;
        let company = &world.a;
        let db = server.database();
        for objective in 0..10 {
            let number = objective + 1;
            let objective = company.objective(db, number, "Grow", &[]).await.expect("written");
            for key_result in 0..4 {
                let number = number * 10 + key_result;
                let key_result =
                    company.key_result(db, objective, number, "Signups", &[]).await.expect("written");
                for _ in 0..3 {
                    let project = company.project(db, "Build", &[]).await.expect("written");
                    let ends = [("project_id", project.into()), ("key_result_id", key_result.into())];
                    company.alignment_link(db, &ends).await.expect("written");
                    for _ in 0..2 {
                        let place =
                            [("project_id", project.into()), ("assignee_id", company.individual.id.into())];
                        let task = company.task(db, "Do", &place).await.expect("written");
                        let place = [
                            ("task_id", task.into()),
                            ("project_id", project.into()),
                            ("is_primary", true.into()),
                        ];
                        company.write_once(db, "task_project", &place).await.expect("written");
                    }
                }
            }
        }
        let leader = Some(company.leader.token.as_str());
        let _ = server.graphql(leader, THREAD, json!({ "first": 10 })).await;
        let _ = log.take();
        let answer = server.graphql(leader, THREAD, json!({ "first": 10 })).await;
        assert_eq!(answer.errors(), &[] as &[serde_json::Value], "{}", answer.text);
        let path = "objectives.nodes.9.keyResults.nodes.3.projects.nodes.2.tasks.nodes.1.assignee.name";
        assert!(answer.at(path).is_string(), "{}", answer.text);
        let ran = log.take();
        let texts: BTreeSet<&String> = ran.iter().collect();
        match server.backend() {
            support::Backend::Postgres => assert!(ran.len() <= 8, "{} statements: {ran:#?}", ran.len()),
            support::Backend::Sqlite => assert!(texts.len() <= 8, "{} texts: {texts:#?}", texts.len()),
        }
    }
}
