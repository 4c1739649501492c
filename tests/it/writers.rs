//! Many writers at once under one objective leave exactly what a recount gives.

use futures_util::future::join_all;
use serde_json::json;
use support::{TestServer, World, both_databases};

const PLANT: &str = "mutation ($objective: ObjectiveCreateInput!) {
  objectiveCreate(input: $objective) { objective { id } userErrors { message } }
}";

both_databases! {
    async fn fifty_finish_tasks_under_one_objective(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let leader = company.leader.token.clone();
        let leader = leader.as_str();
        let planted = server.graphql(Some(leader), PLANT, json!({ "objective": { "title": "Grow" } })).await;
        let objective = planted.at("objectiveCreate.objective.id").clone();
        let mut tasks = Vec::new();
        for number in 0..5 {
            let key_result = server
                .change(leader, "keyResultCreate",
                    json!({ "objectiveId": objective, "title": format!("Part {number}"), "progressSource": "WORK" }),
                    "keyResult { id }")
                .await["keyResult"]["id"].clone();
            let project = server
                .change(leader, "projectCreate", json!({ "title": format!("Project {number}") }), "project { id }")
                .await["project"]["id"].clone();
            server
                .change(leader, "alignmentLinkCreate",
                    json!({ "projectId": project, "keyResultId": key_result }), "alignmentLink { id }")
                .await;
            for task in 0..12 {
                let made = server
                    .change(leader, "taskCreate",
                        json!({ "title": format!("Task {task}"), "projectIds": [project] }), "task { id }")
                    .await;
                tasks.push(made["task"]["id"].clone());
            }
        }
        // Fifty of the sixty, ten in each project, all at once.
        let finished = tasks.iter().enumerate().filter(|(at, _)| at % 12 < 10).map(|(_, task)| {
            let server = server.clone();
            async move {
                server.change(leader, "taskUpdate", json!({ "id": task, "status": "DONE" }), "task { status }").await
            }
        });
        assert_eq!(join_all(finished).await.len(), 50);
        let answer = server
            .graphql(Some(leader), "{ objectives { nodes { progress keyResults { nodes { progress workProgress
                projects { nodes { progress } } } } } } }", json!({}))
            .await;
        let share = json!(0.833_333_333);
        assert_eq!(answer.at("objectives.nodes.0.progress"), &share, "{}", answer.text);
        for number in 0..5 {
            let path = format!("objectives.nodes.0.keyResults.nodes.{number}");
            assert_eq!(answer.at(&format!("{path}.workProgress")), &share, "{}", answer.text);
            assert_eq!(answer.at(&format!("{path}.projects.nodes.0.progress")), &share, "{}", answer.text);
        }
    }
}
