//! The projects that the issues stand in.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::place::Place;
use crate::connectors::{
    error::ReadError,
    item::Item,
    json::{Document, RawObject},
};
use crate::domain::sync::external::ExternalProject;

/// The projects met, each once, in the order met.
#[derive(Default)]
pub(super) struct Projects {
    met: HashSet<String>,
    projects: Vec<ExternalProject>,
}

impl Projects {
    /// Takes the project of an issue and gives its id.
    pub(super) fn take(
        &mut self,
        file: &Document<'_>,
        issue: &Item<'_>,
        raw: &str,
        place: Option<&Place>,
    ) -> Result<String, ReadError> {
        let project = issue.required_part(&["fields", "project"])?;
        let id = project.required_id(&["id"])?;
        if self.met.insert(id.clone()) {
            let key = project.text(&["key"]);
            let title = project.text(&["name"]).or_else(|| key.clone());
            self.projects.push(ExternalProject {
                external_id: id.clone(),
                title: title.unwrap_or_else(|| "Untitled project".to_owned()),
                description: project.text(&["description"]),
                url: place.zip(key.as_deref()).and_then(|(place, key)| place.page(key)),
                external_key: key,
                archived: project.flag(&["archived"]),
                updated_at: None,
                texts: Vec::new(),
                payload: payload(file, raw)?,
            });
        }
        Ok(id)
    }

    pub(super) fn into_projects(self) -> Vec<ExternalProject> {
        self.projects
    }
}

/// The project's own text within an issue's.
fn payload(file: &Document<'_>, issue: &str) -> Result<String, ReadError> {
    let issue: RawObject<'_> = file.parse(issue)?;
    let fields: Option<RawObject<'_>> =
        issue.get("fields").map(|fields| file.parse(fields.get())).transpose()?;
    let project = fields.as_ref().and_then(|fields| fields.get("project"));
    Ok(project.map_or("{}", RawValue::get).to_owned())
}
