//! What is stored of all that a file names, read in a handful of statements whatever the file's length.

use std::collections::{BTreeSet, HashMap};

use entity::{GoalState, SubjectKind};
use sea_orm::{
    Statement,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    column::GoalType,
    name::{Named, Names},
    wanted::Wanted,
};
use crate::domain::{
    access::scope::Listed, bulk::Binds, cycle::CycleRow, error::Result, key_result::KeyResultRow,
    objective::ObjectiveRow, relation::Table, sync::identity::one_of_texts, team::TeamRow, write::Write,
};

/// Whom an external id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A goal that the viewer sees.
    Seen(Uuid),
    /// One that they do not see.
    Hidden,
}

/// Everything stored that the rows of a file name.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) people: HashMap<String, Uuid>,
    pub(super) teams: Names,
    pub(super) cycles: Names,
    /// Objectives that rows are, or stand under, as far as the viewer sees them.
    pub(super) objectives: HashMap<Uuid, ObjectiveRow>,
    /// Key results that rows are, as far as the viewer sees them.
    pub(super) key_results: HashMap<Uuid, KeyResultRow>,
    /// Longer texts of those.
    pub(super) descriptions: HashMap<Uuid, String>,
    /// The objective above each objective of the organization, whoever sees it: for rings.
    pub(super) above: HashMap<Uuid, Uuid>,
    /// Goals with a title of the file: kind, folded title, cycle or objective, and code.
    pub(super) titled: HashMap<(GoalType, String, Option<Uuid>), String>,
    /// Closed goals of the file that were carried over, with the open goal that goes on in their place.
    successors: HashMap<(GoalType, Uuid), Uuid>,
    external: HashMap<(GoalType, String), Uuid>,
    codes: HashMap<(GoalType, String), Uuid>,
}

impl Book {
    /// Reads it.
    pub(super) async fn read(write: &Write, rows: &[Option<Wanted>]) -> Result<Self> {
        let rows: Vec<&Wanted> = rows.iter().flatten().collect();
        let mut book = Self::default();
        book.read_people(write, &rows).await?;
        let teams = write.rows::<TeamRow>(&write.scope.find::<TeamRow>()).await?;
        book.teams = Names::of(teams.into_iter().map(Named::from).collect());
        let cycles = write.rows::<CycleRow>(&write.scope.find::<CycleRow>()).await?;
        book.cycles = Names::of(cycles.into_iter().map(Named::from).collect());
        for (goal, table) in [(GoalType::Objective, "objective"), (GoalType::KeyResult, "key_result")] {
            book.read_names(write, &rows, goal, table).await?;
        }
        let mut objectives = book.known(GoalType::Objective);
        let mut key_results = book.known(GoalType::KeyResult);
        book.key_results = seen::<KeyResultRow>(write, &key_results).await?;
        book.objectives = seen::<ObjectiveRow>(write, &objectives).await?;
        key_results.extend(book.read_successors(write, GoalType::KeyResult).await?);
        objectives.extend(book.read_successors(write, GoalType::Objective).await?);
        // Those that rows stand under now: what they are called tells whether a row says another one.
        let above = book.key_results.values().map(|row| row.objective_id);
        let above: BTreeSet<Uuid> =
            above.chain(book.objectives.values().filter_map(|row| row.parent_id)).collect();
        let missing: Vec<Uuid> = above.into_iter().filter(|id| !book.objectives.contains_key(id)).collect();
        book.objectives.extend(seen::<ObjectiveRow>(write, &missing).await?);
        if rows.iter().any(|row| row.description.is_some()) {
            for (table, ids) in [(Table::Objective, &objectives), (Table::KeyResult, &key_results)] {
                book.read_descriptions(write, table, ids).await?;
            }
        }
        book.read_tree(write).await?;
        book.read_titles(write, &rows).await?;
        Ok(book)
    }

    /// The goal with an external id.
    pub(super) fn by_external(&self, goal: GoalType, id: &str) -> Option<Owner> {
        let id = *self.external.get(&(goal, id.to_owned()))?;
        Some(if self.sees(goal, id) { Owner::Seen(id) } else { Owner::Hidden })
    }

    /// The goal with a code, old codes included, as far as the viewer sees it.
    pub(super) fn by_code(&self, goal: GoalType, code: &str) -> Option<Uuid> {
        self.codes.get(&(goal, code.to_owned())).copied().filter(|id| self.sees(goal, *id))
    }

    /// The open goal that goes on in the place of a closed one, as far as the viewer sees it.
    pub(super) fn successor(&self, goal: GoalType, id: Uuid) -> Option<Uuid> {
        self.successors.get(&(goal, id)).copied()
    }

    /// The code of a goal that was read.
    pub(super) fn code(&self, goal: GoalType, id: Uuid) -> Option<&str> {
        match goal {
            GoalType::Objective => self.objectives.get(&id).map(|row| row.code.as_str()),
            GoalType::KeyResult => self.key_results.get(&id).map(|row| row.code.as_str()),
        }
    }

    fn sees(&self, goal: GoalType, id: Uuid) -> bool {
        match goal {
            GoalType::Objective => self.objectives.contains_key(&id),
            GoalType::KeyResult => self.key_results.contains_key(&id),
        }
    }

    fn known(&self, goal: GoalType) -> Vec<Uuid> {
        let named = self.external.iter().chain(&self.codes);
        let ids: BTreeSet<Uuid> = named.filter(|((of, _), _)| *of == goal).map(|(_, id)| *id).collect();
        ids.into_iter().collect()
    }

    /// Reads the goals that go on in the place of those that are closed.
    async fn read_successors(&mut self, write: &Write, goal: GoalType) -> Result<Vec<Uuid>> {
        let (kind, closed): (SubjectKind, Vec<Uuid>) = match goal {
            GoalType::Objective => {
                let closed = self.objectives.values().filter(|row| row.state == GoalState::Closed);
                (SubjectKind::Objective, closed.map(|row| row.id).collect())
            }
            GoalType::KeyResult => {
                let closed = self.key_results.values().filter(|row| row.state == GoalState::Closed);
                (SubjectKind::KeyResult, closed.map(|row| row.id).collect())
            }
        };
        if closed.is_empty() {
            return Ok(Vec::new());
        }
        let next = write.successors(kind, &closed).await?;
        let ids: Vec<Uuid> = next.values().copied().collect::<BTreeSet<_>>().into_iter().collect();
        match goal {
            GoalType::Objective => {
                let rows = seen::<ObjectiveRow>(write, &ids).await?;
                self.objectives.extend(rows.into_iter().filter(|(_, row)| is_open(row.state)));
            }
            GoalType::KeyResult => {
                let rows = seen::<KeyResultRow>(write, &ids).await?;
                self.key_results.extend(rows.into_iter().filter(|(_, row)| is_open(row.state)));
            }
        }
        for (old, new) in next {
            if self.sees(goal, new) {
                self.successors.insert((goal, old), new);
            }
        }
        Ok(ids)
    }

    async fn read_people(&mut self, write: &Write, rows: &[&Wanted]) -> Result<()> {
        let emails =
            rows.iter().flat_map(|row| [&row.owner_email, &row.check_in_owner, &row.check_in_reviewer]);
        let emails = distinct(emails.filter_map(|email| email.clone().flatten()));
        if emails.is_empty() {
            return Ok(());
        }
        let mut select = write.own_columns("person", ["id", "email_folded"]);
        select.and_where(one_of_texts(column("person", "email_folded"), &emails, write.tx.backend()));
        for row in write.tx.all(&select).await? {
            self.people.insert(row.try_get_by_index(1)?, row.try_get_by_index(0)?);
        }
        Ok(())
    }

    /// External ids and codes, whoever sees the goals: an id that is taken cannot be given again.
    async fn read_names(
        &mut self,
        write: &Write,
        rows: &[&Wanted],
        goal: GoalType,
        table: &'static str,
    ) -> Result<()> {
        let own = || rows.iter().filter(move |row| row.goal == goal);
        let above = || rows.iter().filter(move |_| goal == GoalType::Objective);
        let external = own().filter_map(|row| row.external_id.clone());
        let external =
            distinct(external.chain(above().filter_map(|row| row.parent_external_id.clone().flatten())));
        let codes = own().filter_map(|row| row.code.clone());
        let codes = distinct(codes.chain(above().filter_map(|row| row.parent_code.clone().flatten())));
        if !external.is_empty() {
            let mut select = write.own_columns(table, ["id", "external_id"]);
            select.and_where(one_of_texts(column(table, "external_id"), &external, write.tx.backend()));
            for row in write.tx.all(&select).await? {
                self.external.insert((goal, row.try_get_by_index(1)?), row.try_get_by_index(0)?);
            }
        }
        if codes.is_empty() {
            return Ok(());
        }
        let key = match goal {
            GoalType::Objective => "objective_id",
            GoalType::KeyResult => "key_result_id",
        };
        // A goal's own code wins over an old one that leads elsewhere.
        for (table, key) in [("code_alias", key), (table, "id")] {
            let mut select = write.own_columns(table, [key, "code"]);
            select.and_where(column(table, key).is_not_null()).and_where(one_of_texts(
                column(table, "code"),
                &codes,
                write.tx.backend(),
            ));
            for row in write.tx.all(&select).await? {
                self.codes.insert((goal, row.try_get_by_index(1)?), row.try_get_by_index(0)?);
            }
        }
        Ok(())
    }

    async fn read_descriptions(&mut self, write: &Write, table: Table, ids: &[Uuid]) -> Result<()> {
        let mut select = write.own_columns(table.name(), ["id", "description"]);
        select.and_where(column(table.name(), "description").is_not_null()).and_where(write.among(
            table.name(),
            "id",
            ids,
        ));
        for row in write.tx.all(&select).await? {
            self.descriptions.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        Ok(())
    }

    async fn read_tree(&mut self, write: &Write) -> Result<()> {
        let mut binds = Binds::new(write.tx.is_postgres());
        let organization = binds.push(write.viewer().organization_id);
        let text = format!(
            "SELECT id, parent_id FROM objective WHERE organization_id = {organization} AND parent_id IS NOT NULL"
        );
        let statement = Statement::from_sql_and_values(write.tx.backend(), text, binds.values);
        for row in write.tx.all_raw(statement).await? {
            self.above.insert(row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        }
        Ok(())
    }

    /// Goals that a new row may be the double of.
    async fn read_titles(&mut self, write: &Write, rows: &[&Wanted]) -> Result<()> {
        let nameless = rows.iter().filter(|row| row.external_id.is_none() && row.code.is_none());
        let titles =
            distinct(nameless.filter_map(|row| row.title.as_ref()).map(|title| title.to_lowercase()));
        if titles.is_empty() {
            return Ok(());
        }
        let backend = write.tx.backend();
        let mut select = write.scope.find::<ObjectiveRow>();
        select.and_where(one_of_texts(column("objective", "title_folded"), &titles, backend));
        for row in write.rows::<ObjectiveRow>(&select).await? {
            self.titled.insert((GoalType::Objective, row.title.to_lowercase(), row.cycle_id), row.code);
        }
        let mut select = write.scope.find::<KeyResultRow>();
        select.and_where(one_of_texts(column("key_result", "title_folded"), &titles, backend));
        for row in write.rows::<KeyResultRow>(&select).await? {
            let place = (GoalType::KeyResult, row.title.to_lowercase(), Some(row.objective_id));
            self.titled.insert(place, row.code);
        }
        Ok(())
    }
}

fn is_open(state: GoalState) -> bool {
    match state {
        GoalState::Draft | GoalState::Active => true,
        GoalState::Closed | GoalState::Cancelled => false,
    }
}

fn column(table: &'static str, name: &'static str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(name)))
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}

async fn seen<R: Listed>(write: &Write, ids: &[Uuid]) -> Result<HashMap<Uuid, R>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut select = write.scope.find::<R>();
    select.and_where(write.among(R::TABLE.name(), "id", ids));
    Ok(write.rows::<R>(&select).await?.into_iter().map(|row| (row.id(), row)).collect())
}

impl Write {
    /// `SELECT columns FROM table WHERE organization`, whoever may see the rows: for what is compared, never
    /// for an answer.
    fn own_columns<const N: usize>(
        &self,
        table: &'static str,
        columns: [&'static str; N],
    ) -> sea_orm::sea_query::SelectStatement {
        let mut select = Query::select();
        select
            .columns(columns.map(|name| (Alias::new(table), Alias::new(name))))
            .from(Alias::new(table))
            .and_where(column(table, "organization_id").eq(self.viewer().organization_id));
        select
    }
}
