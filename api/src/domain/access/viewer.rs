//! Who asks: a person, loaded from the database by the token's subject.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use chrono_tz::Tz;
use entity::{Instant, Role, TokenScope};
use sea_orm::DbBackend;
use uuid::Uuid;

use crate::domain::settings::Settings;

/// How far the viewer's rows reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sight {
    /// Every row of the organization: leaders, and Throughline itself.
    Everything,
    /// What the row filters say.
    Goals,
    /// No row at all: tokens that may write something and read nothing.
    Nothing,
}

/// What is known of a tool's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenIdentity {
    /// Key of the token.
    pub id: Uuid,
    /// What it may do, and nothing else.
    pub scopes: Vec<TokenScope>,
    /// When it ends.
    pub expires_at: Instant,
    /// When it was last used as far as was noted when it was loaded.
    pub last_used_at: Option<Instant>,
}

/// Who acts, for the event row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Person(Uuid),
    /// An integration.
    Integration(Uuid),
    /// A tool, by its token.
    Token(Uuid),
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
    /// The tool's token, when no person asks.
    pub token: Option<TokenIdentity>,
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

    /// Key of the token, when a tool asks.
    #[must_use]
    pub fn token_id(&self) -> Option<Uuid> {
        self.token.as_ref().map(|token| token.id)
    }

    /// Whether the viewer is a tool's token that has a scope.
    #[must_use]
    pub fn has_scope(&self, scope: TokenScope) -> bool {
        self.token.as_ref().is_some_and(|token| token.scopes.contains(&scope))
    }

    /// Whose requests are counted: the person's, or the token's.
    #[must_use]
    pub fn payer(&self) -> Uuid {
        self.token_id().unwrap_or(self.person_id)
    }

    /// Whether the viewer is that person.
    #[must_use]
    pub fn is(&self, person: Option<Uuid>) -> bool {
        person == Some(self.person_id) && !self.person_id.is_nil()
    }

    /// Whether another loading of the same person or token gave the same rights and practice.
    pub(in crate::domain) fn has_rights_of(&self, other: &Self) -> bool {
        self.person_id == other.person_id && self.token_id() == other.token_id() && self.is_given_as(other)
    }

    /// Whether what decides answers is the same. All of it but who asks, and that too where it decides which
    /// rows are seen: a leader sees the same as another, an individual does not.
    fn is_given_as(&self, other: &Self) -> bool {
        let is_same_person = match self.sight {
            Sight::Everything => true,
            Sight::Goals | Sight::Nothing => self.person_id == other.person_id,
        };
        is_same_person
            && self.organization_id == other.organization_id
            && self.scopes() == other.scopes()
            && self.role == other.role
            && self.is_admin == other.is_admin
            && self.sight == other.sight
            && self.member_teams == other.member_teams
            && self.managed_teams == other.managed_teams
            && self.settings == other.settings
            && self.time_zone == other.time_zone
    }

    /// What a tool's token may do; none for people.
    fn scopes(&self) -> Option<&[TokenScope]> {
        self.token.as_ref().map(|token| token.scopes.as_slice())
    }
}

/// What the answers of an operation depend on beside its text: two viewers with equal keys are given the same,
/// so that one stream can serve both.
///
/// It is made of the very viewer whose rights the stream is run with. Whoever comes later with other rights,
/// another role or other settings, be it the same person, has another key.
#[derive(Clone, Debug)]
pub struct SightKey(Arc<Viewer>);

impl SightKey {
    /// The key of a viewer.
    #[must_use]
    pub fn of(viewer: &Arc<Viewer>) -> Self {
        Self(Arc::clone(viewer))
    }
}

impl PartialEq for SightKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_given_as(&other.0)
    }
}

impl Eq for SightKey {}

impl Hash for SightKey {
    /// Of what most viewers differ in; the rest is compared.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let viewer = &self.0;
        (viewer.organization_id, viewer.sight, viewer.role, viewer.is_admin).hash(state);
        match viewer.sight {
            Sight::Everything => {}
            Sight::Goals | Sight::Nothing => viewer.person_id.hash(state),
        }
    }
}

#[cfg(test)]
mod tests;
