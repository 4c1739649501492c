//! What the tool says is not there any more: it is archived with the time, and comes back as itself.

use std::collections::HashSet;

use entity::{EventKind, ExternalKind, external_identity, task};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::merge::Merging;
use crate::domain::{error::Result, write::Write};

impl Merging<'_> {
    /// Takes out the tasks whose ids the tool says are gone.
    pub(super) async fn remove_gone(&mut self, write: &mut Write) -> Result<()> {
        if self.batch.gone.is_empty() {
            return Ok(());
        }
        let of = |name: &'static str| Expr::col((Alias::new("external_identity"), Alias::new(name)));
        let mut select = write.whole::<external_identity::Entity>("external_identity");
        select
            .and_where(of("provider").eq(self.batch.provider))
            .and_where(of("site").eq(self.site.as_str()))
            .and_where(of("kind").eq(ExternalKind::Task))
            .and_where(of("external_id").is_in(self.batch.gone.iter().map(String::as_str)));
        let known = write.read_models::<external_identity::Entity>(&select).await?;
        let ids: Vec<Uuid> = known.iter().filter_map(|identity| identity.task_id).collect();
        let rows = write.locked_models::<task::Entity>("task", &ids).await?;
        let rows: Vec<task::Model> = rows.into_iter().filter(|row| row.source_deleted_at.is_none()).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let mut values = Vec::new();
        for row in &rows {
            let archived = row.archived_at.unwrap_or(write.now);
            values.push((row.id, vec![archived.0.into(), write.now.0.into()]));
            let kind = if row.archived_at.is_some() { EventKind::Updated } else { EventKind::Archived };
            let previous = Map::from_iter([
                ("archived_at".to_owned(), json!(row.archived_at.map(|at| at.0))),
                ("source_deleted_at".to_owned(), Json::Null),
            ]);
            let current = Map::from_iter([
                ("archived_at".to_owned(), json!(archived.0)),
                ("source_deleted_at".to_owned(), json!(write.now.0)),
            ]);
            let people = row.assignee_id.into_iter().collect();
            self.note_task(write, row, people, kind, Some(previous), current);
        }
        let removed: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        write.update_many("task", &["archived_at", "source_deleted_at"], values, true).await?;
        // Whoever comes back is looked at whole, although nothing of it has changed.
        let sets = vec![("content_hash", Vec::<u8>::new().into()), ("updated_at", write.now.0.into())];
        let these = Condition::all().add(write.among("external_identity", "task_id", &removed));
        write.set_where("external_identity", sets, these).await?;
        self.summary.task_counts.updated += removed.len();
        self.summary.task_counts.archived += removed.len();
        self.summary.removed += removed.len();
        write.touched.tasks.extend(removed.iter().copied());
        let projects = write.projects_of(&removed).await?;
        write.touched.projects.extend(projects);
        let parents: HashSet<Uuid> = rows.iter().filter_map(|row| row.parent_id).collect();
        let parents: Vec<Uuid> = parents.into_iter().collect();
        write.recount_children(&parents).await?;
        if !parents.is_empty() {
            let projects = write.projects_of(&parents).await?;
            write.touched.projects.extend(projects);
        }
        Ok(())
    }
}
