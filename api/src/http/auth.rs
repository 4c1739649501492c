//! Who asks: bearer token → claims → scope. Without a token the request is anonymous, which is enough to
//! sign in and to read the schema; with a bad one it is refused without a reason.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use super::Front;
use crate::domain::{
    access::{Scope, jwt::Claims},
    error::DomainError,
};

impl Front {
    /// The scope of the request; none without a token.
    pub(super) async fn scope_of(
        &self,
        headers: &HeaderMap,
        request_id: &Arc<str>,
    ) -> Result<Option<Scope>, AuthError> {
        Ok(self.entered(headers, request_id).await?.map(|(_, scope)| scope))
    }

    /// The claims of the request's token with the scope of whom it speaks for; none without a token.
    pub(super) async fn entered(
        &self,
        headers: &HeaderMap,
        request_id: &Arc<str>,
    ) -> Result<Option<(Claims, Scope)>, AuthError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(AuthError::Refused);
        }
        let credentials = value.to_str().map_err(|_| AuthError::Refused)?;
        self.enter(credentials, request_id).await.map(Some)
    }

    /// What `Bearer …` stands for: the token's claims, and the scope of whom it speaks for.
    pub(super) async fn enter(
        &self,
        credentials: &str,
        request_id: &Arc<str>,
    ) -> Result<(Claims, Scope), AuthError> {
        let token = credentials
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(AuthError::Refused)?;
        let now = self.installation.clock().now();
        let claims = self.installation.keys().verify(token, now).map_err(|rejected| {
            tracing::debug!(reason = rejected.reason(), "an access token was refused");
            AuthError::Refused
        })?;
        match self.installation.scope(&claims, Some(Arc::clone(request_id))).await {
            Ok(scope) => Ok((claims, scope)),
            Err(DomainError::Unauthenticated | DomainError::NotFound) => Err(AuthError::Refused),
            Err(error) => Err(AuthError::Failed(error)),
        }
    }
}

/// Why there is no scope.
pub(super) enum AuthError {
    /// The token speaks for nobody.
    Refused,
    /// The database failed.
    Failed(DomainError),
}
