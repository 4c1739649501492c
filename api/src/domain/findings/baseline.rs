//! What both ends of a link were when somebody last stood by it: what `LINK_REVIEW` compares with.
//!
//! It is taken in the transaction that makes, revives or confirms a link, and when its review is resolved. A link
//! without one (of a first import, or of before there were any) gets it when it is looked at for the first time.

use std::collections::BTreeSet;

use sea_orm::Statement;
use uuid::Uuid;

use crate::domain::{bulk::Binds, error::Result, write::Write};

/// The facts, over `link`, its key result `part`, its objective `goal` and its `project`. A key result has the
/// owner of its objective where it has none of its own, and is no more open than that.
pub(super) const FACTS: &str = "project.counted_leaves, \
    CASE WHEN goal.state IN ('CLOSED', 'CANCELLED') THEN goal.state ELSE COALESCE(part.state, goal.state) END, \
    COALESCE(part.owner_id, goal.owner_id), part.kind, part.target_value, part.lower_bound, part.upper_bound";

/// The tables that [`FACTS`] asks for.
pub(super) const ENDS: &str = "alignment_link AS link \
    LEFT JOIN key_result AS part ON part.id = link.key_result_id \
    JOIN objective AS goal ON goal.id = COALESCE(link.objective_id, part.objective_id) \
    LEFT JOIN project ON project.id = link.project_id";

/// The columns of a baseline that hold them.
const COLUMNS: [&str; 7] = [
    "counted_leaves",
    "goal_state",
    "goal_owner_id",
    "goal_kind",
    "target_value",
    "lower_bound",
    "upper_bound",
];

impl Write {
    /// Takes the baselines of the links that somebody stood by in this transaction, right before the commit: the
    /// numbers were rolled up.
    pub(in crate::domain) async fn keep_baselines(&mut self) -> Result<()> {
        let links: BTreeSet<Uuid> = std::mem::take(&mut self.look_again.stood_by);
        let links: Vec<Uuid> = links.into_iter().collect();
        self.take_baselines(&links, true).await
    }

    /// Keeps the aims of key results as they are now, for links to some that had none when somebody stood by them.
    pub(super) async fn keep_aims(&self, links: &[Uuid]) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let now = |column: &str| {
            format!(
                "(SELECT part.{column} FROM alignment_link AS link JOIN key_result AS part \
                 ON part.id = link.key_result_id WHERE link.id = link_baseline.id)"
            )
        };
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(links);
        let text = format!(
            "UPDATE link_baseline SET goal_kind = {}, target_value = {}, lower_bound = {}, upper_bound = {} \
             WHERE NOT (organization_id <> {organization}) AND id IN {ids}",
            now("kind"),
            now("target_value"),
            now("lower_bound"),
            now("upper_bound"),
        );
        self.tx.execute(Statement::from_sql_and_values(self.tx.backend(), text, binds.values)).await?;
        Ok(())
    }

    /// Takes the baselines of links as they are now, those that are there anew where that is said.
    pub(super) async fn take_baselines(&self, links: &[Uuid], anew: bool) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let now = binds.push(self.now.0);
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(links);
        let conflict = if anew {
            let sets: Vec<String> =
                COLUMNS.iter().map(|column| format!("{column} = excluded.{column}")).collect();
            format!("DO UPDATE SET {}, created_at = excluded.created_at", sets.join(", "))
        } else {
            "DO NOTHING".to_owned()
        };
        let missing = if anew {
            ""
        } else {
            " AND NOT EXISTS (SELECT 1 FROM link_baseline AS before WHERE before.id = link.id)"
        };
        let text = format!(
            "INSERT INTO link_baseline (id, organization_id, created_at, {}) \
             SELECT link.id, link.organization_id, CAST({now} AS BIGINT), {FACTS} FROM {ENDS} \
             WHERE NOT (link.organization_id <> {organization}) AND link.id IN {ids} AND link.state <> 'RETIRED'{missing} \
             ON CONFLICT (id) {conflict}",
            COLUMNS.join(", ")
        );
        self.tx.execute(Statement::from_sql_and_values(self.tx.backend(), text, binds.values)).await?;
        Ok(())
    }
}
