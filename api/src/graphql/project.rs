//! Projects.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    acknowledgement::{
        Acknowledgement, AcknowledgementConnection, AcknowledgementFilter, AcknowledgementSort,
    },
    alignment_link::{AlignmentLinkConnection, AlignmentLinkFilter, AlignmentLinkSort, AlignmentLinksFilter},
    as_of::{self, ProjectAsOf},
    context::{Nullable, nullable},
    enums::{ProgressBasis, ProjectState, Visibility, WorkClass},
    filter::{column, filter, key, sort, text},
    finding::{FindingConnection, FindingFilter, FindingSort},
    gate::ProjectGate,
    gate_waiver::{GateWaiver, GateWaiverConnection, GateWaiverFilter, GateWaiverSort},
    id::{NodeKind, id_of, key_of},
    input::number,
    integration::{Integration, IntegrationFilter},
    link_suggestion::{LinkSuggestion, link_suggestions},
    list::List,
    node::by_key,
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    progress_point::{ProgressPointConnection, ProgressPointFilter, ProgressPointSort},
    project_result::{ProjectResultConnection, ProjectResultFilter, ProjectResultSort},
    project_template::{ProjectTemplate, ProjectTemplateFilter},
    scalars::{Date, DateTime, Url},
    task::{TaskConnection, TaskFilter, TaskSort, TasksFilter},
    team::{Team, TeamFilter},
    texts::long_text,
    unresolved_token::{UnresolvedTokenConnection, UnresolvedTokenFilter, UnresolvedTokenSort},
};
use crate::domain::{
    link_target::LinkSource,
    project::ProjectRow,
    relation::{self, Table},
};

object! {
    /// A piece of work with an end, own or synced from a tool.
    Project over ProjectRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Project, self.0.id)
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

        /// Display name.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Where the project is in its life.
        async fn state(&self) -> ProjectState {
            self.0.state.into()
        }

        /// Who may see it and its tasks.
        async fn visibility(&self) -> Visibility {
            self.0.visibility.into()
        }

        /// Planned first day.
        async fn starts_on(&self) -> Option<Date> {
            self.0.starts_on.map(Date::from)
        }

        /// Planned last day.
        async fn ends_on(&self) -> Option<Date> {
            self.0.ends_on.map(Date::from)
        }

        /// When it first went in progress.
        async fn started_at(&self) -> Option<DateTime> {
            self.0.started_at.map(DateTime::from)
        }

        /// When it became done or cancelled.
        async fn ended_at(&self) -> Option<DateTime> {
            self.0.ended_at.map(DateTime::from)
        }

        /// Whether completion counts tasks or sums estimates.
        async fn progress_basis(&self) -> ProgressBasis {
            self.0.progress_basis.into()
        }

        /// Completion, 0–1; null when no task counts.
        async fn progress(&self) -> Option<f64> {
            self.0.progress
        }

        /// Leaf tasks that are neither cancelled nor archived.
        async fn counted_leaves(&self) -> i32 {
            number(self.0.counted_leaves)
        }

        /// Those of them that are done.
        async fn done_leaves(&self) -> i32 {
            number(self.0.done_leaves)
        }

        /// Those of them that are in progress.
        async fn in_progress_leaves(&self) -> i32 {
            number(self.0.in_progress_leaves)
        }

        /// It as it was recorded at a time; null when it was made later.
        async fn as_of(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "What was known by then.")] at: DateTime,
        ) -> Nullable<ProjectAsOf> {
            as_of::project(ctx, self.0.id, at).await
        }

        /// When completion was last computed.
        async fn progress_at(&self) -> Option<DateTime> {
            self.0.progress_at.map(DateTime::from)
        }

        /// Kind of work that needs no goal once acknowledged: what a person set, or what its acknowledgement says while that holds
        /// (its end is noted within a second); null for work that should have one.
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

        /// Longer text, Markdown; null when there is none.
        async fn description(&self, ctx: &Context<'_>) -> Nullable<String> {
            long_text(ctx, Table::Project, "description", self.0.id).await
        }

        /// The acknowledgement that it serves no goal which holds now, the latest; null when none does.
        async fn acknowledgement(&self, ctx: &Context<'_>) -> Nullable<Acknowledgement> {
            super::effective_acknowledgement::of_project(ctx, self.0.id).await
        }

        /// How it stands before the organization's gate: what would happen if it went in progress now.
        async fn gate(&self, ctx: &Context<'_>) -> Nullable<ProjectGate> {
            super::gate::gate_of(ctx, &self.0).await
        }

        /// The waiver of the gate that holds now; null when none does.
        async fn gate_waiver(&self, ctx: &Context<'_>) -> Nullable<GateWaiver> {
            super::gate_waiver::of_project(ctx, self.0.id).await
        }

        /// Goals that it may serve, the likeliest first, each with its reasons: see the query of the same name.
        /// Empty when it is archived.
        async fn link_suggestions(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "How many: 0 to 20, 5 when left out.")] first: Option<i32>,
        ) -> async_graphql::Result<List<LinkSuggestion>> {
            link_suggestions(ctx, LinkSource::Project(self.0.id), first).await
        }
    }
    one {
        /// The team that does it.
        team: Team = team_id;
        /// Who answers for it.
        owner: Person = owner_id;
        /// The template that it was made from; null for none.
        template: ProjectTemplate = template_id;
        /// Where it comes from; null for an own project.
        integration: Integration = integration_id;
    }
    edges {
        /// Tasks that stand in it.
        tasks: TaskConnection(TaskFilter, TaskSort) = relation::PROJECT_TASKS;
        /// Its links to goals.
        links: AlignmentLinkConnection(AlignmentLinkFilter, AlignmentLinkSort) = relation::PROJECT_LINKS;
        /// Its completion over time, oldest first.
        progress_history: ProgressPointConnection(ProgressPointFilter, ProgressPointSort) = relation::PROJECT_POINTS;
        /// What key results did while it ran, once it has ended.
        results: ProjectResultConnection(ProjectResultFilter, ProjectResultSort) = relation::PROJECT_RESULTS;
        /// References in it that match no goal.
        unresolved_tokens: UnresolvedTokenConnection(UnresolvedTokenFilter, UnresolvedTokenSort) = relation::PROJECT_TOKENS;
        /// Acknowledgements that it serves no goal.
        acknowledgements: AcknowledgementConnection(AcknowledgementFilter, AcknowledgementSort) = relation::PROJECT_ACKNOWLEDGEMENTS;
        /// Waivers of the gate, those that have ended among them.
        gate_waivers: GateWaiverConnection(GateWaiverFilter, GateWaiverSort) = relation::PROJECT_GATE_WAIVERS;
        /// Findings about it, resolved ones among them.
        findings: FindingConnection(FindingFilter, FindingSort) = relation::PROJECT_FINDINGS;
    }
}

connection!(ProjectConnection, ProjectEdge, Project, ProjectRow, "projects");

filter! {
    ProjectFilter, ProjectsFilter on Project, "projects" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Project));
        /// By title.
        title: StringComparator = text("title", "title_folded");
        /// By state.
        state: ProjectStateComparator = column("state");
        /// By visibility.
        visibility: VisibilityComparator = column("visibility");
        /// By completion, 0–1.
        progress: NumberComparator = column("progress");
        /// By planned first day.
        starts_on: DateComparator = column("starts_on");
        /// By planned last day.
        ends_on: DateComparator = column("ends_on");
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
        /// By team.
        team: TeamFilter = "team_id" => Team;
        /// By owner.
        owner: PersonFilter = "owner_id" => Person;
        /// By integration.
        integration: IntegrationFilter = "integration_id" => Integration;
        /// By the template that it was made from.
        template: ProjectTemplateFilter = "template_id" => ProjectTemplate;
    }
    many {
        /// By its tasks.
        tasks: TasksFilter = relation::PROJECT_TASKS;
        /// By its links (a project without work on goals: length 0).
        links: AlignmentLinksFilter = relation::PROJECT_LINKS;
    }
}

sort! {
    ProjectSort, ProjectSortField on Project, "projects" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By title, without case.
        Title = "title_folded" as Text;
        /// By completion.
        Progress = "progress" as Float;
        /// By planned last day.
        EndsOn = "ends_on" as Date;
    }
}

/// Look-ups and lists of projects.
#[derive(Debug, Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// One of the projects; null when it does not exist or may not be seen.
    async fn project(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Project> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Project)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Projects that the viewer sees.
    async fn projects(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<ProjectFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<ProjectSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<ProjectConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(ProjectConnection::from)))
    }
}
