//! Objectives.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    alignment_link::{AlignmentLinkConnection, AlignmentLinkFilter, AlignmentLinkSort},
    as_of::{self, ObjectiveAsOf},
    carry_over::predecessor_of_objective,
    check_in::{CheckInConnection, CheckInFilter, CheckInSort, CheckInsFilter},
    context::{Nullable, nullable, scope},
    cycle::{Cycle, CycleFilter},
    enums::{GoalState, Health, ObjectiveKind, ObjectiveSource, ScoreBand, Visibility},
    error::UserError,
    filter::{column, filter, key, sort, text},
    finding::{FindingConnection, FindingFilter, FindingSort},
    id::{NodeKind, id_of},
    input::{Keys, changed, number},
    key_result::{KeyResultConnection, KeyResultFilter, KeyResultSort, KeyResultsFilter},
    key_result_score::band,
    mutation::{Outcome, run},
    node::by_key,
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    progress_explanation::{ExplanationOf, ProgressExplanation, explanation},
    progress_point::{ProgressPointConnection, ProgressPointFilter, ProgressPointSort},
    project::{ProjectConnection, ProjectFilter, ProjectSort, ProjectsFilter},
    scalars::{DateTime, Url},
    standing,
    task::{TaskConnection, TaskFilter, TaskSort, TasksFilter},
    team::{Team, TeamFilter},
    texts::long_text,
};
use crate::domain::{
    objective::{ArchiveObjective, CreateObjective, ObjectiveRow, UpdateObjective},
    origin::{Origin, OriginChange},
    relation::{self, Table},
};

const OBJECTIVE: NodeKind = NodeKind::Subject(SubjectKind::Objective);

object! {
    /// What an organization, team or person wants to achieve.
    Objective over ObjectiveRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Objective, self.0.id)
        }

        /// When it was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When a person or tool last changed it; computed numbers do not count.
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

        /// Code, `O-12`: unique in the organization, never given twice.
        async fn code(&self) -> &str {
            &self.0.code
        }

        /// What is to be achieved.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Longer text, Markdown; null when there is none.
        async fn description(&self, ctx: &Context<'_>) -> Nullable<String> {
            long_text(ctx, Table::Objective, "description", self.0.id).await
        }

        /// Where it is in its life.
        async fn state(&self) -> GoalState {
            self.0.state.into()
        }

        /// Committed, or aspirational.
        async fn kind(&self) -> ObjectiveKind {
            self.0.kind.into()
        }

        /// Who may see it.
        async fn visibility(&self) -> Visibility {
            self.0.visibility.into()
        }

        /// Share of attention intended, 0–1, for investment only; null when not set.
        async fn priority(&self) -> Option<f64> {
            self.0.priority
        }

        /// Share in the roll-up of the objective above, 0 or more.
        async fn weight(&self) -> f64 {
            self.0.weight
        }

        /// Whether aligned child objectives join the roll-up.
        async fn include_children(&self) -> bool {
            self.0.include_children
        }

        /// Whether progress comes from key results or from own links.
        async fn progress_source(&self) -> ObjectiveSource {
            self.0.progress_source.into()
        }

        /// Weighted mean of its counted parts, 0–1; null when none counts.
        async fn progress(&self) -> Option<f64> {
            self.0.progress
        }

        /// When the progress was last computed; null before it was.
        async fn progress_as_of(&self) -> Option<DateTime> {
            self.0.progress_at.map(DateTime::from)
        }

        /// Progress expected by now, 0–1: the weighted mean of what is expected of its counted parts; null
        /// when nothing can be expected.
        async fn expected_progress(&self, ctx: &Context<'_>) -> Nullable<f64> {
            standing::of_objective(ctx, self.0.id, |standing| standing.expected).await
        }

        /// The worst of its open key results, in the order OFF_TRACK, AT_RISK, OUTDATED, PENDING,
        /// ON_TRACK; null when nothing can be said, as of a draft.
        async fn health(&self, ctx: &Context<'_>) -> Nullable<Health> {
            standing::of_objective(ctx, self.0.id, |standing| standing.health.map(Into::into)).await
        }

        /// Health by the gap between expected and actual progress alone; null when either is.
        async fn pace_health(&self, ctx: &Context<'_>) -> Nullable<Health> {
            standing::of_objective(ctx, self.0.id, |standing| standing.pace.map(Into::into)).await
        }

        /// The tree behind the progress: which part brings how much of it.
        async fn progress_explanation(&self, ctx: &Context<'_>) -> Nullable<ProgressExplanation> {
            explanation(ctx, ExplanationOf::Objective(self.0.id)).await
        }

        /// Score at close, 0–1: the mean of those of its key results, and of closed objectives that join its
        /// roll-up, by their weights; null until it is closed, and where nothing was scored.
        async fn score(&self) -> Option<f64> {
            self.0.score
        }

        /// What the score means; null without one.
        async fn score_band(&self) -> Option<ScoreBand> {
            band(self.0.score)
        }

        /// It as it was recorded at a time; null when it was made later.
        async fn as_of(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "What was known by then.")] at: DateTime,
        ) -> Nullable<ObjectiveAsOf> {
            as_of::objective(ctx, self.0.id, at).await
        }

        /// The closed objective in whose place it goes on; null when there is none, or where the viewer may
        /// not see it.
        async fn predecessor(&self, ctx: &Context<'_>) -> Nullable<Objective> {
            predecessor_of_objective(ctx, self.0.id).await
        }

        /// Days between check-ins of the key results that set none; null takes the parent's, else the
        /// cycle's, else the organization's.
        async fn check_in_days(&self) -> Option<i32> {
            self.0.check_in_days
        }

        /// Its id in the file or tool that it was imported from; null for one made here.
        async fn external_id(&self) -> Option<&str> {
            self.0.external_id.as_deref()
        }

        /// Its page there; null when none was given.
        async fn external_url(&self) -> Option<Url> {
            self.0.external_url.clone().map(Url)
        }
    }
    one {
        /// Who answers for it; null for nobody.
        owner: Person = owner_id;
        /// The team it belongs to; null for one of the whole organization.
        team: Team = team_id;
        /// The cycle it is set for; null for none.
        cycle: Cycle = cycle_id;
        /// Who checks in on the key results that name nobody; null leaves it to their owners.
        check_in_owner: Person = check_in_owner_id;
        /// Who acknowledges the check-ins on the key results that name nobody; null for nobody.
        check_in_reviewer: Person = check_in_reviewer_id;
        /// The objective above; null for a top one, or where the viewer may not see it.
        parent: Objective = parent_id;
    }
    edges {
        /// Its key results.
        key_results: KeyResultConnection(KeyResultFilter, KeyResultSort) = relation::OBJECTIVE_KEY_RESULTS;
        /// Objectives aligned to it.
        children: ObjectiveConnection(ObjectiveFilter, ObjectiveSort) = relation::OBJECTIVE_CHILDREN;
        /// Projects linked to the objective itself whose links count. Those that only support it, are retired, or, with `requireConfirm`, wait
        /// for a person to confirm them are not listed; stale ones are.
        projects: ProjectConnection(ProjectFilter, ProjectSort) = relation::OBJECTIVE_PROJECTS;
        /// Tasks linked to the objective itself whose links count, by the same rule.
        tasks: TaskConnection(TaskFilter, TaskSort) = relation::OBJECTIVE_TASKS;
        /// All links to the objective itself.
        links: AlignmentLinkConnection(AlignmentLinkFilter, AlignmentLinkSort) = relation::OBJECTIVE_LINKS;
        /// Check-ins on its key results.
        check_ins: CheckInConnection(CheckInFilter, CheckInSort) = relation::OBJECTIVE_CHECK_INS;
        /// Its progress over time, oldest first.
        progress_history: ProgressPointConnection(ProgressPointFilter, ProgressPointSort) = relation::OBJECTIVE_POINTS;
        /// Findings about the objective itself, resolved ones among them; those of its links are found by their links.
        findings: FindingConnection(FindingFilter, FindingSort) = relation::OBJECTIVE_FINDINGS;
    }
}

connection!(ObjectiveConnection, ObjectiveEdge, Objective, ObjectiveRow, "objectives");

filter! {
    ObjectiveFilter, ObjectivesFilter on Objective, "objectives" {
        /// By global id.
        id: IdComparator = key("id", OBJECTIVE);
        /// By code.
        code: KeyComparator = column("code");
        /// By title.
        title: StringComparator = text("title", "title_folded");
        /// By state.
        state: GoalStateComparator = column("state");
        /// By kind.
        kind: ObjectiveKindComparator = column("kind");
        /// By visibility.
        visibility: VisibilityComparator = column("visibility");
        /// By progress, 0–1.
        progress: NumberComparator = column("progress");
        /// By priority, 0–1.
        priority: NumberComparator = column("priority");
        /// By the id in the file or tool that it was imported from.
        external_id: KeyComparator = column("external_id");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By owner.
        owner: PersonFilter = "owner_id" => Person;
        /// By team.
        team: TeamFilter = "team_id" => Team;
        /// By cycle.
        cycle: CycleFilter = "cycle_id" => Cycle;
        /// By the objective above.
        parent: ObjectiveFilter = "parent_id" => Objective;
    }
    many {
        /// By its key results.
        key_results: KeyResultsFilter = relation::OBJECTIVE_KEY_RESULTS;
        /// By the check-ins on its key results.
        check_ins: CheckInsFilter = relation::OBJECTIVE_CHECK_INS;
        /// By the objectives aligned to it.
        children: ObjectivesFilter = relation::OBJECTIVE_CHILDREN;
        /// By the projects linked to it whose links count.
        projects: ProjectsFilter = relation::OBJECTIVE_PROJECTS;
        /// By the tasks linked to it whose links count.
        tasks: TasksFilter = relation::OBJECTIVE_TASKS;
    }
}

sort! {
    ObjectiveSort, ObjectiveSortField on Objective, "objectives" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By the number in the code.
        Number = "number" as Integer;
        /// By title, without case.
        Title = "title_folded" as Text;
        /// By progress.
        Progress = "progress" as Float;
        /// By priority.
        Priority = "priority" as Float;
    }
}

/// Look-ups and lists of objectives.
#[derive(Debug, Default)]
pub struct ObjectiveQuery;

#[Object]
impl ObjectiveQuery {
    /// One objective, by id or by code; null when it does not exist or may not be seen.
    async fn objective(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: Option<ID>,
        #[graphql(
            desc = "Code, `O-12`; old codes lead to their goal, that of a closed one to the goal that goes on in its place."
        )]
        code: Option<String>,
    ) -> Nullable<Objective> {
        match Keys::new(id, code).read(OBJECTIVE) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(Keys::Id(id)) => by_key(ctx, id).await,
            Ok(Keys::Code(code)) => {
                let found = match scope(ctx) {
                    Ok(scope) => scope.objective_by_code(&code).await,
                    Err(error) => Err(error),
                };
                nullable(ctx, found.map(|row| row.map(Objective::from)))
            }
        }
    }

    /// Objectives that the viewer sees.
    async fn objectives(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<ObjectiveFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<ObjectiveSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<ObjectiveConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(ObjectiveConnection::from)))
    }
}

/// Input of `objectiveCreate`.
#[derive(InputObject, Debug)]
pub struct ObjectiveCreateInput {
    /// Id made by the client (`obj_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// What is to be achieved: one line of at most 500 characters.
    pub title: String,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: Option<String>,
    /// Who answers for it; the viewer when left out.
    pub owner_id: Option<ID>,
    /// The team it belongs to; the whole organization when left out.
    pub team_id: Option<ID>,
    /// The cycle it is set for.
    pub cycle_id: Option<ID>,
    /// The objective above.
    pub parent_id: Option<ID>,
    /// DRAFT or ACTIVE; when left out, ACTIVE where the viewer may publish, else DRAFT.
    pub state: Option<GoalState>,
    /// Committed, or aspirational.
    #[graphql(default_with = "ObjectiveKind::Committed")]
    pub kind: ObjectiveKind,
    /// Who may see it.
    #[graphql(default_with = "Visibility::Organization")]
    pub visibility: Visibility,
    /// Share of attention intended, 0–1.
    pub priority: Option<f64>,
    /// Share in the roll-up of the objective above, 0 or more.
    #[graphql(default = 1.0)]
    pub weight: f64,
    /// Whether aligned child objectives join the roll-up.
    #[graphql(default)]
    pub include_children: bool,
    /// Whether progress comes from key results or from own links.
    #[graphql(default_with = "ObjectiveSource::KeyResults")]
    pub progress_source: ObjectiveSource,
    /// Days between check-ins of the key results that set none, 1–366; the parent's, else the cycle's, else
    /// the organization's when left out.
    pub check_in_days: Option<i32>,
    /// Who checks in on the key results that name nobody; their owners when left out.
    pub check_in_owner_id: Option<ID>,
    /// Who acknowledges the check-ins on the key results that name nobody; nobody when left out.
    pub check_in_reviewer_id: Option<ID>,
}

/// Input of `objectiveUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct ObjectiveUpdateInput {
    /// The objective.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// What is to be achieved: one line of at most 500 characters.
    pub title: Option<String>,
    /// Longer text, Markdown, at most 100,000 characters.
    pub description: MaybeUndefined<String>,
    /// Who answers for it.
    pub owner_id: MaybeUndefined<ID>,
    /// The team it belongs to; null for the whole organization.
    pub team_id: MaybeUndefined<ID>,
    /// The cycle it is set for.
    pub cycle_id: MaybeUndefined<ID>,
    /// The objective above; one that lies below it is refused.
    pub parent_id: MaybeUndefined<ID>,
    /// DRAFT, ACTIVE or CANCELLED; CLOSED comes with the close of the cycle.
    pub state: Option<GoalState>,
    /// Committed, or aspirational.
    pub kind: Option<ObjectiveKind>,
    /// Who may see it.
    pub visibility: Option<Visibility>,
    /// Share of attention intended, 0–1.
    pub priority: MaybeUndefined<f64>,
    /// Share in the roll-up of the objective above, 0 or more.
    pub weight: Option<f64>,
    /// Whether aligned child objectives join the roll-up.
    pub include_children: Option<bool>,
    /// Whether progress comes from key results or from own links.
    pub progress_source: Option<ObjectiveSource>,
    /// Days between check-ins of the key results that set none, 1–366; null takes the parent's, else the
    /// cycle's, else the organization's.
    pub check_in_days: MaybeUndefined<i32>,
    /// Who checks in on the key results that name nobody; null leaves it to their owners.
    pub check_in_owner_id: MaybeUndefined<ID>,
    /// Who acknowledges the check-ins on the key results that name nobody; null for nobody.
    pub check_in_reviewer_id: MaybeUndefined<ID>,
}

/// Input of `objectiveArchive`.
#[derive(InputObject, Debug)]
pub struct ObjectiveArchiveInput {
    /// The objective.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `objectiveUnarchive`.
#[derive(InputObject, Debug)]
pub struct ObjectiveUnarchiveInput {
    /// The objective.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on objectives.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The objective as it is now; null when nothing was written.
            pub objective: Option<Objective>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<ObjectiveRow>> for $name {
            fn from(outcome: Outcome<ObjectiveRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { objective: row.map(|row| Objective(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    ObjectiveCreatePayload of "objectiveCreate";
    ObjectiveUpdatePayload of "objectiveUpdate";
    ObjectiveArchivePayload of "objectiveArchive";
    ObjectiveUnarchivePayload of "objectiveUnarchive";
}

/// Changes of objectives.
#[derive(Debug, Default)]
pub struct ObjectiveMutation;

#[Object]
impl ObjectiveMutation {
    /// Makes an objective. Individuals propose drafts; leaders, and managers for their teams, publish.
    async fn objective_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new objective.")] input: ObjectiveCreateInput,
    ) -> Nullable<ObjectiveCreatePayload> {
        run(ctx, |keys| {
            Ok(CreateObjective {
                id: keys.own(input.id.as_ref(), OBJECTIVE)?,
                title: input.title,
                description: input.description,
                owner: keys.optional(input.owner_id.as_ref(), SubjectKind::Person, "ownerId"),
                team: keys.optional(input.team_id.as_ref(), SubjectKind::Team, "teamId"),
                cycle: keys.optional(input.cycle_id.as_ref(), SubjectKind::Cycle, "cycleId"),
                parent: keys.optional(input.parent_id.as_ref(), SubjectKind::Objective, "parentId"),
                state: input.state.map(Into::into),
                kind: input.kind.into(),
                visibility: input.visibility.into(),
                priority: input.priority,
                weight: input.weight,
                include_children: input.include_children,
                progress_source: input.progress_source.into(),
                check_in_days: input.check_in_days,
                check_in_owner: keys.optional(
                    input.check_in_owner_id.as_ref(),
                    SubjectKind::Person,
                    "checkInOwnerId",
                ),
                check_in_reviewer: keys.optional(
                    input.check_in_reviewer_id.as_ref(),
                    SubjectKind::Person,
                    "checkInReviewerId",
                ),
                origin: Origin::default(),
            })
        })
        .await
    }

    /// Changes an objective.
    async fn objective_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ObjectiveUpdateInput,
    ) -> Nullable<ObjectiveUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdateObjective {
                id: keys.target(&input.id, SubjectKind::Objective)?,
                expected_version: input.expected_version.map(i64::from),
                title: input.title,
                description: changed(input.description),
                owner: keys.changed(&input.owner_id, SubjectKind::Person, "ownerId"),
                team: keys.changed(&input.team_id, SubjectKind::Team, "teamId"),
                cycle: keys.changed(&input.cycle_id, SubjectKind::Cycle, "cycleId"),
                parent: keys.changed(&input.parent_id, SubjectKind::Objective, "parentId"),
                state: input.state.map(Into::into),
                kind: input.kind.map(Into::into),
                visibility: input.visibility.map(Into::into),
                priority: changed(input.priority),
                weight: input.weight,
                include_children: input.include_children,
                progress_source: input.progress_source.map(Into::into),
                check_in_days: changed(input.check_in_days),
                check_in_owner: keys.changed(&input.check_in_owner_id, SubjectKind::Person, "checkInOwnerId"),
                check_in_reviewer: keys.changed(
                    &input.check_in_reviewer_id,
                    SubjectKind::Person,
                    "checkInReviewerId",
                ),
                origin: OriginChange::default(),
            })
        })
        .await
    }

    /// Archives an objective: its key results leave the roll-up above, links to it go stale.
    async fn objective_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ObjectiveArchiveInput,
    ) -> Nullable<ObjectiveArchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveObjective {
                id: keys.target(&input.id, SubjectKind::Objective)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes an objective out of the archive, with the same rows as before.
    async fn objective_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: ObjectiveUnarchiveInput,
    ) -> Nullable<ObjectiveUnarchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveObjective {
                id: keys.target(&input.id, SubjectKind::Objective)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
