//! Goals by the codes that texts name.

use std::collections::HashMap;

use entity::{StaleReason, SubjectKind};
use sea_orm::{QueryResult, Statement};
use uuid::Uuid;

use super::references::Found;
use crate::domain::{bulk::Binds, error::Result, stale::staleness, write::Write};

/// References that matched no goal when they were read.
const NO_GOAL: &str = "token.reason = 'NO_GOAL'";

/// The goal that a code leads to: an objective or a key result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) objective: Option<Uuid>,
    pub(super) key_result: Option<Uuid>,
    /// Why a link to it is stale from the start.
    pub(super) stale: Option<StaleReason>,
    /// Its code, where another goal's code led to it because that goal was carried over.
    pub(super) successor: Option<String>,
}

impl Target {
    /// Key of the goal.
    pub(super) fn id(&self) -> Option<Uuid> {
        self.key_result.or(self.objective)
    }
}

/// Which unresolved references are looked at again.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) enum Waiting {
    /// All that matched no goal when they were read.
    WithoutGoal,
    /// A part of those that have a goal by now.
    After {
        /// Those after this key.
        after: Option<Uuid>,
        /// So many at most.
        limit: usize,
        /// Whether those are left out that lay outside of the connection model.
        without_goal: bool,
    },
}

/// An unresolved reference that a goal has come for.
pub(in crate::domain) struct Resolved {
    pub(in crate::domain) id: Uuid,
    pub(super) project: Option<Uuid>,
    pub(super) task: Option<Uuid>,
    pub(super) found: Found,
}

impl Write {
    /// The goals of these codes. A code whose goal is over leads to the successor, where there is one.
    pub(super) async fn goals_by_code(&self, codes: &[String]) -> Result<HashMap<String, Target>> {
        let mut targets: HashMap<String, Target> = HashMap::new();
        if codes.is_empty() {
            return Ok(targets);
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let list = binds.texts(codes);
        let text = format!(
            "SELECT code, COALESCE(key_result_id, objective_id) FROM code_alias \
             WHERE organization_id = {organization} AND code IN {list}"
        );
        let mut aliases: HashMap<Uuid, Vec<String>> = HashMap::new();
        for row in self.raw(text, binds).await? {
            aliases.entry(row.try_get_by_index(1)?).or_default().push(row.try_get_by_index(0)?);
        }
        let ids: Vec<Uuid> = aliases.keys().copied().collect();
        let mut found = self.goals_found(codes, &ids).await?;
        self.follow_successors(&mut found).await?;
        for (code, target) in found.values() {
            targets.insert(code.clone(), target.clone());
        }
        for (id, codes) in aliases {
            let Some((_, target)) = found.get(&id) else { continue };
            for code in codes {
                if targets.get(&code).is_none_or(|own| own.stale.is_some()) {
                    targets.insert(code, target.clone());
                }
            }
        }
        Ok(targets)
    }

    /// Goals with these codes or keys: each with its own code, by key.
    async fn goals_found(&self, codes: &[String], ids: &[Uuid]) -> Result<HashMap<Uuid, (String, Target)>> {
        let mut found: HashMap<Uuid, (String, Target)> = HashMap::new();
        for is_key_result in [true, false] {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let list = binds.texts(codes);
            let ids = binds.ids(ids);
            let (columns, from) = if is_key_result {
                (
                    "objective.state, objective.archived_at",
                    "key_result AS goal JOIN objective ON objective.id = goal.objective_id",
                )
            } else {
                ("goal.state, goal.archived_at", "objective AS goal")
            };
            let text = format!(
                "SELECT goal.code, goal.id, goal.state, goal.archived_at, {columns} FROM {from} \
                 WHERE goal.organization_id = {organization} AND (goal.code IN {list} OR goal.id IN {ids})"
            );
            for row in self.raw(text, binds).await? {
                let id: Uuid = row.try_get_by_index(1)?;
                let mut over = None;
                // The key result itself tells more than its objective.
                for at in [4, 2] {
                    let archived = row.try_get_by_index::<Option<i64>>(at + 1)?.is_some();
                    over = staleness(row.try_get_by_index(at)?, archived).or(over);
                }
                let target = Target {
                    objective: (!is_key_result).then_some(id),
                    key_result: is_key_result.then_some(id),
                    stale: over,
                    successor: None,
                };
                found.insert(id, (row.try_get_by_index(0)?, target));
            }
        }
        Ok(found)
    }

    /// The code of a goal that is over leads to the one that goes on in its place.
    async fn follow_successors(&self, found: &mut HashMap<Uuid, (String, Target)>) -> Result<()> {
        for kind in [SubjectKind::KeyResult, SubjectKind::Objective] {
            let over: Vec<Uuid> = found
                .iter()
                .filter(|(_, (_, target))| target.stale.is_some())
                .filter(|(_, (_, target))| target.key_result.is_some() == (kind == SubjectKind::KeyResult))
                .map(|(id, _)| *id)
                .collect();
            let successors = self.successors(kind, &over).await?;
            let ids: Vec<Uuid> = successors.values().copied().collect();
            if ids.is_empty() {
                continue;
            }
            let next = self.goals_found(&[], &ids).await?;
            for (id, successor) in successors {
                if let (Some((_, target)), Some((code, goes_on))) = (found.get_mut(&id), next.get(&successor))
                {
                    *target = Target { successor: Some(code.clone()), ..goes_on.clone() };
                }
            }
        }
        Ok(())
    }

    /// References that led nowhere when they were read, and have a goal now, in the order of their keys.
    pub(in crate::domain) async fn resolved_since(&self, waiting: Waiting) -> Result<Vec<Resolved>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let (which, limit) = match waiting {
            Waiting::WithoutGoal => (NO_GOAL.to_owned(), String::new()),
            Waiting::After { after, limit, without_goal } => {
                let after = binds.push(after.unwrap_or_default());
                let these = if without_goal { format!(" AND {NO_GOAL}") } else { String::new() };
                (format!("token.id > {after}{these}"), format!(" LIMIT {limit}"))
            }
        };
        let has = |table: &str| {
            format!(
                "EXISTS (SELECT 1 FROM {table} AS goal WHERE goal.code = token.code \
                 AND goal.organization_id = token.organization_id)"
            )
        };
        let text = format!(
            "SELECT token.id, token.project_id, token.task_id, token.code, token.field, token.text, \
             token.position FROM unresolved_token AS token \
             WHERE token.organization_id = {organization} AND token.resolved_at IS NULL \
             AND token.dismissed_at IS NULL AND {which} AND ({} OR {} OR {}) ORDER BY token.id{limit}",
            has("key_result"),
            has("objective"),
            has("code_alias"),
        );
        let read = |row: &QueryResult| {
            Ok(Resolved {
                id: row.try_get_by_index(0)?,
                project: row.try_get_by_index(1)?,
                task: row.try_get_by_index(2)?,
                found: Found {
                    code: row.try_get_by_index(3)?,
                    field: row.try_get_by_index(4)?,
                    text: row.try_get_by_index(5)?,
                    position: row.try_get_by_index(6)?,
                },
            })
        };
        self.raw(text, binds).await?.iter().map(read).collect()
    }

    /// Rows of a statement that is written by hand.
    pub(in crate::domain) async fn raw(&self, text: String, binds: Binds) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        Ok(self.tx.all_raw(statement).await?)
    }
}
