//! What came in, held against what the tool has.

use std::{collections::BTreeMap, net::SocketAddr};

use serde_json::{Value, json};
use support::{Answer, fake::FakeJira};

/// All tasks that somebody sees, archived ones too, by their ids in the tool.
pub(super) async fn tasks_of(server: SocketAddr, token: &str) -> BTreeMap<String, Value> {
    let query = "query($after: String) { tasks(first: 200, after: $after, includeArchived: true) { \
        nodes { id externalId title status providerStatus labels dueOn archivedAt sourceDeletedAt loggedSeconds \
        parent { externalId } projects { nodes { externalId title } } assignee { email } } \
        pageInfo { hasNextPage endCursor } } }";
    let (mut all, mut after) = (BTreeMap::new(), Value::Null);
    loop {
        let request = support::client()
            .post(format!("http://{server}/graphql"))
            .bearer_auth(token)
            .json(&json!({ "query": query, "variables": { "after": after } }));
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        let page = &answer.data()["tasks"];
        all.extend(by_external_id(&page["nodes"]));
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

pub(super) fn by_external_id(nodes: &Value) -> BTreeMap<String, Value> {
    let nodes = nodes.as_array().unwrap_or_else(|| panic!("no list: {nodes}"));
    let named = |node: &Value| node["externalId"].as_str().expect("an id in the tool").to_owned();
    nodes.iter().map(|node| (named(node), node.clone())).collect()
}

/// Holds everything that came in against everything that the tool has.
pub(super) fn assert_same(mut tasks: BTreeMap<String, Value>, jira: &FakeJira) {
    for issue in jira.snapshot().issues {
        let task = tasks.remove(&issue.id).unwrap_or_else(|| panic!("{} is missing", issue.key));
        assert_eq!(task["title"], issue.summary, "{task}");
        assert_eq!(task["providerStatus"], issue.status, "{task}");
        let status = match issue.category.as_str() {
            "done" => "DONE",
            "indeterminate" => "IN_PROGRESS",
            _ => "TODO",
        };
        assert_eq!(task["status"], status, "{task}");
        let mut labels = issue.labels.clone();
        labels.sort();
        let mut ours: Vec<String> = serde_json::from_value(task["labels"].clone()).expect("texts");
        ours.sort();
        assert_eq!(ours, labels, "{task}");
        assert_eq!(task["dueOn"], json!(issue.due), "{task}");
        assert_eq!(task["archivedAt"], Value::Null, "{task}");
        assert_eq!(task["parent"]["externalId"], json!(issue.parent), "{task}");
        assert_eq!(task["projects"]["nodes"][0]["externalId"], issue.project, "{task}");
        assert_eq!(task["loggedSeconds"], json!(issue.spent), "{task}");
    }
    for task in tasks.values() {
        assert_ne!(task["archivedAt"], Value::Null, "the tool does not have {task}");
        assert_ne!(task["sourceDeletedAt"], Value::Null, "the tool does not have {task}");
    }
}
