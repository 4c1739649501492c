//! `viewer.work`: the viewer's own open tasks, ordered by what the goals need.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};
use uuid::Uuid;

use super::{
    alignment_link::AlignmentLink,
    context::{Nullable, fail, scope},
    enums::{Health, Significance},
    input::number,
    key_result::KeyResult,
    list::List,
    node::by_key,
    objective::Objective,
    page::{PageInfo, Slice},
    project::Project,
    task::{Task, TaskFilter, TaskSort},
};
use crate::domain::{
    access::scope::Listed,
    goal_need::Need,
    link_target::LinkGoal,
    page::{Page, PageArgs, PageRow},
    viewer_work::{self as domain, OwnTask},
};

/// In which order a person's work stands.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::WorkOrder")]
pub enum WorkOrder {
    /// What the goals need most first, what serves no goal last; then the earliest due day, then creation.
    GoalNeed,
    /// The earliest due day first, without one last; then creation.
    DueOn,
}

/// Why goals need a task: the link with the greatest need. Where the viewer may not see the link, since they may not
/// see the goal or the project that is linked to it, only the gap is told, without a name; a link to a goal that the
/// viewer does not see counts only where somebody confirmed it.
///
/// `need = gap × (½ + ½ timeElapsed) × goalShare × linkShare`, half of it for a link that SUPPORTS.
#[derive(Clone, Copy, Debug)]
pub struct GoalNeed(Need);

impl GoalNeed {
    fn key_result_id(&self) -> Option<Uuid> {
        match self.0.goal {
            LinkGoal::KeyResult(id) => Some(id),
            LinkGoal::Objective(_) => None,
        }
    }

    /// Tells something to who sees the link, and so both its ends; null for who does not.
    async fn seen<T: Send>(&self, ctx: &Context<'_>, told: Option<T>) -> Nullable<T> {
        let link: Nullable<AlignmentLink> = by_key(ctx, self.0.link).await;
        match link? {
            Ok(_) => told.map(Ok),
            Err(error) => Some(Err(error)),
        }
    }

    /// The row with a key, for who sees the link.
    async fn seen_row<R: Listed, T: From<Arc<R>>>(&self, ctx: &Context<'_>, id: Option<Uuid>) -> Nullable<T> {
        match self.seen(ctx, id).await? {
            Ok(id) => by_key::<R, T>(ctx, id).await,
            Err(error) => Some(Err(error)),
        }
    }
}

/// Why goals need a task: the link with the greatest need. Where the viewer may not see the link, since they may not
/// see the goal or the project that is linked to it, only the gap is told, without a name; a link to a goal that the
/// viewer does not see counts only where somebody confirmed it.
///
/// `need = gap × (½ + ½ timeElapsed) × goalShare × linkShare`, half of it for a link that SUPPORTS.
#[Object]
impl GoalNeed {
    /// The key result; null where the link leads to an objective itself, or the viewer may not see the link.
    async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
        self.seen_row(ctx, self.key_result_id()).await
    }

    /// The objective, of the key result or linked itself; null where the viewer may not see the link.
    async fn objective(&self, ctx: &Context<'_>) -> Nullable<Objective> {
        self.seen_row(ctx, Some(self.0.objective)).await
    }

    /// Whether the viewer may not see the link: a link is seen by who sees both its ends. All but the gap is null
    /// then.
    async fn redacted(&self, ctx: &Context<'_>) -> async_graphql::Result<bool> {
        Ok(self.seen(ctx, Some(())).await.transpose()?.is_none())
    }

    /// The link; null where the viewer may not see it.
    async fn link(&self, ctx: &Context<'_>) -> Nullable<AlignmentLink> {
        by_key(ctx, self.0.link).await
    }

    /// The project through which the task serves the goal; null where it is linked itself, or the viewer may not
    /// see the link.
    async fn via(&self, ctx: &Context<'_>) -> Nullable<Project> {
        self.seen_row(ctx, self.0.via).await
    }

    /// How far the goal is behind, 0–1: expected less actual progress, at least what its health stands for; 0
    /// where it is on track, over, or only proposed. Of an objective, the progress of those parts of which
    /// something is expected is held against what is expected.
    async fn gap(&self) -> f64 {
        self.0.shortfall
    }

    /// Progress expected of the goal by now, 0–1; null when nothing can be expected, and where the viewer may not
    /// see the link.
    async fn expected_progress(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, self.0.facts.expected).await
    }

    /// Its progress, 0–1; null when not known, which counts as 0, and where the viewer may not see the link.
    async fn progress(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, self.0.progress).await
    }

    /// Its health; null when nothing can be said, and where the viewer may not see the link.
    async fn health(&self, ctx: &Context<'_>) -> Nullable<Health> {
        self.seen(ctx, self.0.facts.health.map(Health::from)).await
    }

    /// Share of the goal's time that has passed, 0–1; null without dates, which counts as 0, and where the viewer
    /// may not see the link.
    async fn time_elapsed(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, self.0.facts.elapsed).await
    }

    /// Share of the goal's time that is left, 0–1; null without dates, and where the viewer may not see the link.
    async fn time_left(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, self.0.facts.elapsed.map(|elapsed| 1.0 - elapsed)).await
    }

    /// Weight of the link; 0 or more; null where the viewer may not see it.
    async fn weight(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, Some(self.0.weight)).await
    }

    /// Weight of the link beside the heaviest that contributes to the goal, of work that is neither archived nor
    /// cancelled, 0–1; null where the viewer may not see the link.
    async fn link_share(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, Some(self.0.facts.link_share)).await
    }

    /// Weight of the key result beside the heaviest open one of its objective, 0–1; 1 for a link to an objective
    /// itself; null where the viewer may not see the link.
    async fn goal_share(&self, ctx: &Context<'_>) -> Nullable<f64> {
        self.seen(ctx, Some(self.0.facts.goal_share)).await
    }

    /// Whether the work counts for progress; null where the viewer may not see the link.
    async fn significance(&self, ctx: &Context<'_>) -> Nullable<Significance> {
        let told = if self.0.facts.contributes { Significance::Contributes } else { Significance::Supports };
        self.seen(ctx, Some(told)).await
    }
}

/// An own open task, with what the goals need of it.
#[derive(Clone, Debug)]
pub struct ViewerWork(OwnTask);

/// An own open task, with what the goals need of it.
#[Object]
impl ViewerWork {
    /// The task.
    async fn task(&self) -> Task {
        Task::from(Arc::clone(&self.0.task))
    }

    /// How much the goals need it, 0–1: the greatest need among the links that hold for it; null when it serves no
    /// goal, or only goals that the viewer does not see by links that nobody confirmed.
    async fn need(&self) -> Option<f64> {
        self.0.need.map(|need| need.need)
    }

    /// Why; null where need is.
    async fn reason(&self) -> Option<GoalNeed> {
        self.0.need.map(GoalNeed)
    }
}

/// A page of own work.
#[derive(Debug)]
pub struct ViewerWorkConnection {
    page: Page<OwnTask>,
    count: usize,
    order: domain::WorkOrder,
    args: PageArgs,
}

/// A piece of own work, with its place in the list.
#[derive(Debug)]
pub struct ViewerWorkEdge(String, ViewerWork);

fn node(row: &PageRow<OwnTask>) -> ViewerWork {
    ViewerWork(OwnTask::clone(&row.row))
}

impl ViewerWorkConnection {
    fn cursors(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<String>> {
        let scope = scope(ctx).map_err(|error| fail(ctx, &error))?;
        let identity = scope.work_identity(self.order, &self.args);
        Ok(self.page.rows.iter().map(|row| identity.cursor(row)).collect())
    }
}

/// A page of own work.
#[Object]
impl ViewerWorkConnection {
    /// The work of the page, in the order of the list.
    async fn nodes(&self) -> List<ViewerWork> {
        List(self.page.rows.iter().map(node).collect())
    }

    /// The work of the page, each with its cursor.
    async fn edges(&self, ctx: &Context<'_>) -> async_graphql::Result<List<ViewerWorkEdge>> {
        let cursors = self.cursors(ctx)?.into_iter().zip(&self.page.rows);
        Ok(List(cursors.map(|(cursor, row)| ViewerWorkEdge(cursor, node(row))).collect()))
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

    /// Tasks of the whole list under its filter.
    async fn total_count(&self) -> i32 {
        number(i64::try_from(self.count).unwrap_or(i64::MAX))
    }
}

/// A piece of own work, with its place in the list.
#[Object(serial)]
impl ViewerWorkEdge {
    /// Opaque place in the list, for `after` and `before`; good for a day, for it holds to the moment of the first
    /// page.
    async fn cursor(&self) -> &str {
        &self.0
    }

    /// The work.
    async fn node(&self) -> &ViewerWork {
        &self.1
    }
}

/// A page of the viewer's own open tasks.
pub async fn viewer_work(
    ctx: &Context<'_>,
    order: WorkOrder,
    slice: Slice,
    filter: Option<TaskFilter>,
) -> async_graphql::Result<ViewerWorkConnection> {
    let order = domain::WorkOrder::from(order);
    let args = super::filter::args(ctx, slice, filter, None::<Vec<TaskSort>>, false);
    let args = args.map_err(|error| fail(ctx, &error))?;
    let scope = scope(ctx).map_err(|error| fail(ctx, &error))?;
    let (page, count) = scope.own_work(order, &args).await.map_err(|error| fail(ctx, &error))?;
    Ok(ViewerWorkConnection { page, count, order, args })
}
