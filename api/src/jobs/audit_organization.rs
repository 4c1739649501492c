//! `AUDIT_ORGANIZATION`: looks for findings of everything, for what time alone brings, a page a transaction; then
//! it asks for itself at the hour of the organization's next day. An attempt that failed half way begins anew.

use crate::domain::{
    access::Scope,
    error::Result,
    findings::{AuditPage, AuditedTable, FinishAudit},
    job::Lease,
};

pub(super) async fn run(scope: &Scope, lease: &Lease) -> Result<()> {
    for table in AuditedTable::ALL {
        let mut after = None;
        loop {
            after = scope.run(&AuditPage { lease, table, after }).await?;
            if after.is_none() {
                break;
            }
        }
    }
    scope.run(&FinishAudit { lease }).await
}
