//! The tie between a piece of work and a goal; one row per source and target, never deleted.

use std::collections::HashMap;

use entity::{
    EventKind, Instant, LinkOrigin, LinkState, PointSource, Significance, StaleReason, SubjectKind,
    alignment_link, link_interval,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::scope::Listed,
    error::Result,
    events::{NewEvent, SOURCE, Sight},
    health_told::BY_CLOCK,
    relation::Table,
    row::row,
    write::Write,
};

row! {
    /// The tie between a piece of work and a goal; one row per source and target, never deleted.
    AlignmentLinkRow of alignment_link {
        /// Key.
        id: Uuid = Id,
        /// Source, when a project.
        project_id: Option<Uuid> = ProjectId,
        /// Source, when a task.
        task_id: Option<Uuid> = TaskId,
        /// Target, when an objective.
        objective_id: Option<Uuid> = ObjectiveId,
        /// Target, when a key result.
        key_result_id: Option<Uuid> = KeyResultId,
        /// Whether it counts.
        state: LinkState = State,
        /// Why it is stale.
        stale_reason: Option<StaleReason> = StaleReason,
        /// Whether the work counts for progress.
        significance: Significance = Significance,
        /// Its strongest evidence.
        origin: LinkOrigin = Origin,
        /// Share in the target's work progress; 0 or more.
        weight: f64 = Weight,
        /// Who looks after it.
        owner_id: Option<Uuid> = OwnerId,
        /// When a person confirmed it.
        confirmed_at: Option<Instant> = ConfirmedAt,
        /// Who confirmed it.
        confirmed_by_id: Option<Uuid> = ConfirmedById,
        /// When it was retired.
        retired_at: Option<Instant> = RetiredAt,
        /// Who retired it.
        retired_by_id: Option<Uuid> = RetiredById,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for AlignmentLinkRow {
    const TABLE: Table = Table::AlignmentLink;
    const ARCHIVABLE: bool = false;
}

impl AlignmentLinkRow {
    /// The work at its one end.
    #[must_use]
    pub fn source(&self) -> Option<(SubjectKind, Uuid)> {
        self.project_id
            .map(|id| (SubjectKind::Project, id))
            .or(self.task_id.map(|id| (SubjectKind::Task, id)))
    }

    /// The goal at its other end.
    #[must_use]
    pub fn target(&self) -> Option<(SubjectKind, Uuid)> {
        self.key_result_id
            .map(|id| (SubjectKind::KeyResult, id))
            .or(self.objective_id.map(|id| (SubjectKind::Objective, id)))
    }
}

impl AlignmentLinkRow {
    /// Whether it is stale because its work is quiet, open or long over: what a person's word takes back.
    pub(in crate::domain) fn waits_for_movement(&self) -> bool {
        match self.stale_reason {
            Some(StaleReason::NoActivity | StaleReason::WorkDoneLongAgo) => true,
            None
            | Some(
                StaleReason::TargetClosed
                | StaleReason::TargetArchived
                | StaleReason::CycleEnded
                | StaleReason::SourceDeleted
                | StaleReason::OwnerLeft
                | StaleReason::TokenRemoved
                | StaleReason::NeverConfirmed,
            ) => false,
        }
    }
}

/// What brought a link into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::domain) enum LinkCause {
    /// What somebody or a tool did to the link, or to one of its ends.
    Deed,
    /// Time alone.
    Clock,
    /// Its work moved.
    Work,
}

impl LinkCause {
    /// What an event tells of it beside the new values; nothing where it follows from who acted.
    fn told(self) -> Option<(String, Json)> {
        match self {
            Self::Deed => None,
            Self::Clock => Some((BY_CLOCK.to_owned(), json!(true))),
            Self::Work => Some((SOURCE.to_owned(), json!(PointSource::Work))),
        }
    }
}

impl Write {
    /// Moves locked links to a state, as [`Write::change_link_state_by`] does, by a deed.
    pub(in crate::domain) async fn change_link_state(
        &mut self,
        links: &[AlignmentLinkRow],
        state: LinkState,
        reason: Option<StaleReason>,
        kind: EventKind,
    ) -> Result<()> {
        self.change_link_state_by(links, (state, reason), kind, LinkCause::Deed).await
    }

    /// Moves locked links to a state, with their intervals, events and what follows for numbers: whatever
    /// follows from a link where it begins or ends to count; between active and stale, which count alike, only
    /// the flag beside the work in its goal.
    pub(in crate::domain) async fn change_link_state_by(
        &mut self,
        links: &[AlignmentLinkRow],
        (state, reason): (LinkState, Option<StaleReason>),
        kind: EventKind,
        cause: LinkCause,
    ) -> Result<()> {
        self.set_link_state(links, (state, reason), kind, cause).await?;
        let counts = |state: LinkState| state != LinkState::Retired;
        let (flagged, turned): (Vec<_>, Vec<_>) =
            links.iter().cloned().partition(|link| counts(link.state) == counts(state));
        self.touch_goals(&flagged);
        if turned.is_empty() { Ok(()) } else { self.touch_links(&turned).await }
    }

    async fn set_link_state(
        &mut self,
        links: &[AlignmentLinkRow],
        (state, reason): (LinkState, Option<StaleReason>),
        kind: EventKind,
        cause: LinkCause,
    ) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = links.iter().map(|link| link.id).collect();
        let retired = state == LinkState::Retired;
        let person = self.person();
        let by = person.filter(|_| retired);
        let at = self.not_before(links);
        self.set_where(
            "alignment_link",
            vec![
                ("state", state.into()),
                ("stale_reason", reason.into()),
                ("retired_at", retired.then_some(self.now.0).into()),
                ("retired_by_id", by.into()),
                ("updated_at", at.0.into()),
            ],
            Condition::all().add(self.among("alignment_link", "id", &ids)),
        )
        .await?;
        self.bump_versions("alignment_link", &ids).await?;
        // Another reason for the same state is another span: the history tells each.
        let moved = || links.iter().filter(|link| (link.state, link.stale_reason) != (state, reason));
        let ids: Vec<Uuid> = moved().map(|link| link.id).collect();
        self.set_where(
            "link_interval",
            vec![("to_at", at.0.into())],
            Condition::all()
                .add(self.among("link_interval", "alignment_link_id", &ids))
                .add(Expr::col((Alias::new("link_interval"), Alias::new("to_at"))).is_null()),
        )
        .await?;
        let intervals = moved()
            .map(|link| link_interval::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                alignment_link_id: Set(link.id),
                state: Set(state),
                stale_reason: Set(reason),
                person_id: Set(person),
                from_at: Set(at),
                to_at: Set(None),
                created_at: Set(self.now),
            })
            .collect();
        self.insert_all::<link_interval::Entity>(intervals).await?;
        let value = |state: LinkState, reason: Option<StaleReason>| {
            Map::from_iter([("state".to_owned(), json!(state)), ("stale_reason".to_owned(), json!(reason))])
        };
        self.note_links(links, kind, |link| {
            let current = value(state, reason).into_iter().chain(cause.told()).collect();
            (Some(value(link.state, link.stale_reason)), current)
        })
        .await
    }

    /// Now, but never before one of these links was written last, nor so before its open span: another writer's clock
    /// may have run ahead of ours.
    pub(in crate::domain) fn not_before(&self, links: &[AlignmentLinkRow]) -> Instant {
        links.iter().map(|link| link.updated_at).fold(self.now, Ord::max)
    }

    /// Tells of many links, each with its values before and after.
    pub(in crate::domain) async fn note_links(
        &mut self,
        links: &[AlignmentLinkRow],
        kind: EventKind,
        news: impl Fn(&AlignmentLinkRow) -> (Option<Map<String, Json>>, Map<String, Json>) + Send,
    ) -> Result<()> {
        let mut sights = self.sights_of(links).await?;
        for link in links {
            let sight = self.sight_of_link(link, &mut sights).await?;
            let (previous, current) = news(link);
            self.note(NewEvent {
                kind,
                subject: (SubjectKind::AlignmentLink, link.id),
                ancestors: link.source().into_iter().chain(link.target()).collect(),
                sight,
                previous,
                current,
            });
        }
        Ok(())
    }

    /// The first span of a new link, as a row to insert.
    pub(in crate::domain) fn first_span(&self, link: &AlignmentLinkRow) -> link_interval::ActiveModel {
        link_interval::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            alignment_link_id: Set(link.id),
            state: Set(link.state),
            stale_reason: Set(link.stale_reason),
            person_id: Set(self.person()),
            from_at: Set(self.now),
            to_at: Set(None),
            created_at: Set(self.now),
        }
    }

    /// A new link as a row to insert.
    pub(in crate::domain) fn row_of(&self, link: &AlignmentLinkRow) -> alignment_link::ActiveModel {
        let mut row = <alignment_link::ActiveModel as ActiveModelTrait>::default();
        row.id = Set(link.id);
        row.organization_id = Set(self.viewer().organization_id);
        row.project_id = Set(link.project_id);
        row.task_id = Set(link.task_id);
        row.objective_id = Set(link.objective_id);
        row.key_result_id = Set(link.key_result_id);
        row.state = Set(link.state);
        row.stale_reason = Set(link.stale_reason);
        row.significance = Set(link.significance);
        row.origin = Set(link.origin);
        row.weight = Set(link.weight);
        row.owner_id = Set(link.owner_id);
        row.confirmed_at = Set(link.confirmed_at);
        row.confirmed_by_id = Set(link.confirmed_by_id);
        row.version = Set(link.version);
        row.created_at = Set(link.created_at);
        row.updated_at = Set(link.updated_at);
        row
    }

    /// Numbers that follow from links: tasks' inheritance, completion as goals see it, the goals.
    pub(in crate::domain) async fn touch_links(&mut self, links: &[AlignmentLinkRow]) -> Result<()> {
        let tasks: Vec<Uuid> = links.iter().filter_map(|link| link.task_id).collect();
        self.follow_inheritance(&tasks).await?;
        self.touch_goals(links);
        Ok(())
    }

    /// The goals of links are looked at again.
    fn touch_goals(&mut self, links: &[AlignmentLinkRow]) {
        if links.is_empty() {
            return;
        }
        for link in links {
            self.touched.key_results.extend(link.key_result_id);
            self.touched.objectives.extend(link.objective_id);
        }
        self.touched.source.get_or_insert(PointSource::Edit);
    }

    /// Who may see a link's events: who sees both its ends.
    pub(in crate::domain) async fn sight_of_link(
        &self,
        link: &AlignmentLinkRow,
        known: &mut HashMap<Uuid, Sight>,
    ) -> Result<Sight> {
        let mut ends = Vec::new();
        for end in [link.source(), link.target()].into_iter().flatten() {
            let sight = match known.get(&end.1) {
                Some(sight) => sight.clone(),
                None => {
                    let sight = self.sight_of(end.0, end.1).await?;
                    known.insert(end.1, sight.clone());
                    sight
                }
            };
            ends.push(sight);
        }
        let also = ends.pop().map(Box::new);
        let mut sight = ends.pop().unwrap_or_default();
        sight.also = also;
        Ok(sight)
    }
}
