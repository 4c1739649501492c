//! People.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, fail, installation, nullable},
    enums::Role,
    error::UserError,
    filter::{column, filter, key, sort, text},
    finding::{FindingConnection, FindingFilter, FindingSort},
    id::{NodeKind, id_of, key_of},
    input::number,
    key_result::{KeyResultConnection, KeyResultFilter, KeyResultSort, KeyResultsFilter},
    mutation::{Outcome, run},
    node::by_key,
    objective::{ObjectiveConnection, ObjectiveFilter, ObjectiveSort},
    page::{Slice, connection, object, root},
    scalars::DateTime,
    secretive::secretive,
    task::{TaskConnection, TaskFilter, TaskSort, TasksFilter},
    team::{Team, TeamConnection, TeamFilter, TeamSort, TeamsFilter},
};
use crate::domain::{
    access::secret::Secret,
    person::{DeactivatePerson, InvitePerson, PersonRow, UpdatePerson},
    relation,
};

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
        /// Findings that they are to act on, as far as the viewer sees what they are about; resolved ones among them.
        findings: FindingConnection(FindingFilter, FindingSort) = relation::PERSON_FINDINGS;
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
        #[graphql(
            desc = "Rows from the start: 0 to 200 unless the server is set otherwise, 50 when neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor of the same list.")] after: Option<String>,
        #[graphql(desc = "Rows from the end: 0 to 200 unless the server is set otherwise.")] last: Option<
            i32,
        >,
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

/// Input of `personInvite`.
#[derive(InputObject, Debug)]
pub struct PersonInviteInput {
    /// Id made by the client (`per_` and a UUID version 7 in 32 hex digits), which makes a retry safe.
    pub id: Option<ID>,
    /// Display name: one line of at most 500 characters.
    pub name: String,
    /// E-mail address, unique in the organization; with it they sign in, and are found in tools.
    pub email: String,
    /// What the person may see and do in OKR practice.
    #[graphql(default_with = "Role::Individual")]
    pub role: Role,
    /// Whether the person manages people, teams, tokens and integrations.
    #[graphql(default)]
    pub is_admin: bool,
    /// Home team.
    pub team_id: Option<ID>,
}

/// Input of `personUpdate`: what is left out stays, null takes away.
#[derive(InputObject, Debug)]
pub struct PersonUpdateInput {
    /// The person.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
    /// Display name: one line of at most 500 characters. The one field that everybody changes of themself.
    pub name: Option<String>,
    /// E-mail address, unique in the organization. For admins.
    pub email: Option<String>,
    /// What the person may see and do in OKR practice. For admins.
    pub role: Option<Role>,
    /// Whether the person manages people, teams, tokens and integrations; the last active admin stays one.
    /// For admins.
    pub is_admin: Option<bool>,
    /// Home team, instead of the one before, of which they stay a member. For admins.
    pub team_id: MaybeUndefined<ID>,
}

/// Input of `personDeactivate`.
#[derive(InputObject, Debug)]
pub struct PersonDeactivateInput {
    /// The person.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Input of `personReactivate`.
#[derive(InputObject, Debug)]
pub struct PersonReactivateInput {
    /// The person.
    pub id: ID,
    /// The version that the change was made on; another one is refused with `CONFLICT`.
    pub expected_version: Option<i32>,
}

/// Declares the payload of a mutation on people.
macro_rules! payload {
    ($($name:ident of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// The person as it is now; null when nothing was written.
            pub person: Option<Person>,
            /// What a person can mend in the input; empty when it was written.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<PersonRow>> for $name {
            fn from(outcome: Outcome<PersonRow>) -> Self {
                let (row, user_errors) = outcome.into_parts();
                Self { person: row.map(|row| Person(Arc::new(row))), user_errors }
            }
        }
    )* };
}

payload! {
    PersonUpdatePayload of "personUpdate";
    PersonDeactivatePayload of "personDeactivate";
    PersonReactivatePayload of "personReactivate";
}

/// Answer of `personInvite`.
#[derive(SimpleObject)]
pub struct PersonInvitePayload {
    /// The person; null when nothing was written.
    pub person: Option<Person>,
    /// Code with which the person sets a password (`passwordSet`), told only now: hand it over. Null when
    /// nothing was written, and for a retry of an invitation that was made; `passwordReset` gives another.
    pub set_up_code: Option<String>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

secretive!(PersonInvitePayload);

impl From<Outcome<(PersonRow, Option<Secret>)>> for PersonInvitePayload {
    fn from(outcome: Outcome<(PersonRow, Option<Secret>)>) -> Self {
        let (done, user_errors) = outcome.into_parts();
        let (row, code) = done.unzip();
        Self {
            person: row.map(|row| Person(Arc::new(row))),
            set_up_code: code.flatten().map(|code| code.expose().to_owned()),
            user_errors,
        }
    }
}

/// Changes of people.
#[derive(Debug, Default)]
pub struct PersonMutation;

#[Object]
impl PersonMutation {
    /// Makes a person and gives a code with which they set their password. For admins.
    async fn person_invite(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new person.")] input: PersonInviteInput,
    ) -> Nullable<PersonInvitePayload> {
        let code_seconds = match installation(ctx) {
            Ok(installation) => installation.rules().set_up_code_seconds,
            Err(error) => return Some(Err(fail(ctx, &error))),
        };
        run(ctx, |keys| {
            Ok(InvitePerson {
                id: keys.own(input.id.as_ref(), NodeKind::Subject(SubjectKind::Person))?,
                name: input.name,
                email: input.email,
                role: input.role.into(),
                is_admin: input.is_admin,
                team: keys.optional(input.team_id.as_ref(), SubjectKind::Team, "teamId"),
                code_seconds,
            })
        })
        .await
    }

    /// Changes a person. For admins; everybody may change their own name.
    async fn person_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: PersonUpdateInput,
    ) -> Nullable<PersonUpdatePayload> {
        run(ctx, |keys| {
            Ok(UpdatePerson {
                id: keys.target(&input.id, SubjectKind::Person)?,
                expected_version: input.expected_version.map(i64::from),
                name: input.name,
                email: input.email,
                role: input.role.map(Into::into),
                is_admin: input.is_admin,
                team: keys.changed(&input.team_id, SubjectKind::Team, "teamId"),
            })
        })
        .await
    }

    /// Deactivates a person: their sessions end at once, links that they own say OWNER_LEFT. The last active
    /// admin cannot be. For admins.
    async fn person_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PersonDeactivateInput,
    ) -> Nullable<PersonDeactivatePayload> {
        run(ctx, |keys| {
            Ok(DeactivatePerson {
                id: keys.target(&input.id, SubjectKind::Person)?,
                expected_version: input.expected_version.map(i64::from),
                deactivate: true,
            })
        })
        .await
    }

    /// Takes a deactivated person back, with the password and the links that they had. For admins.
    async fn person_reactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one.")] input: PersonReactivateInput,
    ) -> Nullable<PersonReactivatePayload> {
        run(ctx, |keys| {
            Ok(DeactivatePerson {
                id: keys.target(&input.id, SubjectKind::Person)?,
                expected_version: input.expected_version.map(i64::from),
                deactivate: false,
            })
        })
        .await
    }
}
