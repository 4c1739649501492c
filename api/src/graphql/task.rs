//! Tasks.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    acknowledgement::{
        Acknowledgement, AcknowledgementConnection, AcknowledgementFilter, AcknowledgementSort,
    },
    alignment_link::{AlignmentLinkConnection, AlignmentLinkFilter, AlignmentLinkSort, AlignmentLinksFilter},
    context::{Nullable, nullable},
    effective_link::{EffectiveLink, EffectiveOrigin, effective_links},
    enums::{TaskStatus, Visibility, WorkClass},
    estimate::Estimate,
    external_person::{ExternalPersonConnection, ExternalPersonFilter, ExternalPersonSort},
    filter::{column, filter, key, sort, text},
    finding::{FindingConnection, FindingFilter, FindingSort},
    id::{NodeKind, id_of, key_of},
    input::number,
    integration::{Integration, IntegrationFilter},
    link_suggestion::{LinkSuggestion, link_suggestions},
    list::List,
    node::by_key,
    page::{Slice, connection, object, root},
    person::{PeopleFilter, Person, PersonConnection, PersonFilter, PersonSort},
    project::{Project, ProjectConnection, ProjectFilter, ProjectSort, ProjectsFilter},
    purpose::{TaskPurpose, purpose},
    scalars::{Date, DateTime, Url},
    status_interval::{StatusIntervalConnection, StatusIntervalFilter, StatusIntervalSort},
    task_label::TaskLabelsFilter,
    team::Team,
    texts::long_text,
    time_entry::{TimeEntryConnection, TimeEntryFilter, TimeEntrySort},
    unresolved_token::{UnresolvedTokenConnection, UnresolvedTokenFilter, UnresolvedTokenSort},
};
use crate::domain::{
    link_target::LinkSource,
    relation::{self, Table},
    task::TaskRow,
};

object! {
    /// A unit of work, own or synced from a tool.
    Task over TaskRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Task, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// When it was archived; null while it is not.
        async fn archived_at(&self) -> Option<DateTime> {
            self.0.archived_at.map(DateTime::from)
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// What is to be done.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Status in our words.
        async fn status(&self) -> TaskStatus {
            self.0.status.into()
        }

        /// Status in the tool's words.
        async fn provider_status(&self) -> Option<&str> {
            self.0.provider_status.as_deref()
        }

        /// When it is due.
        async fn due_on(&self) -> Option<Date> {
            self.0.due_on.map(Date::from)
        }

        /// When it first went in progress.
        async fn started_at(&self) -> Option<DateTime> {
            self.0.started_at.map(DateTime::from)
        }

        /// When it was last done; null while not done.
        async fn completed_at(&self) -> Option<DateTime> {
            self.0.completed_at.map(DateTime::from)
        }

        /// Whether a person opted it out of its projects' links.
        async fn opted_out(&self) -> bool {
            self.0.opted_out
        }

        /// Kind of work that needs no goal once acknowledged: what a person set, or what its own acknowledgement says while that
        /// holds (its end is noted within a second); null for work that should have one.
        async fn work_class(&self) -> Option<WorkClass> {
            self.0.work_class.map(Into::into)
        }

        /// Its id in the tool.
        async fn external_id(&self) -> Option<&str> {
            self.0.external_id.as_deref()
        }

        /// Its page in the tool.
        async fn external_url(&self) -> Option<Url> {
            self.0.external_url.clone().map(Url)
        }

        /// When the tool said that it was deleted.
        async fn source_deleted_at(&self) -> Option<DateTime> {
            self.0.source_deleted_at.map(DateTime::from)
        }

        /// Longer text, Markdown; null when there is none.
        async fn description(&self, ctx: &Context<'_>) -> Nullable<String> {
            long_text(ctx, Table::Task, "description", self.0.id).await
        }

        /// Labels, in alphabetical order.
        async fn labels(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<String>> {
            super::task_label::labels_of(ctx, self.0.id).await
        }

        /// Estimated effort; null when there is none.
        async fn estimate(&self, _ctx: &Context<'_>) -> Option<Estimate> {
            let (value, unit) = self.0.estimate_value.zip(self.0.estimate_unit)?;
            Some(Estimate { value, unit: unit.into() })
        }

        /// Time spent, in seconds: for the people it is assigned to, their managers and leaders; null for
        /// others and where the tool tells none.
        async fn logged_seconds(&self, ctx: &Context<'_>) -> Nullable<i32> {
            super::task_time::logged_seconds(ctx, &self.0).await
        }

        /// The acknowledgement that it serves no goal which holds now: its own, else, where it has no link of
        /// its own that counts, a project's, the primary one's first; null when none does.
        async fn acknowledgement(&self, ctx: &Context<'_>) -> Nullable<Acknowledgement> {
            super::effective_acknowledgement::of_task(ctx, self.0.id).await
        }

        /// Whether that acknowledgement is its own or a project's; null when none holds.
        async fn acknowledgement_origin(&self, ctx: &Context<'_>) -> Nullable<EffectiveOrigin> {
            super::effective_acknowledgement::origin(ctx, self.0.id).await
        }

        /// The project through which it inherits that acknowledgement; null for its own, and when none holds.
        async fn acknowledgement_via(&self, ctx: &Context<'_>) -> Nullable<Project> {
            super::effective_acknowledgement::via(ctx, self.0.id).await
        }

        /// The links that hold for it: its own that count, and those of its projects, unless it opted out or
        /// one of its own holds it; only those to goals that the viewer sees. A link of its own holds it as
        /// long as the goal is pursued. Once the goal is over (closed, given up or archived, itself or its
        /// objective), it holds only what was finished by then, which was work for that goal; anything else
        /// serves the goals of its projects again.
        async fn effective_links(&self, ctx: &Context<'_>) -> async_graphql::Result<List<EffectiveLink>> {
            effective_links(ctx, self.0.id).await
        }

        /// What it is for: each path through project, key result and objective to the top, as far as the
        /// viewer sees it; empty when it serves no goal.
        async fn purpose(&self, ctx: &Context<'_>) -> async_graphql::Result<List<TaskPurpose>> {
            purpose(ctx, self.0.id).await
        }

        /// Who may see it: its primary project's visibility.
        async fn visibility(&self) -> Visibility {
            self.0.visibility.into()
        }

        /// Goals that it may serve, the likeliest first, each with its reasons: see the query of the same name.
        /// Empty when it is archived.
        async fn link_suggestions(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many: 0 to 20, 5 when left out.")] first: Option<i32>,
        ) -> async_graphql::Result<List<LinkSuggestion>> {
            link_suggestions(ctx, LinkSource::Task(self.0.id), first).await
        }
    }
    one {
        /// The task it is part of.
        parent: Task = parent_id;
        /// Primary project.
        project: Project = project_id;
        /// Primary assignee, when a person of the organization.
        assignee: Person = assignee_id;
        /// Team of the primary project; decides who sees it with visibility `TEAM`.
        team: Team = team_id;
        /// Where it comes from; null for an own task.
        integration: Integration = integration_id;
    }
    edges {
        /// Its parts.
        children: TaskConnection(TaskFilter, TaskSort) = relation::TASK_CHILDREN;
        /// All projects that it stands in.
        projects: ProjectConnection(ProjectFilter, ProjectSort) = relation::TASK_PROJECTS;
        /// All people it is assigned to.
        assignees: PersonConnection(PersonFilter, PersonSort) = relation::TASK_ASSIGNEES;
        /// Assignees that only the tool knows, or as it knows them.
        external_assignees: ExternalPersonConnection(ExternalPersonFilter, ExternalPersonSort) = relation::TASK_EXTERNAL_ASSIGNEES;
        /// Its own links to goals; those of its projects are not among them.
        links: AlignmentLinkConnection(AlignmentLinkFilter, AlignmentLinkSort) = relation::TASK_LINKS;
        /// Spans of time in its statuses.
        status_intervals: StatusIntervalConnection(StatusIntervalFilter, StatusIntervalSort) = relation::TASK_STATUS_INTERVALS;
        /// Time spent on it, as far as the viewer may see: own time, and that of people they manage.
        time_entries: TimeEntryConnection(TimeEntryFilter, TimeEntrySort) = relation::TASK_TIME_ENTRIES;
        /// References in it that match no goal.
        unresolved_tokens: UnresolvedTokenConnection(UnresolvedTokenFilter, UnresolvedTokenSort) = relation::TASK_TOKENS;
        /// Acknowledgements that it serves no goal.
        acknowledgements: AcknowledgementConnection(AcknowledgementFilter, AcknowledgementSort) = relation::TASK_ACKNOWLEDGEMENTS;
        /// Findings about it, resolved ones among them.
        findings: FindingConnection(FindingFilter, FindingSort) = relation::TASK_FINDINGS;
    }
}

connection!(TaskConnection, TaskEdge, Task, TaskRow, "tasks");

filter! {
    TaskFilter, TasksFilter on Task, "tasks" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Task));
        /// By title.
        title: StringComparator = text("title", "title_folded");
        /// By status.
        status: TaskStatusComparator = column("status");
        /// By the tool's own status.
        provider_status: KeyComparator = column("provider_status");
        /// By due day.
        due_on: DateComparator = column("due_on");
        /// By start.
        started_at: DateTimeComparator = column("started_at");
        /// By completion.
        completed_at: DateTimeComparator = column("completed_at");
        /// By work class.
        work_class: WorkClassComparator = column("work_class");
        /// By the id in its tool.
        external_id: KeyComparator = column("external_id");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By primary project.
        project: ProjectFilter = "project_id" => Project;
        /// By primary assignee.
        assignee: PersonFilter = "assignee_id" => Person;
        /// By the task it is part of.
        parent: TaskFilter = "parent_id" => Task;
        /// By integration.
        integration: IntegrationFilter = "integration_id" => Integration;
    }
    many {
        /// By all its projects.
        projects: ProjectsFilter = relation::TASK_PROJECTS;
        /// By all its assignees.
        assignees: PeopleFilter = relation::TASK_ASSIGNEES;
        /// By labels.
        labels: TaskLabelsFilter = relation::TASK_LABELS;
        /// By its parts.
        children: TasksFilter = relation::TASK_CHILDREN;
        /// By its own links.
        links: AlignmentLinksFilter = relation::TASK_LINKS;
    }
}

sort! {
    TaskSort, TaskSortField on Task, "tasks" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By title, without case.
        Title = "title_folded" as Text;
        /// By due day.
        DueOn = "due_on" as Date;
        /// By completion.
        CompletedAt = "completed_at" as Integer;
        /// By status, in alphabetical order.
        Status = "status" as Text;
    }
}

/// Look-ups and lists of tasks.
#[derive(Debug, Default)]
pub struct TaskQuery;

#[Object]
impl TaskQuery {
    /// One of the tasks; null when it does not exist or may not be seen.
    async fn task(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Task> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Task)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Tasks that the viewer sees.
    async fn tasks(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<TaskFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<TaskSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<TaskConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(TaskConnection::from)))
    }
}
