//! When links go stale for what happened to their goal or owner, and when they are good again.

use std::collections::{HashMap, HashSet};

use entity::{CycleState, EventKind, GoalState, Instant, LinkState, StaleReason};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::{
    access::scope::select_columns, alignment_link::AlignmentLinkRow, bulk::Binds, cycle::CycleRow,
    error::Result, goal_lock::Ends, key_result::KeyResultRow, objective::ObjectiveRow, person::PersonRow,
    write::Write,
};

impl Write {
    /// Links to goals that were archived go stale; those to goals taken out of the archive live again.
    pub(in crate::domain) async fn goal_archived(&mut self, ends: &Ends, archived: bool) -> Result<()> {
        if archived {
            self.mark_stale(ends, StaleReason::TargetArchived).await?;
        } else {
            self.unmark_stale(ends, StaleReason::TargetArchived).await?;
        }
        self.follow_goals(ends).await
    }

    /// What the state of a goal, or its place, says about links to it is not what it was: given up makes them
    /// stale, taken up again or moved out of what has ended makes them live.
    pub(in crate::domain) async fn goal_moved(&mut self, ends: &Ends, state: GoalState) -> Result<()> {
        match state {
            GoalState::Closed | GoalState::Cancelled => {
                self.mark_stale(ends, StaleReason::TargetClosed).await?;
            }
            GoalState::Draft | GoalState::Active => {
                self.unmark_stale(ends, StaleReason::TargetClosed).await?;
                self.unmark_stale(ends, StaleReason::CycleEnded).await?;
            }
        }
        self.follow_goals(ends).await
    }

    /// Tasks with links of their own to goals that are over, or go on again, take their projects' links or do
    /// no more. Tasks, projects and goals were locked in that order before: see [`Write::lock_around`].
    pub(in crate::domain) async fn follow_goals(&mut self, ends: &Ends) -> Result<()> {
        let tasks = self.tasks_linked_to(ends).await?;
        self.follow_inheritance(&tasks).await
    }

    /// Makes active links to these goals or of these owners stale for a reason.
    ///
    /// A link that is stale already keeps its reason. Intervals and events follow.
    pub(in crate::domain) async fn mark_stale(&mut self, ends: &Ends, reason: StaleReason) -> Result<()> {
        let active = Condition::all().add(of("state").eq(LinkState::Active));
        let links = self.links_at(ends, active).await?;
        self.change_link_state(&links, LinkState::Stale, Some(reason), EventKind::Updated).await
    }

    /// Takes a reason back from links to these goals or of these owners: those that are stale for it are
    /// active again, or stay stale for another reason that holds. What happened to goal and owner must be
    /// written before this is asked.
    pub(in crate::domain) async fn unmark_stale(&mut self, ends: &Ends, reason: StaleReason) -> Result<()> {
        let for_it =
            Condition::all().add(of("state").eq(LinkState::Stale)).add(of("stale_reason").eq(reason));
        let links = self.links_at(ends, for_it).await?;
        self.settle(links).await
    }

    /// Gives locked links the state that follows from what their goals, owners and evidence are now: stale for
    /// a reason that holds, else active.
    pub(in crate::domain) async fn settle(&mut self, links: Vec<AlignmentLinkRow>) -> Result<()> {
        let holding = self.stale_reasons(&links).await?;
        let mut by_reason: HashMap<Option<StaleReason>, Vec<AlignmentLinkRow>> = HashMap::new();
        for link in links {
            by_reason.entry(holding.get(&link.id).copied()).or_default().push(link);
        }
        for (reason, mut links) in by_reason {
            let state = if reason.is_some() { LinkState::Stale } else { LinkState::Active };
            links.retain(|link| (link.state, link.stale_reason) != (state, reason));
            self.change_link_state(&links, state, reason, EventKind::Updated).await?;
        }
        Ok(())
    }

    /// The links with one of these ends, locked; none when there are no ends.
    pub(in crate::domain) async fn links_at(
        &self,
        ends: &Ends,
        condition: Condition,
    ) -> Result<Vec<AlignmentLinkRow>> {
        let mut any = Condition::any();
        for (column, ids) in ends {
            if !ids.is_empty() {
                any = any.add(self.among("alignment_link", column, ids));
            }
        }
        if any.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = Query::select();
        select_columns::<AlignmentLinkRow>(&mut select);
        select
            .from(Alias::new("alignment_link"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .cond_where(any)
            .cond_where(condition);
        self.locked(&mut select, "alignment_link");
        self.rows(&select).await
    }

    /// The cycles of objectives that are closed.
    async fn ended_cycles(&self, objectives: &[ObjectiveRow]) -> Result<HashSet<Uuid>> {
        let cycles: HashSet<Uuid> = objectives.iter().filter_map(|row| row.cycle_id).collect();
        let cycles: Vec<Uuid> = cycles.into_iter().collect();
        let rows = self.everyones::<CycleRow>(&cycles).await?;
        Ok(rows.iter().filter(|row| row.state == CycleState::Closed).map(|row| row.id).collect())
    }

    /// Those of the links that had evidence of which none stands any more, and that nobody confirmed.
    async fn bare_links(&self, links: &[AlignmentLinkRow]) -> Result<HashSet<Uuid>> {
        let waiting = links.iter().filter(|link| link.confirmed_at.is_none()).map(|link| link.id);
        let waiting: Vec<Uuid> = waiting.collect();
        if waiting.is_empty() {
            return Ok(HashSet::new());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&waiting);
        let text = format!(
            "SELECT alignment_link_id FROM link_evidence \
             WHERE organization_id = {organization} AND alignment_link_id IN {ids} \
             GROUP BY alignment_link_id HAVING COUNT(*) = COUNT(removed_at)"
        );
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Why links are stale by what their goals, owners and evidence are now; those with no reason are left out.
    pub(in crate::domain) async fn stale_reasons(
        &self,
        links: &[AlignmentLinkRow],
    ) -> Result<HashMap<Uuid, StaleReason>> {
        let ids = |key: fn(&AlignmentLinkRow) -> Option<Uuid>| -> Vec<Uuid> {
            links.iter().filter_map(key).collect::<HashSet<_>>().into_iter().collect()
        };
        let key_results = self.everyones::<KeyResultRow>(&ids(|link| link.key_result_id)).await?;
        let mut objectives = ids(|link| link.objective_id);
        objectives.extend(key_results.iter().map(|row| row.objective_id));
        let objectives = self.everyones::<ObjectiveRow>(&objectives).await?;
        let ended = self.ended_cycles(&objectives).await?;
        let mut of_goals: HashMap<Uuid, Option<StaleReason>> = objectives
            .iter()
            .map(|row| {
                let over = row.cycle_id.is_some_and(|cycle| ended.contains(&cycle));
                let own = staleness(row.state, row.archived_at.is_some());
                (row.id, own.or(over.then_some(StaleReason::CycleEnded)))
            })
            .collect();
        for row in &key_results {
            let of_objective = of_goals.get(&row.objective_id).copied().flatten();
            let own = staleness(row.state, row.archived_at.is_some());
            of_goals.insert(row.id, own.or(of_objective));
        }
        let left: HashSet<Uuid> = (self.everyones::<PersonRow>(&ids(|link| link.owner_id)).await?.iter())
            .filter(|row| row.deactivated_at.is_some())
            .map(|row| row.id)
            .collect();
        let bare = self.bare_links(links).await?;
        Ok(links
            .iter()
            .filter_map(|link| {
                let goal = link.key_result_id.or(link.objective_id)?;
                let of_owner = link.owner_id.is_some_and(|owner| left.contains(&owner));
                let reason = of_goals.get(&goal).copied().flatten();
                let reason = reason.or(of_owner.then_some(StaleReason::OwnerLeft));
                let reason = reason.or(bare.contains(&link.id).then_some(StaleReason::TokenRemoved))?;
                Some((link.id, reason))
            })
            .collect())
    }
}

/// When a goal ended that has come into a state; null where it has not.
pub(in crate::domain) fn ended_at(state: GoalState, at: Instant) -> Option<Instant> {
    match state {
        GoalState::Closed | GoalState::Cancelled => Some(at),
        GoalState::Draft | GoalState::Active => None,
    }
}

/// Why links to a goal are stale by what the goal is; none where it is pursued.
pub(in crate::domain) fn staleness(state: GoalState, archived: bool) -> Option<StaleReason> {
    if archived {
        return Some(StaleReason::TargetArchived);
    }
    match state {
        GoalState::Closed | GoalState::Cancelled => Some(StaleReason::TargetClosed),
        GoalState::Draft | GoalState::Active => None,
    }
}

fn of(name: &'static str) -> Expr {
    Expr::col((Alias::new("alignment_link"), Alias::new(name)))
}

#[cfg(test)]
mod tests;
