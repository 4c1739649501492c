//! The loop of one socket.

use std::{
    future::poll_fn,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    future::{BoxFuture, FutureExt},
    stream::StreamExt as _,
};
use tokio::time::{Instant, Sleep, sleep, timeout};
use uuid::Uuid;

use super::{
    ANSWER,
    close::Close,
    message::{self, Said},
    received,
    running::Running,
    seldom::Seldom,
};
use crate::{
    domain::access::Scope,
    graphql::context::RequestInfo,
    http::{
        Front, auth::AuthError, body::Wanted, document::Refusal, follow::Frame, limit::Payer,
        operation::Answer, refusal::tell_panic, tally::Place,
    },
};

/// How often a silent client is asked whether it is there; who says nothing for two of these is gone.
const PULSE: Duration = Duration::from_secs(30);
/// Longest wait for the other side to close too.
const FAREWELL: Duration = Duration::from_secs(2);
/// Messages before a client is let in, as a part of those in a pulse, and at least.
const BEFORE: (u32, u32) = (100, 10);

/// An open socket after its client was let in.
struct Session {
    front: Front,
    info: RequestInfo,
    scope: Scope,
    /// Operations that run, by their ids as they are written in messages.
    running: Running,
    heard: u32,
    is_there: bool,
    ends: Ends,
    pulse: Pin<Box<Sleep>>,
    seldom: Seldom,
}

/// What is to be done next.
enum Turn {
    Ends(Close),
    Pulse,
    Heard(Option<Result<Message, axum::Error>>),
    Gave(Arc<str>, Option<Frame>),
}

/// What ends a socket from our side, whatever goes on meanwhile.
type Ends = BoxFuture<'static, Close>;

/// Serves a socket to its end.
///
/// Ten thousand wait here, so all that is large or soon over is boxed: a task keeps room for whatever its
/// functions hold at any time.
pub(super) async fn serve(mut socket: Box<WebSocket>, front: Front, info: RequestInfo) {
    let served = AssertUnwindSafe(converse(&mut socket, front, info)).catch_unwind().await;
    // A panic is of this socket alone, and its client hears of it as of any other fault of ours.
    let close = served.unwrap_or_else(|panic| {
        tell_panic(&*panic, "a socket panicked");
        Some(Close::broken())
    });
    // The closing handshake is finished from either side, so that the client hears a code and not a broken
    // connection: the answer to its own close goes out while we read on.
    let farewell = async {
        if let Some(close) = close
            && socket.send(close.message()).await.is_err()
        {
            return;
        }
        while let Some(Ok(_)) = socket.recv().await {}
    };
    let _ = timeout(FAREWELL, farewell).await;
}

/// From the first message to the reason to close; none where the client has gone.
async fn converse(socket: &mut WebSocket, front: Front, info: RequestInfo) -> Option<Close> {
    match welcome(socket, &front, &info).boxed().await {
        Ok((scope, ends, _place)) => {
            let _open = front.metrics.websocket();
            Session::new(front, info, scope, ends).run(socket).await
        }
        Err(close) => close,
    }
}

/// Waits for `connection_init` and looks who it is; no close where the client has gone.
async fn welcome(
    socket: &mut WebSocket,
    front: &Front,
    info: &RequestInfo,
) -> Result<(Scope, Ends, Place<Uuid>), Option<Close>> {
    let until = Instant::now() + front.limits.socket.init_timeout;
    let mut closing = front.closing();
    let mut ends = async move {
        tokio::select! {
            () = tokio::time::sleep_until(until) => Close::no_init(),
            () = closing.begun() => Close::stopping(),
        }
    }
    .boxed();
    // A stranger has little to say.
    let mut left = (front.limits.socket.messages / BEFORE.0).max(BEFORE.1);
    loop {
        let received = tokio::select! {
            biased;
            close = &mut ends => return Err(Some(close)),
            received = socket.recv() => received,
        };
        left = left.checked_sub(1).ok_or_else(|| Some(Close::too_many_messages()))?;
        let Some(said) = received::read(received)? else { continue };
        match said {
            Said::Ping => send(socket, message::pong(), front, &mut ends, None).await?,
            Said::Pong | Said::Complete { .. } => {}
            Said::Subscribe { .. } => return Err(Some(Close::not_yet_let_in())),
            Said::Init { credentials } => {
                // A stream is of somebody: what anybody may ask is asked by request.
                let Some(credentials) = credentials else { return Err(Some(Close::forbidden())) };
                let not_let_in = |error| match error {
                    AuthError::Refused => Some(refused(front, info)),
                    AuthError::Failed(error) => {
                        tracing::error!(%error, request_id = &*info.id, "nobody could be let in");
                        Some(Close::broken())
                    }
                };
                let (pass, scope) = front.enter(&credentials, &info.id).await.map_err(not_let_in)?;
                let places = &front.open_streams;
                let place = places
                    .take(scope.viewer().payer())
                    .ok_or_else(|| Some(Close::too_many_streams(places.most())))?;
                let (watch, scope) = front.enter_stream(&pass, &scope, &info.id).await.map_err(not_let_in)?;
                let mut closing = front.closing();
                let mut ends = async move {
                    tokio::select! {
                        biased;
                        why = watch.ended() => Close::ended(why),
                        () = closing.begun() => Close::stopping(),
                    }
                }
                .boxed();
                send(socket, message::ack(), front, &mut ends, None).await?;
                return Ok((scope, ends, place));
            }
        }
    }
}

/// A token that speaks for nobody costs its address a request, as it does everywhere.
fn refused(front: &Front, info: &RequestInfo) -> Close {
    let now = front.installation.clock().now();
    match front.rates.charge(Payer::of(None, info.client), 1, 0, now) {
        Ok(_) => Close::forbidden(),
        Err(spent) => Close::too_often(spent.reset_seconds),
    }
}

/// Sends a message. While the client does not take it, what ends the socket is waited for as well: rights that
/// are gone end it no later because its client reads slowly.
async fn send(
    socket: &mut WebSocket,
    message: Message,
    front: &Front,
    ends: &mut Ends,
    seldom: Option<&Seldom>,
) -> Result<(), Option<Close>> {
    let mut sending = pin!(socket.send(message));
    // It is mostly taken at once, and then no clock is asked.
    if let Some(sent) = sending.as_mut().now_or_never() {
        return sent.map_err(|_| None);
    }
    let blocked = async {
        tokio::select! {
            biased;
            close = ends => Err(Some(close)),
            sent = sending => sent.map_err(|_| None),
            () = sleep(front.limits.socket.write_timeout) => {
                front.metrics.slow_reader();
                // It hears why if it reads on within the time of a farewell.
                Err(Some(Close::too_slow()))
            }
        }
    };
    let sent = blocked.boxed().await;
    if let Some(seldom) = seldom {
        // It was not the one who asks seldom that was to be called meanwhile.
        seldom.ask_again();
    }
    sent
}

impl Session {
    fn new(front: Front, info: RequestInfo, scope: Scope, ends: Ends) -> Self {
        Self {
            front,
            info,
            scope,
            running: Running::default(),
            heard: 0,
            is_there: true,
            ends,
            pulse: Box::pin(sleep(PULSE)),
            seldom: Seldom::new(),
        }
    }

    async fn run(mut self, socket: &mut WebSocket) -> Option<Close> {
        loop {
            let step = match self.turn(socket).await {
                Turn::Ends(close) => Err(Some(close)),
                Turn::Pulse => self.feel(socket).await,
                Turn::Heard(received) => self.hear(socket, received).await,
                Turn::Gave(id, frame) => self.tell(socket, &id, frame).await,
            };
            if let Err(close) = step {
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

    async fn send(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), Option<Close>> {
        send(socket, message, &self.front, &mut self.ends, Some(&self.seldom)).await
    }

    async fn feel(&mut self, socket: &mut WebSocket) -> Result<(), Option<Close>> {
        if !self.is_there {
            return Err(None);
        }
        self.is_there = false;
        self.heard = 0;
        self.pulse.as_mut().reset(Instant::now() + PULSE);
        self.send(socket, Message::Ping(Bytes::new())).await
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Option<Close>> {
        self.is_there = true;
        self.heard += 1;
        if self.heard > self.front.limits.socket.messages {
            return Err(Some(Close::too_many_messages()));
        }
        let Some(said) = received::read(received)? else { return Ok(()) };
        match said {
            Said::Init { .. } => Err(Some(Close::second_init())),
            Said::Ping => self.send(socket, message::pong()).await,
            Said::Pong => Ok(()),
            Said::Complete { id } => {
                self.running.end(&message::quoted(&id));
                Ok(())
            }
            Said::Subscribe { id, wanted } => {
                let quoted = message::quoted(&id);
                if self.running.holds(&quoted) {
                    return Err(Some(Close::known_id(&id)));
                }
                let most = self.front.limits.socket.operations;
                if self.running.len() >= most {
                    let message = format!("at most {most} operations run on a socket: end one first");
                    let refused = Answer::refused(Refusal::new("RATE_LIMITED", message));
                    let errors = refused.failure().unwrap_or_default();
                    let errors = String::from_utf8_lossy(&errors);
                    return self.send(socket, message::with_payload(&quoted, "error", &errors)).await;
                }
                self.begin(quoted, wanted);
                Ok(())
            }
        }
    }

    fn begin(&mut self, id: Arc<str>, wanted: Wanted) {
        let (front, scope, info) = (self.front.clone(), self.scope.clone(), self.info.clone());
        self.running.begin(id, async move { front.start(wanted, scope, &info).await }.boxed());
    }

    async fn tell(
        &mut self,
        socket: &mut WebSocket,
        id: &str,
        frame: Option<Frame>,
    ) -> Result<(), Option<Close>> {
        let message = match frame {
            Some(Frame::Next { text, .. }) if text.len() > ANSWER => {
                self.running.end(id);
                let message = format!(
                    "the answer is larger than {ANSWER} bytes: ask for less at once, or by POST, where answers may be \
                     of any size"
                );
                let refused = Answer::refused(Refusal::new("QUERY_TOO_COMPLEX", message));
                let errors = refused.failure().unwrap_or_default();
                message::with_payload(id, "error", &String::from_utf8_lossy(&errors))
            }
            Some(Frame::Next { text, .. }) => message::with_payload(id, "next", &text),
            Some(Frame::Failed(errors)) => {
                message::with_payload(id, "error", &String::from_utf8_lossy(&errors))
            }
            None => message::complete(id),
            Some(Frame::Slow) => return Err(Some(Close::too_slow())),
            Some(Frame::Stopping) => return Err(Some(Close::stopping())),
        };
        self.send(socket, message).await
    }
}
