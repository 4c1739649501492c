//! Where events belong: to their objective, those above it, its team and cycle, and its people.

use entity::{EventKind, SubjectKind, Visibility};
use uuid::Uuid;

use super::{next, start};
use crate::domain::{
    access::Viewer,
    check_in::MakeCheckIn,
    live::{Live, LiveEvent, StreamFilter},
    task_create::CreateTask,
    trial::Trial,
};

fn of(
    events: &[std::sync::Arc<LiveEvent>],
    filter: StreamFilter,
    viewer: &Viewer,
) -> Vec<(SubjectKind, EventKind)> {
    let fitting = events.iter().filter(|event| filter.fits(event, viewer));
    fitting.map(|event| (event.written.subject.0, event.written.kind)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_an_objective_belongs_to_it() {
    let trial = Trial::new().await;
    let above = trial.objective("Above", None).await.id;
    let objective = trial.objective("Grow", Some(above)).await.id;
    let other = trial.objective("Other", None).await.id;
    let key_result = trial.key_result(objective).await.id;
    let project = trial.work(key_result, 0.0, Visibility::Organization).await;
    let live = Live::open(trial.installation.clone()).await.unwrap();
    let mut stream = live.follow(trial.organization, None).await.unwrap().unwrap();
    let running = start(&live);
    let scope = trial.scope(trial.leader).await;
    let task = CreateTask {
        id: None,
        title: "Weld".to_owned(),
        description: None,
        status: entity::TaskStatus::Todo,
        parent: None,
        projects: vec![project],
        assignees: vec![trial.individual],
        labels: Vec::new(),
        due_on: None,
        estimate: None,
        opted_out: false,
        work_class: None,
    };
    scope.run(&task).await.unwrap();
    let check_in = MakeCheckIn {
        id: None,
        key_result,
        at: None,
        value: "50".parse().ok(),
        confidence: None,
        health: None,
        note: None,
    };
    scope.run(&check_in).await.unwrap();
    let mut events = Vec::new();
    // The check-in is told last, after the numbers that it led to.
    while events
        .last()
        .is_none_or(|event: &std::sync::Arc<LiveEvent>| event.written.kind != EventKind::CheckedIn)
    {
        events.push(next(&mut stream).await);
    }
    running.stop().await;

    let all = of(&events, StreamFilter::default(), scope.viewer());
    let told = |kind| all.iter().filter(|(subject, _)| *subject == kind).count();
    assert_eq!(all.len(), events.len());
    assert!(told(SubjectKind::Task) == 1 && told(SubjectKind::CheckIn) == 1, "{all:?}");
    assert!(told(SubjectKind::KeyResult) > 0 && told(SubjectKind::Objective) > 0, "{all:?}");

    let about = |objective: Uuid, include_descendants| StreamFilter {
        objective: Some(objective),
        include_descendants,
        ..StreamFilter::default()
    };
    assert_eq!(of(&events, about(objective, false), scope.viewer()), all);
    assert_eq!(of(&events, about(above, true), scope.viewer()), all);
    assert!(of(&events, about(above, false), scope.viewer()).is_empty());
    assert!(of(&events, about(other, true), scope.viewer()).is_empty());
    let cycle = StreamFilter { cycle: Some(trial.cycle), ..StreamFilter::default() };
    assert_eq!(of(&events, cycle, scope.viewer()), all);
    let person = StreamFilter { person: Some(trial.individual), ..StreamFilter::default() };
    let theirs = of(&events, person, scope.viewer());
    assert!(theirs.contains(&(SubjectKind::Task, EventKind::Created)), "{theirs:?}");
    assert!(theirs.contains(&(SubjectKind::KeyResult, EventKind::ProgressChanged)), "{theirs:?}");
    assert!(!theirs.iter().any(|(kind, _)| *kind == SubjectKind::Objective), "{theirs:?}");
    let team = StreamFilter { team: Some(Uuid::from_u128(5)), ..StreamFilter::default() };
    assert!(of(&events, team, scope.viewer()).is_empty());

    // Whoever does not see a goal hears of the task, and not under which goal it hangs.
    trial.change_all("UPDATE objective SET visibility = 'PRIVATE'").await;
    let live = Live::open(trial.installation.clone()).await.unwrap();
    let mut stream = live.follow(trial.organization, None).await.unwrap().unwrap();
    let running = start(&live);
    scope.run(&CreateTask { title: "Paint".to_owned(), ..task }).await.unwrap();
    let made = [next(&mut stream).await];
    running.stop().await;
    let theirs = trial.scope(trial.individual).await;
    let told = [(SubjectKind::Task, EventKind::Created)];
    for filter in [about(objective, false), about(above, true), cycle] {
        assert_eq!(of(&made, filter, scope.viewer()), told);
        assert!(of(&made, filter, theirs.viewer()).is_empty(), "{filter:?}");
    }
    assert_eq!(of(&made, StreamFilter::default(), theirs.viewer()), told);
}
