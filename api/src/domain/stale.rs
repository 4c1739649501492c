//! When links go stale, and when they are good again.
//!
//! The state of a link that is not retired follows from facts, never from what was said before: see
//! `reasons`. Whoever changes a fact about a goal, an owner or a text settles the links in the same
//! transaction; what changes with the clock alone is found by a daily look, and movement of work that was
//! quiet by a look soon after: see [`look`]. So no reason hides another one: when the one that is shown goes,
//! the next that holds takes its place.

pub mod look;
mod reasons;

use std::collections::HashMap;

use entity::{EventKind, GoalState, Instant, LinkState, StaleReason};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::{
    access::scope::select_columns,
    alignment_link::{AlignmentLinkRow, LinkCause},
    error::Result,
    goal_lock::Ends,
    write::Write,
};

impl Write {
    /// What goals are, or where they stand, is not what it was: links to them go stale, or are good again.
    /// What happened to the goals must be written before this is asked.
    pub(in crate::domain) async fn goals_moved(&mut self, ends: &Ends) -> Result<()> {
        self.settle_at(ends).await?;
        self.follow_goals(ends).await
    }

    /// Tasks with links of their own to goals that are over, or go on again, take their projects' links or do
    /// no more. Tasks, projects and goals were locked in that order before: see [`Write::lock_around`].
    pub(in crate::domain) async fn follow_goals(&mut self, ends: &Ends) -> Result<()> {
        let tasks = self.tasks_linked_to(ends).await?;
        self.follow_inheritance(&tasks).await
    }

    /// Gives the links to these goals, or of these owners, the state that follows from what is written now;
    /// retired ones stay retired.
    pub(in crate::domain) async fn settle_at(&mut self, ends: &Ends) -> Result<()> {
        let links = self.links_at(ends, Condition::all().add(of("state").ne(LinkState::Retired))).await?;
        self.settle(links).await
    }

    /// Gives locked links the state that follows from what their goals, owners, evidence and work are now:
    /// stale for the first reason that holds, else active. A retired one lives again by it.
    pub(in crate::domain) async fn settle(&mut self, links: Vec<AlignmentLinkRow>) -> Result<()> {
        self.settle_as(links, |_, _| LinkCause::Deed).await
    }

    /// The same, with what brought a link from one reason to another.
    pub(in crate::domain) async fn settle_as(
        &mut self,
        links: Vec<AlignmentLinkRow>,
        cause: impl Fn(Option<StaleReason>, Option<StaleReason>) -> LinkCause + Send,
    ) -> Result<()> {
        let holding = self.stale_reasons(&links).await?;
        let mut alike: HashMap<(Option<StaleReason>, LinkCause), Vec<AlignmentLinkRow>> = HashMap::new();
        for link in links {
            let reason = holding.get(&link.id).copied();
            if (link.state, link.stale_reason) != (state_for(reason), reason) {
                alike.entry((reason, cause(link.stale_reason, reason))).or_default().push(link);
            }
        }
        for ((reason, cause), links) in alike {
            self.change_link_state_by(&links, (state_for(reason), reason), EventKind::Updated, cause).await?;
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

    /// Links by their keys, locked, whoever asks.
    pub(in crate::domain) async fn lock_links(&self, ids: &[Uuid]) -> Result<Vec<AlignmentLinkRow>> {
        self.links_at(&vec![("id", ids.to_vec())], Condition::all()).await
    }
}

/// The state of a link that is not retired.
pub(in crate::domain) fn state_for(reason: Option<StaleReason>) -> LinkState {
    if reason.is_some() { LinkState::Stale } else { LinkState::Active }
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
