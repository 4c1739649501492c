//! Tasks of which the test knows everything, with gaps and ties in every column.

use chrono::NaiveDate;
use entity::Instant;
use support::{Company, TestServer};
use uuid::Uuid;

/// A task as the test knows it.
#[derive(Clone, Debug)]
pub(crate) struct TaskRow {
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) status: &'static str,
    pub(crate) provider_status: Option<&'static str>,
    pub(crate) due_on: Option<NaiveDate>,
    pub(crate) completed_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) work_class: Option<&'static str>,
    /// Place of the parent among the rows.
    pub(crate) parent: Option<usize>,
    /// Place of the project among [`PROJECTS`].
    pub(crate) project: Option<usize>,
    pub(crate) labels: Vec<&'static str>,
}

/// A project with its title and state.
pub(crate) const PROJECTS: [(&str, &str); 3] =
    [("Alpha", "IN_PROGRESS"), ("beta", "DONE"), ("Alpha two", "PLANNED")];
pub(crate) const TITLES: [&str; 7] = ["alpha", "Alpha", "beta", "Beta 100%", "a_b", "älter", "Ω"];
pub(crate) const STATUSES: [&str; 4] = ["BACKLOG", "TODO", "IN_PROGRESS", "DONE"];
pub(crate) const LABELS: [&str; 3] = ["red", "Red", "blue"];
pub(crate) const CLASSES: [&str; 2] = ["MAINTENANCE", "EMERGENCY"];
pub(crate) const PROVIDER: [&str; 3] = ["In Review", "Done", "in review"];
/// How many tasks there are; divides by nothing that the columns repeat by.
const COUNT: usize = 29;

pub(crate) fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1 + number % 28).expect("a day of March")
}

/// An element, or a gap at every so many rows.
fn at<T: Copy>(list: &[T], place: usize, gap: usize) -> Option<T> {
    if place.is_multiple_of(gap) { None } else { Some(list[place % list.len()]) }
}

/// Writes the tasks, and gives them in the order in which they were made.
pub(crate) async fn write(server: &TestServer, company: &Company) -> (Vec<TaskRow>, Vec<Uuid>) {
    let database = server.database();
    let mut projects = Vec::new();
    for (title, state) in PROJECTS {
        projects.push(company.project(database, title, &[("state", state.into())]).await.expect("written"));
    }
    let mut rows: Vec<TaskRow> = Vec::new();
    for place in 0..COUNT {
        let row = TaskRow {
            id: server.clock().new_id(),
            title: TITLES[place * 5 % TITLES.len()].to_owned(),
            status: STATUSES[place * 3 % STATUSES.len()],
            provider_status: at(&PROVIDER, place, 4),
            due_on: (place % 3 != 0).then(|| day(u32::try_from(place / 4).expect("small"))),
            completed_at: (place % 4 == 1).then(|| 1_000_000 * i64::try_from(place / 8).expect("small")),
            created_at: 1_700_000_000_000_000 + i64::try_from(place % 5).expect("small"),
            updated_at: 1_700_000_000_000_000 + i64::try_from(place % 3).expect("small"),
            work_class: at(&CLASSES, place, 3),
            parent: (place > 4 && place.is_multiple_of(4)).then_some(place % 5),
            project: at(&[0, 1, 2], place, 5),
            labels: LABELS
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| place >> bit & 1 == 1)
                .map(|(_, label)| label)
                .collect(),
        };
        let more = [
            ("id", row.id.into()),
            ("status", row.status.into()),
            ("provider_status", row.provider_status.into()),
            ("due_on", row.due_on.into()),
            ("completed_at", row.completed_at.map(Instant).into()),
            ("created_at", row.created_at.into()),
            ("updated_at", row.updated_at.into()),
            ("work_class", row.work_class.into()),
            ("parent_id", row.parent.map(|parent| rows[parent].id).into()),
            ("project_id", row.project.map(|project| projects[project]).into()),
        ];
        company.task(database, &row.title, &more).await.expect("written");
        if let Some(project) = row.project {
            let place = [
                ("task_id", row.id.into()),
                ("project_id", projects[project].into()),
                ("is_primary", true.into()),
            ];
            company.write_once(database, "task_project", &place).await.expect("written");
        }
        for label in &row.labels {
            let cells = [
                ("task_id", row.id.into()),
                ("name", (*label).into()),
                ("name_folded", label.to_lowercase().into()),
            ];
            company.write_once(database, "task_label", &cells).await.expect("written");
        }
        rows.push(row);
    }
    (rows, projects)
}

/// The global id of a task.
pub(crate) fn global(id: Uuid) -> String {
    format!("tsk_{}", id.simple())
}
