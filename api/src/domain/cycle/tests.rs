//! Cycles: rights, days, nesting.

use super::*;
use crate::domain::sample::{Sample, is_forbidden, told};

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

fn cycle(name: &str, days: Option<(&str, &str)>, parent: Option<Uuid>) -> CreateCycle {
    CreateCycle {
        id: None,
        name: name.to_owned(),
        parent,
        state: CycleState::Planned,
        starts_on: days.and_then(|(starts, _)| day(starts)),
        ends_on: days.and_then(|(_, ends)| day(ends)),
        check_in_days: None,
    }
}

fn update(id: Uuid) -> UpdateCycle {
    UpdateCycle { id, ..UpdateCycle::default() }
}

#[tokio::test]
async fn only_leaders_change_cycles() {
    let sample = Sample::new().await;
    let year = cycle("2027", Some(("2027-01-01", "2027-12-31")), None);
    let made = sample.scope(sample.leader).await.run(&year).await.unwrap();
    for (who, may) in
        [(sample.individual, false), (sample.manager, false), (sample.admin, false), (sample.leader, true)]
    {
        let scope = sample.scope(who).await;
        let rename = UpdateCycle { name: Some("MMXXVII".to_owned()), ..update(made.id) };
        let archive = ArchiveCycle { id: made.id, expected_version: None, archive: true };
        let answers = [
            is_forbidden(&scope.run(&year).await),
            is_forbidden(&scope.run(&rename).await),
            is_forbidden(&scope.run(&archive).await),
        ];
        assert_eq!(answers, [!may; 3]);
    }
}

#[tokio::test]
async fn days_come_in_pairs_and_within_the_cycle_around() {
    let sample = Sample::new().await;
    let leader = sample.scope(sample.leader).await;
    let year = leader.run(&cycle("2027", Some(("2027-01-01", "2027-12-31")), None)).await.unwrap();
    let q1 = leader.run(&cycle("Q1", Some(("2027-01-01", "2027-03-31")), Some(year.id))).await.unwrap();
    let later = leader.run(&cycle("Later", None, Some(year.id))).await.unwrap();
    assert_eq!(later.starts_on, None, "a backlog may lie in a year");
    let outside = cycle("Q5", Some(("2027-12-01", "2028-01-01")), Some(year.id));
    assert_eq!(told(leader.run(&outside).await), [("parentId".to_owned(), UserErrorCode::Invalid)]);
    let backwards = cycle("Q0", Some(("2027-03-31", "2027-01-01")), None);
    assert_eq!(told(leader.run(&backwards).await), [("endsOn".to_owned(), UserErrorCode::Invalid)]);
    let half = CreateCycle { ends_on: None, ..backwards };
    assert_eq!(told(leader.run(&half).await), [("endsOn".to_owned(), UserErrorCode::Required)]);
    let at_start = [("startsOn".to_owned(), UserErrorCode::Invalid)];
    let shrink = UpdateCycle { starts_on: Some(day("2027-02-01")), ..update(year.id) };
    assert_eq!(told(leader.run(&shrink).await), at_start, "Q1 would stick out");
    let grow = UpdateCycle { ends_on: Some(day("2028-03-31")), ..update(q1.id) };
    assert_eq!(told(leader.run(&grow).await), at_start);
    let ring = UpdateCycle { parent: Some(Some(q1.id)), ..update(year.id) };
    assert_eq!(told(leader.run(&ring).await), [("parentId".to_owned(), UserErrorCode::Invalid)]);
    let dateless = UpdateCycle { starts_on: Some(None), ends_on: Some(None), ..update(q1.id) };
    assert_eq!(leader.run(&dateless).await.unwrap().ends_on, None);
    leader.run(&shrink).await.unwrap();
}

#[tokio::test]
async fn a_cycle_is_not_closed_by_hand() {
    let sample = Sample::new().await;
    let leader = sample.scope(sample.leader).await;
    let closed = CreateCycle { state: CycleState::Closed, ..cycle("Q1", None, None) };
    assert_eq!(told(leader.run(&closed).await), [("state".to_owned(), UserErrorCode::NotNow)]);
    let open = leader.run(&cycle("Q1", None, None)).await.unwrap();
    let close = UpdateCycle { state: Some(CycleState::Closed), ..update(open.id) };
    assert_eq!(told(leader.run(&close).await), [("state".to_owned(), UserErrorCode::NotNow)]);
    let start = UpdateCycle { state: Some(CycleState::Active), ..update(open.id) };
    assert_eq!(leader.run(&start).await.unwrap().state, CycleState::Active);
    let text = "UPDATE cycle SET state = 'CLOSED'";
    sample.installation.rows(text, sample.installation.binds()).await.unwrap();
    let reopen = UpdateCycle { state: Some(CycleState::Active), ..update(open.id) };
    assert_eq!(told(leader.run(&reopen).await), [("id".to_owned(), UserErrorCode::NotNow)]);
    let rename = UpdateCycle { name: Some("First".to_owned()), ..update(open.id) };
    leader.run(&rename).await.unwrap();
}

#[tokio::test]
async fn one_organization_sees_no_cycle_of_another() {
    let sample = Sample::new().await;
    let bolt = sample.neighbour().await;
    let bob = sample.scope(bolt.admin).await;
    let ours = sample.scope(sample.leader).await.run(&cycle("Q1", None, None)).await.unwrap();
    let rename = UpdateCycle { name: Some("X".to_owned()), ..update(ours.id) };
    assert!(matches!(bob.run(&rename).await, Err(DomainError::NotFound)));
    let within = bob.run(&cycle("Q2", None, Some(ours.id))).await;
    assert_eq!(told(within), [("parentId".to_owned(), UserErrorCode::NotFound)]);
}
