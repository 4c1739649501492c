//! Who sees an event, decided in memory: the row filters of `access::visible` once more, over facts.
//!
//! Asking the database for every event and viewer would be as many statements as there are streams. The two
//! must agree; a test compares them on random organizations.

use entity::Visibility;
use uuid::Uuid;

use crate::domain::access::{Sight, Viewer};

/// Who sees an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Audience {
    /// The whole organization.
    Everyone,
    /// Who sees the row.
    Row(RowFacts),
    /// Who sees both rows: a link's ends.
    Both(Box<[RowFacts; 2]>),
    /// One person, and leaders.
    Only(Uuid),
    /// Who has the admin flag, and leaders.
    Admins,
    /// Leaders alone.
    Leaders,
}

/// What the row filter of a goal, project or task asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct RowFacts {
    /// Who may see the row; null shows it to nobody but its people.
    pub(in crate::domain) visibility: Option<Visibility>,
    /// The team that visibility `TEAM` means.
    pub(in crate::domain) team: Option<Uuid>,
    /// The owner, or the assignees.
    pub(in crate::domain) people: Vec<Uuid>,
    /// Home team of the owner, or of the primary assignee.
    pub(in crate::domain) home: Option<Uuid>,
    /// What a task adds.
    pub(in crate::domain) task: Option<TaskFacts>,
}

/// A task is also seen by who sees its primary project, and by managers of its assignee.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::domain) struct TaskFacts {
    /// The primary project; null when it has none.
    pub(in crate::domain) project: Option<Box<RowFacts>>,
}

/// Whether a viewer sees what an audience is made of, in an organization.
pub(in crate::domain) fn sees(viewer: &Viewer, organization: Uuid, audience: &Audience) -> bool {
    if viewer.organization_id != organization {
        return false;
    }
    match viewer.sight {
        Sight::Everything => return true,
        Sight::Nothing => return false,
        Sight::Goals => {}
    }
    match audience {
        Audience::Everyone => true,
        Audience::Row(row) => sees_row(viewer, row),
        Audience::Both(rows) => rows.iter().all(|row| sees_row(viewer, row)),
        Audience::Only(person) => viewer.is(Some(*person)),
        Audience::Admins => viewer.is_admin,
        Audience::Leaders => false,
    }
}

/// Whether a viewer of the same organization sees a goal.
pub(in crate::domain) fn sees_goal(viewer: &Viewer, row: &RowFacts) -> bool {
    match viewer.sight {
        Sight::Everything => true,
        Sight::Nothing => false,
        Sight::Goals => sees_row(viewer, row),
    }
}

fn sees_row(viewer: &Viewer, row: &RowFacts) -> bool {
    if row.people.iter().any(|person| viewer.is(Some(*person))) {
        return true;
    }
    let of_managed = || viewer.manages(row.home);
    let through_task = || {
        row.task.as_ref().is_some_and(|task| {
            of_managed() || task.project.as_ref().is_some_and(|project| sees_row(viewer, project))
        })
    };
    match row.visibility {
        None => false,
        Some(Visibility::Organization) => true,
        Some(Visibility::Team) => {
            row.team.is_some_and(|team| viewer.seen_teams.contains(&team)) || through_task()
        }
        Some(Visibility::Private) => of_managed() || through_task(),
    }
}
