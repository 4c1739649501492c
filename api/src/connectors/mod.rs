//! What speaks to the tools: it turns a provider's shapes into what `domain::sync` merges.
//!
//! Nothing here knows the database, the clock or the API. This step reads files; a file and the live
//! API of a tool give the same items, so that both end in the same rows.

mod date;
mod error;
mod history;
mod item;
mod jira;
mod json;
mod outbound;
mod signature;
mod status_name;
mod tally;
mod trello;

use entity::Provider;

use crate::domain::sync::external::ExternalBatch;

pub use error::{Position, ReadError};
pub use jira::Jira;
pub use outbound::{Address, Outbound, OutboundError, Reply, Request};
pub use trello::Trello;

/// The providers whose files can be read.
pub const FILE_PROVIDERS: [Provider; 2] = [Provider::Trello, Provider::Jira];

/// Reads a file that was exported from a tool: a Trello board export, or the answer of a Jira search
/// (REST version 2 or 3).
///
/// # Errors
/// When the provider has no file form, when the file is broken or cut short, or when it is whole but
/// is not what the provider exports. Nothing is half read: either the whole batch is given or none of it.
pub fn read_file(provider: Provider, bytes: &[u8]) -> Result<ExternalBatch, ReadError> {
    let read = match provider {
        Provider::Trello => trello::read_board,
        Provider::Jira => jira::read_search,
        Provider::Asana | Provider::Monday | Provider::Notion => {
            return Err(ReadError::NoFileForm { provider: error::provider_name(provider) });
        }
    };
    read(&json::Document::new(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_without_a_file_form_names_those_that_have_one() {
        let error = read_file(Provider::Notion, b"{}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "Notion cannot be read from a file; a Trello board export and a Jira search answer can"
        );
    }

    #[test]
    fn a_file_of_the_other_provider_is_recognized() {
        let board = br#"{"id": "5ca3d99a0378a65090e676ca", "lists": [], "cards": []}"#;
        let error = read_file(Provider::Jira, board).unwrap_err();
        assert_eq!(
            error.to_string(),
            "this is not the answer of a Jira search (an object with `issues`): \
             it looks like a Trello board export"
        );
        let search = br#"{"issues": []}"#;
        let error = read_file(Provider::Trello, search).unwrap_err();
        assert!(error.to_string().ends_with("it looks like the answer of a Jira search"), "{error}");
    }

    #[test]
    fn damaged_files_are_refused_or_read_but_never_fatal() {
        let good = [
            (
                Provider::Trello,
                r#"{"id":"b","name":"B","lists":[{"id":"l","name":"Done"}],"cards":[{"id":"5cb8b13948928014b575a571","name":"c","idList":"l","due":"2026-01-01T00:00:00Z","dueComplete":true,"labels":[{"name":"x"}],"start":null}],"actions":[{"type":"updateCard","date":"2019-05-01T00:00:00Z","data":{"card":{"id":"5cb8b13948928014b575a571"},"listBefore":{"id":"k"},"listAfter":{"id":"l"}}}]}"#,
            ),
            (
                Provider::Jira,
                r#"{"total":1,"names":{"customfield_1":"Story Points"},"issues":[{"id":"1","key":"A-1","self":"https://a.test/rest/api/2/issue/1","fields":{"summary":"s","project":{"id":"1","key":"A"},"status":{"name":"Done"},"customfield_1":3,"description":{"type":"doc","content":[{"type":"text","text":"x"}]},"worklog":{"worklogs":[{"id":"1","started":"2026-01-01T00:00:00.000+0000","timeSpentSeconds":5}]}},"changelog":{"histories":[{"created":"2026-01-01T00:00:00.000+0000","items":[{"field":"status","toString":"Done"}]}]}}]}"#,
            ),
        ];
        let damage: [&[u8]; 9] =
            [b"", b"0", b"-", b"\"", b"null", b"[", b"{}", b"\\u0000", b"99999999999999999999999e99"];
        let (mut read, mut refused) = (0, 0);
        for (provider, text) in good {
            assert!(read_file(provider, text.as_bytes()).is_ok());
            for at in (0..text.len()).step_by(3) {
                for (patch, length) in damage.iter().flat_map(|patch| [(patch, 0), (patch, 1), (patch, 5)]) {
                    let mut bytes = text.as_bytes()[..at].to_vec();
                    bytes.extend_from_slice(patch);
                    bytes.extend_from_slice(text.as_bytes().get(at + length..).unwrap_or_default());
                    match read_file(provider, &bytes) {
                        Ok(_) => read += 1,
                        Err(error) => {
                            assert!(!error.to_string().is_empty());
                            refused += 1;
                        }
                    }
                }
            }
        }
        assert!(read > 1_000 && refused > 1_000, "{read} read, {refused} refused");
    }

    #[test]
    fn no_cut_of_a_good_file_is_read() {
        let board = r#"{"id":"5ca3d99a0378a65090e676ca","name":"Böard","lists":[],
            "cards":[{"id":"5cb8b13948928014b575a571","name":"✅ card","idList":"1"}]}"#;
        assert!(read_file(Provider::Trello, board.as_bytes()).is_ok());
        for cut in 0..board.len() {
            let error = read_file(Provider::Trello, &board.as_bytes()[..cut]).unwrap_err();
            let ReadError::Truncated { at } = error else { panic!("cut {cut}: {error}") };
            assert!(at.offset <= cut, "cut {cut}: {at}");
        }
    }
}
