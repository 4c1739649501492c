//! `LOOK_FOR_FINDINGS`: looks for findings of what transactions touched, payload: the keys of it by kind. It takes
//! all that wait for the same, so that a burst of changes costs one look. An attempt that failed half way begins
//! anew: what was found is not opened twice.

use crate::domain::{access::Scope, error::Result, findings::LookAgain, job::Lease};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    let mut left = None;
    loop {
        left = scope.run(&LookAgain { lease, left }).await?;
        if left.is_none() {
            return Ok(());
        }
    }
}
