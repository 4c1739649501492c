//! Allocations: the share of a team's effort in a cycle that may go to work without a goal.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, team_id};

const SET: &str = "allocation { id share version workClass team { name } cycle { name } person { name } }";

both_databases! {
    async fn a_team_has_one_of_each_class_in_a_cycle(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let cycle = stage.make("cycleCreate", json!({ "name": "Spring", "state": "ACTIVE" }), "cycle").await;
        let next = stage.make("cycleCreate", json!({ "name": "Summer" }), "cycle").await;
        let set = |team: uuid::Uuid, class: &str, share: f64| {
            json!({ "teamId": team_id(team), "cycleId": cycle, "workClass": class, "share": share })
        };
        let debt = set(company.build_team, "TECHNICAL_DEBT", 0.3);
        let made = stage.change(&company.manager, "allocationSet", debt.clone(), SET).await["allocation"].clone();
        assert_eq!((&made["share"], &made["version"], &made["team"]["name"]), (&json!(0.3), &json!(1), &json!("Build")));
        assert_eq!((&made["cycle"]["name"], &made["person"]["name"]), (&json!("Spring"), &json!("Max Manager")));
        // The same again changes nothing, another share changes the one that is there.
        let again = stage.change(&company.leader, "allocationSet", debt.clone(), SET).await["allocation"].clone();
        assert_eq!(again, made);
        let mut more = set(company.build_team, "TECHNICAL_DEBT", 0.6);
        more["expectedVersion"] = 1.into();
        let changed = stage.change(&company.leader, "allocationSet", more.clone(), SET).await["allocation"].clone();
        assert_eq!((&changed["id"], &changed["version"], &changed["person"]["name"]), (&made["id"], &json!(2), &json!("Lea Leader")));
        more["share"] = 0.5.into();
        assert_eq!(stage.refusal(&company.leader, "allocationSet", more).await, "CONFLICT expectedVersion");
        // Together they are no more than everything.
        let rest = set(company.build_team, "MAINTENANCE", 0.41);
        assert_eq!(stage.refusal(&company.manager, "allocationSet", rest).await, "INVALID share");
        let rest = set(company.build_team, "MAINTENANCE", 0.4);
        stage.change(&company.manager, "allocationSet", rest, SET).await;
        for (class, share, refusal) in [
            ("EMERGENCY", 0.1, "INVALID workClass"),
            ("OPPORTUNITY", 0.1, "INVALID workClass"),
            ("MAINTENANCE", 1.1, "INVALID share"),
            ("MAINTENANCE", -0.1, "INVALID share"),
        ] {
            assert_eq!(stage.refusal(&company.manager, "allocationSet", set(company.build_team, class, share)).await, refusal);
        }
        for (who, team) in [
            (&company.manager, company.sales_team),
            (&company.manager, company.root_team),
            (&company.individual, company.build_team),
            (&company.admin, company.build_team),
        ] {
            assert_eq!(stage.refusal(who, "allocationSet", set(team, "MAINTENANCE", 0.1)).await, "FORBIDDEN", "{}", who.email);
        }
        stage.change(&company.leader, "allocationSet", set(company.sales_team, "MAINTENANCE", 0.1), SET).await;
        let mut summer = set(company.build_team, "MAINTENANCE", 0.9);
        summer["cycleId"] = next.clone();
        stage.change(&company.manager, "allocationSet", summer, SET).await;

        let query = "query($id: ID!) { team(id: $id) { allocations(filter: { cycle: { name: { eq: \"Spring\" } } },
            sort: [{ field: SHARE }]) { totalCount nodes { workClass share } } } }";
        let seen = stage.read(&company.colleague, query, &json!(team_id(company.build_team))).await;
        assert_eq!(seen["allocations"], json!({ "totalCount": 2, "nodes": [
            { "workClass": "MAINTENANCE", "share": 0.4 }, { "workClass": "TECHNICAL_DEBT", "share": 0.6 },
        ] }));
        let list = "{ allocations(filter: { workClass: { eq: MAINTENANCE }, share: { gte: 0.4 } }) { nodes { share } } }";
        let answer = stage.server.graphql(Some(&stage.token(&company.individual)), list, json!({})).await;
        assert_eq!(answer.at("allocations.nodes"), &json!([{ "share": 0.4 }, { "share": 0.9 }]));

        assert_eq!(stage.refusal(&company.individual, "allocationRemove", json!({ "id": made["id"] })).await, "FORBIDDEN");
        stage.change(&company.manager, "allocationRemove", json!({ "id": made["id"], "expectedVersion": 2 }), "allocation { share }").await;
        assert_eq!(stage.refusal(&company.manager, "allocationRemove", json!({ "id": made["id"] })).await, "NOT_FOUND");
        let told = "SELECT count(*) FROM event WHERE subject_kind = 'TEAM' AND current LIKE '%\"allocation\":null%'";
        assert_eq!(stage.server.database().number(told).await, 1);
        // What was promised for a cycle that is closed is history.
        stage.change(&company.leader, "cycleClose", json!({ "id": cycle }), "cycle { state }").await;
        assert_eq!(stage.refusal(&company.manager, "allocationSet", debt).await, "NOT_NOW cycleId");
        let left: Value = stage.read(&company.manager, query, &json!(team_id(company.build_team))).await;
        assert_eq!(left["allocations"]["totalCount"], 1);
        stage.server.stop().await;
    }

    async fn shares_that_are_set_at_once_are_no_more_than_everything(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let cycle = stage.make("cycleCreate", json!({ "name": "Spring", "state": "ACTIVE" }), "cycle").await;
        let team = team_id(stage.world.a.build_team);
        let sets = ["MAINTENANCE", "TECHNICAL_DEBT"].map(|class| {
            let input = json!({ "teamId": team, "cycleId": cycle, "workClass": class, "share": 0.7 });
            stage.mutate(stage.leader(), "allocationSet", input, "allocation { id }")
        });
        let answers = futures_util::future::join_all(sets).await;
        let refused: Vec<_> = answers.iter().flat_map(|answer| answer.user_errors("allocationSet")).collect();
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert_eq!(refused[0].code, "INVALID");
        assert_eq!(stage.server.database().number("SELECT count(*) FROM allocation").await, 1);
        stage.server.stop().await;
    }
}
