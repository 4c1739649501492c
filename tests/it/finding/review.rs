//! A link is looked at again when one of its ends has changed.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, evidence, person_id};

const KIND: &str = "LINK_REVIEW";

/// A key result of the manager, and a project of the individual with five tasks that is linked to it.
struct Tie {
    key_result: Value,
    project: Value,
    link: Value,
}

async fn tie(stage: &Stage) -> Tie {
    let company = &stage.world.a;
    let input = json!({ "title": "Grow", "ownerId": person_id(&company.manager) });
    let objective = stage.make("objectiveCreate", input, "objective").await;
    let input = json!({
        "objectiveId": objective, "title": "Ship", "start": "0", "target": "10",
        "ownerId": person_id(&company.manager),
    });
    let key_result = stage.make("keyResultCreate", input, "keyResult").await;
    let input =
        json!({ "title": "Rocket", "ownerId": person_id(&company.individual), "state": "IN_PROGRESS" });
    let project = stage.make("projectCreate", input, "project").await;
    for number in 0..5 {
        let input = json!({ "title": format!("Step {number}"), "projectIds": [project] });
        stage.make("taskCreate", input, "task").await;
    }
    let input = json!({ "projectId": project, "keyResultId": key_result });
    let link = stage.make("alignmentLinkCreate", input, "alignmentLink").await;
    Tie { key_result, project, link }
}

fn changes(finding: &Value) -> Vec<String> {
    let seen = evidence(finding);
    let listed = seen["changes"].as_array().expect("changes").iter();
    listed.map(|change| change["change"].as_str().expect("a name").to_owned()).collect()
}

both_databases! {
    async fn a_goal_that_changes_is_for_the_owner_of_the_work(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let Tie { key_result, link, .. } = tie(&stage).await;
        let set = async |more: Value| {
            let mut input = more;
            input["id"] = key_result.clone();
            stage.change("keyResultUpdate", input).await;
        };
        set(json!({ "title": "Ship it" })).await;
        assert_eq!(stage.state(KIND, &link).await, "NONE", "a title is no other goal");
        set(json!({ "target": "20" })).await;
        let found = stage.open(KIND, &link).await;
        assert_eq!(found["owner"]["id"], person_id(&company.individual));
        let seen = evidence(&found);
        assert_eq!(seen["changes"], json!([{ "change": "GOAL_TARGET", "before": "10", "after": "20" }]));
        // As it was before: the cause is gone.
        set(json!({ "target": "10" })).await;
        stage.resolved(KIND, &link).await;
        set(json!({ "target": "30", "ownerId": person_id(&company.colleague) })).await;
        stage.reopened(KIND, &found).await;
        let again = stage.open(KIND, &link).await;
        assert_eq!(changes(&again), ["GOAL_TARGET", "GOAL_OWNER"]);
        // Who is to act says that it was looked at; later changes are held against what is now.
        let done = json!({ "id": found["id"] });
        let tell = async |before: &str, after: &str| {
            let text = format!("UPDATE finding SET evidence = replace(evidence, '\"{before}\"', '\"{after}\"')");
            stage.server.database().execute(&text).await.expect("written");
        };
        tell("30", "25").await;
        let unread = stage.refusal(&company.individual, "findingResolve", done.clone()).await;
        assert_eq!(unread, "CONFLICT id", "it was told of another target");
        tell("25", "30").await;
        stage.change_by(&company.individual, "findingResolve", done).await;
        stage.resolved(KIND, &link).await;
        set(json!({ "state": "CANCELLED" })).await;
        stage.reopened(KIND, &found).await;
        assert_eq!(changes(&stage.open(KIND, &link).await), ["GOAL_CLOSED"]);
        stage.change("alignmentLinkRetire", json!({ "id": link })).await;
        stage.resolved(KIND, &link).await;
        stage.server.stop().await;
    }

    async fn work_that_grows_is_for_the_owner_of_the_goal(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let Tie { project, link, .. } = tie(&stage).await;
        let grow = async |title: &str| {
            stage.make("taskCreate", json!({ "title": title, "projectIds": [project] }), "task").await
        };
        grow("Sixth").await;
        assert_eq!(stage.state(KIND, &link).await, "NONE", "a fifth more is not over a fifth");
        let seventh = grow("Seventh").await;
        let found = stage.open(KIND, &link).await;
        assert_eq!(found["owner"]["id"], person_id(&company.manager));
        let seen = evidence(&found);
        assert_eq!(seen["changes"], json!([{ "change": "SCOPE_GROWTH", "before": 5, "after": 7 }]));
        stage.change("taskArchive", json!({ "id": seventh })).await;
        stage.resolved(KIND, &link).await;
        stage.change("taskUnarchive", json!({ "id": seventh })).await;
        stage.reopened(KIND, &found).await;
        // Whoever answers for the goal confirms the link anew: from now on seven are what was agreed.
        stage.change_by(&company.manager, "alignmentLinkConfirm", json!({ "id": link })).await;
        stage.resolved(KIND, &link).await;
        grow("Eighth").await;
        stage.resolved(KIND, &link).await;
        grow("Ninth").await;
        stage.reopened(KIND, &found).await;
        // Together with others too, although it was confirmed before.
        stage.change_by(&company.manager, "alignmentLinkConfirmMany", json!({ "ids": [link] })).await;
        stage.resolved(KIND, &link).await;
        stage.server.stop().await;
    }

    async fn a_project_is_planned_before_it_grows(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let goals = stage.goals(1).await;
        let project = stage.make("projectCreate", json!({ "title": "Rocket" }), "project").await;
        let input = json!({ "projectId": project, "keyResultId": goals[0] });
        let link = stage.make("alignmentLinkCreate", input, "alignmentLink").await;
        let add = async || stage.make("taskCreate", json!({ "title": "Step", "projectIds": [project] }), "task").await;
        for _ in 0..3 {
            add().await;
            assert_eq!(stage.state(KIND, &link).await, "NONE", "it has not begun");
        }
        stage.change("projectUpdate", json!({ "id": project, "state": "IN_PROGRESS" })).await;
        assert_eq!(stage.state(KIND, &link).await, "NONE");
        add().await;
        let seen = evidence(&stage.open(KIND, &link).await);
        assert_eq!(seen["changes"], json!([{ "change": "SCOPE_GROWTH", "before": 3, "after": 4 }]));
        stage.server.stop().await;
    }

    async fn a_first_aim_is_no_other_one(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let objective = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Measure", "kind": "BASELINE" });
        let key_result = stage.make("keyResultCreate", input, "keyResult").await;
        let project = stage.make("projectCreate", json!({ "title": "Rocket" }), "project").await;
        let input = json!({ "projectId": project, "keyResultId": key_result });
        let link = stage.make("alignmentLinkCreate", input, "alignmentLink").await;
        let aim = json!({ "keyResultId": key_result, "value": "5", "kind": "INCREASE", "target": "10" });
        stage.change("keyResultSetBaseline", aim).await;
        assert_eq!(stage.state(KIND, &link).await, "NONE", "it was to be measured first");
        stage.change("keyResultUpdate", json!({ "id": key_result, "target": "20" })).await;
        let seen = evidence(&stage.open(KIND, &link).await);
        assert_eq!(seen["changes"], json!([{ "change": "GOAL_TARGET", "before": "10", "after": "20" }]));
        stage.server.stop().await;
    }
}
