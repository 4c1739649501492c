//! Every field that can be read, of every row that somebody reaches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::{Answer, ApiField, ApiSchema, ApiType};

use super::{
    ROLES, Stage, sample,
    table::{Table, Tally},
};

/// Rows of a root list, and of a list below it: more than the stage has.
const ROOT_ROWS: usize = 40;
const CHILD_ROWS: usize = 12;

/// Types to which only a field with an argument leads: the type, whose field it is, and the field.
const BY_ARGUMENT: [(&str, &str, &str); 4] = [
    ("KeyResultAsOf", "KeyResult", "asOf(at: \"9999-01-01T00:00:00Z\")"),
    ("ObjectiveAsOf", "Objective", "asOf(at: \"9999-01-01T00:00:00Z\")"),
    ("ProjectAsOf", "Project", "asOf(at: \"9999-01-01T00:00:00Z\")"),
    ("OkrExport", "Query", "okrExport(format: JSON, first: 40)"),
];

/// Types that only an argument leads to, with the way to one that everybody sees.
const BY_CODE: [(&str, &str); 4] = [
    ("ObjectiveCheck", "objectiveCheck(id: \"O-1\")"),
    ("WeightPreview", "weightPreview(keyResultId: \"KR-1\", weight: 2)"),
    ("ConnectionModelPreview", "connectionModelPreview(to: TASK_TO_KEY_RESULT)"),
    ("OverLinking", "overLinking(teamId: null)"),
];

/// The way from a root field to the objects of a type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    steps: Vec<String>,
    length: usize,
}

/// Asks for everything.
pub(super) async fn ask(stage: &Stage<'_>, schema: &ApiSchema, table: &mut Table) {
    let ways = ways(schema);
    for name in schema.objects_from("Query") {
        let of = schema.named(name);
        let Some(way) = ways.get(name) else {
            panic!("no way leads to {name} without an argument: add one in tests/it/permission/query.rs");
        };
        for role in ROLES {
            let plain: Vec<_> = of.fields.iter().filter(|field| !sample::is_wanted(field)).collect();
            for (field, cell) in ask_fields(stage, schema, way, &plain, role).await {
                table.put(&format!("{name}.{field}"), role, cell);
            }
            for field in of.fields.iter().filter(|field| sample::is_wanted(field)) {
                let cell = ask_sampled(stage, schema, way, of, field, role).await;
                table.put(&format!("{name}.{}", field.name), role, cell);
            }
        }
    }
}

/// The shortest way to every type through fields that need no argument; root lists come first, for they
/// lead to all rows that somebody sees.
pub(crate) fn ways(schema: &ApiSchema) -> BTreeMap<String, Way> {
    let mut ways = BTreeMap::from([("Query".to_owned(), Way::default())]);
    let mut open: BTreeSet<(usize, String)> = BTreeSet::from([(0, "Query".to_owned())]);
    for (name, step) in BY_CODE {
        if schema.named("Query").fields.iter().any(|field| step.starts_with(&format!("{}(", field.name))) {
            ways.insert(name.to_owned(), Way { steps: vec![step.to_owned()], length: 1 });
            open.insert((1, name.to_owned()));
        }
    }
    while let Some((length, name)) = open.pop_first() {
        for field in schema.named(&name).fields.iter().filter(|field| !sample::is_wanted(field)) {
            let target = schema.named(&field.gives.name);
            if target.kind != "OBJECT" {
                continue;
            }
            let is_root_list = name == "Query" && field.takes("first");
            let length = if is_root_list { 1 } else { length + 2 };
            if ways.get(&target.name).is_some_and(|known| known.length <= length) {
                continue;
            }
            let mut steps = ways[&name].steps.clone();
            steps.push(step(field, steps.is_empty()));
            open.insert((length, target.name.clone()));
            ways.insert(target.name.clone(), Way { steps, length });
        }
    }
    for (name, from, step) in BY_ARGUMENT {
        let Way { mut steps, length } = ways[from].clone();
        steps.push(step.to_owned());
        ways.insert(name.to_owned(), Way { steps, length: length + 2 });
    }
    ways
}

fn step(field: &ApiField, is_root: bool) -> String {
    if field.takes("first") {
        format!("{}(first: {})", field.name, if is_root { ROOT_ROWS } else { CHILD_ROWS })
    } else {
        field.name.clone()
    }
}

impl Way {
    /// The document that reads something of the objects at the end of the way.
    pub(crate) fn query(&self, selection: &str) -> String {
        let open: String = self.steps.iter().map(|step| format!("{{ {step} ")).collect();
        format!("{open}{{ {selection} }}{}", " }".repeat(self.steps.len()))
    }

    /// The objects at the end of the way.
    fn ends<'v>(&self, data: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![data];
        for step in &self.steps {
            let name = step.split('(').next().unwrap_or(step);
            found = found.into_iter().flat_map(|value| flat(&value[name])).collect();
        }
        found.into_iter().flat_map(flat).filter(|value| !value.is_null()).collect()
    }
}

fn flat(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(flat).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => vec![value],
    }
}

/// What is asked of a field.
pub(crate) fn selection(schema: &ApiSchema, field: &ApiField, arguments: &str) -> String {
    let name = &field.name;
    let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
    if schema.is_leaf(&field.gives.name) {
        format!("{name}{arguments}")
    } else if schema.named(&field.gives.name).field("totalCount").is_some() {
        format!("{name}{arguments} {{ totalCount }}")
    } else {
        format!("{name}{arguments} {{ __typename }}")
    }
}

/// All fields at once; one by one where some of them fail, so that none hides another.
async fn ask_fields(
    stage: &Stage<'_>,
    schema: &ApiSchema,
    way: &Way,
    fields: &[&ApiField],
    role: &'static str,
) -> Vec<(String, String)> {
    let mut cells = Vec::new();
    if fields.is_empty() {
        return cells;
    }
    let all: Vec<_> = fields.iter().map(|field| selection(schema, field, "")).collect();
    let answer = stage.server.graphql(stage.token(role), &way.query(&all.join(" ")), json!({})).await;
    if answer.errors().is_empty() {
        for field in fields {
            cells.push((field.name.clone(), judge(&answer, way, field).to_string()));
        }
        return cells;
    }
    for field in fields {
        let text = way.query(&selection(schema, field, ""));
        let answer = stage.server.graphql(stage.token(role), &text, json!({})).await;
        cells.push((field.name.clone(), judge(&answer, way, field).to_string()));
    }
    cells
}

async fn ask_sampled(
    stage: &Stage<'_>,
    schema: &ApiSchema,
    way: &Way,
    of: &ApiType,
    field: &ApiField,
    role: &'static str,
) -> String {
    let mut tally = Tally::default();
    for arguments in sample::arguments(&of.name, &field.name, &stage.thread, &stage.company) {
        let text = way.query(&selection(schema, field, &arguments));
        let answer = stage.server.graphql(stage.token(role), &text, json!({})).await;
        count(&mut tally, &answer, way, field);
    }
    tally.to_string()
}

fn judge(answer: &Answer, way: &Way, field: &ApiField) -> Tally {
    let mut tally = Tally::default();
    count(&mut tally, answer, way, field);
    tally
}

fn count(tally: &mut Tally, answer: &Answer, way: &Way, field: &ApiField) {
    let failed = answer.errors();
    for error in failed {
        let code = error["extensions"]["code"].as_str().unwrap_or("error without a code");
        tally.add(code, 1);
    }
    // A null that an error explains is told by the error alone.
    let mut explained = failed.len();
    for end in way.ends(&answer.body["data"]) {
        match &end[&field.name] {
            Value::Null if explained > 0 => explained -= 1,
            Value::Null => tally.add("null", 1),
            Value::Array(items) => {
                let (nulls, values): (Vec<_>, Vec<_>) = items.iter().partition(|item| item.is_null());
                let nulls = nulls.len().saturating_sub(std::mem::take(&mut explained));
                if nulls > 0 {
                    tally.add("null", nulls);
                }
                if !values.is_empty() || items.is_empty() {
                    tally.add("items", values.len());
                }
            }
            Value::Object(of) if of.contains_key("totalCount") => {
                let rows = of["totalCount"].as_u64().expect("a count");
                tally.add("rows", usize::try_from(rows).expect("a small count"));
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => tally.add("values", 1),
        }
    }
}
