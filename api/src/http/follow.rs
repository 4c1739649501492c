//! Operations that go on: what a subscription gives, frame by frame.
//!
//! Operations that are equal, of viewers who see the same, share one run and one written frame: ten thousand
//! watchers of a goal cost one. Each of them has a bounded queue; who does not keep up is told to go.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_graphql::{
    ServerError,
    parser::types::{ExecutableDocument, OperationType, Selection},
};
use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use futures_util::{
    future::ready,
    stream::{self, BoxStream, StreamExt},
};
use tracing::Instrument as _;

use super::{
    Front,
    body::Wanted,
    document::{Operation, Refusal},
    limit::{Payer, Standing, told},
    naming::{span_of_operation, tell_operation},
    operation::Answer,
    shared_run::{Reader, SharedRun},
};
use crate::{
    domain::access::{Scope, viewer::SightKey},
    graphql::{context::RequestInfo, subscription::answers},
};

/// Arguments that give a stream a beginning or an end of its own, so that it cannot be shared.
const OWN_PLACE: [&str; 3] = ["after", "first", "snapshot"];

/// A part of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// An answer: a JSON object.
    Next(Utf8Bytes),
    /// The stream did not begin or broke off: a JSON list of errors. Nothing follows.
    Failed(Bytes),
    /// The reader did not keep up. Nothing follows.
    Slow,
    /// The stream ends because the server stops, and goes on elsewhere. Nothing follows.
    Stopping,
}

/// Streams that are shared, by what they give.
#[derive(Debug, Default)]
pub(super) struct SharedStreams(Mutex<HashMap<Key, Weak<SharedRun>>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    name: Option<String>,
    variables: String,
    sight: SightKey,
}

impl Front {
    /// Starts what was asked for over a stream: the frames that it gives. What is refused is a stream of one
    /// failure.
    pub(super) async fn start(
        &self,
        wanted: Wanted,
        scope: Scope,
        info: &RequestInfo,
    ) -> BoxStream<'static, Frame> {
        let span = span_of_operation(info, scope.viewer().payer());
        self.start_in_span(wanted, scope, info).instrument(span).await
    }

    async fn start_in_span(
        &self,
        wanted: Wanted,
        scope: Scope,
        info: &RequestInfo,
    ) -> BoxStream<'static, Frame> {
        let failed = |answer: &Answer| {
            let errors = Frame::Failed(answer.failure().unwrap_or_default().into());
            stream::once(ready(errors)).boxed()
        };
        let payer = Payer::of(Some(scope.viewer().payer()), info.client);
        let charge = |requests, points| {
            self.charge(payer, requests, points).map_err(|spent| {
                let message = format!("too much was asked for: wait {} seconds", spent.reset_seconds);
                Refusal::new("RATE_LIMITED", message)
            })
        };
        // Before anything is parsed: refused documents count too.
        if let Err(spent) = charge(1, 0) {
            return failed(&Answer::refused(spent));
        }
        let operation = match self.decide(wanted).await {
            Ok(operation) => operation,
            Err(refusal) => return failed(&Answer::refused(refusal)),
        };
        tell_operation(&operation);
        let standing = match charge(0, operation.points) {
            Ok(standing) => standing,
            Err(spent) => return failed(&Answer::refused(spent)),
        };
        self.frames(operation, scope, info, standing).await
    }

    /// What an operation that was accepted and paid for gives to a viewer: a query or mutation one frame.
    pub(super) async fn frames(
        &self,
        operation: Operation,
        scope: Scope,
        info: &RequestInfo,
        standing: Option<Standing>,
    ) -> BoxStream<'static, Frame> {
        match operation.kind {
            OperationType::Subscription => self.follow(operation, scope, info),
            OperationType::Query | OperationType::Mutation => {
                let info = RequestInfo { rate_limit: told(standing, operation.points), ..info.clone() };
                let answer = self.execute(operation, Some(scope), &info).await;
                let frame = Frame::Next(text(answer.bytes()));
                stream::once(ready(frame)).boxed()
            }
        }
    }

    /// What a subscription gives to a viewer.
    fn follow(&self, operation: Operation, scope: Scope, info: &RequestInfo) -> BoxStream<'static, Frame> {
        let frames = if has_its_own_place(operation.document.parsed()) {
            self.run_stream(operation, scope, info)
        } else {
            let request = Arc::clone(&info.id);
            self.join(operation, scope, info).read(move || broken(&request))
        };
        let (open, metrics, closing) = (self.metrics.stream(), Arc::clone(&self.metrics), self.closing());
        let counted = move |frame: &Frame| {
            _ = &open;
            if *frame == Frame::Slow {
                metrics.slow_reader();
            }
        };
        // Streams end when the server stops, and their end comes before the word to the client: whoever is
        // told that a stream is complete does not come back for the rest.
        let end = stream::once(async move { closing.has_begun().then_some(Frame::Stopping) });
        frames.chain(end.filter_map(ready)).inspect(counted).boxed()
    }

    /// A reader of the run that gives just this to just such a viewer; of a new one where there is none.
    fn join(&self, operation: Operation, scope: Scope, info: &RequestInfo) -> Reader {
        let key = Key {
            text: operation.document.text().to_owned(),
            name: operation.name.clone(),
            variables: serde_json::to_string(&operation.variables).unwrap_or_default(),
            sight: SightKey::of(scope.shared_viewer()),
        };
        let mut streams = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = streams.get(&key).and_then(Weak::upgrade);
        if let Some(reader) = running.and_then(SharedRun::join) {
            return reader;
        }
        streams.retain(|_, shared| shared.strong_count() > 0);
        let (shared, reader) = SharedRun::start(self.run_stream(operation, scope, info));
        streams.insert(key, Arc::downgrade(&shared));
        reader
    }

    fn run_stream(
        &self,
        operation: Operation,
        scope: Scope,
        info: &RequestInfo,
    ) -> BoxStream<'static, Frame> {
        let answers = answers(&self.schema, self.request(operation, info), scope);
        let front = self.clone();
        stream::unfold(Some(answers), move |answers| {
            let front = front.clone();
            async move {
                let mut answers = answers?;
                let answer = front.finish(answers.next().await?);
                Some(match answer.failure() {
                    Some(errors) => (Frame::Failed(errors.into()), None),
                    None => (Frame::Next(text(answer.bytes())), Some(answers)),
                })
            }
        })
        .boxed()
    }
}

/// An answer as text, looked at once for all who read it.
fn text(json: Vec<u8>) -> Utf8Bytes {
    match String::from_utf8(json) {
        Ok(text) => text.into(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
    }
}

/// The run behind a stream broke off, which is ours: the client may ask again.
fn broken(request: &str) -> Frame {
    tracing::error!(request_id = request, "the run of a stream broke off");
    let message = "something went wrong on our side: subscribe again, after the last cursor";
    let mut error = ServerError::new(message, None);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("code", "INTERNAL");
    extensions.set("requestId", request);
    // Messages and codes cannot fail to serialize.
    Frame::Failed(serde_json::to_vec(&[error]).unwrap_or_default().into())
}

/// Whether an operation says where it begins or ends. Fragments are not looked into: what stands in one has a
/// run of its own, which costs time only.
fn has_its_own_place(document: &ExecutableDocument) -> bool {
    document.operations.iter().any(|(_, operation)| {
        operation.node.selection_set.node.items.iter().any(|selection| match &selection.node {
            Selection::Field(field) => {
                field.node.arguments.iter().any(|(name, _)| OWN_PLACE.contains(&name.node.as_str()))
            }
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => true,
        })
    })
}
