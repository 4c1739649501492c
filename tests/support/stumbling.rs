//! Operations that do what none of the API's own does: panic, or never end. They are told by their names.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use api::graphql::{ApiSchema, Mutation, Query, Subscription};
use async_graphql::{
    Response, Schema, ValidationMode,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute},
};

/// What an operation called `Panics` says when it does.
pub const PANIC_WORDS: &str = "canary-of-a-panic-4711";

/// Makes operations called `Panics` panic and those called `Hangs` never end, over every way in, and counts
/// the ones that hang; clones count together.
#[derive(Clone, Debug, Default)]
pub struct Stumbling {
    hanging: Arc<AtomicUsize>,
}

impl Stumbling {
    /// How many operations hang now; one that is cancelled does no more.
    #[must_use]
    pub fn hanging(&self) -> usize {
        self.hanging.load(Ordering::SeqCst)
    }

    /// The API with operations that stumble.
    pub(crate) fn schema(&self) -> ApiSchema {
        Schema::build(Query::default(), Mutation::default(), Subscription::default())
            .validation_mode(ValidationMode::Fast)
            .extension(self.clone())
            .finish()
    }
}

impl ExtensionFactory for Stumbling {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

struct Hangs(Arc<AtomicUsize>);

impl Hangs {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Hangs {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Extension for Stumbling {
    async fn execute(
        &self,
        context: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        match operation_name {
            Some("Panics") => panic!("{PANIC_WORDS}"),
            Some("Hangs") => {
                let _hangs = Hangs::begin(&self.hanging);
                std::future::pending().await
            }
            Some(_) | None => next.run(context, operation_name).await,
        }
    }
}
