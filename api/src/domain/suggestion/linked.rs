//! What other work is linked to, counted in the database: a statement a kind of group, however much work there
//! is.
//!
//! Only work that the viewer sees is counted, and only goals that they may be suggested are told of.

use std::collections::{BTreeSet, HashMap};

use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use uuid::Uuid;

use super::weigh::Basis;
use crate::domain::{
    access::{Scope, visible::rows_of},
    effective_acknowledgement::counted_links,
    error::Result,
    predicate::Field,
    relation::Table,
    sync::identity::one_of_texts,
};

/// What the members of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// They refer to the same row.
    Row(Uuid),
    /// They have the same label, in lower case.
    Label(String),
}

/// A group of other work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// How it has to do with the work.
    pub(super) basis: Basis,
    /// How many levels up it hangs; 1 for the nearest, and where there are no levels.
    pub(super) level: i32,
    /// The label as it is written.
    pub(super) label: Option<String>,
    /// What its members have in common.
    pub(super) key: Key,
}

/// How the members of groups are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum By {
    /// The task itself.
    Task,
    /// The task that a task is part of.
    ParentTask,
    /// A project that a task stands in.
    Project,
    /// A label of a task.
    Label,
    /// Someone a task is assigned to.
    Assignee,
    /// The owner of a project.
    Owner,
    /// The template of a project.
    Template,
    /// The team of a project.
    Team,
}

impl By {
    fn of(basis: Basis, is_project: bool) -> Option<Self> {
        match basis {
            Basis::Words | Basis::Around | Basis::SameTeam | Basis::TeamAbove | Basis::TeamBelow => None,
            Basis::Parent => Some(Self::Task),
            Basis::Siblings => Some(Self::ParentTask),
            Basis::Parts if is_project => Some(Self::Project),
            Basis::Parts => Some(Self::ParentTask),
            Basis::Project => Some(Self::Project),
            Basis::Label => Some(Self::Label),
            Basis::Assignee => Some(Self::Assignee),
            Basis::Owner => Some(Self::Owner),
            Basis::Template => Some(Self::Template),
            Basis::TeamProjects => Some(Self::Team),
        }
    }

    /// The table of the members, and the column that holds what they have in common: their own or, with the
    /// table that it belongs to, one of a table beside them.
    fn place(self) -> (Table, Option<&'static str>, &'static str) {
        match self {
            Self::Task => (Table::Task, None, "id"),
            Self::ParentTask => (Table::Task, None, "parent_id"),
            Self::Project => (Table::Task, Some("task_project"), "project_id"),
            Self::Label => (Table::Task, Some("task_label"), "name_folded"),
            Self::Assignee => (Table::Task, Some("task_assignee"), "person_id"),
            Self::Owner => (Table::Project, None, "owner_id"),
            Self::Template => (Table::Project, None, "template_id"),
            Self::Team => (Table::Project, None, "team_id"),
        }
    }
}

/// Links of groups, counted by goal.
#[derive(Debug, Default)]
pub(super) struct Linked(HashMap<(By, Key), Vec<(Uuid, i64)>>);

impl Linked {
    /// The links of a group by goal; those of each goal once.
    pub(super) fn of(&self, group: &Group, is_project: bool) -> &[(Uuid, i64)] {
        let by = By::of(group.basis, is_project);
        let found = by.and_then(|by| self.0.get(&(by, group.key.clone())));
        found.map_or(&[], Vec::as_slice)
    }
}

impl Scope {
    /// Counts the links of groups; each with whether the work that it belongs to is a project.
    pub(super) async fn links_of_groups(&self, groups: &[(&Group, bool)]) -> Result<Linked> {
        let mut wanted: HashMap<By, BTreeSet<&Key>> = HashMap::new();
        for (group, is_project) in groups {
            if let Some(by) = By::of(group.basis, *is_project) {
                wanted.entry(by).or_default().insert(&group.key);
            }
        }
        let mut linked = Linked::default();
        for (by, keys) in wanted {
            self.count_links(by, &keys, &mut linked).await?;
        }
        Ok(linked)
    }

    async fn count_links(&self, by: By, keys: &BTreeSet<&Key>, linked: &mut Linked) -> Result<()> {
        let link = |column| Field::new(Table::AlignmentLink, column).expr();
        let (members, beside, column) = by.place();
        let own_id = Field::new(members, "id").expr();
        let end = if members == Table::Project { "project_id" } else { "task_id" };
        let mut select = Query::select();
        select
            .from(Alias::new("alignment_link"))
            .inner_join(Alias::new(members.name()), own_id.clone().eq(link(end)));
        let common = match beside {
            None => Field::new(members, column).expr(),
            Some(table) => {
                let of = |name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
                select.inner_join(Alias::new(table), of("task_id").eq(own_id));
                of(column)
            }
        };
        let (mut ids, mut labels) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                Key::Row(id) => ids.push(*id),
                Key::Label(label) => labels.push(label.clone()),
            }
        }
        let is_label = by == By::Label;
        select
            .expr(common.clone())
            .expr(link("key_result_id"))
            .expr(link("objective_id"))
            .expr(Expr::cust("COUNT(*)"))
            .cond_where(counted_links(self.viewer()))
            .cond_where(rows_of(members, self.viewer()))
            .and_where(Field::new(members, "archived_at").expr().is_null())
            .and_where(if is_label {
                one_of_texts(common.clone(), &labels, self.db.backend())
            } else {
                self.among(common.clone(), &ids)
            })
            .add_group_by([common, link("key_result_id"), link("objective_id")]);
        for row in self.db.all(&select).await? {
            let key = if is_label {
                Key::Label(row.try_get_by_index(0)?)
            } else {
                Key::Row(row.try_get_by_index(0)?)
            };
            let (key_result, objective): (Option<Uuid>, Option<Uuid>) =
                (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
            if let Some(goal) = key_result.or(objective) {
                linked.0.entry((by, key)).or_default().push((goal, row.try_get_by_index(3)?));
            }
        }
        Ok(())
    }
}
