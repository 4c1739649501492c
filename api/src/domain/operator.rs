//! What the command line asks before anybody is signed in: who acts, and what kind of database this is.

use std::sync::Arc;

use super::{
    access::Scope,
    error::{DomainError, Result},
    installation::Installation,
    set_up::FoundPerson,
    team::TeamRow,
};

impl Installation {
    /// Who acts from the command line: the named person, else the first active admin.
    ///
    /// # Errors
    /// When nobody fits, or it is not clear in which organization.
    pub async fn operator(&self, email: Option<&str>, organization: Option<&str>) -> Result<FoundPerson> {
        if let Some(email) = email {
            return self.person_by_email(email, organization).await;
        }
        let organizations = self.organizations().await?;
        let chosen = match organization {
            Some(slug) => organizations.iter().find(|candidate| candidate.slug == slug).ok_or_else(|| {
                DomainError::BadInput(format!("there is no organization \"{slug}\""))
            })?,
            None => match organizations.as_slice() {
                [only] => only,
                [] => {
                    return Err(DomainError::BadInput(
                        "there is no organization yet: create one with `throughline init`".into(),
                    ));
                }
                several => {
                    let names: Vec<&str> = several.iter().map(|one| one.slug.as_str()).collect();
                    return Err(DomainError::BadInput(format!(
                        "say which organization with --organization: {}",
                        names.join(", ")
                    )));
                }
            },
        };
        let mut binds = self.binds();
        let id = binds.push(chosen.id);
        let yes = binds.push(true);
        let text = format!(
            "SELECT email FROM person WHERE organization_id = {id} AND is_admin = {yes} \
             AND deactivated_at IS NULL ORDER BY id LIMIT 1"
        );
        let row = self.rows(&text, binds).await?.pop().ok_or_else(|| {
            DomainError::BadInput("the organization has no active admin: name a person with --as".into())
        })?;
        let email: String = row.try_get_by_index(0)?;
        self.person_by_email(&email, Some(&chosen.slug)).await
    }

    /// Whether any of our schema changes was ever made in the database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_schema(&self) -> Result<bool> {
        Ok(self.tables().await?.iter().any(|table| table == "installation_fact"))
    }

    /// Whether the database holds tables though none of ours.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_foreign_tables(&self) -> Result<bool> {
        let tables = self.tables().await?;
        Ok(!tables.iter().any(|table| table == "installation_fact")
            && tables.iter().any(|table| table != "seaql_migrations"))
    }

    async fn tables(&self) -> Result<Vec<String>> {
        let text = if self.db.is_postgres() {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()"
        } else {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        };
        let rows = self.rows(text, self.binds()).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}

impl Scope {
    /// The team with a name, upper or lower case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn team_by_name(&self, name: &str) -> Result<Option<Arc<TeamRow>>> {
        self.by_text::<TeamRow>("name_folded", &name.trim().to_lowercase()).await
    }
}
