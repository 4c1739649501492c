//! `viewer.unlinkedWork`: the viewer's own open work that serves no goal.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};

use super::{
    context::{fail, scope},
    filter::{column, filter, sort, text},
    integration::IntegrationFilter,
    link_end::LinkSource,
    list::List,
    page::{PageInfo, Slice},
    project::{Project, ProjectFilter},
    task::Task,
    team::TeamFilter,
};
use crate::domain::{
    page::{Page, PageArgs},
    unlinked_work::{self as domain, OwnWork},
};

/// Which work a list has.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::WorkKind")]
pub enum WorkKind {
    /// Tasks.
    Task,
    /// Projects.
    Project,
}

fn node(work: &OwnWork) -> LinkSource {
    match work {
        OwnWork::Task(row) => LinkSource::Task(Task::from(Arc::clone(row))),
        OwnWork::Project(row) => LinkSource::Project(Project::from(Arc::clone(row))),
    }
}

/// A page of work that serves no goal.
#[derive(Debug)]
pub struct UnlinkedWorkConnection {
    page: Page<OwnWork>,
    kind: Option<domain::WorkKind>,
    args: PageArgs,
}

/// A piece of work that serves no goal, with its place in the list.
#[derive(Debug)]
pub struct UnlinkedWorkEdge(String, LinkSource);

impl UnlinkedWorkConnection {
    fn cursors(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<String>> {
        let scope = scope(ctx).map_err(|error| fail(ctx, &error))?;
        let identity = scope.unlinked_identity(self.kind, &self.args);
        Ok(self.page.rows.iter().map(|row| identity.cursor(row)).collect())
    }
}

/// A page of work that serves no goal.
#[Object]
impl UnlinkedWorkConnection {
    /// The work of the page, in the order of the list.
    async fn nodes(&self) -> List<LinkSource> {
        List(self.page.rows.iter().map(|row| node(&row.row)).collect())
    }

    /// The work of the page, each with its cursor.
    async fn edges(&self, ctx: &Context<'_>) -> async_graphql::Result<List<UnlinkedWorkEdge>> {
        let cursors = self.cursors(ctx)?.into_iter().zip(&self.page.rows);
        Ok(List(cursors.map(|(cursor, row)| UnlinkedWorkEdge(cursor, node(&row.row))).collect()))
    }

    /// The page's place in the list.
    async fn page_info(&self, ctx: &Context<'_>) -> async_graphql::Result<PageInfo> {
        let cursors = self.cursors(ctx)?;
        Ok(PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: cursors.first().cloned(),
            end_cursor: cursors.last().cloned(),
        })
    }

    /// Pieces of work of the whole list under its filter; counted only when asked for.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<i32> {
        let scope = scope(ctx).map_err(|error| fail(ctx, &error))?;
        let counted = scope.count_unlinked_work(self.kind, &self.args).await;
        counted.map(super::input::number).map_err(|error| fail(ctx, &error))
    }
}

/// A piece of work that serves no goal, with its place in the list.
#[Object(serial)]
impl UnlinkedWorkEdge {
    /// Opaque place in the list, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.0
    }

    /// The work.
    async fn node(&self) -> &LinkSource {
        &self.1
    }
}

filter! {
    UnlinkedWorkFilter, UnlinkedWorksFilter on Task, "pieces of unlinked work" {
        /// By title.
        title: StringComparator = text("title", "title_folded");
        /// By the day on which a task is due, or a project ends.
        due_on: DateComparator = column("due_on");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By a task's primary project, or the project itself.
        project: ProjectFilter = "project_id" => Project;
        /// By team.
        team: TeamFilter = "team_id" => Team;
        /// By integration.
        integration: IntegrationFilter = "integration_id" => Integration;
    }
    many {
    }
}

sort! {
    UnlinkedWorkSort, UnlinkedWorkSortField on Task, "pieces of unlinked work" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By title, without case.
        Title = "title_folded" as Text;
        /// By the day on which a task is due, or a project ends.
        DueOn = "due_on" as Date;
    }
}

/// What is asked of the list.
#[derive(Debug)]
pub struct Asked {
    /// Which work; both kinds when none is named.
    pub kind: Option<WorkKind>,
    /// Which part of the list.
    pub slice: Slice,
    /// Which work fits.
    pub filter: Option<UnlinkedWorkFilter>,
    /// In which order.
    pub sort: Option<Vec<UnlinkedWorkSort>>,
}

/// A page of the viewer's own open work that serves no goal.
pub async fn unlinked_work(ctx: &Context<'_>, asked: Asked) -> async_graphql::Result<UnlinkedWorkConnection> {
    let kind = asked.kind.map(domain::WorkKind::from);
    let args = super::filter::args(ctx, asked.slice, asked.filter, asked.sort, false);
    let args = args.map_err(|error| fail(ctx, &error))?;
    let scope = scope(ctx).map_err(|error| fail(ctx, &error))?;
    let page = scope.unlinked_work(kind, &args).await.map_err(|error| fail(ctx, &error))?;
    Ok(UnlinkedWorkConnection { page, kind, args })
}
