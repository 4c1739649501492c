use chrono::NaiveDate;
use entity::{Instant, ReferenceField, TaskStatus};
use serde_json::{Value, json};

use super::*;
use crate::domain::sync::external::{ExternalTask, StateMapping};

fn read(board: &Value) -> Result<ExternalBatch, ReadError> {
    let text = board.to_string();
    read_board(&Document::new(text.as_bytes())?)
}

/// 2020-09-13T12:26:40Z and later by some seconds, as the id of a card made then.
fn card_id(seconds: u32) -> String {
    format!("{:08x}0000000000000000", 1_600_000_000 + seconds)
}

fn date(seconds: i64) -> String {
    chrono::DateTime::from_timestamp(1_600_000_000 + seconds, 0).unwrap().to_rfc3339()
}

fn at(seconds: i64) -> Instant {
    Instant((1_600_000_000 + seconds) * 1_000_000)
}

fn board(cards: Value, actions: Value) -> Value {
    json!({
        "id": "b1", "name": "Rocket", "desc": "", "shortLink": "abc", "closed": false,
        "url": "https://Trello.com/b/abc/rocket", "dateLastActivity": date(900),
        "lists": [
            {"id": "todo", "name": "To Do", "closed": false},
            {"id": "doing", "name": "Doing", "closed": false},
            {"id": "done", "name": "Done 🎉", "closed": false},
            {"id": "old", "name": "Icebox", "closed": true},
            {"id": "odd", "name": "Landing Page", "closed": false}],
        "members": [{"id": "m1", "fullName": "Ana Ruiz", "username": "ana"}],
        "customFields": [
            {"id": "f1", "name": "Goal", "type": "text"},
            {"id": "f2", "name": "Size", "type": "list", "options": [{"id": "o1", "value": {"text": "Large"}}]},
            {"id": "f3", "name": "KR-9", "type": "checkbox"}],
        "checklists": [{"id": "c1", "checkItems": [{"name": "not a task"}]}],
        "cards": cards, "actions": actions
    })
}

fn only(board: &Value) -> ExternalTask {
    let batch = read(board).unwrap();
    assert_eq!(batch.tasks.len(), 1);
    batch.tasks.into_iter().next().unwrap()
}

fn spans(task: &ExternalTask) -> Vec<(TaskStatus, &str, Instant, Option<Instant>)> {
    let spans = task.status_intervals.iter();
    spans.map(|span| (span.status, span.provider_status.as_deref().unwrap(), span.from, span.to)).collect()
}

#[test]
fn a_whole_card_is_read() {
    let card = json!({
        "id": card_id(0), "name": "Build [KR-12]", "desc": "Why", "idList": "doing", "closed": false,
        "dueComplete": false, "due": "2026-11-20T23:30:00.000-0300", "start": "2020-09-13T13:00:00.000Z",
        "dateLastActivity": "2020-09-14T00:00:00.000Z", "shortLink": "s1", "url": "https://trello.com/c/s1/1-build",
        "idMembers": ["m1", "m2", "m1"],
        "labels": [{"id": "l1", "name": "okr:KR-3", "color": "red"}, {"id": "l2", "name": "", "color": "blue"}],
        "attachments": [{"name": "Plan", "url": "https://acme.test/plan"}, {"name": "https://a.test", "url": "https://a.test"}],
        "customFieldItems": [
            {"idCustomField": "f1", "value": {"text": "KR-7"}}, {"idCustomField": "f2", "idValue": "o1"},
            {"idCustomField": "f3", "value": {"checked": "true"}}, {"idCustomField": "gone", "idValue": "o9"}]
    });
    let batch = read(&board(json!([card]), json!([]))).unwrap();
    assert_eq!(batch.site, "trello.com");
    assert_eq!(
        batch.people.iter().map(|person| person.external_id.as_str()).collect::<Vec<_>>(),
        ["m1", "m2"]
    );
    let project = &batch.projects[0];
    assert_eq!((project.title.as_str(), project.external_key.as_deref()), ("Rocket", Some("abc")));
    assert!(project.payload.contains("\"customFields\":") && project.payload.contains("\"lists\":"));
    for left_out in NOT_OF_THE_BOARD {
        assert!(!project.payload.contains(&format!("\"{left_out}\":")), "{left_out}");
    }
    let task = &batch.tasks[0];
    assert_eq!(task.projects, ["b1"]);
    assert_eq!((task.status, task.provider_status.as_deref()), (TaskStatus::InProgress, Some("Doing")));
    assert_eq!(task.due_on, NaiveDate::from_ymd_opt(2026, 11, 21));
    assert_eq!(task.created_at, Some(at(0)));
    assert_eq!(task.started_at, Some(at(2_000)));
    assert_eq!(task.completed_at, None);
    assert_eq!(task.assignees, ["m1", "m2"]);
    assert_eq!(task.labels, ["okr:KR-3", "blue"]);
    assert_eq!(task.url.as_deref(), Some("https://trello.com/c/s1/1-build"));
    let texts: Vec<_> = task.texts.iter().map(|text| (text.field, text.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            (ReferenceField::Section, "Doing"),
            (ReferenceField::CustomField, "KR-7"),
            (ReferenceField::CustomField, "Large"),
            (ReferenceField::CustomField, "KR-9"),
            (ReferenceField::Attachment, "Plan"),
            (ReferenceField::Attachment, "https://acme.test/plan"),
            (ReferenceField::Attachment, "https://a.test"),
        ]
    );
    assert_eq!(task.payload, card.to_string());
    assert!(task.status_intervals.is_empty(), "without actions nothing of the past is known");
}

#[test]
fn lists_marks_and_archives_decide_the_status() {
    let cards = json!([
        {"id": card_id(1), "name": "a", "idList": "old", "closed": false},
        {"id": card_id(2), "name": "b", "idList": "todo", "dueComplete": true, "dateLastActivity": date(50)},
        {"id": card_id(3), "name": "c", "idList": "done", "closed": true},
        {"id": card_id(4), "name": "d", "idList": "odd", "isTemplate": true},
        {"id": card_id(5), "name": " ", "idList": "nowhere"},
    ]);
    let batch = read(&board(cards, json!([]))).unwrap();
    let seen: Vec<_> =
        batch.tasks.iter().map(|task| (task.title.as_str(), task.status, task.archived)).collect();
    assert_eq!(
        seen,
        [
            ("a", TaskStatus::Backlog, true),
            ("b", TaskStatus::Done, false),
            ("c", TaskStatus::Done, true),
            ("d", TaskStatus::Todo, true),
            ("Untitled card", TaskStatus::Todo, false),
        ]
    );
    assert_eq!(batch.tasks[1].completed_at, Some(at(50)));
    let state = |name: &str, status| StateMapping { provider_status: name.to_owned(), status, tasks: 1 };
    assert_eq!(
        batch.states,
        [
            state("(no list)", TaskStatus::Todo),
            state("Done 🎉", TaskStatus::Done),
            state("Icebox", TaskStatus::Backlog),
            state("Landing Page", TaskStatus::Todo),
            state("To Do, marked complete", TaskStatus::Done),
        ]
    );
}

fn moved(card: u32, when: i64, from: &str, to: &str) -> Value {
    json!({"type": "updateCard", "date": date(when), "data": {
        "card": {"id": card_id(card)}, "old": {"idList": from},
        "listBefore": {"id": from, "name": "was"}, "listAfter": {"id": to, "name": "is"}}})
}

#[test]
fn the_history_is_rebuilt_from_actions() {
    let actions = json!([
        {"type": "updateCard", "date": date(40), "data": {"card": {"id": card_id(10), "dueComplete": true}, "old": {"dueComplete": false}}},
        moved(10, 30, "lost", "doing"),
        moved(10, 20, "todo", "lost"),
        {"type": "createCard", "date": date(10), "data": {"card": {"id": card_id(10)}, "list": {"id": "todo", "name": "To Do"}}},
        {"type": "commentCard", "date": date(5), "data": {"card": {"id": card_id(10)}}},
    ]);
    let card = json!({"id": card_id(10), "name": "a", "idList": "doing", "dueComplete": true, "dateLastActivity": date(80)});
    let task = only(&board(json!([card]), actions));
    assert_eq!(
        spans(&task),
        [
            (TaskStatus::Todo, "To Do", at(10), Some(at(20))),
            (TaskStatus::Todo, "is", at(20), Some(at(30))),
            (TaskStatus::InProgress, "Doing", at(30), Some(at(40))),
            (TaskStatus::Done, "Doing", at(40), None),
        ]
    );
    assert_eq!((task.started_at, task.completed_at), (Some(at(30)), Some(at(40))));
}

#[test]
fn before_the_record_begins_nothing_is_claimed() {
    let actions =
        json!([moved(1, 500, "doing", "done"), {"type": "commentCard", "date": date(400), "data": {}}]);
    let card = json!({"id": card_id(1), "name": "a", "idList": "done", "dateLastActivity": date(700)});
    let task = only(&board(json!([card]), actions.clone()));
    assert_eq!(
        spans(&task),
        [
            (TaskStatus::InProgress, "Doing", at(400), Some(at(500))),
            (TaskStatus::Done, "Done 🎉", at(500), None),
        ]
    );
    assert_eq!((task.started_at, task.completed_at), (None, Some(at(500))));
    let quiet = json!({"id": card_id(2), "name": "b", "idList": "done", "dateLastActivity": date(300)});
    let task = only(&board(json!([quiet]), actions.clone()));
    assert_eq!(spans(&task), [(TaskStatus::Done, "Done 🎉", at(400), None)]);
    assert_eq!(task.completed_at, Some(at(300)), "all that is left is its last activity");
    let young = json!({"id": card_id(600), "name": "c", "idList": "doing", "dateLastActivity": date(700)});
    let task = only(&board(json!([young]), actions));
    assert_eq!(spans(&task), [(TaskStatus::InProgress, "Doing", at(600), None)]);
    assert_eq!(task.started_at, Some(at(600)));
}

#[test]
fn a_move_that_the_record_lacks_is_dated_by_the_last_activity() {
    let actions = json!([moved(10, 30, "todo", "doing")]);
    let card = json!({"id": card_id(10), "name": "a", "idList": "done", "dateLastActivity": date(80)});
    let task = only(&board(json!([card]), actions));
    assert_eq!(spans(&task).last(), Some(&(TaskStatus::Done, "Done 🎉", at(80), None)));
    assert_eq!(task.completed_at, Some(at(80)));
}

#[test]
fn ids_met_twice_are_read_once_and_listed() {
    let cards = json!([
        {"id": card_id(1), "name": "first", "idList": "todo"},
        {"id": card_id(1), "name": "second", "idList": "todo"}]);
    let batch = read(&board(cards, json!([]))).unwrap();
    assert_eq!(batch.tasks.len(), 1);
    assert_eq!(batch.tasks[0].title, "first");
    assert_eq!(batch.skipped[0].external_id, card_id(1));
}

#[test]
fn what_is_no_board_is_refused_with_the_path() {
    for (board, said) in [
        (
            json!({"id": "b", "name": "n", "lists": []}),
            "this is not a Trello board export (an object with `id`, `lists` and `cards`): it has no `cards`",
        ),
        (
            json!({"id": "b", "name": "n", "lists": [], "cards": {}}),
            "`cards`: an array was expected, an object was found",
        ),
        (
            json!({"id": "b", "name": "n", "lists": [{"name": "x"}], "cards": []}),
            "`lists[0].id`: an id was expected, nothing was found",
        ),
        (json!({"id": "b", "lists": [], "cards": []}), "`name`: a text was expected, nothing was found"),
        (
            json!({"id": "b", "name": "n", "lists": [], "cards": [{"id": "1", "name": "x"}, {"name": "x"}]}),
            "`cards[1].id`: an id was expected, nothing was found",
        ),
        (
            json!({"id": "b", "name": "n", "lists": [], "cards": [{"id": "1", "name": null}]}),
            "`cards[0].name`: a text was expected, null was found",
        ),
        (
            json!({"id": "b", "name": "n", "lists": [], "cards": [7]}),
            "`cards[0].id`: an id was expected, nothing was found",
        ),
        (
            json!({"id": "b", "name": "n", "lists": [], "cards": [], "actions": 1}),
            "`actions`: an array was expected, a number was found",
        ),
    ] {
        let error = read(&board).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn values_that_mean_nothing_are_passed_over_with_a_note() {
    let card = json!({"id": "short", "name": "a\u{0}b", "idList": "todo", "due": "soon", "labels": [3, {"name": 4}]});
    let batch = read(&board(json!([card]), json!([{"type": 4, "date": "never"}]))).unwrap();
    let task = &batch.tasks[0];
    assert_eq!((task.title.as_str(), task.created_at, task.due_on), ("ab", None, None));
    assert_eq!(task.labels, Vec::<String>::new());
    assert_eq!(batch.notes.len(), 2, "{:?}", batch.notes);
}
