//! Many at once: one effect, and the same answer or a conflict for the rest.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;
use support::{TestServer, World, both_databases};

const AT_ONCE: usize = 50;

both_databases! {
    async fn identical_creations_make_one_row(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let id = format!("obj_{}", server.clock().new_id().simple());
        let create = |title: &'static str| {
            let (server, id) = (server.clone(), id.clone());
            async move {
                let input = json!({ "id": id, "title": title });
                server.mutate(token, "objectiveCreate", input, "objective { id code title version }").await
            }
        };
        let answers = join_all((0..AT_ONCE).map(|_| create("Grow"))).await;
        let texts: BTreeSet<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert_eq!(answers[0].data()["objectiveCreate"]["objective"]["id"], id.as_str());
        assert_eq!(server.database().number("SELECT count(*) FROM objective").await, 1);
        assert_eq!(server.database().number("SELECT count(*) FROM event WHERE subject_kind = 'OBJECTIVE' AND kind = 'CREATED'").await, 1);

        let other = create("Shrink").await;
        assert_eq!(other.user_errors("objectiveCreate")[0].code, "CONFLICT", "{}", other.text);
        // Another organization that uses the id learns nothing and writes nothing.
        let input = json!({ "id": id, "title": "Grow" });
        let foreign = server.mutate(Some(&world.b.leader.token), "objectiveCreate", input, "objective { id title }").await;
        assert!(!foreign.text.contains("INTERNAL") && !foreign.text.contains("Grow"), "{}", foreign.text);
        assert_eq!(server.database().number("SELECT count(*) FROM objective").await, 1);
    }

    async fn of_updates_on_one_version_one_wins(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let input = json!({ "title": "Grow" });
        let made = server.change(&world.a.leader.token, "objectiveCreate", input, "objective { id version }").await;
        let (id, version) = (made["objective"]["id"].clone(), made["objective"]["version"].clone());
        let answers = join_all((0..AT_ONCE).map(|number| {
            let input = json!({ "id": id, "expectedVersion": version, "title": format!("Grow {number}") });
            server.mutate(token, "objectiveUpdate", input, "objective { title version }")
        }))
        .await;
        let (mut won, mut lost) = (Vec::new(), 0);
        for answer in &answers {
            match answer.user_errors("objectiveUpdate").as_slice() {
                [] => won.push(answer.at("objectiveUpdate.objective.title").clone()),
                [error] => {
                    assert_eq!(error.code, "CONFLICT", "{}", answer.text);
                    lost += 1;
                }
                _ => panic!("{}", answer.text),
            }
        }
        assert_eq!((won.len(), lost), (1, AT_ONCE - 1));
        let now = server.graphql(token, "query($id: ID!) { objective(id: $id) { title version } }", json!({ "id": id })).await;
        assert_eq!(now.at("objective.title"), &won[0]);
        assert_eq!(now.at("objective.version"), &json!(version.as_i64().expect("a number") + 1));
    }

    async fn codes_are_given_once(server: TestServer) {
        let world = World::of(&server).await;
        let token = Some(world.a.leader.token.as_str());
        let answers = join_all((0..AT_ONCE).map(|number| {
            let input = json!({ "title": format!("Grow {number}") });
            server.mutate(token, "objectiveCreate", input, "objective { code }")
        }))
        .await;
        let codes: BTreeSet<_> = answers
            .iter()
            .map(|answer| answer.data()["objectiveCreate"]["objective"]["code"].as_str().expect("a code").to_owned())
            .collect();
        assert_eq!(codes, (1..=AT_ONCE).map(|number| format!("O-{number}")).collect());
    }

    async fn an_organization_keeps_an_admin(server: TestServer) {
        let world = World::of(&server).await;
        let a = &world.a;
        let id = |person: &support::Someone| format!("per_{}", person.id.simple());
        let input = json!({ "id": id(&a.leader), "isAdmin": true });
        server.change(&a.admin.token, "personUpdate", input, "person { id }").await;
        // Each takes the flag from the other, both at once, by two ways.
        let take = |by: &str, whom: String| {
            let (server, by) = (server.clone(), by.to_owned());
            async move {
                let input = json!({ "id": whom, "isAdmin": false });
                server.mutate(Some(&by), "personUpdate", input, "person { id }").await
            }
        };
        let deactivate = |by: &str, whom: String| {
            let (server, by) = (server.clone(), by.to_owned());
            async move {
                server.mutate(Some(&by), "personDeactivate", json!({ "id": whom }), "person { id }").await
            }
        };
        let (one, other, third, fourth) = tokio::join!(
            take(&a.admin.token, id(&a.leader)),
            take(&a.leader.token, id(&a.admin)),
            deactivate(&a.admin.token, id(&a.leader)),
            deactivate(&a.leader.token, id(&a.admin)),
        );
        for answer in [one, other, third, fourth] {
            assert!(!answer.text.contains("INTERNAL"), "{}", answer.text);
        }
        let organization = support::Cell::Id(a.organization).literal(server.backend());
        let admins = format!(
            "SELECT count(*) FROM person WHERE organization_id = {organization} AND is_admin AND deactivated_at IS NULL"
        );
        assert_eq!(server.database().number(&admins).await, 1);
    }
}
