//! What a tool has comes in, and what changes there follows.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases, fake::IssueChange};

use super::{same::assert_same, stage::Stage};

both_databases! {
    async fn all_of_a_jira_comes_in_as_it_is(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let jira = &stage.jira;
        jira.add_project("ACME", "Acme");
        jira.set_page_most(Some(7));
        let epic = jira.create("ACME", "Epic", "Billing", &[]);
        let person = jira.add_person("Ina Individual", Some(&stage.world.a.individual.email));
        for number in 0..30 {
            jira.advance(60);
            let issue = jira.create("ACME", "Task", &format!("Task {number}"), &[
                IssueChange::Parent((number % 3 == 0).then(|| epic.clone())),
                IssueChange::Labels(if number % 4 == 0 { vec!["kr-1".to_owned()] } else { Vec::new() }),
                IssueChange::Assignee((number % 5 == 0).then(|| person.clone())),
            ]);
            if number % 2 == 0 {
                jira.move_to_status(&issue, "In Progress");
            }
            if number % 6 == 0 {
                jira.move_to_status(&issue, "Done");
                jira.log_work(&issue, &person, jira.now(), 1_800);
            }
        }
        let id = stage.take_in(stage.jira_input()).await;
        assert_same(stage.tasks().await, jira);
        let run = stage.latest(&id).await;
        assert_eq!((run["trigger"].clone(), run["isFull"].clone()), (json!("CONNECT"), json!(true)));
        // The project and its issues.
        assert_eq!((run["done"].clone(), run["createdCount"].clone()), (json!(31), json!(32)), "{run}");
        let assigned = stage.tasks().await;
        let assigned = assigned.values().filter(|task| task["assignee"]["email"] == stage.world.a.individual.email);
        assert_eq!(assigned.count(), 6);
        assert_ne!(stage.integration(&id).await["lastGoodSyncAt"], Value::Null);
    }

    async fn what_changes_in_the_tool_follows_with_one_event_each(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let jira = &stage.jira;
        jira.add_project("ACME", "Acme");
        let issues: Vec<String> = (0..5).map(|number| {
            jira.advance(600);
            jira.create("ACME", "Task", &format!("Task {number}"), &[])
        }).collect();
        let id = stage.take_in(stage.jira_input()).await;
        jira.advance(600);
        jira.edit(&issues[0], &[IssueChange::Summary("Another".to_owned())]);
        jira.move_to_status(&issues[1], "Done");
        let born = jira.create("ACME", "Task", "Born later", &[]);
        let run = stage.sync(&id, false).await;
        assert_eq!((run["state"].clone(), run["isFull"].clone()), (json!("DONE"), json!(false)));
        assert_eq!((run["updatedCount"].clone(), run["createdCount"].clone()), (json!(2), json!(1)), "{run}");
        assert_same(stage.tasks().await, jira);
        assert_eq!(stage.task(&born).await["title"], "Born later");
        let told = async || {
            let of_tasks = "SELECT COUNT(*) AS n FROM event WHERE subject_kind = 'TASK'";
            stage.server.sql(of_tasks).await[0]["n"].as_i64().expect("a number")
        };
        assert_eq!(told().await, 3);
        // Nothing is told of what was read again and had not changed.
        let run = stage.sync(&id, true).await;
        assert_eq!((run["updatedCount"].clone(), run["createdCount"].clone()), (json!(0), json!(0)), "{run}");
        assert_eq!(told().await, 3);
    }

    async fn what_the_tool_has_no_more_is_archived_and_comes_back_as_itself(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let jira = &stage.jira;
        jira.add_project("ACME", "Acme");
        jira.add_project("BOLT", "Bolt");
        let issues: Vec<String> =
            (0..4).map(|number| jira.create("ACME", "Task", &format!("Task {number}"), &[])).collect();
        let mut input = stage.jira_input();
        input["containers"] = json!(["ACME"]);
        let id = stage.take_in(input).await;
        let own = stage.task(&issues[1]).await["id"].clone();
        jira.advance(600);
        jira.delete(&issues[1]);
        jira.move_to_project(&issues[2], "BOLT");
        // Nothing is deleted because it is missing from what has changed.
        stage.sync(&id, false).await;
        assert_eq!(stage.task(&issues[1]).await["archivedAt"], Value::Null);
        let run = stage.sync(&id, true).await;
        assert_eq!(run["removedCount"], 2, "{run}");
        for gone in [&issues[1], &issues[2]] {
            assert_ne!(stage.task(gone).await["sourceDeletedAt"], Value::Null);
        }
        assert_eq!(stage.task(&issues[0]).await["archivedAt"], Value::Null);
        jira.restore(&issues[1]);
        stage.sync(&id, true).await;
        let back = stage.task(&issues[1]).await;
        assert_eq!((back["id"].clone(), back["sourceDeletedAt"].clone()), (own, Value::Null));
        assert_eq!(back["archivedAt"], Value::Null);
    }

    async fn a_query_narrows_what_comes_in(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let jira = &stage.jira;
        jira.add_project("ACME", "Acme");
        jira.create("ACME", "Task", "Plain", &[]);
        let wanted = jira.create("ACME", "Task", "Wanted", &[IssueChange::Labels(vec!["okr".to_owned()])]);
        let mut input = stage.jira_input();
        input["jira"]["jql"] = json!("labels = okr ORDER BY created");
        let id = stage.take_in(input).await;
        assert_eq!(stage.tasks().await.into_keys().collect::<Vec<_>>(), [wanted.as_str()]);
        // What the query finds no more is out, also while it is there still.
        jira.advance(600);
        jira.unlabel(&wanted, "okr");
        stage.sync(&id, true).await;
        assert_ne!(stage.task(&wanted).await["archivedAt"], Value::Null);
    }
}
