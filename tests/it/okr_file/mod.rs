//! Objectives and key results in files: in, out, and in again; through the command line and the API.

mod check_in;
mod next_quarter;
mod order;
mod refusal;
mod rights;
mod round_trip;

use api::app::command_line::CommandLine;
use clap::Parser as _;
use serde_json::{Value, json};
use support::{Answer, TestServer};

/// What became of a file.
const REPORT: &str = "report { written checkIns errorCount remarkCount
  objectives { created updated unchanged refused } keyResults { created updated unchanged refused }
  rows { line type action code externalId title changes checksIn goalId }
  errors { line column path code message } remarks { line message } }
  userErrors { field code message }";

/// Takes a file in through the API.
async fn import(server: &TestServer, token: &str, format: &str, text: &str, dry_run: bool) -> Answer {
    let query = format!("mutation($input: OkrImportInput!) {{ okrImport(input: $input) {{ {REPORT} }} }}");
    let input = json!({ "format": format, "text": text, "dryRun": dry_run });
    server.graphql(Some(token), &query, json!({ "input": input })).await
}

/// Takes a file in that nothing is wrong with; gives its report.
async fn taken(server: &TestServer, token: &str, format: &str, text: &str) -> Value {
    let answer = import(server, token, format, text, false).await;
    let report = answer.at("okrImport.report").clone();
    assert_eq!(report["written"], json!(true), "{}", answer.text);
    report
}

/// Takes a file in that something is wrong with; gives what, a line each.
async fn faults(server: &TestServer, token: &str, format: &str, text: &str) -> Vec<String> {
    let answer = import(server, token, format, text, false).await;
    let report = answer.at("okrImport.report");
    assert_eq!(report["written"], json!(false), "{}", answer.text);
    assert_eq!(answer.user_errors("okrImport").len(), 1, "{}", answer.text);
    let each = report["errors"].as_array().expect("errors").iter();
    each.map(|error| {
        let word = |name: &str| error[name].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}: {}", error["line"], word("column"), word("code"), word("message"))
    })
    .collect()
}

/// A page of objectives as a file.
async fn export(server: &TestServer, token: &str, format: &str) -> String {
    let query = format!(
        "{{ okrExport(format: {format}, first: 200) {{ text objectives keyResults pageInfo {{ hasNextPage }} }} }}"
    );
    let answer = server.graphql(Some(token), &query, json!({})).await;
    assert_eq!(answer.at("okrExport.pageInfo.hasNextPage"), &json!(false), "{}", answer.text);
    answer.at("okrExport.text").as_str().expect("a text").to_owned()
}

/// Runs `throughline okr …` on a server's database.
async fn okr(server: &TestServer, arguments: &[&str]) -> Result<(), String> {
    let start = ["throughline", "--database-url", server.database_url(), "okr"];
    let all: Vec<&str> = start.into_iter().chain(arguments.iter().copied()).collect();
    CommandLine::try_parse_from(all).expect("arguments").run().await.map_err(|error| format!("{error:#}"))
}

/// Everything that an import may write, counted and summed.
async fn state(server: &TestServer) -> Vec<i64> {
    let mut state = Vec::new();
    for question in [
        "SELECT COUNT(*) FROM event WHERE subject_kind <> 'FINDING'",
        "SELECT COUNT(*) FROM check_in",
        "SELECT COUNT(*) FROM progress_point",
        "SELECT COUNT(*) FROM objective",
        "SELECT COUNT(*) FROM key_result",
        "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM objective",
        "SELECT CAST(COALESCE(SUM(version), 0) AS BIGINT) FROM key_result",
        "SELECT CAST(SUM(next_objective_number + next_key_result_number) AS BIGINT) FROM organization",
    ] {
        state.push(server.database().number(question).await);
    }
    state
}
