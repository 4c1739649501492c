//! What admins do with an integration once it is connected: choose what it takes in, ask for a run, pause it, let it
//! go on, and disconnect it.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, IntegrationState, SubjectKind, SyncTrigger, Visibility};
use sea_orm::Value;
use serde_json::{Map, json};
use uuid::Uuid;

use super::run::is_synced;
use crate::domain::{
    access::{Permit, Scope},
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    integration::IntegrationRow,
    sync_container::SyncContainerRow,
    sync_run::SyncRunRow,
    team::TeamRow,
    text::Checks,
    write::{Command, Write},
};

/// Boards or projects that are chosen at once, at most.
pub const CHOICES_AT_MOST: usize = 1_000;

/// What is chosen for a board or project; what is left out stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContainerChoice {
    /// The board or project.
    pub container: Uuid,
    /// Whether its items are taken in. What came in before stays as it is when they no longer are.
    pub is_taken: Option<bool>,
    /// The team of its project here; null for none. Of a project that is here already it stays: that is changed as
    /// any other project is.
    pub team: Option<Option<Uuid>>,
    /// Who sees its project here, and the tasks of it. Of a project that is here already it stays too.
    pub visibility: Option<Visibility>,
}

/// Chooses which boards and projects an integration takes in, and for whom. What is newly taken in is read whole: at
/// once where the integration runs, else when it goes on.
#[derive(Clone, Debug)]
pub struct SetContainers {
    /// The integration.
    pub integration: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// What is chosen; the others stay.
    pub choices: Vec<ContainerChoice>,
}

/// A choice that changes something.
struct Change {
    container: Uuid,
    was_taken: bool,
    is_taken: bool,
    team: Option<Uuid>,
    visibility: Visibility,
}

impl Command for SetContainers {
    type Output = IntegrationRow;

    async fn run(&self, write: &mut Write) -> Result<IntegrationRow> {
        let integration = write.integration_for_admin(self.integration, self.expected_version).await?;
        refuse_unless_connected(&integration)?;
        let changes = self.changes(write).await?;
        if changes.is_empty() {
            return Ok(integration);
        }
        let turned = |to: bool| -> Vec<Uuid> {
            let turned = changes.iter().filter(|change| change.was_taken != to && change.is_taken == to);
            turned.map(|change| change.container).collect()
        };
        let (taken, left) = (turned(true), turned(false));
        let values: Vec<(Uuid, Vec<Value>)> = changes
            .iter()
            .map(|change| {
                (change.container, vec![change.is_taken.into(), change.team.into(), change.visibility.into()])
            })
            .collect();
        write.update_many("sync_container", &["is_taken", "team_id", "visibility"], values, true).await?;
        if !taken.is_empty() && is_synced(integration.state) {
            write.begin_sync(integration.id, SyncTrigger::Connect, true).await?;
        }
        let row = write.change_integration(&integration, Vec::new()).await?;
        write.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Integration, row.id),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: Some(Map::new()),
            current: Map::from_iter([
                ("provider".to_owned(), json!(row.provider)),
                ("name".to_owned(), json!(row.name)),
                ("containers_changed".to_owned(), json!(changes.len())),
                ("containers_taken".to_owned(), json!(taken)),
                ("containers_left".to_owned(), json!(left)),
            ]),
        });
        Ok(row)
    }
}

impl SetContainers {
    /// The choices that change something, once all of them were checked.
    async fn changes(&self, write: &Write) -> Result<Vec<Change>> {
        if self.choices.len() > CHOICES_AT_MOST {
            let message = format!("are at most {CHOICES_AT_MOST}: choose the others in a further call");
            return Err(DomainError::user("containers", UserErrorCode::Invalid, message));
        }
        if self.choices.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = self.choices.iter().map(|choice| choice.container).collect();
        let rows = write.lock_all::<SyncContainerRow>(&ids).await?;
        let known: HashMap<Uuid, SyncContainerRow> = rows
            .into_iter()
            .filter(|row| row.integration_id == self.integration)
            .map(|row| (row.id, row))
            .collect();
        let teams: HashSet<Uuid> = self.choices.iter().filter_map(|choice| choice.team.flatten()).collect();
        let teams: Vec<Uuid> = teams.into_iter().collect();
        let teams = write.everyones::<TeamRow>(&teams).await?;
        let teams: HashMap<Uuid, TeamRow> = teams.into_iter().map(|row| (row.id, row)).collect();
        let mut checks = Checks::default();
        let mut seen = HashSet::new();
        let mut changes = Vec::new();
        for (at, choice) in self.choices.iter().enumerate() {
            let mut refuse = |field: &str, code, message: &str| {
                checks.refuse(UserError::at(&format!("containers.{at}.{field}"), code, message));
            };
            if let Some(team) = choice.team.flatten() {
                match teams.get(&team) {
                    None => refuse("teamId", UserErrorCode::NotFound, "no team with this id"),
                    Some(row) if row.archived_at.is_some() => {
                        refuse("teamId", UserErrorCode::Invalid, "this team is archived: choose another one");
                    }
                    Some(_) => {}
                }
            }
            let Some(row) = known.get(&choice.container) else {
                let message = "is no board or project that this integration reaches";
                refuse("id", UserErrorCode::NotFound, message);
                continue;
            };
            if !seen.insert(row.id) {
                refuse("id", UserErrorCode::Invalid, "is named twice");
                continue;
            }
            let before = (row.is_taken, row.team_id, row.visibility);
            let after = (
                choice.is_taken.unwrap_or(row.is_taken),
                choice.team.unwrap_or(row.team_id),
                choice.visibility.unwrap_or(row.visibility),
            );
            if before != after {
                let (is_taken, team, visibility) = after;
                let was_taken = row.is_taken;
                changes.push(Change { container: row.id, was_taken, is_taken, team, visibility });
            }
        }
        checks.end()?;
        Ok(changes)
    }
}

/// Asks for a run now. Where one waits or is under way already it is that one.
#[derive(Clone, Copy, Debug)]
pub struct SyncNow {
    /// The integration.
    pub integration: Uuid,
    /// Whether everything is read, and what is gone looked for, and not only what has changed.
    pub is_full: bool,
}

impl Command for SyncNow {
    type Output = SyncRunRow;

    async fn run(&self, write: &mut Write) -> Result<SyncRunRow> {
        let integration = write.integration_for_admin(self.integration, None).await?;
        refuse_unless_connected(&integration)?;
        if !is_synced(integration.state) {
            let message = "it is paused: let it go on with integrationResume first";
            return Err(DomainError::user("id", UserErrorCode::NotNow, message));
        }
        let run = write.begin_sync(integration.id, SyncTrigger::Manual, self.is_full).await?;
        write.reread(run).await
    }
}

/// Stops an integration until it is told to go on; a run under way stops at its next page. One that is paused stays
/// as it is.
#[derive(Clone, Copy, Debug)]
pub struct PauseIntegration {
    /// The integration.
    pub integration: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
}

impl Command for PauseIntegration {
    type Output = IntegrationRow;

    async fn run(&self, write: &mut Write) -> Result<IntegrationRow> {
        let row = write.integration_for_admin(self.integration, self.expected_version).await?;
        refuse_unless_connected(&row)?;
        match row.state {
            IntegrationState::Active | IntegrationState::Failing => {
                let sets =
                    vec![("state", IntegrationState::Paused.into()), ("next_sync_at", None::<i64>.into())];
                write.change_integration(&row, sets).await
            }
            IntegrationState::Paused | IntegrationState::Disconnected => Ok(row),
        }
    }
}

/// Lets an integration go on that is paused or fails: its schedule begins now, and what failed before is not counted
/// any more. One that runs stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct ResumeIntegration {
    /// The integration.
    pub integration: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
}

impl Command for ResumeIntegration {
    type Output = IntegrationRow;

    async fn run(&self, write: &mut Write) -> Result<IntegrationRow> {
        let row = write.integration_for_admin(self.integration, self.expected_version).await?;
        refuse_unless_connected(&row)?;
        match row.state {
            IntegrationState::Paused | IntegrationState::Failing => {
                // Without a schedule it is not given one: it runs when somebody asks for it.
                let next = row.minutes().map(|_| write.now.0);
                let sets = vec![
                    ("state", IntegrationState::Active.into()),
                    ("failures", 0_i64.into()),
                    ("next_sync_at", next.into()),
                ];
                write.change_integration(&row, sets).await
            }
            IntegrationState::Active | IntegrationState::Disconnected => Ok(row),
        }
    }
}

/// Disconnects an integration: its credential is forgotten, nothing of it runs any more, and it is archived. File
/// imports are closed by it too. One that is disconnected stays as it is. It is run by
/// [`Scope::disconnect_integration`], which sees to the work that came in by it.
#[derive(Clone, Copy, Debug)]
pub struct DisconnectIntegration {
    /// The integration.
    pub integration: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Whether the work that it took in stays; else it is archived.
    pub keep: bool,
}

impl Command for DisconnectIntegration {
    type Output = IntegrationRow;

    async fn run(&self, write: &mut Write) -> Result<IntegrationRow> {
        let row = write.integration_for_admin(self.integration, self.expected_version).await?;
        if row.state == IntegrationState::Disconnected {
            return Ok(row);
        }
        let sets = vec![
            ("credential", None::<Vec<u8>>.into()),
            ("credential_key_id", None::<String>.into()),
            ("state", IntegrationState::Disconnected.into()),
            ("next_sync_at", None::<i64>.into()),
            ("archived_at", row.archived_at.unwrap_or(write.now).0.into()),
        ];
        write.change_integration(&row, sets).await
    }
}

/// What runs needs a connection: there is none to files, and none any more to what was disconnected.
fn refuse_unless_connected(row: &IntegrationRow) -> Result<()> {
    let why_not = if row.state == IntegrationState::Disconnected {
        "it is disconnected: connect it again with integrationConnect first"
    } else if row.address.is_none() {
        "it takes in files and was never connected: connect its tool with integrationConnect, or import another file"
    } else {
        return Ok(());
    };
    Err(DomainError::user("id", UserErrorCode::NotNow, why_not))
}

impl Scope {
    /// Fails for anybody but admins: asked before a tool is asked anything in their name.
    ///
    /// # Errors
    /// `FORBIDDEN`.
    pub fn must_administer_integrations(&self) -> Result<()> {
        self.for_command(None)?;
        let _: Permit<IntegrationRow> = self.viewer().permit_administration((Uuid::nil(), 1))?;
        Ok(())
    }
}

impl Write {
    /// An integration that an admin is about to change, locked.
    pub(super) async fn integration_for_admin(
        &self,
        id: Uuid,
        expected_version: Option<i64>,
    ) -> Result<IntegrationRow> {
        let row: IntegrationRow = self.lock(id).await?;
        let _: Permit<IntegrationRow> = self.viewer().permit_administration((row.id, row.version))?;
        Self::expect_version(expected_version, row.version)?;
        Ok(row)
    }
}
