//! Scores for the close of a cycle: suggested by progress, set by a person with a note, frozen by the close.

use std::sync::Arc;

use entity::{EventKind, GoalState, Instant, SubjectKind, key_result_score};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    access::{Action, Scope, scope::Listed},
    error::{DomainError, Result, UserError, UserErrorCode},
    events::NewEvent,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    progress::round9,
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Command, Write},
};

row! {
    /// The score that a person gave a key result for the close of its cycle.
    KeyResultScoreRow of key_result_score {
        /// Key.
        id: Uuid = Id,
        /// The key result.
        key_result_id: Uuid = KeyResultId,
        /// The score, 0–1; null takes the suggested one.
        score: Option<f64> = Score,
        /// Why it is not the suggested one.
        note: Option<String> = Note,
        /// Who scored.
        person_id: Option<Uuid> = PersonId,
        /// When it was scored.
        scored_at: Instant = ScoredAt,
        /// The progress at the close; null before.
        suggested: Option<f64> = Suggested,
        /// When the close froze it; null before.
        frozen_at: Option<Instant> = FrozenAt,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for KeyResultScoreRow {
    const TABLE: Table = Table::KeyResultScore;
    const ARCHIVABLE: bool = false;
}

/// What a score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreBand {
    /// Below 0.4.
    Missed,
    /// From 0.4, below 0.7.
    Partial,
    /// From 0.7.
    Delivered,
}

impl ScoreBand {
    /// The band of a score, 0–1.
    #[must_use]
    pub fn of(score: f64) -> Self {
        if score < 0.4 {
            Self::Missed
        } else if score < 0.7 {
            Self::Partial
        } else {
            Self::Delivered
        }
    }
}

/// Scores a key result for the close of its cycle. It may be scored anew until then.
#[derive(Clone, Debug)]
pub struct ScoreKeyResult {
    /// The key result.
    pub key_result: Uuid,
    /// The version that the score was given on.
    pub expected_version: Option<i64>,
    /// The score, 0–1; the progress at the close when left out.
    pub score: Option<f64>,
    /// Why it is not the suggested one.
    pub note: Option<String>,
}

impl Command for ScoreKeyResult {
    type Output = KeyResultRow;

    async fn run(&self, write: &mut Write) -> Result<KeyResultRow> {
        let row: KeyResultRow = write.lock(self.key_result).await?;
        let objective: ObjectiveRow = write.get(row.objective_id).await?.ok_or(DomainError::NotFound)?;
        // Whoever may say what the progress is may say what it was worth.
        write.viewer().permit_goal::<KeyResultRow>(
            Action::Confirm,
            row.goal(&objective),
            (row.id, row.version),
        )?;
        Write::expect_version(self.expected_version, row.version)?;
        refuse_unscorable(&row, &objective)?;
        let mut checks = Checks::default();
        let score = self.score.map(|score| checks.take(text::within("score", score, 0.0, 1.0)));
        let note = checks.take(text::description("note", self.note.as_deref()));
        if let Some(score) = score
            && note.is_none()
            && row.progress.map(round9) != Some(round9(score))
        {
            let suggested = row.progress.map_or_else(|| "unknown".to_owned(), |value| value.to_string());
            let message = format!("says why the score is not the progress, which is {suggested}");
            checks.refuse(UserError::at("note", UserErrorCode::Required, message));
        }
        if score.is_none() && row.progress.is_none() {
            let message = "cannot be taken from the progress, which is unknown: give one, with a note";
            checks.refuse(UserError::at("score", UserErrorCode::Required, message));
        }
        checks.end()?;
        // Without a note it follows the progress until the close.
        let score = score.filter(|_| note.is_some()).map(round9);
        let before = write.score_of(row.id).await?;
        if before.as_ref().is_some_and(|before| before.score == score && before.note == note) {
            return Ok(row);
        }
        write.put_score(&row, before.as_ref(), score, note.clone()).await?;
        // The score guards against lost updates by the version of its key result.
        write.bump_versions(KeyResultRow::TABLE.name(), &[row.id]).await?;
        let news = |score: Option<f64>, note: Option<&str>| {
            Map::from_iter([("scoring".to_owned(), json!({ "score": score, "note": note }))])
        };
        write.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::KeyResult, row.id),
            ancestors: objective.ancestors_of_member(),
            sight: objective.sight(),
            previous: Some(before.map_or_else(Map::new, |before| news(before.score, before.note.as_deref()))),
            current: news(score, note.as_deref()),
        });
        write.reread(row.id).await
    }
}

/// Only what is pursued is scored.
fn refuse_unscorable(row: &KeyResultRow, objective: &ObjectiveRow) -> Result<()> {
    let goals = [
        (&row.code, row.state, row.archived_at.is_some()),
        (&objective.code, objective.state, objective.archived_at.is_some()),
    ];
    for (code, state, is_archived) in goals {
        let why = match state {
            GoalState::Closed => "is closed, and its score is frozen",
            GoalState::Cancelled => "was given up and gets no score",
            GoalState::Draft => "is a proposal: publish it first",
            GoalState::Active if is_archived => "is archived and gets no score",
            GoalState::Active => continue,
        };
        return Err(DomainError::user("keyResultId", UserErrorCode::NotNow, format!("{code} {why}")));
    }
    Ok(())
}

impl Scope {
    /// The scores of key results, as far as the viewer sees them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn scores_of_key_results(&self, key_results: &[Uuid]) -> Result<Vec<Arc<KeyResultScoreRow>>> {
        self.by_keys("key_result_id", key_results).await
    }
}

impl Write {
    async fn score_of(&self, key_result: Uuid) -> Result<Option<KeyResultScoreRow>> {
        Ok(self.scores_of(&[key_result]).await?.pop())
    }

    /// The scores of locked key results, whoever asks.
    pub(in crate::domain) async fn scores_of(&self, key_results: &[Uuid]) -> Result<Vec<KeyResultScoreRow>> {
        if key_results.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = sea_orm::sea_query::Query::select();
        super::access::scope::select_columns::<KeyResultScoreRow>(&mut select);
        let table = KeyResultScoreRow::TABLE.name();
        select
            .from(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .and_where(self.among(table, "key_result_id", key_results));
        self.rows(&select).await
    }

    async fn put_score(
        &self,
        row: &KeyResultRow,
        before: Option<&KeyResultScoreRow>,
        score: Option<f64>,
        note: Option<String>,
    ) -> Result<()> {
        let person = Some(self.viewer().person_id).filter(|person| !person.is_nil());
        let Some(before) = before else {
            return self
                .insert::<key_result_score::Entity>(key_result_score::ActiveModel {
                    id: Set(self.new_id()),
                    organization_id: Set(self.viewer().organization_id),
                    key_result_id: Set(row.id),
                    score: Set(score),
                    note: Set(note),
                    person_id: Set(person),
                    scored_at: Set(self.now),
                    suggested: Set(None),
                    frozen_at: Set(None),
                    created_at: Set(self.now),
                })
                .await;
        };
        let table = KeyResultScoreRow::TABLE.name();
        let sets = vec![
            ("score", score.into()),
            ("note", note.into()),
            ("person_id", person.into()),
            ("scored_at", self.now.0.into()),
        ];
        let this = Condition::all().add(Expr::col((Alias::new(table), Alias::new("id"))).eq(before.id));
        self.set_where(table, sets, this).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_belongs_to_the_band_above() {
        for (score, band) in [
            (0.0, ScoreBand::Missed),
            (0.399_999_999, ScoreBand::Missed),
            (0.4, ScoreBand::Partial),
            (0.699_999_999, ScoreBand::Partial),
            (0.7, ScoreBand::Delivered),
            (1.0, ScoreBand::Delivered),
        ] {
            assert_eq!(ScoreBand::of(score), band, "{score}");
        }
    }
}
