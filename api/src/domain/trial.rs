//! A small organization in a database of its own, for the tests of what reads and writes.

use chrono::DateTime;
use entity::{
    CycleState, Instant, JobKind, KeyResultKind, LinkOrigin, LinkState, ObjectiveKind, ObjectiveSource,
    ProgressBasis, ProgressSource, ProjectState, Role, Significance, Visibility, alignment_link, cycle,
    organization, person, project,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, Insert, QueryTrait};
use serde_json::json;
use uuid::Uuid;

use super::{
    access::{Scope, viewer::Actor},
    clock::{Clock, SimulatedTime},
    error::{DomainError, Result},
    fixture::{Fixture, database_on_lent_server, sqlite_in},
    installation::Installation,
    key_result::KeyResultRow,
    key_result_change::CreateKeyResult,
    objective::{CreateObjective, ObjectiveRow},
    origin::Origin,
    recompute::RollUpAncestor,
    write::{Command, Write},
};

/// An organization with a leader, an individual and the cycle 2026-01-01 to 2026-04-10, a hundred days.
/// It is 20 February, half of it is over.
pub(crate) struct Trial {
    pub(crate) installation: Installation,
    pub(crate) time: SimulatedTime,
    pub(crate) organization: Uuid,
    pub(crate) leader: Uuid,
    pub(crate) individual: Uuid,
    pub(crate) cycle: Uuid,
    _folder: tempfile::TempDir,
}

/// A point in time.
pub(crate) fn at(text: &str) -> Instant {
    Instant::from(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
}

/// What is wrong with an input: field and message of each.
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>) -> Vec<(String, String)> {
    match result {
        Err(DomainError::User(errors)) => {
            errors.into_iter().map(|error| (error.field[1..].join("."), error.message)).collect()
        }
        other => panic!("expected user errors, found {other:?}"),
    }
}

impl Trial {
    pub(crate) async fn new() -> Self {
        Self::with_clock(|| Clock::simulated(at("2026-02-20T00:00:00Z"), 7)).await
    }

    /// On SQLite, and on PostgreSQL where a server is lent.
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut trials = vec![Self::new().await];
        if let Some(url) = database_on_lent_server("trial").await {
            let clock = || Clock::simulated(at("2026-02-20T00:00:00Z"), 7);
            trials.push(Self::on(url, tempfile::tempdir().unwrap(), clock).await);
        }
        trials
    }

    pub(crate) async fn with_clock(clock: impl FnOnce() -> (Clock, SimulatedTime)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::on(sqlite_in(folder.path()), folder, clock).await
    }

    async fn on(
        url: String,
        folder: tempfile::TempDir,
        clock: impl FnOnce() -> (Clock, SimulatedTime),
    ) -> Self {
        let (clock, time) = clock();
        let installation = Fixture::new(url, clock).open().await;
        let id = || installation.clock().new_id();
        let (organization, leader, individual, cycle) = (id(), id(), id(), id());
        let trial = Self { installation, time, organization, leader, individual, cycle, _folder: folder };
        trial.fill().await;
        trial
    }

    async fn fill(&self) {
        let now = self.installation.clock().now();
        self.put::<organization::Entity>(organization::ActiveModel {
            id: Set(self.organization),
            name: Set("Trial".into()),
            slug: Set("trial".into()),
            time_zone: Set("UTC".into()),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
        .await;
        for (id, name, role) in
            [(self.leader, "leader", Role::Leader), (self.individual, "individual", Role::Individual)]
        {
            self.put::<person::Entity>(person::ActiveModel {
                id: Set(id),
                organization_id: Set(self.organization),
                name: Set(name.into()),
                name_folded: Set(name.into()),
                email: Set(format!("{name}@example.org")),
                email_folded: Set(format!("{name}@example.org")),
                role: Set(role),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            })
            .await;
        }
        self.put::<cycle::Entity>(cycle::ActiveModel {
            id: Set(self.cycle),
            organization_id: Set(self.organization),
            name: Set("2026 Q1".into()),
            name_folded: Set("2026 q1".into()),
            state: Set(CycleState::Active),
            starts_on: Set("2026-01-01".parse().ok()),
            ends_on: Set("2026-04-10".parse().ok()),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
        .await;
    }

    /// Puts a row there without any rule.
    pub(crate) async fn put<E: EntityTrait>(&self, row: E::ActiveModel)
    where
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        let tx = self.installation.db.begin().await.unwrap();
        tx.execute(Insert::one(row).build(tx.backend())).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Sets columns of all rows of a table without any rule.
    pub(crate) async fn set_all<A: ActiveModelTrait>(&self, columns: A) {
        let tx = self.installation.db.begin().await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test puts facts there past the rules")]
        let update = <A::Entity as EntityTrait>::update_many().set(columns);
        tx.execute(update.build(tx.backend())).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Runs a statement that changes rows past every rule.
    pub(crate) async fn change_all(&self, text: &str) {
        let tx = self.installation.db.begin().await.unwrap();
        tx.execute(sea_orm::Statement::from_string(tx.backend(), text)).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Keys of all rows of a table, in their order.
    pub(crate) async fn keys_of(&self, table: &str) -> Vec<Uuid> {
        let text = format!("SELECT id FROM {table} ORDER BY id");
        let rows = self.installation.rows(&text, self.installation.binds()).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// Texts of a statement.
    pub(crate) async fn texts(&self, text: &str) -> Vec<String> {
        let rows = self.installation.rows(text, self.installation.binds()).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    pub(crate) fn is_on_postgres(&self) -> bool {
        self.installation.db.is_postgres()
    }

    /// Numbers of a statement, `NULL` as −1.
    pub(crate) async fn numbers(&self, text: &str) -> Vec<i64> {
        let rows = self.installation.rows(text, self.installation.binds()).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index::<Option<i64>>(0).unwrap().unwrap_or(-1)).collect()
    }

    pub(crate) async fn scope(&self, person: Uuid) -> Scope {
        self.installation.scope_of_person(person).await.unwrap()
    }

    pub(crate) async fn system(&self) -> Scope {
        self.installation.system(self.organization, Actor::System, "trial").await.unwrap()
    }

    /// An active objective of the leader.
    pub(crate) async fn objective(&self, title: &str, parent: Option<Uuid>) -> ObjectiveRow {
        self.scope(self.leader).await.run(&self.new_objective(title, parent)).await.unwrap()
    }

    pub(crate) fn new_objective(&self, title: &str, parent: Option<Uuid>) -> CreateObjective {
        CreateObjective {
            id: None,
            title: title.to_owned(),
            description: None,
            owner: None,
            team: None,
            cycle: Some(self.cycle),
            parent,
            state: None,
            kind: ObjectiveKind::Committed,
            visibility: Visibility::Organization,
            priority: None,
            weight: 1.0,
            include_children: true,
            progress_source: ObjectiveSource::KeyResults,
            check_in_days: None,
            check_in_owner: None,
            check_in_reviewer: None,
            origin: Origin::default(),
        }
    }

    /// From 0 to 100 by check-ins, owned by the individual.
    pub(crate) fn new_key_result(&self, objective: Uuid) -> CreateKeyResult {
        CreateKeyResult {
            id: None,
            objective,
            title: "Grow".to_owned(),
            description: None,
            owner: Some(self.individual),
            state: None,
            kind: Some(KeyResultKind::Increase),
            unit: None,
            start: "0".parse().ok(),
            target: "100".parse().ok(),
            target_percent: None,
            commit: None,
            stretch: None,
            lower: None,
            upper: None,
            tolerance: None,
            progress_source: ProgressSource::CheckIn,
            weight: 1.0,
            starts_on: None,
            check_in_days: None,
            check_in_owner: None,
            check_in_reviewer: None,
            origin: Origin::default(),
        }
    }

    pub(crate) async fn key_result(&self, objective: Uuid) -> KeyResultRow {
        self.scope(self.leader).await.run(&self.new_key_result(objective)).await.unwrap()
    }

    /// A project with a completion, done when that is 1, linked to a key result.
    pub(crate) async fn work(&self, key_result: Uuid, completion: f64, visibility: Visibility) -> Uuid {
        let now = self.installation.clock().now();
        let id = self.installation.clock().new_id();
        self.put::<project::Entity>(project::ActiveModel {
            id: Set(id),
            organization_id: Set(self.organization),
            title: Set("Work".into()),
            title_folded: Set("work".into()),
            owner_id: Set(Some(self.leader)),
            state: Set(if completion < 1.0 { ProjectState::InProgress } else { ProjectState::Done }),
            visibility: Set(visibility),
            progress_basis: Set(ProgressBasis::Count),
            progress: Set(Some(completion)),
            inherited_progress: Set(Some(completion)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
        .await;
        self.put::<alignment_link::Entity>(alignment_link::ActiveModel {
            id: Set(self.installation.clock().new_id()),
            organization_id: Set(self.organization),
            project_id: Set(Some(id)),
            key_result_id: Set(Some(key_result)),
            state: Set(LinkState::Active),
            significance: Set(Significance::Contributes),
            origin: Set(LinkOrigin::Manual),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        })
        .await;
        id
    }

    /// Lets the objectives above follow, as the runner of jobs does.
    pub(crate) async fn follow(&self) {
        while let Some(lease) = self.installation.take_job(&[JobKind::RollUpAncestors]).await.unwrap() {
            let objective = lease.payload["objective"].as_str().unwrap().parse().unwrap();
            self.system().await.run(&RollUpAncestor { lease: &lease, objective }).await.unwrap();
        }
    }

    pub(crate) async fn progress_of_objective(&self, id: Uuid) -> Option<f64> {
        self.system().await.by_ids::<ObjectiveRow>(&[id]).await.unwrap()[&id].progress
    }

    pub(crate) async fn read_key_result(&self, id: Uuid) -> KeyResultRow {
        (*self.system().await.by_ids::<KeyResultRow>(&[id]).await.unwrap()[&id]).clone()
    }
}

/// Asks for a job.
pub(crate) struct Ask(pub(crate) JobKind, pub(crate) Uuid);

impl Command for Ask {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.enqueue(self.0, self.1, json!({ "objective": self.1 })).await
    }
}
