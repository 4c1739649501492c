//! A person's word on a number.

use async_graphql::{ComplexObject, Context, SimpleObject};
use uuid::Uuid;

use super::{context::Nullable, node::referred, person::Person, scalars::DateTime};

/// Progress that a person set instead of the source's.
#[derive(SimpleObject, Debug)]
#[graphql(complex)]
pub struct ProgressOverride {
    /// The progress, 0–1.
    pub value: f64,
    /// Whether it stays until it is resumed; else it ends when the value next changes.
    pub sticky: bool,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: Option<DateTime>,
    #[graphql(skip)]
    /// Key of who did.
    pub by: Option<Uuid>,
}

#[ComplexObject]
impl ProgressOverride {
    /// Who did.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        referred(ctx, self.by).await
    }
}
