//! Estimates.

use async_graphql::SimpleObject;

use super::enums::EstimateUnit;

/// Estimated effort.
#[derive(SimpleObject, Debug, Clone, Copy)]
pub struct Estimate {
    /// How much, 0 or more.
    pub value: f64,
    /// Of what.
    pub unit: EstimateUnit,
}
