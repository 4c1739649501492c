//! The worst that can be asked: each kind is one body of a request.

use std::fmt::Write as _;

use serde_json::json;

/// A kind of attack.
pub struct Worst {
    /// What it is.
    pub name: &'static str,
    /// The body of the request.
    pub body: String,
}

/// A document without variables.
fn document(name: &'static str, query: &str) -> Worst {
    Worst { name, body: json!({ "query": query }).to_string() }
}

fn nested(before: &str, open: &str, inside: &str, close: &str, after: &str, deep: usize) -> String {
    format!("{before}{}{inside}{}{after}", open.repeat(deep), close.repeat(deep))
}

fn listed(count: usize, mut one: impl FnMut(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut text, at| {
        write!(text, "{} ", one(at)).expect("written");
        text
    })
}

/// Every kind.
pub fn all() -> Vec<Worst> {
    let mut all = Vec::new();
    all.extend(deep());
    all.extend(wide());
    all.extend(costly());
    all.extend(bodies());
    all
}

fn deep() -> Vec<Worst> {
    let lists = |deep| nested("{ node(id: ", "[", "1", "]", ") { id } }", deep);
    let objects = |deep| nested("{ node(id: ", "{a:", "1", "}", ") { id } }", deep);
    let selections = |deep| nested("", "{ a ", "{ a }", "}", "", deep);
    vec![
        document("lists 5,000 deep", &lists(5_000)),
        document("lists 50,000 deep", &lists(50_000)),
        document("objects 5,000 deep", &objects(5_000)),
        document("objects 50,000 deep", &objects(50_000)),
        document("selections 5,000 deep", &selections(5_000)),
        document("selections 50,000 deep", &selections(50_000)),
        document("types 50,000 deep", &nested("query($a: ", "[", "Int", "]", ") { __typename }", 50_000)),
        document(
            "a default 50,000 deep",
            &nested("query($a: [Int] = ", "[", "1", "]", ") { __typename }", 50_000),
        ),
        document("lists behind four quotes", &format!("{{ a(b: \"\"\"\") c(d: {} ) }}", "[".repeat(50_000))),
        document("fragments 90 deep", &nested("", "{ ... on Query ", "{ __typename }", "}", "", 90)),
        document(
            "fields 99 deep, as many as may be",
            &nested("", "{ a b c d e f g h i j ", "{ a }", "}", "", 98),
        ),
        Worst {
            name: "JSON 100,000 deep in variables",
            body: nested("{\"query\":\"{ __typename }\",\"variables\":{\"a\":", "[", "1", "]", "}}", 100_000),
        },
        Worst {
            name: "JSON 100 deep in variables",
            body: nested(
                "{\"query\":\"query($a: ID!) { node(id: $a) { id } }\",\"variables\":{\"a\":",
                "[",
                "1",
                "]",
                "}}",
                100,
            ),
        },
    ]
}

fn wide() -> Vec<Worst> {
    let doubling = |last: &str| {
        let fragments =
            listed(31, |level| format!("fragment F{level} on Query {{ ...F{0} ...F{0} }}", level + 1));
        format!("{{ ...F0 }} {fragments} fragment F31 on Query {{ {last} }}")
    };
    let cycle = listed(200, |at| format!("fragment C{at} on Query {{ ...C{} }}", (at + 1) % 200));
    let overlapping = listed(400, |at| format!("viewer {{ person {{ n{}: name }} }}", at % 7));
    let merging = listed(60, |at| format!("...M{at}"))
        + "} "
        + &listed(60, |at| format!("fragment M{at} on Query {{ {} }}", listed(18, |to| format!("...M{to}"))));
    vec![
        document("fragments that double 31 times", &doubling("__typename")),
        document("the same with fields that cost", &doubling("objectives(first: 200) { nodes { title } }")),
        document("a cycle of fragments", &format!("{{ ...C0 }} {cycle}")),
        document("a cycle that nothing reaches", &format!("{{ __typename }} {cycle}")),
        document("fragments that know one another", &format!("{{ {merging}")),
        document("1,000 aliases", &format!("{{ {} }}", listed(1_000, |at| format!("a{at}: __typename")))),
        document(
            "sign-in aliased 100 times",
            &format!(
                "mutation {{ {} }}",
                listed(100, |at| format!(
                    "a{at}: signIn(input: {{ email: \"a@b.c\", password: \"p\" }}) {{ accessToken }}"
                ))
            ),
        ),
        document("fields that overlap", &format!("{{ {overlapping} }}")),
        document("2,400 directives", &format!("{{ __typename {} }}", "@a".repeat(2_400))),
        document("500,000 tokens", &format!("{{ {} }}", "a ".repeat(500_000))),
        document("as many tokens as may be", &format!("{{ {} }}", "__typename ".repeat(4_900))),
        document("4,000 unknown fields", &format!("{{ {} }}", listed(4_000, |at| format!("a{at}")))),
        document(
            "10,000 variables",
            &format!("query({}) {{ __typename }}", listed(10_000, |at| format!("$v{at}: Int"))),
        ),
        document(
            "1,200 variables",
            &format!("query({}) {{ __typename }}", listed(1_200, |at| format!("$v{at}: Int"))),
        ),
        document("1,000 operations", &listed(1_000, |at| format!("query Q{at} {{ __typename }}"))),
        document("900 KB of comment", &format!("{{ __typename }} #{}", "x".repeat(900_000))),
        document("900 KB of string", &format!("{{ node(id: \"{}\") {{ id }} }}", "x".repeat(900_000))),
        document("150,000 escapes", &format!("{{ node(id: \"{}\") {{ id }} }}", "\\u00e9".repeat(150_000))),
    ]
}

fn costly() -> Vec<Worst> {
    let round = "fields { type { ".repeat(5);
    let wide_introspection = listed(25, |at| {
        format!("a{at}: __schema {{ types {{ fields {{ args {{ type {{ ofType {{ name }} }} }} }} }} }}")
    });
    let pages = |first: i32| {
        format!(
            "{{ objectives(first: {first}) {{ nodes {{ keyResults(first: {first}) {{ nodes {{ \
             projects(first: {first}) {{ nodes {{ tasks(first: {first}) {{ nodes {{ id }} }} }} }} }} }} }} }} }}"
        )
    };
    vec![
        document(
            "introspection in a circle",
            &format!("{{ __schema {{ types {{ {round} name {} }} }} }}", "} }".repeat(5)),
        ),
        document("introspection aliased 25 times", &format!("{{ {wide_introspection} }}")),
        document("a page of 2,147,483,647", "{ objectives(first: 2147483647) { nodes { title } } }"),
        document("pages of pages of 100", &pages(100)),
        document("pages of pages of 2,147,483,647", &pages(i32::MAX)),
        document("numbers beyond all", "{ objectives(first: 1e400) { nodes { title } } }"),
        document(
            "a filter 60 deep",
            &nested(
                "{ objectives(filter: ",
                "{ not: ",
                "{ title: { eq: \"a\" } }",
                "}",
                ") { nodes { id } } }",
                60,
            ),
        ),
    ]
}

fn bodies() -> Vec<Worst> {
    let many: serde_json::Map<_, _> = (0..10_000).map(|at| (format!("v{at}"), json!(at))).collect();
    let one = json!({ "query": "{ __typename }" });
    vec![
        Worst {
            name: "10,000 values for no variable",
            body: json!({ "query": "{ __typename }", "variables": many }).to_string(),
        },
        Worst {
            name: "a list of 250,000 for one variable",
            body: json!({
                "query": "query($f: ObjectiveFilter) { objectives(filter: $f) { nodes { id } } }",
                "variables": { "f": { "title": { "in": vec!["a"; 250_000] } } },
            })
            .to_string(),
        },
        Worst { name: "a batch of 1,000", body: serde_json::Value::Array(vec![one; 1_000]).to_string() },
        Worst {
            name: "a body beyond the limit",
            body: format!("{{\"query\":\"{}\"}}", "x".repeat(1_100_000)),
        },
        Worst { name: "no JSON", body: "[".repeat(1_000_000) },
    ]
}
