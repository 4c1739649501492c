//! Findings of work: references that lead nowhere, projects begun and tasks done without a goal, and what was said
//! of them that has run out.

use serde_json::json;
use support::{TestDatabase, both_databases};

use super::{Stage, evidence, person_id};

both_databases! {
    async fn references_that_lead_nowhere_are_one_finding_a_piece_of_work(database: TestDatabase) {
        const KIND: &str = "UNRESOLVED_TOKEN";
        let stage = Stage::set(database).await;
        stage.goals(1).await;
        let known = stage.make("taskCreate", json!({ "title": "Weld [KR-1]" }), "task").await;
        assert_eq!(stage.state(KIND, &known).await, "NONE");
        let task = stage.make("taskCreate", json!({ "title": "Weld [KR-98] [KR-99]" }), "task").await;
        let found = stage.open(KIND, &task).await;
        let seen = evidence(&found);
        assert_eq!(seen["tokenCount"], 2);
        assert_eq!((&seen["tokens"][1]["code"], &seen["tokens"][1]["field"]), (&json!("KR-99"), &json!("NAME")));
        stage.follow(&found).await;
        let found = stage.open(KIND, &task).await;
        assert_eq!(evidence(&found)["tokenCount"], 1, "one of them is settled");
        stage.follow(&found).await;
        stage.resolved(KIND, &task).await;
        let back = json!({ "id": evidence(&found)["tokens"][0]["id"], "dismissed": false });
        stage.change("unresolvedTokenDismiss", back).await;
        stage.reopened(KIND, &found).await;
        stage.change("taskUpdate", json!({ "id": task, "title": "Weld" })).await;
        stage.resolved(KIND, &task).await;
        stage.server.stop().await;
    }

    async fn a_project_that_started_unaligned_is_found_as_the_gate_wants(database: TestDatabase) {
        const KIND: &str = "PROJECT_STARTED_UNALIGNED";
        let stage = Stage::set(database).await;
        let owner = person_id(&stage.world.a.individual);
        let project = stage.make("projectCreate", json!({ "title": "Rocket", "ownerId": owner }), "project").await;
        assert_eq!(stage.state(KIND, &project).await, "NONE", "it is planned");
        stage.change("projectUpdate", json!({ "id": project, "state": "IN_PROGRESS" })).await;
        let found = stage.open(KIND, &project).await;
        assert_eq!((&found["severity"], &found["owner"]["id"]), (&json!("WARNING"), &json!(owner)));
        let waiver = json!({ "projectId": project, "reason": "The fair", "until": stage.ahead(2) });
        stage.change("gateWaive", waiver).await;
        stage.resolved(KIND, &project).await;
        stage.pass_days(2).await;
        stage.reopened(KIND, &found).await;
        let gate = async |gate: &str| stage.change("organizationUpdate", json!({ "settings": { "gate": gate } })).await;
        gate("OFF").await;
        stage.resolved(KIND, &project).await;
        gate("BLOCK").await;
        stage.reopened(KIND, &found).await;
        let found = stage.open(KIND, &project).await;
        assert_eq!(found["severity"], "CRITICAL");
        stage.follow(&found).await;
        stage.resolved(KIND, &project).await;
        stage.server.stop().await;
    }

    async fn a_task_in_progress_without_a_goal_is_found(database: TestDatabase) {
        const KIND: &str = "WORK_WITHOUT_GOAL";
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let goals = stage.goals(1).await;
        let project = json!({ "title": "Rocket", "ownerId": person_id(&company.manager) });
        let project = stage.make("projectCreate", project, "project").await;
        let task = stage.make("taskCreate", json!({ "title": "Weld", "projectIds": [project] }), "task").await;
        assert_eq!(stage.state(KIND, &task).await, "NONE", "it is not begun");
        let status = async |status: &str| stage.change("taskUpdate", json!({ "id": task, "status": status })).await;
        status("IN_PROGRESS").await;
        let found = stage.open(KIND, &task).await;
        assert_eq!(found["owner"]["id"], person_id(&company.manager), "nobody is assigned");
        assert_eq!(evidence(&found)["projectId"], project);
        let assigned = json!({ "id": task, "assigneeIds": [person_id(&company.individual)] });
        stage.change("taskUpdate", assigned).await;
        assert_eq!(stage.open(KIND, &task).await["owner"]["id"], person_id(&company.individual));
        // What its project serves, it serves.
        let link = json!({ "projectId": project, "keyResultId": goals[0] });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.resolved(KIND, &task).await;
        stage.change("taskUpdate", json!({ "id": task, "optedOut": true })).await;
        stage.reopened(KIND, &found).await;
        assert_eq!(evidence(&stage.open(KIND, &task).await)["optedOut"], true);
        stage.change("taskUpdate", json!({ "id": task, "optedOut": false })).await;
        stage.resolved(KIND, &task).await;
        stage.change("alignmentLinkRetire", json!({ "id": link })).await;
        stage.reopened(KIND, &found).await;
        // A task with parts is none that is done itself.
        let part = json!({ "title": "Part", "parentId": task });
        let part = stage.make("taskCreate", part, "task").await;
        stage.resolved(KIND, &task).await;
        stage.change("taskArchive", json!({ "id": part })).await;
        stage.reopened(KIND, &found).await;
        stage.follow(&stage.open(KIND, &task).await).await;
        stage.resolved(KIND, &task).await;
        stage.server.stop().await;
    }

    async fn a_class_alone_answers_for_no_work(database: TestDatabase) {
        const KIND: &str = "WORK_WITHOUT_GOAL";
        let stage = Stage::set(database).await;
        let project = json!({ "title": "Upkeep", "workClass": "MAINTENANCE" });
        let project = stage.make("projectCreate", project, "project").await;
        let part = json!({ "title": "Sweep", "status": "IN_PROGRESS", "projectIds": [project] });
        let part = stage.make("taskCreate", part, "task").await;
        let task = stage.make("taskCreate", json!({ "title": "Quench", "status": "IN_PROGRESS" }), "task").await;
        stage.change("taskUpdate", json!({ "id": task, "workClass": "MAINTENANCE" })).await;
        // Nobody gave a reason, so it is asked for.
        stage.follow(&stage.open(KIND, &task).await).await;
        stage.resolved(KIND, &task).await;
        stage.open(KIND, &part).await;
        let said = json!({ "projectId": project, "workClass": "MAINTENANCE", "reason": "Dust" });
        stage.change("workAcknowledge", said).await;
        stage.resolved(KIND, &part).await;
        stage.server.stop().await;
    }

    async fn a_goal_that_is_over_answers_for_no_work(database: TestDatabase) {
        const KIND: &str = "WORK_WITHOUT_GOAL";
        let stage = Stage::set(database).await;
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let project = stage.make("projectCreate", json!({ "title": "Rocket" }), "project").await;
        stage.change("alignmentLinkCreate", json!({ "projectId": project, "objectiveId": goal })).await;
        let mut tasks = Vec::new();
        for (title, places) in [("Inherits", json!([project])), ("Linked", json!([])), ("Said", json!([]))] {
            let task = json!({ "title": title, "status": "IN_PROGRESS", "projectIds": places });
            tasks.push(stage.make("taskCreate", task, "task").await);
        }
        for task in &tasks[1..] {
            stage.change("alignmentLinkCreate", json!({ "taskId": task, "objectiveId": goal })).await;
        }
        let said = json!({ "taskId": tasks[2], "workClass": "EMERGENCY", "reason": "It burns", "until": stage.ahead(2) });
        stage.change("workAcknowledge", said).await;
        for task in &tasks {
            assert_ne!(stage.state(KIND, task).await, "OPEN", "it serves a goal");
        }
        stage.change("objectiveArchive", json!({ "id": goal })).await;
        for task in &tasks[..2] {
            stage.open(KIND, task).await;
        }
        assert_ne!(stage.state(KIND, &tasks[2]).await, "OPEN", "it is acknowledged");
        stage.pass_days(2).await;
        stage.open(KIND, &tasks[2]).await;
        stage.open("ACKNOWLEDGEMENT_EXPIRED", &tasks[2]).await;
        stage.change("objectiveUnarchive", json!({ "id": goal })).await;
        for task in &tasks {
            stage.resolved(KIND, task).await;
        }
        stage.resolved("ACKNOWLEDGEMENT_EXPIRED", &tasks[2]).await;
        stage.server.stop().await;
    }

    async fn what_was_asked_of_who_left_is_asked_of_who_is_still_there(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let (gone, manager) = (json!(person_id(&company.individual)), json!(person_id(&company.manager)));
        let home = json!({ "title": "Rocket", "ownerId": manager });
        let home = stage.make("projectCreate", home, "project").await;
        let task = json!({ "title": "Weld", "status": "IN_PROGRESS", "projectIds": [home], "assigneeIds": [gone] });
        let task = stage.make("taskCreate", task, "task").await;
        // A project that nobody else answers for, of whose goal they are to be told.
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let project = json!({ "title": "Glider", "ownerId": gone });
        let project = stage.make("projectCreate", project, "project").await;
        let link = json!({ "projectId": project, "objectiveId": goal });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.change("objectiveUpdate", json!({ "id": goal, "state": "CANCELLED" })).await;
        let owners = async || {
            let (work, review) = (stage.open("WORK_WITHOUT_GOAL", &task).await, stage.open("LINK_REVIEW", &link).await);
            [work, review].map(|found| found["owner"]["id"].clone())
        };
        assert_eq!(owners().await, [gone.clone(), gone.clone()]);
        stage.change_by(&company.admin, "personDeactivate", json!({ "id": gone })).await;
        assert_eq!(owners().await, [manager, json!(null)]);
        stage.change_by(&company.admin, "personReactivate", json!({ "id": gone })).await;
        assert_eq!(owners().await, [gone.clone(), gone]);
        stage.server.stop().await;
    }

    async fn what_was_said_of_work_runs_out(database: TestDatabase) {
        const KIND: &str = "ACKNOWLEDGEMENT_EXPIRED";
        let stage = Stage::set(database).await;
        let owner = person_id(&stage.world.a.individual);
        let task = json!({ "title": "Quench", "status": "IN_PROGRESS", "assigneeIds": [owner] });
        let task = stage.make("taskCreate", task, "task").await;
        let done = stage.make("taskCreate", json!({ "title": "Done", "status": "DONE" }), "task").await;
        for task in [&task, &done] {
            let said = json!({ "taskId": task, "workClass": "EMERGENCY", "reason": "It burns", "until": stage.ahead(3) });
            stage.change("workAcknowledge", said).await;
        }
        stage.pass_days(2).await;
        assert_eq!(stage.state(KIND, &task).await, "NONE");
        stage.pass_days(1).await;
        let found = stage.open(KIND, &task).await;
        assert_eq!((&found["severity"], &found["owner"]["id"]), (&json!("CRITICAL"), &json!(owner)));
        assert_eq!(evidence(&found)["workClass"], "EMERGENCY");
        assert_eq!(stage.state(KIND, &done).await, "NONE", "it is over");
        assert_eq!(stage.state("WORK_WITHOUT_GOAL", &task).await, "OPEN");
        stage.follow(&found).await;
        stage.resolved(KIND, &task).await;
        assert_eq!(stage.state("WORK_WITHOUT_GOAL", &task).await, "RESOLVED");
        // As long as an emergency may last, and no longer.
        stage.pass_days(14).await;
        stage.reopened(KIND, &found).await;
        stage.change("taskUpdate", json!({ "id": task, "status": "DONE" })).await;
        stage.resolved(KIND, &task).await;
        stage.server.stop().await;
    }

    async fn an_opportunity_is_evaluated_in_time_or_found(database: TestDatabase) {
        const KIND: &str = "ACKNOWLEDGEMENT_EXPIRED";
        let stage = Stage::set(database).await;
        let project = stage.make("projectCreate", json!({ "title": "A fair" }), "project").await;
        let said = json!({ "projectId": project, "workClass": "OPPORTUNITY", "reason": "A chance" });
        stage.change("workAcknowledge", said).await;
        stage.pass_days(13).await;
        assert_eq!(stage.state(KIND, &project).await, "NONE");
        stage.pass_days(1).await;
        let found = stage.open(KIND, &project).await;
        assert_eq!(found["owner"]["id"], person_id(stage.leader()), "who said so");
        assert!(evidence(&found)["evaluationDueAt"].is_string());
        stage.follow(&found).await;
        stage.resolved(KIND, &project).await;
        stage.server.stop().await;
    }
}
