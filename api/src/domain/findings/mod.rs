//! What audits notice of links and of work without them, and how it opens, closes and opens again.
//!
//! A *detector* is one file for a kind of finding. Given pieces of work and links it gives the causes that hold
//! for them now, in a fixed number of statements; it remembers nothing, but what both ends of a link were when
//! somebody stood by it (`baseline`). `reconcile` holds the causes against the stored findings: new ones are
//! opened, those whose cause is gone are resolved, and those whose cause came back are opened again as the same
//! row. So whatever asks (a change within a second, the daily audit, a person who says that something is done)
//! comes to the same result, and asking twice changes nothing but when a cause was last seen.
//!
//! When: a transaction tells what it touched (`touched`), right before its commit, in a job of its own; the next
//! job takes those that wait, a thousand at most (`look`). Once a day everything is looked at, for what time alone
//! brings.
//!
//! The statements ask for the organization by `NOT (organization_id <> …)`. SQLite keeps no statistics here, and
//! with an equality it would look through all rows of an organization by that index, not at a few by theirs;
//! PostgreSQL reads the same as an equality.
//!
//! Evidence holds ids, codes, numbers and times, never a title: who sees the subject may not see what is on the
//! other side of a link. What is read of it leaves out the ids, and counts, of what the viewer does not see (`seen`).

mod acknowledgement_expired;
mod answered;
mod baseline;
mod change;
mod granularity_mismatch;
mod link_review;
mod link_stale;
mod look;
mod over_linked;
mod project_started_unaligned;
mod reconcile;
mod rights;
mod seen;
mod settled;
mod suggestion;
mod told;
mod touched;
mod unresolved_token;
mod work_without_goal;

pub use change::{AcknowledgeFinding, ResolveFinding, WaiveFinding};
pub use look::{AuditPage, AuditedTable, FinishAudit, Left, LookAgain};
pub use seen::Subject;
pub use suggestion::Suggestion;
pub(in crate::domain) use touched::Touched;

use std::collections::{BTreeSet, HashSet};

use chrono::SecondsFormat;
use entity::{FindingKind, Instant, Severity, SubjectKind};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{bulk::Binds, error::Result, write::Write};

/// The kinds that the detectors here know; findings of other kinds are left alone.
pub(in crate::domain) const KINDS: [FindingKind; 8] = [
    FindingKind::LinkStale,
    FindingKind::LinkReview,
    FindingKind::OverLinked,
    FindingKind::GranularityMismatch,
    FindingKind::UnresolvedToken,
    FindingKind::ProjectStartedUnaligned,
    FindingKind::AcknowledgementExpired,
    FindingKind::WorkWithoutGoal,
];

/// Items that a list in the evidence holds at most: it is read by people.
const LISTED: usize = 20;

/// What is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct Subjects {
    pub(in crate::domain) projects: Vec<Uuid>,
    pub(in crate::domain) tasks: Vec<Uuid>,
    pub(in crate::domain) links: Vec<Uuid>,
}

impl Subjects {
    /// One subject alone; nothing for what no detector here looks at.
    pub(in crate::domain) fn one((kind, id): (SubjectKind, Uuid)) -> Self {
        let mut subjects = Self::default();
        match kind {
            SubjectKind::Project => subjects.projects.push(id),
            SubjectKind::Task => subjects.tasks.push(id),
            SubjectKind::AlignmentLink => subjects.links.push(id),
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::Objective
            | SubjectKind::KeyResult
            | SubjectKind::CheckIn
            | SubjectKind::Integration
            | SubjectKind::Finding => {}
        }
        subjects
    }

    pub(in crate::domain) fn is_empty(&self) -> bool {
        self.projects.is_empty() && self.tasks.is_empty() && self.links.is_empty()
    }

    /// Both kinds of work: the column that names it, its table, and the keys.
    fn works(&self) -> [Works<'_>; 2] {
        [
            Works { kind: SubjectKind::Project, table: "project", column: "project_id", ids: &self.projects },
            Works { kind: SubjectKind::Task, table: "task", column: "task_id", ids: &self.tasks },
        ]
    }
}

/// Work of one kind.
#[derive(Clone, Copy)]
struct Works<'a> {
    kind: SubjectKind,
    table: &'static str,
    column: &'static str,
    ids: &'a [Uuid],
}

impl Works<'_> {
    /// Who answers for the work and is still there, as SQL over what [`Works::home`] joins.
    fn owner(&self) -> &'static str {
        if self.kind == SubjectKind::Task { "COALESCE(doer.id, head.id)" } else { "head.id" }
    }

    /// Joins who is responsible for `work` as `head`, for a task that of its primary project, and its assignee as
    /// `doer`, as far as they have not left.
    fn home(&self) -> &'static str {
        if self.kind == SubjectKind::Task {
            "LEFT JOIN project AS home ON home.id = work.project_id \
             LEFT JOIN person AS doer ON doer.id = work.assignee_id AND doer.deactivated_at IS NULL \
             LEFT JOIN person AS head ON head.id = home.owner_id AND head.deactivated_at IS NULL "
        } else {
            "LEFT JOIN person AS head ON head.id = work.owner_id AND head.deactivated_at IS NULL "
        }
    }

    /// The column of the work's state.
    fn state(&self) -> &'static str {
        if self.kind == SubjectKind::Task { "work.status" } else { "work.state" }
    }
}

/// Why a finding is open.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::domain) struct Cause {
    pub(in crate::domain) kind: FindingKind,
    pub(in crate::domain) subject: (SubjectKind, Uuid),
    pub(in crate::domain) severity: Severity,
    /// Who is to act; null when nobody answers for it who is still there.
    pub(in crate::domain) owner: Option<Uuid>,
    /// What was seen, by names that the API documents for each kind.
    pub(in crate::domain) evidence: Map<String, Json>,
}

impl Write {
    /// All causes that hold for these subjects now.
    pub(in crate::domain) async fn causes(&self, subjects: &Subjects) -> Result<Vec<Cause>> {
        let mut causes = link_stale::causes(self, subjects).await?;
        causes.extend(link_review::causes(self, subjects).await?);
        causes.extend(over_linked::causes(self, subjects).await?);
        causes.extend(granularity_mismatch::causes(self, subjects).await?);
        causes.extend(unresolved_token::causes(self, subjects).await?);
        causes.extend(project_started_unaligned::causes(self, subjects).await?);
        causes.extend(acknowledgement_expired::causes(self, subjects).await?);
        causes.extend(work_without_goal::causes(self, subjects).await?);
        self.leave_out_who_left(&mut causes).await?;
        Ok(causes)
    }

    /// Nobody who has left is asked to act.
    async fn leave_out_who_left(&self, causes: &mut [Cause]) -> Result<()> {
        let owners: BTreeSet<Uuid> = causes.iter().filter_map(|cause| cause.owner).collect();
        if owners.is_empty() {
            return Ok(());
        }
        let owners: Vec<Uuid> = owners.into_iter().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&owners);
        let text = format!(
            "SELECT id FROM person WHERE NOT (organization_id <> {organization}) AND id IN {ids} \
             AND deactivated_at IS NOT NULL"
        );
        let rows = self.raw(text, binds).await?;
        let left: HashSet<Uuid> =
            rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect::<Result<_>>()?;
        for cause in causes {
            cause.owner = cause.owner.filter(|owner| !left.contains(owner));
        }
        Ok(())
    }
}

/// Evidence from a JSON object.
fn evidence(object: Json) -> Map<String, Json> {
    match object {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => Map::new(),
    }
}

/// A time as evidence tells it.
fn time(at: Instant) -> Json {
    at.to_utc().map_or(Json::Null, |at| at.to_rfc3339_opts(SecondsFormat::Secs, true).into())
}
