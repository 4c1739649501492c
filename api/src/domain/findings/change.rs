//! What people say about findings: seen and put off, accepted for a time, or done.

use entity::{FindingKind, FindingState, Instant, JobKind};
use uuid::Uuid;

use super::{Subjects, Touched, link_review, suggestion::still_holds};
use crate::domain::{
    access::Permit,
    acknowledge::check_end,
    error::{DomainError, Result, UserErrorCode},
    finding::FindingRow,
    text::{self, Checks},
    write::{Command, Write},
};

/// Says that a finding was seen and is dealt with: it is open again at the end of that time, where its cause
/// still holds. Of one that was waived only who may waive it says so, for that ends the waiver.
#[derive(Clone, Debug)]
pub struct AcknowledgeFinding {
    /// The finding.
    pub id: Uuid,
    /// Until when it is put off.
    pub until: Instant,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
}

impl Command for AcknowledgeFinding {
    type Output = FindingRow;

    async fn run(&self, write: &mut Write) -> Result<FindingRow> {
        let row = write.lock_finding(self.id, self.expected_version, false).await?;
        if row.state == FindingState::Waived && !write.may_waive(&row).await? {
            let message = "is accepted by somebody who may: it stays so until its end";
            return Err(DomainError::user("id", UserErrorCode::NotNow, message));
        }
        let mut checks = Checks::default();
        check_end(&mut checks, self.until, write.now, Some(write.viewer().settings.waiver_days));
        checks.end()?;
        write.put_off(row, FindingState::Acknowledged, self.until, None).await
    }
}

/// Accepts a finding for a time; from manager up.
#[derive(Clone, Debug)]
pub struct WaiveFinding {
    /// The finding.
    pub id: Uuid,
    /// Until when it is accepted.
    pub until: Instant,
    /// Why.
    pub reason: String,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
}

impl Command for WaiveFinding {
    type Output = FindingRow;

    async fn run(&self, write: &mut Write) -> Result<FindingRow> {
        let row = write.lock_finding(self.id, self.expected_version, true).await?;
        let mut checks = Checks::default();
        let reason = checks.take(text::title("reason", &self.reason));
        check_end(&mut checks, self.until, write.now, Some(write.viewer().settings.waiver_days));
        checks.end()?;
        write.put_off(row, FindingState::Waived, self.until, Some(reason)).await
    }
}

/// Says that what was found is done. It is looked at once more: where the cause still holds, that is told. A
/// review of a link is done by this word itself.
#[derive(Clone, Debug)]
pub struct ResolveFinding {
    /// The finding.
    pub id: Uuid,
    /// The version that was looked at.
    pub expected_version: Option<i64>,
}

impl Command for ResolveFinding {
    type Output = FindingRow;

    async fn run(&self, write: &mut Write) -> Result<FindingRow> {
        let row = write.lock_finding(self.id, self.expected_version, false).await?;
        if row.state == FindingState::Resolved {
            return Ok(row);
        }
        if row.kind == FindingKind::LinkReview {
            write.refuse_unseen_changes(&row).await?;
            // What both ends are now is what somebody stands by.
            write.look_again.stand_by(row.alignment_link_id);
        } else if let Some(subject) = row.subject() {
            let causes = write.causes(&Subjects::one(subject)).await?;
            let holds = causes.iter().find(|cause| (cause.kind, cause.subject) == (row.kind, subject));
            if let Some(cause) = holds {
                return Err(DomainError::user("id", UserErrorCode::NotNow, still_holds(cause)));
            }
        }
        let after = FindingRow {
            state: FindingState::Resolved,
            until_at: None,
            resolved_at: Some(write.now),
            ..row.clone()
        };
        write.say(row, after).await
    }
}

impl Write {
    /// Reads and locks a finding, with the right to say something about it.
    async fn lock_finding(
        &self,
        id: Uuid,
        expected_version: Option<i64>,
        waives: bool,
    ) -> Result<FindingRow> {
        let row: FindingRow = self.lock(id).await?;
        let facts = self.finding_facts(&row).await?;
        let _: Permit<FindingRow> = self.viewer().permit_finding(waives, facts, (row.id, row.version))?;
        Self::expect_version(expected_version, row.version)?;
        Ok(row)
    }

    /// Whether the viewer may waive a finding.
    async fn may_waive(&self, row: &FindingRow) -> Result<bool> {
        let facts = self.finding_facts(row).await?;
        let permit: Result<Permit<FindingRow>> =
            self.viewer().permit_finding(true, facts, (row.id, row.version));
        Ok(permit.is_ok())
    }

    /// Refuses a word on a review that was given before all of what has changed could be read.
    async fn refuse_unseen_changes(&self, row: &FindingRow) -> Result<()> {
        let Some(subject) = row.subject() else { return Ok(()) };
        let now = link_review::causes(self, &Subjects::one(subject)).await?.pop();
        let told = row.stored_evidence();
        // Where nothing is to be reviewed any more the word changes nothing.
        if now.is_some_and(|cause| cause.evidence.get("changes") != told.get("changes")) {
            let message = "more has changed since it was told: read it again";
            return Err(DomainError::user("id", UserErrorCode::Conflict, message));
        }
        Ok(())
    }

    async fn put_off(
        &mut self,
        row: FindingRow,
        state: FindingState,
        until: Instant,
        reason: Option<String>,
    ) -> Result<FindingRow> {
        if row.state == FindingState::Resolved {
            let message = "is resolved: there is nothing to put off";
            return Err(DomainError::user("id", UserErrorCode::NotNow, message));
        }
        if (row.state, row.until_at, &row.reason) == (state, Some(until), &reason) {
            return Ok(row);
        }
        // At its end somebody looks whether the cause is still there; who puts it off again moves that.
        if let Some(subject) = row.subject() {
            let mut later = Touched::default();
            later.hear_subject(subject);
            self.enqueue_at(JobKind::LookForFindings, row.id, until, &later.to_payload()).await?;
        }
        let after = FindingRow { state, until_at: Some(until), reason, ..row.clone() };
        self.say(row, after).await
    }

    async fn say(&mut self, before: FindingRow, after: FindingRow) -> Result<FindingRow> {
        let id = before.id;
        self.write_findings(std::slice::from_ref(&after)).await?;
        self.tell_findings(&[(Some(before), after)]).await?;
        self.reread(id).await
    }
}
