//! The gate: what it stops, the three ways through it, and waivers.

use api::domain::access::viewer::Actor;
use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, person_id, team_id};

const GATE: &str =
    "query($id: ID!) { project(id: $id) { state gate { state reasons } gateWaiver { reason untilAt }
  gateWaivers { nodes { reason endReason } } } }";
const MOVED: &str = "project { state } warnings";

fn start(project: &Value) -> Value {
    json!({ "id": project, "state": "IN_PROGRESS" })
}

both_databases! {
    async fn a_project_starts_with_a_link_an_acknowledgement_or_a_waiver(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let goal = stage.make("objectiveCreate", json!({ "title": "Grow" }), "objective").await;
        stage.set_gate("BLOCK").await;
        let make = async |title: &str| stage.make("projectCreate", json!({ "title": title }), "project").await;
        let input = json!({ "title": "At once", "state": "IN_PROGRESS" });
        assert_eq!(stage.refusal(leader, "projectCreate", input).await, "NOT_NOW state");
        assert_eq!(stage.server.database().number("SELECT count(*) FROM project").await, 0);

        let [linked, said, waived] = [make("Linked").await, make("Said").await, make("Waived").await];
        for project in [&linked, &said, &waived] {
            let answer = stage.mutate(leader, "projectUpdate", start(project), MOVED).await;
            let [error] = &answer.user_errors("projectUpdate")[..] else { panic!("{}", answer.text) };
            for way in ["alignmentLinkCreate", "workAcknowledge", "gateWaive"] {
                assert!(error.message.contains(way), "it names {way}: {}", error.message);
            }
            let seen = stage.read(leader, GATE, project).await;
            assert_eq!(seen["gate"], json!({ "state": "BLOCKS", "reasons": ["UNALIGNED"] }));
        }
        let link = json!({ "projectId": linked, "objectiveId": goal, "significance": "SUPPORTS" });
        let link = stage.make("alignmentLinkCreate", link, "alignmentLink").await;
        let input = json!({ "projectId": said, "workClass": "MAINTENANCE", "reason": "Dust" });
        stage.make("workAcknowledge", input, "acknowledgement").await;
        let input = json!({ "projectId": waived, "reason": "The fair is on Monday", "until": stage.ahead(7) });
        let waiver = stage.make("gateWaive", input, "gateWaiver").await;
        for (project, why) in [(&linked, "LINKED"), (&said, "ACKNOWLEDGED"), (&waived, "WAIVED")] {
            let seen = stage.read(leader, GATE, project).await;
            assert_eq!(seen["gate"], json!({ "state": "OPEN", "reasons": [why] }));
            let moved = stage.change(leader, "projectUpdate", start(project), MOVED).await;
            assert_eq!(moved, json!({ "project": { "state": "IN_PROGRESS" }, "warnings": [], "userErrors": [] }));
        }
        // What let them pass is gone, and they stay where they are; but none starts again.
        stage.change(leader, "alignmentLinkRetire", json!({ "id": link }), "alignmentLink { id }").await;
        for _ in 0..2 {
            let back = stage.change(leader, "gateWaiverRevoke", json!({ "id": waiver }), "gateWaiver { endReason version }").await;
            assert_eq!(back["gateWaiver"], json!({ "endReason": "REVOKED", "version": 2 }));
        }
        for project in [&linked, &waived] {
            let seen = stage.read(leader, GATE, project).await;
            assert_eq!((&seen["state"], &seen["gate"]["state"]), (&json!("IN_PROGRESS"), &json!("BLOCKS")));
            stage.change(leader, "projectUpdate", json!({ "id": project, "state": "PAUSED" }), MOVED).await;
            assert_eq!(stage.refusal(leader, "projectUpdate", start(project)).await, "NOT_NOW state");
        }
        stage.server.stop().await;
    }

    async fn where_it_warns_or_is_off_nothing_is_stopped(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let thread = stage.world.a.thread(stage.server.database()).await;
        let tool = [("integration_id", support::Cell::from(thread.key("integration", "jira"))), ("state", "PLANNED".into())];
        let synced = stage.world.a.project(stage.server.database(), "Synced", &tool).await.expect("written");
        let synced = json!(format!("prj_{}", synced.simple()));
        let warnings = |answer: &Value| answer["warnings"].as_array().expect("a list").len();
        for (gate, own, theirs) in [
            ("OFF", json!({ "state": "OPEN", "reasons": ["UNALIGNED", "GATE_OFF"] }), "OPEN"),
            ("WARN", json!({ "state": "WARNS", "reasons": ["UNALIGNED"] }), "WARNS"),
            ("BLOCK", json!({ "state": "BLOCKS", "reasons": ["UNALIGNED"] }), "WARNS"),
        ] {
            stage.set_gate(gate).await;
            let project = stage.make("projectCreate", json!({ "title": gate }), "project").await;
            assert_eq!(stage.read(leader, GATE, &project).await["gate"], own);
            let told = usize::from(gate != "OFF");
            if gate != "BLOCK" {
                let made = json!({ "title": "At once", "state": "IN_PROGRESS" });
                assert_eq!(warnings(&stage.change(leader, "projectCreate", made, MOVED).await), told, "{gate}");
                let moved = stage.change(leader, "projectUpdate", start(&project), MOVED).await;
                assert_eq!(warnings(&moved), told, "{gate}");
                // Who is in progress already is not told of it at every change.
                let again = json!({ "id": project, "state": "IN_PROGRESS", "title": "Renamed" });
                assert_eq!(warnings(&stage.change(leader, "projectUpdate", again, MOVED).await), 0);
            }
            // The tool owns it: it is never stopped.
            let seen = stage.read(leader, GATE, &synced).await;
            assert_eq!(seen["gate"]["state"], theirs, "{gate}");
            assert!(seen["gate"]["reasons"].as_array().expect("a list").contains(&json!("SYNCED")));
            assert_eq!(warnings(&stage.change(leader, "projectUpdate", start(&synced), MOVED).await), told, "{gate}");
            stage.change(leader, "projectUpdate", json!({ "id": synced, "state": "PAUSED" }), MOVED).await;
        }
        stage.server.stop().await;
    }

    async fn waivers_are_for_managers_and_end(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let company = &stage.world.a;
        stage.set_gate("BLOCK").await;
        let project = async |title: &str, team: Option<uuid::Uuid>| {
            let owner = person_id(&company.individual);
            let input = json!({ "title": title, "teamId": team.map(team_id), "ownerId": owner });
            stage.make("projectCreate", input, "project").await
        };
        let built = project("Built", Some(company.build_team)).await;
        let sold = project("Sold", Some(company.sales_team)).await;
        let loose = project("Loose", None).await;
        let waive = |project: &Value, until: String| json!({ "projectId": project, "reason": "It must start", "until": until });
        for (who, project, allowed) in [
            (&company.individual, &built, false),
            (&company.colleague, &built, false),
            (&company.admin, &built, false),
            (&company.manager, &built, true),
            (&company.manager, &loose, true),
            (&company.manager, &sold, false),
            (&company.leader, &sold, true),
        ] {
            let input = waive(project, stage.ahead(10));
            if allowed {
                let made = stage.change(who, "gateWaive", input, "gateWaiver { id }").await;
                let id = made["gateWaiver"]["id"].clone();
                let revoke = json!({ "id": id });
                assert_eq!(stage.refusal(&company.individual, "gateWaiverRevoke", revoke).await, "FORBIDDEN");
            } else {
                assert_eq!(stage.refusal(who, "gateWaive", input).await, "FORBIDDEN", "{}", who.email);
            }
        }
        for (until, refusal) in [(31, "INVALID until"), (0, "INVALID until"), (-1, "INVALID until")] {
            let input = waive(&built, stage.ahead(until));
            assert_eq!(stage.refusal(&company.manager, "gateWaive", input).await, refusal, "{until}");
        }
        let settings = json!({ "settings": { "waiverDays": 3 } });
        stage.change(stage.leader(), "organizationUpdate", settings, "organization { id }").await;
        assert_eq!(stage.refusal(&company.manager, "gateWaive", waive(&built, stage.ahead(4))).await, "INVALID until");
        // A new one replaces the old; a retry is answered as the first time.
        let id = format!("gwv_{}", stage.server.clock().new_id().simple());
        let mut input = waive(&built, stage.ahead(3));
        input["id"] = id.clone().into();
        for _ in 0..2 {
            let made = stage.change(&company.manager, "gateWaive", input.clone(), "gateWaiver { id }").await;
            assert_eq!(made["gateWaiver"]["id"], id);
        }
        input["reason"] = "Another".into();
        assert_eq!(stage.refusal(&company.manager, "gateWaive", input).await, "CONFLICT id");
        let seen = stage.read(&company.individual, GATE, &built).await;
        assert_eq!(seen["gateWaivers"]["nodes"], json!([
            { "reason": "It must start", "endReason": "REPLACED" }, { "reason": "It must start", "endReason": null },
        ]));
        stage.change(&company.individual, "projectUpdate", start(&built), MOVED).await;
        stage.change(&company.individual, "projectUpdate", json!({ "id": built, "state": "PAUSED" }), MOVED).await;
        stage.pass_days(3);
        let seen = stage.read(&company.individual, GATE, &built).await;
        assert_eq!((&seen["gate"]["state"], &seen["gateWaiver"]), (&json!("BLOCKS"), &Value::Null));
        assert_eq!(stage.refusal(&company.individual, "projectUpdate", start(&built)).await, "NOT_NOW state");
        stage.until("SELECT count(*) FROM gate_waiver WHERE end_reason = 'EXPIRED'", 1).await;
        let told = "SELECT count(*) FROM event WHERE actor_kind = 'SYSTEM' AND subject_kind = 'PROJECT' \
             AND current LIKE '%\"gate_waiver\":null%'";
        assert_eq!(stage.server.database().number(told).await, 1);
        stage.server.stop().await;
    }

    async fn what_started_unaligned_is_listed_for_the_findings(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let database = stage.server.database();
        let company = &stage.world.a;
        let thread = company.thread(database).await;
        let project = async |title: &str, more: &[(&'static str, support::Cell)]| {
            company.project(database, title, more).await.expect("written")
        };
        let own = project("Own", &[("owner_id", company.individual.id.into())]).await;
        let synced = project("Synced", &[("integration_id", thread.key("integration", "jira").into())]).await;
        let [linked, said, waived] = [project("Linked", &[]).await, project("Said", &[]).await, project("Waived", &[]).await];
        project("Planned", &[("state", "PLANNED".into())]).await;
        project("Old", &[("archived_at", stage.server.clock().now().into())]).await;
        let id = |key: uuid::Uuid| format!("prj_{}", key.simple());
        let goal = thread.id("objective", "open");
        stage.make("alignmentLinkCreate", json!({ "projectId": id(linked), "objectiveId": goal }), "alignmentLink").await;
        let input = json!({ "projectId": id(said), "workClass": "OPPORTUNITY", "reason": "A chance", "until": stage.ahead(1) });
        stage.make("workAcknowledge", input, "acknowledgement").await;
        let input = json!({ "projectId": id(waived), "reason": "It must start", "until": stage.ahead(2) });
        stage.make("gateWaive", input, "gateWaiver").await;
        let installation = stage.server.installation().await;
        let listed = async || {
            let scope = installation.system(company.organization, Actor::System, "a test looks at the whole").await;
            let scope = scope.expect("the organization is there");
            let _ = stage.log.take();
            // The thread's own projects all have an acknowledgement, and two a waiver.
            let first = scope.unaligned_projects(None, 1).await.expect("a page");
            let ran = stage.log.take();
            let looks: Vec<_> = ran.iter().filter(|text| text.contains("FROM \"project\"")).collect();
            // A page looks at what its own projects have, not at every link of the organization.
            assert!(looks.len() == 1 && !looks[0].contains("NOT IN (SELECT"), "{looks:?}");
            let mut all = first.clone();
            all.extend(scope.unaligned_projects(first.last().map(|row| row.id), 100).await.expect("a page"));
            all
        };
        let rows = listed().await;
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [own, synced]);
        assert_eq!((rows[0].owner, rows[0].is_synced, rows[1].is_synced), (Some(company.individual.id), false, true));
        stage.pass_days(1);
        assert_eq!(listed().await.iter().map(|row| row.id).collect::<Vec<_>>(), [own, synced, said]);
        stage.pass_days(1);
        assert_eq!(listed().await.iter().map(|row| row.id).collect::<Vec<_>>(), [own, synced, said, waived]);
        stage.server.stop().await;
    }

    async fn a_goal_that_is_over_lets_nothing_pass(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        stage.set_gate("BLOCK").await;
        let objective = async |title: &str| stage.make("objectiveCreate", json!({ "title": title }), "objective").await;
        let [given_up, shelved, home, above] =
            [objective("Given up").await, objective("Shelved").await, objective("Home").await, objective("Above").await];
        let part = async |of: &Value| {
            let input = json!({ "objectiveId": of, "title": "Part", "start": "0", "target": "1" });
            stage.make("keyResultCreate", input, "keyResult").await
        };
        let (part_given_up, part_of_ended) = (part(&home).await, part(&above).await);
        let state = |id: &Value, state: &str| json!({ "id": id, "state": state });
        for (key, goal, ends, goes_on) in [
            ("objectiveId", &given_up, ("objectiveUpdate", state(&given_up, "CANCELLED")), ("objectiveUpdate", state(&given_up, "ACTIVE"))),
            ("objectiveId", &shelved, ("objectiveArchive", json!({ "id": shelved })), ("objectiveUnarchive", json!({ "id": shelved }))),
            ("keyResultId", &part_given_up, ("keyResultUpdate", state(&part_given_up, "CANCELLED")), ("keyResultUpdate", state(&part_given_up, "ACTIVE"))),
            ("keyResultId", &part_of_ended, ("objectiveUpdate", state(&above, "CANCELLED")), ("objectiveUpdate", state(&above, "ACTIVE"))),
        ] {
            let project = stage.make("projectCreate", json!({ "title": ends.0 }), "project").await;
            stage.make("alignmentLinkCreate", json!({ "projectId": project, key: goal }), "alignmentLink").await;
            let gate = async || stage.read(leader, GATE, &project).await["gate"].clone();
            assert_eq!(gate().await, json!({ "state": "OPEN", "reasons": ["LINKED"] }));
            stage.change(leader, ends.0, ends.1, "__typename").await;
            assert_eq!(gate().await, json!({ "state": "BLOCKS", "reasons": ["UNALIGNED"] }), "{}", ends.0);
            assert_eq!(stage.refusal(leader, "projectUpdate", start(&project)).await, "NOT_NOW state", "{}", ends.0);
            stage.change(leader, goes_on.0, goes_on.1, "__typename").await;
            assert_eq!(gate().await, json!({ "state": "OPEN", "reasons": ["LINKED"] }), "{}", goes_on.0);
            stage.change(leader, "projectUpdate", start(&project), MOVED).await;
        }
        stage.server.stop().await;
    }
}
