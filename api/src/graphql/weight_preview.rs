//! `weightPreview`: what another weight would do, before it is saved.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::{Nullable, nullable, scope},
    id::{NodeKind, key_of},
    list::List,
    node::by_key,
    objective::Objective,
    progress_explanation::{ProgressOutReason, ProgressPartKind, ProgressSubject, subject},
};
use crate::domain::{
    error::{DomainError, Result},
    weight_preview::{self, Weighed},
};

/// A part of an objective with its share before and after. Where the viewer may not see what it is, the numbers
/// stand without a name.
#[derive(Clone, Debug)]
pub struct WeightPreviewPart(weight_preview::PreviewPart);

/// A part of an objective with its share before and after. Where the viewer may not see what it is, the numbers
/// stand without a name.
#[Object]
impl WeightPreviewPart {
    /// What it is; null where the viewer may not see it.
    async fn subject(&self, ctx: &Context<'_>) -> Nullable<ProgressSubject> {
        subject(ctx, self.0.input.kind, self.0.input.id).await
    }

    /// Whether the viewer may not see what it is.
    async fn redacted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        Ok(subject(ctx, self.0.input.kind, self.0.input.id).await.transpose()?.is_none())
    }

    /// What kind of thing it is.
    async fn kind(&self) -> ProgressPartKind {
        self.0.input.kind.into()
    }

    /// Its weight as it would be, 0 or more.
    async fn weight(&self) -> f64 {
        self.0.input.weight
    }

    /// Its progress or completion as it would enter, 0–1; null when it has none.
    async fn value(&self) -> Option<f64> {
        self.0.input.value
    }

    /// Its share of all that counts as it is, 0–1; 0 when it does not count.
    async fn share_before(&self) -> f64 {
        self.0.share_before
    }

    /// Its share of all that counts as it would be, 0–1; 0 when it would not count.
    async fn share_after(&self) -> f64 {
        self.0.share_after
    }

    /// Why it is not counted; null when it is.
    async fn out_reason(&self) -> Option<ProgressOutReason> {
        self.0.input.out.map(Into::into)
    }
}

/// An objective with its progress before and after. Where the viewer may not see it, the numbers stand without a
/// name and its parts are not shown.
#[derive(Clone, Debug)]
pub struct WeightPreviewStep(weight_preview::PreviewStep);

/// An objective with its progress before and after. Where the viewer may not see it, the numbers stand without a
/// name and its parts are not shown.
#[Object]
impl WeightPreviewStep {
    /// The objective; null where the viewer may not see it.
    async fn objective(&self, ctx: &Context<'_>) -> Nullable<Objective> {
        by_key(ctx, self.0.objective).await
    }

    /// Whether the viewer may not see the objective.
    async fn redacted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        let seen: Nullable<Objective> = by_key(ctx, self.0.objective).await;
        Ok(seen.transpose()?.is_none())
    }

    /// Its progress as it is, 0–1; null when nothing counts.
    async fn before(&self) -> Option<f64> {
        self.0.before
    }

    /// Its progress as it would be, 0–1; null when nothing would count.
    async fn after(&self) -> Option<f64> {
        self.0.after
    }

    /// Its parts with their shares; empty where the viewer may not see the objective.
    async fn parts(&self, ctx: &Context<'_>) -> async_graphql::Result<List<WeightPreviewPart>> {
        let seen: Nullable<Objective> = by_key(ctx, self.0.objective).await;
        if seen.transpose()?.is_none() {
            return Ok(List(Vec::new()));
        }
        Ok(List(self.0.parts.iter().cloned().map(WeightPreviewPart).collect()))
    }
}

/// What another weight would do.
#[derive(Clone, Debug)]
pub struct WeightPreview(weight_preview::WeightPreview);

/// What another weight would do.
#[Object]
impl WeightPreview {
    /// The weight as it is.
    async fn weight_before(&self) -> f64 {
        self.0.before
    }

    /// The weight as it would be.
    async fn weight_after(&self) -> f64 {
        self.0.after
    }

    /// The objectives above, the nearest first, as far up as the goal is counted.
    async fn steps(&self) -> List<WeightPreviewStep> {
        List(self.0.steps.iter().cloned().map(WeightPreviewStep).collect())
    }
}

/// Previews of weights.
#[derive(Debug, Default)]
pub struct WeightPreviewQuery;

fn weighed(objective: Option<&ID>, key_result: Option<&ID>) -> Result<Weighed> {
    let key = |id: &ID, kind| -> Result<Uuid> { key_of(id, NodeKind::Subject(kind)) };
    match (objective, key_result) {
        (Some(id), None) => Ok(Weighed::Objective(key(id, SubjectKind::Objective)?)),
        (None, Some(id)) => Ok(Weighed::KeyResult(key(id, SubjectKind::KeyResult)?)),
        (Some(_), Some(_)) | (None, None) => {
            Err(DomainError::BadInput("give one of objectiveId and keyResultId".to_owned()))
        }
    }
}

#[Object]
impl WeightPreviewQuery {
    /// What another weight of a goal would do to the numbers above it; nothing is saved. Null when the goal does
    /// not exist or may not be seen.
    async fn weight_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An objective, weighed in the one above it.")] objective_id: Option<ID>,
        #[graphql(desc = "A key result, weighed in its objective.")] key_result_id: Option<ID>,
        #[graphql(desc = "The weight to try, 0 to 1000000.")] weight: f64,
    ) -> Nullable<WeightPreview> {
        let found = async {
            let of = weighed(objective_id.as_ref(), key_result_id.as_ref())?;
            scope(ctx)?.weight_preview(of, weight).await
        };
        nullable(ctx, found.await.map(|found| found.map(WeightPreview)))
    }
}
