//! Two organizations with a person of every role, written past the server.

mod work;

use api::domain::clock::Clock;
use entity::Instant;
use uuid::Uuid;

use crate::test_server::seconds;
use crate::{Cell, TestDatabase, TestServer, access_token};

/// Two organizations that must never see each other.
#[derive(Clone, Debug)]
pub struct World {
    /// The one whose people act in most tests.
    pub a: Company,
    /// The other one.
    pub b: Company,
}

/// An organization: a root team led by the leader, and below it a team with a manager and one without.
#[derive(Clone, Debug)]
pub struct Company {
    /// The organization.
    pub organization: Uuid,
    /// The root team; its manager is the leader.
    pub root_team: Uuid,
    /// The manager's team, to which the individual belongs.
    pub build_team: Uuid,
    /// A team that the manager does not manage, to which the colleague belongs.
    pub sales_team: Uuid,
    /// Role `LEADER`.
    pub leader: Someone,
    /// Role `MANAGER`, manager of the build team.
    pub manager: Someone,
    /// Role `INDIVIDUAL` in the build team.
    pub individual: Someone,
    /// Role `INDIVIDUAL` in the sales team.
    pub colleague: Someone,
    /// Role `INDIVIDUAL` with the admin flag, in the root team.
    pub admin: Someone,
    clock: Clock,
}

/// A person who can act.
#[derive(Clone, Debug)]
pub struct Someone {
    /// The person's id, without its prefix.
    pub id: Uuid,
    /// The address, unique in the organization.
    pub email: String,
    /// An access token that is valid for an hour.
    pub token: String,
}

/// A person's place in a new company.
struct Place {
    name: &'static str,
    role: &'static str,
    is_admin: bool,
}

impl World {
    /// Fills the database of a server.
    pub async fn of(server: &TestServer) -> Self {
        Self::seed(server.database(), server.clock()).await
    }

    /// Fills a database, with ids and times of a clock.
    pub async fn seed(database: &TestDatabase, clock: &Clock) -> Self {
        let a = Company::seed(database, clock, "acme").await;
        let b = Company::seed(database, clock, "bolt").await;
        Self { a, b }
    }
}

impl Company {
    async fn seed(database: &TestDatabase, clock: &Clock, slug: &str) -> Self {
        let organization = clock.new_id();
        let mut cells = vec![
            ("id", organization.into()),
            ("name", slug.to_uppercase().into()),
            ("slug", slug.into()),
            ("time_zone", "Europe/Berlin".into()),
        ];
        cells.extend(dated(clock.now()));
        put(database, "organization", &cells).await;

        let person = async |name, role, is_admin| {
            Someone::seed(database, clock, organization, slug, Place { name, role, is_admin }).await
        };
        let leader = person("Lea Leader", "LEADER", false).await;
        let manager = person("Max Manager", "MANAGER", false).await;
        let individual = person("Ina Individual", "INDIVIDUAL", false).await;
        let colleague = person("Cem Colleague", "INDIVIDUAL", false).await;
        let admin = person("Ada Admin", "INDIVIDUAL", true).await;

        let team =
            async |name, parent, manager| team(database, clock, organization, name, parent, manager).await;
        let root_team = team("Company", None, Some(leader.id)).await;
        let build_team = team("Build", Some(root_team), Some(manager.id)).await;
        let sales_team = team("Sales", Some(root_team), None).await;
        for (home, person) in [
            (root_team, &leader),
            (root_team, &admin),
            (build_team, &manager),
            (build_team, &individual),
            (sales_team, &colleague),
        ] {
            let cells = [
                ("id", clock.new_id().into()),
                ("organization_id", organization.into()),
                ("team_id", home.into()),
                ("person_id", person.id.into()),
                ("is_home", true.into()),
                ("created_at", clock.now().into()),
            ];
            put(database, "membership", &cells).await;
        }
        let clock = clock.clone();
        Self {
            organization,
            root_team,
            build_team,
            sales_team,
            leader,
            manager,
            individual,
            colleague,
            admin,
            clock,
        }
    }

    /// Everybody, with the word for their place; for tests that try each role in turn.
    #[must_use]
    pub fn everybody(&self) -> [(&'static str, &Someone); 5] {
        [
            ("leader", &self.leader),
            ("manager", &self.manager),
            ("individual", &self.individual),
            ("colleague", &self.colleague),
            ("admin", &self.admin),
        ]
    }
}

impl Someone {
    async fn seed(
        database: &TestDatabase,
        clock: &Clock,
        organization: Uuid,
        slug: &str,
        place: Place,
    ) -> Self {
        let id = clock.new_id();
        let first_name = place.name.split(' ').next().unwrap_or(place.name);
        let email = format!("{first_name}@{slug}.test");
        let mut cells = vec![
            ("id", id.into()),
            ("organization_id", organization.into()),
            ("name", place.name.into()),
            ("name_folded", place.name.to_lowercase().into()),
            ("email", email.as_str().into()),
            ("email_folded", email.to_lowercase().into()),
            ("role", place.role.into()),
            ("is_admin", place.is_admin.into()),
        ];
        cells.extend(dated(clock.now()));
        put(database, "person", &cells).await;
        Self { id, email, token: access_token(id, seconds(clock.now())) }
    }
}

async fn team(
    database: &TestDatabase,
    clock: &Clock,
    organization: Uuid,
    name: &str,
    parent: Option<Uuid>,
    manager: Option<Uuid>,
) -> Uuid {
    let id = clock.new_id();
    let mut cells = vec![
        ("id", id.into()),
        ("organization_id", organization.into()),
        ("name", name.into()),
        ("name_folded", name.to_lowercase().into()),
        ("parent_id", parent.into()),
        ("manager_id", manager.into()),
    ];
    cells.extend(dated(clock.now()));
    put(database, "team", &cells).await;
    id
}

/// The two instants that most tables have.
fn dated(at: Instant) -> [(&'static str, Cell); 2] {
    [("created_at", at.into()), ("updated_at", at.into())]
}

async fn put(database: &TestDatabase, table: &str, cells: &[(&str, Cell)]) {
    if let Err(error) = database.insert(table, cells).await {
        panic!("the row {cells:?} does not fit into {table}: {error}");
    }
}
