//! What the schema tells of itself: as much as tools need, never in circles, and nothing where it is off.

use reqwest::Method;
use serde_json::json;
use support::{ServerOptions, StatusCode, TestDatabase, TestServer, World, header};

use crate::http::{GRAPHQL, on_sqlite, socket::Socket};

/// What tools ask for (GraphiQL, Relay, Apollo): one turn round, types of types without lists.
const OF_TOOLS: &str = "query IntrospectionQuery { __schema { description queryType { name } mutationType { name }
    subscriptionType { name } types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
  fragment FullType on __Type { kind name description specifiedByURL
    fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
      type { ...TypeRef } isDeprecated deprecationReason }
    inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
    enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
    possibleTypes { ...TypeRef } }
  fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
  fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } }";

async fn ask(server: &TestServer, query: &str) -> (StatusCode, String, String) {
    let request = server.request(Method::POST, "/graphql").header(header::ACCEPT, GRAPHQL);
    let answer = server.send(request.json(&json!({ "query": query }))).await;
    let code =
        answer.errors().first().and_then(|error| error["extensions"]["code"].as_str()).unwrap_or_default();
    (answer.status, code.to_owned(), answer.text.clone())
}

on_sqlite! {
    async fn it_answers_tools_and_nobody_in_circles(server: TestServer) {
        let (status, _, text) = ask(&server, OF_TOOLS).await;
        assert_eq!(status, StatusCode::OK, "{}", text.chars().take(500).collect::<String>());
        let circle = |turns: usize| format!("{{ __schema {{ types {{ {} name {} }} }} }}", "fields { type { ".repeat(turns), "} }".repeat(turns));
        assert_eq!(ask(&server, &circle(2)).await.0, StatusCode::OK);
        let in_fragments = "{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } }
            fragment b on __Type { inputFields { type { ...c } } } fragment c on __Type { possibleTypes { name } }";
        let aliased: String = (0..30).map(|at| format!("a{at}: __schema {{ types {{ name }} }} ")).collect();
        let fields: String = (0..15).map(|at| format!("a{at}: fields {{ name }} ")).collect();
        let wide = format!("{{ __schema {{ types {{ {} }} }} }}", fields.replace("name", &format!("type {{ {} }}", fields.replace("a", "b"))));
        for (what, query) in [
            ("three turns", circle(3)),
            ("many turns", circle(6)),
            ("round a type", "{ __type(name: \"Query\") { fields { type { fields { type { fields { name } } } } } } }".to_owned()),
            ("in fragments", in_fragments.to_owned()),
            ("with aliases", format!("{{ {aliased} }}")),
            ("wide", wide),
            ("again and again", format!("{{ {} }}", "__schema { types { name } } ".repeat(25))),
        ] {
            let (status, code, text) = ask(&server, &query).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{what}: {}", text.chars().take(300).collect::<String>());
            assert!(["QUERY_TOO_DEEP", "QUERY_TOO_COMPLEX"].contains(&code.as_str()), "{what}: {text}");
        }
    }

    async fn it_can_be_for_those_who_are_signed_in(database: TestDatabase) {
        let options = ServerOptions::default().setting("graphql.introspection", "signed-in");
        let server = TestServer::start_with(database, options).await;
        let world = World::of(&server).await;
        let token = Some(world.a.individual.token.as_str());
        let signed_in = server.graphql(token, OF_TOOLS, json!({})).await;
        assert!(signed_in.errors().is_empty() && signed_in.data()["__schema"].is_object(), "{}", signed_in.text);
        // The same document, which is known by now.
        for query in [OF_TOOLS, "{ a: __type(name: \"Objective\") { name } }", "mutation { __typename __schema { queryType { name } } }"] {
            let (status, code, text) = ask(&server, query).await;
            assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED"), "{query}: {text}");
            assert!(!text.contains("\"data\""), "{text}");
        }
        let batch = json!([{ "query": "{ __schema { description } }" }, { "query": "{ __typename }" }]);
        let answer = server.send(server.request(Method::POST, "/graphql").json(&batch)).await;
        assert!(answer.text.contains("GRAPHQL_VALIDATION_FAILED") && !answer.text.contains("__schema"), "{}", answer.text);
        assert_eq!(ask(&server, "{ __typename }").await.0, StatusCode::OK);
        let mut socket = Socket::enter(&server, &world.a.individual.token).await;
        socket.ask("1", "{ __schema { queryType { name } } }").await;
        assert_eq!(socket.hear().await["type"], json!("next"));
        server.stop().await;
    }

    async fn where_it_is_off_nothing_is_told(database: TestDatabase) {
        let options = ServerOptions::default().setting("graphql.introspection", "false");
        let server = TestServer::start_with(database, options).await;
        for query in [
            OF_TOOLS,
            "{ __schema { queryType { name } } }",
            "{ a: __type(name: \"Objective\") { name } }",
            "{ ...f } fragment f on Query { ... { __schema { description } } }",
            "mutation { __typename __schema { queryType { name } } }",
        ] {
            let (status, code, text) = ask(&server, query).await;
            assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED"), "{query}: {text}");
        }
        // Nor are names guessed at.
        for query in [
            "{ objectivs { totalCount } }", "{ objectives { nods { id } } }", "{ objectives(frist: 1) { totalCount } }",
            "{ objectives(filter: { titel: { eq: \"\" } }) { totalCount } }", "{ objectives { ... on Objectiv { id } } }",
            "query($a: ObjectiveFilte) { objectives(filter: $a) { totalCount } }",
            "{ objectives(filter: { state: { eq: ACTIV } }) { totalCount } }", "{ __typename @incluce(if: true) }",
        ] {
            let (status, _, text) = ask(&server, query).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{query}");
            let lower = text.to_lowercase();
            assert!(!lower.contains("did you mean") && !lower.contains("similar"), "{query}: {text}");
        }
        let published = server.send(server.request(Method::GET, "/schema.graphql")).await;
        assert!(published.text.contains("type Objective "), "the schema is published instead");
        server.stop().await;
    }
}
