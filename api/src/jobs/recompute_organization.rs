//! `RECOMPUTE_ORGANIZATION`: recomputes every number of an organization after a setting changed that
//! they depend on, from the leaves to the root, a few hundred rows a transaction.
//!
//! A recompute of what is right already changes nothing, so an attempt that failed half way begins anew.

use crate::domain::{
    access::Scope,
    error::Result,
    job::Lease,
    recompute::{FinishJob, TakeStep},
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    for step in scope.recompute_steps().await? {
        scope.run(&TakeStep { lease, step: &step }).await?;
    }
    scope.run(&FinishJob { lease }).await
}

#[cfg(test)]
mod tests;
