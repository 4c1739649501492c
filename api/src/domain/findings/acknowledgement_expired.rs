//! `ACKNOWLEDGEMENT_EXPIRED`: the last word about work that serves no goal has ended, and the work goes on without
//! another one; or an opportunity was not evaluated in time.

use std::collections::{BTreeMap, HashSet};

use entity::{EndReason, FindingKind, Instant, ProjectState, Severity, SubjectKind, TaskStatus, WorkClass};
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Subjects, Works, evidence, time};
use crate::domain::{bulk::Binds, error::Result, write::Write};

/// The last thing that was said of a piece of work.
#[derive(Clone, Copy)]
struct Said {
    id: Uuid,
    class: WorkClass,
    until: Option<Instant>,
    ended: Option<(Instant, EndReason)>,
    evaluated: bool,
    at: Instant,
    by: Option<Uuid>,
    owner: Option<Uuid>,
    /// Whether the work is neither done nor given up.
    is_open: bool,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// It has ended, at this time.
    Ended(Instant),
    /// It should have been evaluated by this time.
    Unevaluated(Instant),
}

impl Said {
    /// What is wrong by now; `answered` where another word, or a link, speaks for the work.
    fn wrong(&self, now: Instant, evaluation_days: i32, answered: bool) -> Option<Wrong> {
        let ended = match (self.ended, self.until) {
            (Some((at, EndReason::Expired)), _) => Some(at),
            // Somebody took it back: nothing has run out.
            (Some((_, EndReason::Revoked | EndReason::Replaced)), _) => return None,
            (None, Some(until)) if until <= now => Some(until),
            (None, _) => None,
        };
        let is_opportunity = match self.class {
            WorkClass::Opportunity => true,
            WorkClass::Maintenance | WorkClass::Emergency | WorkClass::TechnicalDebt => false,
        };
        let due = self.at.plus_seconds(i64::from(evaluation_days) * 86_400);
        if is_opportunity && !self.evaluated && due <= now {
            return Some(Wrong::Unevaluated(due));
        }
        ended.filter(|_| self.is_open && !answered).map(Wrong::Ended)
    }
}

pub(super) async fn causes(write: &Write, subjects: &Subjects) -> Result<Vec<Cause>> {
    let days = write.viewer().settings.evaluation_days;
    let mut causes = Vec::new();
    for works in subjects.works().into_iter().filter(|works| !works.ids.is_empty()) {
        let said = read(write, works).await?;
        let ids: Vec<Uuid> = said.keys().copied().collect();
        let answered: HashSet<Uuid> = if works.kind == SubjectKind::Task {
            write.answered_tasks(&ids).await?
        } else {
            write.answered_projects(&ids).await?
        };
        for (work, said) in said {
            let Some(wrong) = said.wrong(write.now, days, answered.contains(&work)) else { continue };
            let mut seen = json!({
                "acknowledgementId": format!("ack_{}", said.id.simple()),
                "workClass": said.class,
            });
            let owner = match wrong {
                Wrong::Ended(at) => {
                    seen["endedAt"] = time(at);
                    said.owner.or(said.by)
                }
                Wrong::Unevaluated(due) => {
                    seen["evaluationDueAt"] = time(due);
                    said.by.or(said.owner)
                }
            };
            causes.push(Cause {
                kind: FindingKind::AcknowledgementExpired,
                subject: (works.kind, work),
                severity: match said.class {
                    WorkClass::Emergency => Severity::Critical,
                    WorkClass::Maintenance | WorkClass::Opportunity | WorkClass::TechnicalDebt => {
                        Severity::Warning
                    }
                },
                owner,
                evidence: evidence(seen),
            });
        }
    }
    Ok(causes)
}

/// What was last said of each piece of work that was ever acknowledged.
async fn read(write: &Write, works: Works<'_>) -> Result<BTreeMap<Uuid, Said>> {
    let mut binds = Binds::new(write.tx.is_postgres());
    let organization = binds.push(write.viewer().organization_id);
    let ids = binds.ids(works.ids);
    let (column, table, owner, home, state) =
        (works.column, works.table, works.owner(), works.home(), works.state());
    let text = format!(
        "SELECT said.{column}, said.id, said.work_class, said.until_at, said.ended_at, said.end_reason, \
         said.evaluated_at, said.created_at, speaker.id, {owner}, {state} \
         FROM acknowledgement AS said JOIN {table} AS work ON work.id = said.{column} {home}\
         LEFT JOIN person AS speaker ON speaker.id = said.person_id AND speaker.deactivated_at IS NULL \
         WHERE NOT (said.organization_id <> {organization}) AND said.{column} IN {ids} AND work.archived_at IS NULL \
         ORDER BY said.{column}, said.created_at, CASE WHEN said.ended_at IS NULL THEN 1 ELSE 0 END, said.id"
    );
    let mut last = BTreeMap::new();
    for row in write.raw(text, binds).await? {
        let ended: Option<Instant> = row.try_get_by_index(4)?;
        let is_open = if works.kind == SubjectKind::Task {
            match row.try_get_by_index::<TaskStatus>(10)? {
                TaskStatus::Backlog | TaskStatus::Todo | TaskStatus::InProgress => true,
                TaskStatus::Done | TaskStatus::Cancelled => false,
            }
        } else {
            match row.try_get_by_index::<ProjectState>(10)? {
                ProjectState::Planned | ProjectState::InProgress | ProjectState::Paused => true,
                ProjectState::Done | ProjectState::Cancelled => false,
            }
        };
        let said = Said {
            id: row.try_get_by_index(1)?,
            class: row.try_get_by_index(2)?,
            until: row.try_get_by_index(3)?,
            ended: ended.zip(row.try_get_by_index::<Option<EndReason>>(5)?),
            evaluated: row.try_get_by_index::<Option<i64>>(6)?.is_some(),
            at: row.try_get_by_index(7)?,
            by: row.try_get_by_index(8)?,
            owner: row.try_get_by_index(9)?,
            is_open,
        };
        // Later ones come later.
        last.insert(row.try_get_by_index::<Uuid>(0)?, said);
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_800_000_000_000_000);
    const DAY: i64 = 86_400;

    fn said(class: WorkClass) -> Said {
        Said {
            id: Uuid::nil(),
            class,
            until: None,
            ended: None,
            evaluated: false,
            at: NOW,
            by: None,
            owner: None,
            is_open: true,
        }
    }

    #[test]
    fn what_has_ended_is_wrong_while_the_work_goes_on_unanswered() {
        let until = NOW.plus_seconds(DAY);
        let emergency = Said { until: Some(until), ..said(WorkClass::Emergency) };
        assert_eq!(emergency.wrong(NOW, 14, false), None);
        assert_eq!(emergency.wrong(until, 14, false), Some(Wrong::Ended(until)));
        assert_eq!(emergency.wrong(until, 14, true), None);
        let over = Said { is_open: false, ..emergency };
        assert_eq!(over.wrong(until, 14, false), None);
        let noted = Said { ended: Some((until, EndReason::Expired)), ..emergency };
        assert_eq!(noted.wrong(until, 14, false), Some(Wrong::Ended(until)));
        for reason in [EndReason::Revoked, EndReason::Replaced] {
            let taken_back = Said { ended: Some((NOW, reason)), ..emergency };
            assert_eq!(taken_back.wrong(until, 14, false), None);
        }
        assert_eq!(said(WorkClass::Maintenance).wrong(NOW.plus_seconds(900 * DAY), 14, false), None);
    }

    #[test]
    fn an_opportunity_is_evaluated_in_time() {
        let chance = said(WorkClass::Opportunity);
        let due = NOW.plus_seconds(14 * DAY);
        assert_eq!(chance.wrong(due.plus_seconds(-1), 14, false), None);
        // Whether or not the work is over, or linked since: somebody wanted to know.
        let over = Said { is_open: false, ..chance };
        for (one, answered) in [(chance, true), (over, false)] {
            assert_eq!(one.wrong(due, 14, answered), Some(Wrong::Unevaluated(due)));
        }
        let evaluated = Said { evaluated: true, ..chance };
        assert_eq!(evaluated.wrong(due, 14, false), None);
    }
}
