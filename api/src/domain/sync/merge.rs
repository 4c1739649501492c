//! The merge: takes what a connector handed over into the thread, the same for a file, a page of a
//! sync and a webhook.
//!
//! Identity is (organization, provider, site, kind, external id). An item whose fingerprint is stored
//! costs nothing; of the others only what differs is written, in a handful of statements a batch, so that
//! a second merge of the same batch changes no row but the time of the last good sync, and publishes no
//! event. What the tool does not know
//! (work class, opting out, own places of a task) is never overwritten, and nothing is deleted or archived
//! because it is missing from a batch.
//!
//! Authority over fields is the tool's: titles, descriptions, statuses, dates, estimates, labels, assignees
//! and places among its own projects. A map in `integration.settings` will say otherwise later; it belongs
//! where `Merging::begin` reads the integration.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, IntegrationState, PointSource, Provider, SubjectKind, Visibility, integration};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    external::ExternalBatch,
    fingerprint::Fingerprint,
    links::Scanned,
    people::Known,
    projects::Container,
    references::too_many,
    summary::{ItemCounts, MergeSummary},
    tidy,
};
use crate::domain::{
    access::viewer::Actor,
    error::{DomainError, Result, UserErrorCode},
    events::{NewEvent, Sight},
    integration::IntegrationRow,
    reference::ReferenceRules,
    team::TeamRow,
    write::{Command, Write},
};

/// Projects and tasks of one batch at most: a merge is one transaction.
pub const ITEMS_AT_MOST: usize = 100_000;

/// How a batch is taken in.
#[derive(Clone, Debug, Default)]
pub struct MergeOptions {
    /// Display name of an integration that is made by this merge; `Trello` or
    /// `Jira: acme.atlassian.net` when left out.
    pub name: Option<String>,
    /// The team of new projects.
    pub team: Option<Uuid>,
    /// Who sees new projects and their tasks. When left out: `TEAM` where a team is given, else
    /// `ORGANIZATION`, because without a team only leaders would see them.
    pub visibility: Option<Visibility>,
    /// Addresses under which this Throughline is reached: pasted ones are references.
    pub public_urls: Vec<String>,
    /// What this batch is a part of; none where it is a whole, as a file is.
    pub part: Option<Part>,
}

/// A page of a run: the run tells when all is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whether it belongs to the first run of an integration, which is told in one event at its end.
    pub is_first: bool,
}

/// Takes a batch in.
///
/// A person needs the admin flag, for integrations belong to admins; Throughline itself acts through the
/// scope of the system, as the integration where there is one.
#[derive(Clone, Debug)]
pub struct Merge {
    /// What the connector read.
    pub batch: ExternalBatch,
    /// How it is taken in.
    pub options: MergeOptions,
}

/// A merge under way.
pub(super) struct Merging<'m> {
    pub(super) batch: &'m ExternalBatch,
    pub(super) options: &'m MergeOptions,
    pub(super) integration: Uuid,
    pub(super) site: String,
    pub(super) visibility: Visibility,
    pub(super) rules: ReferenceRules,
    pub(super) print: Fingerprint,
    /// People by their ids in the tool.
    pub(super) people: HashMap<String, Known>,
    /// Projects by their ids in the tool.
    pub(super) projects: HashMap<String, Container>,
    /// Items whose texts were read, for the links.
    pub(super) scanned: Vec<Scanned>,
    /// Tasks of the batch that cost nothing, by their ids in the tool.
    pub(super) unchanged: HashSet<String>,
    pub(super) summary: MergeSummary,
}

impl Command for Merge {
    type Output = MergeSummary;

    async fn run(&self, write: &mut Write) -> Result<MergeSummary> {
        write.viewer().permit_administration::<IntegrationRow>((Uuid::nil(), 1))?;
        self.refuse_too_much()?;
        let mut merging = Merging::begin(self, write).await?;
        write.touched.source = Some(PointSource::Sync);
        merging.merge_people(write).await?;
        merging.merge_projects(write).await?;
        merging.merge_tasks(write).await?;
        merging.remove_gone(write).await?;
        merging.mend_people(write).await?;
        merging.merge_references(write).await?;
        merging.end(write).await
    }
}

impl Merge {
    fn refuse_too_much(&self) -> Result<()> {
        let items = self.batch.projects.len() + self.batch.tasks.len();
        if items <= ITEMS_AT_MOST {
            return Ok(());
        }
        Err(DomainError::user(
            "",
            UserErrorCode::Invalid,
            format!("{items} items are more than the {ITEMS_AT_MOST} of one import: import them in parts"),
        ))
    }
}

impl<'m> Merging<'m> {
    /// Locks the integration, or makes it: two merges of one integration wait for each other.
    async fn begin(merge: &'m Merge, write: &Write) -> Result<Self> {
        let batch = &merge.batch;
        let site = tidy::title(&[&batch.site, provider_name(batch.provider)]);
        let mut summary = MergeSummary {
            states: batch.states.clone(),
            skipped: batch.skipped.clone(),
            notes: batch.notes.clone(),
            ..MergeSummary::default()
        };
        if let Some(team) = merge.options.team {
            let team = write.referred::<TeamRow>("teamId", team).await?;
            if team.archived_at.is_some() {
                let message = "this team is archived: choose another one";
                return Err(DomainError::user("teamId", UserErrorCode::Invalid, message));
            }
        }
        let of = |name: &'static str| Expr::col((Alias::new("integration"), Alias::new(name)));
        let mut select = write.whole::<integration::Entity>("integration");
        select.and_where(of("provider").eq(batch.provider)).and_where(of("site").eq(site.as_str()));
        write.locked(&mut select, "integration");
        let acting = match write.viewer().actor {
            Actor::Integration(id) => Some(id),
            Actor::Person(_) | Actor::Token(_) | Actor::System => None,
        };
        match write.read_models::<integration::Entity>(&select).await?.pop() {
            Some(row) => {
                if acting.is_some_and(|acting| acting != row.id) {
                    return Err(DomainError::Forbidden(format!(
                        "items of {site} belong to another integration"
                    )));
                }
                summary.integration = row.id;
                let is_first = row.last_good_sync_at.is_none();
                summary.first = merge.options.part.map_or(is_first, |part| part.is_first);
                summary.name = row.name;
            }
            None => {
                summary.integration = acting.unwrap_or_else(|| write.new_id());
                summary.first = true;
                summary.name = merge
                    .options
                    .name
                    .as_deref()
                    .map(tidy::line)
                    .filter(|name| !name.is_empty())
                    .unwrap_or_else(|| name_for(batch.provider, &site));
                write
                    .insert::<integration::Entity>(integration::ActiveModel {
                        id: Set(summary.integration),
                        organization_id: Set(write.viewer().organization_id),
                        provider: Set(batch.provider),
                        site: Set(site.clone()),
                        name: Set(summary.name.clone()),
                        state: Set(IntegrationState::Active),
                        created_at: Set(write.now),
                        updated_at: Set(write.now),
                        ..Default::default()
                    })
                    .await?;
            }
        }
        let by_team = if merge.options.team.is_some() { Visibility::Team } else { Visibility::Organization };
        let rules = write
            .reference_rules(batch, summary.integration, &merge.options.public_urls, &mut summary.notes)
            .await?;
        Ok(Self {
            batch,
            options: &merge.options,
            integration: summary.integration,
            site,
            visibility: merge.options.visibility.unwrap_or(by_team),
            print: Fingerprint::new(&rules),
            rules,
            people: HashMap::new(),
            projects: HashMap::new(),
            scanned: Vec::new(),
            unchanged: HashSet::new(),
            summary,
        })
    }

    /// Notes an event, unless the first sync tells everything in one.
    pub(super) fn note(&self, write: &mut Write, event: NewEvent) {
        // What is defined anew is kept whether or not anybody is told.
        write.defined.hear(event.subject, &event.current);
        if !self.summary.first {
            write.note(event);
        }
    }

    async fn end(mut self, write: &mut Write) -> Result<MergeSummary> {
        self.summary.tokens_unresolved = self.unresolved_codes(write).await?;
        if self.summary.references_left_out > 0 {
            self.summary.notes.push(too_many(self.summary.references_left_out));
        }
        if self.options.part.is_some() {
            return Ok(self.summary);
        }
        // Also when nothing changed: the tool has just answered, and what it says holds as of now.
        let of = |name: &'static str| Expr::col((Alias::new("integration"), Alias::new(name)));
        write
            .set_where(
                "integration",
                vec![("last_good_sync_at", write.now.0.into())],
                Condition::all().add(of("id").eq(self.integration)),
            )
            .await?;
        if self.summary.first {
            write.note(NewEvent {
                kind: EventKind::Imported,
                subject: (SubjectKind::Integration, self.integration),
                ancestors: Vec::new(),
                sight: Sight::default(),
                previous: None,
                current: self.news(),
            });
        }
        Ok(self.summary)
    }

    fn news(&self) -> Map<String, Json> {
        let counts = |counts: &ItemCounts| json!(counts);
        Map::from_iter([
            ("provider".to_owned(), json!(self.batch.provider)),
            ("name".to_owned(), json!(self.summary.name)),
            ("projects".to_owned(), counts(&self.summary.project_counts)),
            ("tasks".to_owned(), counts(&self.summary.task_counts)),
            ("links_made".to_owned(), json!(self.summary.links_made)),
        ])
    }
}

/// The provider's name as its maker writes it.
const fn provider_name(provider: Provider) -> &'static str {
    match provider {
        Provider::Asana => "Asana",
        Provider::Jira => "Jira",
        Provider::Monday => "monday.com",
        Provider::Notion => "Notion",
        Provider::Trello => "Trello",
    }
}

/// The tool, with its site where that tells more than the tool's own name: `Jira: acme.atlassian.net`.
///
/// Never a board's name: all boards of `trello.com` belong to one integration.
pub(super) fn name_for(provider: Provider, site: &str) -> String {
    let provider = provider_name(provider);
    let own_name = provider.trim_end_matches(".com");
    let plain = site.strip_suffix(".com").unwrap_or(site);
    if plain.eq_ignore_ascii_case(own_name) { provider.to_owned() } else { format!("{provider}: {site}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integration_is_named_after_tool_and_site() {
        assert_eq!(name_for(Provider::Trello, "trello.com"), "Trello");
        assert_eq!(name_for(Provider::Jira, "jira"), "Jira");
        assert_eq!(name_for(Provider::Jira, "acme.atlassian.net"), "Jira: acme.atlassian.net");
        assert_eq!(name_for(Provider::Monday, "monday.com"), "monday.com");
    }
}
