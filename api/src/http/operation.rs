//! One operation: accepted or refused by what it asks for, then run.

use std::time::Instant;

use async_graphql::{Pos, Request, Response as GraphqlResponse, ServerError, Value};
use serde_json::json;

use super::{
    Front,
    body::Asked,
    document::{Fault, Operation, Refusal},
};
use crate::{
    domain::{access::Scope, installation::Installation},
    graphql::{
        batch::BatchQueue,
        context::RequestInfo,
        eager::{ReadAhead, write_value},
        error::Wait,
        loaders::for_request,
    },
};

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
        let errors = refusal.faults.into_iter().map(|fault| server_error(code, fault));
        Self::not_run(GraphqlResponse::from_errors(errors.collect()))
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

    /// The errors alone, as a list, where there is no data: why something that was asked for did not begin.
    pub(super) fn failure(&self) -> Option<Vec<u8>> {
        let failed = !self.ran || self.response.data == Value::Null;
        if !failed || self.response.errors.is_empty() {
            return None;
        }
        // Messages, places and codes cannot fail to serialize.
        serde_json::to_vec(&self.response.errors).ok()
    }

    /// How many seconds to wait, where nothing was given because all that was asked for was tried too often.
    pub(super) fn wait(&self) -> Option<u64> {
        if !self.ran || !gives_nothing(&self.response.data) {
            return None;
        }
        let waits = self.response.errors.iter().map(|error| {
            let source = error.source.as_deref()?;
            source.downcast_ref::<Wait>().map(|wait| wait.0)
        });
        // One error of another kind, and waiting alone does not help.
        waits.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// The body.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

impl Front {
    /// Accepts an operation or says why not; nothing has run yet.
    pub(super) async fn accept(&self, asked: Asked) -> Result<Operation, Refusal> {
        self.documents.accept(asked.query, asked.operation_name, asked.variables).await
    }

    /// Runs a query or mutation that was accepted, within the time of one request.
    pub(super) async fn execute(
        &self,
        operation: Operation,
        scope: Option<Scope>,
        info: &RequestInfo,
    ) -> Answer {
        let until = tokio::time::Instant::now() + self.limits.request_timeout;
        self.execute_until(until, operation, scope, info).await
    }

    /// The same within what is left of that time.
    pub(super) async fn execute_until(
        &self,
        until: tokio::time::Instant,
        operation: Operation,
        scope: Option<Scope>,
        info: &RequestInfo,
    ) -> Answer {
        let (begun, kind) = (Instant::now(), operation.kind);
        if let Some(data) = operation.document.by_itself() {
            self.metrics.ran(kind, false, begun.elapsed());
            return Answer { response: GraphqlResponse::new(data.clone()), ran: true };
        }
        let queue = BatchQueue::default();
        let mut request = self.request(operation, info);
        if let Some(scope) = scope {
            let loaders = for_request(scope.clone(), &queue);
            request = request.data(scope).data(loaders);
        }
        let run = queue.run(self.schema.execute(request));
        let answer = match tokio::time::timeout_at(until, run).await {
            Ok(response) => self.finish(response),
            Err(_) => self.finish(GraphqlResponse::from_errors(vec![server_error(
                "TIMEOUT",
                Fault {
                    message: format!(
                        "the request took longer than {} seconds: ask for less",
                        self.limits.request_timeout.as_secs()
                    ),
                    at: None,
                },
            )])),
        };
        self.metrics.ran(kind, !answer.response.errors.is_empty(), begun.elapsed());
        answer
    }

    /// The operation with what resolvers look for, but for the viewer.
    pub(super) fn request(&self, operation: Operation, info: &RequestInfo) -> Request {
        let parsed = operation.parsed();
        let Operation { document, name, variables, .. } = operation;
        // The text is not given: the executor has no use for it beside what was read from it.
        let mut request = Request::new(String::new())
            .variables(variables)
            .data::<Installation>(self.installation.clone())
            .data(self.live.clone())
            .data(info.clone())
            .data(self.limits.page)
            .data(ReadAhead::new(document.asks_once()));
        request.operation_name = name;
        request.set_parsed_query(parsed);
        request
    }

    /// Holds the errors of what was run to the limit; each has a code.
    pub(super) fn finish(&self, mut response: GraphqlResponse) -> Answer {
        response.errors.truncate(self.limits.document.errors);
        for error in &mut response.errors {
            if error.extensions.as_ref().is_none_or(|extensions| extensions.get("code").is_none()) {
                error.extensions.get_or_insert_default().set("code", "BAD_USER_INPUT");
            }
        }
        Answer { response, ran: true }
    }
}

/// Whether no root field gave anything.
#[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
fn gives_nothing(data: &Value) -> bool {
    match data {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(|value| *value == Value::Null),
        _ => false,
    }
}

fn server_error(code: &'static str, fault: Fault) -> ServerError {
    let at = fault.at.map(|(line, column)| Pos { line, column });
    let mut error = ServerError::new(fault.message, at);
    error.extensions.get_or_insert_default().set("code", code);
    error
}
