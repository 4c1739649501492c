//! Texts at the door: what a title, a description and a code may be.

use super::error::{UserError, UserErrorCode};

/// Characters of a title at most.
pub const TITLE_MAX: usize = 500;
/// Characters of a description at most.
pub const DESCRIPTION_MAX: usize = 100_000;

/// A one-line text that must be there, without blanks around it.
///
/// # Errors
/// When it is empty, too long, or holds characters that no title has.
pub fn title(field: &str, text: &str) -> Result<String, UserError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(UserError::at(field, UserErrorCode::Required, "may not be empty"));
    }
    if text.chars().count() > TITLE_MAX {
        return Err(UserError::at(
            field,
            UserErrorCode::Invalid,
            format!("has at most {TITLE_MAX} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(UserError::at(field, UserErrorCode::Invalid, "is one line without control characters"));
    }
    Ok(text.to_owned())
}

/// A longer text that may be left out; an empty one is none.
///
/// # Errors
/// When it is too long or holds NUL, which PostgreSQL cannot store.
pub fn description(field: &str, text: Option<&str>) -> Result<Option<String>, UserError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    if text.contains('\0') {
        return Err(UserError::at(field, UserErrorCode::Invalid, "may not contain the NUL character"));
    }
    if text.chars().count() > DESCRIPTION_MAX {
        return Err(UserError::at(
            field,
            UserErrorCode::Invalid,
            format!("has at most {DESCRIPTION_MAX} characters"),
        ));
    }
    Ok(Some(text.to_owned()))
}

/// A number within a range, both ends included.
///
/// # Errors
/// When it lies outside or is no number.
pub fn within(field: &str, number: f64, least: f64, most: f64) -> Result<f64, UserError> {
    if number.is_finite() && number >= least && number <= most {
        return Ok(number);
    }
    let message = if most == f64::MAX {
        format!("is a number of {least} or more")
    } else {
        format!("lies between {least} and {most}")
    };
    Err(UserError::at(field, UserErrorCode::Invalid, message))
}

/// Collects what is wrong with an input, so that all of it is told at once.
#[derive(Debug, Default)]
pub struct Checks(Vec<UserError>);

impl Checks {
    /// The value, or its default with the error noted.
    pub fn take<T: Default>(&mut self, result: Result<T, UserError>) -> T {
        result.unwrap_or_else(|error| {
            self.0.push(error);
            T::default()
        })
    }

    /// Notes an error.
    pub fn refuse(&mut self, error: UserError) {
        self.0.push(error);
    }

    /// Fails with everything that was noted.
    ///
    /// # Errors
    /// When anything was.
    pub fn end(self) -> super::error::Result<()> {
        super::error::DomainError::unless_empty(self.0)
    }
}
