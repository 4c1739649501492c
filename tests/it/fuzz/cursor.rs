//! Cursors: whatever is sent as one leads to the very page that it stands before, or is refused as all others.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Answer, TestServer, World, both_databases};

use super::{
    dice::{Dice, bytes},
    search,
};
use crate::list::rows::write;

const LIST: &str = "query($after: String, $before: String, $first: Int, $last: Int, $filter: TaskFilter, $sort: [TaskSort!]) {
  tasks(after: $after, before: $before, first: $first, last: $last, filter: $filter, sort: $sort) {
    edges { cursor node { id } } } }";

/// A list with all it gives, in order.
struct List {
    filter: Value,
    sort: Value,
    edges: Vec<(String, String)>,
}

fn edges(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let edges = answer.at("tasks.edges").as_array().expect("a list");
    edges.iter().map(|edge| (text(&edge["cursor"]), text(&edge["node"]["id"]))).collect()
}

/// The same list in several orders and several parts.
async fn lists(server: &TestServer, token: &str) -> Vec<List> {
    let mut lists = Vec::new();
    for filter in
        [json!(null), json!({ "status": { "eq": "TODO" } }), json!({ "title": { "contains": "a" } })]
    {
        for sort in [
            json!(null),
            json!([{ "field": "TITLE" }]),
            json!([{ "field": "DUE_ON", "order": "DESC", "nulls": "FIRST" }]),
            json!([{ "field": "COMPLETED_AT" }, { "field": "TITLE", "order": "DESC" }]),
        ] {
            let answer = server
                .graphql(Some(token), LIST, json!({ "first": 200, "filter": filter, "sort": sort }))
                .await;
            lists.push(List { edges: edges(&answer), filter: filter.clone(), sort });
        }
    }
    assert!(lists.iter().all(|list| list.edges.len() > 2), "rows in each list");
    lists
}

/// Breaks a cursor: its characters, the bytes behind them, or the values in them.
fn broken(cursor: &str, other: &str, dice: &mut Dice<'_>) -> String {
    let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("base64");
    let at = dice.roll(bytes.len());
    match dice.roll(9) {
        0 => cursor.to_owned(),
        1 => cursor[..dice.roll(cursor.len())].to_owned(),
        2 => format!("{cursor}{}", dice.one_of(&["=", "A", " ", "\n", "%", "é", "\0", "=="])),
        3 => {
            bytes[at] ^= 1 << dice.roll(8);
            BASE64_URL_SAFE_NO_PAD.encode(bytes)
        }
        4 => {
            bytes.truncate(at);
            BASE64_URL_SAFE_NO_PAD.encode(bytes)
        }
        5 => {
            // The seal of one with the values of another.
            let more = BASE64_URL_SAFE_NO_PAD.decode(other).expect("base64");
            BASE64_URL_SAFE_NO_PAD.encode([&bytes[..8], &more[8..]].concat())
        }
        6 => {
            let body = *dice.one_of(&[
                "[[],\"\"]",
                "[[{\"t\":\"a\\u0000\"}],\"\"]",
                "null",
                "[[[[[[[[[[",
                "{}",
                "[[\"n\"],0]",
            ]);
            BASE64_URL_SAFE_NO_PAD.encode([&bytes[..8], body.as_bytes()].concat())
        }
        7 => cursor.to_uppercase(),
        _ => cursor.repeat(2 + dice.roll(60)),
    }
}

both_databases! {
    async fn a_cursor_gives_its_page_or_nothing(server: TestServer) {
        let world = World::of(&server).await;
        write(&server, &world.a).await;
        world.b.thread(server.database()).await;
        let token = world.a.leader.token.clone();
        let lists = lists(&server, &token).await;
        let here = tokio::runtime::Handle::current();
        let met: std::cell::RefCell<BTreeMap<&str, u32>> = std::cell::RefCell::default();
        let strategy = (bytes(30), prop_oneof![4 => Just(None), 1 => "\\PC{0,80}".prop_map(Some), 1 => "[A-Za-z0-9_-]{0,300}".prop_map(Some)]);
        search(250, &strategy, |(choices, arbitrary)| {
            let mut dice = Dice::new(&choices);
            let asked = dice.one_of(&lists);
            let home = if dice.chance(3) { dice.one_of(&lists) } else { asked };
            let (place, other) = (dice.roll(home.edges.len()), dice.roll(home.edges.len()));
            let backwards = dice.chance(2);
            let cursor = match arbitrary {
                Some(text) => text,
                None if dice.chance(2) => home.edges[place].0.clone(),
                None => broken(&home.edges[place].0, &home.edges[other].0, &mut dice),
            };
            let mut variables = json!({ "filter": asked.filter, "sort": asked.sort });
            variables[if backwards { "before" } else { "after" }] = json!(cursor);
            variables[if backwards { "last" } else { "first" }] = json!(4);
            let answer = here.block_on(server.graphql(Some(&token), LIST, variables));
            // Any of the list's own cursors leads to the rows beside it; nothing else leads anywhere.
            match asked.edges.iter().position(|(own, _)| *own == cursor) {
                Some(at) => {
                    let expected = if backwards {
                        &asked.edges[at.saturating_sub(4)..at]
                    } else {
                        &asked.edges[at + 1..(at + 5).min(asked.edges.len())]
                    };
                    prop_assert!(answer.errors().is_empty(), "{cursor}: {}", answer.text);
                    prop_assert_eq!(edges(&answer), expected);
                    *met.borrow_mut().entry("a page").or_default() += 1;
                }
                None => {
                    let codes: Vec<_> = answer.errors().iter().map(|error| error["extensions"]["code"].clone()).collect();
                    // NUL is refused before anything is read.
                    let expected = if cursor.contains('\0') { "BAD_USER_INPUT" } else { "CURSOR_INVALID" };
                    prop_assert_eq!(codes, [json!(expected)], "{:?}: {}", cursor, answer.text);
                    *met.borrow_mut().entry("refused").or_default() += 1;
                }
            }
            Ok(())
        });
        let met = met.into_inner();
        assert!(met["a page"] >= 20 && met["refused"] >= 20, "{met:?}");
    }
}
