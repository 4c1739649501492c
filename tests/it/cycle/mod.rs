//! Cycles from plan to archive, through the front door.

mod as_of;
mod carried;
mod check_in;
mod kinds;
mod publish;
mod race;
mod race_open;
mod redefined;
mod result;
mod year;
