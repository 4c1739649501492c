use chrono::NaiveDate;
use entity::{EstimateUnit, Instant, ReferenceField, TaskStatus};
use serde_json::{Value, json};

use super::*;
use crate::domain::sync::external::{ExternalTask, ExternalText, ParentRef};

fn read(answer: &Value) -> Result<ExternalBatch, ReadError> {
    let text = answer.to_string();
    read_search(&Document::new(text.as_bytes())?)
}

/// An issue with what every issue has, and the fields given.
fn issue(id: u32, fields: Value) -> Value {
    let mut all = json!({
        "summary": format!("Issue {id}"),
        "project": {"id": "10", "key": "ACME", "name": "Acme"},
        "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
        "created": "2016-05-07T06:27:59.000+0000", "updated": "2017-06-19T15:46:38.000+0000",
    });
    for (name, value) in fields.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!({"id": id.to_string(), "key": format!("ACME-{id}"), "fields": all})
}

fn answer(issues: Vec<Value>) -> Value {
    json!({"startAt": 0, "maxResults": 50, "total": issues.len(), "issues": issues})
}

fn only(issue: Value) -> ExternalTask {
    read(&answer(vec![issue])).unwrap().tasks.into_iter().next().unwrap()
}

fn instant(text: &str) -> Instant {
    crate::connectors::date::instant(text).unwrap()
}

#[test]
fn a_server_issue_is_read_whole() {
    let mut raw = issue(
        7,
        json!({
            "description": "Why\r\n[KR-12]", "labels": ["okr:KR-3", "web", "web"], "duedate": "2016-06-01",
            "assignee": {"key": "JIRAUSER1", "name": "ana", "displayName": "Ana Ruiz", "emailAddress": "ana@acme.test"},
            "timeoriginalestimate": 7200, "timespent": 3600,
            "attachment": [{"id": "1", "filename": "plan KR-4.pdf"}],
            "components": [{"name": "For KR-8"}],
            "customfield_1": "KR-5", "customfield_2": {"value": "Large", "child": {"value": "XL"}},
            "customfield_3": [{"value": "a"}, "b"], "customfield_4": 12, "customfield_5": "x".repeat(256),
            "customfield_6": ["com.atlassian.greenhopper.service.sprint.Sprint@1[id=1]"]
        }),
    );
    raw["self"] = json!("https://Jira.acme.test:8443/jira/rest/api/2/issue/7");
    let text = raw.to_string();
    let batch = read(&answer(vec![raw])).unwrap();
    assert_eq!(batch.site, "jira.acme.test:8443/jira");
    let project = &batch.projects[0];
    assert_eq!((project.external_id.as_str(), project.external_key.as_deref()), ("10", Some("ACME")));
    assert_eq!(project.payload, r#"{"id":"10","key":"ACME","name":"Acme"}"#);
    let task = &batch.tasks[0];
    assert_eq!(task.payload, text);
    assert_eq!(task.url.as_deref(), Some("https://jira.acme.test:8443/jira/browse/ACME-7"));
    assert_eq!((task.external_id.as_str(), task.external_key.as_deref()), ("7", Some("ACME-7")));
    assert_eq!(task.description.as_deref(), Some("Why\r\n[KR-12]"));
    assert_eq!(task.labels, ["okr:KR-3", "web"]);
    assert_eq!(task.due_on, NaiveDate::from_ymd_opt(2016, 6, 1));
    assert_eq!(task.assignees, ["JIRAUSER1"]);
    assert_eq!(batch.people[0].email.as_deref(), Some("ana@acme.test"));
    assert_eq!(task.estimate, Some((7200.0, EstimateUnit::Seconds)));
    assert_eq!(task.logged_seconds, Some(3600));
    assert_eq!(task.created_at, Some(instant("2016-05-07T06:27:59Z")));
    let texts: Vec<_> = task.texts.iter().map(|text| (text.field, text.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            (ReferenceField::CustomField, "KR-5"),
            (ReferenceField::CustomField, "Large"),
            (ReferenceField::CustomField, "XL"),
            (ReferenceField::CustomField, "a"),
            (ReferenceField::CustomField, "b"),
            (ReferenceField::Section, "For KR-8"),
            (ReferenceField::Attachment, "plan KR-4.pdf"),
        ]
    );
    assert!(batch.notes.is_empty() && batch.complete);
}

#[test]
fn status_is_read_by_category_then_name_and_resolution() {
    let category = |name: &str, key: &str| json!({"name": name, "statusCategory": {"key": key}});
    for (status, resolution, expected) in [
        (category("Open", "new"), None, TaskStatus::Todo),
        (category("Backlog", "new"), None, TaskStatus::Backlog),
        (category("Done?", "indeterminate"), None, TaskStatus::InProgress),
        (category("Ferdig", "done"), None, TaskStatus::Done),
        (category("Closed", "done"), Some("Fixed"), TaskStatus::Done),
        (category("Closed", "done"), Some("Won't Fix"), TaskStatus::Cancelled),
        (category("Cancelled", "done"), None, TaskStatus::Cancelled),
        (category("Open", "new"), Some("Won't Fix"), TaskStatus::Todo),
        (category("Weird", "undefined"), None, TaskStatus::Todo),
        (json!({"name": "In Progress"}), None, TaskStatus::InProgress),
        (json!({"name": "Resolved"}), Some("Duplicate"), TaskStatus::Cancelled),
        (json!({"name": "Weird"}), None, TaskStatus::Todo),
        (json!({"name": "Ferdig", "statusCategory": {"id": 3}}), None, TaskStatus::Done),
    ] {
        let resolution = resolution.map(|name| json!({"name": name}));
        let task = only(issue(1, json!({"status": status, "resolution": resolution})));
        assert_eq!(task.status, expected, "{status} {resolution:?}");
    }
    let closed = issue(1, json!({"status": category("Closed", "done"), "resolution": {"name": "Won't Do"}}));
    assert_eq!(read(&answer(vec![closed])).unwrap().states[0].provider_status, "Closed (Won't Do)");
}

#[test]
fn parents_and_epics_of_every_kind_are_found() {
    let mut answer = answer(vec![
        issue(
            1,
            json!({"issuetype": {"name": "Epic"}, "summary": "Growth", "customfield_9": "KR-12 growth"}),
        ),
        issue(2, json!({"customfield_8": "ACME-1"})),
        issue(3, json!({"epic": {"id": 1, "key": "ACME-1", "name": "Short", "summary": "Growth"}})),
        issue(
            4,
            json!({"parent": {"id": "99", "key": "ACME-99", "fields": {"summary": "Far epic", "issuetype": {"hierarchyLevel": 1}}}}),
        ),
        issue(5, json!({"parent": {"key": "ACME-2"}, "epic": {"id": 1}})),
        issue(6, json!({"customfield_8": "OTHER-5"})),
        issue(7, json!({"parent": {"key": "ACME-7"}})),
        issue(8, json!({"parent": null, "epic": null, "customfield_8": null})),
    ]);
    answer["names"] = json!({"customfield_8": "Epic Link"});
    answer["schema"] = json!({"customfield_9": {"custom": "com.pyxis.greenhopper.jira:gh-epic-label"}});
    let batch = read(&answer).unwrap();
    let id = |id: &str| Some(ParentRef::Id(id.to_owned()));
    let parents: Vec<_> = batch.tasks.iter().map(|task| task.parent.clone()).collect();
    let far = Some(ParentRef::Key("OTHER-5".to_owned()));
    assert_eq!(parents, [None, id("1"), id("1"), id("99"), id("2"), far, None, None]);
    let epics = |index: usize| -> Vec<&str> {
        let texts = batch.tasks[index].texts.iter();
        texts.filter(|text| text.field == ReferenceField::Epic).map(|text| text.text.as_str()).collect()
    };
    assert_eq!(epics(0), ["KR-12 growth"]);
    assert_eq!(epics(1), ["KR-12 growth", "Growth"]);
    assert_eq!(epics(2), ["Short", "Growth", "KR-12 growth"]);
    assert_eq!(epics(3), ["Far epic"]);
    assert_eq!(epics(4), Vec::<&str>::new());
    assert_eq!(batch.notes, ["1 issue names itself as parent; the parent was left out."]);
}

#[test]
fn a_cloud_issue_is_read_from_its_document_and_points() {
    let mut answer = json!({"isLast": true, "issues": [issue(1, json!({
        "description": {"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "See [KR-12]"}]}]},
        "assignee": {"accountId": "5b10", "displayName": "Ana"},
        "customfield_16": 5, "customfield_17": {"type": "doc", "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "KR-6"}]}]},
        "timeoriginalestimate": null
    }))]});
    answer["names"] = json!({"customfield_16": "Story point estimate", "customfield_17": "Goal"});
    answer["issues"][0]["self"] = json!("https://acme.atlassian.net/rest/api/3/issue/1");
    let batch = read(&answer).unwrap();
    let task = &batch.tasks[0];
    assert_eq!(batch.site, "acme.atlassian.net");
    assert_eq!(task.description.as_deref(), Some("See [KR-12]"));
    assert_eq!(task.assignees, ["5b10"]);
    assert_eq!(task.estimate, Some((5.0, EstimateUnit::Points)));
    assert_eq!(task.texts, [ExternalText { field: ReferenceField::CustomField, text: "KR-6".to_owned() }]);
}

#[test]
fn history_comes_from_the_changelog() {
    let change = |when: &str, from: &str, to: &str| {
        json!({"created": when, "items": [
            {"field": "assignee", "from": null, "to": "x"},
            {"field": "status", "from": "0", "fromString": from, "to": "0", "toString": to}]})
    };
    let mut done = issue(
        1,
        json!({
        "status": {"name": "Shipped!", "statusCategory": {"key": "done"}},
        "resolutiondate": "2016-05-20T10:00:00.000+0000"}),
    );
    done["changelog"] = json!({"total": 2, "histories": [
        change("2016-05-20T12:00:00.000+0200", "Doing", "Shipped!"),
        change("2016-05-10T10:00:00.000+0000", "Open", "Doing")]});
    let task = only(done.clone());
    let spans: Vec<_> = task.status_intervals.iter().map(|span| (span.status, span.from, span.to)).collect();
    let (born, began, ended) =
        (instant("2016-05-07T06:27:59Z"), instant("2016-05-10T10:00:00Z"), instant("2016-05-20T10:00:00Z"));
    assert_eq!(
        spans,
        [
            (TaskStatus::Todo, born, Some(began)),
            (TaskStatus::InProgress, began, Some(ended)),
            (TaskStatus::Done, ended, None),
        ]
    );
    assert_eq!((task.started_at, task.completed_at), (Some(began), Some(ended)));
    // Of a log that is not whole the beginning is not known.
    done["changelog"]["total"] = json!(3);
    let cut = only(done.clone());
    assert_eq!(cut.status_intervals.first().map(|span| span.from), Some(began));
    assert_eq!(cut.started_at, None);
    done.as_object_mut().unwrap().remove("changelog");
    let bare = only(done);
    assert_eq!((bare.status_intervals.len(), bare.started_at, bare.completed_at), (0, None, Some(ended)));
}

#[test]
fn work_logs_become_dated_entries() {
    let entry = |id: u32, started: &str, seconds: i64| json!({"id": id.to_string(), "author": {"name": "ana"}, "started": started, "timeSpentSeconds": seconds});
    let log = json!({"total": 6, "worklogs": [
        entry(1, "2014-02-24T23:30:00.000-0500", 3600), entry(1, "2014-02-25T00:00:00.000+0000", 60),
        entry(2, "2014-00-24", 60), entry(3, "2014-02-24T00:00:00.000+0000", 0), entry(4, "2014-02-24T00:00:00.000+0000", -5),
        {"started": "2014-02-24T00:00:00.000+0000", "timeSpentSeconds": 5}]});
    let batch = read(&answer(vec![issue(1, json!({"worklog": log}))])).unwrap();
    let task = &batch.tasks[0];
    assert_eq!(task.time_entries.len(), 1);
    assert_eq!(task.time_entries[0].day, NaiveDate::from_ymd_opt(2014, 2, 24).unwrap());
    assert_eq!(task.time_entries[0].person.as_deref(), Some("ana"));
    assert_eq!(task.logged_seconds, Some(3600));
    let skipped: Vec<_> = batch.skipped.iter().map(|item| item.external_id.as_str()).collect();
    assert_eq!(
        skipped,
        ["ACME-1 worklog 1", "ACME-1 worklog 2", "ACME-1 worklog 3", "ACME-1 worklog 4", "ACME-1 worklog 5"]
    );
    let cut = json!({"total": 30, "worklogs": [entry(1, "2014-02-24T00:00:00.000+0000", 60)]});
    let batch = read(&answer(vec![issue(1, json!({"worklog": cut}))])).unwrap();
    assert_eq!(batch.tasks[0].logged_seconds, None, "a part of the sum is not the sum");
    assert_eq!(batch.notes, ["1 issue has more work log entries than the file holds."]);
}

#[test]
fn a_cut_search_says_so() {
    for (frame, complete, note) in [
        (json!({"total": 1}), true, None),
        (json!({}), true, None),
        (json!({"isLast": true}), true, None),
        (json!({"total": 90}), false, Some("The search found 90 issues, the file holds 1 of them.")),
        (
            json!({"total": 51, "startAt": 50}),
            false,
            Some("The search found 51 issues, the file holds 1 of them."),
        ),
        (json!({"isLast": false}), false, Some("The search has further pages; the file holds 1 issues.")),
        (
            json!({"nextPageToken": "x"}),
            false,
            Some("The search has further pages; the file holds 1 issues."),
        ),
    ] {
        let mut answer = frame.clone();
        answer["issues"] = json!([issue(1, json!({}))]);
        let batch = read(&answer).unwrap();
        assert_eq!(batch.complete, complete, "{frame}");
        assert_eq!(batch.notes.first().map(String::as_str), note, "{frame}");
    }
}

#[test]
fn what_does_not_fit_in_is_listed() {
    let mut here = issue(1, json!({}));
    here["self"] = json!("https://a.test/rest/api/2/issue/1");
    let mut elsewhere = issue(2, json!({}));
    elsewhere["self"] = json!("https://b.test/rest/api/2/issue/2");
    let mut again = issue(3, json!({}));
    again["id"] = json!(1);
    let batch = read(&answer(vec![here, elsewhere, again])).unwrap();
    assert_eq!(batch.tasks.len(), 1);
    let skipped: Vec<_> = batch.skipped.iter().map(|item| item.external_id.as_str()).collect();
    assert_eq!(skipped, ["ACME-2", "ACME-3"]);
}

#[test]
fn what_is_no_search_answer_is_refused_with_the_path() {
    let without = |name: &str| {
        let mut issue = issue(2, json!({}));
        issue["fields"].as_object_mut().unwrap().remove(name);
        answer(vec![json!({"id": "1", "key": "ACME-1", "fields": issue["fields"]}), issue])
    };
    for (answer, said) in [
        (
            json!({"errorMessages": ["no"]}),
            "this is not the answer of a Jira search (an object with `issues`): it is an error that Jira answered",
        ),
        (
            json!({"id": "1", "key": "A-1", "fields": {}}),
            "this is not the answer of a Jira search (an object with `issues`): it looks like a single issue",
        ),
        (json!({"issues": {}}), "`issues`: an array was expected, an object was found"),
        (json!({"issues": [{"key": "A-1"}]}), "`issues[0].id`: an id was expected, nothing was found"),
        (
            json!({"issues": [{"id": "1"}]}),
            "`issues[0].fields.summary`: a text was expected, nothing was found",
        ),
        (
            answer(vec![issue(1, json!({})), issue(2, json!({"summary": 5}))]),
            "`issues[1].fields.summary`: a text was expected, a number was found",
        ),
        (without("summary"), "`issues[0].fields.summary`: a text was expected, nothing was found"),
        (without("status"), "`issues[0].fields.status`: an object was expected, nothing was found"),
        (without("project"), "`issues[0].fields.project`: an object was expected, nothing was found"),
    ] {
        let error = read(&answer).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn a_blank_summary_is_replaced_by_the_key() {
    assert_eq!(only(issue(1, json!({"summary": " "}))).title, "ACME-1");
}
