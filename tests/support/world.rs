//! Two organizations with a person of every role, written past the server.

mod thread;
mod work;

use api::domain::clock::Clock;
use entity::Instant;
use uuid::Uuid;

use crate::batch::Batch;
use crate::test_server::seconds;
use crate::{Cell, TestDatabase, TestServer, access_token};

pub use thread::{Thread, prefix};

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
struct Place<'a> {
    name: &'a str,
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
    /// Another organization; its slug is of its own.
    pub async fn seed(database: &TestDatabase, clock: &Clock, slug: &str) -> Self {
        let mut batch = Batch::new(database);
        let organization = clock.new_id();
        let mut cells = vec![
            ("id", organization.into()),
            ("name", slug.to_uppercase().into()),
            ("slug", slug.into()),
            ("time_zone", "Europe/Berlin".into()),
        ];
        cells.extend(dated(clock.now()));
        batch.row("organization", &cells);

        let mut person = |name, role, is_admin| {
            Someone::seed(&mut batch, clock, organization, slug, Place { name, role, is_admin })
        };
        let leader = person("Lea Leader", "LEADER", false);
        let manager = person("Max Manager", "MANAGER", false);
        let individual = person("Ina Individual", "INDIVIDUAL", false);
        let colleague = person("Cem Colleague", "INDIVIDUAL", false);
        let admin = person("Ada Admin", "INDIVIDUAL", true);

        let mut team = |name, parent, manager| team(&mut batch, clock, organization, name, parent, manager);
        let root_team = team("Company", None, Some(leader.id));
        let build_team = team("Build", Some(root_team), Some(manager.id));
        let sales_team = team("Sales", Some(root_team), None);
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
            batch.row("membership", &cells);
        }
        batch.write(database).await;
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

    /// So many more people who see everything, for runs under load.
    pub async fn leaders(&self, database: &TestDatabase, count: usize) -> Vec<Someone> {
        let mut batch = Batch::new(database);
        let names = (0..count).map(|number| format!("Leader{number} More"));
        let people = names
            .map(|name| {
                let place = Place { name: &name, role: "LEADER", is_admin: false };
                Someone::seed(&mut batch, &self.clock, self.organization, "more", place)
            })
            .collect();
        batch.write(database).await;
        people
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
    fn seed(batch: &mut Batch, clock: &Clock, organization: Uuid, slug: &str, place: Place<'_>) -> Self {
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
        batch.row("person", &cells);
        Self { id, email, token: access_token(id, seconds(clock.now())) }
    }
}

fn team(
    batch: &mut Batch,
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
    batch.row("team", &cells);
    id
}

/// The two instants that most tables have.
fn dated(at: Instant) -> [(&'static str, Cell); 2] {
    [("created_at", at.into()), ("updated_at", at.into())]
}
