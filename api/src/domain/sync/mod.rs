//! Sync: what a tool hands over, and the merge that takes it in.

mod abandoned;
mod archive;
mod arrivals;
pub mod change;
pub mod connect;
mod deletions;
pub mod external;
mod fingerprint;
pub(in crate::domain) mod goals;
mod history;
pub(in crate::domain) mod identity;
mod link_plan;
pub(in crate::domain) mod links;
pub mod merge;
mod parents;
mod parts;
mod people;
mod places;
pub mod port;
mod projects;
pub(in crate::domain) mod references;
mod run;
mod schedule;
mod step;
mod stored;
pub mod summary;
mod sweep;
mod task_row;
mod tasks;
#[cfg(test)]
mod tests;
mod tidy;
pub mod tools;
