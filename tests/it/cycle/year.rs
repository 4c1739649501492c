//! A whole year on a simulated clock: four quarters of check-ins and finished work, each closed and carried
//! over, and the archive that comes of it. What it must hold is worked out here, by hand, from the plan.

use api::domain::clock::{Clock, SimulatedTime};
use chrono::{DateTime, NaiveDate};
use entity::Instant;
use serde_json::{Value, json};
use support::{ServerOptions, TestDatabase, TestServer, World, both_databases};

const DAY: i64 = 86_400;
const WEEKS: usize = 12;

/// What happens in a quarter.
struct Quarter {
    name: &'static str,
    first: &'static str,
    last: &'static str,
    /// Sign-ups: start and target, and how much comes a week.
    signups: (f64, f64, f64),
    /// Errors: start and target, and how many go a week; none once that was abandoned.
    errors: Option<(f64, f64, f64)>,
    /// Tasks of four that are finished.
    finished: usize,
}

/// The plan. Where a quarter ends is where the next one starts; sign-ups pass their target in the second and
/// fourth quarter, so that their aim is raised when they are carried over.
const YEAR: [Quarter; 4] = [
    Quarter {
        name: "Q1",
        first: "2026-01-01",
        last: "2026-03-31",
        signups: (0.0, 100.0, 7.0),
        errors: Some((50.0, 10.0, -2.0)),
        finished: 4,
    },
    Quarter {
        name: "Q2",
        first: "2026-04-01",
        last: "2026-06-30",
        signups: (84.0, 100.0, 9.0),
        errors: Some((26.0, 10.0, -1.0)),
        finished: 2,
    },
    Quarter {
        name: "Q3",
        first: "2026-07-01",
        last: "2026-09-30",
        signups: (192.0, 300.0, 5.0),
        errors: None,
        finished: 3,
    },
    Quarter {
        name: "Q4",
        first: "2026-10-01",
        last: "2026-12-31",
        signups: (252.0, 300.0, 11.0),
        errors: None,
        finished: 0,
    },
];

/// The share of the way, cut to 0–1, to nine places.
fn share((start, target, weekly): (f64, f64, f64)) -> f64 {
    let end = start + weekly * WEEKS as f64;
    nine(((end - start) / (target - start)).clamp(0.0, 1.0))
}

fn nine(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// Sign-ups weigh 2, the others 1 each.
fn objective(quarter: &Quarter, errors: Option<f64>) -> f64 {
    let mut parts = vec![(2.0, share(quarter.signups)), (1.0, quarter.finished as f64 / 4.0)];
    parts.extend(errors.map(|errors| (1.0, errors)));
    let weights: f64 = parts.iter().map(|(weight, _)| weight).sum();
    nine(parts.iter().map(|(weight, value)| weight * value).sum::<f64>() / weights)
}

struct Company {
    server: TestServer,
    time: SimulatedTime,
    world: World,
}

impl Company {
    /// Tokens live for an hour, and this takes a year.
    fn token(&self) -> String {
        self.server.token_of(self.world.a.leader.id)
    }

    async fn change(&self, field: &str, input: Value, selection: &str) -> Value {
        self.server.change(&self.token(), field, input, selection).await
    }

    async fn make(&self, field: &str, input: Value, part: &str) -> Value {
        self.change(field, input, &format!("{part} {{ id }}")).await[part]["id"].clone()
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        self.server.graphql(Some(&self.token()), query, variables).await.data().clone()
    }

    /// Ten in the morning of a day, as good as anywhere in the organization's zone.
    fn go_to(&self, day: &str) -> Instant {
        let at = DateTime::parse_from_rfc3339(&format!("{day}T09:00:00Z")).expect("a day");
        self.time.set(Instant::from(at.to_utc()));
        self.server.clock().now()
    }
}

/// A value as the API tells it.
fn told(value: f64) -> Value {
    json!(format!("{value}"))
}

fn text_of(at: Instant) -> Value {
    json!(at.to_utc().expect("a year of ours").to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// The goals of a quarter.
#[derive(Clone)]
struct Goals {
    cycle: Value,
    signups: Value,
    errors: Option<Value>,
    work: Value,
}

both_databases! {
    async fn ends_in_the_archive_that_was_worked_out(database: TestDatabase) {
        let start = DateTime::parse_from_rfc3339("2026-01-01T09:00:00Z").expect("a day");
        let (clock, time) = Clock::simulated(Instant::from(start.to_utc()), 2026);
        let server = TestServer::start_with(database, ServerOptions::default().clock(clock)).await;
        let world = World::of(&server).await;
        let company = Company { server: server.clone(), time, world };

        // The plan: a year around four quarters, an objective above all of them.
        let input = json!({ "name": "2026", "state": "ACTIVE", "startsOn": "2026-01-01", "endsOn": "2026-12-31" });
        let year = company.make("cycleCreate", input, "cycle").await;
        let mut cycles = Vec::new();
        for quarter in &YEAR {
            let input = json!({ "name": quarter.name, "parentId": year, "startsOn": quarter.first, "endsOn": quarter.last });
            cycles.push(company.make("cycleCreate", input, "cycle").await);
        }
        let input = json!({ "name": "2027 Q1", "startsOn": "2027-01-01", "endsOn": "2027-03-31" });
        cycles.push(company.make("cycleCreate", input, "cycle").await);
        let input = json!({ "title": "Win", "cycleId": year, "includeChildren": true });
        let top = company.make("objectiveCreate", input, "objective").await;
        let input = json!({ "title": "Grow", "cycleId": cycles[0], "parentId": top });
        let grow = company.make("objectiveCreate", input, "objective").await;
        let part = |title: &str, start: f64, target: f64, weight: f64| {
            json!({ "objectiveId": grow, "title": title, "start": start.to_string(), "target": target.to_string(), "weight": weight })
        };
        let (from, to, _) = YEAR[0].signups;
        let signups = company.make("keyResultCreate", part("Sign-ups", from, to, 2.0), "keyResult").await;
        let (from, to, _) = YEAR[0].errors.expect("errors at first");
        let errors = company.make("keyResultCreate", part("Errors", from, to, 1.0), "keyResult").await;
        let input = json!({ "objectiveId": grow, "title": "Features", "progressSource": "WORK" });
        let work = company.make("keyResultCreate", input, "keyResult").await;
        let mut goals = Goals { cycle: cycles[0].clone(), signups, errors: Some(errors), work };

        let mut history = Vec::new();
        let mut first = None;
        for (at, quarter) in YEAR.iter().enumerate() {
            history.extend(run(&company, quarter, &goals).await);
            first.get_or_insert_with(|| goals.clone());
            close(&company, quarter, &goals).await;
            goals = carry_over(&company, at, &goals, &cycles[at + 1]).await;
        }
        // The year closes after its quarters.
        let closed = company.change("cycleClose", json!({ "id": year }), "cycle { state children { nodes { state } } }").await;
        assert_eq!(closed["cycle"]["children"]["nodes"], json!(vec![json!({ "state": "CLOSED" }); 4]));

        archive(&company, &year, &top).await;
        recorded(&company, &history).await;
        codes(&company, &first.expect("four quarters"), &goals).await;
        result_of_the_first_project(&company).await;
        server.stop().await;
    }
}

/// Twelve weeks of a quarter; gives what was known of sign-ups when: which goal, when, value, progress.
async fn run(company: &Company, quarter: &Quarter, goals: &Goals) -> Vec<(Value, Instant, f64, f64)> {
    company.change("cycleUpdate", json!({ "id": goals.cycle, "state": "ACTIVE" }), "cycle { id }").await;
    let project = company.make("projectCreate", json!({ "title": quarter.name }), "project").await;
    for goal in [&goals.work, &goals.signups] {
        let input = json!({ "projectId": project, "keyResultId": goal });
        company.make("alignmentLinkCreate", input, "alignmentLink").await;
    }
    let mut tasks = Vec::new();
    for number in 0..4 {
        let input = json!({ "title": format!("Feature {number}"), "projectIds": [project] });
        tasks.push(company.make("taskCreate", input, "task").await);
    }
    let mut history = Vec::new();
    for week in 0..WEEKS {
        company.time.advance_seconds(7 * DAY);
        let (start, target, weekly) = quarter.signups;
        let value = start + weekly * (week + 1) as f64;
        let input = json!({ "keyResultId": goals.signups, "value": value.to_string(), "confidence": 0.5 });
        company.make("keyResultCheckIn", input, "checkIn").await;
        let progress = nine(((value - start) / (target - start)).clamp(0.0, 1.0));
        history.push((goals.signups.clone(), company.server.clock().now(), value, progress));
        if let Some(((start, _, weekly), goal)) = quarter.errors.zip(goals.errors.as_ref()) {
            let value = start + weekly * (week + 1) as f64;
            let input = json!({ "keyResultId": goal, "value": value.to_string(), "health": "ON_TRACK" });
            company.make("keyResultCheckIn", input, "checkIn").await;
        }
        if week == 1 {
            let input = json!({ "id": project, "state": "IN_PROGRESS" });
            company.change("projectUpdate", input, "project { id }").await;
        }
        // A task in weeks 3, 5, 7 and 9, as many as are finished.
        if let Some(task) = tasks
            .iter()
            .take(quarter.finished)
            .nth(week.wrapping_sub(2) / 2)
            .filter(|_| week >= 2 && week % 2 == 0)
        {
            company.change("taskUpdate", json!({ "id": task, "status": "DONE" }), "task { id }").await;
        }
        if week == 9 && quarter.finished == 4 {
            let input = json!({ "id": project, "state": "DONE" });
            company.change("projectUpdate", input, "project { id }").await;
        }
    }
    history
}

/// The end of a quarter: looked at, scored, closed, twice.
async fn close(company: &Company, quarter: &Quarter, goals: &Goals) {
    let day: NaiveDate = quarter.last.parse().expect("a day");
    company.go_to(&day.succ_opt().expect("another day").to_string());
    let parts = if quarter.errors.is_some() { 3 } else { 2 };
    let look = "query($id: ID!) { cycle(id: $id) { closing { ready readyWithSuggested keyResultCount objectiveCount unscoredCount unknownCount linkCount projectResultCount unscored { id } openCycles { id } } } }";
    let ahead = company.ask(look, json!({ "id": goals.cycle })).await["cycle"]["closing"].clone();
    assert_eq!(ahead["ready"], false, "{ahead}");
    assert_eq!(ahead["readyWithSuggested"], true, "{ahead}");
    assert_eq!([&ahead["keyResultCount"], &ahead["unscoredCount"]], [&json!(parts), &json!(parts)]);
    assert_eq!(
        [&ahead["objectiveCount"], &ahead["unknownCount"], &ahead["linkCount"]],
        [&json!(1), &json!(0), &json!(2)]
    );
    let results = if quarter.finished == 4 { 2 } else { 0 };
    assert_eq!(ahead["projectResultCount"], results);

    // It waits for scores, and says whose.
    let token = company.token();
    let refused =
        company.server.mutate(Some(&token), "cycleClose", json!({ "id": goals.cycle }), "cycle { id }").await;
    let message = &refused.user_errors("cycleClose")[0].message;
    assert!(message.contains("KR-"), "{message}");
    if let Some(errors) = goals.errors.as_ref().filter(|_| quarter.name == "Q1") {
        let input = json!({ "keyResultId": errors, "score": 0.7 });
        let refused = company.server.mutate(Some(&token), "keyResultScore", input, "keyResult { id }").await;
        let field = refused.user_errors("keyResultScore")[0].field.clone();
        assert_eq!(field, Some(vec!["input".to_owned(), "note".to_owned()]), "{}", refused.text);
        let input = json!({ "keyResultId": errors, "score": 0.7, "note": "The worst of them are gone" });
        company.change("keyResultScore", input, "keyResult { id }").await;
    }
    let input = json!({ "id": goals.cycle, "acceptSuggested": true });
    let closed = company
        .change("cycleClose", input.clone(), "cycle { state version closedAt closing { ready } }")
        .await;
    assert_eq!(closed["cycle"]["state"], "CLOSED");
    assert_eq!(closed["cycle"]["closing"], Value::Null);
    let again =
        company.change("cycleClose", input, "cycle { state version closedAt closing { ready } }").await;
    assert_eq!(again, closed, "a second close does nothing");
    // What was not finished is given up, for open work would go on with its goal.
    let open =
        company.ask("{ projects(filter: { state: { eq: IN_PROGRESS } }) { nodes { id } } }", json!({})).await;
    for project in open["projects"]["nodes"].as_array().expect("projects") {
        let input = json!({ "id": project["id"], "state": "CANCELLED" });
        company.change("projectUpdate", input, "project { id }").await;
    }
}

/// Sign-ups and features go on; errors go on once, then they are let go. Gives the goals of the next quarter.
async fn carry_over(company: &Company, at: usize, goals: &Goals, next: &Value) -> Goals {
    let selection =
        "successor { id current start checkIns { totalCount } objective { state parent { title } } }";
    let token = company.token();
    let keep = |goal: &Value| json!({ "keyResultId": goal, "decision": "KEEP", "cycleId": next });
    let end = YEAR[at].signups.0 + YEAR[at].signups.2 * WEEKS as f64;
    let signups = if end < YEAR[at].signups.1 {
        company.change("keyResultCarryOver", keep(&goals.signups), selection).await
    } else {
        let refused = company
            .server
            .mutate(Some(&token), "keyResultCarryOver", keep(&goals.signups), "successor { id }")
            .await;
        let field = refused.user_errors("keyResultCarryOver")[0].field.clone();
        assert_eq!(field, Some(vec!["input".to_owned(), "target".to_owned()]), "{}", refused.text);
        let target = YEAR.get(at + 1).map_or(500.0, |next| next.signups.1);
        let input = json!({ "keyResultId": goals.signups, "decision": "MODIFY", "cycleId": next, "target": target.to_string() });
        company.change("keyResultCarryOver", input, selection).await
    };
    assert_eq!([&signups["successor"]["current"], &signups["successor"]["start"]], [&told(end), &told(end)]);
    assert_eq!(signups["successor"]["checkIns"]["totalCount"], 0);
    // What goes on next year serves no aim of this one.
    let parent = if at + 1 < YEAR.len() { json!({ "title": "Win" }) } else { Value::Null };
    assert_eq!(signups["successor"]["objective"], json!({ "state": "ACTIVE", "parent": parent }));
    let work = company.change("keyResultCarryOver", keep(&goals.work), selection).await;
    let again = company.change("keyResultCarryOver", keep(&goals.work), selection).await;
    assert_eq!(again, work, "the same decision once more is the same answer");
    let mut errors = None;
    if let Some(goal) = &goals.errors {
        let goes_on = YEAR.get(at + 1).is_some_and(|next| next.errors.is_some());
        let input = if goes_on {
            keep(goal)
        } else {
            json!({ "keyResultId": goal, "decision": "ABANDON", "note": "Good enough" })
        };
        let carried = company.change("keyResultCarryOver", input, selection).await;
        assert_eq!(carried["successor"].is_object(), goes_on);
        errors = carried["successor"]["id"].is_string().then(|| carried["successor"]["id"].clone());
    }
    Goals {
        cycle: next.clone(),
        signups: signups["successor"]["id"].clone(),
        errors,
        work: work["successor"]["id"].clone(),
    }
}

/// The archive is what the plan gives.
async fn archive(company: &Company, year: &Value, top: &Value) {
    let query = "query($id: ID!) { cycle(id: $id) { state closedAt children(first: 4, sort: [{ field: STARTS_ON }]) { nodes { name state
      objectives(first: 2) { nodes { state progress score
        keyResults(first: 5, sort: [{ field: NUMBER }]) { nodes { title state start current target progress score scoreBand
          scoring { suggested frozen note } carryOver { decision } checkIns(first: 0) { totalCount } } } } } } } } }";
    let found = company.ask(query, json!({ "id": year })).await["cycle"].clone();
    let mut expected = Vec::new();
    let (mut progress, mut scores) = (Vec::new(), Vec::new());
    for (at, quarter) in YEAR.iter().enumerate() {
        let part = |title: &str, (start, target, weekly): (f64, f64, f64), decision: &str| {
            let end = start + weekly * WEEKS as f64;
            let share = share((start, target, weekly));
            json!({
                "title": title, "state": "CLOSED", "start": told(start), "current": told(end), "target": told(target),
                "progress": share, "score": share, "scoreBand": band(share),
                "scoring": { "suggested": share, "frozen": true, "note": null },
                "carryOver": { "decision": decision }, "checkIns": { "totalCount": WEEKS },
            })
        };
        let is_passed = share(quarter.signups) >= 1.0;
        let mut parts = vec![part("Sign-ups", quarter.signups, if is_passed { "MODIFY" } else { "KEEP" })];
        let mut scored = None;
        if let Some(errors) = quarter.errors {
            let mut errors = part("Errors", errors, if at == 0 { "KEEP" } else { "ABANDON" });
            if at == 0 {
                errors["score"] = json!(0.7);
                errors["scoreBand"] = json!("DELIVERED");
                errors["scoring"]["note"] = json!("The worst of them are gone");
            }
            scored = errors["score"].as_f64();
            parts.push(errors);
        }
        let done = quarter.finished as f64 / 4.0;
        parts.push(json!({
            "title": "Features", "state": "CLOSED", "start": null, "current": null, "target": null,
            "progress": done, "score": done, "scoreBand": band(done),
            "scoring": { "suggested": done, "frozen": true, "note": null },
            "carryOver": { "decision": "KEEP" }, "checkIns": { "totalCount": 0 },
        }));
        let measured = objective(quarter, quarter.errors.map(share));
        let score = objective(quarter, scored);
        progress.push(measured);
        scores.push(score);
        parts.sort_by_key(|part| part["title"] == "Features" && at == 0);
        let mut found_parts =
            found["children"]["nodes"][at]["objectives"]["nodes"][0]["keyResults"]["nodes"].clone();
        let by_title = |parts: &mut Vec<Value>| parts.sort_by_key(|part| part["title"].to_string());
        by_title(&mut parts);
        by_title(found_parts.as_array_mut().expect("key results"));
        assert_eq!(found_parts, json!(parts), "{}", quarter.name);
        expected.push(json!({ "name": quarter.name, "state": "CLOSED", "objective": { "state": "CLOSED", "progress": measured, "score": score } }));
        let mut goal = found["children"]["nodes"][at]["objectives"]["nodes"][0].clone();
        goal.as_object_mut().expect("an objective").remove("keyResults");
        let shown = json!({ "name": found["children"]["nodes"][at]["name"], "state": found["children"]["nodes"][at]["state"], "objective": goal });
        assert_eq!(shown, expected[at]);
    }
    let mean = |values: &[f64]| nine(values.iter().sum::<f64>() / values.len() as f64);
    let goal = company
        .ask("query($id: ID!) { objective(id: $id) { state progress score } }", json!({ "id": top }))
        .await["objective"]
        .clone();
    assert_eq!(goal["state"], "CLOSED");
    // A mean of numbers that were rounded themselves: the ninth place may fall either way.
    for (field, values) in [("progress", &progress), ("score", &scores)] {
        let shown = goal[field].as_f64().expect("a number");
        assert!((shown - mean(values)).abs() < 1.5e-9, "{field} {shown} is not the mean of {values:?}");
    }
}

fn band(score: f64) -> &'static str {
    if score < 0.4 {
        "MISSED"
    } else if score < 0.7 {
        "PARTIAL"
    } else {
        "DELIVERED"
    }
}

/// What is asked for as of a time is what was known then.
async fn recorded(company: &Company, history: &[(Value, Instant, f64, f64)]) {
    let query = "query($id: ID!, $at: DateTime!) { keyResult(id: $id) { asOf(at: $at) { current progress confidence } } }";
    for (goal, at, value, progress) in history.iter().step_by(7) {
        for later in [0, 6 * DAY] {
            let at = text_of(at.plus_seconds(later));
            let known = company.ask(query, json!({ "id": goal, "at": at })).await;
            let expected = json!({ "current": told(*value), "progress": progress, "confidence": 0.5 });
            assert_eq!(known["keyResult"]["asOf"], expected, "{goal} at {at}");
        }
    }
    let (goal, at, ..) = &history[0];
    let before = text_of(at.plus_seconds(-1));
    let known = company.ask(query, json!({ "id": goal, "at": before })).await;
    assert_eq!(known["keyResult"]["asOf"], json!({ "current": "0", "progress": 0.0, "confidence": null }));
    let known = company.ask(query, json!({ "id": goal, "at": "2025-12-31T00:00:00Z" })).await;
    assert_eq!(known["keyResult"]["asOf"], Value::Null, "it was not there yet");
}

/// The codes of the first quarter lead to what goes on.
async fn codes(company: &Company, first: &Goals, last: &Goals) {
    let by_code = "query($code: String!) { keyResult(code: $code) { id predecessor { id } objective { cycle { name } } } }";
    for (old, now) in [(&first.signups, &last.signups), (&first.work, &last.work)] {
        let code = company.ask("query($id: ID!) { keyResult(id: $id) { code } }", json!({ "id": old })).await;
        let found =
            company.ask(by_code, json!({ "code": code["keyResult"]["code"] })).await["keyResult"].clone();
        assert_eq!(found["id"], *now);
        assert_eq!(found["objective"]["cycle"]["name"], "2027 Q1");
        assert!(found["predecessor"]["id"].is_string());
    }
    // Errors ended with the second quarter: their first code leads to what went on until then.
    let errors = first.errors.as_ref().expect("errors at first");
    let code = company.ask("query($id: ID!) { keyResult(id: $id) { code } }", json!({ "id": errors })).await;
    let found = company.ask(by_code, json!({ "code": code["keyResult"]["code"] })).await["keyResult"].clone();
    assert_eq!(found["objective"]["cycle"]["name"], "Q2");
    assert_eq!(found["predecessor"]["id"], *errors);
}

/// The project of the first quarter ran from its second week to its tenth, and what it did is kept.
async fn result_of_the_first_project(company: &Company) {
    let query = "{ projects(first: 2, filter: { title: { eq: \"Q1\" } }) { nodes { state results(first: 5, sort: [{ field: CREATED_AT }]) { nodes {
      keyResult { title } startValue endValue delta startProgress endProgress verdict closingValue closingProgress closingVerdict amendedAt } } } } }";
    let found = company.ask(query, json!({})).await["projects"]["nodes"][0]["results"]["nodes"].clone();
    let amended = found[0]["amendedAt"].clone();
    assert_eq!(amended, json!("2026-04-01T09:00:00Z"));
    let mut results = found.as_array().expect("results").clone();
    results.sort_by_key(|row| row["keyResult"]["title"].to_string());
    assert_eq!(
        json!(results),
        json!([
            {
                "keyResult": { "title": "Features" }, "startValue": null, "endValue": null, "delta": null,
                "startProgress": 0.0, "endProgress": 1.0, "verdict": "UNKNOWN", "closingValue": null,
                "closingProgress": 1.0, "closingVerdict": "UNKNOWN", "amendedAt": amended,
            },
            {
                "keyResult": { "title": "Sign-ups" }, "startValue": "14", "endValue": "70", "delta": "56",
                "startProgress": 0.14, "endProgress": 0.7, "verdict": "IMPROVED", "closingValue": "84",
                "closingProgress": 0.84, "closingVerdict": "IMPROVED", "amendedAt": amended,
            },
        ])
    );
}
