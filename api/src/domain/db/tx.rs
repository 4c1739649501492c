//! A writing transaction: every statement of one passes here.

use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement,
    sea_query::SelectStatement,
};

use super::Db;
use crate::domain::meter::Place;

/// A writing transaction; dropped without `commit`, it is rolled back.
pub(in crate::domain) struct Tx {
    inner: DatabaseTransaction,
    db: Db,
}

impl Tx {
    pub(super) const fn new(inner: DatabaseTransaction, db: Db) -> Self {
        Self { inner, db }
    }

    pub(in crate::domain) fn backend(&self) -> DbBackend {
        self.db.backend()
    }

    pub(in crate::domain) fn is_postgres(&self) -> bool {
        self.db.is_postgres()
    }

    pub(in crate::domain) async fn all(&self, select: &SelectStatement) -> Result<Vec<QueryResult>, DbErr> {
        self.all_raw(self.backend().build(select)).await
    }

    pub(in crate::domain) async fn all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.db.note(&statement);
        #[expect(clippy::disallowed_methods, reason = "this file is the gate")]
        let rows = self.inner.query_all_raw(statement);
        self.db.meter().measured(Place::Transaction, rows).await
    }

    pub(in crate::domain) async fn one(
        &self,
        select: &SelectStatement,
    ) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.all(select).await?.into_iter().next())
    }

    /// Runs a statement and tells how many rows it changed.
    pub(in crate::domain) async fn execute(&self, statement: Statement) -> Result<u64, DbErr> {
        self.db.note(&statement);
        #[expect(clippy::disallowed_methods, reason = "this file is the gate")]
        let result = self.inner.execute_raw(statement);
        self.db.meter().measured(Place::Transaction, result).await.map(|done| done.rows_affected())
    }

    pub(in crate::domain) async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await
    }
}
