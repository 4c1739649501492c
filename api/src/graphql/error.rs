//! Errors of the API: a stable code, a sentence that says what to do, and nothing of the inside.

use std::sync::Arc;

use async_graphql::{Enum, Error, ErrorExtensions, SimpleObject};

use crate::domain::error::{self as domain, DomainError};

/// `extensions.code` of an error.
#[must_use]
pub const fn code_of(error: &DomainError) -> &'static str {
    match error {
        DomainError::NotFound => "NOT_FOUND",
        DomainError::Forbidden(_) => "FORBIDDEN",
        DomainError::User(_) | DomainError::BadInput(_) => "BAD_USER_INPUT",
        DomainError::CursorInvalid | DomainError::CursorTooOld => "CURSOR_INVALID",
        DomainError::CursorExpired => "CURSOR_EXPIRED",
        DomainError::Unauthenticated => "UNAUTHENTICATED",
        DomainError::RateLimited(_) => "RATE_LIMITED",
        DomainError::Database(_) | DomainError::Internal(_) => "INTERNAL",
    }
}

/// Whole seconds that whoever tried too often has to wait; an error carries it beside what it says, for those
/// who answer by more than words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub u64);

/// The error that the client sees. What is our fault is logged here, once, and told apart only by the
/// id of the request.
#[must_use]
pub fn to_graphql(error: &DomainError, request_id: Option<&str>) -> Error {
    let code = code_of(error);
    match error {
        DomainError::Database(_) | DomainError::Internal(_) => {
            tracing::error!(request_id, error = %error, "an operation failed");
            let request_id = request_id.unwrap_or_default().to_owned();
            Error::new("something went wrong on our side; tell us the request id").extend_with(
                |_, extensions| {
                    extensions.set("code", code);
                    extensions.set("requestId", request_id.as_str());
                },
            )
        }
        DomainError::User(errors) => {
            let message = errors.first().map_or("the input is not acceptable", |first| &first.message);
            Error::new(message.to_owned()).extend_with(|_, extensions| extensions.set("code", code))
        }
        DomainError::NotFound
        | DomainError::Forbidden(_)
        | DomainError::BadInput(_)
        | DomainError::CursorInvalid
        | DomainError::CursorTooOld
        | DomainError::CursorExpired
        | DomainError::Unauthenticated => {
            Error::new(error.to_string()).extend_with(|_, extensions| extensions.set("code", code))
        }
        DomainError::RateLimited(seconds) => {
            let told = Error { source: Some(Arc::new(Wait(*seconds))), ..Error::new(error.to_string()) };
            told.extend_with(|_, extensions| extensions.set("code", code))
        }
    }
}

/// An error that many waiting fields share.
#[derive(Clone, Debug)]
pub struct SharedError(pub Arc<DomainError>);

impl From<DomainError> for SharedError {
    fn from(error: DomainError) -> Self {
        Self(Arc::new(error))
    }
}

/// What kind of mending a user error asks for.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum UserErrorCode {
    /// The value is not acceptable.
    Invalid,
    /// A value is missing.
    Required,
    /// Something with this value exists already.
    Taken,
    /// The thing referred to does not exist, or may not be seen.
    NotFound,
    /// The row was changed in between, or the id was used with other input.
    Conflict,
    /// The state of the thing does not allow it now.
    NotNow,
    /// The field belongs to the tool that the item is synced from.
    OwnedByTool,
}

/// Something in the input that a person can mend; nothing was written.
#[derive(SimpleObject, Debug, Clone)]
pub struct UserError {
    /// Path to the input field, such as `["input", "title"]`; null when it concerns the whole input.
    pub field: Option<Vec<String>>,
    /// What kind of mending it asks for.
    pub code: UserErrorCode,
    /// Sentence that says what to do.
    pub message: String,
}

impl From<domain::UserError> for UserError {
    fn from(error: domain::UserError) -> Self {
        use domain::UserErrorCode as Domain;
        Self {
            field: (error.field.len() > 1).then(|| error.field.iter().map(|part| camel(part)).collect()),
            code: match error.code {
                Domain::Invalid => UserErrorCode::Invalid,
                Domain::Required => UserErrorCode::Required,
                Domain::Taken => UserErrorCode::Taken,
                Domain::NotFound => UserErrorCode::NotFound,
                Domain::Conflict => UserErrorCode::Conflict,
                Domain::NotNow => UserErrorCode::NotNow,
                Domain::OwnedByTool => UserErrorCode::OwnedByTool,
            },
            message: error.message,
        }
    }
}

fn camel(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut upper = false;
    for character in field.chars() {
        if character == '_' {
            upper = true;
        } else if upper {
            out.extend(character.to_uppercase());
            upper = false;
        } else {
            out.push(character);
        }
    }
    out
}
