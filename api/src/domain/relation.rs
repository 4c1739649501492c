//! How the tables hang together: every edge that is walked, filtered or counted, written once.

use sea_orm::sea_query::{Alias, Expr, ExprTrait, SelectStatement};

use super::settings::Settings;

/// A table that lists, edges and filters read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// `organization`
    Organization,
    /// `person`
    Person,
    /// `team`
    Team,
    /// `membership`
    Membership,
    /// `cycle`
    Cycle,
    /// `objective`
    Objective,
    /// `key_result`
    KeyResult,
    /// `key_result_score`
    KeyResultScore,
    /// `carry_over`
    CarryOver,
    /// `milestone`
    Milestone,
    /// `check_in`
    CheckIn,
    /// `integration`
    Integration,
    /// `sync_container`
    SyncContainer,
    /// `sync_run`
    SyncRun,
    /// `sync_failure`
    SyncFailure,
    /// `service_token`
    ServiceToken,
    /// `project`
    Project,
    /// `task`
    Task,
    /// `task_label`
    TaskLabel,
    /// `task_assignee`
    TaskAssignee,
    /// `external_person`
    ExternalPerson,
    /// `status_interval`
    StatusInterval,
    /// `time_entry`
    TimeEntry,
    /// `alignment_link`
    AlignmentLink,
    /// `link_evidence`
    LinkEvidence,
    /// `link_interval`
    LinkInterval,
    /// `unresolved_token`
    UnresolvedToken,
    /// `acknowledgement`
    Acknowledgement,
    /// `finding`
    Finding,
    /// `progress_point`
    ProgressPoint,
    /// `project_result`
    ProjectResult,
    /// `gate_waiver`
    GateWaiver,
    /// `allocation`
    Allocation,
    /// `project_template`
    ProjectTemplate,
    /// `project_template_task`
    ProjectTemplateTask,
}

impl Table {
    /// Name in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Person => "person",
            Self::Team => "team",
            Self::Membership => "membership",
            Self::Cycle => "cycle",
            Self::Objective => "objective",
            Self::KeyResult => "key_result",
            Self::KeyResultScore => "key_result_score",
            Self::CarryOver => "carry_over",
            Self::Milestone => "milestone",
            Self::CheckIn => "check_in",
            Self::Integration => "integration",
            Self::SyncContainer => "sync_container",
            Self::SyncRun => "sync_run",
            Self::SyncFailure => "sync_failure",
            Self::ServiceToken => "service_token",
            Self::Project => "project",
            Self::Task => "task",
            Self::TaskLabel => "task_label",
            Self::TaskAssignee => "task_assignee",
            Self::ExternalPerson => "external_person",
            Self::StatusInterval => "status_interval",
            Self::TimeEntry => "time_entry",
            Self::AlignmentLink => "alignment_link",
            Self::LinkEvidence => "link_evidence",
            Self::LinkInterval => "link_interval",
            Self::UnresolvedToken => "unresolved_token",
            Self::Acknowledgement => "acknowledgement",
            Self::Finding => "finding",
            Self::ProgressPoint => "progress_point",
            Self::ProjectResult => "project_result",
            Self::GateWaiver => "gate_waiver",
            Self::Allocation => "allocation",
            Self::ProjectTemplate => "project_template",
            Self::ProjectTemplateTask => "project_template_task",
        }
    }
}

/// How a child is reached from its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// A column of the child holds the parent's key.
    Column(&'static str),
    /// A table between them holds both keys.
    Through {
        /// The table between.
        table: &'static str,
        /// Its column with the parent's key.
        parent: &'static str,
        /// Its column with the child's key.
        child: &'static str,
        /// Which of its rows count.
        only: Only,
    },
    /// A column of the child holds the key of a row between, and a column of that one the parent's key.
    Beneath {
        /// The table between.
        table: &'static str,
        /// Its column with the parent's key.
        parent: &'static str,
        /// The child's column with its key.
        column: &'static str,
    },
}

/// Which rows of a table between parent and child count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    All,
    /// Links that count for progress: contributing, active or stale, and where the organization requires it,
    /// confirmed.
    CountedLinks,
}

/// An edge from one parent to many children.
#[derive(Debug, PartialEq, Eq)]
pub struct Relation {
    /// The table of the parent.
    pub parent: Table,
    /// The table of the children.
    pub child: Table,
    /// How they hang together.
    pub path: Path,
    /// Whether archived children are left out unless asked for.
    pub hides_archived: bool,
}

impl Relation {
    const fn column(parent: Table, child: Table, column: &'static str) -> Self {
        Self { parent, child, path: Path::Column(column), hides_archived: false }
    }

    const fn archivable(parent: Table, child: Table, column: &'static str) -> Self {
        Self { parent, child, path: Path::Column(column), hides_archived: true }
    }

    const fn links(parent: Table, key: &'static str, child: Table, of: &'static str) -> Self {
        Self {
            parent,
            child,
            path: Path::Through { table: "alignment_link", parent: key, child: of, only: Only::CountedLinks },
            hides_archived: true,
        }
    }

    /// Joins what lies between to a selection of children; gives the expression of the parent's key. Which
    /// links count is a matter of the organization's settings.
    pub(in crate::domain) fn join(&self, select: &mut SelectStatement, settings: &Settings) -> Expr {
        match self.path {
            Path::Column(column) => Expr::col((Alias::new(self.child.name()), Alias::new(column))),
            Path::Through { table, parent, child, only } => {
                let between = |column: &'static str| (Alias::new(table), Alias::new(column));
                select.inner_join(
                    Alias::new(table),
                    Expr::col(between(child)).equals((Alias::new(self.child.name()), Alias::new("id"))),
                );
                match only {
                    Only::All => {}
                    Only::CountedLinks => {
                        select
                            .and_where(Expr::col(between("state")).ne("RETIRED"))
                            .and_where(Expr::col(between("significance")).eq("CONTRIBUTES"));
                        if settings.require_confirm {
                            select.and_where(Expr::col(between("confirmed_at")).is_not_null());
                        }
                    }
                }
                Expr::col(between(parent))
            }
            Path::Beneath { table, parent, column } => {
                select.inner_join(
                    Alias::new(table),
                    Expr::col((Alias::new(table), Alias::new("id")))
                        .equals((Alias::new(self.child.name()), Alias::new(column))),
                );
                Expr::col((Alias::new(table), Alias::new(parent)))
            }
        }
    }
}

/// Children of a team.
pub static TEAM_CHILDREN: Relation = Relation::archivable(Table::Team, Table::Team, "parent_id");
/// Members of a team.
pub static TEAM_MEMBERS: Relation = Relation {
    parent: Table::Team,
    child: Table::Person,
    path: Path::Through { table: "membership", parent: "team_id", child: "person_id", only: Only::All },
    hides_archived: false,
};
/// Teams of a person, the home team among them.
pub static PERSON_TEAMS: Relation = Relation {
    parent: Table::Person,
    child: Table::Team,
    path: Path::Through { table: "membership", parent: "person_id", child: "team_id", only: Only::All },
    hides_archived: true,
};
/// Objectives of a team.
pub static TEAM_OBJECTIVES: Relation = Relation::archivable(Table::Team, Table::Objective, "team_id");
/// Projects of a team.
pub static TEAM_PROJECTS: Relation = Relation::archivable(Table::Team, Table::Project, "team_id");
/// Objectives that a person owns.
pub static PERSON_OBJECTIVES: Relation = Relation::archivable(Table::Person, Table::Objective, "owner_id");
/// Key results that a person owns.
pub static PERSON_KEY_RESULTS: Relation = Relation::archivable(Table::Person, Table::KeyResult, "owner_id");
/// Tasks that a person is assigned to.
pub static PERSON_TASKS: Relation = Relation {
    parent: Table::Person,
    child: Table::Task,
    path: Path::Through { table: "task_assignee", parent: "person_id", child: "task_id", only: Only::All },
    hides_archived: true,
};
/// Cycles within a cycle.
pub static CYCLE_CHILDREN: Relation = Relation::archivable(Table::Cycle, Table::Cycle, "parent_id");
/// Objectives of a cycle.
pub static CYCLE_OBJECTIVES: Relation = Relation::archivable(Table::Cycle, Table::Objective, "cycle_id");
/// Objectives aligned to an objective.
pub static OBJECTIVE_CHILDREN: Relation =
    Relation::archivable(Table::Objective, Table::Objective, "parent_id");
/// Key results of an objective.
pub static OBJECTIVE_KEY_RESULTS: Relation =
    Relation::archivable(Table::Objective, Table::KeyResult, "objective_id");
/// Projects linked to an objective itself.
pub static OBJECTIVE_PROJECTS: Relation =
    Relation::links(Table::Objective, "objective_id", Table::Project, "project_id");
/// Tasks linked to an objective itself.
pub static OBJECTIVE_TASKS: Relation =
    Relation::links(Table::Objective, "objective_id", Table::Task, "task_id");
/// Links to an objective itself.
pub static OBJECTIVE_LINKS: Relation =
    Relation::column(Table::Objective, Table::AlignmentLink, "objective_id");
/// Check-ins on the key results of an objective.
pub static OBJECTIVE_CHECK_INS: Relation = Relation {
    parent: Table::Objective,
    child: Table::CheckIn,
    path: Path::Beneath { table: "key_result", parent: "objective_id", column: "key_result_id" },
    hides_archived: false,
};
/// History of an objective's progress.
pub static OBJECTIVE_POINTS: Relation =
    Relation::column(Table::Objective, Table::ProgressPoint, "objective_id");
/// Projects linked to a key result.
pub static KEY_RESULT_PROJECTS: Relation =
    Relation::links(Table::KeyResult, "key_result_id", Table::Project, "project_id");
/// Tasks linked to a key result one by one.
pub static KEY_RESULT_TASKS: Relation =
    Relation::links(Table::KeyResult, "key_result_id", Table::Task, "task_id");
/// Links to a key result.
pub static KEY_RESULT_LINKS: Relation =
    Relation::column(Table::KeyResult, Table::AlignmentLink, "key_result_id");
/// Check-ins on a key result.
pub static KEY_RESULT_CHECK_INS: Relation =
    Relation::column(Table::KeyResult, Table::CheckIn, "key_result_id");
/// Milestones of a key result.
pub static KEY_RESULT_MILESTONES: Relation =
    Relation::column(Table::KeyResult, Table::Milestone, "key_result_id");
/// History of a key result's progress.
pub static KEY_RESULT_POINTS: Relation =
    Relation::column(Table::KeyResult, Table::ProgressPoint, "key_result_id");
/// What projects did for a key result.
pub static KEY_RESULT_PROJECT_RESULTS: Relation =
    Relation::column(Table::KeyResult, Table::ProjectResult, "key_result_id");
/// What a project did for key results.
pub static PROJECT_RESULTS: Relation = Relation::column(Table::Project, Table::ProjectResult, "project_id");
/// Tasks that stand in a project.
pub static PROJECT_TASKS: Relation = Relation {
    parent: Table::Project,
    child: Table::Task,
    path: Path::Through { table: "task_project", parent: "project_id", child: "task_id", only: Only::All },
    hides_archived: true,
};
/// Links of a project.
pub static PROJECT_LINKS: Relation = Relation::column(Table::Project, Table::AlignmentLink, "project_id");
/// History of a project's completion.
pub static PROJECT_POINTS: Relation = Relation::column(Table::Project, Table::ProgressPoint, "project_id");
/// References in a project that match no goal.
pub static PROJECT_TOKENS: Relation = Relation::column(Table::Project, Table::UnresolvedToken, "project_id");
/// Acknowledgements of a project.
pub static PROJECT_ACKNOWLEDGEMENTS: Relation =
    Relation::column(Table::Project, Table::Acknowledgement, "project_id");
/// Waivers of the gate for a project.
pub static PROJECT_GATE_WAIVERS: Relation = Relation::column(Table::Project, Table::GateWaiver, "project_id");
/// Allocations of a team.
pub static TEAM_ALLOCATIONS: Relation = Relation::column(Table::Team, Table::Allocation, "team_id");
/// Allocations in a cycle.
pub static CYCLE_ALLOCATIONS: Relation = Relation::column(Table::Cycle, Table::Allocation, "cycle_id");
/// Tasks of a template of projects.
pub static TEMPLATE_TASKS: Relation =
    Relation::column(Table::ProjectTemplate, Table::ProjectTemplateTask, "template_id");
/// Projects that were made from a template.
pub static TEMPLATE_PROJECTS: Relation =
    Relation::archivable(Table::ProjectTemplate, Table::Project, "template_id");
/// Parts of a task.
pub static TASK_CHILDREN: Relation = Relation::archivable(Table::Task, Table::Task, "parent_id");
/// Projects that a task stands in.
pub static TASK_PROJECTS: Relation = Relation {
    parent: Table::Task,
    child: Table::Project,
    path: Path::Through { table: "task_project", parent: "task_id", child: "project_id", only: Only::All },
    hides_archived: true,
};
/// People that a task is assigned to.
pub static TASK_ASSIGNEES: Relation = Relation {
    parent: Table::Task,
    child: Table::Person,
    path: Path::Through { table: "task_assignee", parent: "task_id", child: "person_id", only: Only::All },
    hides_archived: false,
};
/// Assignees of a task that only the tool knows.
pub static TASK_EXTERNAL_ASSIGNEES: Relation = Relation {
    parent: Table::Task,
    child: Table::ExternalPerson,
    path: Path::Through {
        table: "task_assignee",
        parent: "task_id",
        child: "external_person_id",
        only: Only::All,
    },
    hides_archived: false,
};
/// Labels of a task.
pub static TASK_LABELS: Relation = Relation::column(Table::Task, Table::TaskLabel, "task_id");
/// Time spent on a task.
pub static TASK_TIME_ENTRIES: Relation = Relation::column(Table::Task, Table::TimeEntry, "task_id");
/// Spans of a task in its statuses.
pub static TASK_STATUS_INTERVALS: Relation = Relation::column(Table::Task, Table::StatusInterval, "task_id");
/// Direct links of a task.
pub static TASK_LINKS: Relation = Relation::column(Table::Task, Table::AlignmentLink, "task_id");
/// References in a task that match no goal.
pub static TASK_TOKENS: Relation = Relation::column(Table::Task, Table::UnresolvedToken, "task_id");
/// Acknowledgements of a task.
pub static TASK_ACKNOWLEDGEMENTS: Relation = Relation::column(Table::Task, Table::Acknowledgement, "task_id");
/// Evidence of a link.
pub static LINK_EVIDENCE: Relation =
    Relation::column(Table::AlignmentLink, Table::LinkEvidence, "alignment_link_id");
/// Spans of a link in its states.
pub static LINK_INTERVALS: Relation =
    Relation::column(Table::AlignmentLink, Table::LinkInterval, "alignment_link_id");
/// Findings that a person is to act on.
pub static PERSON_FINDINGS: Relation = Relation::column(Table::Person, Table::Finding, "owner_id");
/// Findings about an objective.
pub static OBJECTIVE_FINDINGS: Relation = Relation::column(Table::Objective, Table::Finding, "objective_id");
/// Findings about a key result.
pub static KEY_RESULT_FINDINGS: Relation =
    Relation::column(Table::KeyResult, Table::Finding, "key_result_id");
/// Findings about a project.
pub static PROJECT_FINDINGS: Relation = Relation::column(Table::Project, Table::Finding, "project_id");
/// Findings about a task.
pub static TASK_FINDINGS: Relation = Relation::column(Table::Task, Table::Finding, "task_id");
/// Findings about a link.
pub static LINK_FINDINGS: Relation =
    Relation::column(Table::AlignmentLink, Table::Finding, "alignment_link_id");
/// Projects of an integration.
pub static INTEGRATION_PROJECTS: Relation =
    Relation::archivable(Table::Integration, Table::Project, "integration_id");
/// Boards and projects of its tool that an integration reaches.
pub static INTEGRATION_CONTAINERS: Relation =
    Relation::archivable(Table::Integration, Table::SyncContainer, "integration_id");
/// Runs of an integration.
pub static INTEGRATION_RUNS: Relation =
    Relation::column(Table::Integration, Table::SyncRun, "integration_id");
/// Items that a run could not take in.
pub static RUN_FAILURES: Relation = Relation::column(Table::SyncRun, Table::SyncFailure, "sync_run_id");
