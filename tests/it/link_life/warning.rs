//! What a person is told who writes references into texts: those outside of the model, and those that are too many.

use std::fmt::Write as _;

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::Stage;

both_databases! {
    async fn whoever_names_a_goal_outside_the_model_is_told(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        stage.goal("Grow", None).await;
        stage.set_settings(json!({ "connectionModel": "KEY_RESULT_TO_PROJECT" })).await;
        let write = async |field: &str, input: Value| {
            stage.change(leader, field, input, "warnings").await["warnings"].clone()
        };
        let outside = "lies outside the connection model, in which projects serve key results";
        let made = stage.change(leader, "taskCreate", json!({ "title": "Do KR-1" }), "task { id } warnings").await;
        assert_eq!(made["warnings"], json!([format!("the link by KR-1 {outside}")]));
        let id = made["task"]["id"].clone();
        assert_eq!(write("taskUpdate", json!({ "id": id, "title": "Do KR-1 soon" })).await, json!([]), "the link is there already");
        let by_objective = json!({ "id": id, "title": "Do KR-1 soon [O-1]" });
        assert_eq!(write("taskUpdate", by_objective).await, json!([format!("the link by O-1 {outside}")]));
        assert_eq!(write("taskCreate", json!({ "title": "Sing" })).await, json!([]));
        assert_eq!(write("projectCreate", json!({ "title": "Ship KR-1" })).await, json!([]));
        assert_eq!(write("projectCreate", json!({ "title": "Ship O-1" })).await, json!([format!("the link by O-1 {outside}")]));
        stage.set_settings(json!({ "outsideModel": "REFUSE" })).await;
        let refused = write("taskCreate", json!({ "title": "More KR-1" })).await;
        let what = format!("KR-1 is not linked, for that {outside}; it waits as an unresolved reference");
        assert_eq!(refused, json!([what]));
        stage.server.stop().await;
    }

    async fn of_too_many_references_the_first_are_taken_and_the_rest_is_told(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        stage.goal("Grow", None).await;
        let codes = |from: u32, to: u32| (from..=to).fold(String::new(), |mut text, number| {
            write!(text, "[KR-{number}] ").expect("written");
            text
        });
        let input = json!({ "title": "All", "description": codes(1, 200) });
        let made = stage.change(leader, "taskCreate", input, "task { id } warnings").await;
        assert_eq!(made["warnings"], json!([]));
        let database = stage.server.database();
        let open = "SELECT COUNT(*) FROM unresolved_token WHERE resolved_at IS NULL";
        assert_eq!(database.number(open).await, 199, "one of them has a goal");
        let input = json!({ "id": made["task"]["id"], "description": codes(1, 263) });
        let changed = stage.change(leader, "taskUpdate", input, "warnings").await;
        let told = "63 references were not taken: of one text the first 200 are, and no work serves as many goals.";
        assert_eq!(changed["warnings"], json!([told]));
        assert_eq!(database.number(open).await, 199);
        // Another text of the same work has its own two hundred.
        let input = json!({ "id": made["task"]["id"], "description": codes(2, 201), "title": "All KR-1" });
        let changed = stage.change(leader, "taskUpdate", input, "warnings").await;
        assert_eq!(changed["warnings"], json!([]));
        assert_eq!((database.number(open).await, database.number("SELECT COUNT(*) FROM alignment_link WHERE state = 'ACTIVE'").await), (200, 1));
        // One that stands elsewhere is taken there.
        let input = json!({ "id": made["task"]["id"], "description": codes(1, 263), "title": "All KR-263" });
        let changed = stage.change(leader, "taskUpdate", input, "warnings").await;
        assert_eq!(changed["warnings"], json!([told.replacen("63", "62", 1)]));
        stage.server.stop().await;
    }
}
