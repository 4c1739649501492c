//! A member of the organization.

use entity::{EventKind, Instant, Role, SubjectKind, person};
use sea_orm::{ActiveValue::Set, Statement};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::{Permit, scope::Listed, secret::Secret},
    bulk::Binds,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

row! {
    /// A member of the organization.
    PersonRow of person {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// E-mail address as it was given.
        email: String = Email,
        /// What the person may see and do in OKR practice.
        role: Role = Role,
        /// Whether the person manages people, teams, tokens and integrations.
        is_admin: bool = IsAdmin,
        /// When the person was deactivated; null while active.
        deactivated_at: Option<Instant> = DeactivatedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for PersonRow {
    const TABLE: Table = Table::Person;
    const ARCHIVABLE: bool = false;
}

/// Characters of an e-mail address at most (RFC 5321 §4.5.3.1.3, without the brackets).
const EMAIL_MAX: usize = 254;

/// An e-mail address without blanks around it. Only what no address lacks is asked for: whether it works is
/// known when something is sent to it.
pub(in crate::domain) fn email_address(field: &str, text: &str) -> Result<String, UserError> {
    let text = text.trim();
    let fits = text.len() <= EMAIL_MAX
        && !text.chars().any(|character| character.is_whitespace() || character.is_control())
        && text.split_once('@').is_some_and(|(who, host)| {
            !who.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.')
        });
    if fits {
        return Ok(text.to_owned());
    }
    Err(UserError::at(field, UserErrorCode::Invalid, "is an e-mail address, such as ada@example.com"))
}

/// Makes a person and gives a code with which they set their password.
#[derive(Clone, Debug)]
pub struct InvitePerson {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// Display name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Role in OKR practice.
    pub role: Role,
    /// Whether they manage people, teams, tokens and integrations.
    pub is_admin: bool,
    /// Home team.
    pub team: Option<Uuid>,
    /// How long the code is valid, in seconds.
    pub code_seconds: i64,
}

impl Command for InvitePerson {
    /// The code is told once: a retry of an invitation that was made gives none.
    type Output = (PersonRow, Option<Secret>);

    async fn run(&self, write: &mut Write) -> Result<Self::Output> {
        let id = self.id.unwrap_or_else(|| write.new_id());
        let _: Permit<PersonRow> = write.viewer().permit_administration((id, 1))?;
        // How long a code is valid is the server's setting and no part of what was asked for.
        let digest = digest_of(&Self { code_seconds: 0, ..self.clone() });
        if let Some(id) = write.created_before(SubjectKind::Person, self.id, &digest).await? {
            return Ok((write.get(id).await?.ok_or(DomainError::NotFound)?, None));
        }
        let mut checks = Checks::default();
        let name = checks.take(text::title("name", &self.name));
        let email = checks.take(email_address("email", &self.email));
        checks.end()?;
        write.refuse_taken_address(&email, id).await?;
        if let Some(team) = self.team {
            write.team_in_use("teamId", team).await?;
        }
        let row = person::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            name_folded: Set(name.to_lowercase()),
            name: Set(name),
            email_folded: Set(email.to_lowercase()),
            email: Set(email),
            role: Set(self.role),
            is_admin: Set(self.is_admin),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        let mut news = news_with_digest(&row, &digest);
        if let Some(team) = self.team {
            news.insert("home_team_id".to_owned(), team.to_string().into());
        }
        write.insert::<person::Entity>(row).await?;
        write.move_home(id, self.team).await?;
        let code = write.give_set_up_code(id, self.code_seconds).await?;
        write.note_person_created(id, news);
        write.rights_changed = true;
        Ok((write.get(id).await?.ok_or(DomainError::NotFound)?, Some(code)))
    }
}

/// Changes a person; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdatePerson {
    /// The person.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Display name: the one thing that a person changes of themself.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Role in OKR practice.
    pub role: Option<Role>,
    /// Admin flag; the last active admin keeps it.
    pub is_admin: Option<bool>,
    /// Home team; null for none.
    pub team: Option<Option<Uuid>>,
}

impl Command for UpdatePerson {
    type Output = PersonRow;

    async fn run(&self, write: &mut Write) -> Result<PersonRow> {
        use person::Column;
        let name_only =
            self.email.is_none() && self.role.is_none() && self.is_admin.is_none() && self.team.is_none();
        if self.is_admin.is_some() {
            write.lock_organization().await?;
        }
        let row: PersonRow = write.lock(self.id).await?;
        let permit: Permit<PersonRow> = write.viewer().permit_person(name_only, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut checks = Checks::default();
        let name = self.name.as_deref().map(|name| checks.take(text::title("name", name)));
        let email = self.email.as_deref().map(|email| checks.take(email_address("email", email)));
        checks.end()?;
        if row.is_admin && self.is_admin == Some(false) && row.deactivated_at.is_none() {
            write.refuse_last_admin("isAdmin", row.id).await?;
        }
        let mut changes = Changes::<person::Entity>::new();
        if let Some(name) = name {
            changes.set(Column::Name, &row.name, name.clone());
            if changes.touches(Column::Name) {
                changes.set_quietly(Column::NameFolded, name.to_lowercase());
            }
        }
        if let Some(email) = email {
            write.refuse_taken_address(&email, row.id).await?;
            changes.set(Column::Email, &row.email, email.clone());
            if changes.touches(Column::Email) {
                changes.set_quietly(Column::EmailFolded, email.to_lowercase());
            }
        }
        changes.set(Column::Role, &row.role, self.role.unwrap_or(row.role));
        changes.set(Column::IsAdmin, &row.is_admin, self.is_admin.unwrap_or(row.is_admin));
        let mut moved = None;
        if let Some(team) = self.team {
            let before = write.home_team(Some(row.id)).await?;
            if before != team {
                if let Some(team) = team {
                    write.team_in_use("teamId", team).await?;
                }
                write.move_home(row.id, team).await?;
                moved = Some((before, team));
            }
        }
        if changes.is_empty() && moved.is_none() {
            return Ok(row);
        }
        if !write.update(&permit, &changes).await? {
            write.bump_versions(Table::Person.name(), &[row.id]).await?;
        }
        let (mut previous, mut current) = changes.into_news();
        if let Some((before, after)) = moved {
            let told = |team: Option<Uuid>| team.map_or(Json::Null, |team| team.to_string().into());
            previous.insert("home_team_id".to_owned(), told(before));
            current.insert("home_team_id".to_owned(), told(after));
        }
        write.note_person_changed(row.id, previous, current);
        write.reread(row.id).await
    }
}

/// Deactivates a person, or takes them back.
#[derive(Clone, Copy, Debug)]
pub struct DeactivatePerson {
    /// The person.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True deactivates, false takes back.
    pub deactivate: bool,
}

impl Command for DeactivatePerson {
    type Output = PersonRow;

    async fn run(&self, write: &mut Write) -> Result<PersonRow> {
        // First, so that two admins who deactivate each other do so one after the other.
        write.lock_organization().await?;
        let row: PersonRow = write.lock(self.id).await?;
        let permit: Permit<PersonRow> = write.viewer().permit_administration((row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        if row.deactivated_at.is_some() == self.deactivate {
            return Ok(row);
        }
        if self.deactivate {
            if row.is_admin {
                write.refuse_last_admin("id", row.id).await?;
            }
            write.end_sessions_of(row.id, None).await?;
            write.withdraw_set_up_code(row.id).await?;
        }
        let mut changes = Changes::<person::Entity>::new();
        let at = self.deactivate.then_some(write.now);
        changes.set(person::Column::DeactivatedAt, &row.deactivated_at, at);
        write.update(&permit, &changes).await?;
        // Goals before their links, as whoever confirms one does: what is flagged is stored beside their numbers.
        write.lock_goals_at("owner_id", row.id).await?;
        let owned = vec![("owner_id", vec![row.id])];
        write.settle_at(&owned).await?;
        let (previous, current) = changes.into_news();
        write.note_person_changed(row.id, previous, current);
        write.reread(row.id).await
    }
}

impl Write {
    /// Refuses to take away the last one who could give the admin flag back. The organization is locked.
    async fn refuse_last_admin(&self, field: &str, leaving: Uuid) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let leaving = binds.push(leaving);
        let admin = binds.push(true);
        let text = format!(
            "SELECT 1 FROM person WHERE organization_id = {organization} AND id <> {leaving} \
             AND is_admin = {admin} AND deactivated_at IS NULL LIMIT 1"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        if self.tx.all_raw(statement).await?.is_empty() {
            return Err(DomainError::user(
                field,
                UserErrorCode::NotNow,
                "is the last active admin: make somebody else an admin first",
            ));
        }
        Ok(())
    }

    async fn refuse_taken_address(&self, email: &str, but: Uuid) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let email = binds.push(email.to_lowercase());
        let but = binds.push(but);
        let text = format!(
            "SELECT 1 FROM person \
             WHERE organization_id = {organization} AND email_folded = {email} AND id <> {but}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        if self.tx.all_raw(statement).await?.is_empty() {
            return Ok(());
        }
        Err(DomainError::user(
            "email",
            UserErrorCode::Taken,
            "belongs to somebody in this organization already, maybe to one who is deactivated",
        ))
    }

    pub(in crate::domain) fn note_person_created(&mut self, id: Uuid, mut news: Map<String, Json>) {
        news.remove("email_folded");
        self.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Person, id),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: None,
            current: news,
        });
    }

    fn note_person_changed(&mut self, id: Uuid, previous: Map<String, Json>, current: Map<String, Json>) {
        self.rights_changed = true;
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Person, id),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: Some(previous),
            current,
        });
    }
}

#[cfg(test)]
mod tests;
