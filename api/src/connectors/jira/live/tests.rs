//! The connector against a small Jira on loopback, which is admitted.

use std::{
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::domain::sync::port::Credential;

/// What was asked.
#[derive(Clone, Debug)]
struct Asked {
    /// Method and path, `GET /rest/api/3/myself`.
    what: String,
    query: String,
    head: String,
    body: Json,
}

impl Asked {
    fn jql(&self) -> &str {
        self.body["jql"].as_str().unwrap()
    }
}

/// A Jira that answers as the test says, and remembers what it was asked.
struct FakeJira {
    address: String,
    heard: Arc<Mutex<Vec<Asked>>>,
}

impl FakeJira {
    async fn answering(answer: impl Fn(&Asked) -> (u16, Json) + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (mut connection, _) = listener.accept().await.unwrap();
                let Some(asked) = listen(&mut connection).await else { continue };
                let (status, body) = answer(&asked);
                log.lock().unwrap().push(asked);
                let body = body.to_string();
                let length = body.len();
                let text = format!(
                    "HTTP/1.1 {status} Said\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
                connection.write_all(text.as_bytes()).await.unwrap();
            }
        });
        Self { address, heard }
    }

    fn access(&self, options: Json) -> Access {
        let options = options.as_object().unwrap().clone();
        let credential = Credential::default()
            .with("email", SecretString::from("ada@acme.example"))
            .with("token", SecretString::from(" secret-token\n"));
        Access { address: self.address.clone(), credential, options }
    }

    fn site(&self) -> &str {
        self.address.strip_prefix("http://").unwrap()
    }

    fn heard(&self) -> Vec<Asked> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was asked after what each account is asked once.
    fn searched(&self) -> Vec<Asked> {
        let is_first = |asked: &Asked| asked.what.ends_with("/myself") || asked.what.ends_with("/field");
        self.heard().into_iter().filter(|asked| !is_first(asked)).collect()
    }
}

async fn listen(connection: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse::<usize>().unwrap() {
                let mut words = head.split(' ');
                let (method, target) = (words.next()?, words.next()?);
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                return Some(Asked {
                    what: format!("{method} {path}"),
                    query: query.to_owned(),
                    head: head.to_owned(),
                    body: serde_json::from_str(body).unwrap_or(Json::Null),
                });
            }
        }
        let mut buffer = [0; 4_096];
        match connection.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => bytes.extend_from_slice(&buffer[..length]),
        }
    }
}

fn jira() -> Jira {
    Jira::new(Outbound::new(&["127.0.0.1".to_owned()]).unwrap())
}

fn container() -> Container {
    Container {
        external_id: "10000".to_owned(),
        external_key: Some("A".to_owned()),
        title: "Acme".to_owned(),
        url: None,
        archived: false,
    }
}

/// What every account is answered, at either version.
fn usual(asked: &Asked) -> Option<(u16, Json)> {
    let answer = if asked.what.ends_with("/myself") {
        json!({"accountId": "5b10", "displayName": "Ada", "emailAddress": null, "timeZone": "Europe/Berlin"})
    } else if asked.what.ends_with("/field") {
        json!([{"id": "customfield_7", "name": "Story Points", "schema": {"type": "number", "custom": "x:float"}}])
    } else {
        return None;
    };
    Some((200, answer))
}

fn nothing_there() -> (u16, Json) {
    (404, json!({"errorMessages": ["nothing there"]}))
}

fn issue(id: u32) -> Json {
    json!({
        "id": id.to_string(), "key": format!("A-{id}"),
        "self": format!("https://acme.atlassian.net/rest/api/3/issue/{id}"),
        "fields": {
            "summary": format!("Issue {id}"), "customfield_7": 3,
            "project": {"id": "10000", "key": "A", "name": "Acme"},
            "status": {"id": "1", "name": "Open", "statusCategory": {"key": "new"}},
            "created": "2026-01-01T00:00:00.000+0000", "updated": "2026-01-02T00:00:00.000+0000",
        }
    })
}

fn keys(batch: &crate::domain::sync::external::ExternalBatch) -> Vec<&str> {
    batch.tasks.iter().filter_map(|task| task.external_key.as_deref()).collect()
}

#[test]
fn addresses_are_checked() {
    let jira = jira();
    assert_eq!(jira.address(Some("acme")).as_deref(), Ok("https://acme.atlassian.net"));
    assert_eq!(
        jira.address(Some("http://127.0.0.1:80/jira/browse/A-1")).as_deref(),
        Ok("http://127.0.0.1/jira")
    );
    for told in [
        "https://user@acme.atlassian.net",
        "http://jira.acme.example",
        "https://10.0.0.1",
        "a b",
        "javascript://x",
    ] {
        assert!(matches!(jira.address(Some(told)), Err(ToolError::Unsafe(_))), "{told}");
    }
}

#[tokio::test]
async fn an_account_tells_of_itself() {
    let fake = FakeJira::answering(|asked| usual(asked).unwrap_or_else(nothing_there)).await;
    let account = jira().account(&fake.access(json!({}))).await.unwrap();
    let known = Account {
        external_id: "5b10".to_owned(),
        name: Some("Ada".to_owned()),
        email: None,
        site: fake.site().to_owned(),
    };
    assert_eq!(account, known);
    let asked = &fake.heard()[0];
    let pair = STANDARD.encode("ada@acme.example:secret-token");
    assert_eq!(asked.what, "GET /rest/api/3/myself");
    assert!(asked.head.contains(&format!("authorization: Basic {pair}")), "{}", asked.head);
}

#[tokio::test]
async fn a_token_alone_is_a_personal_access_token() {
    let fake = FakeJira::answering(|asked| usual(asked).unwrap_or_else(nothing_there)).await;
    let mut access = fake.access(json!({"deployment": "DATA_CENTER"}));
    access.credential = Credential::default().with("token", SecretString::from("pat-1234"));
    jira().account(&access).await.unwrap();
    let asked = &fake.heard()[0];
    assert_eq!(asked.what, "GET /rest/api/2/myself");
    assert!(asked.head.contains("authorization: Bearer pat-1234"), "{}", asked.head);

    access.address = "https://acme.atlassian.net".to_owned();
    let refused = jira().account(&access).await;
    assert!(matches!(&refused, Err(ToolError::Unauthorized(text)) if text.contains("e-mail")), "{refused:?}");
    access.credential = Credential::default();
    assert!(matches!(jira().account(&access).await, Err(ToolError::Unauthorized(_))));
}

#[tokio::test]
async fn nobody_is_no_account() {
    let fake = FakeJira::answering(|_| (200, json!({"displayName": "Anonymous", "accountId": " "}))).await;
    let access = fake.access(json!({}));
    let wanted = Wanted { container: &container(), since: None, cursor: None };
    for refused in [
        jira().account(&access).await.err(),
        jira().containers(&access, None).await.err(),
        jira().pull(&access, wanted).await.err(),
        jira().reread(&access, &["1".to_owned()]).await.err(),
    ] {
        assert!(matches!(refused, Some(ToolError::Unauthorized(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_data_center_taken_for_cloud_is_told_so() {
    let fake = FakeJira::answering(|_| nothing_there()).await;
    let refused = jira().account(&fake.access(json!({}))).await;
    assert!(
        matches!(&refused, Err(ToolError::NotFound(text)) if text.contains("DATA_CENTER")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn projects_come_page_by_page() {
    let fake = FakeJira::answering(|asked| {
        usual(asked).unwrap_or_else(|| {
            let project = |id: u32| json!({"id": id.to_string(), "key": format!("P{id}"), "name": format!("Project {id}")});
            let is_last = asked.query.contains("startAt=18");
            let ids = if is_last { 18..21 } else { 0..20 };
            (200, json!({"values": ids.map(project).collect::<Vec<_>>(), "isLast": is_last, "total": 21}))
        })
    })
    .await;
    let (jira, access) = (jira(), fake.access(json!({})));
    let first = jira.containers(&access, None).await.unwrap();
    assert_eq!((first.items.len(), first.next.as_deref()), (20, Some("18")));
    let second = jira.containers(&access, first.next.as_deref()).await.unwrap();
    assert_eq!((second.items.len(), second.next), (3, None));
    let page = format!("{}/browse/P20", fake.address);
    assert_eq!(
        (second.items[2].title.as_str(), second.items[2].url.as_deref()),
        ("Project 20", Some(page.as_str()))
    );
    let asked: Vec<String> = fake.heard().into_iter().map(|asked| asked.what).collect();
    // Who it is, is asked before the first page only.
    assert_eq!(
        asked,
        ["GET /rest/api/3/myself", "GET /rest/api/3/project/search", "GET /rest/api/3/project/search"]
    );
}

#[tokio::test]
async fn a_data_center_tells_all_projects_at_once() {
    let fake = FakeJira::answering(|asked| {
        usual(asked).unwrap_or_else(|| {
            (200, json!([{"id": "1", "key": "A", "name": " "}, {"id": 2, "key": "B", "name": "B", "archived": true}]))
        })
    })
    .await;
    let page = jira().containers(&fake.access(json!({"deployment": "DATA_CENTER"})), None).await.unwrap();
    let told: Vec<_> = page
        .items
        .iter()
        .map(|item| (item.external_id.as_str(), item.title.as_str(), item.archived))
        .collect();
    assert_eq!((told, page.next), (vec![("1", "A", false), ("2", "B", true)], None));
    assert_eq!(fake.searched()[0].query, "includeArchived=true");
}

#[tokio::test]
async fn cloud_is_read_by_tokens() {
    let fake = FakeJira::answering(|asked| {
        usual(asked).unwrap_or_else(|| match (asked.what.as_str(), asked.body["nextPageToken"].as_str()) {
            ("POST /rest/api/3/search/approximate-count", _) => (200, json!({"count": 3})),
            ("POST /rest/api/3/search/jql", None) => {
                (200, json!({"issues": [issue(1), issue(2)], "isLast": false, "nextPageToken": "t2"}))
            }
            ("POST /rest/api/3/search/jql", Some("t2")) => {
                (200, json!({"issues": [issue(3)], "isLast": true}))
            }
            _ => nothing_there(),
        })
    })
    .await;
    let (jira, access) = (jira(), fake.access(json!({"jql": "labels = okr ORDER BY rank"})));
    let container = container();
    let wanted = Wanted { container: &container, since: None, cursor: None };
    let first = jira.pull(&access, wanted).await.unwrap();
    assert_eq!(keys(&first.batch), ["A-1", "A-2"]);
    assert_eq!((first.next.as_deref(), first.total), (Some("t2"), Some(3)));
    assert_eq!((first.batch.complete, first.batch.notes.len()), (false, 0));
    assert_eq!(first.batch.site, fake.site());
    assert_eq!(first.batch.tasks[0].estimate.map(|(points, _)| points), Some(3.0));

    let second = jira.pull(&access, Wanted { cursor: first.next.as_deref(), ..wanted }).await.unwrap();
    assert_eq!((keys(&second.batch), second.next, second.total), (vec!["A-3"], None, None));

    let since = crate::connectors::date::instant("2026-07-01T10:00:00Z");
    jira.pull(&access, Wanted { since, ..wanted }).await.unwrap();

    let searched: Vec<Asked> =
        fake.searched().into_iter().filter(|asked| asked.what.ends_with("/jql")).collect();
    let all = r#"project = "10000" AND (labels = okr) ORDER BY updated ASC, key ASC"#;
    assert_eq!((searched[0].jql(), searched[1].jql()), (all, all));
    // Berlin is two hours ahead in summer.
    let changed = r#"project = "10000" AND (labels = okr) AND updated >= "2026/07/01 11:58" ORDER BY updated ASC, key ASC"#;
    assert_eq!(searched[2].jql(), changed);
    let body = &searched[0].body;
    assert_eq!((&body["maxResults"], &body["expand"]), (&json!(100), &json!("names,schema,changelog")));
    assert!(body["fields"].as_array().unwrap().contains(&json!("customfield_7")));
    assert!(body.get("startAt").is_none() && body.get("reconcileIssues").is_none());
    // An account is asked once.
    assert_eq!(fake.heard().len() - fake.searched().len(), 2);
}

#[tokio::test]
async fn a_data_center_is_read_by_numbers_although_its_list_moves() {
    let list = Arc::new(Mutex::new((0..30).collect::<Vec<u32>>()));
    let there = Arc::clone(&list);
    let fake = FakeJira::answering(move |asked| {
        usual(asked).unwrap_or_else(|| {
            let start = usize::try_from(asked.body["startAt"].as_u64().unwrap()).unwrap();
            let list = there.lock().unwrap();
            let issues: Vec<Json> = list.iter().skip(start).take(10).map(|id| issue(*id)).collect();
            (200, json!({"startAt": start, "maxResults": 10, "total": list.len(), "issues": issues}))
        })
    })
    .await;
    let (jira, access) = (jira(), fake.access(json!({"deployment": "DATA_CENTER"})));
    let container = container();
    let wanted = Wanted { container: &container, since: None, cursor: None };
    let first = jira.pull(&access, wanted).await.unwrap();
    assert_eq!((first.next.as_deref(), first.total), (Some("8:8,9"), Some(30)));
    // Seven that were read change and go to the end, behind those that were not.
    list.lock().unwrap().rotate_left(7);
    let second = jira.pull(&access, Wanted { cursor: first.next.as_deref(), ..wanted }).await.unwrap();
    assert_eq!(keys(&second.batch)[..4], ["A-7", "A-8", "A-9", "A-10"]);
    let mut next = second.next;
    let mut met: Vec<String> = keys(&second.batch).into_iter().map(str::to_owned).collect();
    while let Some(cursor) = next {
        let page = jira.pull(&access, Wanted { cursor: Some(cursor.as_str()), ..wanted }).await.unwrap();
        met.extend(keys(&page.batch).into_iter().map(str::to_owned));
        next = page.next;
    }
    for id in 0..30 {
        assert!(met.contains(&format!("A-{id}")), "{id}: {met:?}");
    }
    let searched = fake.searched();
    assert_eq!(searched[0].what, "POST /rest/api/2/search");
    assert_eq!(searched[0].body["expand"], json!(["names", "schema", "changelog"]));
    let starts: Vec<u64> = searched.iter().map(|asked| asked.body["startAt"].as_u64().unwrap()).collect();
    assert_eq!(starts, [0, 8, 0, 8, 16, 24]);
}

#[tokio::test]
async fn a_history_that_was_cut_is_asked_for() {
    let moved = |day: u32, from: &str, to: &str| {
        json!({
            "created": format!("2026-01-{day:02}T00:00:00.000+0000"),
            "items": [{"field": "status", "fromString": from, "toString": to}]
        })
    };
    let fake = FakeJira::answering(move |asked| {
        usual(asked).unwrap_or_else(|| match asked.what.as_str() {
            "POST /rest/api/3/search/jql" => {
                let mut cut = issue(1);
                cut["changelog"] = json!({"total": 2, "histories": [moved(5, "In Progress", "Open")]});
                cut["fields"]["worklog"] = json!({"total": 2, "worklogs": []});
                let mut lost = issue(2);
                lost["changelog"] = json!({"total": 5_000, "histories": []});
                (200, json!({"issues": [cut, lost], "isLast": true}))
            }
            "GET /rest/api/3/issue/1/changelog" => {
                (200, json!({"isLast": false, "values": [moved(3, "Open", "In Progress"), moved(5, "In Progress", "Open")]}))
            }
            _ => nothing_there(),
        })
    })
    .await;
    let container = container();
    let wanted = Wanted { container: &container, since: None, cursor: None };
    let pulled = jira().pull(&fake.access(json!({})), wanted).await.unwrap();
    assert_eq!(pulled.total, Some(2));
    let started = crate::connectors::date::instant("2026-01-03T00:00:00Z");
    assert_eq!(pulled.batch.tasks[0].started_at, started);
    assert_eq!(pulled.batch.tasks[0].status_intervals.len(), 3);
    assert_eq!(
        pulled.batch.notes,
        [
            "1 issue has more work log entries than Jira tells at once.",
            "1 issue has a longer history than Jira tells at once; its beginning is missing."
        ]
    );
    let asked: Vec<String> = fake.searched().into_iter().map(|asked| asked.what).collect();
    assert_eq!(
        asked,
        [
            "POST /rest/api/3/search/jql",
            "GET /rest/api/3/issue/1/changelog",
            "GET /rest/api/3/issue/1/worklog"
        ]
    );
}

#[tokio::test]
async fn ids_are_told_by_thousands() {
    let fake = FakeJira::answering(|asked| {
        usual(asked).unwrap_or_else(|| {
            let rest = if asked.body["nextPageToken"].is_null() { json!("t") } else { Json::Null };
            (200, json!({"issues": [{"id": "7", "key": "A-7"}], "nextPageToken": rest}))
        })
    })
    .await;
    let (jira, access, container) = (jira(), fake.access(json!({})), container());
    let wanted = Wanted { container: &container, since: None, cursor: None };
    let page = jira.ids(&access, wanted).await.unwrap();
    assert_eq!(page, Page { items: vec!["7".to_owned()], next: Some("t".to_owned()) });
    let page = jira.ids(&access, Wanted { cursor: Some("t"), ..wanted }).await.unwrap();
    assert_eq!(page.next, None);
    let body = &fake.searched()[0].body;
    assert_eq!(
        body,
        &json!({"jql": "project = \"10000\" ORDER BY id ASC", "fields": ["id"], "maxResults": 5_000})
    );
}

/// A Cloud that has the issues 1, 2 and 3, of which 3 is outside of the admin's condition, and takes no query with
/// another.
fn has_three(asked: &Asked) -> (u16, Json) {
    if let Some(usual) = usual(asked) {
        return usual;
    }
    match asked.what.as_str() {
        "POST /rest/api/3/search/jql" if asked.jql().contains('9') => {
            (400, json!({"errorMessages": ["A value with ID '9' does not exist for the field 'id'."]}))
        }
        "POST /rest/api/3/search/jql" => {
            let ids = asked.body["reconcileIssues"].as_array().unwrap();
            let is_scoped = asked.jql().contains("AND (");
            let there = (1..=3).filter(|id| ids.contains(&json!(id)) && !(is_scoped && *id == 3));
            (200, json!({"issues": there.map(issue).collect::<Vec<_>>(), "isLast": true}))
        }
        "POST /rest/api/3/issue/bulkfetch" => {
            let asked = asked.body["issueIdsOrKeys"].as_array().unwrap();
            let there = (1..=3_u32).filter(|id| asked.contains(&json!(id.to_string())));
            let issues: Vec<Json> = there.map(|id| json!({"id": id.to_string()})).collect();
            // Of one it is not sure.
            let errors = [json!({"id": "9", "errorMessage": "try again"})];
            (200, json!({"issues": issues, "issueErrors": errors}))
        }
        _ => nothing_there(),
    }
}

#[tokio::test]
async fn issues_that_are_gone_are_told_apart() {
    let fake = FakeJira::answering(has_three).await;
    let (jira, access) = (jira(), fake.access(json!({})));
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<String>>();

    let read = jira.reread(&access, &ids(&["1", "2"])).await.unwrap();
    assert_eq!((keys(&read.batch), read.gone), (vec!["A-1", "A-2"], ids(&[])));
    assert_eq!(fake.searched().len(), 1);
    assert_eq!(fake.searched()[0].jql(), "id in (1, 2) ORDER BY id ASC");

    let read = jira.reread(&access, &ids(&["1", "9", "x) OR (1 = 1"])).await.unwrap();
    assert_eq!((keys(&read.batch), read.gone), (vec!["A-1"], ids(&["x) OR (1 = 1", "9"])));

    let read = jira.reread(&access, &ids(&["9"])).await.unwrap();
    assert_eq!((keys(&read.batch), read.gone), (Vec::new(), ids(&["9"])));
    let read = jira.reread(&access, &[]).await.unwrap();
    assert_eq!((keys(&read.batch), read.gone), (Vec::new(), ids(&[])));
}

#[tokio::test]
async fn what_is_outside_of_the_condition_is_not_for_us() {
    let fake = FakeJira::answering(has_three).await;
    let (jira, access) = (jira(), fake.access(json!({"jql": "labels = okr"})));
    for (asked, there, gone) in
        [(vec!["2", "3"], vec!["A-2"], vec!["3"]), (vec!["2", "3", "9"], vec!["A-2"], vec!["9", "3"])]
    {
        let asked: Vec<String> = asked.into_iter().map(str::to_owned).collect();
        let read = jira.reread(&access, &asked).await.unwrap();
        let told: Vec<&str> = read.gone.iter().map(String::as_str).collect();
        assert_eq!((keys(&read.batch), told), (there, gone));
    }
}

#[tokio::test]
async fn a_data_center_is_asked_for_each() {
    let fake = FakeJira::answering(|asked| {
        usual(asked).unwrap_or_else(|| match asked.what.as_str() {
            "POST /rest/api/2/search" if asked.jql().contains('9') => {
                (400, json!({"errorMessages": ["no 9"]}))
            }
            "POST /rest/api/2/search" => (200, json!({"total": 1, "issues": [issue(1)]})),
            "GET /rest/api/2/issue/1" => (200, json!({"id": "1"})),
            "GET /rest/api/2/issue/99" => (403, json!({"errorMessages": ["not for you"]})),
            _ => nothing_there(),
        })
    })
    .await;
    let ids = ["1", "9", "99"].map(str::to_owned);
    let read = jira().reread(&fake.access(json!({"deployment": "DATA_CENTER"})), &ids).await.unwrap();
    assert_eq!((keys(&read.batch), read.gone), (vec!["A-1"], vec!["9".to_owned(), "99".to_owned()]));
}

#[tokio::test]
async fn a_condition_that_jira_does_not_take_takes_nothing_away() {
    let fake = FakeJira::answering(|asked| match asked.what.as_str() {
        "POST /rest/api/3/search/jql" => (400, json!({"errorMessages": ["Field 'x' does not exist"]})),
        _ => has_three(asked),
    })
    .await;
    let (jira, access, container) = (jira(), fake.access(json!({"jql": "x = 1"})), container());
    let wanted = Wanted { container: &container, since: None, cursor: None };
    for refused in [
        jira.pull(&access, wanted).await.err(),
        jira.ids(&access, wanted).await.err(),
        jira.reread(&access, &["1".to_owned()]).await.err(),
    ] {
        assert!(
            matches!(&refused, Some(ToolError::Refused(text)) if text.contains("Field 'x'")),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn answers_of_another_shape_are_unreadable() {
    let container = container();
    let wanted = Wanted { container: &container, since: None, cursor: None };
    for odd in [
        json!({"errorMessages": []}),
        json!([]),
        json!({"issues": [{"key": "A-1"}]}),
        json!({"issues": [{"id": "1", "fields": {"summary": "S"}}]}),
    ] {
        let said = odd.to_string();
        let fake = FakeJira::answering(move |asked| usual(asked).unwrap_or_else(|| (200, odd.clone()))).await;
        let pulled = jira().pull(&fake.access(json!({})), wanted).await;
        assert!(matches!(pulled, Err(ToolError::Unreadable(_))), "{said}: {pulled:?}");
    }
}
