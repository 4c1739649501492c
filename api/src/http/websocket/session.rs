//! The loop of a socket after its client was let in.

use std::{future::poll_fn, pin::Pin, sync::Arc, task::Poll, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    future::{BoxFuture, FutureExt as _},
    stream::StreamExt as _,
};
use tokio::time::{Instant, Sleep, sleep};
use uuid::Uuid;

use super::{
    ANSWER,
    close::Close,
    message::{self, Said},
    received,
    running::Running,
    seldom::Seldom,
    socket::{Line, send},
};
use crate::{
    domain::access::Scope,
    http::{body::Wanted, document::Refusal, follow::Frame, metrics::Open, tally::Place},
};

/// How often a silent client is asked whether it is there; who says nothing for two of these is gone.
const PULSE: Duration = Duration::from_secs(30);

/// What ends a socket from our side, whatever goes on meanwhile.
pub(super) type Ends = BoxFuture<'static, Close>;

/// What a client has that was let in.
pub(super) struct Session {
    scope: Scope,
    /// Operations that run, by their ids as they are written in messages.
    running: Running,
    heard: u32,
    is_there: bool,
    ends: Ends,
    pulse: Pin<Box<Sleep>>,
    seldom: Seldom,
    _place: Place<Uuid>,
    _open: Open,
}

/// What happened.
enum Turn {
    Ends(Close),
    Pulse,
    Heard(Option<Result<Message, axum::Error>>),
    Gave(Arc<str>, Option<Frame>),
}

/// What is to be sent, if anything; or the close, none where the client has gone.
type Step = Result<Option<Message>, Option<Close>>;

impl Session {
    pub(super) fn new(scope: Scope, ends: Ends, place: Place<Uuid>, open: Open) -> Self {
        Self {
            scope,
            running: Running::default(),
            heard: 0,
            is_there: true,
            ends,
            pulse: Box::pin(sleep(PULSE)),
            seldom: Seldom::new(),
            _place: place,
            _open: open,
        }
    }

    /// Goes on until there is a reason to close; none where the client has gone.
    ///
    /// One place waits for what happens and one for what is sent; what is between them does not wait, so that
    /// ten thousand tasks keep no room for it.
    pub(super) async fn run(&mut self, line: &mut Line) -> Option<Close> {
        loop {
            let step = match self.turn(&mut line.socket).await {
                Turn::Ends(close) => Err(Some(close)),
                Turn::Pulse => self.feel(),
                Turn::Heard(received) => self.hear(line, received),
                Turn::Gave(id, frame) => self.tell(&id, frame).map(Some),
            };
            let sent = match step {
                Ok(None) => continue,
                Ok(Some(message)) => send(line, message, &mut self.ends, Some(&self.seldom)).await,
                Err(close) => Err(close),
            };
            if let Err(close) = sent {
                return close;
            }
        }
    }

    /// Whatever ends the socket or comes from the client goes before all that could still be told.
    async fn turn(&mut self, socket: &mut WebSocket) -> Turn {
        poll_fn(|cx| {
            let Self { ends, pulse, seldom, running, .. } = self;
            let other = seldom.poll(cx, |cx| {
                if let Poll::Ready(close) = ends.poll_unpin(cx) {
                    return Poll::Ready(Turn::Ends(close));
                }
                if pulse.poll_unpin(cx).is_ready() {
                    return Poll::Ready(Turn::Pulse);
                }
                socket.poll_next_unpin(cx).map(Turn::Heard)
            });
            match other {
                Poll::Ready(turn) => Poll::Ready(turn),
                Poll::Pending => running.poll_next(cx).map(|(id, frame)| Turn::Gave(id, frame)),
            }
        })
        .await
    }

    fn feel(&mut self) -> Step {
        if !self.is_there {
            return Err(None);
        }
        self.is_there = false;
        self.heard = 0;
        self.pulse.as_mut().reset(Instant::now() + PULSE);
        Ok(Some(Message::Ping(Bytes::new())))
    }

    fn hear(&mut self, line: &Line, received: Option<Result<Message, axum::Error>>) -> Step {
        self.is_there = true;
        self.heard += 1;
        let limits = &line.front.limits.socket;
        if self.heard > limits.messages {
            return Err(Some(Close::too_many_messages()));
        }
        let Some(said) = received::read(received)? else { return Ok(None) };
        match said {
            Said::Init { .. } => Err(Some(Close::second_init())),
            Said::Ping => Ok(Some(message::pong())),
            Said::Pong => Ok(None),
            Said::Complete { id } => {
                self.running.end(&message::quoted(&id));
                Ok(None)
            }
            Said::Subscribe { id, wanted } => {
                let quoted = message::quoted(&id);
                if self.running.holds(&quoted) {
                    return Err(Some(Close::known_id(&id)));
                }
                let most = limits.operations;
                if self.running.len() >= most {
                    let why = format!("at most {most} operations run on a socket: end one first");
                    return self
                        .tell(&quoted, Some(Frame::refused(Refusal::new("RATE_LIMITED", why))))
                        .map(Some);
                }
                self.begin(line, quoted, wanted);
                Ok(None)
            }
        }
    }

    fn begin(&mut self, line: &Line, id: Arc<str>, wanted: Wanted) {
        let (front, scope, info) = (line.front.clone(), self.scope.clone(), line.info.clone());
        self.running.begin(id, async move { front.start(wanted, scope, &info).await }.boxed());
    }

    fn tell(&mut self, id: &str, frame: Option<Frame>) -> Result<Message, Option<Close>> {
        match frame {
            Some(Frame::Next { text, .. }) if text.len() > ANSWER => {
                self.running.end(id);
                let why = format!(
                    "the answer is larger than {ANSWER} bytes: ask for less at once, or by POST, where answers may be \
                     of any size"
                );
                self.tell(id, Some(Frame::refused(Refusal::new("QUERY_TOO_COMPLEX", why))))
            }
            Some(Frame::Next { text, .. }) => Ok(message::with_payload(id, "next", &text)),
            Some(Frame::Failed(errors)) => {
                Ok(message::with_payload(id, "error", &String::from_utf8_lossy(&errors)))
            }
            None => Ok(message::complete(id)),
            Some(Frame::Slow) => Err(Some(Close::too_slow())),
            Some(Frame::Stopping) => Err(Some(Close::stopping())),
        }
    }
}
