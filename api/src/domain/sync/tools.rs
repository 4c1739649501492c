//! The tools that sync can reach, by provider.

use std::{collections::BTreeMap, sync::Arc};

use entity::Provider;

use super::port::Tool;
use crate::domain::error::{DomainError, Result, UserErrorCode};

/// The tools that sync can reach. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Tools(Arc<BTreeMap<Provider, Arc<dyn Tool>>>);

impl Tools {
    /// These tools; of two of one provider the later.
    #[must_use]
    pub fn new(tools: Vec<Arc<dyn Tool>>) -> Self {
        Self(Arc::new(tools.into_iter().map(|tool| (tool.provider(), tool)).collect()))
    }

    /// The tool of a provider.
    ///
    /// # Errors
    /// `provider` where none of it can be reached.
    pub fn of(&self, provider: Provider) -> Result<Arc<dyn Tool>> {
        self.0.get(&provider).cloned().ok_or_else(|| {
            let message =
                "this tool cannot be connected yet: import a file of it, or push its work by the API";
            DomainError::user("provider", UserErrorCode::Invalid, message)
        })
    }
}
