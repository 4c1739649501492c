//! Teams.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    allocation::{AllocationConnection, AllocationFilter, AllocationSort},
    context::{Nullable, nullable},
    enums::ConnectionModel,
    error::UserError,
    filter::{column, filter, key, sort, text},
    id::{NodeKind, id_of, key_of},
    input::{changed, number},
    mutation::{Outcome, run},
    node::by_key,
    objective::{ObjectiveConnection, ObjectiveFilter, ObjectiveSort, ObjectivesFilter},
    page::{Slice, connection, object, root},
    person::{PeopleFilter, Person, PersonConnection, PersonFilter, PersonSort},
    project::{ProjectConnection, ProjectFilter, ProjectSort},
    scalars::DateTime,
};
use crate::domain::{
    relation,
    team::{ArchiveTeam, CreateTeam, TeamRow, UpdateTeam},
};

object! {
    /// A team; teams form a tree.
    Team over TeamRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Team, self.0.id)
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

        /// Display name.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// Connection model of this team; null takes the organization's.
        async fn connection_model(&self) -> Option<ConnectionModel> {
            self.0.connection_model.map(Into::into)
        }
    }
    one {
        /// The team above; null for a root.
        parent: Team = parent_id;
        /// The person who manages this team and, with the right role, its subtree.
        manager: Person = manager_id;
    }
    edges {
        /// Teams right below it.
        children: TeamConnection(TeamFilter, TeamSort) = relation::TEAM_CHILDREN;
        /// Its members.
        members: PersonConnection(PersonFilter, PersonSort) = relation::TEAM_MEMBERS;
        /// Its objectives.
        objectives: ObjectiveConnection(ObjectiveFilter, ObjectiveSort) = relation::TEAM_OBJECTIVES;
        /// Its projects.
        projects: ProjectConnection(ProjectFilter, ProjectSort) = relation::TEAM_PROJECTS;
        /// Shares of its effort that may go to work without a goal, by cycle and class.
        allocations: AllocationConnection(AllocationFilter, AllocationSort) = relation::TEAM_ALLOCATIONS;
    }
}

connection!(TeamConnection, TeamEdge, Team, TeamRow, "teams");

filter! {
    TeamFilter, TeamsFilter on Team, "teams" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Team));
        /// By name.
        name: StringComparator = text("name", "name_folded");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By the team above.
        parent: TeamFilter = "parent_id" => Team;
        /// By manager.
        manager: PersonFilter = "manager_id" => Person;
    }
    many {
        /// By the teams right below.
        children: TeamsFilter = relation::TEAM_CHILDREN;
        /// By members.
        members: PeopleFilter = relation::TEAM_MEMBERS;
        /// By its objectives.
        objectives: ObjectivesFilter = relation::TEAM_OBJECTIVES;
    }
}

sort! {
    TeamSort, TeamSortField on Team, "teams" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By name, without case.
        Name = "name_folded" as Text;
    }
}

/// Look-ups and lists of teams.
#[derive(Debug, Default)]
pub struct TeamQuery;

#[Object]
impl TeamQuery {
    /// One of the teams; null when it does not exist or may not be seen.
    async fn team(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Team> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Team)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// Teams that the viewer sees.
    async fn teams(
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
        #[graphql(desc = "Only rows that fit.")] filter: Option<TeamFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<TeamSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<TeamConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(TeamConnection::from)))
    }
}

/// Input of `teamCreate`.
#[derive(InputObject, Debug)]
pub struct TeamCreateInput {
    /// Id made by the client (`tea_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// Display name: one line of at most 500 characters.
    pub name: String,
    /// The team above; a root when left out.
    pub parent_id: Option<ID>,
    /// The person who manages it and, with the role MANAGER or LEADER, its subtree.
    pub manager_id: Option<ID>,
    /// Connection model, where it differs from the organization's. For leaders.
    pub connection_model: Option<ConnectionModel>,
}

/// Input of `teamUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct TeamUpdateInput {
    /// The team.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Display name: one line of at most 500 characters.
    pub name: Option<String>,
    /// The team above; one that lies below it is refused.
    pub parent_id: MaybeUndefined<ID>,
    /// The person who manages it.
    pub manager_id: MaybeUndefined<ID>,
    /// Connection model; null takes the organization's. For leaders.
    pub connection_model: MaybeUndefined<ConnectionModel>,
}

/// Input of `teamArchive`.
#[derive(InputObject, Debug)]
pub struct TeamArchiveInput {
    /// The team.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `teamUnarchive`.
#[derive(InputObject, Debug)]
pub struct TeamUnarchiveInput {
    /// The team.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on teams.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The team as it is now; null when nothing was written.
            pub team: Option<Team>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<TeamRow>> for $name {
            fn from(outcome: Outcome<TeamRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { team: row.map(|row| Team(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    TeamCreatePayload of "teamCreate";
    TeamUpdatePayload of "teamUpdate";
    TeamArchivePayload of "teamArchive";
    TeamUnarchivePayload of "teamUnarchive";
}

/// Changes of teams.
#[derive(Debug, Default)]
pub struct TeamMutation;

#[Object]
impl TeamMutation {
    /// Makes a team. For admins; with a connection model, for admins who are leaders.
    async fn team_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new team.")] input: TeamCreateInput,
    ) -> Nullable<TeamCreatePayload> {
        run(ctx, |keys| {
            Ok(CreateTeam {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::Team))?,
                name: input.name,
                parent: keys.optional(input.parent_id.as_ref(), SubjectKind::Team, "parentId"),
                manager: keys.optional(input.manager_id.as_ref(), SubjectKind::Person, "managerId"),
                connection_model: input.connection_model.map(Into::into),
            })
        })
        .await
    }

    /// Changes a team. For admins; the connection model alone is for leaders, and together with any other field for
    /// admins who are leaders.
    async fn team_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: TeamUpdateInput,
    ) -> Nullable<TeamUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdateTeam {
                id: keys.target(&input.id, SubjectKind::Team)?,
                expected_version: input.expected_version.map(i64::from),
                name: input.name,
                parent: keys.changed(&input.parent_id, SubjectKind::Team, "parentId"),
                manager: keys.changed(&input.manager_id, SubjectKind::Person, "managerId"),
                connection_model: changed(input.connection_model).map(|model| model.map(Into::into)),
            })
        })
        .await
    }

    /// Archives a team: it takes no new members and no teams below it. For admins.
    async fn team_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TeamArchiveInput,
    ) -> Nullable<TeamArchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveTeam {
                id: keys.target(&input.id, SubjectKind::Team)?,
                expected_version: input.expected_version.map(i64::from),
                archive: true,
            })
        })
        .await
    }

    /// Takes a team out of the archive. For admins.
    async fn team_unarchive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: TeamUnarchiveInput,
    ) -> Nullable<TeamUnarchivePayload> {
        run(ctx, |keys| {
            Ok(ArchiveTeam {
                id: keys.target(&input.id, SubjectKind::Team)?,
                expected_version: input.expected_version.map(i64::from),
                archive: false,
            })
        })
        .await
    }
}
