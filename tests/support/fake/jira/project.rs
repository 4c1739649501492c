//! The projects of a site.

use serde_json::{Value, json};

use super::site::{Shape, Site};

/// A project.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) name: String,
    /// The number of the last issue that was made in it; numbers are never given again.
    pub(super) last_number: u32,
}

impl Site {
    /// A project by its id.
    pub(super) fn project(&self, id: u64) -> &Project {
        self.projects.iter().find(|project| project.id == id).expect("a project of the fake")
    }

    /// A project by its key, id or name, as queries name it.
    pub(super) fn project_named(&self, name: &str) -> Option<&Project> {
        self.projects.iter().find(|project| {
            project.key.eq_ignore_ascii_case(name)
                || project.id.to_string() == name
                || project.name.eq_ignore_ascii_case(name)
        })
    }

    /// The place of a project whose number is to be raised.
    pub(super) fn project_mut(&mut self, id: u64) -> &mut Project {
        self.projects.iter_mut().find(|project| project.id == id).expect("a project of the fake")
    }

    pub(super) fn project_json(&self, project: &Project, shape: Shape) -> Value {
        json!({
            "self": format!("{}/project/{}", self.api(shape), project.id),
            "id": project.id.to_string(), "key": project.key, "name": project.name,
            "projectTypeKey": "software", "simplified": false,
        })
    }
}
