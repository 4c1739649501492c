//! Signing in, staying signed in, signing out.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, client, installation},
    error::UserError,
    id::id_of,
    mutation::{Outcome, answer, run},
    scalars::DateTime,
    secretive::secretive,
};
use crate::domain::{
    error::Result,
    session::SignOut,
    sign_in::{SignIn, SignedIn},
};

/// Input of `signIn`.
#[derive(InputObject)]
pub struct SignInInput {
    /// E-mail address, in any case.
    pub email: String,
    /// Password.
    pub password: String,
    /// Short name of the organization (`Organization.slug`); needed by who belongs to several.
    pub organization: Option<String>,
}

/// Input of `tokenRefresh`.
#[derive(InputObject)]
pub struct TokenRefreshInput {
    /// The refresh token of the last answer.
    pub refresh_token: String,
}

/// Declares a payload with the tokens of a session.
macro_rules! tokens {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Default)]
        pub struct $name {
            /// Global id of the person; null when it was refused.
            pub person_id: Option<ID>,
            /// Global id of the person's organization; null when it was refused.
            pub organization_id: Option<ID>,
            /// Speaks for the person: for the header `authorization: Bearer …`. Null when it was refused.
            pub access_token: Option<String>,
            /// When the access token ends; refresh before. Null when it was refused.
            pub expires_at: Option<DateTime>,
            /// For the next `tokenRefresh`, which takes it once. Null when it was refused.
            pub refresh_token: Option<String>,
            /// When the session ends unless it is refreshed. Null when it was refused.
            pub refresh_expires_at: Option<DateTime>,
            /// What a person can mend in the input; empty when it succeeded.
            pub user_errors: Vec<UserError>,
        }

        secretive!($name);

        impl From<Outcome<SignedIn>> for $name {
            fn from(outcome: Outcome<SignedIn>) -> Self {
                let (signed_in, user_errors) = outcome.into_parts();
                let Some(signed_in) = signed_in else { return Self { user_errors, ..Self::default() } };
                Self {
                    person_id: Some(id_of(SubjectKind::Person, signed_in.person)),
                    organization_id: Some(id_of(SubjectKind::Organization, signed_in.organization)),
                    access_token: Some(signed_in.access_token.expose().to_owned()),
                    expires_at: Some(signed_in.expires_at.into()),
                    refresh_token: Some(signed_in.refresh_token.expose().to_owned()),
                    refresh_expires_at: Some(signed_in.refresh_expires_at.into()),
                    user_errors,
                }
            }
        }
    )* };
}

tokens! {
    SignInPayload of "signIn";
    TokenRefreshPayload of "tokenRefresh";
}

secretive!(SignInInput, TokenRefreshInput);

/// Answer of `signOut`.
#[derive(SimpleObject, Debug)]
pub struct SignOutPayload {
    /// Whether the session was ended.
    pub success: bool,
    /// What a person can mend; empty when it succeeded.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<()>> for SignOutPayload {
    fn from(outcome: Outcome<()>) -> Self {
        let (done, user_errors) = outcome.into_parts();
        Self { success: done.is_some(), user_errors }
    }
}

async fn sign_in(ctx: &Context<'_>, input: SignInInput) -> Result<SignedIn> {
    let given =
        SignIn { email: input.email, password: input.password.into(), organization: input.organization };
    installation(ctx)?.sign_in(&given, client(ctx)).await
}

async fn refresh(ctx: &Context<'_>, input: TokenRefreshInput) -> Result<SignedIn> {
    installation(ctx)?.refresh(&input.refresh_token.into()).await
}

/// Signing in, staying signed in, signing out.
#[derive(Debug, Default)]
pub struct SignInMutation;

#[Object]
impl SignInMutation {
    /// Opens a session with e-mail address and password. Needs no token. A refusal is a `userError` that
    /// does not tell which of them was wrong; too many attempts are the error `RATE_LIMITED`. `FORBIDDEN`
    /// where the server has no key to sign tokens with.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Nullable<SignInPayload> {
        answer(ctx, sign_in(ctx, input).await)
    }

    /// Gives a new access token and replaces the refresh token. Needs no access token. A refresh token that
    /// was used already ends the session, for it may be stolen: refresh once at a time, and sign in again
    /// when an answer was lost.
    async fn token_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: TokenRefreshInput,
    ) -> Nullable<TokenRefreshPayload> {
        answer(ctx, refresh(ctx, input).await)
    }

    /// Ends the viewer's session: its tokens are worth nothing any more.
    async fn sign_out(&self, ctx: &Context<'_>) -> Nullable<SignOutPayload> {
        run(ctx, |_| Ok(SignOut)).await
    }
}
