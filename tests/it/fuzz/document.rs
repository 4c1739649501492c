//! Documents: whatever is sent is run as the specification says or refused with a code, and what the front
//! has accepted the executor understands.

use api::{
    graphql::{
        ApiSchema as Executor, batch::BatchQueue, context::RequestInfo, eager::ReadAhead,
        loaders::for_request, page::PageLimits, schema, sdl,
    },
    http::document::{DocumentLimits, Documents, Introspection, Operation, Refusal},
};
use async_graphql::{Request, Response, parser::types::OperationType};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Map, Value};
use support::{ApiSchema, TestServer, World};
use uuid::Uuid;

use super::{
    dice::{Dice, bytes},
    search,
    writer::{PIECES, Writer, mutate},
};
use crate::http::on_sqlite;

/// As in api/config.default.toml.
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
const CODES: [&str; 5] = [
    "BAD_USER_INPUT",
    "QUERY_TOO_DEEP",
    "QUERY_TOO_COMPLEX",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
];

/// What a field may fail with after its document was accepted; a code, or none for a scalar of ours that the
/// strict side knows by name only.
const FIELD_CODES: [&str; 7] = [
    "BAD_USER_INPUT",
    "NOT_FOUND",
    "FORBIDDEN",
    "CURSOR_INVALID",
    "CURSOR_EXPIRED",
    "RATE_LIMITED",
    "UNAUTHENTICATED",
];

/// The front's documents, and behind them an executor with a small company.
struct Ground {
    documents: Documents,
    executor: Executor,
    server: TestServer,
    person: Uuid,
}

impl Ground {
    async fn new(server: &TestServer) -> (Self, Vec<String>) {
        let world = World::of(server).await;
        let thread = world.a.thread(server.database()).await;
        let tables = ["objective", "key_result", "project", "task", "cycle", "alignment_link"];
        let ids = tables.into_iter().flat_map(|table| thread.ids(table)).collect();
        let executor = schema();
        let documents = Documents::new(&sdl(&executor), LIMITS).expect("a valid schema");
        (Self { documents, executor, server: server.clone(), person: world.a.leader.id }, ids)
    }

    async fn accept(&self, text: &str, variables: Map<String, Value>) -> Result<Operation, Refusal> {
        self.documents.accept(text.to_owned(), None, variables).await
    }

    /// Runs what was accepted, as the front does.
    async fn run(&self, operation: Operation) -> Response {
        let installation = self.server.installation().await;
        let scope = installation.scope_of_person(self.person).await.expect("the person is there");
        let queue = BatchQueue::default();
        let loaders = for_request(scope.clone(), &queue);
        let parsed = operation.parsed();
        let mut request = Request::new(operation.document.text())
            .variables(operation.variables)
            .data(installation)
            .data(RequestInfo { id: "fuzz".into(), client: None, rate_limit: None })
            .data(PageLimits { default: 50, max: 200 })
            .data(ReadAhead::new(operation.document.asks_once()))
            .data(scope)
            .data(loaders);
        request.set_parsed_query(parsed);
        queue.run(self.executor.execute(request)).await
    }
}

/// A refusal as the front promises it.
fn is_orderly(refusal: &Refusal, text: &str) -> Result<(), TestCaseError> {
    prop_assert!(CODES.contains(&refusal.code), "{:?} for {text:?}", refusal);
    prop_assert!(
        (1..=LIMITS.errors).contains(&refusal.faults.len()),
        "{} faults for {text:?}",
        refusal.faults.len()
    );
    for fault in &refusal.faults {
        prop_assert!(fault.message.len() <= 404 && !fault.message.is_empty(), "{fault:?} for {text:?}");
    }
    Ok(())
}

/// The executor found nothing that the front should have.
fn is_understood(response: &Response, text: &str) -> Result<(), TestCaseError> {
    for error in &response.errors {
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        match code {
            Some(async_graphql::Value::String(code)) => {
                prop_assert!(FIELD_CODES.contains(&code.as_str()), "{error:?} of {text}");
            }
            _ => prop_assert!(error.message.starts_with("Failed to parse \""), "{error:?} of {text}"),
        }
        if code.is_none() {
            let ours = [
                "\"Decimal\"",
                "\"Date\"",
                "\"DateTime\"",
                "\"Duration\"",
                "\"URL\"",
                "\"DateOrDuration\"",
                "\"DateTimeOrDuration\"",
            ];
            prop_assert!(ours.iter().any(|scalar| error.message.contains(scalar)), "{error:?} of {text}");
        }
    }
    Ok(())
}

fn soup() -> impl Strategy<Value = String> {
    let arbitrary = bytes(2_000).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let pieces =
        prop::collection::vec(prop::sample::select(&PIECES[..]), 0..400).prop_map(|pieces| pieces.concat());
    let spaced =
        prop::collection::vec(prop::sample::select(&PIECES[..]), 0..400).prop_map(|pieces| pieces.join(" "));
    // One piece again and again is what makes a parser go deep.
    let many =
        (prop::sample::select(&PIECES[..]), prop::sample::select(&PIECES[..]), 1..3_000_usize, 0..100_usize)
            .prop_map(|(one, other, count, rest)| {
                format!("{{ a(b: {other}{}{}", one.repeat(count), other.repeat(rest))
            });
    let nested = (
        prop::sample::select(&["{", "[", "(", "{a:", "{a", "(a:[", "...{", "$a:["][..]),
        50..130_usize,
        "[a-z \"#]{0,9}",
    )
        .prop_map(|(open, count, start)| format!("{start}{{{}", open.repeat(count)));
    prop_oneof![arbitrary, pieces, spaced, many, nested]
}

on_sqlite! {
    async fn any_text_is_run_or_refused(server: TestServer) {
        let (ground, _) = Ground::new(&server).await;
        let here = tokio::runtime::Handle::current();
        search(400, &soup(), |text| {
            match here.block_on(ground.accept(&text, Map::new())) {
                Err(refusal) => is_orderly(&refusal, &text),
                Ok(_) => Ok(()),
            }
        });
    }

    async fn documents_of_the_schema_are_understood(server: TestServer) {
        let schema = ApiSchema::of(&server).await;
        let (ground, ids) = Ground::new(&server).await;
        let here = tokio::runtime::Handle::current();
        let (accepted, ran) = (std::cell::Cell::new(0_u32), std::cell::Cell::new(0_u32));
        search(500, &(bytes(400), bytes(12), any::<bool>()), |(choices, breaks, is_broken)| {
            let written = Writer::new(&schema, &ids, &choices).document();
            let text = if is_broken { mutate(&written.text, &mut Dice::new(&breaks)) } else { written.text };
            let first = here.block_on(ground.accept(&text, written.variables.clone()));
            // Once more, now from what is kept: the same.
            let again = here.block_on(ground.accept(&text, written.variables));
            match (first, again) {
                (Err(one), Err(other)) => {
                    prop_assert_eq!(&one, &other, "{}", &text);
                    is_orderly(&one, &text)
                }
                (Ok(one), Ok(other)) => {
                    prop_assert_eq!(one.points, other.points, "{}", &text);
                    prop_assert!((1..=LIMITS.complexity).contains(&one.points));
                    accepted.set(accepted.get() + 1);
                    if one.kind == OperationType::Subscription {
                        return Ok(());
                    }
                    ran.set(ran.get() + 1);
                    is_understood(&here.block_on(ground.run(one)), &text)
                }
                (one, other) => Err(TestCaseError::fail(format!("{one:?}, then {other:?}: {text}"))),
            }
        });
        assert!(accepted.get() >= 50 && ran.get() >= 40, "{} accepted, {} ran", accepted.get(), ran.get());
    }
}
