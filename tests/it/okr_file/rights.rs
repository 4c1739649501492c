//! A file does no more than its rows would do one by one.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

use super::{export, faults, import, state, taken};

both_databases! {
    async fn who_may_make_a_goal_may_import_it(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let build = "type,external_id,title,team,state\nOBJECTIVE,b,Build,Build,ACTIVE\n";
        let sales = "type,external_id,title,team,state\nOBJECTIVE,s,Sell,Sales,ACTIVE\n";
        let draft = "type,external_id,title\nOBJECTIVE,mine,Mine\n";
        let forbidden = "2 - FORBIDDEN: only leaders, and managers of the goal's team, change a published goal; others propose drafts";

        let manager = company.manager.token.as_str();
        assert_eq!(faults(&server, manager, "CSV", &format!("{build}OBJECTIVE,s,Sell,Sales,ACTIVE\n")).await, [forbidden.replace("2 -", "3 -")]);
        taken(&server, manager, "CSV", build).await;
        taken(&server, &company.leader.token, "CSV", sales).await;
        let individual = company.individual.token.as_str();
        assert_eq!(faults(&server, individual, "CSV", build.replace(",Build,Build", ",Built,Build").as_str()).await, [forbidden]);
        taken(&server, individual, "CSV", draft).await;
        let answer = server.graphql(Some(individual), "{ objectives(filter: { externalId: { eq: \"mine\" } }) { nodes { state owner { email } } } }", json!({})).await;
        assert_eq!(answer.at("objectives.nodes.0"), &json!({ "state": "DRAFT", "owner": { "email": company.individual.email } }), "{}", answer.text);
        let nobodys = "type,external_id,title,owner_email\nOBJECTIVE,n,Nobody's,\n";
        assert_eq!(faults(&server, individual, "CSV", nobodys).await, [forbidden], "a draft that is not theirs");
        // What is unchanged needs no right.
        let report = taken(&server, individual, "CSV", build).await;
        assert_eq!(report["rows"][0]["action"], json!("KEEP"));
        let foreign = taken(&server, &world.b.leader.token, "CSV", "type,external_id,title\nOBJECTIVE,b,Ours\n").await;
        assert_eq!(foreign["rows"][0]["action"], json!("CREATE"), "an id of another organization is free");
        let answer = import(&server, "no-token", "CSV", draft, false).await;
        assert_eq!(answer.error_code(), "UNAUTHENTICATED");
    }

    async fn what_is_not_seen_is_neither_exported_nor_changed(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let (leader, individual) = (company.leader.token.as_str(), company.individual.token.as_str());
        let file = format!(
            "type,external_id,parent_external_id,title,visibility,owner_email,state,start,target\n\
             OBJECTIVE,secret,,Buy the rival,PRIVATE,{leader},ACTIVE,,\n\
             OBJECTIVE,open,secret,Grow,ORGANIZATION,{own},DRAFT,,\n\
             KEY_RESULT,hidden,secret,Sign,,,ACTIVE,0,1\n",
            leader = company.leader.email, own = company.individual.email,
        );
        taken(&server, leader, "CSV", &file).await;
        for format in ["CSV", "JSON"] {
            let text = export(&server, individual, format).await;
            assert!(text.contains("Grow") && !text.contains("rival") && !text.contains("secret") && !text.contains("O-1"), "{text}");
            let before = state(&server).await;
            let report = taken(&server, individual, format, &text).await;
            assert_eq!(report["rows"][0]["action"], json!("KEEP"), "the parent that they do not see stays: {report}");
            assert_eq!(state(&server).await, before);
        }
        let told = faults(&server, individual, "CSV", "type,external_id,code,parent_external_id,title,kind\nOBJECTIVE,secret,,,Mine,\nOBJECTIVE,,O-1,,Mine,\nKEY_RESULT,k,,secret,Mine,BASELINE\n").await;
        assert_eq!(told, [
            "2 external_id TAKEN: belongs to a goal that you do not see: ask who answers for it, or use another id",
            "3 code NOT_FOUND: there is no objective O-1 that you see: leave the code empty for a new one",
        ]);
        let foreign = export(&server, &world.b.leader.token, "JSON").await;
        assert_eq!(serde_json::from_str::<Value>(&foreign).expect("JSON"), json!([]));
        let retitled = "type,external_id,title\nOBJECTIVE,open,Shrink\n";
        assert_eq!(faults(&server, &company.colleague.token, "CSV", retitled).await.len(), 1);
        taken(&server, individual, "CSV", retitled).await;
    }

    async fn a_ring_through_a_goal_that_is_not_seen_tells_nothing_of_it(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let file = format!(
            "type,external_id,parent_external_id,title,visibility,owner_email,state\n\
             OBJECTIVE,top,,Top,ORGANIZATION,{own},DRAFT\n\
             OBJECTIVE,secret,top,Buy the rival,PRIVATE,{leader},ACTIVE\n\
             OBJECTIVE,low,secret,Low,ORGANIZATION,{own},DRAFT\n",
            leader = company.leader.email, own = company.individual.email,
        );
        taken(&server, &company.leader.token, "CSV", &file).await;
        let ring = "type,external_id,parent_external_id,title\nOBJECTIVE,top,low,Top\n";
        assert_eq!(faults(&server, &company.individual.token, "CSV", ring).await, [
            "2 parent_external_id INVALID: an objective would lie below itself",
        ]);
        assert_eq!(faults(&server, &company.leader.token, "CSV", ring).await, [
            "2 parent_external_id INVALID: an objective lies below itself: top → O-3 → O-2 → top",
        ]);
    }

    async fn an_export_goes_on_page_by_page(server: TestServer) {
        let world = World::of(&server).await;
        let leader = world.a.leader.token.as_str();
        let rows: String = (0..5).map(|number| format!("OBJECTIVE,{number},Goal {number}\n")).collect();
        taken(&server, leader, "CSV", &format!("type,external_id,title\n{rows}")).await;
        let (mut after, mut told) = (Value::Null, Vec::new());
        loop {
            let query = "query($after: String) { okrExport(format: CSV, first: 2, after: $after, filter: { title: { neq: \"Goal 2\" } }) {
                text objectives pageInfo { hasNextPage endCursor } } }";
            let answer = server.graphql(Some(leader), query, json!({ "after": after })).await;
            let page = answer.at("okrExport");
            told.extend(page["text"].as_str().expect("a text").lines().skip(1).map(str::to_owned));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert_eq!(told.len(), 4, "{told:#?}");
        let refused = server.graphql(Some(leader), "{ okrExport(format: CSV, first: 201) { text } }", json!({})).await;
        assert_eq!(refused.error_code(), "BAD_USER_INPUT", "{}", refused.text);
    }
}
