//! `RESOLVE_REFERENCES`: makes links of the references in work that waited for a goal which has come since,
//! a few hundred a transaction. An attempt that failed half way begins anew: what was linked waits no more.

use serde_json::Value;

use crate::domain::{
    access::Scope,
    error::Result,
    job::Lease,
    recompute::FinishJob,
    work_references::{ResolveWaiting, WITHOUT_GOAL},
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    let without_goal = lease.payload.get(WITHOUT_GOAL).and_then(Value::as_bool).unwrap_or_default();
    let mut after = None;
    loop {
        after = scope.run(&ResolveWaiting { lease, without_goal, after }).await?;
        if after.is_none() {
            return scope.run(&FinishJob { lease }).await;
        }
    }
}
