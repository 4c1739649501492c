//! What can go wrong in the domain, told apart by who can mend it.

use sea_orm::DbErr;

/// Something that the person who sent the input can mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserError {
    /// Path to the input field, `["input", "title"]`; empty when it concerns the whole input.
    pub field: Vec<String>,
    /// Stable word for programs.
    pub code: UserErrorCode,
    /// Sentence that says what to do.
    pub message: String,
}

impl UserError {
    /// An error at one field of the input.
    pub fn at(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        let mut path = vec!["input".to_owned()];
        path.extend(field.split('.').filter(|part| !part.is_empty()).map(str::to_owned));
        Self { field: path, code, message: message.into() }
    }
}

/// What kind of mending a [`UserError`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserErrorCode {
    /// The value is not acceptable.
    Invalid,
    /// A value is missing.
    Required,
    /// Something with this value exists already.
    Taken,
    /// The thing referred to does not exist, or is not visible to the viewer.
    NotFound,
    /// The row was changed in between, or the id was used with other input.
    Conflict,
    /// The state of the thing does not allow it now.
    NotNow,
    /// The field belongs to the tool that the item is synced from.
    OwnedByTool,
}

/// All that is wrong, each with its field, as one line.
fn said(errors: &[UserError]) -> String {
    let each = errors.iter().map(|error| {
        let field: Vec<&str> = error.field.iter().skip(1).map(String::as_str).collect();
        format!("{} {}", field.join("."), error.message).trim().to_owned()
    });
    each.collect::<Vec<_>>().join("; ")
}

/// Why an operation of the domain did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// It does not exist, or the viewer may not know that it does.
    #[error("not found")]
    NotFound,
    /// The viewer sees it and may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The person who asked can mend it.
    #[error("{}", said(.0))]
    User(Vec<UserError>),
    /// A cursor was altered, or belongs to another list.
    #[error("invalid cursor: use a cursor of this very list, with the same filter and sort")]
    CursorInvalid,
    /// A cursor of a list that holds to the moment of its first page is older than such a list is read on.
    #[error("this cursor is more than a day old: begin the list anew")]
    CursorTooOld,
    /// A cursor of the stream of events is older than what is kept.
    #[error("this cursor is older than the events that are kept: read the present state and begin anew")]
    CursorExpired,
    /// An argument is out of range or malformed.
    #[error("{0}")]
    BadInput(String),
    /// The viewer is not signed in, or no longer.
    #[error("sign in first")]
    Unauthenticated,
    /// Too many attempts; try again after so many seconds.
    #[error("too many attempts: try again in {0} seconds")]
    RateLimited(u64),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// Something that should not happen did.
    #[error("{0}")]
    Internal(String),
}

impl DomainError {
    /// One error that the person who sent the input can mend.
    pub fn user(field: &str, code: UserErrorCode, message: impl Into<String>) -> Self {
        Self::User(vec![UserError::at(field, code, message)])
    }

    /// Fails with all that was found, if anything was.
    ///
    /// # Errors
    /// When `errors` is not empty.
    pub fn unless_empty(errors: Vec<UserError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self::User(errors)) }
    }
}

/// Result of an operation of the domain.
pub type Result<T, E = DomainError> = std::result::Result<T, E>;
