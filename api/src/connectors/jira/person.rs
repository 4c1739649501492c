//! People as Jira knows them: by account on Cloud, by key or login name on Server.

use std::collections::HashSet;

use crate::connectors::item::Item;
use crate::domain::sync::external::ExternalPerson;

/// The people met, each once, in the order met.
#[derive(Default)]
pub(super) struct People {
    met: HashSet<String>,
    people: Vec<ExternalPerson>,
}

impl People {
    /// Takes someone and gives their id; nothing for a user without any (an anonymous one).
    pub(super) fn take(&mut self, user: &Item<'_>) -> Option<String> {
        let id = ["accountId", "key", "name"].into_iter().find_map(|name| user.id(&[name]))?;
        if self.met.insert(id.clone()) {
            self.people.push(ExternalPerson {
                external_id: id.clone(),
                name: user.text(&["displayName"]),
                user_name: user.text(&["name"]),
                email: user.text(&["emailAddress"]),
            });
        }
        Some(id)
    }

    pub(super) fn into_people(self) -> Vec<ExternalPerson> {
        self.people
    }
}
