//! Connecting a tool: who it is there is asked first, then what it reaches is stored with the sealed credential.
//!
//! A tool is asked outside of any transaction. What is stored afterwards is one: integration, containers and the
//! first run are there together, or none of them is.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use entity::{EventKind, Instant, IntegrationState, Provider, SubjectKind, SyncTrigger, Visibility};
use entity::{integration, sync_container};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    merge::name_for,
    port::{Access, Account, Container, Credential, Tool, ToolError},
    tidy,
};
use crate::domain::{
    access::{Permit, Scope},
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    installation::Installation,
    integration::IntegrationRow,
    seal::SealingKeys,
    team::TeamRow,
    text::{self, Checks},
    write::{Command, Write},
};

/// Boards or projects of one integration at most.
pub const CONTAINERS_AT_MOST: usize = 5_000;
/// Shortest and longest time between two runs by the schedule, in minutes: a week at most.
const MINUTES: (u32, u32) = (1, 10_080);
/// The usual time between two runs, in minutes.
pub(in crate::domain) const USUAL_MINUTES: u32 = 15;

/// What a person says to connect a tool.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Which tool.
    pub provider: Provider,
    /// Display name; after the tool and its site when left out.
    pub name: Option<String>,
    /// Address or site of the tool, `acme.atlassian.net`; the tool's own when left out.
    pub address: Option<String>,
    /// What proves who we are.
    pub credential: Credential,
    /// What else the connector is told.
    pub options: Map<String, Json>,
    /// Which boards or projects are taken in at once, by their ids or keys in the tool; all when left out.
    pub containers: Option<Vec<String>>,
    /// The team of new projects.
    pub team: Option<Uuid>,
    /// Who sees new projects and their tasks: `TEAM` where a team is given, else `ORGANIZATION`, when left out.
    pub visibility: Option<Visibility>,
    /// Minutes between two runs by the schedule, 1–10,080; 15 when left out, 0 for none.
    pub minutes: Option<u32>,
}

/// What a connection would reach.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Whom the credential speaks for.
    pub account: Account,
    /// Boards and projects.
    pub containers: Vec<Container>,
    access: Access,
}

impl Installation {
    /// Asks the tool who the credential speaks for and what it reaches; nothing is stored.
    ///
    /// # Errors
    /// What a person can mend about the input; `FORBIDDEN` for anybody but admins.
    pub async fn reach_tool(&self, scope: &Scope, wish: &Connection) -> Result<Reached> {
        let _: Permit<IntegrationRow> = scope.viewer().permit_administration((Uuid::nil(), 1))?;
        let tool = self.tools.of(wish.provider)?;
        let address = tool.address(wish.address.as_deref()).map_err(|error| at("address", &error))?;
        let access = Access { address, credential: wish.credential.clone(), options: wish.options.clone() };
        let account = tool.account(&access).await.map_err(|error| at("credential", &error))?;
        let containers = all_containers(&*tool, &access).await.map_err(|error| at("credential", &error))?;
        Ok(Reached { account, containers, access })
    }

    /// Connects a tool and begins to take it in. One that was connected before, or imported from files, goes on
    /// under the same integration: its items are known.
    ///
    /// # Errors
    /// See [`Installation::reach_tool`].
    pub async fn connect_tool(&self, scope: &Scope, wish: &Connection) -> Result<IntegrationRow> {
        scope.must_administer_integrations()?;
        // Before the tool is asked: nobody gives a secret away that cannot be kept.
        self.sealing.must_seal()?;
        let reached = self.reach_tool(scope, wish).await?;
        scope.run(&StoreConnection { wish, reached: &reached, sealing: Arc::clone(&self.sealing) }).await
    }
}

/// A tool's refusal, at the field that can mend it.
fn at(field: &str, error: &ToolError) -> DomainError {
    let code = if error.may_pass() { UserErrorCode::NotNow } else { UserErrorCode::Invalid };
    DomainError::user(field, code, error.to_string())
}

/// All boards or projects that a credential reaches.
pub(in crate::domain) async fn all_containers(
    tool: &dyn Tool,
    access: &Access,
) -> std::result::Result<Vec<Container>, ToolError> {
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = tool.containers(access, cursor.as_deref()).await?;
        all.extend(page.items);
        if all.len() > CONTAINERS_AT_MOST {
            return Err(ToolError::Refused(format!(
                "this account reaches more than {CONTAINERS_AT_MOST} boards or projects: use one that reaches fewer"
            )));
        }
        match page.next {
            None => return Ok(all),
            // A list that never ends would be read for ever.
            next if next == cursor => {
                return Err(ToolError::Unreadable("the tool's list of projects does not end".to_owned()));
            }
            next => cursor = next,
        }
    }
}

struct StoreConnection<'c> {
    wish: &'c Connection,
    reached: &'c Reached,
    sealing: Arc<SealingKeys>,
}

/// What is checked of a connection.
struct Checked {
    name: Option<String>,
    minutes: u32,
    taken: Taken,
    visibility: Visibility,
}

/// Which containers are taken in.
enum Taken {
    All,
    These(Vec<String>),
}

impl Taken {
    fn holds(&self, container: &Container) -> bool {
        match self {
            Self::All => !container.archived,
            Self::These(names) => names.iter().any(|name| is_named(container, name)),
        }
    }
}

fn is_named(container: &Container, name: &str) -> bool {
    container.external_id == name || container.external_key.as_deref() == Some(name)
}

impl Command for StoreConnection<'_> {
    type Output = IntegrationRow;

    async fn run(&self, write: &mut Write) -> Result<IntegrationRow> {
        let _: Permit<IntegrationRow> = write.viewer().permit_administration((Uuid::nil(), 1))?;
        let checked = self.check(write).await?;
        let (wish, account) = (self.wish, &self.reached.account);
        let of = |name: &'static str| Expr::col((Alias::new("integration"), Alias::new(name)));
        let mut select = write.whole::<integration::Entity>("integration");
        select.and_where(of("provider").eq(wish.provider)).and_where(of("site").eq(account.site.as_str()));
        write.locked(&mut select, "integration");
        let before = write.read_models::<integration::Entity>(&select).await?.pop();
        let id = before.as_ref().map_or_else(|| write.new_id(), |row| row.id);
        let sealed = self.sealing.seal(&wish.credential.to_json(), &bound_to(write, id))?;
        let settings = json!({ "minutes": checked.minutes, "options": self.reached.access.options });
        let next = (checked.minutes > 0).then(|| write.now.plus_seconds(i64::from(checked.minutes) * 60));
        let told = account.email.as_ref().or(account.name.as_ref()).unwrap_or(&account.external_id);
        let told = tidy::line(told);
        match &before {
            Some(row) => {
                let name = checked.name.as_ref().unwrap_or(&row.name);
                let sets = vec![
                    ("name", name.as_str().into()),
                    ("state", IntegrationState::Active.into()),
                    ("settings", settings.to_string().into()),
                    ("credential", sealed.bytes.into()),
                    ("credential_key_id", sealed.key_id.into()),
                    ("address", self.reached.access.address.as_str().into()),
                    ("account", told.into()),
                    ("next_sync_at", next.map(|at| at.0).into()),
                    ("failures", 0_i64.into()),
                    ("last_error", None::<String>.into()),
                    ("archived_at", None::<i64>.into()),
                    ("updated_at", Ord::max(row.updated_at, write.now).0.into()),
                ];
                write.set_where("integration", sets, Condition::all().add(of("id").eq(id))).await?;
                write.bump_versions("integration", &[id]).await?;
            }
            None => {
                let name = checked.name.clone().unwrap_or_else(|| name_for(wish.provider, &account.site));
                write
                    .insert::<integration::Entity>(integration::ActiveModel {
                        id: Set(id),
                        organization_id: Set(write.viewer().organization_id),
                        provider: Set(wish.provider),
                        site: Set(account.site.clone()),
                        name: Set(name),
                        state: Set(IntegrationState::Active),
                        settings: Set(settings.to_string()),
                        credential: Set(Some(sealed.bytes)),
                        credential_key_id: Set(Some(sealed.key_id)),
                        address: Set(Some(self.reached.access.address.clone())),
                        account: Set(Some(told)),
                        next_sync_at: Set(next),
                        created_at: Set(write.now),
                        updated_at: Set(write.now),
                        ..Default::default()
                    })
                    .await?;
            }
        }
        let taken = |container: &Container| checked.taken.holds(container);
        write.store_containers(id, &self.reached.containers, wish.team, checked.visibility, &taken).await?;
        write.begin_sync(id, SyncTrigger::Connect, true).await?;
        let row: IntegrationRow = write.reread(id).await?;
        let kind = if before.is_some() { EventKind::Updated } else { EventKind::Created };
        write.note_integration(kind, &row, before.map(|before| before.state));
        Ok(row)
    }
}

impl StoreConnection<'_> {
    async fn check(&self, write: &Write) -> Result<Checked> {
        let wish = self.wish;
        let mut checks = Checks::default();
        let name = wish.name.as_deref().map(|name| checks.take(text::title("name", name)));
        let minutes = wish.minutes.unwrap_or(USUAL_MINUTES);
        if minutes != 0 && !(MINUTES.0..=MINUTES.1).contains(&minutes) {
            let message = format!("lies between {} and {}, or is 0 for no schedule", MINUTES.0, MINUTES.1);
            checks.refuse(UserError::at("minutes", UserErrorCode::Invalid, message));
        }
        let taken = match &wish.containers {
            None => Taken::All,
            Some(names) => {
                let is_there =
                    |name: &&String| self.reached.containers.iter().any(|there| is_named(there, name));
                if let Some(missing) = names.iter().find(|name| !is_there(name)) {
                    let message = format!("{missing} is no board or project that this account reaches");
                    checks.refuse(UserError::at("containers", UserErrorCode::NotFound, message));
                }
                Taken::These(names.clone())
            }
        };
        checks.end()?;
        if let Some(team) = wish.team {
            let team = write.referred::<TeamRow>("teamId", team).await?;
            if team.archived_at.is_some() {
                let message = "this team is archived: choose another one";
                return Err(DomainError::user("teamId", UserErrorCode::Invalid, message));
            }
        }
        let by_team = if wish.team.is_some() { Visibility::Team } else { Visibility::Organization };
        Ok(Checked { name, minutes, taken, visibility: wish.visibility.unwrap_or(by_team) })
    }
}

/// What a credential is sealed for: a row that is copied to another integration does not open.
pub(in crate::domain) fn binding(organization: Uuid, integration: Uuid) -> Vec<u8> {
    [organization.as_bytes().as_slice(), integration.as_bytes().as_slice()].concat()
}

fn bound_to(write: &Write, integration: Uuid) -> Vec<u8> {
    binding(write.viewer().organization_id, integration)
}

impl Write {
    /// Stores what an integration reaches. What is known keeps what was chosen for it; what is new is taken in where
    /// `taken` says so; what is not there any more is archived.
    pub(in crate::domain) async fn store_containers(
        &self,
        integration: Uuid,
        containers: &[Container],
        team: Option<Uuid>,
        visibility: Visibility,
        taken: &(dyn Fn(&Container) -> bool + Sync),
    ) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("sync_container"), Alias::new(name)));
        let mut select = self.whole::<sync_container::Entity>("sync_container");
        select.and_where(of("integration_id").eq(integration));
        self.locked(&mut select, "sync_container");
        let known = self.read_models::<sync_container::Entity>(&select).await?;
        let mut known: HashMap<String, sync_container::Model> =
            known.into_iter().map(|row| (row.external_id.clone(), row)).collect();
        let (mut made, mut changed) = (Vec::new(), Vec::new());
        // The tool may tell one twice.
        let unique: BTreeMap<&str, &Container> =
            containers.iter().map(|container| (container.external_id.as_str(), container)).collect();
        for container in unique.into_values() {
            let title = tidy::title(&[&container.title, &container.external_id]);
            let url = tidy::exact(container.url.as_deref());
            let key = tidy::exact(container.external_key.as_deref());
            match known.remove(&container.external_id) {
                None => made.push(sync_container::ActiveModel {
                    id: Set(self.new_id()),
                    organization_id: Set(self.viewer().organization_id),
                    integration_id: Set(integration),
                    external_id: Set(container.external_id.clone()),
                    external_key: Set(key),
                    title: Set(title),
                    url: Set(url),
                    is_taken: Set(taken(container)),
                    team_id: Set(team),
                    visibility: Set(visibility),
                    read_until: Set(None),
                    archived_at: Set(container.archived.then_some(self.now)),
                    version: Set(1),
                    created_at: Set(self.now),
                    updated_at: Set(self.now),
                }),
                Some(row) => {
                    let archived = container.archived.then(|| row.archived_at.unwrap_or(self.now));
                    let is_same = (&row.title, &row.url, &row.external_key, row.archived_at)
                        == (&title, &url, &key, archived);
                    if !is_same {
                        changed.push((row.id, title, url, key, archived));
                    }
                }
            }
        }
        self.insert_all::<sync_container::Entity>(made).await?;
        let gone = known.into_values().filter(|row| row.archived_at.is_none());
        changed.extend(gone.map(|row| (row.id, row.title, row.url, row.external_key, Some(self.now))));
        let values = changed
            .into_iter()
            .map(|(id, title, url, key, archived): (Uuid, _, _, _, Option<Instant>)| {
                (id, vec![title.into(), url.into(), key.into(), archived.map(|at| at.0).into()])
            })
            .collect();
        self.update_many("sync_container", &["title", "url", "external_key", "archived_at"], values, true)
            .await
    }

    /// Tells of an integration: leaders and admins hear it.
    pub(in crate::domain) fn note_integration(
        &mut self,
        kind: EventKind,
        row: &IntegrationRow,
        before: Option<IntegrationState>,
    ) {
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::Integration, row.id),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: before.map(|state| Map::from_iter([("state".to_owned(), json!(state))])),
            current: Map::from_iter([
                ("provider".to_owned(), json!(row.provider)),
                ("name".to_owned(), json!(row.name)),
                ("state".to_owned(), json!(row.state)),
            ]),
        });
    }
}
