//! Ids of another organization: in every place of the schema that takes an id, they are answered like ids
//! that nothing has. The places are found in the schema.

use serde_json::{Value, json};
use support::{ApiSchema, Company, TestDatabase, TestServer, Thread, World, both_databases, prefix};

use super::{escalation::state, is_own_id};
use crate::permission::{
    Stage,
    leak::{counted, ids_in, table_of, unknown},
    mutation, patient_server, query, sample,
};

struct Foreign {
    company: Company,
    thread: Thread,
}

impl Foreign {
    /// The other organization's id of the same type.
    fn id_like(&self, id: &str) -> String {
        let kind = id.split('_').next().expect("a prefix");
        match kind {
            "org" => format!("org_{}", self.company.organization.simple()),
            "per" => format!("per_{}", self.company.individual.id.simple()),
            "tea" => format!("tea_{}", self.company.build_team.simple()),
            _ => TABLES
                .iter()
                .find(|table| prefix(table) == kind)
                .and_then(|table| self.thread.ids(table).into_iter().next())
                .unwrap_or_else(|| panic!("the other organization has nothing with an id like {id}")),
        }
    }
}

const TABLES: [&str; 20] = [
    "gate_waiver",
    "allocation",
    "project_template",
    "service_token",
    "cycle",
    "objective",
    "key_result",
    "check_in",
    "milestone",
    "project",
    "task",
    "alignment_link",
    "acknowledgement",
    "unresolved_token",
    "external_person",
    "integration",
    "sync_container",
    "sync_run",
    "sync_failure",
    "finding",
];

/// The kind of id that an argument or input field wants, by its name and that of the mutation.
fn wanted(mutation: &str, input: &str) -> &'static str {
    let by_name = match input.trim_end_matches('s') {
        "checkInOwnerId" | "checkInReviewerId" | "ownerId" | "personId" | "managerId" | "assigneeId"
        | "leaderId" | "memberId" | "fromPersonId" => Some("person"),
        "teamId" | "homeTeamId" => Some("team"),
        "cycleId" => Some("cycle"),
        "objectiveId" => Some("objective"),
        "keyResultId" => Some("key_result"),
        "projectId" => Some("project"),
        "taskId" => Some("task"),
        "integrationId" => Some("integration"),
        "alignmentLinkId" | "linkId" => Some("alignment_link"),
        "milestoneId" => Some("milestone"),
        "checkInId" => Some("check_in"),
        "templateId" => Some("project_template"),
        _ => None,
    };
    by_name.unwrap_or_else(|| {
        subject(mutation).unwrap_or_else(|| {
            panic!("what kind of id is {mutation}'s {input}? Say so in tests/it/attack/foreign.rs")
        })
    })
}

/// What a mutation is about, by its first words.
fn subject(mutation: &str) -> Option<&'static str> {
    [
        ("objective", "objective"),
        ("keyResult", "key_result"),
        ("milestone", "milestone"),
        ("checkIn", "check_in"),
        ("projectTemplate", "project_template"),
        ("project", "project"),
        ("gateWaive", "gate_waiver"),
        ("allocation", "allocation"),
        ("task", "task"),
        ("alignmentLink", "alignment_link"),
        ("workAcknowledgement", "acknowledgement"),
        ("workAcknowledge", "acknowledgement"),
        ("acknowledgement", "acknowledgement"),
        ("person", "person"),
        ("password", "person"),
        ("team", "team"),
        ("token", "service_token"),
        ("cycle", "cycle"),
        ("organization", "organization"),
        ("integration", "integration"),
        ("finding", "finding"),
    ]
    .into_iter()
    .find(|(start, _)| mutation.starts_with(start))
    .map(|(_, table)| table)
}

both_databases! {
    async fn look_ups_do_not_tell(server: TestServer) {
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let foreign = Foreign { thread: world.b.thread(server.database()).await, company: world.b.clone() };
        let mut asked = 0;
        for name in schema.objects_from("Query") {
            let of = schema.named(name);
            for field in of.fields.iter().filter(|field| field.arguments.iter().any(|one| one.takes.name == "ID")) {
                for arguments in sample::arguments(name, &field.name, &foreign.thread, &foreign.company) {
                    if !arguments.contains('_') {
                        continue;
                    }
                    let replaced = with_unknown(&server, &arguments);
                    for role in ["leader", "admin", "individual"] {
                        let ask = async |arguments: &str| {
                            let part = query::selection(&schema, field, arguments);
                            let way = &query::ways(&schema)[name];
                            server.graphql(stage.token(role), &way.query(&part), json!({})).await.text
                        };
                        assert_eq!(ask(&arguments).await, ask(&replaced).await, "{name}.{}({arguments})", field.name);
                        asked += 1;
                    }
                }
            }
        }
        assert!(asked > 100, "only {asked} look-ups were found in the schema");
        // The other organization's leader does see them: the ids are good ones.
        let theirs = server.graphql(Some(&world.b.leader.token), "query($id: ID!) { node(id: $id) { id } }", json!({ "id": foreign.thread.id("objective", "private") })).await;
        assert!(theirs.at("node").is_object());
    }

    async fn filters_do_not_tell(server: TestServer) {
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let foreign = Foreign { thread: world.b.thread(server.database()).await, company: world.b.clone() };
        let mut asked = 0;
        for list in schema.named("Query").fields.iter().filter(|field| field.takes("filter")) {
            let filter = list.arguments.iter().find(|one| one.name == "filter").expect("asked before");
            for (path, of) in id_tests(&schema, &filter.takes.name, 2) {
                let table = table_of(&of).unwrap_or_else(|| panic!("whose ids does {of} compare? Say so in `table_of`"));
                let id = foreign.id_like(&format!("{}_", prefix(table)));
                let ask = async |id: &str| {
                    let tests = ["eq: ID", "neq: ID", "in: [ID]", "nin: [ID]"].into_iter().enumerate();
                    let parts: String = tests
                        .map(|(at, test)| {
                            let inner = path.replace('@', &test.replace("ID", &format!("\"{id}\"")));
                            format!("q{at}: {} ", counted(&list.name, &inner))
                        })
                        .collect();
                    let answer = server.graphql(stage.token("leader"), &format!("{{ {parts} }}"), json!({})).await;
                    answer.data();
                    answer.text
                };
                assert_eq!(ask(&id).await, ask(&unknown(&server, &id)).await, "{}({path})", list.name);
                asked += 1;
            }
        }
        assert!(asked > 100, "only {asked} filters by id were found in the schema");
    }

    async fn mutations_do_not_tell(database: TestDatabase) {
        let server = patient_server(database).await;
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let foreign = Foreign { thread: world.b.thread(server.database()).await, company: world.b.clone() };
        let organization = support::Cell::Id(world.b.organization).literal(server.backend());
        let theirs = async || {
            let text = format!("SELECT COUNT(*) AS n, SUM(version) AS v FROM objective WHERE organization_id = {organization}");
            format!("{:?}", server.sql(&text).await)
        };
        let before = theirs().await;
        let stage = Stage::set(&server, &world).await;
        for field in &schema.named("Mutation").fields {
            let case = sample::mutations(&field.name).into_iter().next().expect("a sample");
            let variables = case.variables(&stage);
            // Ids of the sample, and ids that it leaves out.
            let mut places: Vec<(String, String)> = ids_in(&variables, "")
                .into_iter()
                .map(|path| {
                    let id = variables.pointer(&path).and_then(Value::as_str).expect("an id");
                    (foreign.id_like(id), path)
                })
                .collect();
            for argument in &field.arguments {
                for input in &schema.fields_of_input(&argument.takes.name) {
                    if input.takes.name == "ID" && variables[&argument.name][&input.name].is_null() {
                        let id = foreign.id_like(&format!("{}_", prefix(wanted(&field.name, &input.name))));
                        places.push((id, format!("/{}/{}", argument.name, input.name)));
                    }
                }
            }
            for (id, path) in places {
                let ask = async |id: &str| {
                    let mut variables = variables.clone();
                    put(&mut variables, &path, id, &schema, field);
                    let before = state(&server).await;
                    let answer = mutation::run(&stage, &schema, field, sample::actor(&field.name), variables).await;
                    assert!(!answer.text.contains("INTERNAL"), "{} at {path}: {}", field.name, answer.text);
                    (answer, before)
                };
                if is_own_id(&field.name, &path) {
                    let (answer, before) = ask(&id).await;
                    assert_ne!(mutation::outcome(&answer, &field.name), "done", "{}", answer.text);
                    assert_eq!(before, state(&server).await, "{} took an id that is not free", field.name);
                    continue;
                }
                let nothing = unknown(&server, &id);
                let (theirs, before) = ask(&id).await;
                assert_eq!(before, state(&server).await, "{} at {path} wrote: {}", field.name, theirs.text);
                let (none, _) = ask(&nothing).await;
                assert_eq!(
                    theirs.text.replace(&id, "ID"),
                    none.text.replace(&nothing, "ID"),
                    "{} at {path} tells",
                    field.name
                );
                assert_ne!(mutation::outcome(&theirs, &field.name), "done", "{} at {path}", field.name);
            }
        }
        assert_eq!(before, theirs().await, "the other organization was changed");
        server.stop().await;
    }

    async fn nothing_of_another_organization_is_read(server: TestServer) {
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let foreign = world.b.thread(server.database()).await;
        let mut theirs: Vec<String> = TABLES.iter().flat_map(|table| foreign.ids(table)).collect();
        let b = &world.b;
        theirs.extend(b.everybody().map(|(_, person)| format!("per_{}", person.id.simple())));
        theirs.extend([b.root_team, b.build_team, b.sales_team].map(|team| format!("tea_{}", team.simple())));
        theirs.push(format!("org_{}", b.organization.simple()));
        theirs.push("@bolt.test".to_owned());
        for (name, way) in query::ways(&schema) {
            let fields = schema.named(&name).fields.iter();
            let leaves: Vec<_> = fields
                .filter(|field| schema.is_leaf(&field.gives.name) && field.arguments.is_empty())
                .map(|field| field.name.as_str())
                .collect();
            if leaves.is_empty() {
                continue;
            }
            let query = way.query(&leaves.join(" "));
            for role in ["leader", "manager", "individual", "admin"] {
                let answer = server.graphql(stage.token(role), &query, json!({})).await;
                for id in &theirs {
                    assert!(!answer.text.contains(id.as_str()), "{role} read {id} by {query}");
                }
            }
        }
    }
}

/// Places of a filter that compare ids, with the filter whose rows they are; `@` stands for the test.
fn id_tests(schema: &ApiSchema, filter: &str, depth: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for input in &schema.named(filter).inputs {
        let inside = schema.named(&input.takes.name);
        if matches!(input.name.as_str(), "and" | "or" | "not") {
            continue;
        }
        if input.takes.name == "IdComparator" {
            found.push((format!("{}: {{ @ }}", input.name), filter.to_owned()));
        } else if depth > 0 && inside.kind == "INPUT_OBJECT" && !input.takes.name.ends_with("Comparator") {
            match inside.inputs.iter().find(|one| one.name == "some") {
                Some(some) => {
                    for (path, of) in id_tests(schema, &some.takes.name, depth - 1) {
                        for quantifier in ["some", "none"] {
                            found.push((
                                format!("{}: {{ {quantifier}: {{ {path} }} }}", input.name),
                                of.clone(),
                            ));
                        }
                    }
                }
                None => {
                    for (path, of) in id_tests(schema, &input.takes.name, depth - 1) {
                        found.push((format!("{}: {{ {path} }}", input.name), of));
                    }
                }
            }
        }
    }
    found
}

/// Every id replaced by one that nothing has.
fn with_unknown(server: &TestServer, arguments: &str) -> String {
    let parts = arguments.split('"').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 1 { unknown(server, part) } else { part.to_owned() });
    parts.collect::<Vec<_>>().join("\"")
}

/// Puts an id at a place of the input, as a list where a list is wanted.
fn put(variables: &mut Value, path: &str, id: &str, schema: &ApiSchema, field: &support::ApiField) {
    if let Some(place) = variables.pointer_mut(path) {
        *place = id.into();
        return;
    }
    let (argument, name) = path.trim_start_matches('/').split_once('/').expect("an argument and a field");
    let of = field.arguments.iter().find(|one| one.name == argument).expect("an argument of the field");
    let input = schema.fields_of_input(&of.takes.name).into_iter().find(|one| one.name == name);
    let is_list = input.expect("a field of the input").takes.is_list;
    variables[argument][name] = if is_list { json!([id]) } else { id.into() };
}
