//! What is left of the viewer's points, so that a client can slow down before it is refused.

use async_graphql::{Context, Object, SimpleObject};

use super::{context::RequestInfo, scalars::DateTime};

/// What the viewer, or without one the network address, may still ask for in this minute.
#[derive(SimpleObject, Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Points a minute at most, 1 or more.
    pub limit: u32,
    /// Points left in this minute, this request taken off; 0 or more.
    pub remaining: u32,
    /// When all points are there again, at most a minute from now.
    pub reset_at: DateTime,
    /// Points that this operation costs, 1 or more.
    pub cost: u32,
}

/// What is left to ask for.
#[derive(Debug, Default)]
pub struct RateLimitQuery;

#[Object]
impl RateLimitQuery {
    /// What the viewer may still ask for in this minute; null when points are not limited.
    async fn rate_limit(&self, ctx: &Context<'_>) -> Option<RateLimit> {
        ctx.data_opt::<RequestInfo>().and_then(|info| info.rate_limit)
    }
}
