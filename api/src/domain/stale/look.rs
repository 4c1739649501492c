//! Looks at links whose state follows from the clock, or from work that moves again.
//!
//! Nobody does anything when a cycle's last day passes or work has been quiet for a month, so all links are looked
//! at once on each day of the organization, soon after its midnight, and when a setting or the days of a cycle
//! change. Work that moves is common and links that wait for that are rare: the transaction that moves work asks
//! whether such a link hangs on it, and for a look at the few that wait so. The links themselves are changed by
//! the look, for goals are locked before links, and who changes work holds none.
//!
//! One of the few files with statements of their own; each takes the organization.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use entity::{EventKind, Instant, JobKind, LinkState, StaleReason, SubjectKind};
use sea_orm::{
    Statement,
    sea_query::{Alias, Condition, ExprTrait, Order, Query},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{of, state_for};
use crate::domain::{
    access::{Scope, scope::select_columns, viewer::Actor},
    alignment_link::{AlignmentLinkRow, LinkCause},
    bulk::Binds,
    clock::{local_date, start_of_day},
    error::Result,
    events::NewEvent,
    goal_lock::Reach,
    installation::Installation,
    job::Lease,
    write::{Command, Write},
};

/// Links that one transaction looks at, at most.
const STEP: u64 = 1_000;
/// Links of projects among them, at most: all tasks of a project are looked at with it.
const PROJECTS_STEP: usize = 100;

/// Why links wait for movement of their work.
const QUIET: [StaleReason; 2] = [StaleReason::NoActivity, StaleReason::WorkDoneLongAgo];

/// Which links are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All that the clock or their work may change.
    All,
    /// Those that are stale because their work is quiet.
    Quiet,
}

/// Looks at a part of the links, and renews the lease. Gives the last link of it; nothing when there are no more.
#[derive(Debug)]
pub struct LookAtLinks<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// Which ones.
    pub which: Which,
    /// The last link of the step before.
    pub after: Option<Uuid>,
}

impl Command for LookAtLinks<'_> {
    type Output = Option<Uuid>;

    async fn run(&self, write: &mut Write) -> Result<Option<Uuid>> {
        write.renew_job(self.lease).await?;
        let mut links = write.links_to_look_at(self.which, self.after).await?;
        let mut projects = links.iter().enumerate().filter(|(_, link)| link.project_id.is_some());
        let beyond = projects.nth(PROJECTS_STEP).map(|(place, _)| place);
        if let Some(beyond) = beyond {
            links.truncate(beyond);
        }
        let last = links.last().map(|link| link.id);
        let reasons = write.stale_reasons(&links).await?;
        let differs = |link: &&AlignmentLinkRow| {
            let reason = reasons.get(&link.id).copied();
            (link.state, link.stale_reason) != (state_for(reason), reason)
        };
        let differing: Vec<&AlignmentLinkRow> = links.iter().filter(differs).collect();
        if differing.is_empty() {
            return Ok(last);
        }
        let of_links =
            |key: fn(&AlignmentLinkRow) -> Option<Uuid>| differing.iter().copied().filter_map(key).collect();
        write
            .lock_upwards(Reach {
                tasks: of_links(|link| link.task_id),
                projects: of_links(|link| link.project_id),
                key_results: of_links(|link| link.key_result_id),
                objectives: of_links(|link| link.objective_id),
            })
            .await?;
        // Read after the locks, and judged by what holds then.
        let ids: Vec<Uuid> = differing.iter().map(|link| link.id).collect();
        let mut links = write.lock_links(&ids).await?;
        links.retain(|link| link.state != LinkState::Retired);
        let which = self.which;
        write.settle_as(links, move |before, after| cause(which, before, after)).await?;
        Ok(last)
    }
}

/// What brings a link from one reason to another when nobody touched it. A cycle that is closed settles its
/// links itself, so one whose end a look finds has come to it with time. Movement of work asks for a look at those
/// that wait for it; where a look at all brings one back, it is for a setting or a cycle that somebody changed.
fn cause(which: Which, before: Option<StaleReason>, after: Option<StaleReason>) -> LinkCause {
    match (before, after) {
        (
            _,
            Some(
                StaleReason::CycleEnded
                | StaleReason::NeverConfirmed
                | StaleReason::WorkDoneLongAgo
                | StaleReason::NoActivity,
            ),
        ) => LinkCause::Clock,
        (Some(StaleReason::WorkDoneLongAgo | StaleReason::NoActivity), None) => match which {
            Which::Quiet => LinkCause::Work,
            Which::All => LinkCause::Deed,
        },
        (
            None
            | Some(
                StaleReason::TargetClosed
                | StaleReason::TargetArchived
                | StaleReason::CycleEnded
                | StaleReason::SourceDeleted
                | StaleReason::OwnerLeft
                | StaleReason::TokenRemoved
                | StaleReason::NeverConfirmed,
            ),
            None,
        )
        | (
            _,
            Some(
                StaleReason::TargetClosed
                | StaleReason::TargetArchived
                | StaleReason::SourceDeleted
                | StaleReason::OwnerLeft
                | StaleReason::TokenRemoved,
            ),
        ) => LinkCause::Deed,
    }
}

impl Write {
    async fn links_to_look_at(&self, which: Which, after: Option<Uuid>) -> Result<Vec<AlignmentLinkRow>> {
        let quiet = of("stale_reason").is_in(QUIET);
        // Whoever ends a goal settles its links; what ended for good is not looked at for ever.
        let frozen = of("stale_reason").is_in([StaleReason::TargetClosed, StaleReason::TargetArchived]);
        let fits = match which {
            Which::Quiet => Condition::all().add(quiet),
            Which::All => Condition::any()
                .add(of("state").eq(LinkState::Active))
                .add(Condition::all().add(of("state").eq(LinkState::Stale)).add(frozen.not())),
        };
        let mut select = Query::select();
        select_columns::<AlignmentLinkRow>(&mut select);
        select
            .from(Alias::new("alignment_link"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("id").gt(after.unwrap_or_default()))
            .cond_where(fits)
            .order_by_expr(of("id"), Order::Asc)
            .limit(STEP);
        self.rows(&select).await
    }

    /// Asks for a look at the links that wait for movement, where this transaction moves work on which one of
    /// them hangs: its own, that above it, or a project it stands in; where the work ended, only its own change
    /// of status or state counts. Also where this transaction makes a link wait: work that moves meanwhile does not
    /// see that it does. A look at those that wait makes none of the others wait, so it does not ask for itself.
    pub(in crate::domain) async fn ask_for_quiet_links(&self) -> Result<()> {
        let moves = |kind: EventKind| match kind {
            EventKind::Created
            | EventKind::Updated
            | EventKind::Archived
            | EventKind::Unarchived
            | EventKind::Imported => true,
            EventKind::ProgressChanged
            | EventKind::CheckedIn
            | EventKind::Confirmed
            | EventKind::Retired
            | EventKind::HealthChanged
            | EventKind::Acknowledged => false,
        };
        let is_work = |kind: SubjectKind| kind == SubjectKind::Task || kind == SubjectKind::Project;
        let by_clock = self.viewer().actor == Actor::System;
        let is_movement = |event: &&NewEvent| {
            // What is said of work is no edit of it; the class that follows is one, unless its time was over.
            let is_said =
                ["acknowledgement", "gate_waiver"].iter().any(|key| event.current.contains_key(*key));
            let is_edit = !is_said || (event.current.contains_key("work_class") && !by_clock);
            is_work(event.subject.0) && moves(event.kind) && is_edit
        };
        let (mut works, mut turned) = (BTreeSet::<Uuid>::new(), BTreeSet::<Uuid>::new());
        for event in self.noted().iter().filter(is_movement) {
            let around = std::iter::once(&event.subject).chain(&event.ancestors);
            works.extend(around.filter(|(kind, _)| is_work(*kind)).map(|(_, id)| *id));
            if event.current.contains_key("status") || event.current.contains_key("state") {
                turned.insert(event.subject.1);
            }
        }
        if self.noted().iter().any(falls_quiet) {
            return self.ask_to_wake_links().await;
        }
        if works.is_empty() {
            return Ok(());
        }
        let works: Vec<Uuid> = works.into_iter().collect();
        let turned: Vec<Uuid> = turned.into_iter().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let (works, turned) = (binds.ids(&works), binds.ids(&turned));
        let [tasks_of, first, second, third, fourth] =
            [0; 5].map(|_| binds.push(self.viewer().organization_id));
        // Each part goes from the few rows that moved to their links: by all links that wait it could be long.
        let text = format!(
            "WITH RECURSIVE work (id) AS {works}, turned (id) AS {turned}, \
             up (id) AS (SELECT task.id FROM work CROSS JOIN task \
             WHERE task.id = work.id AND task.organization_id = {tasks_of} \
             UNION SELECT task.parent_id FROM up JOIN task ON task.id = up.id WHERE task.parent_id IS NOT NULL) \
             SELECT 1 FROM up CROSS JOIN alignment_link AS link WHERE link.task_id = up.id \
             AND link.organization_id = {first} AND link.stale_reason = 'NO_ACTIVITY' \
             UNION ALL SELECT 1 FROM work CROSS JOIN alignment_link AS link WHERE link.project_id = work.id \
             AND link.organization_id = {second} AND link.stale_reason = 'NO_ACTIVITY' \
             UNION ALL SELECT 1 FROM turned CROSS JOIN alignment_link AS link WHERE link.task_id = turned.id \
             AND link.organization_id = {third} AND link.stale_reason = 'WORK_DONE_LONG_AGO' \
             UNION ALL SELECT 1 FROM turned CROSS JOIN alignment_link AS link WHERE link.project_id = turned.id \
             AND link.organization_id = {fourth} AND link.stale_reason = 'WORK_DONE_LONG_AGO' LIMIT 1"
        );
        if self.raw(text, binds).await?.is_empty() {
            return Ok(());
        }
        self.ask_to_wake_links().await
    }

    /// Asks for a look at the links that wait for movement of their work.
    async fn ask_to_wake_links(&self) -> Result<()> {
        self.enqueue(JobKind::WakeLinks, self.viewer().organization_id, json!({})).await
    }

    /// Asks for a look at all links.
    pub(in crate::domain) async fn ask_to_look_at_links(&self) -> Result<()> {
        self.enqueue(JobKind::LookAtLinks, self.viewer().organization_id, json!({})).await
    }
}

/// Whether an event tells that a link waits for movement of its work from now on.
fn falls_quiet(event: &NewEvent) -> bool {
    let is_quiet = |values: &Map<String, Json>| {
        values.get("stale_reason").is_some_and(|reason| QUIET.iter().any(|quiet| *reason == json!(quiet)))
    };
    event.subject.0 == SubjectKind::AlignmentLink
        && is_quiet(&event.current)
        && event.previous.as_ref().is_none_or(|before| !is_quiet(before))
}

/// Asks for a look at all links, where none was asked for on this day of the organization.
struct AskDaily;

impl Command for AskDaily {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let text = format!(
            "SELECT MAX(run_at) FROM job WHERE organization_id = {organization} AND kind = 'LOOK_AT_LINKS'"
        );
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        let row = write.tx.all_raw(statement).await?.pop();
        let last: Option<Instant> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        if is_due(last, write.now, write.viewer().time_zone) {
            write.ask_to_look_at_links().await
        } else {
            Ok(())
        }
    }
}

/// Whether a look is due, the last having been asked for at a time: on each day where the company is.
fn is_due(last: Option<Instant>, now: Instant, zone: Tz) -> bool {
    let today = start_of_day(local_date(now, zone), zone);
    last.is_none_or(|last| last < today)
}

impl Installation {
    /// Asks for the daily look at the links of every organization that had none on its day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_for_links(&self) -> Result<()> {
        // One read for all, so that the many that were asked for already cost no transaction each.
        let text = "SELECT organization.id, organization.time_zone, MAX(job.run_at) FROM organization \
             LEFT JOIN job ON job.organization_id = organization.id AND job.kind = 'LOOK_AT_LINKS' \
             GROUP BY organization.id, organization.time_zone ORDER BY organization.id";
        for row in self.rows(text, self.binds()).await? {
            let organization: Uuid = row.try_get_by_index(0)?;
            let zone: String = row.try_get_by_index(1)?;
            let last: Option<Instant> = row.try_get_by_index(2)?;
            // Of a zone that is not known, the scope tells.
            if zone.parse::<Tz>().is_ok_and(|zone| !is_due(last, self.clock.now(), zone)) {
                continue;
            }
            let scope: Scope = self.system(organization, Actor::System, "the clock asks").await?;
            scope.run(&AskDaily).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_due_once_a_day() {
        let last = Instant(0);
        assert!(is_due(None, last, Tz::UTC));
        assert!(!is_due(Some(last), last.plus_seconds(86_399), Tz::UTC));
        assert!(is_due(Some(last), last.plus_seconds(86_400), Tz::UTC));
        assert!(
            is_due(Some(last), last.plus_seconds(86_399), Tz::Europe__Berlin),
            "midnight is an hour before"
        );
    }

    #[test]
    fn what_nobody_did_is_the_clocks_or_the_works() {
        let quiet = Some(StaleReason::NoActivity);
        for which in [Which::All, Which::Quiet] {
            assert_eq!(cause(which, None, quiet), LinkCause::Clock);
            assert_eq!(cause(which, quiet, Some(StaleReason::CycleEnded)), LinkCause::Clock);
            assert_eq!(cause(which, Some(StaleReason::NeverConfirmed), None), LinkCause::Deed);
            assert_eq!(cause(which, None, Some(StaleReason::SourceDeleted)), LinkCause::Deed);
        }
        assert_eq!(cause(Which::Quiet, quiet, None), LinkCause::Work);
        assert_eq!(cause(Which::All, quiet, None), LinkCause::Deed, "more patience was set");
    }
}
