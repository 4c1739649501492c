//! What a viewer may do: one policy table, DOMAIN §6, asked before every write.
//!
//! Not visible is `NOT_FOUND`, visible but not allowed is `FORBIDDEN`. A [`Permit`] can be made only
//! here, and a write takes one.

use std::marker::PhantomData;

use entity::{GoalState, TokenScope};
use uuid::Uuid;

use super::{scope::Listed, viewer::Viewer};
use crate::domain::error::{DomainError, Result};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a new row.
    Create,
    /// Change a row.
    Update,
    /// Archive a row, or take it out of the archive.
    Archive,
    /// Make a statement on a key result.
    CheckIn,
    /// Tie a piece of work to a goal, or acknowledge that it serves none.
    Link,
    /// Confirm a link to a goal, set its weight, override the goal's progress.
    Confirm,
    /// Retire a link.
    Retire,
    /// Acknowledge a check-in: the owner of the goal here is the reviewer.
    Acknowledge,
}

/// Proof that a viewer may do something to one row.
#[derive(Debug)]
pub struct Permit<R> {
    id: Uuid,
    version: i64,
    row: PhantomData<fn() -> R>,
}

impl<R> Permit<R> {
    /// Key of the row.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// Version of the row when the permit was given.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.version
    }
}

/// What decides about a goal: an objective, or a key result with its objective.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// Team of the objective.
    pub team: Option<Uuid>,
    /// Owner of the objective or of the key result.
    pub owner: Option<Uuid>,
    /// State of the goal.
    pub state: GoalState,
}

/// What decides about work: a project, or a task.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Team of the project, or of the task's project.
    pub team: Option<Uuid>,
    /// Home team of the owner or primary assignee.
    pub owner_team: Option<Uuid>,
    /// Owner of the project, or whether the viewer is an assignee of the task.
    pub is_own: bool,
}

/// What decides about a finding.
#[derive(Clone, Copy, Debug)]
pub struct FindingFacts {
    /// Who is to act.
    pub owner: Option<Uuid>,
    /// Their home team.
    pub owner_team: Option<Uuid>,
    /// The team that its subject belongs to; of a link, that of the work.
    pub team: Option<Uuid>,
}

/// The one place where permits are made.
fn grant<R: Listed>(allowed: bool, row: (Uuid, i64), why_not: &str) -> Result<Permit<R>> {
    if allowed {
        Ok(Permit { id: row.0, version: row.1, row: PhantomData })
    } else {
        Err(DomainError::Forbidden(why_not.to_owned()))
    }
}

impl Viewer {
    /// Whether the viewer may do something to a goal.
    #[must_use]
    pub fn may_goal(&self, action: Action, goal: Goal) -> bool {
        if self.is_leader() {
            return true;
        }
        let manages = self.manages(goal.team);
        let own = self.is(goal.owner);
        match action {
            // Individuals propose drafts and go on with their own; managers publish for their subtree.
            Action::Create | Action::Update | Action::Archive => {
                manages || (own && goal.state == GoalState::Draft)
            }
            Action::CheckIn | Action::Confirm | Action::Retire | Action::Acknowledge => manages || own,
            // Links are made with the right on the work, never on the goal.
            Action::Link => false,
        }
    }

    /// Whether the viewer may do something to a piece of work.
    #[must_use]
    pub fn may_work(&self, action: Action, work: Work) -> bool {
        match action {
            Action::Create | Action::Update | Action::Archive | Action::Link | Action::Retire => {
                self.is_leader()
                    || self.manages(work.team)
                    || (work.team.is_none() && self.manages(work.owner_team))
                    || work.is_own
            }
            Action::CheckIn | Action::Confirm | Action::Acknowledge => false,
        }
    }

    /// A permit for a goal.
    ///
    /// # Errors
    /// `FORBIDDEN` when the policy says no.
    pub fn permit_goal<R: Listed>(&self, action: Action, goal: Goal, row: (Uuid, i64)) -> Result<Permit<R>> {
        let why_not = match action {
            Action::Create | Action::Update | Action::Archive => {
                "only leaders, and managers of the goal's team, change a published goal; others propose drafts"
            }
            Action::CheckIn => {
                "only the owner, who was named to check in, managers of the goal's team and leaders check in"
            }
            Action::Acknowledge => {
                "only the reviewer, managers of the goal's team and leaders acknowledge check-ins"
            }
            Action::Confirm | Action::Retire | Action::Link => {
                "only the goal's owner, managers of its team and leaders may do this"
            }
        };
        grant(self.may_goal(action, goal), row, why_not)
    }

    /// A permit for a project or task.
    ///
    /// # Errors
    /// `FORBIDDEN` when the policy says no.
    pub fn permit_work<R: Listed>(&self, action: Action, work: Work, row: (Uuid, i64)) -> Result<Permit<R>> {
        grant(
            self.may_work(action, work),
            row,
            "only who it is assigned to or owns it, managers of its team and leaders may change it",
        )
    }

    /// A permit to waive the gate for a project: from manager up, never for work that is only one's own.
    ///
    /// # Errors
    /// `FORBIDDEN` when the policy says no.
    pub fn permit_waiver<R: Listed>(&self, work: Work, row: (Uuid, i64)) -> Result<Permit<R>> {
        let manages = self.manages(work.team) || (work.team.is_none() && self.manages(work.owner_team));
        grant(
            self.is_leader() || manages,
            row,
            "only managers of the project's team and leaders waive the gate",
        )
    }

    /// A permit to say something about a finding: its owner, managers of them or of its subject's team, and
    /// leaders. It is waived from manager up, never for being one's own.
    ///
    /// # Errors
    /// `FORBIDDEN` when the policy says no.
    pub fn permit_finding<R: Listed>(
        &self,
        waives: bool,
        facts: FindingFacts,
        row: (Uuid, i64),
    ) -> Result<Permit<R>> {
        let manages = self.is_leader() || self.manages(facts.team) || self.manages(facts.owner_team);
        if waives {
            return grant(
                manages,
                row,
                "only managers of who is to act, or of the team, and leaders waive findings",
            );
        }
        grant(
            manages || self.is(facts.owner),
            row,
            "only who is to act, managers of them or of the team, and leaders may say something about a finding",
        )
    }

    /// A permit for what a team practises: its allocations, and the templates of its projects. What has no
    /// team is everybody's and belongs to leaders.
    ///
    /// # Errors
    /// `FORBIDDEN` when the policy says no.
    pub fn permit_team_practice<R: Listed>(&self, team: Option<Uuid>, row: (Uuid, i64)) -> Result<Permit<R>> {
        grant(
            self.is_leader() || self.manages(team),
            row,
            "only managers of the team and leaders may change this; what is for everybody belongs to leaders",
        )
    }

    /// A permit for cycles and settings of OKR practice.
    ///
    /// # Errors
    /// `FORBIDDEN` unless the viewer is a leader.
    pub fn permit_practice<R: Listed>(&self, row: (Uuid, i64)) -> Result<Permit<R>> {
        grant(self.is_leader(), row, "only leaders change cycles and the settings of OKR practice")
    }

    /// A permit for a tool's token that has a scope; null for anybody else, who needs another permit.
    pub(in crate::domain) fn permit_token<R: Listed>(
        &self,
        scope: TokenScope,
        row: (Uuid, i64),
    ) -> Option<Permit<R>> {
        grant(self.has_scope(scope), row, "").ok()
    }

    /// A permit for people, teams, tokens and integrations.
    ///
    /// # Errors
    /// `FORBIDDEN` unless the viewer has the admin flag.
    pub fn permit_administration<R: Listed>(&self, row: (Uuid, i64)) -> Result<Permit<R>> {
        grant(self.is_admin, row, "only admins manage people, teams, tokens and integrations")
    }

    /// A permit for a person's row: admins change everything, a person their own name.
    ///
    /// # Errors
    /// `FORBIDDEN` for anybody else, and for a person who changes more of themself than the name.
    pub fn permit_person<R: Listed>(&self, name_only: bool, row: (Uuid, i64)) -> Result<Permit<R>> {
        let allowed = self.is_admin || (name_only && self.is(Some(row.0)));
        grant(allowed, row, "only admins change people; of yourself you may change the name")
    }

    /// A permit for the organization's own row: its name belongs to leaders and admins, all else to leaders.
    ///
    /// # Errors
    /// `FORBIDDEN` for anybody else.
    pub fn permit_organization<R: Listed>(&self, name_only: bool, row: (Uuid, i64)) -> Result<Permit<R>> {
        let allowed = self.is_leader() || (name_only && self.is_admin);
        grant(
            allowed,
            row,
            "only leaders change the time zone and the settings of OKR practice; admins may change the name",
        )
    }

    /// A permit for a link, which was decided on its two ends.
    pub(in crate::domain) fn permit_link<R: Listed>(allowed: bool, row: (Uuid, i64)) -> Result<Permit<R>> {
        grant(allowed, row, "only who may change the work, or answers for the goal, may change this link")
    }
}
