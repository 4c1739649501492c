//! Connected tools, through the front door: what they have comes in, what changes there follows, and what goes wrong
//! on the way loses nothing.

mod change;
mod chaos;
mod connect;
mod same;
mod secret;
mod stage;
mod stumble;
mod take;
mod tool;
