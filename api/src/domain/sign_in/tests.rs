//! Sign-in, throttling, rotation and theft of tokens, passwords.

use std::net::{IpAddr, Ipv4Addr};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};

use super::*;
use crate::domain::{
    credential::ResetPassword,
    person::DeactivatePerson,
    sample::{FAILURES, PASSWORD, Sample, WINDOW, is_forbidden, secret, told},
    session::SignOut,
    write::{Command, Write},
};

const INA: &str = "ina@acme.example";

fn from(last: u8) -> Option<IpAddr> {
    Some(Ipv4Addr::new(192, 0, 2, last).into())
}

fn given(email: &str, password: &str) -> SignIn {
    SignIn { email: email.to_owned(), password: secret(password), organization: None }
}

async fn ready() -> Sample {
    let sample = Sample::new().await;
    sample.give_password(sample.individual).await;
    sample
}

impl Sample {
    async fn enter(&self, email: &str, password: &str, client: u8) -> Result<SignedIn> {
        self.installation.sign_in(&given(email, password), from(client)).await
    }

    async fn speaks(&self, signed_in: &SignedIn) -> Result<Scope> {
        let token = signed_in.access_token.expose();
        let claims = self.installation.keys().verify(token, self.installation.clock().now()).unwrap();
        self.installation.scope(&claims, None).await
    }
}

fn is_limited<T>(result: &Result<T>) -> bool {
    matches!(result, Err(DomainError::RateLimited(_)))
}

#[tokio::test]
async fn a_session_speaks_for_the_person_until_it_is_ended() {
    let sample = ready().await;
    let signed_in = sample.enter(" INA@Acme.Example ", PASSWORD, 1).await.unwrap();
    assert_eq!((signed_in.person, signed_in.organization), (sample.individual, sample.organization));
    let other = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let scope = sample.speaks(&signed_in).await.unwrap();
    assert_eq!(scope.viewer().person_id, sample.individual);
    sample.speaks(&other).await.unwrap();
    scope.run(&SignOut).await.unwrap();
    // The clock stands still: the kept viewer is forgotten because of the change, not of its age.
    assert!(matches!(sample.speaks(&signed_in).await, Err(DomainError::Unauthenticated)));
    assert!(told(sample.installation.refresh(&signed_in.refresh_token).await).len() == 1);
    sample.speaks(&other).await.unwrap();
    let told = told(sample.scope(sample.leader).await.run(&SignOut).await);
    assert_eq!(told, [(String::new(), UserErrorCode::NotNow)], "no session behind it");
}

#[tokio::test]
async fn every_refusal_is_the_same() {
    let sample = ready().await;
    let founder = sample.scope(sample.founder).await;
    sample.give_password(sample.leader).await;
    let leave = DeactivatePerson { id: sample.leader, expected_version: None, deactivate: true };
    founder.run(&leave).await.unwrap();
    let neighbour = sample.neighbour().await;
    let there = sample.installation.scope_of_person(neighbour.admin).await.unwrap();
    let twin = crate::domain::sample::invitation("Ina Two", INA, entity::Role::Individual);
    there.run(&twin).await.unwrap();
    let mut refusals = Vec::new();
    for (at, (email, password)) in [
        ("nobody@acme.example", PASSWORD),
        ("max@acme.example", PASSWORD),
        ("lea@acme.example", PASSWORD),
        (INA, PASSWORD),
        ("nul\0@acme.example", PASSWORD),
        ("ada@acme.example", "no password yet"),
    ]
    .into_iter()
    .enumerate()
    {
        let refused = sample.enter(email, password, u8::try_from(at).unwrap()).await.unwrap_err();
        let DomainError::User(errors) = refused else { panic!("{email}: {refused:?}") };
        refusals.push(errors);
    }
    assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
    assert!(!refusals[0][0].message.contains("acme"));
    let named = SignIn { organization: Some("ACME".to_owned()), ..given(INA, PASSWORD) };
    assert_eq!(sample.installation.sign_in(&named, None).await.unwrap().person, sample.individual);
    let elsewhere = SignIn { organization: Some("bolt".to_owned()), ..given(INA, PASSWORD) };
    assert_eq!(told(sample.installation.sign_in(&elsewhere, None).await)[0].1, UserErrorCode::Invalid);
}

#[tokio::test]
async fn guessing_is_limited_for_accounts_that_exist_and_that_do_not() {
    let sample = ready().await;
    for email in [INA, "nobody@acme.example"] {
        for attempt in 0..FAILURES {
            let client = u8::try_from(attempt).unwrap();
            assert_eq!(told(sample.enter(email, "wrong password", client).await).len(), 1);
        }
        sample.time.advance_seconds(1);
        // Also the right one, from anywhere, in any spelling of the address.
        let limited = sample.enter(&email.to_uppercase(), PASSWORD, 99).await.unwrap_err();
        assert!(matches!(limited, DomainError::RateLimited(_)), "{email}: {limited:?}");
    }
    assert!(matches!(
        sample.enter(INA, PASSWORD, 98).await,
        Err(DomainError::RateLimited(seconds)) if seconds == (WINDOW - 2).unsigned_abs()
    ));
    sample.time.advance_seconds(WINDOW - 2);
    sample.enter(INA, PASSWORD, 99).await.unwrap();
    let windows = sample.numbers("SELECT COUNT(DISTINCT window_start) FROM sign_in_attempt").await;
    assert_eq!(windows, [1], "windows that are over are forgotten");
}

#[tokio::test]
async fn the_right_password_begins_anew_and_one_network_is_limited_too() {
    let sample = ready().await;
    for _ in 0..4 {
        for _ in 1..FAILURES {
            assert!(!is_limited(&sample.enter(INA, "wrong password", 1).await));
            sample.installation.forgive_network_for_test(1).await;
        }
        sample.enter(INA, PASSWORD, 1).await.unwrap();
    }
    for guess in 0..FAILURES {
        assert!(!is_limited(&sample.enter(&format!("{guess}@acme.example"), "spray and pray", 2).await));
    }
    assert!(is_limited(&sample.enter(INA, PASSWORD, 2).await));
    // What a limited network tries costs the account nothing.
    for _ in 0..FAILURES {
        assert!(is_limited(&sample.enter(INA, "wrong password", 2).await));
    }
    sample.enter(INA, PASSWORD, 3).await.unwrap();
}

impl Installation {
    async fn forgive_network_for_test(&self, client: u8) {
        let mut binds = self.binds();
        let network = format!("network:{}", from(client).unwrap());
        let hash = binds.push(crate::domain::access::secret::digest(&network));
        let text = format!("UPDATE sign_in_attempt SET failures = 0 WHERE subject_hash = {hash}");
        self.rows(&text, binds).await.unwrap();
    }
}

#[tokio::test]
async fn of_many_guesses_at_once_none_slips_past_the_limit() {
    let sample = ready().await;
    let guesses = (0..20).map(|_| sample.enter(INA, "wrong password", 1));
    let answers = futures_util::future::join_all(guesses).await;
    assert_eq!(answers.iter().filter(|answer| is_limited(answer)).count(), 20 - FAILURES);
    assert!(answers.iter().all(Result::is_err));
}

#[tokio::test]
async fn a_used_refresh_token_ends_the_session() {
    let sample = ready().await;
    let first = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let refresh = async |token: &Secret| sample.installation.refresh(token).await;
    let second = refresh(&first.refresh_token).await.unwrap();
    assert_eq!(second.person, sample.individual);
    assert_ne!(second.refresh_token.expose(), first.refresh_token.expose());
    let third = refresh(&second.refresh_token).await.unwrap();
    sample.speaks(&third).await.unwrap();
    let stolen = refresh(&second.refresh_token).await;
    assert_eq!(told(stolen), [("refreshToken".to_owned(), UserErrorCode::Invalid)]);
    assert!(refresh(&third.refresh_token).await.is_err(), "the session is over for both");
    assert!(matches!(sample.speaks(&third).await, Err(DomainError::Unauthenticated)));
    for token in ["", "tlr_", "nonsense", first.access_token.expose()] {
        assert_eq!(told(refresh(&secret(token)).await)[0].1, UserErrorCode::Invalid);
    }
}

#[tokio::test]
async fn of_two_refreshes_at_once_one_wins() {
    let sample = ready().await;
    let first = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let refresh = || sample.installation.refresh(&first.refresh_token);
    let (left, right) = futures_util::future::join(refresh(), refresh()).await;
    assert_eq!(usize::from(left.is_ok()) + usize::from(right.is_ok()), 1, "{left:?} {right:?}");
    let winner = left.or(right).unwrap();
    assert!(matches!(sample.speaks(&winner).await, Err(DomainError::Unauthenticated)));
    assert_eq!(sample.numbers("SELECT COUNT(*) FROM session WHERE revoked_at IS NULL").await, [0]);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_refreshed() {
    let sample = ready().await;
    let signed_in = sample.enter(INA, PASSWORD, 1).await.unwrap();
    sample.time.advance_seconds(86_399);
    let refreshed = sample.installation.refresh(&signed_in.refresh_token).await.unwrap();
    sample.time.advance_seconds(86_400);
    assert_eq!(told(sample.installation.refresh(&refreshed.refresh_token).await).len(), 1);
}

#[tokio::test]
async fn a_set_up_code_is_good_for_one_password_and_for_a_time() {
    let sample = Sample::new().await;
    let founder = sample.scope(sample.founder).await;
    let reset = ResetPassword { person: sample.individual, code_seconds: 60 };
    let set =
        async |code: &Secret, password: &str| sample.installation.set_password(code, &secret(password)).await;
    let (_, old) = founder.run(&reset).await.unwrap();
    let (_, code) = founder.run(&reset).await.unwrap();
    let over = [("setUpCode".to_owned(), UserErrorCode::Invalid)];
    assert_eq!(told(set(&old, PASSWORD).await), over, "the second reset took its place");
    for bad in ["short", "          ", INA] {
        assert_eq!(told(set(&code, bad).await), [("password".to_owned(), UserErrorCode::Invalid)], "{bad}");
    }
    assert_eq!(set(&code, PASSWORD).await.unwrap(), sample.individual);
    assert_eq!(told(set(&code, PASSWORD).await), over);
    let signed_in = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let (_, code) = founder.run(&reset).await.unwrap();
    assert!(
        matches!(sample.speaks(&signed_in).await, Err(DomainError::Unauthenticated)),
        "a reset signs out"
    );
    assert_eq!(told(sample.enter(INA, PASSWORD, 1).await).len(), 1, "and the old password is gone");
    sample.time.advance_seconds(60);
    assert_eq!(told(set(&code, PASSWORD).await), over);
    for person in [sample.leader, sample.manager, sample.individual] {
        assert!(is_forbidden(&sample.scope(person).await.run(&reset).await));
    }
    let told_of = sample.texts("SELECT current FROM event WHERE current LIKE '%password%'").await;
    assert!(told_of.len() == 4 && !told_of.iter().any(|text| text.contains("argon2")), "{told_of:?}");
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_other_sessions_end() {
    let sample = ready().await;
    let own = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let other = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let scope = sample.speaks(&own).await.unwrap();
    let change = async |current: &str, new: &str| {
        sample.installation.change_password(&scope, &secret(current), &secret(new), None).await
    };
    assert_eq!(told(change("wrong password", "another password").await)[0].0, "currentPassword");
    assert_eq!(told(change(PASSWORD, "short").await)[0].0, "newPassword");
    change(PASSWORD, "another password").await.unwrap();
    sample.speaks(&own).await.unwrap();
    assert!(matches!(sample.speaks(&other).await, Err(DomainError::Unauthenticated)));
    sample.enter(INA, "another password", 1).await.unwrap();
    for _ in 0..FAILURES {
        assert_eq!(told(change("wrong password", "another password").await)[0].0, "currentPassword");
    }
    assert!(is_limited(&change("another password", "a third password").await));
}

#[tokio::test]
async fn without_a_signing_key_nobody_signs_in() {
    let sample = Sample::with_keys(false).await;
    sample.give_password(sample.individual).await;
    let refused = sample.enter(INA, PASSWORD, 1).await;
    assert!(is_forbidden(&refused), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("signing_key"));
    assert!(is_forbidden(&sample.installation.refresh(&secret("tlr_x")).await));
    assert!(is_forbidden(&sample.installation.issue_token(sample.leader, 60).await));
}

struct Store(Uuid, String);

impl Command for Store {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.store_password(self.0, &self.1).await
    }
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew() {
    let sample = Sample::new().await;
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, Some(32)).unwrap());
    let hash = weak.hash_password_with_salt(PASSWORD.as_bytes(), b"0123456789abcdef").unwrap().to_string();
    let scope = sample.scope(sample.individual).await;
    scope.run(&Store(sample.individual, hash.clone())).await.unwrap();
    let stored = || sample.texts("SELECT password_hash FROM credential WHERE password_hash IS NOT NULL");
    assert_eq!(stored().await, [hash]);
    sample.enter(INA, PASSWORD, 1).await.unwrap();
    assert!(stored().await[0].starts_with("$argon2id$v=19$m=19456,"), "{:?}", stored().await);
    sample.enter(INA, PASSWORD, 1).await.unwrap();
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let sample = ready().await;
    let signed_in = sample.enter(INA, PASSWORD, 1).await.unwrap();
    let shown = format!("{signed_in:?} {:?} {:?}", given(INA, PASSWORD), sample.installation);
    for text in [signed_in.access_token.expose(), signed_in.refresh_token.expose(), PASSWORD] {
        assert!(!shown.contains(text), "{shown}");
    }
    let wrong = sample.enter(INA, "a wrong secret", 1).await.unwrap_err();
    assert!(!format!("{wrong:?} {wrong}").contains("a wrong secret"));
}
