//! Findings of links that are there: stale ones, too many, and those of tasks where the project should be linked.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{START, Stage, evidence, person_id};

both_databases! {
    async fn a_stale_link_is_found_while_it_is_stale(database: TestDatabase) {
        const KIND: &str = "LINK_STALE";
        let stage = Stage::set(database).await;
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let owner = person_id(&stage.world.a.individual);
        let project = stage.make("projectCreate", json!({ "title": "Rocket", "ownerId": owner }), "project").await;
        let link = json!({ "projectId": project, "objectiveId": goal });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        assert_eq!(stage.state(KIND, &link).await, "NONE", "a link that fits");

        stage.change("objectiveArchive", json!({ "id": goal })).await;
        let found = stage.open(KIND, &link).await;
        assert_eq!(found["owner"]["id"], person_id(stage.leader()), "who looks after the link");
        let seen = evidence(&found);
        assert_eq!((&seen["staleReason"], &seen["sourceId"], &seen["targetId"]), (&json!("TARGET_ARCHIVED"), &project, &goal));
        assert_eq!(seen["since"], START);
        stage.change("objectiveUnarchive", json!({ "id": goal })).await;
        stage.resolved(KIND, &link).await;
        stage.change("objectiveArchive", json!({ "id": goal })).await;
        stage.reopened(KIND, &found).await;
        // Nobody looks after it any more: it is the work's owner's.
        let nobody = json!({ "id": link, "ownerId": null });
        stage.change("alignmentLinkUpdate", nobody).await;
        let found = stage.open(KIND, &link).await;
        assert_eq!(found["owner"]["id"], json!(owner));
        stage.follow(&found).await;
        stage.resolved(KIND, &link).await;
        stage.server.stop().await;
    }

    async fn a_link_that_is_frozen_goes_on_with_its_goal(database: TestDatabase) {
        const KIND: &str = "LINK_STALE";
        let stage = Stage::set(database).await;
        let cycle = |name: &str| json!({ "name": name, "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-03-31" });
        let first = stage.make("cycleCreate", cycle("First"), "cycle").await;
        let objective = json!({ "title": "Grow", "cycleId": first });
        let objective = stage.make("objectiveCreate", objective, "objective").await;
        let result = json!({ "objectiveId": objective, "title": "Ship", "start": "0", "target": "10" });
        let result = stage.make("keyResultCreate", result, "keyResult").await;
        let mut links = Vec::new();
        for (title, status) in [("Under way", "IN_PROGRESS"), ("Done", "DONE")] {
            let task = stage.make("taskCreate", json!({ "title": title, "status": status }), "task").await;
            let link = json!({ "taskId": task, "keyResultId": result });
            links.push(stage.make("alignmentLinkCreate", link, "alignmentLink").await);
        }
        stage.change("keyResultCheckIn", json!({ "keyResultId": result, "value": "5" })).await;
        stage.change("cycleClose", json!({ "id": first, "acceptSuggested": true })).await;
        let found = stage.open(KIND, &links[0]).await;
        assert_eq!(evidence(&found)["goalClosed"], true);
        assert_eq!(found["suggestion"], Value::Null, "no goal goes on yet");
        assert_eq!(stage.state(KIND, &links[1]).await, "NONE", "nothing is left to be done");
        assert_eq!(stage.state("LINK_REVIEW", &links[1]).await, "NONE", "nor to be reviewed");
        stage.server.stop().await;
    }

    async fn a_frozen_link_asks_nothing_of_work_that_is_over_or_answered_for(database: TestDatabase) {
        const KIND: &str = "LINK_STALE";
        let stage = Stage::set(database).await;
        let cycle = json!({ "name": "First", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-03-31" });
        let cycle = stage.make("cycleCreate", cycle, "cycle").await;
        let objective = json!({ "title": "Grow", "cycleId": cycle });
        let objective = stage.make("objectiveCreate", objective, "objective").await;
        let result = json!({ "objectiveId": objective, "title": "Ship", "start": "0", "target": "10" });
        let result = stage.make("keyResultCreate", result, "keyResult").await;
        let project = stage.make("projectCreate", json!({ "title": "Rocket" }), "project").await;
        let whole = json!({ "projectId": project, "keyResultId": result });
        let whole = stage.make("alignmentLinkCreate", whole, "alignmentLink").await;
        let mut tasks = Vec::new();
        let mut links = Vec::new();
        for (title, status, places) in [
            ("Weld", "IN_PROGRESS", json!([])),
            ("Sweep", "IN_PROGRESS", json!([])),
            ("Paint", "IN_PROGRESS", json!([])),
            ("Launch", "TODO", json!([project])),
        ] {
            let task = json!({ "title": title, "status": status, "projectIds": places });
            let task = stage.make("taskCreate", task, "task").await;
            let link = json!({ "taskId": task, "keyResultId": result });
            links.push(stage.make("alignmentLinkCreate", link, "alignmentLink").await);
            tasks.push(task);
        }
        stage.change("keyResultCheckIn", json!({ "keyResultId": result, "value": "5" })).await;
        stage.change("cycleClose", json!({ "id": cycle, "acceptSuggested": true })).await;
        for link in links.iter().chain([&whole]) {
            stage.open(KIND, link).await;
        }
        // Served otherwise, as long as it is.
        let found = stage.open(KIND, &links[0]).await;
        let other = stage.goals(1).await.remove(0);
        let link = json!({ "taskId": tasks[0], "keyResultId": other });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.resolved(KIND, &links[0]).await;
        assert_eq!(stage.state("LINK_REVIEW", &links[0]).await, "OPEN", "that the goal was closed is told");
        stage.change("alignmentLinkRetire", json!({ "id": link })).await;
        stage.reopened(KIND, &found).await;
        // Acknowledged.
        let said = json!({ "taskId": tasks[1], "workClass": "MAINTENANCE", "reason": "Dust" });
        stage.change("workAcknowledge", said).await;
        stage.resolved(KIND, &links[1]).await;
        // Done, which is heard of before the next day.
        stage.change("taskUpdate", json!({ "id": tasks[2], "status": "DONE" })).await;
        stage.resolved(KIND, &links[2]).await;
        stage.resolved("LINK_REVIEW", &links[2]).await;
        // By its project, though it has not begun.
        let link = json!({ "projectId": project, "keyResultId": other });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.resolved(KIND, &whole).await;
        stage.resolved(KIND, &links[3]).await;
        stage.change("alignmentLinkRetire", json!({ "id": link })).await;
        stage.open(KIND, &whole).await;
        stage.open(KIND, &links[3]).await;
        stage.server.stop().await;
    }

    async fn a_link_whose_owner_left_is_for_who_is_still_there(database: TestDatabase) {
        const KIND: &str = "LINK_STALE";
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let (gone, manager) = (person_id(&company.individual), person_id(&company.manager));
        let goals = stage.goals(1).await;
        let mut links = Vec::new();
        for owner in [&gone, &manager] {
            let project = stage.make("projectCreate", json!({ "title": "Rocket", "ownerId": owner }), "project").await;
            let link = json!({ "projectId": project, "keyResultId": goals[0] });
            let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
            stage.change("alignmentLinkUpdate", json!({ "id": link, "ownerId": gone })).await;
            links.push(link);
        }
        stage.change_by(&company.admin, "personDeactivate", json!({ "id": gone })).await;
        let alone = stage.open(KIND, &links[0]).await;
        assert_eq!((&alone["owner"], &alone["suggestion"]), (&Value::Null, &Value::Null), "nobody else answers for it");
        let found = stage.open(KIND, &links[1]).await;
        assert_eq!(evidence(&found)["staleReason"], "OWNER_LEFT");
        assert_eq!(found["owner"]["id"], json!(manager));
        stage.follow(&found).await;
        stage.resolved(KIND, &links[1]).await;
        stage.server.stop().await;
    }

    async fn more_links_than_the_most_are_found(database: TestDatabase) {
        const KIND: &str = "OVER_LINKED";
        let stage = Stage::set(database).await;
        let goals = stage.goals(4).await;
        let task = stage.make("taskCreate", json!({ "title": "Weld" }), "task").await;
        let link = |goal: &Value| json!({ "taskId": task, "keyResultId": goal });
        let mut links = Vec::new();
        for goal in &goals[..3] {
            links.push(stage.make("alignmentLinkCreate", link(goal), "alignmentLink").await);
        }
        assert_eq!(stage.state(KIND, &task).await, "NONE", "three are as many as may be");
        let mut supports = link(&goals[3]);
        supports["significance"] = "SUPPORTS".into();
        let weakest = stage.make("alignmentLinkCreate", supports.clone(), "alignmentLink").await;
        let found = stage.open(KIND, &task).await;
        let seen = evidence(&found);
        assert_eq!((&seen["linkCount"], &seen["maxLinks"], &seen["linkIds"][0]), (&json!(4), &json!(3), &weakest));
        assert_eq!(seen["linkIds"].as_array().map(Vec::len), Some(4));
        stage.follow(&found).await;
        stage.resolved(KIND, &task).await;
        stage.change("alignmentLinkCreate", supports).await;
        stage.reopened(KIND, &found).await;
        // More may be: everything is looked at.
        stage.change("organizationUpdate", json!({ "settings": { "maxLinks": 4 } })).await;
        stage.resolved(KIND, &task).await;
        stage.server.stop().await;
    }

    async fn a_project_that_is_linked_task_by_task_is_found(database: TestDatabase) {
        const KIND: &str = "GRANULARITY_MISMATCH";
        let stage = Stage::set(database).await;
        let goals = stage.goals(2).await;
        let project = stage.make("projectCreate", json!({ "title": "Rocket" }), "project").await;
        let mut tasks = Vec::new();
        for number in 0..10 {
            let input = json!({ "title": format!("Step {number}"), "projectIds": [project] });
            tasks.push(stage.make("taskCreate", input, "task").await);
        }
        for task in &tasks[..4] {
            stage.change("alignmentLinkCreate", json!({ "taskId": task, "keyResultId": goals[0] })).await;
        }
        stage.change("alignmentLinkCreate", json!({ "taskId": tasks[4], "keyResultId": goals[1] })).await;
        assert_eq!(stage.state(KIND, &project).await, "NONE", "four to one goal");
        let fifth = json!({ "taskId": tasks[5], "keyResultId": goals[0] });
        stage.change("alignmentLinkCreate", fifth).await;
        let found = stage.open(KIND, &project).await;
        let seen = evidence(&found);
        assert_eq!((&seen["goalId"], &seen["linkedTasks"], &seen["tasks"]), (&goals[0], &json!(5), &json!(10)));
        // Fewer than half of them: an eleventh task.
        let eleventh = stage.make("taskCreate", json!({ "title": "More", "projectIds": [project] }), "task").await;
        stage.resolved(KIND, &project).await;
        stage.change("taskArchive", json!({ "id": eleventh })).await;
        stage.reopened(KIND, &found).await;
        // Where tasks serve key results, a project is not to be linked to one.
        let model = |name: &str| json!({ "settings": { "connectionModel": name } });
        stage.change("organizationUpdate", model("TASK_TO_KEY_RESULT")).await;
        stage.resolved(KIND, &project).await;
        stage.change("organizationUpdate", model("KEY_RESULT_TO_PROJECT")).await;
        stage.reopened(KIND, &found).await;
        stage.follow(&found).await;
        stage.resolved(KIND, &project).await;
        stage.server.stop().await;
    }
}
