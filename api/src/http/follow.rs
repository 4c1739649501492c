//! Operations that go on: what a subscription gives, frame by frame.
//!
//! Operations that are equal, of viewers who see the same, share one run and one written frame: ten thousand
//! watchers of a goal cost one. Each of them has a bounded queue; who does not keep up is told to go.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use futures_util::{
    future::{AbortHandle, ready},
    stream::{self, BoxStream, StreamExt},
};
use tokio::sync::broadcast::{self, error::RecvError};
use tracing::Instrument as _;

use super::{
    Front,
    body::Wanted,
    document::{Operation, Refusal},
    limit::{Payer, Standing, told},
    metrics::{Metrics, Open},
    naming::{span_of_operation, tell_operation},
    operation::Answer,
};
use crate::{
    domain::access::{Scope, viewer::SightKey},
    graphql::{context::RequestInfo, subscription::answers},
};

/// Frames that wait for one reader at most.
const WAITING: usize = 64;
/// How long readers that are so far behind are waited for.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often it is looked whether they have caught up.
const PAUSE: Duration = Duration::from_millis(2);
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
}

/// Streams that are shared, by what they give.
#[derive(Debug, Default)]
pub(super) struct SharedStreams(Mutex<HashMap<Key, Weak<Shared>>>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: String,
    name: Option<String>,
    variables: String,
    sight: SightKey,
}

/// One run that several read. It ends with its last reader.
#[derive(Debug)]
struct Shared {
    frames: broadcast::WeakSender<Frame>,
    run: AbortHandle,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.run.abort();
    }
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
        let open = self.metrics.stream();
        if has_its_own_place(operation.document.parsed()) {
            let counted = move |_: &Frame| _ = &open;
            return self.run_stream(operation, scope, info).inspect(counted).boxed();
        }
        let read = |shared, frames| {
            Reader { _shared: shared, frames, metrics: Arc::clone(&self.metrics), _open: open }.read()
        };
        let key = Key {
            text: operation.document.text().to_owned(),
            name: operation.name.clone(),
            variables: serde_json::to_string(&operation.variables).unwrap_or_default(),
            sight: scope.viewer().sight_key(),
        };
        let mut streams = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = streams.get(&key).and_then(Weak::upgrade);
        if let Some((shared, frames)) =
            running.and_then(|shared| Some((Arc::clone(&shared), shared.frames.upgrade()?.subscribe())))
        {
            return read(shared, frames);
        }
        streams.retain(|_, shared| shared.strong_count() > 0);
        let (sender, frames) = broadcast::channel(WAITING);
        let weak = sender.downgrade();
        let mut run = self.run_stream(operation, scope, info);
        let (running, handle) = futures_util::future::abortable(async move {
            let mut crowd = Crowd::default();
            while let Some(frame) = run.next().await {
                crowd.caught_up(&sender).await;
                // Nobody reads: the run is about to be ended.
                let _ = sender.send(frame);
            }
        });
        tokio::spawn(running);
        let shared = Arc::new(Shared { frames: weak, run: handle });
        streams.insert(key, Arc::downgrade(&shared));
        read(shared, frames)
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

/// Those who read along. Writing to ten thousand takes longer than making a frame, so a burst of events would
/// overrun them all: whoever is behind by a whole queue is waited for, once and shortly. A reader that has
/// stopped holds the others up no longer than that, however many events follow.
#[derive(Default)]
struct Crowd {
    is_given_up: bool,
}

impl Crowd {
    async fn caught_up(&mut self, frames: &broadcast::Sender<Frame>) {
        let is_full = || frames.len() >= WAITING;
        if !is_full() {
            self.is_given_up = false;
            return;
        }
        let until = Instant::now() + PATIENCE;
        while !self.is_given_up && is_full() {
            tokio::time::sleep(PAUSE).await;
            self.is_given_up = Instant::now() >= until;
        }
    }
}

/// An answer as text, looked at once for all who read it.
fn text(json: Vec<u8>) -> Utf8Bytes {
    match String::from_utf8(json) {
        Ok(text) => text.into(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
    }
}

/// One that reads along; the run lasts as long as somebody does.
struct Reader {
    _shared: Arc<Shared>,
    frames: broadcast::Receiver<Frame>,
    metrics: Arc<Metrics>,
    _open: Open,
}

impl Reader {
    fn read(self) -> BoxStream<'static, Frame> {
        stream::unfold(Some(self), |reader| async move {
            let mut reader = reader?;
            match reader.frames.recv().await {
                Ok(frame @ Frame::Next(_)) => Some((frame, Some(reader))),
                Ok(last) => Some((last, None)),
                Err(RecvError::Lagged(_)) => {
                    reader.metrics.slow_reader();
                    Some((Frame::Slow, None))
                }
                Err(RecvError::Closed) => None,
            }
        })
        .boxed()
    }
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
