use async_graphql::{Request, dataloader::DataLoader};
use entity::Visibility;
use serde_json::{Value as Json, json};

use crate::{
    domain::{
        access::Scope, check_in::MakeCheckIn, key_result_change::CreateKeyResult, objective::CreateObjective,
        trial::Trial,
    },
    graphql::{
        batch::{BatchQueue, NoDelay},
        loaders::Loaders,
        schema,
    },
};

async fn ask(scope: &Scope, text: &str) -> Json {
    let queue = BatchQueue::default();
    let loaders = DataLoader::new(Loaders::new(scope.clone()), queue.clone(), NoDelay);
    let request = Request::new(text)
        .data(scope.clone())
        .data(loaders)
        .data(crate::graphql::page::PageLimits { default: 50, max: 200 });
    let response = queue.run(schema().execute(request)).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    response.data.into_json().unwrap()
}

#[tokio::test]
async fn what_may_not_be_seen_is_a_number() {
    let trial = Trial::new().await;
    let above = trial.objective("Above", None).await;
    let scope = trial.scope(trial.leader).await;
    let private =
        CreateObjective { visibility: Visibility::Private, ..trial.new_objective("Secret", Some(above.id)) };
    let private = scope.run(&private).await.unwrap();
    // Owned by the leader: nobody owns what they do not see.
    let own = CreateKeyResult { owner: Some(trial.leader), ..trial.new_key_result(private.id) };
    let row = scope.run(&own).await.unwrap();
    let check_in = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value: "60".parse().ok(),
        confidence: None,
        health: None,
        note: None,
    };
    scope.run(&check_in).await.unwrap();
    trial.follow().await;

    let text = r#"{ objective(code: "O-1") {
        progress expectedProgress health paceHealth
        progressExplanation { code contribution children {
            redacted code title kind value contribution
            subject { ... on Objective { title } }
            children { code contribution }
        } }
    } }"#;
    let seen = ask(&scope, text).await;
    let part = |answer: &Json| answer["objective"]["progressExplanation"]["children"][0].clone();
    assert_eq!(seen["objective"]["expectedProgress"], json!(0.5));
    assert_eq!(seen["objective"]["paceHealth"], json!("ON_TRACK"));
    assert_eq!(seen["objective"]["progressExplanation"]["code"], json!("O-1"));
    assert_eq!(
        part(&seen),
        json!({
            "redacted": false, "code": "O-2", "title": "Secret", "kind": "OBJECTIVE", "value": 0.6,
            "contribution": 0.6, "subject": { "title": "Secret" },
            "children": [{ "code": "KR-1", "contribution": 0.6 }],
        })
    );
    let hidden = ask(&trial.scope(trial.individual).await, text).await;
    assert_eq!(hidden["objective"]["progress"], json!(0.6));
    assert_eq!(hidden["objective"]["expectedProgress"], json!(0.5), "a number, whoever asks");
    assert_eq!(
        part(&hidden),
        json!({
            "redacted": true, "code": null, "title": null, "kind": "OBJECTIVE", "value": 0.6,
            "contribution": 0.6, "subject": null, "children": [],
        })
    );
}

#[tokio::test]
async fn mutations_answer() {
    let trial = Trial::new().await;
    trial.objective("Grow", None).await;
    let scope = trial.scope(trial.leader).await;
    let objective = ask(&scope, r#"{ objective(code: "O-1") { id } }"#).await["objective"]["id"].clone();
    let text = format!(
        r#"mutation {{ keyResultCreate(input: {{ objectiveId: {objective}, title: "Faster", start: "100",
            target: "50", unit: "ms" }}) {{
            keyResult {{ id kind progress current }} userErrors {{ field message }}
        }} }}"#
    );
    let made = ask(&scope, &text).await["keyResultCreate"].clone();
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["keyResult"]["kind"], json!("DECREASE"));
    let id = made["keyResult"]["id"].clone();
    let text = format!(
        r#"mutation {{
            told: keyResultCheckIn(input: {{ keyResultId: {id}, value: "75", confidence: 0.5 }}) {{
                checkIn {{ value progress }} keyResult {{ progress confidence objective {{ progress }} }}
                userErrors {{ code }}
            }}
            empty: keyResultCheckIn(input: {{ keyResultId: {id} }}) {{
                checkIn {{ id }} userErrors {{ field code }}
            }}
            over: keyResultOverride(input: {{ keyResultId: {id}, value: 1.0, reason: "Done" }}) {{
                keyResult {{ progress override {{ value reason person {{ name }} }} }} userErrors {{ code }}
            }}
        }}"#
    );
    assert_eq!(
        ask(&scope, &text).await,
        json!({
            "told": {
                "checkIn": { "value": "75", "progress": 0.5 },
                "keyResult": { "progress": 0.5, "confidence": 0.5, "objective": { "progress": 0.5 } },
                "userErrors": [],
            },
            "empty": { "checkIn": null, "userErrors": [{ "field": null, "code": "REQUIRED" }] },
            "over": {
                "keyResult": {
                    "progress": 1.0,
                    "override": { "value": 1.0, "reason": "Done", "person": { "name": "leader" } },
                },
                "userErrors": [],
            },
        })
    );
}
