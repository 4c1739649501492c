//! 10 objectives → 40 key results → 120 projects → 12,000 tasks of 50 people, and what is asked of them.

use api::domain::clock::Clock;
use serde_json::json;
use support::{Company, TestDatabase};

/// A question to both servers.
pub struct Question {
    /// How it is called in the report.
    pub name: &'static str,
    /// Where the hand-written server answers it.
    pub path: &'static str,
    query: &'static str,
}

impl Question {
    /// The request's body.
    pub fn body(&self) -> String {
        json!({ "query": self.query }).to_string()
    }
}

/// What is asked.
pub const QUESTIONS: [Question; 3] = [
    Question {
        name: "Q1 thread (10 × 4 × 3 × 10 tasks with assignee)",
        path: "/q1",
        query: "{ objectives(first: 10) { nodes { code title progress keyResults(first: 4) { nodes { code title progress projects(first: 3) { nodes { title progress tasks(first: 10) { nodes { title status assignee { name } } } } } } } } } }",
    },
    Question {
        name: "Q2 one objective with its key results",
        path: "/q2",
        query: "{ objective(code: \"O-3\") { code title progress keyResults(first: 10) { nodes { code title progress workProgress } } } }",
    },
    Question {
        name: "Q3 50 filtered tasks with assignee",
        path: "/q3",
        query: "{ tasks(first: 50, filter: { status: { eq: IN_PROGRESS } }) { nodes { title status dueOn assignee { name } } } }",
    },
];

/// Fills the database, all keys in the order of creation.
pub async fn fill(database: &TestDatabase, company: &Company, clock: &Clock) {
    let organization = company.organization;
    let now = clock.now().0;
    let key = |kind: u8, number: &str| {
        format!(
            "(lpad(to_hex({kind}), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(({number})::bigint), 12, '0'))::uuid"
        )
    };
    let statements = [
        format!(
            "INSERT INTO person (id, organization_id, name, name_folded, email, email_folded, role, version, created_at, updated_at) \
             SELECT {}, '{organization}', 'Person ' || n, 'person ' || n, 'p' || n || '@example.test', 'p' || n || '@example.test', 'INDIVIDUAL', 1, {now}, {now} FROM generate_series(0, 49) n",
            key(1, "n")
        ),
        format!(
            "INSERT INTO objective (id, organization_id, number, code, title, title_folded, state, kind, visibility, progress_source, progress, created_at, updated_at) \
             SELECT {}, '{organization}', n, 'O-' || n, 'Objective ' || n, 'objective ' || n, 'ACTIVE', 'COMMITTED', 'ORGANIZATION', 'KEY_RESULTS', 0.5, {now}, {now} FROM generate_series(1, 10) n",
            key(2, "n")
        ),
        format!(
            "INSERT INTO key_result (id, organization_id, objective_id, number, code, title, title_folded, state, kind, progress_source, progress, work_progress, created_at, updated_at) \
             SELECT {}, '{organization}', {}, n, 'KR-' || n, 'Key result ' || n, 'key result ' || n, 'ACTIVE', 'INCREASE', 'WORK', 0.25, 0.25, {now}, {now} FROM generate_series(0, 39) n",
            key(3, "n"),
            key(2, "n / 4 + 1")
        ),
        format!(
            "INSERT INTO project (id, organization_id, title, title_folded, state, visibility, progress_basis, progress, created_at, updated_at) \
             SELECT {}, '{organization}', 'Project ' || n, 'project ' || n, 'IN_PROGRESS', 'ORGANIZATION', 'COUNT', 0.25, {now}, {now} FROM generate_series(0, 119) n",
            key(4, "n")
        ),
        format!(
            "INSERT INTO alignment_link (id, organization_id, project_id, key_result_id, state, significance, origin, created_at, updated_at) \
             SELECT {}, '{organization}', {}, {}, 'ACTIVE', 'CONTRIBUTES', 'MANUAL', {now}, {now} FROM generate_series(0, 119) n",
            key(5, "n"),
            key(4, "n"),
            key(3, "n / 3")
        ),
        format!(
            "INSERT INTO task (id, organization_id, title, title_folded, status, project_id, assignee_id, visibility, due_on, created_at, updated_at) \
             SELECT {}, '{organization}', 'Task ' || n, 'task ' || n, (ARRAY['TODO', 'IN_PROGRESS', 'DONE', 'BACKLOG'])[n % 4 + 1], {}, {}, 'ORGANIZATION', DATE '2026-01-01' + n % 300, {now}, {now} FROM generate_series(0, 11999) n",
            key(6, "n"),
            key(4, "n / 100"),
            key(1, "n % 50")
        ),
        format!(
            "INSERT INTO task_project (id, organization_id, task_id, project_id, is_primary, created_at) \
             SELECT {}, '{organization}', {}, {}, TRUE, {now} FROM generate_series(0, 11999) n",
            key(7, "n"),
            key(6, "n"),
            key(4, "n / 100")
        ),
        "ANALYZE".to_owned(),
    ];
    for statement in statements {
        database.execute(&statement).await.expect("the data is written");
    }
}
