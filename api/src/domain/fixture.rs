//! An installation on a database of its own, for the tests beside the rules.

use std::{path::Path, time::Duration};

use super::{
    access::{
        jwt::{TokenKeys, TokenSettings},
        password::Passwords,
        secret::Entropy,
    },
    clock::Clock,
    db::{DbOptions, StatementLog},
    installation::{AccessRules, Installation},
};

/// The address of a SQLite file in a folder.
pub(in crate::domain) fn sqlite_in(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("throughline.db").display())
}

/// The address of a new database on the PostgreSQL server that is lent to the tests; null when none is.
pub(in crate::domain) async fn database_on_lent_server(what: &str) -> Option<String> {
    let server = std::env::var("THROUGHLINE_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())?;
    let name = format!("throughline_{what}_{}", Clock::system().new_id().simple());
    let admin = Fixture::new(server.clone(), Clock::system()).open_empty().await;
    admin.rows(&format!("CREATE DATABASE {name}"), admin.binds()).await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    Some(format!("{base}/{name}"))
}

/// How tokens and sign-ins live; kept viewers are looked up anew each time.
pub(in crate::domain) const RULES: AccessRules = AccessRules {
    access_token_seconds: 3_600,
    refresh_token_seconds: 86_400,
    set_up_code_seconds: 7_200,
    sign_in_failures: 5,
    sign_in_window_seconds: 60,
    viewer_cache_milliseconds: 0,
};

/// What an installation of a test can differ in.
pub(in crate::domain) struct Fixture {
    pub(in crate::domain) url: String,
    pub(in crate::domain) clock: Clock,
    pub(in crate::domain) rules: AccessRules,
    /// Whether there is a key to sign tokens with.
    pub(in crate::domain) signs: bool,
    pub(in crate::domain) log: Option<StatementLog>,
}

impl Fixture {
    pub(in crate::domain) fn new(url: String, clock: Clock) -> Self {
        Self { url, clock, rules: RULES, signs: true, log: None }
    }

    /// Opens and migrates it.
    pub(in crate::domain) async fn open(self) -> Installation {
        let installation = self.open_empty().await;
        installation.migrate().await.unwrap();
        installation
    }

    /// Opens it as it is.
    pub(in crate::domain) async fn open_empty(self) -> Installation {
        let options = DbOptions {
            url: self.url,
            min_connections: 0,
            max_connections: 8,
            acquire_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(60),
        };
        let keys = TokenKeys::from_settings(&TokenSettings {
            issuer: "throughline".to_owned(),
            audience: "throughline".to_owned(),
            leeway_seconds: 0,
            hs256_secret: Some("k3Jr9-Zq0wXv7LpT2mNcB5sHd8FgYa1u".into()),
            public_keys: Vec::new(),
            signing_key: None,
            sign_with_secret: self.signs,
        })
        .unwrap();
        let passwords = Passwords::new(Entropy::seeded(11)).unwrap();
        Installation::open(&options, self.clock, keys, passwords, self.rules, self.log).await.unwrap()
    }
}
