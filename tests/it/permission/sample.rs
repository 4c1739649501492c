//! Samples of arguments: the one place to add to when a field takes an id or needs an argument, or when a
//! mutation is new.

use serde_json::{Value, json};
use support::{ApiField, Company, Someone, Thread};

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
            .map(|table| {
                format!(
                    "ids: [{}]",
                    thread.ids(table).iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>().join(", ")
                )
            })
            .collect(),
        ("Query", "objective") => {
            let codes = ["O-1", "O-2", "O-3", "O-4", "O-5", "OLD-1", "OLD-5"];
            by_id("objective").into_iter().chain(by_code(&codes)).collect()
        }
        ("Query", "keyResult") => {
            let codes = ["KR-1", "KR-2", "KR-3", "KR-4", "KR-5"];
            by_id("key_result").into_iter().chain(by_code(&codes)).collect()
        }
        ("Objective" | "KeyResult" | "Project", "asOf") => {
            ["2026-01-01T00:00:00Z", "9999-01-01T00:00:00Z"].map(|at| format!("at: \"{at}\"")).into()
        }
        ("Query", "okrExport") => ["CSV", "JSON"].map(|format| format!("format: {format}, first: 40")).into(),
        ("Query", "project") => by_id("project"),
        ("Query", "task") => by_id("task"),
        ("Query", "projectTemplate") => by_id("project_template"),
        ("Query", "cycle") => by_id("cycle"),
        ("Query", "alignmentLink") => by_id("alignment_link"),
        ("Query", "integration") => by_id("integration"),
        ("Query", "syncRun") => by_id("sync_run"),
        ("Query", "finding") => by_id("finding"),
        ("Query", "objectiveCheck") => by_id("objective"),
        ("Query", "linkSuggestions") => {
            let of = |table, argument: &'static str| {
                thread.ids(table).into_iter().map(move |id| format!("{argument}: \"{id}\""))
            };
            of("task", "taskId").chain(of("project", "projectId")).collect()
        }
        ("Query", "weightPreview") => {
            let of = |table, argument: &'static str| {
                thread.ids(table).into_iter().map(move |id| format!("{argument}: \"{id}\", weight: 2"))
            };
            of("objective", "objectiveId").chain(of("key_result", "keyResultId")).collect()
        }
        ("Query", "connectionModelPreview") => {
            let teams = [company.root_team, company.build_team];
            let of_team =
                |key: uuid::Uuid| format!("to: KEY_RESULT_TO_PROJECT, teamId: \"tea_{}\"", key.simple());
            let own = ["TASK_TO_KEY_RESULT", "ANY"].map(|model| format!("to: {model}"));
            own.into_iter().chain(teams.map(of_team)).collect()
        }
        ("Query", "overLinking") => [company.root_team, company.build_team]
            .map(|key| format!("teamId: \"tea_{}\"", key.simple()))
            .into(),
        ("Query", "team") => {
            [company.root_team, company.build_team].map(|key| format!("id: \"tea_{}\"", key.simple())).into()
        }
        ("Query", "person") => [&company.individual, &company.leader]
            .map(|person| format!("id: \"per_{}\"", person.id.simple()))
            .into(),
        _ => panic!(
            "{of}.{field} takes an id or needs an argument: add a sample in tests/it/permission/sample.rs"
        ),
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

/// A file of goals.
fn file(name: &'static str, of: impl Fn(&Stage<'_>) -> String + Send + Sync + 'static) -> Case {
    input(name, move |stage| json!({ "format": "CSV", "text": of(stage) }))
}

/// The same for the rows of each name.
fn rows(table: &'static str, names: &[&'static str], more: &Value) -> Vec<Case> {
    names.iter().map(|name| row(table, name, more.clone())).collect()
}

/// Goals and work by who sees them.
const SIGHTS: [&str; 5] = ["open", "build", "sales", "own", "private"];
/// Goals, among them a proposal.
const GOALS: [&str; 6] = ["open", "build", "sales", "own", "private", "draft"];

/// The calls of a mutation; the first of them is one that [`actor`] may make.
pub(crate) fn mutations(field: &str) -> Vec<Case> {
    let titled = json!({ "title": "Other" });
    let named = json!({ "name": "Other" });
    let nothing = json!({});
    match field {
        "objectiveCreate" => vec![
            input("for the organization", |_| json!({ "title": "Grow" })),
            input(
                "for the build team",
                |stage| json!({ "title": "Grow", "teamId": team(stage.company.build_team), "state": "ACTIVE" }),
            ),
            input(
                "below a private one",
                |stage| json!({ "title": "Grow", "parentId": stage.thread.id("objective", "private") }),
            ),
        ],
        "objectiveUpdate" => rows("objective", &GOALS, &titled),
        "objectivePublish" => rows("objective", &["draft", "build", "sales", "private"], &nothing),
        "objectiveArchive" | "objectiveUnarchive" => rows("objective", &GOALS, &nothing),
        "keyResultCreate" => on(
            "objectiveId",
            "objective",
            &GOALS,
            &json!({ "title": "Sign-ups", "start": "0", "target": "10" }),
        ),
        "keyResultUpdate" => rows("key_result", &GOALS, &titled),
        "keyResultArchive" | "keyResultUnarchive" => rows("key_result", &GOALS, &nothing),
        "keyResultCheckIn" => {
            on("keyResultId", "key_result", &GOALS, &json!({ "value": "30", "confidence": 0.5 }))
        }
        "keyResultRecordValue" => on("keyResultId", "key_result", &GOALS, &json!({ "value": "30" })),
        "keyResultSetBaseline" => on("keyResultId", "key_result", &GOALS, &json!({ "value": "5" })),
        "checkInAcknowledge" => {
            on("checkInId", "check_in", &["build", "sales", "own", "private"], &json!({ "note": "Seen" }))
        }
        "keyResultOverride" => {
            on("keyResultId", "key_result", &GOALS, &json!({ "value": 0.5, "reason": "We know better" }))
        }
        "keyResultScore" => {
            on("keyResultId", "key_result", &GOALS, &json!({ "score": 0.5, "note": "It was worth more" }))
        }
        // None of these is closed, so whoever may decide is told to close its cycle first.
        "keyResultCarryOver" => on("keyResultId", "key_result", &GOALS, &json!({ "decision": "ABANDON" })),
        "keyResultResume" => on("keyResultId", "key_result", &["sales", "build", "private"], &nothing),
        "milestoneCreate" => {
            on("keyResultId", "key_result", &GOALS, &json!({ "title": "Launch", "dueOn": "2026-12-01" }))
        }
        "milestoneUpdate" => rows("milestone", &GOALS, &titled),
        "milestoneRemove" => rows("milestone", &GOALS, &nothing),
        "projectCreate" => vec![
            input("for nobody", |_| json!({ "title": "Build" })),
            input(
                "for the build team",
                |stage| json!({ "title": "Build", "teamId": team(stage.company.build_team) }),
            ),
            input(
                "for another owner",
                |stage| json!({ "title": "Build", "ownerId": person(&stage.company.colleague) }),
            ),
        ],
        "projectUpdate" => rows("project", &SIGHTS, &titled),
        "projectArchive" | "projectUnarchive" => rows("project", &SIGHTS, &nothing),
        "workAcknowledge" => {
            let said = json!({ "workClass": "TECHNICAL_DEBT", "reason": "It creaks" });
            let mut cases = on("projectId", "project", &SIGHTS, &said);
            let tasks = [
                ("task open", "open"),
                ("task build", "build"),
                ("task own", "own"),
                ("task private", "private"),
                ("task part", "part"),
            ];
            cases.extend(tasks.map(|(name, task)| {
                let said = said.clone();
                input(name, move |stage| {
                    let mut value = said.clone();
                    value["taskId"] = stage.thread.id("task", task).into();
                    value
                })
            }));
            cases
        }
        "acknowledgementUpdate" => rows("acknowledgement", &ACKNOWLEDGED, &json!({ "reason": "Other" })),
        "acknowledgementRevoke" => rows("acknowledgement", &ACKNOWLEDGED, &nothing),
        // None of these is an opportunity, so whoever may evaluate is told so.
        "acknowledgementEvaluate" => rows("acknowledgement", &ACKNOWLEDGED, &json!({ "verdict": "KEEP" })),
        "workAcknowledgeMany" => vec![
            input("all tasks", |_| json!({ "tasks": {}, "workClass": "MAINTENANCE", "reason": "It creaks" })),
            input(
                "all projects, tried",
                |_| json!({ "projects": {}, "workClass": "MAINTENANCE", "reason": "It creaks", "dryRun": true }),
            ),
        ],
        "acknowledgementRevokeMany" => vec![
            input("all", |_| json!({ "filter": {} })),
            input("one by its id", |stage| json!({ "ids": [stage.thread.id("acknowledgement", "build")] })),
            input(
                "a private one by its id",
                |stage| json!({ "ids": [stage.thread.id("acknowledgement", "private")] }),
            ),
        ],
        "gateWaive" => until(on("projectId", "project", &SIGHTS, &json!({ "reason": "It must start" }))),
        "gateWaiverRevoke" => rows("gate_waiver", &SIGHTS, &nothing),
        "allocationSet" => ["root", "build", "sales"]
            .map(|name| {
                input(name, move |stage| {
                    let company = &stage.company;
                    let key = match name {
                        "root" => company.root_team,
                        "build" => company.build_team,
                        _ => company.sales_team,
                    };
                    json!({
                        "teamId": team(key), "cycleId": stage.thread.id("cycle", "quarter"),
                        "workClass": "TECHNICAL_DEBT", "share": 0.5,
                    })
                })
            })
            .into(),
        "allocationRemove" => rows("allocation", &["open", "build", "sales"], &nothing),
        "projectTemplateCreate" => vec![
            input("for everybody", |_| json!({ "name": "Launch", "tasks": [{ "title": "Begin" }] })),
            input(
                "for the build team",
                |stage| json!({ "name": "Launch", "teamId": team(stage.company.build_team) }),
            ),
            input(
                "for the sales team",
                |stage| json!({ "name": "Launch", "teamId": team(stage.company.sales_team) }),
            ),
        ],
        "projectTemplateUpdate" => rows("project_template", &["open", "build", "sales"], &named),
        "projectTemplateArchive" | "projectTemplateUnarchive" => {
            rows("project_template", &["open", "build", "sales"], &nothing)
        }
        "projectCreateFromTemplate" => vec![
            from_template("for nobody", "open", "open", false),
            from_template("for the build team", "build", "open", false),
            from_template("for a goal of the sales team", "open", "sales", false),
            from_template("for another owner", "open", "open", true),
        ],
        "taskCreate" => vec![
            input("for nobody", |_| json!({ "title": "Do" })),
            input(
                "in the open project",
                |stage| json!({ "title": "Do", "projectIds": [stage.thread.id("project", "open")] }),
            ),
            input(
                "in the build project",
                |stage| json!({ "title": "Do", "projectIds": [stage.thread.id("project", "build")] }),
            ),
            input(
                "in a private project",
                |stage| json!({ "title": "Do", "projectIds": [stage.thread.id("project", "private")] }),
            ),
            input(
                "for the colleague",
                |stage| json!({ "title": "Do", "assigneeIds": [person(&stage.company.colleague)] }),
            ),
        ],
        "taskUpdate" => rows("task", &TASKS, &titled),
        "taskArchive" | "taskUnarchive" => rows("task", &TASKS, &nothing),
        "alignmentLinkCreate" => vec![
            link("of open work to an open goal", ("project", "open"), ("objective", "open")),
            link("of build work to an open goal", ("project", "build"), ("key_result", "open")),
            link("of own work to an open goal", ("task", "own"), ("objective", "open")),
            link("of open work to a private goal", ("task", "open"), ("objective", "private")),
            link("of private work to an open goal", ("task", "private"), ("key_result", "open")),
        ],
        "unresolvedTokenResolve" => {
            // The goal is one that everybody sees: what decides is the work.
            let case = |name: &'static str| {
                input(name, move |stage| {
                    json!({ "id": stage.thread.id("unresolved_token", name),
                            "keyResultId": stage.thread.id("key_result", "open") })
                })
            };
            SIGHTS.map(case).into()
        }
        "unresolvedTokenDismiss" => rows("unresolved_token", &SIGHTS, &nothing),
        "findingAcknowledge" => until(rows("finding", &FINDINGS, &nothing)),
        "findingWaive" => until(rows("finding", &FINDINGS, &json!({ "reason": "It is known" }))),
        "findingResolve" => rows("finding", &FINDINGS, &nothing),
        // No tool is asked: these are refused before, whoever may connect one.
        "integrationConnect" | "integrationTest" => vec![
            input(
                "a Jira without an address",
                |_| json!({ "jira": { "site": "nowhere at all", "email": "a@stage.test", "apiToken": "none" } }),
            ),
            input(
                "a Trello without a key",
                |_| json!({ "trello": { "apiKey": "", "token": "none", "secret": "none" } }),
            ),
            input("no tool", |_| json!({})),
        ],
        "integrationContainersSet" => {
            let case = |name: &'static str, container: &'static str, is_taken: bool| {
                input(name, move |stage| {
                    let container = stage.thread.id("sync_container", container);
                    json!({ "id": stage.thread.id("integration", "jira"),
                            "containers": [{ "id": container, "isTaken": is_taken }] })
                })
            };
            vec![case("one is left out", "open", false), case("one is taken in", "build", true)]
        }
        "integrationSync" | "integrationPause" | "integrationResume" => {
            rows("integration", &["jira"], &nothing)
        }
        "integrationDisconnect" => vec![
            row("integration", "jira", nothing),
            input(
                "its work goes",
                |stage| json!({ "id": stage.thread.id("integration", "jira"), "keepWork": false }),
            ),
        ],
        "workLinkUrl" => vec![
            input("unknown page", |stage| {
                json!({ "url": "https://trello.com/c/aBcD1234",
                        "keyResultId": stage.thread.id("key_result", "open") })
            }),
            input(
                "no page",
                |stage| json!({ "url": "nowhere at all", "keyResultId": stage.thread.id("key_result", "open") }),
            ),
        ],
        "alignmentLinkUpdate" => rows("alignment_link", &LINKS, &json!({ "weight": 2.0 })),
        "alignmentLinkConfirm" | "alignmentLinkRetire" => rows("alignment_link", &LINKS, &nothing),
        "alignmentLinkCreateMany" => {
            let to_open = |stage: &Stage<'_>, more: Value| {
                let mut value = more;
                value["keyResultId"] = stage.thread.id("key_result", "open").into();
                value
            };
            vec![
                input("all tasks to an open goal", move |stage| to_open(stage, json!({ "tasks": {} }))),
                input("all projects, tried", move |stage| {
                    to_open(stage, json!({ "projects": {}, "dryRun": true }))
                }),
                input("build work by its id", move |stage| {
                    to_open(
                        stage,
                        json!({ "ids": [stage.thread.id("task", "build"), stage.thread.id("project", "build")] }),
                    )
                }),
                input("private work by its id", move |stage| {
                    to_open(stage, json!({ "ids": [stage.thread.id("task", "private")] }))
                }),
                input(
                    "all tasks to a private goal",
                    |stage| json!({ "tasks": {}, "keyResultId": stage.thread.id("key_result", "private") }),
                ),
            ]
        }
        "alignmentLinkConfirmMany" | "alignmentLinkRetireMany" => vec![
            input("all", |_| json!({ "filter": {} })),
            input("one by its id", |stage| json!({ "ids": [stage.thread.id("alignment_link", "build")] })),
            input(
                "a private one by its id",
                |stage| json!({ "ids": [stage.thread.id("alignment_link", "private")] }),
            ),
        ],
        "okrImport" => vec![
            file("a new objective", |_| "type,title\nOBJECTIVE,Grow\n".to_owned()),
            file("a new objective of the build team", |_| {
                "type,title,team,state\nOBJECTIVE,Grow,Build,ACTIVE\n".to_owned()
            }),
            file("titles of all goals", |_| {
                let row = |number| format!("OBJECTIVE,O-{number},Other\nKEY_RESULT,KR-{number},Other\n");
                format!("type,code,title\n{}", (1..=5).map(row).collect::<String>())
            }),
            file("a file that cannot be read", |_| "type,colour\n".to_owned()),
        ],
        "cycleCreate" => vec![input("any", |_| json!({ "name": "Spring" }))],
        "cycleUpdate" => rows("cycle", &["quarter"], &named),
        "cycleClose" => {
            let mut cases = rows("cycle", &["quarter"], &json!({ "acceptSuggested": true }));
            cases.extend(rows("cycle", &["year"], &json!({ "acceptSuggested": true })));
            cases
        }
        "cycleArchive" | "cycleUnarchive" => rows("cycle", &["quarter"], &nothing),
        "organizationUpdate" => vec![
            input("name", |_| json!({ "name": "Other" })),
            input("time zone", |_| json!({ "timeZone": "Europe/Paris" })),
        ],
        "tokenCreate" => vec![input("any", |_| json!({ "name": "Meter", "scopes": ["READ_ALL"] }))],
        "tokenRevoke" => rows("service_token", &["meter"], &nothing),
        "teamCreate" => {
            let below =
                |stage: &Stage<'_>| json!({ "name": "Other", "parentId": team(stage.company.build_team) });
            vec![
                input("any", below),
                input("with a connection model", move |stage| {
                    let mut value = below(stage);
                    value["connectionModel"] = "ANY".into();
                    value
                }),
            ]
        }
        "teamUpdate" => vec![
            input("build", |stage| json!({ "id": team(stage.company.build_team), "name": "Other" })),
            input(
                "build, with the connection model that it has",
                |stage| json!({ "id": team(stage.company.build_team), "name": "Other", "connectionModel": null }),
            ),
            input(
                "connection model of build",
                |stage| json!({ "id": team(stage.company.build_team), "connectionModel": "ANY" }),
            ),
        ],
        "teamArchive" | "teamUnarchive" => {
            vec![input("sales", |stage| json!({ "id": team(stage.company.sales_team) }))]
        }
        "teamMemberAdd" => vec![input(
            "colleague to build",
            |stage| json!({ "teamId": team(stage.company.build_team), "personId": person(&stage.company.colleague) }),
        )],
        "teamMemberRemove" => vec![input(
            "colleague from sales",
            |stage| json!({ "teamId": team(stage.company.sales_team), "personId": person(&stage.company.colleague) }),
        )],
        "personInvite" => vec![
            input("individual", |_| json!({ "name": "New", "email": "new@stage.test" })),
            input("leader", |_| json!({ "name": "New", "email": "new@stage.test", "role": "LEADER" })),
            input("admin", |_| json!({ "name": "New", "email": "new@stage.test", "isAdmin": true })),
        ],
        "personUpdate" => vec![
            input(
                "colleague's name",
                |stage| json!({ "id": person(&stage.company.colleague), "name": "Other" }),
            ),
            input(
                "individual's name",
                |stage| json!({ "id": person(&stage.company.individual), "name": "Other" }),
            ),
            input(
                "individual's role",
                |stage| json!({ "id": person(&stage.company.individual), "role": "LEADER" }),
            ),
            input("manager's flag", |stage| json!({ "id": person(&stage.company.manager), "isAdmin": true })),
            input(
                "individual's address",
                |stage| json!({ "id": person(&stage.company.individual), "email": "other@stage.test" }),
            ),
        ],
        "personDeactivate" => vec![
            input("colleague", |stage| json!({ "id": person(&stage.company.colleague) })),
            input("the last admin", |stage| json!({ "id": person(&stage.company.admin) })),
        ],
        "personReactivate" | "passwordReset" => {
            vec![input("colleague", |stage| json!({ "id": person(&stage.company.colleague) }))]
        }
        "passwordSet" => {
            vec![input("unknown code", |_| json!({ "setUpCode": "no-such-code", "password": PASSWORD }))]
        }
        "passwordChange" => {
            vec![input(
                "without one",
                |_| json!({ "currentPassword": PASSWORD, "newPassword": format!("{PASSWORD} new") }),
            )]
        }
        "signIn" => vec![input("unknown", |_| json!({ "email": "nobody@stage.test", "password": PASSWORD }))],
        "tokenRefresh" => vec![input("unknown token", |_| json!({ "refreshToken": "no-such-token" }))],
        "signOut" => vec![Case { name: "without a session", variables: Box::new(|_| json!({})) }],
        _ => panic!("the mutation {field} has no sample: add one in tests/it/permission/sample.rs"),
    }
}

/// A project from a template for a key result, owned by the colleague where that is said.
fn from_template(
    name: &'static str,
    template: &'static str,
    key_result: &'static str,
    is_of_another: bool,
) -> Case {
    input(name, move |stage| {
        let mut value = json!({
            "templateId": stage.thread.id("project_template", template), "title": "Launch",
            "keyResultId": stage.thread.id("key_result", key_result),
        });
        if is_of_another {
            value["ownerId"] = person(&stage.company.colleague).into();
        }
        value
    })
}

/// Who may make the first call of a mutation.
pub(crate) fn actor(mutation: &str) -> &'static str {
    let for_admins = ["team", "person", "passwordReset", "tokenCreate", "tokenRevoke", "integration"];
    if for_admins.iter().any(|start| mutation.starts_with(start)) { "admin" } else { "leader" }
}

/// A password of nobody.
const PASSWORD: &str = "correct horse battery staple";
/// Acknowledgements of tasks, and one of a project.
const ACKNOWLEDGED: [&str; 6] = ["open", "build", "sales", "own", "private", "project build"];
/// Findings: about a task, a team, a private goal and an integration.
const FINDINGS: [&str; 4] = ["own", "build", "private", "sync"];
/// Tasks by who sees them, and one that is part of another.
const TASKS: [&str; 6] = ["open", "build", "sales", "own", "private", "part"];
/// Links; the last of them has one end in sight and one out of it.
const LINKS: [&str; 6] = ["open", "build", "sales", "own", "private", "secret"];

/// The same cases, each with an end a day ahead.
fn until(mut cases: Vec<Case>) -> Vec<Case> {
    for case in &mut cases {
        let inner = std::mem::replace(&mut case.variables, Box::new(|_| Value::Null));
        case.variables = Box::new(move |stage| {
            let mut variables = inner(stage);
            let until = stage.server.clock().now().plus_seconds(86_400).to_utc().expect("a day of ours");
            variables["input"]["until"] = until.to_rfc3339().into();
            variables
        });
    }
    cases
}

/// The cases of a mutation on the rows of each name, of which the input names one by `key`.
fn on(key: &'static str, table: &'static str, names: &[&'static str], more: &Value) -> Vec<Case> {
    let case = |name: &&'static str| {
        let (name, more) = (*name, more.clone());
        input(name, move |stage| {
            let mut value = more.clone();
            value[key] = stage.thread.id(table, name).into();
            value
        })
    };
    names.iter().map(case).collect()
}

type End = (&'static str, &'static str);

fn link(name: &'static str, work: End, goal: End) -> Case {
    input(name, move |stage| {
        let mut value = json!({});
        value[if work.0 == "project" { "projectId" } else { "taskId" }] =
            stage.thread.id(work.0, work.1).into();
        let key = if goal.0 == "objective" { "objectiveId" } else { "keyResultId" };
        value[key] = stage.thread.id(goal.0, goal.1).into();
        value
    })
}

fn person(of: &Someone) -> String {
    format!("per_{}", of.id.simple())
}

fn team(key: uuid::Uuid) -> String {
    format!("tea_{}", key.simple())
}
