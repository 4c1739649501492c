//! Enumerations: one word for one thing, the same in code, tables and schema.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a person may see and do in OKR practice.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Sees and changes everything.
    #[sea_orm(string_value = "LEADER")]
    Leader,
    /// Sees and changes what belongs to the teams they manage.
    #[sea_orm(string_value = "MANAGER")]
    Manager,
    /// Sees what is shared and changes what is theirs.
    #[sea_orm(string_value = "INDIVIDUAL")]
    Individual,
}

/// Which kinds of work may serve which kinds of goals.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConnectionModel {
    /// Projects serve key results.
    #[sea_orm(string_value = "KEY_RESULT_TO_PROJECT")]
    KeyResultToProject,
    /// Projects serve objectives, tasks serve key results.
    #[sea_orm(string_value = "OBJECTIVE_TO_PROJECT")]
    ObjectiveToProject,
    /// Tasks serve key results.
    #[sea_orm(string_value = "TASK_TO_KEY_RESULT")]
    TaskToKeyResult,
    /// Everything may serve everything.
    #[sea_orm(string_value = "ANY")]
    Any,
}

/// Where a cycle is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CycleState {
    /// Not yet begun.
    #[sea_orm(string_value = "PLANNED")]
    Planned,
    /// Under way.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Ended and scored.
    #[sea_orm(string_value = "CLOSED")]
    Closed,
}

/// Where an objective or key result is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GoalState {
    /// Proposed, not yet published.
    #[sea_orm(string_value = "DRAFT")]
    Draft,
    /// Published and pursued.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Ended and scored.
    #[sea_orm(string_value = "CLOSED")]
    Closed,
    /// Given up; out of every roll-up.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

/// How an objective is meant.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ObjectiveKind {
    /// Promised: to be reached in full.
    #[sea_orm(string_value = "COMMITTED")]
    Committed,
    /// A stretch: 0.7 is a success.
    #[sea_orm(string_value = "ASPIRATIONAL")]
    Aspirational,
}

/// Who may see it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Everyone in the organization.
    #[sea_orm(string_value = "ORGANIZATION")]
    Organization,
    /// Members and managers of the team, and leaders.
    #[sea_orm(string_value = "TEAM")]
    Team,
    /// The owner, managers above them, and leaders.
    #[sea_orm(string_value = "PRIVATE")]
    Private,
}

/// Where an objective's progress comes from.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ObjectiveSource {
    /// From its key results and, where asked, its child objectives.
    #[sea_orm(string_value = "KEY_RESULTS")]
    KeyResults,
    /// From the work linked to it, for an objective without key results.
    #[sea_orm(string_value = "WORK")]
    Work,
}

/// How a key result's value becomes progress.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum KeyResultKind {
    /// From start up to target.
    #[sea_orm(string_value = "INCREASE")]
    Increase,
    /// From start down to target.
    #[sea_orm(string_value = "DECREASE")]
    Decrease,
    /// Stay at or above a bound.
    #[sea_orm(string_value = "MAINTAIN_ABOVE")]
    MaintainAbove,
    /// Stay at or below a bound.
    #[sea_orm(string_value = "MAINTAIN_BELOW")]
    MaintainBelow,
    /// Stay between two bounds.
    #[sea_orm(string_value = "MAINTAIN_WITHIN")]
    MaintainWithin,
    /// Weighted steps that are done or not.
    #[sea_orm(string_value = "MILESTONE")]
    Milestone,
    /// To be measured first; no progress until then.
    #[sea_orm(string_value = "BASELINE")]
    Baseline,
}

/// Where a key result's progress comes from.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProgressSource {
    /// From the values that people check in.
    #[sea_orm(string_value = "CHECK_IN")]
    CheckIn,
    /// From the completion of the linked work.
    #[sea_orm(string_value = "WORK")]
    Work,
    /// From values that a tool records.
    #[sea_orm(string_value = "EXTERNAL")]
    External,
}

/// How a goal stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Health {
    /// On its way.
    #[sea_orm(string_value = "ON_TRACK")]
    OnTrack,
    /// Behind, and may still be reached.
    #[sea_orm(string_value = "AT_RISK")]
    AtRisk,
    /// Far behind.
    #[sea_orm(string_value = "OFF_TRACK")]
    OffTrack,
    /// Not updated when it should have been.
    #[sea_orm(string_value = "OUTDATED")]
    Outdated,
    /// Never checked in.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Ended.
    #[sea_orm(string_value = "CLOSED")]
    Closed,
}

/// Where a project is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectState {
    /// Not yet begun.
    #[sea_orm(string_value = "PLANNED")]
    Planned,
    /// Being worked on.
    #[sea_orm(string_value = "IN_PROGRESS")]
    InProgress,
    /// Interrupted.
    #[sea_orm(string_value = "PAUSED")]
    Paused,
    /// Finished.
    #[sea_orm(string_value = "DONE")]
    Done,
    /// Given up.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

/// Where a task is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskStatus {
    /// Not planned yet.
    #[sea_orm(string_value = "BACKLOG")]
    Backlog,
    /// Planned.
    #[sea_orm(string_value = "TODO")]
    Todo,
    /// Being worked on.
    #[sea_orm(string_value = "IN_PROGRESS")]
    InProgress,
    /// Finished.
    #[sea_orm(string_value = "DONE")]
    Done,
    /// Given up.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

/// What completion of a project counts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProgressBasis {
    /// Each leaf task counts 1.
    #[sea_orm(string_value = "COUNT")]
    Count,
    /// Each leaf task counts its estimate.
    #[sea_orm(string_value = "ESTIMATE")]
    Estimate,
}

/// Unit of an estimate.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EstimateUnit {
    /// Seconds of work.
    #[sea_orm(string_value = "SECONDS")]
    Seconds,
    /// Story points.
    #[sea_orm(string_value = "POINTS")]
    Points,
}

/// Kind of work that rightly serves no goal.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WorkClass {
    /// Keeping things running.
    #[sea_orm(string_value = "MAINTENANCE")]
    Maintenance,
    /// Something broke and cannot wait.
    #[sea_orm(string_value = "EMERGENCY")]
    Emergency,
    /// A chance that the goals did not foresee.
    #[sea_orm(string_value = "OPPORTUNITY")]
    Opportunity,
    /// Paying back what was left undone.
    #[sea_orm(string_value = "TECHNICAL_DEBT")]
    TechnicalDebt,
}

/// Whether a link counts.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkState {
    /// It counts.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// It counts and is flagged: something about it no longer fits.
    #[sea_orm(string_value = "STALE")]
    Stale,
    /// It never counts.
    #[sea_orm(string_value = "RETIRED")]
    Retired,
}

/// Why a link is stale.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StaleReason {
    /// The goal was closed.
    #[sea_orm(string_value = "TARGET_CLOSED")]
    TargetClosed,
    /// The goal was archived.
    #[sea_orm(string_value = "TARGET_ARCHIVED")]
    TargetArchived,
    /// The goal's cycle is closed, or its last day is over.
    #[sea_orm(string_value = "CYCLE_ENDED")]
    CycleEnded,
    /// The work ended long ago, done or given up.
    #[sea_orm(string_value = "WORK_DONE_LONG_AGO")]
    WorkDoneLongAgo,
    /// The work is open and has not moved for long.
    #[sea_orm(string_value = "NO_ACTIVITY")]
    NoActivity,
    /// The work was deleted in its tool.
    #[sea_orm(string_value = "SOURCE_DELETED")]
    SourceDeleted,
    /// The link's owner was deactivated.
    #[sea_orm(string_value = "OWNER_LEFT")]
    OwnerLeft,
    /// The reference that made it is gone.
    #[sea_orm(string_value = "TOKEN_REMOVED")]
    TokenRemoved,
    /// Nobody confirmed it in time, where that is required.
    #[sea_orm(string_value = "NEVER_CONFIRMED")]
    NeverConfirmed,
}

/// Whether linked work counts for progress.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Significance {
    /// It counts.
    #[sea_orm(string_value = "CONTRIBUTES")]
    Contributes,
    /// It is shown, never counted.
    #[sea_orm(string_value = "SUPPORTS")]
    Supports,
}

/// Why a link exists, strongest first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LinkOrigin {
    /// A person made it.
    #[sea_orm(string_value = "MANUAL")]
    Manual,
    /// A mapping rule made it.
    #[sea_orm(string_value = "RULE")]
    Rule,
    /// The tool's own relation made it.
    #[sea_orm(string_value = "SYNC")]
    Sync,
    /// A reference in a text made it.
    #[sea_orm(string_value = "TOKEN")]
    Token,
    /// An import made it.
    #[sea_orm(string_value = "IMPORT")]
    Import,
}

/// Where in an item a reference stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReferenceField {
    /// Its name or title.
    #[sea_orm(string_value = "NAME")]
    Name,
    /// Its description.
    #[sea_orm(string_value = "DESCRIPTION")]
    Description,
    /// One of its labels.
    #[sea_orm(string_value = "LABEL")]
    Label,
    /// One of its custom fields.
    #[sea_orm(string_value = "CUSTOM_FIELD")]
    CustomField,
    /// Its section or list.
    #[sea_orm(string_value = "SECTION")]
    Section,
    /// Its epic.
    #[sea_orm(string_value = "EPIC")]
    Epic,
    /// One of its attachments.
    #[sea_orm(string_value = "ATTACHMENT")]
    Attachment,
    /// One of its remote links.
    #[sea_orm(string_value = "REMOTE_LINK")]
    RemoteLink,
}

/// Why a reference leads to no link.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnresolvedReason {
    /// No goal has this code.
    #[sea_orm(string_value = "NO_GOAL")]
    NoGoal,
    /// The goal lies outside the connection model, which refuses such links.
    #[sea_orm(string_value = "OUTSIDE_MODEL")]
    OutsideModel,
}

/// A tool that work comes from.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Provider {
    /// Asana.
    #[sea_orm(string_value = "ASANA")]
    Asana,
    /// Jira.
    #[sea_orm(string_value = "JIRA")]
    Jira,
    /// monday.com.
    #[sea_orm(string_value = "MONDAY")]
    Monday,
    /// Notion.
    #[sea_orm(string_value = "NOTION")]
    Notion,
    /// Trello.
    #[sea_orm(string_value = "TRELLO")]
    Trello,
}

/// Whether an integration runs.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IntegrationState {
    /// It takes in work.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// It is stopped by a person.
    #[sea_orm(string_value = "PAUSED")]
    Paused,
    /// Its last runs failed.
    #[sea_orm(string_value = "FAILING")]
    Failing,
    /// It was disconnected.
    #[sea_orm(string_value = "DISCONNECTED")]
    Disconnected,
}

/// How a tool's user was matched to a person.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PersonMatch {
    /// By a person's word.
    #[sea_orm(string_value = "MAPPING")]
    Mapping,
    /// By the same e-mail address.
    #[sea_orm(string_value = "EMAIL")]
    Email,
}

/// What an item is in its tool.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExternalKind {
    /// A board or project.
    #[sea_orm(string_value = "PROJECT")]
    Project,
    /// A card, issue or item.
    #[sea_orm(string_value = "TASK")]
    Task,
}

/// What an audit noticed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingKind {
    /// A goal on which nothing is being done.
    #[sea_orm(string_value = "GOAL_WITHOUT_ACTIVE_WORK")]
    GoalWithoutActiveWork,
    /// Work in progress that does not move.
    #[sea_orm(string_value = "WORK_NOT_MOVING")]
    WorkNotMoving,
    /// Work that serves no goal.
    #[sea_orm(string_value = "WORK_WITHOUT_GOAL")]
    WorkWithoutGoal,
    /// A link that no longer fits.
    #[sea_orm(string_value = "LINK_STALE")]
    LinkStale,
    /// A link to look at again after a change.
    #[sea_orm(string_value = "LINK_REVIEW")]
    LinkReview,
    /// An item with too many links.
    #[sea_orm(string_value = "OVER_LINKED")]
    OverLinked,
    /// A project linked task by task.
    #[sea_orm(string_value = "GRANULARITY_MISMATCH")]
    GranularityMismatch,
    /// Goal and work in different teams with no shared review.
    #[sea_orm(string_value = "OWNER_GAP")]
    OwnerGap,
    /// A goal that stands still while its work is done.
    #[sea_orm(string_value = "STALLED_DESPITE_COMPLETION")]
    StalledDespiteCompletion,
    /// A project begun without a goal.
    #[sea_orm(string_value = "PROJECT_STARTED_UNALIGNED")]
    ProjectStartedUnaligned,
    /// A finished project that moved nothing.
    #[sea_orm(string_value = "PROJECT_WITHOUT_IMPACT")]
    ProjectWithoutImpact,
    /// Effort that does not follow priority.
    #[sea_orm(string_value = "INVESTMENT_MISMATCH")]
    InvestmentMismatch,
    /// A goal with too little effort.
    #[sea_orm(string_value = "GOAL_STARVED")]
    GoalStarved,
    /// A check-in that is overdue.
    #[sea_orm(string_value = "CHECK_IN_OVERDUE")]
    CheckInOverdue,
    /// Work done long before the check-in that tells it.
    #[sea_orm(string_value = "CHECK_IN_LAGS_WORK")]
    CheckInLagsWork,
    /// Reported health far from the pace.
    #[sea_orm(string_value = "HEALTH_CONTRADICTS_PACE")]
    HealthContradictsPace,
    /// More effort than was set aside.
    #[sea_orm(string_value = "ALLOCATION_EXCEEDED")]
    AllocationExceeded,
    /// An acknowledgement that has ended.
    #[sea_orm(string_value = "ACKNOWLEDGEMENT_EXPIRED")]
    AcknowledgementExpired,
    /// A team whose linkage is below its target.
    #[sea_orm(string_value = "LINKAGE_BELOW_TARGET")]
    LinkageBelowTarget,
    /// A reference that matches no goal.
    #[sea_orm(string_value = "UNRESOLVED_TOKEN")]
    UnresolvedToken,
    /// An integration that fails.
    #[sea_orm(string_value = "SYNC_FAILING")]
    SyncFailing,
    /// A team that never touched its goals.
    #[sea_orm(string_value = "TEAM_UNAWARE")]
    TeamUnaware,
}

/// How much a finding matters, least first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Good to know.
    #[sea_orm(string_value = "INFO")]
    Info,
    /// Look at it this week.
    #[sea_orm(string_value = "WARNING")]
    Warning,
    /// Act now.
    #[sea_orm(string_value = "CRITICAL")]
    Critical,
}

/// Whether a finding still asks for something.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FindingState {
    /// It does.
    #[sea_orm(string_value = "OPEN")]
    Open,
    /// Someone has seen it.
    #[sea_orm(string_value = "ACKNOWLEDGED")]
    Acknowledged,
    /// It is accepted for a time.
    #[sea_orm(string_value = "WAIVED")]
    Waived,
    /// Its cause is gone.
    #[sea_orm(string_value = "RESOLVED")]
    Resolved,
}

/// What made a number change.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PointSource {
    /// A check-in.
    #[sea_orm(string_value = "CHECK_IN")]
    CheckIn,
    /// Linked work.
    #[sea_orm(string_value = "WORK")]
    Work,
    /// A value that a tool recorded.
    #[sea_orm(string_value = "EXTERNAL")]
    External,
    /// A person's override.
    #[sea_orm(string_value = "OVERRIDE")]
    Override,
    /// Its parts.
    #[sea_orm(string_value = "ROLL_UP")]
    RollUp,
    /// A change of target, weight, members or settings.
    #[sea_orm(string_value = "EDIT")]
    Edit,
    /// A sync or import.
    #[sea_orm(string_value = "SYNC")]
    Sync,
}

/// What a job does.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobKind {
    /// Recomputes the objectives above one that changed.
    #[sea_orm(string_value = "ROLL_UP_ANCESTORS")]
    RollUpAncestors,
    /// Recomputes every number after a setting changed.
    #[sea_orm(string_value = "RECOMPUTE_ORGANIZATION")]
    RecomputeOrganization,
    /// Tells of health that the clock has changed.
    #[sea_orm(string_value = "TELL_HEALTH")]
    TellHealth,
    /// Ends acknowledgements and waivers of the gate whose time is over.
    #[sea_orm(string_value = "END_IN_TIME")]
    EndInTime,
    /// Makes links of references that matched nothing and do now.
    #[sea_orm(string_value = "RESOLVE_REFERENCES")]
    ResolveReferences,
    /// Reads the texts of all work again after what counts as a reference changed.
    #[sea_orm(string_value = "READ_REFERENCES")]
    ReadReferences,
    /// Looks for findings of what a transaction touched.
    #[sea_orm(string_value = "LOOK_FOR_FINDINGS")]
    LookForFindings,
    /// Looks for findings of everything, once a day.
    #[sea_orm(string_value = "AUDIT_ORGANIZATION")]
    AuditOrganization,
    /// Brings links up to what the clock has changed.
    #[sea_orm(string_value = "LOOK_AT_LINKS")]
    LookAtLinks,
    /// Looks again at links that are stale because their work was quiet.
    #[sea_orm(string_value = "WAKE_LINKS")]
    WakeLinks,
    /// Takes in what a tool has.
    #[sea_orm(string_value = "SYNC_INTEGRATION")]
    SyncIntegration,
}

/// Where a job is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    /// To be taken.
    #[sea_orm(string_value = "WAITING")]
    Waiting,
    /// Taken under a lease.
    #[sea_orm(string_value = "RUNNING")]
    Running,
    /// Finished.
    #[sea_orm(string_value = "DONE")]
    Done,
    /// Given up after too many attempts.
    #[sea_orm(string_value = "DEAD")]
    Dead,
}

/// What happened.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// A row was made.
    #[sea_orm(string_value = "CREATED")]
    Created,
    /// A row was changed.
    #[sea_orm(string_value = "UPDATED")]
    Updated,
    /// A row was archived.
    #[sea_orm(string_value = "ARCHIVED")]
    Archived,
    /// A row was taken out of the archive.
    #[sea_orm(string_value = "UNARCHIVED")]
    Unarchived,
    /// A number was computed anew and differs.
    #[sea_orm(string_value = "PROGRESS_CHANGED")]
    ProgressChanged,
    /// A check-in was made.
    #[sea_orm(string_value = "CHECKED_IN")]
    CheckedIn,
    /// A link was confirmed.
    #[sea_orm(string_value = "CONFIRMED")]
    Confirmed,
    /// A link was retired.
    #[sea_orm(string_value = "RETIRED")]
    Retired,
    /// A first sync or import, in one summary.
    #[sea_orm(string_value = "IMPORTED")]
    Imported,
    /// Health differs, by the clock or by a change.
    #[sea_orm(string_value = "HEALTH_CHANGED")]
    HealthChanged,
    /// A reviewer acknowledged a check-in.
    #[sea_orm(string_value = "ACKNOWLEDGED")]
    Acknowledged,
}

/// Who acted.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorKind {
    /// A person.
    #[sea_orm(string_value = "PERSON")]
    Person,
    /// An integration.
    #[sea_orm(string_value = "INTEGRATION")]
    Integration,
    /// A tool, by its token.
    #[sea_orm(string_value = "TOKEN")]
    Token,
    /// Throughline itself.
    #[sea_orm(string_value = "SYSTEM")]
    System,
}

/// What an event is about.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubjectKind {
    /// The organization.
    #[sea_orm(string_value = "ORGANIZATION")]
    Organization,
    /// A person.
    #[sea_orm(string_value = "PERSON")]
    Person,
    /// A team.
    #[sea_orm(string_value = "TEAM")]
    Team,
    /// A cycle.
    #[sea_orm(string_value = "CYCLE")]
    Cycle,
    /// An objective.
    #[sea_orm(string_value = "OBJECTIVE")]
    Objective,
    /// A key result.
    #[sea_orm(string_value = "KEY_RESULT")]
    KeyResult,
    /// A check-in.
    #[sea_orm(string_value = "CHECK_IN")]
    CheckIn,
    /// A project.
    #[sea_orm(string_value = "PROJECT")]
    Project,
    /// A task.
    #[sea_orm(string_value = "TASK")]
    Task,
    /// An alignment link.
    #[sea_orm(string_value = "ALIGNMENT_LINK")]
    AlignmentLink,
    /// An integration.
    #[sea_orm(string_value = "INTEGRATION")]
    Integration,
    /// A finding.
    #[sea_orm(string_value = "FINDING")]
    Finding,
}

/// What a tool's token may do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenScope {
    /// Reads what everybody in the organization sees.
    #[sea_orm(string_value = "READ")]
    Read,
    /// Reads everything, as a leader does.
    #[sea_orm(string_value = "READ_ALL")]
    ReadAll,
    /// Records values on every key result.
    #[sea_orm(string_value = "RECORD_VALUES")]
    RecordValues,
}

/// What becomes of a key result after its cycle.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CarryOverDecision {
    /// It goes on as it is.
    #[sea_orm(string_value = "KEEP")]
    Keep,
    /// It goes on with changes.
    #[sea_orm(string_value = "MODIFY")]
    Modify,
    /// It is let go.
    #[sea_orm(string_value = "ABANDON")]
    Abandon,
}

/// How a key result moved while a project ran.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultVerdict {
    /// It moved towards its target.
    #[sea_orm(string_value = "IMPROVED")]
    Improved,
    /// It did not move.
    #[sea_orm(string_value = "UNCHANGED")]
    Unchanged,
    /// It moved away from its target.
    #[sea_orm(string_value = "WORSENED")]
    Worsened,
    /// Nobody measured it.
    #[sea_orm(string_value = "UNKNOWN")]
    Unknown,
}

/// Why an acknowledgement or a waiver holds no more.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// It was taken back.
    #[sea_orm(string_value = "REVOKED")]
    Revoked,
    /// A new one took its place.
    #[sea_orm(string_value = "REPLACED")]
    Replaced,
    /// Its time was over.
    #[sea_orm(string_value = "EXPIRED")]
    Expired,
}

/// What became of an opportunity.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvaluationVerdict {
    /// It serves a goal, which is named.
    #[sea_orm(string_value = "ALIGN")]
    Align,
    /// It serves no goal and is worth going on with.
    #[sea_orm(string_value = "KEEP")]
    Keep,
    /// It is not worth going on with.
    #[sea_orm(string_value = "STOP")]
    Stop,
}

/// What a run of a sync was begun by.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncTrigger {
    /// The integration was connected, or its containers were chosen.
    #[sea_orm(string_value = "CONNECT")]
    Connect,
    /// Its time had come.
    #[sea_orm(string_value = "SCHEDULE")]
    Schedule,
    /// A person asked for it.
    #[sea_orm(string_value = "MANUAL")]
    Manual,
    /// The tool told of a change.
    #[sea_orm(string_value = "WEBHOOK")]
    Webhook,
}

/// Where a run of a sync is in its life.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncRunState {
    /// It has not begun.
    #[sea_orm(string_value = "WAITING")]
    Waiting,
    /// It is under way.
    #[sea_orm(string_value = "RUNNING")]
    Running,
    /// It came to its end.
    #[sea_orm(string_value = "DONE")]
    Done,
    /// It was given up; what it had taken in by then stays.
    #[sea_orm(string_value = "FAILED")]
    Failed,
    /// Its integration was paused or disconnected meanwhile.
    #[sea_orm(string_value = "STOPPED")]
    Stopped,
}

/// What a run of a sync is at.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SyncPhase {
    /// It asks for boards and projects.
    #[sea_orm(string_value = "CONTAINERS")]
    Containers,
    /// It takes in items.
    #[sea_orm(string_value = "ITEMS")]
    Items,
    /// It looks what is not there any more.
    #[sea_orm(string_value = "DELETIONS")]
    Deletions,
    /// It does nothing more.
    #[sea_orm(string_value = "OVER")]
    Over,
}
