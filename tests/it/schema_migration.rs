//! The schema: it comes to be on both databases, and refuses by itself what must never be stored.

use api::domain::clock::Clock;
use reqwest::Method;
use sqlx::error::ErrorKind;
use support::{Backend, Cell, EmptyDatabase, StatusCode, TestDatabase, TestServer, World, both_databases};
use uuid::Uuid;

both_databases! {
    async fn migrating_twice_changes_nothing(empty: EmptyDatabase) {
        let database = empty.database;
        assert!(tables(&database).await.is_empty(), "a fresh database has tables");
        database.migrate().await.unwrap();
        let once = (tables(&database).await, applied(&database).await);
        assert!(once.0.len() > 30, "the whole thread was expected, not {:?}", once.0);
        database.migrate().await.unwrap();
        assert_eq!((tables(&database).await, applied(&database).await), once);
    }

    async fn nodes_that_come_up_together_do_it_one_after_another(empty: EmptyDatabase) {
        let database = empty.database;
        // Of SQLite there is one process; it too finds what another has made.
        let nodes = if database.backend() == Backend::Postgres { 3 } else { 1 };
        let started = (0..nodes).map(|_| TestServer::start(database.clone()));
        let started = futures_util::future::join_all(started).await;
        assert!(tables(&database).await.len() > 30);
        for server in started {
            assert_eq!(server.send(server.request(Method::GET, "/readyz")).await.status, StatusCode::OK);
            server.stop().await;
        }
    }

    /// What was stored by the release before goals told when they ended.
    async fn what_is_there_already_is_brought_up_to_date(empty: EmptyDatabase) {
        let database = empty.database;
        database.migrate_some(4).await.unwrap();
        let world = world(&database).await;
        let company = &world.a;
        let restricted = [("team_id", company.build_team.into()), ("visibility", "TEAM".into())];
        let project = company.project(&database, "Move house", &restricted).await.unwrap();
        let whole = company.task(&database, "Pack", &[("project_id", project.into())]).await.unwrap();
        let place = [
            ("task_id", whole.into()),
            ("project_id", project.into()),
            ("is_primary", true.into()),
        ];
        company.write_once(&database, "task_project", &place).await.unwrap();
        let part = company.task(&database, "Kitchen", &[("parent_id", whole.into())]).await.unwrap();
        company.task(&database, "Plates", &[("parent_id", part.into())]).await.unwrap();
        let loose = company.task(&database, "Sing", &[]).await.unwrap();
        company.task(&database, "Hum", &[("parent_id", loose.into())]).await.unwrap();
        let over = [("state", "CANCELLED".into())];
        let goal = company.objective(&database, 1, "Live well", &over).await.unwrap();
        let result = company.key_result(&database, goal, 1, "Boxes", &[]).await.unwrap();
        // The second check-in tells of an earlier day, so that the first still counts.
        for (made, at, value) in [(10_i64, 10_i64, 5_i64), (20, 4, 3), (30, 30, 8)] {
            let made = [("key_result_id", result.into()), ("created_at", made.into()), ("at", made.into())];
            let said = [made[0].clone(), made[1].clone(), ("at", at.into()), ("value", value.into())];
            company.write_once(&database, "check_in", &said).await.unwrap();
            let [goal, created, at] = made;
            let point = [goal, created, at, ("source", "CHECK_IN".into())];
            company.write_once(&database, "progress_point", &point).await.unwrap();
        }
        database.migrate().await.unwrap();

        let tasks = database
            .sql("SELECT title, project_id, team_id, visibility, (SELECT count(*) FROM task_project \
                  WHERE task_id = task.id AND is_primary) AS places FROM task ORDER BY title")
            .await;
        let tasks: Vec<_> = tasks.iter().map(|row| serde_json::to_value(row).unwrap()).collect();
        for row in tasks.iter().filter(|row| row["title"] == "Kitchen" || row["title"] == "Plates") {
            assert_eq!(row["project_id"], serde_json::json!(project), "{row}");
            assert_eq!((&row["team_id"], &row["visibility"]), (&serde_json::json!(company.build_team), &"TEAM".into()));
            assert_eq!(row["places"], 1, "{row}");
        }
        for row in tasks.iter().filter(|row| row["title"] == "Sing" || row["title"] == "Hum") {
            assert_eq!((&row["project_id"], &row["places"]), (&serde_json::Value::Null, &0.into()), "{row}");
        }
        assert_eq!(database.number("SELECT count(*) FROM objective WHERE ended_at = updated_at").await, 1);
        let values = database.sql("SELECT current_value FROM progress_point ORDER BY at").await;
        let values: Vec<_> = values.iter().map(|row| row["current_value"].as_i64()).collect();
        assert_eq!(values, [Some(5), Some(5), Some(8)]);
        // One job for each organization, as a change of its settings would ask for.
        let jobs = database.sql("SELECT organization_id, coalesce_key, run_at FROM job WHERE kind = 'RECOMPUTE_ORGANIZATION' AND state = 'WAITING'").await;
        assert_eq!(jobs.len(), 2);
        let now = Clock::system().now().0;
        for job in jobs {
            assert_eq!(job["organization_id"], job["coalesce_key"]);
            let age = now - job["run_at"].as_i64().unwrap();
            assert!((0..3_600_000_000).contains(&age), "a job {age} µs old");
        }
    }

    async fn every_table_but_the_installations_own_names_its_organization(database: TestDatabase) {
        for table in tables(&database).await {
            let is_installations = ["organization", "sign_in_attempt", "installation_fact", "seaql_migrations"];
            if is_installations.contains(&table.as_str()) {
                continue;
            }
            database.sql(&format!("SELECT organization_id FROM {table}")).await;
        }
    }

    async fn a_link_stays_in_its_organization(database: TestDatabase) {
        let world = world(&database).await;
        let own_project = world.a.project(&database, "Move house", &[]).await.unwrap();
        let own_goal = world.a.objective(&database, 1, "Live well", &[]).await.unwrap();
        let foreign_goal = world.b.objective(&database, 1, "Live better", &[]).await.unwrap();

        let link = async |goal: Uuid| {
            let ends = [("project_id", own_project.into()), ("objective_id", goal.into())];
            world.a.alignment_link(&database, &ends).await
        };
        refused(link(foreign_goal).await, ErrorKind::ForeignKeyViolation);
        link(own_goal).await.unwrap();
        refused(link(own_goal).await, ErrorKind::UniqueViolation);
        // Naming the other organization in the row does not help either.
        let smuggled = [
            ("organization_id", world.b.organization.into()),
            ("project_id", own_project.into()),
            ("objective_id", foreign_goal.into()),
        ];
        refused(world.a.alignment_link(&database, &smuggled).await, ErrorKind::ForeignKeyViolation);
        assert_eq!(database.number("SELECT count(*) FROM alignment_link").await, 1);
    }

    async fn a_link_has_one_source_and_one_target(database: TestDatabase) {
        let world = world(&database).await;
        let project = world.a.project(&database, "Move house", &[]).await.unwrap();
        let task = world.a.task(&database, "Pack", &[]).await.unwrap();
        let goal = world.a.objective(&database, 1, "Live well", &[]).await.unwrap();
        let result = world.a.key_result(&database, goal, 1, "Boxes", &[]).await.unwrap();
        for ends in [
            vec![("objective_id", Cell::from(goal))],
            vec![("project_id", project.into())],
            vec![("project_id", project.into()), ("task_id", task.into()), ("objective_id", goal.into())],
            vec![("task_id", task.into()), ("objective_id", goal.into()), ("key_result_id", result.into())],
        ] {
            refused(world.a.alignment_link(&database, &ends).await, ErrorKind::CheckViolation);
        }
        let ends = [("task_id", task.into()), ("key_result_id", result.into())];
        world.a.alignment_link(&database, &ends).await.unwrap();
    }

    async fn a_code_is_unique_in_its_organization(database: TestDatabase) {
        let world = world(&database).await;
        let goal = world.a.objective(&database, 1, "Live well", &[]).await.unwrap();
        let same_code = [("number", 2.into())];
        refused(world.a.objective(&database, 1, "Again", &same_code).await, ErrorKind::UniqueViolation);
        let same_number = [("code", "O-2".into())];
        refused(world.a.objective(&database, 1, "Again", &same_number).await, ErrorKind::UniqueViolation);
        world.b.objective(&database, 1, "Elsewhere", &[]).await.unwrap();

        world.a.key_result(&database, goal, 1, "Boxes", &[]).await.unwrap();
        refused(world.a.key_result(&database, goal, 1, "Again", &[]).await, ErrorKind::UniqueViolation);
        world.a.key_result(&database, goal, 2, "Rooms", &[]).await.unwrap();
    }

    async fn progress_is_null_or_from_0_to_1(database: TestDatabase) {
        let world = world(&database).await;
        for (number, progress, is_good) in
            [(1, 1.5, false), (2, -0.1, false), (3, 1.0, true), (4, 0.0, true), (5, 0.25, true)]
        {
            let columns = [("progress", progress.into())];
            let goal = world.a.objective(&database, number, "Live well", &columns).await;
            let project = world.a.project(&database, "Move house", &columns).await;
            let parent = world.a.objective(&database, number + 100, "Parent", &[]).await.unwrap();
            let result = world.a.key_result(&database, parent, number, "Boxes", &columns).await;
            for written in [goal, project, result] {
                if is_good {
                    written.unwrap();
                } else {
                    refused(written, ErrorKind::CheckViolation);
                }
            }
        }
        world.a.objective(&database, 6, "Not known yet", &[("progress", Cell::Null)]).await.unwrap();
    }

    async fn a_task_has_one_open_status_interval(database: TestDatabase) {
        let world = world(&database).await;
        let task = world.a.task(&database, "Pack", &[]).await.unwrap();
        let interval = async |from: i64, to: Option<i64>| {
            let columns = [
                ("task_id", task.into()),
                ("status", "TODO".into()),
                ("from_at", from.into()),
                ("to_at", to.into()),
            ];
            world.a.write_once(&database, "status_interval", &columns).await
        };
        interval(0, Some(10)).await.unwrap();
        interval(10, None).await.unwrap();
        refused(interval(20, None).await, ErrorKind::UniqueViolation);
        refused(interval(20, Some(19)).await, ErrorKind::CheckViolation);
    }

    async fn an_emergency_has_an_end(database: TestDatabase) {
        let world = world(&database).await;
        let task = world.a.task(&database, "Put the fire out", &[]).await.unwrap();
        let acknowledge = async |class: &str, until: Option<i64>| {
            let columns = vec![
                ("task_id", task.into()),
                ("work_class", class.into()),
                ("reason", "It burns".into()),
                ("until_at", until.into()),
            ];
            world.a.write(&database, "acknowledgement", columns, &[]).await
        };
        refused(acknowledge("EMERGENCY", None).await, ErrorKind::CheckViolation);
        refused(acknowledge("BOREDOM", None).await, ErrorKind::CheckViolation);
        acknowledge("EMERGENCY", Some(10)).await.unwrap();
        // Of a piece of work one acknowledgement is open.
        refused(acknowledge("MAINTENANCE", None).await, ErrorKind::UniqueViolation);
    }

    async fn an_external_identity_is_unique(database: TestDatabase) {
        let world = world(&database).await;
        let identity = async |site: &str, external_id: &str| {
            let task = world.a.task(&database, "Pack", &[]).await.unwrap();
            let columns = vec![
                ("provider", "JIRA".into()),
                ("site", site.into()),
                ("kind", "TASK".into()),
                ("external_id", external_id.into()),
                ("task_id", task.into()),
                ("content_hash", Cell::Bytes(vec![7; 32])),
            ];
            world.a.write(&database, "external_identity", columns, &[]).await
        };
        identity("acme.test", "10001").await.unwrap();
        refused(identity("acme.test", "10001").await, ErrorKind::UniqueViolation);
        identity("acme.test", "10002").await.unwrap();
        identity("bolt.test", "10001").await.unwrap();
    }

    async fn a_reference_leads_somewhere(database: TestDatabase) {
        let world = world(&database).await;
        let nowhere = [("parent_id", Clock::system().new_id().into())];
        refused(world.a.task(&database, "Orphan", &nowhere).await, ErrorKind::ForeignKeyViolation);
        let foreign_assignee = [("assignee_id", world.b.individual.id.into())];
        refused(world.a.task(&database, "Pack", &foreign_assignee).await, ErrorKind::ForeignKeyViolation);
        let itself = Clock::system().new_id();
        let own_parent = [("id", itself.into()), ("parent_id", itself.into())];
        refused(world.a.task(&database, "Ouroboros", &own_parent).await, ErrorKind::CheckViolation);
    }

    async fn text_is_ordered_by_its_bytes(database: TestDatabase) {
        let world = world(&database).await;
        for title in ["b", "A", "ä", "a", "B", "Z", "-"] {
            world.a.project(&database, title, &[]).await.unwrap();
        }
        let rows = database.sql("SELECT title FROM project ORDER BY title").await;
        let titles: Vec<_> = rows.iter().map(|row| row["title"].as_str().unwrap()).collect();
        assert_eq!(titles, ["-", "A", "B", "Z", "a", "b", "ä"]);
    }

    async fn what_is_written_is_read_back_alike(database: TestDatabase) {
        let world = world(&database).await;
        let columns = [
            ("description", "it's \u{1f680} here".into()),
            ("starts_on", chrono::NaiveDate::from_ymd_opt(2026, 2, 28).into()),
            ("progress", 0.1.into()),
            ("team_id", world.a.build_team.into()),
        ];
        let project = world.a.project(&database, "Move house", &columns).await.unwrap();
        let rows = database
            .sql("SELECT id, description, starts_on, progress, team_id, owner_id, version FROM project")
            .await;
        let expected = serde_json::json!({
            "id": project, "description": "it's \u{1f680} here", "starts_on": "2026-02-28", "progress": 0.1,
            "team_id": world.a.build_team, "owner_id": null, "version": 1,
        });
        assert_eq!(serde_json::to_value(rows).unwrap(), serde_json::json!([expected]));
        let admins = database.sql("SELECT is_admin FROM person WHERE is_admin").await;
        assert_eq!(serde_json::to_value(admins).unwrap(), serde_json::json!([{ "is_admin": true }, { "is_admin": true }]));
    }
}

async fn world(database: &TestDatabase) -> World {
    World::seed(database, &Clock::system()).await
}

/// Every table, by name.
async fn tables(database: &TestDatabase) -> Vec<String> {
    let text = match database.backend() {
        Backend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        Backend::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables
             WHERE table_schema = current_schema() ORDER BY table_name"
        }
    };
    let rows = database.sql(text).await;
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// The migrations that ran, and when.
async fn applied(database: &TestDatabase) -> Vec<support::Row> {
    database.sql("SELECT version, applied_at FROM seaql_migrations ORDER BY version").await
}

/// The database must have refused a row, and for this reason.
#[track_caller]
fn refused<T: std::fmt::Debug>(written: Result<T, sqlx::Error>, why: ErrorKind) {
    let error = written.expect_err("the database took what it must refuse");
    let kind = error.as_database_error().map(|error| format!("{:?}", error.kind()));
    assert_eq!(kind, Some(format!("{why:?}")), "{error}");
}
