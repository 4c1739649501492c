//! What a connection to Jira is told beside its credential.

use serde_json::{Map, Value as Json};

use super::jql;
use crate::domain::sync::port::ToolError;

/// Who runs that Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deployment {
    /// Atlassian: version 3, pages by a token.
    Cloud,
    /// Its owner: version 2, pages by the number of their first issue.
    DataCenter,
}

impl Deployment {
    /// The version of the API that is spoken.
    pub(super) const fn version(self) -> &'static str {
        match self {
            Self::Cloud => "3",
            Self::DataCenter => "2",
        }
    }

    /// Issues of an answer at most where nothing but their ids is asked for.
    pub(super) const fn ids_at_most(self) -> u32 {
        match self {
            Self::Cloud => 5_000,
            Self::DataCenter => 1_000,
        }
    }
}

/// The options of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// `deployment`.
    pub(super) deployment: Deployment,
    /// `jql`, in parentheses, without an order.
    pub(super) scope: Option<String>,
}

impl Options {
    /// Reads them; what is null is as if it were left out.
    ///
    /// # Errors
    /// [`ToolError::Refused`] for a value that there is not.
    pub(super) fn read(options: &Map<String, Json>) -> Result<Self, ToolError> {
        let text = |name: &str| match options.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str())),
            Some(Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_)) => {
                Err(ToolError::Refused(format!("the option {name} is a text")))
            }
        };
        let deployment = match text("deployment")? {
            None | Some("CLOUD") => Deployment::Cloud,
            Some("DATA_CENTER") => Deployment::DataCenter,
            Some(_) => {
                let message = "the option deployment is CLOUD or DATA_CENTER";
                return Err(ToolError::Refused(message.to_owned()));
            }
        };
        let scope = text("jql")?.map(jql::scope).transpose()?.flatten();
        Ok(Self { deployment, scope })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(options: &Json) -> Result<Options, ToolError> {
        Options::read(options.as_object().unwrap())
    }

    #[test]
    fn options_have_usual_values() {
        let usual = Options { deployment: Deployment::Cloud, scope: None };
        for told in [
            json!({}),
            json!({"deployment": null, "jql": null}),
            json!({"deployment": "CLOUD", "jql": "  ", "minutes": 5}),
            json!({"jql": "ORDER BY created DESC"}),
        ] {
            assert_eq!(read(&told).as_ref(), Ok(&usual), "{told}");
        }
        let told = read(&json!({"deployment": "DATA_CENTER", "jql": "labels = okr"})).unwrap();
        assert_eq!(told.deployment, Deployment::DataCenter);
        assert_eq!(told.scope.as_deref(), Some("(labels = okr)"));
    }

    #[test]
    fn a_value_that_there_is_not_is_refused() {
        for told in [
            json!({"deployment": "SERVER"}),
            json!({"deployment": 2}),
            json!({"jql": ["a"]}),
            json!({"jql": "("}),
        ] {
            assert!(matches!(read(&told), Err(ToolError::Refused(_))), "{told}");
        }
    }
}
