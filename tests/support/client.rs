//! The HTTP client of the tests.

use reqwest::Client;

/// A client that asks the server itself: no proxy of the machine's environment stands between.
#[must_use]
pub fn client() -> Client {
    // An error means that it is there already: the server makes the same choice.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().build().expect("an HTTP client")
}
