//! A person's place in a team; at most one of them is the home team.

use entity::{EventKind, SubjectKind, membership};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::Permit,
    error::{DomainError, Result, UserErrorCode},
    events::{NewEvent, Sight, global_id},
    person::PersonRow,
    team::TeamRow,
    write::{Command, Write},
};

/// Makes a person a member of a team; one who is a member already stays it.
#[derive(Clone, Copy, Debug)]
pub struct AddTeamMember {
    /// The team.
    pub team: Uuid,
    /// The person.
    pub person: Uuid,
    /// Whether it becomes the person's home team, instead of the one before. False changes no home.
    pub home: bool,
}

impl Command for AddTeamMember {
    type Output = (TeamRow, PersonRow);

    async fn run(&self, write: &mut Write) -> Result<Self::Output> {
        let (team, person) = write.member_of(self.team, self.person).await?;
        if team.archived_at.is_some() {
            return Err(DomainError::user("teamId", UserErrorCode::NotNow, "is archived"));
        }
        if person.deactivated_at.is_some() {
            return Err(DomainError::user("personId", UserErrorCode::NotNow, "is deactivated"));
        }
        let changed = if self.home {
            write.move_home(person.id, Some(team.id)).await?
        } else {
            write.place_of(team.id, person.id).await?.is_none() && {
                write.insert_place(team.id, person.id, false).await?;
                true
            }
        };
        if changed {
            write.note_member(&team, &person, "added", self.home);
        }
        Ok((team, person))
    }
}

/// Ends a person's membership of a team.
#[derive(Clone, Copy, Debug)]
pub struct RemoveTeamMember {
    /// The team.
    pub team: Uuid,
    /// The person.
    pub person: Uuid,
}

impl Command for RemoveTeamMember {
    type Output = (TeamRow, PersonRow);

    async fn run(&self, write: &mut Write) -> Result<Self::Output> {
        let (team, person) = write.member_of(self.team, self.person).await?;
        let Some(home) = write.place_of(team.id, person.id).await? else {
            return Err(DomainError::user("personId", UserErrorCode::NotFound, "is no member of this team"));
        };
        let place = Condition::all()
            .add(Expr::col(Alias::new("team_id")).eq(team.id))
            .add(Expr::col(Alias::new("person_id")).eq(person.id));
        write.remove_parts("membership", place).await?;
        write.note_member(&team, &person, "removed", home);
        Ok((team, person))
    }
}

impl Write {
    /// A team and a person, for an admin; the person is locked, so that homes change one after the other.
    async fn member_of(&self, team: Uuid, person: Uuid) -> Result<(TeamRow, PersonRow)> {
        let team: TeamRow = self.referred("teamId", team).await?;
        let _: Permit<TeamRow> = self.viewer().permit_administration((team.id, team.version))?;
        self.referred::<PersonRow>("personId", person).await?;
        Ok((team, self.lock(person).await?))
    }

    /// Whether a person's place in a team is their home; null when they have none there.
    async fn place_of(&self, team: Uuid, person: Uuid) -> Result<Option<bool>> {
        let mut select = Query::select();
        select
            .column(Alias::new("is_home"))
            .from(Alias::new("membership"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .and_where(Expr::col(Alias::new("team_id")).eq(team))
            .and_where(Expr::col(Alias::new("person_id")).eq(person));
        let row = self.tx.one(&select).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
    }

    async fn insert_place(&self, team: Uuid, person: Uuid, is_home: bool) -> Result<()> {
        self.insert::<membership::Entity>(membership::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            team_id: Set(team),
            person_id: Set(person),
            is_home: Set(is_home),
            created_at: Set(self.now),
        })
        .await
    }

    /// Makes a team a person's home, or none; they stay a member of the one before. The person is locked.
    ///
    /// Gives whether anything changed.
    pub(in crate::domain) async fn move_home(&self, person: Uuid, team: Option<Uuid>) -> Result<bool> {
        let before = self.home_team(Some(person)).await?;
        if before == team {
            return Ok(false);
        }
        let is_home = |is_home: bool| vec![("is_home", is_home.into())];
        let theirs = || Condition::all().add(Expr::col(Alias::new("person_id")).eq(person));
        if before.is_some() {
            let old = theirs().add(Expr::col(Alias::new("is_home")).eq(true));
            self.set_where("membership", is_home(false), old).await?;
        }
        if let Some(team) = team {
            let new = theirs().add(Expr::col(Alias::new("team_id")).eq(team));
            if self.set_where("membership", is_home(true), new).await? == 0 {
                self.insert_place(team, person, true).await?;
            }
        }
        Ok(true)
    }

    fn note_member(&mut self, team: &TeamRow, person: &PersonRow, what: &str, home: bool) {
        self.rights_changed = true;
        let member = Json::from(global_id(SubjectKind::Person, person.id));
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Team, team.id),
            ancestors: vec![(SubjectKind::Person, person.id)],
            sight: Sight::default(),
            previous: None,
            current: Map::from_iter([
                (format!("member_{what}"), member),
                ("is_home".to_owned(), home.into()),
            ]),
        });
    }
}
