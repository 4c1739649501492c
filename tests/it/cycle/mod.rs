//! Cycles from plan to archive, through the front door.

mod as_of;
mod publish;
mod race;
mod year;
