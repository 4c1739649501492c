//! Members of teams.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::Nullable,
    error::UserError,
    mutation::{Outcome, run},
    person::Person,
    team::Team,
};
use crate::domain::{
    membership::{AddTeamMember, RemoveTeamMember},
    person::PersonRow,
    team::TeamRow,
};

/// Input of `teamMemberAdd`.
#[derive(InputObject, Debug)]
pub struct TeamMemberAddInput {
    /// The team; an archived one takes no members.
    pub team_id: ID,
    /// The person.
    pub person_id: ID,
    /// Whether it becomes the person's home team, instead of the one before; false changes no home.
    #[graphql(default)]
    pub home: bool,
}

/// Input of `teamMemberRemove`.
#[derive(InputObject, Debug)]
pub struct TeamMemberRemoveInput {
    /// The team; if it is the person's home team, they are left without one.
    pub team_id: ID,
    /// The person.
    pub person_id: ID,
}

/// Declares the payload of a mutation on members.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The team; null when nothing was written.
            pub team: Option<Team>,
            /// The person; null when nothing was written.
            pub person: Option<Person>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<(TeamRow, PersonRow)>> for $name {
            fn from(outcome: Outcome<(TeamRow, PersonRow)>) -> Self {
                let (rows, user_errors) = outcome.into_parts();
                let (team, person) = rows.unzip();
                Self {
                    team: team.map(|row| Team(Arc::new(row))),
                    person: person.map(|row| Person(Arc::new(row))),
                    user_errors,
                }
            }
        }
    )* };
}

payload! {
    TeamMemberAddPayload of "teamMemberAdd";
    TeamMemberRemovePayload of "teamMemberRemove";
}

/// Changes of who is a member of which team.
#[derive(Debug, Default)]
pub struct MembershipMutation;

#[Object]
impl MembershipMutation {
    /// Makes a person a member of a team; one who is a member already stays it. For admins.
    async fn team_member_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who and where.")] input: TeamMemberAddInput,
    ) -> Nullable<TeamMemberAddPayload> {
        run(ctx, |keys| {
            Ok(AddTeamMember {
                team: keys.required(&input.team_id, SubjectKind::Team, "teamId"),
                person: keys.required(&input.person_id, SubjectKind::Person, "personId"),
                home: input.home,
            })
        })
        .await
    }

    /// Ends a person's membership of a team. For admins.
    async fn team_member_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who and where.")] input: TeamMemberRemoveInput,
    ) -> Nullable<TeamMemberRemovePayload> {
        run(ctx, |keys| {
            Ok(RemoveTeamMember {
                team: keys.required(&input.team_id, SubjectKind::Team, "teamId"),
                person: keys.required(&input.person_id, SubjectKind::Person, "personId"),
            })
        })
        .await
    }
}
