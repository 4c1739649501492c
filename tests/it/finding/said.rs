//! What people say about findings, and who may.

use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, evidence, person_id, team_id};

const KIND: &str = "WORK_WITHOUT_GOAL";

/// A task in progress of the individual in a project of the build team, with its finding.
async fn found(stage: &Stage) -> (Value, Value) {
    let company = &stage.world.a;
    let project = json!({ "title": "Rocket", "teamId": team_id(company.build_team) });
    let project = stage.make("projectCreate", project, "project").await;
    let task = json!({
        "title": "Weld", "status": "IN_PROGRESS", "projectIds": [project],
        "assigneeIds": [person_id(&company.individual)],
    });
    let task = stage.make("taskCreate", task, "task").await;
    let id = stage.open(KIND, &task).await["id"].clone();
    (task, id)
}

both_databases! {
    async fn who_is_to_act_puts_it_off_and_a_manager_accepts_it(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let (task, id) = found(&stage).await;
        let seen = json!({ "id": id, "until": stage.ahead(2) });
        let accepted = json!({ "id": id, "until": stage.ahead(2), "reason": "It is known" });
        for (who, may_see, may_accept) in [
            (&company.colleague, false, false),
            (&company.admin, false, false),
            (&company.individual, true, false),
            (&company.manager, true, true),
            (&company.leader, true, true),
        ] {
            for (field, input, may) in [
                ("findingAcknowledge", &seen, may_see),
                ("findingWaive", &accepted, may_accept),
            ] {
                if may {
                    stage.change_by(who, field, input.clone()).await;
                } else {
                    assert_eq!(stage.refusal(who, field, input.clone()).await, "FORBIDDEN", "{} {field}", who.email);
                }
            }
            let resolve = stage.refusal(who, "findingResolve", json!({ "id": id })).await;
            assert_eq!(resolve, if may_see { "NOT_NOW id" } else { "FORBIDDEN" }, "{}", who.email);
        }
        let waiting = "SELECT count(*) FROM job WHERE kind = 'LOOK_FOR_FINDINGS'";
        assert_eq!(stage.server.database().number(waiting).await, 1, "it is looked at once, at the end");
        // Who may not accept it does not end that either.
        assert_eq!(stage.refusal(&company.individual, "findingAcknowledge", seen.clone()).await, "NOT_NOW id");
        assert_eq!(stage.refusal(&stage.world.b.leader, "findingAcknowledge", seen).await, "NOT_FOUND");
        let found = stage.finding(KIND, &task).await;
        assert_eq!((&found["state"], &found["reason"]), (&json!("WAIVED"), &json!("It is known")));
        stage.server.stop().await;
    }

    async fn what_was_put_off_comes_back_in_its_time(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let individual = &stage.world.a.individual;
        let (task, id) = found(&stage).await;
        let until = stage.ahead(2);
        stage.change_by(individual, "findingAcknowledge", json!({ "id": id, "until": until })).await;
        let seen = stage.finding(KIND, &task).await;
        assert_eq!((&seen["state"], &seen["untilAt"]), (&json!("ACKNOWLEDGED"), &json!(until)));
        // It stays put off whatever else is looked at, and whoever looked at it before is told.
        stage.pass_days(1).await;
        assert_eq!(stage.state(KIND, &task).await, "ACKNOWLEDGED");
        let stale = json!({ "id": id, "until": stage.ahead(5), "expectedVersion": 1 });
        assert_eq!(stage.refusal(individual, "findingAcknowledge", stale).await, "CONFLICT expectedVersion");
        let past = json!({ "id": id, "until": stage.ahead(-1) });
        assert_eq!(stage.refusal(individual, "findingAcknowledge", past).await, "INVALID until");
        let long = json!({ "id": id, "until": stage.ahead(31), "reason": "It is known" });
        assert_eq!(stage.refusal(stage.leader(), "findingWaive", long).await, "INVALID until");
        // At the very moment, before the next daily look.
        stage.time.advance_seconds(86_400);
        stage.settle().await;
        let seen = stage.open(KIND, &task).await;
        assert_eq!((&seen["id"], &seen["untilAt"], &seen["openedAt"]), (&id, &Value::Null, &json!(until)));
        // Its cause is gone while it is accepted: it is resolved, and there is nothing left to say.
        let waived = json!({ "id": id, "until": stage.ahead(9), "reason": "It is known" });
        stage.change("findingWaive", waived.clone()).await;
        stage.change("taskUpdate", json!({ "id": task, "status": "DONE" })).await;
        stage.resolved(KIND, &task).await;
        assert_eq!(stage.refusal(stage.leader(), "findingWaive", waived).await, "NOT_NOW id");
        stage.change("findingResolve", json!({ "id": id })).await;
        stage.change("taskUpdate", json!({ "id": task, "status": "IN_PROGRESS" })).await;
        let seen = stage.open(KIND, &task).await;
        assert_eq!((&seen["id"], &seen["reason"]), (&id, &Value::Null), "a waiver does not outlive its cause");
        stage.server.stop().await;
    }

    async fn what_nobody_had_seen_opens_what_was_put_off(database: TestDatabase) {
        const STALE: &str = "LINK_STALE";
        const UNALIGNED: &str = "PROJECT_STARTED_UNALIGNED";
        let stage = Stage::set(database).await;
        let waive = async |found: &Value| {
            let input = json!({ "id": found["id"], "until": stage.ahead(9), "reason": "It is known" });
            stage.change("findingWaive", input).await;
        };
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let project = stage.make("projectCreate", json!({ "title": "Rocket" }), "project").await;
        let link = json!({ "projectId": project, "objectiveId": goal });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        stage.time.advance_seconds(30 * 86_400);
        stage.server.installation().await.ask_for_links().await.expect("asked");
        stage.settle().await;
        let found = stage.open(STALE, &link).await;
        assert_eq!(evidence(&found)["staleReason"], "NO_ACTIVITY");
        waive(&found).await;
        assert_eq!(stage.state(STALE, &link).await, "WAIVED");
        stage.change("objectiveArchive", json!({ "id": goal })).await;
        stage.reopened(STALE, &found).await;
        let seen = stage.open(STALE, &link).await;
        assert_eq!(evidence(&seen)["staleReason"], "TARGET_ARCHIVED");
        assert_eq!((&seen["untilAt"], &seen["reason"]), (&Value::Null, &Value::Null));
        // What matters more is not what was accepted; what matters less is.
        let project = json!({ "title": "Glider", "state": "IN_PROGRESS" });
        let project = stage.make("projectCreate", project, "project").await;
        let found = stage.open(UNALIGNED, &project).await;
        assert_eq!(found["severity"], "WARNING");
        waive(&found).await;
        let gate = async |gate: &str| stage.change("organizationUpdate", json!({ "settings": { "gate": gate } })).await;
        gate("BLOCK").await;
        stage.reopened(UNALIGNED, &found).await;
        waive(&found).await;
        // Nor is what was accepted news where it comes back after it mattered less.
        for again in ["WARN", "BLOCK"] {
            gate(again).await;
            stage.settle().await;
            let seen = stage.finding(UNALIGNED, &project).await;
            assert_eq!((&seen["state"], &seen["severity"]), (&json!("WAIVED"), &json!("CRITICAL")), "{again}");
        }
        stage.server.stop().await;
    }

    async fn what_still_holds_is_told(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let goals = stage.goals(4).await;
        let task = stage.make("taskCreate", json!({ "title": "Weld" }), "task").await;
        for goal in &goals {
            stage.change("alignmentLinkCreate", json!({ "taskId": task, "keyResultId": goal })).await;
        }
        let found = stage.open("OVER_LINKED", &task).await;
        let resolve = json!({ "id": found["id"] });
        let answer = stage.mutate(stage.leader(), "findingResolve", resolve, "finding { id }").await;
        let [error] = &answer.user_errors("findingResolve")[..] else { panic!("{}", answer.text) };
        assert!(error.message.contains("more direct links than 3"), "{}", error.message);
        assert_eq!(stage.state("OVER_LINKED", &task).await, "OPEN");
        stage.server.stop().await;
    }
}
