//! Reasons that somebody brings about: each is set, kept off, and taken away again in the transaction of the deed.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id};

both_databases! {
    async fn a_goal_that_is_given_up_or_archived_takes_its_links_along_until_it_is_back(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let (objective, goal) = stage.goal("Grow", None).await;
        let (_, other) = stage.goal("Shrink", None).await;
        let project = stage.project("Build").await;
        let link = stage.link("projectId", &project, &goal).await;
        let kept = stage.link("projectId", &project, &other).await;
        let above = json!({ "projectId": project, "objectiveId": objective });
        let above = stage.make("alignmentLinkCreate", above, "alignmentLink").await;
        let states = async || [stage.state(&link).await, stage.state(&above).await, stage.state(&kept).await];
        let set = async |field: &str, input: Value, part: &str| {
            stage.change(leader, field, input, &format!("{part} {{ id }}")).await;
        };
        let active = "ACTIVE";
        set("keyResultUpdate", json!({ "id": goal, "state": "CANCELLED" }), "keyResult").await;
        assert_eq!(states().await, ["STALE TARGET_CLOSED", active, active]);
        set("keyResultUpdate", json!({ "id": goal, "state": "ACTIVE" }), "keyResult").await;
        assert_eq!(states().await, [active; 3]);
        set("objectiveUpdate", json!({ "id": objective, "state": "CANCELLED" }), "objective").await;
        assert_eq!(states().await, ["STALE TARGET_CLOSED", "STALE TARGET_CLOSED", active]);
        // What is archived after it was given up is told as archived, and as given up when it is out again.
        set("objectiveArchive", json!({ "id": objective }), "objective").await;
        assert_eq!(states().await, ["STALE TARGET_ARCHIVED", "STALE TARGET_ARCHIVED", active]);
        set("objectiveUnarchive", json!({ "id": objective }), "objective").await;
        assert_eq!(states().await, ["STALE TARGET_CLOSED", "STALE TARGET_CLOSED", active]);
        set("objectiveUpdate", json!({ "id": objective, "state": "ACTIVE" }), "objective").await;
        assert_eq!(states().await, [active; 3]);
        set("keyResultArchive", json!({ "id": goal }), "keyResult").await;
        assert_eq!(states().await, ["STALE TARGET_ARCHIVED", active, active]);
        set("keyResultUnarchive", json!({ "id": goal }), "keyResult").await;
        assert_eq!(states().await, [active; 3]);
        stage.server.stop().await;
    }

    async fn links_whose_owner_left_wait_for_another_one(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let (_, goal) = stage.goal("Grow", None).await;
        let owned = async |who: &support::Someone, title: &str| {
            let project = stage.make("projectCreate", json!({ "title": title, "ownerId": person_id(who) }), "project").await;
            let input = json!({ "projectId": project, "keyResultId": goal });
            let made = stage.change(who, "alignmentLinkCreate", input, "alignmentLink { id }").await;
            made["alignmentLink"]["id"].clone()
        };
        let first = owned(&company.individual, "First").await;
        let second = owned(&company.individual, "Second").await;
        let kept = owned(&company.colleague, "Kept").await;
        let states = async || [stage.state(&first).await, stage.state(&second).await, stage.state(&kept).await];
        let leaving = json!({ "id": person_id(&company.individual) });
        stage.change(&company.admin, "personDeactivate", leaving.clone(), "person { id }").await;
        assert_eq!(states().await, ["STALE OWNER_LEFT", "STALE OWNER_LEFT", "ACTIVE"]);
        let to = |who: Value| json!({ "id": first, "ownerId": who });
        assert_eq!(stage.refusal(leader, "alignmentLinkUpdate", to(json!(person_id(&company.individual)))).await, "INVALID ownerId");
        stage.change(leader, "alignmentLinkUpdate", to(json!(person_id(&company.manager))), "alignmentLink { id }").await;
        assert_eq!(states().await, ["ACTIVE", "STALE OWNER_LEFT", "ACTIVE"]);
        stage.change(&company.admin, "personReactivate", leaving, "person { id }").await;
        assert_eq!(states().await, ["ACTIVE"; 3]);
        stage.server.stop().await;
    }

    async fn a_link_lives_as_long_as_its_reference_or_a_persons_word(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        stage.goal("Grow", None).await;
        let titled = async |task: &Value, title: &str| {
            stage.change(leader, "taskUpdate", json!({ "id": task, "title": title }), "task { id }").await;
        };
        let lost = stage.task(json!({ "title": "Lost [KR-1]" })).await;
        let link = stage.link_of("task", &lost).await;
        let confirmed = stage.task(json!({ "title": "Confirmed [KR-1]" })).await;
        let kept = stage.link_of("task", &confirmed).await;
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": kept }), "alignmentLink { id }").await;
        titled(&lost, "Lost").await;
        titled(&confirmed, "Confirmed").await;
        assert_eq!([stage.state(&link).await, stage.state(&kept).await], ["STALE TOKEN_REMOVED", "ACTIVE"]);
        titled(&lost, "Found #KR-1").await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        titled(&lost, "Lost").await;
        assert_eq!(stage.state(&link).await, "STALE TOKEN_REMOVED");
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": link }), "alignmentLink { id }").await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        stage.server.stop().await;
    }
}
