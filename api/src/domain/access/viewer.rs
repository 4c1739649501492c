//! Who asks: a person, loaded from the database by the token's subject.

use std::sync::Arc;

use chrono_tz::Tz;
use entity::Role;
use sea_orm::DbBackend;
use uuid::Uuid;

use crate::domain::settings::Settings;

/// How far the viewer's rows reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Every row of the organization: leaders, and Throughline itself.
    Everything,
    /// What the row filters say.
    Goals,
}

/// Who acts, for the event row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Person(Uuid),
    /// An integration.
    Integration(Uuid),
    /// Throughline itself.
    System,
}

/// Who asks, with what decides rights.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// The organization; every statement is bound to it.
    pub organization_id: Uuid,
    /// The person; the nil UUID for Throughline itself, which owns nothing.
    pub person_id: Uuid,
    /// The session of the token, when it has one.
    pub session_id: Option<Uuid>,
    /// Who acts.
    pub actor: Actor,
    /// Role in OKR practice.
    pub role: Role,
    /// Whether people, teams, tokens and integrations may be managed.
    pub is_admin: bool,
    /// How far the rows reach.
    pub sight: Sight,
    /// Teams that the viewer is a member of.
    pub member_teams: Vec<Uuid>,
    /// Teams that the viewer manages, with everything below them; empty for individuals.
    pub managed_teams: Vec<Uuid>,
    /// Both of the above.
    pub seen_teams: Vec<Uuid>,
    /// Settings of the organization.
    pub settings: Arc<Settings>,
    /// Time zone of the organization.
    pub time_zone: Tz,
    /// Which database answers: rules are spelled for it.
    pub backend: DbBackend,
}

impl Viewer {
    /// Whether the viewer is a leader.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.role == Role::Leader
    }

    /// Whether the viewer may have a managed subtree.
    #[must_use]
    pub fn is_manager(&self) -> bool {
        match self.role {
            Role::Leader | Role::Manager => true,
            Role::Individual => false,
        }
    }

    /// Whether a team lies in the viewer's managed subtree.
    #[must_use]
    pub fn manages(&self, team: Option<Uuid>) -> bool {
        team.is_some_and(|team| self.managed_teams.contains(&team))
    }

    /// Whether the viewer is that person.
    #[must_use]
    pub fn is(&self, person: Option<Uuid>) -> bool {
        person == Some(self.person_id) && !self.person_id.is_nil()
    }

    /// What the answers of an operation depend on beside its text: two viewers with equal keys are given the
    /// same, so that one stream can serve both.
    ///
    /// Whoever sees everything sees the same as all others who do, but for what the admin flag adds, and but
    /// for the operation `viewer`, which no stream holds. Everybody else is their own.
    #[must_use]
    pub fn sight_key(&self) -> SightKey {
        match self.sight {
            Sight::Everything => {
                SightKey { organization: self.organization_id, person: None, is_admin: self.is_admin }
            }
            Sight::Goals => SightKey {
                organization: self.organization_id,
                person: Some(self.person_id),
                is_admin: self.is_admin,
            },
        }
    }

    /// Whether another loading of the same person gave the same rights and practice.
    pub(in crate::domain) fn has_rights_of(&self, other: &Self) -> bool {
        self.organization_id == other.organization_id
            && self.person_id == other.person_id
            && self.role == other.role
            && self.is_admin == other.is_admin
            && self.sight == other.sight
            && self.member_teams == other.member_teams
            && self.managed_teams == other.managed_teams
            && self.settings == other.settings
            && self.time_zone == other.time_zone
    }
}

/// Whose answers are equal: see [`Viewer::sight_key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SightKey {
    organization: Uuid,
    person: Option<Uuid>,
    is_admin: bool,
}
