//! Reading inputs: ids, left-out values, look-up keys.

use async_graphql::{ID, MaybeUndefined};
use entity::SubjectKind;
use uuid::Uuid;

use super::id::{NodeKind, key_of};
use crate::domain::error::{DomainError, Result, UserError, UserErrorCode};

/// A 64-bit counter as the API's 32-bit `Int`; a version that large does not occur.
#[must_use]
pub fn number(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// What an update says of a field: nothing, null, or a value.
#[must_use]
pub fn changed<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

/// The arguments of a look-up: exactly one of id and code.
#[derive(Debug)]
pub struct LookUp {
    id: Option<ID>,
    code: Option<String>,
}

/// What to look up by.
#[derive(Debug)]
pub enum Keys {
    /// By key.
    Id(Uuid),
    /// By code.
    Code(String),
}

impl Keys {
    /// The arguments of a look-up.
    #[must_use]
    #[expect(clippy::new_ret_no_self, reason = "reads as `Keys::new(id, code).read(kind)`")]
    pub fn new(id: Option<ID>, code: Option<String>) -> LookUp {
        LookUp { id, code }
    }
}

impl LookUp {
    /// Reads them.
    ///
    /// # Errors
    /// When none or both are given, or the id is of another type.
    pub fn read(self, kind: NodeKind) -> Result<Keys> {
        match (self.id, self.code) {
            (Some(id), None) => Ok(Keys::Id(key_of(&id, kind)?)),
            (None, Some(code)) if code.len() <= 64 && !code.contains('\0') => Ok(Keys::Code(code)),
            (None, Some(_)) => Err(DomainError::BadInput("this is not a code".into())),
            (None, None) | (Some(_), Some(_)) => Err(DomainError::BadInput("give either id or code".into())),
        }
    }
}

/// Reads the ids of an input and collects what is wrong with them.
#[derive(Debug, Default)]
pub struct InputKeys {
    errors: Vec<UserError>,
}

impl InputKeys {
    /// The client-made id of a new row.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn own(&mut self, id: Option<&ID>, kind: NodeKind) -> Result<Option<Uuid>> {
        let Some(id) = id else { return Ok(None) };
        let key = key_of(id, kind)?;
        if key.get_version_num() == 7 {
            return Ok(Some(key));
        }
        self.errors.push(UserError::at("id", UserErrorCode::Invalid, "is made of a UUID version 7"));
        Ok(None)
    }

    /// The row that a mutation is about.
    ///
    /// # Errors
    /// `NOT_FOUND` when the id is malformed or of another type: nothing has that id.
    pub fn target(&mut self, id: &ID, kind: SubjectKind) -> Result<Uuid> {
        key_of(id, NodeKind::Subject(kind)).map_err(|_| DomainError::NotFound)
    }

    /// A row that an input refers to.
    pub fn required(&mut self, id: &ID, kind: SubjectKind, field: &str) -> Uuid {
        match key_of(id, NodeKind::Subject(kind)) {
            Ok(key) => key,
            Err(_) => {
                let what = format!("is not the id of a {}", word(kind));
                self.errors.push(UserError::at(field, UserErrorCode::NotFound, what));
                Uuid::nil()
            }
        }
    }

    /// A row that an input may refer to.
    pub fn optional(&mut self, id: Option<&ID>, kind: SubjectKind, field: &str) -> Option<Uuid> {
        id.map(|id| self.required(id, kind, field))
    }

    /// A row that an update may refer to, or take the reference away.
    pub fn changed(
        &mut self,
        id: &MaybeUndefined<ID>,
        kind: SubjectKind,
        field: &str,
    ) -> Option<Option<Uuid>> {
        match id {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(id) => Some(Some(self.required(id, kind, field))),
        }
    }

    /// Fails with what was wrong.
    ///
    /// # Errors
    /// When anything was.
    pub fn end(self) -> Result<()> {
        DomainError::unless_empty(self.errors)
    }
}

const fn word(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Organization => "organization",
        SubjectKind::Person => "person",
        SubjectKind::Team => "team",
        SubjectKind::Cycle => "cycle",
        SubjectKind::Objective => "objective",
        SubjectKind::KeyResult => "key result",
        SubjectKind::CheckIn => "check-in",
        SubjectKind::Project => "project",
        SubjectKind::Task => "task",
        SubjectKind::AlignmentLink => "link",
        SubjectKind::Integration => "integration",
        SubjectKind::Finding => "finding",
    }
}
