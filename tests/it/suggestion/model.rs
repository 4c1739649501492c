//! What is suggested under each connection model, and how many.

use serde_json::json;
use support::{TestDatabase, both_databases};

use super::{SUGGESTIONS, Stage, codes, team_id};

both_databases! {
    async fn suggestions_fit_the_model_of_the_works_team(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let shop = stage.objective("Shop", json!({})).await;
        stage.key_result(&shop, "Checkout", json!({})).await;
        stage.objective("Checkout by hand", json!({ "progressSource": "WORK" })).await;
        let task = stage.task("Checkout", json!({})).await;
        let project = stage.project("Checkout", json!({})).await;
        let build = json!({ "teamId": team_id(stage.world.a.build_team) });
        let theirs = stage.project("Checkout", build).await;
        let sorted = async |work: &String| {
            let told = stage.told(stage.leader(), work).await;
            let mut codes = codes(&told);
            codes.sort_unstable();
            codes.join(" ")
        };
        for (model, of_task, of_project) in [
            // Where key results may be served, an objective is suggested that counts work itself.
            ("ANY", "KR-1 O-2", "KR-1 O-2"),
            // An objective says what its key results are called.
            ("OBJECTIVE_TO_PROJECT", "KR-1", "O-1 O-2"),
            ("KEY_RESULT_TO_PROJECT", "", "KR-1"),
            ("TASK_TO_KEY_RESULT", "KR-1", ""),
        ] {
            stage.set_practice(json!({ "connectionModel": model })).await;
            assert_eq!(sorted(&task).await, of_task, "{model}");
            assert_eq!(sorted(&project).await, of_project, "{model}");
        }
        let own = json!({ "id": team_id(stage.world.a.build_team), "connectionModel": "OBJECTIVE_TO_PROJECT" });
        stage.change(stage.leader(), "teamUpdate", own, "team { id }").await;
        assert_eq!((sorted(&theirs).await, sorted(&project).await), ("O-1 O-2".to_owned(), String::new()));
    }

    async fn as_many_as_are_asked_for_and_equals_in_their_order(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let db = stage.server.database();
        let objective = company.objective(db, 1, "Shop", &[]).await.expect("written");
        for number in 1..=25 {
            company.key_result(db, objective, number, "Checkout", &[]).await.expect("written");
        }
        // Others, so that the word tells something.
        for number in 26..=60 {
            company.key_result(db, objective, number, "Zyx", &[]).await.expect("written");
        }
        let task = stage.task("Checkout", json!({})).await;
        for (first, count) in [(None, 5), (Some(0), 0), (Some(3), 3), (Some(20), 20)] {
            let answer = stage.ask(stage.leader(), SUGGESTIONS, json!({ "task": task, "first": first })).await;
            let suggested = answer.at("linkSuggestions").as_array().expect("a list");
            let codes: Vec<&str> = suggested.iter().filter_map(|one| one["goal"]["code"].as_str()).collect();
            let expected: Vec<String> = (1..=count).map(|number| format!("KR-{number}")).collect();
            assert_eq!(codes, expected, "{first:?}");
        }
    }
}
