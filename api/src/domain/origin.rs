//! Where a goal comes from, when it was made by a file or a tool: what it is called there, so that a second
//! import is known again.

use uuid::Uuid;

use super::{
    access::Viewer,
    error::{UserError, UserErrorCode},
    text::Checks,
};

/// Characters of an external id at most.
pub const EXTERNAL_ID_MAX: usize = 200;
/// Characters of an address at most.
pub const EXTERNAL_URL_MAX: usize = 2_000;

/// Where a new goal comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Its id there; unique among the objectives, or key results, of an organization.
    pub external_id: Option<String>,
    /// Its page there.
    pub external_url: Option<String>,
    /// Whether nobody owns it when no owner is given; else whoever makes it does.
    pub is_ownerless: bool,
}

impl Origin {
    pub(in crate::domain) fn checked(&self, checks: &mut Checks) -> Self {
        Self {
            external_id: checks.take(external_id(self.external_id.as_deref())),
            external_url: checks.take(external_url(self.external_url.as_deref())),
            is_ownerless: self.is_ownerless,
        }
    }

    /// Who owns the new goal.
    pub(in crate::domain) fn owner(&self, given: Option<Uuid>, viewer: &Viewer) -> Option<Uuid> {
        given.or((!self.is_ownerless && !viewer.person_id.is_nil()).then_some(viewer.person_id))
    }
}

/// What changes of where a goal comes from; null takes it away.
#[derive(Clone, Debug, Default)]
pub struct OriginChange {
    /// Its id there.
    pub external_id: Option<Option<String>>,
    /// Its page there.
    pub external_url: Option<Option<String>>,
}

impl OriginChange {
    pub(in crate::domain) fn checked(&self, checks: &mut Checks) -> Self {
        Self {
            external_id: self.external_id.as_ref().map(|id| checks.take(external_id(id.as_deref()))),
            external_url: self.external_url.as_ref().map(|url| checks.take(external_url(url.as_deref()))),
        }
    }

    pub(in crate::domain) fn id_after(&self, before: &Option<String>) -> Option<String> {
        self.external_id.as_ref().unwrap_or(before).clone()
    }

    pub(in crate::domain) fn url_after(&self, before: &Option<String>) -> Option<String> {
        self.external_url.as_ref().unwrap_or(before).clone()
    }
}

fn external_id(text: Option<&str>) -> Result<Option<String>, UserError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > EXTERNAL_ID_MAX || text.chars().any(char::is_control) {
        let message = format!("is one line of at most {EXTERNAL_ID_MAX} characters");
        return Err(UserError::at("externalId", UserErrorCode::Invalid, message));
    }
    Ok(Some(text.to_owned()))
}

fn external_url(text: Option<&str>) -> Result<Option<String>, UserError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = !text.chars().any(|character| character.is_whitespace() || character.is_control());
    if !is_web || !is_plain || text.chars().count() > EXTERNAL_URL_MAX {
        let message = format!(
            "is an address that begins with https:// or http://, of at most {EXTERNAL_URL_MAX} characters"
        );
        return Err(UserError::at("externalUrl", UserErrorCode::Invalid, message));
    }
    Ok(Some(text.to_owned()))
}
