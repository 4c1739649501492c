//! Stand-ins for the tools that Throughline syncs with: they keep items, page, limit, fail and send webhooks, and
//! what goes wrong with them follows from a seed, so that a run that went wrong can be run again.
//!
//! A fake serves plain HTTP on loopback. What people do in the tool are methods of the fake, such as
//! [`FakeJira::create`] or [`FakeTrello::move_to_list`]; what a program does are requests. Time stands still until
//! it is moved, how the tool misbehaves is set on its [`Control`], and a snapshot tells what the tool holds.

mod call;
mod control;
mod deliveries;
mod faults;
mod front;
mod jira;
mod limit;
mod random;
mod reply;
mod requests;
mod signature;
mod time;
mod trello;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use control::Control;
pub use deliveries::Tally;
pub use faults::{Failure, Faults};
pub use jira::{
    FakeJira, IssueChange, JiraIssue, JiraProject, JiraSnapshot, JiraStatusChange, JiraWorklog, STORY_POINTS,
};
pub use limit::Limit;
pub use random::Random;
pub use requests::Requested;
pub use signature::{jira_signature, trello_signature};
pub use time::FakeTime;
pub use trello::{FakeTrello, TrelloBoard, TrelloCard, TrelloList, TrelloMove, TrelloSnapshot};

/// What a mutex guards, also after a test panicked while it held it: the first panic tells more than the second.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
