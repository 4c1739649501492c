//! `progressChanged`: numbers and health of objectives, key results and projects, as they change.

use async_graphql::{Context, Union};
use entity::{EventKind, SubjectKind};
use uuid::Uuid;

use super::{
    context::Nullable,
    enums::Health,
    key_result::KeyResult,
    live_event::{Moment, live_event},
    node::{by_key, referred},
    objective::Objective,
    project::Project,
    stream::{Told, followed, stream_filter},
};
use crate::domain::{
    access::Scope,
    error::Result,
    live::{About, StreamFilter},
};

/// What has a progress of its own.
#[derive(Union, Debug)]
pub enum ProgressChangedSubject {
    /// An objective.
    Objective(Objective),
    /// A key result.
    KeyResult(KeyResult),
    /// A project.
    Project(Project),
}

live_event! {
    /// The progress of an objective, key result or project changed, or the health of an objective or key result
    /// (`kind` is `HEALTH_CHANGED`).
    ProgressChangedEvent {
        previous: Option<f64>,
        current: Option<f64>,
        previous_work: Option<f64>,
        current_work: Option<f64>,
        previous_health: Option<Health>,
        current_health: Option<Health>,
    } resolves {
        /// Progress before, 0–1; null when it was not known, when health changed, and in a snapshot.
        async fn previous(&self) -> Option<f64> {
            self.previous
        }

        /// Progress after, 0–1; null when it is not known, and when health changed.
        async fn current(&self) -> Option<f64> {
            self.current
        }

        /// Completion of a key result's work before, 0–1; null when it was not known or did not change, for
        /// everything else, and in a snapshot.
        async fn previous_work_progress(&self) -> Option<f64> {
            self.previous_work
        }

        /// Completion of a key result's work after, 0–1; null when it is not known or did not change, and for
        /// everything else.
        async fn current_work_progress(&self) -> Option<f64> {
            self.current_work
        }

        /// Health before; null unless health changed.
        async fn previous_health(&self) -> Option<Health> {
            self.previous_health
        }

        /// Health after; null unless health changed.
        async fn current_health(&self) -> Option<Health> {
            self.current_health
        }

        /// What it is about, as it is now; null when the viewer may not see it any more.
        async fn subject(&self, ctx: &Context<'_>) -> Nullable<ProgressChangedSubject> {
            let (kind, id) = self.moment.subject;
            match kind {
                SubjectKind::Objective => {
                    by_key(ctx, id).await.map(|row| row.map(ProgressChangedSubject::Objective))
                }
                SubjectKind::KeyResult => {
                    by_key(ctx, id).await.map(|row| row.map(ProgressChangedSubject::KeyResult))
                }
                SubjectKind::Project => by_key(ctx, id).await.map(|row| row.map(ProgressChangedSubject::Project)),
                SubjectKind::Organization
                | SubjectKind::Person
                | SubjectKind::Team
                | SubjectKind::Cycle
                | SubjectKind::CheckIn
                | SubjectKind::Task
                | SubjectKind::AlignmentLink
                | SubjectKind::Integration
                | SubjectKind::Finding => None,
            }
        }

        /// The objective, when it is one; null otherwise.
        async fn objective(&self, ctx: &Context<'_>) -> Nullable<Objective> {
            referred(ctx, self.of(SubjectKind::Objective)).await
        }

        /// The key result, when it is one; null otherwise.
        async fn key_result(&self, ctx: &Context<'_>) -> Nullable<KeyResult> {
            referred(ctx, self.of(SubjectKind::KeyResult)).await
        }

        /// The project, when it is one; null otherwise.
        async fn project(&self, ctx: &Context<'_>) -> Nullable<Project> {
            referred(ctx, self.of(SubjectKind::Project)).await
        }
    }
}

impl ProgressChangedEvent {
    fn of(&self, kind: SubjectKind) -> Option<Uuid> {
        (self.moment.subject.0 == kind).then_some(self.moment.subject.1)
    }
}

impl Told for ProgressChangedEvent {
    const ABOUT: About = About::Kinds(&[EventKind::ProgressChanged, EventKind::HealthChanged]);

    fn moment(&mut self) -> &mut Moment {
        &mut self.moment
    }

    fn of(moment: Moment) -> Self {
        Self {
            previous: moment.before("progress"),
            current: moment.after("progress"),
            previous_work: moment.before("work_progress"),
            current_work: moment.after("work_progress"),
            previous_health: moment.before::<entity::Health>("health").map(Into::into),
            current_health: moment.after::<entity::Health>("health").map(Into::into),
            moment,
        }
    }

    async fn now(
        scope: &Scope,
        filter: &StreamFilter,
        moment: impl Fn((SubjectKind, Uuid)) -> Moment + Send,
    ) -> Result<Vec<Self>> {
        let (objectives, key_results) = scope.goals_now(filter).await?;
        let state = |subject, current, current_work| Self {
            moment: moment(subject),
            previous: None,
            current,
            previous_work: None,
            current_work,
            previous_health: None,
            current_health: None,
        };
        let objectives =
            objectives.iter().map(|row| state((SubjectKind::Objective, row.id), row.progress, None));
        let key_results = key_results
            .iter()
            .map(|row| state((SubjectKind::KeyResult, row.id), row.progress, row.work_progress));
        Ok(objectives.chain(key_results).collect())
    }
}

stream_filter!(ProgressChangedSubscriptionFilter, "changes of progress");

followed! {
    /// Changes of numbers as they happen.
    ProgressSubscription {
        /// Progress of objectives, key results and projects that the viewer sees, and health of objectives and
        /// key results, whenever it changes.
        progress_changed(ProgressChangedSubscriptionFilter) -> ProgressChangedEvent,
        snapshot "Whether the present progress of every objective and key result comes first; a filter that \
                  more than 200 fit is refused."
    }
}
