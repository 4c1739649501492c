//! Connecting a tool: inputs, payloads and mutations. What proves to a tool who we are goes in and never comes out.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entity::{Provider, SubjectKind};
use secrecy::SecretString;
use serde_json::{Map, Value as Json};

use super::{
    context::{Nullable, installation, scope},
    enums::Visibility,
    error::UserError,
    input::InputKeys,
    integration::Integration,
    mutation::{Outcome, answer},
    scalars::Url,
    secretive::secretive,
};
use crate::domain::{
    access::Scope,
    error::{self as domain, DomainError, Result, UserErrorCode},
    integration::IntegrationRow,
    sync::{
        connect::{Connection, Reached},
        port::{Account, Container, Credential},
    },
};

/// Boards or projects that a test lists at most.
const LISTED: usize = 200;

/// How a Jira is run.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq, Default)]
pub enum JiraDeployment {
    /// By Atlassian: `acme.atlassian.net`. The credential is an API token with the e-mail address of its account.
    #[default]
    Cloud,
    /// By the organization itself, Server or Data Center. The credential is a personal access token.
    DataCenter,
}

impl JiraDeployment {
    /// As the connector is told.
    const fn option(self) -> &'static str {
        match self {
            Self::Cloud => "CLOUD",
            Self::DataCenter => "DATA_CENTER",
        }
    }
}

/// How a Jira is reached.
#[derive(InputObject)]
pub struct JiraConnectInput {
    /// Its site, `acme.atlassian.net`, or the address of any page of it.
    pub site: String,
    /// E-mail address of the account whose token it is; needed for API tokens of Jira Cloud.
    pub email: Option<String>,
    /// API token of Jira Cloud, or personal access token of Data Center. It is kept sealed and never told again.
    pub api_token: String,
    /// How it is run.
    #[graphql(default)]
    pub deployment: JiraDeployment,
    /// Takes in only issues that this JQL finds, within the projects that are taken in; all when left out.
    pub jql: Option<String>,
}

/// How Trello is reached.
#[derive(InputObject)]
pub struct TrelloConnectInput {
    /// Key of the API, which belongs to a Power-Up.
    pub api_key: String,
    /// Token that a Trello account gave for that key. It is kept sealed and never told again.
    pub token: String,
    /// Secret of the same key, which Trello signs its deliveries with. It is kept sealed and never told again.
    pub secret: String,
    /// Where its API is reached when not at Trello's own address: a proxy that the operator names in the setting
    /// `integrations.allowed_hosts`. Trello's own when left out.
    pub address: Option<String>,
}

/// Input of `integrationConnect`: exactly one tool, and how its work is taken in.
#[derive(InputObject)]
pub struct IntegrationConnectInput {
    /// Display name: one line of at most 500 characters. When left out, that of the tool and its site, and of one
    /// that was connected before its own.
    pub name: Option<String>,
    /// The tool, when Jira.
    pub jira: Option<JiraConnectInput>,
    /// The tool, when Trello.
    pub trello: Option<TrelloConnectInput>,
    /// Boards or projects that are taken in at once, by their ids or keys in the tool. When left out, all that are
    /// not archived there; with an empty list none, until `integrationContainersSet` chooses. One that was reached
    /// before stays as it was chosen.
    pub containers: Option<Vec<String>>,
    /// The team of new projects; none when left out.
    pub team_id: Option<ID>,
    /// Who sees new projects and their tasks. When left out, TEAM where a team is given, else ORGANIZATION.
    pub visibility: Option<Visibility>,
    /// Minutes between two runs by the schedule: 1 to 10,080, 15 when left out, 0 for none.
    pub minutes: Option<i32>,
}

/// Input of `integrationTest`: exactly one tool.
#[derive(InputObject)]
pub struct IntegrationTestInput {
    /// The tool, when Jira.
    pub jira: Option<JiraConnectInput>,
    /// The tool, when Trello.
    pub trello: Option<TrelloConnectInput>,
}

impl From<IntegrationTestInput> for IntegrationConnectInput {
    fn from(input: IntegrationTestInput) -> Self {
        let IntegrationTestInput { jira, trello } = input;
        Self { name: None, jira, trello, containers: None, team_id: None, visibility: None, minutes: None }
    }
}

secretive!(JiraConnectInput, TrelloConnectInput, IntegrationConnectInput, IntegrationTestInput);

/// Answer of `integrationConnect`.
#[derive(SimpleObject, Debug)]
pub struct IntegrationConnectPayload {
    /// The integration, whose first run has been asked for; null when nothing was written.
    pub integration: Option<Integration>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<IntegrationRow>> for IntegrationConnectPayload {
    fn from(outcome: Outcome<IntegrationRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { integration: row.map(|row| Integration(Arc::new(row))), user_errors }
    }
}

/// Whom a credential speaks for in its tool.
#[derive(SimpleObject, Debug)]
pub struct ToolAccount {
    /// Id in the tool.
    pub external_id: String,
    /// Display name there; null where the tool does not tell it.
    pub name: Option<String>,
    /// E-mail address; null where the tool does not tell it.
    pub email: Option<String>,
    /// The site or workspace, as items of it are known by: `acme.atlassian.net`, `trello.com`.
    pub site: String,
}

impl From<Account> for ToolAccount {
    fn from(account: Account) -> Self {
        let Account { external_id, name, email, site } = account;
        Self { external_id, name, email, site }
    }
}

/// A board or project that a credential reaches in its tool.
#[derive(SimpleObject, Debug)]
pub struct ToolContainer {
    /// Id in the tool, for `containers` of `integrationConnect`.
    pub external_id: String,
    /// Readable key there, `DAEMON`, for the same; null where the tool has none.
    pub external_key: Option<String>,
    /// Title there.
    pub title: String,
    /// Page there; null where the tool tells none.
    pub url: Option<Url>,
    /// Whether it is archived or closed there.
    pub archived: bool,
}

impl From<Container> for ToolContainer {
    fn from(container: Container) -> Self {
        let Container { external_id, external_key, title, url, archived } = container;
        Self { external_id, external_key, title, url: url.map(Url), archived }
    }
}

/// Answer of `integrationTest`.
#[derive(SimpleObject, Debug, Default)]
pub struct IntegrationTestPayload {
    /// Whom the credential speaks for; null when it was refused.
    pub account: Option<ToolAccount>,
    /// Boards and projects that it reaches, the first 200 in the order of the tool; null when it was refused.
    pub containers: Option<Vec<ToolContainer>>,
    /// How many boards and projects it reaches in all, 0 to 5,000; null when it was refused.
    pub container_count: Option<i32>,
    /// What a person can mend in the input; empty when the tool let us in.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<Reached>> for IntegrationTestPayload {
    fn from(outcome: Outcome<Reached>) -> Self {
        let (reached, user_errors) = outcome.into_parts();
        let Some(Reached { account, containers, .. }) = reached else {
            return Self { user_errors, ..Self::default() };
        };
        Self {
            account: Some(account.into()),
            container_count: Some(i32::try_from(containers.len()).unwrap_or(i32::MAX)),
            containers: Some(containers.into_iter().take(LISTED).map(ToolContainer::from).collect()),
            user_errors,
        }
    }
}

/// What of a tool's input the domain is told.
struct Told {
    provider: Provider,
    address: Option<String>,
    credential: Credential,
    options: Map<String, Json>,
    /// Fields of the input where nothing stands that is needed.
    missing: Vec<&'static str>,
}

/// The fields of these that are blank.
fn blank<const N: usize>(fields: [(&'static str, &str); N]) -> Vec<&'static str> {
    fields.into_iter().filter(|(_, text)| text.trim().is_empty()).map(|(field, _)| field).collect()
}

impl JiraConnectInput {
    fn told(self) -> Told {
        let Self { site, email, api_token, deployment, jql } = self;
        let missing = blank([("jira.site", site.as_str()), ("jira.apiToken", api_token.as_str())]);
        let mut credential = Credential::default().with("token", SecretString::from(api_token));
        if let Some(email) = email.filter(|email| !email.trim().is_empty()) {
            credential = credential.with("email", SecretString::from(email));
        }
        let mut options = Map::from_iter([("deployment".to_owned(), Json::from(deployment.option()))]);
        if let Some(jql) = jql.filter(|jql| !jql.trim().is_empty()) {
            options.insert("jql".to_owned(), Json::from(jql));
        }
        Told { provider: Provider::Jira, address: Some(site), credential, options, missing }
    }
}

impl TrelloConnectInput {
    fn told(self) -> Told {
        let Self { api_key, token, secret, address } = self;
        let missing = blank([
            ("trello.apiKey", api_key.as_str()),
            ("trello.token", token.as_str()),
            ("trello.secret", secret.as_str()),
        ]);
        let credential = Credential::default()
            .with("key", SecretString::from(api_key))
            .with("token", SecretString::from(token))
            .with("secret", SecretString::from(secret));
        Told { provider: Provider::Trello, address, credential, options: Map::new(), missing }
    }
}

/// Reads an input of somebody who may connect tools.
fn read(scope: &Scope, input: IntegrationConnectInput) -> Result<Connection> {
    scope.must_administer_integrations()?;
    let mut keys = InputKeys::default();
    let team = keys.optional(input.team_id.as_ref(), SubjectKind::Team, "teamId");
    keys.end()?;
    let told = match (input.jira, input.trello) {
        (Some(jira), None) => jira.told(),
        (None, Some(trello)) => trello.told(),
        (None, None) => {
            return Err(DomainError::user("", UserErrorCode::Required, "give the tool: jira or trello"));
        }
        (Some(_), Some(_)) => {
            return Err(DomainError::user(
                "",
                UserErrorCode::Invalid,
                "give one tool: either jira or trello",
            ));
        }
    };
    let empty = |field| domain::UserError::at(field, UserErrorCode::Required, "may not be empty");
    DomainError::unless_empty(told.missing.into_iter().map(empty).collect())?;
    Ok(Connection {
        provider: told.provider,
        name: input.name,
        address: told.address,
        credential: told.credential,
        options: told.options,
        containers: input.containers,
        team,
        visibility: input.visibility.map(Into::into),
        // What is below 0 lies outside as well as what is far above.
        minutes: input.minutes.map(|minutes| u32::try_from(minutes).unwrap_or(u32::MAX)),
    })
}

/// The same refusal at the fields of the input: the domain knows of an address and a credential only.
fn at_its_field(error: DomainError, provider: Provider) -> DomainError {
    let DomainError::User(mut errors) = error else { return error };
    for error in &mut errors {
        if let [input, field] = error.field.as_slice()
            && let Some(place) = field_of(field, provider)
        {
            let path = std::iter::once(input.as_str()).chain(place.split('.'));
            error.field = path.map(str::to_owned).collect();
        }
    }
    DomainError::User(errors)
}

/// Where in the input stands what the domain has this name for; none where it is the same.
fn field_of(field: &str, provider: Provider) -> Option<&'static str> {
    let [whole, address, credential] = match provider {
        Provider::Jira => ["jira", "jira.site", "jira.apiToken"],
        Provider::Trello => ["trello", "trello.address", "trello.token"],
        Provider::Asana | Provider::Monday | Provider::Notion => return None,
    };
    match field {
        "provider" => Some(whole),
        "address" => Some(address),
        "credential" => Some(credential),
        _ => None,
    }
}

async fn connect(ctx: &Context<'_>, input: IntegrationConnectInput) -> Result<IntegrationRow> {
    let scope = scope(ctx)?;
    let wish = read(scope, input)?;
    let connected = installation(ctx)?.connect_tool(scope, &wish).await;
    connected.map_err(|error| at_its_field(error, wish.provider))
}

async fn reach(ctx: &Context<'_>, input: IntegrationTestInput) -> Result<Reached> {
    let scope = scope(ctx)?;
    let wish = read(scope, input.into())?;
    let reached = installation(ctx)?.reach_tool(scope, &wish).await;
    reached.map_err(|error| at_its_field(error, wish.provider))
}

/// Connecting tools.
#[derive(Debug, Default)]
pub struct IntegrationConnectMutation;

#[Object]
impl IntegrationConnectMutation {
    /// Connects a tool and begins to take its work in; `syncRuns` tell how far it is. For admins. The tool is asked
    /// first who the credential speaks for and what it reaches. One whose site was connected before, or imported from
    /// files, goes on under the same integration, with this credential and schedule, and its items are known:
    /// running it again makes nothing twice. Refused with `NOT_NOW` where the server has no key to seal credentials
    /// with, and where the tool gives no answer.
    async fn integration_connect(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tool, and how its work is taken in.")] input: IntegrationConnectInput,
    ) -> Nullable<IntegrationConnectPayload> {
        answer(ctx, connect(ctx, input).await)
    }

    /// Asks a tool who a credential speaks for and which boards and projects it reaches. For admins. Nothing is stored.
    async fn integration_test(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The tool, as it would be connected.")] input: IntegrationTestInput,
    ) -> Nullable<IntegrationTestPayload> {
        answer(ctx, reach(ctx, input).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(jira: Option<JiraConnectInput>, trello: Option<TrelloConnectInput>) -> IntegrationConnectInput {
        IntegrationTestInput { jira, trello }.into()
    }

    fn jira() -> JiraConnectInput {
        JiraConnectInput {
            site: "acme.atlassian.net".to_owned(),
            email: Some("canary@acme.test".to_owned()),
            api_token: "canary-token".to_owned(),
            deployment: JiraDeployment::Cloud,
            jql: Some("labels = okr".to_owned()),
        }
    }

    fn trello() -> TrelloConnectInput {
        TrelloConnectInput {
            api_key: "canary-key".to_owned(),
            token: "canary-token".to_owned(),
            secret: "canary-secret".to_owned(),
            address: None,
        }
    }

    #[test]
    fn no_secret_shows() {
        let shown = format!("{:?} {:?} {:?}", input(Some(jira()), Some(trello())), jira(), trello());
        assert!(!shown.contains("canary"), "{shown}");
        for told in [jira().told(), trello().told()] {
            let shown = format!("{:?} {:?}", told.credential, told.options);
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn a_connector_is_told_what_it_asks_for() {
        let told = jira().told();
        assert!(told.missing.is_empty());
        assert!(["email", "token"].iter().all(|part| told.credential.part(part).is_some()));
        let options = serde_json::json!({ "deployment": "CLOUD", "jql": "labels = okr" });
        assert_eq!(Json::Object(told.options), options);
        let told = trello().told();
        assert!(["key", "token", "secret"].iter().all(|part| told.credential.part(part).is_some()));
        let told = JiraConnectInput { api_token: " ".to_owned(), email: None, jql: None, ..jira() }.told();
        assert_eq!(told.missing, ["jira.apiToken"]);
        assert!(told.credential.part("email").is_none());
    }

    #[test]
    fn a_refusal_stands_at_the_field_that_mends_it() {
        let at = |field: &str, provider| {
            let error = DomainError::user(field, UserErrorCode::Invalid, "no");
            let DomainError::User(errors) = at_its_field(error, provider) else { panic!("a user error") };
            errors.into_iter().flat_map(|error| error.field).collect::<Vec<_>>().join(".")
        };
        assert_eq!(at("address", Provider::Jira), "input.jira.site");
        assert_eq!(at("credential", Provider::Jira), "input.jira.apiToken");
        assert_eq!(at("credential", Provider::Trello), "input.trello.token");
        assert_eq!(at("provider", Provider::Trello), "input.trello");
        assert_eq!(at("teamId", Provider::Jira), "input.teamId");
        assert_eq!(at("", Provider::Jira), "input");
    }
}
