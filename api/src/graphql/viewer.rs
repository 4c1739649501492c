//! The viewer: who asks.

use async_graphql::{Context, Object};

use super::{
    context::{Nullable, fail, scope},
    enums::TokenScope,
    node::by_key,
    organization::Organization,
    person::Person,
};

/// Who asks.
#[derive(Debug)]
pub struct Viewer;

/// Who asks, with what is theirs.
#[Object]
impl Viewer {
    /// The person; null when a tool asks with a token.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        match scope(ctx) {
            Ok(scope) => by_key(ctx, scope.viewer().person_id).await,
            Err(error) => Some(Err(fail(ctx, &error))),
        }
    }

    /// Scopes of the token; null when a person asks, who goes by their role.
    async fn scopes(&self, ctx: &Context<'_>) -> Option<Vec<TokenScope>> {
        let token = scope(ctx).ok()?.viewer().token.as_ref()?;
        Some(token.scopes.iter().copied().map(TokenScope::from).collect())
    }

    /// The organization; null for a token that reads nothing.
    async fn organization(&self, ctx: &Context<'_>) -> Nullable<Organization> {
        match scope(ctx) {
            Ok(scope) => by_key(ctx, scope.viewer().organization_id).await,
            Err(error) => Some(Err(fail(ctx, &error))),
        }
    }
}

/// Who asks.
#[derive(Debug, Default)]
pub struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who asks; null when nobody is signed in.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<Viewer> {
        scope(ctx).ok().map(|_| Viewer)
    }
}
