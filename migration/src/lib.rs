//! Changes of the database schema, one file a change, for SQLite and PostgreSQL alike.

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

mod m20261122_000001_thread;
mod m20261122_000002_numbers;
mod m20261122_000003_cycle_close;
mod m20261122_000004_goal_origin;
mod m20261127_000001_goal_end;
mod m20261127_000005_definition;
mod m20261127_000006_acknowledged_work;
mod m20261127_000007_references;
mod m20261127_000008_creation;
mod m20261130_000001_findings;
mod m20261130_000002_link_life;
mod m20261130_000004_lapsed_word;
mod m20261130_000005_event_place;
mod m20261201_000001_sync;

/// All changes, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_thread::Migration),
            Box::new(m20261122_000002_numbers::Migration),
            Box::new(m20261122_000003_cycle_close::Migration),
            Box::new(m20261122_000004_goal_origin::Migration),
            Box::new(m20261127_000001_goal_end::Migration),
            Box::new(m20261127_000005_definition::Migration),
            Box::new(m20261127_000006_acknowledged_work::Migration),
            Box::new(m20261127_000007_references::Migration),
            Box::new(m20261127_000008_creation::Migration),
            Box::new(m20261130_000001_findings::Migration),
            Box::new(m20261130_000002_link_life::Migration),
            Box::new(m20261130_000004_lapsed_word::Migration),
            Box::new(m20261130_000005_event_place::Migration),
            Box::new(m20261201_000001_sync::Migration),
        ]
    }
}
