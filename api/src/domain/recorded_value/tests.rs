use entity::{Health, ProgressSource, Visibility};

use super::*;
use crate::domain::{
    access::Scope,
    check_in::MakeCheckIn,
    key_result_change::CreateKeyResult,
    objective::CreateObjective,
    service_token::CreateToken,
    trial::{Trial, at, refused},
};

fn value(text: &str) -> Option<Decimal> {
    text.parse().ok()
}

async fn tool(trial: &Trial, scopes: &[TokenScope]) -> Scope {
    let command = CreateToken { name: "Meter".into(), scopes: scopes.to_vec(), expires_at: None };
    let (_, secret) = trial.system().await.run(&command).await.unwrap();
    trial.installation.enter(secret.expose(), None).await.unwrap().1
}

fn record(key_result: Uuid, text: &str) -> RecordValue {
    RecordValue { id: None, key_result, at: None, value: text.parse().unwrap(), note: None }
}

async fn source(trial: &Trial, objective: Uuid, source: ProgressSource) -> KeyResultRow {
    let command = CreateKeyResult { progress_source: source, ..trial.new_key_result(objective) };
    trial.scope(trial.leader).await.run(&command).await.unwrap()
}

#[tokio::test]
async fn progress_follows_by_its_source() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let tool = tool(&trial, &[TokenScope::RecordValues]).await;
    for (of, progress) in [
        (ProgressSource::External, Some(0.4)),
        (ProgressSource::CheckIn, Some(0.4)),
        (ProgressSource::Work, None),
    ] {
        let row = source(&trial, objective.id, of).await;
        let recorded = tool.run(&record(row.id, "40")).await.unwrap();
        assert_eq!((recorded.current, recorded.progress), (value("40"), progress), "{of:?}");
        let now = trial.read_key_result(row.id).await;
        assert_eq!((now.current_value, now.attainment), (value("40"), Some(0.4)), "{of:?}");
        // It is no word of a person.
        let said = (now.last_check_in_at, now.reported_health, now.last_recorded_at);
        assert_eq!(said, (None, None, Some(at("2026-02-20T00:00:00Z"))), "{of:?}");
    }
    let made = "SELECT COUNT(*) FROM check_in WHERE author_id IS NULL AND service_token_id IS NOT NULL";
    assert_eq!(trial.numbers(made).await, [3]);
    let told = "SELECT COUNT(*) FROM event WHERE actor_kind = 'TOKEN' AND kind = 'CHECKED_IN'";
    assert_eq!(trial.numbers(told).await, [3]);
    let points = "SELECT COUNT(*) FROM progress_point WHERE source = 'EXTERNAL' AND value = 0.4 \
                  AND key_result_id IS NOT NULL";
    assert_eq!(trial.numbers(points).await, [2]);
}

#[tokio::test]
async fn people_and_tools_share_one_line_of_values() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = source(&trial, objective.id, ProgressSource::External).await;
    let tool = tool(&trial, &[TokenScope::RecordValues]).await;
    let id = Some(trial.installation.clock().new_id());
    let first = RecordValue { id, ..record(row.id, "40") };
    let recorded = tool.run(&first).await.unwrap();
    assert_eq!(tool.run(&first).await.unwrap(), recorded, "a retry");
    let other = RecordValue { value: value("41").unwrap(), ..first };
    assert_eq!(refused(tool.run(&other).await)[0].0, "id");
    trial.time.advance_seconds(60);
    let word = MakeCheckIn {
        id: None,
        key_result: row.id,
        at: None,
        value: value("60"),
        confidence: Some(0.7),
        health: Some(Health::AtRisk),
        note: None,
    };
    trial.scope(trial.individual).await.run(&word).await.unwrap();
    // Dated before the word: kept, and not current. After it: current, and the word stays what it was.
    let early = RecordValue { at: Some(at("2026-02-19T00:00:00Z")), ..record(row.id, "55") };
    assert_eq!(tool.run(&early).await.unwrap().current, value("60"));
    trial.time.advance_seconds(60);
    assert_eq!(tool.run(&record(row.id, "65")).await.unwrap().progress, Some(0.65));
    let now = trial.read_key_result(row.id).await;
    assert_eq!((now.reported_health, now.confidence), (Some(Health::AtRisk), Some(0.7)));
    assert_eq!(now.last_check_in_at, Some(at("2026-02-20T00:01:00Z")));
    let looked = at("2026-02-20T00:02:00Z");
    let scope = trial.scope(trial.individual).await;
    let then = scope.key_results_as_of(&[row.id], looked).await.unwrap().remove(&row.id).unwrap();
    assert_eq!((then.reported_health, then.confidence), (Some(Health::AtRisk), Some(0.7)));
    assert_eq!((then.current, then.progress), (value("65"), Some(0.65)));
    assert_eq!(now.last_recorded_at, Some(at("2026-02-20T00:02:00Z")));
    // What a person records is their word.
    trial.time.advance_seconds(60);
    trial.scope(trial.individual).await.run(&record(row.id, "66")).await.unwrap();
    let now = trial.read_key_result(row.id).await;
    assert_eq!(now.last_check_in_at, Some(at("2026-02-20T00:03:00Z")));
}

#[tokio::test]
async fn a_tool_records_what_it_may_not_read() {
    let trial = Trial::new().await;
    let hidden = CreateObjective { visibility: Visibility::Private, ..trial.new_objective("Hidden", None) };
    let leader = trial.scope(trial.leader).await;
    let hidden = leader.run(&hidden).await.unwrap();
    let mut row = trial.new_key_result(hidden.id);
    row.owner = None;
    let row = leader.run(&row).await.unwrap();
    let recorder = tool(&trial, &[TokenScope::RecordValues]).await;
    assert_eq!(recorder.run(&record(row.id, "10")).await.unwrap().progress, Some(0.1));
    assert!(recorder.by_ids::<KeyResultRow>(&[row.id]).await.unwrap().is_empty());
    let reader = tool(&trial, &[TokenScope::Read, TokenScope::ReadAll]).await;
    let answer = reader.run(&record(row.id, "11")).await;
    assert!(matches!(answer, Err(DomainError::Forbidden(_))), "{answer:?}");
    // Nothing, and nobody's: as for everybody.
    let nothing = record(trial.installation.clock().new_id(), "1");
    assert!(matches!(recorder.run(&nothing).await, Err(DomainError::NotFound)));
    let stranger = trial.scope(trial.individual).await.run(&record(row.id, "12")).await;
    assert!(matches!(stranger, Err(DomainError::NotFound)), "{stranger:?}");
}

#[tokio::test]
async fn a_tool_that_falls_silent_outdates() {
    let trial = Trial::new().await;
    let objective = trial.objective("Grow", None).await;
    let row = source(&trial, objective.id, ProgressSource::External).await;
    let tool = tool(&trial, &[TokenScope::RecordValues]).await;
    // Half of the time is over: 60 of 100 is ahead of the pace.
    tool.run(&record(row.id, "60")).await.unwrap();
    let health = async || {
        let standings = trial.system().await.standings(&[objective.id]).await.unwrap();
        standings[&objective.id].key_results[&row.id].health
    };
    assert_eq!(health().await, Some(Health::OnTrack));
    trial.time.advance_seconds(24 * 3_600);
    assert_eq!(health().await, Some(Health::OnTrack));
    trial.time.advance_seconds(60);
    assert_eq!(health().await, Some(Health::Outdated));
    tool.run(&record(row.id, "60")).await.unwrap();
    assert_eq!(health().await, Some(Health::OnTrack), "the same value is news of a tool that lives");
}
