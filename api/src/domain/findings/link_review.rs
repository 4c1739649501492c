//! `LINK_REVIEW`: one end of a link has changed since somebody last stood by it, and the owner of the other end
//! is asked to look at it again: the work's owner when the goal was closed or given up, or has another target,
//! direction or owner; the goal's owner when the work grew. Where both happened it is the work's owner's.
//!
//! What is still being planned does not change, it takes shape: the scope of a project that has not begun, and the
//! aim of a key result that had none. What they come to be is what later changes are held against. Where nothing is
//! left to be done with a link (`settled`), nobody is asked.

use entity::{Decimal, FindingKind, GoalState, KeyResultKind, Severity, SubjectKind};
use sea_orm::QueryResult;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::{
    Cause, Subjects, baseline, evidence,
    settled::{self, Tied},
};
use crate::domain::{bulk::Binds, error::Result, events::global_id, write::Write};

/// One state of both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ends {
    /// Leaf tasks of the project that are neither cancelled nor archived; null for a task.
    leaves: Option<i64>,
    state: GoalState,
    owner: Option<Uuid>,
    kind: Option<KeyResultKind>,
    target: Option<Decimal>,
    bounds: [Option<Decimal>; 2],
}

/// How many columns they are.
const WIDTH: usize = 7;

/// A link with both states of its ends.
struct Reviewed {
    tied: Tied,
    now: Ends,
    before: Ends,
    /// Who answers for the work and is still there.
    worker: Option<Uuid>,
}

impl Ends {
    fn read(row: &QueryResult, base: usize) -> Result<Self> {
        Ok(Self {
            leaves: row.try_get_by_index(base)?,
            state: row.try_get_by_index(base + 1)?,
            owner: row.try_get_by_index(base + 2)?,
            kind: row.try_get_by_index(base + 3)?,
            target: row.try_get_by_index(base + 4)?,
            bounds: [row.try_get_by_index(base + 5)?, row.try_get_by_index(base + 6)?],
        })
    }

    fn is_over(&self) -> bool {
        match self.state {
            GoalState::Closed | GoalState::Cancelled => true,
            GoalState::Draft | GoalState::Active => false,
        }
    }

    /// Whether there was an aim: before the first measurement there is none, and else it is steps that are done, a
    /// target or bounds.
    fn has_aim(&self) -> bool {
        match self.kind {
            Some(KeyResultKind::Baseline) => false,
            Some(KeyResultKind::Milestone) => true,
            Some(
                KeyResultKind::Increase
                | KeyResultKind::Decrease
                | KeyResultKind::MaintainAbove
                | KeyResultKind::MaintainBelow
                | KeyResultKind::MaintainWithin,
            )
            | None => self.target.is_some() || self.bounds.iter().any(Option::is_some),
        }
    }

    /// Whether a key result that had no aim has got one, or another way to it.
    fn has_taken_shape(&self, now: &Self) -> bool {
        !self.has_aim() && (self.kind, self.target, self.bounds) != (now.kind, now.target, now.bounds)
    }

    /// What about the goal is not what it was, by name, with the values before and after.
    fn changes_of_goal(&self, now: &Self) -> Vec<(&'static str, Json, Json)> {
        let mut changes = Vec::new();
        if now.is_over() && self.state != now.state {
            changes.push(("GOAL_CLOSED", json!(self.state), json!(now.state)));
        }
        let had_aim = self.has_aim();
        if had_aim && self.kind != now.kind {
            changes.push(("GOAL_DIRECTION", json!(self.kind), json!(now.kind)));
        }
        if had_aim && self.target != now.target {
            changes.push(("GOAL_TARGET", decimal(self.target), decimal(now.target)));
        }
        if had_aim && self.bounds != now.bounds {
            let [before, after] = [self, now].map(|ends| Json::from(ends.bounds.map(decimal).to_vec()));
            changes.push(("GOAL_BOUNDS", before, after));
        }
        if self.owner != now.owner {
            let [before, after] =
                [self, now].map(|ends| json!(ends.owner.map(|id| global_id(SubjectKind::Person, id))));
            changes.push(("GOAL_OWNER", before, after));
        }
        changes
    }

    /// Whether the scope grew by more than a share of what it was. What had none did not grow: it was planned.
    fn has_grown(&self, now: &Self, most: f64) -> bool {
        match (self.leaves, now.leaves) {
            (Some(before), Some(now)) if before > 0 => (now - before) as f64 > most * before as f64,
            (Some(_) | None, _) => false,
        }
    }
}

fn decimal(value: Option<Decimal>) -> Json {
    value.map_or(Json::Null, |value| value.to_string().into())
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    if subjects.links.is_empty() {
        return Ok(Vec::new());
    }
    write.take_baselines(&subjects.links, false).await?;
    let mut binds = Binds::new(write.tx.is_postgres());
    let organization = binds.push(write.viewer().organization_id);
    let ids = binds.ids(&subjects.links);
    let text = format!(
        "SELECT {}, {}, base.counted_leaves, base.goal_state, base.goal_owner_id, base.goal_kind, \
         base.target_value, base.lower_bound, base.upper_bound, COALESCE(doer.id, head.id) \
         FROM {} JOIN link_baseline AS base ON base.id = link.id \
         LEFT JOIN task ON task.id = link.task_id LEFT JOIN project AS home ON home.id = task.project_id \
         LEFT JOIN person AS doer ON doer.id = task.assignee_id AND doer.deactivated_at IS NULL \
         LEFT JOIN person AS head ON head.id = COALESCE(project.owner_id, home.owner_id) \
         AND head.deactivated_at IS NULL \
         WHERE NOT (link.organization_id <> {organization}) AND link.id IN {ids} AND link.state <> 'RETIRED' \
         ORDER BY link.id",
        settled::COLUMNS,
        baseline::FACTS,
        baseline::ENDS,
    );
    let most = write.viewer().settings.scope_growth;
    let mut reviewed: Vec<Reviewed> = Vec::new();
    for row in write.raw(text, binds).await? {
        let Some(tied) = Tied::read(&row)? else { continue };
        reviewed.push(Reviewed {
            tied,
            now: Ends::read(&row, settled::WIDTH)?,
            before: Ends::read(&row, settled::WIDTH + WIDTH)?,
            worker: row.try_get_by_index(settled::WIDTH + 2 * WIDTH)?,
        });
    }
    let tied: Vec<Tied> = reviewed.iter().map(|link| link.tied).collect();
    let settled = write.settled(&tied).await?;
    let (mut causes, mut begun, mut shaped) = (Vec::new(), Vec::new(), Vec::new());
    for Reviewed { tied, now, before, worker } in reviewed {
        if settled.is(&tied) {
            continue;
        }
        match (before.leaves, now.leaves) {
            // The first scope that there is, and all of it until the work begins.
            (Some(0), Some(leaves @ 1..)) => begun.push((tied.id, vec![leaves.into()])),
            (Some(was), Some(leaves)) if tied.is_planned && was != leaves => {
                begun.push((tied.id, vec![leaves.into()]));
            }
            (Some(_) | None, _) => {}
        }
        if before.has_taken_shape(&now) {
            shaped.push(tied.id);
        }
        let changes = before.changes_of_goal(&now);
        let is_goal = !changes.is_empty();
        let mut names: Vec<Json> = changes
            .into_iter()
            .map(|(name, before, after)| json!({ "change": name, "before": before, "after": after }))
            .collect();
        if !tied.is_planned && before.has_grown(&now, most) {
            names.push(json!({ "change": "SCOPE_GROWTH", "before": before.leaves, "after": now.leaves }));
        }
        if names.is_empty() {
            continue;
        }
        let goal = global_id(tied.target.0, tied.target.1);
        causes.push(Cause {
            kind: FindingKind::LinkReview,
            subject: (SubjectKind::AlignmentLink, tied.id),
            severity: Severity::Warning,
            owner: if is_goal { worker } else { now.owner },
            evidence: evidence(json!({ "changes": names, "goalId": goal })),
        });
    }
    // What was planned is what later changes are held against.
    write.update_many("link_baseline", &["counted_leaves"], begun, false).await?;
    write.keep_aims(&shaped).await?;
    Ok(causes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> Ends {
        Ends {
            leaves: Some(10),
            state: GoalState::Active,
            owner: Some(Uuid::from_u128(1)),
            kind: Some(KeyResultKind::Increase),
            target: Some(Decimal(100)),
            bounds: [None, None],
        }
    }

    #[test]
    fn scope_grows_beyond_a_share_of_what_it_was() {
        let with = |leaves| Ends { leaves, ..ends() };
        assert!(!ends().has_grown(&with(Some(12)), 0.2));
        assert!(ends().has_grown(&with(Some(13)), 0.2));
        assert!(!ends().has_grown(&with(Some(1)), 0.2));
        assert!(!with(Some(0)).has_grown(&with(Some(50)), 0.2));
        assert!(!with(None).has_grown(&with(None), 0.0));
    }

    #[test]
    fn a_goal_changes_by_its_end_target_direction_and_owner() {
        let names = |now: Ends| -> Vec<&str> {
            ends().changes_of_goal(&now).into_iter().map(|(name, ..)| name).collect()
        };
        assert!(names(ends()).is_empty());
        assert_eq!(names(Ends { state: GoalState::Cancelled, ..ends() }), ["GOAL_CLOSED"]);
        assert!(names(Ends { state: GoalState::Draft, ..ends() }).is_empty());
        assert_eq!(names(Ends { target: Some(Decimal(90)), ..ends() }), ["GOAL_TARGET"]);
        assert_eq!(names(Ends { kind: Some(KeyResultKind::Decrease), ..ends() }), ["GOAL_DIRECTION"]);
        assert_eq!(names(Ends { bounds: [Some(Decimal(1)), None], ..ends() }), ["GOAL_BOUNDS"]);
        assert_eq!(names(Ends { owner: None, ..ends() }), ["GOAL_OWNER"]);
        // What had no aim before has got one.
        let unmeasured = Ends { kind: Some(KeyResultKind::Baseline), ..ends() };
        let without = Ends { target: None, ..ends() };
        for before in [unmeasured, without] {
            assert!(before.changes_of_goal(&ends()).is_empty() && before.has_taken_shape(&ends()));
            assert!(!before.has_taken_shape(&before));
        }
        assert!(!ends().has_taken_shape(&without));
        // The work's own growth is no change of the goal.
        assert!(names(Ends { leaves: Some(99), ..ends() }).is_empty());
    }
}
