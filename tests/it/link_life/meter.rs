//! The over-linking meter: how links spread over work, and how much hangs on the largest of them.

use serde_json::{Value, json};
use support::{Someone, TestDatabase, both_databases};

use super::{Stage, team_id};

const METER: &str = "query($team: ID) { overLinking(teamId: $team) {
  links items fanOut maxLinks overLinkedItems mostLinks linkedTasks largestLink { id } largestLinkTasks largestLinkShare
} }";

async fn meter(stage: &Stage, who: &Someone, team: Option<&str>) -> Value {
    stage.ask(who, METER, json!({ "team": team })).await.at("overLinking").clone()
}

both_databases! {
    async fn links_are_measured_as_far_as_they_are_seen(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let none = json!({ "links": 0, "items": 0, "fanOut": null, "maxLinks": 3, "overLinkedItems": 0, "mostLinks": 0,
            "linkedTasks": 0, "largestLink": null, "largestLinkTasks": 0, "largestLinkShare": null });
        assert_eq!(meter(&stage, leader, None).await, none);

        let mut goals = Vec::new();
        for title in ["One", "Two", "Three", "Four"] {
            goals.push(stage.goal(title, None).await.1);
        }
        let (root, build, sales) = (team_id(company.root_team), team_id(company.build_team), team_id(company.sales_team));
        // A project with four tasks of which one has a link of its own, one was cancelled and one is a whole of two.
        let large = stage.make("projectCreate", json!({ "title": "Large", "teamId": build }), "project").await;
        let mut parts = Vec::new();
        for title in ["First", "Second", "Whole", "Given up"] {
            parts.push(stage.task(json!({ "title": title, "projectIds": [large] })).await);
        }
        stage.change(leader, "taskUpdate", json!({ "id": parts[3], "status": "CANCELLED" }), "task { id }").await;
        for title in ["Half", "Other half"] {
            stage.task(json!({ "title": title, "parentId": parts[2] })).await;
        }
        let largest = stage.link("projectId", &large, &goals[0]).await;
        stage.link("taskId", &parts[0], &goals[1]).await;
        // A task that serves everything.
        let busy = stage.make("projectCreate", json!({ "title": "Busy", "teamId": sales }), "project").await;
        let eager = stage.task(json!({ "title": "Eager", "projectIds": [busy] })).await;
        for goal in &goals {
            stage.link("taskId", &eager, goal).await;
        }
        // What is archived, retired or secret.
        let old = stage.project("Old").await;
        stage.link("projectId", &old, &goals[0]).await;
        stage.change(leader, "projectArchive", json!({ "id": old }), "project { id }").await;
        let gone = stage.project("Gone").await;
        let gone = stage.link("projectId", &gone, &goals[0]).await;
        stage.change(leader, "alignmentLinkRetire", json!({ "id": gone }), "alignmentLink { id }").await;
        let secret = stage.make("projectCreate", json!({ "title": "Secret", "visibility": "PRIVATE" }), "project").await;
        stage.link("projectId", &secret, &goals[0]).await;

        // Seven links of four items; five tasks, of which three take the large project's: Second and both halves.
        let whole = json!({ "links": 7, "items": 4, "fanOut": 1.75, "maxLinks": 3, "overLinkedItems": 1, "mostLinks": 4,
            "linkedTasks": 5, "largestLink": { "id": largest }, "largestLinkTasks": 3, "largestLinkShare": 0.6 });
        assert_eq!(meter(&stage, leader, None).await, whole);
        let seen = meter(&stage, &company.individual, None).await;
        assert_eq!((&seen["links"], &seen["items"], &seen["linkedTasks"]), (&json!(6), &json!(3), &json!(5)), "without the secret one");
        let of_build = meter(&stage, leader, Some(&build)).await;
        assert_eq!([&of_build["links"], &of_build["items"], &of_build["fanOut"], &of_build["linkedTasks"], &of_build["largestLinkShare"]],
            [&json!(2), &json!(2), &json!(1.0), &json!(4), &json!(0.75)]);
        let of_sales = meter(&stage, leader, Some(&sales)).await;
        assert_eq!([&of_sales["links"], &of_sales["fanOut"], &of_sales["overLinkedItems"], &of_sales["largestLinkShare"]],
            [&json!(4), &json!(4.0), &json!(1), &json!(1.0)]);
        let below_root = meter(&stage, leader, Some(&root)).await;
        assert_eq!((&below_root["links"], &below_root["items"]), (&json!(6), &json!(3)), "both teams are below it");
        assert_eq!(meter(&stage, leader, Some(&team_id(stage.world.b.build_team))).await, Value::Null);
        assert_eq!(meter(&stage, &stage.world.b.leader, None).await["links"], 0);
        stage.set_settings(json!({ "maxLinks": 4 })).await;
        let calm = meter(&stage, leader, None).await;
        assert_eq!((&calm["overLinkedItems"], &calm["maxLinks"]), (&json!(0), &json!(4)));
        // Links to a goal that was archived are stale, and tie work to nothing while they are.
        let query = "query($id: ID!) { keyResult(id: $id) { objective { id } } }";
        let answer = stage.ask(leader, query, json!({ "id": goals[3] })).await;
        let objective = json!({ "id": answer.at("keyResult.objective.id") });
        stage.change(leader, "objectiveArchive", objective.clone(), "objective { id }").await;
        let fewer = meter(&stage, leader, None).await;
        assert_eq!((&fewer["links"], &fewer["items"], &fewer["mostLinks"]), (&json!(6), &json!(4), &json!(3)));
        stage.change(leader, "objectiveUnarchive", objective, "objective { id }").await;
        assert_eq!(meter(&stage, leader, None).await["links"], 7);
        let _ = stage.log.take();
        meter(&stage, leader, None).await;
        let ran = stage.ran();
        assert!(ran.len() <= 6, "{ran:#?}");
        stage.server.stop().await;
    }
}
