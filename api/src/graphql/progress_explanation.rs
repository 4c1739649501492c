//! `progressExplanation`: the tree behind a number.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Enum, Object, Union, dataloader::Loader};
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared, page_limits},
    error::SharedError,
    input::number,
    key_result::KeyResult,
    list::List,
    loaders::Loaders,
    node::by_key,
    objective::Objective,
    project::Project,
    scalars::DateTime,
    task::Task,
};
use crate::domain::{
    error::DomainError,
    progress::{self, Explanation, Rest},
};

/// What brings a part of a number.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum ProgressPartKind {
    /// An objective.
    Objective,
    /// A key result.
    KeyResult,
    /// A project.
    Project,
    /// A task.
    Task,
    /// All further parts as one.
    Others,
}

impl From<progress::InputKind> for ProgressPartKind {
    fn from(kind: progress::InputKind) -> Self {
        match kind {
            progress::InputKind::Objective => Self::Objective,
            progress::InputKind::KeyResult => Self::KeyResult,
            progress::InputKind::Project => Self::Project,
            progress::InputKind::Task => Self::Task,
        }
    }
}

/// Where a value in an explanation comes from.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum ProgressValueSource {
    /// A check-in.
    CheckIn,
    /// The completion of linked work.
    Work,
    /// A value that a tool recorded.
    External,
    /// A person's override.
    Override,
    /// The parts of an objective.
    RollUp,
    /// The tasks of a project, or the status of a task.
    Completion,
}

impl From<progress::ValueSource> for ProgressValueSource {
    fn from(source: progress::ValueSource) -> Self {
        match source {
            progress::ValueSource::CheckIn => Self::CheckIn,
            progress::ValueSource::Work => Self::Work,
            progress::ValueSource::External => Self::External,
            progress::ValueSource::Override => Self::Override,
            progress::ValueSource::RollUp => Self::RollUp,
            progress::ValueSource::Completion => Self::Completion,
        }
    }
}

/// Why a part is not counted.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum ProgressOutReason {
    /// It is archived.
    Archived,
    /// It was given up.
    Cancelled,
    /// It is a proposal that nobody has published.
    Draft,
    /// It is still being measured for the first time.
    Baseline,
    /// It has no value yet.
    NoValue,
    /// Its link says that it supports the goal without counting.
    Supports,
    /// Its link waits for a person to confirm it.
    Unconfirmed,
    /// Its link was retired.
    Retired,
}

impl From<progress::OutReason> for ProgressOutReason {
    fn from(reason: progress::OutReason) -> Self {
        match reason {
            progress::OutReason::Archived => Self::Archived,
            progress::OutReason::Cancelled => Self::Cancelled,
            progress::OutReason::Draft => Self::Draft,
            progress::OutReason::Baseline => Self::Baseline,
            progress::OutReason::NoValue => Self::NoValue,
            progress::OutReason::Supports => Self::Supports,
            progress::OutReason::Unconfirmed => Self::Unconfirmed,
            progress::OutReason::Retired => Self::Retired,
        }
    }
}

/// What a part of a number is.
#[derive(Union, Debug)]
pub enum ProgressSubject {
    /// An objective.
    Objective(Objective),
    /// A key result.
    KeyResult(KeyResult),
    /// A project.
    Project(Project),
    /// A task.
    Task(Task),
}

impl ProgressSubject {
    fn code(&self) -> Option<String> {
        match self {
            Self::Objective(objective) => Some(objective.0.code.clone()),
            Self::KeyResult(key_result) => Some(key_result.0.code.clone()),
            Self::Project(_) | Self::Task(_) => None,
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Objective(objective) => objective.0.title.clone(),
            Self::KeyResult(key_result) => key_result.0.title.clone(),
            Self::Project(project) => project.0.title.clone(),
            Self::Task(task) => task.0.title.clone(),
        }
    }
}

/// A node of the tree behind a number: what brings it, and how much of it. The contributions of the
/// leaves add up to the number at the root. Where the viewer may not see what it is, the numbers stand
/// without a name and nothing below them is shown.
#[derive(Clone, Debug)]
pub struct ProgressExplanation {
    tree: Arc<Explanation>,
    /// Places of the children on the way from the root to this node.
    path: Vec<usize>,
    /// The parts of that node that are told as one, where it is they that are meant.
    rest: Option<Rest>,
}

/// Parts that are shown one by one, when nothing else is said.
pub const PARTS_DEFAULT: usize = 20;

/// How many parts are shown one by one: as many as a page may have at most.
pub(super) fn parts_asked(ctx: &Context<'_>, first: Option<i32>) -> async_graphql::Result<usize> {
    let Some(first) = first else { return Ok(PARTS_DEFAULT) };
    let limits = page_limits(ctx).map_err(|error| fail(ctx, &error))?;
    let asked = u32::try_from(first).ok().filter(|asked| *asked <= limits.max);
    let asked = asked.and_then(|asked| usize::try_from(asked).ok());
    asked.ok_or_else(|| {
        let message = format!("first lies between 0 and {}", limits.max);
        fail(ctx, &DomainError::BadInput(message))
    })
}

impl ProgressExplanation {
    fn new(tree: Arc<Explanation>) -> Self {
        Self { tree, path: Vec::new(), rest: None }
    }

    fn node(&self) -> &Explanation {
        self.path.iter().fold(&*self.tree, |node, place| node.children.get(*place).unwrap_or(node))
    }

    async fn seen(&self, ctx: &Context<'_>) -> Nullable<ProgressSubject> {
        if self.rest.is_some() {
            return None;
        }
        let node = self.node();
        subject(ctx, node.kind, node.id).await
    }
}

/// What a part of a number is, as far as the viewer sees it.
pub(super) async fn subject(
    ctx: &Context<'_>,
    kind: progress::InputKind,
    id: Uuid,
) -> Nullable<ProgressSubject> {
    match kind {
        progress::InputKind::Objective => {
            by_key(ctx, id).await.map(|row| row.map(ProgressSubject::Objective))
        }
        progress::InputKind::KeyResult => {
            by_key(ctx, id).await.map(|row| row.map(ProgressSubject::KeyResult))
        }
        progress::InputKind::Project => by_key(ctx, id).await.map(|row| row.map(ProgressSubject::Project)),
        progress::InputKind::Task => by_key(ctx, id).await.map(|row| row.map(ProgressSubject::Task)),
    }
}

/// A node of the tree behind a number: what brings it, and how much of it. The contributions of the
/// leaves add up to the number at the root. Where the viewer may not see what it is, the numbers stand
/// without a name and nothing below them is shown.
#[Object]
impl ProgressExplanation {
    /// What it is; null where the viewer may not see it, and for further parts told as one.
    async fn subject(&self, ctx: &Context<'_>) -> Nullable<ProgressSubject> {
        self.seen(ctx).await
    }

    /// Whether the viewer may not see what it is; never so for further parts told as one, which have no name.
    async fn redacted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        Ok(self.rest.is_none() && self.seen(ctx).await.transpose()?.is_none())
    }

    /// Code of the goal; null for work, and where the viewer may not see it.
    async fn code(&self, ctx: &Context<'_>) -> Nullable<String> {
        match self.seen(ctx).await? {
            Ok(subject) => subject.code().map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    /// Title; null where the viewer may not see it.
    async fn title(&self, ctx: &Context<'_>) -> Nullable<String> {
        self.seen(ctx).await.map(|subject| subject.map(|subject| subject.title()))
    }

    /// What kind of thing it is; OTHERS for further parts told as one.
    async fn kind(&self) -> ProgressPartKind {
        if self.rest.is_some() { ProgressPartKind::Others } else { self.node().kind.into() }
    }

    /// How many parts it stands for: 1, more only for further parts told as one.
    async fn count(&self) -> i32 {
        self.rest.map_or(1, |rest| number(i64::try_from(rest.count).unwrap_or(i64::MAX)))
    }

    /// Its share in the node above, 0 or more; at the root the weight in its own parent. Of further parts the
    /// sum of those that count.
    async fn weight(&self) -> f64 {
        self.rest.map_or_else(|| self.node().weight, |rest| rest.weight)
    }

    /// Its progress or completion as it entered the node above, 0–1; null when it has none. Of further parts the
    /// weighted mean.
    async fn value(&self) -> Option<f64> {
        self.rest.map_or_else(|| self.node().value, |rest| rest.value)
    }

    /// How much of the root's number it brings, 0–1.
    async fn contribution(&self) -> f64 {
        self.rest.map_or_else(|| self.node().contribution, |rest| rest.contribution)
    }

    /// Where the value comes from.
    async fn source(&self) -> ProgressValueSource {
        self.node().source.into()
    }

    /// When the value was computed; null before it was.
    async fn as_of(&self) -> Option<DateTime> {
        self.node().as_of.map(DateTime::from)
    }

    /// Whether to take it with care: its link no longer fits, or its parts have moved on since.
    async fn stale(&self) -> bool {
        self.rest.map_or_else(|| self.node().stale, |rest| rest.stale)
    }

    /// Why it is not counted; null when it is, and for further parts told as one, of which some may be out.
    async fn out_reason(&self) -> Option<ProgressOutReason> {
        if self.rest.is_some() {
            return None;
        }
        self.node().out.map(Into::into)
    }

    /// Its parts, counted or not; empty where the value does not come from parts, where the viewer may
    /// not see what it is, and six objectives below the root. Those beyond `first` follow as one part of kind
    /// OTHERS, so that the contributions add up whatever is asked for.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Parts shown one by one, those that bring most: 0 to 200 unless the server is set otherwise, 20 when left out."
        )]
        first: Option<i32>,
    ) -> async_graphql::Result<List<ProgressExplanation>> {
        let most = parts_asked(ctx, first)?;
        if self.rest.is_some()
            || self.node().children.is_empty()
            || self.seen(ctx).await.transpose()?.is_none()
        {
            return Ok(List(Vec::new()));
        }
        let child = |place| {
            let mut path = self.path.clone();
            path.push(place);
            Self { tree: Arc::clone(&self.tree), path, rest: None }
        };
        let (places, rest) = self.node().parts(most);
        let mut parts: Vec<Self> = places.into_iter().map(child).collect();
        parts.extend(rest.map(|rest| Self { rest: Some(rest), ..self.clone() }));
        Ok(List(parts))
    }
}

/// The tree behind the progress of a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExplanationOf {
    /// Of an objective.
    Objective(Uuid),
    /// Of a key result.
    KeyResult(Uuid),
}

impl Loader<ExplanationOf> for Loaders {
    type Value = Arc<Explanation>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[ExplanationOf],
    ) -> Result<HashMap<ExplanationOf, Arc<Explanation>>, SharedError> {
        let (mut objectives, mut key_results) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                ExplanationOf::Objective(id) => objectives.push(*id),
                ExplanationOf::KeyResult(id) => key_results.push(*id),
            }
        }
        let found = self.scope().explanations(&objectives, &key_results).await?;
        let objectives = found.objectives.into_iter().map(|(id, tree)| (ExplanationOf::Objective(id), tree));
        let key_results =
            found.key_results.into_iter().map(|(id, tree)| (ExplanationOf::KeyResult(id), tree));
        Ok(objectives.chain(key_results).map(|(key, tree)| (key, Arc::new(tree))).collect())
    }
}

/// The tree behind the progress of a goal that the viewer has.
pub async fn explanation(ctx: &Context<'_>, of: ExplanationOf) -> Nullable<ProgressExplanation> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let loaded = loaders.load_one(of).await;
    nullable_shared(ctx, loaded.map(|tree| tree.map(ProgressExplanation::new)))
}

#[cfg(test)]
mod tests;
