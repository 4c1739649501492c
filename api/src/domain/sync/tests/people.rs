//! Who is who.

use entity::{PersonMatch, Role, TaskStatus, external_person, task_assignee};

use super::company::{Company, batch, person, task};

#[tokio::test]
async fn an_email_matches_whatever_its_case_and_a_name_is_only_suggested() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Todo);
        one.assignees = vec!["u1".to_owned(), "u2".to_owned(), "u3".to_owned()];
        let mut batch = batch(vec![one]);
        batch.people = vec![person("u1", "A.", Some(" ann@acme.TEST ")), person("u2", "ANN ASH", None)];
        let summary = company.merge(&batch).await;
        assert_eq!(summary.people_matched, 1);
        let unmatched: Vec<_> = summary
            .people_unmatched
            .iter()
            .map(|person| (person.external_id.as_str(), person.suggestions.len()))
            .collect();
        assert_eq!(unmatched, [("u2", 1), ("u3", 0)]);
        assert_eq!(summary.people_unmatched[0].suggestions[0].id, company.ann);
        assert_eq!(company.task("1").await.assignee_id, Some(company.ann));
        let rows = company.all::<task_assignee::Entity>("task_assignee").await;
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().all(|row| row.external_person_id.is_some()));
        let primary = rows.iter().find(|row| row.is_primary).unwrap();
        assert_eq!((primary.person_id, primary.position), (Some(company.ann), 0));
    }
}

#[tokio::test]
async fn who_is_invited_or_mapped_later_is_assigned_then_though_no_item_changed() {
    for company in Company::on_each_database().await {
        let mut one = task("1", TaskStatus::Todo);
        one.assignees = vec!["u2".to_owned(), "u3".to_owned()];
        let mut batch = batch(vec![one]);
        batch.people = vec![person("u2", "Bob", Some("bob@acme.test")), person("u3", "B.", None)];
        company.merge(&batch).await;
        assert_eq!(company.task("1").await.assignee_id, None);
        let events = company.events().await.len();
        let bob = company.installation.clock().new_id();
        company.add_person(bob, "Bob", "Bob@acme.test", Role::Individual).await;
        let summary = company.merge(&batch).await;
        assert_eq!((summary.task_counts.updated, summary.task_counts.unchanged), (1, 0));
        let one = company.task("1").await;
        assert_eq!((one.assignee_id, one.version), (Some(bob), 2));
        assert_eq!(company.events().await.len(), events + 1);
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);

        // Mapped by hand to somebody who stands on the task already: one person, one place.
        let mut binds = company.installation.binds();
        let person = binds.push(bob);
        company
            .execute(
                &format!("UPDATE external_person SET person_id = {person}, matched_by = 'MAPPING' WHERE external_id = 'u3'"),
                binds,
            )
            .await;
        company.merge(&batch).await;
        let rows = company.all::<task_assignee::Entity>("task_assignee").await;
        assert_eq!(rows.iter().filter(|row| row.person_id == Some(bob)).count(), 1);
        let known = company.all::<external_person::Entity>("external_person").await;
        assert!(known.iter().any(|person| person.matched_by == Some(PersonMatch::Mapping)));
        let before = company.dump().await;
        company.merge(&batch).await;
        assert_eq!(company.dump().await, before);
    }
}

#[tokio::test]
async fn somebody_who_left_is_not_matched() {
    for company in Company::on_each_database().await {
        company.execute("UPDATE person SET deactivated_at = 1", company.installation.binds()).await;
        let mut batch = batch(Vec::new());
        batch.people = vec![person("u1", "A.", Some("ann@acme.test"))];
        assert_eq!(company.merge(&batch).await.people_matched, 0);
    }
}
