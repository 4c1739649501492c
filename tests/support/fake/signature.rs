//! How the tools sign what they send.

use std::fmt::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;

/// Jira's `X-Hub-Signature`, as an admin's webhook with a secret has it: `sha256=` and the hexadecimal
/// HMAC-SHA256 of the body.
#[must_use]
pub fn jira_signature(secret: &str, body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body);
    tag.as_ref().iter().fold("sha256=".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

/// Trello's `X-Trello-Webhook`: Base64 of the HMAC-SHA1 of the body followed by the address that was registered.
#[must_use]
pub fn trello_signature(secret: &str, body: &[u8], callback_url: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(body);
    context.update(callback_url.as_bytes());
    STANDARD.encode(context.sign())
}
