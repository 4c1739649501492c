//! The whole permission story: who asks (`viewer`), what they see (`visible`), what they may do
//! (`permit`), and the one thing that reads and writes for them (`scope`).

pub mod jwt;
pub mod password;
pub mod permit;
pub mod scope;
pub mod secret;
pub mod viewer;
pub mod visible;

pub use permit::{Action, Permit};
pub use scope::Scope;
pub use viewer::{Sight, Viewer};
