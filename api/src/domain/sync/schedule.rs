//! When integrations are synced by themselves.

use entity::{Instant, SyncTrigger};
use sea_orm::sea_query::{Alias, Condition, Expr};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use entity::integration;
use sea_orm::sea_query::ExprTrait as _;

use super::{connect::USUAL_MINUTES, run::is_synced};
use crate::domain::{
    access::viewer::Actor,
    error::Result,
    installation::Installation,
    write::{Command, Write},
};

/// Everything is read to its end at least so often, in seconds: once a day.
const FULL_EVERY: i64 = 86_400;
/// Integrations that are asked for at once.
const AT_ONCE: u64 = 100;

impl Installation {
    /// Asks for the runs whose time has come, and ends those that nobody works at any more; gives how many it
    /// asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_for_syncs(&self) -> Result<usize> {
        self.end_abandoned_runs().await?;
        let mut binds = self.binds();
        let now = binds.push(self.clock.now().0);
        let text = format!(
            "SELECT organization_id, id FROM integration WHERE next_sync_at <= {now} ORDER BY next_sync_at, id \
             LIMIT {AT_ONCE}"
        );
        let due: Vec<(Uuid, Uuid)> = self
            .rows(&text, binds)
            .await?
            .iter()
            .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
            .collect::<Result<_>>()?;
        for (organization, integration) in &due {
            let why = "the schedule asks for everybody";
            let scope = self.system(*organization, Actor::Integration(*integration), why).await?;
            scope.for_job().run(&Ask { integration: *integration }).await?;
        }
        Ok(due.len())
    }
}

struct Ask {
    integration: Uuid,
}

impl Command for Ask {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("integration"), Alias::new(name)));
        let mut select = write.whole::<integration::Entity>("integration");
        select.and_where(of("id").eq(self.integration));
        write.locked(&mut select, "integration");
        let Some(row) = write.read_models::<integration::Entity>(&select).await?.pop() else { return Ok(()) };
        // Another node was here before.
        if row.next_sync_at.is_none_or(|at| at > write.now) {
            return Ok(());
        }
        let is_synced = is_synced(row.state) && row.credential.is_some();
        let next = next_after(&row.settings, write.now).filter(|_| is_synced);
        let this = Condition::all().add(of("id").eq(row.id));
        write.set_where("integration", vec![("next_sync_at", next.map(|at| at.0).into())], this).await?;
        if is_synced {
            let is_old = row.swept_at.is_none_or(|at| at.plus_seconds(FULL_EVERY) <= write.now);
            write.begin_sync(row.id, SyncTrigger::Schedule, is_old).await?;
        }
        Ok(())
    }
}

/// When an integration with these settings is synced next, after this time; never where it has no schedule.
fn next_after(settings: &str, now: Instant) -> Option<Instant> {
    let settings: Map<String, Json> = serde_json::from_str(settings).unwrap_or_default();
    let minutes = settings.get("minutes").and_then(Json::as_i64).unwrap_or(i64::from(USUAL_MINUTES));
    (minutes > 0).then(|| now.plus_seconds(minutes * 60))
}
