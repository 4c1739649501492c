//! What resolvers find in the context of a request.

use std::sync::Arc;

use async_graphql::{Context, ContextBase, Error, dataloader::DataLoader};

use super::{
    error::{SharedError, to_graphql},
    loaders::Loaders,
    page::PageLimits,
    rate_limit::RateLimit,
};
use crate::domain::{access::Scope, error::DomainError, installation::Installation};

/// The loaders of one request.
pub type RequestLoaders = DataLoader<Loaders>;

/// What the front knows of a request: its id, the address it came from, and what is left of the rate limit.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// Id of the request, in the answer's header, the logs and `INTERNAL` errors.
    pub id: Arc<str>,
    /// Address of the client, for throttling.
    pub client: Option<std::net::IpAddr>,
    /// What is left of the viewer's points and what this operation costs; none when points are not limited.
    pub rate_limit: Option<RateLimit>,
}

/// The scope of the viewer; fails with `UNAUTHENTICATED` where nobody is signed in.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub fn scope<'a, T>(ctx: &ContextBase<'a, T>) -> Result<&'a Scope, DomainError> {
    ctx.data_opt::<Scope>().ok_or(DomainError::Unauthenticated)
}

/// The loaders of the request.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub fn loaders<'a, T>(ctx: &ContextBase<'a, T>) -> Result<&'a RequestLoaders, DomainError> {
    ctx.data_opt::<RequestLoaders>().ok_or(DomainError::Unauthenticated)
}

/// The gate for what happens before there is a viewer.
///
/// # Errors
/// `INTERNAL` when the server was not put together.
pub fn installation<'a>(ctx: &Context<'a>) -> Result<&'a Installation, DomainError> {
    ctx.data_opt::<Installation>().ok_or_else(|| DomainError::Internal("no installation in context".into()))
}

/// How many rows a page has.
///
/// # Errors
/// `INTERNAL` when the server was not put together.
pub fn page_limits(ctx: &Context<'_>) -> Result<PageLimits, DomainError> {
    ctx.data_opt::<PageLimits>()
        .copied()
        .ok_or_else(|| DomainError::Internal("no page limits in context".into()))
}

/// Address that the request came from, for throttling.
#[must_use]
pub fn client(ctx: &Context<'_>) -> Option<std::net::IpAddr> {
    ctx.data_opt::<RequestInfo>().and_then(|info| info.client)
}

/// Turns an error of the domain into one of the API.
pub fn fail(ctx: &Context<'_>, error: &DomainError) -> Error {
    to_graphql(error, ctx.data_opt::<RequestInfo>().map(|info| &*info.id))
}

/// The same for an error that several fields share.
pub fn fail_shared(ctx: &Context<'_>, error: &SharedError) -> Error {
    fail(ctx, &error.0)
}

/// A nullable field: its error nulls the field alone, never the parent (see the design's finding 5).
pub type Nullable<T> = Option<async_graphql::Result<T>>;

/// Makes a nullable field of a result.
pub fn nullable<T>(ctx: &Context<'_>, result: Result<Option<T>, DomainError>) -> Nullable<T> {
    match result {
        Ok(value) => value.map(Ok),
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}

/// Makes a nullable field of a loader's result.
pub fn nullable_shared<T>(ctx: &Context<'_>, result: Result<Option<T>, SharedError>) -> Nullable<T> {
    match result {
        Ok(value) => value.map(Ok),
        Err(error) => Some(Err(fail_shared(ctx, &error))),
    }
}
