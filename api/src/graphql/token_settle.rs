//! How people settle unresolved tokens: inputs, payloads and mutations.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object};

use super::{
    alignment_link::AlignmentLink,
    context::Nullable,
    error::UserError,
    id::{NodeKind, key_of},
    link_change::goal_of,
    mutation::{Outcome, run},
    unresolved_token::UnresolvedToken,
};
use crate::domain::{
    error::{DomainError, Result},
    token_settle::{DismissToken, ResolveToken, TokenResolved},
    unresolved_token::UnresolvedTokenRow,
};

/// Input of `unresolvedTokenResolve`: one of objectiveId and keyResultId.
#[derive(InputObject, Debug)]
pub struct UnresolvedTokenResolveInput {
    /// The token.
    pub id: ID,
    /// The goal that is meant, when an objective.
    pub objective_id: Option<ID>,
    /// The goal that is meant, when a key result.
    pub key_result_id: Option<ID>,
}

/// Input of `unresolvedTokenDismiss`.
#[derive(InputObject, Debug)]
pub struct UnresolvedTokenDismissInput {
    /// The token.
    pub id: ID,
    /// False takes a dismissal back.
    #[graphql(default = true)]
    pub dismissed: bool,
}

/// Answer of `unresolvedTokenResolve`.
#[derive(Debug)]
pub struct UnresolvedTokenResolvePayload {
    output: Option<TokenResolved>,
    user_errors: Vec<UserError>,
}

/// Answer of `unresolvedTokenResolve`.
#[Object]
impl UnresolvedTokenResolvePayload {
    /// The token as it is now; null when nothing was written.
    async fn unresolved_token(&self) -> Option<UnresolvedToken> {
        self.output.as_ref().map(|output| UnresolvedToken::from(Arc::new(output.token.clone())))
    }

    /// The link to the goal; null when nothing was written.
    async fn alignment_link(&self) -> Option<AlignmentLink> {
        self.output.as_ref().map(|output| AlignmentLink::from(Arc::new(output.made.link.clone())))
    }

    /// What was done all the same and lies outside the rules of the organization, such as its connection
    /// model.
    async fn warnings(&self) -> Vec<String> {
        self.output.as_ref().map(|output| output.made.warnings.clone()).unwrap_or_default()
    }

    /// What a person can mend in the input; empty when it was written.
    async fn user_errors(&self) -> Vec<UserError> {
        self.user_errors.clone()
    }
}

impl From<Outcome<TokenResolved>> for UnresolvedTokenResolvePayload {
    fn from(outcome: Outcome<TokenResolved>) -> Self {
        let (output, user_errors) = outcome.into_parts();
        Self { output, user_errors }
    }
}

/// Answer of `unresolvedTokenDismiss`.
#[derive(Debug)]
pub struct UnresolvedTokenDismissPayload {
    token: Option<Arc<UnresolvedTokenRow>>,
    user_errors: Vec<UserError>,
}

/// Answer of `unresolvedTokenDismiss`.
#[Object]
impl UnresolvedTokenDismissPayload {
    /// The token as it is now; null when nothing was written.
    async fn unresolved_token(&self) -> Option<UnresolvedToken> {
        self.token.clone().map(UnresolvedToken::from)
    }

    /// What a person can mend in the input; empty when it was written.
    async fn user_errors(&self) -> Vec<UserError> {
        self.user_errors.clone()
    }
}

impl From<Outcome<UnresolvedTokenRow>> for UnresolvedTokenDismissPayload {
    fn from(outcome: Outcome<UnresolvedTokenRow>) -> Self {
        let (token, user_errors) = outcome.into_parts();
        Self { token: token.map(Arc::new), user_errors }
    }
}

/// The key in the id of a token; nothing else has such an id.
fn token_key(id: &ID) -> Result<uuid::Uuid> {
    key_of(id, NodeKind::Part("tok")).map_err(|_| DomainError::NotFound)
}

/// How people settle unresolved tokens.
#[derive(Debug, Default)]
pub struct UnresolvedTokenMutation;

#[Object]
impl UnresolvedTokenMutation {
    /// Says which goal an unresolved token means, with the right on the work: links the work to the goal by
    /// hand, confirmed at once, with evidence that names the token. It holds for every token of the same code
    /// in that work as long as the code stands there; the link stays.
    async fn unresolved_token_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which token, and which goal.")] input: UnresolvedTokenResolveInput,
    ) -> Nullable<UnresolvedTokenResolvePayload> {
        run(ctx, |keys| {
            Ok(ResolveToken {
                id: token_key(&input.id)?,
                goal: goal_of(keys, input.objective_id.as_ref(), input.key_result_id.as_ref())?,
            })
        })
        .await
    }

    /// Says that an unresolved token is not to be matched, with the right on the work; it holds for the code
    /// in that work as long as it stands there, also when a goal of that code comes.
    async fn unresolved_token_dismiss(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which token.")] input: UnresolvedTokenDismissInput,
    ) -> Nullable<UnresolvedTokenDismissPayload> {
        run(ctx, |_| Ok(DismissToken { id: token_key(&input.id)?, dismissed: input.dismissed })).await
    }
}
