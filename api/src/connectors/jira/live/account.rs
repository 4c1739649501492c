//! Whom a credential speaks for.

use serde::Deserialize;

use super::{address, options::Deployment, session::Session};
use crate::domain::sync::port::{Account, ToolError};

/// The account, as it tells of itself: by its id on Cloud, by key or login name on Data Center.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Myself {
    account_id: Option<String>,
    key: Option<String>,
    name: Option<String>,
    display_name: Option<String>,
    email_address: Option<String>,
    /// The name of its time zone.
    pub(super) time_zone: Option<String>,
}

impl Myself {
    /// Its id, as the reader names people; none for somebody who is not signed in.
    fn id(&self) -> Option<&String> {
        [&self.account_id, &self.key, &self.name].into_iter().flatten().find(|id| !id.trim().is_empty())
    }
}

impl Session<'_> {
    /// Who the credential speaks for, asked anew.
    ///
    /// # Errors
    /// [`ToolError::Unauthorized`] also where Jira takes us for nobody: it then answers lists as if they were empty, and
    /// whatever is missing from those would be taken for deleted.
    pub(super) async fn myself(&self) -> Result<Myself, ToolError> {
        let reply = self.send(self.get("myself")).await.map_err(|error| self.with_advice(error))?;
        let myself: Myself = reply.json()?;
        if myself.id().is_none() {
            let message = "Jira answers, but as to somebody who is not signed in: check e-mail address and token, or \
                           make a new token and enter it";
            return Err(ToolError::Unauthorized(message.to_owned()));
        }
        Ok(myself)
    }

    /// The account.
    ///
    /// # Errors
    /// See [`Session::myself`].
    pub(super) async fn account(&self) -> Result<Account, ToolError> {
        let site = self.place()?.site;
        let myself = self.myself().await?;
        let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Ok(Account {
            external_id: myself.id().cloned().unwrap_or_default(),
            name: filled(myself.display_name),
            email: filled(myself.email_address),
            site,
        })
    }

    /// Most who find nothing at an address of their own have a Data Center.
    fn with_advice(&self, error: ToolError) -> ToolError {
        let address = self.address();
        let is_own = !address::is_of_cloud(address) && !address::is_of_gateway(address);
        if let ToolError::NotFound(text) = &error
            && is_own
            && self.options.deployment == Deployment::Cloud
        {
            return ToolError::NotFound(format!(
                "{text}; a Jira Data Center is connected as deployment DATA_CENTER"
            ));
        }
        error
    }
}
