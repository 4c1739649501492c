//! A small organization on a fresh database.

use entity::*;
use sea_orm::{ActiveValue::Set, EntityTrait, FromQueryResult, Insert, QueryTrait, Statement};
use tempfile::TempDir;
use uuid::Uuid;

use crate::domain::{
    access::viewer::Actor,
    bulk::Binds,
    clock::{Clock, SimulatedTime},
    db::StatementLog,
    fixture::{Fixture, database_on_lent_server, sqlite_in},
    installation::Installation,
    sync::{
        external::*,
        merge::{Merge, MergeOptions},
        summary::MergeSummary,
    },
};

pub(super) const START: Instant = Instant(1_700_000_000_000_000);

/// An organization with a leader, a team, an objective `O-1` and a key result `KR-1` fed by work.
pub(super) struct Company {
    pub(super) installation: Installation,
    pub(super) time: SimulatedTime,
    pub(super) organization: Uuid,
    pub(super) ann: Uuid,
    pub(super) team: Uuid,
    pub(super) objective: Uuid,
    pub(super) key_result: Uuid,
    /// Texts of all statements so far.
    pub(super) log: StatementLog,
    _folder: TempDir,
}

impl Company {
    /// On SQLite, and on PostgreSQL where a server is lent.
    pub(super) async fn on_each_database() -> Vec<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut companies = vec![Self::found(sqlite_in(folder.path()), folder).await];
        if let Some(url) = database_on_lent_server("merge").await {
            companies.push(Self::found(url, tempfile::tempdir().unwrap()).await);
        }
        companies
    }

    async fn found(url: String, folder: TempDir) -> Self {
        let (clock, time) = Clock::simulated(START, 7);
        let log = StatementLog::default();
        let fixture = Fixture { log: Some(log.clone()), ..Fixture::new(url, clock) };
        let installation = fixture.open().await;
        let clock = installation.clock().clone();
        let company = Self {
            organization: clock.new_id(),
            ann: clock.new_id(),
            team: clock.new_id(),
            objective: clock.new_id(),
            key_result: clock.new_id(),
            installation,
            log,
            time,
            _folder: folder,
        };
        company
            .put::<organization::Entity>(organization::ActiveModel {
                id: Set(company.organization),
                name: Set("Acme".to_owned()),
                slug: Set("acme".to_owned()),
                time_zone: Set("Europe/Berlin".to_owned()),
                settings: Set("{}".to_owned()),
                created_at: Set(START),
                updated_at: Set(START),
                ..Default::default()
            })
            .await;
        company.add_person(company.ann, "Ann Ash", "Ann@Acme.test", Role::Leader).await;
        company
            .put::<team::Entity>(team::ActiveModel {
                id: Set(company.team),
                organization_id: Set(company.organization),
                name: Set("Core".to_owned()),
                name_folded: Set("core".to_owned()),
                created_at: Set(START),
                updated_at: Set(START),
                ..Default::default()
            })
            .await;
        company.add_objective(company.objective, 1, GoalState::Active).await;
        company.add_key_result(company.key_result, company.objective, 1).await;
        company
    }

    pub(super) async fn put<E: EntityTrait>(&self, row: E::ActiveModel)
    where
        E::ActiveModel: sea_orm::ActiveModelTrait<Entity = E>,
    {
        let tx = self.installation.db.begin().await.unwrap();
        tx.execute(Insert::many([row]).build(tx.backend())).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn execute(&self, text: &str, binds: Binds) -> u64 {
        let tx = self.installation.db.begin().await.unwrap();
        let statement = Statement::from_sql_and_values(tx.backend(), text, binds.values);
        let changed = tx.execute(statement).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }

    pub(super) async fn add_person(&self, id: Uuid, name: &str, email: &str, role: Role) {
        self.put::<person::Entity>(person::ActiveModel {
            id: Set(id),
            organization_id: Set(self.organization),
            name: Set(name.to_owned()),
            name_folded: Set(name.to_lowercase()),
            email: Set(email.to_owned()),
            email_folded: Set(email.to_lowercase()),
            role: Set(role),
            is_admin: Set(role == Role::Leader),
            created_at: Set(START),
            updated_at: Set(START),
            ..Default::default()
        })
        .await;
    }

    pub(super) async fn add_objective(&self, id: Uuid, number: i64, state: GoalState) {
        self.put::<objective::Entity>(objective::ActiveModel {
            id: Set(id),
            organization_id: Set(self.organization),
            number: Set(number),
            code: Set(format!("O-{number}")),
            title: Set("Grow".to_owned()),
            title_folded: Set("grow".to_owned()),
            state: Set(state),
            kind: Set(ObjectiveKind::Committed),
            visibility: Set(Visibility::Organization),
            progress_source: Set(ObjectiveSource::KeyResults),
            created_at: Set(START),
            updated_at: Set(START),
            ..Default::default()
        })
        .await;
    }

    pub(super) async fn add_key_result(&self, id: Uuid, objective: Uuid, number: i64) {
        self.put::<key_result::Entity>(key_result::ActiveModel {
            id: Set(id),
            organization_id: Set(self.organization),
            objective_id: Set(objective),
            number: Set(number),
            code: Set(format!("KR-{number}")),
            title: Set("Ship".to_owned()),
            title_folded: Set("ship".to_owned()),
            state: Set(GoalState::Active),
            kind: Set(KeyResultKind::Increase),
            start_value: Set(Some(Decimal(0))),
            target_value: Set(Some(Decimal(10_000_000))),
            progress_source: Set(ProgressSource::Work),
            created_at: Set(START),
            updated_at: Set(START),
            ..Default::default()
        })
        .await;
    }

    /// Merges as Throughline itself.
    pub(super) async fn merge(&self, batch: &ExternalBatch) -> MergeSummary {
        self.merge_with(batch, MergeOptions::default()).await
    }

    pub(super) async fn merge_with(&self, batch: &ExternalBatch, options: MergeOptions) -> MergeSummary {
        self.time.advance_seconds(60);
        let scope =
            self.installation.system(self.organization, Actor::System, "tests of the merge").await.unwrap();
        scope.run(&Merge { batch: batch.clone(), options }).await.unwrap()
    }

    pub(super) async fn all<E: EntityTrait>(&self, table: &str) -> Vec<E::Model> {
        let text = format!("SELECT * FROM {table} ORDER BY 1");
        let rows = self.installation.rows(&text, self.installation.binds()).await.unwrap();
        rows.iter().map(|row| E::Model::from_query_result(row, "").unwrap()).collect()
    }

    pub(super) async fn tasks(&self) -> Vec<task::Model> {
        let mut tasks = self.all::<task::Entity>("task").await;
        tasks.sort_by(|one, other| one.external_id.cmp(&other.external_id));
        tasks
    }

    pub(super) async fn task(&self, external_id: &str) -> task::Model {
        let mut tasks = self.tasks().await.into_iter();
        tasks.find(|task| task.external_id.as_deref() == Some(external_id)).unwrap()
    }

    pub(super) async fn links(&self) -> Vec<alignment_link::Model> {
        self.all::<alignment_link::Entity>("alignment_link").await
    }

    pub(super) async fn events(&self) -> Vec<event::Model> {
        self.all::<event::Entity>("event").await
    }

    pub(super) async fn progress(&self) -> Option<f64> {
        self.all::<key_result::Entity>("key_result").await.remove(0).work_progress
    }

    /// When the tool last answered.
    pub(super) async fn last_good_sync(&self) -> Option<Instant> {
        self.all::<integration::Entity>("integration").await.remove(0).last_good_sync_at
    }

    /// Everything that a merge may write, but the time of the last good sync, which every merge does.
    pub(super) async fn dump(&self) -> Vec<String> {
        let mut lines = Vec::new();
        macro_rules! dump {
            ($($table:ident),+) => {$(
                let rows = self.all::<entity::$table::Entity>(stringify!($table)).await;
                lines.extend(rows.iter().map(|row| format!("{row:?}")));
            )+};
        }
        dump!(
            organization,
            person,
            objective,
            key_result,
            project,
            task,
            task_project,
            task_label,
            task_assignee,
            external_person,
            external_identity,
            stored_payload,
            status_interval,
            time_entry,
            alignment_link,
            link_evidence,
            link_interval,
            unresolved_token,
            progress_point,
            event,
            job
        );
        for row in self.all::<integration::Entity>("integration").await {
            lines.push(format!("{:?}", integration::Model { last_good_sync_at: None, ..row }));
        }
        lines
    }
}

/// A batch of one project `P` with these tasks.
pub(super) fn batch(tasks: Vec<ExternalTask>) -> ExternalBatch {
    ExternalBatch {
        provider: Provider::Jira,
        site: "acme.atlassian.net".to_owned(),
        people: Vec::new(),
        projects: vec![project("P")],
        tasks,
        states: Vec::new(),
        skipped: Vec::new(),
        gone: Vec::new(),
        complete: true,
        notes: Vec::new(),
    }
}

pub(super) fn project(id: &str) -> ExternalProject {
    ExternalProject {
        external_id: id.to_owned(),
        external_key: Some("DAEMON".to_owned()),
        title: format!("Project {id}"),
        description: None,
        url: None,
        archived: false,
        updated_at: None,
        texts: Vec::new(),
        payload: "{}".to_owned(),
    }
}

pub(super) fn task(id: &str, status: TaskStatus) -> ExternalTask {
    ExternalTask {
        external_id: id.to_owned(),
        external_key: Some(format!("DAEMON-{id}")),
        title: format!("Task {id}"),
        description: None,
        url: Some(format!("https://acme.atlassian.net/browse/DAEMON-{id}")),
        status,
        provider_status: Some(format!("{status:?}")),
        projects: vec!["P".to_owned()],
        parent: None,
        assignees: Vec::new(),
        labels: Vec::new(),
        due_on: None,
        created_at: Some(Instant(1_690_000_000_000_000)),
        updated_at: Some(Instant(1_699_000_000_000_000)),
        started_at: None,
        completed_at: None,
        estimate: None,
        logged_seconds: None,
        time_entries: Vec::new(),
        status_intervals: Vec::new(),
        archived: false,
        texts: Vec::new(),
        payload: format!("{{\"id\":\"{id}\"}}"),
    }
}

pub(super) fn person(id: &str, name: &str, email: Option<&str>) -> ExternalPerson {
    ExternalPerson {
        external_id: id.to_owned(),
        name: Some(name.to_owned()),
        user_name: None,
        email: email.map(str::to_owned),
    }
}
