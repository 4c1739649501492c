//! What is read of a small Trello on loopback.

mod double;

use entity::TaskStatus;
use serde_json::json;

use self::double::{Double, Store, action, at, card, date, id};
use super::{
    board_text::BoardText,
    cursor::{Change, Cursor},
    listing,
    record::Record,
    *,
};
use crate::{
    connectors::{json::Document, trello::read_board},
    domain::sync::port::Credential,
};

fn titles(pulled: &Pulled) -> Vec<&str> {
    pulled.batch.tasks.iter().map(|task| task.title.as_str()).collect()
}

/// A card that was made, moved to “Doing” and “Done”, and commented on long after.
fn finished() -> Store {
    let mut store = Store::default();
    store.cards.push(card(0, "b1", "done", 500));
    let moved = |from: &str, to: &str| {
        let (before, after) = (json!({"id": from}), json!({"id": to}));
        json!({"old": {"idList": from}, "listBefore": before, "listAfter": after})
    };
    store.actions = vec![
        action("commentCard", 500, 0, json!({})),
        action("updateCard", 30, 0, moved("doing", "done")),
        action("updateCard", 20, 0, moved("todo", "doing")),
        action("createCard", 10, 0, json!({"list": {"id": "todo"}})),
    ];
    store
}

#[tokio::test]
async fn a_file_and_the_api_give_the_same() {
    let mut store = finished();
    let mut marked = card(5, "b1", "todo", 40);
    marked["dueComplete"] = json!(true);
    marked["labels"] = json!([{"id": "l1", "name": "okr:KR-3", "color": "red"}]);
    marked["customFieldItems"] = json!([{"idCustomField": "f1", "value": {"text": "KR-7"}}]);
    store.cards.insert(0, marked);
    let marking = json!({"card": {"id": id(5), "dueComplete": true}, "old": {"dueComplete": false}});
    store.actions.insert(1, action("updateCard", 40, 5, marking));
    store.actions.push(action("createCard", 5, 5, json!({"list": {"id": "todo"}})));
    let mut export = store.board("b1");
    export["cards"] = json!(store.cards);
    export["actions"] = json!(store.actions);
    let export = export.to_string();
    let file = read_board(&Document::new(export.as_bytes()).unwrap()).unwrap();

    let double = Double::of(store).await;
    let pulled = double.pull(None, None).await.unwrap();
    assert_eq!(pulled.batch.tasks, file.tasks);
    assert_eq!(pulled.batch.projects, file.projects);
    assert_eq!((&pulled.batch.people, &pulled.batch.states), (&file.people, &file.states));
    assert_eq!(pulled.batch.site, file.site);
    assert!(!pulled.batch.complete && pulled.batch.notes.is_empty());
    assert_eq!(pulled.next, None, "one page is one moment");
    assert_eq!(pulled.batch.tasks[0].updated_at, Some(at(40)));

    let read = double.reread(&[id(5), id(0)]).await.unwrap();
    assert_eq!(read.batch.tasks, file.tasks, "also by their ids");
    assert_eq!(read.batch.projects, file.projects);
}

#[tokio::test]
async fn the_credential_stands_in_a_header_and_nowhere_else() {
    let double = Double::of(finished()).await;
    let account = double.trello.account(&double.access()).await.unwrap();
    assert_eq!(
        account,
        Account {
            external_id: "m1".to_owned(),
            name: Some("Ana Ruiz".to_owned()),
            email: None,
            site: "trello.com".to_owned()
        }
    );
    double.pull(None, None).await.unwrap();
    double.reread(&[id(0)]).await.unwrap();
    for (address, proof) in double.store.lock().unwrap().heard.iter() {
        assert_eq!(proof, r#"OAuth oauth_consumer_key="k3y", oauth_token="t0ken""#);
        assert!(!address.contains("k3y") && !address.contains("t0ken"), "{address}");
    }

    let bare = Credential::default().with("key", "k3y".into());
    for credential in [
        Credential::default(),
        bare.clone(),
        bare.clone().with("token", " ".into()),
        bare.with("token", "t\", x=\"y".into()),
    ] {
        let access = Access { credential, ..double.access() };
        let error = double.trello.account(&access).await.unwrap_err();
        assert!(matches!(error, ToolError::Unauthorized(_)), "{error:?}");
    }
}

#[test]
fn the_address_is_trellos_own_or_one_that_the_operator_admits() {
    let trello = Trello::new(Outbound::new(&["127.0.0.1:8080".to_owned()]).unwrap());
    for (told, address) in [
        (None, ADDRESS),
        (Some(" "), ADDRESS),
        (Some("https://trello.com/b/abc/rocket"), ADDRESS),
        (Some("https://api.trello.com"), ADDRESS),
        (Some("http://127.0.0.1:8080/1/"), "http://127.0.0.1:8080/1"),
    ] {
        assert_eq!(trello.address(told).unwrap(), address, "{told:?}");
    }
    assert!(matches!(trello.address(Some("http://127.0.0.1:81/1")), Err(ToolError::Unsafe(_))));
}

#[tokio::test]
async fn boards_come_with_those_that_are_closed() {
    let double = Double::of(Store::default()).await;
    let page = double.trello.containers(&double.access(), None).await.unwrap();
    let seen: Vec<_> = page
        .items
        .iter()
        .map(|board| (board.external_id.as_str(), board.title.as_str(), board.archived))
        .collect();
    assert_eq!(
        seen,
        [("b1", "Board b1", false), ("b2", "Board b2", true), ("secret", "Board secret", false)]
    );
    assert_eq!(page.items[0].external_key.as_deref(), Some("short-b1"));
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest_and_what_changed_meanwhile_follows() {
    let store = Store {
        cards: (0..1_001).map(|second| card(second, "b1", "todo", second)).collect(),
        ..Store::default()
    };
    let double = Double::of(store).await;
    let first = double.pull(None, None).await.unwrap();
    assert_eq!(first.batch.tasks.len(), 1_000);
    assert_eq!(first.batch.tasks[0].external_id, id(1_000));
    let next = first.next.unwrap();
    assert!(next.starts_with(&format!("cards {} ", id(1))), "{next}");

    // Meanwhile one that stands on the page before is renamed.
    double.store.lock().unwrap().change(&id(700), "name", json!("renamed"));
    double.store.lock().unwrap().change(&id(700), "dateLastActivity", json!("2100-01-01T00:00:00Z"));
    let second = double.pull(None, Some(&next)).await.unwrap();
    assert_eq!(second.batch.tasks.len(), 1);
    assert_eq!(second.batch.tasks[0].external_id, id(0));
    assert_eq!(second.batch.projects, first.batch.projects);
    let third = double.pull(None, second.next.as_deref()).await.unwrap();
    assert_eq!((titles(&third), third.next.as_deref()), (vec!["renamed"], None));

    let ids = double.ids(None).await.unwrap();
    assert_eq!((ids.items.len(), ids.next.as_deref()), (1_000, Some(id(1).as_str())));
    let rest = double.ids(ids.next.as_deref()).await.unwrap();
    assert_eq!((rest.items, rest.next), (vec![id(0)], None));
}

#[tokio::test]
async fn a_comment_does_not_move_the_day_on_which_a_card_was_done() {
    let double = Double::of(finished()).await;
    let pulled = double.pull(Some(at(400)), None).await.unwrap();
    let task = &pulled.batch.tasks[0];
    assert_eq!((task.status, task.updated_at), (TaskStatus::Done, Some(at(500))));
    assert_eq!((task.started_at, task.completed_at), (Some(at(20)), Some(at(30))));
    assert_eq!(task.status_intervals.len(), 3);
    assert_eq!(pulled.next, None);
    assert_eq!(pulled.batch.projects.len(), 1);
}

#[tokio::test]
async fn changes_are_found_by_either_list() {
    let mut store = Store {
        cards: vec![
            card(9, "b2", "todo", 110),
            card(8, "secret", "todo", 110),
            card(7, "b1", "todo", 96),
            card(6, "b1", "todo", 94),
            card(5, "b1", "todo", 120),
            card(4, "b1", "todo", 50),
        ],
        ..Store::default()
    };
    store.actions = vec![
        action("moveCardFromBoard", 110, 9, json!({})),
        action("moveCardFromBoard", 110, 8, json!({})),
        action("deleteCard", 105, 3, json!({})),
        action("updateCard", 103, 4, json!({})),
        action("updateCard", 102, 2, json!({})),
        action("createList", 101, 1, json!({"card": null})),
    ];
    let double = Double::of(store).await;
    let pulled = double.pull(Some(at(100)), None).await.unwrap();
    // Five seconds before the time too; what went to another board is read there.
    assert_eq!(titles(&pulled), [id(7), id(4), id(5)]);
    // Deleted, not there any more, and not for us any more.
    assert_eq!(pulled.batch.gone, [id(3), id(2), id(8)]);
    assert_eq!(pulled.next, None);

    let quiet = double.pull(Some(at(1_000)), None).await.unwrap();
    assert_eq!((quiet.batch.tasks.len(), quiet.batch.projects.len(), quiet.next), (0, 1, None));
}

#[tokio::test]
async fn many_changes_come_in_order_and_part_by_part() {
    let store = Store {
        cards: (0..150).map(|second| card(second, "b1", "todo", 500 - second)).collect(),
        ..Store::default()
    };
    let double = Double::of(store).await;
    let first = double.pull(Some(at(300)), None).await.unwrap();
    assert_eq!(first.batch.tasks.len(), 100);
    assert_eq!(first.batch.tasks[0].external_id, id(149));
    let second = double.pull(Some(at(300)), first.next.as_deref()).await.unwrap();
    assert_eq!(second.batch.tasks.len(), 50);
    assert_eq!(second.batch.tasks[49].external_id, id(0));
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn after_very_many_changes_the_whole_board_is_read() {
    let mut store =
        Store { cards: (0..301).map(|second| card(second, "b1", "todo", 500)).collect(), ..Store::default() };
    store.actions = vec![action("deleteCard", 450, 900, json!({}))];
    let double = Double::of(store).await;
    let pulled = double.pull(Some(at(300)), None).await.unwrap();
    assert_eq!((pulled.batch.tasks.len(), pulled.next), (301, None));
    assert_eq!(pulled.batch.gone, [id(900)]);
    assert!(!double.heard("/1/batch"), "by pages, not by ids");
}

#[tokio::test]
async fn a_change_that_comes_while_cards_are_read_is_followed() {
    let mut store =
        Store { cards: vec![card(2, "b1", "todo", 110), card(1, "b1", "todo", 90)], ..Store::default() };
    // What a list told is older than what is read then.
    store.late.push((id(2), date(130)));
    let double = Double::of(store).await;
    let first = double.pull(Some(at(100)), None).await.unwrap();
    assert_eq!(first.batch.tasks[0].updated_at, Some(at(130)));
    let next = first.next.unwrap();
    assert_eq!(Cursor::read(&next).unwrap(), Cursor::Changes(Change { at: at(110), card: id(2) }));
    double.store.lock().unwrap().change(&id(1), "dateLastActivity", json!(date(125)));
    let second = double.pull(Some(at(100)), Some(&next)).await.unwrap();
    assert_eq!((titles(&second), second.next.as_deref()), (vec![id(1).as_str()], None));
}

#[tokio::test]
async fn cards_are_reread_on_whatever_boards_they_are() {
    let mut store = Store {
        cards: (0..12).map(|n| card(n, if n % 2 == 0 { "b1" } else { "b2" }, "todo", n)).collect(),
        ..Store::default()
    };
    store.cards.push(card(50, "secret", "todo", 50));
    let double = Double::of(store).await;
    let mut ids: Vec<String> = (0..12).map(id).collect();
    ids.extend([id(50), id(60), "a/../b".to_owned(), "badid".to_owned()]);
    let read = double.reread(&ids).await.unwrap();
    assert_eq!(read.batch.tasks.len(), 12);
    let projects: Vec<&str> =
        read.batch.projects.iter().map(|project| project.external_id.as_str()).collect();
    assert_eq!(projects, ["b1", "b2"]);
    assert!(read.batch.tasks.iter().all(|task| projects.contains(&task.projects[0].as_str())));
    assert_eq!(read.batch.people.len(), 1, "each once");
    assert_eq!(read.batch.states[0].tasks, 12);
    assert_eq!(read.gone, [id(60), id(50)]);
    let skipped: Vec<&str> = read.batch.skipped.iter().map(|item| item.external_id.as_str()).collect();
    assert_eq!(skipped, ["a/../b", "badid"]);
    let store = double.store.lock().unwrap();
    let calls = store.heard.iter().filter(|(address, _)| address.starts_with("/1/batch?")).count();
    assert_eq!(calls, 2, "ten with one call");
    assert!(
        store.heard.iter().all(|(address, _)| address.len() < 8_000),
        "an address that every server takes"
    );
}

#[tokio::test]
async fn what_a_part_of_a_call_refuses_is_not_taken_for_deleted() {
    for (status, expected) in [
        (429, ToolError::TooOften { seconds: 10 }),
        (500, ToolError::Unavailable(String::new())),
        (302, ToolError::Unreadable(String::new())),
    ] {
        let mut store = finished();
        store.statuses.insert(id(0), status);
        let error = Double::of(store).await.reread(&[id(0)]).await.unwrap_err();
        assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&expected), "{status}: {error:?}");
    }
    // Hidden cards are gone only if the token is still good.
    let mut store = Store::default();
    store.cards.push(card(50, "secret", "todo", 50));
    store.is_locked = true;
    let error = Double::of(store).await.reread(&[id(50)]).await.unwrap_err();
    assert!(matches!(error, ToolError::Unauthorized(_)), "{error:?}");
}

#[tokio::test]
async fn a_board_that_is_not_shown_does_not_make_the_token_bad() {
    let double = Double::of(Store::default()).await;
    let container = Container { external_id: "secret".to_owned(), ..double.container() };
    let wanted = Wanted { container: &container, since: None, cursor: None };
    let error = double.trello.pull(&double.access(), wanted).await.unwrap_err();
    assert!(matches!(error, ToolError::Forbidden(_)), "{error:?}");
}

#[test]
fn a_list_that_does_not_go_on_is_refused() {
    let ids = |all: &[&str]| all.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(listing::next(&ids(&["c", "b"]), 2, None).unwrap().as_deref(), Some("b"));
    assert_eq!(listing::next(&ids(&["a"]), 2, Some("b")).unwrap(), None);
    assert_eq!(listing::next(&[], 2, None).unwrap(), None);
    for before in ["a", "b"] {
        let error = listing::next(&ids(&["c", "b"]), 2, Some(before)).unwrap_err();
        assert!(matches!(error, ToolError::Unreadable(_)), "{error:?}");
    }
}

#[test]
fn a_place_is_read_as_it_was_written() {
    for cursor in [
        Cursor::Cards { before: id(1), begun: Some(at(5)) },
        Cursor::Cards { before: id(1), begun: None },
        Cursor::Changes(Change { at: at(5), card: id(2) }),
        Cursor::Changes(Change { at: at(5), card: String::new() }),
    ] {
        assert_eq!(Cursor::read(&cursor.to_string()).unwrap(), cursor);
    }
    for text in ["", "cards", "cards a", "cards a b", "changes a b", "changes 5", "lists 5 "] {
        assert!(matches!(Cursor::read(text), Err(ToolError::Unreadable(_))), "{text}");
    }
}

#[test]
fn a_record_that_is_cut_is_told() {
    let board = BoardText::of(br#"{"id": "b1", "name": "B", "lists": [], "actions": [1], "cards": 2}"#, None)
        .unwrap();
    let record = Record { actions: vec!["{}".to_owned()], whole_since: None, is_cut: true };
    let batch = board.read(&[], &record).unwrap();
    assert_eq!(batch.projects[0].payload, r#"{"id":"b1","name":"B","lists":[]}"#);
    assert_eq!(batch.notes.len(), 1);
    for body in ["[]", "{", "{}", r#"{"name": "B"}"#, "<html>"] {
        assert!(matches!(BoardText::of(body.as_bytes(), None), Err(ToolError::Unreadable(_))), "{body}");
    }
    assert!(matches!(board.read(&["{}"], &Record::default()), Err(ToolError::Unreadable(_))));
}

#[tokio::test]
async fn a_card_without_any_action_was_always_where_it_is() {
    let mut store = Store::default();
    store.cards.push(card(7, "b1", "doing", 90));
    let double = Double::of(store).await;
    for batch in [
        double.pull(None, None).await.unwrap().batch,
        double.pull(Some(at(80)), None).await.unwrap().batch,
        double.reread(&[id(7)]).await.unwrap().batch,
    ] {
        let task = &batch.tasks[0];
        assert_eq!(task.started_at, Some(at(7)), "of cards that came with the board there is no action");
        assert_eq!(task.status_intervals.len(), 1);
        assert_eq!(task.status_intervals[0].from, at(7));
    }
}
