//! A card as a task.

use std::collections::HashSet;

use chrono::DateTime;
use entity::{Instant, ReferenceField, TaskStatus};

use super::{
    activity::{Activity, Change, Place},
    board::{Board, List, by_name},
};
use crate::connectors::{
    error::ReadError,
    history::{Changes, History, State},
    item::Item,
};
use crate::domain::sync::external::{ExternalTask, ExternalText};

/// A card with what is needed to read it.
pub(super) struct Card<'a> {
    pub(super) item: Item<'a>,
    pub(super) board: &'a Board,
    pub(super) activity: &'a Activity,
}

impl Card<'_> {
    pub(super) fn read(&self, id: &str, payload: &str) -> Result<ExternalTask, ReadError> {
        let card = &self.item;
        let title = card.required_text(&["name"])?;
        let title = if title.trim().is_empty() { "Untitled card".to_owned() } else { title };
        let list = self.list();
        let now = self.state(&self.place(), self.complete());
        let created_at = born(id);
        let updated_at = card.instant(&["dateLastActivity"]);
        let history = self.history(id, now.clone(), created_at, updated_at);
        let completed_at = (now.status == TaskStatus::Done)
            .then(|| card.instant(&["dateCompleted"]).or_else(|| history.completed_at()).or(updated_at))
            .flatten();
        Ok(ExternalTask {
            external_id: id.to_owned(),
            external_key: card.text(&["shortLink"]),
            title,
            description: card.text(&["desc"]),
            url: card.text(&["url"]).or_else(|| card.text(&["shortUrl"])),
            status: now.status,
            provider_status: now.name,
            projects: vec![self.board.project.external_id.clone()],
            parent: None,
            assignees: unique(card.each(&["idMembers"]).filter_map(|member| member.as_text())),
            labels: self.labels(),
            due_on: card.day_in_utc(&["due"]),
            created_at,
            updated_at,
            started_at: history.started_at().or_else(|| self.planned_start(now.status, completed_at)),
            completed_at,
            estimate: None,
            logged_seconds: None,
            time_entries: Vec::new(),
            status_intervals: history.intervals,
            archived: card.flag(&["closed"])
                || card.flag(&["isTemplate"])
                || list.is_some_and(|list| list.archived),
            texts: self.texts(list),
            payload: payload.to_owned(),
        })
    }

    /// The state as the summary lists it: the list, and the mark where that says more than the list.
    pub(super) fn state_name(&self) -> String {
        let state = self.state(&self.place(), self.complete());
        let name = state.name.unwrap_or_else(|| "(no list)".to_owned());
        let by_list = self.list().map_or(TaskStatus::Todo, |list| list.status);
        if state.status == by_list { name } else { format!("{name}, marked complete") }
    }

    /// The list that the card is in.
    fn list(&self) -> Option<&List> {
        self.board.list(&self.item.id(&["idList"])?)
    }

    fn place(&self) -> Place {
        Place { list_id: self.item.id(&["idList"]).unwrap_or_default(), name: None }
    }

    fn complete(&self) -> bool {
        self.item.flag(&["dueComplete"])
    }

    /// A card that is marked complete is done wherever it is.
    fn state(&self, place: &Place, complete: bool) -> State {
        let (name, by_list) = match self.board.list(&place.list_id) {
            Some(list) => (Some(list.name.clone()), list.status),
            None => (place.name.clone(), place.name.as_deref().map_or(TaskStatus::Todo, by_name)),
        };
        let status = if complete { TaskStatus::Done } else { by_list };
        State { status, name: name.filter(|name| !name.is_empty()) }
    }

    /// The card's spans, from its birth where the record reaches back to it, else from where the record
    /// begins: before that, neither its list nor its mark is known.
    fn history(
        &self,
        id: &str,
        current: State,
        created_at: Option<Instant>,
        changed_at: Option<Instant>,
    ) -> History {
        let Some(since) = self.activity.since else { return History::default() };
        let events = self.activity.of_card(id);
        let entered = events.iter().find_map(|event| match &event.change {
            Change::Entered(place) => Some((event.at, place.clone())),
            Change::Moved { .. } | Change::Marked(_) => None,
        });
        let left = events.iter().find_map(|event| match &event.change {
            Change::Moved { from, .. } => Some(from.clone()),
            Change::Entered(_) | Change::Marked(_) => None,
        });
        let marked = events.iter().find_map(|event| match event.change {
            Change::Marked(mark) => Some(mark),
            Change::Entered(_) | Change::Moved { .. } => None,
        });
        let from_birth = entered.is_some() || created_at.is_some_and(|created_at| created_at >= since);
        let (from, mut place) = match entered {
            Some((at, place)) => (at, place),
            None => {
                let from = created_at.map_or(since, |created_at| created_at.max(since));
                (from, left.unwrap_or_else(|| self.place()))
            }
        };
        let mut complete = marked.map_or(!from_birth && self.complete(), |mark| !mark);
        let first = self.state(&place, complete);
        let mut moves = Vec::new();
        for event in events {
            match &event.change {
                Change::Entered(to) | Change::Moved { to, .. } => place = to.clone(),
                Change::Marked(mark) => complete = *mark,
            }
            moves.push((event.at, self.state(&place, complete)));
        }
        Changes { first: Some((from, first)), moves, current, changed_at, from_birth }.rebuild()
    }

    /// A start date is a plan; it is taken for the start of work that has begun, when nothing better is known.
    fn planned_start(&self, status: TaskStatus, completed_at: Option<Instant>) -> Option<Instant> {
        let begun = match status {
            TaskStatus::InProgress | TaskStatus::Done => true,
            TaskStatus::Backlog | TaskStatus::Todo | TaskStatus::Cancelled => false,
        };
        let start = self.item.instant(&["start"]).filter(|_| begun)?;
        let end = completed_at.or_else(|| self.item.instant(&["dateLastActivity"]));
        end.is_none_or(|end| start <= end).then_some(start)
    }

    /// Labels by name; one without a name by its colour.
    fn labels(&self) -> Vec<String> {
        unique(
            self.item
                .each(&["labels"])
                .filter_map(|label| label.text(&["name"]).or_else(|| label.text(&["color"]))),
        )
    }

    fn texts(&self, list: Option<&List>) -> Vec<ExternalText> {
        let mut texts = Vec::new();
        let mut add = |field, text: Option<String>| {
            texts.extend(text.map(|text| ExternalText { field, text }));
        };
        let section = list.map(|list| list.name.clone()).filter(|name| !name.is_empty());
        add(ReferenceField::Section, section);
        for value in self.item.each(&["customFieldItems"]) {
            add(ReferenceField::CustomField, self.custom_text(&value));
        }
        for attachment in self.item.each(&["attachments"]) {
            let name = attachment.text(&["name"]);
            let url = attachment.text(&["url"]).filter(|url| Some(url) != name.as_ref());
            add(ReferenceField::Attachment, name);
            add(ReferenceField::Attachment, url);
        }
        texts
    }

    /// What a custom field says: its text, number or date, its chosen option, or its name when it is a ticked box.
    fn custom_text(&self, value: &Item<'_>) -> Option<String> {
        let field = self.board.custom_field(&value.id(&["idCustomField"])?);
        if let Some(option) = value.id(&["idValue"]) {
            return field?.options.get(&option).cloned();
        }
        let ticked = value.find(&["value", "checked"]).is_some_and(|tick| tick == "true" || tick == true);
        if ticked {
            return field?.name.clone();
        }
        ["text", "number", "date"].into_iter().find_map(|kind| value.text(&["value", kind]))
    }
}

/// When a card was made: the first eight hexadecimal digits of its id are seconds since 1970.
pub(super) fn born(id: &str) -> Option<Instant> {
    let seconds =
        id.get(..8).filter(|_| id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let seconds = i64::from_str_radix(seconds, 16).ok().filter(|seconds| *seconds > 0)?;
    DateTime::from_timestamp(seconds, 0).map(Instant::from)
}

fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut met = HashSet::new();
    texts.filter(|text| met.insert(text.clone())).collect()
}
