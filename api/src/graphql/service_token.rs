//! Tokens of tools.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::{
    context::{Nullable, nullable},
    enums::TokenScope,
    error::UserError,
    filter::{column, filter, key, sort},
    id::{NodeKind, key_of, part_id},
    input::number,
    mutation::{Outcome, run},
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    scalars::DateTime,
    secretive::secretive,
};
use crate::domain::{
    access::secret::Secret,
    error::DomainError,
    service_token::{CreateToken, RevokeToken, ServiceTokenRow},
};

const PREFIX: &str = "svt";
const TOKEN: NodeKind = NodeKind::Part(PREFIX);

object! {
    /// A tool's token: it acts as nobody, with its scopes and nothing else.
    ServiceToken over ServiceTokenRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id(PREFIX, self.0.id)
        }

        /// When it was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; its use does not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// What it is for, in the words of who made it.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// What it may do.
        async fn scopes(&self, _ctx: &Context<'_>) -> Vec<TokenScope> {
            self.0.scopes().into_iter().map(TokenScope::from).collect()
        }

        /// The last four characters of the token, to tell tokens apart.
        async fn hint(&self) -> &str {
            &self.0.hint
        }

        /// When it ends.
        async fn expires_at(&self) -> DateTime {
            self.0.expires_at.into()
        }

        /// When it was last used, to the minute; null before the first use.
        async fn last_used_at(&self) -> Option<DateTime> {
            self.0.last_used_at.map(DateTime::from)
        }

        /// When it was revoked; null while it is not.
        async fn revoked_at(&self) -> Option<DateTime> {
            self.0.revoked_at.map(DateTime::from)
        }
    }
    one {
        /// Who made it.
        created_by: Person = created_by_id;
        /// Who revoked it; null while it is not revoked.
        revoked_by: Person = revoked_by_id;
    }
    edges {
    }
}

connection!(ServiceTokenConnection, ServiceTokenEdge, ServiceToken, ServiceTokenRow, "tokens");

filter! {
    ServiceTokenFilter, ServiceTokensFilter on ServiceToken, "tokens" {
        /// By global id.
        id: IdComparator = key("id", TOKEN);
        /// By name.
        name: KeyComparator = column("name");
        /// By the time at which it ends.
        expires_at: DateTimeComparator = column("expires_at");
        /// By the time of its last use.
        last_used_at: DateTimeComparator = column("last_used_at");
        /// By the time at which it was revoked.
        revoked_at: DateTimeComparator = column("revoked_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
        /// By who made it.
        created_by: PersonFilter = "created_by_id" => Person;
    }
    many {
    }
}

sort! {
    ServiceTokenSort, ServiceTokenSortField on ServiceToken, "tokens" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By the time at which it ends.
        ExpiresAt = "expires_at" as Integer;
    }
}

/// Lists of tokens.
#[derive(Debug, Default)]
pub struct ServiceTokenQuery;

#[Object]
impl ServiceTokenQuery {
    /// Tokens of tools, revoked and expired ones among them. For leaders and admins; nobody else sees any.
    async fn tokens(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<ServiceTokenFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<ServiceTokenSort>,
        >,
        #[graphql(default, desc = "Tokens are not archived: it changes nothing.")] include_archived: bool,
    ) -> Nullable<ServiceTokenConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(ServiceTokenConnection::from)))
    }
}

/// Input of `tokenCreate`. It takes no id of the client: a retry makes another token, for the text of the
/// first cannot be shown again; revoke what you did not receive.
#[derive(InputObject, Debug)]
pub struct TokenCreateInput {
    /// What it is for: one line of at most 500 characters.
    pub name: String,
    /// What it may do, at least one.
    pub scopes: Vec<TokenScope>,
    /// When it ends: in the future and within five years, in 90 days when left out.
    pub expires_at: Option<DateTime>,
}

/// Answer of `tokenCreate`.
#[derive(SimpleObject)]
pub struct TokenCreatePayload {
    /// The token as it is listed; null when nothing was written.
    pub token: Option<ServiceToken>,
    /// The text for `Authorization: Bearer`, told only now; null when nothing was written.
    pub secret: Option<String>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

secretive!(TokenCreatePayload);

impl From<Outcome<(ServiceTokenRow, Secret)>> for TokenCreatePayload {
    fn from(outcome: Outcome<(ServiceTokenRow, Secret)>) -> Self {
        let (made, user_errors) = outcome.into_parts();
        let (row, secret) = made.unzip();
        Self {
            token: row.map(|row| ServiceToken(Arc::new(row))),
            secret: secret.map(|secret| secret.expose().to_owned()),
            user_errors,
        }
    }
}

/// Input of `tokenRevoke`.
#[derive(InputObject, Debug)]
pub struct TokenRevokeInput {
    /// The token.
    pub id: ID,
}

/// Answer of `tokenRevoke`.
#[derive(SimpleObject, Debug)]
pub struct TokenRevokePayload {
    /// The token as it is now; null when nothing was written.
    pub token: Option<ServiceToken>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<ServiceTokenRow>> for TokenRevokePayload {
    fn from(outcome: Outcome<ServiceTokenRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { token: row.map(|row| ServiceToken(Arc::new(row))), user_errors }
    }
}

/// Making and revoking tokens.
#[derive(Debug, Default)]
pub struct ServiceTokenMutation;

#[Object]
impl ServiceTokenMutation {
    /// Makes a token for a tool and tells its text, this once. For admins.
    async fn token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new token.")] input: TokenCreateInput,
    ) -> Nullable<TokenCreatePayload> {
        run(ctx, |_| {
            Ok(CreateToken {
                name: input.name,
                scopes: input.scopes.into_iter().map(Into::into).collect(),
                expires_at: input.expires_at.map(|at| at.0),
            })
        })
        .await
    }

    /// Revokes a token: requests with it are refused at once, its open streams end within seconds. For admins.
    async fn token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TokenRevokeInput,
    ) -> Nullable<TokenRevokePayload> {
        run(ctx, |_| {
            let id = key_of(&input.id, TOKEN).map_err(|_| DomainError::NotFound)?;
            Ok(RevokeToken { id })
        })
        .await
    }
}
