//! OKR files: objectives and key results out of a spreadsheet or another tool, and into one.
//!
//! A file is CSV (RFC 4180, UTF-8, separated by `,`, `;` or tabs) or JSON; one row is one objective or one
//! key result, and `column` names what a row may say. Reading gives rows with their places in the file
//! (`sheet`), their cells get types (`wanted`), what is stored is read in a handful of statements
//! (`book`), rows find their goals, parents and order (`plan`), and each difference runs as the very
//! command that a mutation runs (`import`), under the same rights, in one transaction.
//!
//! Decided: a file is taken in whole or not at all. Half a tree of goals is of no use to anybody, and who
//! mends a fault imports the file again, which leaves alone what is unchanged. All faults are looked for,
//! so that a person mends them in one go. A dry run is the same transaction, undone.
//!
//! A row is the goal of its external id, else of its code, else a new one. What a file does not say stays:
//! a column that is left out changes nothing, an empty cell takes away what may be missing (and leaves what
//! may not).

mod book;
mod cell;
pub mod column;
mod csv;
pub mod export;
pub mod fault;
pub mod import;
mod json;
mod name;
mod plan;
pub mod report;
pub mod sheet;
mod wanted;

#[cfg(test)]
mod tests;
