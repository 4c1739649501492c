//! The work that goals are suggested for: its words, its place, and what is tied to it already. A fixed number
//! of statements, however many pieces of work.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{ConnectionModel, LinkState};
use sea_orm::{
    QueryResult, Statement,
    sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SelectStatement},
};
use uuid::Uuid;

use super::{
    linked::{Group, Key},
    teams::Teams,
    weigh::{Basis, LEVEL},
};
use crate::domain::{
    access::{Scope, scope::Listed, visible::rows_of},
    bulk::Binds,
    error::Result,
    link_target::LinkSource,
    predicate::Field,
    project::ProjectRow,
    relation::Table,
    task::TaskRow,
};

/// Characters of a description that are looked at: what something is about is said at its beginning.
pub(super) const DESCRIPTION: i32 = 4_000;
/// Tasks above each other that are looked at.
const LEVELS: i32 = 3;
/// Labels of a task that are looked at.
const LABELS: usize = 20;

/// A piece of work that goals are suggested for.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// Which one.
    pub(super) source: LinkSource,
    /// Its title.
    pub(super) title: String,
    /// The beginning of its description.
    pub(super) description: String,
    /// Its labels.
    pub(super) labels: Vec<String>,
    /// The team that does it: the home team of who does it, else the one it stands with.
    pub(super) team: Option<Uuid>,
    /// What may be tied to it.
    pub(super) model: ConnectionModel,
    /// What the tasks that it is part of are called, as far as the viewer sees them, each with what it counts, 0–1.
    /// What its projects are called speaks for these themselves: it is the same for all of their tasks.
    pub(super) around: Vec<(f64, String)>,
    /// Other work that has to do with it.
    pub(super) groups: Vec<Group>,
    /// Goals that it is linked to itself, by links that count.
    pub(super) own: HashSet<Uuid>,
    /// Goals that are not suggested: it serves them, or a person took the link to them away.
    pub(super) settled: HashSet<Uuid>,
    /// The team that it stands with: its model holds.
    place: Option<Uuid>,
}

fn of(table: Table, column: &'static str) -> Expr {
    Field::new(table, column).expr()
}

/// The beginning of a long text, which both databases cut.
pub(super) fn beginning(table: Table) -> Expr {
    Expr::from(Func::cust("SUBSTR").args([of(table, "description"), Expr::val(1), Expr::val(DESCRIPTION)]))
}

impl Work {
    fn new(source: LinkSource, title: String, description: Option<String>, place: Option<Uuid>) -> Self {
        Self {
            source,
            title,
            description: description.unwrap_or_default(),
            labels: Vec::new(),
            around: Vec::new(),
            team: place,
            model: ConnectionModel::Any,
            groups: Vec::new(),
            own: HashSet::new(),
            settled: HashSet::new(),
            place,
        }
    }

    fn join(&mut self, basis: Basis, id: Option<Uuid>) {
        self.join_at(basis, 1, id);
    }

    fn join_at(&mut self, basis: Basis, level: i32, id: Option<Uuid>) {
        if let Some(id) = id {
            self.groups.push(Group { basis, level, label: None, key: Key::Row(id) });
        }
    }

    /// Whether it is a project.
    pub(super) fn is_project(&self) -> bool {
        match self.source {
            LinkSource::Project(_) => true,
            LinkSource::Task(_) => false,
        }
    }
}

impl Scope {
    /// The work, as far as the viewer sees it, with the teams around its own.
    pub(super) async fn works(&self, sources: &[LinkSource]) -> Result<(Vec<Work>, Teams)> {
        let (mut tasks, mut projects) = (Vec::new(), Vec::new());
        for source in sources {
            match source {
                LinkSource::Project(id) => projects.push(*id),
                LinkSource::Task(id) => tasks.push(*id),
            }
        }
        let mut works = BTreeMap::new();
        let mut people: HashMap<Uuid, Uuid> = HashMap::new();
        if !tasks.is_empty() {
            self.read_tasks(&tasks, &mut works, &mut people).await?;
            self.read_places(&tasks, &mut works).await?;
        }
        if !projects.is_empty() {
            self.read_projects(&projects, &mut works, &mut people).await?;
        }
        self.read_settled(&tasks, &projects, &mut works).await?;
        let mut asked: Vec<Uuid> = people.values().copied().collect();
        asked.sort_unstable();
        asked.dedup();
        let homes: HashMap<Uuid, Uuid> = self.home_teams(&asked).await?.into_iter().collect();
        for (id, work) in &mut works {
            let home = people.get(id).and_then(|person| homes.get(person).copied());
            // A task's team is that of who does it; a project's is its own.
            work.team = if work.is_project() { work.place.or(home) } else { home.or(work.place) };
        }
        let places = works.values().flat_map(|work| [work.team, work.place]).flatten().collect();
        let teams = self.teams_around(&places).await?;
        for work in works.values_mut() {
            let own = work.place.and_then(|team| teams.model(team));
            work.model = own.unwrap_or(self.viewer().settings.connection_model);
        }
        Ok((works.into_values().collect(), teams))
    }

    fn texts<R: Listed>(&self, ids: &[Uuid]) -> SelectStatement {
        let mut select = Query::select();
        select
            .expr(of(R::TABLE, "id"))
            .expr(of(R::TABLE, "title"))
            .expr(beginning(R::TABLE))
            .expr(of(R::TABLE, "team_id"))
            .from(Alias::new(R::TABLE.name()))
            .cond_where(rows_of(R::TABLE, self.viewer()))
            // What is archived is not linked any more.
            .and_where(of(R::TABLE, "archived_at").is_null())
            .and_where(self.among(of(R::TABLE, "id"), ids));
        select
    }

    async fn read_tasks(
        &self,
        ids: &[Uuid],
        works: &mut BTreeMap<Uuid, Work>,
        people: &mut HashMap<Uuid, Uuid>,
    ) -> Result<()> {
        let mut select = self.texts::<TaskRow>(ids);
        select.expr(of(Table::Task, "assignee_id")).expr(of(Table::Task, "child_count"));
        for row in self.db.all(&select).await? {
            let id: Uuid = row.try_get_by_index(0)?;
            let mut work = text_of(&row, LinkSource::Task(id))?;
            let assignee: Option<Uuid> = row.try_get_by_index(4)?;
            if row.try_get_by_index::<i32>(5)? > 0 {
                work.join(Basis::Parts, Some(id));
            }
            work.join(Basis::Assignee, assignee);
            people.extend(assignee.map(|person| (id, person)));
            works.insert(id, work);
        }
        for (id, labels) in self.labels_of(ids).await? {
            if let Some(work) = works.get_mut(&id) {
                for label in labels.into_iter().take(LABELS) {
                    let key = Key::Label(label.to_lowercase());
                    let group = Group { basis: Basis::Label, level: 1, label: Some(label.clone()), key };
                    work.groups.push(group);
                    work.labels.push(label);
                }
            }
        }
        Ok(())
    }

    /// What tasks are part of, and the projects that they stand in. What these are called and what hangs there
    /// is told as far as the viewer sees it.
    async fn read_places(&self, tasks: &[Uuid], works: &mut BTreeMap<Uuid, Work>) -> Result<()> {
        let mut binds = Binds::new(self.db.is_postgres());
        // Pushed in the order of the text: SQLite binds by position.
        let first = binds.push(self.viewer().organization_id);
        let ids = binds.ids(tasks);
        let second = binds.push(self.viewer().organization_id);
        let levels = binds.push(LEVELS);
        let third = binds.push(self.viewer().organization_id);
        let again = binds.ids(tasks);
        let text = format!(
            "WITH RECURSIVE above (start, id, level) AS ( \
             SELECT id, parent_id, 1 FROM task \
             WHERE organization_id = {first} AND id IN {ids} AND parent_id IS NOT NULL \
             UNION ALL SELECT above.start, task.parent_id, above.level + 1 FROM task \
             JOIN above ON task.id = above.id \
             WHERE task.organization_id = {second} AND task.parent_id IS NOT NULL AND above.level < {levels}) \
             SELECT start, id, level FROM above \
             UNION ALL SELECT task_id, project_id, 0 FROM task_project \
             WHERE organization_id = {third} AND task_id IN {again} ORDER BY 1, 3, 2"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let mut places: Vec<(Uuid, Uuid, i32)> = Vec::new();
        for row in self.db.all_raw(statement).await? {
            places.push((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?));
        }
        let above: Vec<Uuid> = places.iter().filter(|place| place.2 > 0).map(|place| place.1).collect();
        let titles = self.titles_of_tasks(&above).await?;
        for (task, id, level) in places {
            let Some(work) = works.get_mut(&task) else { continue };
            if level == 0 {
                work.join(Basis::Project, Some(id));
            } else {
                let title = titles.get(&id).map(|title| (LEVEL.powi(level - 1), title.clone()));
                work.around.extend(title);
                work.join_at(Basis::Parent, level, Some(id));
                work.join_at(Basis::Siblings, level, Some(id));
            }
        }
        Ok(())
    }

    async fn titles_of_tasks(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, String>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = Query::select();
        select
            .expr(of(Table::Task, "id"))
            .expr(of(Table::Task, "title"))
            .from(Alias::new("task"))
            .cond_where(rows_of(Table::Task, self.viewer()))
            .and_where(self.among(of(Table::Task, "id"), ids));
        let rows = self.db.all(&select).await?;
        rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
    }

    async fn read_projects(
        &self,
        ids: &[Uuid],
        works: &mut BTreeMap<Uuid, Work>,
        people: &mut HashMap<Uuid, Uuid>,
    ) -> Result<()> {
        let mut select = self.texts::<ProjectRow>(ids);
        select.expr(of(Table::Project, "owner_id")).expr(of(Table::Project, "template_id"));
        for row in self.db.all(&select).await? {
            let id: Uuid = row.try_get_by_index(0)?;
            let mut work = text_of(&row, LinkSource::Project(id))?;
            let owner: Option<Uuid> = row.try_get_by_index(4)?;
            work.join(Basis::Parts, Some(id));
            work.join(Basis::Owner, owner);
            work.join(Basis::Template, row.try_get_by_index(5)?);
            work.join(Basis::TeamProjects, work.place);
            people.extend(owner.map(|person| (id, person)));
            works.insert(id, work);
        }
        Ok(())
    }

    /// The goals that the work is tied to, or is not to be tied to again: its own links, whoever sees them, and
    /// those that tasks inherit, as far as the viewer sees the link.
    async fn read_settled(
        &self,
        tasks: &[Uuid],
        projects: &[Uuid],
        works: &mut BTreeMap<Uuid, Work>,
    ) -> Result<()> {
        let link = |column| of(Table::AlignmentLink, column);
        let mut select = Query::select();
        let columns = [
            "task_id",
            "project_id",
            "key_result_id",
            "objective_id",
            "state",
            "confirmed_at",
            "retired_by_id",
        ];
        for column in columns {
            select.expr(link(column));
        }
        select
            .from(Alias::new("alignment_link"))
            .and_where(link("organization_id").eq(self.viewer().organization_id))
            .cond_where(
                Condition::any()
                    .add(self.among(link("task_id"), tasks))
                    .add(self.among(link("project_id"), projects)),
            );
        for row in self.db.all(&select).await? {
            let (task, project): (Option<Uuid>, Option<Uuid>) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let (key_result, objective): (Option<Uuid>, Option<Uuid>) =
                (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let work = task.or(project).and_then(|id| works.get_mut(&id));
            let (Some(work), Some(goal)) = (work, key_result.or(objective)) else { continue };
            let is_confirmed = row.try_get_by_index::<Option<i64>>(5)?.is_some();
            match row.try_get_by_index::<LinkState>(4)? {
                LinkState::Active | LinkState::Stale => {
                    work.settled.insert(goal);
                    if is_confirmed || !self.viewer().settings.require_confirm {
                        work.own.insert(goal);
                    }
                }
                // What no person retired may well be meant.
                LinkState::Retired => {
                    let person: Option<Uuid> = row.try_get_by_index(6)?;
                    work.settled.extend(person.map(|_| goal));
                }
            }
        }
        if tasks.is_empty() {
            return Ok(());
        }
        for (task, links) in self.effective_links(tasks).await? {
            if let Some(work) = works.get_mut(&task) {
                work.settled.extend(
                    links.iter().filter_map(|held| held.link.key_result_id.or(held.link.objective_id)),
                );
            }
        }
        Ok(())
    }
}

fn text_of(row: &QueryResult, source: LinkSource) -> Result<Work> {
    let (title, description) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    Ok(Work::new(source, title, description, row.try_get_by_index(3)?))
}
