//! Random filters over tasks.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};
use support::{Backend, TestServer, World, both_databases};

use super::rows::{CLASSES, LABELS, PROJECTS, PROVIDER, STATUSES, TITLES, TaskRow, day, global, write};

/// A test of a text.
#[derive(Clone, Debug)]
enum Text {
    Eq(String),
    Neq(String),
    In(Vec<String>),
    Nin(Vec<String>),
    EqIgnoreCase(String),
    Contains(String),
    ContainsIgnoreCase(String),
    StartsWith(String),
    StartsWithIgnoreCase(String),
    EndsWith(String),
    Null(bool),
}

/// A test of a value of a list of words.
#[derive(Clone, Debug)]
enum Word {
    Eq(&'static str),
    Neq(&'static str),
    In(Vec<&'static str>),
    Nin(Vec<&'static str>),
    Null(bool),
}

/// A test of a day, counted from the first of the month.
#[derive(Clone, Debug)]
enum Day {
    Eq(u32),
    Neq(u32),
    Lt(u32),
    Lte(u32),
    Gt(u32),
    Gte(u32),
    Null(bool),
}

/// How many related rows must fit.
#[derive(Clone, Debug)]
enum Many<F> {
    Some(F),
    Every(F),
    None(F),
    Length(&'static str, i64),
}

/// A filter over tasks.
#[derive(Clone, Debug)]
enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    /// Two conditions in one object.
    Both(Box<Filter>, Box<Filter>),
    Title(Text),
    ProviderStatus(Word),
    Status(Word),
    WorkClass(Word),
    DueOn(Day),
    ProjectTitle(Text),
    Projects(Many<Text>),
    Labels(Many<Text>),
    Parent(Box<Filter>),
    Children(Many<Box<Filter>>),
}

impl Text {
    fn json(&self) -> Value {
        match self {
            Self::Eq(text) => json!({ "eq": text }),
            Self::Neq(text) => json!({ "neq": text }),
            Self::In(texts) => json!({ "in": texts }),
            Self::Nin(texts) => json!({ "nin": texts }),
            Self::EqIgnoreCase(text) => json!({ "eqIgnoreCase": text }),
            Self::Contains(text) => json!({ "contains": text }),
            Self::ContainsIgnoreCase(text) => json!({ "containsIgnoreCase": text }),
            Self::StartsWith(text) => json!({ "startsWith": text }),
            Self::StartsWithIgnoreCase(text) => json!({ "startsWithIgnoreCase": text }),
            Self::EndsWith(text) => json!({ "endsWith": text }),
            Self::Null(is) => json!({ "null": is }),
        }
    }

    fn holds(&self, is: &str) -> bool {
        let folded = |text: &str| text.to_lowercase();
        match self {
            Self::Eq(text) => is == text,
            Self::Neq(text) => is != text,
            Self::In(texts) => texts.iter().any(|text| is == text),
            Self::Nin(texts) => texts.iter().all(|text| is != text),
            Self::EqIgnoreCase(text) => folded(is) == folded(text),
            Self::Contains(text) => is.contains(text),
            Self::ContainsIgnoreCase(text) => folded(is).contains(&folded(text)),
            Self::StartsWith(text) => is.starts_with(text),
            Self::StartsWithIgnoreCase(text) => folded(is).starts_with(&folded(text)),
            Self::EndsWith(text) => is.ends_with(text),
            Self::Null(null) => !null,
        }
    }
}

impl Word {
    fn json(&self) -> Value {
        match self {
            Self::Eq(word) => json!({ "eq": word }),
            Self::Neq(word) => json!({ "neq": word }),
            Self::In(words) => json!({ "in": words }),
            Self::Nin(words) => json!({ "nin": words }),
            Self::Null(is) => json!({ "null": is }),
        }
    }

    fn holds(&self, is: Option<&str>) -> bool {
        match self {
            Self::Eq(word) => is == Some(*word),
            Self::Neq(word) => is != Some(*word),
            Self::In(words) => is.is_some_and(|is| words.contains(&is)),
            Self::Nin(words) => is.is_none_or(|is| !words.contains(&is)),
            Self::Null(null) => is.is_none() == *null,
        }
    }
}

impl Day {
    fn json(&self) -> Value {
        match self {
            Self::Eq(at) => json!({ "eq": day(*at).to_string() }),
            Self::Neq(at) => json!({ "neq": day(*at).to_string() }),
            Self::Lt(at) => json!({ "lt": day(*at).to_string() }),
            Self::Lte(at) => json!({ "lte": day(*at).to_string() }),
            Self::Gt(at) => json!({ "gt": day(*at).to_string() }),
            Self::Gte(at) => json!({ "gte": day(*at).to_string() }),
            Self::Null(is) => json!({ "null": is }),
        }
    }

    fn holds(&self, is: Option<chrono::NaiveDate>) -> bool {
        match self {
            Self::Eq(at) => is == Some(day(*at)),
            Self::Neq(at) => is != Some(day(*at)),
            Self::Lt(at) => is.is_some_and(|is| is < day(*at)),
            Self::Lte(at) => is.is_some_and(|is| is <= day(*at)),
            Self::Gt(at) => is.is_some_and(|is| is > day(*at)),
            Self::Gte(at) => is.is_some_and(|is| is >= day(*at)),
            Self::Null(null) => is.is_none() == *null,
        }
    }
}

impl<F> Many<F> {
    fn json(&self, inner: impl Fn(&F) -> Value) -> Value {
        match self {
            Self::Some(filter) => json!({ "some": inner(filter) }),
            Self::Every(filter) => json!({ "every": inner(filter) }),
            Self::None(filter) => json!({ "none": inner(filter) }),
            Self::Length(test, count) => json!({ "length": { *test: count } }),
        }
    }

    fn holds<R>(&self, related: &[R], fits: impl Fn(&F, &R) -> bool) -> bool {
        match self {
            Self::Some(filter) => related.iter().any(|row| fits(filter, row)),
            Self::Every(filter) => related.iter().all(|row| fits(filter, row)),
            Self::None(filter) => !related.iter().any(|row| fits(filter, row)),
            Self::Length(test, count) => {
                let is = i64::try_from(related.len()).expect("a small number");
                match *test {
                    "eq" => is == *count,
                    "neq" => is != *count,
                    "lt" => is < *count,
                    "lte" => is <= *count,
                    "gt" => is > *count,
                    "gte" => is >= *count,
                    other => panic!("no count is tested by {other}"),
                }
            }
        }
    }
}

impl Filter {
    fn json(&self) -> Value {
        let all = |filters: &[Self]| filters.iter().map(Self::json).collect::<Vec<_>>();
        match self {
            Self::And(filters) => json!({ "and": all(filters) }),
            Self::Or(filters) => json!({ "or": all(filters) }),
            Self::Not(filter) => json!({ "not": filter.json() }),
            Self::Both(one, other) => {
                let (one, other) = (one.json(), other.json());
                let (mut merged, other) = (one.as_object().expect("an object").clone(), other);
                for (name, value) in other.as_object().expect("an object") {
                    // The same field twice is not one object: it stands in `and`.
                    if merged.contains_key(name) {
                        return json!({ "and": [merged, other] });
                    }
                    merged.insert(name.clone(), value.clone());
                }
                Value::Object(merged)
            }
            Self::Title(test) => json!({ "title": test.json() }),
            Self::ProviderStatus(test) => json!({ "providerStatus": test.json() }),
            Self::Status(test) => json!({ "status": test.json() }),
            Self::WorkClass(test) => json!({ "workClass": test.json() }),
            Self::DueOn(test) => json!({ "dueOn": test.json() }),
            Self::ProjectTitle(test) => json!({ "project": { "title": test.json() } }),
            Self::Projects(many) => json!({ "projects": many.json(|test| json!({ "title": test.json() })) }),
            Self::Labels(many) => json!({ "labels": many.json(|test| json!({ "name": test.json() })) }),
            Self::Parent(filter) => json!({ "parent": filter.json() }),
            Self::Children(many) => json!({ "children": many.json(|filter| filter.json()) }),
        }
    }

    fn holds(&self, at: usize, rows: &[TaskRow]) -> bool {
        let row = &rows[at];
        let projects: Vec<&str> = row.project.iter().map(|project| PROJECTS[*project].0).collect();
        match self {
            Self::And(filters) => filters.iter().all(|filter| filter.holds(at, rows)),
            Self::Or(filters) => filters.iter().any(|filter| filter.holds(at, rows)),
            Self::Not(filter) => !filter.holds(at, rows),
            Self::Both(one, other) => one.holds(at, rows) && other.holds(at, rows),
            Self::Title(test) => test.holds(&row.title),
            Self::ProviderStatus(test) => test.holds(row.provider_status),
            Self::Status(test) => test.holds(Some(row.status)),
            Self::WorkClass(test) => test.holds(row.work_class),
            Self::DueOn(test) => test.holds(row.due_on),
            Self::ProjectTitle(test) => projects.first().is_some_and(|title| test.holds(title)),
            Self::Projects(many) => many.holds(&projects, |test, title| test.holds(title)),
            Self::Labels(many) => many.holds(&row.labels, |test, label| test.holds(label)),
            Self::Parent(filter) => row.parent.is_some_and(|parent| filter.holds(parent, rows)),
            Self::Children(many) => {
                let children: Vec<usize> =
                    (0..rows.len()).filter(|child| rows[*child].parent == Some(at)).collect();
                many.holds(&children, |filter, child| filter.holds(*child, rows))
            }
        }
    }
}

/// Texts that are there, parts of them, and texts that are not.
fn texts(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    const PARTS: [&str; 12] = ["", "a", "A", "%", "_", "*", "ä", "ALPHA", "bet", " ", "lph", "e"];
    prop_oneof![
        prop::sample::select(known).prop_map(str::to_owned),
        prop::sample::select(&PARTS[..]).prop_map(str::to_owned),
    ]
}

fn text(known: &'static [&'static str]) -> impl Strategy<Value = Text> {
    let some = move || prop::collection::vec(texts(known), 0..3);
    prop_oneof![
        texts(known).prop_map(Text::Eq),
        texts(known).prop_map(Text::Neq),
        some().prop_map(Text::In),
        some().prop_map(Text::Nin),
        texts(known).prop_map(Text::EqIgnoreCase),
        texts(known).prop_map(Text::Contains),
        texts(known).prop_map(Text::ContainsIgnoreCase),
        texts(known).prop_map(Text::StartsWith),
        texts(known).prop_map(Text::StartsWithIgnoreCase),
        texts(known).prop_map(Text::EndsWith),
        any::<bool>().prop_map(Text::Null),
    ]
}

fn word(known: &'static [&'static str]) -> impl Strategy<Value = Word> {
    let one = move || prop::sample::select(known);
    let some = move || prop::collection::vec(prop::sample::select(known), 0..3);
    prop_oneof![
        one().prop_map(Word::Eq),
        one().prop_map(Word::Neq),
        some().prop_map(Word::In),
        some().prop_map(Word::Nin),
        any::<bool>().prop_map(Word::Null),
    ]
}

fn a_day() -> impl Strategy<Value = Day> {
    prop_oneof![
        (0..8_u32).prop_map(Day::Eq),
        (0..8_u32).prop_map(Day::Neq),
        (0..8_u32).prop_map(Day::Lt),
        (0..8_u32).prop_map(Day::Lte),
        (0..8_u32).prop_map(Day::Gt),
        (0..8_u32).prop_map(Day::Gte),
        any::<bool>().prop_map(Day::Null),
    ]
}

fn many<F: Clone + std::fmt::Debug>(
    inner: impl Strategy<Value = F> + Clone + 'static,
) -> impl Strategy<Value = Many<F>> {
    const TESTS: [&str; 6] = ["eq", "neq", "lt", "lte", "gt", "gte"];
    prop_oneof![
        inner.clone().prop_map(Many::Some),
        inner.clone().prop_map(Many::Every),
        inner.prop_map(Many::None),
        (prop::sample::select(&TESTS[..]), -1..4_i64).prop_map(|(test, count)| Many::Length(test, count)),
    ]
}

const PROJECT_TITLES: [&str; 3] = [PROJECTS[0].0, PROJECTS[1].0, PROJECTS[2].0];

fn filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        text(&TITLES).prop_map(Filter::Title),
        word(&PROVIDER).prop_map(Filter::ProviderStatus),
        word(&STATUSES).prop_map(Filter::Status),
        word(&CLASSES).prop_map(Filter::WorkClass),
        a_day().prop_map(Filter::DueOn),
        text(&PROJECT_TITLES).prop_map(Filter::ProjectTitle),
        many(text(&PROJECT_TITLES).boxed()).prop_map(Filter::Projects),
        many(text(&LABELS).boxed()).prop_map(Filter::Labels),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Or),
            inner.clone().prop_map(|filter| Filter::Not(Box::new(filter))),
            (inner.clone(), inner.clone())
                .prop_map(|(one, other)| Filter::Both(Box::new(one), Box::new(other))),
            inner.clone().prop_map(|filter| Filter::Parent(Box::new(filter))),
            many(inner.prop_map(Box::new).boxed()).prop_map(Filter::Children),
        ]
    })
}

both_databases! {
    async fn filters_choose_the_rows_that_fit(server: TestServer) {
        let world = World::of(&server).await;
        let (rows, _) = write(&server, &world.a).await;
        // The other organization's tasks must not be among them.
        world.b.thread(server.database()).await;
        let cases = match server.backend() {
            Backend::Sqlite => 300,
            Backend::Postgres => 100,
        };
        let config = Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let token = world.a.leader.token.clone();
        let query = "query($filter: TaskFilter) { tasks(filter: $filter, first: 200) { totalCount nodes { id } } }";
        let here = tokio::runtime::Handle::current();
        let outcome = tokio::task::block_in_place(|| {
            runner.run(&filter(), |filter| {
                let variables = json!({ "filter": filter.json() });
                let answer = here.block_on(server.graphql(Some(&token), query, variables));
                if !answer.errors().is_empty() {
                    return Err(TestCaseError::fail(answer.text));
                }
                let expected: Vec<_> =
                    (0..rows.len()).filter(|at| filter.holds(*at, &rows)).map(|at| global(rows[at].id)).collect();
                let nodes = answer.at("tasks.nodes").as_array().expect("a list");
                let found: Vec<_> = nodes.iter().map(|node| node["id"].as_str().expect("an id")).collect();
                prop_assert_eq!(&found, &expected, "{}", filter.json());
                prop_assert_eq!(answer.at("tasks.totalCount"), &json!(expected.len()));
                Ok(())
            })
        });
        if let Err(error) = outcome {
            panic!("{error}");
        }
    }
}
