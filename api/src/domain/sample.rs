//! A small organization in a database of its own, for the tests beside the rules.

use entity::{Instant, Role};
use tempfile::TempDir;
use uuid::Uuid;

use super::{
    access::{Scope, secret::Secret},
    clock::{Clock, SimulatedTime},
    db::StatementLog,
    error::{DomainError, UserErrorCode},
    fixture::{Fixture, RULES, sqlite_in},
    installation::{AccessRules, Installation},
    person::InvitePerson,
    set_up::{InitOptions, Initialized},
    team::CreateTeam,
};

/// 15 January 2027, 08:00 UTC: the beginning of a window of 15 minutes.
pub(in crate::domain) const START: Instant = Instant(1_800_000_000_000_000);
/// Failed sign-ins in a window.
pub(in crate::domain) const FAILURES: usize = 3;
/// Length of that window, in seconds.
pub(in crate::domain) const WINDOW: i64 = 900;
pub(in crate::domain) const PASSWORD: &str = "correct horse battery";

/// One organization with a person of every kind, in a database that is gone with it.
pub(in crate::domain) struct Sample {
    pub(in crate::domain) installation: Installation,
    pub(in crate::domain) time: SimulatedTime,
    pub(in crate::domain) organization: Uuid,
    /// Leader and admin, who set it up.
    pub(in crate::domain) founder: Uuid,
    /// Leader without the admin flag.
    pub(in crate::domain) leader: Uuid,
    /// Manager of `team`.
    pub(in crate::domain) manager: Uuid,
    /// Individual, member of `team`.
    pub(in crate::domain) individual: Uuid,
    /// Individual with the admin flag.
    pub(in crate::domain) admin: Uuid,
    pub(in crate::domain) team: Uuid,
    /// The texts of all statements that ran.
    pub(in crate::domain) statements: StatementLog,
    _folder: TempDir,
}

pub(in crate::domain) fn secret(text: &str) -> Secret {
    Secret::from(text)
}

/// What a user error says: field and code of each.
pub(in crate::domain) fn told<T: std::fmt::Debug>(
    result: Result<T, DomainError>,
) -> Vec<(String, UserErrorCode)> {
    match result {
        Err(DomainError::User(errors)) => {
            errors.into_iter().map(|error| (error.field[1..].join("."), error.code)).collect()
        }
        other => panic!("no user error: {other:?}"),
    }
}

pub(in crate::domain) fn is_forbidden<T>(result: &Result<T, DomainError>) -> bool {
    matches!(result, Err(DomainError::Forbidden(_)))
}

impl Sample {
    pub(in crate::domain) async fn new() -> Self {
        Self::with_keys(true).await
    }

    /// `signs`: whether there is a key to sign tokens with.
    pub(in crate::domain) async fn with_keys(signs: bool) -> Self {
        let folder = TempDir::with_prefix("throughline-domain-").unwrap();
        let (clock, time) = Clock::simulated(START, 7);
        let rules = AccessRules {
            sign_in_failures: i32::try_from(FAILURES).unwrap(),
            sign_in_window_seconds: WINDOW,
            viewer_cache_milliseconds: 1_000,
            ..RULES
        };
        let statements = StatementLog::default();
        let log = Some(StatementLog::clone(&statements));
        let fixture = Fixture { rules, signs, log, ..Fixture::new(sqlite_in(folder.path()), clock) };
        let installation = fixture.open().await;
        let Initialized { organization, admin: founder, .. } =
            installation.init(&options_of("acme", "fay@acme.example")).await.unwrap();
        let mut sample = Self {
            installation,
            time,
            organization,
            founder,
            leader: founder,
            manager: founder,
            individual: founder,
            admin: founder,
            team: founder,
            statements,
            _folder: folder,
        };
        let scope = sample.scope(founder).await;
        let invite = async |name: &str, role, is_admin, team| {
            let email = format!("{}@acme.example", name.to_lowercase());
            let person = InvitePerson { is_admin, team, ..invitation(name, &email, role) };
            scope.run(&person).await.unwrap().0.id
        };
        sample.leader = invite("Lea", Role::Leader, false, None).await;
        sample.manager = invite("Max", Role::Manager, false, None).await;
        let manager = Some(sample.manager);
        let team = CreateTeam { manager, ..new_team("Build", None) };
        sample.team = scope.run(&team).await.unwrap().id;
        sample.individual = invite("Ina", Role::Individual, false, Some(sample.team)).await;
        sample.admin = invite("Ada", Role::Individual, true, None).await;
        sample
    }

    pub(in crate::domain) async fn scope(&self, person: Uuid) -> Scope {
        self.installation.scope_of_person(person).await.unwrap()
    }

    /// Gives a person the usual password.
    pub(in crate::domain) async fn give_password(&self, person: Uuid) {
        let reset = super::credential::ResetPassword { person, code_seconds: 60 };
        let (_, code) = self.scope(self.founder).await.run(&reset).await.unwrap();
        self.installation.set_password(&code, &secret(PASSWORD)).await.unwrap();
    }

    /// The first column of a statement's rows, as numbers.
    pub(in crate::domain) async fn numbers(&self, text: &str) -> Vec<i64> {
        let rows = self.installation.rows(text, self.installation.binds()).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// The first column of a statement's rows, as texts.
    pub(in crate::domain) async fn texts(&self, text: &str) -> Vec<String> {
        let rows = self.installation.rows(text, self.installation.binds()).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// Another organization in the same database, with one person, who is leader and admin.
    pub(in crate::domain) async fn neighbour(&self) -> Initialized {
        self.installation.init(&options_of("bolt", "bob@bolt.example")).await.unwrap()
    }
}

pub(in crate::domain) fn options_of(slug: &str, email: &str) -> InitOptions {
    InitOptions {
        name: slug.to_uppercase(),
        slug: slug.to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        admin_name: "Fay Founder".to_owned(),
        admin_email: email.to_owned(),
        password: None,
        team: None,
    }
}

pub(in crate::domain) fn invitation(name: &str, email: &str, role: Role) -> InvitePerson {
    InvitePerson {
        id: None,
        name: name.to_owned(),
        email: email.to_owned(),
        role,
        is_admin: false,
        team: None,
        code_seconds: 7_200,
    }
}

pub(in crate::domain) fn new_team(name: &str, parent: Option<Uuid>) -> CreateTeam {
    CreateTeam { id: None, name: name.to_owned(), parent, manager: None, connection_model: None }
}
