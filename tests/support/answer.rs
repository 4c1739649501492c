//! What came back from the server, and questions to it.

use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use serde_json::Value;

/// An answer over HTTP. Its methods panic where the answer is not of the form they ask for, and show it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came, for tests of the order of keys.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Value,
}

/// What a person can mend, as a payload's `userErrors` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserError {
    /// Path of the input field, outermost first; none where no single field is to blame.
    pub field: Option<Vec<String>>,
    /// The machine's word.
    pub code: String,
    /// The person's words.
    #[serde(default)]
    pub message: String,
}

impl Answer {
    /// Reads an answer to its end.
    pub async fn read(response: reqwest::Response) -> Self {
        let status = response.status();
        let headers = response.headers().clone();
        let text = response.text().await.expect("the whole body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    /// The `data` of an answer without errors.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(
            self.errors().is_empty() && !self.body["data"].is_null(),
            "data without errors was expected, but {} {}",
            self.status,
            self.text
        );
        &self.body["data"]
    }

    /// What stands at a path in `data`, such as `objectives.nodes.0.title`, errors elsewhere or not.
    /// Panics if there is nothing; null is something.
    #[track_caller]
    #[must_use]
    pub fn at(&self, path: &str) -> &Value {
        let pointer = format!("/data/{}", path.replace('.', "/"));
        self.body.pointer(&pointer).unwrap_or_else(|| panic!("nothing at `{path}` in {}", self.text))
    }

    /// The top-level errors; none if there is no such entry.
    #[must_use]
    pub fn errors(&self) -> &[Value] {
        self.body["errors"].as_array().map_or(&[], Vec::as_slice)
    }

    /// `extensions.code` of the only top-level error. Panics if there are none or several.
    #[track_caller]
    #[must_use]
    pub fn error_code(&self) -> &str {
        match self.errors() {
            [error] => error["extensions"]["code"]
                .as_str()
                .unwrap_or_else(|| panic!("an error without a code: {}", self.text)),
            _ => panic!("exactly one error was expected, but {} {}", self.status, self.text),
        }
    }

    /// The `userErrors` of the payload at a path in `data`, such as `objectiveCreate`.
    #[track_caller]
    #[must_use]
    pub fn user_errors(&self, path: &str) -> Vec<UserError> {
        let errors = self.at(&format!("{path}.userErrors"));
        serde_json::from_value(errors.clone()).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}
