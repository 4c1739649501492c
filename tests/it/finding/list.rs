//! Findings in lists and at what they are about.

use serde_json::{Value, json};
use support::{Someone, TestDatabase, both_databases};

use super::{FINDINGS, Stage, evidence, person_id};

both_databases! {
    async fn findings_are_found_from_all_sides(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let project = json!({ "title": "Rocket", "state": "IN_PROGRESS", "ownerId": person_id(&company.manager) });
        let project = stage.make("projectCreate", project, "project").await;
        let individual = person_id(&company.individual);
        let task = json!({ "title": "Weld", "status": "IN_PROGRESS", "projectIds": [project], "assigneeIds": [individual] });
        let task = stage.make("taskCreate", task, "task").await;
        let goals = stage.goals(4).await;
        let extra = stage.make("taskCreate", json!({ "title": "Everything" }), "task").await;
        for goal in &goals {
            stage.change("alignmentLinkCreate", json!({ "taskId": extra, "keyResultId": goal })).await;
        }
        stage.change("organizationUpdate", json!({ "settings": { "gate": "BLOCK" } })).await;
        let read = async |who: &Someone, query: &str| {
            stage.server.graphql(Some(&stage.token(who)), query, json!({})).await.data().clone()
        };
        let leader = stage.leader();
        let kinds = |list: &Value| -> Vec<String> {
            let nodes = list["nodes"].as_array().expect("nodes").iter();
            nodes.map(|node| node["kind"].as_str().expect("a kind").to_owned()).collect()
        };
        let all = read(leader, "{ findings(sort: [{ field: SEVERITY, order: DESC }]) { totalCount nodes { kind } } }").await;
        assert_eq!(kinds(&all["findings"]), ["PROJECT_STARTED_UNALIGNED", "WORK_WITHOUT_GOAL", "OVER_LINKED"]);
        for (filter, wanted) in [
            (format!("project: {{ id: {{ eq: {project} }} }}"), "PROJECT_STARTED_UNALIGNED"),
            (format!("task: {{ id: {{ eq: {task} }} }}"), "WORK_WITHOUT_GOAL"),
            ("task: { title: { eq: \"Everything\" } }".to_owned(), "OVER_LINKED"),
            (format!("owner: {{ id: {{ eq: \"{individual}\" }} }}"), "WORK_WITHOUT_GOAL"),
            ("severity: { eq: CRITICAL }".to_owned(), "PROJECT_STARTED_UNALIGNED"),
        ] {
            let found = read(leader, &format!("{{ findings(filter: {{ {filter} }}) {{ nodes {{ kind }} }} }}")).await;
            assert_eq!(kinds(&found["findings"]), [wanted], "{filter}");
        }
        let seen = read(leader, &format!("{{ project(id: {project}) {{ findings {{ nodes {{ kind project {{ title }} task {{ title }} }} }} }}
          task(id: {task}) {{ findings(filter: {{ state: {{ eq: OPEN }} }}) {{ totalCount nodes {{ kind task {{ title }} }} }} }} }}")).await;
        assert_eq!(seen["project"]["findings"]["nodes"], json!([
            { "kind": "PROJECT_STARTED_UNALIGNED", "project": { "title": "Rocket" }, "task": null },
        ]));
        assert_eq!(seen["task"]["findings"], json!({ "totalCount": 1, "nodes": [{ "kind": "WORK_WITHOUT_GOAL", "task": { "title": "Weld" } }] }));
        let own = "{ viewer { findings { nodes { kind } } person { findings(first: 1) { totalCount } } } }";
        let seen = read(&company.individual, own).await;
        assert_eq!(kinds(&seen["viewer"]["findings"]), ["WORK_WITHOUT_GOAL"]);
        assert_eq!(seen["viewer"]["person"]["findings"]["totalCount"], 1);
        assert_eq!(kinds(&read(&company.colleague, own).await["viewer"]["findings"]), [""; 0]);
        stage.server.stop().await;
    }

    async fn a_finding_about_what_is_not_seen_is_not_seen(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        // A private goal of the leader, served by work of the individual: who answers for the work is asked to
        // look at the link again, and must not learn of the goal by that.
        let goal = json!({ "title": "Secret", "visibility": "PRIVATE" });
        let goal = stage.make("objectiveCreate", goal, "objective").await;
        let project = json!({ "title": "Rocket", "ownerId": person_id(&company.individual) });
        let project = stage.make("projectCreate", project, "project").await;
        let link = json!({ "projectId": project, "objectiveId": goal });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.change("objectiveUpdate", json!({ "id": goal, "state": "CANCELLED" })).await;
        let found = stage.open("LINK_REVIEW", &link).await;
        assert_eq!(found["owner"]["id"], person_id(&company.individual));
        let query = "query($id: ID!) { finding(id: $id) { id } findings { totalCount } viewer { findings { totalCount } } }";
        let token = stage.token(&company.individual);
        let seen = stage.server.graphql(Some(&token), query, json!({ "id": found["id"] })).await;
        assert_eq!(seen.data(), &json!({ "finding": null, "findings": { "totalCount": 0 }, "viewer": { "findings": { "totalCount": 0 } } }));
        let resolve = json!({ "id": found["id"] });
        assert_eq!(stage.refusal(&company.individual, "findingResolve", resolve).await, "NOT_FOUND");
        stage.server.stop().await;
    }

    async fn a_finding_tells_only_of_goals_and_links_that_are_seen(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let individual = person_id(&company.individual);
        let secret = json!({ "title": "Secret", "visibility": "PRIVATE" });
        let secret = stage.make("objectiveCreate", secret, "objective").await;
        // Work of the individual that serves three open goals and, weakest, a private one of the leader.
        let task = json!({ "title": "Everything", "assigneeIds": [individual] });
        let task = stage.make("taskCreate", task, "task").await;
        let mut open = Vec::new();
        for goal in stage.goals(3).await {
            let link = json!({ "taskId": task, "keyResultId": goal });
            open.push(stage.make("alignmentLinkCreate", link, "alignmentLink").await);
        }
        let weakest = json!({ "taskId": task, "objectiveId": secret, "significance": "SUPPORTS" });
        let weakest = stage.make("alignmentLinkCreate", weakest, "alignmentLink").await;
        // And a project of theirs whose tasks serve the private goal one by one.
        let project = json!({ "title": "Rocket", "ownerId": individual });
        let project = stage.make("projectCreate", project, "project").await;
        for number in 0..5 {
            let part = json!({ "title": format!("Step {number}"), "projectIds": [project] });
            let part = stage.make("taskCreate", part, "task").await;
            stage.change("alignmentLinkCreate", json!({ "taskId": part, "objectiveId": secret })).await;
        }
        let read = async |who: &Someone, kind: &str| {
            let token = stage.token(who);
            let answer = stage.server.graphql(Some(&token), FINDINGS, json!({ "kind": kind })).await;
            let [found] = &answer.at("findings.nodes").as_array().expect("findings")[..] else {
                panic!("one finding was expected: {}", answer.text)
            };
            (evidence(found), found["suggestion"].clone())
        };
        let (seen, suggestion) = read(stage.leader(), "OVER_LINKED").await;
        assert_eq!((&seen["linkCount"], &seen["linkIds"][0]), (&json!(4), &weakest));
        assert_eq!(suggestion["mutation"], "alignmentLinkRetire");
        let (seen, suggestion) = read(&company.individual, "OVER_LINKED").await;
        let told: Vec<Value> = seen["linkIds"].as_array().expect("links").clone();
        assert!(told.len() == 3 && open.iter().all(|link| told.contains(link)), "{seen}");
        assert_eq!((&seen["linkCount"], &suggestion), (&Value::Null, &Value::Null));
        let (seen, suggestion) = read(stage.leader(), "GRANULARITY_MISMATCH").await;
        assert_eq!((&seen["goalId"], &seen["linkedTasks"]), (&secret, &json!(5)));
        assert_eq!(suggestion["mutation"], "alignmentLinkCreate");
        let (seen, suggestion) = read(&company.individual, "GRANULARITY_MISMATCH").await;
        assert_eq!((&seen["goalId"], &seen["linkedTasks"]), (&Value::Null, &Value::Null));
        assert_eq!(suggestion, Value::Null);
        stage.server.stop().await;
    }
}
