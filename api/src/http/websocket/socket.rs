//! The loop of one socket.

use std::{collections::HashMap, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket},
};
use futures_util::{
    future::{AbortHandle, BoxFuture, FutureExt},
    stream::{self, Abortable, BoxStream, SelectAll, StreamExt},
};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    close::Close,
    message::{self, Said},
};
use crate::{
    domain::{access::Scope, live::WhyEnded},
    graphql::context::RequestInfo,
    http::{
        Front, auth::AuthError, body::Wanted, document::Refusal, follow::Frame, limit::Payer,
        operation::Answer,
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

/// What an operation gives to its socket.
enum Part {
    Next(Bytes),
    Failed(Bytes),
    Complete,
    Slow,
}

/// An open socket after its client was let in.
struct Session {
    front: Front,
    info: RequestInfo,
    scope: Scope,
    /// Operations that run.
    parts: SelectAll<Abortable<BoxStream<'static, (String, Part)>>>,
    running: HashMap<String, AbortHandle>,
    heard: u32,
    is_there: bool,
    pulse: Instant,
}

/// Serves a socket to its end.
pub(super) async fn serve(mut socket: WebSocket, front: Front, info: RequestInfo) {
    let close = match welcome(&mut socket, &front, &info).await {
        Ok((scope, ended)) => {
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
) -> Result<(Scope, Ended), Option<Close>> {
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
                let watch = front.live.watch_rights(&pass, scope.viewer());
                send(socket, message::ack()).await?;
                return Ok((scope, async move { watch.ended().await }.boxed()));
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
    match timeout(WRITE, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        // Gone, or so slow that nothing more can be said to it.
        Ok(Err(_)) | Err(_) => Err(None),
    }
}

impl Session {
    fn new(front: Front, info: RequestInfo, scope: Scope) -> Self {
        Self {
            front,
            info,
            scope,
            parts: SelectAll::new(),
            running: HashMap::new(),
            heard: 0,
            is_there: true,
            pulse: Instant::now() + PULSE,
        }
    }

    async fn run(mut self, socket: &mut WebSocket, mut ended: Ended) -> Option<Close> {
        let mut closing = self.front.closing();
        loop {
            let step = tokio::select! {
                biased;
                why = &mut ended => Err(Some(Close::ended(why))),
                () = closing.begun() => Err(Some(Close::stopping())),
                received = socket.recv() => self.hear(socket, received).await,
                Some((id, part)) = self.parts.next() => self.tell(socket, id, part).await,
                () = sleep_until(self.pulse) => self.feel(socket).await,
            };
            if let Err(close) = step {
                return close;
            }
        }
    }

    async fn feel(&mut self, socket: &mut WebSocket) -> Result<(), Option<Close>> {
        if !self.is_there {
            return Err(None);
        }
        self.is_there = false;
        self.heard = 0;
        self.pulse = Instant::now() + PULSE;
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
                if let Some(run) = self.running.remove(&id) {
                    run.abort();
                }
                Ok(())
            }
            Said::Subscribe { id, wanted } => {
                if self.running.contains_key(&id) {
                    return Err(Some(Close::known_id(&id)));
                }
                if self.running.len() >= self.front.limits.socket_operations {
                    let most = self.front.limits.socket_operations;
                    let message = format!("at most {most} operations run on a socket: end one first");
                    let refused = Answer::refused(Refusal::new("RATE_LIMITED", message));
                    let errors = refused.failure().unwrap_or_default();
                    return send(socket, message::with_payload(&id, "error", &errors)).await;
                }
                self.begin(id, wanted);
                Ok(())
            }
        }
    }

    fn begin(&mut self, id: String, wanted: Wanted) {
        let (front, scope, info) = (self.front.clone(), self.scope.clone(), self.info.clone());
        let of = id.clone();
        let parts = stream::once(async move { front.start(wanted, scope, &info).await })
            .flatten()
            .map(move |frame| {
                let part = match frame {
                    Some(Frame::Next(payload)) => Part::Next(payload),
                    Some(Frame::Failed(errors)) => Part::Failed(errors),
                    Some(Frame::Slow) => Part::Slow,
                    None => Part::Complete,
                };
                (of.clone(), part)
            })
            .boxed();
        let (abort, registration) = AbortHandle::new_pair();
        self.parts.push(Abortable::new(parts, registration));
        self.running.insert(id, abort);
    }

    async fn tell(&mut self, socket: &mut WebSocket, id: String, part: Part) -> Result<(), Option<Close>> {
        // A client may end what was about to be told.
        if !self.running.contains_key(&id) {
            return Ok(());
        }
        match part {
            Part::Next(payload) => send(socket, message::with_payload(&id, "next", &payload)).await,
            Part::Failed(errors) => {
                if let Some(run) = self.running.remove(&id) {
                    run.abort();
                }
                send(socket, message::with_payload(&id, "error", &errors)).await
            }
            Part::Complete => {
                self.running.remove(&id);
                send(socket, message::complete(&id)).await
            }
            Part::Slow => Err(Some(Close::too_slow())),
        }
    }
}
