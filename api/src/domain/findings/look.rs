//! The two ways in which findings are looked for: what transactions touched, within about a second; and
//! everything, once a day.
//!
//! Looks at one organization take turns, whatever node they run on: each locks the jobs of all that run before it
//! looks. Else one that saw a cause before it was mended could open a finding after the look that would have
//! resolved it. SQLite has one writer at a time anyway.

use std::collections::BTreeSet;

use entity::{Instant, JobKind};
use sea_orm::Statement;
use uuid::Uuid;

use super::{Subjects, Touched};
use crate::domain::{
    access::viewer::Actor,
    bulk::Binds,
    clock::{local_date, start_of_day},
    error::Result,
    installation::Installation,
    job::Lease,
    write::{Command, Write},
};

/// Keys that one transaction looks at.
const STEP: usize = 1_000;
/// Rows of a table that one step of the daily look takes.
const PAGE: usize = 1_000;
/// Hour of the organization's day at which everything is looked at.
const HOUR: i64 = 3;

/// From a person to the findings that they are to act on, or would be: the column that names them, what leads from
/// there on, and the column of the finding that holds that key. They own it now; the work is theirs, or the project
/// that it stands in, or they said something of it; a link's work is, its goal, or they look after it.
const OF_PERSON: [(&str, &str, &str, &str); 13] = [
    ("person.id", "person", "owner_id", "person.id"),
    ("task.assignee_id", "task", "task_id", "task.id"),
    ("home.owner_id", "project AS home JOIN task ON task.project_id = home.id", "task_id", "task.id"),
    ("project.owner_id", "project", "project_id", "project.id"),
    ("said.person_id", "acknowledgement AS said", "task_id", "said.task_id"),
    ("said.person_id", "acknowledgement AS said", "project_id", "said.project_id"),
    ("link.owner_id", "alignment_link AS link", "alignment_link_id", "link.id"),
    (
        "task.assignee_id",
        "task JOIN alignment_link AS link ON link.task_id = task.id",
        "alignment_link_id",
        "link.id",
    ),
    (
        "home.owner_id",
        "project AS home JOIN task ON task.project_id = home.id \
         JOIN alignment_link AS link ON link.task_id = task.id",
        "alignment_link_id",
        "link.id",
    ),
    (
        "project.owner_id",
        "project JOIN alignment_link AS link ON link.project_id = project.id",
        "alignment_link_id",
        "link.id",
    ),
    (
        "part.owner_id",
        "key_result AS part JOIN alignment_link AS link ON link.key_result_id = part.id",
        "alignment_link_id",
        "link.id",
    ),
    (
        "goal.owner_id",
        "objective AS goal JOIN alignment_link AS link ON link.objective_id = goal.id",
        "alignment_link_id",
        "link.id",
    ),
    (
        "goal.owner_id",
        "objective AS goal JOIN key_result AS part ON part.objective_id = goal.id \
         JOIN alignment_link AS link ON link.key_result_id = part.id",
        "alignment_link_id",
        "link.id",
    ),
];

/// Looks at what was touched: takes all that waits, as much as one transaction holds. Gives whether more is left.
#[derive(Debug)]
pub struct LookAgain<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// What an earlier step left.
    pub left: Option<Vec<Left>>,
}

/// A part that is still to be looked at.
#[derive(Clone, Debug)]
pub struct Left(Touched);

impl Command for LookAgain<'_> {
    type Output = Option<Vec<Left>>;

    async fn run(&self, write: &mut Write) -> Result<Option<Vec<Left>>> {
        write.wait_for_other_looks().await?;
        let mut parts = match &self.left {
            Some(left) => left.iter().map(|left| left.0.clone()).collect(),
            None => {
                let mut touched = Touched::default();
                touched.hear_payload(&self.lease.payload);
                for payload in write.take_waiting(self.lease).await? {
                    touched.hear_payload(&payload);
                }
                write.follow_people(&mut touched).await?;
                if touched.len() > STEP {
                    // A taker that dies must not take with it what others asked for.
                    write.keep_payload(self.lease, &touched.to_payload()).await?;
                    touched.parts(STEP)
                } else {
                    vec![touched]
                }
            }
        };
        if !parts.is_empty() {
            let part = parts.remove(0);
            let subjects = write.subjects_around(&part).await?;
            write.reconcile(&subjects).await?;
        }
        if parts.is_empty() {
            write.plan_audit(write.next_audit(write.now), false).await?;
            write.forget_job(self.lease).await?;
            return Ok(None);
        }
        write.renew_job(self.lease).await?;
        Ok(Some(parts.into_iter().map(Left).collect()))
    }
}

/// A table whose rows the daily look takes in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditedTable {
    /// Links.
    Links,
    /// Projects.
    Projects,
    /// Tasks.
    Tasks,
}

impl AuditedTable {
    /// All of them, in the order in which they are taken.
    pub const ALL: [Self; 3] = [Self::Links, Self::Projects, Self::Tasks];

    const fn name(self) -> &'static str {
        match self {
            Self::Links => "alignment_link",
            Self::Projects => "project",
            Self::Tasks => "task",
        }
    }
}

/// Looks at a page of everything, and renews the lease. Gives the last row that was looked at; nothing when there
/// are no more.
#[derive(Debug)]
pub struct AuditPage<'a> {
    /// The job.
    pub lease: &'a Lease,
    /// What is looked at.
    pub table: AuditedTable,
    /// The last row of the page before.
    pub after: Option<Uuid>,
}

impl Command for AuditPage<'_> {
    type Output = Option<Uuid>;

    async fn run(&self, write: &mut Write) -> Result<Option<Uuid>> {
        write.wait_for_other_looks().await?;
        write.renew_job(self.lease).await?;
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let after = binds.push(self.after.unwrap_or_default());
        let text = format!(
            "SELECT id FROM {} WHERE organization_id = {organization} AND id > {after} ORDER BY id LIMIT {PAGE}",
            self.table.name()
        );
        let rows = write.raw(text, binds).await?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        let last = ids.last().copied();
        let mut subjects = Subjects::default();
        match self.table {
            AuditedTable::Links => subjects.links = ids,
            AuditedTable::Projects => subjects.projects = ids,
            AuditedTable::Tasks => subjects.tasks = ids,
        }
        write.reconcile(&subjects).await?;
        Ok(last)
    }
}

/// Finishes the daily look, and asks for that of the next day.
#[derive(Debug)]
pub struct FinishAudit<'a> {
    /// The job.
    pub lease: &'a Lease,
}

impl Command for FinishAudit<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.finish_job(self.lease).await?;
        write.plan_audit(write.next_audit(write.now), false).await
    }
}

impl Write {
    /// Locks the jobs of all looks that run, in the order of their keys: see the module.
    async fn wait_for_other_looks(&self) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let mut binds = Binds::new(true);
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "SELECT id FROM job WHERE organization_id = {organization} \
             AND kind IN ('LOOK_FOR_FINDINGS', 'AUDIT_ORGANIZATION') AND state = 'RUNNING' ORDER BY id FOR UPDATE"
        );
        self.raw(text, binds).await.map(|_| ())
    }

    /// Takes in what open findings are about that people who left or came back are to act on, or would be, in the
    /// place of those people.
    async fn follow_people(&self, touched: &mut Touched) -> Result<()> {
        let people: Vec<Uuid> = std::mem::take(&mut touched.people).into_iter().collect();
        if people.is_empty() {
            return Ok(());
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let mut parts = Vec::new();
        for (person, tables, column, key) in OF_PERSON {
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&people);
            parts.push(format!(
                "SELECT finding.task_id, finding.project_id, finding.alignment_link_id \
                 FROM {tables} JOIN finding ON finding.{column} = {key} \
                 WHERE NOT (finding.organization_id <> {organization}) AND {person} IN {ids} \
                 AND finding.state <> 'RESOLVED'"
            ));
        }
        for row in self.raw(parts.join(" UNION "), binds).await? {
            touched.tasks.extend(row.try_get_by_index::<Option<Uuid>>(0)?);
            touched.places.extend(row.try_get_by_index::<Option<Uuid>>(1)?);
            touched.links.extend(row.try_get_by_index::<Option<Uuid>>(2)?);
        }
        Ok(())
    }

    /// What is to be looked at after such a touch: the work, the links, and those around them on which what was
    /// touched decides.
    async fn subjects_around(&self, touched: &Touched) -> Result<Subjects> {
        let listed = |ids: &BTreeSet<Uuid>| -> Vec<Uuid> { ids.iter().copied().collect() };
        let mut tasks = touched.tasks.clone();
        let mut projects = touched.projects.clone();
        projects.extend(&touched.places);
        if !touched.tasks.is_empty() {
            let touched = listed(&touched.tasks);
            // Whether a task is one that is done itself follows from its parts.
            tasks.extend(self.keys_beside("task", "id", "parent_id", &touched).await?);
            projects.extend(self.keys_beside("task_project", "task_id", "project_id", &touched).await?);
        }
        if !touched.projects.is_empty() {
            // What a project is linked to, or was said of it, holds for its tasks, and so for those that have not
            // begun and have stale links of their own.
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&listed(&touched.projects));
            let text = format!(
                "SELECT DISTINCT place.task_id FROM task_project AS place JOIN task ON task.id = place.task_id \
                 WHERE NOT (place.organization_id <> {organization}) AND place.project_id IN {ids} \
                 AND (task.status = 'IN_PROGRESS' OR EXISTS (SELECT 1 FROM finding \
                 WHERE finding.task_id = task.id AND finding.state <> 'RESOLVED') \
                 OR (task.status IN ('BACKLOG', 'TODO') AND EXISTS (SELECT 1 FROM alignment_link AS link \
                 WHERE link.task_id = task.id AND link.state = 'STALE')))"
            );
            for row in self.raw(text, binds).await? {
                tasks.insert(row.try_get_by_index(0)?);
            }
        }
        let mut links = touched.links.clone();
        links.extend(self.links_around(touched, &tasks, &projects).await?);
        Ok(Subjects { projects: listed(&projects), tasks: listed(&tasks), links: listed(&links) })
    }

    /// What stands in a column of the rows whose other column holds one of these keys.
    async fn keys_beside(
        &self,
        table: &'static str,
        column: &'static str,
        other: &'static str,
        keys: &[Uuid],
    ) -> Result<Vec<Uuid>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(keys);
        let text = format!(
            "SELECT DISTINCT {other} FROM {table} WHERE NOT (organization_id <> {organization}) \
             AND {column} IN {ids} AND {other} IS NOT NULL"
        );
        let rows = self.raw(text, binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// The links of work that changes, and to goals that do: those that somebody may have to review, or that have
    /// nothing left to be done with them.
    async fn links_around(
        &self,
        touched: &Touched,
        tasks: &BTreeSet<Uuid>,
        projects: &BTreeSet<Uuid>,
    ) -> Result<Vec<Uuid>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let mut parts = Vec::new();
        for (column, ids) in [
            ("link.task_id", tasks),
            ("link.project_id", projects),
            ("link.key_result_id", &touched.key_results),
            ("link.objective_id", &touched.objectives),
            ("part.objective_id", &touched.objectives),
        ] {
            if ids.is_empty() {
                continue;
            }
            let ids: Vec<Uuid> = ids.iter().copied().collect();
            let organization = binds.push(self.viewer().organization_id);
            let ids = binds.ids(&ids);
            let join = if column == "part.objective_id" {
                " JOIN key_result AS part ON part.id = link.key_result_id"
            } else {
                ""
            };
            parts.push(format!(
                "SELECT link.id FROM alignment_link AS link{join} \
                 WHERE NOT (link.organization_id <> {organization}) AND {column} IN {ids} AND link.state <> 'RETIRED'"
            ));
        }
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.raw(parts.join(" UNION "), binds).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// When the organization's next day is looked at.
    fn next_audit(&self, after: Instant) -> Instant {
        next_audit(after, self.viewer().time_zone)
    }

    /// Asks for a look at everything as soon as that.
    pub(super) async fn ask_for_audit(&self, at: Instant) -> Result<()> {
        self.plan_audit(at, true).await
    }

    /// Asks for a look at everything at a time; one that waits already is enough, and is put forward where that
    /// is said.
    async fn plan_audit(&self, at: Instant, forward: bool) -> Result<()> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = self.viewer().organization_id;
        let values = [
            binds.push(self.new_id()),
            binds.push(organization),
            binds.push(JobKind::AuditOrganization),
            binds.push(organization.to_string()),
            binds.push(at.0),
            binds.push(self.now.0),
            binds.push(self.now.0),
        ]
        .join(", ");
        let conflict = if forward {
            "DO UPDATE SET updated_at = excluded.updated_at, run_at = CASE \
             WHEN excluded.run_at < job.run_at THEN excluded.run_at ELSE job.run_at END"
        } else {
            "DO NOTHING"
        };
        let text = format!(
            "INSERT INTO job (id, organization_id, kind, coalesce_key, run_at, created_at, updated_at, state) \
             VALUES ({values}, 'WAITING') \
             ON CONFLICT (organization_id, kind, coalesce_key) WHERE state = 'WAITING' {conflict}"
        );
        self.tx.execute(Statement::from_sql_and_values(self.tx.backend(), text, binds.values)).await?;
        if forward {
            self.asked_for_job.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        Ok(())
    }
}

/// The first time after another at which it is the hour of the daily look in a time zone.
fn next_audit(after: Instant, zone: chrono_tz::Tz) -> Instant {
    let today = local_date(after, zone);
    let hour = |day| start_of_day(day, zone).plus_seconds(HOUR * 3_600);
    let first = hour(today);
    if first > after { first } else { today.succ_opt().map_or(after.plus_seconds(86_400), hour) }
}

/// Asks for the daily look where none waits.
struct PlanAudit;

impl Command for PlanAudit {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.plan_audit(write.next_audit(write.now), false).await
    }
}

impl Installation {
    /// Sees to it that every organization's next day is looked at: where no daily look waits, one is asked for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn plan_audits(&self) -> Result<()> {
        let text = "SELECT id FROM organization WHERE NOT EXISTS (SELECT 1 FROM job \
                    WHERE job.organization_id = organization.id AND job.kind = 'AUDIT_ORGANIZATION' \
                    AND job.state IN ('WAITING', 'RUNNING')) ORDER BY id";
        for row in self.rows(text, self.binds()).await? {
            let organization: Uuid = row.try_get_by_index(0)?;
            let scope = self.system(organization, Actor::System, "the clock asks").await?;
            scope.run(&PlanAudit).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> Instant {
        Instant::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    #[test]
    fn the_daily_look_goes_by_the_organizations_day() {
        for (after, zone, next) in [
            ("2026-03-02T00:00:00Z", chrono_tz::UTC, "2026-03-02T03:00:00Z"),
            ("2026-03-02T03:00:00Z", chrono_tz::UTC, "2026-03-03T03:00:00Z"),
            ("2026-03-02T20:00:00Z", chrono_tz::Asia::Tokyo, "2026-03-03T18:00:00Z"),
            ("2026-03-02T17:59:59Z", chrono_tz::Asia::Tokyo, "2026-03-02T18:00:00Z"),
            // The night on which an hour is left out.
            ("2026-03-28T12:00:00Z", chrono_tz::Europe::Paris, "2026-03-29T02:00:00Z"),
        ] {
            assert_eq!(next_audit(instant(after), zone), instant(next), "{after} {zone}");
        }
    }
}
