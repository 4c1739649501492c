//! `LOOK_AT_LINKS` and `WAKE_LINKS`: give links the state that follows from the clock, once a day, and from
//! movement of their work, soon after it; up to a thousand a transaction. An attempt that failed half way begins anew:
//! a link that is in its state is left alone.

use crate::domain::{
    access::Scope,
    error::Result,
    job::Lease,
    recompute::FinishJob,
    stale::look::{LookAtLinks, Which},
};

pub(super) async fn run(scope: &Scope, lease: &Lease, which: Which) -> Result<()> {
    let mut after = None;
    loop {
        after = scope.run(&LookAtLinks { lease, which, after }).await?;
        if after.is_none() {
            return scope.run(&FinishJob { lease }).await;
        }
    }
}
