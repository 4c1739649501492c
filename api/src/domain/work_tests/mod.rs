//! What people do to projects, tasks and links, on a database of its own each, down to the numbers.

mod links;
mod over;
mod places;
mod roll_up;
mod work;
pub(in crate::domain) mod world;
