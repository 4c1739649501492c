//! The merge on a database of its own: SQLite always, PostgreSQL where a server is lent.

mod company;
mod items;
mod links;
mod people;
mod places;
