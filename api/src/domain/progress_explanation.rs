//! The trees behind progress, read from the inputs that are stored beside each number.
//!
//! One of the few files with statements of their own; each takes the organization. A batch of trees
//! costs one statement a level of objectives and one for all key results. The inputs are read whoever
//! asks: the tree must add up. What the viewer may not see of it is redacted where it is shown.

use std::collections::{BTreeSet, HashMap};

use entity::{Instant, ObjectiveSource, ProgressSource};
use sea_orm::{QueryResult, Statement};
use uuid::Uuid;

use super::{
    access::Scope,
    bulk::Binds,
    error::{DomainError, Result},
    progress::{
        Explanation, Head, Input, InputKind, ValueSource, explain_key_result, explain_objective,
        inputs_from_json,
    },
};

/// Levels of objectives that a tree goes down at most; what lies deeper is a leaf with its own number.
pub const LEVELS: usize = 6;

struct ObjectiveFacts {
    weight: f64,
    progress: Option<f64>,
    source: ObjectiveSource,
    as_of: Option<Instant>,
    inputs: Vec<Input>,
}

struct KeyResultFacts {
    weight: f64,
    progress: Option<f64>,
    source: ValueSource,
    as_of: Option<Instant>,
    inputs: Vec<Input>,
}

/// Trees by the key of their root.
#[derive(Debug, Default)]
pub(crate) struct Explanations {
    /// Of objectives.
    pub(crate) objectives: HashMap<Uuid, Explanation>,
    /// Of key results.
    pub(crate) key_results: HashMap<Uuid, Explanation>,
}

#[derive(Default)]
struct Facts {
    objectives: HashMap<Uuid, ObjectiveFacts>,
    key_results: HashMap<Uuid, KeyResultFacts>,
}

impl Scope {
    /// The trees behind the progress of goals that the viewer has been given already.
    pub(crate) async fn explanations(
        &self,
        objectives: &[Uuid],
        key_results: &[Uuid],
    ) -> Result<Explanations> {
        let mut facts = Facts::default();
        let mut level: BTreeSet<Uuid> = objectives.iter().copied().collect();
        let mut wanted: BTreeSet<Uuid> = key_results.iter().copied().collect();
        for _ in 0..LEVELS {
            level.retain(|id| !facts.objectives.contains_key(id));
            if level.is_empty() {
                break;
            }
            let mut below = BTreeSet::new();
            for (id, objective) in self.explained_objectives(&level).await? {
                let of = |kind| {
                    objective.inputs.iter().filter(move |input| input.kind == kind).map(|input| input.id)
                };
                below.extend(of(InputKind::Objective));
                wanted.extend(of(InputKind::KeyResult));
                facts.objectives.insert(id, objective);
            }
            level = below;
        }
        facts.key_results = self.explained_key_results(&wanted).await?;
        let objectives = objectives.iter().filter_map(|id| {
            let objective = facts.objectives.get(id)?;
            let root = root(InputKind::Objective, *id, objective.weight, objective.progress);
            Some((*id, facts.explain(root, None, LEVELS)))
        });
        let key_results = key_results.iter().filter_map(|id| {
            let key_result = facts.key_results.get(id)?;
            let root = root(InputKind::KeyResult, *id, key_result.weight, key_result.progress);
            Some((*id, facts.explain(root, None, LEVELS)))
        });
        Ok(Explanations { objectives: objectives.collect(), key_results: key_results.collect() })
    }

    async fn inputs_of(
        &self,
        table: &'static str,
        columns: &'static str,
        ids: &BTreeSet<Uuid>,
    ) -> Result<Vec<QueryResult>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT id, weight, progress, progress_at, progress_inputs, {columns} FROM {table} \
             WHERE organization_id = {organization} AND id IN {ids}"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        Ok(self.db.all_raw(statement).await?)
    }

    async fn explained_objectives(&self, ids: &BTreeSet<Uuid>) -> Result<Vec<(Uuid, ObjectiveFacts)>> {
        let read = |row: &QueryResult| {
            let facts = ObjectiveFacts {
                weight: row.try_get_by_index(1)?,
                progress: row.try_get_by_index(2)?,
                as_of: row.try_get_by_index(3)?,
                inputs: read_inputs(row)?,
                source: row.try_get_by_index(5)?,
            };
            Ok((row.try_get_by_index(0)?, facts))
        };
        self.inputs_of("objective", "progress_source", ids).await?.iter().map(read).collect()
    }

    async fn explained_key_results(&self, ids: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, KeyResultFacts>> {
        let read = |row: &QueryResult| {
            let source: ProgressSource = row.try_get_by_index(5)?;
            let overridden = row.try_get_by_index::<Option<f64>>(6)?.is_some();
            let facts = KeyResultFacts {
                weight: row.try_get_by_index(1)?,
                progress: row.try_get_by_index(2)?,
                as_of: row.try_get_by_index(3)?,
                inputs: read_inputs(row)?,
                source: ValueSource::of_key_result(source, overridden),
            };
            Ok((row.try_get_by_index(0)?, facts))
        };
        let columns = "progress_source, override_value";
        self.inputs_of("key_result", columns, ids).await?.iter().map(read).collect()
    }
}

fn read_inputs(row: &QueryResult) -> Result<Vec<Input>> {
    let text: String = row.try_get_by_index(4)?;
    inputs_from_json(&text).map_err(|error| DomainError::Internal(error.to_string()))
}

fn root(kind: InputKind, id: Uuid, weight: f64, value: Option<f64>) -> Input {
    Input { kind, id, weight, value, out: None, stale: false }
}

impl Facts {
    /// A part with the value that entered its parent; `as_of` of the parent stands in where the part
    /// has none of its own.
    fn explain(&self, input: Input, as_of: Option<Instant>, levels: usize) -> Explanation {
        let leaf = |source| Explanation::leaf(Head { input, source, as_of });
        match input.kind {
            InputKind::Project | InputKind::Task => leaf(ValueSource::Completion),
            InputKind::KeyResult => match self.key_results.get(&input.id) {
                None => leaf(ValueSource::CheckIn),
                Some(facts) => {
                    let head = Head { input, source: facts.source, as_of: facts.as_of };
                    explain_key_result(head, &facts.inputs)
                }
            },
            InputKind::Objective => match self.objectives.get(&input.id).filter(|_| levels > 0) {
                None => leaf(ValueSource::RollUp),
                Some(facts) => {
                    let head = Head { input, source: facts.source(), as_of: facts.as_of };
                    let parts = facts.inputs.iter();
                    let parts = parts.map(|part| self.explain(*part, facts.as_of, levels - 1)).collect();
                    explain_objective(head, parts)
                }
            },
        }
    }
}

impl ObjectiveFacts {
    fn source(&self) -> ValueSource {
        let own_work = self.inputs.iter().any(|input| match input.kind {
            InputKind::Project | InputKind::Task => true,
            InputKind::Objective | InputKind::KeyResult => false,
        });
        match self.source {
            ObjectiveSource::Work if own_work => ValueSource::Work,
            ObjectiveSource::Work | ObjectiveSource::KeyResults => ValueSource::RollUp,
        }
    }
}

#[cfg(test)]
mod tests;
