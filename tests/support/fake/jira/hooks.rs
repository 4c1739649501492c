//! Webhooks: those of an admin, signed with a secret, and those of an app, which prove themselves by a token.

use entity::Instant;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{
    dates,
    history::{History, HistoryItem},
    issue::{Comment, Issue},
    jql::Jql,
    search::texts,
    selection::Selection,
    site::{Shape, Site},
    worklog::Worklog,
};
use crate::fake::{deliveries::Parcel, random::Random, signature::jira_signature};

/// How long an app's webhook lives.
const LIFE_SECONDS: i64 = 30 * 86_400;
/// How long the token of a delivery is good.
const TOKEN_SECONDS: i64 = 180;

/// A webhook.
pub(super) struct Hook {
    pub(super) id: u64,
    pub(super) url: String,
    pub(super) owner: Owner,
    /// All events where none are told.
    pub(super) events: Option<Vec<String>>,
    pub(super) filter: Option<Filter>,
}

/// Whose a webhook is.
pub(super) enum Owner {
    Admin { name: String, secret: Option<String>, leaves_body_out: bool },
    App { fields: Vec<String>, expires: Instant },
}

/// Which issues a webhook is about.
pub(super) struct Filter {
    pub(super) text: String,
    pub(super) jql: Jql,
}

/// Something that happened.
struct News<'n> {
    event: &'n str,
    issue: Option<&'n Issue>,
    changed: Vec<&'n str>,
    body: Value,
}

impl Hook {
    /// A webhook for everything, as an admin makes it by hand.
    pub(super) fn of_admin(id: u64, url: &str, secret: Option<&str>) -> Self {
        let (name, secret) = ("by hand".to_owned(), secret.map(str::to_owned));
        let owner = Owner::Admin { name, secret, leaves_body_out: false };
        Self { id, url: url.to_owned(), owner, events: None, filter: None }
    }

    /// When an app's webhook made or refreshed now ends.
    pub(super) fn end(now: Instant) -> Instant {
        now.plus_seconds(LIFE_SECONDS)
    }

    /// The filter that a text says.
    pub(super) fn filter_of(site: &Site, text: &str) -> Result<Filter, String> {
        let jql = Jql::parse(text, site.control.now(), site.zone)?;
        Ok(Filter { text: text.to_owned(), jql })
    }

    fn wants(&self, site: &Site, news: &News<'_>) -> bool {
        let asked = self.events.as_ref().is_none_or(|events| events.iter().any(|event| event == news.event));
        let about = match (&self.filter, news.issue) {
            (Some(filter), Some(issue)) => filter.jql.holds(site, issue),
            (None, _) | (_, None) => true,
        };
        let alive = match &self.owner {
            Owner::Admin { .. } => true,
            Owner::App { fields, expires } => {
                let touched = fields.is_empty() || news.event != "jira:issue_updated";
                let touched = touched || fields.iter().any(|field| news.changed.contains(&field.as_str()));
                touched && site.control.now() < *expires
            }
        };
        asked && about && alive
    }

    /// The body of a delivery and the headers that prove it.
    fn parcel(&self, site: &Site, body: &str) -> Parcel {
        let mut headers = vec![
            ("content-type", "application/json; charset=UTF-8".to_owned()),
            ("x-atlassian-webhook-flow", "Primary".to_owned()),
        ];
        let mut body = body.to_owned();
        match &self.owner {
            Owner::Admin { secret, leaves_body_out, .. } => {
                if *leaves_body_out {
                    body.clear();
                }
                let signature = secret.as_ref().map(|secret| jira_signature(secret, body.as_bytes()));
                headers.extend(signature.map(|signature| ("x-hub-signature", signature)));
            }
            Owner::App { .. } => headers.push(("authorization", format!("Bearer {}", token(site)))),
        }
        Parcel { url: self.url.clone(), headers, body, ended: None }
    }

    /// A webhook of an app, as the app sees it.
    pub(super) fn app_json(&self) -> Option<Value> {
        let Owner::App { fields, expires } = &self.owner else { return None };
        let mut told = json!({
            "id": self.id, "url": self.url, "events": self.events, "expirationDate": dates::millis(*expires),
            "jqlFilter": self.filter.as_ref().map(|filter| &filter.text),
        });
        if !fields.is_empty() {
            told["fieldIdsFilter"] = json!(fields);
        }
        Some(told)
    }

    /// A webhook of an admin, as the admin sees it.
    pub(super) fn admin_json(&self, site: &Site) -> Option<Value> {
        let Owner::Admin { name, secret, leaves_body_out } = &self.owner else { return None };
        let filter = self.filter.as_ref().map_or("", |filter| filter.text.as_str());
        Some(json!({
            "name": name, "url": self.url, "events": self.events, "excludeBody": leaves_body_out,
            "filters": { "issue-related-events-section": filter }, "enabled": true, "isSigned": secret.is_some(),
            "self": format!("{}/rest/webhooks/1.0/webhook/{}", site.base, self.id),
        }))
    }

    /// A webhook that an admin asks for over HTTP.
    pub(super) fn asked_by_admin(site: &Site, id: u64, body: &Value) -> Option<Self> {
        let (url, name) = (body["url"].as_str()?, body["name"].as_str()?);
        let filter = body["filters"]["issue-related-events-section"].as_str().filter(|text| !text.is_empty());
        let filter = filter.map(|text| Self::filter_of(site, text)).transpose().ok()?;
        let owner = Owner::Admin {
            name: name.to_owned(),
            secret: body["secret"].as_str().map(str::to_owned),
            leaves_body_out: body["excludeBody"] == true,
        };
        Some(Self { id, url: url.to_owned(), owner, events: Some(texts(&body["events"])), filter })
    }
}

/// What proves that Jira sends something to an app.
fn token(site: &Site) -> String {
    let now = dates::millis(site.control.now()).div_euclid(1_000);
    let claims = json!({ "iss": "fake-jira", "iat": now, "exp": now + TOKEN_SECONDS });
    let key = EncodingKey::from_secret(site.login.app_secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).expect("claims can be signed")
}

/// An identifier of a delivery, the same when it is sent again.
fn identifier(random: &mut Random) -> String {
    let digits = random.hex(32);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    parts.join("-")
}

impl Site {
    /// Tells that something happened to an issue; `kind` is Jira's finer word for the event.
    pub(super) fn tell_of_issue(
        &mut self,
        event: &str,
        kind: Option<&str>,
        issue: &Issue,
        author: &str,
        history: Option<&History>,
    ) {
        let mut body = self.envelope(event);
        body["user"] = self.person_json(Some(author), Shape::Webhook);
        body["issue"] = self.issue_json(issue, Shape::Webhook, &Selection::all(), &[]);
        if let Some(kind) = kind {
            body["issue_event_type_name"] = json!(kind);
        }
        let mut changed = Vec::new();
        if let Some(history) = history {
            let items: Vec<_> = history.items.iter().map(HistoryItem::json).collect();
            body["changelog"] = json!({ "id": history.id.to_string(), "items": items });
            changed.extend(history.items.iter().map(|item| item.field_id.as_str()));
        }
        self.tell(&News { event, issue: Some(issue), changed, body });
    }

    /// Tells that an issue has a new comment; of the issue little is told.
    pub(super) fn tell_of_comment(&mut self, issue: &Issue, comment: &Comment) {
        let event = "comment_created";
        let names = ["summary", "issuetype", "project", "assignee", "status"].map(str::to_owned);
        let mut body = self.envelope(event);
        body["comment"] = self.comment_json(issue, comment, Shape::Webhook);
        body["issue"] = self.issue_json(issue, Shape::Webhook, &Selection::of(&names, &[]), &[]);
        self.tell(&News { event, issue: Some(issue), changed: Vec::new(), body });
    }

    /// Tells that something happened to an entry of logged time; of the issue only its id is told.
    pub(super) fn tell_of_worklog(&mut self, event: &str, issue: &Issue, entry: &Worklog) {
        let mut body = self.envelope(event);
        body["worklog"] = self.worklog_json(issue, entry, Shape::Webhook);
        self.tell(&News { event, issue: Some(issue), changed: Vec::new(), body });
    }

    /// Tells that something happened to a project.
    pub(super) fn tell_of_project(&mut self, event: &str, project: u64) {
        let mut body = self.envelope(event);
        body["project"] = self.project_json(self.project(project), Shape::Webhook);
        self.tell(&News { event, issue: None, changed: Vec::new(), body });
    }

    fn envelope(&self, event: &str) -> Value {
        json!({ "timestamp": dates::millis(self.control.now()), "webhookEvent": event })
    }

    fn tell(&mut self, news: &News<'_>) {
        let body = news.body.to_string();
        let wanting = self.hooks.iter().filter(|hook| hook.wants(self, news));
        let parcels: Vec<_> = wanting.map(|hook| hook.parcel(self, &body)).collect();
        for mut parcel in parcels {
            parcel.headers.push(("x-atlassian-webhook-identifier", identifier(&mut self.random)));
            self.control.deliveries().send(parcel);
        }
    }
}
