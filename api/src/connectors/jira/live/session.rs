//! Requests to one Jira, as one account.

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::{address, known::Key, options::Options};
use crate::connectors::{
    jira::place::Place,
    outbound::{Outbound, Reply, Request},
};
use crate::domain::sync::port::{Access, ToolError};

/// How to ask one Jira.
pub(super) struct Session<'s> {
    outbound: &'s Outbound,
    access: &'s Access,
    /// What the connection was told.
    pub(super) options: Options,
}

impl<'s> Session<'s> {
    /// One for an access.
    ///
    /// # Errors
    /// [`ToolError::Refused`] where one of its options is not what it can be.
    pub(super) fn new(outbound: &'s Outbound, access: &'s Access) -> Result<Self, ToolError> {
        Ok(Self { outbound, access, options: Options::read(&access.options)? })
    }
}

impl Session<'_> {
    /// Asks for what lies at a path of the API, `issue`; ids are added as steps.
    pub(super) fn get(&self, path: &str) -> Request {
        Request::get(&self.path(path))
    }

    /// Asks by a body, which does not fit into an address.
    pub(super) fn post(&self, path: &str) -> Request {
        Request::post(&self.path(path)).only_asking()
    }

    fn path(&self, path: &str) -> String {
        format!("rest/api/{}/{path}", self.options.deployment.version())
    }

    /// Sends a request as the account.
    ///
    /// # Errors
    /// [`ToolError`].
    pub(super) async fn send(&self, request: Request) -> Result<Reply, ToolError> {
        let request = self.signed(request)?;
        self.outbound.send(&self.access.address, &request).await
    }

    /// A token with an e-mail address is one of Cloud, or a password; a token alone is a personal access token.
    fn signed(&self, request: Request) -> Result<Request, ToolError> {
        let (email, token) = (self.part("email"), self.part("token"));
        let unauthorized = |message: &str| Err(ToolError::Unauthorized(message.to_owned()));
        if token.is_empty() {
            return unauthorized(
                "Jira wants a token: make an API token in your Atlassian account and enter it",
            );
        }
        let token = SecretString::from(token);
        if !email.is_empty() {
            return Ok(request.basic(email, &token));
        }
        if address::is_of_cloud(&self.access.address) {
            return unauthorized(
                "Jira Cloud wants the e-mail address of the account that made the API token: enter it too",
            );
        }
        Ok(request.authorization("Bearer", &token))
    }

    /// A part of the credential, without the spaces that were copied with it; empty where there is none.
    fn part(&self, name: &str) -> &str {
        self.access.credential.part(name).map_or("", |secret| secret.expose_secret().trim())
    }

    /// What stands for the account: whoever has the same address and credential sees the same.
    pub(super) fn key(&self) -> Key {
        let version = self.options.deployment.version();
        let mut hash = Sha256::new();
        for part in [self.access.address.as_str(), version, self.part("email"), self.part("token")] {
            // With its length, so that nothing of one can pass for the beginning of the next.
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }

    /// The address that was told, for what depends on whose it is.
    pub(super) fn address(&self) -> &str {
        &self.access.address
    }

    /// The site, as the reader names it in the issues of files, and where its pages lie.
    ///
    /// # Errors
    /// [`ToolError::Unsafe`] for an address that was never read.
    pub(super) fn place(&self) -> Result<Place, ToolError> {
        Place::of_address(&format!("{}/rest/", self.access.address)).ok_or_else(|| {
            ToolError::Unsafe("the address of this Jira cannot be read: connect it again".to_owned())
        })
    }
}
