//! Setting up: the first organization with its admin, and what the command line does without a token.

use entity::{EventKind, Role, SubjectKind, organization, person};
use sea_orm::{ActiveValue::Set, Statement};
use uuid::Uuid;

use super::{
    access::{
        Scope,
        jwt::Claims,
        secret::Secret,
        viewer::Actor,
    },
    bulk::Binds,
    credential::ResetPassword,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    installation::Installation,
    membership::AddTeamMember,
    person::email_address,
    settings::Settings,
    team::CreateTeam,
    text::{self, Checks},
    write::{Command, Write, news_of},
};

/// Characters of a slug at most: it fits a label of a host name.
const SLUG_MAX: usize = 63;
const PURPOSE: &str = "purpose";

/// A new organization.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// Its display name.
    pub name: String,
    /// Its short name, unique in the installation: letters a–z, digits and hyphens.
    pub slug: String,
    /// IANA time zone in which its dates and weeks are read.
    pub time_zone: String,
    /// Display name of its first admin, who is a leader too.
    pub admin_name: String,
    /// The admin's e-mail address.
    pub admin_email: String,
    /// The admin's password; without one a set-up code is given.
    pub password: Option<Secret>,
    /// Name of a first team, the admin's home, managed by the admin.
    pub team: Option<String>,
}

/// An organization that was set up.
#[derive(Clone, Debug)]
pub struct Initialized {
    /// The organization.
    pub organization: Uuid,
    /// Its admin.
    pub admin: Uuid,
    /// The first team, where one was named.
    pub team: Option<Uuid>,
    /// With which the admin sets a password, where none was given. Told only now.
    pub set_up_code: Option<Secret>,
}

/// An organization, for the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationName {
    /// Key.
    pub id: Uuid,
    /// Display name.
    pub name: String,
    /// Short name.
    pub slug: String,
}

/// A person, for the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPerson {
    /// Key.
    pub id: Uuid,
    /// The organization.
    pub organization: Uuid,
    /// Display name.
    pub name: String,
    /// E-mail address as it was given.
    pub email: String,
}

/// A short name in its stored form.
fn slug(text: &str) -> Result<String, UserError> {
    let slug = text.trim().to_lowercase();
    let fits = (1..=SLUG_MAX).contains(&slug.len())
        && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !slug.starts_with('-')
        && !slug.ends_with('-');
    if fits {
        return Ok(slug);
    }
    let message = format!("has 1 to {SLUG_MAX} characters a–z, 0–9 and hyphens, none at its ends");
    Err(UserError::at("slug", UserErrorCode::Invalid, message))
}

/// The name of a time zone that is known.
pub(in crate::domain) fn time_zone(text: &str) -> Result<String, UserError> {
    text.trim().parse::<chrono_tz::Tz>().map(|zone| zone.name().to_owned()).map_err(|_| {
        UserError::at("timeZone", UserErrorCode::Invalid, "is the name of an IANA time zone: Europe/Berlin")
    })
}

struct SetUp<'a> {
    options: &'a InitOptions,
    organization: Uuid,
    password_hash: Option<String>,
    code_seconds: i64,
}

impl Command for SetUp<'_> {
    type Output = Initialized;

    async fn run(&self, write: &mut Write) -> Result<Initialized> {
        let mut checks = Checks::default();
        let name = checks.take(text::title("name", &self.options.name));
        let slug = checks.take(slug(&self.options.slug));
        let zone = checks.take(time_zone(&self.options.time_zone));
        let admin_name = checks.take(text::title("adminName", &self.options.admin_name));
        let email = checks.take(email_address("adminEmail", &self.options.admin_email));
        checks.end()?;
        let mut binds = Binds::new(write.tx.is_postgres());
        let text = format!("SELECT 1 FROM organization WHERE slug = {}", binds.push(slug.clone()));
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        if !write.tx.all_raw(statement).await?.is_empty() {
            let message = format!("an organization with the short name {slug} exists already");
            return Err(DomainError::user("slug", UserErrorCode::Taken, message));
        }
        let row = organization::ActiveModel {
            id: Set(self.organization),
            name: Set(name),
            slug: Set(slug),
            time_zone: Set(zone),
            settings: Set("{}".to_owned()),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Organization, self.organization),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: None,
            current: news_of(&row),
        });
        write.insert::<organization::Entity>(row).await?;
        let admin = write.new_id();
        let row = person::ActiveModel {
            id: Set(admin),
            organization_id: Set(self.organization),
            name_folded: Set(admin_name.to_lowercase()),
            name: Set(admin_name),
            email_folded: Set(email.to_lowercase()),
            email: Set(email),
            role: Set(Role::Leader),
            is_admin: Set(true),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        write.note_person_created(admin, news_of(&row));
        write.insert::<person::Entity>(row).await?;
        let set_up_code = match &self.password_hash {
            Some(hash) => {
                write.store_password(admin, hash).await?;
                None
            }
            None => Some(write.give_set_up_code(admin, self.code_seconds).await?),
        };
        let team = match &self.options.team {
            Some(name) => {
                let team = CreateTeam {
                    id: None,
                    name: name.clone(),
                    parent: None,
                    manager: Some(admin),
                    connection_model: None,
                };
                let team = team.run(write).await?.id;
                AddTeamMember { team, person: admin, home: true }.run(write).await?;
                Some(team)
            }
            None => None,
        };
        Ok(Initialized { organization: self.organization, admin, team, set_up_code })
    }
}

impl Installation {
    /// Sets up an organization with its first admin; works for further organizations too.
    ///
    /// # Errors
    /// When something in the options is not acceptable, or the short name is taken.
    pub async fn init(&self, options: &InitOptions) -> Result<Initialized> {
        let password_hash = match &options.password {
            Some(password) => Some(self.hash_of(password, "password", &options.admin_email).await?),
            None => None,
        };
        let organization = self.clock.new_id();
        // The zone is only for reading dates, of which there are none yet.
        let scope = Scope::system(
            self.db.clone(),
            self.clock.clone(),
            organization,
            std::sync::Arc::new(Settings::default()),
            chrono_tz::Tz::UTC,
            Actor::System,
            "the organization is only being made",
        );
        let code_seconds = self.rules.set_up_code_seconds;
        scope.run(&SetUp { options, organization, password_hash, code_seconds }).await
    }

    /// What this database is for, `demo` for one that the demo may use; null where nothing was said.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn purpose(&self) -> Result<Option<String>> {
        let mut binds = self.binds();
        let text = format!("SELECT value FROM installation_fact WHERE name = {}", binds.push(PURPOSE));
        let row = self.rows(&text, binds).await?.pop();
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }

    /// Says what this database is for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_purpose(&self, purpose: &str) -> Result<()> {
        let mut binds = self.binds();
        let values = [
            binds.push(self.clock.new_id()),
            binds.push(PURPOSE),
            binds.push(purpose),
        ]
        .join(", ");
        let text = format!(
            "INSERT INTO installation_fact (id, name, value) VALUES ({values}) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        );
        self.rows(&text, binds).await.map(|_| ())
    }

    /// Whether there is no organization yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_empty(&self) -> Result<bool> {
        Ok(self.rows("SELECT 1 FROM organization LIMIT 1", self.binds()).await?.is_empty())
    }

    /// All organizations, by short name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations(&self) -> Result<Vec<OrganizationName>> {
        let rows = self.rows("SELECT id, name, slug FROM organization ORDER BY slug", self.binds()).await?;
        rows.iter()
            .map(|row| {
                Ok(OrganizationName {
                    id: row.try_get_by_index(0)?,
                    name: row.try_get_by_index(1)?,
                    slug: row.try_get_by_index(2)?,
                })
            })
            .collect()
    }

    /// The active person with an e-mail address, in any case; `organization` is a short name.
    ///
    /// # Errors
    /// A user error when there is none, or one in several organizations and none was named.
    pub async fn person_by_email(&self, email: &str, organization: Option<&str>) -> Result<FoundPerson> {
        let mut binds = self.binds();
        let folded = binds.push(email.trim().to_lowercase());
        let mut text = format!(
            "SELECT person.id, person.organization_id, person.name, person.email, organization.slug \
             FROM person JOIN organization ON organization.id = person.organization_id \
             WHERE person.email_folded = {folded} AND person.deactivated_at IS NULL"
        );
        if let Some(organization) = organization {
            let slug = binds.push(organization.trim().to_lowercase());
            text.push_str(&format!(" AND organization.slug = {slug}"));
        }
        text.push_str(" ORDER BY organization.slug");
        let rows = self.rows(&text, binds).await?;
        match rows.as_slice() {
            [row] => Ok(FoundPerson {
                id: row.try_get_by_index(0)?,
                organization: row.try_get_by_index(1)?,
                name: row.try_get_by_index(2)?,
                email: row.try_get_by_index(3)?,
            }),
            [] => Err(DomainError::user(
                "email",
                UserErrorCode::NotFound,
                format!("no active person has the e-mail address {}", email.trim()),
            )),
            several => {
                let slugs: Vec<String> =
                    several.iter().map(|row| row.try_get_by_index(4)).collect::<Result<_, _>>()?;
                Err(DomainError::user(
                    "organization",
                    UserErrorCode::Required,
                    format!("the address is in several organizations, name one of: {}", slugs.join(", ")),
                ))
            }
        }
    }

    /// An access token for a person, without a session: it ends by its expiry or with the person only.
    ///
    /// # Errors
    /// `FORBIDDEN` without a signing key; `UNAUTHENTICATED` when the person is not active.
    pub async fn issue_token(&self, person: Uuid, lifetime_seconds: i64) -> Result<Secret> {
        let organization = self.scope_of_person(person).await?.viewer().organization_id;
        let now = self.clock.now();
        let token = self.keys.sign(&Claims {
            person,
            session: None,
            organization: Some(organization),
            issued_at: Some(now),
            expires_at: now.plus_seconds(lifetime_seconds),
        })?;
        Ok(token.into())
    }

    /// Takes a person's password away and gives a set-up code, by who runs the server.
    ///
    /// # Errors
    /// When there is no such active person.
    pub async fn reset_password(&self, person: &FoundPerson) -> Result<Secret> {
        let scope = self.system(person.organization, Actor::System, "whoever runs the server may").await?;
        let command = ResetPassword { person: person.id, code_seconds: self.rules.set_up_code_seconds };
        Ok(scope.run(&command).await?.1)
    }
}

#[cfg(test)]
mod tests;
