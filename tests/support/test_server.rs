//! A running server with a database of its own, spoken to over HTTP as any client does.

use std::net::SocketAddr;
use std::sync::Arc;

use api::app::Running;
use api::domain::{clock::Clock, installation::Installation};
use entity::Instant;
use futures_util::stream::BoxStream;
use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{Answer, Backend, Row, ServerOptions, TestDatabase, access_token, client, events, server};

/// A server on a free port. Clones are handles of the same server, for tests with several writers at once.
#[derive(Clone)]
pub struct TestServer {
    shared: Arc<Shared>,
}

struct Shared {
    address: SocketAddr,
    client: Client,
    clock: Clock,
    database: TestDatabase,
    running: Mutex<Option<Running>>,
}

const MICROS_PER_SECOND: i64 = 1_000_000;

impl TestServer {
    /// A server with the usual settings on the machine's clock.
    pub async fn start(database: TestDatabase) -> Self {
        Self::start_with(database, ServerOptions::default()).await
    }

    /// A server with settings or a clock of its own; several may share a database, as nodes do.
    pub async fn start_with(database: TestDatabase, options: ServerOptions) -> Self {
        let clock = options.clock_or_system();
        let running = server::start(database.url(), &options, clock.clone()).await;
        let address = running.address;
        let client = client();
        let running = Mutex::new(Some(running));
        Self { shared: Arc::new(Shared { address, client, clock, database, running }) }
    }

    /// Stops the server, once; the database stays.
    pub async fn stop(&self) {
        if let Some(running) = self.shared.running.lock().await.take() {
            running.stop().await;
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// The clock it lives by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> &TestDatabase {
        &self.shared.database
    }

    /// The address of its database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        self.shared.database.url()
    }

    /// The kind of its database.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.shared.database.backend()
    }

    /// The rows of a `SELECT` past the server: see [`TestDatabase::sql`].
    pub async fn sql(&self, text: &str) -> Vec<Row> {
        self.shared.database.sql(text).await
    }

    /// A good access token of a person, valid from now by the server's clock.
    #[must_use]
    pub fn token_of(&self, person: Uuid) -> String {
        access_token(person, seconds(self.shared.clock.now()))
    }

    /// Any request; the path begins with a slash.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.shared.client.request(method, format!("http://{}{path}", self.shared.address))
    }

    /// Sends a request and reads its answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.expect("the server answers")).await
    }

    /// An operation with variables, anonymous without a token.
    pub async fn graphql(&self, token: Option<&str>, query: &str, variables: Value) -> Answer {
        let mut request =
            self.request(Method::POST, "/graphql").json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        self.send(request).await
    }

    /// The answers of a subscription for a person; each with `data`, and `errors` where there are any.
    pub async fn follow(&self, person: Uuid, operation: &str, variables: Value) -> BoxStream<'static, Value> {
        let request = self
            .request(Method::POST, "/graphql/stream")
            .bearer_auth(self.token_of(person))
            .header(header::ACCEPT, "text/event-stream")
            .json(&json!({ "query": operation, "variables": variables }));
        events::answers(request.send().await.expect("the server answers")).await
    }

    /// The installation behind it, for what is asked past the front.
    pub async fn installation(&self) -> Installation {
        let running = self.shared.running.lock().await;
        running.as_ref().expect("the server runs").installation().clone()
    }

    /// The one mutation field `objectiveCreate` or the like, with its input and the wanted fields of its
    /// payload beside `userErrors`.
    pub async fn mutate(&self, token: Option<&str>, field: &str, input: Value, selection: &str) -> Answer {
        let (first, rest) = field.split_at(1);
        let input_type = format!("{}{rest}Input", first.to_uppercase());
        let query = format!(
            "mutation($input: {input_type}!) {{ {field}(input: $input) \
             {{ {selection} userErrors {{ field code message }} }} }}"
        );
        self.graphql(token, &query, json!({ "input": input })).await
    }

    /// As [`Self::mutate`] where nothing may go wrong; gives the payload.
    pub async fn change(&self, token: &str, field: &str, input: Value, selection: &str) -> Value {
        let answer = self.mutate(Some(token), field, input, selection).await;
        let payload = &answer.data()[field];
        assert_eq!(payload["userErrors"], json!([]), "{field} was refused: {}", answer.text);
        payload.clone()
    }

    /// Posts bytes to `/graphql` as they are, with a content type or without.
    pub async fn post_bytes(&self, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Answer {
        let mut request = self.request(Method::POST, "/graphql").body(body.into());
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        self.send(request).await
    }
}

/// Whole seconds since 1970, as tokens count.
pub(crate) fn seconds(at: Instant) -> i64 {
    at.0.div_euclid(MICROS_PER_SECOND)
}
