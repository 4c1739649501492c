//! Who sees which row: the row filter of every table, written once, snapshotted as SQL by a test.
//!
//! A table without a rule does not compile: the match below names them all.

use sea_orm::{
    DbBackend,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    scope::one_of_ids,
    viewer::{Sight, Viewer},
};
use crate::domain::relation::Table;

fn column(table: Table, name: &'static str) -> Expr {
    Expr::col((Alias::new(table.name()), Alias::new(name)))
}

fn same_organization(table: Table, viewer: &Viewer) -> Condition {
    let key = if table == Table::Organization { "id" } else { "organization_id" };
    Condition::all().add(column(table, key).eq(viewer.organization_id))
}

fn in_teams(column: Expr, teams: &[Uuid], viewer: &Viewer) -> Expr {
    if teams.is_empty() {
        return Expr::cust("1 = 0");
    }
    one_of_ids(column, teams, viewer.backend == DbBackend::Postgres)
}

/// The rows of a table that a viewer sees, the organization included.
#[must_use]
pub fn rows_of(table: Table, viewer: &Viewer) -> Condition {
    let own = same_organization(table, viewer);
    match viewer.sight {
        Sight::Everything => return own,
        Sight::Nothing => return own.add(Expr::cust("1 = 0")),
        Sight::Goals => {}
    }
    match table {
        Table::Organization
        | Table::Person
        | Table::Team
        | Table::Membership
        | Table::Cycle
        | Table::Allocation
        | Table::ProjectTemplate
        | Table::ProjectTemplateTask => own,
        Table::Objective => own.add(objectives(viewer)),
        Table::KeyResult => own.add(within(table, "objective_id", Table::Objective, viewer)),
        Table::Milestone | Table::CheckIn | Table::KeyResultScore => {
            own.add(within(table, "key_result_id", Table::KeyResult, viewer))
        }
        Table::CarryOver => own.add(either(
            table,
            [("key_result_id", Table::KeyResult), ("objective_id", Table::Objective)],
            viewer,
        )),
        Table::ProjectResult => own.add(within(table, "project_id", Table::Project, viewer)).add(within(
            table,
            "key_result_id",
            Table::KeyResult,
            viewer,
        )),
        Table::Integration => own.add(integrations(viewer)),
        Table::SyncContainer | Table::SyncRun => {
            own.add(within(table, "integration_id", Table::Integration, viewer))
        }
        Table::SyncFailure => own.add(within(table, "sync_run_id", Table::SyncRun, viewer)),
        // Leaders see everything already.
        Table::ServiceToken => own.add(if viewer.is_admin {
            Condition::all()
        } else {
            Condition::all().add(Expr::cust("1 = 0"))
        }),
        Table::Project => own.add(projects(viewer)),
        Table::Task => own.add(tasks(viewer)),
        Table::TaskLabel | Table::TaskAssignee | Table::StatusInterval => {
            own.add(within(table, "task_id", Table::Task, viewer))
        }
        Table::ExternalPerson => own,
        Table::TimeEntry => own.add(time_entries(viewer)).add(within(table, "task_id", Table::Task, viewer)),
        Table::AlignmentLink => own.add(links(viewer)),
        Table::LinkEvidence | Table::LinkInterval => {
            own.add(within(table, "alignment_link_id", Table::AlignmentLink, viewer))
        }
        Table::GateWaiver => own.add(within(table, "project_id", Table::Project, viewer)),
        Table::UnresolvedToken | Table::Acknowledgement => {
            own.add(either(table, [("project_id", Table::Project), ("task_id", Table::Task)], viewer))
        }
        Table::Finding => own.add(findings(viewer)),
        Table::ProgressPoint => own.add(
            Condition::any()
                .add(within(table, "objective_id", Table::Objective, viewer))
                .add(within(table, "key_result_id", Table::KeyResult, viewer))
                .add(within(table, "project_id", Table::Project, viewer)),
        ),
    }
}

fn ids(table: Table, viewer: &Viewer) -> SelectStatement {
    let mut select = Query::select();
    select
        .column((Alias::new(table.name()), Alias::new("id")))
        .from(Alias::new(table.name()))
        .cond_where(rows_of(table, viewer));
    select
}

/// The row that `key` refers to is visible.
fn within(table: Table, key: &'static str, other: Table, viewer: &Viewer) -> Condition {
    Condition::all().add(column(table, key).in_subquery(ids(other, viewer)))
}

fn either<const N: usize>(table: Table, ends: [(&'static str, Table); N], viewer: &Viewer) -> Condition {
    ends.into_iter().fold(Condition::any(), |any, (key, other)| any.add(within(table, key, other, viewer)))
}

/// People whose home team lies in the viewer's managed subtree.
fn managed_people(viewer: &Viewer) -> SelectStatement {
    let mut select = Query::select();
    select
        .column((Alias::new("membership"), Alias::new("person_id")))
        .from(Alias::new("membership"))
        .and_where(column(Table::Membership, "organization_id").eq(viewer.organization_id))
        .and_where(Expr::col((Alias::new("membership"), Alias::new("is_home"))).eq(true))
        .and_where(in_teams(column(Table::Membership, "team_id"), &viewer.managed_teams, viewer));
    select
}

fn of_managed_people(column: Expr, viewer: &Viewer) -> Condition {
    if viewer.managed_teams.is_empty() {
        Condition::all().add(Expr::cust("1 = 0"))
    } else {
        Condition::all().add(column.in_subquery(managed_people(viewer)))
    }
}

fn objectives(viewer: &Viewer) -> Condition {
    let of = |name| column(Table::Objective, name);
    Condition::any()
        .add(of("visibility").eq("ORGANIZATION"))
        .add(of("owner_id").eq(viewer.person_id))
        .add(Condition::all().add(of("visibility").eq("TEAM")).add(in_teams(
            of("team_id"),
            &viewer.seen_teams,
            viewer,
        )))
        .add(
            Condition::all()
                .add(of("visibility").eq("PRIVATE"))
                .add(of_managed_people(of("owner_id"), viewer)),
        )
}

fn projects(viewer: &Viewer) -> Condition {
    let of = |name| column(Table::Project, name);
    Condition::any()
        .add(of("visibility").eq("ORGANIZATION"))
        .add(of("owner_id").eq(viewer.person_id))
        .add(Condition::all().add(of("visibility").eq("TEAM")).add(in_teams(
            of("team_id"),
            &viewer.seen_teams,
            viewer,
        )))
        .add(
            Condition::all()
                .add(of("visibility").eq("PRIVATE"))
                .add(of_managed_people(of("owner_id"), viewer)),
        )
}

fn tasks(viewer: &Viewer) -> Condition {
    let of = |name| column(Table::Task, name);
    let mut assigned = Query::select();
    assigned
        .column((Alias::new("task_assignee"), Alias::new("task_id")))
        .from(Alias::new("task_assignee"))
        .and_where(column(Table::TaskAssignee, "person_id").eq(viewer.person_id));
    Condition::any()
        .add(of("visibility").eq("ORGANIZATION"))
        .add(of("assignee_id").eq(viewer.person_id))
        .add(of("id").in_subquery(assigned))
        .add(Condition::all().add(of("visibility").eq("TEAM")).add(in_teams(
            of("team_id"),
            &viewer.seen_teams,
            viewer,
        )))
        .add(
            Condition::all()
                .add(of("visibility").ne("ORGANIZATION"))
                .add(of_managed_people(of("assignee_id"), viewer)),
        )
        .add(
            Condition::all()
                .add(of("visibility").ne("ORGANIZATION"))
                .add(of("project_id").in_subquery(ids(Table::Project, viewer))),
        )
}

/// Own time, and that of the people one manages: other people's hours are theirs.
fn time_entries(viewer: &Viewer) -> Condition {
    people_whose_time_is_seen(column(Table::TimeEntry, "person_id"), viewer)
}

/// The people whose time and effort a viewer may see, by the column that names them.
pub(in crate::domain) fn people_whose_time_is_seen(person: Expr, viewer: &Viewer) -> Condition {
    match viewer.sight {
        Sight::Everything => return Condition::all().add(Expr::cust("1 = 1")),
        Sight::Nothing => return Condition::all().add(Expr::cust("1 = 0")),
        Sight::Goals => {}
    }
    Condition::any().add(person.clone().eq(viewer.person_id)).add(of_managed_people(person, viewer))
}

/// A link is seen by who sees both its ends: a title at either end would tell of the other.
fn links(viewer: &Viewer) -> Condition {
    let table = Table::AlignmentLink;
    Condition::all()
        .add(either(table, [("project_id", Table::Project), ("task_id", Table::Task)], viewer))
        .add(either(table, [("objective_id", Table::Objective), ("key_result_id", Table::KeyResult)], viewer))
}

/// A finding is seen by who sees what it is about, its owner too: evidence tells of the subject, and what it tells
/// beside that is held back where it is read. One about a team is for those who belong to it or manage it.
fn findings(viewer: &Viewer) -> Condition {
    let table = Table::Finding;
    let ends = [
        ("objective_id", Table::Objective),
        ("key_result_id", Table::KeyResult),
        ("project_id", Table::Project),
        ("task_id", Table::Task),
        ("alignment_link_id", Table::AlignmentLink),
        ("integration_id", Table::Integration),
    ];
    either(table, ends, viewer).add(in_teams(column(table, "team_id"), &viewer.seen_teams, viewer))
}

/// Integrations: admins, and managers for those that fill projects of their own teams.
fn integrations(viewer: &Viewer) -> Condition {
    if viewer.is_admin {
        return Condition::all();
    }
    if !viewer.is_manager() || viewer.seen_teams.is_empty() {
        return Condition::all().add(Expr::cust("1 = 0"));
    }
    let mut filled = Query::select();
    filled
        .column((Alias::new("project"), Alias::new("integration_id")))
        .from(Alias::new("project"))
        .and_where(column(Table::Project, "organization_id").eq(viewer.organization_id))
        .and_where(column(Table::Project, "integration_id").is_not_null())
        .and_where(in_teams(column(Table::Project, "team_id"), &viewer.seen_teams, viewer));
    Condition::all().add(column(Table::Integration, "id").in_subquery(filled))
}
