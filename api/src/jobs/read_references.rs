//! `READ_REFERENCES`: reads the texts of all work again after a setting changed what counts as a reference,
//! a few hundred items a transaction. Reading what did not change writes nothing, so an attempt that failed
//! half way begins anew.

use crate::domain::{
    access::Scope, error::Result, job::Lease, recompute::FinishJob, work_references::ReadTexts,
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    for projects in [true, false] {
        let mut after = None;
        loop {
            after = scope.run(&ReadTexts { lease, projects, after }).await?;
            if after.is_none() {
                break;
            }
        }
    }
    scope.run(&FinishJob { lease }).await
}
