//! Scores of key results, staged for the close of a cycle.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, dataloader::Loader};
use entity::{GoalState, SubjectKind};
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    enums::ScoreBand,
    error::{SharedError, UserError},
    key_result::KeyResult,
    loaders::Loaders,
    mutation::{Outcome, run},
    node::referred,
    person::Person,
    scalars::DateTime,
};
use crate::domain::{
    key_result::KeyResultRow,
    key_result_score::{self, KeyResultScoreRow, ScoreKeyResult},
};

/// The band of a score.
#[must_use]
pub fn band(score: Option<f64>) -> Option<ScoreBand> {
    score.map(|score| key_result_score::ScoreBand::of(score).into())
}

/// The score that was staged for a key result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScoreOf(pub Uuid);

impl Loader<ScoreOf> for Loaders {
    type Value = Arc<KeyResultScoreRow>;
    type Error = SharedError;

    async fn load(&self, keys: &[ScoreOf]) -> Result<HashMap<ScoreOf, Arc<KeyResultScoreRow>>, SharedError> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.scope().scores_of_key_results(&ids).await?;
        Ok(rows.into_iter().map(|row| (ScoreOf(row.key_result_id), row)).collect())
    }
}

/// How a key result is scored for the close of its cycle.
#[derive(Debug)]
pub struct KeyResultScoring {
    key_result: Arc<KeyResultRow>,
    staged: Option<Arc<KeyResultScoreRow>>,
}

impl KeyResultScoring {
    fn closed(&self) -> bool {
        self.key_result.state == GoalState::Closed
    }

    fn score_now(&self) -> Option<f64> {
        if self.closed() {
            return self.key_result.score;
        }
        let staged = self.staged.as_ref()?;
        staged.score.or(self.key_result.progress)
    }
}

/// How a key result is scored for the close of its cycle.
#[Object(serial)]
impl KeyResultScoring {
    /// The score that is suggested, 0–1: its progress, at the close once it is closed; null when that is not
    /// known.
    async fn suggested(&self) -> Option<f64> {
        self.key_result.progress
    }

    /// The score, 0–1: what the close would freeze now, or has frozen; null while nobody has scored it.
    async fn score(&self) -> Option<f64> {
        self.score_now()
    }

    /// What the score means; null without one.
    async fn band(&self) -> Option<ScoreBand> {
        band(self.score_now())
    }

    /// Why the score is not the suggested one, Markdown; null where it is.
    async fn note(&self) -> Option<&str> {
        self.staged.as_ref()?.note.as_deref()
    }

    /// When it was scored; null while nobody has.
    async fn scored_at(&self) -> Option<DateTime> {
        self.staged.as_ref().map(|staged| staged.scored_at.into())
    }

    /// Whether the close has frozen it.
    async fn frozen(&self) -> bool {
        self.closed()
    }

    /// Who scored, or closed the cycle with what was suggested; null while nobody has.
    async fn person(&self, ctx: &Context<'_>) -> Nullable<Person> {
        referred(ctx, self.staged.as_ref().and_then(|staged| staged.person_id)).await
    }
}

/// The scoring of a key result.
pub async fn scoring(ctx: &Context<'_>, key_result: &Arc<KeyResultRow>) -> Nullable<KeyResultScoring> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    let staged = loaders.load_one(ScoreOf(key_result.id)).await;
    let key_result = Arc::clone(key_result);
    nullable_shared(ctx, staged.map(|staged| Some(KeyResultScoring { key_result, staged })))
}

/// Input of `keyResultScore`.
#[derive(InputObject, Debug)]
pub struct KeyResultScoreInput {
    /// The key result: published, and not closed yet.
    pub key_result_id: ID,
    /// The version that the score was given on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// The score, 0–1; left out, it is the progress at the close.
    pub score: Option<f64>,
    /// Why, Markdown, at most 100,000 characters: needed where the score is not the progress. With a note the
    /// score stays what it is; without one it follows the progress until the close.
    pub note: Option<String>,
}

/// Answer of `keyResultScore`.
#[derive(SimpleObject, Debug)]
pub struct KeyResultScorePayload {
    /// The key result, with its scoring; null when nothing was written.
    pub key_result: Option<KeyResult>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<KeyResultRow>> for KeyResultScorePayload {
    fn from(outcome: Outcome<KeyResultRow>) -> Self {
        let (row, user_errors) = outcome.into_parts();
        Self { key_result: row.map(|row| KeyResult(Arc::new(row))), user_errors }
    }
}

/// Scoring of key results.
#[derive(Debug, Default)]
pub struct KeyResultScoreMutation;

#[Object]
impl KeyResultScoreMutation {
    /// Scores a key result for the close of its cycle, which freezes the score. Until then it may be scored
    /// anew. For its owner, managers of its team, and leaders.
    async fn key_result_score(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The score.")] input: KeyResultScoreInput,
    ) -> Nullable<KeyResultScorePayload> {
        run(ctx, |keys| {
            Ok(ScoreKeyResult {
                key_result: keys.target(&input.key_result_id, SubjectKind::KeyResult)?,
                expected_version: input.expected_version.map(i64::from),
                score: input.score,
                note: input.note,
            })
        })
        .await
    }
}
