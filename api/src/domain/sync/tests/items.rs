//! Projects, tasks, their parts and parents.

use chrono::NaiveDate;
use entity::{
    EstimateUnit, EventKind, Instant, TaskStatus, Visibility, status_interval, task_label, time_entry,
};

use super::company::{Company, batch, person, project, task};
use crate::domain::{
    access::viewer::Actor,
    error::DomainError,
    sync::{
        external::{ExternalInterval, ExternalTimeEntry, ParentRef},
        merge::{Merge, MergeOptions},
        summary::ItemCounts,
    },
};

fn counts(created: usize, updated: usize, unchanged: usize) -> ItemCounts {
    ItemCounts { created, updated, unchanged, ..ItemCounts::default() }
}

/// A batch with something of everything.
fn rich() -> crate::domain::sync::external::ExternalBatch {
    let mut one = task("1", TaskStatus::Done);
    one.labels = vec!["red".to_owned(), "blue [KR-1]".to_owned(), "red".to_owned()];
    one.assignees = vec!["u1".to_owned(), "u2".to_owned()];
    one.status_intervals = vec![
        ExternalInterval {
            status: TaskStatus::InProgress,
            provider_status: Some("Doing".to_owned()),
            from: Instant(10),
            to: Some(Instant(20)),
        },
        ExternalInterval { status: TaskStatus::Done, provider_status: None, from: Instant(20), to: None },
    ];
    one.completed_at = Some(Instant(20));
    one.logged_seconds = Some(3600);
    one.time_entries = vec![ExternalTimeEntry {
        external_id: "w1".to_owned(),
        person: Some("u1".to_owned()),
        day: NaiveDate::from_ymd_opt(2024, 2, 29).unwrap(),
        seconds: 3600,
    }];
    one.estimate = Some((3.0, EstimateUnit::Points));
    one.due_on = NaiveDate::from_ymd_opt(2024, 3, 1);
    let mut two = task("2", TaskStatus::Todo);
    two.title = "Look into KR-77".to_owned();
    two.parent = Some(ParentRef::Key("DAEMON-3".to_owned()));
    let three = task("3", TaskStatus::InProgress);
    let mut four = task("4", TaskStatus::Backlog);
    four.parent = Some(ParentRef::Id("not here".to_owned()));
    four.description = Some("nul\0 inside".to_owned());
    let mut batch = batch(vec![one, two, three, four]);
    batch.people = vec![person("u1", "Ann", Some("ann@acme.TEST")), person("u2", "Ann Ash", None)];
    batch
}

#[tokio::test]
async fn a_second_merge_of_the_same_batch_changes_nothing() {
    for company in Company::on_each_database().await {
        let summary = company.merge(&rich()).await;
        assert!(summary.first);
        assert_eq!(summary.name, "Jira: acme.atlassian.net");
        assert_eq!(summary.task_counts, counts(4, 0, 0));
        assert_eq!(summary.project_counts, counts(1, 0, 0));
        let before = company.dump().await;
        company.time.advance_seconds(86_400 * 2);
        let summary = company.merge(&rich()).await;
        assert_eq!(summary.task_counts, counts(0, 0, 4));
        assert_eq!(summary.project_counts, counts(0, 0, 1));
        assert_eq!(company.dump().await, before);
        // The tool has answered just now all the same: what came from it is fresh.
        assert_eq!(company.last_good_sync().await, Some(company.installation.clock().now()));
        assert!(!summary.first);
        assert_eq!(summary.projects.len(), 1);
    }
}

#[tokio::test]
async fn the_first_sync_is_one_event_and_later_changes_are_one_each() {
    for company in Company::on_each_database().await {
        let mut batch = rich();
        company.merge(&batch).await;
        let imported = |kind| move |event: &&entity::event::Model| event.kind == kind;
        let events = company.events().await;
        assert_eq!(events.iter().filter(imported(EventKind::Imported)).count(), 1);
        let others = events.iter().filter(|event| event.kind != EventKind::Imported);
        assert!(others.clone().all(|event| event.kind == EventKind::ProgressChanged), "{:?}", events);
        let known = events.len();
        for task in &mut batch.tasks {
            task.due_on = NaiveDate::from_ymd_opt(2025, 1, 1);
        }
        company.merge(&batch).await;
        let events = company.events().await.split_off(known);
        assert_eq!(events.len(), 4, "{events:?}");
        assert!(events.iter().all(|event| event.kind == EventKind::Updated));
        assert!(events.iter().all(|event| event.batch_id == events[0].batch_id));
        assert!(events.iter().all(|event| event.current.contains("2025-01-01")));
        assert!(events.iter().all(|event| !event.current.contains("logged")), "hours are not for all");
    }
}

#[tokio::test]
async fn what_changed_is_written_and_what_is_ours_stays() {
    for company in Company::on_each_database().await {
        let mut batch = rich();
        company.merge(&batch).await;
        let ours = "UPDATE task SET opted_out = TRUE, inherits_links = FALSE, work_class = 'MAINTENANCE'";
        company.execute(ours, company.installation.binds()).await;
        batch.tasks[0].title = "Renamed".to_owned();
        batch.tasks[0].labels = vec!["green".to_owned(), "red".to_owned()];
        batch.tasks[0].assignees = vec!["u2".to_owned()];
        batch.tasks[0].time_entries[0].seconds = 7200;
        batch.tasks[0].logged_seconds = Some(7200);
        batch.tasks[2].status = TaskStatus::Done;
        batch.tasks[2].updated_at = Some(Instant(1_699_500_000_000_000));
        let summary = company.merge(&batch).await;
        assert_eq!(summary.task_counts, counts(0, 2, 2));
        let one = company.task("1").await;
        assert_eq!((one.title.as_str(), one.title_folded.as_str(), one.version), ("Renamed", "renamed", 2));
        assert_eq!(one.assignee_id, None, "the one who is known is no longer the first");
        assert!(one.opted_out && one.work_class.is_some());
        let mut labels: Vec<String> = company
            .all::<task_label::Entity>("task_label")
            .await
            .into_iter()
            .map(|label| label.name)
            .collect();
        labels.sort();
        assert_eq!(labels, ["green", "red"]);
        let entries = company.all::<time_entry::Entity>("time_entry").await;
        assert_eq!((entries.len(), entries[0].seconds, entries[0].version), (1, 7200, 2));
        let three = company.task("3").await;
        assert_eq!(three.completed_at, Some(Instant(1_699_500_000_000_000)));
        let spans = company.all::<status_interval::Entity>("status_interval").await;
        let of_three: Vec<_> = spans.iter().filter(|span| span.task_id == three.id).collect();
        assert_eq!(of_three.len(), 2);
        assert!(of_three.iter().any(|span| span.status == TaskStatus::InProgress
            && span.to_at == Some(Instant(1_699_500_000_000_000))));
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
    }
}

#[tokio::test]
async fn archived_items_come_back_as_the_same_rows() {
    for company in Company::on_each_database().await {
        let mut batch = batch(vec![task("1", TaskStatus::Done), task("2", TaskStatus::Todo)]);
        company.merge(&batch).await;
        let project = || async { company.all::<entity::project::Entity>("project").await.remove(0) };
        assert_eq!((project().await.progress, project().await.counted_leaves), (Some(0.5), 2));
        let id = company.task("2").await.id;
        batch.tasks[1].archived = true;
        let summary = company.merge(&batch).await;
        assert_eq!(summary.task_counts, ItemCounts { archived: 1, ..counts(0, 1, 1) });
        assert_eq!(company.task("2").await.archived_at, batch.tasks[1].updated_at);
        assert_eq!(project().await.progress, Some(1.0));
        // Missing is not gone.
        let mut half = batch.clone();
        half.tasks.truncate(1);
        half.projects.clear();
        assert_eq!(company.merge(&half).await.task_counts, counts(0, 0, 1));
        batch.tasks[1].archived = false;
        let summary = company.merge(&batch).await;
        assert_eq!(summary.task_counts, ItemCounts { unarchived: 1, ..counts(0, 1, 1) });
        let back = company.task("2").await;
        assert_eq!((back.id, back.archived_at), (id, None));
        assert_eq!(project().await.progress, Some(0.5));
        batch.projects[0].archived = true;
        assert_eq!(company.merge(&batch).await.project_counts.archived, 1);
        assert_eq!(project().await.progress, None);
    }
}

#[tokio::test]
async fn a_parent_that_comes_later_is_tied_once() {
    for company in Company::on_each_database().await {
        let mut by_id = task("1", TaskStatus::Done);
        by_id.parent = Some(ParentRef::Id("9".to_owned()));
        let mut by_key = task("2", TaskStatus::Todo);
        by_key.parent = Some(ParentRef::Key("DAEMON-9".to_owned()));
        let children = batch(vec![by_id, by_key]);
        company.merge(&children).await;
        assert!(company.tasks().await.iter().all(|task| task.parent_id.is_none()));
        let parent = batch(vec![task("9", TaskStatus::InProgress)]);
        let summary = company.merge(&parent).await;
        assert_eq!(summary.task_counts, counts(1, 2, 0));
        let nine = company.task("9").await;
        assert_eq!(nine.child_count, 2);
        assert!(
            company.tasks().await[..2]
                .iter()
                .all(|task| task.parent_id == Some(nine.id) && task.version == 2)
        );
        let project = company.all::<entity::project::Entity>("project").await.remove(0);
        assert_eq!((project.counted_leaves, project.progress), (2, Some(0.5)), "a parent is no leaf");
        let before = company.dump().await;
        company.merge(&children).await;
        company.merge(&parent).await;
        assert_eq!(company.dump().await, before);
        // Archived children do not count.
        let mut children = children;
        children.tasks[1].archived = true;
        company.merge(&children).await;
        assert_eq!(company.task("9").await.child_count, 1);
        // Leaving the parent makes it a leaf again.
        children.tasks[0].parent = None;
        company.merge(&children).await;
        assert_eq!(company.task("9").await.child_count, 0);
        let project = company.all::<entity::project::Entity>("project").await.remove(0);
        assert_eq!(project.counted_leaves, 2);
    }
}

#[tokio::test]
async fn a_ring_of_parents_is_cut_and_told() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Todo);
        one.parent = Some(ParentRef::Id("2".to_owned()));
        let mut two = task("2", TaskStatus::Todo);
        two.parent = Some(ParentRef::Id("1".to_owned()));
        let ring = batch(vec![one, two]);
        let summary = company.merge(&ring).await;
        assert_eq!(summary.skipped.len(), 1);
        assert_eq!(summary.skipped[0].external_id, "DAEMON-1");
        assert_eq!(company.task("1").await.parent_id, None);
        assert_eq!(company.task("2").await.parent_id, Some(company.task("1").await.id));
        let before = company.dump().await;
        company.merge(&ring).await;
        assert_eq!(company.dump().await, before);
    }
}

#[tokio::test]
async fn a_task_of_several_projects_counts_in_each_and_moves() {
    for company in Company::on_each_database().await {
        let mut both = task("1", TaskStatus::Done);
        both.projects = vec!["P".to_owned(), "Q".to_owned()];
        let mut batch = batch(vec![both]);
        batch.projects.push(project("Q"));
        let options = MergeOptions { team: Some(company.team), ..MergeOptions::default() };
        company.merge_with(&batch, options).await;
        let projects = company.all::<entity::project::Entity>("project").await;
        assert!(projects.iter().all(|project| project.progress == Some(1.0)));
        assert!(projects.iter().all(|project| project.visibility == Visibility::Team));
        assert_eq!(company.task("1").await.team_id, Some(company.team));
        // The second becomes the primary one, then the first is left.
        batch.tasks[0].projects.reverse();
        company.merge(&batch).await;
        let q = projects.iter().find(|project| project.external_id.as_deref() == Some("Q")).unwrap().id;
        assert_eq!(company.task("1").await.project_id, Some(q));
        batch.tasks[0].projects.pop();
        company.merge(&batch).await;
        let projects = company.all::<entity::project::Entity>("project").await;
        let leaves: Vec<i64> = projects.iter().map(|project| project.counted_leaves).collect();
        assert_eq!(leaves.iter().sum::<i64>(), 1);
        assert_eq!(company.all::<entity::task_project::Entity>("task_project").await.len(), 1);
    }
}

#[tokio::test]
async fn a_task_without_its_project_is_placed_when_it_comes() {
    for company in Company::on_each_database().await {
        let mut batch = batch(vec![task("1", TaskStatus::Done)]);
        let projects = std::mem::take(&mut batch.projects);
        let summary = company.merge(&batch).await;
        assert_eq!(summary.skipped.len(), 1);
        assert_eq!(company.task("1").await.project_id, None);
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
        batch.projects = projects;
        company.merge(&batch).await;
        assert!(company.task("1").await.project_id.is_some());
    }
}

#[tokio::test]
async fn only_admins_import_and_never_too_much() {
    for company in Company::on_each_database().await {
        let bob = company.installation.clock().new_id();
        company.add_person(bob, "Bob", "bob@acme.test", entity::Role::Manager).await;
        let merge = Merge { batch: batch(Vec::new()), options: MergeOptions::default() };
        let scope = company.installation.scope_of_person(bob).await.unwrap();
        assert!(matches!(scope.run(&merge).await, Err(DomainError::Forbidden(_))));
        let scope = company.installation.scope_of_person(company.ann).await.unwrap();
        scope.run(&merge).await.unwrap();
        let mut large = merge.clone();
        large.batch.tasks = vec![task("1", TaskStatus::Todo); crate::domain::sync::merge::ITEMS_AT_MOST];
        assert!(matches!(scope.run(&large).await, Err(DomainError::User(_))));
        let stranger = company.installation.clock().new_id();
        let reason = "tests of the merge";
        let scope = company
            .installation
            .system(company.organization, Actor::Integration(stranger), reason)
            .await
            .unwrap();
        assert!(
            matches!(scope.run(&merge).await, Err(DomainError::Forbidden(_))),
            "another integration's items"
        );
    }
}

#[tokio::test]
async fn two_merges_at_once_give_one_of_each() {
    for company in Company::on_each_database().await {
        let batch = rich();
        let (one, two) = tokio::join!(company.merge(&batch), company.merge(&batch));
        assert_eq!(one.task_counts.created + two.task_counts.created, 4);
        assert_eq!(company.tasks().await.len(), 4);
        assert_eq!(company.all::<entity::integration::Entity>("integration").await.len(), 1);
    }
}

#[tokio::test]
async fn many_items_cost_as_many_statements_as_few() {
    for company in Company::on_each_database().await {
        let tasks = |from: usize, to: usize, title: &str| {
            let tasks = (from..to).map(|number| {
                let mut task = task(&number.to_string(), TaskStatus::Todo);
                task.title = format!("{title} KR-1 KR-{}", number + 1000);
                task.labels = vec![title.to_owned()];
                task.assignees = vec![format!("u{number}")];
                task.parent = (number > from).then(|| ParentRef::Id(from.to_string()));
                task
            });
            batch(tasks.collect())
        };
        let mut cost = Vec::new();
        for (from, to) in [(0, 1), (10, 15), (100, 300)] {
            company.merge(&tasks(from, to, "first")).await;
            company.log.lock().unwrap().clear();
            company.merge(&tasks(from, to, "second")).await;
            let changed = company.log.lock().unwrap().len();
            company.log.lock().unwrap().clear();
            company.merge(&tasks(from, to, "second")).await;
            cost.push((changed, company.log.lock().unwrap().len()));
        }
        assert_eq!(cost[1], cost[2], "{cost:?}");
        assert!(cost[2].0 < 70 && cost[2].1 < 20, "{cost:?}");
    }
}
