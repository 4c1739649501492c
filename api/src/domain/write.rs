//! Writes: one transaction a command, with its events, roll-up and retry.
//!
//! A command locks what it changes, asks for a permit, changes rows and notes events; numbers that
//! follow from the change are rolled up last, right before the commit, level by level under locks.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, LazyLock, Mutex, atomic::AtomicBool},
    time::Duration,
};

use entity::{Instant, TokenScope};
use sea_orm::{
    ActiveModelTrait, EntityTrait, Insert, QueryTrait, SqlErr, Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, LockType, Query, SelectStatement},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::{Permit, Scope, Viewer, scope::Listed, scope::one_of_ids, visible::rows_of},
    creation::INPUT_DIGEST,
    db::{Tx, is_transient},
    definition::DefinedAnew,
    error::{DomainError, Result, UserErrorCode},
    events::{Cause, NewEvent, json_of},
    findings,
    predicate::Field,
    roll_up::Touched,
    row::name_of,
};

/// Binds at most in one statement; SQLite takes 32,766.
const BINDS: usize = 30_000;
const ATTEMPTS: u32 = 6;

/// Something that changes rows, run in one transaction and again when the database asks for it.
pub trait Command: Sync {
    /// What it gives.
    type Output: Send;

    /// The scope that a tool's token needs for it; null keeps every token from it.
    const TOKEN_SCOPE: Option<TokenScope> = None;

    /// Does it; everything it writes is undone when it fails.
    fn run(&self, write: &mut Write) -> impl Future<Output = Result<Self::Output>> + Send;
}

/// An open writing transaction.
pub struct Write {
    pub(in crate::domain) scope: Scope,
    pub(in crate::domain) tx: Tx,
    /// The time of everything this transaction writes.
    pub now: Instant,
    batch: Uuid,
    events: Vec<NewEvent>,
    /// What is to be kept of goals and projects as they are defined now.
    pub(in crate::domain) defined: DefinedAnew,
    /// What findings are to be looked for anew.
    pub(in crate::domain) look_again: findings::Touched,
    /// What the roll-up before the commit must look at.
    pub(in crate::domain) touched: Touched,
    /// Whether this transaction asked for a job, so that the runner is woken once it is committed.
    pub(in crate::domain) asked_for_job: AtomicBool,
    /// Whether numbers are left for the end: many commands in one transaction are rolled up once.
    pub(in crate::domain) rolls_up_later: bool,
    /// Whether nothing of this transaction stays, although its command has an answer.
    pub(in crate::domain) is_undone: bool,
    /// Other people's rights that were looked up in this transaction, null for those who are deactivated: a
    /// file names the same few people in thousands of rows.
    pub(in crate::domain) viewers: Mutex<HashMap<Uuid, Option<Arc<Viewer>>>>,
    /// Whether this transaction changes what a viewer is loaded from: people, teams, memberships, sessions,
    /// settings. Kept viewers of the organization are then stale right after the commit.
    pub(in crate::domain) rights_changed: bool,
    /// What to warn of: see [`super::warning`].
    pub(in crate::domain) warnings: Vec<String>,
    /// Whether this transaction leaves a reference that matches no goal.
    pub(in crate::domain) leaves_token: bool,
}

impl Scope {
    /// Runs a command in one transaction.
    ///
    /// # Errors
    /// What the command says; the database's error when it keeps failing.
    pub async fn run<C: Command>(&self, command: &C) -> Result<C::Output> {
        let scope = self.for_command(C::TOKEN_SCOPE)?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let error = match scope.attempt(command).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            // A lost race for a unique value looks different the second time: the winner's row is there.
            let lost_race = is_unique_violation(&error);
            if attempt >= ATTEMPTS || !(is_transient(&error) || lost_race) {
                return Err(if lost_race { taken() } else { error });
            }
            tokio::time::sleep(Duration::from_millis(5 << attempt)).await;
        }
    }

    async fn attempt<C: Command>(&self, command: &C) -> Result<C::Output> {
        let mut write = Write::begin(self).await?;
        let output = command.run(&mut write).await?;
        write.finish().await?;
        Ok(output)
    }
}

fn is_unique_violation(error: &DomainError) -> bool {
    match error {
        DomainError::Database(error) => {
            matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
        }
        DomainError::NotFound
        | DomainError::Forbidden(_)
        | DomainError::User(_)
        | DomainError::CursorInvalid
        | DomainError::CursorTooOld
        | DomainError::CursorExpired
        | DomainError::BadInput(_)
        | DomainError::Unauthenticated
        | DomainError::RateLimited(_)
        | DomainError::Internal(_) => false,
    }
}

fn taken() -> DomainError {
    DomainError::user("", UserErrorCode::Taken, "something with the same unique value exists already")
}

impl Write {
    async fn begin(scope: &Scope) -> Result<Self> {
        let tx = scope.db.begin().await?;
        // After the wait for it: on SQLite those who write one after another tell the time in that order.
        let now = scope.clock().now();
        let batch = scope.clock().new_id();
        Ok(Self {
            scope: scope.clone(),
            tx,
            now,
            batch,
            events: Vec::new(),
            defined: DefinedAnew::default(),
            look_again: findings::Touched::default(),
            touched: Touched::default(),
            asked_for_job: AtomicBool::new(false),
            rolls_up_later: false,
            is_undone: false,
            viewers: Mutex::default(),
            rights_changed: false,
            warnings: Vec::new(),
            leaves_token: false,
        })
    }

    async fn finish(mut self) -> Result<()> {
        if self.is_undone {
            // Dropped without a commit, it is rolled back.
            return Ok(());
        }
        self.rolls_up_later = false;
        let leaves_references = self.leaves_references();
        self.roll_up().await?;
        self.keep_definitions().await?;
        self.keep_baselines().await?;
        self.ask_to_look_again().await?;
        // After all locks of goals: asking locks the waiting job, which is one row for the whole organization.
        self.ask_for_quiet_links().await?;
        let events = std::mem::take(&mut self.events);
        let cause = Cause {
            organization: self.viewer().organization_id,
            actor: self.viewer().actor,
            request: self.scope.request_id(),
            batch: self.batch,
            at: self.now,
        };
        self.keep_creations(&events).await?;
        let rows: Vec<_> = events.into_iter().map(|event| event.into_row(&cause)).collect();
        let wrote_events = !rows.is_empty();
        self.insert_all::<entity::event::Entity>(rows).await?;
        if leaves_references {
            self.ask_for_waiting_references().await?;
        }
        let organization = cause.organization;
        let (db, tx) = (self.scope.db.clone(), self.tx);
        let (rights_changed, asked_for_job) = (self.rights_changed, self.asked_for_job.into_inner());
        // In a task of its own: a request that is dropped meanwhile neither cuts the commit off nor keeps
        // the others from hearing of it.
        let commit = tokio::spawn(async move {
            let committed = tx.commit().await;
            // Also when the commit's answer was lost: it may have happened.
            if rights_changed {
                db.rights_changed(organization);
            }
            if asked_for_job {
                db.wake_jobs();
            }
            if wrote_events {
                db.events_written();
            }
            committed
        });
        match commit.await {
            Ok(committed) => Ok(committed?),
            Err(error) => Err(DomainError::Internal(format!("a commit was cut off: {error}"))),
        }
    }

    /// Who writes.
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        self.scope.viewer()
    }

    /// A new key.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        self.scope.clock().new_id()
    }

    /// Notes an event; it is written right before the commit.
    pub(in crate::domain) fn note(&mut self, event: NewEvent) {
        self.defined.hear(event.subject, &event.current);
        self.look_again.hear(&event);
        self.events.push(event);
    }

    /// The events that were noted so far.
    pub(in crate::domain) fn noted(&self) -> &[NewEvent] {
        &self.events
    }

    /// Reads and locks the row, as far as the viewer sees it.
    pub(in crate::domain) async fn lock<R: Listed>(&self, id: Uuid) -> Result<R> {
        self.lock_all::<R>(&[id]).await?.pop().ok_or(DomainError::NotFound)
    }

    /// Reads and locks the rows in the order of their keys, as far as the viewer sees them.
    pub(in crate::domain) async fn lock_all<R: Listed>(&self, ids: &[Uuid]) -> Result<Vec<R>> {
        let mut select = self.scope.find::<R>();
        select.and_where(self.scope.among(Field::new(R::TABLE, "id").expr(), ids));
        self.locked(&mut select, R::TABLE.name());
        self.tx.all(&select).await?.iter().map(|row| Ok(R::read(row, 0)?)).collect()
    }

    /// Orders by key and locks on PostgreSQL; SQLite holds the one write lock already.
    pub(in crate::domain) fn locked(&self, select: &mut SelectStatement, table: &'static str) {
        select.order_by((Alias::new(table), Alias::new("id")), sea_orm::sea_query::Order::Asc);
        if self.tx.is_postgres() {
            // Keys never change, so rows that refer to these need not wait.
            select.lock_with_tables(LockType::NoKeyUpdate, [Alias::new(table)]);
        }
    }

    /// Reads a row inside the transaction, as far as the viewer sees it.
    pub(in crate::domain) async fn get<R: Listed>(&self, id: Uuid) -> Result<Option<R>> {
        let mut select = self.scope.find::<R>();
        select.and_where(Field::new(R::TABLE, "id").expr().eq(id));
        let row = self.tx.one(&select).await?;
        Ok(row.map(|row| R::read(&row, 0)).transpose()?)
    }

    /// The row that an input field refers to, or a user error at that field.
    pub(in crate::domain) async fn referred<R: Listed>(&self, field: &str, id: Uuid) -> Result<R> {
        self.get::<R>(id).await?.ok_or_else(|| {
            DomainError::user(
                field,
                UserErrorCode::NotFound,
                format!("no {} with this id", R::TABLE.name().replace('_', " ")),
            )
        })
    }

    /// Rows of a statement inside the transaction.
    pub(in crate::domain) async fn rows<R: Listed>(&self, select: &SelectStatement) -> Result<Vec<R>> {
        self.tx.all(select).await?.iter().map(|row| Ok(R::read(row, 0)?)).collect()
    }

    /// Inserts one row.
    pub(in crate::domain) async fn insert<E: EntityTrait>(&self, row: E::ActiveModel) -> Result<()>
    where
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        self.insert_all::<E>(vec![row]).await
    }

    /// Inserts many rows with the same columns set, in as few statements as the bind limit allows.
    pub(in crate::domain) async fn insert_all<E: EntityTrait>(&self, rows: Vec<E::ActiveModel>) -> Result<()>
    where
        E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    {
        let per_row = <E::Column as sea_orm::Iterable>::iter().count().max(1);
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(BINDS / per_row).collect();
            let statement = Insert::many(chunk).build(self.tx.backend());
            self.tx.execute(statement).await?;
        }
        Ok(())
    }

    /// Writes the changes of one row under its permit. The permit's row filter and version are repeated
    /// in the `WHERE`, so that neither a lost right nor a lost update slips through.
    ///
    /// Gives whether anything changed.
    pub(in crate::domain) async fn update<R: Listed>(
        &self,
        permit: &Permit<R>,
        changes: &Changes<R::Entity>,
    ) -> Result<bool> {
        if changes.is_empty() {
            return Ok(false);
        }
        // It never goes back: another writer, who began later and was done before, may be ahead of us.
        let updated = || Expr::col(Alias::new("updated_at"));
        let is_ahead = updated().gt(self.now.0);
        let mut update = Query::update();
        update.table(Alias::new(R::TABLE.name()));
        for (column, value) in &changes.sets {
            update.value(Alias::new(*column), value.clone());
        }
        update
            .value(Alias::new("version"), Expr::col(Alias::new("version")).add(1_i64))
            .value(Alias::new("updated_at"), Expr::case(is_ahead, updated()).finally(self.now.0))
            .and_where(Field::new(R::TABLE, "id").expr().eq(permit.id()))
            .and_where(Field::new(R::TABLE, "version").expr().eq(permit.version()))
            .cond_where(rows_of(R::TABLE, self.viewer()));
        let changed = self.tx.execute(self.tx.backend().build(&update)).await?;
        if changed == 1 { Ok(true) } else { Err(conflict()) }
    }

    /// Sets columns of the rows with these keys in one statement, without a permit each: for what
    /// follows from a change that was permitted.
    pub(in crate::domain) async fn set_where(
        &self,
        table: &'static str,
        sets: Vec<(&'static str, Value)>,
        condition: Condition,
    ) -> Result<u64> {
        let mut update = Query::update();
        update.table(Alias::new(table));
        for (column, value) in sets {
            update.value(Alias::new(column), value);
        }
        update
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .cond_where(condition);
        Ok(self.tx.execute(self.tx.backend().build(&update)).await?)
    }

    /// Counts a change of rows that were set by [`Write::set_where`].
    pub(in crate::domain) async fn bump_versions(&self, table: &'static str, ids: &[Uuid]) -> Result<()> {
        let mut update = Query::update();
        update
            .table(Alias::new(table))
            .value(Alias::new("version"), Expr::col(Alias::new("version")).add(1_i64))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .and_where(self.among(table, "id", ids));
        self.tx.execute(self.tx.backend().build(&update)).await?;
        Ok(())
    }

    /// Removes rows that are parts of another row (labels, places), never rows with a life of their own.
    pub(in crate::domain) async fn remove_parts(
        &self,
        table: &'static str,
        condition: Condition,
    ) -> Result<u64> {
        let mut delete = Query::delete();
        delete
            .from_table(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .cond_where(condition);
        Ok(self.tx.execute(self.tx.backend().build(&delete)).await?)
    }

    /// `column` is one of `ids`.
    pub(in crate::domain) fn among(&self, table: &'static str, column: &'static str, ids: &[Uuid]) -> Expr {
        one_of_ids(Expr::col((Alias::new(table), Alias::new(column))), ids, self.tx.is_postgres())
    }

    /// Refuses a lost update.
    pub(in crate::domain) fn expect_version(expected: Option<i64>, version: i64) -> Result<()> {
        match expected {
            Some(expected) if expected != version => Err(DomainError::user(
                "expectedVersion",
                UserErrorCode::Conflict,
                format!("it was changed in between: read it again (its version is {version})"),
            )),
            Some(_) | None => Ok(()),
        }
    }
}

fn conflict() -> DomainError {
    DomainError::user("", UserErrorCode::Conflict, "it was changed in between: read it again")
}

/// The columns of one row that change, with their values before and after.
#[derive(Debug)]
pub(in crate::domain) struct Changes<E: EntityTrait> {
    sets: Vec<(&'static str, Value)>,
    previous: Map<String, Json>,
    current: Map<String, Json>,
    entity: std::marker::PhantomData<E>,
}

impl<E: EntityTrait> Changes<E> {
    pub(in crate::domain) fn new() -> Self {
        Self { sets: Vec::new(), previous: Map::new(), current: Map::new(), entity: std::marker::PhantomData }
    }

    /// Sets a column when the value differs.
    pub(in crate::domain) fn set<T>(&mut self, column: E::Column, old: &T, new: T) -> &mut Self
    where
        T: Into<Value> + Clone + PartialEq,
    {
        if *old != new {
            let name = name_of(column);
            self.previous.insert(name.to_owned(), json_of(&old.clone().into()));
            let value: Value = new.into();
            self.current.insert(name.to_owned(), json_of(&value));
            self.sets.push((name, value));
        }
        self
    }

    /// Sets a column that follows from others and is no news of its own.
    pub(in crate::domain) fn set_quietly(&mut self, column: E::Column, value: impl Into<Value>) -> &mut Self {
        self.sets.push((name_of(column), value.into()));
        self
    }

    pub(in crate::domain) fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }

    /// Whether a column changes.
    pub(in crate::domain) fn touches(&self, column: E::Column) -> bool {
        let name = name_of(column);
        self.sets.iter().any(|(set, _)| *set == name)
    }

    /// Values before and after, for the event.
    pub(in crate::domain) fn into_news(self) -> (Map<String, Json>, Map<String, Json>) {
        (self.previous, self.current)
    }
}

/// Digest of a create input, for telling a retry from another use of the same id.
///
/// It begins with that of this version of the program, see [`digested_alike`]: the form of an input may change from
/// one to the next.
pub(in crate::domain) fn digest_of(input: &impl std::fmt::Debug) -> String {
    fn hex(text: &str, bytes: usize) -> String {
        use sha2::{Digest, Sha256};
        Sha256::digest(text.as_bytes()).iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
    }
    static VERSION: LazyLock<String> = LazyLock::new(|| hex(env!("CARGO_PKG_VERSION"), VERSION_HEX / 2));
    VERSION.clone() + &hex(&format!("{input:?}"), 16 - VERSION_HEX / 2)
}

/// Digits of a digest that stand for the version of the program.
const VERSION_HEX: usize = 8;

/// Whether two digests are of inputs that can be compared.
pub(in crate::domain) fn digested_alike(one: &str, other: &str) -> bool {
    one.get(..VERSION_HEX) == other.get(..VERSION_HEX)
}

/// What a new row says of itself, with the digest of the input it was made from.
pub(in crate::domain) fn news_with_digest<A: ActiveModelTrait>(row: &A, digest: &str) -> Map<String, Json> {
    let mut news = news_of(row);
    news.insert(INPUT_DIGEST.to_owned(), digest.into());
    news
}

/// What a new row says of itself in its `CREATED` event, from the columns that are set.
pub(in crate::domain) fn news_of<A: ActiveModelTrait>(row: &A) -> Map<String, Json> {
    let mut news = Map::new();
    for column in <<A::Entity as EntityTrait>::Column as sea_orm::Iterable>::iter() {
        let name = name_of(column);
        if matches!(
            name,
            "id" | "organization_id"
                | "created_at"
                | "updated_at"
                | "version"
                | "title_folded"
                | "name_folded"
        ) {
            continue;
        }
        if let sea_orm::ActiveValue::Set(value) = row.get(column) {
            let value = json_of(&value);
            if value != Json::Null {
                news.insert(name.to_owned(), value);
            }
        }
    }
    news
}
