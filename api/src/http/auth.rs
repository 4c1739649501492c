//! Who asks: bearer token → pass → scope. Without a token the request is anonymous, which is enough to
//! sign in and to read the schema; with a bad one it is refused without a reason.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use super::Front;
use crate::domain::{access::Scope, error::DomainError, live::RightsWatch, viewer_load::Pass};

impl Front {
    /// What the request's token stands for, with the scope of whom it speaks for; none without a token.
    pub(super) async fn entered(
        &self,
        headers: &HeaderMap,
        request_id: &Arc<str>,
    ) -> Result<Option<(Pass, Scope)>, AuthError> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(AuthError::Refused);
        }
        let credentials = value.to_str().map_err(|_| AuthError::Refused)?;
        self.enter(credentials, request_id).await.map(Some)
    }

    /// What `Bearer …` stands for, and the scope of whom it speaks for: a person, or a tool.
    pub(super) async fn enter(
        &self,
        credentials: &str,
        request_id: &Arc<str>,
    ) -> Result<(Pass, Scope), AuthError> {
        let token = credentials
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(AuthError::Refused)?;
        match self.installation.enter(token, Some(Arc::clone(request_id))).await {
            Ok(entered) => Ok(entered),
            Err(DomainError::Unauthenticated | DomainError::NotFound) => Err(AuthError::Refused),
            Err(error) => Err(AuthError::Failed(error)),
        }
    }
}

impl Front {
    /// Lets somebody who is let in already also follow a stream.
    pub(super) async fn enter_stream(
        &self,
        pass: &Pass,
        scope: &Scope,
        request_id: &Arc<str>,
    ) -> Result<(RightsWatch, Scope), AuthError> {
        let organization = scope.viewer().organization_id;
        match self.live.enter_stream(pass, organization, Some(Arc::clone(request_id))).await {
            Ok(entered) => Ok(entered),
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
