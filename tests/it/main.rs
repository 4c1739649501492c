//! Tests of Throughline through its front door, and of the promises that no single crate can test.

#[cfg(test)]
mod acknowledged;
#[cfg(test)]
mod attack;
#[cfg(test)]
mod confirm;
#[cfg(test)]
mod cycle;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod goal_end;
#[cfg(test)]
mod headline;
#[cfg(test)]
mod http;
#[cfg(test)]
mod import;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod link_life;
#[cfg(test)]
mod list;
#[cfg(test)]
mod live;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod okr_file;
#[cfg(test)]
mod permission;
#[cfg(test)]
mod program;
#[cfg(test)]
mod read_ahead;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod schema_migration;
#[cfg(test)]
mod sdl;
#[cfg(test)]
mod suggestion;
#[cfg(test)]
mod sync;
#[cfg(test)]
mod telemetry;
#[cfg(test)]
mod weight_preview;
#[cfg(test)]
mod writers;
