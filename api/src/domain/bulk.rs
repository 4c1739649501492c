//! Set-based writes: many rows, each with values of its own, in one statement.
//!
//! One of the few files with statements of their own; each takes the organization.

use sea_orm::{Statement, Value};
use uuid::Uuid;

use super::{error::Result, write::Write};

const BINDS: usize = 30_000;

impl Write {
    /// Sets columns of many rows, one set of values a row, in as few statements as the bind limit allows:
    /// `WITH v (id, …) AS (VALUES …) UPDATE table SET … FROM v WHERE table.id = v.id`.
    ///
    /// `version` and `updated_at` move with it where `touch` says so: a computed number is no edit.
    pub(in crate::domain) async fn update_many(
        &self,
        table: &'static str,
        columns: &[&'static str],
        rows: Vec<(Uuid, Vec<Value>)>,
        touch: bool,
    ) -> Result<()> {
        let per_row = columns.len() + 1;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut binds = Binds::new(self.tx.is_postgres());
            let mut tuples = Vec::new();
            for (id, values) in rows.by_ref().take((BINDS - 3) / per_row) {
                let mut marks = vec![binds.push(id)];
                marks.extend(values.into_iter().map(|value| binds.push(value)));
                tuples.push(format!("({})", marks.join(", ")));
            }
            let mut sets: Vec<String> =
                columns.iter().map(|column| format!("{column} = v.{column}")).collect();
            if touch {
                sets.push(format!("version = {table}.version + 1"));
                // It never goes back: another writer, who began later and was done before, may be ahead of us.
                let (ahead, now) = (binds.push(self.now.0), binds.push(self.now.0));
                sets.push(format!(
                    "updated_at = CASE WHEN {table}.updated_at > {ahead} THEN {table}.updated_at ELSE {now} END"
                ));
            }
            let organization = binds.push(self.viewer().organization_id);
            let text = format!(
                "WITH v (id, {}) AS (VALUES {}) UPDATE {table} SET {} FROM v \
                 WHERE {table}.id = v.id AND {table}.organization_id = {organization}",
                columns.join(", "),
                tuples.join(", "),
                sets.join(", "),
            );
            self.tx.execute(Statement::from_sql_and_values(self.tx.backend(), text, binds.values)).await?;
        }
        Ok(())
    }
}

/// Values bound to a statement that is written by hand.
pub(in crate::domain) struct Binds {
    postgres: bool,
    pub(in crate::domain) values: Vec<Value>,
}

impl Binds {
    pub(in crate::domain) fn new(postgres: bool) -> Self {
        Self { postgres, values: Vec::new() }
    }

    /// Binds a value; gives its placeholder.
    pub(in crate::domain) fn push(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        if self.postgres { format!("${}", self.values.len()) } else { "?".to_owned() }
    }

    /// Binds a list of keys; gives the condition's right side, for `column IN …`: one text for every
    /// length of the list.
    pub(in crate::domain) fn ids(&mut self, ids: &[Uuid]) -> String {
        if self.postgres {
            let values = ids.iter().map(|id| Value::from(*id)).collect();
            let array = Value::Array(sea_orm::sea_query::ArrayType::Uuid, Some(Box::new(values)));
            format!("(SELECT unnest({}))", self.push(array))
        } else {
            let list = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect::<Vec<_>>().join(",");
            format!("(SELECT unhex(value) FROM json_each({}))", self.push(format!("[{list}]")))
        }
    }
    /// Binds a list of texts like [`Binds::ids`].
    pub(in crate::domain) fn texts(&mut self, texts: &[String]) -> String {
        if self.postgres {
            let values = texts.iter().map(|text| Value::from(text.as_str())).collect();
            let array = Value::Array(sea_orm::sea_query::ArrayType::String, Some(Box::new(values)));
            format!("(SELECT unnest({}))", self.push(array))
        } else {
            format!(
                "(SELECT value FROM json_each({}))",
                self.push(serde_json::Value::from(texts).to_string())
            )
        }
    }
}
