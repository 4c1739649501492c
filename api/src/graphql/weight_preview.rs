//! `weightPreview`: what another weight would do, before it is saved.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable, scope},
    id::{NodeKind, key_of},
    input::number,
    list::List,
    node::by_key,
    objective::Objective,
    objective_check::objective_key,
    progress_explanation::{ProgressOutReason, ProgressPartKind, ProgressSubject, parts_asked, subject},
};
use crate::domain::{
    access::Scope,
    error::{DomainError, Result},
    weight_preview::{self, Weighed},
};

/// A part of an objective with its share before and after. Where the viewer may not see what it is, the numbers
/// stand without a name.
#[derive(Clone, Debug)]
pub enum WeightPreviewPart {
    /// One part.
    One(weight_preview::PreviewPart),
    /// All further parts as one.
    Others(weight_preview::PreviewRest),
}

impl WeightPreviewPart {
    async fn seen(&self, ctx: &Context<'_>) -> Nullable<ProgressSubject> {
        match self {
            Self::One(part) => subject(ctx, part.input.kind, part.input.id).await,
            Self::Others(_) => None,
        }
    }
}

/// A part of an objective with its share before and after. Where the viewer may not see what it is, the numbers
/// stand without a name.
#[Object]
impl WeightPreviewPart {
    /// What it is; null where the viewer may not see it, and for further parts told as one.
    async fn subject(&self, ctx: &Context<'_>) -> Nullable<ProgressSubject> {
        self.seen(ctx).await
    }

    /// Whether the viewer may not see what it is; never so for further parts told as one, which have no name.
    async fn redacted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        match self {
            Self::One(_) => Ok(self.seen(ctx).await.transpose()?.is_none()),
            Self::Others(_) => Ok(false),
        }
    }

    /// What kind of thing it is; OTHERS for further parts told as one.
    async fn kind(&self) -> ProgressPartKind {
        match self {
            Self::One(part) => part.input.kind.into(),
            Self::Others(_) => ProgressPartKind::Others,
        }
    }

    /// How many parts it stands for: 1, more only for further parts told as one.
    async fn count(&self) -> i32 {
        match self {
            Self::One(_) => 1,
            Self::Others(rest) => number(i64::try_from(rest.count).unwrap_or(i64::MAX)),
        }
    }

    /// Its weight as it would be, 0 or more. Of further parts the sum of those that would count.
    async fn weight(&self) -> f64 {
        match self {
            Self::One(part) => part.input.weight,
            Self::Others(rest) => rest.weight,
        }
    }

    /// Its progress or completion as it would enter, 0–1; null when it has none. Of further parts the weighted
    /// mean.
    async fn value(&self) -> Option<f64> {
        match self {
            Self::One(part) => part.input.value,
            Self::Others(rest) => rest.value,
        }
    }

    /// Its share of all that counts as it is, 0–1; 0 when it does not count.
    async fn share_before(&self) -> f64 {
        match self {
            Self::One(part) => part.share_before,
            Self::Others(rest) => rest.share_before,
        }
    }

    /// Its share of all that counts as it would be, 0–1; 0 when it would not count.
    async fn share_after(&self) -> f64 {
        match self {
            Self::One(part) => part.share_after,
            Self::Others(rest) => rest.share_after,
        }
    }

    /// Why it is not counted; null when it is, and for further parts told as one, of which some may be out.
    async fn out_reason(&self) -> Option<ProgressOutReason> {
        match self {
            Self::One(part) => part.input.out.map(Into::into),
            Self::Others(_) => None,
        }
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

    /// Its parts with their shares; empty where the viewer may not see the objective. Those beyond `first` follow
    /// as one part of kind OTHERS, so that the shares add up whatever is asked for.
    async fn parts(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Parts shown one by one, those whose shares change or weigh most: 0 to 200 unless the server is set otherwise, 20 when left out."
        )]
        first: Option<i32>,
    ) -> async_graphql::Result<List<WeightPreviewPart>> {
        let most = parts_asked(ctx, first)?;
        let seen: Nullable<Objective> = by_key(ctx, self.0.objective).await;
        if seen.transpose()?.is_none() {
            return Ok(List(Vec::new()));
        }
        let (shown, rest) = self.0.shown(most);
        let shown = shown.into_iter().cloned().map(WeightPreviewPart::One);
        Ok(List(shown.chain(rest.map(WeightPreviewPart::Others)).collect()))
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

async fn weighed(scope: &Scope, objective: Option<&ID>, key_result: Option<&ID>) -> Result<Option<Weighed>> {
    match (objective, key_result) {
        (Some(id), None) => Ok(objective_key(scope, id).await?.map(Weighed::Objective)),
        (None, Some(id)) if id.contains('-') => {
            Ok(scope.key_result_by_code(id).await?.map(|row| Weighed::KeyResult(row.id)))
        }
        (None, Some(id)) => {
            let key = key_of(id, NodeKind::Subject(SubjectKind::KeyResult))?;
            Ok(Some(Weighed::KeyResult(key)))
        }
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
        #[graphql(desc = "An objective by id or code, weighed in the one above it.")] objective_id: Option<
            ID,
        >,
        #[graphql(desc = "A key result by id or code, weighed in its objective.")] key_result_id: Option<ID>,
        #[graphql(desc = "The weight to try, 0 to 1000000.")] weight: f64,
    ) -> Nullable<WeightPreview> {
        let found = async {
            let scope = scope(ctx)?;
            match weighed(scope, objective_id.as_ref(), key_result_id.as_ref()).await? {
                Some(of) => scope.weight_preview(of, weight).await,
                None => Ok(None),
            }
        };
        nullable(ctx, found.await.map(|found| found.map(WeightPreview)))
    }
}
