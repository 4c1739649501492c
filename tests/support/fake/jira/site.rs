//! All that a Jira holds.

use std::collections::{BTreeMap, HashMap};

use chrono_tz::Tz;
use entity::Instant;

use super::{
    field::TextField,
    hooks::Hook,
    index::Index,
    issue::Issue,
    people::Person,
    project::Project,
    search::Cursor,
    status::{self, Category, Status},
};
use crate::fake::{control::Control, random::Random};

/// Below this, ids are those that every site has.
const FIRST_ID: u64 = 10_000;

/// In which form things are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Version 3: documents and accounts.
    Cloud,
    /// Version 2: texts, and people by name.
    DataCenter,
    /// What Cloud sends by itself: texts and accounts, as its version 2.
    Webhook,
}

/// What proves who asks.
pub(super) struct Login {
    pub(super) email: String,
    pub(super) token: String,
    pub(super) app_token: String,
    pub(super) app_secret: String,
}

/// All that a Jira holds.
pub(super) struct Site {
    pub(super) base: String,
    pub(super) control: Control,
    pub(super) random: Random,
    pub(super) zone: Tz,
    pub(super) login: Login,
    pub(super) people: Vec<Person>,
    pub(super) projects: Vec<Project>,
    pub(super) statuses: Vec<Status>,
    pub(super) text_fields: Vec<TextField>,
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) trash: BTreeMap<u64, Issue>,
    pub(super) index: Index,
    pub(super) hooks: Vec<Hook>,
    pub(super) cursors: HashMap<String, Cursor>,
    pub(super) page_most: Option<usize>,
    pub(super) removed_worklogs: Vec<(u64, Instant)>,
    last_id: u64,
}

impl Site {
    pub(super) fn new(base: String, control: Control, mut random: Random) -> Self {
        let login = Login {
            email: "sync@acme.test".to_owned(),
            token: random.hex(24),
            app_token: random.hex(24),
            app_secret: random.hex(32),
        };
        let person = |account_id: String, name: &str, email: &str| Person {
            account_id,
            name: name.to_owned(),
            email: Some(email.to_owned()),
        };
        let people = vec![
            person(random.hex(24), "Sync Account", &login.email),
            person(random.hex(24), "Ana Ruiz", "ana@acme.test"),
        ];
        Self {
            base,
            control,
            random,
            zone: Tz::America__New_York,
            login,
            people,
            projects: Vec::new(),
            statuses: status::usual(),
            text_fields: Vec::new(),
            issues: BTreeMap::new(),
            trash: BTreeMap::new(),
            index: Index::default(),
            hooks: Vec::new(),
            cursors: HashMap::new(),
            page_most: None,
            removed_worklogs: Vec::new(),
            last_id: FIRST_ID,
        }
    }

    /// An id that nothing has yet.
    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The account that programs use.
    pub(super) fn me(&self) -> &str {
        &self.people[0].account_id
    }

    /// The account of whoever works in the tool.
    pub(super) fn ana(&self) -> &str {
        &self.people[1].account_id
    }

    /// Where the API lies, without a slash at the end.
    pub(super) fn api(&self, shape: Shape) -> String {
        let version = match shape {
            Shape::Cloud => 3,
            Shape::DataCenter | Shape::Webhook => 2,
        };
        format!("{}/rest/api/{version}", self.base)
    }

    /// The id of an issue that is named by its id, its key, or a key that it had.
    pub(super) fn issue_id(&self, name: &str) -> Option<u64> {
        if let Ok(id) = name.parse() {
            return self.issues.contains_key(&id).then_some(id);
        }
        self.issues.values().find(|issue| self.is_called(issue, name)).map(|issue| issue.id)
    }

    /// Whether an issue has a key, or had it.
    pub(super) fn is_called(&self, issue: &Issue, key: &str) -> bool {
        self.key_of(issue).eq_ignore_ascii_case(key)
            || issue.former_keys.iter().any(|former| former.eq_ignore_ascii_case(key))
    }

    /// The key of an issue.
    pub(super) fn key_of(&self, issue: &Issue) -> String {
        format!("{}-{}", self.project(issue.project).key, issue.number)
    }

    /// A status by its id.
    pub(super) fn status(&self, id: u64) -> &Status {
        self.statuses.iter().find(|status| status.id == id).expect("a status of the fake")
    }

    /// A status by its name.
    pub(super) fn status_named(&self, name: &str) -> &Status {
        let found = self.statuses.iter().find(|status| status.name == name);
        found.unwrap_or_else(|| panic!("the fake has no status {name}"))
    }

    /// The first status of a category.
    pub(super) fn first_status(&self, category: Category) -> &Status {
        self.statuses.iter().find(|status| status.category == category).expect("a status of each category")
    }

    /// Keeps an issue as it is now, and lets the search know.
    pub(super) fn keep(&mut self, issue: Issue) {
        self.index.note(self.control.now(), issue.id, Some(issue.clone()));
        self.issues.insert(issue.id, issue);
    }
}
