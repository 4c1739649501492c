//! Reasons that come with time: each is set, kept off, and taken away again.

use futures_util::{StreamExt, stream::BoxStream};
use serde_json::{Value, json};
use support::{TestDatabase, both_databases};

use super::{Stage, instant, person_id};

const STREAM: &str = "subscription { alignmentLinkChanged {
  kind cause previous { state staleReason } current { state staleReason } link { id } actor { kind }
} }";

/// The next event of a link.
async fn next(stream: &mut BoxStream<'static, Value>) -> Value {
    let next = tokio::time::timeout(std::time::Duration::from_secs(30), stream.next()).await;
    let answer = next.expect("an event comes").expect("the stream goes on");
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["alignmentLinkChanged"].clone()
}

/// What is told first comes from what is there: by then the stream listens.
async fn listening(stage: &Stage) -> BoxStream<'static, Value> {
    let query = STREAM.replacen("alignmentLinkChanged", "alignmentLinkChanged(snapshot: true)", 1);
    let mut stream = stage.server.follow(stage.leader().id, &query, json!({})).await;
    let first = next(&mut stream).await;
    assert_eq!((&first["kind"], &first["cause"]), (&Value::Null, &Value::Null), "{first}");
    stream
}

both_databases! {
    async fn quiet_work_makes_a_link_stale_until_it_moves(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let (_, goal) = stage.goal("Grow", None).await;
        let quiet = stage.project("Quiet").await;
        let link = stage.link("projectId", &quiet, &goal).await;
        stage.look_after(29).await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        stage.pass_days(1);
        let mut stream = listening(&stage).await;
        stage.look_after(0).await;
        assert_eq!(stage.state(&link).await, "STALE NO_ACTIVITY");
        let event = next(&mut stream).await;
        assert_eq!((&event["kind"], &event["cause"], &event["actor"]), (&json!("UPDATED"), &json!("CLOCK"), &Value::Null));
        assert_eq!(event["previous"], json!({ "state": "ACTIVE", "staleReason": null }));
        assert_eq!(event["current"], json!({ "state": "STALE", "staleReason": "NO_ACTIVITY" }));
        // A task that comes into the project moves it, and nobody need look.
        stage.task(json!({ "title": "Begin", "projectIds": [quiet] })).await;
        stage.looked().await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        let event = next(&mut stream).await;
        assert_eq!((&event["kind"], &event["cause"]), (&json!("UPDATED"), &json!("WORK")), "{event}");
        assert_eq!(event["current"], json!({ "state": "ACTIVE", "staleReason": null }));
        assert_eq!(event["link"]["id"], link);
        stage.server.stop().await;
    }

    async fn whatever_moves_work_keeps_its_link_good(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let (_, goal) = stage.goal("Grow", None).await;
        let still = stage.project("Still").await;
        let by_task = stage.project("By a task").await;
        let part = stage.task(json!({ "title": "Part", "projectIds": [by_task] })).await;
        let edited = stage.project("Edited").await;
        let above = stage.task(json!({ "title": "Above" })).await;
        let middle = stage.task(json!({ "title": "Middle", "parentId": above })).await;
        let below = stage.task(json!({ "title": "Below", "parentId": middle })).await;
        let timed = stage.task(json!({ "title": "Timed" })).await;
        let confirmed = stage.task(json!({ "title": "Confirmed" })).await;
        let checked = stage.task(json!({ "title": "Checked in" })).await;
        let mut links = Vec::new();
        for (end, work) in [
            ("projectId", &still), ("projectId", &by_task), ("projectId", &edited), ("taskId", &above),
            ("taskId", &timed), ("taskId", &confirmed), ("taskId", &checked),
        ] {
            links.push(stage.link(end, work, &goal).await);
        }
        stage.pass_days(20);
        let leader = stage.leader();
        stage.change(leader, "taskUpdate", json!({ "id": part, "status": "IN_PROGRESS" }), "task { id }").await;
        stage.change(leader, "projectUpdate", json!({ "id": edited, "title": "Edited again" }), "project { id }").await;
        stage.change(leader, "taskUpdate", json!({ "id": below, "title": "Deep below" }), "task { id }").await;
        // As a tool tells of time: the task itself is not edited.
        let key = timed.as_str().expect("an id").trim_start_matches("tsk_").to_owned();
        let cells = [
            ("task_id", uuid::Uuid::parse_str(&key).expect("a key").into()),
            ("person_id", stage.world.a.leader.id.into()),
            ("day", chrono::NaiveDate::from_ymd_opt(2026, 3, 22).expect("a day").into()),
            ("seconds", 3_600_i64.into()),
        ];
        stage.world.a.write(stage.server.database(), "time_entry", Vec::new(), &cells).await.expect("written");
        // A confirmation of a confirmed link that is good changes nothing, and its date with it.
        let before = stage.server.database().number("SELECT COUNT(*) FROM event").await;
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": links[5] }), "alignmentLink { id }").await;
        assert_eq!(stage.server.database().number("SELECT COUNT(*) FROM event").await, before);
        // Movement of the goal is none of the work.
        let input = json!({ "keyResultId": goal, "confidence": 0.5 });
        stage.change(leader, "keyResultCheckIn", input, "checkIn { id }").await;
        stage.look_after(10).await;
        let mut states = Vec::new();
        for link in &links {
            states.push(stage.state(link).await);
        }
        let stale = "STALE NO_ACTIVITY";
        assert_eq!(states, [stale, "ACTIVE", "ACTIVE", "ACTIVE", "ACTIVE", stale, stale]);
        // A person's word renews: the link is good, and its days begin anew.
        let confirm = json!({ "id": links[5] });
        stage.change(leader, "alignmentLinkConfirm", confirm, "alignmentLink { id }").await;
        assert_eq!(stage.state(&links[5]).await, "ACTIVE");
        // So does linking it once more.
        let again = stage.link("taskId", &checked, &goal).await;
        assert_eq!((&again, stage.state(&again).await.as_str()), (&links[6], "ACTIVE"));
        stage.look_after(29).await;
        assert_eq!(stage.state(&links[5]).await, "ACTIVE");
        assert_eq!(stage.state(&links[3]).await, stale, "quiet again");
        // Three levels below, and the link above hears of it.
        stage.change(leader, "taskUpdate", json!({ "id": below, "status": "DONE" }), "task { id }").await;
        stage.looked().await;
        assert_eq!(stage.state(&links[3]).await, "ACTIVE");
        stage.look_after(1).await;
        assert_eq!(stage.state(&links[5]).await, stale);
        // Where more patience is set, it is good again soon.
        stage.set_settings(json!({ "noActivityDays": 31 })).await;
        stage.looked().await;
        assert_eq!(stage.state(&links[5]).await, "ACTIVE");
        stage.server.stop().await;
    }

    async fn nothing_is_quiet_before_its_cycle_begins(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let input = json!({ "name": "Q2", "state": "PLANNED", "startsOn": "2026-04-01", "endsOn": "2026-06-30" });
        let cycle = stage.make("cycleCreate", input, "cycle").await;
        let (_, goal) = stage.goal("Grow", Some(&cycle)).await;
        let project = stage.project("Next quarter's").await;
        let link = stage.link("projectId", &project, &goal).await;
        stage.look_after(59).await;
        assert_eq!(stage.state(&link).await, "ACTIVE", "29 days into its cycle");
        stage.look_after(1).await;
        assert_eq!(stage.state(&link).await, "STALE NO_ACTIVITY");
        stage.server.stop().await;
    }

    async fn work_done_long_ago_makes_a_link_stale_until_it_is_taken_up_or_confirmed(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let (_, goal) = stage.goal("Grow", None).await;
        let leader = stage.leader();
        let mut links = Vec::new();
        let (mut projects, mut tasks) = (Vec::new(), Vec::new());
        for title in ["Taken up", "Confirmed"] {
            let project = stage.project(title).await;
            links.push(stage.link("projectId", &project, &goal).await);
            projects.push(project);
        }
        for (title, status) in [("Done", "DONE"), ("Given up", "CANCELLED"), ("Later", "TODO")] {
            let task = stage.task(json!({ "title": title, "status": status })).await;
            links.push(stage.link("taskId", &task, &goal).await);
            tasks.push(task);
        }
        // What ends a day later is stale a day later: the link was confirmed when it was made.
        stage.pass_days(1);
        for project in &projects {
            stage.change(leader, "projectUpdate", json!({ "id": project, "state": "DONE" }), "project { id }").await;
        }
        stage.pass_days(9);
        stage.change(leader, "taskUpdate", json!({ "id": tasks[2], "status": "DONE" }), "task { id }").await;
        stage.look_after(49).await;
        let states = async || {
            let mut states = Vec::new();
            for link in &links {
                states.push(stage.state(link).await);
            }
            states
        };
        let stale = "STALE WORK_DONE_LONG_AGO";
        assert_eq!(states().await, ["ACTIVE"; 5], "59 days after the first");
        stage.look_after(1).await;
        assert_eq!(states().await, ["ACTIVE", "ACTIVE", stale, stale, "ACTIVE"]);
        stage.look_after(1).await;
        assert_eq!(states().await, [stale, stale, stale, stale, "ACTIVE"]);
        // An edit of what is done brings nothing back; taking it up does.
        stage.change(leader, "projectUpdate", json!({ "id": projects[0], "title": "Renamed" }), "project { id }").await;
        stage.looked().await;
        assert_eq!(stage.state(&links[0]).await, stale);
        stage.change(leader, "projectUpdate", json!({ "id": projects[0], "state": "IN_PROGRESS" }), "project { id }").await;
        stage.change(leader, "taskUpdate", json!({ "id": tasks[0], "status": "IN_PROGRESS" }), "task { id }").await;
        stage.looked().await;
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": links[1] }), "alignmentLink { id }").await;
        assert_eq!(states().await, ["ACTIVE", "ACTIVE", "ACTIVE", stale, "ACTIVE"]);
        stage.set_settings(json!({ "workDoneLongAgoDays": 50, "noActivityDays": 365 })).await;
        stage.looked().await;
        assert_eq!(states().await, ["ACTIVE", "ACTIVE", "ACTIVE", stale, stale]);
        stage.server.stop().await;
    }

    async fn a_link_that_nobody_confirmed_in_time_is_stale_until_somebody_does(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let (_, goal) = stage.goal("Grow", None).await;
        stage.goal("Other", None).await;
        let leader = stage.leader();
        // Without the setting nobody waits for a word.
        let early = stage.task(json!({ "title": "Early [KR-1]" })).await;
        let early = stage.link_of("task", &early).await;
        stage.look_after(14).await;
        assert_eq!(stage.state(&early).await, "ACTIVE");
        stage.set_settings(json!({ "requireConfirm": true })).await;
        stage.looked().await;
        assert_eq!(stage.state(&early).await, "STALE NEVER_CONFIRMED");
        let by_text = stage.task(json!({ "title": "By a text [KR-1]" })).await;
        let by_text = stage.link_of("task", &by_text).await;
        let by_hand = stage.task(json!({ "title": "By hand" })).await;
        let by_hand = stage.link("taskId", &by_hand, &goal).await;
        let once = stage.task(json!({ "title": "Confirmed at once [KR-2]" })).await;
        let once = stage.link_of("task", &once).await;
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": once }), "alignmentLink { id }").await;
        stage.look_after(13).await;
        assert_eq!(stage.state(&by_text).await, "ACTIVE");
        stage.look_after(1).await;
        assert_eq!(stage.state(&by_text).await, "STALE NEVER_CONFIRMED");
        assert_eq!([stage.state(&by_hand).await, stage.state(&once).await], ["ACTIVE", "ACTIVE"]);
        stage.change(leader, "alignmentLinkConfirm", json!({ "id": by_text }), "alignmentLink { id }").await;
        assert_eq!(stage.state(&by_text).await, "ACTIVE");
        stage.set_settings(json!({ "requireConfirm": false })).await;
        stage.looked().await;
        assert_eq!(stage.state(&early).await, "ACTIVE", "every link is as good as confirmed again");
        stage.server.stop().await;
    }

    async fn a_cycle_ends_with_its_last_day_where_the_company_is(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let quarter = |name: &str, from: &str, to: &str| {
            json!({ "name": name, "state": "ACTIVE", "startsOn": from, "endsOn": to })
        };
        let cycle = stage.make("cycleCreate", quarter("Q1", "2026-01-01", "2026-03-31"), "cycle").await;
        let next_cycle = stage.make("cycleCreate", quarter("Q2", "2026-04-01", "2026-06-30"), "cycle").await;
        let (objective, goal) = stage.goal("Grow", Some(&cycle)).await;
        let (_, timeless) = stage.goal("Some day", None).await;
        let task = stage.task(json!({ "title": "Ship" })).await;
        let link = stage.link("taskId", &task, &goal).await;
        let other = stage.link("taskId", &task, &timeless).await;
        // Summer time holds by then: midnight is at ten in the evening.
        stage.time.set(instant("2026-03-31T21:30:00Z"));
        stage.look_after(0).await;
        assert_eq!(stage.state(&link).await, "ACTIVE", "the last day belongs to the cycle");
        stage.time.set(instant("2026-03-31T22:30:00Z"));
        let mut stream = listening(&stage).await;
        next(&mut stream).await;
        stage.look_after(0).await;
        assert_eq!([stage.state(&link).await, stage.state(&other).await], ["STALE CYCLE_ENDED", "ACTIVE"]);
        assert_eq!(next(&mut stream).await["cause"], "CLOCK");
        // A longer cycle, or another one, and it is good again.
        stage.change(leader, "cycleUpdate", json!({ "id": cycle, "startsOn": "2026-01-01", "endsOn": "2026-04-05" }), "cycle { id }").await;
        stage.looked().await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        stage.change(leader, "cycleUpdate", json!({ "id": cycle, "startsOn": "2026-01-01", "endsOn": "2026-03-31" }), "cycle { id }").await;
        stage.looked().await;
        assert_eq!(stage.state(&link).await, "STALE CYCLE_ENDED");
        stage.change(leader, "objectiveUpdate", json!({ "id": objective, "cycleId": next_cycle }), "objective { id }").await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        // And into one that is over.
        stage.change(leader, "objectiveUpdate", json!({ "id": objective, "cycleId": cycle }), "objective { id }").await;
        assert_eq!(stage.state(&link).await, "STALE CYCLE_ENDED");
        stage.server.stop().await;
    }

    async fn a_link_by_hand_to_a_goal_whose_cycle_is_over_is_stale_from_the_start(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let leader = stage.leader();
        let input = json!({ "name": "Q1", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-03-31" });
        let cycle = stage.make("cycleCreate", input, "cycle").await;
        let (_, goal) = stage.goal("Grow", Some(&cycle)).await;
        let mut tasks = Vec::new();
        for title in ["One", "Two", "Three", "Four"] {
            tasks.push(stage.task(json!({ "title": title })).await);
        }
        let told = "id state staleReason intervals { nodes { state staleReason toAt } }";
        let link = async |task: &Value| {
            let input = json!({ "taskId": task, "keyResultId": goal });
            let made = stage.change(leader, "alignmentLinkCreate", input, &format!("alignmentLink {{ {told} }}")).await;
            made["alignmentLink"].clone()
        };
        let from_the_start = |state: &str, reason: Value| {
            let span = json!({ "state": state, "staleReason": reason, "toAt": null });
            json!({ "state": state, "staleReason": reason, "intervals": { "nodes": [span] } })
        };
        let without_id = |link: &Value| {
            json!({ "state": link["state"], "staleReason": link["staleReason"], "intervals": link["intervals"] })
        };
        stage.time.set(instant("2026-03-31T21:30:00Z"));
        let last_day = link(&tasks[0]).await;
        assert_eq!(without_id(&last_day), from_the_start("ACTIVE", Value::Null), "the last day belongs to the cycle");
        // Midnight is past where the company is, and no look was asked for.
        stage.time.set(instant("2026-03-31T22:30:00Z"));
        let over = from_the_start("STALE", json!("CYCLE_ENDED"));
        let single = link(&tasks[1]).await;
        assert_eq!(without_id(&single), over);
        let input = json!({ "ids": [tasks[2], tasks[3]], "keyResultId": goal });
        let many = format!("linked links {{ alignmentLink {{ {told} }} }}");
        let many = stage.change(leader, "alignmentLinkCreateMany", input, &many).await;
        assert_eq!(many["linked"], 2);
        let mut made = vec![single["id"].clone()];
        for row in many["links"].as_array().expect("links") {
            assert_eq!(without_id(&row["alignmentLink"]), over);
            made.push(row["alignmentLink"]["id"].clone());
        }
        // A longer cycle, and they are good.
        let longer = json!({ "id": cycle, "startsOn": "2026-01-01", "endsOn": "2026-04-05" });
        stage.change(leader, "cycleUpdate", longer, "cycle { id }").await;
        stage.looked().await;
        for link in &made {
            assert_eq!(stage.state(link).await, "ACTIVE");
        }
        stage.server.stop().await;
    }

    async fn one_reason_never_hides_another(database: TestDatabase) {
        let stage = Stage::set(database).await;
        let (objective, _) = stage.goal("Grow", None).await;
        let company = &stage.world.a;
        let task = stage.task(json!({ "title": "Do KR-1", "assigneeIds": [person_id(&company.individual)] })).await;
        let link = stage.link_of("task", &task).await;
        let leader = stage.leader();
        stage.look_after(30).await;
        assert_eq!(stage.state(&link).await, "STALE NO_ACTIVITY");
        // Its reference goes while it is quiet, its owner after that, and its goal last.
        stage.change(leader, "taskUpdate", json!({ "id": task, "title": "Do it" }), "task { id }").await;
        assert_eq!(stage.state(&link).await, "STALE TOKEN_REMOVED");
        let individual = json!({ "id": person_id(&company.individual) });
        stage.change(&company.admin, "personDeactivate", individual.clone(), "person { id }").await;
        assert_eq!(stage.state(&link).await, "STALE OWNER_LEFT");
        stage.change(leader, "objectiveArchive", json!({ "id": objective }), "objective { id }").await;
        assert_eq!(stage.state(&link).await, "STALE TARGET_ARCHIVED");
        // Each shows again when the one before it goes.
        stage.change(leader, "objectiveUnarchive", json!({ "id": objective }), "objective { id }").await;
        assert_eq!(stage.state(&link).await, "STALE OWNER_LEFT");
        stage.change(&company.admin, "personReactivate", individual, "person { id }").await;
        assert_eq!(stage.state(&link).await, "STALE TOKEN_REMOVED");
        stage.pass_days(30);
        stage.change(leader, "taskUpdate", json!({ "id": task, "title": "Do KR-1" }), "task { id }").await;
        assert_eq!(stage.state(&link).await, "ACTIVE");
        stage.look_after(30).await;
        assert_eq!(stage.state(&link).await, "STALE NO_ACTIVITY");
        stage.server.stop().await;
    }
}
