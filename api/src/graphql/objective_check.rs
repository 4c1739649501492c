//! `objectiveCheck`: what the rules for good objectives say.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable, scope},
    id::{NodeKind, key_of},
    key_result::KeyResult,
    list::List,
    node::referred,
    objective::Objective,
};
use crate::domain::{
    objective::ObjectiveRow,
    objective_check::{CheckKind, CheckProblem},
};

/// What a rule for good objectives looks at.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum ObjectiveCheckRule {
    /// It has no key result, and does not go by its own work.
    NoKeyResult,
    /// It has more key results than the setting `maxKeyResults`.
    TooManyKeyResults,
    /// Nobody answers for it.
    NoOwner,
    /// The target of a key result is its start.
    TargetIsStart,
    /// A key result is worded like a task, in English: it says what is done, not what it changes.
    TaskWording,
}

impl From<CheckKind> for ObjectiveCheckRule {
    fn from(kind: CheckKind) -> Self {
        match kind {
            CheckKind::NoKeyResult => Self::NoKeyResult,
            CheckKind::TooManyKeyResults => Self::TooManyKeyResults,
            CheckKind::NoOwner => Self::NoOwner,
            CheckKind::TargetIsStart => Self::TargetIsStart,
            CheckKind::TaskWording => Self::TaskWording,
        }
    }
}

/// Something that a rule found.
#[derive(Clone, Debug)]
pub struct ObjectiveCheckProblem(CheckProblem);

/// Something that a rule found.
#[Object]
impl ObjectiveCheckProblem {
    /// The rule.
    async fn rule(&self) -> ObjectiveCheckRule {
        self.0.kind.into()
    }

    /// Whether it keeps the objective from being published, by the organization's settings; else it is advice.
    async fn blocks_publishing(&self) -> bool {
        self.0.blocks
    }

    /// What is wrong and what to do, as the end of a sentence that begins with the objective where no key
    /// result is named.
    async fn message(&self) -> &str {
        &self.0.message
    }

    /// The key result that it is about; null when it is about the objective itself.
    async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
        referred(ctx, self.0.key_result).await
    }
}

/// What the rules for good objectives say about one.
#[derive(Clone, Debug)]
pub struct ObjectiveCheck {
    objective: Arc<ObjectiveRow>,
    problems: Vec<CheckProblem>,
}

/// What the rules for good objectives say about one.
#[Object]
impl ObjectiveCheck {
    /// The objective.
    async fn objective(&self) -> Objective {
        Objective(Arc::clone(&self.objective))
    }

    /// What was found, in the order of the rules; empty when there is nothing to say.
    async fn problems(&self) -> List<ObjectiveCheckProblem> {
        List(self.problems.iter().cloned().map(ObjectiveCheckProblem).collect())
    }

    /// Whether any of it keeps the objective from being published.
    async fn blocks_publishing(&self) -> bool {
        self.problems.iter().any(|problem| problem.blocks)
    }
}

/// Checks of objectives.
#[derive(Debug, Default)]
pub struct ObjectiveCheckQuery;

#[Object]
impl ObjectiveCheckQuery {
    /// What the rules for good objectives say about one, before it is published or later; null when it does
    /// not exist or may not be seen. Which rules there are, and which block, is a setting.
    async fn objective_check(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of the objective.")] id: ID,
    ) -> Nullable<ObjectiveCheck> {
        let found = async {
            let key = key_of(&id, NodeKind::Subject(SubjectKind::Objective))?;
            scope(ctx)?.objective_check(key).await
        };
        nullable(
            ctx,
            found
                .await
                .map(|found| found.map(|(objective, problems)| ObjectiveCheck { objective, problems })),
        )
    }
}
