//! Leave for one project to go in progress without a link or an acknowledgement, for a time.

use std::{collections::HashMap, sync::Arc};

use entity::{EndReason, EventKind, Instant, gate_waiver};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, ExprTrait, Query},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::{
        Permit, Scope,
        scope::{Listed, select_columns},
    },
    acknowledge::check_end,
    acknowledgement::live_at,
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    link_target::LinkSource,
    piece_of_work::PieceOfWork,
    predicate::Field,
    relation::Table,
    row::{Row, row},
    text::{self, Checks},
    write::{Command, Write},
};

row! {
    /// Leave for one project to go in progress without a link or an acknowledgement, for a time.
    GateWaiverRow of gate_waiver {
        /// Key.
        id: Uuid = Id,
        /// The project.
        project_id: Uuid = ProjectId,
        /// Why it may.
        reason: String = Reason,
        /// Who gave it.
        person_id: Option<Uuid> = PersonId,
        /// When it ends.
        until_at: Instant = UntilAt,
        /// When it stopped holding, and that was noted; null while it holds, or until its end is noted.
        ended_at: Option<Instant> = EndedAt,
        /// Why it holds no more.
        end_reason: Option<EndReason> = EndReason,
        /// Who took it back or replaced it.
        ended_by_id: Option<Uuid> = EndedById,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for GateWaiverRow {
    const TABLE: Table = Table::GateWaiver;
    const ARCHIVABLE: bool = false;
}

impl GateWaiverRow {
    /// When it stopped holding, as seen at a time: what was noted, else its end once that has passed.
    #[must_use]
    pub fn end_at(&self, now: Instant) -> Option<(Instant, EndReason)> {
        self.ended_at
            .zip(self.end_reason)
            .or((self.until_at <= now).then_some((self.until_at, EndReason::Expired)))
    }

    fn told(&self) -> Json {
        json!({ "id": self.id, "reason": self.reason, "until_at": self.until_at.0 })
    }
}

/// Waives the gate for a project. A waiver that holds is replaced and kept as history.
#[derive(Clone, Debug)]
pub struct WaiveGate {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The project.
    pub project: Uuid,
    /// Why.
    pub reason: String,
    /// When the waiver ends.
    pub until: Instant,
}

impl Command for WaiveGate {
    type Output = GateWaiverRow;

    async fn run(&self, write: &mut Write) -> Result<GateWaiverRow> {
        if let Some(id) = self.id
            && let Some(before) = write.get::<GateWaiverRow>(id).await?
        {
            let same = before.project_id == self.project
                && before.reason == self.reason.trim()
                && before.until_at == self.until;
            if same {
                return Ok(before);
            }
            let message = "this id was used before with other input: use a new one";
            return Err(DomainError::user("id", UserErrorCode::Conflict, message));
        }
        let mut checks = Checks::default();
        let reason = checks.take(text::title("reason", &self.reason));
        let longest = write.viewer().settings.waiver_days;
        check_end(&mut checks, self.until, write.now, Some(longest));
        checks.end()?;
        // The project is locked, as by what starts it: of a waiver and a start at once one comes first.
        let piece = write.lock_piece(LinkSource::Project(self.project)).await?;
        let _: Permit<GateWaiverRow> = write.viewer().permit_waiver(piece.work, (self.project, 1))?;
        if piece.archived {
            return Err(DomainError::user("projectId", UserErrorCode::NotNow, "is archived"));
        }
        let before = write.open_waiver(self.project).await?;
        if let Some(before) = &before {
            if before.end_at(write.now).is_none() && before.reason == reason && before.until_at == self.until
            {
                return Ok(before.clone());
            }
            write.set_ended(std::slice::from_ref(before), EndReason::Replaced).await?;
        }
        let id = self.id.unwrap_or_else(|| write.new_id());
        let person = write.viewer().person_id;
        write
            .insert::<gate_waiver::Entity>(gate_waiver::ActiveModel {
                id: Set(id),
                organization_id: Set(write.viewer().organization_id),
                project_id: Set(self.project),
                reason: Set(reason),
                person_id: Set((!person.is_nil()).then_some(person)),
                until_at: Set(self.until),
                created_at: Set(write.now),
                updated_at: Set(write.now),
                ..Default::default()
            })
            .await?;
        let row: GateWaiverRow = write.reread(id).await?;
        write.note_waiver(&piece, before.as_ref(), Some(&row));
        write.end_in_time(self.until).await?;
        Ok(row)
    }
}

/// Takes a waiver back: the project that is in progress by it stays so. One that has ended stays as it is.
#[derive(Clone, Debug)]
pub struct RevokeWaiver {
    /// The waiver.
    pub id: Uuid,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
}

impl Command for RevokeWaiver {
    type Output = GateWaiverRow;

    async fn run(&self, write: &mut Write) -> Result<GateWaiverRow> {
        let row: GateWaiverRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        let piece = write.lock_piece(LinkSource::Project(row.project_id)).await?;
        let row: GateWaiverRow = write.lock(self.id).await?;
        let _: Permit<GateWaiverRow> = write.viewer().permit_waiver(piece.work, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        if row.end_at(write.now).is_some() {
            return Ok(row);
        }
        write.end_waivers(&[(&row, &piece)], EndReason::Revoked).await?;
        write.reread(row.id).await
    }
}

impl Scope {
    /// The waivers of projects that hold now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_waivers(&self, projects: &[Uuid]) -> Result<HashMap<Uuid, Arc<GateWaiverRow>>> {
        let mut select = self.find::<GateWaiverRow>();
        select
            .cond_where(live_at(Table::GateWaiver, self.clock().now()))
            .and_where(self.among(Field::new(Table::GateWaiver, "project_id").expr(), projects));
        let rows = self.db.all(&select).await?;
        rows.iter()
            .map(|row| {
                let row = GateWaiverRow::read(row, 0)?;
                Ok((row.project_id, Arc::new(row)))
            })
            .collect()
    }
}

impl Write {
    /// The waiver of a locked project whose end was not noted.
    async fn open_waiver(&self, project: Uuid) -> Result<Option<GateWaiverRow>> {
        let of = |column| Field::new(Table::GateWaiver, column).expr();
        let mut select = Query::select();
        select_columns::<GateWaiverRow>(&mut select);
        select
            .from(Alias::new("gate_waiver"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("project_id").eq(project))
            .and_where(of("ended_at").is_null());
        Ok(self.rows::<GateWaiverRow>(&select).await?.pop())
    }

    /// Ends waivers of locked projects that nothing takes the place of.
    pub(in crate::domain) async fn end_waivers(
        &mut self,
        ended: &[(&GateWaiverRow, &PieceOfWork)],
        reason: EndReason,
    ) -> Result<()> {
        let rows: Vec<GateWaiverRow> = ended.iter().map(|(row, _)| (*row).clone()).collect();
        self.set_ended(&rows, reason).await?;
        for (row, piece) in ended {
            self.note_waiver(piece, Some(row), None);
        }
        Ok(())
    }

    async fn set_ended(&self, rows: &[GateWaiverRow], reason: EndReason) -> Result<()> {
        let person = self.viewer().person_id;
        let person = (!person.is_nil()).then_some(person);
        let ends = rows
            .iter()
            .map(|row| {
                let (at, reason, by) = match row.end_at(self.now) {
                    Some((at, reason)) => (at, reason, None),
                    None => (self.now, reason, person),
                };
                (row.id, vec![at.0.into(), reason.into(), by.into()])
            })
            .collect();
        self.update_many("gate_waiver", &["ended_at", "end_reason", "ended_by_id"], ends, true).await
    }

    /// Tells of a waiver in the stream of its project.
    fn note_waiver(
        &mut self,
        piece: &PieceOfWork,
        before: Option<&GateWaiverRow>,
        after: Option<&GateWaiverRow>,
    ) {
        let news = |row: Option<&GateWaiverRow>| {
            Map::from_iter([("gate_waiver".to_owned(), row.map_or(Json::Null, GateWaiverRow::told))])
        };
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: piece.subject(),
            ancestors: piece.ancestors.clone(),
            sight: piece.sight.clone(),
            previous: Some(news(before)),
            current: news(after),
        });
    }
}
