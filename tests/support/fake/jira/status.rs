//! Statuses with their categories, and the types of issues.

use serde_json::{Value, json};

/// What a status means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    New,
    Indeterminate,
    Done,
}

impl Category {
    /// The category of a key.
    pub(super) fn of(key: &str) -> Option<Self> {
        [Self::New, Self::Indeterminate, Self::Done].into_iter().find(|category| category.key() == key)
    }

    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Indeterminate => "indeterminate",
            Self::Done => "done",
        }
    }

    fn json(self, api: &str) -> Value {
        let (id, name, color) = match self {
            Self::New => (2, "To Do", "blue-gray"),
            Self::Indeterminate => (4, "In Progress", "yellow"),
            Self::Done => (3, "Done", "green"),
        };
        json!({
            "self": format!("{api}/statuscategory/{id}"),
            "id": id, "key": self.key(), "colorName": color, "name": name,
        })
    }
}

/// A status.
#[derive(Clone, Debug)]
pub(super) struct Status {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) category: Category,
}

impl Status {
    /// The status below an address of the API.
    pub(super) fn json(&self, api: &str) -> Value {
        json!({
            "self": format!("{api}/status/{}", self.id),
            "description": "", "iconUrl": "", "name": self.name, "id": self.id.to_string(),
            "statusCategory": self.category.json(api),
        })
    }
}

/// The statuses that every site begins with.
pub(super) fn usual() -> Vec<Status> {
    let usual = [
        (1, "To Do", Category::New),
        (3, "In Progress", Category::Indeterminate),
        (4, "In Review", Category::Indeterminate),
        (5, "Done", Category::Done),
        (6, "Won't Do", Category::Done),
    ];
    usual.into_iter().map(|(id, name, category)| Status { id, name: name.to_owned(), category }).collect()
}

/// The type of an issue: 1 is an epic's level, 0 that of common issues, -1 that of sub-tasks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) level: i8,
}

impl Kind {
    /// The type with an id.
    pub(super) fn of(id: u64) -> Self {
        KINDS.into_iter().find(|kind| kind.id == id).expect("a type of the fake")
    }

    /// The type with a name.
    pub(super) fn named(name: &str) -> Self {
        let found = KINDS.into_iter().find(|kind| kind.name == name);
        found.unwrap_or_else(|| panic!("the fake has no type {name}"))
    }

    /// The type below an address of the API.
    pub(super) fn json(&self, api: &str) -> Value {
        json!({
            "self": format!("{api}/issuetype/{}", self.id),
            "id": self.id.to_string(), "description": "", "name": self.name,
            "subtask": self.level < 0, "hierarchyLevel": self.level,
        })
    }
}

/// The types that every site has.
pub(super) const KINDS: [Kind; 5] = [
    Kind { id: 100, name: "Epic", level: 1 },
    Kind { id: 101, name: "Story", level: 0 },
    Kind { id: 102, name: "Task", level: 0 },
    Kind { id: 103, name: "Bug", level: 0 },
    Kind { id: 104, name: "Sub-task", level: -1 },
];
