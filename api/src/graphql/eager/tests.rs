use async_graphql::{Request, Value, dataloader::DataLoader};

use super::{ReadAhead, write_value};
use crate::{
    domain::{access::Scope, trial::Trial},
    graphql::{
        batch::{BatchQueue, NoDelay},
        loaders::Loaders,
        page::PageLimits,
        schema,
    },
};

async fn ask(scope: &Scope, ahead: bool, text: &str) -> (Value, String) {
    let queue = BatchQueue::default();
    let loaders = DataLoader::new(Loaders::new(scope.clone()), queue.clone(), NoDelay);
    let request = Request::new(text)
        .data(scope.clone())
        .data(loaders)
        .data(PageLimits { default: 50, max: 200 })
        .data(ReadAhead::new(ahead));
    let response = queue.run(schema().execute(request)).await;
    assert!(response.errors.is_empty(), "{:?}", response.errors);
    let mut out = Vec::new();
    write_value(&response.data, &mut out);
    (response.data, String::from_utf8(out).unwrap())
}

/// Whether JSON that was written ahead is in a value.
fn is_ahead(value: &Value) -> bool {
    match value {
        Value::Binary(_) => true,
        Value::List(values) => values.iter().any(is_ahead),
        Value::Object(fields) => fields.values().any(is_ahead),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Boolean(_) | Value::Enum(_) => false,
    }
}

#[tokio::test]
async fn columns_and_edges_are_written_ahead() {
    let trial = Trial::new().await;
    let objective = trial.objective("Say \"hello\", Robert\u{2028}\u{1F600}", None).await;
    trial.objective("Below", Some(objective.id)).await;
    let row = trial.key_result(objective.id).await;
    trial.work(row.id, 0.25, entity::Visibility::Organization).await;
    let scope = trial.scope(trial.individual).await;
    let ahead = [
        "{ objectives { nodes { title progress archivedAt state } } }",
        "{ objectives { nodes { parent { code parent { code } } owner { name email isAdmin } } } }",
        "{ objectives { nodes { keyResults(first: 1) { nodes { target current workProgress owner { name } \
           projects { nodes { title progress } pageInfo { hasNextPage endCursor } } } edges { cursor } } } } }",
        "{ a: objectives { nodes { ...f } } } fragment f on Objective { id ... on Node { id createdAt } __typename }",
        "{ objective(code: \"O-1\") { title keyResults { nodes { code } } } }",
    ];
    let executed = [
        "{ objectives { nodes { title description } } }",
        "{ objectives { nodes { keyResults { totalCount } } } }",
        "{ people { nodes { team { name } } } }",
    ];
    for (texts, expected) in [(ahead.as_slice(), true), (executed.as_slice(), false)] {
        for text in texts {
            let (value, written) = ask(&scope, true, text).await;
            assert_eq!(is_ahead(&value), expected, "{text}");
            let (oracle, by_executor) = ask(&scope, false, text).await;
            assert!(!is_ahead(&oracle));
            assert_eq!(written, by_executor, "{text}");
            serde_json::from_str::<serde_json::Value>(&written).unwrap();
        }
    }
}
