//! Where the parts of a task stand: where it stands, until they are put elsewhere.
//!
//! Membership in projects is explicit on every level, so that whatever counts by project need not look at
//! parents. Parts whose projects are their parent's move along with it, down to where one goes its own way.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, SubjectKind, Visibility, external_identity, task_project};
use sea_orm::{
    ActiveValue::Set,
    Statement, Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Query},
};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    access::scope::select_columns, bulk::Binds, error::Result, events::NewEvent, relation::Table,
    task::TaskRow, task_create::note_keys, write::Write,
};

/// Who moved a task.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) enum Mover<'m> {
    /// Somebody here: what stood with it goes with it.
    Person,
    /// A tool, by telling where it stands.
    Tool {
        /// Of what else it told so just now.
        told: &'m HashSet<Uuid>,
    },
}

/// A task that stands elsewhere than before.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Move {
    pub(in crate::domain) task: Uuid,
    /// Projects before, the primary one first.
    pub(in crate::domain) before: Vec<Uuid>,
    /// Projects after, the primary one first.
    pub(in crate::domain) after: Vec<Uuid>,
    /// The team that comes with the primary one.
    pub(in crate::domain) team: Option<Uuid>,
    /// Who sees it, by the primary one.
    pub(in crate::domain) visibility: Visibility,
}

/// Whether two lists with the primary one first hold the same places; the order of the others says nothing.
pub(in crate::domain) fn same_places(one: &[Uuid], other: &[Uuid]) -> bool {
    one.first() == other.first() && one.len() == other.len() && one.iter().all(|place| other.contains(place))
}

impl Write {
    /// Locks tasks with everything below them and these others, all in the order of their keys.
    pub(in crate::domain) async fn lock_with_parts(&self, task: Uuid, others: &[Uuid]) -> Result<()> {
        if !self.tx.is_postgres() {
            return Ok(());
        }
        let mut binds = Binds::new(true);
        let first = binds.push(self.viewer().organization_id);
        let start = binds.push(task);
        let second = binds.push(self.viewer().organization_id);
        let text = format!(
            "WITH RECURSIVE below (id) AS ( \
             SELECT id FROM task WHERE organization_id = {first} AND id = {start} \
             UNION SELECT task.id FROM task JOIN below ON task.parent_id = below.id \
             WHERE task.organization_id = {second}) SELECT id FROM below"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut ids = others.to_vec();
        for row in self.tx.all_raw(statement).await? {
            ids.push(row.try_get_by_index(0)?);
        }
        self.lock_in_order::<TaskRow>(&ids).await
    }

    /// The projects of tasks, the primary one first; tasks that stand nowhere are left out.
    pub(in crate::domain) async fn places_of_all(&self, tasks: &[Uuid]) -> Result<HashMap<Uuid, Vec<Uuid>>> {
        let mut places: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        if tasks.is_empty() {
            return Ok(places);
        }
        let of = |name: &'static str| Expr::col((Alias::new("task_project"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("task_id"))
            .expr(of("project_id"))
            .expr(of("is_primary"))
            .from(Alias::new("task_project"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(self.among("task_project", "task_id", tasks))
            .order_by((Alias::new("task_project"), Alias::new("id")), sea_orm::sea_query::Order::Asc);
        for row in self.tx.all(&select).await? {
            let of_task = places.entry(row.try_get_by_index(0)?).or_default();
            let at = if row.try_get_by_index::<bool>(2)? { 0 } else { of_task.len() };
            of_task.insert(at, row.try_get_by_index(1)?);
        }
        Ok(places)
    }

    /// Lets the parts of tasks that were moved follow, level by level: those that stood where their parent
    /// stood. Parts of which a tool tells by itself where they stand stay where it moved their parent, those that it
    /// told just now and those that it told of before, with all below them.
    pub(in crate::domain) async fn move_parts(&mut self, moved: Vec<Move>, by: Mover<'_>) -> Result<()> {
        let mut level: HashMap<Uuid, Move> = moved.into_iter().map(|moved| (moved.task, moved)).collect();
        while !level.is_empty() {
            let parents: Vec<Uuid> = level.keys().copied().collect();
            let parts = self.parts_of(&parents).await?;
            let ids: Vec<Uuid> = parts.iter().map(|row| row.id).collect();
            let places = self.places_of_all(&ids).await?;
            let settled = match by {
                Mover::Person => HashSet::new(),
                Mover::Tool { told } => self.placed_by_tools(&ids).await?.union(told).copied().collect(),
            };
            let mut following = Vec::new();
            for part in parts.into_iter().filter(|part| !settled.contains(&part.id)) {
                let Some(parent) = part.parent_id.and_then(|parent| level.get(&parent)) else { continue };
                let stands = places.get(&part.id).map_or(&[][..], Vec::as_slice);
                if same_places(stands, &parent.before) && !same_places(stands, &parent.after) {
                    let moved = Move { task: part.id, before: stands.to_vec(), ..parent.clone() };
                    following.push((part, moved));
                }
            }
            level = self.place(following).await?;
        }
        Ok(())
    }

    /// Puts tasks that stand nowhere where their new parents stand, and what is below them.
    pub(in crate::domain) async fn place_with_parents(&mut self, ties: &[(Uuid, Uuid)]) -> Result<()> {
        let children: Vec<Uuid> = ties.iter().map(|(child, _)| *child).collect();
        let parents: Vec<Uuid> = ties.iter().map(|(_, parent)| *parent).collect();
        let mut places = self.places_of_all(&children).await?;
        places.extend(self.places_of_all(&parents).await?);
        let above: HashMap<Uuid, TaskRow> =
            self.everyones::<TaskRow>(&parents).await?.into_iter().map(|row| (row.id, row)).collect();
        let parent_of: HashMap<Uuid, Uuid> = ties.iter().copied().collect();
        let mut moves = Vec::new();
        for child in self.everyones::<TaskRow>(&children).await? {
            let Some(parent) = parent_of.get(&child.id).and_then(|parent| above.get(parent)) else {
                continue;
            };
            let Some(after) = places.get(&parent.id).filter(|_| !places.contains_key(&child.id)) else {
                continue;
            };
            let moved = Move {
                task: child.id,
                before: Vec::new(),
                after: after.clone(),
                team: parent.team_id,
                visibility: parent.visibility,
            };
            moves.push((child, moved));
        }
        let moved = self.place(moves).await?;
        self.move_parts(moved.into_values().collect(), Mover::Person).await
    }

    /// Those of the tasks of which a tool tells where they stand.
    async fn placed_by_tools(&self, tasks: &[Uuid]) -> Result<HashSet<Uuid>> {
        let of = |name: &'static str| Expr::col((Alias::new("external_identity"), Alias::new(name)));
        let mut select = self.whole::<external_identity::Entity>("external_identity");
        select
            .and_where(self.among("external_identity", "task_id", tasks))
            .and_where(of("is_placed").eq(true));
        let placed = self.read_models::<external_identity::Entity>(&select).await?;
        Ok(placed.into_iter().filter_map(|identity| identity.task_id).collect())
    }

    /// Parts of tasks, locked.
    async fn parts_of(&self, parents: &[Uuid]) -> Result<Vec<TaskRow>> {
        let table = Table::Task.name();
        let mut select = Query::select();
        select_columns::<TaskRow>(&mut select);
        select
            .from(Alias::new(table))
            .and_where(
                Expr::col((Alias::new(table), Alias::new("organization_id")))
                    .eq(self.viewer().organization_id),
            )
            .and_where(self.among(table, "parent_id", parents));
        self.locked(&mut select, table);
        self.rows(&select).await
    }

    /// Writes moves, with their events and what follows for numbers.
    async fn place(&mut self, moves: Vec<(TaskRow, Move)>) -> Result<HashMap<Uuid, Move>> {
        if moves.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<Uuid> = moves.iter().map(|(row, _)| row.id).collect();
        let mut people = self.assignees_of(&ids).await?;
        self.remove_parts("task_project", Condition::all().add(self.among("task_project", "task_id", &ids)))
            .await?;
        let (mut stands, mut rows) = (Vec::new(), Vec::new());
        for (row, moved) in &moves {
            stands.extend(moved.after.iter().enumerate().map(|(at, project)| task_project::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                task_id: Set(row.id),
                project_id: Set(*project),
                is_primary: Set(at == 0),
                created_at: Set(self.now),
            }));
            rows.push((
                row.id,
                vec![Value::from(moved.after.first().copied()), moved.team.into(), moved.visibility.into()],
            ));
        }
        self.insert_all::<task_project::Entity>(stands).await?;
        self.update_many("task", &["project_id", "team_id", "visibility"], rows, true).await?;
        let mut moved_by_task = HashMap::new();
        for (row, moved) in moves {
            let after = TaskRow {
                project_id: moved.after.first().copied(),
                team_id: moved.team,
                visibility: moved.visibility,
                ..row
            };
            let (mut previous, mut current) = (Map::new(), Map::new());
            note_keys(&mut previous, "project_ids", &moved.before);
            note_keys(&mut current, "project_ids", &moved.after);
            if row.team_id != after.team_id {
                previous.insert("team_id".to_owned(), json!(row.team_id));
                current.insert("team_id".to_owned(), json!(after.team_id));
            }
            if row.visibility != after.visibility {
                previous.insert("visibility".to_owned(), json!(row.visibility));
                current.insert("visibility".to_owned(), json!(after.visibility));
            }
            self.note(NewEvent {
                kind: EventKind::Updated,
                subject: (SubjectKind::Task, row.id),
                ancestors: after.ancestors(&moved.after),
                sight: after.sight(people.remove(&row.id).unwrap_or_default()),
                previous: Some(previous),
                current,
            });
            self.touched.projects.extend(moved.before.iter().chain(&moved.after));
            moved_by_task.insert(row.id, moved);
        }
        Ok(moved_by_task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_place_and_the_set_decide() {
        let ids = |numbers: &[u128]| numbers.iter().copied().map(Uuid::from_u128).collect::<Vec<_>>();
        assert!(same_places(&[], &[]));
        assert!(same_places(&ids(&[1, 2, 3]), &ids(&[1, 3, 2])));
        assert!(!same_places(&ids(&[1, 2]), &ids(&[2, 1])));
        assert!(!same_places(&ids(&[1, 2]), &ids(&[1])));
        assert!(!same_places(&[], &ids(&[1])));
    }
}
