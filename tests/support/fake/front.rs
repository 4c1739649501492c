//! The HTTP of a fake: it reads requests, lets some of them fail, and notes them all.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::{call::Call, control::Control, faults::Failure, reply::Reply};

/// A tool behind its HTTP.
pub(super) trait Tool: Send + Sync + 'static {
    /// Does what a request asks and answers it.
    fn answer(&self, call: &Call) -> impl Future<Output = Reply> + Send;
    /// How the tool says that too much is asked of it; it may come again after so many seconds.
    fn too_often(&self, seconds: u64) -> Reply;
    /// How the tool says that it refuses or fails, for reasons that lie outside the request.
    fn failed(&self, status: StatusCode) -> Reply;
}

/// A port of loopback that is free, and its address without a slash at the end.
pub(super) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

/// A running server; it ends with this value.
pub(super) struct Serving(JoinHandle<()>);

impl Serving {
    pub(super) fn start<T: Tool>(listener: TcpListener, tool: Arc<T>, control: Control) -> Self {
        let router = Router::new().fallback(answer::<T>).with_state(Arc::new(Front { tool, control }));
        Self(tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the fake serves");
        }))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Front<T> {
    tool: Arc<T>,
    control: Control,
}

/// What goes back to the client.
enum Outcome {
    Whole(Reply),
    Halved(Reply),
    None,
}

async fn answer<T: Tool>(State(front): State<Arc<Front<T>>>, request: Request) -> Response {
    let call = Call::read(request).await;
    let open = front.control.log().open(&call);
    match front.outcome(&call).await {
        Outcome::Whole(reply) => {
            open.answered(reply.status.as_u16());
            front.dated(reply).whole()
        }
        Outcome::Halved(reply) => front.dated(reply).halved(),
        Outcome::None => Reply::none(),
    }
}

impl<T: Tool> Front<T> {
    /// An answer with its time, which is the fake's own.
    fn dated(&self, reply: Reply) -> Reply {
        let now = self.control.now().to_utc().expect("a year of the calendar");
        reply.with("date", now.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    async fn outcome(&self, call: &Call) -> Outcome {
        match self.control.trouble().of_request() {
            None => {}
            Some(Failure::TooOften { seconds }) => return Outcome::Whole(self.tool.too_often(seconds)),
            Some(Failure::Status(status)) => {
                let status = StatusCode::from_u16(status).expect("a status of HTTP");
                return Outcome::Whole(self.tool.failed(status));
            }
            Some(Failure::CutBefore) => return Outcome::None,
            Some(Failure::CutAfter) => {
                let _lost = self.tool.answer(call).await;
                return Outcome::None;
            }
            Some(Failure::CutHalfway) => return Outcome::Halved(self.tool.answer(call).await),
        }
        if let Err(seconds) = self.control.budget().spend(self.control.now()) {
            return Outcome::Whole(self.tool.too_often(seconds));
        }
        Outcome::Whole(self.tool.answer(call).await)
    }
}
