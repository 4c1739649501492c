//! `TELL_HEALTH`: writes an event for every open goal whose health differs from what was last told, a few
//! hundred objectives a transaction. An attempt that failed half way begins anew: what was told is not told
//! again.

use crate::domain::{
    access::Scope, error::Result, health_told::TellHealth, job::Lease, recompute::FinishJob,
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    for objectives in scope.health_steps().await? {
        let standings = scope.standings(&objectives).await?;
        scope.run(&TellHealth { lease, objectives: &objectives, standings: &standings }).await?;
    }
    scope.run(&FinishJob { lease }).await
}

#[cfg(test)]
mod tests;
