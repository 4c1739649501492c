//! Credentials: how a password comes to be, is reset and is changed.
//!
//! A new person, or one whose password was reset, gets a one-time code; the password that the code sets is
//! known to nobody else. Hashes never leave this module, and the work of hashing is done before a
//! transaction is opened.

use entity::{EventKind, SubjectKind};
use sea_orm::Statement;
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::{
        Permit,
        secret::{OpaqueKind, OpaqueToken, Secret, same_bytes},
    },
    bulk::Binds,
    error::{DomainError, Result, UserErrorCode},
    events::{NewEvent, Sight},
    person::PersonRow,
    write::{Command, Write},
};

/// Takes a person's password away and gives a new set-up code; their sessions end.
#[derive(Clone, Copy, Debug)]
pub struct ResetPassword {
    /// Whose.
    pub person: Uuid,
    /// How long the code is valid, in seconds.
    pub code_seconds: i64,
}

impl Command for ResetPassword {
    type Output = (PersonRow, Secret);

    async fn run(&self, write: &mut Write) -> Result<(PersonRow, Secret)> {
        let person: PersonRow = write.lock(self.person).await?;
        let _: Permit<PersonRow> =
            write.viewer().permit_administration((person.id, person.version))?;
        if person.deactivated_at.is_some() {
            return Err(DomainError::user("id", UserErrorCode::NotNow, "is deactivated: reactivate first"));
        }
        let code = write.give_set_up_code(person.id, self.code_seconds).await?;
        write.end_sessions_of(person.id, None).await?;
        write.note_password(person.id, "reset");
        Ok((person, code))
    }
}

/// Sets a password by a set-up code.
pub(in crate::domain) struct SetPassword {
    pub(in crate::domain) person: Uuid,
    pub(in crate::domain) code_hash: Vec<u8>,
    pub(in crate::domain) password_hash: String,
}

impl Command for SetPassword {
    /// Whether it was set: the code is good for once.
    type Output = bool;

    async fn run(&self, write: &mut Write) -> Result<bool> {
        let person: PersonRow = write.lock(self.person).await?;
        let mut binds = Binds::new(write.tx.is_postgres());
        let whose = binds.push(person.id);
        let organization = binds.push(write.viewer().organization_id);
        let now = binds.push(write.now.0);
        let text = format!(
            "SELECT setup_hash FROM credential WHERE person_id = {whose} \
             AND organization_id = {organization} AND setup_hash IS NOT NULL AND setup_expires_at > {now}"
        );
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        let Some(row) = write.tx.all_raw(statement).await?.pop() else { return Ok(false) };
        let waiting: Vec<u8> = row.try_get_by_index(0)?;
        if person.deactivated_at.is_some() || !same_bytes(&waiting, &self.code_hash) {
            return Ok(false);
        }
        write.store_password(person.id, &self.password_hash).await?;
        write.end_sessions_of(person.id, None).await?;
        write.note_password(person.id, "set");
        Ok(true)
    }
}

/// Changes the viewer's own password; their other sessions end.
pub(in crate::domain) struct ChangePassword {
    /// The stored hash that the old password was checked against.
    pub(in crate::domain) checked: String,
    pub(in crate::domain) password_hash: String,
}

impl Command for ChangePassword {
    /// Whether it was changed: not when somebody else changed it meanwhile.
    type Output = bool;

    async fn run(&self, write: &mut Write) -> Result<bool> {
        let (person, session) = (write.viewer().person_id, write.viewer().session_id);
        let person: PersonRow = write.lock(person).await?;
        if write.password_hash_of(person.id).await?.as_ref() != Some(&self.checked) {
            return Ok(false);
        }
        write.store_password(person.id, &self.password_hash).await?;
        write.end_sessions_of(person.id, session).await?;
        write.note_password(person.id, "changed");
        Ok(true)
    }
}

impl Write {
    /// Gives a person a new set-up code and takes their password away; the code is told only now.
    pub(in crate::domain) async fn give_set_up_code(&self, person: Uuid, seconds: i64) -> Result<Secret> {
        let code = OpaqueToken::mint(OpaqueKind::SetUp, self.scope.clock().entropy());
        self.put_credential(person, None, Some((code.hash, self.now.plus_seconds(seconds).0))).await?;
        Ok(code.text)
    }

    /// Stores a password; a set-up code that waits is used up.
    pub(in crate::domain) async fn store_password(&self, person: Uuid, password_hash: &str) -> Result<()> {
        self.put_credential(person, Some(password_hash.to_owned()), None).await
    }

    async fn put_credential(
        &self,
        person: Uuid,
        password_hash: Option<String>,
        code: Option<(Vec<u8>, i64)>,
    ) -> Result<()> {
        let (code, until) = code.unzip();
        let mut binds = Binds::new(self.tx.is_postgres());
        let values = [
            binds.push(self.new_id()),
            binds.push(self.viewer().organization_id),
            binds.push(person),
            binds.push(password_hash),
            binds.push(code),
            binds.push(until),
            binds.push(self.now.0),
            binds.push(self.now.0),
        ]
        .join(", ");
        let text = format!(
            "INSERT INTO credential (id, organization_id, person_id, password_hash, setup_hash, \
             setup_expires_at, created_at, updated_at) VALUES ({values}) \
             ON CONFLICT (person_id) DO UPDATE SET password_hash = excluded.password_hash, \
             setup_hash = excluded.setup_hash, setup_expires_at = excluded.setup_expires_at, \
             version = credential.version + 1, updated_at = excluded.updated_at \
             WHERE credential.organization_id = excluded.organization_id"
        );
        self.tx.execute(Statement::from_sql_and_values(self.tx.backend(), text, binds.values)).await?;
        Ok(())
    }

    /// Takes away a set-up code that waits.
    pub(in crate::domain) async fn withdraw_set_up_code(&self, person: Uuid) -> Result<()> {
        use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait};
        let sets = vec![
            ("setup_hash", sea_orm::Value::Bytes(None)),
            ("setup_expires_at", sea_orm::Value::BigInt(None)),
            ("updated_at", self.now.0.into()),
        ];
        let whose = Condition::all().add(Expr::col(Alias::new("person_id")).eq(person));
        self.set_where("credential", sets, whose).await?;
        Ok(())
    }

    /// The stored password hash of a person.
    pub(in crate::domain) async fn password_hash_of(&self, person: Uuid) -> Result<Option<String>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let person = binds.push(person);
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "SELECT password_hash FROM credential \
             WHERE person_id = {person} AND organization_id = {organization}"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        match self.tx.all_raw(statement).await?.pop() {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Ok(None),
        }
    }

    /// That something happened to a password is news; what it is never is.
    fn note_password(&mut self, person: Uuid, what: &str) {
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Person, person),
            ancestors: Vec::new(),
            sight: Sight { owner: Some(person), ..Sight::default() },
            previous: None,
            current: Map::from_iter([("password".to_owned(), Json::from(what))]),
        });
    }
}
