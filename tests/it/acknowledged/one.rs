//! One piece of work at a time: what holds, what is inherited, what is kept, and who may say it.

use futures_util::StreamExt;
use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id, team_id};

const PROJECT: &str = "query($id: ID!) { project(id: $id) { workClass version
  acknowledgement { id workClass reason untilAt person { name } }
  acknowledgements { nodes { workClass reason endReason endedBy { name } } } } }";
const TASK: &str = "query($id: ID!) { task(id: $id) { workClass acknowledgementOrigin
  acknowledgementVia { id } acknowledgement { workClass reason task { id } project { id } } } }";

both_databases! {
    async fn a_task_takes_its_projects_unless_it_has_its_own_or_a_link(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let other = stage.make("projectCreate", json!({ "title": "Cellar" }), "project").await;
        let places = json!([other, project]);
        let task = stage.make("taskCreate", json!({ "title": "Sweep", "projectIds": places }), "task").await;
        let alone = stage.make("taskCreate", json!({ "title": "Think" }), "task").await;
        let say = async |input: Value| {
            stage.change(stage.leader(), "workAcknowledge", input, "acknowledgement { id } project { id } task { id }").await
        };
        let said = say(json!({ "projectId": project, "workClass": "MAINTENANCE", "reason": "Dust" })).await;
        assert_eq!((&said["project"]["id"], &said["task"]), (&project, &Value::Null));
        let seen = stage.read(stage.leader(), PROJECT, &project).await;
        assert_eq!((&seen["workClass"], &seen["acknowledgement"]["reason"]), (&json!("MAINTENANCE"), &json!("Dust")));
        assert_eq!(seen["acknowledgement"]["person"]["name"], "Lea Leader");

        // Inherited through the only project that has one, though another is its primary one.
        let seen = stage.read(stage.leader(), TASK, &task).await;
        assert_eq!(seen["acknowledgementOrigin"], "INHERITED", "{seen}");
        assert_eq!((&seen["acknowledgementVia"]["id"], &seen["acknowledgement"]["project"]["id"]), (&project, &project));
        assert_eq!(seen["workClass"], Value::Null, "a class of its own it has not");
        // The primary one's goes first.
        say(json!({ "projectId": other, "workClass": "TECHNICAL_DEBT", "reason": "Damp" })).await;
        let seen = stage.read(stage.leader(), TASK, &task).await;
        assert_eq!((&seen["acknowledgementVia"]["id"], &seen["acknowledgement"]["reason"]), (&other, &json!("Damp")));
        // Its own goes before both; work without a project has one like any other.
        for task in [&task, &alone] {
            let input = json!({ "taskId": task, "workClass": "OPPORTUNITY", "reason": "A chance" });
            assert_eq!(&say(input).await["task"]["id"], task);
            let seen = stage.read(stage.leader(), TASK, task).await;
            assert_eq!((&seen["acknowledgementOrigin"], &seen["acknowledgementVia"]), (&json!("DIRECT"), &Value::Null));
            assert_eq!((&seen["workClass"], &seen["acknowledgement"]["task"]["id"]), (&json!("OPPORTUNITY"), task));
        }
        // A link of its own that counts keeps it from inheriting, and from nothing else.
        let linked = stage.make("taskCreate", json!({ "title": "Sell", "projectIds": [project] }), "task").await;
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let link = json!({ "taskId": linked, "objectiveId": goal });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        let seen = stage.read(stage.leader(), TASK, &linked).await;
        assert_eq!((&seen["acknowledgement"], &seen["acknowledgementOrigin"]), (&Value::Null, &Value::Null));
        stage.change(stage.leader(), "alignmentLinkRetire", json!({ "id": link }), "alignmentLink { id }").await;
        let seen = stage.read(stage.leader(), TASK, &linked).await;
        assert_eq!(seen["acknowledgementVia"]["id"], project, "{seen}");
    }

    async fn a_new_one_replaces_the_old_and_history_is_kept(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let id = format!("ack_{}", stage.server.clock().new_id().simple());
        let first = json!({ "id": id, "projectId": project, "workClass": "OPPORTUNITY", "reason": " A chance " });
        let say = async |input: Value| stage.change(leader, "workAcknowledge", input, "acknowledgement { id version }").await;
        assert_eq!(say(first.clone()).await["acknowledgement"], json!({ "id": id, "version": 1 }));
        let fire = json!({ "projectId": project, "workClass": "EMERGENCY", "reason": "It burns", "until": stage.ahead(3) });
        let fire = say(fire).await["acknowledgement"]["id"].clone();
        // A retry is answered as the first time, also after it was replaced; the same id for something else is not.
        assert_eq!(say(first.clone()).await["acknowledgement"]["id"], id);
        let mut other = first.clone();
        other["reason"] = "Another".into();
        assert_eq!(stage.refusal(leader, "workAcknowledge", other).await, "CONFLICT id");
        let seen = stage.read(leader, PROJECT, &project).await;
        assert_eq!((&seen["acknowledgement"]["id"], &seen["workClass"]), (&fire, &json!("EMERGENCY")));
        assert_eq!(
            seen["acknowledgements"]["nodes"],
            json!([
                { "workClass": "OPPORTUNITY", "reason": "A chance", "endReason": "REPLACED", "endedBy": { "name": "Lea Leader" } },
                { "workClass": "EMERGENCY", "reason": "It burns", "endReason": null, "endedBy": null },
            ])
        );
        // The very same again changes nothing, whatever it is counted by.
        let version = seen["version"].clone();
        let again = json!({ "projectId": project, "workClass": "EMERGENCY", "reason": "It burns", "until": stage.ahead(3) });
        assert_eq!(say(again).await["acknowledgement"]["id"], fire);
        assert_eq!(stage.read(leader, PROJECT, &project).await["version"], version);

        // The class follows from it; another one is said by another acknowledgement.
        let input = json!({ "id": project, "workClass": "MAINTENANCE" });
        assert_eq!(stage.refusal(leader, "projectUpdate", input).await, "NOT_NOW workClass");
        let input = json!({ "id": project, "workClass": null });
        assert_eq!(stage.refusal(leader, "projectUpdate", input).await, "NOT_NOW workClass");
        let input = json!({ "id": fire, "expectedVersion": 7, "reason": "Still" });
        assert_eq!(stage.refusal(leader, "acknowledgementUpdate", input).await, "CONFLICT expectedVersion");
        let input = json!({ "id": fire, "until": null });
        assert_eq!(stage.refusal(leader, "acknowledgementUpdate", input).await, "REQUIRED until");
        let input = json!({ "id": fire, "expectedVersion": 1, "reason": "Still" });
        let changed = stage.change(leader, "acknowledgementUpdate", input, "acknowledgement { reason version }").await;
        assert_eq!(changed["acknowledgement"], json!({ "reason": "Still", "version": 2 }));
        assert_eq!(stage.refusal(leader, "acknowledgementUpdate", json!({ "id": id, "reason": "Late" })).await, "NOT_NOW id");
        // Taken back, the work bears no class any more; a second time changes nothing.
        for _ in 0..2 {
            let back = stage.change(leader, "acknowledgementRevoke", json!({ "id": fire }),
                "acknowledgement { endReason version revokedAt } project { workClass acknowledgement { id } }").await;
            assert_eq!((&back["acknowledgement"]["endReason"], &back["acknowledgement"]["version"]), (&json!("REVOKED"), &json!(3)));
            assert!(back["acknowledgement"]["revokedAt"].is_string());
            assert_eq!(back["project"], json!({ "workClass": null, "acknowledgement": null }));
        }
    }

    async fn what_is_said_is_checked(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let task = stage.make("taskCreate", json!({ "title": "Sweep" }), "task").await;
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let input = |more: Value| {
            let mut input = json!({ "taskId": task, "workClass": "EMERGENCY", "reason": "It burns", "until": stage.ahead(14) });
            for (name, value) in more.as_object().expect("an object") {
                input[name] = value.clone();
            }
            input
        };
        for (more, refusal) in [
            (json!({ "until": null }), "REQUIRED until"),
            (json!({ "until": stage.ahead(15) }), "INVALID until"),
            (json!({ "until": stage.ahead(0) }), "INVALID until"),
            (json!({ "until": stage.ahead(-1), "workClass": "MAINTENANCE" }), "INVALID until"),
            (json!({ "reason": " " }), "REQUIRED reason"),
            (json!({ "reason": "two\nlines" }), "INVALID reason"),
            (json!({ "reason": "x".repeat(501) }), "INVALID reason"),
            (json!({ "projectId": project }), "INVALID taskId"),
            (json!({ "taskId": null }), "REQUIRED projectId"),
            (json!({ "taskId": project }), "NOT_FOUND taskId"),
        ] {
            assert_eq!(stage.refusal(leader, "workAcknowledge", input(more.clone())).await, refusal, "{more}");
        }
        let settings = json!({ "settings": { "emergencyDays": 2 } });
        stage.change(leader, "organizationUpdate", settings, "organization { id }").await;
        assert_eq!(stage.refusal(leader, "workAcknowledge", input(json!({ "until": stage.ahead(3) }))).await, "INVALID until");
        stage.change(leader, "workAcknowledge", input(json!({ "until": stage.ahead(2) })), "acknowledgement { id }").await;
        stage.change(leader, "taskArchive", json!({ "id": task }), "task { id }").await;
        assert_eq!(stage.refusal(leader, "workAcknowledge", input(json!({ "until": stage.ahead(1) }))).await, "NOT_NOW taskId");
        assert_eq!(stage.server.database().number("SELECT count(*) FROM acknowledgement").await, 1);
    }

    async fn an_opportunity_is_evaluated(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let task = stage.make("taskCreate", json!({ "title": "Talk to them" }), "task").await;
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let chance = json!({ "taskId": task, "workClass": "OPPORTUNITY", "reason": "They asked" });
        let chance = stage.change(leader, "workAcknowledge", chance, "acknowledgement { id evaluationDueAt }").await;
        let (id, due) = (&chance["acknowledgement"]["id"], &chance["acknowledgement"]["evaluationDueAt"]);
        assert_eq!(due, &json!(stage.ahead(14)));
        for (input, refusal) in [
            (json!({ "verdict": "ALIGN" }), "REQUIRED objectiveId"),
            (json!({ "verdict": "KEEP", "objectiveId": goal }), "INVALID objectiveId"),
            (json!({ "verdict": "STOP", "note": "x".repeat(5_001) }), "INVALID note"),
            (json!({ "verdict": "KEEP", "expectedVersion": 2 }), "CONFLICT expectedVersion"),
        ] {
            let mut input = input;
            input["id"] = id.clone();
            assert_eq!(stage.refusal(leader, "acknowledgementEvaluate", input.clone()).await, refusal, "{input}");
        }
        let input = json!({ "id": id, "verdict": "ALIGN", "objectiveId": goal, "note": "It helps" });
        let seen = stage.change(leader, "acknowledgementEvaluate", input, "acknowledgement { evaluationVerdict evaluationNote
            evaluationObjective { id } evaluationBy { name } evaluatedAt evaluationDueAt endReason }").await;
        let seen = &seen["acknowledgement"];
        assert_eq!((&seen["evaluationVerdict"], &seen["evaluationNote"]), (&json!("ALIGN"), &json!("It helps")));
        assert_eq!((&seen["evaluationObjective"]["id"], &seen["evaluationBy"]["name"]), (&goal, &json!("Lea Leader")));
        assert!(seen["evaluatedAt"].is_string() && seen["evaluationDueAt"].is_null() && seen["endReason"].is_null());
        let debt = json!({ "taskId": task, "workClass": "TECHNICAL_DEBT", "reason": "Rot" });
        let debt = stage.make("workAcknowledge", debt, "acknowledgement").await;
        let input = json!({ "id": debt, "verdict": "KEEP" });
        assert_eq!(stage.refusal(leader, "acknowledgementEvaluate", input).await, "NOT_NOW id");
        let input = json!({ "id": id, "verdict": "STOP" });
        assert_eq!(stage.refusal(leader, "acknowledgementEvaluate", input).await, "NOT_NOW id", "it was replaced");
    }

    async fn whose_work_it_is_may_say_so(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        let build = team_id(company.build_team);
        let owned = |title: &str, team: Option<&str>, owner: &support::Someone| {
            json!({ "title": title, "teamId": team, "ownerId": person_id(owner) })
        };
        let mine = stage.make("projectCreate", owned("Mine", None, &company.individual), "project").await;
        let built = stage.make("projectCreate", owned("Built", Some(&build), &company.leader), "project").await;
        let sold = team_id(company.sales_team);
        let sold = stage.make("projectCreate", owned("Sold", Some(&sold), &company.leader), "project").await;
        let assigned = json!({ "title": "Do", "assigneeIds": [person_id(&company.individual)] });
        let assigned = stage.make("taskCreate", assigned, "task").await;
        let hidden = json!({ "title": "Secret", "visibility": "PRIVATE" });
        let hidden = stage.make("projectCreate", hidden, "project").await;
        let everybody = company.everybody();
        let people = ["leader", "manager", "individual", "colleague", "admin"];
        for (key, work, allowed) in [
            ("projectId", &mine, &["leader", "manager", "individual"][..]),
            ("projectId", &built, &["leader", "manager"]),
            ("projectId", &sold, &["leader"]),
            ("taskId", &assigned, &["leader", "manager", "individual"]),
        ] {
            for name in people {
                let (_, who) = everybody.iter().find(|(of, _)| *of == name).expect("somebody");
                let input = json!({ key: work, "workClass": "MAINTENANCE", "reason": format!("Says the {name}") });
                if allowed.contains(&name) {
                    let said = stage.change(who, "workAcknowledge", input, "acknowledgement { id }").await;
                    let id = &said["acknowledgement"]["id"];
                    stage.change(who, "acknowledgementUpdate", json!({ "id": id, "reason": "Again" }), "acknowledgement { id }").await;
                } else {
                    assert_eq!(stage.refusal(who, "workAcknowledge", input).await, "FORBIDDEN", "{name} on {work}");
                    let open = stage.server.sql("SELECT id FROM acknowledgement WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1").await;
                    let id = format!("ack_{}", open[0]["id"].as_str().expect("a key").replace('-', ""));
                    assert_eq!(stage.refusal(who, "acknowledgementRevoke", json!({ "id": id })).await, "FORBIDDEN", "{name}");
                }
            }
        }
        let input = json!({ "projectId": hidden, "workClass": "MAINTENANCE", "reason": "Whatever" });
        assert_eq!(stage.refusal(&company.individual, "workAcknowledge", input).await, "NOT_FOUND projectId");
        let other = &stage.world.b.leader;
        let input = json!({ "projectId": mine, "workClass": "MAINTENANCE", "reason": "Whatever" });
        assert_eq!(stage.refusal(other, "workAcknowledge", input).await, "NOT_FOUND projectId");
    }

    async fn the_stream_of_the_work_tells(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let task = stage.make("taskCreate", json!({ "title": "Sweep" }), "task").await;
        // With what is there, so that it listens before anything is said.
        let text = "subscription { taskChanged(snapshot: true) { changed current { workClass } task { id acknowledgement { reason } } } }";
        let mut stream = stage.server.follow(stage.world.a.individual.id, text, json!({})).await;
        let mut next = async || {
            let next = tokio::time::timeout(std::time::Duration::from_secs(60), stream.next()).await;
            next.expect("an event comes").expect("the stream goes on")["data"]["taskChanged"].clone()
        };
        while next().await["task"]["id"] != json!(task) {}
        let said = json!({ "taskId": task, "workClass": "MAINTENANCE", "reason": "Dust" });
        stage.change(stage.leader(), "workAcknowledge", said, "acknowledgement { id }").await;
        let mut event = next().await;
        while event["current"]["workClass"].is_null() {
            // It was made before the stream began, and that may be told first.
            event = next().await;
        }
        assert_eq!(event["changed"], json!(["WORK_CLASS", "ACKNOWLEDGEMENT"]), "{event}");
        assert_eq!(event["current"]["workClass"], "MAINTENANCE");
        assert_eq!(event["task"], json!({ "id": task, "acknowledgement": { "reason": "Dust" } }));
    }

    async fn a_goal_that_is_over_keeps_open_work_from_inheriting_no_longer(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let project = stage.make("projectCreate", json!({ "title": "Attic" }), "project").await;
        let input = json!({ "projectId": project, "workClass": "MAINTENANCE", "reason": "Dust" });
        stage.make("workAcknowledge", input, "acknowledgement").await;
        let objective = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        let goal = json!({ "objectiveId": objective, "title": "Rooms", "start": "0", "target": "1" });
        let goal = stage.make("keyResultCreate", goal, "keyResult").await;
        let mut tasks = Vec::new();
        for title in ["Open", "Finished"] {
            let task = stage.make("taskCreate", json!({ "title": title, "projectIds": [project] }), "task").await;
            stage.make("alignmentLinkCreate", json!({ "taskId": task, "keyResultId": goal }), "alignmentLink").await;
            tasks.push(task);
        }
        stage.change(leader, "taskUpdate", json!({ "id": tasks[1], "status": "DONE" }), "task { id }").await;
        let origins = async || {
            let mut origins = Vec::new();
            for task in &tasks {
                origins.push(stage.read(leader, TASK, task).await["acknowledgementOrigin"].clone());
            }
            origins
        };
        assert_eq!(origins().await, [Value::Null, Value::Null]);
        stage.pass_days(1);
        stage.change(leader, "keyResultUpdate", json!({ "id": goal, "state": "CANCELLED" }), "keyResult { id }").await;
        let _ = stage.log.take();
        assert_eq!(origins().await, [json!("INHERITED"), Value::Null], "what was finished before was for the goal");
        let ran = stage.log.take();
        let looks: Vec<_> = ran.iter().filter(|text| text.contains("FROM \"acknowledgement\"")).collect();
        // A page looks at the links of its own tasks, not at every link of the organization.
        assert!(looks.iter().any(|text| text.contains("NOT EXISTS")), "{looks:#?}");
        assert!(looks.iter().all(|text| !text.contains("NOT IN (SELECT")), "{looks:#?}");
        stage.change(leader, "keyResultUpdate", json!({ "id": goal, "state": "ACTIVE" }), "keyResult { id }").await;
        assert_eq!(origins().await, [Value::Null, Value::Null]);
        stage.server.stop().await;
    }
}
