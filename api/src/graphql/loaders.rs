//! Batches of one request: every edge of every row of a level becomes one statement.
//!
//! The loaders hold the scope, so they are made per request and see only what the viewer sees.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
};

use async_graphql::dataloader::{DataLoader, Loader};
use uuid::Uuid;

use super::{
    batch::{BatchQueue, NoDelay},
    context::RequestLoaders,
    error::SharedError,
};
use crate::domain::{
    access::{Scope, scope::Listed},
    page::{Page, PageArgs},
    relation::Relation,
};

/// Loads for one viewer.
#[derive(Debug)]
pub struct Loaders {
    scope: Scope,
}

impl Loaders {
    /// Loaders over a scope.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self { scope }
    }

    /// The scope, for loaders that stand beside their concept.
    pub(in crate::graphql) fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// Keys of one batch at most: a request takes as many batches as it has levels, and one batch holds them all.
const BATCH_KEYS: usize = 100_000;

/// The loaders of one request, which load when its execution stands still.
#[must_use]
pub fn for_request(scope: Scope, queue: &BatchQueue) -> RequestLoaders {
    DataLoader::new(Loaders::new(scope), queue.clone(), NoDelay).max_batch_size(BATCH_KEYS)
}

/// One row by its key.
pub struct ById<R>(pub Uuid, PhantomData<fn() -> R>);

impl<R> ById<R> {
    /// The row with this key.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self(id, PhantomData)
    }
}

impl<R> Clone for ById<R> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

impl<R> PartialEq for ById<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R> Eq for ById<R> {}

impl<R> Hash for ById<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R: Listed> Loader<ById<R>> for Loaders {
    type Value = Arc<R>;
    type Error = SharedError;

    async fn load(&self, keys: &[ById<R>]) -> Result<HashMap<ById<R>, Arc<R>>, SharedError> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = self.scope.by_ids::<R>(&ids).await?;
        Ok(rows.into_iter().map(|(id, row)| (ById::new(id), row)).collect())
    }
}

/// A field of the document: within one request the same field has the same arguments, so the children
/// that it asks of many parents are one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FieldKey(pub usize);

/// The children of one parent, by one edge.
pub struct ChildrenOf<R> {
    relation: &'static Relation,
    parent: Uuid,
    field: FieldKey,
    args: Arc<PageArgs>,
    row: PhantomData<fn() -> R>,
}

impl<R> ChildrenOf<R> {
    /// A page of the children that `relation` gives of `parent`.
    #[must_use]
    pub fn new(relation: &'static Relation, parent: Uuid, field: FieldKey, args: Arc<PageArgs>) -> Self {
        Self { relation, parent, field, args, row: PhantomData }
    }

    /// Whose children they are.
    #[must_use]
    pub fn parent(&self) -> Uuid {
        self.parent
    }

    fn batch(&self) -> (usize, FieldKey) {
        (std::ptr::from_ref(self.relation).addr(), self.field)
    }
}

impl<R> Clone for ChildrenOf<R> {
    fn clone(&self) -> Self {
        Self {
            relation: self.relation,
            parent: self.parent,
            field: self.field,
            args: Arc::clone(&self.args),
            row: PhantomData,
        }
    }
}

impl<R> PartialEq for ChildrenOf<R> {
    fn eq(&self, other: &Self) -> bool {
        self.parent == other.parent && self.batch() == other.batch()
    }
}

impl<R> Eq for ChildrenOf<R> {}

impl<R> Hash for ChildrenOf<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parent.hash(state);
        self.batch().hash(state);
    }
}

fn batches<R>(keys: &[ChildrenOf<R>]) -> Vec<Vec<&ChildrenOf<R>>> {
    let mut batches: HashMap<(usize, FieldKey), Vec<&ChildrenOf<R>>> = HashMap::new();
    for key in keys {
        batches.entry(key.batch()).or_default().push(key);
    }
    batches.into_values().collect()
}

impl<R: Listed> Loader<ChildrenOf<R>> for Loaders {
    type Value = Arc<Page<R>>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[ChildrenOf<R>],
    ) -> Result<HashMap<ChildrenOf<R>, Arc<Page<R>>>, SharedError> {
        let mut loaded = HashMap::with_capacity(keys.len());
        for batch in batches(keys) {
            let Some(first) = batch.first() else { continue };
            let parents: Vec<Uuid> = batch.iter().map(|key| key.parent).collect();
            let mut pages = self.scope.children::<R>(first.relation, &parents, &first.args).await?;
            for key in batch {
                if let Some(page) = pages.remove(&key.parent) {
                    loaded.insert(key.clone(), Arc::new(page));
                }
            }
        }
        Ok(loaded)
    }
}

/// How many children one parent has, by one edge.
pub struct CountOf<R>(pub ChildrenOf<R>);

impl<R> Clone for CountOf<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> PartialEq for CountOf<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R> Eq for CountOf<R> {}

impl<R> Hash for CountOf<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R: Listed> Loader<CountOf<R>> for Loaders {
    type Value = i64;
    type Error = SharedError;

    async fn load(&self, keys: &[CountOf<R>]) -> Result<HashMap<CountOf<R>, i64>, SharedError> {
        let mut loaded = HashMap::with_capacity(keys.len());
        let inner: Vec<ChildrenOf<R>> = keys.iter().map(|key| key.0.clone()).collect();
        for batch in batches(&inner) {
            let Some(first) = batch.first() else { continue };
            let parents: Vec<Uuid> = batch.iter().map(|key| key.parent).collect();
            let counts = self.scope.count_children::<R>(first.relation, &parents, &first.args).await?;
            for key in batch {
                loaded.insert(CountOf(key.clone()), counts.get(&key.parent).copied().unwrap_or(0));
            }
        }
        Ok(loaded)
    }
}

/// A long text of a row, which lists do not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LongText {
    /// The table.
    pub table: crate::domain::relation::Table,
    /// The column.
    pub column: &'static str,
    /// The row.
    pub id: Uuid,
}

impl Loader<LongText> for Loaders {
    type Value = String;
    type Error = SharedError;

    async fn load(&self, keys: &[LongText]) -> Result<HashMap<LongText, String>, SharedError> {
        let mut loaded = HashMap::with_capacity(keys.len());
        let mut columns: HashMap<_, Vec<Uuid>> = HashMap::new();
        for key in keys {
            columns.entry((key.table, key.column)).or_default().push(key.id);
        }
        for ((table, column), ids) in columns {
            for (id, text) in self.scope.long_texts(table, column, &ids).await? {
                loaded.insert(LongText { table, column, id }, text);
            }
        }
        Ok(loaded)
    }
}

/// The home team of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HomeTeam(pub Uuid);

impl Loader<HomeTeam> for Loaders {
    type Value = Uuid;
    type Error = SharedError;

    async fn load(&self, keys: &[HomeTeam]) -> Result<HashMap<HomeTeam, Uuid>, SharedError> {
        let people: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let teams = self.scope.home_teams(&people).await?;
        Ok(teams.into_iter().map(|(person, team)| (HomeTeam(person), team)).collect())
    }
}

/// The labels of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LabelsOf(pub Uuid);

impl Loader<LabelsOf> for Loaders {
    type Value = Vec<String>;
    type Error = SharedError;

    async fn load(&self, keys: &[LabelsOf]) -> Result<HashMap<LabelsOf, Vec<String>>, SharedError> {
        let tasks: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let labels = self.scope.labels_of(&tasks).await?;
        Ok(labels.into_iter().map(|(task, labels)| (LabelsOf(task), labels)).collect())
    }
}

/// Whether the viewer may see the time spent on a task: it is theirs, or of people they manage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeesTimeOf(pub Uuid);

impl Loader<SeesTimeOf> for Loaders {
    type Value = ();
    type Error = SharedError;

    async fn load(&self, keys: &[SeesTimeOf]) -> Result<HashMap<SeesTimeOf, ()>, SharedError> {
        let tasks: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let seen = self.scope.tasks_whose_time_is_seen(&tasks).await?;
        Ok(seen.into_iter().map(|task| (SeesTimeOf(task), ())).collect())
    }
}
