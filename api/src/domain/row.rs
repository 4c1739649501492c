//! Rows as they are read: the columns a concept needs, by position.
//!
//! Reading by position saves a name look-up per value, and leaving out long texts keeps a page of
//! tasks narrow; the long texts have a loader of their own.

use std::sync::Arc;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryResult};
use uuid::Uuid;

/// A row of one entity, with the columns it reads.
pub trait Row: Sized + Send + Sync + 'static {
    /// The table.
    type Entity: EntityTrait;

    /// The columns, in the order in which `read` takes them; the first is the key.
    fn columns() -> &'static [<Self::Entity as EntityTrait>::Column];

    /// Takes the columns from `base` on.
    ///
    /// # Errors
    /// When a column does not hold what the entity says.
    fn read(result: &QueryResult, base: usize) -> Result<Self, DbErr>;

    /// The key.
    fn id(&self) -> Uuid;
}

/// A shared row.
pub type Shared<R> = Arc<R>;

/// Name of a column, for building statements.
pub(in crate::domain) fn name_of<C: ColumnTrait>(column: C) -> &'static str {
    column.as_str()
}

/// Declares a row: a struct whose fields are columns of one entity.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident of $entity:ident { $($(#[$fmeta:meta])* $field:ident : $ty:ty = $column:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty),+ }

        impl $crate::domain::row::Row for $name {
            type Entity = entity::$entity::Entity;

            fn columns() -> &'static [entity::$entity::Column] {
                &[$(entity::$entity::Column::$column),+]
            }

            fn read(result: &sea_orm::QueryResult, base: usize) -> Result<Self, sea_orm::DbErr> {
                let mut at = base;
                let row = Self { $($field: { let value = result.try_get_by_index::<$ty>(at)?; at += 1; value }),+ };
                debug_assert_eq!(at - base, Self::columns().len());
                Ok(row)
            }

            fn id(&self) -> uuid::Uuid { self.id }
        }
    };
}
pub(crate) use row;
