//! Who sets the connection model of a team; what another one would make invalid: who is judged by it, and who sees
//! what of it.

use serde_json::{Value, json};
use support::{Someone, TestDatabase, both_databases};

use super::{Stage, person_id, team_id};

const PREVIEW: &str = "query($to: ConnectionModel!, $team: ID, $after: String) {
  connectionModelPreview(to: $to, teamId: $team) { from to
    kinds { kind links ofEndedGoals isOutsideNow why instead }
    links(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor }
      nodes { kind isOutsideNow why instead alignmentLink { id }
        source { ... on Project { title } ... on Task { title } } target { ... on Objective { code } ... on KeyResult { code } } } } } }";

/// What is listed, page by page: `source → target`.
async fn listed(stage: &Stage, who: &Someone, to: &str, team: Option<&str>) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "to": to, "team": team, "after": after });
        let answer = stage.ask(who, PREVIEW, variables).await;
        let links = answer.at("connectionModelPreview.links").clone();
        for node in links["nodes"].as_array().expect("rows") {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            found.push(format!("{} → {}", text(&node["source"]["title"]), text(&node["target"]["code"])));
        }
        if links["pageInfo"]["hasNextPage"] == false {
            assert_eq!(links["totalCount"], found.len(), "{}", answer.text);
            let kinds = answer.at("connectionModelPreview.kinds").as_array().expect("kinds").clone();
            let total: u64 = kinds.iter().map(|kind| kind["links"].as_u64().expect("a count")).sum();
            assert_eq!(total, found.len() as u64, "{}", answer.text);
            return found;
        }
        after = links["pageInfo"]["endCursor"].clone();
    }
}

both_databases! {
    async fn leaders_set_the_model_of_a_team_and_admins_all_else(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let build = team_id(company.build_team);
        let model = json!({ "id": build, "connectionModel": "TASK_TO_KEY_RESULT" });
        let name = json!({ "id": build, "name": "Builders" });
        let both = json!({ "id": build, "connectionModel": "ANY", "name": "Builders" });
        let made = json!({ "name": "New", "connectionModel": "ANY" });
        for who in [&company.individual, &company.manager, &company.colleague, &company.admin] {
            assert_eq!(stage.refusal(who, "teamUpdate", model.clone()).await, "FORBIDDEN", "{}", who.email);
        }
        for who in [leader, &company.admin] {
            assert_eq!(stage.refusal(who, "teamUpdate", both.clone()).await, "FORBIDDEN", "{}", who.email);
            assert_eq!(stage.refusal(who, "teamCreate", made.clone()).await, "FORBIDDEN", "{}", who.email);
        }
        assert_eq!(stage.refusal(leader, "teamUpdate", name.clone()).await, "FORBIDDEN");
        let told = "team { name connectionModel }";
        let set = stage.change(leader, "teamUpdate", model, told).await;
        assert_eq!(set["team"], json!({ "name": "Build", "connectionModel": "TASK_TO_KEY_RESULT" }));
        let set = stage.change(leader, "teamUpdate", json!({ "id": build, "connectionModel": null }), told).await;
        assert_eq!(set["team"], json!({ "name": "Build", "connectionModel": null }));
        let set = stage.change(&company.admin, "teamUpdate", name, told).await;
        assert_eq!(set["team"]["name"], "Builders");
        // Who has both rights may do both at once.
        let flag = json!({ "id": person_id(leader), "isAdmin": true });
        stage.change(&company.admin, "personUpdate", flag, "person { id }").await;
        let set = stage.change(leader, "teamUpdate", both, told).await;
        assert_eq!(set["team"], json!({ "name": "Builders", "connectionModel": "ANY" }));
        stage.change(leader, "teamCreate", made, told).await;
        stage.server.stop().await;
    }

    async fn exactly_the_work_that_is_judged_by_the_model_is_looked_at(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let (objective, goal) = stage.goal("Grow", None).await;
        let own_model = team_id(company.build_team);
        let (build, sales) = (own_model.as_str(), team_id(company.sales_team));
        stage.change(leader, "teamUpdate", json!({ "id": build, "connectionModel": "TASK_TO_KEY_RESULT" }), "team { id }").await;
        for (title, team) in [("Nobody's", None), ("Sold", Some(sales.as_str())), ("Built", Some(build))] {
            let project = stage.make("projectCreate", json!({ "title": title, "teamId": team }), "project").await;
            let task = stage.task(json!({ "title": format!("Part of {title}"), "projectIds": [project] })).await;
            stage.link("projectId", &project, &goal).await;
            stage.link("taskId", &task, &goal).await;
            for (end, work) in [("projectId", &project), ("taskId", &task)] {
                stage.make("alignmentLinkCreate", json!({ end: work, "objectiveId": objective }), "alignmentLink").await;
            }
        }
        let secret = stage.make("projectCreate", json!({ "title": "Secret", "visibility": "PRIVATE" }), "project").await;
        stage.link("projectId", &secret, &goal).await;
        // Retired links are no matter of a model.
        let gone = stage.task(json!({ "title": "Gone" })).await;
        let gone = stage.link("taskId", &gone, &goal).await;
        stage.change(leader, "alignmentLinkRetire", json!({ "id": gone }), "alignmentLink { id }").await;

        assert!(listed(&stage, leader, "ANY", None).await.is_empty());
        assert_eq!(listed(&stage, leader, "KEY_RESULT_TO_PROJECT", None).await, [
            "Part of Nobody's → KR-1", "Nobody's → O-1", "Part of Nobody's → O-1",
            "Part of Sold → KR-1", "Sold → O-1", "Part of Sold → O-1",
        ]);
        assert_eq!(listed(&stage, leader, "OBJECTIVE_TO_PROJECT", None).await, [
            "Nobody's → KR-1", "Part of Nobody's → O-1", "Sold → KR-1", "Part of Sold → O-1", "Secret → KR-1",
        ]);
        assert_eq!(listed(&stage, leader, "TASK_TO_KEY_RESULT", Some(&sales)).await, ["Sold → KR-1", "Sold → O-1", "Part of Sold → O-1"]);
        // What one does not see is neither listed nor counted.
        assert_eq!(listed(&stage, &company.individual, "OBJECTIVE_TO_PROJECT", None).await.len(), 4);
        assert!(listed(&stage, &stage.world.b.leader, "KEY_RESULT_TO_PROJECT", None).await.is_empty());

        // A team's own: what its present one does not foresee either is told so.
        assert_eq!(listed(&stage, leader, "KEY_RESULT_TO_PROJECT", Some(build)).await, ["Part of Built → KR-1", "Built → O-1", "Part of Built → O-1"]);
        let answer = stage.ask(leader, PREVIEW, json!({ "to": "KEY_RESULT_TO_PROJECT", "team": build })).await;
        assert_eq!((answer.at("connectionModelPreview.from"), answer.at("connectionModelPreview.to")), (&json!("TASK_TO_KEY_RESULT"), &json!("KEY_RESULT_TO_PROJECT")));
        let kinds = answer.at("connectionModelPreview.kinds").clone();
        let told: Vec<Value> = kinds.as_array().expect("kinds").iter().map(|kind| json!([kind["kind"], kind["links"], kind["isOutsideNow"]])).collect();
        assert_eq!(told, [json!(["PROJECT_TO_OBJECTIVE", 1, true]), json!(["TASK_TO_KEY_RESULT", 1, false]), json!(["TASK_TO_OBJECTIVE", 1, true])]);
        assert_eq!(kinds[1]["why"], "Here a task serves a key result by itself, and in this model projects serve key results.");
        assert_eq!(kinds[1]["instead"], "Link a project of the task to the key result: the task inherits that link.");
        let first = answer.at("connectionModelPreview.links.nodes.0").clone();
        assert_eq!((&first["kind"], &first["why"], &first["instead"]), (&kinds[1]["kind"], &kinds[1]["why"], &kinds[1]["instead"]));
        // Links to what is over stay as they are, and are told apart.
        stage.change(leader, "objectiveUpdate", json!({ "id": objective, "state": "CANCELLED" }), "objective { id }").await;
        let answer = stage.ask(leader, PREVIEW, json!({ "to": "KEY_RESULT_TO_PROJECT", "team": build })).await;
        assert_eq!(answer.at("connectionModelPreview.kinds.0.ofEndedGoals"), &json!(1));

        // A cursor of one preview is none of another.
        let cursor = answer.at("connectionModelPreview.links.pageInfo.endCursor").clone();
        let other = stage.ask(leader, PREVIEW, json!({ "to": "TASK_TO_KEY_RESULT", "team": build, "after": cursor })).await;
        assert_eq!(other.errors()[0]["extensions"]["code"], "CURSOR_INVALID");
        let foreign = team_id(stage.world.b.build_team);
        let none = stage.ask(leader, PREVIEW, json!({ "to": "ANY", "team": foreign })).await;
        assert_eq!(none.at("connectionModelPreview"), &Value::Null);
        stage.server.stop().await;
    }
}
