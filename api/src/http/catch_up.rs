//! From a place of its own into a run that many share.
//!
//! A stream that begins with a snapshot, or after a cursor, is alone only until nothing lies behind it. From
//! there on it gives what all equal ones give; so after a restart ten thousand who come back cost one again.

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt};

use super::follow::Frame;
use crate::domain::live::{Course, Position};

enum Reading<J> {
    /// What was missed is read alone.
    Alone { alone: BoxStream<'static, Frame>, join: J },
    /// A place in the shared run is taken; it may have begun just now, and then it does not listen yet.
    Joining { alone: BoxStream<'static, Frame>, shared: BoxStream<'static, Frame>, run: Arc<Course> },
    /// The shared run misses nothing any more; what was delivered before that is still given alone.
    Leaving { alone: BoxStream<'static, Frame>, shared: BoxStream<'static, Frame> },
    /// Like all others, after the place up to which everything was given.
    Along { shared: BoxStream<'static, Frame>, after: Position },
}

/// Reads alone until its course says that nothing lies behind, and then along with those whom `join` leads to.
/// Nothing is missed or given twice: the shared run is joined, and listens, before the other is called off, and what
/// both give is told apart by its place.
pub(super) fn catch_up<J>(
    alone: BoxStream<'static, Frame>,
    course: Arc<Course>,
    join: J,
) -> BoxStream<'static, Frame>
where
    J: FnOnce() -> (BoxStream<'static, Frame>, Arc<Course>) + Send + 'static,
{
    let begin = Some(Reading::Alone { alone, join });
    stream::unfold(begin, move |reading| {
        let course = Arc::clone(&course);
        async move { next(reading?, &course).await }
    })
    .boxed()
}

async fn next<J>(mut reading: Reading<J>, course: &Course) -> Option<(Frame, Option<Reading<J>>)>
where
    J: FnOnce() -> (BoxStream<'static, Frame>, Arc<Course>),
{
    loop {
        reading = match reading {
            Reading::Alone { mut alone, join } => {
                let frame = tokio::select! {
                    biased;
                    frame = alone.next() => Some(frame?),
                    () = course.caught_up() => None,
                };
                match frame {
                    Some(frame @ Frame::Next { .. }) => {
                        return Some((frame, Some(Reading::Alone { alone, join })));
                    }
                    Some(last) => return Some((last, None)),
                    None => {
                        let (shared, run) = join();
                        Reading::Joining { alone, shared, run }
                    }
                }
            }
            // Where the shared run never comes to listen, it simply goes on alone.
            Reading::Joining { mut alone, shared, run } => {
                let frame = tokio::select! {
                    biased;
                    () = run.listening() => None,
                    frame = alone.next() => Some(frame?),
                };
                match frame {
                    Some(frame @ Frame::Next { .. }) => {
                        return Some((frame, Some(Reading::Joining { alone, shared, run })));
                    }
                    Some(last) => return Some((last, None)),
                    None => {
                        course.call_off();
                        Reading::Leaving { alone, shared }
                    }
                }
            }
            Reading::Leaving { mut alone, shared } => match alone.next().await {
                Some(frame @ Frame::Next { .. }) => {
                    return Some((frame, Some(Reading::Leaving { alone, shared })));
                }
                Some(last) => return Some((last, None)),
                None => Reading::Along { shared, after: course.reached() },
            },
            Reading::Along { mut shared, after } => match shared.next().await? {
                Frame::Next { at: Some(at), .. } if at <= after => Reading::Along { shared, after },
                frame @ Frame::Next { .. } => return Some((frame, Some(Reading::Along { shared, after }))),
                last @ (Frame::Failed(_) | Frame::Slow | Frame::Stopping) => return Some((last, None)),
            },
        };
    }
}
