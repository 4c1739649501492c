//! People of a tool: a stored mapping first, then the e-mail address; names are only suggestions.

use std::collections::HashMap;

use entity::{EventKind, PersonMatch, external_person, task, task_assignee};
use sea_orm::{
    ActiveValue::Set,
    Statement,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    identity::one_of_texts,
    merge::Merging,
    stored::grouped,
    summary::{SuggestedPerson, UnmatchedPerson},
    tidy,
};
use crate::domain::{bulk::Binds, error::Result, write::Write};

/// Someone of the tool, as stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Key of the external person.
    pub(super) id: Uuid,
    /// The person here.
    pub(super) person: Option<Uuid>,
}

/// What a batch tells of someone.
#[derive(Default)]
struct Told {
    name: Option<String>,
    user_name: Option<String>,
    email: Option<String>,
}

/// Someone here whom a person of the tool may be.
struct Candidate {
    id: Uuid,
    name: String,
    name_folded: String,
    email_folded: String,
}

impl Candidate {
    fn has_email(&self, email: Option<&str>) -> bool {
        email.is_some_and(|email| email.to_lowercase() == self.email_folded)
    }

    /// Whether the name, or what stands before the @, is one of the tool's names.
    fn resembles(&self, person: &external_person::Model) -> bool {
        let local = self.email_folded.split('@').next().unwrap_or_default();
        [&person.name, &person.user_name].into_iter().flatten().any(|name| {
            let name = name.to_lowercase();
            name == self.name_folded || (!local.is_empty() && name == local)
        })
    }
}

impl Merging<'_> {
    /// Stores the people that the batch names and finds out who of them is known here.
    pub(super) async fn merge_people(&mut self, write: &Write) -> Result<()> {
        let mut told = self.people_told();
        let of = |name: &'static str| Expr::col((Alias::new("external_person"), Alias::new(name)));
        let mut select = write.whole::<external_person::Entity>("external_person");
        let ids: Vec<String> = told.iter().map(|(id, _)| id.clone()).collect();
        select
            .and_where(of("provider").eq(self.batch.provider))
            .and_where(of("site").eq(self.site.as_str()))
            .and_where(one_of_texts(of("external_id"), &ids, write.tx.backend()));
        let stored = write.read_models::<external_person::Entity>(&select).await?;
        let mut stored: HashMap<String, external_person::Model> =
            stored.into_iter().map(|row| (row.external_id.clone(), row)).collect();
        let mut people = Vec::new();
        for (external_id, told) in told.drain(..) {
            let before = stored.remove(&external_id);
            people.push((before.clone(), self.person_told(write, before, external_id, told)));
        }
        let candidates = if people.iter().any(|(_, person)| person.person_id.is_none()) {
            self.candidates(write).await?
        } else {
            Vec::new()
        };
        let (mut rows, mut updates) = (Vec::new(), Vec::new());
        for (before, mut person) in people {
            if person.person_id.is_none()
                && let Some(found) =
                    candidates.iter().find(|candidate| candidate.has_email(person.email.as_deref()))
            {
                person.person_id = Some(found.id);
                person.matched_by = Some(PersonMatch::Email);
            }
            self.people.insert(person.external_id.clone(), Known { id: person.id, person: person.person_id });
            if person.person_id.is_some() {
                self.summary.people_matched += 1;
            } else {
                self.summary.people_unmatched.push(unmatched(&person, &candidates));
            }
            match before {
                None => rows.push(inserted(person)),
                Some(before) if before != person => updates.push((
                    person.id,
                    vec![
                        person.name.into(),
                        person.user_name.into(),
                        person.email.into(),
                        person.person_id.into(),
                        person.matched_by.into(),
                    ],
                )),
                Some(_) => {}
            }
        }
        write.insert_all::<external_person::Entity>(rows).await?;
        let columns = ["name", "user_name", "email", "person_id", "matched_by"];
        write.update_many("external_person", &columns, updates, true).await
    }

    /// The people of the batch, those too that items name and nobody describes, each once.
    fn people_told(&self) -> Vec<(String, Told)> {
        let mut place: HashMap<&str, usize> = HashMap::new();
        let mut people: Vec<(String, Told)> = Vec::new();
        let batch = self.batch;
        let described = batch.people.iter().map(|person| {
            let told = Told {
                name: tidy::optional_line(person.name.as_deref()),
                user_name: tidy::optional_line(person.user_name.as_deref()),
                email: tidy::optional_line(person.email.as_deref()),
            };
            (person.external_id.as_str(), told)
        });
        let named = batch.tasks.iter().flat_map(|task| {
            let workers = task.time_entries.iter().filter_map(|entry| entry.person.as_deref());
            task.assignees.iter().map(String::as_str).chain(workers).map(|id| (id, Told::default()))
        });
        for (id, told) in described.chain(named).filter(|(id, _)| !id.is_empty()) {
            let at = *place.entry(id).or_insert_with(|| {
                people.push((id.to_owned(), Told::default()));
                people.len() - 1
            });
            if let Some((_, known)) = people.get_mut(at) {
                known.name = told.name.or(known.name.take());
                known.user_name = told.user_name.or(known.user_name.take());
                known.email = told.email.or(known.email.take());
            }
        }
        people
    }

    /// What is stored of someone after the batch; what it does not tell stays as it was.
    fn person_told(
        &self,
        write: &Write,
        before: Option<external_person::Model>,
        external_id: String,
        told: Told,
    ) -> external_person::Model {
        let mut person = before.unwrap_or_else(|| external_person::Model {
            id: write.new_id(),
            organization_id: write.viewer().organization_id,
            provider: self.batch.provider,
            site: self.site.clone(),
            external_id,
            name: None,
            user_name: None,
            email: None,
            person_id: None,
            matched_by: None,
            version: 1,
            created_at: write.now,
            updated_at: write.now,
        });
        person.name = told.name.or(person.name);
        person.user_name = told.user_name.or(person.user_name);
        person.email = told.email.or(person.email);
        person
    }

    /// The active people of the organization.
    async fn candidates(&self, write: &Write) -> Result<Vec<Candidate>> {
        let mut select = Query::select();
        select
            .columns(["id", "name", "name_folded", "email_folded"].map(Alias::new))
            .from(Alias::new("person"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(write.viewer().organization_id))
            .and_where(Expr::col(Alias::new("deactivated_at")).is_null())
            .order_by(Alias::new("id"), sea_orm::sea_query::Order::Asc);
        let rows = write.tx.all(&select).await?;
        rows.iter()
            .map(|row| {
                Ok(Candidate {
                    id: row.try_get_by_index(0)?,
                    name: row.try_get_by_index(1)?,
                    name_folded: row.try_get_by_index(2)?,
                    email_folded: row.try_get_by_index(3)?,
                })
            })
            .collect()
    }

    /// Brings assignments and time entries up to what is known of people now, also those of items that
    /// did not change: somebody was invited since, or mapped by hand.
    pub(super) async fn mend_people(&mut self, write: &mut Write) -> Result<()> {
        let rows = self.outdated(write, "task_assignee", true).await?;
        let entries = self.outdated(write, "time_entry", false).await?;
        write.update_many("time_entry", &["person_id"], entries, true).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        write.update_many("task_assignee", &["person_id"], rows, false).await?;
        let mended = write.models::<task_assignee::Entity>("task_assignee", "id", &ids).await?;
        let of_task = grouped(mended, |row| row.task_id);
        let tasks: Vec<Uuid> = of_task.keys().copied().collect();
        let mut people = write.assignees_of(&tasks).await?;
        let mut updates = Vec::new();
        for old in write.locked_models::<task::Entity>("task", &tasks).await? {
            let primary = of_task.get(&old.id).and_then(|rows| rows.iter().find(|row| row.is_primary));
            let assignee = primary.map_or(old.assignee_id, |row| row.person_id);
            updates.push((old.id, vec![assignee.into()]));
            self.summary.task_counts.updated += 1;
            self.summary.task_counts.unchanged = self.summary.task_counts.unchanged.saturating_sub(
                usize::from(old.external_id.as_ref().is_some_and(|id| self.unchanged.contains(id))),
            );
            let mut row = old;
            let previous = Map::from_iter([("assignee_id".to_owned(), json!(row.assignee_id))]);
            row.assignee_id = assignee;
            let assigned = people.remove(&row.id).unwrap_or_default();
            let current = Map::from_iter([
                ("assignee_id".to_owned(), json!(assignee)),
                ("assignees".to_owned(), json!(assigned)),
            ]);
            self.note_task(write, &row, assigned, EventKind::Updated, Some(previous), current);
        }
        write.update_many("task", &["assignee_id"], updates, true).await
    }

    /// Rows whose person is not the one that their external person stands for, with that one.
    async fn outdated(
        &self,
        write: &Write,
        table: &'static str,
        one_each: bool,
    ) -> Result<Vec<(Uuid, Vec<sea_orm::Value>)>> {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let provider = binds.push(self.batch.provider);
        let site = binds.push(self.site.as_str());
        // A person stands once on a task, however many of the tool's accounts are theirs.
        let alone = if one_each {
            " AND NOT EXISTS (SELECT 1 FROM task_assignee AS other WHERE other.task_id = part.task_id \
             AND other.person_id = known.person_id AND other.id <> part.id)"
        } else {
            ""
        };
        let text = format!(
            "SELECT part.id, part.task_id, known.person_id FROM {table} AS part \
             JOIN external_person AS known ON known.id = part.external_person_id \
             WHERE known.organization_id = {organization} AND known.provider = {provider} \
             AND known.site = {site} AND part.person_id IS DISTINCT FROM known.person_id{alone} \
             ORDER BY part.task_id, part.id"
        );
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        let mut met = std::collections::HashSet::new();
        let mut rows = Vec::new();
        for row in write.tx.all_raw(statement).await? {
            let task: Uuid = row.try_get_by_index(1)?;
            let person: Option<Uuid> = row.try_get_by_index(2)?;
            if !one_each || person.is_none() || met.insert((task, person)) {
                rows.push((row.try_get_by_index(0)?, vec![person.into()]));
            }
        }
        Ok(rows)
    }
}

fn inserted(person: external_person::Model) -> external_person::ActiveModel {
    external_person::ActiveModel {
        id: Set(person.id),
        organization_id: Set(person.organization_id),
        provider: Set(person.provider),
        site: Set(person.site),
        external_id: Set(person.external_id),
        name: Set(person.name),
        user_name: Set(person.user_name),
        email: Set(person.email),
        person_id: Set(person.person_id),
        matched_by: Set(person.matched_by),
        version: Set(person.version),
        created_at: Set(person.created_at),
        updated_at: Set(person.updated_at),
    }
}

fn unmatched(person: &external_person::Model, candidates: &[Candidate]) -> UnmatchedPerson {
    UnmatchedPerson {
        external_id: person.external_id.clone(),
        name: person.name.clone(),
        user_name: person.user_name.clone(),
        email: person.email.clone(),
        suggestions: candidates
            .iter()
            .filter(|candidate| candidate.resembles(person))
            .map(|candidate| SuggestedPerson { id: candidate.id, name: candidate.name.clone() })
            .collect(),
    }
}
