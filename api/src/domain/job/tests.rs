use entity::EventKind;
use serde_json::json;

use super::*;
use crate::domain::{
    trial::{Ask, Trial},
    write::Command,
};

const KIND: JobKind = JobKind::RollUpAncestors;

struct Finish<'a>(&'a Lease);

impl Command for Finish<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.note(crate::domain::events::NewEvent {
            kind: EventKind::Imported,
            subject: (entity::SubjectKind::Organization, write.viewer().organization_id),
            ancestors: Vec::new(),
            sight: crate::domain::events::Sight::default(),
            previous: None,
            current: Map::new(),
        });
        write.finish_job(self.0).await
    }
}

struct Renew<'a>(&'a Lease);

impl Command for Renew<'_> {
    type Output = ();

    async fn run(&self, write: &mut Write) -> Result<()> {
        write.renew_job(self.0).await
    }
}

async fn count(trial: &Trial, state: &str) -> i64 {
    trial.numbers(&format!("SELECT COUNT(*) FROM job WHERE state = '{state}'")).await[0]
}

#[tokio::test]
async fn what_waits_for_one_key_is_one_job() {
    let trial = Trial::new().await;
    let scope = trial.system().await;
    let asked = trial.installation.jobs_asked_for();
    let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    for key in [one, one, other, one] {
        scope.run(&Ask(KIND, key)).await.unwrap();
    }
    assert!(asked.has_changed().unwrap(), "the runner is woken by the commit");
    assert_eq!(count(&trial, "WAITING").await, 2);
    // One that runs is not enough for what was asked for after it began.
    let lease = trial.installation.take_job(&[KIND]).await.unwrap().unwrap();
    assert_eq!((lease.attempt, lease.organization), (1, trial.organization));
    assert_eq!(lease.payload["objective"], json!(one));
    scope.run(&Ask(KIND, one)).await.unwrap();
    assert_eq!((count(&trial, "WAITING").await, count(&trial, "RUNNING").await), (2, 1));
    // If it fails now, the later one does the same: it does not come back.
    assert_eq!(trial.installation.fail_job(&lease, "no").await.unwrap(), Failed::Superseded);
    assert_eq!((count(&trial, "WAITING").await, count(&trial, "DONE").await), (2, 1));
    assert!(trial.installation.take_job(&[JobKind::RecomputeOrganization]).await.unwrap().is_none());
}

#[tokio::test]
async fn retries_come_later_and_later_and_end() {
    let trial = Trial::new().await;
    trial.system().await.run(&Ask(KIND, Uuid::from_u128(1))).await.unwrap();
    let mut least = 500_000;
    for attempt in 1..8 {
        let lease = trial.installation.take_job(&[KIND]).await.unwrap().unwrap();
        assert_eq!(lease.attempt, attempt);
        let now = trial.installation.clock().now().0;
        let Failed::Again(at) = trial.installation.fail_job(&lease, "still no").await.unwrap() else {
            panic!("attempt {attempt} is not the last");
        };
        let delay = at.0 - now;
        assert!((least..=3 * least).contains(&delay), "attempt {attempt}: {delay}");
        least *= 2;
        assert!(trial.installation.take_job(&[KIND]).await.unwrap().is_none(), "it waits");
        trial.time.set(at);
    }
    let last = trial.installation.take_job(&[KIND]).await.unwrap().unwrap();
    assert_eq!(trial.installation.fail_job(&last, "never").await.unwrap(), Failed::Dead);
    assert_eq!(count(&trial, "DEAD").await, 1);
    assert_eq!(trial.numbers("SELECT COUNT(*) FROM job WHERE last_error = 'never'").await, [1]);
    trial.time.advance_seconds(1_000_000);
    assert!(trial.installation.take_job(&[KIND]).await.unwrap().is_none(), "the dead stay dead");
}

#[tokio::test]
async fn an_old_taker_writes_nothing() {
    let trial = Trial::new().await;
    let scope = trial.system().await;
    scope.run(&Ask(KIND, Uuid::from_u128(1))).await.unwrap();
    let old = trial.installation.take_job(&[KIND]).await.unwrap().unwrap();
    trial.time.advance_seconds(LEASE_SECONDS);
    scope.run(&Renew(&old)).await.unwrap();
    trial.time.advance_seconds(LEASE_SECONDS);
    assert!(trial.installation.take_job(&[KIND]).await.unwrap().is_none(), "it was renewed");
    trial.time.advance_seconds(1);
    let new = trial.installation.take_job(&[KIND]).await.unwrap().unwrap();
    assert_eq!((new.id, new.attempt), (old.id, 2));

    assert!(scope.run(&Finish(&old)).await.is_err());
    assert!(scope.run(&Renew(&old)).await.is_err());
    assert_eq!(trial.installation.fail_job(&old, "late").await.unwrap(), Failed::Lost);
    let told = "SELECT COUNT(*) FROM event WHERE kind = 'IMPORTED'";
    assert_eq!(trial.numbers(told).await, [0], "what an old taker wrote is undone");
    scope.run(&Finish(&new)).await.unwrap();
    assert_eq!((trial.numbers(told).await, count(&trial, "DONE").await), (vec![1], 1));

    assert_eq!(trial.installation.sweep_jobs().await.unwrap(), 0);
    trial.time.advance_seconds(KEPT_SECONDS + 1);
    assert_eq!(trial.installation.sweep_jobs().await.unwrap(), 1);
}

#[tokio::test]
async fn what_kills_its_takers_is_given_up() {
    let trial = Trial::new().await;
    trial.system().await.run(&Ask(KIND, Uuid::from_u128(1))).await.unwrap();
    for _ in 0..8 {
        assert!(trial.installation.take_job(&[KIND]).await.unwrap().is_some());
        trial.time.advance_seconds(LEASE_SECONDS + 1);
    }
    assert!(trial.installation.take_job(&[KIND]).await.unwrap().is_none());
    assert_eq!(count(&trial, "DEAD").await, 1);
}
