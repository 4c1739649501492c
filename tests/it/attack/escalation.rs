//! Doing what one may not: mutations above one's role, and inputs that carry more than they should.
//!
//! Who may do what stands in the table of `permission`; here it is held against the words of the design,
//! and against the database, in which nothing may have been written.

use std::time::Duration;

use serde_json::{Value, json};
use support::{ApiSchema, TestDatabase, TestServer, World, both_databases};

use crate::permission::{ROLES, Stage, Stages, mutation, patient_server, sample};

/// What no input may say: the server decides it.
const NOT_FOR_CLIENTS: [&str; 12] = [
    "organizationId",
    "organization",
    "createdAt",
    "updatedAt",
    "version",
    "number",
    "code",
    "progress",
    "workProgress",
    "authorId",
    "actorId",
    "passwordHash",
];
/// Inputs in which one of these is what the mutation is about.
const UNLESS: [(&str, &str); 1] = [("SignInInput", "organization")];
/// Who may give roles and the admin flag: inputs of people only.
const FOR_ADMINS: [&str; 2] = ["role", "isAdmin"];

/// Tables in which mutations write; what stands in them is compared before and after.
const TABLES: [&str; 33] = [
    "gate_waiver",
    "allocation",
    "project_template",
    "project_template_task",
    "service_token",
    "organization",
    "person",
    "team",
    "membership",
    "cycle",
    "objective",
    "key_result",
    "key_result_score",
    "carry_over",
    "project_result",
    "milestone",
    "check_in",
    "integration",
    "sync_container",
    "sync_run",
    "sync_failure",
    "project",
    "task",
    "task_project",
    "task_assignee",
    "task_label",
    "status_interval",
    "time_entry",
    "alignment_link",
    "link_evidence",
    "acknowledgement",
    "finding",
    "event",
];

/// Tables whose rows are never changed.
const ONCE: [&str; 13] = [
    "project_template_task",
    "key_result_score",
    "carry_over",
    "project_result",
    "membership",
    "check_in",
    "sync_failure",
    "task_project",
    "task_assignee",
    "task_label",
    "status_interval",
    "link_evidence",
    "event",
];

/// Waits until no job is due, for jobs write too.
async fn idle(server: &TestServer) {
    for _ in 0..1_200 {
        let now = server.clock().now().0;
        let due = format!(
            "SELECT count(*) FROM job WHERE state = 'RUNNING' OR (state = 'WAITING' AND run_at <= {now})"
        );
        if server.database().number(&due).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("jobs are due after a minute");
}

/// How many rows each table has, and how often they were changed, once nothing is left to be done.
pub(super) async fn state(server: &TestServer) -> String {
    idle(server).await;
    let parts: Vec<_> = TABLES
        .iter()
        .map(|table| {
            let versions = if ONCE.contains(table) { "0" } else { "COALESCE(SUM(version), 0)" };
            format!("SELECT '{table}' AS name, COUNT(*) AS number, {versions} AS versions FROM {table}")
        })
        .collect();
    format!("{:?}", server.sql(&parts.join(" UNION ALL ")).await)
}

both_databases! {
    async fn what_is_refused_writes_nothing(database: TestDatabase) {
        let server = patient_server(database).await;
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let mut stages = Stages::new(&server, &world);
        stages.fresh().await;
        let mut before = state(&server).await;
        let mut refused = 0;
        for field in &schema.named("Mutation").fields {
            for case in sample::mutations(&field.name) {
                for role in ROLES {
                    let stage = stages.fresh().await;
                    let answer = mutation::run(stage, &schema, field, role, case.variables(stage)).await;
                    let outcome = mutation::outcome(&answer, &field.name);
                    if outcome.starts_with("done") {
                        stages.give_up();
                        stages.fresh().await;
                        before = state(&server).await;
                        continue;
                    }
                    refused += 1;
                    assert_eq!(before, state(&server).await, "{} ({}) by {role}: {outcome}", field.name, case.name);
                    assert_ne!(outcome, "INTERNAL", "{} ({}) by {role}: {}", field.name, case.name, answer.text);
                }
            }
        }
        assert!(refused > 20, "only {refused} calls were refused");
        server.stop().await;
    }

    async fn nobody_gives_what_the_server_decides(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        // A filter says which rows are meant, and gives them nothing.
        let filters = ["Filter", "Comparator"];
        for name in schema.inputs_of("Mutation") {
            if filters.iter().any(|end| name.ends_with(end)) {
                continue;
            }
            for input in &schema.named(name).inputs {
                let is_meant = UNLESS.contains(&(name, input.name.as_str()));
                assert!(
                    is_meant || !NOT_FOR_CLIENTS.contains(&input.name.as_str()),
                    "{name}.{} is for the server to decide",
                    input.name
                );
                if FOR_ADMINS.contains(&input.name.as_str()) {
                    assert!(name.starts_with("Person"), "{name}.{} gives rights", input.name);
                }
            }
        }
    }

    async fn more_than_an_input_has_is_refused(server: TestServer) {
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let before = state(&server).await;
        for field in &schema.named("Mutation").fields {
            let Some(input) = field.arguments.iter().find(|argument| argument.name == "input") else { continue };
            let case = sample::mutations(&field.name).into_iter().next().expect("a sample");
            let known: Vec<_> = schema.named(&input.takes.name).inputs.iter().map(|one| one.name.as_str()).collect();
            for (name, value) in [
                ("organizationId", Value::from(format!("org_{}", world.b.organization.simple()))),
                ("isAdmin", true.into()),
                ("role", "LEADER".into()),
                ("createdAt", "2020-01-01T00:00:00Z".into()),
                ("__proto__", json!({})),
                ("x", 1.into()),
            ] {
                if known.contains(&name) {
                    continue;
                }
                let mut variables = case.variables(&stage);
                variables["input"][name] = value.clone();
                let answer = mutation::run(&stage, &schema, field, sample::actor(&field.name), variables.clone()).await;
                assert!(!answer.errors().is_empty(), "{} took {name}: {}", field.name, answer.text);
                assert!(!answer.text.contains("INTERNAL"), "{}", answer.text);
            }
        }
        assert_eq!(before, state(&server).await);
    }

    async fn nobody_reaches_beyond_their_role(server: TestServer) {
        let world = World::of(&server).await;
        let stage = Stage::set(&server, &world).await;
        let company = &stage.company;
        let objective = |name: &str| stage.thread.id("objective", name);
        let team = format!("tea_{}", company.build_team.simple());
        let individual = Some(company.individual.token.as_str());
        let manager = Some(company.manager.token.as_str());
        // To publish one's own proposal, to give it to oneself as another's, to move it up the tree.
        for (token, input) in [
            (individual, json!({ "id": objective("draft"), "state": "ACTIVE" })),
            (individual, json!({ "id": objective("open"), "ownerId": format!("per_{}", company.individual.id.simple()) })),
            (individual, json!({ "id": objective("build"), "visibility": "ORGANIZATION" })),
            (manager, json!({ "id": objective("open"), "title": "Mine" })),
            (manager, json!({ "id": objective("build"), "teamId": null })),
            (manager, json!({ "id": objective("build"), "teamId": format!("tea_{}", company.sales_team.simple()) })),
            (Some(company.admin.token.as_str()), json!({ "id": objective("open"), "title": "Mine" })),
        ] {
            let before = state(&server).await;
            let answer = server.mutate(token, "objectiveUpdate", input.clone(), "objective { id }").await;
            assert_eq!(answer.error_code(), "FORBIDDEN", "{input}: {}", answer.text);
            assert_eq!(before, state(&server).await);
        }
        for input in [
            json!({ "title": "T", "state": "ACTIVE" }),
            json!({ "title": "T", "state": "ACTIVE", "teamId": team }),
            json!({ "title": "T", "ownerId": format!("per_{}", company.leader.id.simple()) }),
        ] {
            let answer = server.mutate(individual, "objectiveCreate", input.clone(), "objective { id }").await;
            assert_eq!(answer.error_code(), "FORBIDDEN", "{input}: {}", answer.text);
        }
    }
}
