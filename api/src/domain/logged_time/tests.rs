use entity::TaskStatus;
use sea_orm::Value;
use uuid::Uuid;

use crate::domain::{
    task_change::UpdateTask,
    work_tests::world::{World, put},
};

/// Who is assigned, how much the tool tells, who logged how much, and who sees the sum.
struct Case {
    assigned: &'static str,
    told: i64,
    logged: &'static [(&'static str, i64)],
    seen_by: &'static [&'static str],
}

const CASES: [Case; 7] = [
    Case { assigned: "ina", told: 100, logged: &[("ina", 100)], seen_by: &["ina", "max", "lea"] },
    // Hours of a former assignee are not the new one's to see.
    Case { assigned: "ina", told: 100, logged: &[("cem", 100)], seen_by: &["lea"] },
    Case { assigned: "ina", told: 100, logged: &[("ina", 60), ("cem", 40)], seen_by: &["lea"] },
    // Nobody known logged a part of it.
    Case { assigned: "ina", told: 100, logged: &[("ina", 60), ("", 40)], seen_by: &["lea"] },
    Case { assigned: "ina", told: 100, logged: &[("ina", 60)], seen_by: &["lea"] },
    // The tool tells no more than the sum.
    Case { assigned: "ina", told: 100, logged: &[], seen_by: &["ina", "max", "lea"] },
    Case { assigned: "cem", told: 100, logged: &[("cem", 100)], seen_by: &["cem", "lea"] },
];

#[tokio::test]
async fn hours_show_to_who_may_see_all_of_them() {
    let world = World::new().await;
    let project = world.project().await;
    let people = [
        ("lea", &world.leader),
        ("max", &world.manager),
        ("ina", &world.individual),
        ("cem", &world.colleague),
    ];
    let id_of = |name: &str| -> Option<Uuid> {
        people.iter().find(|(of, _)| *of == name).map(|(_, scope)| scope.viewer().person_id)
    };
    for (at, case) in CASES.iter().enumerate() {
        let task = world.task(project, TaskStatus::InProgress).await;
        let assign = UpdateTask {
            id: task,
            assignees: Some(id_of(case.assigned).into_iter().collect()),
            ..Default::default()
        };
        world.leader.run(&assign).await.unwrap();
        world
            .set("UPDATE task SET logged_seconds = ? WHERE id = ?", vec![case.told.into(), task.into()])
            .await;
        for (name, seconds) in case.logged {
            let cells: Vec<(&str, Value)> = vec![
                ("id", world.clock.new_id().into()),
                ("organization_id", world.organization.into()),
                ("task_id", task.into()),
                ("person_id", id_of(name).into()),
                ("day", "2027-01-10".into()),
                ("seconds", (*seconds).into()),
                ("created_at", world.clock.now().0.into()),
                ("updated_at", world.clock.now().0.into()),
            ];
            put(&world.installation, "time_entry", cells).await;
        }
        for (name, scope) in people {
            let seen = scope.tasks_whose_time_is_seen(&[task]).await.unwrap();
            assert_eq!(seen == [task], case.seen_by.contains(&name), "case {at}, {name}");
        }
    }
}
