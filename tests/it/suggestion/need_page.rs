//! The pages of `viewer.work`.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{
    Stage,
    need::{WORK, shown},
};

both_databases! {
    async fn nothing_is_lost_between_pages_while_time_passes(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let who = stage.individual();
        let cycle = stage.quarter().await;
        let late = stage.goal_at(&cycle, 40, json!({}), json!({ "startsOn": "2026-02-14" })).await;
        let early = stage.goal_at(&cycle, 48, json!({}), json!({})).await;
        for number in 0..3 {
            stage.own_task(&format!("Late {number}"), None, &[json!({ "keyResultId": late })]).await;
            stage.own_task(&format!("Early {number}"), None, &[json!({ "keyResultId": early })]).await;
            stage.own_task(&format!("None {number}"), None, &[]).await;
        }
        let whole = shown(&stage.work(who, json!({})).await);
        assert_eq!(whole.len(), 9);
        assert!(whole[0].starts_with("Early 0 0.015") && whole[3] == "Late 0 0.0", "{whole:?}");
        // Four hours a page: what is expected moves, and the needs with it.
        let (mut read, mut after, mut before) = (Vec::new(), Value::Null, Value::Null);
        for page in 0..5 {
            let list = stage.work(who, json!({ "first": 2, "after": after })).await;
            read.extend(shown(&list));
            assert_eq!(list["pageInfo"]["hasPreviousPage"], page > 0);
            assert_eq!(list["pageInfo"]["hasNextPage"], page < 4);
            assert_eq!(list["edges"][0]["cursor"], list["pageInfo"]["startCursor"]);
            (before, after) =
                (list["pageInfo"]["startCursor"].clone(), list["pageInfo"]["endCursor"].clone());
            stage.time.advance_seconds(4 * 3_600);
        }
        assert_eq!(read, whole);
        let list = stage.work(who, json!({ "last": 3, "before": before })).await;
        assert_eq!(shown(&list), whole[5..8]);
        assert_eq!((&list["pageInfo"]["hasPreviousPage"], &list["pageInfo"]["hasNextPage"]), (&json!(true), &json!(true)));
        let list = stage.work(who, json!({ "last": 2 })).await;
        assert_eq!(list["pageInfo"]["hasNextPage"], false);
        // Whoever begins anew is given the needs of now.
        assert_ne!(shown(&stage.work(who, json!({})).await), whole);
        stage.time.advance_seconds(86_400);
        // A cursor is of this list and of this order, and good for a day.
        for (after, said) in [(after, "a day old"), (json!("nonsense"), "of this very list")] {
            let answer = stage.ask(who, WORK, json!({ "after": after })).await;
            assert_eq!(answer.errors()[0]["extensions"]["code"], "CURSOR_INVALID", "{}", answer.text);
            assert!(answer.errors()[0]["message"].as_str().is_some_and(|told| told.contains(said)), "{}", answer.text);
        }
        let list = stage.work(who, json!({ "first": 1 })).await;
        let after = list["pageInfo"]["endCursor"].clone();
        let answer = stage.ask(who, WORK, json!({ "after": after, "sort": "DUE_ON" })).await;
        assert_eq!(answer.errors()[0]["extensions"]["code"], "CURSOR_INVALID", "{}", answer.text);
        assert_eq!(stage.work(who, json!({ "after": after })).await["nodes"].as_array().map(Vec::len), Some(8));
    }
}
