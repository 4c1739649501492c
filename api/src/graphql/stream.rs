//! How a stream of events is opened: what it is about, where it begins, whom it is for.

use std::sync::Arc;

use async_graphql::{Context, ID};
use entity::SubjectKind;
use futures_util::stream::{self, BoxStream, StreamExt};
use uuid::Uuid;

use super::{
    context::{RequestInfo, fail, scope},
    error::to_graphql,
    id::{NodeKind, any_key, key_of},
    live_event::Moment,
};
use crate::domain::{
    access::{Scope, scope::Listed},
    alignment_link::AlignmentLinkRow,
    cycle::CycleRow,
    error::{DomainError, Result},
    integration::IntegrationRow,
    key_result::KeyResultRow,
    live::{About, Course, FindingFilter, Following, Live, LiveEvent, Resumed, StreamFilter},
    objective::ObjectiveRow,
    person::PersonRow,
    project::ProjectRow,
    task::TaskRow,
    team::TeamRow,
};

/// Declares the filter of a subscription.
macro_rules! stream_filter {
    ($name:ident, $what:literal) => {
        #[doc = concat!("Which ", $what, " a stream is about; everything that is given must fit.")]
        #[derive(async_graphql::InputObject, Debug, Default)]
        pub struct $name {
            /// Id or code (`O-12`) of an objective: itself, its key results, and what hangs on them by links.
            pub objective_id: Option<async_graphql::ID>,
            /// Id of the team that the subject belongs to.
            pub team_id: Option<async_graphql::ID>,
            /// Id of the cycle that the subject's objective belongs to.
            pub cycle_id: Option<async_graphql::ID>,
            /// Id of the person who owns the subject, is assigned to it, or made it.
            pub person_id: Option<async_graphql::ID>,
            /// Whether the objectives below `objectiveId`, at any depth, belong to it too.
            #[graphql(default_with = "Some(false)")]
            pub include_descendants: Option<bool>,
        }

        impl From<Option<$name>> for $crate::graphql::stream::AskedFilter {
            fn from(filter: Option<$name>) -> Self {
                let filter = filter.unwrap_or_default();
                Self {
                    objective: filter.objective_id,
                    team: filter.team_id,
                    cycle: filter.cycle_id,
                    person: filter.person_id,
                    include_descendants: filter.include_descendants.unwrap_or_default(),
                    ..Self::default()
                }
            }
        }
    };
}
pub(in crate::graphql) use stream_filter;

/// Declares what can be followed: one field of the root, with the arguments that all of them have.
macro_rules! followed {
    (
        $(#[$meta:meta])* $root:ident {
            $(#[doc = $doc:literal])* $field:ident($filter:ty) -> $event:ty, snapshot $snapshot:literal
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub struct $root;

        #[async_graphql::Subscription]
        impl $root {
            $(#[doc = $doc])*
            async fn $field(
                &self,
                ctx: &async_graphql::Context<'_>,
                #[graphql(desc = "What the stream is about; everything that the viewer sees when left out.")]
                filter: Option<$filter>,
                #[graphql(
                    desc = "Cursor of the last event that was received: what came after it is delivered first. A \
                        cursor from within a snapshot gives a snapshot anew."
                )]
                after: Option<String>,
                #[graphql(
                    desc = "The stream completes after this many events, 1–10000, rows of a snapshot counted, which \
                        it must hold all; it goes on when left out."
                )]
                first: Option<i32>,
                #[graphql(default_with = "Some(false)", desc = $snapshot)]
                snapshot: Option<bool>,
            ) -> async_graphql::Result<
                futures_util::stream::BoxStream<'static, async_graphql::Result<$event>>,
            > {
                let snapshot = snapshot.unwrap_or_default();
                let asked =
                    $crate::graphql::stream::Asked { filter: filter.into(), after, first, snapshot };
                $crate::graphql::stream::open(ctx, asked).await
            }
        }
    };
}
pub(in crate::graphql) use followed;

/// A filter as it was asked for.
#[derive(Debug, Default)]
pub(in crate::graphql) struct AskedFilter {
    pub(in crate::graphql) objective: Option<ID>,
    pub(in crate::graphql) team: Option<ID>,
    pub(in crate::graphql) cycle: Option<ID>,
    pub(in crate::graphql) person: Option<ID>,
    pub(in crate::graphql) include_descendants: bool,
    /// What a finding must be, but for its owner and subject.
    pub(in crate::graphql) finding: FindingFilter,
    pub(in crate::graphql) finding_owner: Option<ID>,
    pub(in crate::graphql) finding_subject: Option<ID>,
}

/// Events after which a stream may be asked to complete, at most.
const FIRST_MAX: usize = 10_000;

/// The arguments of a subscription.
#[derive(Debug)]
pub(in crate::graphql) struct Asked {
    pub(in crate::graphql) filter: AskedFilter,
    pub(in crate::graphql) after: Option<String>,
    pub(in crate::graphql) first: Option<i32>,
    pub(in crate::graphql) snapshot: bool,
}

/// One kind of event that can be subscribed to.
pub(in crate::graphql) trait Told: Sized + Send + 'static {
    /// What kind of events it tells.
    const ABOUT: About;

    /// Whether an event is told.
    fn concerns(event: &LiveEvent) -> bool {
        Self::ABOUT.holds(&event.written)
    }

    /// The event as the API tells it.
    fn of(moment: Moment) -> Self;

    /// Where it stands.
    fn moment(&mut self) -> &mut Moment;

    /// The present state of what a stream is about.
    fn now(
        scope: &Scope,
        filter: &StreamFilter,
        moment: impl Fn((SubjectKind, Uuid)) -> Moment + Send,
    ) -> impl Future<Output = Result<Vec<Self>>> + Send;
}

/// A stream of events that the viewer sees and wants, after the present state where it is asked for.
pub(in crate::graphql) async fn open<T: Told>(
    ctx: &Context<'_>,
    asked: Asked,
) -> async_graphql::Result<BoxStream<'static, async_graphql::Result<T>>> {
    opened(ctx, asked).await.map_err(|error| fail(ctx, &error))
}

async fn opened<T: Told>(
    ctx: &Context<'_>,
    asked: Asked,
) -> Result<BoxStream<'static, async_graphql::Result<T>>> {
    let scope = scope(ctx)?.clone();
    let live = ctx.data_opt::<Live>().ok_or_else(|| DomainError::Internal("nothing is live here".into()))?;
    if asked.snapshot && asked.after.is_some() {
        return Err(DomainError::BadInput("give either after or snapshot: a snapshot begins anew".into()));
    }
    let first = match asked.first.map(usize::try_from) {
        None => usize::MAX,
        Some(Ok(first)) if (1..=FIRST_MAX).contains(&first) => first,
        Some(_) => return Err(DomainError::BadInput(format!("first lies between 1 and {FIRST_MAX}"))),
    };
    let filter = found(&scope, &asked.filter).await?;
    let organization = scope.viewer().organization_id;
    let resumed = asked.after.as_deref().map(|cursor| Resumed::read(cursor, organization)).transpose()?;
    // The place is taken before the state is read, so that no change falls between the two.
    let (after, begins_anew) = match resumed {
        Some(Resumed::After(position)) => (Some(position), false),
        Some(Resumed::Snapshot) => (Some(live.now().await?), true),
        None if asked.snapshot => (Some(live.now().await?), true),
        None => (None, false),
    };
    let Some(following) = live.follow(organization, after).await? else {
        return Ok(stream::empty().boxed());
    };
    let course = ctx.data_opt::<Arc<Course>>().cloned().unwrap_or_default();
    let following = following.about(T::ABOUT).told_on(Arc::clone(&course));
    let state = match after.filter(|_| begins_anew) {
        Some(position) => {
            let at = scope.clock().now();
            let within = position.cursor_within_snapshot(organization);
            let moment = |subject| Moment { cursor: within.clone(), at, subject, event: None };
            let mut state = T::now(&scope, &filter, moment).await?;
            // A snapshot that is cut off is never gone on with: every further try would begin it anew.
            if state.len() > first {
                let rows = state.len();
                let message =
                    format!("the snapshot holds {rows} rows: first must be at least that, or be left out");
                return Err(DomainError::BadInput(message));
            }
            // Whoever has the last row has them all.
            if let Some(last) = state.last_mut() {
                last.moment().cursor = position.cursor(organization);
            }
            state
        }
        None => Vec::new(),
    };
    let request = ctx.data_opt::<RequestInfo>().map(|info| Arc::clone(&info.id));
    let changes = stream::unfold(Some(following), move |following| {
        let (scope, request) = (scope.clone(), request.clone());
        async move {
            let mut following = following?;
            match next::<T>(&mut following, &scope, &filter).await {
                Ok(event) => Some((Ok(event?), Some(following))),
                // Told once; then the stream is over.
                Err(error) => Some((Err(to_graphql(&error, request.as_deref())), None)),
            }
        }
    });
    let given = stream::iter(state.into_iter().map(Ok)).chain(changes).take(first);
    // From here on until the next is asked for, the engine answers it.
    Ok(given.inspect(move |_| course.take()).boxed())
}

async fn next<T: Told>(following: &mut Following, scope: &Scope, filter: &StreamFilter) -> Result<Option<T>> {
    loop {
        let Some(event) = following.next_seen_by(scope.viewer()).await? else { return Ok(None) };
        if T::concerns(&event) && filter.fits(&event, scope.viewer()) {
            let written = &event.written;
            let moment = Moment {
                cursor: written.position.cursor(written.organization),
                at: written.at,
                subject: written.subject,
                event: Some(Arc::clone(&event)),
            };
            return Ok(Some(T::of(moment)));
        }
    }
}

/// The rows that a filter names: what does not exist and what may not be seen is `NOT_FOUND` alike, for a
/// stream about nothing would stay silent for ever.
async fn found(scope: &Scope, asked: &AskedFilter) -> Result<StreamFilter> {
    let objective = match &asked.objective {
        Some(id) => Some(objective(scope, id).await?),
        None => None,
    };
    Ok(StreamFilter {
        objective,
        include_descendants: asked.include_descendants,
        team: seen::<TeamRow>(scope, asked.team.as_ref(), SubjectKind::Team).await?,
        cycle: seen::<CycleRow>(scope, asked.cycle.as_ref(), SubjectKind::Cycle).await?,
        person: seen::<PersonRow>(scope, asked.person.as_ref(), SubjectKind::Person).await?,
        finding: FindingFilter {
            owner: seen::<PersonRow>(scope, asked.finding_owner.as_ref(), SubjectKind::Person).await?,
            subject: subject(scope, asked.finding_subject.as_ref()).await?,
            ..asked.finding
        },
    })
}

/// What a finding may be about.
async fn subject(scope: &Scope, id: Option<&ID>) -> Result<Option<(SubjectKind, Uuid)>> {
    let Some(id) = id else { return Ok(None) };
    let (kind, key) = any_key(id).ok_or_else(|| DomainError::BadInput("this is not a global id".into()))?;
    let found = match kind {
        SubjectKind::Objective => seen::<ObjectiveRow>(scope, Some(id), kind).await?,
        SubjectKind::KeyResult => seen::<KeyResultRow>(scope, Some(id), kind).await?,
        SubjectKind::Project => seen::<ProjectRow>(scope, Some(id), kind).await?,
        SubjectKind::Task => seen::<TaskRow>(scope, Some(id), kind).await?,
        SubjectKind::AlignmentLink => seen::<AlignmentLinkRow>(scope, Some(id), kind).await?,
        SubjectKind::Team => seen::<TeamRow>(scope, Some(id), kind).await?,
        SubjectKind::Integration => seen::<IntegrationRow>(scope, Some(id), kind).await?,
        SubjectKind::Organization
        | SubjectKind::Person
        | SubjectKind::Cycle
        | SubjectKind::CheckIn
        | SubjectKind::Finding => {
            return Err(DomainError::BadInput("no finding is about such a row".into()));
        }
    };
    Ok(found.map(|_| (kind, key)))
}

async fn seen<R: Listed>(scope: &Scope, id: Option<&ID>, kind: SubjectKind) -> Result<Option<Uuid>> {
    let Some(id) = id else { return Ok(None) };
    let key = key_of(id, NodeKind::Subject(kind))?;
    let rows = scope.by_ids::<R>(&[key]).await?;
    if rows.contains_key(&key) { Ok(Some(key)) } else { Err(DomainError::NotFound) }
}

async fn objective(scope: &Scope, id: &ID) -> Result<Uuid> {
    if id.contains('_') {
        let key = seen::<ObjectiveRow>(scope, Some(id), SubjectKind::Objective).await?;
        return key.ok_or(DomainError::NotFound);
    }
    if id.len() > 64 || id.contains('\0') {
        return Err(DomainError::BadInput("this is neither an id nor a code".into()));
    }
    scope.objective_by_code(id).await?.map(|row| row.id).ok_or(DomainError::NotFound)
}
