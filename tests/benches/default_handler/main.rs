//! What our front costs, or saves, beside the library's own handler.
//!
//! `cargo bench -p throughline-tests --bench default_handler` serves one database twice, each server a process
//! of its own: by the front, and by async-graphql-axum's extractor and response under `axum::serve`. Schema,
//! installation, authentication and what a request carries are the same; answers are compared first. The
//! same questions are asked again and again in interleaved rounds. The library's handler has none of the
//! front's rules: no limits, no strict validation, no negotiation, no request ids.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a benchmark ends at the first thing that is wrong, and prints what it saw"
)]

#[path = "../ground/mod.rs"]
mod ground;
#[path = "../thread/load.rs"]
mod load;

use std::{sync::Arc, time::Duration};

use api::{
    app::App,
    domain::{clock::Clock, installation::Installation, live::Live},
    graphql::{
        self, ApiSchema, batch::BatchQueue, context::RequestInfo, eager::ReadAhead, loaders::for_request,
        page::PageLimits,
    },
};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use ground::{
    argument, number,
    process::{Process, announce, at_share},
};
use serde_json::{Value, json};
use support::{Backend, TestDatabase, World};

/// The allocator of the published program, for both servers.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUND: Duration = Duration::from_secs(3);
const CONNECTIONS: usize = 16;

/// Questions without a row, with some rows, and one whose text is long beside its answer.
const QUESTIONS: [(&str, &str); 4] = [
    ("no row at all", "{ __typename }"),
    ("the viewer", "{ viewer { person { name role } } }"),
    (
        "one objective with its key results",
        "{ objective(code: \"O-1\") { code title progress keyResults(first: 10) { nodes { code title progress workProgress } } } }",
    ),
    (
        "filtered tasks with assignee",
        "query Tasks { tasks(first: 50, filter: { title: { containsIgnoreCase: \"task\" } }, sort: [{ field: CREATED_AT, order: ASC }]) { totalCount nodes { id title status dueOn assignee { id name } projects(first: 3) { nodes { id title progress } } } pageInfo { hasNextPage endCursor } } }",
    ),
];

fn main() {
    let runtime = ground::runtime();
    match argument("--serve").as_deref() {
        Some("throughline") => runtime.block_on(ground::serve(&argument("--url").expect("--url"))),
        Some(_) => runtime.block_on(serve_default(&argument("--url").expect("--url"))),
        None => runtime.block_on(compare()),
    }
}

#[derive(Clone)]
struct Stock {
    schema: ApiSchema,
    installation: Installation,
    live: Live,
}

/// Serves by the library's handler until the parent ends it.
async fn serve_default(url: &str) {
    let config = ground::config(url, &[]);
    let installation = App::open(&config, Clock::system(), None).await.expect("a database");
    let live = Live::open(installation.clone()).await.expect("a stream");
    let state = Stock { schema: graphql::schema(), installation, live };
    let router = Router::new().route("/graphql", post(answer)).with_state(state);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    announce(listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("it serves");
}

async fn answer(
    State(state): State<Stock>,
    headers: HeaderMap,
    request: GraphQLRequest,
) -> Result<GraphQLResponse, StatusCode> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let Stock { schema, installation, live } = state;
    let now = installation.clock().now();
    let claims = installation.keys().verify(token, now).map_err(|_| StatusCode::UNAUTHORIZED)?;
    let id: Arc<str> = "bench".into();
    let scope = installation.scope(&claims, Some(Arc::clone(&id))).await;
    let scope = scope.map_err(|_| StatusCode::UNAUTHORIZED)?;
    let queue = BatchQueue::default();
    let request = request
        .into_inner()
        .data(installation)
        .data(live)
        .data(RequestInfo { id, client: None, rate_limit: None })
        .data(PageLimits { default: 50, max: 200 })
        // What is read ahead is written by the front alone; here every field is resolved.
        .data(ReadAhead::new(false))
        .data(for_request(scope.clone(), &queue))
        .data(scope);
    Ok(queue.run(schema.execute(request)).await.into())
}

async fn compare() {
    let rounds = number("--rounds", 7);
    let database = TestDatabase::create(Backend::Sqlite).await;
    let world = World::seed(&database, &Clock::system()).await;
    world.a.thread(&database).await;
    let token = world.a.leader.token.clone();
    let (front, ours) = Process::server(&["--serve", "throughline", "--url", database.url()]);
    let (default, theirs) = Process::server(&["--serve", "default", "--url", database.url()]);
    for (name, query) in QUESTIONS {
        let body = json!({ "query": query }).to_string();
        let mut answers = Vec::new();
        for address in [ours, theirs] {
            let text = load::ask(address, "/graphql", &token, &body).await;
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            assert!(answer.get("errors").is_none(), "{name}: {text}");
            answers.push(answer["data"].clone());
        }
        assert_eq!(answers[0], answers[1], "{name}: answers differ");
        let (mut shares, mut rates, mut medians) = (Vec::new(), Vec::new(), Vec::new());
        let mut costs = Vec::new();
        for _ in 0..rounds {
            let before = default.cpu();
            let most = load::run(theirs, "/graphql", &token, &body, CONNECTIONS, ROUND).await;
            let their_cost = (default.cpu() - before).as_secs_f64() / (most.per_second * ROUND.as_secs_f64());
            let before = front.cpu();
            let got = load::run(ours, "/graphql", &token, &body, CONNECTIONS, ROUND).await;
            let our_cost = (front.cpu() - before).as_secs_f64() / (got.per_second * ROUND.as_secs_f64());
            costs.push((their_cost, our_cost));
            let alone = load::run(theirs, "/graphql", &token, &body, 1, ROUND / 3).await;
            let own = load::run(ours, "/graphql", &token, &body, 1, ROUND / 3).await;
            shares.push(got.per_second / most.per_second);
            rates.push((most.per_second, got.per_second));
            medians.push((alone.median, own.median));
        }
        shares.sort_by(f64::total_cmp);
        rates.sort_by(|left, right| left.0.total_cmp(&right.0));
        costs.sort_by(|left, right| left.0.total_cmp(&right.0));
        let (rate, median) = (rates[rounds / 2], at_share(&mut medians, 0.5));
        println!(
            "{name}: {:.2} of the library's  library {:.0}/s  front {:.0}/s  p50 alone: library {:.2} ms, front {:.2} ms  \
             CPU of a request: library {:.0} µs, front {:.0} µs",
            shares[rounds / 2],
            rate.0,
            rate.1,
            median.0.as_secs_f64() * 1e3,
            median.1.as_secs_f64() * 1e3,
            costs[rounds / 2].0 * 1e6,
            costs[rounds / 2].1 * 1e6,
        );
    }
}
