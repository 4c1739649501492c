//! `SYNC_INTEGRATION`: takes in what a tool has, payload: the run and its integration. What fails for a time puts the
//! job off and is no failure of it; a taker that dies is followed by another, which goes on where it was.

use crate::domain::{error::Result, installation::Installation, job::Lease};

pub(super) async fn run(installation: &Installation, lease: &Lease) -> Result<()> {
    installation.run_sync(lease).await
}

#[cfg(test)]
mod tests;
