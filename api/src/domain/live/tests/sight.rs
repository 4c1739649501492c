//! What is decided in memory is what the row filters say, in random organizations, for every role and for
//! tools' tokens. On PostgreSQL too: see `tests/it/live/agreement.rs`.

use entity::{EventKind, SubjectKind};
use proptest::prelude::*;
use serde_json::Map;
use uuid::Uuid;

use super::random::{Dice, Random};
use crate::domain::{
    access::{Scope, scope::Listed, viewer::Actor},
    alignment_link::AlignmentLinkRow,
    check_in::CheckInRow,
    error::Result,
    events::{NewEvent, Sight},
    finding::FindingRow,
    key_result::KeyResultRow,
    live::{Position, read::Span, sees::sees},
    objective::ObjectiveRow,
    project::ProjectRow,
    task::TaskRow,
    viewer_load::Subject,
    write::{Command, Write},
};

type Above = Vec<(SubjectKind, Uuid)>;

/// Tells something of every row, with the facts that its own events carry.
struct TellAll;

impl TellAll {
    async fn rows<R: Listed>(write: &Write) -> Result<Vec<R>> {
        write.rows::<R>(&write.scope.find::<R>()).await
    }
}

impl Command for TellAll {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        let mut all: Vec<(SubjectKind, Uuid, Above, Sight)> = Vec::new();
        for row in Self::rows::<ObjectiveRow>(write).await? {
            all.push((SubjectKind::Objective, row.id, row.ancestors(), row.sight()));
        }
        for row in Self::rows::<KeyResultRow>(write).await? {
            let objective: ObjectiveRow = write.reread(row.objective_id).await?;
            let above = objective.ancestors_of_member();
            all.push((SubjectKind::KeyResult, row.id, above, objective.sight()));
        }
        for row in Self::rows::<CheckInRow>(write).await? {
            let sight = write.sight_of(SubjectKind::KeyResult, row.key_result_id).await?;
            let above = vec![(SubjectKind::KeyResult, row.key_result_id)];
            all.push((SubjectKind::CheckIn, row.id, above, sight));
        }
        for row in Self::rows::<ProjectRow>(write).await? {
            all.push((SubjectKind::Project, row.id, row.ancestors(), row.sight()));
        }
        for row in Self::rows::<TaskRow>(write).await? {
            let sight = write.sight_of(SubjectKind::Task, row.id).await?;
            all.push((SubjectKind::Task, row.id, row.ancestors(&[]), sight));
        }
        for row in Self::rows::<AlignmentLinkRow>(write).await? {
            let sight = write.sight_of_link(&row, &mut Default::default()).await?;
            let ends = row.source().into_iter().chain(row.target()).collect();
            all.push((SubjectKind::AlignmentLink, row.id, ends, sight));
        }
        let mut told = Vec::new();
        for row in Self::rows::<FindingRow>(write).await? {
            told.push((None, row));
        }
        write.tell_findings(&told).await?;
        for (kind, id, ancestors, sight) in all {
            write.note(NewEvent {
                kind: EventKind::Updated,
                subject: (kind, id),
                ancestors,
                sight,
                previous: None,
                current: Map::new(),
            });
        }
        Ok(())
    }
}

async fn row_is_seen(scope: &Scope, subject: (SubjectKind, Uuid)) -> bool {
    async fn seen<R: Listed>(scope: &Scope, id: Uuid) -> bool {
        scope.by_ids::<R>(&[id]).await.unwrap().contains_key(&id)
    }
    let (kind, id) = subject;
    match kind {
        SubjectKind::Objective => seen::<ObjectiveRow>(scope, id).await,
        SubjectKind::KeyResult => seen::<KeyResultRow>(scope, id).await,
        SubjectKind::CheckIn => seen::<CheckInRow>(scope, id).await,
        SubjectKind::Project => seen::<ProjectRow>(scope, id).await,
        SubjectKind::Task => seen::<TaskRow>(scope, id).await,
        SubjectKind::AlignmentLink => seen::<AlignmentLinkRow>(scope, id).await,
        SubjectKind::Finding => seen::<FindingRow>(scope, id).await,
        SubjectKind::Organization
        | SubjectKind::Person
        | SubjectKind::Team
        | SubjectKind::Cycle
        | SubjectKind::Integration => panic!("nothing is told of {kind:?}"),
    }
}

async fn compare(seed: u64) {
    let world = Random::new(Dice(seed)).await;
    let installation = &world.installation;
    let system = installation.system(world.organization, Actor::System, "tells all").await.unwrap();
    system.run(&TellAll).await.unwrap();
    let span = Span {
        after: Position::default(),
        until: None,
        organization: Some(world.organization),
        limit: 1_000,
        about: crate::domain::live::About::Everything,
        bytes: usize::MAX,
    };
    let written = installation.events_of(&span).await.unwrap().events;
    assert!(written.len() > 90, "{}", written.len());
    let events = installation.with_surroundings(world.organization, written).await.unwrap();
    let mut seen_by_some = 0;
    let mut scopes = Vec::new();
    for person in &world.people {
        scopes.push(installation.scope_of_person(*person).await.unwrap());
    }
    for allowed in ["READ", "READ_ALL", "RECORD_VALUES"] {
        let hash = world.token_of(allowed).await;
        let viewer = installation.viewer_of(Subject::Token { hash }).await.unwrap();
        scopes.push(installation.scope_for(viewer, None));
    }
    for scope in &scopes {
        for event in &events {
            let by_filter = row_is_seen(scope, event.written.subject).await;
            let in_memory = sees(scope.viewer(), world.organization, &event.audience);
            assert_eq!(
                in_memory,
                by_filter,
                "{:?} sees {:?}: {:?}",
                scope.viewer(),
                event.written,
                event.audience
            );
            assert!(!sees(scope.viewer(), Uuid::from_u128(9), &event.audience), "of another organization");
            seen_by_some += usize::from(by_filter);
        }
    }
    assert!(seen_by_some > events.len() && seen_by_some < events.len() * scopes.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn memory_and_row_filters_agree(seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(compare(seed));
    }
}
