//! One operation: accepted or refused by what it asks for, then run.

use std::sync::Arc;

use async_graphql::{
    Request, Response as GraphqlResponse, Variables, dataloader::DataLoader, parser::types::OperationType,
};
use serde_json::json;

use super::{
    Front,
    body::Asked,
    document::{self, Document, Refusal},
};
use crate::{
    domain::{access::Scope, installation::Installation},
    graphql::{
        batch::{BatchQueue, NoDelay},
        context::{RequestInfo, RequestLoaders},
        eager::{ReadAhead, write_value},
        loaders::Loaders,
    },
};

/// A request takes as many batches as it has levels; one batch holds them all.
const BATCH_KEYS: usize = 100_000;

/// What an operation gave, and whether it was run at all.
pub(super) struct Answer {
    response: GraphqlResponse,
    /// Whether execution began.
    pub(super) ran: bool,
}

impl Answer {
    pub(super) fn not_run(response: GraphqlResponse) -> Self {
        Self { response, ran: false }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        let code = refusal.code;
        let mut error = async_graphql::ServerError::new(refusal.message, None);
        let mut extensions = async_graphql::ErrorExtensionValues::default();
        extensions.set("code", code);
        error.extensions = Some(extensions);
        Self::not_run(GraphqlResponse::from_errors(vec![error]))
    }

    /// Appends the body; `data` is left out where execution never began.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.push(b'{');
        if self.ran {
            out.extend_from_slice(b"\"data\":");
            write_value(&self.response.data, out);
        }
        if !self.response.errors.is_empty() || !self.ran {
            out.extend_from_slice(if self.ran { b",\"errors\":" } else { b"\"errors\":" });
            if let Err(error) = serde_json::to_writer(&mut *out, &self.response.errors) {
                tracing::error!(%error, "an answer could not be written");
                out.truncate(start);
                let errors = json!({ "errors": [{
                    "message": "something went wrong on our side", "extensions": { "code": "INTERNAL" }
                }] });
                out.extend_from_slice(errors.to_string().as_bytes());
                return;
            }
        }
        out.push(b'}');
    }

    /// The body.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

/// An operation that may run: its document can be read and its price lies within the limits.
pub(super) struct Accepted {
    document: Arc<Document>,
    query: String,
    name: Option<String>,
    variables: Variables,
    /// What kind of operation it is.
    pub(super) kind: OperationType,
    /// What it costs, in points.
    pub(super) points: u64,
}

impl Front {
    /// Accepts an operation or says why not; nothing has run yet.
    pub(super) fn accept(&self, asked: Asked) -> Result<Accepted, Refusal> {
        let limits = &self.limits.document;
        let document = self.documents.read(&asked.query, limits)?;
        let name = asked.operation_name;
        let variables = Variables::from_json(asked.variables.into());
        let price = document::price(&document.parsed, name.as_deref(), &variables, limits)?;
        let (kind, points) = (price.kind, price.points);
        Ok(Accepted { document, query: asked.query, name, variables, kind, points })
    }

    /// Accepts and runs a query or mutation.
    pub(super) async fn run(&self, asked: Asked, scope: Option<Scope>, info: &RequestInfo) -> Answer {
        match self.accept(asked) {
            Ok(accepted) => self.execute(accepted, scope, info).await,
            Err(refusal) => Answer::refused(refusal),
        }
    }

    /// Runs a query or mutation that was accepted.
    pub(super) async fn execute(
        &self,
        accepted: Accepted,
        scope: Option<Scope>,
        info: &RequestInfo,
    ) -> Answer {
        let Accepted { document, query, name, variables, .. } = accepted;
        let queue = BatchQueue::default();
        let mut request = Request::new(query)
            .variables(variables)
            .data::<Installation>(self.installation.clone())
            .data(self.live.clone())
            .data(info.clone())
            .data(self.limits.page)
            .data(ReadAhead(document.asks_once));
        request.operation_name = name;
        request.set_parsed_query(document.parsed.clone());
        if !self.limits.introspection {
            request = request.disable_introspection();
        }
        if let Some(scope) = scope {
            let loaders: RequestLoaders =
                DataLoader::new(Loaders::new(scope.clone()), queue.clone(), NoDelay)
                    .max_batch_size(BATCH_KEYS);
            request = request.data(scope).data(loaders);
        }
        let run = queue.run(self.schema.execute(request));
        match tokio::time::timeout(self.limits.request_timeout, run).await {
            Ok(response) => self.finish(response),
            Err(_) => Answer::refused(Refusal {
                code: "TIMEOUT",
                message: format!(
                    "the operation took longer than {} seconds: ask for less",
                    self.limits.request_timeout.as_secs()
                ),
            }),
        }
    }

    /// Errors that came before execution have no path and no data; each gets a code.
    fn finish(&self, mut response: GraphqlResponse) -> Answer {
        let ran = response.errors.is_empty()
            || response.data != async_graphql::Value::Null
            || response.errors.iter().any(|error| !error.path.is_empty());
        response.errors.truncate(self.limits.errors);
        for error in &mut response.errors {
            if error.extensions.as_ref().is_none_or(|extensions| extensions.get("code").is_none()) {
                let code = if ran { "BAD_USER_INPUT" } else { "GRAPHQL_VALIDATION_FAILED" };
                error.extensions.get_or_insert_default().set("code", code);
            }
        }
        Answer { response, ran }
    }
}
