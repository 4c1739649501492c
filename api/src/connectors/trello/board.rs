//! The board itself: lists, labels' owner, members and definitions of custom fields.

use std::collections::HashMap;

use entity::TaskStatus;

use crate::connectors::{error::ReadError, item::Item, status_name::status_of};
use crate::domain::sync::external::{ExternalPerson, ExternalProject};

/// What the cards need to know of their board.
pub(super) struct Board {
    pub(super) site: String,
    pub(super) project: ExternalProject,
    pub(super) members: Vec<ExternalPerson>,
    lists: HashMap<String, List>,
    custom_fields: HashMap<String, CustomField>,
}

/// A list, read as a state.
pub(super) struct List {
    pub(super) name: String,
    pub(super) status: TaskStatus,
    pub(super) archived: bool,
}

/// The definition of a custom field.
pub(super) struct CustomField {
    pub(super) name: Option<String>,
    /// Texts of the options of a field that is chosen from a list.
    pub(super) options: HashMap<String, String>,
}

impl Board {
    pub(super) fn read(board: &Item<'_>, payload: String) -> Result<Self, ReadError> {
        let external_id = board.required_id(&["id"])?;
        let title = board.required_text(&["name"])?;
        let title = if title.trim().is_empty() { "Untitled board".to_owned() } else { title };
        let url = board.text(&["url"]).or_else(|| board.text(&["shortUrl"]));
        let lists = board
            .each(&["lists"])
            .map(|list| Ok((list.required_id(&["id"])?, List::read(&list))))
            .collect::<Result<_, ReadError>>()?;
        Ok(Self {
            site: url.as_deref().and_then(host).unwrap_or_else(|| "trello.com".to_owned()),
            members: board.each(&["members"]).filter_map(|member| person(&member)).collect(),
            lists,
            custom_fields: board
                .each(&["customFields"])
                .filter_map(|field| Some((field.id(&["id"])?, CustomField::read(&field))))
                .collect(),
            project: ExternalProject {
                external_id,
                external_key: board.text(&["shortLink"]),
                title,
                description: board.text(&["desc"]),
                url,
                archived: board.flag(&["closed"]),
                updated_at: board.instant(&["dateLastActivity"]),
                texts: Vec::new(),
                payload,
            },
        })
    }

    pub(super) fn list(&self, id: &str) -> Option<&List> {
        self.lists.get(id)
    }

    pub(super) fn custom_field(&self, id: &str) -> Option<&CustomField> {
        self.custom_fields.get(id)
    }
}

impl List {
    fn read(list: &Item<'_>) -> Self {
        let name = list.text(&["name"]).unwrap_or_default();
        Self { status: by_name(&name), archived: list.flag(&["closed"]), name }
    }
}

/// Our status for a list's name; a name that says nothing is work to be done.
pub(super) fn by_name(name: &str) -> TaskStatus {
    status_of(name).unwrap_or(TaskStatus::Todo)
}

impl CustomField {
    fn read(field: &Item<'_>) -> Self {
        // Trello nests an option's text; the API's definition alone nests name and options in `display`.
        let options = field.each(&["options"]).chain(field.each(&["display", "options"]));
        Self {
            name: field.text(&["name"]).or_else(|| field.text(&["display", "name"])),
            options: options
                .filter_map(|option| Some((option.id(&["id"])?, option.text(&["value", "text"])?)))
                .collect(),
        }
    }
}

/// Someone as Trello knows them; it tells no e-mail address of others.
pub(super) fn person(member: &Item<'_>) -> Option<ExternalPerson> {
    Some(ExternalPerson {
        external_id: member.id(&["id"])?,
        name: member.text(&["fullName"]),
        user_name: member.text(&["username"]),
        email: member.text(&["email"]),
    })
}

/// The host of an address, in lower case.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    (!host.is_empty()).then(|| host.to_lowercase())
}
