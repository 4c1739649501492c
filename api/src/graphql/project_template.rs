//! Templates of projects.

use async_graphql::{Context, ID, Object};

use super::{
    context::{Nullable, nullable},
    enums::{ProgressBasis, ProjectState, Significance, WorkClass},
    estimate::Estimate,
    filter::{column, filter, key, sort, text},
    id::{NodeKind, key_of, part_id},
    input::number,
    node::by_key,
    page::{Slice, connection, object, root},
    project::{ProjectConnection, ProjectFilter, ProjectSort},
    scalars::DateTime,
    team::{Team, TeamFilter},
    texts::long_text,
};
use crate::domain::{
    project_template::{ProjectTemplateRow, ProjectTemplateTaskRow},
    relation::{self, Table},
};

/// Ids of templates.
pub const PROJECT_TEMPLATE: NodeKind = NodeKind::Part("tpl");

object! {
    /// What new projects of a kind begin with. Everybody in the organization sees it.
    ProjectTemplate over ProjectTemplateRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("tpl", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// When it was archived; null while in use.
        async fn archived_at(&self) -> Option<DateTime> {
            self.0.archived_at.map(DateTime::from)
        }

        /// Display name.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// Whether no project is made from it without a goal.
        async fn requires_goal(&self) -> bool {
            self.0.requires_goal
        }

        /// Kind of work of new projects; null for work that should have a goal.
        async fn work_class(&self) -> Option<WorkClass> {
            self.0.work_class.map(Into::into)
        }

        /// Whether completion of new projects counts tasks or sums estimates.
        async fn progress_basis(&self) -> ProgressBasis {
            self.0.progress_basis.into()
        }

        /// Whether new projects count for progress of their goal.
        async fn significance(&self) -> Significance {
            self.0.significance.into()
        }

        /// Share of new projects in their goal's work progress; 0 or more.
        async fn weight(&self) -> f64 {
            self.0.weight
        }

        /// State that new projects begin in: PLANNED or IN_PROGRESS.
        async fn begin_state(&self) -> ProjectState {
            self.0.begin_state.into()
        }

        /// Longer text, Markdown, which new projects get; null when there is none.
        async fn description(&self, ctx: &Context<'_>) -> Nullable<String> {
            long_text(ctx, Table::ProjectTemplate, "description", self.0.id).await
        }
    }
    one {
        /// The team whose projects it is for, and the teams below it; null for everybody.
        team: Team = team_id;
    }
    edges {
        /// The tasks that new projects begin with, in their order unless sorted otherwise.
        tasks: ProjectTemplateTaskConnection(ProjectTemplateTaskFilter, ProjectTemplateTaskSort) = relation::TEMPLATE_TASKS;
        /// Projects that were made from it, as far as the viewer sees them.
        projects: ProjectConnection(ProjectFilter, ProjectSort) = relation::TEMPLATE_PROJECTS;
    }
}

connection!(
    ProjectTemplateConnection,
    ProjectTemplateEdge,
    ProjectTemplate,
    ProjectTemplateRow,
    "templates of projects"
);

filter! {
    ProjectTemplateFilter, ProjectTemplatesFilter on ProjectTemplate, "templates of projects" {
        /// By global id.
        id: IdComparator = key("id", PROJECT_TEMPLATE);
        /// By name.
        name: StringComparator = text("name", "name_folded");
        /// By whether it wants a goal.
        requires_goal: BooleanComparator = column("requires_goal");
        /// By work class.
        work_class: WorkClassComparator = column("work_class");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By team.
        team: TeamFilter = "team_id" => Team;
    }
    many {
    }
}

sort! {
    ProjectTemplateSort, ProjectTemplateSortField on ProjectTemplate, "templates of projects" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By name, without case.
        Name = "name_folded" as Text;
    }
}

object! {
    /// A task that every project made from a template begins with.
    ProjectTemplateTask over ProjectTemplateTaskRow {
        /// Global id; tasks of a template get new ones when they are set anew.
        pub async fn id(&self) -> ID {
            part_id("tpt", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// Place among the template's tasks, from 0.
        async fn position(&self) -> i32 {
            self.0.position
        }

        /// Place of the earlier task that it is part of; null for none.
        async fn parent(&self) -> Option<i32> {
            self.0.parent_position
        }

        /// What is to be done.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Longer text, Markdown; null when there is none.
        async fn description(&self) -> Option<&str> {
            self.0.description.as_deref()
        }

        /// Estimated effort; null when there is none.
        async fn estimate(&self, _ctx: &Context<'_>) -> Option<Estimate> {
            let (value, unit) = self.0.estimate_value.zip(self.0.estimate_unit)?;
            Some(Estimate { value, unit: unit.into() })
        }

        /// Days from the project's first day to the day it is due, negative for before; null for never due.
        async fn due_offset_days(&self) -> Option<i32> {
            self.0.due_offset_days
        }
    }
    edges {
    }
}

connection!(
    ProjectTemplateTaskConnection,
    ProjectTemplateTaskEdge,
    ProjectTemplateTask,
    ProjectTemplateTaskRow,
    "tasks of a template"
);

filter! {
    ProjectTemplateTaskFilter, ProjectTemplateTasksFilter on ProjectTemplateTask, "tasks of a template" {
        /// By place, from 0.
        position: NumberComparator = column("position");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
    }
    many {
    }
}

sort! {
    ProjectTemplateTaskSort, ProjectTemplateTaskSortField on ProjectTemplateTask, "tasks of a template" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
    }
}

/// Look-ups and lists of templates.
#[derive(Debug, Default)]
pub struct ProjectTemplateQuery;

#[Object]
impl ProjectTemplateQuery {
    /// One of the templates of projects; null when it does not exist.
    async fn project_template(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: ID,
    ) -> Nullable<ProjectTemplate> {
        match key_of(&id, PROJECT_TEMPLATE) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Templates of projects.
    async fn project_templates(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<ProjectTemplateFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<ProjectTemplateSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<ProjectTemplateConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(ProjectTemplateConnection::from)))
    }
}
