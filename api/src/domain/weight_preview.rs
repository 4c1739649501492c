//! What another weight would do, before it is saved: the numbers up the tree, before and after.
//!
//! Computed from the inputs that are stored beside each number, by the formulas that compute the numbers
//! themselves. The tree is read whoever asks, for the numbers must hold; what the viewer may not see of it is
//! redacted where it is shown. One of the few files with statements of their own; each takes the organization.

use sea_orm::Statement;
use uuid::Uuid;

use super::{
    access::Scope,
    bulk::Binds,
    error::{DomainError, Result},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    progress::{Input, InputKind, OutReason, inputs_from_json, objective_progress, weighted_mean},
};

/// Objectives above each other that are looked at.
const LEVELS: usize = 50;

/// Whose weight would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighed {
    /// That of a key result, in its objective.
    KeyResult(Uuid),
    /// That of an objective, in the one above it.
    Objective(Uuid),
}

/// A part of an objective with its share before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewPart {
    /// The part as it would enter.
    pub input: Input,
    /// Its share of all that counts before, 0–1.
    pub share_before: f64,
    /// Its share after, 0–1.
    pub share_after: f64,
}

/// An objective with its progress before and after.
#[derive(Clone, Debug, PartialEq)]
pub struct PreviewStep {
    /// The objective.
    pub objective: Uuid,
    /// Its progress as it is, 0–1; null when nothing counts.
    pub before: Option<f64>,
    /// Its progress as it would be.
    pub after: Option<f64>,
    /// Its parts.
    pub parts: Vec<PreviewPart>,
}

/// Parts that are not shown one by one, as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreviewRest {
    /// How many they are.
    pub count: usize,
    /// Sum of the weights of those that would count.
    pub weight: f64,
    /// Their weighted mean as they would enter; null when none would count.
    pub value: Option<f64>,
    /// Their share of all that counts before, 0–1.
    pub share_before: f64,
    /// Their share after, 0–1.
    pub share_after: f64,
}

impl PreviewStep {
    /// The `most` parts whose shares change or weigh most, in their order, and all others as one; null when there
    /// are no others. The shares of both still add up to 1.
    #[must_use]
    pub fn shown(&self, most: usize) -> (Vec<&PreviewPart>, Option<PreviewRest>) {
        if self.parts.len() <= most {
            return (self.parts.iter().collect(), None);
        }
        let mut places: Vec<(usize, &PreviewPart)> = self.parts.iter().enumerate().collect();
        let moves = |part: &PreviewPart| (part.share_after - part.share_before).abs();
        places.sort_by(|(_, one), (_, other)| {
            let share = |part: &PreviewPart| part.share_before.max(part.share_after);
            moves(other).total_cmp(&moves(one)).then(share(other).total_cmp(&share(one)))
        });
        let rest = places.split_off(most);
        places.sort_unstable_by_key(|(at, _)| *at);
        let terms = || rest.iter().filter_map(|(_, part)| part.input.term());
        let others = PreviewRest {
            count: rest.len(),
            weight: terms().map(|(weight, _)| weight).sum(),
            value: weighted_mean(terms()),
            share_before: rest.iter().map(|(_, part)| part.share_before).sum(),
            share_after: rest.iter().map(|(_, part)| part.share_after).sum(),
        };
        (places.into_iter().map(|(_, part)| part).collect(), Some(others))
    }
}

/// What another weight would do.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightPreview {
    /// The weight as it is.
    pub before: f64,
    /// The weight as it would be.
    pub after: f64,
    /// The objectives above, the nearest first, as far up as it is counted.
    pub steps: Vec<PreviewStep>,
}

struct Above {
    objective: Uuid,
    inputs: Vec<Input>,
}

impl Scope {
    /// What another weight of a goal would do; null when the goal does not exist or may not be seen.
    ///
    /// # Errors
    /// When the weight is out of range or the database fails.
    pub async fn weight_preview(&self, of: Weighed, weight: f64) -> Result<Option<WeightPreview>> {
        if !(0.0..=1_000_000.0).contains(&weight) {
            return Err(DomainError::BadInput("a weight lies between 0 and 1000000".to_owned()));
        }
        let (before, part, above) = match of {
            Weighed::KeyResult(id) => match self.by_ids::<KeyResultRow>(&[id]).await?.remove(&id) {
                Some(row) => (row.weight, (InputKind::KeyResult, id), Some(row.objective_id)),
                None => return Ok(None),
            },
            Weighed::Objective(id) => match self.by_ids::<ObjectiveRow>(&[id]).await?.remove(&id) {
                Some(row) => (row.weight, (InputKind::Objective, id), row.parent_id),
                None => return Ok(None),
            },
        };
        let levels = match above {
            Some(above) => self.objectives_above(above).await?,
            None => Vec::new(),
        };
        Ok(Some(WeightPreview { before, after: weight, steps: steps(levels, part, weight) }))
    }

    /// The objective and those above it, the nearest first.
    async fn objectives_above(&self, first: Uuid) -> Result<Vec<Above>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let one = binds.push(self.viewer().organization_id);
        let id = binds.push(first);
        let two = binds.push(self.viewer().organization_id);
        let three = binds.push(self.viewer().organization_id);
        let text = format!(
            "WITH RECURSIVE above (id, parent_id, depth) AS ( \
             SELECT id, parent_id, 0 FROM objective WHERE organization_id = {one} AND id = {id} \
             UNION ALL SELECT o.id, o.parent_id, above.depth + 1 FROM objective AS o \
             JOIN above ON o.id = above.parent_id WHERE o.organization_id = {two} AND above.depth < {LEVELS}) \
             SELECT o.id, o.progress_inputs FROM above JOIN objective AS o ON o.id = above.id \
             WHERE o.organization_id = {three} ORDER BY above.depth"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let mut levels = Vec::new();
        for row in self.db.all_raw(statement).await? {
            let text: String = row.try_get_by_index(1)?;
            let inputs = inputs_from_json(&text).map_err(|error| DomainError::Internal(error.to_string()))?;
            levels.push(Above { objective: row.try_get_by_index(0)?, inputs });
        }
        Ok(levels)
    }
}

/// Goes up as long as the part below is one of the parts above.
fn steps(levels: Vec<Above>, part: (InputKind, Uuid), weight: f64) -> Vec<PreviewStep> {
    let mut steps: Vec<PreviewStep> = Vec::new();
    let mut part = part;
    for level in levels {
        let Some(place) = level.inputs.iter().position(|input| (input.kind, input.id) == part) else { break };
        let mut inputs = level.inputs.clone();
        if let Some(input) = inputs.get_mut(place) {
            match steps.last() {
                None => input.weight = weight,
                Some(below) => set_value(input, below.after),
            }
        }
        let parts = inputs
            .iter()
            .zip(&level.inputs)
            .map(|(after, before)| PreviewPart {
                input: *after,
                share_before: share(before, &level.inputs),
                share_after: share(after, &inputs),
            })
            .collect();
        steps.push(PreviewStep {
            objective: level.objective,
            before: objective_progress(&level.inputs),
            after: objective_progress(&inputs),
            parts,
        });
        part = (InputKind::Objective, level.objective);
    }
    steps
}

/// A part with another value: one that has none is out for that reason, unless it is out for another.
fn set_value(input: &mut Input, value: Option<f64>) {
    input.value = value;
    input.out = match input.out {
        None | Some(OutReason::NoValue) => value.is_none().then_some(OutReason::NoValue),
        Some(other) => Some(other),
    };
}

fn share(input: &Input, all: &[Input]) -> f64 {
    let weights = all.iter().filter_map(Input::term).map(|(weight, _)| weight);
    // Divided by the greatest first, as in the mean, so that no sum overflows.
    let greatest = weights.clone().fold(0.0, f64::max);
    match input.term() {
        Some((weight, _)) if greatest > 0.0 => {
            let total: f64 = weights.map(|weight| weight / greatest).sum();
            super::progress::round9(weight / greatest / total)
        }
        Some(_) | None => 0.0,
    }
}

#[cfg(test)]
mod tests;
