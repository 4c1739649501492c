//! Walking through a list page by page, forwards and backwards, in any order.

use std::cmp::Ordering;

use serde_json::{Value, json};
use support::{TestServer, World, both_databases};
use uuid::Uuid;

use super::rows::{TaskRow, global, write};

/// Fields by which tasks are ordered, with the value that decides; texts and numbers never meet.
const FIELDS: [&str; 6] = ["CREATED_AT", "UPDATED_AT", "TITLE", "DUE_ON", "COMPLETED_AT", "STATUS"];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
}

#[derive(Clone, Copy, Debug)]
struct Order {
    field: &'static str,
    is_descending: bool,
    nulls_first: bool,
}

impl Order {
    fn json(self) -> Value {
        json!({
            "field": self.field,
            "order": if self.is_descending { "DESC" } else { "ASC" },
            "nulls": if self.nulls_first { "FIRST" } else { "LAST" },
        })
    }

    fn key(self, row: &TaskRow) -> Option<Key> {
        match self.field {
            "CREATED_AT" => Some(Key::Number(row.created_at)),
            "UPDATED_AT" => Some(Key::Number(row.updated_at)),
            "TITLE" => Some(Key::Text(row.title.to_lowercase())),
            "DUE_ON" => row.due_on.map(|day| Key::Text(day.to_string())),
            "COMPLETED_AT" => row.completed_at.map(Key::Number),
            "STATUS" => Some(Key::Text(row.status.to_owned())),
            other => panic!("nothing is ordered by {other}"),
        }
    }

    fn compare(self, one: &TaskRow, other: &TaskRow) -> Ordering {
        let (one, other) = (self.key(one), self.key(other));
        match (one, other) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => {
                if self.nulls_first {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
            (Some(_), None) => {
                if self.nulls_first {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
            }
            (Some(one), Some(other)) => {
                if self.is_descending {
                    other.cmp(&one)
                } else {
                    one.cmp(&other)
                }
            }
        }
    }
}

fn orders() -> Vec<Vec<Order>> {
    let mut single = Vec::new();
    for field in FIELDS {
        for (is_descending, nulls_first) in [(false, false), (false, true), (true, false), (true, true)] {
            single.push(Order { field, is_descending, nulls_first });
        }
    }
    let mut all: Vec<Vec<Order>> = vec![Vec::new()];
    all.extend(single.iter().map(|order| vec![*order]));
    // Pairs and a triple, each key with another direction.
    for (at, order) in single.iter().enumerate() {
        let next = single[(at * 7 + 5) % single.len()];
        let last = single[(at * 5 + 11) % single.len()];
        all.push(vec![*order, next]);
        if at % 4 == 0 {
            all.push(vec![*order, next, last]);
        }
    }
    all
}

/// Where a list is found: at the root, or as an edge of a row.
#[derive(Clone, Copy)]
enum Place {
    Root,
    ProjectTasks(Uuid),
}

impl Place {
    fn query(self) -> String {
        let list = "tasks(first: $first, after: $after, last: $last, before: $before, sort: $sort) \
             { totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor } }";
        let arguments = "$first: Int, $after: String, $last: Int, $before: String, $sort: [TaskSort!]";
        match self {
            Self::Root => format!("query({arguments}) {{ {list} }}"),
            Self::ProjectTasks(id) => {
                format!("query({arguments}) {{ project(id: \"prj_{}\") {{ {list} }} }}", id.simple())
            }
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Root => "tasks",
            Self::ProjectTasks(_) => "project.tasks",
        }
    }
}

/// All ids of a list, page by page.
async fn walk(
    server: &TestServer,
    token: &str,
    place: Place,
    sort: &Value,
    rows: usize,
    backwards: bool,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    let query = place.query();
    for page in 0.. {
        assert!(page < 100, "the walk has no end");
        let variables = if backwards {
            json!({ "last": rows, "before": cursor, "sort": sort })
        } else {
            json!({ "first": rows, "after": cursor, "sort": sort })
        };
        let answer = server.graphql(Some(token), &query, variables).await;
        answer.data();
        let list = answer.at(place.path());
        let ids: Vec<_> = list["nodes"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|node| node["id"].as_str().expect("an id").to_owned())
            .collect();
        let info = &list["pageInfo"];
        assert_eq!(info["startCursor"], list["edges"][0]["cursor"], "{}", answer.text);
        assert!(ids.len() <= rows, "a page of {} rows", ids.len());
        let (more, back, next) = if backwards {
            (&info["hasPreviousPage"], &info["hasNextPage"], &info["startCursor"])
        } else {
            (&info["hasNextPage"], &info["hasPreviousPage"], &info["endCursor"])
        };
        assert_eq!(back, &json!(!cursor.is_null()), "{}", answer.text);
        if backwards {
            found.splice(0..0, ids);
        } else {
            found.extend(ids);
        }
        if more == &json!(false) {
            break;
        }
        cursor = next.clone();
    }
    found
}

both_databases! {
    async fn every_row_comes_once_in_any_order(server: TestServer) {
        let world = World::of(&server).await;
        let (rows, projects) = write(&server, &world.a).await;
        let token = world.a.leader.token.as_str();
        for (at, order) in orders().iter().enumerate() {
            let sort: Value = order.iter().map(|key| key.json()).collect();
            let expected = |keep: &dyn Fn(&TaskRow) -> bool| -> Vec<String> {
                let mut sorted: Vec<_> = rows.iter().filter(|row| keep(row)).collect();
                sorted.sort_by(|one, other| {
                    let keys = order.iter().map(|key| key.compare(one, other));
                    keys.fold(Ordering::Equal, Ordering::then).then(one.id.cmp(&other.id))
                });
                sorted.into_iter().map(|row| global(row.id)).collect()
            };
            let size = [1, 4, 7, 28, 29, 30][at % 6];
            for backwards in [false, true] {
                let found = walk(&server, token, Place::Root, &sort, size, backwards).await;
                assert_eq!(found, expected(&|_| true), "{sort}, {size} a page, backwards: {backwards}");
                let place = Place::ProjectTasks(projects[at % 3]);
                let found = walk(&server, token, place, &sort, [2, 3, 50][at % 3], backwards).await;
                let in_project = |row: &TaskRow| row.project == Some(at % 3);
                assert_eq!(found, expected(&in_project), "{sort} in a project, backwards: {backwards}");
            }
        }
    }

    async fn a_page_of_none_has_no_cursors(server: TestServer) {
        let world = World::of(&server).await;
        write(&server, &world.a).await;
        for arguments in ["first: 0", "last: 0"] {
            let query = format!("{{ tasks({arguments}) {{ nodes {{ id }} totalCount pageInfo {{ startCursor endCursor }} }} }}");
            let answer = server.graphql(Some(&world.a.leader.token), &query, json!({})).await;
            assert_eq!(answer.at("tasks"), &json!({
                "nodes": [], "totalCount": 29, "pageInfo": { "startCursor": null, "endCursor": null }
            }));
        }
    }

    async fn a_span_of_time_keeps_its_cursors(server: TestServer) {
        let world = World::of(&server).await;
        write(&server, &world.a).await;
        let token = world.a.leader.token.as_str();
        let list = |after: &str| {
            format!(
                "{{ tasks(first: 1, filter: {{ createdAt: {{ gt: \"-P3650D\" }} }} {after}) \
                 {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}"
            )
        };
        let first = server.graphql(Some(token), &list(""), json!({})).await;
        let cursor = first.data()["tasks"]["pageInfo"]["endCursor"].as_str().expect("a cursor").to_owned();
        // The span reaches from another moment now, and the list is the same.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let next = server.graphql(Some(token), &list(&format!(", after: \"{cursor}\"")), json!({})).await;
        assert_ne!(next.data()["tasks"]["nodes"], first.data()["tasks"]["nodes"], "{}", next.text);
    }
}
