//! One socket: its client is let in, served and seen off.

use std::{panic::AssertUnwindSafe, pin::pin, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use futures_util::future::FutureExt as _;
use tokio::time::{Instant, sleep, timeout};

use super::{
    close::Close,
    message::{self, Said},
    received,
    seldom::Seldom,
    session::{Ends, Session},
};
use crate::{
    graphql::context::RequestInfo,
    http::{Front, auth::AuthError, limit::Payer, places::AddressPlace, refusal::tell_panic},
};

/// Longest wait for the other side to close too.
const FAREWELL: Duration = Duration::from_secs(2);
/// Messages before a client is let in, as a part of those in a pulse, and at least.
const BEFORE: (u32, u32) = (100, 10);

/// An open socket, and what serves it.
pub(super) struct Line {
    pub(super) socket: WebSocket,
    pub(super) front: Front,
    pub(super) info: RequestInfo,
    /// Given back with the socket.
    pub(super) _place: AddressPlace,
}

/// Serves a socket to its end.
///
/// Ten thousand wait here, so all that is large or soon over is boxed: a task keeps room for whatever its
/// functions hold at any time, and twice for what is handed from one to the next.
pub(super) async fn serve(mut line: Box<Line>) {
    let served = AssertUnwindSafe(converse(&mut line)).catch_unwind().await;
    // A panic is of this socket alone, and its client hears of it as of any other fault of ours.
    let close = served.unwrap_or_else(|panic| {
        tell_panic(&*panic, "a socket panicked");
        Some(Close::broken())
    });
    see_off(&mut line.socket, close).boxed().await;
}

/// Finishes the closing handshake from either side, so that the client hears a code and not a broken connection:
/// the answer to its own close goes out while we read on.
async fn see_off(socket: &mut WebSocket, close: Option<Close>) {
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
async fn converse(line: &mut Line) -> Option<Close> {
    match welcome(line).boxed().await {
        Ok(mut session) => session.run(line).await,
        Err(close) => close,
    }
}

/// Waits for `connection_init` and looks who it is; no close where the client has gone.
async fn welcome(line: &mut Line) -> Result<Box<Session>, Option<Close>> {
    let (front, info) = (line.front.clone(), line.info.clone());
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
            received = line.socket.recv() => received,
        };
        left = left.checked_sub(1).ok_or_else(|| Some(Close::too_many_messages()))?;
        let Some(said) = received::read(received)? else { continue };
        match said {
            Said::Ping => send(line, message::pong(), &mut ends, None).await?,
            Said::Pong | Said::Complete { .. } => {}
            Said::Subscribe { .. } => return Err(Some(Close::not_yet_let_in())),
            Said::Init { credentials } => {
                // A stream is of somebody: what anybody may ask is asked by request.
                let Some(credentials) = credentials else { return Err(Some(Close::forbidden())) };
                let not_let_in = |error| match error {
                    AuthError::Refused => Some(refused(&front, &info)),
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
                send(line, message::ack(), &mut ends, None).await?;
                return Ok(Box::new(Session::new(scope, ends, place, front.metrics.websocket())));
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
pub(super) async fn send(
    line: &mut Line,
    message: Message,
    ends: &mut Ends,
    seldom: Option<&Seldom>,
) -> Result<(), Option<Close>> {
    let Line { socket, front, .. } = line;
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
