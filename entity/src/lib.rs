//! The tables of Throughline: one file a table, nothing but columns.
//!
//! Types here derive sea-orm and serde only; how they look in the API is the business of `api::graphql`.

pub mod acknowledgement;
pub mod alignment_link;
pub mod allocation;
pub mod carry_over;
pub mod check_in;
pub mod code_alias;
pub mod creation;
pub mod credential;
pub mod cycle;
mod decimal;
pub mod definition;
mod enums;
pub mod event;
pub mod external_identity;
pub mod external_person;
pub mod finding;
pub mod gate_waiver;
pub mod installation_fact;
mod instant;
pub mod integration;
pub mod job;
pub mod key_result;
pub mod key_result_score;
pub mod link_baseline;
pub mod link_evidence;
pub mod link_interval;
pub mod membership;
pub mod milestone;
pub mod objective;
pub mod organization;
pub mod person;
pub mod progress_point;
pub mod project;
pub mod project_result;
pub mod project_template;
pub mod project_template_task;
pub mod service_token;
pub mod session;
pub mod sign_in_attempt;
pub mod status_interval;
pub mod stored_payload;
pub mod sync_container;
pub mod sync_failure;
pub mod sync_run;
pub mod task;
pub mod task_assignee;
pub mod task_label;
pub mod task_project;
pub mod team;
pub mod time_entry;
pub mod unresolved_token;

pub use decimal::{Decimal, DecimalError};
pub use enums::*;
pub use instant::Instant;
