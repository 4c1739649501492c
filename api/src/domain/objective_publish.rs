//! Publishing: a proposal becomes a goal that is pursued, with what was proposed under it.

use entity::GoalState;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::{
    access::scope::select_columns,
    error::{DomainError, Result},
    key_result::KeyResultRow,
    key_result_change::UpdateKeyResult,
    objective::{ObjectiveRow, UpdateObjective},
    write::{Command, Write},
};

/// Publishes an objective with its draft key results. What is published already stays as it is.
#[derive(Clone, Debug)]
pub struct PublishObjective {
    /// The objective.
    pub id: Uuid,
    /// The version that the decision was made on.
    pub expected_version: Option<i64>,
    /// Whether its draft key results are published with it.
    pub with_key_results: bool,
}

impl Command for PublishObjective {
    type Output = ObjectiveRow;

    async fn run(&self, write: &mut Write) -> Result<ObjectiveRow> {
        write.lock_organization().await?;
        write.get::<ObjectiveRow>(self.id).await?.ok_or(DomainError::NotFound)?;
        // Work before key results, and these before the objective, as every writer locks.
        write.lock_around_objective(self.id).await?;
        let drafts = if self.with_key_results { write.drafts_under(self.id).await? } else { Vec::new() };
        let publish = UpdateObjective {
            id: self.id,
            expected_version: self.expected_version,
            state: Some(GoalState::Active),
            ..UpdateObjective::default()
        };
        // First the key results, for the objective is held to the rules with those that are published.
        for draft in drafts {
            let publish = UpdateKeyResult {
                id: draft.id,
                state: Some(GoalState::Active),
                ..UpdateKeyResult::default()
            };
            publish.run(write).await?;
        }
        publish.run(write).await?;
        write.rolled_up(self.id).await
    }
}

impl Write {
    async fn drafts_under(&self, objective: Uuid) -> Result<Vec<KeyResultRow>> {
        let of = |name: &'static str| Expr::col((Alias::new("key_result"), Alias::new(name)));
        let mut select = Query::select();
        select_columns::<KeyResultRow>(&mut select);
        select
            .from(Alias::new("key_result"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("objective_id").eq(objective))
            .and_where(of("state").eq(GoalState::Draft))
            .and_where(of("archived_at").is_null());
        self.locked(&mut select, "key_result");
        self.rows(&select).await
    }
}
