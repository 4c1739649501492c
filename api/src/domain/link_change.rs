//! How links are weighed, confirmed and retired.

use entity::{EventKind, GoalState, LinkState, Significance, StaleReason, SubjectKind, alignment_link};
use uuid::Uuid;

use super::{
    access::{Action, Permit, Viewer},
    alignment_link::AlignmentLinkRow,
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    link_target::{SourceFacts, ends_of},
    text::{self, Checks},
    work_rights::GoalFacts,
    write::{Changes, Command, Write},
};

/// Changes a link; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateLink {
    /// The link.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Whether the work counts; needs the right on the goal.
    pub significance: Option<Significance>,
    /// Share in the goal's work progress, 0 or more; needs the right on the goal.
    pub weight: Option<f64>,
    /// Who looks after it; null for nobody. Needs the right on either end.
    pub owner: Option<Option<Uuid>>,
}

impl Command for UpdateLink {
    type Output = AlignmentLinkRow;

    async fn run(&self, write: &mut Write) -> Result<AlignmentLinkRow> {
        use alignment_link::Column;
        let (link, source, goal) = write.lock_link(self.id).await?;
        let on_goal = write.viewer().may_goal(Action::Confirm, goal.goal);
        let weighs = self.significance.is_some() || self.weight.is_some();
        let allowed = if weighs { on_goal } else { on_goal || write.may_retire(&source, &goal) };
        let permit = Viewer::permit_link(allowed, (link.id, link.version))?;
        Write::expect_version(self.expected_version, link.version)?;
        let mut checks = Checks::default();
        if let Some(weight) = self.weight {
            checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
        }
        checks.end()?;
        refuse_frozen(&goal)?;
        refuse_retired(&link)?;
        if let Some(Some(owner)) = self.owner {
            write.check_people("ownerId", &[owner]).await?;
        }
        let mut changes = Changes::<alignment_link::Entity>::new();
        changes.set(Column::Significance, &link.significance, self.significance.unwrap_or(link.significance));
        changes.set(Column::Weight, &link.weight, self.weight.unwrap_or(link.weight));
        changes.set(Column::OwnerId, &link.owner_id, self.owner.unwrap_or(link.owner_id));
        let handed_on = changes.touches(Column::OwnerId);
        let link = write.change_link(&permit, link, changes, EventKind::Updated).await?;
        if !handed_on || link.stale_reason != Some(StaleReason::OwnerLeft) {
            return Ok(link);
        }
        let id = link.id;
        write.settle(vec![link]).await?;
        write.reread(id).await
    }
}

/// Confirms a link, by whoever answers for its goal. One that is stale because its work is quiet is confirmed
/// anew, and its days count from there.
#[derive(Clone, Debug)]
pub struct ConfirmLink {
    /// The link.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
}

impl Command for ConfirmLink {
    type Output = AlignmentLinkRow;

    async fn run(&self, write: &mut Write) -> Result<AlignmentLinkRow> {
        use alignment_link::Column;
        let (link, _, goal) = write.lock_link(self.id).await?;
        let allowed = write.viewer().may_goal(Action::Confirm, goal.goal);
        let permit = Viewer::permit_link(allowed, (link.id, link.version))?;
        Write::expect_version(self.expected_version, link.version)?;
        refuse_frozen(&goal)?;
        refuse_retired(&link)?;
        let mut changes = Changes::<alignment_link::Entity>::new();
        if link.confirmed_at.is_none() || link.waits_for_movement() {
            let viewer = write.viewer();
            let person = (!viewer.person_id.is_nil()).then_some(viewer.person_id);
            changes.set(Column::ConfirmedAt, &link.confirmed_at, Some(write.now));
            changes.set(Column::ConfirmedById, &link.confirmed_by_id, person);
        }
        // Also where it was confirmed before: whoever confirms it anew has looked at what has changed since.
        write.look_again.stand_by([link.id]);
        let link = write.change_link(&permit, link, changes, EventKind::Confirmed).await?;
        write.wake_link(link, false).await
    }
}

/// Retires a link, from either of its ends: it counts no more, and no sync revives it.
#[derive(Clone, Debug)]
pub struct RetireLink {
    /// The link.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
}

impl Command for RetireLink {
    type Output = AlignmentLinkRow;

    async fn run(&self, write: &mut Write) -> Result<AlignmentLinkRow> {
        let (link, source, goal) = write.lock_link(self.id).await?;
        let allowed = write.may_retire(&source, &goal);
        Viewer::permit_link::<AlignmentLinkRow>(allowed, (link.id, link.version))?;
        Write::expect_version(self.expected_version, link.version)?;
        if link.state == LinkState::Retired {
            return Ok(link);
        }
        refuse_frozen(&goal)?;
        let links = [link];
        write.change_link_state(&links, LinkState::Retired, None, EventKind::Retired).await?;
        let [link] = links;
        write.reread(link.id).await
    }
}

impl Write {
    /// Reads a link with its ends, all locked from the leaf to the root and the link last.
    async fn lock_link(&self, id: Uuid) -> Result<(AlignmentLinkRow, SourceFacts, GoalFacts)> {
        let link: AlignmentLinkRow = self.get(id).await?.ok_or(DomainError::NotFound)?;
        let (source, goal) = ends_of(&link)?;
        self.lock_ends(source, goal).await?;
        let link: AlignmentLinkRow = self.lock(id).await?;
        Ok((link, self.source_facts(source).await?, self.goal_facts(goal).await?))
    }

    /// Writes the changes of a link that was decided on its two ends, with its event and what follows for
    /// numbers.
    pub(in crate::domain) async fn change_link(
        &mut self,
        permit: &Permit<AlignmentLinkRow>,
        link: AlignmentLinkRow,
        changes: Changes<alignment_link::Entity>,
        kind: EventKind,
    ) -> Result<AlignmentLinkRow> {
        if !self.update(permit, &changes).await? {
            return Ok(link);
        }
        let (previous, current) = changes.into_news();
        let after: AlignmentLinkRow = self.reread(link.id).await?;
        let sight = self.sight_of_link(&after, &mut Default::default()).await?;
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::AlignmentLink, link.id),
            ancestors: after.source().into_iter().chain(after.target()).collect(),
            sight,
            previous: Some(previous),
            current,
        });
        self.touch_links(std::slice::from_ref(&after)).await?;
        Ok(after)
    }
}

/// Links to a closed goal are frozen with it.
fn refuse_frozen(goal: &GoalFacts) -> Result<()> {
    match goal.goal.state {
        GoalState::Draft | GoalState::Active | GoalState::Cancelled => Ok(()),
        GoalState::Closed => Err(DomainError::user(
            "id",
            UserErrorCode::NotNow,
            format!("{} is closed, and its links with it: link the work to an open goal", goal.code),
        )),
    }
}

fn refuse_retired(link: &AlignmentLinkRow) -> Result<()> {
    if link.state == LinkState::Retired {
        return Err(DomainError::user(
            "id",
            UserErrorCode::NotNow,
            "is retired: make the link again to revive it",
        ));
    }
    Ok(())
}
