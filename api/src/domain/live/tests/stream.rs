//! Nothing is missed, nothing comes twice, nothing crosses.

use std::{collections::BTreeSet, time::Duration};

use futures_util::future::join_all;

use super::{Tell, execute, next, number, start};
use crate::domain::{
    error::{DomainError, UserErrorCode},
    live::{Live, Position, REMOVED_AT_ONCE, Resumed, hub::Hub, tail::Look},
    sample::Sample,
    team::CreateTeam,
};

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_racing_writers_of_two_organizations_are_all_heard_once_and_apart() {
    let sample = Sample::new().await;
    let neighbour = sample.neighbour().await;
    let live = Live::open(sample.installation.clone()).await.unwrap();
    let running = start(&live);
    let organizations = [(sample.organization, sample.founder), (neighbour.organization, neighbour.admin)];
    let mut streams = Vec::new();
    for (organization, _) in organizations {
        streams.push(live.follow(organization, None).await.unwrap().unwrap());
    }
    let scopes = [sample.scope(sample.founder).await, sample.scope(neighbour.admin).await];
    let writers = (0..200_i64).map(|number| {
        let scope = scopes[usize::try_from(number % 2).unwrap()].clone();
        tokio::spawn(async move { scope.run(&Tell(number)).await })
    });
    let writers = join_all(writers);
    let heard = async {
        let mut all = Vec::new();
        for (stream, (organization, _)) in streams.iter_mut().zip(organizations) {
            let mut numbers = Vec::new();
            let mut last = Position::default();
            for _ in 0..100 {
                let event = next(stream).await;
                assert_eq!(event.written.organization, organization);
                assert!(event.written.position > last, "in order, and none twice");
                last = event.written.position;
                numbers.push(number(&event));
            }
            all.push(numbers);
        }
        all
    };
    let (written, heard) = tokio::join!(writers, heard);
    for result in written {
        result.unwrap().unwrap();
    }
    for (parity, numbers) in (0_i64..).zip(heard) {
        let numbers: BTreeSet<i64> = numbers.into_iter().collect();
        assert_eq!(numbers, (0..200).filter(|number| number % 2 == parity).collect());
    }
    for stream in &mut streams {
        let more = tokio::time::timeout(Duration::from_millis(50), stream.next()).await;
        assert!(more.is_err(), "nothing besides: {more:?}");
    }
    running.stop().await;
    assert!(streams[0].next().await.unwrap().is_none(), "the stream ends with the server");
    assert!(live.follow(sample.organization, None).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_after_its_cursor_when_the_tailer_was_killed() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.founder).await;
    let live = Live::open(sample.installation.clone()).await.unwrap();
    let running = start(&live);
    let mut stream = live.follow(sample.organization, None).await.unwrap().unwrap();
    for number in 0..10 {
        scope.run(&Tell(number)).await.unwrap();
    }
    let mut cursor = String::new();
    for expected in 0..7 {
        let event = next(&mut stream).await;
        assert_eq!(number(&event), expected);
        cursor = event.written.position.cursor(sample.organization);
    }
    running.task.abort();
    drop(stream);
    for number in 10..20 {
        scope.run(&Tell(number)).await.unwrap();
    }
    // Another start begins at the end, so all that was missed comes from the table.
    let live = Live::open(sample.installation.clone()).await.unwrap();
    let Ok(Resumed::After(after)) = Resumed::read(&cursor, sample.organization) else { panic!("a place") };
    let mut stream = live.follow(sample.organization, Some(after)).await.unwrap().unwrap();
    let running = start(&live);
    for number in 20..30 {
        scope.run(&Tell(number)).await.unwrap();
    }
    for expected in 7..30 {
        assert_eq!(number(&next(&mut stream).await), expected);
    }
    running.stop().await;
}

#[tokio::test]
async fn who_takes_long_over_an_event_misses_none() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.founder).await;
    let live = Live::with_waiting(sample.installation.clone(), 4).await.unwrap();
    let before = live.now().await.unwrap();
    scope.run(&Tell(0)).await.unwrap();
    let mut slow = live.follow(sample.organization, None).await.unwrap().unwrap();
    let mut late = live.follow(sample.organization, Some(before)).await.unwrap().unwrap();
    assert_eq!(live.look().await.unwrap(), Look::Done);
    assert_eq!(number(&next(&mut slow).await), 0);
    for number in 1..10 {
        scope.run(&Tell(number)).await.unwrap();
    }
    live.look().await.unwrap();
    // The table has what did not fit into memory.
    for expected in 1..10 {
        assert_eq!(number(&next(&mut slow).await), expected);
    }
    for number in 10..12 {
        scope.run(&Tell(number)).await.unwrap();
    }
    live.look().await.unwrap();
    for expected in 10..12 {
        assert_eq!(number(&next(&mut slow).await), expected);
    }
    for expected in 0..10 {
        assert_eq!(number(&next(&mut late).await), expected);
    }
}

#[tokio::test]
async fn a_cursor_that_is_too_old_or_of_another_time_is_told_so() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.founder).await;
    let live = Live::open(sample.installation.clone()).await.unwrap();
    let old = live.now().await.unwrap();
    for number in 0..3 {
        scope.run(&Tell(number)).await.unwrap();
    }
    assert!(live.follow(sample.organization, Some(old)).await.unwrap().is_some());
    let end = live.now().await.unwrap();
    let beyond = Position { sequence: end.sequence + 1, ..end };
    let refused = live.follow(sample.organization, Some(beyond)).await;
    assert!(matches!(refused, Err(DomainError::CursorInvalid)));
    live.look().await.unwrap();
    let mut behind = live.follow(sample.organization, Some(old)).await.unwrap().unwrap();
    // All of it is older than it is kept for; what marks the end stays.
    sample.time.advance_seconds(86_400);
    let before = sample.installation.clock().now();
    assert!(sample.installation.remove_events(before).await.unwrap() > 0);
    assert_eq!(sample.installation.remove_events(before).await.unwrap(), 0);
    assert_eq!(sample.numbers("SELECT COUNT(*) FROM event").await, [1]);
    let refused = live.follow(sample.organization, Some(old)).await;
    assert!(matches!(refused, Err(DomainError::CursorExpired)));
    // So is whoever had begun before, and had not read it yet.
    assert!(matches!(behind.next().await, Err(DomainError::CursorExpired)));
    assert!(live.follow(sample.organization, Some(end)).await.unwrap().is_some());
    // An organization of which nothing is left is followed from now on as any other.
    let neighbour = sample.neighbour().await;
    scope.run(&Tell(4)).await.unwrap();
    sample.time.advance_seconds(86_400);
    let before = sample.installation.clock().now();
    sample.installation.remove_events(before).await.unwrap();
    let now = live.now().await.unwrap();
    assert!(live.follow(neighbour.organization, Some(now)).await.unwrap().is_some());
}

#[tokio::test]
async fn where_nothing_was_removed_no_cursor_expires() {
    let sample = Sample::new().await;
    let live = Live::open(sample.installation.clone()).await.unwrap();
    // As in a database that nothing has happened in yet, on PostgreSQL, where even that has a place.
    execute(&sample.installation, "DELETE FROM event", Vec::new()).await;
    let place = Position { xid: 770, sequence: i64::MAX };
    assert!(!sample.installation.has_expired(place).await.unwrap());
    assert!(!sample.installation.has_expired(Position::default()).await.unwrap());
    let scope = sample.scope(sample.founder).await;
    let now = live.now().await.unwrap();
    scope.run(&Tell(1)).await.unwrap();
    assert!(live.follow(sample.organization, Some(now)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_creation_is_known_again_when_its_event_is_gone() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.admin).await;
    let create = CreateTeam {
        id: Some(sample.installation.clock().new_id()),
        name: "Once".into(),
        parent: None,
        manager: None,
        connection_model: None,
    };
    let made = scope.run(&create).await.unwrap();
    scope.run(&Tell(1)).await.unwrap();
    sample.time.advance_seconds(86_400);
    let before = sample.installation.clock().now();
    sample.installation.remove_events(before).await.unwrap();
    assert_eq!(sample.numbers("SELECT COUNT(*) FROM event WHERE subject_kind = 'TEAM'").await, [0]);
    assert_eq!(scope.run(&create).await.unwrap().id, made.id);
    let other = CreateTeam { name: "Another".into(), ..create };
    let DomainError::User(errors) = scope.run(&other).await.unwrap_err() else { panic!("no user error") };
    assert_eq!(errors[0].code, UserErrorCode::Conflict);
}

#[tokio::test]
async fn events_that_are_kept_long_enough_are_removed_from_the_oldest_on() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.founder).await;
    let all = 2 * REMOVED_AT_ONCE;
    for number in 0..all {
        scope.run(&Tell(i64::try_from(number).unwrap())).await.unwrap();
    }
    let before = sample.installation.clock().now().plus_seconds(1);
    sample.time.advance_seconds(10);
    for number in 0..3 {
        scope.run(&Tell(number)).await.unwrap();
    }
    let mut parts = Vec::new();
    loop {
        match sample.installation.remove_events(before).await.unwrap() {
            0 => break,
            removed => parts.push(usize::try_from(removed).unwrap()),
        }
    }
    assert!(parts.len() > 2 && parts.iter().all(|removed| *removed <= REMOVED_AT_ONCE), "{parts:?}");
    assert_eq!(sample.numbers("SELECT COUNT(*) FROM event").await, [3], "what is young enough stays");
}

#[tokio::test]
async fn what_a_newer_node_wrote_is_passed_over_live_and_afterwards() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.founder).await;
    let live = Live::open(sample.installation.clone()).await.unwrap();
    let before = live.now().await.unwrap();
    let mut stream = live.follow(sample.organization, None).await.unwrap().unwrap();
    scope.run(&Tell(1)).await.unwrap();
    // More than are read at once, so that a whole part holds nothing that can be read.
    let unknown = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200) \
                   INSERT INTO event (organization_id, batch_id, at, actor_kind, kind, subject_kind, subject_id, \
                   ancestors, sight, current) \
                   SELECT organization_id, batch_id, at, actor_kind, 'UNHEARD_OF', subject_kind, subject_id, \
                   ancestors, sight, current FROM n, (SELECT * FROM event ORDER BY sequence DESC LIMIT 1)";
    execute(&sample.installation, unknown, Vec::new()).await;
    assert_eq!(live.look().await.unwrap(), Look::More);
    assert_eq!(number(&next(&mut stream).await), 1);
    while live.look().await.unwrap() == Look::More {}
    scope.run(&Tell(2)).await.unwrap();
    live.look().await.unwrap();
    assert_eq!(number(&next(&mut stream).await), 2);
    let mut again = live.follow(sample.organization, Some(before)).await.unwrap().unwrap();
    assert_eq!(number(&next(&mut again).await), 1);
    assert_eq!(number(&next(&mut again).await), 2);
    let mut registry = prometheus_client::registry::Registry::default();
    live.register(&mut registry);
    let mut told = String::new();
    prometheus_client::encoding::text::encode(&mut told, &registry).unwrap();
    assert!(told.contains("events_unreadable_total 1200"), "{told}");
}

#[tokio::test]
async fn a_failure_skips_nothing() {
    let sample = Sample::new().await;
    let scope = sample.scope(sample.founder).await;
    let live = Live::open(sample.installation.clone()).await.unwrap();
    let mut stream = live.follow(sample.organization, None).await.unwrap().unwrap();
    scope.run(&Tell(1)).await.unwrap();
    execute(&sample.installation, "ALTER TABLE event RENAME TO elsewhere", Vec::new()).await;
    assert!(live.look().await.is_err());
    execute(&sample.installation, "ALTER TABLE elsewhere RENAME TO event", Vec::new()).await;
    live.look().await.unwrap();
    assert_eq!(number(&next(&mut stream).await), 1);
}

#[test]
fn who_begins_to_listen_while_a_batch_is_made_ready_misses_nothing_of_it() {
    let hub = Hub::new(Position::default(), 4);
    let organization = uuid::Uuid::from_u128(7);
    let batch = [organization].into();
    assert!(hub.heard(&batch).is_empty());
    let (ear, from) = hub.listen(organization).unwrap();
    let reached = Position { xid: 0, sequence: 9 };
    let nothing = std::collections::HashMap::new();
    assert_eq!(hub.deliver(&batch, &nothing, reached), Err(batch.clone()));
    assert_eq!(hub.reached(), from, "the stream does not move on without them");
    drop(ear);
    assert_eq!(hub.deliver(&batch, &nothing, reached), Ok(()));
    assert_eq!(hub.reached(), reached);
}
