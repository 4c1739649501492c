//! `viewer.work`: the order of needs, worked out by hand.
//!
//! The quarter has 90 days and 45 of them have passed when a test begins: half of a committed goal is expected,
//! and time counts ¾.

use serde_json::{Value, json};
use support::{Someone, TestDatabase, both_databases};

use super::{Stage, person_id, team_id, with};

pub(super) const WORK: &str = "query($first: Int, $after: String, $last: Int, $before: String, $filter: TaskFilter, \
    $sort: WorkOrder! = GOAL_NEED) { viewer { work(first: $first, after: $after, last: $last, before: $before, \
    filter: $filter, sort: $sort) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } \
    edges { cursor node { need } } nodes { need task { title } reason { redacted gap expectedProgress progress \
    health timeElapsed timeLeft weight linkShare goalShare significance \
    keyResult { code } objective { code } via { title } link { id } } } } } }";

impl Stage {
    pub(super) async fn work(&self, who: &Someone, variables: Value) -> Value {
        self.ask(who, WORK, variables).await.at("viewer.work").clone()
    }

    /// A cycle of 90 days of which half has passed.
    pub(super) async fn quarter(&self) -> String {
        let cycle =
            json!({ "name": "Quarter", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-03-31" });
        self.make("cycleCreate", cycle, "cycle").await
    }

    /// A key result of an objective of its own at some percent.
    pub(super) async fn goal_at(&self, cycle: &str, percent: i64, objective: Value, own: Value) -> String {
        let objective = self.objective("Grow", with(json!({ "cycleId": cycle }), objective)).await;
        self.key_result_at(&objective, percent, own).await
    }

    pub(super) async fn key_result_at(&self, objective: &str, percent: i64, more: Value) -> String {
        let id = self.key_result(objective, "Result", more).await;
        let check_in = json!({ "keyResultId": id, "value": percent.to_string() });
        self.change(self.leader(), "keyResultCheckIn", check_in, "keyResult { id }").await;
        id
    }

    /// A task of the individual, linked as it is said.
    pub(super) async fn own_task(&self, title: &str, due: Option<&str>, links: &[Value]) -> String {
        let mine = json!({ "assigneeIds": [person_id(self.individual())], "dueOn": due });
        let task = self.task(title, mine).await;
        for link in links {
            self.link(with(json!({ "taskId": task }), link.clone())).await;
        }
        task
    }
}

/// What a reason says of a link that the viewer does not see.
fn nothing_but_the_gap(reason: &Value) {
    for (field, told) in reason.as_object().unwrap_or_else(|| panic!("no reason in {reason}")) {
        assert_eq!(told.is_null(), !["redacted", "gap"].contains(&field.as_str()), "{field}: {reason}");
    }
}

/// `title need`, each.
pub(super) fn shown(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().unwrap_or_else(|| panic!("no nodes in {list}"));
    nodes
        .iter()
        .map(|node| format!("{} {}", node["task"]["title"].as_str().expect("a title"), node["need"]))
        .collect()
}

both_databases! {
    async fn what_goals_need_most_comes_first(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let who = stage.individual();
        let cycle = stage.quarter().await;
        let behind = stage.goal_at(&cycle, 10, json!({}), json!({})).await; // 0.4 × 0.75 = 0.3
        let aspiring = stage.goal_at(&cycle, 15, json!({ "kind": "ASPIRATIONAL" }), json!({})).await; // (0.35 − 0.15) × 0.75 = 0.15
        let ahead = stage.goal_at(&cycle, 80, json!({}), json!({})).await;
        let timeless = stage.objective("Grow", json!({})).await;
        let timeless = stage.key_result_at(&timeless, 0, json!({})).await;
        // Two of one objective: the light one is half of the heavy one. 0.4 × 0.75 × ½
        let shared = stage.objective("Grow", json!({ "cycleId": cycle })).await;
        let light = stage.key_result_at(&shared, 10, json!({ "weight": 1.0 })).await;
        stage.key_result_at(&shared, 50, json!({ "weight": 2.0 })).await;

        stage.own_task("Ahead", Some("2026-02-16"), &[json!({ "keyResultId": ahead })]).await;
        stage.own_task("Timeless", None, &[json!({ "keyResultId": timeless })]).await;
        stage.own_task("Unlinked", None, &[]).await;
        stage.own_task("Unlinked soon", Some("2026-02-20"), &[]).await;
        stage.own_task("Light", None, &[json!({ "keyResultId": light })]).await;
        stage.own_task("Aspiring", None, &[json!({ "keyResultId": aspiring }), json!({ "keyResultId": ahead })]).await;
        stage.own_task("Aspiring soon", Some("2026-03-01"), &[json!({ "keyResultId": aspiring })]).await;
        stage.own_task("Behind", None, &[json!({ "keyResultId": aspiring }), json!({ "keyResultId": behind })]).await;
        // Beside a link of weight 1 to the same goal, and beside one of weight 2.
        let supports = json!({ "keyResultId": behind, "significance": "SUPPORTS" });
        stage.own_task("Supports", None, &[supports]).await;
        let done = stage.own_task("Done", None, &[json!({ "keyResultId": behind })]).await;
        stage.change(stage.leader(), "taskUpdate", json!({ "id": done, "status": "DONE" }), "task { id }").await;
        let list = stage.work(who, json!({})).await;
        assert_eq!(
            shown(&list),
            [
                "Behind 0.3",
                // Equal needs: what is due, then what was made first.
                "Aspiring soon 0.15",
                "Light 0.15",
                "Aspiring 0.15",
                "Supports 0.15",
                "Ahead 0.0",
                "Timeless 0.0",
                "Unlinked soon null",
                "Unlinked null",
            ]
        );
        assert_eq!(list["totalCount"], 9);
        let reason = |at: usize| list["nodes"][at]["reason"].clone();
        let first = reason(0);
        for (field, expected) in [
            ("redacted", json!(false)),
            ("gap", json!(0.4)),
            ("expectedProgress", json!(0.5)),
            ("progress", json!(0.1)),
            ("health", json!("OFF_TRACK")),
            ("timeElapsed", json!(0.5)),
            ("timeLeft", json!(0.5)),
            ("weight", json!(1.0)),
            ("linkShare", json!(1.0)),
            ("goalShare", json!(1.0)),
            ("significance", json!("CONTRIBUTES")),
            ("keyResult", json!({ "code": "KR-1" })),
            ("objective", json!({ "code": "O-1" })),
            ("via", Value::Null),
        ] {
            assert_eq!(first[field], expected, "{field}: {first}");
        }
        assert_eq!((&reason(2)["goalShare"], &reason(4)["significance"]), (&json!(0.5), &json!("SUPPORTS")));
        assert_eq!(reason(6)["timeElapsed"], Value::Null);
        assert_eq!(reason(8), Value::Null);
        let by_due = stage.work(who, json!({ "sort": "DUE_ON", "first": 4 })).await;
        assert_eq!(
            shown(&by_due),
            ["Ahead 0.0", "Unlinked soon null", "Aspiring soon 0.15", "Timeless 0.0"]
        );
        let filtered = stage.work(who, json!({ "filter": { "title": { "startsWith": "Un" } } })).await;
        assert_eq!((shown(&filtered).len(), &filtered["totalCount"]), (2, &json!(2)));
    }

    async fn weights_health_inheritance_and_objectives_count(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let who = stage.individual();
        let leader = stage.leader();
        let cycle = stage.quarter().await;
        let behind = stage.goal_at(&cycle, 10, json!({}), json!({})).await;
        let objective = stage.objective("Grow", json!({ "cycleId": cycle })).await;
        let reported = stage.key_result(&objective, "Result", json!({})).await;
        let check_in = json!({ "keyResultId": reported, "value": "50", "health": "OFF_TRACK" });
        stage.change(leader, "keyResultCheckIn", check_in, "keyResult { id }").await;
        let project = stage.project("Project", json!({})).await;
        stage.link(json!({ "projectId": project, "keyResultId": behind, "weight": 2.0 })).await;
        let inherits = stage.own_task("Inherits", None, &[]).await;
        let place = json!({ "id": inherits, "projectIds": [project] });
        stage.change(leader, "taskUpdate", place, "task { id }").await;
        // Half as heavy as the heaviest for that goal: 0.3 × ½. A health worse than the pace: 0.25 × 0.75.
        stage.own_task("Half", None, &[json!({ "keyResultId": behind, "weight": 1.0 })]).await;
        stage.own_task("Reported", None, &[json!({ "keyResultId": reported })]).await;
        // An objective stands for its key results: 0.5 − 0.1.
        let objective = stage.ask(leader, "{ keyResult(code: \"KR-1\") { objective { id } } }", json!({})).await;
        let objective = objective.at("keyResult.objective.id").clone();
        stage.own_task("Objective", None, &[json!({ "objectiveId": objective })]).await;
        let list = stage.work(who, json!({})).await;
        assert_eq!(shown(&list), ["Inherits 0.3", "Objective 0.3", "Reported 0.1875", "Half 0.15"]);
        let nodes = &list["nodes"];
        assert_eq!(nodes[0]["reason"]["via"], json!({ "title": "Project" }));
        let reason = &nodes[1]["reason"];
        assert_eq!((&reason["keyResult"], &reason["objective"]), (&Value::Null, &json!({ "code": "O-1" })));
        assert_eq!((&nodes[2]["reason"]["gap"], &nodes[3]["reason"]["linkShare"]), (&json!(0.25), &json!(0.5)));
        // Goals that are not pursued any more need nothing, and the work is still linked.
        let off = json!({ "id": reported, "state": "CANCELLED" });
        stage.change(leader, "keyResultUpdate", off, "keyResult { id }").await;
        let list = stage.work(who, json!({})).await;
        assert_eq!(shown(&list), ["Inherits 0.3", "Objective 0.3", "Half 0.15", "Reported 0.0"]);
        // What opts out is unlinked.
        stage.change(leader, "taskUpdate", json!({ "id": inherits, "optedOut": true }), "task { id }").await;
        assert_eq!(shown(&stage.work(who, json!({})).await)[3], "Inherits null");
    }

    async fn a_goal_that_is_not_seen_is_a_number_without_a_name(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let cycle = stage.quarter().await;
        let secret = stage.goal_at(&cycle, 10, json!({ "visibility": "PRIVATE" }), json!({})).await;
        stage.own_task("Mine", None, &[json!({ "keyResultId": secret })]).await;
        let list = stage.work(&company.individual, json!({})).await;
        assert_eq!(shown(&list), ["Mine 0.3"]);
        let reason = &list["nodes"][0]["reason"];
        assert_eq!((&reason["redacted"], &reason["gap"]), (&json!(true), &json!(0.4)));
        nothing_but_the_gap(reason);
        // Nobody has another's work, whatever they see.
        for other in [&company.leader, &company.manager, &company.colleague, &stage.world.b.leader] {
            assert_eq!(stage.work(other, json!({})).await["totalCount"], 0);
        }
        let input = json!({ "title": "Lead", "assigneeIds": [person_id(&company.leader)] });
        let task = stage.make("taskCreate", input, "task").await;
        stage.link(json!({ "taskId": task, "keyResultId": secret })).await;
        let list = stage.work(&company.leader, json!({})).await;
        let reason = &list["nodes"][0]["reason"];
        assert_eq!((&reason["redacted"], &reason["keyResult"]["code"]), (&json!(false), &json!("KR-1")));
    }

    async fn a_code_in_a_text_does_not_tell_how_far_a_hidden_goal_is_behind(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let who = &company.individual;
        let cycle = stage.quarter().await;
        let hidden = json!({ "visibility": "PRIVATE", "ownerId": person_id(&company.colleague) });
        stage.goal_at(&cycle, 10, hidden, json!({})).await;
        // Of a key result, of its objective, and through a project of one's own.
        let mine = json!({ "assigneeIds": [person_id(who)] });
        let project = json!({ "title": "Ship KR-1", "ownerId": person_id(who) });
        let project = stage.change(who, "projectCreate", project, "project { id }").await["project"]["id"].clone();
        for (title, more) in [
            ("Do KR-1", json!({})),
            ("Do O-1", json!({})),
            ("Part", json!({ "projectIds": [project] })),
        ] {
            let input = with(with(json!({ "title": title }), mine.clone()), more);
            stage.change(who, "taskCreate", input, "task { id }").await;
        }
        let list = stage.work(who, json!({})).await;
        assert_eq!(shown(&list), ["Do KR-1 null", "Do O-1 null", "Part null"]);
        for node in list["nodes"].as_array().expect("nodes") {
            assert_eq!(node["reason"], Value::Null);
        }
        // Whoever answers for the goal says that the work serves it.
        let links = stage.ask(&company.colleague, "{ alignmentLinks { nodes { id } } }", json!({})).await;
        let links = links.at("alignmentLinks.nodes").as_array().expect("links").clone();
        assert_eq!(links.len(), 3, "{links:?}");
        for link in links {
            stage.change(&company.colleague, "alignmentLinkConfirm", link, "alignmentLink { id }").await;
        }
        let list = stage.work(who, json!({})).await;
        assert_eq!(shown(&list), ["Do KR-1 0.3", "Do O-1 0.3", "Part 0.3"]);
        for node in list["nodes"].as_array().expect("nodes") {
            let reason = &node["reason"];
            assert_eq!((&reason["redacted"], &reason["gap"]), (&json!(true), &json!(0.4)));
            nothing_but_the_gap(reason);
        }
    }

    async fn a_link_of_a_project_that_is_not_seen_is_not_told_of(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let cycle = stage.quarter().await;
        let behind = stage.goal_at(&cycle, 10, json!({}), json!({})).await;
        let secret = json!({
            "visibility": "PRIVATE", "ownerId": person_id(&company.colleague), "teamId": team_id(company.sales_team),
        });
        let secret = stage.project("Secret", secret).await;
        stage.link(json!({ "projectId": secret, "keyResultId": behind })).await;
        let mine = stage.own_task("Mine", None, &[]).await;
        let place = json!({ "id": mine, "projectIds": [secret] });
        stage.change(stage.leader(), "taskUpdate", place, "task { id }").await;
        let list = stage.work(&company.individual, json!({})).await;
        assert_eq!(shown(&list), ["Mine 0.3"]);
        let reason = &list["nodes"][0]["reason"];
        assert_eq!((&reason["redacted"], &reason["gap"]), (&json!(true), &json!(0.4)));
        nothing_but_the_gap(reason);
    }

    async fn an_objective_is_not_late_by_what_has_no_date(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let cycle = stage.quarter().await;
        let top = stage.objective("Top", json!({ "cycleId": cycle, "includeChildren": true })).await;
        let timeless = stage.objective("Below", json!({ "parentId": top })).await;
        stage.key_result_at(&timeless, 0, json!({})).await;
        // Last, so that the parts of the top are those of now.
        stage.key_result_at(&top, 50, json!({})).await;
        stage.own_task("Mine", None, &[json!({ "objectiveId": top })]).await;
        let list = stage.work(stage.individual(), json!({})).await;
        assert_eq!(shown(&list), ["Mine 0.0"]);
        // The mean of both parts is told; only the one of which something is expected is held against that.
        let reason = &list["nodes"][0]["reason"];
        assert_eq!(
            (&reason["progress"], &reason["expectedProgress"], &reason["gap"]),
            (&json!(0.25), &json!(0.5), &json!(0.0)),
            "{reason}"
        );
    }

    async fn a_link_is_weighed_beside_those_that_contribute(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let cycle = stage.quarter().await;
        let behind = stage.goal_at(&cycle, 10, json!({}), json!({})).await;
        stage.own_task("Mine", None, &[json!({ "keyResultId": behind })]).await;
        let heavy = json!({ "keyResultId": behind, "weight": 4.0 });
        let other = async |title: &str, more: Value| {
            let task = stage.task(title, json!({})).await;
            stage.link(with(with(json!({ "taskId": task }), heavy.clone()), more)).await;
            task
        };
        let shown = async || shown(&stage.work(stage.individual(), json!({})).await);
        other("Supports", json!({ "significance": "SUPPORTS" })).await;
        assert_eq!(shown().await, ["Mine 0.3"]);
        let archived = other("Archived", json!({})).await;
        // A quarter of the heaviest: 0.3 × ¼.
        assert_eq!(shown().await, ["Mine 0.075"]);
        stage.change(leader, "taskArchive", json!({ "id": archived }), "task { id }").await;
        assert_eq!(shown().await, ["Mine 0.3"]);
        let cancelled = other("Cancelled", json!({})).await;
        assert_eq!(shown().await, ["Mine 0.075"]);
        let cancel = json!({ "id": cancelled, "status": "CANCELLED" });
        stage.change(leader, "taskUpdate", cancel, "task { id }").await;
        assert_eq!(shown().await, ["Mine 0.3"]);
    }
}
