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
    task::TaskFilter,
    unlinked_work::{
        Asked, UnlinkedWorkConnection, UnlinkedWorkFilter, UnlinkedWorkSort, WorkKind, unlinked_work,
    },
    viewer_work::{ViewerWorkConnection, WorkOrder, viewer_work},
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

    /// Own open work that serves no goal and is not acknowledged: tasks that are assigned to the viewer, are not
    /// done and have no parts, and projects that they own and that have not ended. Which OKR does it support? Each
    /// has `linkSuggestions`. A link to a goal that the viewer does not see counts too; one to a goal that is over
    /// (it or its objective has ended or is archived) does not. Empty for a tool's token.
    async fn unlinked_work(
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
        #[graphql(desc = "Only tasks, or only projects; both when left out.")] kind: Option<WorkKind>,
        #[graphql(desc = "Only work that fits.")] filter: Option<UnlinkedWorkFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<UnlinkedWorkSort>,
        >,
    ) -> Nullable<UnlinkedWorkConnection> {
        let slice = Slice { first, after, last, before };
        Some(unlinked_work(ctx, Asked { kind, slice, filter, sort }).await)
    }

    /// Own open tasks (assigned to the viewer, not done, without parts), ordered by what the goals need, with the
    /// reason. The pages of one list are computed by the moment of its first, so time moves nothing between them;
    /// what is written meanwhile does: a task whose need or due day changes between two pages may be met on both
    /// or on neither, and the reason is that of the page's own reading. Empty for a tool's token.
    async fn work(
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
        #[graphql(desc = "Only tasks that fit.")] filter: Option<TaskFilter>,
        #[graphql(default_with = "WorkOrder::GoalNeed", desc = "Order.")] sort: WorkOrder,
    ) -> Nullable<ViewerWorkConnection> {
        let slice = Slice { first, after, last, before };
        Some(viewer_work(ctx, sort, slice, filter).await)
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
