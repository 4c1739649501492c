//! Key results.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    alignment_link::{AlignmentLinkConnection, AlignmentLinkFilter, AlignmentLinkSort},
    as_of::{self, KeyResultAsOf},
    carry_over::{self, CarryOver},
    check_in::{CheckInConnection, CheckInFilter, CheckInSort, CheckInsFilter},
    context::{Nullable, nullable, scope},
    enums::{GoalState, Health, KeyResultKind, ProgressSource, ScoreBand},
    filter::{column, filter, key, sort, text},
    finding::{FindingConnection, FindingFilter, FindingSort},
    id::{NodeKind, id_of},
    input::{Keys, number},
    key_result_score::{KeyResultScoring, band, scoring},
    milestone::{MilestoneConnection, MilestoneFilter, MilestoneSort},
    node::by_key,
    objective::{Objective, ObjectiveFilter},
    page::{Slice, connection, object, root},
    person::{Person, PersonFilter},
    progress_explanation::{ExplanationOf, ProgressExplanation, explanation},
    progress_override::ProgressOverride,
    progress_point::{ProgressPointConnection, ProgressPointFilter, ProgressPointSort},
    project::{ProjectConnection, ProjectFilter, ProjectSort, ProjectsFilter},
    project_result::{ProjectResultConnection, ProjectResultFilter, ProjectResultSort},
    scalars::{Date, DateTime, Decimal, Url},
    standing,
    task::{TaskConnection, TaskFilter, TaskSort, TasksFilter},
    texts::long_text,
};
use crate::domain::{
    key_result::KeyResultRow,
    relation::{self, Table},
    standing::Standing,
};

object! {
    /// A measurable result that shows whether an objective is reached.
    KeyResult over KeyResultRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::KeyResult, self.0.id)
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

        /// Unique code, `KR-34`, never given twice.
        async fn code(&self) -> &str {
            &self.0.code
        }

        /// What is measured.
        async fn title(&self) -> &str {
            &self.0.title
        }

        /// Where the key result is in its life.
        async fn state(&self) -> GoalState {
            self.0.state.into()
        }

        /// How the value becomes progress.
        async fn kind(&self) -> KeyResultKind {
            self.0.kind.into()
        }

        /// Unit of the measured values, `%` or `ms`; null for a bare number.
        async fn unit(&self) -> Option<&str> {
            self.0.unit.as_deref()
        }

        /// Value at the start.
        async fn start(&self) -> Option<Decimal> {
            self.0.start_value.map(Decimal::from)
        }

        /// Value at which progress is 1.
        async fn target(&self) -> Option<Decimal> {
            self.0.target_value.map(Decimal::from)
        }

        /// The target as a signed change of the start in percent; null when it was given as a value. While the
        /// start is not known, `target` is null.
        async fn target_percent(&self) -> Option<Decimal> {
            self.0.target_percent.map(Decimal::from)
        }

        /// Latest known value.
        async fn current(&self) -> Option<Decimal> {
            self.0.current_value.map(Decimal::from)
        }

        /// The value that is promised.
        async fn commit(&self) -> Option<Decimal> {
            self.0.commit_value.map(Decimal::from)
        }

        /// The value hoped for.
        async fn stretch(&self) -> Option<Decimal> {
            self.0.stretch_value.map(Decimal::from)
        }

        /// Lowest value inside the bounds, for the maintaining kinds.
        async fn lower_bound(&self) -> Option<Decimal> {
            self.0.lower_bound.map(Decimal::from)
        }

        /// Highest value inside the bounds, for the maintaining kinds.
        async fn upper_bound(&self) -> Option<Decimal> {
            self.0.upper_bound.map(Decimal::from)
        }

        /// Distance from a bound at which progress is 0; above 0.
        async fn tolerance(&self) -> Option<Decimal> {
            self.0.tolerance.map(Decimal::from)
        }

        /// Where the progress comes from.
        async fn progress_source(&self) -> ProgressSource {
            self.0.progress_source.into()
        }

        /// Progress by its source, 0–1; null when not known.
        async fn progress(&self) -> Option<f64> {
            self.0.progress
        }

        /// Completion of the contributing work, 0–1; null when none counts.
        async fn work_progress(&self) -> Option<f64> {
            self.0.work_progress
        }

        /// Progress before it is cut to 0–1.
        async fn attainment(&self) -> Option<f64> {
            self.0.attainment
        }

        /// Whether the values reach what is aimed at: the target reached or passed, the bounds held, all
        /// milestones done. At the end of the cycle it is the verdict. Null where they do not say, as of a
        /// baseline.
        async fn is_met(&self) -> Option<bool> {
            self.0.is_met()
        }

        /// Confidence of the last check-in, 0–1.
        async fn confidence(&self) -> Option<f64> {
            self.0.confidence
        }

        /// Health said by the last check-in.
        async fn reported_health(&self) -> Option<Health> {
            self.0.reported_health.map(Into::into)
        }

        /// Progress expected by now, 0–1: linear in time, milestones by their due days, 1 for the
        /// maintaining kinds; null when nothing can be expected.
        async fn expected_progress(&self, ctx: &Context<'_>) -> Nullable<f64> {
            let pick = |standing: &Standing| standing.expected;
            standing::of_key_result(ctx, self.0.objective_id, self.0.id, pick).await
        }

        /// How it stands: CLOSED, else OUTDATED, else as the last check-in reported, else PENDING, else by
        /// pace; null when nothing can be said, as of a draft.
        async fn health(&self, ctx: &Context<'_>) -> Nullable<Health> {
            let pick = |standing: &Standing| standing.health.map(Into::into);
            standing::of_key_result(ctx, self.0.objective_id, self.0.id, pick).await
        }

        /// Health by the gap between expected and actual progress alone; null when either is.
        async fn pace_health(&self, ctx: &Context<'_>) -> Nullable<Health> {
            let pick = |standing: &Standing| standing.pace.map(Into::into);
            standing::of_key_result(ctx, self.0.objective_id, self.0.id, pick).await
        }

        /// Whether the reported health and the pace are two steps apart: one says ON_TRACK, the other
        /// OFF_TRACK. Null when nothing can be said.
        async fn health_contradicts_pace(&self, ctx: &Context<'_>) -> Nullable<bool> {
            let pick = |standing: &Standing| Some(standing.contradicts_pace);
            standing::of_key_result(ctx, self.0.objective_id, self.0.id, pick).await
        }

        /// Days between check-ins as they hold: its own, else the objective's, else those of the objectives
        /// above, else the cycle's, else the organization's.
        async fn check_in_every_days(&self, ctx: &Context<'_>) -> Nullable<i32> {
            let pick = |standing: &Standing| standing.check_in_every_days;
            standing::of_key_result(ctx, self.0.objective_id, self.0.id, pick).await
        }

        /// The day on which the next check-in is due; null when none is awaited, as of a draft, or where
        /// progress comes from work or a tool.
        async fn next_check_in_on(&self, ctx: &Context<'_>) -> Nullable<Date> {
            let pick = |standing: &Standing| standing.next_check_in_on.map(Date::from);
            standing::of_key_result(ctx, self.0.objective_id, self.0.id, pick).await
        }

        /// The tree behind the progress: which work brings how much of it.
        async fn progress_explanation(&self, ctx: &Context<'_>) -> Nullable<ProgressExplanation> {
            explanation(ctx, ExplanationOf::KeyResult(self.0.id)).await
        }

        /// Score at close, 0–1; null until it is closed.
        async fn score(&self) -> Option<f64> {
            self.0.score
        }

        /// What the score means; null without one.
        async fn score_band(&self) -> Option<ScoreBand> {
            band(self.0.score)
        }

        /// How it is scored for the close of its cycle.
        async fn scoring(&self, ctx: &Context<'_>) -> Nullable<KeyResultScoring> {
            scoring(ctx, &self.0).await
        }

        /// What became of it after its cycle; null while nothing was decided.
        async fn carry_over(&self, ctx: &Context<'_>) -> Nullable<CarryOver> {
            carry_over::carry_over(ctx, self.0.id).await
        }

        /// The closed key result in whose place it goes on; null when there is none, or where the viewer may
        /// not see it.
        async fn predecessor(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
            carry_over::predecessor_of_key_result(ctx, self.0.id).await
        }

        /// It as it was recorded at a time; null when it was made later.
        async fn as_of(
            &self,
            ctx: &Context<'_>,
            #[graphql(desc = "What was known by then.")] at: DateTime,
        ) -> Nullable<KeyResultAsOf> {
            as_of::key_result(ctx, self.0.id, at).await
        }

        /// Share in the objective's roll-up; 0 or more.
        async fn weight(&self) -> f64 {
            self.0.weight
        }

        /// First day of the work on it; null takes the cycle's.
        async fn starts_on(&self) -> Option<Date> {
            self.0.starts_on.map(Date::from)
        }

        /// Days between check-ins; null takes the objective's.
        async fn check_in_days(&self) -> Option<i32> {
            self.0.check_in_days
        }

        /// Longer text, Markdown; null when there is none.
        async fn description(&self, ctx: &Context<'_>) -> Nullable<String> {
            long_text(ctx, Table::KeyResult, "description", self.0.id).await
        }

        /// Progress that a person set instead of the source's; null when nobody did.
        async fn r#override(&self, _ctx: &Context<'_>) -> Option<ProgressOverride> {
            self.0.override_value.map(|value| ProgressOverride {
                value,
                sticky: self.0.override_sticky,
                reason: self.0.override_reason.clone(),
                at: self.0.override_at.map(DateTime::from),
                by: self.0.override_by_id,
            })
        }

        /// The time that the latest value recorded by a tool holds for; null before the first.
        async fn last_recorded_at(&self) -> Option<DateTime> {
            self.0.last_recorded_at.map(DateTime::from)
        }

        /// When the latest check-in holds for; null before the first.
        async fn last_check_in_at(&self) -> Option<DateTime> {
            self.0.last_check_in_at.map(DateTime::from)
        }

        /// When the numbers were last computed; null before they were.
        async fn progress_as_of(&self) -> Option<DateTime> {
            self.0.progress_at.map(DateTime::from)
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
        /// The objective it belongs to.
        objective: Objective = objective_id;
        /// Who answers for it and checks in.
        owner: Person = owner_id;
        /// Who was named to check in on this key result; null takes the objective's, else the owner.
        check_in_owner: Person = check_in_owner_id;
        /// Who was named to acknowledge check-ins on this key result; null takes the objective's.
        check_in_reviewer: Person = check_in_reviewer_id;
    }
    edges {
        /// Projects whose links count. Those that only support it, are retired, or, with `requireConfirm`, wait
        /// for a person to confirm them are not listed; stale ones are.
        projects: ProjectConnection(ProjectFilter, ProjectSort) = relation::KEY_RESULT_PROJECTS;
        /// Tasks linked one by one whose links count, by the same rule.
        tasks: TaskConnection(TaskFilter, TaskSort) = relation::KEY_RESULT_TASKS;
        /// All its links.
        links: AlignmentLinkConnection(AlignmentLinkFilter, AlignmentLinkSort) = relation::KEY_RESULT_LINKS;
        /// What was said about it, oldest first.
        check_ins: CheckInConnection(CheckInFilter, CheckInSort) = relation::KEY_RESULT_CHECK_INS;
        /// What projects did for it, once they ended.
        project_results: ProjectResultConnection(ProjectResultFilter, ProjectResultSort) = relation::KEY_RESULT_PROJECT_RESULTS;
        /// Its steps, for the kind MILESTONE.
        milestones: MilestoneConnection(MilestoneFilter, MilestoneSort) = relation::KEY_RESULT_MILESTONES;
        /// Its progress over time, oldest first.
        progress_history: ProgressPointConnection(ProgressPointFilter, ProgressPointSort) = relation::KEY_RESULT_POINTS;
        /// Findings about the key result itself, resolved ones among them; those of its links are found by their links.
        findings: FindingConnection(FindingFilter, FindingSort) = relation::KEY_RESULT_FINDINGS;
    }
}

connection!(KeyResultConnection, KeyResultEdge, KeyResult, KeyResultRow, "key results");

filter! {
    KeyResultFilter, KeyResultsFilter on KeyResult, "key results" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::KeyResult));
        /// By code.
        code: KeyComparator = column("code");
        /// By title.
        title: StringComparator = text("title", "title_folded");
        /// By state.
        state: GoalStateComparator = column("state");
        /// By kind.
        kind: KeyResultKindComparator = column("kind");
        /// By source of progress.
        progress_source: ProgressSourceComparator = column("progress_source");
        /// By progress, 0–1.
        progress: NumberComparator = column("progress");
        /// By completion of linked work, 0–1.
        work_progress: NumberComparator = column("work_progress");
        /// By confidence, 0–1.
        confidence: NumberComparator = column("confidence");
        /// By latest value.
        current: DecimalComparator = column("current_value");
        /// By time of the latest check-in.
        last_check_in_at: DateTimeComparator = column("last_check_in_at");
        /// By the id in the file or tool that it was imported from.
        external_id: KeyComparator = column("external_id");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By objective.
        objective: ObjectiveFilter = "objective_id" => Objective;
        /// By owner.
        owner: PersonFilter = "owner_id" => Person;
    }
    many {
        /// By projects whose links count.
        projects: ProjectsFilter = relation::KEY_RESULT_PROJECTS;
        /// By tasks linked one by one whose links count.
        tasks: TasksFilter = relation::KEY_RESULT_TASKS;
        /// By check-ins.
        check_ins: CheckInsFilter = relation::KEY_RESULT_CHECK_INS;
    }
}

sort! {
    KeyResultSort, KeyResultSortField on KeyResult, "key results" {
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
    }
}

/// Look-ups and lists of key results.
#[derive(Debug, Default)]
pub struct KeyResultQuery;

#[Object]
impl KeyResultQuery {
    /// One key result, by id or by code; null when it does not exist or may not be seen.
    async fn key_result(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id.")] id: Option<ID>,
        #[graphql(
            desc = "Code, `KR-34`; old codes lead to their goal, that of a closed one to the goal that goes on in its place."
        )]
        code: Option<String>,
    ) -> Nullable<KeyResult> {
        match Keys::new(id, code).read(NodeKind::Subject(SubjectKind::KeyResult)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(Keys::Id(id)) => by_key(ctx, id).await,
            Ok(Keys::Code(code)) => {
                let found = match scope(ctx) {
                    Ok(scope) => scope.key_result_by_code(&code).await,
                    Err(error) => Err(error),
                };
                nullable(ctx, found.map(|row| row.map(KeyResult::from)))
            }
        }
    }

    /// Key results that the viewer sees.
    async fn key_results(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<KeyResultFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<KeyResultSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<KeyResultConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(KeyResultConnection::from)))
    }
}
