//! Links in bulk: thousands in a handful of statements and one batch of events, each with its own right.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id, team_id};

const MADE: &str = "linked unchanged skipped refused hasMore dryRun warnings
  links { task { id } project { id } keyResult { id } objective { id } alignmentLink { id state origin } }";
const RETIRED: &str =
    "retired unchanged skipped refused hasMore dryRun links { alignmentLink { state retiredAt } }";
const CONFIRMED: &str =
    "confirmed unchanged skipped refused hasMore dryRun links { alignmentLink { state confirmedAt } }";
/// Statements for some thousand rows on PostgreSQL, where the rows are locked first; half of them are locks and roll-up,
/// and nine ask why new links may be stale. By the bind limit the inserts grow, a row more or less is no statement.
const HANDFUL: usize = 73;

fn counts(answer: &Value, done: &str) -> [u64; 4] {
    [done, "unchanged", "skipped", "refused"].map(|name| answer[name].as_u64().expect("a count"))
}

both_databases! {
    async fn thousands_are_a_handful_of_statements(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let (_, goal) = stage.goal("Grow", None).await;
        let tasks: Vec<Value> = (0..200).map(|number| json!({ "title": format!("Step {number}") })).collect();
        let template = stage.make("projectTemplateCreate", json!({ "name": "Big", "tasks": tasks }), "projectTemplate").await;
        for number in 0..15 {
            let input = json!({ "templateId": template, "title": format!("Project {number}") });
            stage.make("projectCreateFromTemplate", input, "project").await;
        }
        let database = stage.server.database();
        let links = "SELECT COUNT(*) FROM alignment_link WHERE state";
        let batches = |kind: &str| {
            format!("SELECT COUNT(DISTINCT batch_id) FROM event WHERE subject_kind = 'ALIGNMENT_LINK' AND kind = '{kind}'")
        };
        let tie = json!({ "tasks": { "status": { "eq": "TODO" } }, "projects": {}, "keyResultId": goal });
        let mut dry = tie.clone();
        dry["dryRun"] = true.into();
        let told = stage.change(leader, "alignmentLinkCreateMany", dry, MADE).await;
        assert_eq!(counts(&told, "linked"), [3_015, 0, 0, 0]);
        assert_eq!((&told["dryRun"], &told["links"][0]["alignmentLink"]), (&json!(true), &Value::Null));
        assert_eq!(database.number(&format!("{links} = 'ACTIVE'")).await, 0, "it was only told");

        let _ = stage.log.take();
        let done = stage.change(leader, "alignmentLinkCreateMany", tie.clone(), "linked unchanged skipped refused").await;
        let ran = stage.ran();
        assert_eq!(counts(&done, "linked"), [3_015, 0, 0, 0]);
        assert!(ran.len() <= HANDFUL, "{} statements for three thousand rows: {ran:#?}", ran.len());
        assert_eq!(database.number(&format!("{links} = 'ACTIVE' AND confirmed_at IS NOT NULL")).await, 3_015);
        assert_eq!(database.number("SELECT COUNT(*) FROM link_interval WHERE to_at IS NULL").await, 3_015);
        assert_eq!(database.number("SELECT COUNT(*) FROM link_evidence").await, 3_015);
        assert_eq!(database.number(&batches("CREATED")).await, 1);
        assert_eq!(database.number("SELECT COUNT(*) FROM task WHERE inherits_links").await, 0, "they have links of their own");
        let again = stage.change(leader, "alignmentLinkCreateMany", tie, MADE).await;
        assert_eq!(counts(&again, "linked"), [0, 3_015, 0, 0]);

        let filter = json!({ "filter": { "task": { "status": { "eq": "TODO" } } } });
        let _ = stage.log.take();
        let back = stage.change(leader, "alignmentLinkRetireMany", filter.clone(), "retired unchanged skipped refused").await;
        let ran = stage.ran();
        assert_eq!(counts(&back, "retired"), [3_000, 0, 0, 0]);
        assert!(ran.len() <= HANDFUL, "{} statements for three thousand rows: {ran:#?}", ran.len());
        assert_eq!(database.number(&format!("{links} = 'RETIRED'")).await, 3_000);
        assert_eq!(database.number(&batches("RETIRED")).await, 1);
        assert_eq!(database.number("SELECT COUNT(*) FROM task WHERE inherits_links").await, 3_000);
        // A filter means what is not retired.
        let none = stage.change(leader, "alignmentLinkRetireMany", filter, RETIRED).await;
        assert_eq!(counts(&none, "retired"), [0; 4]);

        // As references make links: nobody has confirmed them.
        database.execute("UPDATE alignment_link SET confirmed_at = NULL, confirmed_by_id = NULL, origin = 'TOKEN', \
            state = 'ACTIVE', retired_at = NULL, retired_by_id = NULL").await.expect("written");
        let confirm = json!({ "filter": { "confirmed": { "eq": false } } });
        let _ = stage.log.take();
        let said = stage.change(leader, "alignmentLinkConfirmMany", confirm, "confirmed unchanged skipped refused").await;
        let ran = stage.ran();
        assert_eq!(counts(&said, "confirmed"), [3_015, 0, 0, 0]);
        assert!(ran.len() <= HANDFUL, "{} statements for three thousand rows: {ran:#?}", ran.len());
        assert_eq!(database.number(&batches("CONFIRMED")).await, 1);
        let all = stage.change(leader, "alignmentLinkConfirmMany", json!({ "filter": {} }), CONFIRMED).await;
        assert_eq!(counts(&all, "confirmed"), [0, 3_015, 0, 0]);
        stage.server.stop().await;
    }

    async fn each_row_asks_for_its_own_right(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let leader = stage.leader();
        let (objective, goal) = stage.goal("Grow", None).await;
        let mut works = Vec::new();
        for (title, owner, team) in [
            ("Mine", &company.individual, None),
            ("Built", &company.leader, Some(company.build_team)),
            ("Sold", &company.leader, Some(company.sales_team)),
        ] {
            let input = json!({ "title": title, "ownerId": person_id(owner), "teamId": team.map(team_id) });
            let project = stage.make("projectCreate", input, "project").await;
            works.push(stage.task(json!({ "title": title, "projectIds": [project] })).await);
            works.push(project);
        }
        let secret = stage.make("projectCreate", json!({ "title": "Secret", "visibility": "PRIVATE" }), "project").await;
        let archived = stage.project("Old").await;
        stage.change(leader, "projectArchive", json!({ "id": archived }), "project { id }").await;
        let all = |dry: bool| json!({ "tasks": {}, "projects": {}, "keyResultId": goal, "dryRun": dry });
        for (who, done, skipped) in [
            (&company.individual, 2, 4),
            (&company.manager, 3, 3),
            (&company.colleague, 0, 6),
            (&company.admin, 0, 6),
            (&company.leader, 7, 0),
        ] {
            let answer = stage.change(who, "alignmentLinkCreateMany", all(true), MADE).await;
            assert_eq!(counts(&answer, "linked"), [done, 0, skipped, 0], "{}", who.email);
        }
        let individual = &company.individual;
        let refused = async |input: Value| stage.refusal(individual, "alignmentLinkCreateMany", input).await;
        assert_eq!(refused(json!({ "keyResultId": goal })).await, "REQUIRED ids");
        assert_eq!(refused(json!({ "ids": [works[0]], "tasks": {}, "keyResultId": goal })).await, "REQUIRED ids");
        assert_eq!(refused(json!({ "ids": [works[0]] })).await, "REQUIRED objectiveId");
        assert_eq!(refused(json!({ "ids": [secret], "keyResultId": goal })).await, "NOT_FOUND ids");
        assert_eq!(refused(json!({ "ids": [archived], "keyResultId": goal })).await, "NOT_FOUND ids");
        assert_eq!(refused(json!({ "ids": [goal], "keyResultId": goal })).await, "NOT_FOUND ids");
        assert_eq!(refused(json!({ "ids": [works[0]], "keyResultId": goal, "weight": 2.0 })).await, "FORBIDDEN");
        assert_eq!(refused(json!({ "ids": [works[0]], "keyResultId": goal, "weight": -1.0 })).await, "INVALID weight");

        // Named twice it is one; the link of the manager is strengthened, not made anew.
        let by_manager = json!({ "ids": [works[2], works[2]], "keyResultId": goal });
        let made = stage.change(&company.manager, "alignmentLinkCreateMany", by_manager, MADE).await;
        assert_eq!(counts(&made, "linked"), [1, 0, 0, 0]);
        assert_eq!(made["links"][0]["task"]["id"], works[2]);
        let made = stage.change(leader, "alignmentLinkCreateMany", all(false), MADE).await;
        assert_eq!(counts(&made, "linked"), [7, 0, 0, 0]);
        let database = stage.server.database();
        assert_eq!(database.number("SELECT COUNT(*) FROM alignment_link").await, 7);
        assert_eq!(database.number("SELECT COUNT(*) FROM link_evidence").await, 8);

        // Retiring asks for the right on either end, confirming for that on the goal.
        let every = json!({ "filter": {} });
        let by_individual = stage.change(individual, "alignmentLinkRetireMany", every.clone(), RETIRED).await;
        assert_eq!(counts(&by_individual, "retired"), [2, 0, 4, 0]);
        assert_eq!(by_individual["links"][0]["alignmentLink"]["state"], "RETIRED");
        let input = json!({ "id": goal, "ownerId": person_id(individual) });
        stage.change(leader, "keyResultUpdate", input, "keyResult { id }").await;
        let by_owner = stage.change(individual, "alignmentLinkConfirmMany", every.clone(), CONFIRMED).await;
        assert_eq!(counts(&by_owner, "confirmed"), [0, 4, 0, 0]);
        let by_colleague = stage.change(&company.colleague, "alignmentLinkConfirmMany", every.clone(), CONFIRMED).await;
        assert_eq!(counts(&by_colleague, "confirmed"), [0, 0, 4, 0]);
        let by_owner = stage.change(individual, "alignmentLinkRetireMany", every.clone(), RETIRED).await;
        assert_eq!(counts(&by_owner, "retired"), [4, 0, 0, 0], "all but the secret one");
        // Linked once more they live again, as one statement each for what is there already.
        let again = json!({ "tasks": {}, "keyResultId": goal });
        let revived = stage.change(leader, "alignmentLinkCreateMany", again, MADE).await;
        assert_eq!(counts(&revived, "linked"), [3, 0, 0, 0]);
        assert_eq!(revived["links"][0]["alignmentLink"]["state"], "ACTIVE");
        assert_eq!(database.number("SELECT COUNT(*) FROM alignment_link").await, 7);
        // What is closed is frozen.
        stage.change(leader, "objectiveUpdate", json!({ "id": objective, "state": "CANCELLED" }), "objective { id }").await;
        let closed = json!({ "ids": [works[0]], "keyResultId": goal });
        assert_eq!(stage.refusal(leader, "alignmentLinkCreateMany", closed).await, "NOT_NOW keyResultId");
        assert_eq!(stage.refusal(leader, "alignmentLinkRetireMany", json!({})).await, "REQUIRED ids");
        let unknown = json!({ "ids": ["lnk_00000000000000000000000000000000"] });
        assert_eq!(stage.refusal(leader, "alignmentLinkConfirmMany", unknown).await, "NOT_FOUND ids");
        stage.server.stop().await;
    }

    async fn the_connection_model_holds_in_bulk_too(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let (_, goal) = stage.goal("Grow", None).await;
        let team = team_id(stage.world.a.build_team);
        stage.change(leader, "teamUpdate", json!({ "id": team, "connectionModel": "ANY" }), "team { id }").await;
        let free = stage.make("projectCreate", json!({ "title": "Free", "teamId": team }), "project").await;
        stage.task(json!({ "title": "Of a free team", "projectIds": [free] })).await;
        stage.task(json!({ "title": "Of nobody" })).await;
        stage.set_settings(json!({ "connectionModel": "KEY_RESULT_TO_PROJECT", "outsideModel": "REFUSE" })).await;
        let input = json!({ "tasks": {}, "projects": {}, "keyResultId": goal });
        let made = stage.change(leader, "alignmentLinkCreateMany", input.clone(), MADE).await;
        assert_eq!((counts(&made, "linked"), &made["warnings"]), ([2, 0, 0, 1], &json!([])));
        stage.set_settings(json!({ "outsideModel": "WARN" })).await;
        let made = stage.change(leader, "alignmentLinkCreateMany", input, MADE).await;
        assert_eq!(counts(&made, "linked"), [1, 2, 0, 0]);
        let warning = "1 of the links: each lies outside the connection model, in which projects serve key results";
        assert_eq!(made["warnings"], json!([warning]));
        stage.server.stop().await;
    }
}
