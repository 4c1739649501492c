//! Answers of a subscription, read from a stream of Server-Sent Events.

use futures_util::{StreamExt, stream, stream::BoxStream};
use reqwest::{Response, header};
use serde_json::Value;

/// The answers, each with `data`, and `errors` where there are any; one with errors alone where it is refused.
pub(crate) async fn answers(response: Response) -> BoxStream<'static, Value> {
    let is_stream = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_stream {
        let refused: Value = response.json().await.expect("a refusal is JSON");
        return stream::once(async move { refused }).boxed();
    }
    stream::unfold((response, Vec::new()), |(mut response, mut read)| async move {
        loop {
            while let Some(event) = first_event(&mut read) {
                if let Some(data) = event.strip_prefix("event: next\ndata: ") {
                    return Some((serde_json::from_str(data).expect("JSON"), (response, read)));
                }
            }
            let chunk = response.chunk().await.expect("the stream is readable")?;
            read.extend_from_slice(&chunk);
        }
    })
    .boxed()
}

/// Takes the first event off what was read; none while it is not whole.
fn first_event(read: &mut Vec<u8>) -> Option<String> {
    let end = read.windows(2).position(|end| end == b"\n\n")?;
    let event: Vec<u8> = read.drain(..end + 2).collect();
    Some(String::from_utf8(event).expect("UTF-8").trim_end().to_owned())
}
