//! Promises under attack, through the front door.

mod bomb;
mod canary;
mod cursor;
mod endless;
mod enumeration;
mod escalation;
mod foreign;
mod hanging;
mod injection;
mod introspection;
mod memory;
mod number;
mod outage;
mod panic;
mod race;
mod rate;
mod revoked;
mod service_token;
mod socket;
mod stream;
mod text;
mod token;

/// Whether an id in an input is the one that the client makes for a new row: any id may be taken for that.
pub(crate) fn is_own_id(mutation: &str, path: &str) -> bool {
    let makes = mutation.ends_with("Create")
        || [
            "personInvite",
            "keyResultCheckIn",
            "keyResultRecordValue",
            "keyResultCarryOver",
            "workAcknowledge",
            "gateWaive",
            "allocationSet",
            "projectCreateFromTemplate",
        ]
        .contains(&mutation);
    makes && path == "/input/id"
}
