//! `ROLL_UP_ANCESTORS`: recomputes an objective whose parts changed, payload `{"objective": key}`.
//!
//! Jobs of one objective that wait are one job, so that a thousand finished tasks below it cost one
//! recompute. The job of the objective above it is asked for only where the number differs.

use uuid::Uuid;

use crate::domain::{
    access::Scope,
    error::{DomainError, Result},
    job::Lease,
    recompute::RollUpAncestor,
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    let named = lease.payload.get("objective").and_then(|value| value.as_str());
    let Some(objective) = named.and_then(|text| Uuid::try_parse(text).ok()) else {
        return Err(DomainError::Internal("the payload names no objective".to_owned()));
    };
    scope.run(&RollUpAncestor { lease, objective }).await
}
