//! Templates of projects, and projects made from them: the project, its tasks and its link, all or nothing.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id, team_id};

const TASKS: &str = "tasks { nodes { position parent title dueOffsetDays estimate { value unit } } }";
const MADE: &str = "project { id title state startsOn workClass progressBasis description template { name } gate { state reasons }
  team { name } owner { name } links { nodes { weight significance } }
  tasks { nodes { title dueOn status parent { title } estimate { value unit } children { totalCount } acknowledgementOrigin } } }
  alignmentLink { weight significance } warnings";

fn tasks() -> Value {
    json!([
        { "title": "Plan", "dueOffsetDays": 0, "estimate": { "value": 2, "unit": "POINTS" } },
        { "title": "Build", "description": "With care" },
        { "title": "Walls", "parent": 1, "dueOffsetDays": 14 },
        { "title": "Roof", "parent": 1, "dueOffsetDays": -1 },
    ])
}

both_databases! {
    async fn a_project_begins_with_all_that_its_template_has(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        stage.set_gate("BLOCK").await;
        let objective = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let goal = json!({ "objectiveId": objective, "title": "Houses", "progressSource": "WORK" });
        let goal = stage.make("keyResultCreate", goal, "keyResult").await;
        let template = json!({
            "name": "House", "description": "How we build", "requiresGoal": true, "progressBasis": "ESTIMATE",
            "significance": "SUPPORTS", "weight": 3.0, "beginState": "IN_PROGRESS", "tasks": tasks(),
        });
        let template = stage.make("projectTemplateCreate", template, "projectTemplate").await;
        let mut input = json!({ "templateId": template, "title": "Ours", "startsOn": "2026-04-01" });
        assert_eq!(stage.refusal(leader, "projectCreateFromTemplate", input.clone()).await, "REQUIRED keyResultId");
        input["keyResultId"] = goal.clone();
        input["id"] = format!("prj_{}", stage.server.clock().new_id().simple()).into();
        let _ = stage.log.take();
        let made = stage.change(leader, "projectCreateFromTemplate", input.clone(), MADE).await;
        assert_eq!(made["warnings"], json!([]), "the link opens the gate");
        let project = &made["project"];
        assert_eq!(
            (&project["id"], &project["state"], &project["startsOn"], &project["progressBasis"]),
            (&input["id"], &json!("IN_PROGRESS"), &json!("2026-04-01"), &json!("ESTIMATE"))
        );
        assert_eq!((&project["template"]["name"], &project["description"]), (&json!("House"), &json!("How we build")));
        assert_eq!(made["alignmentLink"], json!({ "weight": 3.0, "significance": "SUPPORTS" }));
        assert_eq!(project["links"]["nodes"], json!([{ "weight": 3.0, "significance": "SUPPORTS" }]));
        let seen = |title: &str| {
            let nodes = project["tasks"]["nodes"].as_array().expect("tasks");
            nodes.iter().find(|task| task["title"] == title).cloned().expect("the task")
        };
        assert_eq!(project["tasks"]["nodes"].as_array().map(Vec::len), Some(4));
        assert_eq!((&seen("Plan")["dueOn"], &seen("Plan")["estimate"]), (&json!("2026-04-01"), &json!({ "value": 2.0, "unit": "POINTS" })));
        assert_eq!((&seen("Build")["dueOn"], &seen("Build")["children"]["totalCount"]), (&Value::Null, &json!(2)));
        assert_eq!((&seen("Walls")["dueOn"], &seen("Walls")["parent"]["title"]), (&json!("2026-04-15"), &json!("Build")));
        assert_eq!((&seen("Roof")["dueOn"], &seen("Roof")["status"]), (&json!("2026-03-31"), &json!("TODO")));
        // A retry is answered as the first time and makes nothing.
        let again = stage.change(leader, "projectCreateFromTemplate", input.clone(), "project { id }").await;
        assert_eq!(again["project"]["id"], input["id"]);
        let database = stage.server.database();
        assert_eq!(database.number("SELECT count(*) FROM task").await, 4);
        assert_eq!(database.number("SELECT count(*) FROM status_interval").await, 4);
        assert_eq!(database.number("SELECT count(DISTINCT batch_id) FROM event WHERE subject_kind = 'TASK'").await, 1);
        // The three that are leaves count, and so does finishing them.
        assert_eq!(database.number("SELECT counted_leaves FROM project").await, 3);
        // Changed, it begins otherwise; what was made from it stays.
        let change = json!({ "id": template, "expectedVersion": 1, "requiresGoal": false, "beginState": "PLANNED",
            "workClass": "OPPORTUNITY", "tasks": [{ "title": "Only this" }] });
        let changed = stage.change(leader, "projectTemplateUpdate", change, &format!("projectTemplate {{ version {TASKS} }}")).await;
        assert_eq!(changed["projectTemplate"]["version"], 2);
        assert_eq!(changed["projectTemplate"]["tasks"]["nodes"].as_array().map(Vec::len), Some(1));
        let loose = json!({ "templateId": template, "title": "Theirs" });
        let loose = stage.change(leader, "projectCreateFromTemplate", loose, MADE).await;
        assert_eq!((&loose["project"]["state"], &loose["project"]["workClass"]), (&json!("PLANNED"), &json!("OPPORTUNITY")));
        assert_eq!((&loose["project"]["startsOn"], &loose["alignmentLink"]), (&json!("2026-03-02"), &Value::Null));
        assert_eq!(database.number("SELECT count(*) FROM task").await, 5);
        let adopted = "query($id: ID!) { projectTemplate(id: $id) { projects { totalCount } } }";
        assert_eq!(stage.read(leader, adopted, &template).await["projects"]["totalCount"], 2);
        let all = "{ projects(filter: { template: { name: { eq: \"House\" } } }) { totalCount } }";
        assert_eq!(stage.server.graphql(Some(&stage.token(leader)), all, json!({})).await.at("projects.totalCount"), 2);
        stage.server.stop().await;
    }

    async fn the_rules_of_each_part_hold_and_nothing_is_left_behind(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let objective = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let template = json!({ "name": "House", "weight": 2.0, "beginState": "IN_PROGRESS", "tasks": tasks() });
        let template = stage.make("projectTemplateCreate", template, "projectTemplate").await;
        let input = |more: Value| {
            let mut input = json!({ "templateId": template, "title": "Ours" });
            for (name, value) in more.as_object().expect("an object") {
                input[name] = value.clone();
            }
            input
        };
        let make = "projectCreateFromTemplate";
        stage.set_gate("BLOCK").await;
        assert_eq!(stage.refusal(leader, make, input(json!({}))).await, "NOT_NOW state");
        stage.set_gate("WARN").await;
        let warned = stage.change(leader, make, input(json!({})), MADE).await;
        assert_eq!(warned["warnings"].as_array().map(Vec::len), Some(1), "{warned}");
        // A weight of its own is for who answers for the goal; for others the link weighs 1, and they are told.
        let theirs = stage.change(&company.individual, make, input(json!({ "objectiveId": objective })), MADE).await;
        assert_eq!(theirs["alignmentLink"]["weight"], 1.0);
        assert_eq!(theirs["warnings"].as_array().map(Vec::len), Some(1), "{theirs}");
        assert_eq!(theirs["project"]["owner"]["name"], "Ina Individual");
        let before = stage.server.database().number("SELECT count(*) FROM task").await;
        let settings = json!({ "settings": { "connectionModel": "KEY_RESULT_TO_PROJECT", "outsideModel": "REFUSE" } });
        stage.change(leader, "organizationUpdate", settings, "organization { id }").await;
        assert_eq!(stage.refusal(leader, make, input(json!({ "objectiveId": objective }))).await, "NOT_NOW objectiveId");
        let secret = stage.make("objectiveCreate", json!({ "title": "Secret", "visibility": "PRIVATE" }), "objective").await;
        assert_eq!(stage.refusal(&company.individual, make, input(json!({ "objectiveId": secret }))).await, "NOT_FOUND objectiveId");
        let other = json!({ "ownerId": person_id(&company.colleague) });
        assert_eq!(stage.refusal(&company.individual, make, input(other)).await, "FORBIDDEN");
        assert_eq!(stage.refusal(leader, make, input(json!({ "title": " " }))).await, "REQUIRED title");
        stage.change(leader, "projectTemplateArchive", json!({ "id": template }), "projectTemplate { archivedAt }").await;
        assert_eq!(stage.refusal(leader, make, input(json!({}))).await, "NOT_NOW templateId");
        let unknown = format!("tpl_{}", stage.server.clock().new_id().simple());
        assert_eq!(stage.refusal(leader, make, input(json!({ "templateId": unknown }))).await, "NOT_FOUND templateId");
        let database = stage.server.database();
        assert_eq!(database.number("SELECT count(*) FROM task").await, before);
        assert_eq!(database.number("SELECT count(*) FROM project").await, 2);
        stage.server.stop().await;
    }

    async fn templates_are_made_by_managers_for_their_teams_and_leaders_for_all(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let template = |team: Option<uuid::Uuid>| json!({ "name": "House", "teamId": team.map(team_id) });
        for (who, team, allowed) in [
            (&company.leader, None, true),
            (&company.leader, Some(company.sales_team), true),
            (&company.manager, Some(company.build_team), true),
            (&company.manager, Some(company.sales_team), false),
            (&company.manager, None, false),
            (&company.individual, Some(company.build_team), false),
            (&company.admin, None, false),
        ] {
            if !allowed {
                assert_eq!(stage.refusal(who, "projectTemplateCreate", template(team)).await, "FORBIDDEN", "{}", who.email);
                continue;
            }
            let made = stage.change(who, "projectTemplateCreate", template(team), "projectTemplate { id version }").await;
            let id = made["projectTemplate"]["id"].clone();
            assert_eq!(stage.refusal(&company.individual, "projectTemplateUpdate", json!({ "id": id, "name": "Mine" })).await, "FORBIDDEN");
            // Nobody hands one to a team that they do not manage.
            if who.id == company.manager.id {
                for team in [json!(null), json!(team_id(company.sales_team))] {
                    let input = json!({ "id": id, "teamId": team });
                    assert_eq!(stage.refusal(who, "projectTemplateUpdate", input).await, "FORBIDDEN");
                }
                // It is for projects of that team: any who may make them there, and no other team.
                let made = json!({ "templateId": id, "title": "Ours" });
                let made = stage.change(&company.individual, "projectCreateFromTemplate", made, MADE).await;
                assert_eq!(made["project"]["team"]["name"], "Build");
                let elsewhere = json!({ "templateId": id, "title": "Ours", "teamId": team_id(company.sales_team) });
                assert_eq!(stage.refusal(&company.leader, "projectCreateFromTemplate", elsewhere).await, "INVALID teamId");
                let below = json!({ "name": "Walls", "parentId": team_id(company.build_team) });
                let below = stage.change(&company.admin, "teamCreate", below, "team { id }").await["team"]["id"].clone();
                let below = json!({ "templateId": id, "title": "Ours", "teamId": below });
                stage.change(&company.leader, "projectCreateFromTemplate", below, MADE).await;
            }
        }
        for (input, refusal) in [
            (json!({ "beginState": "DONE" }), "INVALID beginState"),
            (json!({ "weight": -1.0 }), "INVALID weight"),
            (json!({ "tasks": [{ "title": "" }] }), "REQUIRED tasks.0.title"),
            (json!({ "tasks": [{ "title": "A", "parent": 0 }] }), "INVALID tasks.0.parent"),
            (json!({ "tasks": [{ "title": "A", "dueOffsetDays": 4000 }] }), "INVALID tasks.0.dueOffsetDays"),
            (json!({ "tasks": vec![json!({ "title": "A" }); 201] }), "INVALID tasks"),
        ] {
            let mut input = input;
            input["name"] = "House".into();
            assert_eq!(stage.refusal(&company.leader, "projectTemplateCreate", input).await, refusal);
        }
        let mut input = json!({ "name": "House", "tasks": tasks() });
        input["id"] = format!("tpl_{}", stage.server.clock().new_id().simple()).into();
        for _ in 0..2 {
            let made = stage.change(&company.leader, "projectTemplateCreate", input.clone(), &format!("projectTemplate {{ id {TASKS} }}")).await;
            assert_eq!(made["projectTemplate"]["id"], input["id"]);
            assert_eq!(made["projectTemplate"]["tasks"]["nodes"][2]["parent"], 1);
        }
        input["tasks"] = json!([]);
        assert_eq!(stage.refusal(&company.leader, "projectTemplateCreate", input).await, "CONFLICT id");
        stage.server.stop().await;
    }

    async fn texts_that_name_goals_are_read_beside_the_link_that_is_chosen(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let objective = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let goal = json!({ "objectiveId": objective, "title": "Houses", "progressSource": "WORK" });
        let goal = stage.make("keyResultCreate", goal, "keyResult").await;
        let tasks = json!([
            { "title": "Plan KR-1" }, { "title": "Build", "description": "Not KR-1, but [KR-9]" }, { "title": "Paint 3 walls" },
        ]);
        let template = json!({ "name": "House", "description": "Serves [O-1]", "significance": "SUPPORTS", "tasks": tasks });
        let template = stage.make("projectTemplateCreate", template, "projectTemplate").await;
        let selection = "project { id tasks { nodes { title unresolvedTokens { nodes { code } }
            effectiveLinks { via { title } target { ... on KeyResult { code } ... on Objective { code } } } } } }
            alignmentLink { id significance origin weight } warnings";
        // Who makes it has no right on the goal, and needs none.
        let input = json!({ "templateId": template, "title": "For KR-1", "keyResultId": goal });
        let made = stage.change(&company.individual, "projectCreateFromTemplate", input, selection).await;
        let link = &made["alignmentLink"];
        assert_eq!((&link["significance"], &link["origin"], &link["weight"]), (&json!("SUPPORTS"), &json!("MANUAL"), &json!(1.0)));
        assert_eq!(made["warnings"], json!([]));
        let links = "{ alignmentLinks { nodes { significance origin source { ... on Project { title } ... on Task { title } }
            target { ... on KeyResult { code } ... on Objective { code } } evidence { nodes { origin } } } } }";
        let answer = stage.server.graphql(Some(&stage.token(stage.leader())), links, json!({})).await;
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let mut seen: Vec<String> = (answer.at("alignmentLinks.nodes").as_array().expect("links").iter())
            .map(|link| {
                let mut why: Vec<String> = (link["evidence"]["nodes"].as_array().expect("evidence").iter())
                    .map(|row| text(&row["origin"]))
                    .collect();
                why.sort();
                let ends = [&link["source"]["title"], &link["target"]["code"], &link["significance"], &link["origin"]];
                format!("{} by {}", ends.map(text).join(" "), why.join(" "))
            })
            .collect();
        seen.sort();
        assert_eq!(seen, [
            "For KR-1 KR-1 SUPPORTS MANUAL by MANUAL TOKEN",
            "For KR-1 O-1 CONTRIBUTES TOKEN by TOKEN",
            "Plan KR-1 KR-1 CONTRIBUTES TOKEN by TOKEN",
        ]);
        let task = |title: &str| {
            let nodes = made["project"]["tasks"]["nodes"].as_array().expect("tasks");
            nodes.iter().find(|task| task["title"] == title).cloned().expect("the task")
        };
        assert_eq!(task("Plan KR-1")["effectiveLinks"], json!([{ "via": null, "target": { "code": "KR-1" } }]));
        assert_eq!(task("Build")["unresolvedTokens"]["nodes"], json!([{ "code": "KR-9" }]));
        assert_eq!(task("Build")["effectiveLinks"].as_array().map(Vec::len), Some(2), "those of its project");
        // Without a chosen goal the texts alone tie it, and open the gate.
        stage.set_gate("BLOCK").await;
        let change = json!({ "id": template, "beginState": "IN_PROGRESS" });
        stage.change(stage.leader(), "projectTemplateUpdate", change, "projectTemplate { id }").await;
        let input = json!({ "templateId": template, "title": "Another" });
        let made = stage.change(stage.leader(), "projectCreateFromTemplate", input, MADE).await;
        assert_eq!(made["project"]["gate"], json!({ "state": "OPEN", "reasons": ["LINKED"] }));
        assert_eq!(made["alignmentLink"], Value::Null);
        stage.server.stop().await;
    }

    async fn no_task_is_due_beyond_the_calendar(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let template = json!({ "name": "House", "tasks": tasks() });
        let template = stage.make("projectTemplateCreate", template, "projectTemplate").await;
        for (day, refused) in [("9999-12-18", true), ("9999-12-17", false), ("0001-01-01", true), ("0001-01-02", false)] {
            let input = json!({ "templateId": template, "title": "Ours", "startsOn": day });
            if refused {
                assert_eq!(stage.refusal(stage.leader(), "projectCreateFromTemplate", input).await, "INVALID startsOn", "{day}");
            } else {
                stage.change(stage.leader(), "projectCreateFromTemplate", input, MADE).await;
            }
        }
        assert_eq!(stage.server.database().number("SELECT count(*) FROM project").await, 2);
        stage.server.stop().await;
    }
}
