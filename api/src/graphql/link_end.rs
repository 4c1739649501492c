//! The two ends of a link.

use async_graphql::Union;

use super::{key_result::KeyResult, objective::Objective, project::Project, task::Task};

/// The work that a link ties to a goal.
#[derive(Union, Debug)]
pub enum LinkSource {
    /// A project.
    Project(Project),
    /// A task.
    Task(Task),
}

/// The goal that a link ties work to.
#[derive(Union, Debug)]
pub enum LinkTarget {
    /// An objective.
    Objective(Objective),
    /// A key result.
    KeyResult(KeyResult),
}
