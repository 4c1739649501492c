//! The viewer: who asks.

use async_graphql::{Context, Object};

use super::{
    context::{Nullable, fail, scope},
    enums::TokenScope,
    finding::{FindingConnection, FindingFilter, FindingSort},
    node::by_key,
    organization::Organization,
    page::{Slice, edge},
    person::Person,
};
use crate::domain::relation;

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

    /// Findings that the viewer is to act on, resolved ones among them; none for a tool's token.
    async fn findings(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<FindingFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<FindingSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> async_graphql::Result<FindingConnection> {
        let person = scope(ctx).map_err(|error| fail(ctx, &error))?.viewer().person_id;
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        edge(ctx, &relation::PERSON_FINDINGS, person, args).await.map(FindingConnection::from)
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
