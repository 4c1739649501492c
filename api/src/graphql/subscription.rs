//! What can be followed, and how an operation that follows is run.

use async_graphql::{MergedSubscription, Request, Response};
use futures_util::stream::{self, BoxStream, StreamExt};

use super::{
    ApiSchema, alignment_link_changed::AlignmentLinkSubscription, batch::BatchQueue,
    check_in_created::CheckInSubscription, finding_raised::FindingSubscription, loaders::for_request,
    progress_changed::ProgressSubscription, task_changed::TaskSubscription,
};
use crate::domain::access::Scope;

/// What can be followed as it happens. A stream can be gone on with after any of its cursors.
#[derive(MergedSubscription, Debug, Default)]
pub struct Subscription(
    ProgressSubscription,
    TaskSubscription,
    CheckInSubscription,
    AlignmentLinkSubscription,
    FindingSubscription,
);

/// The answers of an operation for a viewer, one for each event.
///
/// The loaders keep nothing from one event to the next, so every event is answered with the rows of its own
/// time. The request brings what every operation needs, `Live` among it; the scope and the loaders are added
/// here.
#[must_use]
pub fn answers(schema: &ApiSchema, request: Request, scope: Scope) -> BoxStream<'static, Response> {
    let queue = BatchQueue::default();
    let loaders = for_request(scope.clone(), &queue);
    let answers = schema.execute_stream(request.data(scope).data(loaders));
    stream::unfold((answers, queue), |(mut answers, queue)| async move {
        let answer = queue.run(answers.next()).await?;
        Some((answer, (answers, queue)))
    })
    .boxed()
}
