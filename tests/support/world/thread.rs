//! A whole thread in one company: of everything that can be read at least one row, once for everybody's
//! eyes, once for a team's, and once for a single person's.

use std::collections::BTreeMap;

use api::domain::access::secret::{Entropy, OpaqueKind, OpaqueToken};
use chrono::NaiveDate;
use uuid::Uuid;

use super::{Company, dated};
use crate::batch::Batch;
use crate::{Cell, TestDatabase};

/// Keys of the rows, by table and the name given here.
///
/// The names say who sees a row: `open` everybody, `build` the individual's and manager's team, `sales` the
/// colleague's team, `own` the individual, `private` the colleague. `draft` is the individual's proposal.
#[derive(Clone, Debug)]
pub struct Thread {
    /// The text of a tool's token with the scopes READ and RECORD_VALUES.
    pub tool_token: String,
    keys: BTreeMap<(&'static str, String), Uuid>,
}

type Cells = Vec<(&'static str, Cell)>;

struct Weaver<'a> {
    tool_token: String,
    company: &'a Company,
    has_secrets: bool,
    batch: Batch,
    keys: BTreeMap<(&'static str, String), Uuid>,
}

/// Who owns what, and who sees it: name, visibility, team, owner.
type Sight = (&'static str, &'static str, Option<Uuid>, Uuid);

impl Thread {
    /// The key of a row.
    #[track_caller]
    #[must_use]
    pub fn key(&self, table: &'static str, name: &str) -> Uuid {
        *self.keys.get(&(table, name.to_owned())).unwrap_or_else(|| panic!("there is no {table} {name}"))
    }

    /// The global id of a row.
    #[track_caller]
    #[must_use]
    pub fn id(&self, table: &'static str, name: &str) -> String {
        format!("{}_{}", prefix(table), self.key(table, name).simple())
    }

    /// The global ids of all rows of a table.
    #[must_use]
    pub fn ids(&self, table: &'static str) -> Vec<String> {
        let keys = self.keys.iter().filter(|((of, _), _)| *of == table);
        keys.map(|(_, key)| format!("{}_{}", prefix(table), key.simple())).collect()
    }
}

/// How the global ids of a table begin.
#[must_use]
pub fn prefix(table: &str) -> &'static str {
    match table {
        "organization" => "org",
        "person" => "per",
        "team" => "tea",
        "cycle" => "cyc",
        "objective" => "obj",
        "key_result" => "kr",
        "check_in" => "chk",
        "milestone" => "mil",
        "project" => "prj",
        "task" => "tsk",
        "alignment_link" => "lnk",
        "acknowledgement" => "ack",
        "gate_waiver" => "gwv",
        "allocation" => "alc",
        "project_template" => "tpl",
        "project_template_task" => "tpt",
        "unresolved_token" => "tok",
        "external_person" => "ext",
        "integration" => "int",
        "sync_container" => "syc",
        "sync_run" => "syr",
        "sync_failure" => "syf",
        "service_token" => "svt",
        "finding" => "fnd",
        other => panic!("rows of {other} have no global id"),
    }
}

impl Company {
    /// Writes a whole thread.
    pub async fn thread(&self, database: &TestDatabase) -> Thread {
        self.weave(database, true).await
    }

    /// The same without the rows called `private` and what hangs on them: what an individual may know.
    pub async fn thread_without_secrets(&self, database: &TestDatabase) -> Thread {
        self.weave(database, false).await
    }

    async fn weave(&self, database: &TestDatabase, has_secrets: bool) -> Thread {
        let batch = Batch::new(database);
        let token = OpaqueToken::mint(OpaqueKind::Service, &Entropy::system());
        let tool_token = token.text.expose().to_owned();
        let mut weaver = Weaver { company: self, has_secrets, batch, keys: BTreeMap::new(), tool_token };
        weaver.tools(token.hash);
        weaver.goals();
        weaver.work();
        weaver.ties();
        weaver.results();
        weaver.practice();
        weaver.rest();
        weaver.batch.statement(&format!(
            "UPDATE organization SET next_objective_number = 100, next_key_result_number = 100 WHERE id = {}",
            Cell::Id(self.organization).literal(database.backend())
        ));
        weaver.batch.write(database).await;
        Thread { tool_token: weaver.tool_token, keys: weaver.keys }
    }

    fn sights(&self) -> [Sight; 5] {
        [
            ("open", "ORGANIZATION", Some(self.root_team), self.leader.id),
            ("build", "TEAM", Some(self.build_team), self.manager.id),
            ("sales", "TEAM", Some(self.sales_team), self.colleague.id),
            ("own", "PRIVATE", Some(self.build_team), self.individual.id),
            ("private", "PRIVATE", Some(self.sales_team), self.colleague.id),
        ]
    }
}

impl Weaver<'_> {
    fn leaves_out(&self, name: &str) -> bool {
        name == "private" && !self.has_secrets
    }

    fn secret_objective(&self) -> Cell {
        if self.has_secrets { self.key("objective", "private") } else { Cell::Null }
    }

    /// The key of a row that was put before.
    fn key(&self, table: &'static str, name: &str) -> Cell {
        Cell::Id(self.keys[&(table, name.to_owned())])
    }

    /// A row that can be changed.
    fn row(&mut self, table: &'static str, name: &str, cells: Cells) {
        let mut all = dated(self.company.clock.now()).to_vec();
        all.extend(cells);
        self.put(table, name, all);
    }

    /// A row that is written once.
    fn once(&mut self, table: &'static str, name: &str, mut cells: Cells) {
        cells.push(("created_at", self.company.clock.now().into()));
        self.put(table, name, cells);
    }

    fn put(&mut self, table: &'static str, name: &str, mut cells: Cells) {
        let id = self.company.clock.new_id();
        cells.push(("id", id.into()));
        cells.push(("organization_id", self.company.organization.into()));
        self.batch.row(table, &cells);
        assert!(
            self.keys.insert((table, name.to_owned()), id).is_none(),
            "two rows are called {table} {name}"
        );
    }

    fn goals(&mut self) {
        let company = self.company;
        let cycle = |name: &str, parent: Cell, from, to| -> Cells {
            vec![
                ("name", name.into()),
                ("name_folded", name.to_lowercase().into()),
                ("state", "ACTIVE".into()),
                ("parent_id", parent),
                ("starts_on", day(2026, from, 1).into()),
                ("ends_on", day(2026, to, 28).into()),
            ]
        };
        self.row("cycle", "year", cycle("Year", Cell::Null, 1, 12));
        let year = self.key("cycle", "year");
        self.row("cycle", "quarter", cycle("Quarter", year, 10, 12));
        let draft = ("draft", "ORGANIZATION", Some(company.build_team), company.individual.id);
        for (at, (name, visibility, team, owner)) in company.sights().into_iter().chain([draft]).enumerate() {
            if self.leaves_out(name) {
                continue;
            }
            let number = i64::try_from(at).expect("a small number") + 1;
            let title = format!("Objective {name}");
            let parent = if name == "open" { Cell::Null } else { self.key("objective", "open") };
            let cycle = self.key("cycle", "quarter");
            self.row(
                "objective",
                name,
                vec![
                    ("number", number.into()),
                    ("code", format!("O-{number}").into()),
                    ("title", title.as_str().into()),
                    ("title_folded", title.to_lowercase().into()),
                    ("description", format!("Why {name}").into()),
                    ("owner_id", owner.into()),
                    ("team_id", team.into()),
                    ("cycle_id", cycle),
                    ("parent_id", parent),
                    ("state", if name == "draft" { "DRAFT" } else { "ACTIVE" }.into()),
                    ("kind", "COMMITTED".into()),
                    ("visibility", visibility.into()),
                    ("priority", 0.5.into()),
                    ("progress_source", "KEY_RESULTS".into()),
                    ("progress", 0.25.into()),
                ],
            );
            self.key_result(name, number, owner);
        }
    }

    fn key_result(&mut self, name: &'static str, number: i64, owner: Uuid) {
        let company = self.company;
        // The individual answers for the team's key result, and so may check in on it.
        let owner = if name == "build" { company.individual.id } else { owner };
        let title = format!("Key result {name}");
        let objective = self.key("objective", name);
        let mut cells: Cells = vec![
            ("objective_id", objective.clone()),
            ("number", number.into()),
            ("code", format!("KR-{number}").into()),
            ("title", title.as_str().into()),
            ("title_folded", title.to_lowercase().into()),
            ("owner_id", owner.into()),
            ("state", if name == "draft" { "DRAFT" } else { "ACTIVE" }.into()),
            ("kind", "INCREASE".into()),
            ("unit", "users".into()),
            ("start_value", 0.into()),
            ("target_value", 100_000_000.into()),
            ("current_value", 25_000_000.into()),
            ("progress_source", "CHECK_IN".into()),
            ("progress", 0.25.into()),
            ("confidence", 0.5.into()),
        ];
        if name == "sales" {
            cells.extend([
                ("override_value", 0.25.into()),
                ("override_sticky", true.into()),
                ("override_by_id", company.leader.id.into()),
                ("override_at", company.clock.now().into()),
                ("override_reason", "We know better".into()),
            ]);
        }
        self.row("key_result", name, cells);
        let key_result = self.key("key_result", name);
        let milestone = vec![
            ("key_result_id", key_result.clone()),
            ("title", format!("Milestone {name}").into()),
            ("due_on", day(2026, 12, 1).into()),
        ];
        self.row("milestone", name, milestone);
        let check_in = vec![
            ("key_result_id", key_result.clone()),
            ("at", company.clock.now().into()),
            ("value", 25_000_000.into()),
            ("confidence", 0.5.into()),
            ("note", format!("Note {name}").into()),
            ("author_id", owner.into()),
            ("progress", 0.25.into()),
        ];
        self.once("check_in", name, check_in);
        let decision = vec![
            ("decision", "ABANDON".into()),
            ("key_result_id", key_result.clone()),
            ("note", format!("Reason {name}").into()),
            ("person_id", company.leader.id.into()),
        ];
        self.once("carry_over", name, decision);
        let point = |of: &'static str, key: Cell, at: Cell| -> Cells {
            vec![(of, key), ("at", at), ("value", 0.25.into()), ("source", "CHECK_IN".into())]
        };
        let now = Cell::from(company.clock.now());
        self.once(
            "progress_point",
            &format!("objective {name}"),
            point("objective_id", objective, now.clone()),
        );
        self.once("progress_point", &format!("key result {name}"), point("key_result_id", key_result, now));
    }

    fn work(&mut self) {
        let company = self.company;
        let integration = vec![
            ("provider", "JIRA".into()),
            ("site", "acme.atlassian.test".into()),
            ("name", "Jira".into()),
            ("state", "ACTIVE".into()),
            ("address", "https://acme.atlassian.test".into()),
            ("account", "sync@tool.test".into()),
            // No key opens it, and without a time of its next run nobody tries by himself.
            ("credential", Cell::Bytes(vec![7; 40])),
            ("credential_key_id", "nobody".into()),
        ];
        self.row("integration", "jira", integration);
        self.syncs();
        let external = vec![
            ("provider", "JIRA".into()),
            ("site", "acme.atlassian.test".into()),
            ("external_id", "u-1".into()),
            ("name", "Xena External".into()),
        ];
        self.row("external_person", "xena", external);
        for (name, visibility, team, owner) in company.sights() {
            if self.leaves_out(name) {
                continue;
            }
            let title = format!("Project {name}");
            let mut cells: Cells = vec![
                ("title", title.as_str().into()),
                ("title_folded", title.to_lowercase().into()),
                ("description", format!("Plan {name}").into()),
                ("state", "IN_PROGRESS".into()),
                ("visibility", visibility.into()),
                ("team_id", team.into()),
                ("owner_id", owner.into()),
                ("starts_on", day(2026, 10, 1).into()),
                ("progress_basis", "COUNT".into()),
                ("progress", 0.0.into()),
                ("counted_leaves", 1.into()),
            ];
            if name == "build" {
                cells.push(("integration_id", self.key("integration", "jira")));
                cells.push(("external_id", "10001".into()));
                cells.push(("external_url", "https://acme.atlassian.test/browse/ACME".into()));
            }
            self.row("project", name, cells);
            let point = vec![
                ("project_id", self.key("project", name)),
                ("at", company.clock.now().into()),
                ("value", 0.0.into()),
                ("source", "WORK".into()),
            ];
            self.once("progress_point", &format!("project {name}"), point);
            self.notes(&format!("project {name}"), "project_id", self.key("project", name), owner);
            // The individual works on what everybody sees, each other person on what is theirs.
            let assignee = if name == "open" { company.individual.id } else { owner };
            self.task(name, Cell::Null, (visibility, team, assignee));
        }
        let parent = self.key("task", "open");
        self.task("part", parent, ("ORGANIZATION", Some(company.root_team), company.colleague.id));
    }

    /// What the integration reaches, and a run of it with an item that it could not take in.
    fn syncs(&mut self) {
        let company = self.company;
        let integration = self.key("integration", "jira");
        for (name, is_taken, visibility, team, external_id) in [
            ("open", true, "ORGANIZATION", company.root_team, "10000"),
            ("build", false, "TEAM", company.build_team, "10001"),
        ] {
            let container = vec![
                ("integration_id", integration.clone()),
                ("external_id", external_id.into()),
                ("external_key", name.to_uppercase().into()),
                ("title", format!("Board {name}").into()),
                ("url", format!("https://acme.atlassian.test/browse/{}", name.to_uppercase()).into()),
                ("is_taken", is_taken.into()),
                ("team_id", team.into()),
                ("visibility", visibility.into()),
            ];
            self.row("sync_container", name, container);
        }
        let now = Cell::from(company.clock.now());
        let run = vec![
            ("integration_id", integration),
            ("trigger_kind", "CONNECT".into()),
            ("is_full", true.into()),
            ("state", "DONE".into()),
            ("phase", "OVER".into()),
            ("done", 3.into()),
            ("total", 3.into()),
            ("created_count", 2.into()),
            ("failed_count", 1.into()),
            ("started_at", now.clone()),
            ("finished_at", now),
        ];
        self.row("sync_run", "first", run);
        let failure = vec![
            ("sync_run_id", self.key("sync_run", "first")),
            ("external_id", "BUILD-7".into()),
            ("reason", "It has no project.".into()),
        ];
        self.once("sync_failure", "first", failure);
    }

    fn task(&mut self, name: &'static str, parent: Cell, sight: (&'static str, Option<Uuid>, Uuid)) {
        let company = self.company;
        let (visibility, team, assignee) = sight;
        let title = format!("Task {name}");
        let project = self.key("project", if name == "part" { "open" } else { name });
        self.row(
            "task",
            name,
            vec![
                ("title", title.as_str().into()),
                ("title_folded", title.to_lowercase().into()),
                ("description", format!("Steps {name}").into()),
                ("status", "TODO".into()),
                ("parent_id", parent),
                ("child_count", i64::from(name == "open").into()),
                ("project_id", project.clone()),
                ("assignee_id", assignee.into()),
                ("team_id", team.into()),
                ("visibility", visibility.into()),
                ("estimate_value", 3.0.into()),
                ("estimate_unit", "POINTS".into()),
                ("logged_seconds", 3_600.into()),
            ],
        );
        let task = self.key("task", name);
        let place = vec![("task_id", task.clone()), ("project_id", project), ("is_primary", true.into())];
        self.once("task_project", name, place);
        let mut assigned =
            vec![("task_id", task.clone()), ("person_id", assignee.into()), ("is_primary", true.into())];
        if name == "open" {
            assigned.push(("external_person_id", self.key("external_person", "xena")));
        }
        self.once("task_assignee", name, assigned);
        let label = vec![
            ("task_id", task.clone()),
            ("name", format!("Label {name}").into()),
            ("name_folded", format!("label {name}").into()),
        ];
        self.once("task_label", name, label);
        let interval = vec![
            ("task_id", task.clone()),
            ("status", "TODO".into()),
            ("from_at", company.clock.now().into()),
        ];
        self.once("status_interval", name, interval);
        let entry = vec![
            ("task_id", task.clone()),
            ("person_id", assignee.into()),
            ("day", day(2026, 10, 2).into()),
            ("seconds", 3_600.into()),
        ];
        self.row("time_entry", name, entry);
        self.notes(name, "task_id", task, assignee);
    }

    /// A reference that matches no goal, and an acknowledgement, in a project or task.
    fn notes(&mut self, name: &str, of: &'static str, key: Cell, person: Uuid) {
        let token = vec![
            (of, key.clone()),
            ("code", "KR-999".into()),
            ("field", "NAME".into()),
            ("text", "[KR-999]".into()),
            ("position", 0.into()),
        ];
        self.once("unresolved_token", name, token);
        let acknowledgement = vec![
            (of, key),
            ("work_class", "MAINTENANCE".into()),
            ("reason", format!("Reason {name}").into()),
            ("person_id", person.into()),
        ];
        self.row("acknowledgement", name, acknowledgement);
    }

    /// Links, among them one from open work to a private goal: whoever sees only one end sees no link.
    fn ties(&mut self) {
        for (name, work, goal) in [
            ("open", ("project", "open"), ("key_result", "open")),
            ("build", ("project", "build"), ("key_result", "build")),
            ("sales", ("task", "sales"), ("key_result", "sales")),
            ("own", ("task", "own"), ("objective", "own")),
            ("private", ("task", "private"), ("key_result", "private")),
            ("secret", ("project", "open"), ("objective", "private")),
            ("task", ("task", "open"), ("objective", "open")),
            ("draft", ("task", "open"), ("key_result", "private")),
        ] {
            if self.leaves_out(work.1) || self.leaves_out(goal.1) {
                continue;
            }
            let company = self.company;
            let (work_key, goal_key) = (self.key(work.0, work.1), self.key(goal.0, goal.1));
            let cells = vec![
                (if work.0 == "project" { "project_id" } else { "task_id" }, work_key),
                (if goal.0 == "objective" { "objective_id" } else { "key_result_id" }, goal_key),
                ("state", "ACTIVE".into()),
                ("significance", "CONTRIBUTES".into()),
                ("origin", "MANUAL".into()),
                ("owner_id", company.leader.id.into()),
            ];
            self.row("alignment_link", name, cells);
            let link = self.key("alignment_link", name);
            let evidence = vec![
                ("alignment_link_id", link.clone()),
                ("origin", "MANUAL".into()),
                ("person_id", company.leader.id.into()),
            ];
            self.once("link_evidence", name, evidence);
            let interval = vec![
                ("alignment_link_id", link),
                ("state", "ACTIVE".into()),
                ("from_at", company.clock.now().into()),
            ];
            self.once("link_interval", name, interval);
        }
    }

    /// A token that works, and one to revoke.
    fn tools(&mut self, hash: Vec<u8>) {
        let end = Cell::Int(self.company.clock.now().0 + 86_400_000_000);
        for (name, scopes, hash) in [
            ("tool", "READ,RECORD_VALUES", hash),
            ("meter", "RECORD_VALUES", self.company.clock.new_id().as_bytes().to_vec()),
        ] {
            let cells = vec![
                ("name", name.into()),
                ("scopes", scopes.into()),
                ("token_hash", Cell::Bytes(hash)),
                ("hint", "wxyz".into()),
                ("expires_at", end.clone()),
                ("created_by_id", self.company.admin.id.into()),
            ];
            self.row("service_token", name, cells);
        }
    }

    /// What projects did for key results; the last has one end in sight and one out of it.
    fn results(&mut self) {
        let ends = [
            ("open", "open"),
            ("build", "build"),
            ("own", "own"),
            ("private", "private"),
            ("open", "private"),
        ];
        for (project, key_result) in ends {
            if self.leaves_out(project) || self.leaves_out(key_result) {
                continue;
            }
            let now = Cell::from(self.company.clock.now());
            let cells = vec![
                ("project_id", self.key("project", project)),
                ("key_result_id", self.key("key_result", key_result)),
                ("started_at", now.clone()),
                ("ended_at", now),
                ("start_value", 0.into()),
                ("end_value", 25_000_000.into()),
                ("start_progress", 0.0.into()),
                ("end_progress", 0.25.into()),
                ("verdict", "IMPROVED".into()),
            ];
            self.once("project_result", &format!("{project} for {key_result}"), cells);
        }
    }

    /// Waivers of the gate, allocations, and templates of projects.
    fn practice(&mut self) {
        let company = self.company;
        let later = Cell::Int(company.clock.now().0 + 86_400_000_000);
        for (name, _, team, owner) in company.sights() {
            if self.leaves_out(name) {
                continue;
            }
            let waiver = vec![
                ("project_id", self.key("project", name)),
                ("reason", format!("Leave {name}").into()),
                ("person_id", owner.into()),
                ("until_at", later.clone()),
            ];
            self.row("gate_waiver", name, waiver);
            if !["open", "build", "sales"].contains(&name) {
                continue;
            }
            let allocation = vec![
                ("team_id", team.into()),
                ("cycle_id", self.key("cycle", "quarter")),
                ("work_class", "MAINTENANCE".into()),
                ("share", 0.25.into()),
                ("person_id", company.leader.id.into()),
            ];
            self.row("allocation", name, allocation);
            let template = vec![
                ("name", format!("Template {name}").into()),
                ("name_folded", format!("template {name}").into()),
                ("team_id", if name == "open" { Cell::Null } else { team.into() }),
                ("requires_goal", false.into()),
                ("progress_basis", "COUNT".into()),
                ("significance", "CONTRIBUTES".into()),
                ("weight", 1.0.into()),
                ("begin_state", "PLANNED".into()),
            ];
            self.row("project_template", name, template);
            let task = vec![
                ("template_id", self.key("project_template", name)),
                ("position", 0.into()),
                ("title", format!("Begin {name}").into()),
                ("due_offset_days", 7.into()),
            ];
            self.once("project_template_task", name, task);
        }
    }

    fn rest(&mut self) {
        let company = self.company;
        let now = Cell::from(company.clock.now());
        for (name, subject, key, owner) in [
            ("own", "task_id", self.key("task", "open"), company.individual.id),
            ("build", "team_id", Cell::Id(company.build_team), company.manager.id),
            ("private", "objective_id", self.secret_objective(), company.colleague.id),
            ("sync", "integration_id", self.key("integration", "jira"), company.admin.id),
        ] {
            if self.leaves_out(name) {
                continue;
            }
            let cells = vec![
                ("kind", "WORK_NOT_MOVING".into()),
                ("severity", "WARNING".into()),
                ("state", "OPEN".into()),
                ("subject_key", name.into()),
                (subject, key),
                ("owner_id", owner.into()),
                ("opened_at", now.clone()),
                ("last_seen_at", now.clone()),
            ];
            self.row("finding", name, cells);
        }
        for (name, code, objective) in [("open", "OLD-1", "open"), ("private", "OLD-5", "private")] {
            if self.leaves_out(name) {
                continue;
            }
            let cells = vec![("code", code.into()), ("objective_id", self.key("objective", objective))];
            self.once("code_alias", name, cells);
        }
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day of the calendar")
}
