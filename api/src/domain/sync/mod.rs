//! Sync: what a tool hands over, and the merge that takes it in.

pub mod external;
mod fingerprint;
mod goals;
mod history;
mod identity;
mod links;
pub mod merge;
mod parents;
mod parts;
mod people;
mod projects;
mod references;
mod stored;
pub mod summary;
mod tasks;
#[cfg(test)]
mod tests;
mod tidy;
