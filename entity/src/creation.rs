//! By which input a row was created, so that a retry of the same creation is answered as the first time.

use sea_orm::entity::prelude::*;

use crate::{Instant, SubjectKind};

/// A row of `creation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "creation")]
pub struct Model {
    /// The organization that the row belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub organization_id: Uuid,
    /// Kind of what was created.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_kind: SubjectKind,
    /// Key of what was created.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject_id: Uuid,
    /// Digest of the input, 32 hexadecimal digits.
    pub input_digest: String,
    /// When it was created.
    pub created_at: Instant,
}

/// Joins are written where they are used, scoped; none is declared here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
