//! The limit: flat queries by hand, rows written straight as JSON, no rights, no schema.

use std::{collections::HashMap, fmt::Write as _};

use axum::{Router, body::Bytes, extract::State, http::header, response::IntoResponse, routing::post};
use sqlx::{PgPool, Row, postgres::PgPoolOptions};
use uuid::Uuid;

/// Serves the questions.
pub async fn serve(url: &str) {
    let pool = PgPoolOptions::new()
        .min_connections(4)
        .max_connections(10)
        .test_before_acquire(false)
        .connect(url)
        .await
        .expect("connected");
    let router = Router::new()
        .route("/q1", post(thread))
        .route("/q2", post(objective))
        .route("/q3", post(tasks))
        .with_state(pool);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    super::announce(listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("it serves");
}

fn answer(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

fn quoted(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).expect("a string"));
}

fn number(out: &mut String, value: Option<f64>) {
    match value {
        Some(value) => write!(out, "{value:?}").expect("written"),
        None => out.push_str("null"),
    }
}

async fn names(pool: &PgPool, people: Vec<Uuid>) -> HashMap<Uuid, String> {
    sqlx::query("SELECT id, name FROM person WHERE id = ANY($1)")
        .bind(people)
        .fetch_all(pool)
        .await
        .expect("rows")
        .into_iter()
        .map(|row| (row.get(0), row.get(1)))
        .collect()
}

async fn thread(State(pool): State<PgPool>, _body: Bytes) -> impl IntoResponse {
    let objectives = sqlx::query("SELECT id, code, title, progress FROM objective ORDER BY id LIMIT 10")
        .fetch_all(&pool)
        .await
        .expect("rows");
    let ids: Vec<Uuid> = objectives.iter().map(|row| row.get(0)).collect();
    let key_results = sqlx::query(
        "SELECT p, k.* FROM unnest($1::uuid[]) p CROSS JOIN LATERAL (SELECT id, code, title, progress \
         FROM key_result WHERE objective_id = p ORDER BY id LIMIT 4) k ORDER BY k.id",
    )
    .bind(ids)
    .fetch_all(&pool)
    .await
    .expect("rows");
    let ids: Vec<Uuid> = key_results.iter().map(|row| row.get(1)).collect();
    let projects = sqlx::query(
        "SELECT p, k.* FROM unnest($1::uuid[]) p CROSS JOIN LATERAL (SELECT project.id, title, progress \
         FROM project JOIN alignment_link l ON l.project_id = project.id WHERE l.key_result_id = p \
         ORDER BY project.id LIMIT 3) k ORDER BY k.id",
    )
    .bind(ids)
    .fetch_all(&pool)
    .await
    .expect("rows");
    let ids: Vec<Uuid> = projects.iter().map(|row| row.get(1)).collect();
    let tasks = sqlx::query(
        "SELECT p, k.* FROM unnest($1::uuid[]) p CROSS JOIN LATERAL (SELECT task.id, title, status, assignee_id \
         FROM task JOIN task_project l ON l.task_id = task.id WHERE l.project_id = p \
         ORDER BY task.id LIMIT 10) k ORDER BY k.id",
    )
    .bind(ids)
    .fetch_all(&pool)
    .await
    .expect("rows");
    let mut people: Vec<Uuid> = tasks.iter().filter_map(|row| row.get(4)).collect();
    people.sort_unstable();
    people.dedup();
    let names = names(&pool, people).await;
    let mut of_project: HashMap<Uuid, String> = HashMap::new();
    for row in &tasks {
        let out = of_project.entry(row.get(0)).or_default();
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str("{\"title\":");
        quoted(out, row.get(2));
        write!(out, ",\"status\":\"{}\",\"assignee\":", row.get::<&str, _>(3)).expect("written");
        match row.get::<Option<Uuid>, _>(4).and_then(|id| names.get(&id)) {
            Some(name) => {
                out.push_str("{\"name\":");
                quoted(out, name);
                out.push('}');
            }
            None => out.push_str("null"),
        }
        out.push('}');
    }
    let mut of_key_result: HashMap<Uuid, String> = HashMap::new();
    for row in &projects {
        let out = of_key_result.entry(row.get(0)).or_default();
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str("{\"title\":");
        quoted(out, row.get(2));
        out.push_str(",\"progress\":");
        number(out, row.get(3));
        let tasks = of_project.get(&row.get::<Uuid, _>(1)).map_or("", String::as_str);
        write!(out, ",\"tasks\":{{\"nodes\":[{tasks}]}}}}").expect("written");
    }
    let mut of_objective: HashMap<Uuid, String> = HashMap::new();
    for row in &key_results {
        let out = of_objective.entry(row.get(0)).or_default();
        if !out.is_empty() {
            out.push(',');
        }
        goal(out, row.get(2), row.get(3), row.get(4));
        let projects = of_key_result.get(&row.get::<Uuid, _>(1)).map_or("", String::as_str);
        write!(out, ",\"projects\":{{\"nodes\":[{projects}]}}}}").expect("written");
    }
    let mut out = String::from("{\"data\":{\"objectives\":{\"nodes\":[");
    for (at, row) in objectives.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        goal(&mut out, row.get(1), row.get(2), row.get(3));
        let key_results = of_objective.get(&row.get::<Uuid, _>(0)).map_or("", String::as_str);
        write!(out, ",\"keyResults\":{{\"nodes\":[{key_results}]}}}}").expect("written");
    }
    out.push_str("]}}}");
    answer(out)
}

fn goal(out: &mut String, code: &str, title: &str, progress: Option<f64>) {
    write!(out, "{{\"code\":\"{code}\",\"title\":").expect("written");
    quoted(out, title);
    out.push_str(",\"progress\":");
    number(out, progress);
}

async fn objective(State(pool): State<PgPool>, _body: Bytes) -> impl IntoResponse {
    let row = sqlx::query("SELECT id, code, title, progress FROM objective WHERE code = $1")
        .bind("O-3")
        .fetch_one(&pool)
        .await
        .expect("a row");
    let rows = sqlx::query(
        "SELECT code, title, progress, work_progress FROM key_result WHERE objective_id = $1 ORDER BY id LIMIT 10",
    )
    .bind(row.get::<Uuid, _>(0))
    .fetch_all(&pool)
    .await
    .expect("rows");
    let mut out = String::from("{\"data\":{\"objective\":");
    goal(&mut out, row.get(1), row.get(2), row.get(3));
    out.push_str(",\"keyResults\":{\"nodes\":[");
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        goal(&mut out, row.get(0), row.get(1), row.get(2));
        out.push_str(",\"workProgress\":");
        number(&mut out, row.get(3));
        out.push('}');
    }
    out.push_str("]}}}}");
    answer(out)
}

async fn tasks(State(pool): State<PgPool>, _body: Bytes) -> impl IntoResponse {
    let rows = sqlx::query(
        "SELECT title, status, due_on, assignee_id FROM task WHERE status = 'IN_PROGRESS' ORDER BY id LIMIT 50",
    )
    .fetch_all(&pool)
    .await
    .expect("rows");
    let mut people: Vec<Uuid> = rows.iter().filter_map(|row| row.get(3)).collect();
    people.sort_unstable();
    people.dedup();
    let names = names(&pool, people).await;
    let mut out = String::from("{\"data\":{\"tasks\":{\"nodes\":[");
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str("{\"title\":");
        quoted(&mut out, row.get(0));
        write!(out, ",\"status\":\"{}\",\"dueOn\":", row.get::<&str, _>(1)).expect("written");
        match row.get::<Option<chrono::NaiveDate>, _>(2) {
            Some(day) => write!(out, "\"{day}\"").expect("written"),
            None => out.push_str("null"),
        }
        out.push_str(",\"assignee\":");
        match row.get::<Option<Uuid>, _>(3).and_then(|id| names.get(&id)) {
            Some(name) => {
                out.push_str("{\"name\":");
                quoted(&mut out, name);
                out.push('}');
            }
            None => out.push_str("null"),
        }
        out.push('}');
    }
    out.push_str("]}}}");
    answer(out)
}
