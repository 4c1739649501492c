//! Sync: what a tool hands over, and the merge that takes it in.

pub mod external;
