//! Lists: whatever the filter and the order, a list has exactly the rows that it should, each once.
//!
//! Filters and orders are made at random, and held against the same worked out in memory over all rows.

mod filter;
mod paging;
pub(crate) mod rows;
