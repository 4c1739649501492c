//! Identity: what a tool calls our rows, so that the same item is the same row for ever.

use std::collections::HashMap;

use entity::{ExternalKind, Instant, external_identity, stored_payload};
use sea_orm::{
    ActiveValue::Set,
    DbBackend,
    sea_query::{Alias, Expr, ExprTrait, Func, Query, SelectStatement},
};
use uuid::Uuid;

use super::{external::ExternalText, merge::Merging, references, tidy};
use crate::domain::{error::Result, predicate::one_of, write::Write};

/// What a merge has to say of an item's identity.
pub(super) struct Identified<'b> {
    /// The stored row; none for an item that was never seen.
    pub(super) stored: Option<external_identity::Model>,
    /// Our row: a project or a task.
    pub(super) row: Uuid,
    /// Id in the tool.
    pub(super) external_id: &'b str,
    /// Readable key in the tool.
    pub(super) external_key: Option<&'b str>,
    /// Fingerprint of what is merged; empty when it shall be looked at again.
    pub(super) hash: Vec<u8>,
    /// When the tool says that it was last changed.
    pub(super) updated_at: Option<Instant>,
    /// The parent that has not arrived.
    pub(super) awaited_parent: Option<String>,
    /// Whether the tool tells where it stands.
    pub(super) is_placed: bool,
    /// The provider's JSON.
    pub(super) payload: &'b str,
    /// Texts in which references are looked for, kept so that they can be read again.
    pub(super) texts: &'b [ExternalText],
}

/// `column` is one of these texts, with one statement text for every length of the list.
pub(in crate::domain) fn one_of_texts(column: Expr, texts: &[String], backend: DbBackend) -> Expr {
    if backend == DbBackend::Postgres {
        let values: Vec<_> = texts.iter().map(|text| text.as_str().into()).collect();
        return if values.is_empty() { Expr::cust("1 = 0") } else { one_of(column, &values, backend) };
    }
    let mut unpacked = Query::select();
    let list = serde_json::Value::from(texts).to_string();
    unpacked.column(Alias::new("value")).from_function(Func::cust("json_each").arg(list), "texts");
    column.in_subquery(unpacked)
}

impl Merging<'_> {
    /// The identities of this tool and site whose column holds one of these texts.
    fn identities(&self, write: &Write, column: &'static str, texts: &[String]) -> SelectStatement {
        let of = |name: &'static str| Expr::col((Alias::new("external_identity"), Alias::new(name)));
        let mut select = write.whole::<external_identity::Entity>("external_identity");
        select
            .and_where(of("provider").eq(self.batch.provider))
            .and_where(of("site").eq(self.site.as_str()))
            .and_where(one_of_texts(of(column), texts, write.tx.backend()));
        select
    }

    /// The identities of items by their ids in the tool.
    pub(super) async fn known(
        &self,
        write: &Write,
        kind: ExternalKind,
        ids: &[String],
    ) -> Result<HashMap<String, external_identity::Model>> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = self.identities(write, "external_id", ids);
        select.and_where(Expr::col((Alias::new("external_identity"), Alias::new("kind"))).eq(kind));
        let rows = write.read_models::<external_identity::Entity>(&select).await?;
        Ok(rows.into_iter().map(|row| (row.external_id.clone(), row)).collect())
    }

    /// Tasks by their readable keys in the tool.
    pub(super) async fn tasks_by_key(&self, write: &Write, keys: &[String]) -> Result<HashMap<String, Uuid>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let select = self.identities(write, "external_key", keys);
        let rows = write.read_models::<external_identity::Entity>(&select).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.external_key?, row.task_id?))).collect())
    }

    /// Identities of tasks that wait for one of these parents.
    pub(super) async fn awaiting(
        &self,
        write: &Write,
        parents: &[String],
    ) -> Result<Vec<external_identity::Model>> {
        if parents.is_empty() {
            return Ok(Vec::new());
        }
        let mut select = self.identities(write, "awaited_parent", parents);
        select.and_where(
            Expr::col((Alias::new("external_identity"), Alias::new("awaited_parent"))).is_not_null(),
        );
        write.read_models::<external_identity::Entity>(&select).await
    }

    /// Writes the identities and payloads of items that are new or came with other content.
    pub(super) async fn store_identities(
        &self,
        write: &Write,
        kind: ExternalKind,
        items: Vec<Identified<'_>>,
    ) -> Result<()> {
        let (mut rows, mut payloads, mut updates) = (Vec::new(), Vec::new(), Vec::new());
        let mut received: HashMap<Uuid, (&str, &[ExternalText])> = HashMap::new();
        let organization = write.viewer().organization_id;
        for item in items {
            let key = tidy::exact(item.external_key);
            let Some(stored) = item.stored else {
                let id = write.new_id();
                let of = |wanted: ExternalKind| (kind == wanted).then_some(item.row);
                rows.push(external_identity::ActiveModel {
                    id: Set(id),
                    organization_id: Set(organization),
                    provider: Set(self.batch.provider),
                    site: Set(self.site.clone()),
                    kind: Set(kind),
                    external_id: Set(item.external_id.to_owned()),
                    external_key: Set(key),
                    project_id: Set(of(ExternalKind::Project)),
                    task_id: Set(of(ExternalKind::Task)),
                    integration_id: Set(Some(self.integration)),
                    content_hash: Set(item.hash),
                    external_updated_at: Set(item.updated_at),
                    awaited_parent: Set(item.awaited_parent),
                    is_placed: Set(item.is_placed),
                    version: Set(1),
                    created_at: Set(write.now),
                    updated_at: Set(write.now),
                });
                payloads.push(stored_payload::ActiveModel {
                    id: Set(write.new_id()),
                    organization_id: Set(organization),
                    external_identity_id: Set(id),
                    payload: Set(item.payload.replace('\0', "")),
                    texts: Set(Some(references::kept(item.texts))),
                    received_at: Set(write.now),
                    created_at: Set(write.now),
                });
                continue;
            };
            let same = stored.content_hash == item.hash
                && stored.awaited_parent == item.awaited_parent
                && stored.integration_id == Some(self.integration);
            if same {
                continue;
            }
            if stored.content_hash != item.hash {
                received.insert(stored.id, (item.payload, item.texts));
            }
            updates.push((
                stored.id,
                vec![
                    key.into(),
                    Some(self.integration).into(),
                    item.hash.into(),
                    item.updated_at.into(),
                    item.awaited_parent.into(),
                    item.is_placed.into(),
                ],
            ));
        }
        write.insert_all::<external_identity::Entity>(rows).await?;
        write.insert_all::<stored_payload::Entity>(payloads).await?;
        write
            .update_many(
                "external_identity",
                &[
                    "external_key",
                    "integration_id",
                    "content_hash",
                    "external_updated_at",
                    "awaited_parent",
                    "is_placed",
                ],
                updates,
                true,
            )
            .await?;
        self.replace_payloads(write, &received).await
    }

    async fn replace_payloads(
        &self,
        write: &Write,
        received: &HashMap<Uuid, (&str, &[ExternalText])>,
    ) -> Result<()> {
        if received.is_empty() {
            return Ok(());
        }
        let identities: Vec<Uuid> = received.keys().copied().collect();
        let mut select = Query::select();
        select
            .columns([Alias::new("id"), Alias::new("external_identity_id")])
            .from(Alias::new("stored_payload"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(write.viewer().organization_id))
            .and_where(write.among("stored_payload", "external_identity_id", &identities));
        let mut updates = Vec::new();
        for row in write.tx.all(&select).await? {
            if let Some((payload, texts)) = received.get(&row.try_get_by_index::<Uuid>(1)?) {
                let texts = Some(references::kept(texts));
                let values = vec![payload.replace('\0', "").into(), texts.into(), write.now.0.into()];
                updates.push((row.try_get_by_index(0)?, values));
            }
        }
        write.update_many("stored_payload", &["payload", "texts", "received_at"], updates, false).await
    }
}
