//! What goals and projects are defined as, kept at each change in its own transaction, so that they can be asked
//! for as they were recorded.
//!
//! One of the few files with statements of their own; each takes the organization.

use std::collections::BTreeMap;

use entity::{Instant, SubjectKind, definition};
use sea_orm::{ActiveValue::Set, QueryResult, Statement};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{bulk::Binds, error::Result, write::Write};

/// What is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::domain) enum Defined {
    /// A key result.
    KeyResult,
    /// An objective.
    Objective,
    /// A project.
    Project,
}

impl Defined {
    /// What an event is about, where that is defined by anything.
    fn of(kind: SubjectKind) -> Option<Self> {
        match kind {
            SubjectKind::KeyResult => Some(Self::KeyResult),
            SubjectKind::Objective => Some(Self::Objective),
            SubjectKind::Project => Some(Self::Project),
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::Task
            | SubjectKind::AlignmentLink
            | SubjectKind::Integration
            | SubjectKind::Finding => None,
        }
    }

    /// Its table and the column of `definition` with its key.
    pub(in crate::domain) const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyResult => ("key_result", "key_result_id"),
            Self::Objective => ("objective", "objective_id"),
            Self::Project => ("project", "project_id"),
        }
    }

    /// The columns that define it, by their names in its own table and in `definition`.
    pub(in crate::domain) const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::KeyResult => &[
                "state",
                "owner_id",
                "weight",
                "score",
                "kind",
                "progress_source",
                "start_value",
                "target_value",
                "current_value",
                "lower_bound",
                "upper_bound",
                "tolerance",
                "override_value",
                "override_sticky",
            ],
            Self::Objective => &["state", "owner_id", "weight", "score"],
            Self::Project => &["state", "owner_id"],
        }
    }
}

/// What a transaction defined anew.
#[derive(Debug, Default)]
pub(in crate::domain) struct DefinedAnew(BTreeMap<Defined, std::collections::BTreeSet<Uuid>>);

impl DefinedAnew {
    /// Takes in what an event tells: a definition changes where a column of it does.
    pub(in crate::domain) fn hear(&mut self, (kind, id): (SubjectKind, Uuid), news: &Map<String, Json>) {
        if let Some(what) = Defined::of(kind)
            && what.columns().iter().any(|column| news.contains_key(*column))
        {
            self.add(what, id);
        }
    }

    /// Takes in what no event tells.
    pub(in crate::domain) fn add(&mut self, what: Defined, id: Uuid) {
        self.0.entry(what).or_default().insert(id);
    }
}

impl Write {
    /// Keeps what was defined anew as it is now, right before the commit: two statements for each kind of
    /// thing, whatever their number.
    ///
    /// Writers that wait for each other each began at their own time, and the one that began first may come
    /// last: its definition is the later one all the same.
    pub(in crate::domain) async fn keep_definitions(&mut self) -> Result<()> {
        let defined = std::mem::take(&mut self.defined);
        let mut rows = Vec::new();
        for (what, ids) in defined.0 {
            let (table, key) = what.names();
            let ids: Vec<Uuid> = ids.into_iter().collect();
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&ids);
            let columns: Vec<String> = what.columns().iter().map(|column| format!("goal.{column}")).collect();
            let text = format!(
                "SELECT goal.id, (SELECT MAX(before.at) FROM definition AS before WHERE before.{key} = goal.id), \
                 {} FROM {table} AS goal WHERE goal.organization_id = {organization} AND goal.id IN {ids}",
                columns.join(", ")
            );
            let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
            for row in self.tx.all_raw(statement).await? {
                rows.push(self.definition(what, &row)?);
            }
        }
        self.insert_all::<definition::Entity>(rows).await
    }

    fn definition(&self, what: Defined, row: &QueryResult) -> Result<definition::ActiveModel> {
        let id: Uuid = row.try_get_by_index(0)?;
        let before: Option<Instant> = row.try_get_by_index(1)?;
        let at = before.map_or(self.now, |before| Ord::max(self.now, Instant(before.0.saturating_add(1))));
        let is = |other| (what == other).then_some(id);
        // Set in every row, so that all kinds fit into one statement.
        let mut model = definition::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            objective_id: Set(is(Defined::Objective)),
            key_result_id: Set(is(Defined::KeyResult)),
            project_id: Set(is(Defined::Project)),
            at: Set(at),
            state: Set(row.try_get_by_index(2)?),
            owner_id: Set(row.try_get_by_index(3)?),
            weight: Set(None),
            score: Set(None),
            kind: Set(None),
            progress_source: Set(None),
            start_value: Set(None),
            target_value: Set(None),
            current_value: Set(None),
            lower_bound: Set(None),
            upper_bound: Set(None),
            tolerance: Set(None),
            override_value: Set(None),
            override_sticky: Set(None),
            created_at: Set(self.now),
        };
        match what {
            Defined::Project => {}
            Defined::Objective => {
                model.weight = Set(row.try_get_by_index(4)?);
                model.score = Set(row.try_get_by_index(5)?);
            }
            Defined::KeyResult => {
                model.weight = Set(row.try_get_by_index(4)?);
                model.score = Set(row.try_get_by_index(5)?);
                model.kind = Set(row.try_get_by_index(6)?);
                model.progress_source = Set(row.try_get_by_index(7)?);
                model.start_value = Set(row.try_get_by_index(8)?);
                model.target_value = Set(row.try_get_by_index(9)?);
                model.current_value = Set(row.try_get_by_index(10)?);
                model.lower_bound = Set(row.try_get_by_index(11)?);
                model.upper_bound = Set(row.try_get_by_index(12)?);
                model.tolerance = Set(row.try_get_by_index(13)?);
                model.override_value = Set(row.try_get_by_index(14)?);
                model.override_sticky = Set(row.try_get_by_index(15)?);
            }
        }
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_of_a_definition() {
        let news = |name: &str| Map::from_iter([(name.to_owned(), Json::Null)]);
        for (kind, column, found) in [
            (SubjectKind::KeyResult, "target_value", Some(Defined::KeyResult)),
            (SubjectKind::KeyResult, "override_value", Some(Defined::KeyResult)),
            (SubjectKind::KeyResult, "progress", None),
            (SubjectKind::KeyResult, "title", None),
            (SubjectKind::Objective, "weight", Some(Defined::Objective)),
            (SubjectKind::Objective, "target_value", None),
            (SubjectKind::Project, "state", Some(Defined::Project)),
            (SubjectKind::Project, "weight", None),
            (SubjectKind::Task, "state", None),
            (SubjectKind::AlignmentLink, "weight", None),
        ] {
            let mut anew = DefinedAnew::default();
            anew.hear((kind, Uuid::from_u128(1)), &news(column));
            let heard = anew.0.keys().next().copied();
            assert_eq!(heard, found, "{kind:?} {column}");
        }
    }
}
