//! What is never suggested, and to whom.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{SUGGESTIONS, Stage, codes, person_id, team_id, with};

both_databases! {
    async fn goals_that_are_over_or_not_seen_never_show(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let cycle = json!({ "name": "Past", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-03-31" });
        let cycle = stage.make("cycleCreate", cycle, "cycle").await;
        let team = |visibility: &str| json!({ "visibility": visibility, "teamId": team_id(company.sales_team) });
        let mut objectives = Vec::new();
        for more in [
            json!({}),
            json!({ "state": "DRAFT" }),
            json!({ "cycleId": cycle }),
            json!({}),
            json!({}),
            team("TEAM"),
            with(team("PRIVATE"), json!({ "ownerId": person_id(&company.colleague) })),
        ] {
            let state = if more["state"] == "DRAFT" { "DRAFT" } else { "ACTIVE" };
            let objective = stage.objective("Shop", more).await;
            stage.key_result(&objective, "Checkout", json!({ "state": state })).await;
            objectives.push(objective);
        }
        // One more below the first, archived by itself.
        let archived = stage.key_result(&objectives[0], "Checkout", json!({})).await;
        stage.change(leader, "keyResultArchive", json!({ "id": archived }), "keyResult { id }").await;
        stage.change(leader, "objectiveArchive", json!({ "id": objectives[3] }), "objective { id }").await;
        let cancelled = json!({ "id": objectives[4], "state": "CANCELLED" });
        stage.change(leader, "objectiveUpdate", cancelled, "objective { id }").await;
        stage.server.database().execute("UPDATE cycle SET state = 'CLOSED'").await.expect("written");
        let task = stage.task("Checkout", json!({})).await;
        let seen = async |who| codes(&stage.told(who, &task).await).join(" ");
        assert_eq!(seen(leader).await, "KR-1 KR-6 KR-7");
        assert_eq!(seen(&company.individual).await, "KR-1");
        assert_eq!(seen(&company.manager).await, "KR-1");
        assert_eq!(seen(&company.colleague).await, "KR-1 KR-6 KR-7");
    }

    async fn work_that_is_not_seen_speaks_not_and_gets_nothing(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let goals = stage.silent_key_results(1).await;
        let secret = json!({
            "visibility": "PRIVATE", "ownerId": person_id(&company.colleague), "teamId": team_id(company.sales_team),
        });
        let secret = stage.project("Secret", secret).await;
        let hidden = stage.task("Alpha", json!({ "projectIds": [secret], "labels": ["Billing"] })).await;
        stage.link(json!({ "taskId": hidden, "keyResultId": goals[0] })).await;
        let task = stage.task("Beta", json!({ "labels": ["Billing"] })).await;
        assert_eq!(stage.told(stage.leader(), &task).await, ["KR-1 0.200 LABEL 1/1"]);
        assert!(stage.told(&company.individual, &task).await.is_empty());
        for (who, work) in [
            (&company.individual, json!({ "task": hidden })),
            (&company.individual, json!({ "project": secret })),
            (&stage.world.b.leader, json!({ "task": task })),
        ] {
            let answer = stage.ask(who, SUGGESTIONS, work).await;
            assert_eq!(answer.data()["linkSuggestions"], Value::Null, "{}", answer.text);
        }
        // Goals of another organization are none.
        let other = &stage.world.b.leader;
        let own = stage.change(other, "taskCreate", json!({ "title": "Zyx0" }), "task { id }").await;
        assert!(stage.told(other, own["task"]["id"].as_str().expect("an id")).await.is_empty());
    }

    async fn what_is_settled_is_not_suggested_again(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let shop = stage.objective("Shop", json!({})).await;
        let mut goals = Vec::new();
        for _ in 0..3 {
            goals.push(stage.key_result(&shop, "Checkout", json!({})).await);
        }
        let project = stage.project("Alpha", json!({})).await;
        let task = stage.task("Checkout", json!({ "projectIds": [project] })).await;
        let codes = async || codes(&stage.told(leader, &task).await).join(" ");
        assert_eq!(codes().await, "KR-1 KR-2 KR-3");
        // Inherited.
        stage.link(json!({ "projectId": project, "keyResultId": goals[0] })).await;
        assert_eq!(codes().await, "KR-2 KR-3");
        // Its own, and once a person has retired it.
        let link = stage.link(json!({ "taskId": task, "keyResultId": goals[1] })).await;
        assert!(!codes().await.contains("KR-2"));
        stage.change(leader, "alignmentLinkRetire", json!({ "id": link }), "alignmentLink { id }").await;
        assert_eq!(codes().await, "KR-3");
        // What nobody but Throughline retired may be meant.
        stage.server.database().execute("UPDATE alignment_link SET retired_by_id = NULL").await.expect("written");
        assert_eq!(codes().await, "KR-2 KR-3");
        // What opted out of its project's goals was not taken away from each of them.
        stage.change(leader, "taskUpdate", json!({ "id": task, "optedOut": true }), "task { id }").await;
        assert_eq!(codes().await, "KR-1 KR-2 KR-3");
        // What waits to be confirmed is tied.
        stage.link(json!({ "taskId": task, "keyResultId": goals[2] })).await;
        stage.server.database().execute("UPDATE alignment_link SET confirmed_at = NULL").await.expect("written");
        stage.set_practice(json!({ "requireConfirm": true })).await;
        assert_eq!(codes().await, "KR-1 KR-2");
        stage.change(leader, "taskArchive", json!({ "id": task }), "task { id }").await;
        let answer = stage.ask(leader, SUGGESTIONS, json!({ "task": task })).await;
        assert_eq!(answer.data()["linkSuggestions"], Value::Null, "{}", answer.text);
    }

    async fn questions_that_mean_nothing_are_refused(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let task = stage.task("Alpha", json!({})).await;
        let project = stage.project("Alpha", json!({})).await;
        for question in [
            json!({}),
            json!({ "task": task, "project": project }),
            json!({ "task": project }),
            json!({ "project": task }),
            json!({ "task": task, "first": -1 }),
            json!({ "task": task, "first": 21 }),
        ] {
            let answer = stage.ask(stage.leader(), SUGGESTIONS, question.clone()).await;
            assert_eq!(answer.errors()[0]["extensions"]["code"], "BAD_USER_INPUT", "{question}: {}", answer.text);
        }
        for first in [0, 20] {
            let answer = stage.ask(stage.leader(), SUGGESTIONS, json!({ "task": task, "first": first })).await;
            assert_eq!(answer.data()["linkSuggestions"], json!([]));
        }
    }
}
