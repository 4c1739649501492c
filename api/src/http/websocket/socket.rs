//! The loop of one socket.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    future::{BoxFuture, FutureExt},
    stream::StreamExt as _,
};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use uuid::Uuid;

use super::{
    close::Close,
    message::{self, Said},
    running::Running,
    seldom::Seldom,
};
use crate::{
    domain::{access::Scope, live::WhyEnded},
    graphql::context::RequestInfo,
    http::{
        Front, auth::AuthError, body::Wanted, document::Refusal, follow::Frame, limit::Payer,
        operation::Answer, serve::Closing, tally::Place,
    },
};

/// Longest wait for `connection_init`.
const INIT: Duration = Duration::from_secs(5);
/// Longest time for one message to be written: who reads slower is let go.
const WRITE: Duration = Duration::from_secs(10);
/// How often a silent client is asked whether it is there; who says nothing for two of these is gone.
const PULSE: Duration = Duration::from_secs(30);
/// Longest wait for the other side to close too.
const FAREWELL: Duration = Duration::from_secs(2);
/// Messages of a client at most in one [`PULSE`].
const MESSAGES: u32 = 3_000;

/// An open socket after its client was let in.
struct Session {
    front: Front,
    info: RequestInfo,
    scope: Scope,
    /// Operations that run, by their ids as they are written in messages.
    running: Running,
    heard: u32,
    is_there: bool,
}

/// What is to be done next.
enum Turn {
    Rare(Rare),
    Heard(Option<Result<Message, axum::Error>>),
    Gave(Arc<str>, Option<Frame>),
}

/// What seldom happens.
enum Rare {
    Ended(WhyEnded),
    Closing,
    Pulse,
}

/// Serves a socket to its end.
///
/// Ten thousand wait here, so all that is large or soon over is boxed: a task keeps room for whatever its
/// functions hold at any time.
pub(super) async fn serve(mut socket: Box<WebSocket>, front: Front, info: RequestInfo) {
    let close = match welcome(&mut socket, &front, &info).boxed().await {
        Ok((scope, ended, _place)) => {
            let _open = front.metrics.websocket();
            Session::new(front, info, scope).run(&mut socket, ended).await
        }
        Err(close) => close,
    };
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

type Ended = BoxFuture<'static, WhyEnded>;

/// Waits for `connection_init` and looks who it is; no close where the client has gone.
async fn welcome(
    socket: &mut WebSocket,
    front: &Front,
    info: &RequestInfo,
) -> Result<(Scope, Ended, Place<Uuid>), Option<Close>> {
    let until = Instant::now() + INIT;
    let mut closing = front.closing();
    loop {
        let received = tokio::select! {
            received = socket.recv() => received,
            () = sleep_until(until) => return Err(Some(Close::no_init())),
            () = closing.begun() => return Err(Some(Close::stopping())),
        };
        let Some(said) = heard(received)? else { continue };
        match said {
            Said::Ping => send(socket, message::pong()).await?,
            Said::Pong | Said::Complete { .. } => {}
            Said::Subscribe { .. } => return Err(Some(Close::not_yet_let_in())),
            Said::Init { credentials } => {
                // A stream is of somebody: what anybody may ask is asked by request.
                let Some(credentials) = credentials else { return Err(Some(Close::forbidden())) };
                let (pass, scope) =
                    front.enter(&credentials, &info.id).await.map_err(|error| match error {
                        AuthError::Refused => Some(refused(front, info)),
                        AuthError::Failed(error) => {
                            tracing::error!(%error, request_id = &*info.id, "nobody could be let in");
                            Some(Close::broken())
                        }
                    })?;
                let places = &front.open_streams;
                let place = places
                    .take(scope.viewer().payer())
                    .ok_or_else(|| Some(Close::too_many_streams(places.most())))?;
                let watch = front.live.watch_rights(&pass, scope.shared_viewer());
                send(socket, message::ack()).await?;
                return Ok((scope, async move { watch.ended().await }.boxed(), place));
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

/// What was received: nothing to do for what the library answers by itself, a close where it breaks a rule,
/// no close where the client has gone.
fn heard(received: Option<Result<Message, axum::Error>>) -> Result<Option<Said>, Option<Close>> {
    match received {
        None => Err(None),
        Some(Err(error)) => Err(error.to_string().contains("too long").then(Close::too_large)),
        Some(Ok(Message::Text(text))) => message::read(text.as_str()).map(Some).map_err(Some),
        Some(Ok(Message::Binary(_))) => Err(Some(Close::invalid("A message is text"))),
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
        Some(Ok(Message::Close(_))) => Err(None),
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Option<Close>> {
    let mut sending = pin!(socket.send(message));
    // It is mostly taken at once, and then no clock is asked.
    let sent = match sending.as_mut().now_or_never() {
        Some(sent) => Ok(sent),
        None => timeout(WRITE, sending).await,
    };
    match sent {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(None),
        // It hears why if it reads on within the time of a farewell.
        Err(_) => Err(Some(Close::too_slow())),
    }
}

/// Waits for what seldom happens, for one pulse.
async fn rare(ended: &mut Ended, closing: &mut Closing) -> Rare {
    tokio::select! {
        biased;
        why = ended => Rare::Ended(why),
        () = closing.begun() => Rare::Closing,
        () = sleep(PULSE) => Rare::Pulse,
    }
}

impl Session {
    fn new(front: Front, info: RequestInfo, scope: Scope) -> Self {
        Self { front, info, scope, running: Running::default(), heard: 0, is_there: true }
    }

    async fn run(mut self, socket: &mut WebSocket, mut ended: Ended) -> Option<Close> {
        let mut closing = self.front.closing();
        // Whatever ends the stream or comes from the client goes before all that could still be told.
        let mut seldom = Seldom::new();
        loop {
            let mut rare = rare(&mut ended, &mut closing).boxed();
            loop {
                let turn = poll_fn(|cx| {
                    let other = seldom.poll(cx, |cx| match rare.poll_unpin(cx) {
                        Poll::Ready(happened) => Poll::Ready(Turn::Rare(happened)),
                        Poll::Pending => socket.poll_next_unpin(cx).map(Turn::Heard),
                    });
                    match other {
                        Poll::Ready(turn) => Poll::Ready(turn),
                        Poll::Pending => self.running.poll_next(cx).map(|(id, frame)| Turn::Gave(id, frame)),
                    }
                });
                let step = match turn.await {
                    Turn::Rare(Rare::Ended(why)) => Err(Some(Close::ended(why))),
                    Turn::Rare(Rare::Closing) => Err(Some(Close::stopping())),
                    Turn::Rare(Rare::Pulse) => match self.feel(socket).await {
                        Ok(()) => break,
                        Err(close) => Err(close),
                    },
                    Turn::Heard(received) => self.hear(socket, received).await,
                    Turn::Gave(id, frame) => self.tell(socket, &id, frame).await,
                };
                if let Err(close) = step {
                    return close;
                }
            }
        }
    }

    async fn feel(&mut self, socket: &mut WebSocket) -> Result<(), Option<Close>> {
        if !self.is_there {
            return Err(None);
        }
        self.is_there = false;
        self.heard = 0;
        send(socket, Message::Ping(Bytes::new())).await
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<(), Option<Close>> {
        self.is_there = true;
        self.heard += 1;
        if self.heard > MESSAGES {
            return Err(Some(Close::too_many_messages()));
        }
        let Some(said) = heard(received)? else { return Ok(()) };
        match said {
            Said::Init { .. } => Err(Some(Close::second_init())),
            Said::Ping => send(socket, message::pong()).await,
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
                if self.running.len() >= self.front.limits.socket_operations {
                    let most = self.front.limits.socket_operations;
                    let message = format!("at most {most} operations run on a socket: end one first");
                    let refused = Answer::refused(Refusal::new("RATE_LIMITED", message));
                    let errors = refused.failure().unwrap_or_default();
                    let errors = String::from_utf8_lossy(&errors);
                    return send(socket, message::with_payload(&quoted, "error", &errors)).await;
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
            Some(Frame::Next(payload)) => message::with_payload(id, "next", &payload),
            Some(Frame::Failed(errors)) => {
                message::with_payload(id, "error", &String::from_utf8_lossy(&errors))
            }
            None => message::complete(id),
            Some(Frame::Slow) => return Err(Some(Close::too_slow())),
            Some(Frame::Stopping) => return Err(Some(Close::stopping())),
        };
        send(socket, message).await
    }
}
