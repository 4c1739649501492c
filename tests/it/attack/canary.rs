//! Secrets are planted, everything that can go wrong is made to, and then they are looked for: in answers, in
//! the schema, in what the configuration shows of itself, in what the commands print, and in logs that say
//! all they can.
//!
//! The server is a program of its own here, for only then its logs are its own.

use std::path::Path;

use api::{
    config::{Config, Override},
    domain::clock::Clock,
};
use reqwest::{Client, header};
use serde_json::{Value, json};
use support::{AUDIENCE, Backend, HS256_SECRET, ISSUER, TestDatabase, World, both_databases};

use crate::{
    http::{GRAPHQL, JSON, socket::Socket},
    program::{Program, ServerProgram},
};

const PASSWORD: &str = "canary-of-the-password-4711";
const WRONG_PASSWORD: &str = "canary-of-a-wrong-password-4712";
const DATABASE_PASSWORD: &str = "canary-of-the-database";
const METRICS_TOKEN: &str = "canary-of-the-metrics-token";
/// A key that nothing but tests knows: the part of it that is secret.
const SIGNING_KEY: &str = "MC4CAQAwBQYDK2VwBCIEIM6h8qGnICYxn6lNFXOaUP9MHjrnO8mMXFoNPuxCxcAl";

/// A configuration with that key, written as text where a person would.
fn with_signing_key(folder: &Path, key: &str) -> String {
    let public = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/src/domain/access/jwt/test_keys/ed1.pub");
    let text = format!(
        "[auth]\npublic_keys = [{{ algorithm = \"EdDSA\", kid = \"a\", file = \"{public}\" }}]\n\
         signing_key = {{ algorithm = \"EdDSA\", kid = \"a\", pem = \"\"\"\n-----BEGIN PRIVATE KEY-----\n{key}\n\
         -----END PRIVATE KEY-----\n\"\"\" }}\n"
    );
    let path = folder.join(format!("signing-{}.toml", key.len()));
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path of text").to_owned()
}

/// What must be seen nowhere, with a word for each.
struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    #[track_caller]
    fn are_not_in(&self, text: &str, place: &str) {
        for (what, secret) in &self.0 {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            for shown in [secret.as_str(), &hex, &hex.to_uppercase()] {
                if let Some(at) = text.find(shown) {
                    let from =
                        (0..=at.saturating_sub(300)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
                    panic!("{what} is in {place}: …{}", &text[from..(at + 10).min(text.len())]);
                }
            }
        }
    }
}

/// A server in another program, and what talks to it.
struct Elsewhere {
    server: ServerProgram,
    address: String,
    client: Client,
}

impl Elsewhere {
    async fn start(folder: &Path, config: &str, settings: &[(&str, &str)]) -> Self {
        let server = ServerProgram::start_with(folder, &["--config", config], settings).await;
        Self { address: format!("http://{}", server.address), server, client: support::client() }
    }

    async fn post(&self, token: Option<&str>, content_type: &str, body: String) -> String {
        let mut request = self.client.post(format!("{}/graphql", self.address));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let request = request.header(header::ACCEPT, GRAPHQL).header(header::CONTENT_TYPE, content_type);
        let answer = request.body(body).send().await.expect("an answer");
        let headers = format!("{:?}", answer.headers());
        format!("{headers}\n{}", answer.text().await.expect("a text"))
    }

    async fn ask(&self, token: Option<&str>, query: &str, variables: Value) -> String {
        self.post(token, JSON, json!({ "query": query, "variables": variables }).to_string()).await
    }

    /// The part of an answer that holds what was given once and rightly.
    async fn given(&self, token: Option<&str>, query: &str, variables: Value, pointer: &str) -> String {
        let text = self.ask(token, query, variables).await;
        let body: Value = serde_json::from_str(text.split_once('\n').expect("a body").1).expect("JSON");
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("nothing was given: {text}"))
            .to_owned()
    }
}

const SIGN_IN: &str =
    "mutation($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) {
  accessToken refreshToken userErrors { message } } }";
const REFRESH: &str = "mutation($token: String!) { tokenRefresh(input: { refreshToken: $token }) { expiresAt userErrors { message } } }";
const SET: &str = "mutation($code: String!, $password: String!) { passwordSet(input: { setUpCode: $code, password: $password }) { success userErrors { message } } }";

both_databases! {
    async fn secrets_are_seen_nowhere(database: TestDatabase) {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = [
            ("DATABASE__URL", database.url()),
            ("DATABASE__MAX_CONNECTIONS", "3"),
            ("DATABASE__MIN_CONNECTIONS", "0"),
            ("AUTH__HS256_SECRET", HS256_SECRET),
            ("AUTH__ISSUER", ISSUER),
            ("AUTH__AUDIENCE", AUDIENCE),
            ("TELEMETRY__METRICS_TOKEN", METRICS_TOKEN),
            ("LOG__LEVEL", "trace"),
        ];
        let config_file = with_signing_key(folder.path(), SIGNING_KEY);
        let world = World::seed(&database, &Clock::system()).await;
        let server = Elsewhere::start(folder.path(), &config_file, &settings).await;
        let admin = world.a.admin.token.as_str();

        // What is given once, to whom it belongs.
        let invite = "mutation($email: String!) { personInvite(input: { name: \"N\", email: $email }) { setUpCode userErrors { message } } }";
        let code = server.given(Some(admin), invite, json!({ "email": "new@acme.test" }), "/data/personInvite/setUpCode").await;
        let unused = server.given(Some(admin), invite, json!({ "email": "late@acme.test" }), "/data/personInvite/setUpCode").await;
        let set = server.ask(None, SET, json!({ "code": code, "password": PASSWORD })).await;
        assert!(set.contains("\"success\":true"), "{set}");
        let right = json!({ "email": "new@acme.test", "password": PASSWORD });
        let refresh = server.given(None, SIGN_IN, right.clone(), "/data/signIn/refreshToken").await;
        let access = server.given(None, SIGN_IN, right, "/data/signIn/accessToken").await;
        let header = access.split('.').next().expect("a token").to_owned();
        assert_ne!(header, admin.split('.').next().expect("a token"), "it is signed with the other key");
        let create = "mutation { tokenCreate(input: { name: \"Meter\", scopes: [READ] }) { secret userErrors { message } } }";
        let service = server.given(Some(admin), create, json!({}), "/data/tokenCreate/secret").await;
        assert!(service.starts_with("tlk_"), "{service}");
        let mut canaries = Canaries(vec![
            ("the token of a tool", service.clone()),
            ("what of it is secret", service.trim_start_matches("tlk_").to_owned()),
            ("the token of the figures", METRICS_TOKEN.to_owned()),
            ("the key that signs", SIGNING_KEY.to_owned()),
            ("the key of tokens", HS256_SECRET.to_owned()),
            ("a password", PASSWORD.to_owned()),
            ("a wrong password", WRONG_PASSWORD.to_owned()),
            ("a bearer", admin.to_owned()),
            ("the signature of a bearer", admin.rsplit('.').next().expect("three parts").to_owned()),
            ("an access token", access.clone()),
            ("a refresh token", refresh.clone()),
            ("a used set-up code", code.clone()),
            ("a set-up code", unused.clone()),
        ]);
        if database.backend() == Backend::Postgres {
            canaries.0.push(("the password of the database", DATABASE_PASSWORD.to_owned()));
        }

        // Everything that can be refused, with secrets where they belong and where they do not.
        let mut answers = Vec::new();
        let wrong = json!({ "email": "new@acme.test", "password": WRONG_PASSWORD });
        answers.push(server.ask(None, SIGN_IN, wrong).await);
        for variables in [
            json!({ "email": 1, "password": PASSWORD }),
            json!({ "email": "x", "password": { "secret": WRONG_PASSWORD } }),
            json!({ "email": "x", "password": [PASSWORD, WRONG_PASSWORD] }),
            json!({ "password": PASSWORD }),
        ] {
            answers.push(server.ask(None, SIGN_IN, variables).await);
        }
        for (query, variables) in [
            (SET, json!({ "code": code, "password": PASSWORD })),
            (SET, json!({ "code": unused, "password": "short" })),
            (SET, json!({ "code": [unused], "password": PASSWORD })),
            (REFRESH, json!({ "token": format!("{refresh}x") })),
            (REFRESH, json!({ "token": { "is": refresh } })),
            (REFRESH, json!({ "token": refresh })),
            (REFRESH, json!({ "token": refresh })),
        ] {
            answers.push(server.ask(None, query, variables).await);
        }
        for (email, password) in [
            ("1", format!("\"{PASSWORD}\"")),
            ("\"x\"", format!("[\"{PASSWORD}\"]")),
            ("\"x\"", format!("{{ is: \"{WRONG_PASSWORD}\" }}")),
            ("\"x\"", format!("\"{WRONG_PASSWORD}\", organization: 1, pass: \"{PASSWORD}\"")),
        ] {
            let query = format!("mutation {{ signIn(input: {{ email: {email}, password: {password} }}) {{ accessToken }} }}");
            answers.push(server.ask(None, &query, json!({})).await);
        }
        for body in [
            format!("{{\"query\":\"{PASSWORD}"),
            format!("[\"{refresh}\"]"),
            json!({ "query": 1, "variables": { "password": PASSWORD } }).to_string(),
            json!({ "query": SIGN_IN, "variables": PASSWORD }).to_string(),
            json!({ "query": SIGN_IN, "extensions": { "persistedQuery": PASSWORD } }).to_string(),
            json!({ "query": "{ __typename }", "operationName": [PASSWORD] }).to_string(),
            format!("password={PASSWORD}"),
        ] {
            answers.push(server.post(Some(admin), JSON, body.clone()).await);
            answers.push(server.post(Some(admin), "text/plain", body).await);
        }
        let read = "{ objectives { nodes { title } } }";
        answers.push(server.ask(Some(&service), read, json!({})).await);
        answers.push(server.ask(Some(&service), create, json!({})).await);
        answers.push(server.ask(None, SIGN_IN, json!({ "email": service, "password": service })).await);
        answers.push(server.ask(None, REFRESH, json!({ "token": service })).await);
        answers.push(server.ask(Some(admin), "query($a: String) { objectives(after: $a) { nodes { id } } }", json!({ "a": service })).await);
        let tokens = "{ tokens { nodes { name hint } } }";
        answers.push(server.ask(Some(admin), tokens, json!({})).await);
        for token in [METRICS_TOKEN, "another-token-of-nobody"] {
            let asked = server.client.get(format!("{}/metrics", server.address)).bearer_auth(token).send().await.expect("an answer");
            assert_eq!(asked.status().is_success(), token == METRICS_TOKEN);
            answers.push(asked.text().await.expect("a text"));
        }
        let mut tool = Socket::enter_at(server.server.address, &service).await;
        tool.ask("1", read).await;
        assert_eq!(tool.hear().await["type"], json!("next"));
        for token in [format!("{service}x"), service.to_uppercase(), METRICS_TOKEN.to_owned(), format!("{admin}x"), format!("x{admin}"), refresh.clone(), PASSWORD.to_owned(), HS256_SECRET.to_owned()] {
            answers.push(server.ask(Some(&token), "{ viewer { person { id } } }", json!({})).await);
        }
        // Ours: a table is gone, in the middle of a sign-in and of an invitation.
        for table in ["session", "credential"] {
            let rename = async |from: &str, to: &str| {
                database.execute(&format!("ALTER TABLE {from} RENAME TO {to}")).await.expect("renamed");
            };
            let hidden = format!("hidden_{table}");
            rename(table, &hidden).await;
            let right = json!({ "email": "new@acme.test", "password": PASSWORD });
            answers.push(server.ask(None, SIGN_IN, right).await);
            answers.push(server.ask(None, REFRESH, json!({ "token": refresh })).await);
            answers.push(server.ask(Some(admin), invite, json!({ "email": format!("{table}@acme.test") })).await);
            answers.push(server.ask(Some(&access), "{ viewer { person { id } } }", json!({})).await);
            answers.push(server.ask(None, SET, json!({ "code": unused, "password": PASSWORD })).await);
            rename(&hidden, table).await;
        }
        let internal = answers.iter().filter(|answer| answer.contains("INTERNAL")).count();
        assert!(internal >= 4, "{internal} of {} answers were ours", answers.len());
        // Streams, whose first message is the token.
        let mut socket = Socket::enter_at(server.server.address, admin).await;
        socket.ask("1", "{ __typename }").await;
        assert_eq!(socket.hear().await["type"], json!("next"));
        let events = server.client.post(format!("{}/graphql", server.address)).bearer_auth(admin);
        let events = events.header(header::ACCEPT, "text/event-stream").json(&json!({ "query": "{ __typename }" }));
        answers.push(events.send().await.expect("an answer").text().await.expect("a text"));
        // What it says of itself.
        let introspection = "{ __schema { description types { name description fields { name description } \
            inputFields { name description defaultValue } enumValues { name } } } }";
        answers.push(server.ask(None, introspection, json!({})).await);
        for path in ["/schema.graphql", "/readyz", "/healthz", "/", "/metrics", "/graphql?query=%7B__typename%7D"] {
            let answer = server.client.get(format!("{}{path}", server.address)).send().await.expect("an answer");
            answers.push(answer.text().await.expect("a text"));
        }
        for answer in &answers {
            canaries.are_not_in(answer, "an answer");
        }
        let logs = server.server.program.text();
        for word in ["DEBUG", "an operation failed"] {
            let shown: String = logs.chars().take(3_000).collect();
            assert!(logs.contains(word), "the logs say all they can, but no {word}: {shown}");
        }
        canaries.are_not_in(&logs, "the logs");
        drop(server);

        // Before there is a server: what the configuration shows, and what commands print.
        let overrides = [
            Override::new("database.url", database.url()),
            Override::new("auth.hs256_secret", HS256_SECRET),
            Override::new("auth.issuer", ISSUER),
            Override::new("auth.audience", AUDIENCE),
        ];
        let config = Config::from_parts(None, Vec::new(), &overrides).expect("valid settings");
        canaries.are_not_in(&format!("{config:?} {config:#?}"), "the configuration");
        let with_key = Config::from_parts(Some(Path::new(&config_file)), Vec::new(), &overrides).expect("valid settings");
        canaries.are_not_in(&format!("{with_key:?} {with_key:#?}"), "the configuration with a key");
        let doctor = Program::start(folder.path(), &["doctor", "--config", &config_file], &settings).whole().await;
        assert!(doctor.contains("nothing is wrong"), "{doctor}");
        canaries.are_not_in(&doctor, "the doctor's words");
        // A key that cannot be read, cut short at its end and in its middle.
        for cut in [&SIGNING_KEY[..60], &SIGNING_KEY[..31]] {
            let broken = with_signing_key(folder.path(), cut);
            let printed = Program::start(folder.path(), &["doctor", "--config", &broken], &settings).whole().await;
            assert!(printed.contains("auth") && printed.contains("panicked"), "{printed}");
            assert!(!printed.contains(&SIGNING_KEY[..20]), "the key that cannot be read is told: {printed}");
        }
        let nowhere = format!("postgres://throughline:{DATABASE_PASSWORD}@127.0.0.1:1/nothing");
        canaries.0.push(("the password of a database", DATABASE_PASSWORD.to_owned()));
        canaries.0.push(("a weak key", "canary-too-short".to_owned()));
        for (what, setting, value) in [
            ("no database", "DATABASE__URL", nowhere.as_str()),
            ("no address", "DATABASE__URL", &format!("postgress:/{DATABASE_PASSWORD}@x")),
            ("a weak key", "AUTH__HS256_SECRET", "canary-too-short"),
            ("an unknown setting", "AUTH__HS256_SECRETT", PASSWORD),
            ("a broken number", "DATABASE__MAX_CONNECTIONS", PASSWORD),
        ] {
            let mut settings: Vec<_> = settings.into_iter().filter(|(name, _)| *name != setting).collect();
            settings.push((setting, value));
            for command in ["doctor", "serve"] {
                let printed = Program::start(folder.path(), &[command, "--listen", "127.0.0.1:0"], &settings).whole().await;
                assert!(printed.contains("panicked") || printed.contains("problem"), "{command} with {what}: {printed}");
                canaries.are_not_in(&printed, &format!("what {command} prints with {what}"));
            }
        }
    }
}
