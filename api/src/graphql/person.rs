//! People.

use async_graphql::{Context, ID, Object};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable},
    enums::Role,
    filter::{column, filter, key, sort, text},
    id::{NodeKind, id_of, key_of},
    input::number,
    key_result::{KeyResultConnection, KeyResultFilter, KeyResultSort, KeyResultsFilter},
    node::by_key,
    objective::{ObjectiveConnection, ObjectiveFilter, ObjectiveSort},
    page::{Slice, connection, object, root},
    scalars::DateTime,
    task::{TaskConnection, TaskFilter, TaskSort, TasksFilter},
    team::{Team, TeamConnection, TeamFilter, TeamSort, TeamsFilter},
};
use crate::domain::{person::PersonRow, relation};

object! {
    /// A member of the organization.
    Person over PersonRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            id_of(SubjectKind::Person, self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Display name.
        async fn name(&self) -> &str {
            &self.0.name
        }

        /// E-mail address as it was given.
        async fn email(&self) -> &str {
            &self.0.email
        }

        /// What the person may see and do in OKR practice.
        async fn role(&self) -> Role {
            self.0.role.into()
        }

        /// Whether the person manages people, teams, tokens and integrations.
        async fn is_admin(&self) -> bool {
            self.0.is_admin
        }

        /// When the person was deactivated; null while active.
        async fn deactivated_at(&self) -> Option<DateTime> {
            self.0.deactivated_at.map(DateTime::from)
        }

        /// Home team; null for none.
        async fn team(&self, ctx: &Context<'_>) -> Nullable<Team> {
            super::person_team::home_team(ctx, self.0.id).await
        }
    }
    edges {
        /// Teams that they are a member of, the home team among them.
        teams: TeamConnection(TeamFilter, TeamSort) = relation::PERSON_TEAMS;
        /// Objectives that they own.
        objectives: ObjectiveConnection(ObjectiveFilter, ObjectiveSort) = relation::PERSON_OBJECTIVES;
        /// Key results that they own.
        key_results: KeyResultConnection(KeyResultFilter, KeyResultSort) = relation::PERSON_KEY_RESULTS;
        /// Tasks that they are assigned to.
        tasks: TaskConnection(TaskFilter, TaskSort) = relation::PERSON_TASKS;
    }
}

connection!(PersonConnection, PersonEdge, Person, PersonRow, "people");

filter! {
    PersonFilter, PeopleFilter on Person, "people" {
        /// By global id.
        id: IdComparator = key("id", NodeKind::Subject(SubjectKind::Person));
        /// By name.
        name: StringComparator = text("name", "name_folded");
        /// By e-mail address.
        email: StringComparator = text("email", "email_folded");
        /// By role.
        role: RoleComparator = column("role");
        /// By admin flag.
        is_admin: BooleanComparator = column("is_admin");
        /// By whether they were deactivated.
        deactivated: PresenceComparator = column("deactivated_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
    }
    many {
        /// By their teams.
        teams: TeamsFilter = relation::PERSON_TEAMS;
        /// By the key results that they own.
        key_results: KeyResultsFilter = relation::PERSON_KEY_RESULTS;
        /// By the tasks that they are assigned to.
        tasks: TasksFilter = relation::PERSON_TASKS;
    }
}

sort! {
    PersonSort, PersonSortField on Person, "people" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
        /// By name, without case.
        Name = "name_folded" as Text;
    }
}

/// Look-ups and lists of people.
#[derive(Debug, Default)]
pub struct PersonQuery;

#[Object]
impl PersonQuery {
    /// One of the people; null when it does not exist or may not be seen.
    async fn person(&self, ctx: &Context<'_>, #[graphql(desc = "Global id.")] id: ID) -> Nullable<Person> {
        match key_of(&id, NodeKind::Subject(SubjectKind::Person)) {
            Err(error) => nullable(ctx, Err(error)),
            Ok(key) => by_key(ctx, key).await,
        }
    }

    /// People that the viewer sees.
    async fn people(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start: 0–200, 50 when neither first nor last is given.")]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 0–200.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor of the same list.")] before: Option<String>,
        #[graphql(desc = "Only rows that fit.")] filter: Option<PersonFilter>,
        #[graphql(desc = "Order, most important key first; by creation when left out.")] sort: Option<
            Vec<PersonSort>,
        >,
        #[graphql(default, desc = "Whether archived rows belong to the list.")] include_archived: bool,
    ) -> Nullable<PersonConnection> {
        let slice = Slice { first, after, last, before };
        let args = super::filter::args(ctx, slice, filter, sort, include_archived);
        nullable(ctx, root(ctx, args).await.map(|listing| listing.map(PersonConnection::from)))
    }
}
