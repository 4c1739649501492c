//! Samples of arguments: the one place to add to when a field takes an id or needs an argument, or when a
//! mutation is new.

use serde_json::{Value, json};
use support::{ApiField, Company, Thread};

use super::Stage;

/// Whether a field can only be asked for with a sample.
pub(super) fn is_wanted(field: &ApiField) -> bool {
    field.arguments.iter().any(|argument| argument.is_required || argument.takes.name == "ID")
}

/// Arguments for a field of an object, each set asked for in turn.
pub(crate) fn arguments(of: &str, field: &str, thread: &Thread, company: &Company) -> Vec<String> {
    let by_id = |table| thread.ids(table).into_iter().map(|id| format!("id: \"{id}\"")).collect::<Vec<_>>();
    let by_code = |codes: &[&str]| codes.iter().map(|code| format!("code: \"{code}\"")).collect::<Vec<_>>();
    match (of, field) {
        ("Query", "node") => NODES.iter().flat_map(|table| by_id(table)).collect(),
        ("Query", "nodes") => NODES
            .iter()
            .map(|table| format!("ids: [{}]", thread.ids(table).iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ")))
            .collect(),
        ("Query", "objective") => {
            let codes = ["O-1", "O-2", "O-3", "O-4", "O-5", "OLD-1", "OLD-5"];
            by_id("objective").into_iter().chain(by_code(&codes)).collect()
        }
        ("Query", "keyResult") => {
            let codes = ["KR-1", "KR-2", "KR-3", "KR-4", "KR-5"];
            by_id("key_result").into_iter().chain(by_code(&codes)).collect()
        }
        ("Query", "project") => by_id("project"),
        ("Query", "task") => by_id("task"),
        ("Query", "cycle") => by_id("cycle"),
        ("Query", "alignmentLink") => by_id("alignment_link"),
        ("Query", "integration") => by_id("integration"),
        ("Query", "finding") => by_id("finding"),
        ("Query", "team") => {
            [company.root_team, company.build_team].map(|key| format!("id: \"tea_{}\"", key.simple())).into()
        }
        ("Query", "person") => [&company.individual, &company.leader]
            .map(|person| format!("id: \"per_{}\"", person.id.simple()))
            .into(),
        _ => panic!("{of}.{field} takes an id or needs an argument: add a sample in tests/it/permission/sample.rs"),
    }
}

/// Tables whose rows are nodes.
const NODES: [&str; 9] = [
    "cycle",
    "objective",
    "key_result",
    "check_in",
    "project",
    "task",
    "alignment_link",
    "integration",
    "finding",
];

/// One way to call a mutation.
pub(crate) struct Case {
    /// What it is about.
    pub(crate) name: &'static str,
    variables: Box<dyn Fn(&Stage<'_>) -> Value + Send + Sync>,
}

impl Case {
    /// The variables of the call, of which each is one argument.
    pub(crate) fn variables(&self, stage: &Stage<'_>) -> Value {
        (self.variables)(stage)
    }
}

fn input(name: &'static str, of: impl Fn(&Stage<'_>) -> Value + Send + Sync + 'static) -> Case {
    Case { name, variables: Box::new(move |stage| json!({ "input": of(stage) })) }
}

/// An input with the id of a row of the thread, and more.
fn row(table: &'static str, name: &'static str, more: Value) -> Case {
    input(name, move |stage| {
        let mut value = more.clone();
        value["id"] = stage.thread.id(table, name).into();
        value
    })
}

/// The same for the rows of each name.
fn rows(table: &'static str, names: &[&'static str], more: &Value) -> Vec<Case> {
    names.iter().map(|name| row(table, name, more.clone())).collect()
}

/// Goals and work by who sees them.
const SIGHTS: [&str; 5] = ["open", "build", "sales", "own", "private"];
/// Goals, among them a proposal.
const GOALS: [&str; 6] = ["open", "build", "sales", "own", "private", "draft"];

/// The calls of a mutation; the first of them is one that a leader may make.
pub(crate) fn mutations(field: &str) -> Vec<Case> {
    match field {
        "objectiveCreate" => vec![
            input("for the organization", |_| json!({ "title": "Grow" })),
            input("for the build team", |stage| {
                json!({ "title": "Grow", "teamId": team(stage.company.build_team), "state": "ACTIVE" })
            }),
            input("below a private one", |stage| {
                json!({ "title": "Grow", "parentId": stage.thread.id("objective", "private") })
            }),
        ],
        "objectiveUpdate" => rows("objective", &GOALS, &json!({ "title": "Grown" })),
        "objectiveArchive" | "objectiveUnarchive" => rows("objective", &SIGHTS, &json!({})),
        _ => panic!("the mutation {field} has no sample: add one in tests/it/permission/sample.rs"),
    }
}

fn team(key: uuid::Uuid) -> String {
    format!("tea_{}", key.simple())
}
