//! `END_IN_TIME`: notes the end of acknowledgements and waivers whose time is over, some hundreds a
//! transaction, and asks for itself again at the next end. An attempt that failed half way begins anew: what
//! was ended is not ended again.

use crate::domain::{access::Scope, error::Result, job::Lease};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    scope.end_what_is_due(lease).await
}
