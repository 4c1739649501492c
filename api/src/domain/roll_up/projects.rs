//! Completion of projects from their leaf tasks, as a whole and as goals see it.

use std::collections::{BTreeSet, HashMap};

use entity::{EstimateUnit, EventKind, PointSource, ProgressBasis, SubjectKind, TaskStatus, progress_point};
use sea_orm::Statement;
use uuid::Uuid;

use super::{Touched, change, same};
use crate::domain::{
    bulk::Binds,
    error::Result,
    events::{NewEvent, Sight},
    progress::{
        Estimate, Leaf, LeafCounts, completion_by_count, completion_by_estimate, project_completion, round9,
    },
    project::ProjectRow,
    write::Write,
};

#[derive(Clone, Copy, Default)]
struct Leaves {
    all: LeafCounts,
    inheriting: LeafCounts,
}

impl Write {
    pub(super) async fn roll_up_projects(&mut self, touched: &Touched, source: PointSource) -> Result<()> {
        let projects = self.level::<ProjectRow>(&touched.projects).await?;
        if projects.is_empty() {
            return Ok(());
        }
        let counts = self.leaf_counts(&touched.projects).await?;
        let by_estimate: BTreeSet<Uuid> = projects
            .iter()
            .filter(|project| project.progress_basis == ProgressBasis::Estimate)
            .map(|project| project.id)
            .collect();
        let estimates = self.leaf_estimates(&by_estimate).await?;
        let credit = self.settings_now().await?.partial_credit;
        let mut updates = Vec::new();
        let mut points = Vec::new();
        for project in projects {
            let leaves = counts.get(&project.id).copied().unwrap_or_default();
            let (own, inherited) = match project.progress_basis {
                ProgressBasis::Count => {
                    (completion_by_count(leaves.all, credit), completion_by_count(leaves.inheriting, credit))
                }
                ProgressBasis::Estimate => {
                    let leaves = estimates.get(&project.id).map_or(&[][..], Vec::as_slice);
                    let found = completion_by_estimate(leaves, credit);
                    (found.all, found.part)
                }
            };
            let archived = project.archived_at.is_some();
            let complete = |leaves| project_completion(project.state, archived, leaves).map(round9);
            let (progress, inherited) = (complete(own), complete(inherited));
            let unchanged = same(progress, project.progress)
                && same(inherited, project.inherited_progress)
                && leaves.all.counted == project.counted_leaves
                && leaves.all.done == project.done_leaves
                && leaves.all.in_progress == project.in_progress_leaves;
            if unchanged {
                continue;
            }
            let at = self.after(project.progress_at);
            updates.push((
                project.id,
                vec![
                    progress.into(),
                    inherited.into(),
                    leaves.all.counted.into(),
                    leaves.all.done.into(),
                    leaves.all.in_progress.into(),
                    at.0.into(),
                ],
            ));
            if same(progress, project.progress) {
                continue;
            }
            points.push(self.point((SubjectKind::Project, project.id), at, progress, None, source));
            let (previous, current) = change(&[("progress", project.progress, progress)], source);
            self.note(NewEvent {
                kind: EventKind::ProgressChanged,
                subject: (SubjectKind::Project, project.id),
                ancestors: project.team_id.map(|team| (SubjectKind::Team, team)).into_iter().collect(),
                sight: project.sight(),
                previous: Some(previous),
                current,
            });
        }
        self.update_many(
            "project",
            &[
                "progress",
                "inherited_progress",
                "counted_leaves",
                "done_leaves",
                "in_progress_leaves",
                "progress_at",
            ],
            updates,
            false,
        )
        .await?;
        self.insert_all::<progress_point::Entity>(points).await
    }

    /// Leaves that count: neither cancelled nor archived, and without children that are not archived.
    async fn leaf_counts(&self, projects: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, Leaves>> {
        let ids: Vec<Uuid> = projects.iter().copied().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT place.project_id, task.inherits_links, COUNT(*), \
             COUNT(CASE WHEN task.status = 'DONE' THEN 1 END), \
             COUNT(CASE WHEN task.status = 'IN_PROGRESS' THEN 1 END) \
             FROM task_project AS place JOIN task ON task.id = place.task_id \
             WHERE place.organization_id = {organization} AND place.project_id IN {ids} \
             AND task.archived_at IS NULL AND task.child_count = 0 AND task.status <> 'CANCELLED' \
             GROUP BY place.project_id, task.inherits_links"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut counts: HashMap<Uuid, Leaves> = HashMap::new();
        for row in self.tx.all_raw(statement).await? {
            let leaves = counts.entry(row.try_get_by_index(0)?).or_default();
            let some = LeafCounts {
                counted: row.try_get_by_index(2)?,
                done: row.try_get_by_index(3)?,
                in_progress: row.try_get_by_index(4)?,
            };
            leaves.all.counted += some.counted;
            leaves.all.done += some.done;
            leaves.all.in_progress += some.in_progress;
            if row.try_get_by_index::<bool>(1)? {
                leaves.inheriting = some;
            }
        }
        Ok(counts)
    }

    /// The same leaves one by one, for projects that go by estimate.
    async fn leaf_estimates(&self, projects: &BTreeSet<Uuid>) -> Result<HashMap<Uuid, Vec<(Leaf, bool)>>> {
        let mut leaves: HashMap<Uuid, Vec<(Leaf, bool)>> = HashMap::new();
        if projects.is_empty() {
            return Ok(leaves);
        }
        let ids: Vec<Uuid> = projects.iter().copied().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(&ids);
        let text = format!(
            "SELECT place.project_id, task.status, task.estimate_value, task.estimate_unit, \
             task.inherits_links \
             FROM task_project AS place JOIN task ON task.id = place.task_id \
             WHERE place.organization_id = {organization} AND place.project_id IN {ids} \
             AND task.archived_at IS NULL AND task.child_count = 0 AND task.status <> 'CANCELLED'"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        for row in self.tx.all_raw(statement).await? {
            let value: Option<f64> = row.try_get_by_index(2)?;
            let unit: Option<EstimateUnit> = row.try_get_by_index(3)?;
            let estimate = value.zip(unit).map(|(value, unit)| Estimate { value, unit });
            let leaf = Leaf { status: row.try_get_by_index::<TaskStatus>(1)?, estimate };
            leaves.entry(row.try_get_by_index(0)?).or_default().push((leaf, row.try_get_by_index(4)?));
        }
        Ok(leaves)
    }
}

impl ProjectRow {
    /// Who may see its events.
    pub(in crate::domain) fn sight(&self) -> Sight {
        Sight {
            visibility: Some(self.visibility),
            team: self.team_id,
            owner: self.owner_id,
            ..Sight::default()
        }
    }
}
