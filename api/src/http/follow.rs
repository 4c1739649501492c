//! Operations that go on: what a subscription gives, frame by frame.
//!
//! Operations that are equal, of viewers who see the same, share one run and one written frame: ten thousand
//! watchers of a goal cost one. Each of them has a bounded queue; who does not keep up is told to go.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_graphql::{Response as GraphqlResponse, ServerError, parser::types::OperationType};
use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use futures_util::{
    future::ready,
    stream::{self, BoxStream, StreamExt},
};
use tokio::time::error::Elapsed;
use tracing::Instrument as _;

use super::{
    Front,
    body::Wanted,
    catch_up::catch_up,
    document::{Operation, Place, Refusal},
    limit::{Payer, Standing, told},
    naming::{span_of_operation, tell_operation},
    operation::Answer,
    shared_run::{Reader, SharedRun},
};
use crate::{
    domain::{
        access::{Scope, viewer::SightKey},
        live::{Course, Position},
    },
    graphql::{context::RequestInfo, subscription::answers},
};

/// A part of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// An answer.
    Next {
        /// A JSON object.
        text: Utf8Bytes,
        /// The place of the event that it answers; none where it answers none.
        at: Option<Position>,
    },
    /// The stream did not begin or broke off: a JSON list of errors. Nothing follows.
    Failed(Bytes),
    /// The reader did not keep up. Nothing follows.
    Slow,
    /// The stream ends because the server stops, and goes on elsewhere. Nothing follows.
    Stopping,
}

impl Frame {
    /// What was asked for does not run, or not any more.
    pub(super) fn refused(refusal: Refusal) -> Self {
        Self::Failed(Answer::refused(refusal).failure().unwrap_or_default().into())
    }
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
        let failed = |refusal| stream::once(ready(Frame::refused(refusal))).boxed();
        let payer = Payer::of(Some(scope.viewer().payer()), info.client);
        let charge = |requests, points| self.charge(payer, requests, points).map_err(too_much);
        // Before anything is parsed: refused documents count too.
        if let Err(spent) = charge(1, 0) {
            return failed(spent);
        }
        let operation = match self.decide(wanted).await {
            Ok(operation) => operation,
            Err(refusal) => return failed(refusal),
        };
        tell_operation(&operation);
        let standing = match charge(0, operation.points) {
            Ok(standing) => standing,
            Err(spent) => return failed(spent),
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
                let frame = Frame::Next { text: text(answer.bytes()), at: None };
                stream::once(ready(frame)).boxed()
            }
        }
    }

    /// What a subscription gives to a viewer.
    fn follow(&self, operation: Operation, scope: Scope, info: &RequestInfo) -> BoxStream<'static, Frame> {
        let place = operation.place();
        let frames = match place {
            Place::Now => self.read_along(operation, scope, info).0,
            Place::Own => self.run_stream(operation, scope, info, &Arc::default()),
            Place::Earlier(_) => {
                let like_all = operation.like_all(&place);
                let course = Arc::default();
                let alone = self.run_stream(operation, scope.clone(), info, &course);
                let (front, info) = (self.clone(), info.clone());
                catch_up(alone, course, move || front.read_along(like_all, scope, &info))
            }
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

    /// What all hear who ask just this.
    fn read_along(
        &self,
        operation: Operation,
        scope: Scope,
        info: &RequestInfo,
    ) -> (BoxStream<'static, Frame>, Arc<Course>) {
        let request = Arc::clone(&info.id);
        let reader = self.join(operation, scope, info);
        let course = reader.course();
        (reader.read(move || broken(&request)), course)
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
        let course = Arc::default();
        let frames = self.run_stream(operation, scope, info, &course);
        let (shared, reader) = SharedRun::start(frames, course);
        streams.insert(key, Arc::downgrade(&shared));
        reader
    }

    fn run_stream(
        &self,
        operation: Operation,
        scope: Scope,
        info: &RequestInfo,
        course: &Arc<Course>,
    ) -> BoxStream<'static, Frame> {
        let (payer, points) = (Payer::of(Some(scope.viewer().payer()), info.client), operation.points);
        let request = self.request(operation, info).data(Arc::clone(course));
        let answers = answers(&self.schema, request, scope);
        let (front, course) = (self.clone(), Arc::clone(course));
        stream::unfold(Some(answers), move |answers| {
            let (front, course) = (front.clone(), Arc::clone(&course));
            async move {
                let mut answers = answers?;
                let Ok(answer) = within(front.limits.request_timeout, &mut answers, &course).await else {
                    return Some((Frame::refused(front.too_slow()), None));
                };
                let answer = answer?;
                // Each event costs what a request does. A shared run costs whoever started it; the others begin
                // another where it ends.
                if let Err(spent) = front.charge(payer, 0, points) {
                    return Some((Frame::refused(too_much(spent)), None));
                }
                let answer = front.finish(answer);
                Some(match answer.failure() {
                    Some(errors) => (Frame::Failed(errors.into()), None),
                    None => {
                        let frame = Frame::Next { text: text(answer.bytes()), at: Some(course.reached()) };
                        (frame, Some(answers))
                    }
                })
            }
        })
        .boxed()
    }

    fn too_slow(&self) -> Refusal {
        let seconds = self.limits.request_timeout.as_secs();
        let message = format!(
            "the answer to an event took longer than {seconds} seconds: ask for less, and go on after the last cursor"
        );
        Refusal::new("TIMEOUT", message)
    }
}

fn too_much(spent: Standing) -> Refusal {
    let message = format!("too much was asked for: wait {} seconds", spent.reset_seconds);
    Refusal::new("RATE_LIMITED", message)
}

/// The next answer. However long one waits for an event, its answer takes no longer than a request may.
async fn within(
    limit: Duration,
    answers: &mut BoxStream<'static, GraphqlResponse>,
    course: &Course,
) -> Result<Option<GraphqlResponse>, Elapsed> {
    let mut next = answers.next();
    let answer = tokio::select! {
        biased;
        answer = &mut next => answer,
        () = course.answering() => tokio::time::timeout(limit, next).await?,
    };
    course.answered();
    Ok(answer)
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
