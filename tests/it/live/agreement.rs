//! Whoever sees a row hears of it, and nobody else: what is decided in memory for each event is what the row
//! filters say, for people and for tools, on either database.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use support::{Cell, Company, TestServer, World, both_databases};

use crate::http::socket::Socket;

const TASKS: usize = 24;

/// Tasks of every visibility, team, owner and project, drawn by turns that share no factor.
async fn tasks(server: &TestServer, company: &Company) -> Vec<String> {
    let token = &company.leader.token;
    let teams = [None, Some(company.build_team), Some(company.sales_team), Some(company.root_team)];
    let people = [
        None,
        Some(&company.individual),
        Some(&company.colleague),
        Some(&company.manager),
        Some(&company.admin),
    ];
    let visibility = |at: usize| ["ORGANIZATION", "TEAM", "PRIVATE"][at % 3];
    let mut projects = Vec::new();
    for at in 0..6 {
        let owner = people[at % 5].map(|person| format!("per_{}", person.id.simple()));
        let team = teams[at % 4].map(|id| format!("tea_{}", id.simple()));
        let input = json!({ "title": format!("P{at}"), "visibility": visibility(at), "teamId": team, "ownerId": owner });
        projects.push(
            server.change(token, "projectCreate", input, "project { id }").await["project"]["id"].clone(),
        );
    }
    let mut tasks = Vec::new();
    for at in 0..TASKS {
        let assignees: Vec<String> =
            people[at % 5].iter().map(|person| format!("per_{}", person.id.simple())).collect();
        let of: Vec<&Value> = projects.get(at % 7).into_iter().collect();
        let input = json!({ "title": format!("T{at}"), "assigneeIds": assignees, "projectIds": of });
        let made = server.change(token, "taskCreate", input, "task { id }").await;
        let id = made["task"]["id"].as_str().expect("an id").to_owned();
        // What a tool would say of it.
        let key = id.trim_start_matches("tsk_").parse().expect("a key");
        let literal = |id| Cell::Id(id).literal(server.backend());
        let team = teams[at % 4].map_or_else(|| "NULL".to_owned(), literal);
        let text = format!(
            "UPDATE task SET visibility = '{}', team_id = {team} WHERE id = {}",
            visibility(at),
            literal(key)
        );
        server.database().execute(&text).await.expect("written");
        tasks.push(id);
    }
    tasks
}

both_databases! {
    async fn who_sees_a_task_hears_of_it_and_nobody_else(server: TestServer) {
        let world = World::of(&server).await;
        let company = &world.a;
        let tasks = tasks(&server, company).await;
        let mut viewers: Vec<(String, String)> = [
            ("leader", &company.leader), ("manager", &company.manager), ("individual", &company.individual),
            ("colleague", &company.colleague), ("admin", &company.admin),
        ].map(|(name, person)| (name.to_owned(), person.token.clone())).into();
        for scopes in ["READ", "READ_ALL"] {
            let input = json!({ "name": scopes, "scopes": [scopes] });
            let made = server.change(&company.admin.token, "tokenCreate", input, "secret").await;
            viewers.push((scopes.to_owned(), made["secret"].as_str().expect("a token").to_owned()));
        }
        let mut sockets = Vec::new();
        for (_, token) in &viewers {
            let mut socket = Socket::enter(&server, token).await;
            socket.ask("s", "subscription { taskChanged { task { id } } }").await;
            sockets.push(socket);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        // One that everybody sees comes last, and shows that all others have come.
        let input = json!({ "title": "last" });
        let last = server.change(&company.leader.token, "taskCreate", input, "task { id }").await["task"]["id"].clone();
        for socket in &mut sockets {
            while socket.hear().await["payload"]["data"]["taskChanged"]["task"]["id"] != last {}
        }
        for id in tasks.iter().map(|id| json!(id)).chain([last.clone()]) {
            let input = json!({ "id": id, "title": "changed" });
            server.change(&company.leader.token, "taskUpdate", input, "task { id }").await;
        }
        let mut counts = Vec::new();
        for ((name, token), socket) in viewers.iter().zip(&mut sockets) {
            let mut heard = BTreeSet::new();
            loop {
                let event = socket.hear().await;
                let id = event["payload"]["data"]["taskChanged"]["task"]["id"].clone();
                if id == last {
                    break;
                }
                heard.insert(id.as_str().unwrap_or_else(|| panic!("{name}: {event}")).to_owned());
            }
            let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
            let answer = server.graphql(Some(token), query, json!({ "ids": tasks })).await;
            let seen: BTreeSet<String> = answer.data()["nodes"].as_array().expect("nodes").iter()
                .filter_map(|node| node["id"].as_str().map(str::to_owned)).collect();
            assert_eq!(heard, seen, "{name}");
            counts.push(seen.len());
        }
        assert_eq!((counts[0], counts[6]), (TASKS, TASKS), "the leader and the tool that reads all");
        for (count, (name, _)) in counts[1..6].iter().zip(&viewers[1..]) {
            assert!((1..TASKS).contains(count), "{name} sees {count}: nothing is told apart");
        }
    }
}
