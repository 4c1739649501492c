//! The order of the sources, and what is refused.

use super::*;

const SECRET: &str = "k3Jr9-Zq0wXv7LpT2mNcB5sHd8FgYa1u";
const SEALING_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A configuration file that is removed again.
struct Written(PathBuf);

impl Written {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("throughline-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn from_file(name: &str, text: &str) -> Result<Config, ConfigError> {
    let file = Written::new(name, text);
    Config::from_parts(Some(&file.0), Vec::new(), &[])
}

fn from_environment(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::from_parts(None, environment(variables), &[])
}

#[test]
fn the_defaults_are_valid_and_as_promised() {
    let config = Config::from_parts(None, Vec::new(), &[]).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.base_url(), "http://127.0.0.1:8080");
    assert_eq!((config.server.request_timeout_seconds, config.server.body_limit_bytes), (15, 1 << 20));
    assert_eq!(config.database.url.expose(), "sqlite://throughline.db");
    assert_eq!((config.database.min_connections, config.database.max_connections), (4, 10));
    assert_eq!((config.auth.leeway_seconds, config.auth.access_token_minutes), (30, 60));
    assert_eq!((config.auth.refresh_token_days, config.auth.viewer_cache_milliseconds), (30, 1_000));
    let graphql = &config.graphql;
    assert_eq!((graphql.max_tokens, graphql.max_nesting, graphql.max_depth), (5_000, 100, 15));
    assert_eq!((graphql.max_aliases, graphql.max_root_fields, graphql.max_directives), (30, 20, 50));
    assert_eq!((graphql.page_default, graphql.page_max, graphql.max_complexity), (50, 200, 500_000));
    assert_eq!((graphql.max_batch, graphql.max_errors), (10, 20));
    assert_eq!((graphql.max_fields, graphql.max_fragments, graphql.max_value_depth), (2_000, 100, 20));
    assert_eq!((graphql.max_socket_messages, graphql.socket_init_seconds), (3_000, 5));
    assert_eq!(graphql.introspection, Introspection::Everybody);
    assert!(graphql.explorer && graphql.trusted_documents.is_none());
    let server = &config.server;
    assert_eq!((server.header_timeout_seconds, server.body_timeout_seconds), (10, 15));
    assert_eq!((server.idle_timeout_seconds, server.write_timeout_seconds), (75, 30));
    assert_eq!((server.max_connections, server.max_connections_per_address), (10_000, 2_000));
    assert!(server.cors_origins.is_empty() && server.trusted_proxies.is_empty() && server.compression);
    assert_eq!((config.limits.requests_per_minute, config.limits.points_per_minute), (60_000, 50_000_000));
    assert_eq!(config.events.keep_days, 30);
    assert!(config.integrations.sealing_keys.is_empty() && config.integrations.allowed_hosts.is_empty());
    assert_eq!((config.log.level.as_str(), config.log.format), ("info", LogFormat::Text));
}

#[test]
fn each_source_wins_over_the_one_before() {
    let file = Written::new(
        "order",
        "[server]\nrequest_timeout_seconds = 20\nbody_limit_bytes = 2048\nlisten = \"127.0.0.1:1\"",
    );
    let environment = environment(&[
        ("THROUGHLINE_SERVER__BODY_LIMIT_BYTES", "4096"),
        ("THROUGHLINE_SERVER__LISTEN", "127.0.0.1:2"),
    ]);
    let overrides = [Override::new("server.listen", "127.0.0.1:3")];
    let config = Config::from_parts(Some(&file.0), environment, &overrides).unwrap();
    assert_eq!(config.server.request_timeout_seconds, 20);
    assert_eq!(config.server.body_limit_bytes, 4_096);
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.database.max_connections, 10);
}

#[test]
fn lists_come_from_files_and_as_texts_with_commas() {
    let config =
        from_file("lists", "[server]\ncors_origins = [\"https://a.example\", \"http://b:1\"]").unwrap();
    assert_eq!(config.server.origins().unwrap(), ["https://a.example", "http://b:1"]);
    let variables = [("THROUGHLINE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1")];
    let config = from_environment(&variables).unwrap();
    let proxies: Vec<_> = config.server.proxies().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    let keys = format!("new:{SEALING_KEY}, old:{SEALING_KEY}");
    let variables = [
        ("THROUGHLINE_INTEGRATIONS__SEALING_KEYS", keys.as_str()),
        ("THROUGHLINE_INTEGRATIONS__ALLOWED_HOSTS", "jira.corp.example, [::1]:8080"),
    ];
    let integrations = from_environment(&variables).unwrap().integrations;
    let ids: Vec<_> = integrations.sealing_keys.iter().map(|entry| &entry.expose()[..4]).collect();
    assert_eq!(ids, ["new:", "old:"]);
    assert_eq!(integrations.hosts().unwrap(), ["jira.corp.example", "[::1]:8080"]);
}

#[test]
fn every_setting_is_documented_and_nothing_else() {
    for section in
        ["server", "database", "auth", "graphql", "limits", "events", "integrations", "log", "telemetry"]
    {
        let refused = from_file("documented", &format!("[{section}]\nzzz = 1")).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{section} has no setting `zzz`")), "{refused}");
        // The names after "expected one of", each in backquotes.
        let mut known: Vec<_> = refused.split('`').skip(3).step_by(2).collect();
        let mut documented: Vec<_> = documented_settings()
            .filter(|(place, _)| *place == section)
            .map(|(_, setting)| setting)
            .collect();
        known.sort_unstable();
        documented.sort_unstable();
        assert_eq!(known, documented, "[{section}]");
    }
}

#[test]
fn introspection_is_for_one_of_three() {
    for (written, expected) in [
        ("\"everybody\"", Introspection::Everybody),
        ("\"signed-in\"", Introspection::SignedIn),
        ("\"nobody\"", Introspection::Nobody),
        ("true", Introspection::Everybody),
        ("false", Introspection::Nobody),
    ] {
        let config = from_file("introspection", &format!("[graphql]\nintrospection = {written}")).unwrap();
        assert_eq!(config.graphql.introspection, expected, "{written}");
        let variable = [("THROUGHLINE_GRAPHQL__INTROSPECTION", written.trim_matches('"'))];
        assert_eq!(from_environment(&variable).unwrap().graphql.introspection, expected, "{written}");
    }
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let pem = "public_keys = [{ algorithm = \"EdDSA\", pem = \"x\", name = \"y\" }]";
    for (text, expected) in [
        ("[server]\nlistn = \"127.0.0.1:1\"", "server has no setting `listn`"),
        ("[sever]\nlisten = \"127.0.0.1:1\"", "the configuration has no setting `sever`"),
        ("listen = \"127.0.0.1:1\"", "the configuration has no setting `listen`"),
        (&format!("[auth]\n{pem}"), "auth.public_keys[0] has no setting `name`"),
    ] {
        let refused = from_file("unknown", text).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let refused = from_environment(&[("THROUGHLINE_SERVER__LISTN", "x")]).unwrap_err().to_string();
    assert!(refused.starts_with("server has no setting `listn`"), "{refused}");
}

#[test]
fn a_forgotten_underscore_is_told_and_foreign_variables_are_left_alone() {
    let refused =
        from_environment(&[("THROUGHLINE_DATABASE_URL", "postgres://u:canary@h/d")]).unwrap_err().to_string();
    assert!(refused.contains("THROUGHLINE_DATABASE__URL") && !refused.contains("canary"), "{refused}");
    let refused = from_environment(&[("THROUGHLINE_AUTH_HS256_SECRET", "canary")]).unwrap_err().to_string();
    assert!(refused.contains("THROUGHLINE_AUTH__HS256_SECRET") && !refused.contains("canary"), "{refused}");
    from_environment(&[
        ("THROUGHLINE_TEST_POSTGRES_URL", "postgres://localhost"),
        ("THROUGHLINE_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("THROUGHLINE_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("OTHER__THING", "x"),
    ])
    .unwrap();
}

#[test]
fn numbers_and_switches_may_come_as_text_and_secrets_stay_text() {
    let digits = "01234567890123456789012345678901";
    let config = from_environment(&[
        ("THROUGHLINE_GRAPHQL__MAX_DEPTH", "20"),
        ("THROUGHLINE_GRAPHQL__EXPLORER", "false"),
        ("THROUGHLINE_AUTH__HS256_SECRET", digits),
        ("THROUGHLINE_LOG__LEVEL", ""),
    ])
    .unwrap();
    assert_eq!(config.graphql.max_depth, 20);
    assert!(!config.graphql.explorer);
    assert_eq!(config.auth.hs256_secret.unwrap().expose(), digits);
    assert_eq!(config.log.level, "info", "an empty variable is not set");
}

#[test]
fn values_that_cannot_work_are_refused_with_what_to_do() {
    for (text, expected) in [
        ("[server]\nlisten = \"localhost:8080\"", "127.0.0.1:8080"),
        (
            "[server]\nrequest_timeout_seconds = 0",
            "server.request_timeout_seconds: 0 is out of range: use 1–300",
        ),
        ("[server]\nrequest_timeout_seconds = \"soon\"", "server.request_timeout_seconds must be"),
        ("[server]\nbody_limit_bytes = -1", "server.body_limit_bytes must be"),
        ("[server]\npublic_url = \"throughline.example.com\"", "server.public_url: must be an http"),
        ("[server]\npublic_url = \"https://example.com/app\"", "server.public_url: must be an http"),
        ("[server]\npublic_url = \"ftp://example.com\"", "server.public_url: must be an http"),
        ("[server]\ncors_origins = [\"*\"]", "server.cors_origins: \"*\" is not an exact origin"),
        ("[server]\ncors_origins = 7", "server.cors_origins must be a list of texts"),
        (
            "[server]\ntrusted_proxies = \"10.0.0.0/40\"",
            "server.trusted_proxies: \"10.0.0.0/40\" is not a network",
        ),
        (
            "[server]\nheader_timeout_seconds = 0",
            "server.header_timeout_seconds: 0 is out of range: use 1–60",
        ),
        (
            "[limits]\npoints_per_minute = 5",
            "limits.points_per_minute: 5 is less than one operation may cost",
        ),
        ("[database]\nurl = \"mysql://u:canary@h/d\"", "database.url: must be sqlite:"),
        ("[database]\nmin_connections = 11", "database.min_connections: 11 is out of range: use 0–10"),
        ("[database]\nmax_connections = 0", "database.max_connections: 0 is out of range"),
        ("[auth]\nhs256_secret = \"canary\"", "auth: the HS256 secret has 6 bytes"),
        ("[auth]\nleeway_seconds = 61", "auth.leeway_seconds: 61 is out of range: use 0–60"),
        ("[auth]\nissuer = \"\"", "auth: the issuer"),
        ("[auth]\npublic_keys = [{ algorithm = \"EdDSA\" }]", "either pem or file"),
        ("[auth]\npublic_keys = [{ algorithm = \"none\", pem = \"x\" }]", "use RS256, ES256 or EdDSA"),
        ("[auth]\npublic_keys = [{ pem = \"x\" }]", "auth.public_keys[0].algorithm is missing"),
        (
            "[auth]\npublic_keys = [{ algorithm = \"EdDSA\", file = \"/no/such\" }]",
            "the key file of auth.public_keys[0]",
        ),
        ("[graphql]\npage_default = 201", "graphql.page_default: 201 is out of range: use 1–200"),
        ("[graphql]\nintrospection = \"canary\"", "graphql.introspection"),
        ("[graphql]\nintrospection = 7", "graphql.introspection must be everybody, signed-in or nobody"),
        ("[graphql]\nmax_value_depth = 101", "graphql.max_value_depth: 101 is out of range: use 1–100"),
        ("[graphql]\nsocket_init_seconds = 0", "graphql.socket_init_seconds: 0 is out of range: use 1–60"),
        ("[integrations]\nsealing_keys = [\"canary\"]", "integrations.sealing_keys: entry 1 has no id"),
        ("[integrations]\nsealing_keys = \"a:canary\"", "integrations.sealing_keys: the key of entry 1"),
        ("[integrations]\nsealing_keys = [{ canary = \"canary\" }]", "integrations.sealing_keys"),
        ("[integrations]\nsealing_keys = 7", "integrations.sealing_keys must be a list of texts"),
        ("[integrations]\nallowed_hosts = \"a,*\"", "integrations.allowed_hosts: entry 2 is not a host"),
        (
            "[integrations]\nallowed_hosts = [\"https://u:canary@a\"]",
            "integrations.allowed_hosts: entry 1 is not a host",
        ),
        ("[log]\nlevel = \"inof\"", "log.level: \"inof\" cannot be read"),
        ("[log]\nlevel = \"info,sqlx=loud\"", "log.level"),
        ("[log]\nformat = \"xml\"", "use text or json"),
        ("[telemetry]\nmetrics_token = \"canary\"", "telemetry.metrics_token: must have 16 characters"),
        ("[telemetry]\notlp_endpoint = \"canary:4317\"", "telemetry.otlp_endpoint: must be an http"),
        ("[telemetry]\notlp_endpoint = \"http://u:canary@c\"", "telemetry.otlp_endpoint: must be an http"),
        ("[telemetry]\notlp_headers = \"a=b,canary\"", "telemetry.otlp_headers: entry 2 is not a header"),
        ("[telemetry]\notlp_sample_ratio = 1.5", "telemetry.otlp_sample_ratio: 1.5 is out of range: use 0–1"),
        ("[telemetry]\notlp_service_name = \" \"", "telemetry.otlp_service_name"),
        ("auth = \"canary\"", "auth must be a table of settings"),
    ] {
        let refused = from_file("values", text).unwrap_err().to_string();
        assert!(refused.contains(expected), "{expected}: {refused}");
        assert!(!refused.contains("canary"), "{refused}");
    }
    assert_eq!(
        from_file("slash", "[server]\npublic_url = \"https://x.example/\"").unwrap().server.base_url(),
        "https://x.example"
    );
    for level in ["warn", "INFO", "off", "info,sqlx=warn", "info, api::http=debug"] {
        from_file("level", &format!("[log]\nlevel = \"{level}\"")).unwrap();
    }
}

#[test]
fn a_broken_file_is_told_by_line_and_without_its_text() {
    for (text, line) in [
        ("[auth]\nhs256_secret = \"canary-7f3a", "line 2"),
        ("[auth]\nhs256_secret = \"canary-7f3a\" canary\n", "line 2"),
        ("[auth]\n\nhs256_secret = canary\n", "line 3"),
    ] {
        let refused = from_file("broken", text).unwrap_err().to_string();
        assert!(refused.contains(line) && refused.contains("broken.toml"), "{refused}");
        assert!(!refused.contains("canary"), "{refused}");
    }
    let missing = Config::from_parts(Some(Path::new("/no/such.toml")), Vec::new(), &[]).unwrap_err();
    assert!(missing.to_string().contains("/no/such.toml"), "{missing}");
}

#[test]
fn secrets_do_not_show_in_debug() {
    let config = from_environment(&[
        ("THROUGHLINE_AUTH__HS256_SECRET", SECRET),
        ("THROUGHLINE_DATABASE__URL", "postgres://ada:canary@db.example:5432/thread?password=canary"),
        ("THROUGHLINE_INTEGRATIONS__SEALING_KEYS", &format!("2026-01:{SEALING_KEY}")),
    ])
    .unwrap();
    let shown =
        format!("{config:?} {:?} {}", Override::new("database.url", "canary"), config.database.shown_url());
    assert!(!shown.contains("canary") && !shown.contains(SECRET) && shown.contains("***"), "{shown}");
    assert!(!shown.contains(SEALING_KEY) && shown.contains("sealing_keys: [***]"), "{shown}");
    assert_eq!(config.database.shown_url(), "postgres://db.example:5432/thread");
}

#[test]
fn key_files_are_read_and_used() {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/access/jwt/test_keys");
    let text = format!(
        "[auth]\npublic_keys = [{{ algorithm = \"EdDSA\", file = \"{0}/ed1.pub\" }}]\n\
         signing_key = {{ algorithm = \"EdDSA\", file = \"{0}/ed1.pem\" }}",
        keys.display()
    );
    let config = from_file("keys", &text).unwrap();
    let tokens = crate::domain::access::jwt::TokenKeys::from_settings(&config.auth.token_settings()).unwrap();
    assert!(tokens.can_sign());
    let config = from_file("keys-off", &format!("{text}\nsign_in = false")).unwrap();
    let tokens = crate::domain::access::jwt::TokenKeys::from_settings(&config.auth.token_settings()).unwrap();
    assert!(tokens.can_verify() && !tokens.can_sign());
}

#[test]
fn problems_are_told_with_their_cure() {
    let defaults = Config::from_parts(None, Vec::new(), &[]).unwrap().problems();
    assert_eq!(defaults.len(), 1, "{defaults:?}");
    assert!(defaults[0].how_to_mend.contains("THROUGHLINE_AUTH__HS256_SECRET"));
    let good = from_environment(&[("THROUGHLINE_AUTH__HS256_SECRET", SECRET)]).unwrap();
    assert_eq!(good.problems(), []);
    let behind_proxy = from_environment(&[
        ("THROUGHLINE_AUTH__HS256_SECRET", SECRET),
        ("THROUGHLINE_SERVER__PUBLIC_URL", "https://goals.example.com"),
    ])
    .unwrap();
    assert!(behind_proxy.problems()[0].how_to_mend.contains("server.trusted_proxies"));
    let careless = from_environment(&[
        ("THROUGHLINE_AUTH__HS256_SECRET", SECRET),
        ("THROUGHLINE_AUTH__SIGN_IN", "false"),
        ("THROUGHLINE_SERVER__LISTEN", "0.0.0.0:8080"),
        ("THROUGHLINE_SERVER__PUBLIC_URL", "http://example.com"),
        ("THROUGHLINE_DATABASE__URL", "sqlite::memory:"),
        ("THROUGHLINE_DATABASE__STATEMENT_TIMEOUT_SECONDS", "60"),
        ("THROUGHLINE_GRAPHQL__INTROSPECTION", "false"),
    ])
    .unwrap();
    assert_eq!(careless.problems().len(), 6, "{:?}", careless.problems());
}

#[test]
fn what_is_left_out_is_remarked_and_is_no_problem() {
    let without = from_environment(&[("THROUGHLINE_AUTH__HS256_SECRET", SECRET)]).unwrap();
    assert_eq!((without.problems().len(), without.remarks().len()), (0, 1));
    let told = &without.remarks()[0].how_to_mend;
    assert!(told.contains("THROUGHLINE_INTEGRATIONS__SEALING_KEYS"), "{told}");
    let key = format!("2026-01:{SEALING_KEY}");
    let with = from_environment(&[("THROUGHLINE_INTEGRATIONS__SEALING_KEYS", &key)]).unwrap();
    assert_eq!(with.remarks(), []);
}
