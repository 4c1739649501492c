use super::*;

const LIMITS: DocumentLimits = DocumentLimits {
    tokens: 5_000,
    nesting: 100,
    depth: 15,
    aliases: 30,
    root_fields: 20,
    directives: 50,
    complexity: 500_000,
    page_default: 50,
    errors: 20,
    fields: 2_000,
    fragments: 100,
    value_depth: 20,
    introspection: Introspection::Everybody,
};

const SDL: &str = "
    type Query { f(a: [Int], b: In, e: Kind): Int x: Query viewer: Viewer objectives(first: Int, last: Int): Page a(first: Int): Page b: Int }
    type Mutation { set(input: In!, to: Int!): Int }
    type Viewer { id: ID text(of: String, n: Int!): String }
    type Page { nodes: [Row] edges: [Edge] totalCount: Int }
    type Edge { node: Row }
    type Row { id: ID b(first: Int): Page c(first: Int): Page }
    input In { one: Int, two: [In!], text: String }
    enum Kind { GOOD BAD }
";

async fn accept(text: &str, variables: Value) -> Result<Operation, Refusal> {
    let Value::Object(variables) = variables else { panic!("an object") };
    Documents::new(SDL, LIMITS).unwrap().accept(text.to_owned(), None, variables).await
}

async fn code(text: &str) -> Result<u64, &'static str> {
    let accepted = accept(text, serde_json::json!({})).await;
    accepted.map(|operation| operation.points).map_err(|refusal| refusal.code)
}

#[tokio::test]
async fn nesting_is_refused_before_the_parser() {
    for depth in [200, 5_000, 50_000] {
        for (open, close) in [("[", "]"), ("{a:", "}")] {
            let text = format!("{{ f(a: {}1{}) }}", open.repeat(depth), close.repeat(depth));
            assert!(
                matches!(code(&text).await, Err("QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX")),
                "{depth} {open}"
            );
        }
        let hidden = format!("{{ f(a: \"\"\"\", b: {}1 }}", "[".repeat(depth));
        assert!(matches!(code(&hidden).await, Err("QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX")), "{depth} hidden");
        let commented = format!("# \"\"\"\n{{ f(a: {}1 }}", "[".repeat(depth));
        assert!(
            matches!(code(&commented).await, Err("QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX")),
            "{depth} comment"
        );
    }
    assert_eq!(code("{ viewer { text(of: \"[[[[[\", n: 1) } }").await, Ok(2));
}

#[tokio::test]
async fn doubling_fragments_are_priced_once_each() {
    let mut text = String::from("{ ...f0 }\n");
    for level in 0..60 {
        text.push_str(&format!("fragment f{level} on Query {{ ...f{0} ...f{0} }}\n", level + 1));
    }
    text.push_str("fragment f60 on Query { viewer { id } }");
    assert_eq!(code(&text).await, Err("QUERY_TOO_COMPLEX"));
    assert_eq!(code("{ ...a } fragment a on Query { ...a }").await, Err("GRAPHQL_VALIDATION_FAILED"));
}

#[tokio::test]
async fn pages_multiply() {
    assert_eq!(code("{ objectives(first: 10) { nodes { id } } }").await, Ok(1 + 10 * 2));
    assert_eq!(code("{ objectives { nodes { id } } }").await, Ok(1 + 50 * 2));
    assert_eq!(code("{ objectives(first: null, last: 150) { nodes { id } } }").await, Ok(301));
    let bomb = "{ a(first: 200) { nodes { b(first: 200) { nodes { c(first: 200) { nodes { id } } } } } } }";
    assert_eq!(code(bomb).await, Err("QUERY_TOO_COMPLEX"));
    assert_eq!(code("query($n: Int = 200) { a(first: $n) { nodes { id } } }").await, Ok(401));
}

#[tokio::test]
async fn values_are_no_deeper_than_a_stack_bears() {
    let nested = |depth: usize| format!("{}{{}}{}", "{ two: [".repeat(depth), "] }".repeat(depth));
    let by_variable = "query($in: In) { f(b: { two: [$in] }) }";
    for (depth, code_of) in [(5, Ok(1)), (9, Ok(1)), (10, Err("QUERY_TOO_DEEP")), (30, Err("QUERY_TOO_DEEP"))]
    {
        assert_eq!(code(&format!("{{ f(b: {}) }}", nested(depth))).await, code_of, "{depth}");
        let default = format!("query($in: In = {}) {{ f(b: $in) }}", nested(depth));
        assert_eq!(code(&default).await, code_of, "{depth} as default");
        let mut given = serde_json::json!({});
        for _ in 1..depth {
            given = serde_json::json!({ "two": [given] });
        }
        let accepted = accept(by_variable, serde_json::json!({ "in": given })).await;
        assert_eq!(
            accepted.map(|operation| operation.points).map_err(|refusal| refusal.code),
            code_of,
            "{depth} given"
        );
    }
}

#[tokio::test]
async fn the_schema_is_not_asked_for_in_circles() {
    let documents = Documents::new(SDL, LIMITS).unwrap();
    let turns = |count: usize| {
        format!(
            "{{ __schema {{ types {{ {} name {} }} }} }}",
            "fields { type { ".repeat(count),
            "} }".repeat(count)
        )
    };
    let ask =
        async |text: String| documents.accept(text, None, Map::new()).await.map_err(|refusal| refusal.code);
    assert_eq!(
        ask(turns(2)).await.map(|operation| operation.points),
        Ok(1 + 100 * (1 + 5 * (2 + 5 * 2)) + 1)
    );
    assert_eq!(ask(turns(3)).await.map(|operation| operation.points), Err("QUERY_TOO_DEEP"));
}

#[tokio::test]
async fn other_limits() {
    assert_eq!(code(&format!("{{ {} }}", "a:b ".repeat(31))).await, Err("QUERY_TOO_COMPLEX"));
    assert_eq!(
        code(&format!("{{ {} b {} }}", "x {".repeat(15), "}".repeat(15))).await,
        Err("QUERY_TOO_DEEP")
    );
    assert_eq!(code("{").await, Err("GRAPHQL_PARSE_FAILED"));
    assert_eq!(code(&"{a}".repeat(5_000)).await, Err("QUERY_TOO_COMPLEX"));
}

#[tokio::test]
async fn validated_by_the_letter() {
    for (text, expected) in [
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __typename { a } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __typename(a: 1) }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __typename @nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int) { viewer { text(n: $n) } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ f(e: \"GOOD\") }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ f(b: { one: 1, one: 2 }) }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ f(b: { two: [{ one: 1, one: 2 }] }) }", "GRAPHQL_VALIDATION_FAILED"),
        ("query Q() { b }", "GRAPHQL_PARSE_FAILED"),
        ("fragment on on Query { b } { ...on }", "GRAPHQL_PARSE_FAILED"),
        ("{ b } { b }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation($n: Int!) { set(input: {}, to: $n) }", "BAD_USER_INPUT"),
        ("query($n: Int = 99999999999) { a(first: $n) { totalCount } }", "GRAPHQL_VALIDATION_FAILED"),
        ("type A { b: Int }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        assert_eq!(code(text).await, Err(expected), "{text}");
    }
    let refused = accept("{\n  b\n  nothing\n}", serde_json::json!({})).await.unwrap_err();
    assert_eq!(refused.faults[0].at, Some((3, 3)), "{refused:?}");
    assert_eq!(code("query($s: Boolean!) { __typename @skip(if: $s) b }").await, Err("BAD_USER_INPUT"));
}

#[tokio::test]
async fn variables_are_coerced_and_what_is_left_out_stays_out() {
    let text = "query($in: In, $n: Int = 7, $left: Int, $null: Int) { f(b: $in) a(first: $n) { totalCount } \
                x { f(b: { one: $left, two: [{ one: $null }] }) } }";
    let given = serde_json::json!({ "in": { "two": { "text": "\u{1F600}" } }, "null": null });
    let operation = accept(text, given).await.unwrap();
    let variables = serde_json::to_value(&operation.variables).unwrap();
    let wanted = serde_json::json!({ "in": { "two": [{ "text": "\u{1F600}" }] }, "n": 7, "null": null });
    assert_eq!(variables, wanted);
    for wrong in [
        serde_json::json!({ "n": 3_000_000_000_i64 }),
        serde_json::json!({ "n": "1" }),
        serde_json::json!({ "n": 1.5 }),
        serde_json::json!({ "in": { "three": 1 } }),
        serde_json::json!({ "in": "text" }),
    ] {
        let refused = accept(text, wrong.clone()).await.unwrap_err();
        assert_eq!(refused.code, "BAD_USER_INPUT", "{wrong}");
        assert!(refused.faults[0].message.len() <= 404);
        assert!(!refused.faults[0].message.contains("3000000000"), "no value is repeated");
    }
}

#[tokio::test]
async fn escapes_are_read_as_the_specification_says() {
    for escaped in ["\\u{1F600}", "\\uD83D\\uDE00"] {
        let text = format!("{{ viewer {{ text(of: \"{escaped}\", n: 1) }} }}");
        let operation = accept(&text, serde_json::json!({})).await.unwrap();
        let parsed = format!("{:?}", operation.document.parsed());
        assert!(parsed.contains("String(\"\u{1F600}\")"), "{parsed}");
    }
}

#[tokio::test]
async fn introspection_is_for_whom_it_is_set_to() {
    for text in [
        "{ __schema { types { name } } }",
        "{ ...f } fragment f on Query { a: __type(name: \"Row\") { name } }",
    ] {
        let operation = accept(text, serde_json::json!({})).await.unwrap();
        for (introspection, is_known, may) in [
            (Introspection::Everybody, false, true),
            (Introspection::SignedIn, true, true),
            (Introspection::SignedIn, false, false),
            (Introspection::Nobody, true, false),
        ] {
            let asked = operation.may_be_asked_by(is_known, introspection);
            assert_eq!(asked.is_ok(), may, "{text} {introspection:?} {is_known}");
            assert!(asked.is_ok() || asked.unwrap_err().code == "GRAPHQL_VALIDATION_FAILED");
        }
    }
    let operation = accept("{ __typename }", serde_json::json!({})).await.unwrap();
    assert_eq!(operation.may_be_asked_by(false, Introspection::Nobody), Ok(()));
}

#[tokio::test]
async fn what_is_set_bounds_the_form_of_a_document() {
    let limits = DocumentLimits { fields: 3, fragments: 1, value_depth: 2, ..LIMITS };
    let documents = Documents::new(SDL, limits).unwrap();
    for (text, code) in [
        ("{ a: b c: b d: b }", None),
        ("{ a: b c: b d: b e: b }", Some("QUERY_TOO_COMPLEX")),
        ("{ ...f } fragment f on Query { b }", None),
        ("{ ...f ...g } fragment f on Query { b } fragment g on Query { b }", Some("QUERY_TOO_COMPLEX")),
        ("{ f(b: { of: { of: {} } }) }", Some("QUERY_TOO_DEEP")),
    ] {
        let refused = documents.accept(text.to_owned(), None, Map::new()).await.err();
        assert_eq!(refused.map(|refused| refused.code), code, "{text}");
    }
}

#[tokio::test]
async fn variables_hold_so_many_values_and_no_more() {
    let text = "query($a: [Int]) { f(a: $a) }";
    assert!(accept(text, serde_json::json!({ "a": vec![1; VALUES - 1] })).await.is_ok());
    for a in [serde_json::json!(vec![1; VALUES]), serde_json::json!(vec![vec![1; 100]; 100])] {
        let refused = accept(text, serde_json::json!({ "a": a })).await.unwrap_err();
        assert_eq!(refused.code, "BAD_USER_INPUT");
    }
}

#[tokio::test]
async fn what_is_asked_for_often_stays() {
    let documents = Documents::new(SDL, LIMITS).unwrap();
    let ask = |text: String| documents.accept(text, None, Map::new());
    let first = ask("{ often: b }".to_owned()).await.unwrap().document;
    for at in 0..2_500 {
        ask(format!("{{ once{at}: b }}")).await.unwrap();
        if at % 100 == 0 {
            let again = ask("{ often: b }".to_owned()).await.unwrap().document;
            assert!(Arc::ptr_eq(&first, &again), "{at}");
        }
    }
}
