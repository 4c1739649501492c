//! The enumerations of the API; each mirrors one of `entity`, so that tables know no GraphQL.

use async_graphql::Enum;

/// What a person may see and do in OKR practice.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::Role")]
pub enum Role {
    /// Sees and changes everything.
    Leader,
    /// Sees and changes what belongs to the teams they manage.
    Manager,
    /// Sees what is shared and changes what is theirs.
    Individual,
}

/// Which kinds of work may serve which kinds of goals.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ConnectionModel")]
pub enum ConnectionModel {
    /// Projects serve key results.
    KeyResultToProject,
    /// Projects serve objectives, tasks serve key results.
    ObjectiveToProject,
    /// Tasks serve key results.
    TaskToKeyResult,
    /// Everything may serve everything.
    Any,
}

/// Where a cycle is in its life.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::CycleState")]
pub enum CycleState {
    /// Not yet begun.
    Planned,
    /// Under way.
    Active,
    /// Ended and scored.
    Closed,
}

/// Where an objective or key result is in its life.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::GoalState")]
pub enum GoalState {
    /// Proposed, not yet published.
    Draft,
    /// Published and pursued.
    Active,
    /// Ended and scored.
    Closed,
    /// Given up; out of every roll-up.
    Cancelled,
}

/// What becomes of a key result after its cycle.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::CarryOverDecision")]
pub enum CarryOverDecision {
    /// It goes on as it is.
    Keep,
    /// It goes on with changes.
    Modify,
    /// It is let go.
    Abandon,
}

/// What a score means.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::key_result_score::ScoreBand")]
pub enum ScoreBand {
    /// Below 0.4.
    Missed,
    /// From 0.4, below 0.7.
    Partial,
    /// From 0.7.
    Delivered,
}

/// How a key result moved while a project ran.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ResultVerdict")]
pub enum ResultVerdict {
    /// It moved towards its target.
    Improved,
    /// It did not move.
    Unchanged,
    /// It moved away from its target.
    Worsened,
    /// Nobody measured it.
    Unknown,
}

/// How an objective is meant.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ObjectiveKind")]
pub enum ObjectiveKind {
    /// Promised: to be reached in full.
    Committed,
    /// A stretch: 0.7 is a success.
    Aspirational,
}

/// Who may see it.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::Visibility")]
pub enum Visibility {
    /// Everyone in the organization.
    Organization,
    /// Members and managers of the team, and leaders.
    Team,
    /// The owner, managers above them, and leaders.
    Private,
}

/// Where an objective's progress comes from.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ObjectiveSource")]
pub enum ObjectiveSource {
    /// From its key results and, where asked, its child objectives.
    KeyResults,
    /// From the work linked to it, for an objective without key results.
    Work,
}

/// How a key result's value becomes progress.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::KeyResultKind")]
pub enum KeyResultKind {
    /// From start up to target.
    Increase,
    /// From start down to target.
    Decrease,
    /// Stay at or above a bound.
    MaintainAbove,
    /// Stay at or below a bound.
    MaintainBelow,
    /// Stay between two bounds.
    MaintainWithin,
    /// Weighted steps that are done or not.
    Milestone,
    /// To be measured first; no progress until then.
    Baseline,
}

/// Where a key result's progress comes from.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ProgressSource")]
pub enum ProgressSource {
    /// From the values that people check in.
    CheckIn,
    /// From the completion of the linked work.
    Work,
    /// From values that a tool records.
    External,
}

/// How a goal stands.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::Health")]
pub enum Health {
    /// On its way.
    OnTrack,
    /// Behind, and may still be reached.
    AtRisk,
    /// Far behind.
    OffTrack,
    /// Not updated when it should have been.
    Outdated,
    /// Never checked in.
    Pending,
    /// Ended.
    Closed,
}

/// Where a project is in its life.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ProjectState")]
pub enum ProjectState {
    /// Not yet begun.
    Planned,
    /// Being worked on.
    InProgress,
    /// Interrupted.
    Paused,
    /// Finished.
    Done,
    /// Given up.
    Cancelled,
}

/// Where a task is in its life.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::TaskStatus")]
pub enum TaskStatus {
    /// Not planned yet.
    Backlog,
    /// Planned.
    Todo,
    /// Being worked on.
    InProgress,
    /// Finished.
    Done,
    /// Given up.
    Cancelled,
}

/// What completion of a project counts.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ProgressBasis")]
pub enum ProgressBasis {
    /// Each leaf task counts 1.
    Count,
    /// Each leaf task counts its estimate.
    Estimate,
}

/// Unit of an estimate.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::EstimateUnit")]
pub enum EstimateUnit {
    /// Seconds of work.
    Seconds,
    /// Story points.
    Points,
}

/// Kind of work that rightly serves no goal. By itself it answers for nothing: `workAcknowledge` does.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::WorkClass")]
pub enum WorkClass {
    /// Keeping things running.
    Maintenance,
    /// Something broke and cannot wait.
    Emergency,
    /// A chance that the goals did not foresee.
    Opportunity,
    /// Paying back what was left undone.
    TechnicalDebt,
}

/// Whether a link counts.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::LinkState")]
pub enum LinkState {
    /// It counts.
    Active,
    /// It counts and is flagged: something about it no longer fits.
    Stale,
    /// It never counts.
    Retired,
}

/// Why a link is stale. Where several reasons hold, the first in this order is shown: TARGET_ARCHIVED, TARGET_CLOSED,
/// CYCLE_ENDED, SOURCE_DELETED, OWNER_LEFT, TOKEN_REMOVED, NEVER_CONFIRMED, WORK_DONE_LONG_AGO, NO_ACTIVITY; when it
/// goes, the next that holds takes its place.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::StaleReason")]
pub enum StaleReason {
    /// The goal, or the objective of the key result, is closed or was given up.
    TargetClosed,
    /// The goal, or the objective of the key result, is archived.
    TargetArchived,
    /// The cycle of the goal is closed, or its last day is over.
    CycleEnded,
    /// The work ended, done or given up, `workDoneLongAgoDays` ago or more, and nobody confirmed the link since.
    WorkDoneLongAgo,
    /// The work is open and has not moved for `noActivityDays`: no change of status, no edit here or in its tool, no
    /// time spent on it, a project with its tasks and a task with all below it. The days count from the making of the
    /// link, its last confirmation and the begin of the goal's cycle at the earliest. Check-ins are no movement of work.
    NoActivity,
    /// The work was deleted in its tool.
    SourceDeleted,
    /// Who looks after the link is deactivated.
    OwnerLeft,
    /// All evidence of it is gone, such as the reference that made it, and nobody confirmed it.
    TokenRemoved,
    /// With `requireConfirm`: nobody confirmed it within `neverConfirmedDays` of its making.
    NeverConfirmed,
}

/// Whether linked work counts for progress.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::Significance")]
pub enum Significance {
    /// It counts.
    Contributes,
    /// It is shown, never counted.
    Supports,
}

/// Why a link exists, strongest first.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::LinkOrigin")]
pub enum LinkOrigin {
    /// A person made it.
    Manual,
    /// A mapping rule made it.
    Rule,
    /// The tool's own relation made it.
    Sync,
    /// A reference in a text made it.
    Token,
    /// An import made it.
    Import,
}

/// Where in an item a reference stands.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::ReferenceField")]
pub enum ReferenceField {
    /// Its name or title.
    Name,
    /// Its description.
    Description,
    /// One of its labels.
    Label,
    /// One of its custom fields.
    CustomField,
    /// Its section or list.
    Section,
    /// Its epic.
    Epic,
    /// One of its attachments.
    Attachment,
    /// One of its remote links.
    RemoteLink,
}

/// Why a reference leads to no link.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::UnresolvedReason")]
pub enum UnresolvedReason {
    /// No goal has this code.
    NoGoal,
    /// The goal lies outside the connection model, and the setting outsideModel refuses such links.
    OutsideModel,
}

/// Why a goal is suggested for a reference that leads to no link, the best reason first.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "crate::domain::token_suggestion::SuggestionReason")]
pub enum SuggestionReason {
    /// It goes on in the place of the goal that has the code.
    Successor,
    /// It is the objective of the key result that has the code, or a key result of the objective that has
    /// it: the connection model wants the other level.
    FitsModel,
    /// It has the same number under another prefix.
    SameNumber,
    /// Its code differs by one digit: another one, one too many or too few, or two that changed places.
    SimilarCode,
    /// Its number is one or two away.
    NearNumber,
}

/// A tool that work comes from.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::Provider")]
pub enum Provider {
    /// Asana.
    Asana,
    /// Jira.
    Jira,
    /// monday.com.
    Monday,
    /// Notion.
    Notion,
    /// Trello.
    Trello,
}

/// Whether an integration runs.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::IntegrationState")]
pub enum IntegrationState {
    /// It takes in work.
    Active,
    /// It is stopped: by a person, or because its tool does not accept the credential any more.
    Paused,
    /// Its last runs failed.
    Failing,
    /// It was disconnected.
    Disconnected,
}

/// What a run of a sync was begun by.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::SyncTrigger")]
pub enum SyncTrigger {
    /// The integration was connected, or a board or project was newly taken in.
    Connect,
    /// Its time had come.
    Schedule,
    /// A person asked for it.
    Manual,
    /// The tool told of a change.
    Webhook,
}

/// Where a run of a sync is in its life.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::SyncRunState")]
pub enum SyncRunState {
    /// It has not begun.
    Waiting,
    /// It is under way, or waits for the tool to answer again.
    Running,
    /// It came to its end.
    Done,
    /// It was given up; what it had taken in by then stays.
    Failed,
    /// Its integration was paused or disconnected meanwhile; what it had taken in by then stays.
    Stopped,
}

/// What a run of a sync is at.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::SyncPhase")]
pub enum SyncPhase {
    /// It asks for boards and projects.
    Containers,
    /// It takes in items.
    Items,
    /// It looks what is not there any more.
    Deletions,
    /// It does nothing more.
    Over,
}

/// How a tool's user was matched to a person.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::PersonMatch")]
pub enum PersonMatch {
    /// By a person's word.
    Mapping,
    /// By the same e-mail address.
    Email,
}

/// What an audit noticed.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::FindingKind")]
pub enum FindingKind {
    /// A goal on which nothing is being done.
    GoalWithoutActiveWork,
    /// Work in progress that does not move.
    WorkNotMoving,
    /// Work that serves no goal.
    WorkWithoutGoal,
    /// A link that no longer fits.
    LinkStale,
    /// A link to look at again after a change.
    LinkReview,
    /// An item with too many links.
    OverLinked,
    /// A project linked task by task.
    GranularityMismatch,
    /// Goal and work in different teams with no shared review.
    OwnerGap,
    /// A goal that stands still while its work is done.
    StalledDespiteCompletion,
    /// A project begun without a goal.
    ProjectStartedUnaligned,
    /// A finished project that moved nothing.
    ProjectWithoutImpact,
    /// Effort that does not follow priority.
    InvestmentMismatch,
    /// A goal with too little effort.
    GoalStarved,
    /// A check-in that is overdue.
    CheckInOverdue,
    /// Work done long before the check-in that tells it.
    CheckInLagsWork,
    /// Reported health far from the pace.
    HealthContradictsPace,
    /// More effort than was set aside.
    AllocationExceeded,
    /// An acknowledgement that has ended.
    AcknowledgementExpired,
    /// A team whose linkage is below its target.
    LinkageBelowTarget,
    /// A reference that matches no goal.
    UnresolvedToken,
    /// An integration that fails.
    SyncFailing,
    /// A team that never touched its goals.
    TeamUnaware,
}

/// How much a finding matters, least first.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::Severity")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it this week.
    Warning,
    /// Act now.
    Critical,
}

/// Whether a finding still asks for something.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::FindingState")]
pub enum FindingState {
    /// It does.
    Open,
    /// Someone has seen it.
    Acknowledged,
    /// It is accepted for a time.
    Waived,
    /// Its cause is gone.
    Resolved,
}

/// What made a number change.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::PointSource")]
pub enum PointSource {
    /// A check-in.
    CheckIn,
    /// Linked work.
    Work,
    /// A value that a tool recorded.
    External,
    /// A person's override.
    Override,
    /// Its parts.
    RollUp,
    /// A change of target, weight, members or settings.
    Edit,
    /// A sync or import.
    Sync,
}

super::eager::json_enums!(
    Role,
    ConnectionModel,
    CycleState,
    GoalState,
    ObjectiveKind,
    Visibility,
    ObjectiveSource,
    KeyResultKind,
    ProgressSource,
    Health,
    ProjectState,
    TaskStatus,
    ProgressBasis,
    EstimateUnit,
    WorkClass,
    LinkState,
    StaleReason,
    Significance,
    LinkOrigin,
    ReferenceField,
    UnresolvedReason,
    Provider,
    IntegrationState,
    SyncTrigger,
    SyncRunState,
    SyncPhase,
    PersonMatch,
    FindingKind,
    Severity,
    FindingState,
    PointSource,
    ResultVerdict,
    ScoreBand,
    EndReason,
    EvaluationVerdict,
);

/// What a tool's token may do.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::TokenScope")]
pub enum TokenScope {
    /// Reads what everybody in the organization sees: nothing that only a team or a person sees.
    Read,
    /// Reads everything, as a leader does: private goals and everybody's hours among it.
    ReadAll,
    /// Records values on every key result; alone it reads nothing but what a recorded value led to.
    RecordValues,
}

/// Why an acknowledgement or a waiver holds no more.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::EndReason")]
pub enum EndReason {
    /// It was taken back.
    Revoked,
    /// A new one took its place.
    Replaced,
    /// Its time was over.
    Expired,
}

/// What became of an opportunity.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "entity::EvaluationVerdict")]
pub enum EvaluationVerdict {
    /// It serves a goal, which is named.
    Align,
    /// It serves no goal and is worth going on with.
    Keep,
    /// It is not worth going on with.
    Stop,
}
