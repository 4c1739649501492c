//! From a name to the addresses that are called: looked up once, checked, and called as they were checked, so that a
//! name which stands for something else a moment later changes nothing.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::{address::Trust, public::is_public};

/// The addresses that are found for a name.
pub(super) type Found = BoxFuture<'static, io::Result<Vec<IpAddr>>>;

/// Looks up a name.
pub(super) type LookUp = Arc<dyn Fn(String) -> Found + Send + Sync>;

/// A name stands for an address that is not public.
#[derive(Debug, Error)]
#[error("the name stands for an address that is not public")]
pub(super) struct NotPublic;

/// Gives the client the addresses of a name, after a look at them.
pub(super) struct Resolver {
    look_up: LookUp,
    trust: Trust,
}

impl Resolver {
    /// One for hosts that are trusted so far.
    pub(super) fn new(look_up: LookUp, trust: Trust) -> Self {
        Self { look_up, trust }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(checked((self.look_up)(name.as_str().to_owned()), self.trust))
    }
}

/// The system's own way to look up a name: its hosts file, then DNS.
pub(super) fn system() -> LookUp {
    Arc::new(|name: String| -> Found { Box::pin(ask(name)) })
}

async fn ask(name: String) -> io::Result<Vec<IpAddr>> {
    // The client sets the port.
    let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

/// All addresses of a name, or none: one that is not public says that whoever owns the name means harm or has erred,
/// and which of them is called would be chance.
async fn checked(found: Found, trust: Trust) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
    let found = found.await?;
    if found.is_empty() {
        return Err(Box::new(io::Error::from(io::ErrorKind::NotFound)));
    }
    if trust == Trust::Public && !found.iter().copied().all(is_public) {
        return Err(Box::new(NotPublic));
    }
    Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn resolver(trust: Trust, answers: Vec<Vec<&str>>) -> Resolver {
        let answers: Vec<Vec<IpAddr>> = answers
            .iter()
            .map(|answer| answer.iter().map(|address| address.parse().unwrap()).collect())
            .collect();
        let asked = AtomicUsize::new(0);
        let look_up = move |_: String| -> Found {
            let answer: io::Result<_> = Ok(answers[asked.fetch_add(1, Ordering::SeqCst)].clone());
            Box::pin(std::future::ready(answer))
        };
        Resolver::new(Arc::new(look_up), trust)
    }

    async fn resolve(resolver: &Resolver) -> Result<Vec<String>, String> {
        match resolver.resolve("tool.example".parse().unwrap()).await {
            Ok(found) => Ok(found.map(|address| address.to_string()).collect()),
            Err(error) => {
                Err(error.downcast_ref::<NotPublic>().map_or("another", |_| "not public").to_owned())
            }
        }
    }

    #[tokio::test]
    async fn addresses_go_through_all_together_or_not_at_all() {
        for (found, given) in [
            (vec!["1.1.1.1", "2606:4700::1"], Ok(vec!["1.1.1.1:0", "[2606:4700::1]:0"])),
            (vec!["1.1.1.1", "127.0.0.1"], Err("not public")),
            (vec!["::ffff:10.0.0.1"], Err("not public")),
            (vec!["169.254.169.254"], Err("not public")),
            (vec![], Err("another")),
        ] {
            let expected = given
                .map(|all| all.into_iter().map(str::to_owned).collect::<Vec<_>>())
                .map_err(str::to_owned);
            assert_eq!(resolve(&resolver(Trust::Public, vec![found.clone()])).await, expected, "{found:?}");
        }
    }

    #[tokio::test]
    async fn an_admitted_host_may_be_anywhere() {
        let resolver = resolver(Trust::Admitted, vec![vec!["10.0.0.7", "::1"]]);
        assert_eq!(resolve(&resolver).await.unwrap(), ["10.0.0.7:0", "[::1]:0"]);
    }

    #[tokio::test]
    async fn a_name_that_changes_is_looked_at_anew() {
        let resolver = resolver(Trust::Public, vec![vec!["1.1.1.1"], vec!["127.0.0.1"]]);
        assert_eq!(resolve(&resolver).await.unwrap(), ["1.1.1.1:0"]);
        assert_eq!(resolve(&resolver).await.unwrap_err(), "not public");
    }

    #[tokio::test]
    async fn the_system_knows_its_own_name() {
        let found = ask("localhost".to_owned()).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
    }
}
