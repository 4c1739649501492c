//! A tool in memory.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use entity::{Instant, Provider, TaskStatus};
use futures_util::FutureExt as _;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::{
    sync::{
        external::{ExternalBatch, ExternalProject, ExternalTask},
        port::{
            Access, Account, Answer, Container, Delivery, NotHeard, Page, Pulled, Received, Reread, Tool,
            ToolError, Wanted,
        },
    },
    trial::at,
};

const SITE: &str = "acme.atlassian.net";
/// Items of a page.
const PAGE: usize = 10;

#[derive(Clone, Debug)]
struct Item {
    title: String,
    changed: Instant,
    is_hidden: bool,
    is_deleted: bool,
}

#[derive(Debug, Default)]
struct State {
    projects: BTreeMap<String, Vec<Item>>,
    changes: i64,
    pulls: usize,
    /// What the pull after so many fails with.
    fails: Option<(usize, ToolError)>,
    stands_still: Option<usize>,
    heard: Vec<String>,
}

/// Projects with items, page by page.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<State>);

impl Shelf {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn add(&self, project: &str, count: usize) {
        let mut state = self.state();
        for _ in 0..count {
            state.changes += 1;
            let changed = at("2026-01-01T00:00:00Z").plus_seconds(state.changes);
            let items = state.projects.entry(project.to_owned()).or_default();
            let title = format!("{project} {}", items.len());
            items.push(Item { title, changed, is_hidden: false, is_deleted: false });
        }
    }

    fn change(&self, project: &str, number: usize, change: impl FnOnce(&mut Item)) {
        let mut state = self.state();
        state.changes += 1;
        let changed = at("2026-01-01T00:00:00Z").plus_seconds(state.changes);
        let item = &mut state.projects.get_mut(project).unwrap()[number];
        item.changed = changed;
        change(item);
    }

    pub(super) fn rename(&self, project: &str, number: usize, title: &str) {
        self.change(project, number, |item| title.clone_into(&mut item.title));
    }

    /// It is missing from lists, and there for who asks for it.
    pub(super) fn hide(&self, project: &str, number: usize) {
        self.change(project, number, |item| item.is_hidden = true);
    }

    pub(super) fn delete(&self, project: &str, number: usize) {
        self.change(project, number, |item| item.is_deleted = true);
    }

    pub(super) fn restore(&self, project: &str, number: usize) {
        self.change(project, number, |item| item.is_deleted = false);
    }

    /// The pull after so many more fails, once.
    pub(super) fn fail_after(&self, pulls: usize, error: ToolError) {
        self.state().fails = Some((pulls, error));
    }

    /// The pull after so many more is never answered.
    pub(super) fn stand_still_after(&self, pulls: usize) {
        self.state().stands_still = Some(pulls);
    }

    /// How often a page was asked for.
    pub(super) fn pulls(&self) -> usize {
        self.state().pulls
    }

    /// The tokens that it was called with, each once.
    pub(super) fn heard(&self) -> Vec<String> {
        self.state().heard.clone()
    }

    fn batch(items: Vec<(String, usize, Item)>) -> ExternalBatch {
        let mut projects: Vec<ExternalProject> = Vec::new();
        let mut tasks = Vec::new();
        for (project, number, item) in items {
            if projects.iter().all(|known| known.external_id != project) {
                projects.push(ExternalProject {
                    external_id: project.clone(),
                    external_key: Some(project.clone()),
                    title: format!("Project {project}"),
                    description: None,
                    url: None,
                    archived: false,
                    updated_at: None,
                    texts: Vec::new(),
                    payload: "{}".to_owned(),
                });
            }
            tasks.push(ExternalTask {
                external_id: format!("{project}-{number}"),
                external_key: None,
                title: item.title,
                description: None,
                url: None,
                status: TaskStatus::Todo,
                provider_status: None,
                projects: vec![project],
                parent: None,
                assignees: Vec::new(),
                labels: Vec::new(),
                due_on: None,
                created_at: None,
                updated_at: Some(item.changed),
                started_at: None,
                completed_at: None,
                estimate: None,
                logged_seconds: None,
                time_entries: Vec::new(),
                status_intervals: Vec::new(),
                archived: false,
                texts: Vec::new(),
                payload: "{}".to_owned(),
            });
        }
        ExternalBatch {
            provider: Provider::Jira,
            site: SITE.to_owned(),
            people: Vec::new(),
            projects,
            tasks,
            states: Vec::new(),
            skipped: Vec::new(),
            gone: Vec::new(),
            complete: true,
            notes: Vec::new(),
        }
    }

    /// What of a project is in its lists, the least recently changed first.
    fn listed(state: &State, wanted: &Wanted<'_>) -> Vec<(String, usize, Item)> {
        let project = &wanted.container.external_id;
        let items = state.projects.get(project).into_iter().flatten().cloned().enumerate();
        let mut listed: Vec<_> = items
            .filter(|(_, item)| !item.is_hidden && !item.is_deleted)
            .filter(|(_, item)| wanted.since.is_none_or(|since| item.changed >= since))
            .map(|(number, item)| (project.clone(), number, item))
            .collect();
        listed.sort_by_key(|(_, _, item)| item.changed);
        listed
    }
}

impl Tool for Shelf {
    fn provider(&self) -> Provider {
        Provider::Jira
    }

    fn address(&self, told: Option<&str>) -> Result<String, ToolError> {
        Ok(format!("https://{}.atlassian.net", told.unwrap_or_default()))
    }

    fn account<'a>(&'a self, access: &'a Access) -> Answer<'a, Account> {
        let token = access.credential.part("token").map(|token| token.expose_secret().to_owned());
        self.state().heard.extend(token);
        let account = Account { external_id: "1".to_owned(), name: None, email: None, site: SITE.to_owned() };
        async move { Ok(account) }.boxed()
    }

    fn containers<'a>(&'a self, _: &'a Access, _: Option<&'a str>) -> Answer<'a, Page<Container>> {
        let names: Vec<String> = self.state().projects.keys().cloned().collect();
        let items = names
            .into_iter()
            .map(|name| Container {
                external_key: Some(name.clone()),
                title: format!("Project {name}"),
                external_id: name,
                url: None,
                archived: false,
            })
            .collect();
        async move { Ok(Page { items, next: None }) }.boxed()
    }

    fn pull<'a>(&'a self, _: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Pulled> {
        let mut state = self.state();
        state.pulls += 1;
        if let Some(left) = &mut state.stands_still {
            if *left == 0 {
                state.stands_still = None;
                return futures_util::future::pending().boxed();
            }
            *left -= 1;
        }
        if let Some((left, error)) = &mut state.fails {
            if *left == 0 {
                let error = error.clone();
                state.fails = None;
                return async move { Err(error) }.boxed();
            }
            *left -= 1;
        }
        let from = wanted.cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let listed = Self::listed(&state, &wanted);
        let total = u64::try_from(listed.len()).ok();
        let next = (from + PAGE < listed.len()).then(|| (from + PAGE).to_string());
        let page: Vec<_> = listed.into_iter().skip(from).take(PAGE).collect();
        async move { Ok(Pulled { batch: Self::batch(page), next, total }) }.boxed()
    }

    fn ids<'a>(&'a self, _: &'a Access, wanted: Wanted<'a>) -> Answer<'a, Page<String>> {
        let listed = Self::listed(&self.state(), &wanted);
        let items = listed.into_iter().map(|(project, number, _)| format!("{project}-{number}")).collect();
        async move { Ok(Page { items, next: None }) }.boxed()
    }

    fn reread<'a>(&'a self, _: &'a Access, ids: &'a [String]) -> Answer<'a, Reread> {
        let state = self.state();
        let (mut there, mut gone) = (Vec::new(), Vec::new());
        for id in ids {
            let (project, number) = id.split_once('-').unwrap();
            let number: usize = number.parse().unwrap();
            match state.projects.get(project).and_then(|items| items.get(number)) {
                Some(item) if !item.is_deleted => there.push((project.to_owned(), number, item.clone())),
                Some(_) | None => gone.push(id.clone()),
            }
        }
        async move { Ok(Reread { batch: Self::batch(there), gone }) }.boxed()
    }

    fn hear(&self, _: &SecretString, _: Received<'_>) -> Result<Delivery, NotHeard> {
        Err(NotHeard::Unsigned)
    }
}
