//! `TELL_HEALTH`: writes an event for every open goal whose health differs from what was last told, a few
//! hundred objectives a transaction. An attempt that failed half way begins anew: what was told is not told
//! again.

use crate::domain::{
    access::Scope,
    error::Result,
    health_told::{BeginLook, TellHealth},
    job::Lease,
    recompute::FinishJob,
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    let last = scope.last_health_look().await?;
    scope.run(&BeginLook { lease }).await?;
    for objectives in scope.health_steps().await? {
        let standings = scope.standings(&objectives).await?;
        let earlier = match last {
            Some(at) => Some(scope.standings_at(&objectives, at).await?),
            None => None,
        };
        let earlier = earlier.as_ref();
        scope.run(&TellHealth { lease, objectives: &objectives, standings: &standings, earlier }).await?;
    }
    scope.run(&FinishJob { lease }).await
}

#[cfg(test)]
mod tests;
