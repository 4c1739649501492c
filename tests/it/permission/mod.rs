//! Who may read and change what: every field of the schema, asked for by everybody.
//!
//! The table is generated from the schema. A field that takes an id, or needs an argument, and a mutation,
//! need a sample in `sample.rs`; without one the test fails. The outcome is one snapshot, to be read by a
//! person whenever it changes.

pub(crate) mod leak;
pub(crate) mod mutation;
pub(crate) mod query;
pub(crate) mod sample;
mod table;

use support::{ApiSchema, Company, ServerOptions, TestDatabase, TestServer, Thread, World, both_databases};

use table::Table;

/// Who asks, in the order of the table's columns.
///
/// The service token has the scopes READ and RECORD_VALUES; `attack/service_token.rs` asks with the others.
pub(crate) const ROLES: [&str; 7] =
    ["anonymous", "individual", "manager", "leader", "admin", "service token", "foreign leader"];

/// A company with a whole thread, and somebody from elsewhere.
pub(crate) struct Stage<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) company: Company,
    pub(crate) thread: Thread,
    pub(crate) foreign_leader: String,
}

impl<'a> Stage<'a> {
    /// A new company, beside a world that stays.
    pub(crate) async fn set(server: &'a TestServer, world: &World) -> Self {
        let slug = format!("stage-{}", server.clock().new_id().simple());
        let company = Company::seed(server.database(), server.clock(), &slug).await;
        let thread = company.thread(server.database()).await;
        Self { server, company, thread, foreign_leader: world.b.leader.token.clone() }
    }

    /// The token of somebody of [`ROLES`].
    pub(crate) fn token(&self, role: &str) -> Option<&str> {
        match role {
            "anonymous" => None,
            "individual" => Some(&self.company.individual.token),
            "manager" => Some(&self.company.manager.token),
            "leader" => Some(&self.company.leader.token),
            "admin" => Some(&self.company.admin.token),
            "service token" => Some(&self.thread.tool_token),
            "foreign leader" => Some(&self.foreign_leader),
            other => panic!("nobody is called {other}"),
        }
    }
}

/// Stages in turn: one lasts until something is written on it.
pub(crate) struct Stages<'a> {
    server: &'a TestServer,
    world: &'a World,
    stage: Option<Stage<'a>>,
}

impl<'a> Stages<'a> {
    pub(crate) fn new(server: &'a TestServer, world: &'a World) -> Self {
        Self { server, world, stage: None }
    }

    /// A stage on which nothing was written yet.
    pub(crate) async fn fresh(&mut self) -> &Stage<'a> {
        let stage = match self.stage.take() {
            Some(stage) => stage,
            None => Stage::set(self.server, self.world).await,
        };
        self.stage.insert(stage)
    }

    /// Gives up a stage on which something was written.
    pub(crate) fn give_up(&mut self) {
        self.stage = None;
    }
}

/// A server that does not count failed sign-ins: here everybody fails often.
pub(crate) async fn patient_server(database: TestDatabase) -> TestServer {
    let options = ServerOptions::default().setting("auth.sign_in_failures", "1000");
    TestServer::start_with(database, options).await
}

both_databases! {
    async fn everything_is_asked_for_by_everybody(database: TestDatabase) {
        let server = patient_server(database).await;
        let world = World::of(&server).await;
        let schema = ApiSchema::of(&server).await;
        let mut table = Table::default();
        query::ask(&Stage::set(&server, &world).await, &schema, &mut table).await;
        mutation::ask(&server, &world, &schema, &mut table).await;
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        server.stop().await;
        settings.bind(|| insta::assert_snapshot!("permissions", table.to_string()));
    }
}
