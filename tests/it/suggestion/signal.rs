//! Each signal by itself leads to the right goal, with its reason.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, codes, person_id, team_id, told};

both_databases! {
    async fn what_says_the_same_comes_first(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let shop = stage.objective("A shop that is fast", json!({})).await;
        stage.key_result(&shop, "Checkout takes under two seconds", json!({})).await;
        stage.key_result(&shop, "Search answers in 200 ms", json!({})).await;
        let loyal = stage.objective("Customers stay", json!({})).await;
        stage.key_result(&loyal, "Churn falls below 2 percent", json!({ "description": "Measured by the café's till" })).await;
        stage.key_result(&loyal, "検索速度を上げる", json!({})).await;
        for (title, description, code, words) in [
            ("Measure CHECKOUTS", "", "KR-1", json!(["checkouts"])),
            ("Fix it", "The search does not find a word", "KR-2", json!(["search"])),
            ("Ask Café", "", "KR-3", json!(["cafe"])),
            ("CafeTill", "", "KR-3", json!(["cafe", "till"])),
            ("検索", "", "KR-4", json!(["検索"])),
        ] {
            let task = stage.task(title, json!({ "description": description })).await;
            let suggested = stage.suggested(stage.leader(), &task).await;
            let first = suggested.first().unwrap_or_else(|| panic!("nothing for {title}"));
            assert_eq!(first["goal"]["code"], code, "{title}: {suggested:?}");
            let reason = &first["reasons"][0];
            assert_eq!((&reason["kind"], &reason["basis"]), (&json!("TEXT"), &json!("WORDS")));
            assert_eq!((&reason["words"], &reason["share"]), (&words, &json!(1.0)), "{title}");
        }
        // A label says what a title would, and a project is asked for as a task is.
        let task = stage.task("Fix it", json!({ "labels": ["Churn"] })).await;
        assert_eq!(codes(&stage.told(stage.leader(), &task).await), ["KR-3"]);
        let project = stage.project("Churn", json!({})).await;
        assert_eq!(codes(&stage.told(stage.leader(), &project).await), ["KR-3"]);
        // What the objective says counts for its key results, the older one first.
        let task = stage.task("Make it fast", json!({})).await;
        assert_eq!(codes(&stage.told(stage.leader(), &task).await), ["KR-1", "KR-2"]);
        assert!(stage.told(stage.leader(), &stage.task("Quux", json!({})).await).await.is_empty());
    }

    async fn the_input_makes_the_link_and_nothing_else_does(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let shop = stage.objective("Shop", json!({})).await;
        let key_result = stage.key_result(&shop, "Checkout in two seconds", json!({})).await;
        let task = stage.task("Checkout", json!({})).await;
        let project = stage.project("Checkout", json!({})).await;
        for (work, key) in [(&task, "taskId"), (&project, "projectId")] {
            let suggested = stage.suggested(stage.leader(), work).await;
            let input = suggested[0]["input"].clone();
            assert_eq!((&input[key], &input["keyResultId"]), (&json!(work), &json!(key_result)));
            let answer = stage.ask(stage.leader(), "{ alignmentLinks { nodes { source { ... on Task { id } ... on Project { id } } } } }", json!({})).await;
            let sources = answer.at("alignmentLinks.nodes").as_array().expect("links").clone();
            assert!(sources.iter().all(|link| link["source"]["id"] != **work), "{sources:?}");
            stage.link(input).await;
            assert!(stage.suggested(stage.leader(), work).await.is_empty());
        }
    }

    async fn what_stands_around_it_speaks(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let goals = stage.silent_key_results(3).await;
        let leader = stage.leader();
        let epic = stage.task("Alpha", json!({})).await;
        let story = stage.task("Beta", json!({ "parentId": epic })).await;
        let task = stage.task("Gamma", json!({ "parentId": story })).await;
        let beside = stage.task("Delta", json!({ "parentId": story })).await;
        let uncle = stage.task("Epsilon", json!({ "parentId": epic })).await;
        assert!(stage.told(leader, &task).await.is_empty());
        // One sibling: 0.8 × 1/2. One level up: 0.8 × 1/2 × 0.7.
        stage.link(json!({ "taskId": beside, "keyResultId": goals[1] })).await;
        stage.link(json!({ "taskId": uncle, "keyResultId": goals[2] })).await;
        assert_eq!(
            stage.told(leader, &task).await,
            ["KR-2 0.400 SIBLINGS 1/1", "KR-3 0.280 SIBLINGS 1/1"]
        );
        // The epic itself, two levels up: 0.8 × 0.7. What tells the same counts once.
        stage.link(json!({ "taskId": epic, "keyResultId": goals[2] })).await;
        assert_eq!(
            stage.told(leader, &task).await,
            ["KR-3 0.560 PARENT 1/1", "KR-2 0.400 SIBLINGS 1/1"]
        );
        // Of two goals each is half as likely: 0.8 × 1/2; here the story is what the task is part of.
        stage.link(json!({ "taskId": story, "keyResultId": goals[0] })).await;
        stage.link(json!({ "taskId": story, "keyResultId": goals[1] })).await;
        assert_eq!(
            stage.told(leader, &task).await,
            ["KR-3 0.560 PARENT 1/1", "KR-1 0.400 PARENT 1/2", "KR-2 0.400 PARENT 1/2"]
        );
        // What has parts hears of them: of the story and the uncle. KR-3 it serves already.
        let parts = stage.told(leader, &epic).await;
        assert_eq!(parts, ["KR-1 0.200 PARTS 1/3", "KR-2 0.200 PARTS 1/3"]);
    }

    async fn what_the_epic_is_called_speaks(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let shop = stage.objective("Shop", json!({})).await;
        stage.key_result(&shop, "Checkout", json!({})).await;
        stage.key_result(&shop, "Returns", json!({})).await;
        stage.key_result(&shop, "Gamma", json!({})).await;
        let project = stage.project("Gamma", json!({})).await;
        let epic = stage.task("Checkout", json!({})).await;
        let story = stage.task("Returns", json!({ "parentId": epic })).await;
        let task = stage.task("Alpha", json!({ "parentId": story, "projectIds": [project] })).await;
        let suggested = stage.suggested(stage.leader(), &task).await;
        // The story is nearer than the epic; what all tasks of a project share says nothing.
        assert_eq!(codes(&suggested.iter().map(told).collect::<Vec<_>>()), ["KR-2", "KR-1"]);
        for (suggestion, word) in suggested.iter().zip(["returns", "checkout"]) {
            let reason = &suggestion["reasons"][0];
            assert_eq!((&reason["kind"], &reason["basis"]), (&json!("EPIC"), &json!("AROUND")));
            assert_eq!((&reason["words"], &reason["count"]), (&json!([word]), &Value::Null));
        }
        let near = suggested[0]["score"].as_f64().expect("a score");
        let far = suggested[1]["score"].as_f64().expect("a score");
        assert!((far - 0.7 * near).abs() < 1e-6, "{suggested:?}");
    }

    async fn projects_speak_for_their_tasks_and_tasks_for_their_project(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let goals = stage.silent_key_results(2).await;
        let project = stage.project("Alpha", json!({})).await;
        let mut tasks = Vec::new();
        for title in ["Beta", "Gamma", "Delta"] {
            tasks.push(stage.task(title, json!({ "projectIds": [project] })).await);
        }
        stage.link(json!({ "taskId": tasks[0], "keyResultId": goals[1] })).await;
        stage.link(json!({ "taskId": tasks[1], "keyResultId": goals[1] })).await;
        let leader = stage.leader();
        // 0.8 × 2/3 × 1/2, and 0.8 × 2/3.
        assert_eq!(stage.told(leader, &tasks[2]).await, ["KR-2 0.267 PROJECT 2/2"]);
        assert_eq!(stage.told(leader, &project).await, ["KR-2 0.533 PARTS 2/2"]);
        // A task's own link is no sign for itself: with it, of three links two would be left.
        stage.link(json!({ "taskId": tasks[2], "keyResultId": goals[0] })).await;
        assert_eq!(stage.told(leader, &tasks[2]).await, ["KR-2 0.267 PROJECT 2/2"]);
    }

    async fn similar_work_speaks(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let goals = stage.silent_key_results(3).await;
        let leader = stage.leader();
        let ina = json!([person_id(stage.individual())]);
        let labelled = stage.task("Alpha", json!({ "labels": ["Billing"] })).await;
        let theirs = stage.task("Beta", json!({ "assigneeIds": ina })).await;
        stage.link(json!({ "taskId": labelled, "keyResultId": goals[0] })).await;
        stage.link(json!({ "taskId": theirs, "keyResultId": goals[1] })).await;
        let task = stage.task("Gamma", json!({ "labels": ["billing", "Other"], "assigneeIds": ina })).await;
        // 0.4 × 1/2 and 0.25 × 1/2.
        let told = stage.told(leader, &task).await;
        assert_eq!(told, ["KR-1 0.200 LABEL 1/1", "KR-2 0.125 ASSIGNEE 1/1"]);
        assert_eq!(stage.suggested(leader, &task).await[0]["reasons"][0]["label"], "billing");
        // Both for one goal: 1 − (1 − 0.4 × 1/2) (1 − 0.25 × 1/3), for the person has two links.
        stage.link(json!({ "taskId": theirs, "keyResultId": goals[0] })).await;
        let told = stage.told(leader, &task).await;
        assert_eq!(told, ["KR-1 0.267 LABEL 1/1 ASSIGNEE 1/2", "KR-2 0.083 ASSIGNEE 1/2"]);

        let template = stage.make("projectTemplateCreate", json!({ "name": "Launch" }), "projectTemplate").await;
        let mut projects = Vec::new();
        for title in ["Delta", "Epsilon"] {
            let input = json!({ "templateId": template, "title": title });
            projects.push(stage.make("projectCreateFromTemplate", input, "project").await);
        }
        let own = json!({ "ownerId": person_id(stage.individual()), "teamId": team_id(stage.world.a.build_team) });
        for title in ["Zeta", "Eta"] {
            projects.push(stage.project(title, own.clone()).await);
        }
        stage.link(json!({ "projectId": projects[0], "keyResultId": goals[2] })).await;
        stage.link(json!({ "projectId": projects[2], "keyResultId": goals[2] })).await;
        let told = stage.told(leader, &projects[1]).await;
        assert!(told[0].starts_with("KR-3 ") && told[0].contains("TEMPLATE 1/1"), "{told:?}");
        // 1 − (1 − 0.25 × 1/2) (1 − 0.2 × 1/2)
        assert_eq!(stage.told(leader, &projects[3]).await, ["KR-3 0.212 OWNER 1/1 TEAM_PROJECTS 1/1"]);
    }

    async fn teams_speak(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        for team in [company.sales_team, company.root_team, company.build_team] {
            let objective = stage.objective("Xylophone", json!({ "teamId": team_id(team) })).await;
            stage.key_result(&objective, "Zyx", json!({})).await;
        }
        let task = stage.task("Alpha", json!({ "assigneeIds": [person_id(&company.individual)] })).await;
        let told = stage.told(stage.leader(), &task).await;
        assert_eq!(told, ["KR-3 0.150 SAME_TEAM", "KR-2 0.075 TEAM_ABOVE"]);
        let project = stage.project("Beta", json!({ "teamId": team_id(company.root_team) })).await;
        let told = stage.told(stage.leader(), &project).await;
        assert_eq!(told, ["KR-2 0.150 SAME_TEAM", "KR-1 0.075 TEAM_BELOW", "KR-3 0.075 TEAM_BELOW"]);
        // Shares of a score of two reasons add up.
        let words = stage.task("Zyx", json!({ "assigneeIds": [person_id(&company.individual)] })).await;
        let suggested = stage.suggested(stage.leader(), &words).await;
        let reasons = suggested[0]["reasons"].as_array().expect("reasons");
        let shares: f64 = reasons.iter().filter_map(|reason| reason["share"].as_f64()).sum();
        assert_eq!(reasons.len(), 2, "{suggested:?}");
        assert!((shares - 1.0).abs() < 1e-9, "{suggested:?}");
        assert!(suggested.iter().all(|one| one["score"] != Value::Null));
    }
}
