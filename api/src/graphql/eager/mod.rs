//! Pages that are read ahead and written at once.
//!
//! The executor makes a future per field and a map per row; on a page of a thousand tasks that costs more
//! than the database. Where a page's selection holds nothing but columns and edges, it is made into a
//! [`Plan`]: what the edges lead to is loaded level by level through the request's own loaders, and then all
//! is written as JSON in one go. Whatever else is asked for (a computed field, an argument that does not
//! fit) leaves the page to the executor, and so does any failure, so that errors have their paths.
//!
//! The executor stays the oracle: a test asks both and compares the bytes.

use std::sync::atomic::{AtomicBool, Ordering};

mod branch;
mod json;
mod name;
mod nodes;
mod plan;

pub use self::{
    branch::{Branch, Many, One, Paged, list_args},
    json::{Json, write_value},
    name::is_named,
    nodes::Nodes,
    plan::{Eager, Plain, Plan},
};
pub(crate) use self::{json::json_enums, plan::plain_fields};

/// Whether the document may be read ahead: not where it asks for the same response key twice, for the
/// executor merges what both asked for, and finished JSON cannot be merged.
#[derive(Debug)]
pub struct ReadAhead(AtomicBool);

impl ReadAhead {
    /// Whether it may.
    #[must_use]
    pub const fn new(allowed: bool) -> Self {
        Self(AtomicBool::new(allowed))
    }

    fn is_allowed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// After a failure everything is left to the executor, else each level below would try again.
    fn give_up(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
