//! What the status of an answer means.

use http::{
    HeaderMap, StatusCode,
    header::{LOCATION, RETRY_AFTER},
};
use reqwest::Url;

use super::wait;
use crate::domain::sync::port::ToolError;

/// Longest name of a host, in bytes.
const HOST_AT_MOST: usize = 253;

/// Why a site did not do what was asked; `said` is what it says itself, without secrets.
pub(super) fn of(site: &str, status: StatusCode, headers: &HeaderMap, said: &str) -> ToolError {
    let code = status.as_u16();
    let said = if said.is_empty() { String::new() } else { format!("; it says: {said}") };
    match code {
        300..=399 => {
            let place = elsewhere(headers).unwrap_or_else(|| "another address".to_owned());
            ToolError::Unsafe(format!(
                "{site} sends on to {place}, and nobody is sent on ({code}): enter the address at which the tool \
                 itself answers"
            ))
        }
        401 => ToolError::Unauthorized(format!(
            "{site} does not accept the credential ({code}): make a new one in the tool and enter it{said}"
        )),
        403 => ToolError::Forbidden(format!(
            "{site} does not allow this to the credential ({code}): give its owner the right to it in the \
             tool{said}"
        )),
        404 | 410 => ToolError::NotFound(format!(
            "{site} has nothing there, or shows it to others only ({code}): check the address and the rights of \
             the credential{said}"
        )),
        429 => ToolError::TooOften { seconds: wait::seconds(headers) },
        503 if headers.contains_key(RETRY_AFTER) => ToolError::TooOften { seconds: wait::seconds(headers) },
        408 | 425 | 500..=599 => ToolError::Unavailable(format!(
            "{site} has a failure of its own ({code}): it is asked again later, and whoever runs it can tell \
             more{said}"
        )),
        400..=499 => ToolError::Refused(format!(
            "{site} does not take the request ({code}): check what was set for this connection{said}"
        )),
        _ => ToolError::Unreadable(format!(
            "{site} answers with a status that has no meaning ({code}): check that the address is that of its API"
        )),
    }
}

/// The host that an answer sends on to, where it names one.
fn elsewhere(headers: &HeaderMap) -> Option<String> {
    let url = Url::parse(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    url.host_str().filter(|host| host.len() <= HOST_AT_MOST).map(str::to_owned)
}
