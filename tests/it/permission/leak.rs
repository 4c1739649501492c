//! What a person may not see leaves no trace: no row, no count, no filter, no order, no cursor, no look-up,
//! no edge and no error tells that it exists.
//!
//! Two companies differ only in what is private to a colleague. Whatever an individual asks, both answer
//! alike. The questions are generated from the schema.

use serde_json::{Value, json};
use support::{ApiInput, ApiSchema, Company, TestServer, Thread, World, both_databases};

use super::{Stage, mutation, query::ways, sample};

/// Tables of which the stage has a row that is private to the colleague.
const SECRET: [&str; 7] =
    ["objective", "key_result", "check_in", "project", "task", "alignment_link", "finding"];
/// Questions in one document: as many as it may have root fields.
const AT_ONCE: usize = 20;

struct Twins {
    with: (Company, Thread),
    without: (Company, Thread),
}

impl Twins {
    async fn of(server: &TestServer) -> Self {
        let (database, clock) = (server.database(), server.clock());
        let with = Company::seed(database, clock, "with").await;
        let with_thread = with.thread(database).await;
        let without = Company::seed(database, clock, "without").await;
        let without_thread = without.thread_without_secrets(database).await;
        Self { with: (with, with_thread), without: (without, without_thread) }
    }

    fn secret_ids(&self) -> Vec<String> {
        let thread = &self.with.1;
        let mut ids: Vec<_> = SECRET.iter().map(|table| thread.id(table, "private")).collect();
        ids.extend(["secret", "draft"].map(|link| thread.id("alignment_link", link)));
        ids
    }
}

/// Filters on one list, written as literals, that reach down to `depth` relations.
/// The nearer ones are tested by every column, the farther ones by their text alone, for there are thousands.
fn filters(schema: &ApiSchema, name: &str, depth: usize, secret: &Twins) -> Vec<String> {
    let mut found = Vec::new();
    for input in &schema.named(name).inputs {
        let inside = schema.named(&input.takes.name);
        let has = |name: &str| inside.inputs.iter().any(|one| one.name == name);
        if matches!(input.name.as_str(), "and" | "or" | "not") {
            continue;
        } else if input.takes.name.ends_with("Comparator") {
            if depth > 0 || has("contains") {
                found.extend(comparisons(name, input, &has, secret));
            }
        } else if depth > 0 && has("some") {
            let filter = inside.inputs.iter().find(|one| one.name == "some").expect("asked before");
            for inner in filters(schema, &filter.takes.name, depth - 1, secret) {
                for quantifier in if depth > 1 { &["some", "every", "none"][..] } else { &["some"][..] } {
                    found.push(format!("{}: {{ {quantifier}: {{ {inner} }} }}", input.name));
                }
            }
            for length in
                if depth > 1 { &["eq: 0", "eq: 1", "gte: 2", "lt: 2", "neq: 1"][..] } else { &["eq: 1"][..] }
            {
                found.push(format!("{}: {{ length: {{ {length} }} }}", input.name));
            }
        } else if depth > 0 {
            for inner in filters(schema, &input.takes.name, depth - 1, secret) {
                found.push(format!("{}: {{ {inner} }}", input.name));
            }
        }
    }
    found
}

fn comparisons(filter: &str, input: &ApiInput, has: &dyn Fn(&str) -> bool, secret: &Twins) -> Vec<String> {
    let name = &input.name;
    if input.takes.name == "IdComparator" {
        let Some(table) = table_of(filter).filter(|table| SECRET.contains(table)) else { return Vec::new() };
        let id = secret.with.1.id(table, "private");
        return vec![
            format!("{name}: {{ eq: \"{id}\" }}"),
            format!("{name}: {{ in: [\"{id}\"] }}"),
            format!("{name}: {{ neq: \"{id}\" }}"),
        ];
    }
    if has("contains") {
        vec![format!("{name}: {{ contains: \"private\" }}")]
    } else if name == "code" {
        vec![format!("{name}: {{ eq: \"O-5\" }}"), format!("{name}: {{ eq: \"KR-5\" }}")]
    } else if name == "visibility" {
        vec![format!("{name}: {{ eq: PRIVATE }}")]
    } else if has("null") {
        vec![format!("{name}: {{ null: true }}")]
    } else {
        Vec::new()
    }
}

/// The table that a filter selects from.
pub(crate) fn table_of(filter: &str) -> Option<&'static str> {
    Some(match filter.strip_suffix("Filter")? {
        "Person" => "person",
        "Team" => "team",
        "Cycle" => "cycle",
        "Objective" => "objective",
        "KeyResult" => "key_result",
        "CheckIn" => "check_in",
        "Milestone" => "milestone",
        "Project" => "project",
        "Task" => "task",
        "AlignmentLink" => "alignment_link",
        "Integration" => "integration",
        "SyncContainer" => "sync_container",
        "SyncRun" => "sync_run",
        "SyncFailure" => "sync_failure",
        "ServiceToken" => "service_token",
        "Finding" => "finding",
        "Acknowledgement" => "acknowledgement",
        "Allocation" => "allocation",
        "ProjectTemplate" => "project_template",
        "UnresolvedToken" => "unresolved_token",
        "ExternalPerson" => "external_person",
        _ => return None,
    })
}

/// The question how many rows of a field at the root a filter selects.
pub(crate) fn counted(field: &str, filter: &str) -> String {
    match field {
        // No list of rows: a file of them.
        "okrExport" => {
            format!("{field}(filter: {{ {filter} }}, format: CSV, first: 40) {{ objectives keyResults }}")
        }
        _ => format!("{field}(filter: {{ {filter} }}, last: 40) {{ totalCount }}"),
    }
}

both_databases! {
    async fn no_filter_tells_of_a_private_row(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let twins = Twins::of(&server).await;
        let mut asked = 0;
        for list in schema.named("Query").fields.iter().filter(|field| field.takes("filter")) {
            let filter = list.arguments.iter().find(|one| one.name == "filter").expect("asked before");
            let mut questions = vec![String::new()];
            for inner in filters(&schema, &filter.takes.name, 2, &twins) {
                if inner.matches('{').count() < 4 {
                    questions.push(format!("not: {{ {inner} }}"));
                }
                questions.push(inner);
            }
            for some in questions.chunks(AT_ONCE) {
                let fields: Vec<_> = some
                    .iter()
                    .enumerate()
                    .map(|(at, inner)| format!("q{at}: {}", counted(&list.name, inner)))
                    .collect();
                let query = format!("{{ {} }}", fields.join(" "));
                let with = server.graphql(Some(&twins.with.0.individual.token), &query, json!({})).await;
                let without = server.graphql(Some(&twins.without.0.individual.token), &query, json!({})).await;
                with.data();
                for (at, inner) in some.iter().enumerate() {
                    let at = format!("q{at}");
                    assert_eq!(with.at(&at), without.at(&at), "{}(filter: {{ {inner} }}) tells", list.name);
                }
                asked += some.len();
            }
        }
        assert!(asked > 500, "only {asked} filters were found in the schema");
    }

    async fn no_order_and_no_edge_tells_of_a_private_row(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let twins = Twins::of(&server).await;
        let ask = async |query: &str| {
            let with = server.graphql(Some(&twins.with.0.individual.token), query, json!({})).await;
            let without = server.graphql(Some(&twins.without.0.individual.token), query, json!({})).await;
            assert_eq!(with.data(), without.data(), "{query}");
        };
        for list in schema.named("Query").fields.iter().filter(|field| field.takes("sort")) {
            let sort = list.arguments.iter().find(|one| one.name == "sort").expect("asked before");
            let key = schema.named(&sort.takes.name).inputs.iter().find(|one| one.name == "field");
            let node = list.gives.name.strip_suffix("Connection").expect("a list");
            let node = schema.named(node);
            let text = ["title", "name", "kind"].into_iter().find(|name| node.field(name).is_some());
            let text = text.unwrap_or("__typename");
            for value in &schema.named(&key.expect("a key").takes.name).values {
                for order in ["ASC", "DESC"] {
                    let arguments = format!("first: 2, sort: [{{ field: {value}, order: {order} }}]");
                    ask(&format!(
                        "{{ {}({arguments}) {{ totalCount pageInfo {{ hasNextPage }} nodes {{ {text} }} }} }}",
                        list.name
                    ))
                    .await;
                }
            }
        }
        // Every edge of every row that the individual reaches.
        for (name, way) in ways(&schema) {
            let edges: Vec<_> = schema
                .named(&name)
                .fields
                .iter()
                .filter(|field| name != "Query" && field.takes("first"))
                .filter(|field| field.gives.name.ends_with("Connection"))
                .map(|edge| format!("{}(first: 5) {{ totalCount pageInfo {{ hasNextPage }} edges {{ __typename }} }}", edge.name))
                .collect();
            for edge in edges {
                ask(&way.query(&edge)).await;
            }
        }
    }

    async fn no_text_of_a_private_row_is_read(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let twins = Twins::of(&server).await;
        let (company, thread) = &twins.with;
        let mut forbidden: Vec<String> =
            twins.secret_ids().iter().map(|id| id.split('_').nth(1).expect("an id").to_owned()).collect();
        forbidden.push("private".to_owned());
        let is_clean = |text: &str, query: &str| {
            for word in &forbidden {
                assert!(!text.contains(word.as_str()), "{word} stands in the answer of {query}: {text}");
            }
        };
        let token = Some(company.individual.token.as_str());
        for (name, way) in ways(&schema) {
            let fields = schema.named(&name).fields.iter().filter(|field| !sample::is_wanted(field));
            let leaves: Vec<_> = fields.filter(|field| schema.is_leaf(&field.gives.name)).collect();
            if leaves.is_empty() {
                continue;
            }
            let leaves: Vec<_> = leaves.iter().map(|field| field.name.as_str()).collect();
            let query = way.query(&leaves.join(" "));
            is_clean(&server.graphql(token, &query, json!({})).await.text, &query);
        }
        // By id and by code: the same as for what does not exist.
        for id in twins.secret_ids() {
            let unknown = server.graphql(token, &format!("{{ node(id: \"{}\") {{ id }} }}", unknown(&server, &id)), json!({})).await;
            let found = server.graphql(token, &format!("{{ node(id: \"{id}\") {{ id }} }}"), json!({})).await;
            assert_eq!(found.text, unknown.text);
            assert_eq!(found.at("node"), &Value::Null);
        }
        let ids = json!({ "ids": twins.secret_ids() });
        let nodes = server.graphql(token, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids).await;
        assert!(nodes.at("nodes").as_array().expect("a list").iter().all(Value::is_null), "{}", nodes.text);
        for (field, codes) in [("objective", ["O-5", "o-5", "OLD-5"]), ("keyResult", ["KR-5", "kr-5", " KR-5"])] {
            for code in codes {
                let query = format!("{{ {field}(code: \"{code}\") {{ id title }} }}");
                assert_eq!(server.graphql(token, &query, json!({})).await.at(field), &Value::Null, "{query}");
            }
        }
        // The leader sees all of it, or the test would pass on an empty stage.
        let query = format!("{{ node(id: \"{}\") {{ id }} }}", thread.id("objective", "private"));
        assert!(server.graphql(Some(&company.leader.token), &query, json!({})).await.at("node").is_object());
    }

    async fn no_error_tells_of_a_private_row(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let world = World::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        for field in &schema.named("Mutation").fields {
            for case in sample::mutations(&field.name) {
                // Whatever stands in an input as an id is once a private one and once an unknown one.
                let variables = case.variables(&stage);
                for path in ids_in(&variables, "") {
                    if crate::attack::is_own_id(&field.name, &path) {
                        continue;
                    }
                    let wanted = variables.pointer(&path).and_then(Value::as_str).expect("an id").to_owned();
                    let kind = wanted.split('_').next().expect("a prefix");
                    let Some(secret) = SECRET.iter().find(|table| support::prefix(table) == kind) else {
                        continue;
                    };
                    let secret = stage.thread.id(secret, "private");
                    let ask = async |id: &str| {
                        let mut variables = variables.clone();
                        *variables.pointer_mut(&path).expect("asked before") = id.into();
                        let answer =
                            mutation::run(&stage, &schema, field, "individual", variables).await;
                        answer.text.replace(id, "ID")
                    };
                    let unknown = ask(&unknown(&server, &secret)).await;
                    assert_eq!(ask(&secret).await, unknown, "{} at {path}", field.name);
                }
            }
        }
    }
}

/// Where in an input an id stands, as JSON pointers.
pub(crate) fn ids_in(value: &Value, at: &str) -> Vec<String> {
    match value {
        Value::String(text) => {
            let is_id = text.split_once('_').is_some_and(|(_, rest)| {
                rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            if is_id { vec![at.to_owned()] } else { Vec::new() }
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(place, item)| ids_in(item, &format!("{at}/{place}")))
            .collect(),
        Value::Object(members) => {
            members.iter().flat_map(|(name, member)| ids_in(member, &format!("{at}/{name}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// An id of the same type that nothing has.
pub(crate) fn unknown(server: &TestServer, id: &str) -> String {
    let prefix = id.split('_').next().expect("a prefix");
    format!("{prefix}_{}", server.clock().new_id().simple())
}
