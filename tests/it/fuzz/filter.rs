//! Filters: any that fits the schema gives rows or is refused in words, and gives the rows that it says.

use std::cell::Cell;

use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::{Map, Value, json};
use support::{Answer, ApiSchema, Cell as Column, TestServer, World, both_databases};

use super::{
    dice::{Dice, bytes},
    oracle::fits,
    search,
    value::{NUMBERS, TEXTS, Values, number},
};
use crate::list::rows::write;

/// Every list at the root that takes a filter: its field and the type of the filter.
fn lists(schema: &ApiSchema) -> Vec<(String, String)> {
    let fields = schema.named("Query").fields.iter();
    let rows = fields.filter(|field| schema.named(&field.gives.name).field("totalCount").is_some());
    let filters = rows.filter_map(|field| {
        let filter = field.arguments.iter().find(|argument| argument.name == "filter")?;
        Some((field.name.clone(), filter.takes.name.clone()))
    });
    filters.collect()
}

/// Rows or words, never the inside.
#[track_caller]
fn refusal(answer: &Answer) -> Result<Option<&str>, TestCaseError> {
    prop_assert!(
        answer.status.as_u16() < 500 && !answer.text.contains("INTERNAL"),
        "{} {}",
        answer.status,
        answer.text
    );
    let code = answer.errors().first().and_then(|error| error["extensions"]["code"].as_str());
    prop_assert!(code.is_some() || answer.errors().is_empty(), "{}", answer.text);
    Ok(code)
}

/// What is tested where: a field of a list, and how its values are compared.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Key,
    Number,
    Time,
    Day,
    Word,
}

const OBJECTIVES: [(&str, Kind); 8] = [
    ("title", Kind::Text),
    ("code", Kind::Key),
    ("state", Kind::Word),
    ("kind", Kind::Word),
    ("visibility", Kind::Word),
    ("progress", Kind::Number),
    ("priority", Kind::Number),
    ("createdAt", Kind::Time),
];
const TASKS: [(&str, Kind); 8] = [
    ("title", Kind::Text),
    ("status", Kind::Word),
    ("providerStatus", Kind::Key),
    ("dueOn", Kind::Day),
    ("completedAt", Kind::Time),
    ("workClass", Kind::Word),
    ("createdAt", Kind::Time),
    ("updatedAt", Kind::Time),
];

/// A list with its rows.
struct Known<'a> {
    list: &'static str,
    filter: &'static str,
    fields: &'static [(&'static str, Kind)],
    rows: Vec<Value>,
    schema: &'a ApiSchema,
}

impl Known<'_> {
    /// A filter of scalar fields, to be checked row by row.
    fn filter(&self, dice: &mut Dice<'_>, depth: usize) -> Map<String, Value> {
        let mut filter = Map::new();
        for _ in 0..1 + dice.roll(2) {
            let inner = |known: &Self, dice: &mut Dice<'_>| Value::Object(known.filter(dice, depth - 1));
            let (name, part) = match dice.roll(if depth == 0 { 4 } else { 8 }) {
                4 | 5 => {
                    let count = dice.roll(3);
                    let all: Vec<_> = (0..count).map(|_| inner(self, dice)).collect();
                    (*dice.one_of(&["and", "or"]), json!(all))
                }
                6 | 7 => ("not", inner(self, dice)),
                _ => {
                    let (field, kind) = *dice.one_of(self.fields);
                    (field, self.test(dice, field, kind))
                }
            };
            filter.insert(name.to_owned(), part);
        }
        filter
    }

    fn test(&self, dice: &mut Dice<'_>, field: &str, kind: Kind) -> Value {
        const ORDERED: [&str; 9] = ["eq", "neq", "in", "nin", "lt", "lte", "gt", "gte", "null"];
        const TEXT: [&str; 11] = [
            "eq",
            "neq",
            "in",
            "nin",
            "contains",
            "startsWith",
            "endsWith",
            "eqIgnoreCase",
            "containsIgnoreCase",
            "startsWithIgnoreCase",
            "null",
        ];
        const KEY: [&str; 6] = ["eq", "neq", "in", "nin", "startsWith", "null"];
        let mut tests = Map::new();
        for _ in 0..dice.roll(4).clamp(1, 2) {
            let test = match kind {
                Kind::Text => *dice.one_of(&TEXT),
                Kind::Key => *dice.one_of(&KEY),
                Kind::Word => *dice.one_of(&["eq", "neq", "in", "nin", "null"]),
                Kind::Number | Kind::Time | Kind::Day => *dice.one_of(&ORDERED),
            };
            let with = match test {
                "null" => json!(dice.chance(2)),
                "in" | "nin" => (0..dice.roll(4)).map(|_| self.value(dice, field, kind)).collect(),
                _ => self.value(dice, field, kind),
            };
            tests.insert(test.to_owned(), with);
        }
        Value::Object(tests)
    }

    /// A value that a row has, or one at the edges.
    fn value(&self, dice: &mut Dice<'_>, field: &str, kind: Kind) -> Value {
        let there = &self.rows[dice.roll(self.rows.len())][field];
        if !there.is_null() && !dice.chance(3) {
            return there.clone();
        }
        match kind {
            Kind::Text | Kind::Key => json!(dice.one_of(&TEXTS.map(|text| text.replace('\0', "0")))),
            Kind::Number => number(dice.one_of::<&str>(&NUMBERS[..NUMBERS.len() - 1])),
            Kind::Time => json!(*dice.one_of(&[
                "0001-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999Z",
                "2023-11-14T22:13:20.000002Z",
                "1970-01-01T02:00:00+02:00"
            ])),
            Kind::Day => json!(*dice.one_of(&["0001-01-01", "9999-12-31", "2026-03-04", "2026-02-28"])),
            Kind::Word => {
                let comparator = self.schema.fields_of_input(self.filter);
                let comparator =
                    comparator.iter().find(|input| input.name == field).expect("a field of the filter");
                let eq = self.schema.fields_of_input(&comparator.takes.name);
                let eq = eq.iter().find(|input| input.name == "eq").expect("a test");
                json!(dice.one_of(&self.schema.named(&eq.takes.name).values))
            }
        }
    }
}

async fn rows(server: &TestServer, token: &str, list: &str, fields: &[(&str, Kind)]) -> Vec<Value> {
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let query = format!("{{ {list}(first: 200) {{ nodes {{ id {} }} }} }}", names.join(" "));
    let answer = server.graphql(Some(token), &query, json!({})).await;
    answer.at(&format!("{list}.nodes")).as_array().expect("a list").clone()
}

/// Goals with ties, gaps and edges in every column.
async fn write_objectives(server: &TestServer, world: &World) {
    for at in 0_i64..14 {
        let pick = |list: &[&'static str]| list[usize::try_from(at).expect("small") % list.len()];
        let float = |list: &[Option<f64>]| list[usize::try_from(at).expect("small") % list.len()];
        let title = pick(&["alpha", "Alpha", "Ä 100%", "a_b", "😀", "ß İ", "\u{202e}x", "a*b"]);
        let more = [
            ("state", pick(&["ACTIVE", "DRAFT", "CLOSED"]).into()),
            ("kind", pick(&["COMMITTED", "ASPIRATIONAL"]).into()),
            ("visibility", pick(&["ORGANIZATION", "ORGANIZATION", "PRIVATE"]).into()),
            (
                "progress",
                float(&[None, Some(0.0), Some(0.1), Some(0.300_000_000_000_000_04), Some(1.0)]).into(),
            ),
            ("priority", float(&[Some(0.5), None, Some(5e-324)]).into()),
            ("created_at", Column::Int(1_700_000_000_000_000 + at % 4)),
        ];
        world.a.objective(server.database(), at + 1, title, &more).await.expect("written");
    }
}

both_databases! {
    async fn any_filter_gives_rows_or_words(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let world = World::of(&server).await;
        let thread = world.a.thread(server.database()).await;
        let ids: Vec<_> = ["objective", "key_result", "project", "task", "cycle"].into_iter().flat_map(|table| thread.ids(table)).collect();
        let lists = lists(&schema);
        assert!(lists.len() >= 8, "{lists:?}");
        let token = world.a.leader.token.clone();
        let here = tokio::runtime::Handle::current();
        let given = Cell::new(0_u32);
        search(300, &bytes(120), |choices| {
            let mut dice = Dice::new(&choices);
            let (list, of) = dice.one_of(&lists);
            let values = Values { schema: &schema, ids: &ids };
            let filter = values.of(&mut dice, &format!("{of}!"), 4);
            let query = format!("query($filter: {of}) {{ {list}(filter: $filter, first: 5) {{ totalCount nodes {{ id }} }} }}");
            let answer = here.block_on(server.graphql(Some(&token), &query, json!({ "filter": filter })));
            match refusal(&answer)? {
                Some(code) => prop_assert!(["BAD_USER_INPUT", "NOT_FOUND"].contains(&code), "{}: {}", filter, answer.text),
                None => given.set(given.get() + 1),
            }
            Ok(())
        });
        assert!(given.get() >= 60, "only {} filters were taken", given.get());
    }

    async fn filters_mean_what_they_say(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let world = World::of(&server).await;
        write(&server, &world.a).await;
        write_objectives(&server, &world).await;
        world.b.thread(server.database()).await;
        let token = world.a.leader.token.clone();
        let known = [
            Known { list: "tasks", filter: "TaskFilter", fields: &TASKS, rows: rows(&server, &token, "tasks", &TASKS).await, schema: &schema },
            Known { list: "objectives", filter: "ObjectiveFilter", fields: &OBJECTIVES, rows: rows(&server, &token, "objectives", &OBJECTIVES).await, schema: &schema },
        ];
        assert_eq!(known.each_ref().map(|known| known.rows.len()), [29, 14]);
        let here = tokio::runtime::Handle::current();
        search(250, &(any::<bool>(), bytes(80)), |(which, choices)| {
            let known = &known[usize::from(which)];
            let filter = known.filter(&mut Dice::new(&choices), 3);
            let query = format!(
                "query($filter: {}) {{ {}(filter: $filter, first: 200) {{ totalCount nodes {{ id }} }} }}",
                known.filter, known.list
            );
            let answer = here.block_on(server.graphql(Some(&token), &query, json!({ "filter": filter })));
            prop_assert_eq!(refusal(&answer)?, None, "{}", answer.text);
            let expected: Vec<_> = known.rows.iter().filter(|row| fits(&filter, row)).map(|row| row["id"].clone()).collect();
            let nodes = answer.at(&format!("{}.nodes", known.list)).as_array().expect("a list");
            let found: Vec<_> = nodes.iter().map(|node| node["id"].clone()).collect();
            prop_assert_eq!(found, expected.clone(), "{}", Value::Object(filter));
            prop_assert_eq!(answer.at(&format!("{}.totalCount", known.list)), &json!(expected.len()));
            Ok(())
        });
    }

    async fn filters_within_filters_are_taken_or_refused(server: TestServer) {
        let world = World::of(&server).await;
        world.a.thread(server.database()).await;
        let token = Some(world.a.leader.token.as_str());
        for wrap in [
            |inner: Value| json!({ "not": inner }),
            |inner: Value| json!({ "and": [inner] }),
            |inner: Value| json!({ "or": [inner, { "title": { "eq": "x" } }] }),
            |inner: Value| json!({ "parent": inner }),
            |inner: Value| json!({ "children": { "some": inner } }),
            |inner: Value| json!({ "children": { "every": inner } }),
        ] {
            for depth in [5, 20, 40, 60] {
                let filter = (0..depth).fold(json!({ "title": { "eq": "x" } }), |inner, _| wrap(inner));
                let query = "query($filter: ObjectiveFilter) { objectives(filter: $filter) { totalCount } }";
                let answer = server.graphql(token, query, json!({ "filter": filter })).await;
                let shown: String = filter.to_string().chars().take(40).collect();
                assert!(answer.status.as_u16() < 500 && !answer.text.contains("INTERNAL"), "{depth} of {shown}: {}", answer.text);
            }
        }
    }
}
