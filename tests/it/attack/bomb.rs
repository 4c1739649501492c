//! Documents that would cost far more than they weigh: refused with a code, before anything runs.
//!
//! That nothing runs is seen by the database: not one statement. That it is quick is not timed; what is
//! guarded against here would take hours or the process.

use serde_json::{Value, json};
use support::{Answer, ServerOptions, StatementLog, StatusCode, TestDatabase, TestServer, World, header};

use crate::http::{GRAPHQL, on_sqlite, socket::Socket, sse};

/// Bytes of an answer at most, and errors in it.
const ANSWER: usize = 100_000;
const ERRORS: usize = 20;

/// A document as a client sends it that wants to be told by status.
async fn ask(server: &TestServer, query: &str, variables: Value) -> Answer {
    let request = server.request(reqwest::Method::POST, "/graphql").header(header::ACCEPT, GRAPHQL);
    server.send(request.json(&json!({ "query": query, "variables": variables }))).await
}

/// The code with which a document was refused, short and before it ran.
#[track_caller]
fn code(answer: &Answer, what: &str) -> String {
    let shown: String = answer.text.chars().take(300).collect();
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{what}: {shown}");
    assert!(answer.body.get("data").is_none(), "{what} ran: {shown}");
    assert!(answer.text.len() <= ANSWER, "{what}: {} bytes", answer.text.len());
    assert!((1..=ERRORS).contains(&answer.errors().len()), "{what}: {} errors", answer.errors().len());
    answer.errors()[0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{what}: {shown}")).to_owned()
}

/// A server whose statements are noted.
async fn observed(database: TestDatabase) -> (TestServer, StatementLog) {
    let log = StatementLog::default();
    let server = TestServer::start_with(database, ServerOptions::default().statements(&log)).await;
    // Jobs look around once at the start.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let _ = log.take();
    (server, log)
}

#[track_caller]
fn nothing_ran(log: &StatementLog) {
    let ran: Vec<_> = log.take().into_iter().filter(|text| !text.contains("job")).collect();
    assert!(ran.is_empty(), "{ran:?}");
}

async fn lives(server: &TestServer) {
    assert_eq!(
        server.graphql(None, "{ __typename }", json!({})).await.data(),
        &json!({ "__typename": "Query" })
    );
}

/// Texts that nest `depth` deep, also where a counter that is easily fooled would not look.
fn nests(depth: usize) -> Vec<(&'static str, String)> {
    let lists = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let open = "[".repeat(depth);
    let objects = format!("{}1{}", "{a:".repeat(depth), "}".repeat(depth));
    vec![
        ("selections", format!("{{ {} b {} }}", "a {".repeat(depth), "}".repeat(depth))),
        ("inline fragments", format!("{{ {} b {} }}", "... {".repeat(depth), "}".repeat(depth))),
        ("lists", format!("{{ objectives(filter: {lists}) {{ totalCount }} }}")),
        ("lists left open", format!("{{ objectives(filter: {open}")),
        ("objects", format!("{{ objectives(filter: {objects}) {{ totalCount }} }}")),
        ("types", format!("query($a: {}Int{}) {{ __typename }}", "[".repeat(depth), "]".repeat(depth))),
        ("a default", format!("query($a: [Int] = {lists}) {{ __typename }}")),
        ("an object as default", format!("query($a: ObjectiveFilter = {objects}) {{ __typename }}")),
        ("a directive", format!("{{ __typename @include(if: {lists}) }}")),
        ("a directive of a variable", format!("query($a: Int @a(b: {lists})) {{ __typename }}")),
        ("a directive of a fragment", format!("{{ __typename }} fragment f on Query @a(b: {lists}) {{ a }}")),
        ("behind four quotes", format!("{{ a(b: \"\"\"\", c: {open}1 }}")),
        ("behind an escaped block end", format!("{{ a(b: \"\"\" \\\"\"\" \"\"\", c: {open}1 }}")),
        ("behind a block string", format!("{{ a(b: \"\"\"[\"\"\", c: {open}1 }}")),
        ("behind a comment with quotes", format!("# \"\"\"\n{{ a(b: {open}1 }}")),
        ("behind an escaped quote", format!("{{ a(b: \"\\\"\", c: {open}1 }}")),
        ("behind an open string", format!("{{ a(b: \"\n, c: {open}1 }}")),
        ("behind a return", format!("#\r{{ a(b: {open}1 }}")),
        (
            "a default behind quotes",
            format!("query($a: String = \"\"\"\", $b: [Int] = {open}1) {{ __typename }}"),
        ),
        ("schema definitions", format!("type A {{ a(b: Int = {lists}): Int }}")),
    ]
}

on_sqlite! {
    async fn what_nests_is_refused_over_every_way_in(database: TestDatabase) {
        let (server, log) = observed(database).await;
        for depth in [101, 400, 2_000, 50_000] {
            for (what, text) in nests(depth) {
                let what = format!("{what}, {depth} deep");
                let code = code(&ask(&server, &text, json!({})).await, &what);
                assert!(["QUERY_TOO_DEEP", "QUERY_TOO_COMPLEX"].contains(&code.as_str()), "{what}: {code}");
            }
        }
        lives(&server).await;
        nothing_ran(&log);
        let world = World::of(&server).await;
        let token = world.a.leader.token.as_str();
        let mut socket = Socket::enter(&server, token).await;
        for depth in [101, 5_000, 40_000] {
            for (what, text) in nests(depth) {
                if text.len() > 200_000 {
                    continue; // No message over a socket is so long.
                }
                socket.ask("bomb", &text).await;
                let heard = socket.hear().await;
                assert_eq!((&heard["id"], &heard["type"]), (&json!("bomb"), &json!("error")), "{what}: {heard}");
                let code = heard["payload"][0]["extensions"]["code"].as_str().expect("a code");
                assert!(["QUERY_TOO_DEEP", "QUERY_TOO_COMPLEX"].contains(&code), "{what}: {code}");
            }
        }
        for (what, text) in nests(3_000) {
            let refused = sse::open(&server, token, &text).await;
            assert_eq!(refused.status(), 400, "{what}");
            let by_get = server.request(reqwest::Method::GET, "/graphql").query(&[("query", &text)]);
            let refused = server.send(by_get).await;
            assert!(refused.body.get("data").is_none() && !refused.errors().is_empty(), "{what}: {}", refused.text);
        }
        lives(&server).await;
        server.stop().await;
    }

    async fn what_is_deep_is_refused(database: TestDatabase) {
        let (server, log) = observed(database).await;
        let walk = |depth: usize| format!("{} id {}", "parent {".repeat(depth), "}".repeat(depth));
        let plain = format!("{{ objective(code: \"O-1\") {{ {} }} }}", walk(20));
        let mut chain = "{ objective(code: \"O-1\") { ...f0 } }".to_owned();
        for level in 0..30 {
            chain.push_str(&format!(" fragment f{level} on Objective {{ parent {{ ...f{} }} }}", level + 1));
        }
        chain.push_str(" fragment f30 on Objective { id }");
        let inline = format!("{{ objective(code: \"O-1\") {{ {} id {} }} }}", "... { parent {".repeat(16), "}}".repeat(16));
        for (what, text) in [("plain", plain), ("through fragments", chain), ("through inline fragments", inline)] {
            assert_eq!(code(&ask(&server, &text, json!({})).await, what), "QUERY_TOO_DEEP", "{what}");
        }
        nothing_ran(&log);
        server.stop().await;
    }

    async fn aliases_and_fragments_that_multiply_are_refused(database: TestDatabase) {
        let (server, log) = observed(database).await;
        let aliases = |count: usize, what: &str| (0..count).map(|at| format!("a{at}: {what} ")).collect::<String>();
        let mut doubling = "{ ...f0 }".to_owned();
        let mut unreached = "{ __typename }".to_owned();
        for level in 0..40 {
            let next = level + 1;
            let both = format!(" fragment f{level} on Query {{ ...f{next} ...f{next} }}");
            doubling.push_str(&both);
            unreached.push_str(&both);
        }
        doubling.push_str(" fragment f40 on Query { viewer { id } }");
        unreached.push_str(" fragment f40 on Query { ...f0 }");
        let mut many = String::new();
        for at in 0..150 {
            many.push_str(&format!("fragment f{at} on Query {{ __typename }} "));
        }
        for (what, text) in [
            ("aliases", format!("{{ {} }}", aliases(100, "viewer { id }"))),
            ("aliases in a fragment", format!("{{ ...f }} fragment f on Query {{ {} }}", aliases(100, "__typename"))),
            ("aliases of a fragment spread often", format!(
                "{{ {} }} fragment f on Viewer {{ {} }}", aliases(10, "viewer { ...f }"), aliases(10, "id"))),
            ("root fields", format!("{{ {} }}", "viewer { id } ".repeat(21))),
            ("doubling", doubling),
            ("a cycle", "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned()),
            ("itself", "{ ...a } fragment a on Query { __typename ...a }".to_owned()),
            ("a cycle that is not reached", "{ __typename } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned()),
            ("doubling that is not reached", unreached),
            ("many fragments", format!("{{ __typename }} {many}")),
        ] {
            let code = code(&ask(&server, &text, json!({})).await, what);
            assert!(["QUERY_TOO_COMPLEX", "GRAPHQL_VALIDATION_FAILED"].contains(&code.as_str()), "{what}: {code}");
        }
        nothing_ran(&log);
        lives(&server).await;
        server.stop().await;
    }

    async fn floods_get_a_short_answer(database: TestDatabase) {
        let (server, log) = observed(database).await;
        let long = "x".repeat(2_000);
        let each = |count: usize, of: &dyn Fn(usize) -> String| (0..count).map(of).collect::<String>();
        let operations = each(5_000, &|at| format!("query q{at} {{ a }} "));
        let variables = each(10_000, &|at| format!("$v{at}: Int "));
        for (what, text) in [
            ("directives", format!("{{ __typename {} }}", "@include(if: true) ".repeat(51))),
            ("thousands of directives", format!("{{ __typename {} }}", "@a".repeat(5_000))),
            ("directives of a variable", format!("query($a: Int {}) {{ __typename }}", "@a ".repeat(1_500))),
            ("one field again and again", format!("{{ {} }}", "__typename ".repeat(10_000))),
            ("one field in one", format!("{{ viewer {{ {} }} }}", "id ".repeat(4_000))),
            ("tokens", "{a}".repeat(150_000)),
            ("punctuators", "!".repeat(500_000)),
            ("unknown fields", format!("{{ {} }}", each(1_500, &|at| format!("u{at} ")))),
            ("unknown fields with long names", format!("{{ {} }}", each(15, &|at| format!("{long}{at} ")))),
            ("unknown arguments", format!("{{ viewer({}) {{ id }} }}", each(1_000, &|at| format!("{long}{at}: 1 ").split_off(1_900)))),
            ("a long text", format!("{{ objective(code: 1, kode: \"{}\") {{ id }} }}", "y".repeat(500_000))),
            ("operations", operations),
            ("variables", format!("query({variables}) {{ __typename }}")),
            ("fragments of one name", "fragment f on Query { a } ".repeat(900)),
            ("what is no document", "\u{202e}[]]".repeat(20_000)),
        ] {
            code(&ask(&server, &text, json!({})).await, what);
        }
        nothing_ran(&log);
        server.stop().await;
    }

    async fn errors_of_fields_that_ran_are_as_few(database: TestDatabase) {
        let options = ServerOptions::default().setting("graphql.max_errors", "7");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let long = "x".repeat(2_000);
        let each: String = (0..20).map(|at| format!("a{at}: objectives(after: \"{long}\") {{ totalCount }} ")).collect();
        let answer = server.graphql(Some(&world.a.leader.token), &format!("{{ {each} }}"), json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.errors().len(), 7, "{}", answer.text);
        assert!(answer.text.len() <= ANSWER, "{} bytes", answer.text.len());
        server.stop().await;
    }

    async fn pages_are_bounded_before_anything_is_read(database: TestDatabase) {
        let (server, log) = observed(database).await;
        let nested = "{ objectives(first: 100) { nodes { keyResults(first: 100) { nodes { projects(first: 100) { nodes { id } } } } } } }";
        for (text, variables) in [
            ("{ objectives(first: 2147483647) { nodes { id } } }", json!({})),
            ("{ objectives(last: 2147483647) { totalCount } }", json!({})),
            ("query($n: Int) { objectives(first: $n) { nodes { id } } }", json!({ "n": 2_147_483_647 })),
            ("query($n: Int = 2147483647) { objectives(first: $n) { edges { node { id } } } }", json!({})),
            (nested, json!({})),
            ("query($n: Int!) { objectives(first: $n) { nodes { children(first: $n) { nodes { children(first: $n) { nodes { id } } } } } } }", json!({ "n": 100 })),
            ("{ objectives(first: 200) { nodes { ...f } } } fragment f on Objective { keyResults(first: 200) { ...g } } \
              fragment g on KeyResultConnection { nodes { tasks(first: 200) { nodes { id } } } }", json!({})),
        ] {
            assert_eq!(code(&ask(&server, text, variables).await, text), "QUERY_TOO_COMPLEX", "{text}");
        }
        nothing_ran(&log);
        let world = World::of(&server).await;
        for number in ["201", "-1", "0"] {
            let text = format!("{{ objectives(first: {number}) {{ totalCount }} }}");
            let answer = server.graphql(Some(&world.a.leader.token), &text, json!({})).await;
            let refused = answer.errors().iter().any(|error| error["extensions"]["code"] == "BAD_USER_INPUT");
            assert!(refused || number == "0", "{number}: {}", answer.text);
        }
        server.stop().await;
    }
}
