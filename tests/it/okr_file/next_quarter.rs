//! The same file quarter after quarter: what was closed and carried over is met again under its successor.

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};

use super::{faults, state, taken};

struct Stage {
    server: TestServer,
    token: String,
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let token = World::of(&server).await.a.leader.token.clone();
        Self { server, token }
    }

    async fn cycle(&self, name: &str) -> Value {
        let input = json!({ "name": name, "state": "ACTIVE" });
        self.server.change(&self.token, "cycleCreate", input, "cycle { id }").await["cycle"]["id"].clone()
    }

    /// Closes a cycle and carries its key results over.
    async fn turn(&self, from: &Value, to: &Value) {
        let query = "query($cycle: IdComparator) { keyResults(filter: { objective: { cycle: { id: $cycle } } }, sort: [{ field: NUMBER }]) { nodes { id } } }";
        let answer = self.server.graphql(Some(&self.token), query, json!({ "cycle": { "eq": from } })).await;
        assert!(answer.errors().is_empty(), "{}", answer.text);
        let input = json!({ "id": from, "acceptSuggested": true });
        self.server.change(&self.token, "cycleClose", input, "cycle { id }").await;
        for goal in answer.at("keyResults.nodes").as_array().expect("key results") {
            let input = json!({ "keyResultId": goal["id"], "decision": "KEEP", "cycleId": to });
            self.server.change(&self.token, "keyResultCarryOver", input, "successor { id }").await;
        }
    }

    async fn goals(&self) -> Value {
        let query = "{ keyResults(sort: [{ field: NUMBER }]) { nodes { code state start current title externalId objective { code } } } }";
        self.server.graphql(Some(&self.token), query, json!({})).await.at("keyResults.nodes").clone()
    }
}

const HEAD: &str = "type,external_id,parent_external_id,title,cycle,start,target,current\n";

both_databases! {
    async fn a_file_of_the_next_quarter_meets_what_goes_on(server: TestServer) {
        let stage = Stage::set(server).await;
        let (first, second, third) = (stage.cycle("Q1").await, stage.cycle("Q2").await, stage.cycle("Q3").await);
        let old = format!("{HEAD}OBJECTIVE,o,,Grow,Q1,,,\nKEY_RESULT,k,o,Sign-ups,,0,100,40\n");
        taken(&stage.server, &stage.token, "CSV", &old).await;
        stage.turn(&first, &second).await;

        // The file of the quarter that is over stays one of that quarter.
        let before = state(&stage.server).await;
        let report = taken(&stage.server, &stage.token, "CSV", &old).await;
        assert_eq!(state(&stage.server).await, before, "{report:#}");
        assert_eq!(report["remarks"], json!([]));
        let changed = old.replace("Sign-ups", "Sign-ups a week");
        let told = faults(&stage.server, &stage.token, "CSV", &changed).await;
        assert_eq!(told.len(), 1, "what is closed stays closed: {told:?}");

        let new = format!("{HEAD}OBJECTIVE,o,,Grow more,Q2,,,\nKEY_RESULT,k,o,Sign-ups,,40,100,55\nKEY_RESULT,l,o,Visits,,0,10,\n");
        let report = taken(&stage.server, &stage.token, "CSV", &new).await;
        let rows: Vec<Value> = report["rows"].as_array().expect("rows").iter()
            .map(|row| json!([row["code"], row["action"], row["changes"]])).collect();
        assert_eq!(json!(rows), json!([["O-2", "UPDATE", ["title"]], ["KR-2", "UPDATE", ["current"]], ["KR-3", "CREATE", []]]));
        let remarks: Vec<&Value> = report["remarks"].as_array().expect("remarks").iter().map(|one| &one["message"]).collect();
        assert_eq!(remarks, [
            "O-1 is closed and goes on as O-2: the row concerns O-2",
            "KR-1 is closed and goes on as KR-2: the row concerns KR-2",
        ]);
        assert_eq!(stage.goals().await, json!([
            { "code": "KR-1", "state": "CLOSED", "start": "0", "current": "40", "title": "Sign-ups", "externalId": "k", "objective": { "code": "O-1" } },
            { "code": "KR-2", "state": "ACTIVE", "start": "40", "current": "55", "title": "Sign-ups", "externalId": null, "objective": { "code": "O-2" } },
            { "code": "KR-3", "state": "ACTIVE", "start": "0", "current": "0", "title": "Visits", "externalId": "l", "objective": { "code": "O-2" } },
        ]));
        let before = state(&stage.server).await;
        taken(&stage.server, &stage.token, "CSV", &new).await;
        assert_eq!(state(&stage.server).await, before, "again changes nothing");

        // Codes lead on as ids do, also without the objective's row, and over two cycles.
        stage.turn(&second, &third).await;
        let text = "type,code,current\nKEY_RESULT,KR-1,60\n";
        let report = taken(&stage.server, &stage.token, "CSV", text).await;
        assert_eq!((&report["rows"][0]["code"], &report["checkIns"]), (&json!("KR-4"), &json!(1)), "{report:#}");
        let text = "type,external_id,parent_external_id,title,start,target\nKEY_RESULT,m,o,Orders,0,5\nKEY_RESULT,k,o,Sign-ups,55,100\n";
        let report = taken(&stage.server, &stage.token, "CSV", text).await;
        assert_eq!([&report["rows"][0]["action"], &report["rows"][1]["action"]], ["CREATE", "KEEP"], "{report:#}");
        let goals = stage.goals().await;
        assert_eq!(goals[5]["objective"]["code"], "O-3", "what is new stands under what goes on: {goals:#}");
    }

    /// Who wants key results first gets the objectives of a file published with theirs, also without a column
    /// that says so; what has none stays a proposal.
    async fn a_file_without_states_publishes_what_is_fit(server: TestServer) {
        let stage = Stage::set(server).await;
        let input = json!({ "settings": { "checkNoKeyResult": "BLOCK" } });
        stage.server.change(&stage.token, "organizationUpdate", input, "organization { id }").await;
        let text = "type,external_id,parent_external_id,title,start,target\nOBJECTIVE,o,,Grow,,\nOBJECTIVE,p,,Later,,\nKEY_RESULT,k,o,Sign-ups,0,10\n";
        taken(&stage.server, &stage.token, "CSV", text).await;
        let query = "{ objectives(sort: [{ field: NUMBER }]) { nodes { title state } } }";
        let answer = stage.server.graphql(Some(&stage.token), query, json!({})).await;
        assert_eq!(answer.at("objectives.nodes"), &json!([{ "title": "Grow", "state": "ACTIVE" }, { "title": "Later", "state": "DRAFT" }]));
        let before = state(&stage.server).await;
        taken(&stage.server, &stage.token, "CSV", text).await;
        assert_eq!(state(&stage.server).await, before, "again changes nothing");
    }

    /// What is measured before anybody worked for it may stand at the target already.
    async fn a_proposal_that_is_reached_already(server: TestServer) {
        let stage = Stage::set(server).await;
        let make = async |field: &str, input: Value, part: &str| {
            stage.server.change(&stage.token, field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
        };
        let objective = make("objectiveCreate", json!({ "title": "Grow", "state": "DRAFT" }), "objective").await;
        let input = json!({ "objectiveId": objective, "title": "Sign-ups", "start": "0", "target": "10" });
        let goal = make("keyResultCreate", input, "keyResult").await;
        let check = async || {
            let query = "query($id: ID!) { objectiveCheck(id: $id) { problems { rule keyResult { code } } } }";
            let answer = stage.server.graphql(Some(&stage.token), query, json!({ "id": objective })).await;
            assert!(answer.errors().is_empty(), "{}", answer.text);
            answer.at("objectiveCheck.problems").clone()
        };
        assert_eq!(check().await, json!([]));
        make("keyResultCheckIn", json!({ "keyResultId": goal, "value": "11" }), "checkIn").await;
        assert_eq!(check().await, json!([{ "rule": "TARGET_IS_START", "keyResult": { "code": "KR-1" } }]));
        let input = json!({ "settings": { "checkTargetIsStart": "BLOCK" } });
        stage.server.change(&stage.token, "organizationUpdate", input, "organization { id }").await;
        let publish = stage.server.mutate(Some(&stage.token), "objectivePublish", json!({ "id": objective }), "objective { id }").await;
        let errors = publish.user_errors("objectivePublish");
        assert_eq!(errors.len(), 1, "{}", publish.text);
        assert!(errors[0].message.contains("stands at its target already"), "{}", publish.text);
        make("keyResultUpdate", json!({ "id": goal, "target": "30" }), "keyResult").await;
        make("objectivePublish", json!({ "id": objective }), "objective").await;
        // Published, it is a success.
        make("keyResultCheckIn", json!({ "keyResultId": goal, "value": "30" }), "checkIn").await;
        assert_eq!(check().await, json!([]));
    }
}
