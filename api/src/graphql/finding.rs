//! Findings.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    alignment_link::{AlignmentLink, AlignmentLinkFilter},
    context::{Nullable, nullable, scope},
    enums::{FindingKind, FindingState, Severity},
    filter::{column, filter, key, sort},
    finding_sight::seen_of,
    id::{NodeKind, id_of, key_of},
    input::number,
    integration::Integration,
    key_result::{KeyResult, KeyResultFilter},
    node::by_key,
    objective::{Objective, ObjectiveFilter},
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    project::{Project, ProjectFilter},
    scalars::DateTime,
    task::{Task, TaskFilter},
    team::{Team, TeamFilter},
};
use crate::domain::finding::FindingRow;

object! {
    /// Something an audit noticed.
    Finding over FindingRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Finding, self.0.id)
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

        /// What was noticed.
        async fn kind(&self) -> FindingKind {
            self.0.kind.into()
        }

        /// How much it matters; while it is put off, as when that was decided.
        async fn severity(&self) -> Severity {
            self.0.severity.into()
        }

        /// Whether it still asks for something.
        async fn state(&self) -> FindingState {
            self.0.state.into()
        }

        /// Until when it is acknowledged or waived.
        async fn until_at(&self) -> Option<DateTime> {
            self.0.until_at.map(DateTime::from)
        }

        /// Why it was waived.
        async fn reason(&self) -> Option<&str> {
            self.0.reason.as_deref()
        }

        /// When it was opened, or last opened again.
        async fn opened_at(&self) -> DateTime {
            self.0.opened_at.into()
        }

        /// When its cause was last there.
        async fn last_seen_at(&self) -> DateTime {
            self.0.last_seen_at.into()
        }

        /// When it was resolved.
        async fn resolved_at(&self) -> Option<DateTime> {
            self.0.resolved_at.map(DateTime::from)
        }

        /// What it is about, as a typed global id.
        async fn subject_id(&self) -> ID {
            ID(self.0.subject_key.clone())
        }

        /// What was seen, as the text of a JSON object; times are in UTC, and ids are global ids. What the viewer may
        /// not see is left out. Its keys, by kind:
        ///
        /// - `LINK_STALE`: `staleReason`, `since` (null when not known), `sourceId`, `targetId`, `goalClosed` (whether
        ///   the link is frozen with its goal), `successorId` (the goal that goes on in its place, where there is one;
        ///   null where it may not be seen).
        /// - `LINK_REVIEW`: `goalId`, `changes`: a list of `{ change, before, after }` since somebody last stood by the
        ///   link, with the change `GOAL_CLOSED` (states), `GOAL_DIRECTION` (kinds of key results), `GOAL_TARGET`
        ///   (decimals), `GOAL_BOUNDS` (lists of the lower and the upper bound), `GOAL_OWNER` (ids of people) or
        ///   `SCOPE_GROWTH` (numbers of leaf tasks that count).
        /// - `OVER_LINKED`: `linkCount` (null where not all of them may be seen, and beyond 100), `maxLinks`, `linkIds`
        ///   (at most 20 of those that may be seen, the weakest first).
        /// - `GRANULARITY_MISMATCH`: `goalId` and `linkedTasks` (both null where the goal may not be seen), `tasks` (leaf
        ///   tasks of the project that count).
        /// - `UNRESOLVED_TOKEN`: `tokenCount`, `tokens` (at most 20 of `{ id, code, field, reason }`).
        /// - `PROJECT_STARTED_UNALIGNED`: `gate` (the setting), `isSynced`, `startedAt` (null when not known).
        /// - `ACKNOWLEDGEMENT_EXPIRED`: `acknowledgementId`, `workClass`, and `endedAt`, or `evaluationDueAt` for an
        ///   opportunity that was not evaluated in time.
        /// - `WORK_WITHOUT_GOAL`: `startedAt` (null when not known), `projectId` (the primary one; null for none, and
        ///   where it may not be seen), `optedOut` (whether a person opted it out of its projects' links).
        async fn evidence(&self, ctx: &Context<'_>) -> async_graphql::Result<String> {
            Ok(self.0.evidence_for(&seen_of(ctx, &self.0).await?))
        }

        /// A mutation that would mend it, ready to be sent by somebody who has the right to; it is never applied by
        /// itself. Null when it is resolved, where nothing is known to mend it, and where it would be about a goal or
        /// link that the viewer may not see.
        async fn suggestion(&self, ctx: &Context<'_>) -> Nullable<FindingSuggestion> {
            let scope = scope(ctx).ok()?;
            let seen = match seen_of(ctx, &self.0).await {
                Ok(seen) => seen,
                Err(error) => return Some(Err(error)),
            };
            let suggested = self.0.suggestion(scope.clock().now(), &scope.viewer().settings, &seen)?;
            Some(Ok(FindingSuggestion {
                mutation: suggested.mutation,
                input: suggested.input.to_string(),
            }))
        }
    }
    one {
        /// Who is to act; null when nobody who is still there answers for what it is about.
        owner: Person = owner_id;
        /// What it is about, when an objective; null else, and when the viewer may not see it.
        objective: Objective = objective_id;
        /// What it is about, when a key result; null else, and when the viewer may not see it.
        key_result: KeyResult = key_result_id;
        /// What it is about, when a project; null else, and when the viewer may not see it.
        project: Project = project_id;
        /// What it is about, when a task; null else, and when the viewer may not see it.
        task: Task = task_id;
        /// What it is about, when a link; null else, and when the viewer may not see both its ends.
        alignment_link: AlignmentLink = alignment_link_id;
        /// What it is about, when a team; null else.
        team: Team = team_id;
        /// What it is about, when an integration; null else, and when the viewer may not see it.
        integration: Integration = integration_id;
    }
    edges {
    }
}

/// A mutation that would mend a finding.
#[derive(SimpleObject, Debug)]
pub struct FindingSuggestion {
    /// Name of the mutation's field, `alignmentLinkRetire`.
    pub mutation: &'static str,
    /// The mutation's argument `input`, as the text of a JSON object: to be sent as the variable for it.
    pub input: String,
}

connection!(FindingConnection, FindingEdge, Finding, FindingRow, "findings");

filter! {
    FindingFilter, FindingsFilter on Finding, "findings" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Finding));
        /// By kind.
        kind: FindingKindComparator = column("kind");
        /// By severity.
        severity: SeverityComparator = column("severity");
        /// By state.
        state: FindingStateComparator = column("state");
        /// By time of opening.
        opened_at: DateTimeComparator = column("opened_at");
        /// By when its cause was last there.
        last_seen_at: DateTimeComparator = column("last_seen_at");
        /// By until when it is acknowledged or waived.
        until_at: DateTimeComparator = column("until_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By who is to act.
        owner: PersonFilter = "owner_id" => Person;
        /// By the objective that it is about.
        objective: ObjectiveFilter = "objective_id" => Objective;
        /// By the key result that it is about.
        key_result: KeyResultFilter = "key_result_id" => KeyResult;
        /// By the project that it is about.
        project: ProjectFilter = "project_id" => Project;
        /// By the task that it is about.
        task: TaskFilter = "task_id" => Task;
        /// By the link that it is about.
        alignment_link: AlignmentLinkFilter = "alignment_link_id" => AlignmentLink;
        /// By the team that it is about.
        team: TeamFilter = "team_id" => Team;
    }
    many {
    }
}

sort! {
    FindingSort, FindingSortField on Finding, "findings" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By time of opening.
        OpenedAt = "opened_at" as Integer;
        /// By when its cause was last there.
        LastSeenAt = "last_seen_at" as Integer;
        /// By how much it matters, least first.
        Severity = "severity_rank" as Integer;
    }
}

/// Look-ups and lists of findings.
#[derive(Debug, Default)]
pub struct FindingQuery;

#[Object]
impl FindingQuery {
    /// One of the findings; null when it does not exist or may not be seen.
    async fn finding(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Finding> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Finding)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Findings that the viewer sees.
    async fn findings(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<FindingFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<FindingSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<FindingConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(FindingConnection::from)))
    }
}
