//! Cycles from plan to archive, through the front door.

mod publish;
mod race;
mod year;
