//! Slows the guessing of passwords, on every node: counts of attempts in the database.
//!
//! An attempt is counted before its password is looked at, and taken back when it was right: of many at once
//! none slips past the limit. Counted is per network address and per account address, whether or not such an
//! account exists, so that being limited tells nothing. Beyond the limit of a window nothing is checked any
//! more. Whoever knows an address can thus make its owner wait for a window; that is the lesser evil.

use std::net::IpAddr;

use entity::Instant;

use super::{
    access::secret::digest,
    error::{DomainError, Result},
    installation::Installation,
};

const MICROS: i64 = 1_000_000;

/// An attempt that was counted.
pub(in crate::domain) struct Attempt {
    account: Vec<u8>,
    network: Option<Vec<u8>>,
    window_start: Instant,
}

impl Installation {
    /// Counts an attempt to give the password of an account.
    ///
    /// # Errors
    /// `RATE_LIMITED` when the network or the account has had its share of this window.
    pub(in crate::domain) async fn count_attempt(
        &self,
        email: &str,
        client: Option<IpAddr>,
    ) -> Result<Attempt> {
        let now = self.clock.now();
        let window = self.rules.sign_in_window_seconds.max(1).saturating_mul(MICROS);
        let window_start = Instant(now.0 - now.0.rem_euclid(window));
        let account = digest(&format!("account:{}", email.trim().to_lowercase()));
        let network = client.map(|address| digest(&format!("network:{}", network_of(address))));
        // The network first: a network that is refused cannot use up an account's attempts as well.
        for subject in network.iter().chain([&account]) {
            if self.count(subject, window_start).await? > self.rules.sign_in_failures {
                let left = window_start.0.saturating_add(window).saturating_sub(now.0);
                return Err(DomainError::RateLimited(left.unsigned_abs().div_ceil(MICROS.unsigned_abs())));
            }
        }
        Ok(Attempt { account, network, window_start })
    }

    async fn count(&self, subject: &[u8], window_start: Instant) -> Result<i32> {
        let mut binds = self.binds();
        let id = binds.push(self.clock.new_id());
        let subject = binds.push(subject.to_vec());
        let start = binds.push(window_start.0);
        let text = format!(
            "INSERT INTO sign_in_attempt (id, subject_hash, window_start, failures) \
             VALUES ({id}, {subject}, {start}, 1) ON CONFLICT (subject_hash, window_start) \
             DO UPDATE SET failures = sign_in_attempt.failures + 1 RETURNING failures"
        );
        let row = self.rows(&text, binds).await?.pop();
        let failures = row.ok_or_else(|| DomainError::Internal("an attempt was not counted".to_owned()))?;
        let failures = failures.try_get_by_index(0)?;
        if failures == 1 {
            self.forget_windows_before(window_start).await;
        }
        Ok(failures)
    }

    /// Windows that are over count for nothing; whoever opens a new one takes them away.
    async fn forget_windows_before(&self, window_start: Instant) {
        let mut binds = self.binds();
        let start = binds.push(window_start.0);
        let text = format!("DELETE FROM sign_in_attempt WHERE window_start < {start}");
        if let Err(error) = self.rows(&text, binds).await {
            tracing::warn!(%error, "old counts of sign-ins could not be removed; they do no harm");
        }
    }

    /// Takes an attempt back: the password was right. The account begins anew; of the network only this
    /// attempt is taken back, so that one good account does not pay for guesses at others.
    pub(in crate::domain) async fn forgive(&self, attempt: &Attempt) -> Result<()> {
        let account = (&attempt.account, "0");
        let network = attempt.network.as_ref().map(|network| (network, "failures - 1"));
        for (subject, failures) in [account].into_iter().chain(network) {
            let mut binds = self.binds();
            let subject = binds.push(subject.clone());
            let start = binds.push(attempt.window_start.0);
            let text = format!(
                "UPDATE sign_in_attempt SET failures = {failures} \
                 WHERE subject_hash = {subject} AND window_start = {start} AND failures > 0"
            );
            self.rows(&text, binds).await?;
        }
        Ok(())
    }
}

/// What of an address stands for its owner: IPv6 is given out in networks of 64 bits.
fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_for_its_network() {
        for (left, right, same) in [
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
        ] {
            let of = |text: &str| network_of(text.parse().unwrap());
            assert_eq!(of(left) == of(right), same, "{left} {right}");
        }
    }
}
