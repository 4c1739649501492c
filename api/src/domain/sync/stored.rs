//! Whole rows and their differences, for many items at once.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait, EntityTrait, FromQueryResult, Iterable, Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::domain::{error::Result, events::json_of, row::name_of, write::Write};

/// The values of some columns of a row, in the order of the columns.
pub(super) fn values_of<A: ActiveModelTrait>(
    row: &A,
    columns: &[<A::Entity as EntityTrait>::Column],
) -> Vec<Value> {
    columns.iter().filter_map(|column| row.get(*column).into_value()).collect()
}

/// What differs between the values of two rows, before and after; nothing when they are equal.
pub(super) fn difference<C: sea_orm::ColumnTrait>(
    columns: &[C],
    old: &[Value],
    new: &[Value],
) -> Option<(Map<String, Json>, Map<String, Json>)> {
    let (mut previous, mut current) = (Map::new(), Map::new());
    let mut differs = false;
    for ((column, old), new) in columns.iter().zip(old).zip(new) {
        if old == new {
            continue;
        }
        differs = true;
        let name = name_of(*column);
        if name == "title_folded" {
            continue;
        }
        previous.insert(name.to_owned(), json_of(old));
        current.insert(name.to_owned(), json_of(new));
    }
    differs.then_some((previous, current))
}

/// Rows by a key of theirs.
pub(super) fn grouped<M>(rows: Vec<M>, key: impl Fn(&M) -> Uuid) -> HashMap<Uuid, Vec<M>> {
    let mut groups: HashMap<Uuid, Vec<M>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}

impl Write {
    /// `SELECT` of all columns of a table within the organization.
    pub(in crate::domain) fn whole<E: EntityTrait>(&self, table: &'static str) -> SelectStatement {
        let mut select = Query::select();
        select
            .columns(E::Column::iter().map(|column| (Alias::new(table), Alias::new(name_of(column)))))
            .from(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            );
        select
    }

    /// Whole rows whose column holds one of the keys, whoever may see them: a merge is no answer.
    pub(super) async fn models<E: EntityTrait>(
        &self,
        table: &'static str,
        column: &'static str,
        ids: &[Uuid],
    ) -> Result<Vec<E::Model>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = self.whole::<E>(table);
        select.and_where(self.among(table, column, ids));
        self.read_models::<E>(&select).await
    }

    /// The same, locked in the order of their keys.
    pub(super) async fn locked_models<E: EntityTrait>(
        &self,
        table: &'static str,
        ids: &[Uuid],
    ) -> Result<Vec<E::Model>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = self.whole::<E>(table);
        select.and_where(self.among(table, "id", ids));
        self.locked(&mut select, table);
        self.read_models::<E>(&select).await
    }

    /// Reads whole rows.
    pub(in crate::domain) async fn read_models<E: EntityTrait>(
        &self,
        select: &SelectStatement,
    ) -> Result<Vec<E::Model>> {
        let rows = self.tx.all(select).await?;
        rows.iter().map(|row| Ok(E::Model::from_query_result(row, "")?)).collect()
    }

    /// Removes parts of rows by their keys.
    pub(super) async fn remove_by_ids(&self, table: &'static str, ids: &[Uuid]) -> Result<()> {
        if !ids.is_empty() {
            self.remove_parts(table, Condition::all().add(self.among(table, "id", ids))).await?;
        }
        Ok(())
    }
}
