//! What lies around the subjects of events: home teams, projects, links, objectives above.
//!
//! Read when a batch of events is delivered, a fixed number of statements for each organization in it, and
//! not when an event is written: writers hold locks and must not pay for listeners, and most events have none.
//! So a person's home team and a project's visibility are those of now, which is just what the row filter
//! would find now; the subject's own visibility, team and people are those of the event.

use std::collections::{BTreeSet, HashMap};

use entity::{SubjectKind, Visibility};
use uuid::Uuid;

use super::event::{LiveEvent, Written};
use crate::domain::{bulk::Binds, error::Result, events::Sight, installation::Installation};

/// What lies around the subjects of a batch, in one organization.
#[derive(Default)]
pub(super) struct Surroundings {
    /// Home team by person.
    pub(super) homes: HashMap<Uuid, Uuid>,
    /// The primary project by task.
    pub(super) projects: HashMap<Uuid, Sight>,
    /// The goals that projects and tasks are linked to.
    pub(super) links: HashMap<Uuid, Vec<(SubjectKind, Uuid)>>,
    /// Objective and owner by key result.
    pub(super) key_results: HashMap<Uuid, (Uuid, Option<Uuid>)>,
    pub(super) objectives: HashMap<Uuid, ObjectiveFacts>,
}

pub(super) struct ObjectiveFacts {
    pub(super) parent: Option<Uuid>,
    pub(super) cycle: Option<Uuid>,
    pub(super) sight: Sight,
}

impl Installation {
    /// Makes events of one organization ready for delivery.
    pub(super) async fn with_surroundings(
        &self,
        organization: Uuid,
        events: Vec<Written>,
    ) -> Result<Vec<LiveEvent>> {
        let around = self.surroundings(organization, &events).await?;
        Ok(events
            .into_iter()
            .map(|written| LiveEvent {
                audience: around.audience(&written),
                place: around.place(&written),
                cause: written.cause(),
                written,
            })
            .collect())
    }

    async fn surroundings(&self, organization: Uuid, events: &[Written]) -> Result<Surroundings> {
        let ids = |wanted: SubjectKind| -> BTreeSet<Uuid> {
            let named = events.iter().flat_map(|event| event.ancestors.iter().chain([&event.subject]));
            named.filter(|(kind, _)| *kind == wanted).map(|(_, id)| *id).collect()
        };
        let tasks = ids(SubjectKind::Task);
        let mut around = Surroundings::default();
        self.read_projects(organization, &tasks, &mut around).await?;
        let work: BTreeSet<Uuid> = tasks.into_iter().chain(ids(SubjectKind::Project)).collect();
        self.read_links(organization, &work, &mut around).await?;
        let linked = |wanted: SubjectKind, around: &Surroundings| -> BTreeSet<Uuid> {
            around.links.values().flatten().filter(|(kind, _)| *kind == wanted).map(|(_, id)| *id).collect()
        };
        let mut key_results = ids(SubjectKind::KeyResult);
        key_results.extend(linked(SubjectKind::KeyResult, &around));
        self.read_key_results(organization, &key_results, &mut around).await?;
        let mut objectives = ids(SubjectKind::Objective);
        objectives.extend(linked(SubjectKind::Objective, &around));
        objectives.extend(around.key_results.values().map(|(objective, _)| *objective));
        self.read_objectives(organization, &objectives, &mut around).await?;
        let sights = events.iter().filter_map(|event| event.sight.as_ref());
        let sights = sights.flat_map(|sight| [Some(sight), sight.also.as_deref()]).flatten();
        let owners = sights
            .chain(around.projects.values())
            .chain(around.objectives.values().map(|objective| &objective.sight));
        let owners = owners.filter(|sight| {
            // Everybody sees those already.
            sight.visibility != Some(Visibility::Organization)
        });
        let owners: BTreeSet<Uuid> = owners.filter_map(|sight| sight.owner).collect();
        self.read_homes(organization, &owners, &mut around).await?;
        Ok(around)
    }

    async fn read_projects(
        &self,
        organization: Uuid,
        tasks: &BTreeSet<Uuid>,
        around: &mut Surroundings,
    ) -> Result<()> {
        let Some((mut binds, tasks)) = keys(self, tasks) else { return Ok(()) };
        let organization = binds.push(organization);
        let tasks = binds.ids(&tasks);
        let text = format!(
            "SELECT task.id, project.visibility, project.team_id, project.owner_id FROM task \
             JOIN project ON project.id = task.project_id \
             WHERE task.organization_id = {organization} AND task.id IN {tasks}"
        );
        for row in self.rows(&text, binds).await? {
            let sight = Sight {
                visibility: Some(row.try_get_by_index(1)?),
                team: row.try_get_by_index(2)?,
                owner: row.try_get_by_index(3)?,
                ..Sight::default()
            };
            around.projects.insert(row.try_get_by_index(0)?, sight);
        }
        Ok(())
    }

    async fn read_links(
        &self,
        organization: Uuid,
        work: &BTreeSet<Uuid>,
        around: &mut Surroundings,
    ) -> Result<()> {
        for column in ["project_id", "task_id"] {
            let Some((mut binds, work)) = keys(self, work) else { return Ok(()) };
            let organization = binds.push(organization);
            let work = binds.ids(&work);
            let text = format!(
                "SELECT {column}, key_result_id, objective_id FROM alignment_link \
                 WHERE organization_id = {organization} AND {column} IN {work} AND state <> 'RETIRED'"
            );
            for row in self.rows(&text, binds).await? {
                let goals = around.links.entry(row.try_get_by_index(0)?).or_default();
                let key_result: Option<Uuid> = row.try_get_by_index(1)?;
                let objective: Option<Uuid> = row.try_get_by_index(2)?;
                goals.extend(key_result.map(|id| (SubjectKind::KeyResult, id)));
                goals.extend(objective.map(|id| (SubjectKind::Objective, id)));
            }
        }
        Ok(())
    }

    async fn read_key_results(
        &self,
        organization: Uuid,
        key_results: &BTreeSet<Uuid>,
        around: &mut Surroundings,
    ) -> Result<()> {
        let Some((mut binds, key_results)) = keys(self, key_results) else { return Ok(()) };
        let organization = binds.push(organization);
        let key_results = binds.ids(&key_results);
        let text = format!(
            "SELECT id, objective_id, owner_id FROM key_result \
             WHERE organization_id = {organization} AND id IN {key_results}"
        );
        for row in self.rows(&text, binds).await? {
            let facts = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            around.key_results.insert(row.try_get_by_index(0)?, facts);
        }
        Ok(())
    }

    /// With all objectives above.
    async fn read_objectives(
        &self,
        organization: Uuid,
        objectives: &BTreeSet<Uuid>,
        around: &mut Surroundings,
    ) -> Result<()> {
        let Some((mut binds, objectives)) = keys(self, objectives) else { return Ok(()) };
        let first = binds.push(organization);
        let objectives = binds.ids(&objectives);
        let second = binds.push(organization);
        let text = format!(
            "WITH RECURSIVE above (id, parent_id, cycle_id, owner_id, visibility, team_id) AS ( \
             SELECT id, parent_id, cycle_id, owner_id, visibility, team_id FROM objective \
             WHERE organization_id = {first} AND id IN {objectives} \
             UNION SELECT o.id, o.parent_id, o.cycle_id, o.owner_id, o.visibility, o.team_id FROM objective AS o \
             JOIN above ON o.id = above.parent_id WHERE o.organization_id = {second}) \
             SELECT id, parent_id, cycle_id, owner_id, visibility, team_id FROM above"
        );
        for row in self.rows(&text, binds).await? {
            let facts = ObjectiveFacts {
                parent: row.try_get_by_index(1)?,
                cycle: row.try_get_by_index(2)?,
                sight: Sight {
                    owner: row.try_get_by_index(3)?,
                    visibility: Some(row.try_get_by_index(4)?),
                    team: row.try_get_by_index(5)?,
                    ..Sight::default()
                },
            };
            around.objectives.insert(row.try_get_by_index(0)?, facts);
        }
        Ok(())
    }

    async fn read_homes(
        &self,
        organization: Uuid,
        people: &BTreeSet<Uuid>,
        around: &mut Surroundings,
    ) -> Result<()> {
        let Some((mut binds, people)) = keys(self, people) else { return Ok(()) };
        let organization = binds.push(organization);
        let is_home = binds.push(true);
        let people = binds.ids(&people);
        let text = format!(
            "SELECT person_id, team_id FROM membership \
             WHERE organization_id = {organization} AND is_home = {is_home} AND person_id IN {people}"
        );
        for row in self.rows(&text, binds).await? {
            around.homes.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        Ok(())
    }
}

/// Binds and keys of a statement, unless there is nothing to ask for.
fn keys(installation: &Installation, ids: &BTreeSet<Uuid>) -> Option<(Binds, Vec<Uuid>)> {
    (!ids.is_empty()).then(|| (installation.binds(), ids.iter().copied().collect()))
}
