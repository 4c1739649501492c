//! Each reason on its own, and which one is shown where several hold.

use super::*;

const NOW: Instant = Instant(1_800_000_000_000_000);

fn ago(days: i64) -> Instant {
    NOW.plus_seconds(-days * SECONDS_PER_DAY)
}

fn facts() -> Facts {
    Facts {
        goal: OfGoal::default(),
        owner_left: false,
        is_bare: false,
        confirmed_at: None,
        created_at: ago(400),
        work: OfWork::Open(NOW),
    }
}

fn settings() -> Settings {
    Settings { require_confirm: true, ..Settings::default() }
}

#[test]
fn each_reason_gives_way_to_the_next_that_holds() {
    let goal = OfGoal { reason: Some(StaleReason::TargetClosed), begins: None };
    let mut link = Facts { goal, owner_left: true, is_bare: true, work: OfWork::Ended(ago(99)), ..facts() };
    let mut shown = Vec::new();
    let undo: [fn(&mut Facts); 5] = [
        |link| link.goal.reason = None,
        |link| link.owner_left = false,
        |link| link.is_bare = false,
        |link| link.created_at = ago(1),
        |link| link.work = OfWork::Open(ago(31)),
    ];
    for undo in undo {
        shown.extend(link.reason(&settings(), NOW));
        undo(&mut link);
    }
    assert_eq!(
        shown,
        [
            StaleReason::TargetClosed,
            StaleReason::OwnerLeft,
            StaleReason::TokenRemoved,
            StaleReason::NeverConfirmed,
            StaleReason::WorkDoneLongAgo,
        ]
    );
    assert_eq!(link.reason(&settings(), NOW), None, "made a day ago, it has not been quiet for a month");
    link = Facts { created_at: ago(31), confirmed_at: Some(ago(31)), ..link };
    assert_eq!(link.reason(&settings(), NOW), Some(StaleReason::NoActivity));
    link.work = OfWork::Deleted;
    assert_eq!(link.reason(&settings(), NOW), Some(StaleReason::SourceDeleted));
}

#[test]
fn days_count_from_the_last_sign_of_life() {
    let quiet = |link: Facts| link.reason(&Settings::default(), NOW);
    let open = Facts { work: OfWork::Open(ago(30)), ..facts() };
    assert_eq!(quiet(open), Some(StaleReason::NoActivity), "on the very day");
    assert_eq!(quiet(Facts { work: OfWork::Open(Instant(ago(30).0 + 1)), ..open }), None);
    assert_eq!(quiet(Facts { confirmed_at: Some(ago(29)), ..open }), None);
    assert_eq!(quiet(Facts { created_at: ago(29), ..open }), None);
    let begins = Some(NOW.plus_seconds(SECONDS_PER_DAY));
    assert_eq!(quiet(Facts { goal: OfGoal { reason: None, begins }, ..open }), None, "not begun yet");
    let ended = Facts { work: OfWork::Ended(ago(60)), ..facts() };
    assert_eq!(quiet(ended), Some(StaleReason::WorkDoneLongAgo));
    assert_eq!(quiet(Facts { work: OfWork::Ended(ago(59)), ..ended }), None);
    assert_eq!(quiet(Facts { confirmed_at: Some(ago(59)), ..ended }), None, "somebody said that it holds");
    assert_eq!(quiet(Facts { created_at: ago(1), ..ended }), Some(StaleReason::WorkDoneLongAgo));
}

#[test]
fn nobody_waits_for_a_word_that_is_not_required() {
    let link = facts();
    assert_eq!(link.reason(&Settings::default(), NOW), None);
    assert_eq!(link.reason(&settings(), NOW), Some(StaleReason::NeverConfirmed));
    assert_eq!(Facts { created_at: ago(13), ..link }.reason(&settings(), NOW), None);
    assert_eq!(Facts { confirmed_at: Some(ago(99)), ..link }.reason(&settings(), NOW), None);
}

#[test]
fn the_last_day_belongs_to_a_cycle() {
    let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
    let last = Some(day("2026-03-31"));
    assert!(!has_ended(CycleState::Active, last, day("2026-03-31")));
    assert!(has_ended(CycleState::Active, last, day("2026-04-01")));
    assert!(has_ended(CycleState::Planned, last, day("2026-04-01")));
    assert!(!has_ended(CycleState::Active, None, day("2026-04-01")), "a backlog has no last day");
    assert!(has_ended(CycleState::Closed, last, day("2026-03-01")));
}
