//! Who hears of a finding, over a WebSocket: whoever sees what it is about, when it is opened and opened again.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id};
use crate::http::socket::Socket;

const RAISED: &str = "findingRaised(FILTER snapshot: true) { isSnapshot cause previousState cursor \
    finding { id kind state subjectId severity } }";

/// A stream that is open: the row of its snapshot has come.
async fn follow(stage: &Stage, token: &str, filter: &str) -> Socket {
    let mut socket = Socket::enter(&stage.server, token).await;
    let query = RAISED.replace("FILTER", filter);
    socket.ask("s", &format!("subscription {{ {query} }}")).await;
    let first = next(&mut socket).await;
    assert_eq!(first["isSnapshot"], true, "{first}");
    socket
}

async fn next(socket: &mut Socket) -> Value {
    let heard = socket.hear().await;
    let event = heard["payload"]["data"]["findingRaised"].clone();
    assert!(event.is_object(), "{heard}");
    event
}

both_databases! {
    async fn whoever_sees_what_it_is_about_hears_of_a_finding(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let begin = async |title: &str, more: Value| {
            let mut input = json!({ "title": title, "status": "IN_PROGRESS" });
            for (name, value) in more.as_object().expect("an object") {
                input[name] = value.clone();
            }
            stage.make("taskCreate", input, "task").await
        };
        // What stands open shows each stream that it has begun.
        begin("First", json!({})).await;
        let [leader, manager, colleague] =
            [&company.leader, &company.manager, &company.colleague].map(|person| stage.token(person));
        let mut leaders = follow(&stage, &leader, "").await;
        let mut managers = follow(&stage, &manager, "").await;
        let mut colleagues = follow(&stage, &colleague, "").await;
        let secret = json!({ "title": "Secret", "visibility": "PRIVATE", "ownerId": person_id(&company.leader) });
        let secret = stage.make("projectCreate", secret, "project").await;
        let hidden = begin("Hidden", json!({ "projectIds": [secret] })).await;
        let owned = json!({ "title": "Owned", "visibility": "PRIVATE", "ownerId": person_id(&company.individual) });
        let owned = stage.make("projectCreate", owned, "project").await;
        let managed = begin("Managed", json!({ "projectIds": [owned] })).await;
        let last = begin("Last", json!({})).await;
        let mut heard = Vec::new();
        for socket in [&mut leaders, &mut managers, &mut colleagues] {
            let mut ids = Vec::new();
            while ids.last() != Some(&last) {
                let event = next(socket).await;
                assert_eq!((&event["isSnapshot"], &event["previousState"]), (&json!(false), &Value::Null));
                assert_eq!(event["finding"]["kind"], "WORK_WITHOUT_GOAL", "{event}");
                ids.push(event["finding"]["subjectId"].clone());
            }
            heard.push(ids);
        }
        assert_eq!(heard, [vec![hidden, managed.clone(), last.clone()], vec![managed, last.clone()], vec![last]]);
        stage.server.stop().await;
    }

    async fn it_is_told_when_it_opens_again_and_not_when_it_closes(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let token = stage.token(stage.leader());
        let goals = stage.goals(1).await;
        let task = json!({ "title": "Weld", "status": "IN_PROGRESS" });
        let task = stage.make("taskCreate", task, "task").await;
        let filter = format!("filter: {{ kind: WORK_WITHOUT_GOAL, subjectId: {task}, severity: WARNING }},");
        let mut socket = follow(&stage, &token, &filter).await;
        let link = json!({ "taskId": task, "keyResultId": goals[0] });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.change("alignmentLinkRetire", json!({ "id": link })).await;
        let event = next(&mut socket).await;
        assert_eq!((&event["previousState"], &event["finding"]["state"]), (&json!("RESOLVED"), &json!("OPEN")));
        // Another subject's is none of this stream.
        stage.make("taskCreate", json!({ "title": "Paint", "status": "IN_PROGRESS" }), "task").await;
        let id = event["finding"]["id"].clone();
        stage.change("findingAcknowledge", json!({ "id": id, "until": stage.ahead(1) })).await;
        // The time alone brings it back, at the moment that was said. Tokens do not live that long: another stream
        // goes on after what was heard.
        stage.time.advance_seconds(86_400);
        stage.settle().await;
        let after = format!("{} after: {},", filter, event["cursor"]);
        let query = RAISED.replace("FILTER", &after).replace("snapshot: true", "");
        let mut socket = Socket::enter(&stage.server, &stage.token(stage.leader())).await;
        socket.ask("s", &format!("subscription {{ {query} }}")).await;
        let event = next(&mut socket).await;
        assert_eq!((&event["previousState"], &event["finding"]["subjectId"]), (&json!("ACKNOWLEDGED"), &task));
        // Everything that happened is in the stream of events, also what is not raised.
        let told = "SELECT count(*) FROM event WHERE subject_kind = 'FINDING'";
        assert_eq!(stage.server.database().number(told).await, 6);
        let mut refused = Socket::enter(&stage.server, &stage.token(&stage.world.b.leader)).await;
        refused.ask("s", &format!("subscription {{ findingRaised(filter: {{ subjectId: {task} }}) {{ cursor }} }}")).await;
        let answer = refused.hear().await.to_string();
        assert!(answer.contains("NOT_FOUND"), "{answer}");
        stage.server.stop().await;
    }
}
