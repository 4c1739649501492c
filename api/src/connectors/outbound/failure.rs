//! Why there was no answer.

use std::{error::Error, io};

use super::resolver::NotPublic;
use crate::domain::sync::port::ToolError;

/// What a failure of the client means for a site. The client's own text is not told: the whole address stands in it.
pub(super) fn of(error: &reqwest::Error, site: &str) -> ToolError {
    if is_from::<NotPublic>(error) {
        return ToolError::Unsafe(format!(
            "{site} stands for an address that is not public and is not called: check the address, unless the \
             operator names its host in integrations.allowed_hosts"
        ));
    }
    if error.is_builder() {
        return ToolError::Unsafe(format!("an address at {site} cannot be called: check the address"));
    }
    let later = "it is asked again later; check the address if this goes on";
    ToolError::Unavailable(if error.is_timeout() {
        format!("{site} does not answer in time: {later}")
    } else if error.is_dns() {
        format!("the name of {site} is not known: check the address")
    } else if is_from::<rustls::Error>(error) {
        format!("{site} cannot be spoken to safely: check the address, its certificate and its TLS")
    } else if error.is_connect() {
        format!("{site} cannot be reached: {later}")
    } else {
        format!("{site} breaks off its answer: {later}")
    })
}

/// Whether an error comes, by whatever way, from one of a type.
fn is_from<E: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    // An error of input and output does not name the one that it wraps as its source, but that one's.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<E>()
        || wrapped.is_some_and(|error| is_from::<E>(error))
        || error.source().is_some_and(is_from::<E>)
}
