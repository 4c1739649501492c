//! Every mutation, by everybody, each time in a company in which nothing was written yet.

use serde_json::Value;
use support::{Answer, ApiField, ApiSchema, TestServer, World};

use super::{ROLES, Stage, Stages, query::selection, sample, table::Table};

/// Asks for everything.
pub(super) async fn ask(server: &TestServer, world: &World, schema: &ApiSchema, table: &mut Table) {
    let mut stages = Stages::new(server, world);
    for field in &schema.named("Mutation").fields {
        for case in sample::mutations(&field.name) {
            for role in ROLES {
                let stage = stages.fresh().await;
                let answer = run(stage, schema, field, role, case.variables(stage)).await;
                let name = format!("Mutation.{} ({})", field.name, case.name);
                let outcome = outcome(&answer, &field.name);
                if outcome.starts_with("done") {
                    stages.give_up();
                }
                table.put(&name, role, outcome);
            }
        }
    }
}

/// The document that runs one mutation and reads all of its payload.
pub(crate) fn document(schema: &ApiSchema, field: &ApiField) -> String {
    let declared: Vec<_> = field
        .arguments
        .iter()
        .map(|argument| format!("${}: {}", argument.name, argument.takes.text))
        .collect();
    let given: Vec<_> = field.arguments.iter().map(|argument| format!("{0}: ${0}", argument.name)).collect();
    let (declared, given) = if declared.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("({})", declared.join(", ")), format!("({})", given.join(", ")))
    };
    let payload = schema.named(&field.gives.name);
    if schema.is_leaf(&payload.name) {
        return format!("mutation{declared} {{ {}{given} }}", field.name);
    }
    let readable = schema.objects_from("Query");
    let inside: Vec<_> = payload
        .fields
        .iter()
        .map(|part| match part.name.as_str() {
            "userErrors" => "userErrors { field code message }".to_owned(),
            // What only this payload holds is read whole.
            _ if schema.named(&part.gives.name).kind == "OBJECT"
                && !readable.contains(part.gives.name.as_str()) =>
            {
                let parts = schema.named(&part.gives.name).fields.iter();
                let parts: Vec<_> = parts.map(|one| selection(schema, one, "")).collect();
                format!("{} {{ {} }}", part.name, parts.join(" "))
            }
            _ => selection(schema, part, ""),
        })
        .collect();
    format!("mutation{declared} {{ {}{given} {{ {} }} }}", field.name, inside.join(" "))
}

/// Runs one mutation.
pub(crate) async fn run(
    stage: &Stage<'_>,
    schema: &ApiSchema,
    field: &ApiField,
    role: &str,
    variables: Value,
) -> Answer {
    stage.server.graphql(stage.token(role), &document(schema, field), variables).await
}

/// What came of it: `done`, the codes of what a person can mend, or the code of the error.
pub(crate) fn outcome(answer: &Answer, field: &str) -> String {
    if let [error, ..] = answer.errors() {
        return error["extensions"]["code"].as_str().unwrap_or("error without a code").to_owned();
    }
    let payload = &answer.body["data"][field];
    let refused: Vec<String> = payload["userErrors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| {
            let code = error["code"].as_str().unwrap_or_default();
            let place = error["field"]
                .as_array()
                .map(|path| path.iter().filter_map(Value::as_str).skip(1).collect::<Vec<_>>().join("."));
            place.map_or_else(|| code.to_owned(), |place| format!("{code} {place}"))
        })
        .collect();
    match payload {
        Value::Null => "null".to_owned(),
        _ if !refused.is_empty() => refused.join(", "),
        Value::Object(parts) => {
            let is_written = parts.iter().any(|(name, part)| name != "userErrors" && !part.is_null());
            if is_written { "done" } else { "done, without an answer" }.to_owned()
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => "done".to_owned(),
    }
}
