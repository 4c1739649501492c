//! Trello's API as it is asked: who we are, and pages as long as can be read.

use secrecy::{ExposeSecret as _, SecretString};

use super::listing::Listing;
use crate::{
    connectors::outbound::{Outbound, Reply, Request},
    domain::sync::port::{Access, ToolError},
};

/// Items on a page; Trello gives no more.
const LONGEST: usize = 1_000;
/// Items on the shortest page that is asked for.
const SHORTEST: usize = 40;
/// How much shorter the next try is.
const SHORTER: usize = 5;

/// What Trello says, with the status of a bad token, of what the owner of a good one is not shown.
const NOT_SHOWN: &str = "permission requested";

/// Trello, with a credential.
pub(super) struct Client<'c> {
    outbound: &'c Outbound,
    address: &'c str,
    proof: SecretString,
}

impl<'c> Client<'c> {
    /// The proof goes into a header: an address is written down in many places.
    ///
    /// # Errors
    /// [`ToolError::Unauthorized`] where the key or the token is missing or cannot be one.
    pub(super) fn new(outbound: &'c Outbound, access: &'c Access) -> Result<Self, ToolError> {
        let (key, token) = (part(access, "key")?, part(access, "token")?);
        let proof = SecretString::from(format!("oauth_consumer_key=\"{key}\", oauth_token=\"{token}\""));
        Ok(Self { outbound, address: &access.address, proof })
    }

    /// Asks once.
    ///
    /// # Errors
    /// See [`Outbound::send`]. [`ToolError::Forbidden`] also where Trello answers as to a bad token, but means that
    /// its owner is not shown what was asked for: the connection need not be made again.
    pub(super) async fn get(&self, request: Request) -> Result<Reply, ToolError> {
        let request = request.authorization("OAuth", &self.proof);
        let answer = self.outbound.send(self.address, &request).await;
        if let Err(ToolError::Unauthorized(said)) = &answer
            && said.contains(NOT_SHOWN)
        {
            let message =
                "Trello does not show the board to the owner of the token: let them join it, or leave it out";
            return Err(ToolError::Forbidden(message.to_owned()));
        }
        answer
    }

    /// Asks for a page of a list, and for a shorter one where the answer would be longer than is read.
    ///
    /// # Errors
    /// See [`Client::get`].
    pub(super) async fn list(&self, request: impl Fn() -> Request) -> Result<Listing, ToolError> {
        let mut length = LONGEST;
        loop {
            let answer = self.get(request().query("limit", &length.to_string())).await;
            let is_too_long = matches!(answer, Err(ToolError::Unreadable(_)));
            if !is_too_long || length <= SHORTEST {
                return Ok(Listing::new(answer?, length));
            }
            length /= SHORTER;
        }
    }
}

/// A part of the credential, as it was copied out of Trello.
fn part<'a>(access: &'a Access, name: &str) -> Result<&'a str, ToolError> {
    let text = access.credential.part(name).map_or("", |secret| secret.expose_secret().trim());
    // Nothing else can leave the quotes in which it stands.
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(ToolError::Unauthorized(format!(
            "the {name} of Trello is missing or is not made of letters and digits: copy it from Trello again"
        )));
    }
    Ok(text)
}
