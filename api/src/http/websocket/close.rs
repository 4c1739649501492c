//! Why a socket is closed, with the codes of the protocol.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};

use crate::domain::live::WhyEnded;

/// A close code with what is said beside it, at most 123 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Close {
    code: u16,
    reason: Utf8Bytes,
}

impl Close {
    pub(super) fn new(code: u16, reason: impl Into<String>) -> Self {
        let mut reason = reason.into();
        let end = (0..=reason.len().min(123)).rev().find(|at| reason.is_char_boundary(*at)).unwrap_or(0);
        reason.truncate(end);
        Self { code, reason: reason.into() }
    }

    pub(super) fn invalid(why: &str) -> Self {
        Self::new(4400, why)
    }

    pub(super) fn not_yet_let_in() -> Self {
        Self::new(4401, "Unauthorized")
    }

    pub(super) fn forbidden() -> Self {
        Self::new(4403, "Forbidden")
    }

    pub(super) fn no_init() -> Self {
        Self::new(4408, "Connection initialisation timeout")
    }

    pub(super) fn known_id(id: &str) -> Self {
        Self::new(4409, format!("Subscriber for {id} already exists"))
    }

    pub(super) fn second_init() -> Self {
        Self::new(4429, "Too many initialisation requests")
    }

    pub(super) fn too_many_messages() -> Self {
        Self::new(1008, "Too many messages")
    }

    /// The frames themselves break the rules.
    pub(super) fn ill_framed() -> Self {
        Self::new(1002, "This breaks the rules of WebSocket")
    }

    pub(super) fn no_text() -> Self {
        Self::new(1007, "A message is UTF-8")
    }

    pub(super) fn too_large() -> Self {
        Self::new(1009, "Message too large")
    }

    pub(super) fn too_slow() -> Self {
        Self::new(1013, "Events were not read in time: come back after the last cursor")
    }

    pub(super) fn too_often(seconds: u64) -> Self {
        Self::new(1013, format!("Too many attempts: wait {seconds} seconds"))
    }

    pub(super) fn too_many_streams(most: u32) -> Self {
        Self::new(1013, format!("At most {most} live connections are open for one viewer: close one first"))
    }

    pub(super) fn broken() -> Self {
        Self::new(1011, "Something went wrong on our side")
    }

    pub(super) fn stopping() -> Self {
        Self::new(1001, "The server stops: come back after the last cursor")
    }

    pub(super) fn ended(why: WhyEnded) -> Self {
        match why {
            WhyEnded::TokenExpired => Self::new(4403, "The access token has expired"),
            WhyEnded::SignedOut => Self::new(4403, "The session has ended"),
            WhyEnded::RightsChanged => {
                Self::new(4403, "Rights or settings have changed: come back after the last cursor")
            }
            WhyEnded::ServerStopped => Self::stopping(),
        }
    }

    pub(super) fn message(self) -> Message {
        Message::Close(Some(CloseFrame { code: self.code, reason: self.reason }))
    }
}
