//! `viewer.unlinkedWork`: what opens and closes it, its pages, and whose it is.

use serde_json::{Value, json};
use support::{Someone, TestDatabase, both_databases};

use super::{Stage, person_id, with};

const LIST: &str = "query($first: Int, $after: String, $last: Int, $before: String, $kind: WorkKind, \
    $filter: UnlinkedWorkFilter, $sort: [UnlinkedWorkSort!]) { viewer { unlinkedWork(first: $first, after: $after, \
    last: $last, before: $before, kind: $kind, filter: $filter, sort: $sort) { totalCount \
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } \
    edges { cursor node { ... on Task { title } ... on Project { title } } } \
    nodes { __typename ... on Task { title } ... on Project { title } } } } }";

impl Stage {
    async fn list(&self, who: &Someone, variables: Value) -> Value {
        let answer = self.ask(who, LIST, variables).await;
        answer.at("viewer.unlinkedWork").clone()
    }

    async fn titles(&self, who: &Someone, variables: Value) -> Vec<String> {
        titles(&self.list(who, variables).await)
    }
}

fn titles(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().unwrap_or_else(|| panic!("no nodes in {list}"));
    nodes.iter().map(|node| node["title"].as_str().expect("a title").to_owned()).collect()
}

both_databases! {
    async fn work_is_asked_about_until_it_serves_or_is_acknowledged(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let who = stage.individual();
        let leader = stage.leader();
        let goals = stage.silent_key_results(1).await;
        let mine = json!({ "assigneeIds": [person_id(who)] });
        let project = stage.project("Project", json!({ "ownerId": person_id(who) })).await;
        let other = stage.project("Other", json!({})).await;
        let task = stage.task("Task", with(mine.clone(), json!({ "projectIds": [other, project] }))).await;
        let open = async || stage.titles(who, json!({})).await.join(" ");
        assert_eq!(open().await, "Project Task");
        let link = stage.link(json!({ "taskId": task, "keyResultId": goals[0] })).await;
        assert_eq!(open().await, "Project");
        stage.change(leader, "alignmentLinkRetire", json!({ "id": link }), "alignmentLink { id }").await;
        assert_eq!(open().await, "Project Task");
        // Its project's link closes both; what opts out of that is asked about again.
        let link = stage.link(json!({ "projectId": project, "keyResultId": goals[0] })).await;
        assert_eq!(open().await, "");
        stage.change(leader, "taskUpdate", json!({ "id": task, "optedOut": true }), "task { id }").await;
        assert_eq!(open().await, "Task");
        stage.change(leader, "taskUpdate", json!({ "id": task, "optedOut": false }), "task { id }").await;
        // What is not confirmed holds nothing where that is asked for.
        stage.server.database().execute("UPDATE alignment_link SET confirmed_at = NULL").await.expect("written");
        stage.set_practice(json!({ "requireConfirm": true })).await;
        assert_eq!(open().await, "Project Task");
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": link }), "alignmentLink { id }").await;
        assert_eq!(open().await, "");
        stage.change(leader, "alignmentLinkRetire", json!({ "id": link }), "alignmentLink { id }").await;
        // An acknowledgement, its own or a project's, as long as it holds.
        let say = async |work: Value| {
            let input = with(work, json!({ "workClass": "MAINTENANCE", "reason": "Rust" }));
            let said = stage.change(leader, "workAcknowledge", input, "acknowledgement { id }").await;
            said["acknowledgement"]["id"].clone()
        };
        let take_back = async |id: Value| {
            stage.change(leader, "acknowledgementRevoke", json!({ "id": id }), "acknowledgement { id }").await
        };
        let said = say(json!({ "taskId": task })).await;
        assert_eq!(open().await, "Project");
        take_back(said).await;
        let said = say(json!({ "projectId": other })).await;
        assert_eq!(open().await, "Project");
        take_back(said).await;
        let said = say(json!({ "projectId": project })).await;
        assert_eq!(open().await, "");
        take_back(said).await;
        assert_eq!(open().await, "Project Task");
        let until = "2026-02-18T00:00:00Z";
        let fire = json!({ "taskId": task, "workClass": "EMERGENCY", "reason": "Fire", "until": until });
        stage.change(leader, "workAcknowledge", fire, "acknowledgement { id }").await;
        assert_eq!(open().await, "Project");
        stage.time.advance_seconds(4 * 86_400);
        assert_eq!(open().await, "Project Task");
        // What is done, has parts, is somebody else's, or has ended, is asked of nobody.
        let part = stage.task("Part", with(mine, json!({ "parentId": task }))).await;
        assert_eq!(open().await, "Project Part");
        stage.change(leader, "taskUpdate", json!({ "id": part, "status": "DONE" }), "task { id }").await;
        assert_eq!(open().await, "Project");
        stage.change(leader, "projectUpdate", json!({ "id": project, "state": "CANCELLED" }), "project { id }").await;
        assert_eq!(open().await, "");
    }

    async fn a_goal_that_is_over_holds_no_open_work(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let who = stage.individual();
        let leader = stage.leader();
        let goals = stage.silent_key_results(1).await;
        let objective = stage.objective("Yodel", json!({})).await;
        let below = stage.key_result(&objective, "Zyx", json!({})).await;
        let project = stage.project("Project", json!({ "ownerId": person_id(who) })).await;
        let mine = json!({ "assigneeIds": [person_id(who)] });
        let own = stage.task("Own", mine.clone()).await;
        stage.task("Inherits", with(mine.clone(), json!({ "projectIds": [project] }))).await;
        let straight = stage.task("Straight", mine).await;
        stage.link(json!({ "taskId": own, "keyResultId": goals[0] })).await;
        stage.link(json!({ "projectId": project, "keyResultId": below })).await;
        stage.link(json!({ "taskId": straight, "objectiveId": objective })).await;
        let open = async || stage.titles(who, json!({})).await.join(" ");
        assert_eq!(open().await, "");
        let off = json!({ "id": goals[0], "state": "CANCELLED" });
        stage.change(leader, "keyResultUpdate", off, "keyResult { id }").await;
        assert_eq!(open().await, "Own");
        // With an objective, what hangs at its key results serves nothing either.
        stage.change(leader, "objectiveArchive", json!({ "id": objective }), "objective { id }").await;
        assert_eq!(open().await, "Project Own Inherits Straight");
    }

    async fn it_is_paged_filtered_and_sorted_as_other_lists(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let who = stage.individual();
        for (title, due) in [("Delta", Some("2026-03-01")), ("Alpha", None), ("Gamma", Some("2026-02-20"))] {
            stage.task(title, json!({ "assigneeIds": [person_id(who)], "dueOn": due })).await;
        }
        for (title, ends) in [("Epsilon", Some("2026-02-25")), ("Beta", None)] {
            stage.project(title, json!({ "ownerId": person_id(who), "endsOn": ends })).await;
        }
        let by_due = json!([{ "field": "DUE_ON" }]);
        let by_title = json!([{ "field": "TITLE", "order": "DESC" }]);
        for (asked, expected) in [
            (json!({}), "Delta Alpha Gamma Epsilon Beta"),
            (json!({ "sort": by_due }), "Gamma Epsilon Delta Alpha Beta"),
            (json!({ "sort": by_title }), "Gamma Epsilon Delta Beta Alpha"),
            (json!({ "kind": "TASK" }), "Delta Alpha Gamma"),
            (json!({ "kind": "PROJECT" }), "Epsilon Beta"),
            (json!({ "filter": { "title": { "containsIgnoreCase": "ELT" } } }), "Delta"),
            (json!({ "filter": { "dueOn": { "null": true } } }), "Alpha Beta"),
            (json!({ "filter": { "dueOn": { "lt": "2026-03-01" } } }), "Gamma Epsilon"),
            (json!({ "filter": { "project": { "title": { "eq": "Beta" } } } }), "Beta"),
            (json!({ "filter": { "not": { "title": { "eq": "Beta" } } }, "kind": "PROJECT" }), "Epsilon"),
        ] {
            let list = stage.list(who, asked.clone()).await;
            assert_eq!(titles(&list).join(" "), expected, "{asked}");
            assert_eq!(list["totalCount"], expected.split(' ').count(), "{asked}");
        }
        // Page by page, forwards and backwards, in an order with ties and nulls.
        let (mut forwards, mut after) = (Vec::new(), Value::Null);
        loop {
            let list = stage.list(who, json!({ "first": 2, "after": after, "sort": by_due })).await;
            forwards.extend(titles(&list));
            after = list["pageInfo"]["endCursor"].clone();
            assert_eq!(list["edges"][0]["cursor"], list["pageInfo"]["startCursor"]);
            if list["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(forwards.join(" "), "Gamma Epsilon Delta Alpha Beta");
        let list = stage.list(who, json!({ "last": 2, "before": after, "sort": by_due })).await;
        assert_eq!(titles(&list).join(" "), "Delta Alpha");
        assert_eq!(list["pageInfo"]["hasPreviousPage"], true);
        // A cursor is of this very list.
        for other in [json!({}), json!({ "sort": by_due, "kind": "TASK" })] {
            let answer = stage.ask(who, LIST, with(other, json!({ "first": 2, "after": after }))).await;
            assert_eq!(answer.errors()[0]["extensions"]["code"], "CURSOR_INVALID", "{}", answer.text);
        }
    }

    async fn everybody_is_asked_about_their_own_work_only(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let thread = company.thread(stage.server.database()).await;
        stage.task("Ina's", json!({ "assigneeIds": [person_id(&company.individual)] })).await;
        stage.project("Max's", json!({ "ownerId": person_id(&company.manager) })).await;
        let own = |titles: Vec<String>| titles.into_iter().filter(|title| title.ends_with("'s")).collect::<Vec<_>>();
        for (who, expected) in [
            (&company.individual, &["Ina's"][..]),
            (&company.manager, &["Max's"]),
            (&company.leader, &[]),
            (&company.colleague, &[]),
            (&stage.world.b.leader, &[]),
        ] {
            assert_eq!(own(stage.titles(who, json!({})).await), expected);
        }
        // A goal that they do not see serves as well as one that they see.
        let goal = stage.objective("Secret", json!({ "visibility": "PRIVATE" })).await;
        let task = stage.task("Cem's", json!({ "assigneeIds": [person_id(&company.colleague)] })).await;
        assert_eq!(own(stage.titles(&company.colleague, json!({})).await), ["Cem's"]);
        stage.link(json!({ "taskId": task, "objectiveId": goal })).await;
        assert!(own(stage.titles(&company.colleague, json!({})).await).is_empty());
        // A tool has no work of its own.
        let answer = stage.server.graphql(Some(&thread.tool_token), LIST, json!({})).await;
        assert_eq!(answer.at("viewer.unlinkedWork")["totalCount"], 0);
        assert_eq!(stage.server.graphql(None, LIST, json!({})).await.at("viewer"), &Value::Null);
    }
}
