//! How work is acknowledged as serving no goal: one piece or many, by the same steps.

use std::collections::HashMap;

use entity::{EndReason, EventKind, Instant, WorkClass, acknowledgement};
use sea_orm::{
    ActiveValue::Set,
    Value,
    sea_query::{Alias, Condition, ExprTrait, Query},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::{Action, scope::select_columns},
    acknowledgement::AcknowledgementRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::NewEvent,
    link_target::LinkSource,
    piece_of_work::PieceOfWork,
    predicate::Field,
    project::ProjectRow,
    relation::Table,
    settings::Settings,
    text::{self, Checks},
    write::{Command, Write},
};

const SECONDS_PER_DAY: i64 = 86_400;

/// What an acknowledgement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Kind of work.
    pub work_class: WorkClass,
    /// Why it is done.
    pub reason: String,
    /// When it ends; null for no end. An emergency has one.
    pub until: Option<Instant>,
}

impl Terms {
    pub(in crate::domain) fn checked(&self, now: Instant, settings: &Settings) -> Result<Self> {
        let mut checks = Checks::default();
        let reason = checks.take(text::title("reason", &self.reason));
        check_until(&mut checks, self.work_class, self.until, now, settings);
        checks.end()?;
        Ok(Self { reason, ..self.clone() })
    }

    fn are_those_of(&self, row: &AcknowledgementRow) -> bool {
        self.work_class == row.work_class && self.reason == row.reason && self.until == row.until_at
    }
}

/// An end lies ahead, and an emergency's lies within the longest time that one may last.
pub(in crate::domain) fn check_until(
    checks: &mut Checks,
    work_class: WorkClass,
    until: Option<Instant>,
    now: Instant,
    settings: &Settings,
) {
    let is_emergency = match work_class {
        WorkClass::Emergency => true,
        WorkClass::Maintenance | WorkClass::Opportunity | WorkClass::TechnicalDebt => false,
    };
    let longest = is_emergency.then_some(settings.emergency_days);
    match until {
        None if is_emergency => {
            let what = format!("is wanted: an emergency ends, within {} days", settings.emergency_days);
            checks.refuse(UserError::at("until", UserErrorCode::Required, what));
        }
        None => {}
        Some(until) => check_end(checks, until, now, longest),
    }
}

/// A time that lies ahead, by so many days at most.
pub(in crate::domain) fn check_end(checks: &mut Checks, until: Instant, now: Instant, longest: Option<i32>) {
    if until <= now {
        checks.refuse(UserError::at("until", UserErrorCode::Invalid, "lies in the past"));
    } else if let Some(days) =
        longest.filter(|days| until > now.plus_seconds(i64::from(*days) * SECONDS_PER_DAY))
    {
        let what = format!("lies more than {days} days ahead, the longest that is set");
        checks.refuse(UserError::at("until", UserErrorCode::Invalid, what));
    }
}

/// Acknowledges that one piece of work rightly serves no goal. What was said of it before is replaced and
/// kept as history.
#[derive(Clone, Debug)]
pub struct AcknowledgeWork {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The work.
    pub work: LinkSource,
    /// What is said of it.
    pub terms: Terms,
}

impl Command for AcknowledgeWork {
    type Output = AcknowledgementRow;

    async fn run(&self, write: &mut Write) -> Result<AcknowledgementRow> {
        if let Some(id) = self.id
            && let Some(before) = write.get::<AcknowledgementRow>(id).await?
        {
            // It has no event of its own to hold the input's digest: the row itself tells.
            let terms = Terms { reason: self.terms.reason.trim().to_owned(), ..self.terms.clone() };
            if before.work()? == self.work && terms.are_those_of(&before) {
                return Ok(before);
            }
            let message = "this id was used before with other input: use a new one";
            return Err(DomainError::user("id", UserErrorCode::Conflict, message));
        }
        let terms = self.terms.checked(write.now, &write.viewer().settings)?;
        let piece = write.lock_piece(self.work).await?;
        let row = (piece.id(), piece.version);
        write.viewer().permit_work::<ProjectRow>(Action::Link, piece.work, row)?;
        if piece.archived {
            let field = match self.work {
                LinkSource::Project(_) => "projectId",
                LinkSource::Task(_) => "taskId",
            };
            return Err(DomainError::user(field, UserErrorCode::NotNow, "is archived"));
        }
        let said = write.acknowledge(&[&piece], &terms, self.id).await?;
        said.made.into_iter().chain(said.unchanged).next().ok_or(DomainError::NotFound)
    }
}

/// What became of pieces of work that were acknowledged.
#[derive(Clone, Debug, Default)]
pub(in crate::domain) struct Said {
    /// New acknowledgements.
    pub(in crate::domain) made: Vec<AcknowledgementRow>,
    /// Those that said the same already.
    pub(in crate::domain) unchanged: Vec<AcknowledgementRow>,
}

impl Write {
    /// Acknowledges locked and permitted pieces of work, in a number of statements that grows with the bind
    /// limit alone.
    pub(in crate::domain) async fn acknowledge(
        &mut self,
        pieces: &[&PieceOfWork],
        terms: &Terms,
        id: Option<Uuid>,
    ) -> Result<Said> {
        let mut open = self.open_acknowledgements(pieces).await?;
        let mut said = Said::default();
        let mut replaced = Vec::new();
        let mut changed = Vec::new();
        let person = self.viewer().person_id;
        for piece in pieces {
            let before = open.remove(&piece.id());
            if let Some(row) = &before
                && row.end_at(self.now).is_none()
                && terms.are_those_of(row)
                && piece.work_class == Some(terms.work_class)
            {
                said.unchanged.push(row.clone());
                continue;
            }
            let (work, key) = piece.source.column();
            let row = AcknowledgementRow {
                id: id.unwrap_or_else(|| self.new_id()),
                project_id: (work == "project_id").then_some(key),
                task_id: (work == "task_id").then_some(key),
                work_class: terms.work_class,
                reason: terms.reason.clone(),
                person_id: (!person.is_nil()).then_some(person),
                until_at: terms.until,
                revoked_at: None,
                ended_at: None,
                end_reason: None,
                ended_by_id: None,
                evaluation_verdict: None,
                evaluation_objective_id: None,
                evaluation_by_id: None,
                evaluation_note: None,
                evaluated_at: None,
                version: 1,
                created_at: self.now,
                updated_at: self.now,
            };
            self.note_acknowledgement(piece, Some(terms.work_class), before.as_ref(), Some(&row));
            replaced.extend(before);
            said.made.push(row);
            changed.push(*piece);
        }
        // First, for only one acknowledgement of a piece of work is open.
        self.end_acknowledgements(&replaced, EndReason::Replaced).await?;
        let organization = self.viewer().organization_id;
        let rows = said.made.iter().map(|row| model_of(row, organization)).collect();
        self.insert_all::<acknowledgement::Entity>(rows).await?;
        changed.retain(|piece| piece.work_class != Some(terms.work_class));
        self.set_pieces(&changed, vec![("work_class", terms.work_class.into())], true).await?;
        if let Some(until) = terms.until.filter(|_| !said.made.is_empty()) {
            self.end_in_time(until).await?;
        }
        Ok(said)
    }

    /// Ends acknowledgements of locked work; what has passed its own end ended then, whoever comes now.
    pub(in crate::domain) async fn end_acknowledgements(
        &self,
        rows: &[AcknowledgementRow],
        reason: EndReason,
    ) -> Result<()> {
        let person = self.viewer().person_id;
        let person = (!person.is_nil()).then_some(person);
        let ends = rows
            .iter()
            .map(|row| {
                let (at, reason, by) = match row.end_at(self.now) {
                    Some((at, reason)) => (at, reason, None),
                    None => (self.now, reason, person),
                };
                let revoked = match reason {
                    EndReason::Revoked => Some(at.0),
                    EndReason::Replaced | EndReason::Expired => None,
                };
                let values = vec![at.0.into(), reason.into(), by.into(), Value::BigInt(revoked)];
                (row.id, values)
            })
            .collect();
        let columns = ["ended_at", "end_reason", "ended_by_id", "revoked_at"];
        self.update_many("acknowledgement", &columns, ends, true).await
    }

    /// The acknowledgements of pieces of work whose end was not noted, by the work's key. Whoever says
    /// something of work locks it first, so these need no lock of their own.
    pub(in crate::domain) async fn open_acknowledgements(
        &self,
        pieces: &[&PieceOfWork],
    ) -> Result<HashMap<Uuid, AcknowledgementRow>> {
        let of = |column| Field::new(Table::Acknowledgement, column).expr();
        let mut any = Condition::any();
        for column in ["task_id", "project_id"] {
            let ids: Vec<Uuid> = pieces
                .iter()
                .map(|piece| piece.source.column())
                .filter(|(of, _)| *of == column)
                .map(|(_, id)| id)
                .collect();
            if !ids.is_empty() {
                any = any.add(self.among("acknowledgement", column, &ids));
            }
        }
        if any.is_empty() {
            return Ok(HashMap::new());
        }
        let mut select = Query::select();
        select_columns::<AcknowledgementRow>(&mut select);
        select
            .from(Alias::new("acknowledgement"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("ended_at").is_null())
            .cond_where(any);
        let rows = self.rows::<AcknowledgementRow>(&select).await?;
        Ok(rows.into_iter().filter_map(|row| Some((row.project_id.or(row.task_id)?, row))).collect())
    }

    /// Tells of an acknowledgement in the stream of its work: parts have no subject of their own.
    pub(in crate::domain) fn note_acknowledgement(
        &mut self,
        piece: &PieceOfWork,
        work_class: Option<WorkClass>,
        before: Option<&AcknowledgementRow>,
        after: Option<&AcknowledgementRow>,
    ) {
        let news = |row: Option<&AcknowledgementRow>, class: Option<WorkClass>| {
            let mut news = Map::from_iter([("acknowledgement".to_owned(), told(row))]);
            if piece.work_class != work_class {
                news.insert("work_class".to_owned(), json!(class));
            }
            news
        };
        let (previous, current) = (news(before, piece.work_class), news(after, work_class));
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: piece.subject(),
            ancestors: piece.ancestors.clone(),
            sight: piece.sight.clone(),
            previous: Some(previous),
            current,
        });
    }
}

fn told(row: Option<&AcknowledgementRow>) -> Json {
    row.map_or(Json::Null, |row| {
        json!({
            "id": row.id, "work_class": row.work_class, "reason": row.reason,
            "until_at": row.until_at.map(|until| until.0),
            "evaluation_verdict": row.evaluation_verdict,
        })
    })
}

fn model_of(row: &AcknowledgementRow, organization: Uuid) -> acknowledgement::ActiveModel {
    acknowledgement::ActiveModel {
        id: Set(row.id),
        organization_id: Set(organization),
        project_id: Set(row.project_id),
        task_id: Set(row.task_id),
        work_class: Set(row.work_class),
        reason: Set(row.reason.clone()),
        person_id: Set(row.person_id),
        until_at: Set(row.until_at),
        version: Set(row.version),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_800_000_000_000_000);

    fn refused(work_class: WorkClass, days: Option<i64>) -> bool {
        let until = days.map(|days| NOW.plus_seconds(days * SECONDS_PER_DAY));
        let terms = Terms { work_class, reason: " It burns ".to_owned(), until };
        terms.checked(NOW, &Settings::default()).is_err()
    }

    #[test]
    fn an_emergency_ends_within_its_longest_time_and_all_else_as_it_likes() {
        let longest = i64::from(Settings::default().emergency_days);
        assert!(refused(WorkClass::Emergency, None));
        assert!(!refused(WorkClass::Emergency, Some(longest)));
        assert!(refused(WorkClass::Emergency, Some(longest + 1)));
        for class in [WorkClass::Maintenance, WorkClass::Opportunity, WorkClass::TechnicalDebt] {
            assert!(!refused(class, None) && !refused(class, Some(longest + 1)));
            assert!(refused(class, Some(0)) && refused(class, Some(-1)));
        }
    }

    #[test]
    fn a_reason_is_wanted_and_tidied() {
        let terms = Terms { work_class: WorkClass::Maintenance, reason: " Rot ".to_owned(), until: None };
        assert_eq!(terms.checked(NOW, &Settings::default()).unwrap().reason, "Rot");
        let empty = Terms { reason: " ".to_owned(), ..terms };
        assert!(empty.checked(NOW, &Settings::default()).is_err());
    }
}
