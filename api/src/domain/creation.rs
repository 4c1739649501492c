//! Creations that are asked for again: a client that lost the answer repeats its request, with the id that it
//! made.
//!
//! By which input a row was created is kept apart from the events, which are removed with age.

use entity::{EventKind, SubjectKind, creation};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    write::{Write, digested_alike},
};

/// In what a new row says of itself: the digest of the input that it was made from.
pub(in crate::domain) const INPUT_DIGEST: &str = "inputDigest";

impl Write {
    /// Whether a row with this client-made id was created before by the very same input.
    ///
    /// A retry with the same input is answered as the first time; the same id with other input is a
    /// conflict.
    pub(in crate::domain) async fn created_before(
        &self,
        kind: SubjectKind,
        id: Option<Uuid>,
        digest: &str,
    ) -> Result<Option<Uuid>> {
        let Some(id) = id else { return Ok(None) };
        let mut select = Query::select();
        select
            .column(Alias::new("input_digest"))
            .from(Alias::new("creation"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id))
            .and_where(Expr::col(Alias::new("subject_kind")).eq(kind))
            .and_where(Expr::col(Alias::new("subject_id")).eq(id));
        let Some(row) = self.tx.one(&select).await? else { return Ok(None) };
        let before: String = row.try_get_by_index(0)?;
        // What another version of the program wrote cannot be compared; a client that makes its ids itself makes each
        // but once, so it is a retry.
        if before == digest || !digested_alike(&before, digest) {
            return Ok(Some(id));
        }
        Err(DomainError::user(
            "id",
            UserErrorCode::Conflict,
            "this id was used before with other input: use a new one",
        ))
    }

    /// Keeps by which input the rows were created that these events tell of.
    pub(in crate::domain) async fn keep_creations(&self, events: &[NewEvent]) -> Result<()> {
        let rows = events.iter().filter_map(|event| {
            let digest = digest_in(event.kind, &event.current)?;
            Some(creation::ActiveModel {
                organization_id: Set(self.viewer().organization_id),
                subject_kind: Set(event.subject.0),
                subject_id: Set(event.subject.1),
                input_digest: Set(digest.to_owned()),
                created_at: Set(self.now),
            })
        });
        self.insert_all::<creation::Entity>(rows.collect()).await
    }
}

fn digest_in(kind: EventKind, current: &Map<String, Json>) -> Option<&str> {
    let creates = matches!(kind, EventKind::Created | EventKind::CheckedIn);
    current.get(INPUT_DIGEST).filter(|_| creates)?.as_str()
}
