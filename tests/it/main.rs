//! Tests of Throughline through its front door, and of the promises that no single crate can test.

#[cfg(test)]
mod attack;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod headline;
#[cfg(test)]
mod http;
#[cfg(test)]
mod import;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod list;
#[cfg(test)]
mod live;
#[cfg(test)]
mod permission;
#[cfg(test)]
mod read_ahead;
#[cfg(test)]
mod schema_migration;
#[cfg(test)]
mod sdl;
#[cfg(test)]
mod weight_preview;
#[cfg(test)]
mod writers;
