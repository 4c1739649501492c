//! Many rows written at once, past the server.

use std::fmt::Write;

use crate::{Backend, Cell, TestDatabase};

/// Rows to be written in one transaction.
#[derive(Debug)]
pub(crate) struct Batch {
    backend: Backend,
    text: String,
}

impl Batch {
    pub(crate) fn new(database: &TestDatabase) -> Self {
        Self { backend: database.backend(), text: "BEGIN;\n".to_owned() }
    }

    /// Adds a row; columns that are left out take their default.
    pub(crate) fn row(&mut self, table: &str, cells: &[(&str, Cell)]) {
        let names: Vec<_> = cells.iter().map(|(name, _)| *name).collect();
        let values: Vec<_> = cells.iter().map(|(_, cell)| cell.literal(self.backend)).collect();
        writeln!(self.text, "INSERT INTO {table} ({}) VALUES ({});", names.join(", "), values.join(", "))
            .expect("a String takes any text");
    }

    /// Adds any statement.
    pub(crate) fn statement(&mut self, text: &str) {
        writeln!(self.text, "{text};").expect("a String takes any text");
    }

    /// Writes all of it.
    pub(crate) async fn write(mut self, database: &TestDatabase) {
        self.text.push_str("COMMIT;");
        if let Err(error) = database.execute_script(&self.text).await {
            panic!("the rows do not fit: {error}\n{}", self.text);
        }
    }
}
