//! What a command did all the same and a person should know: it lies outside the rules of the organization.

use entity::TokenScope;

use super::{
    error::Result,
    write::{Command, Write},
};

/// Runs a command and tells what it warned of.
#[derive(Clone, Debug)]
pub struct Warned<C>(pub C);

/// What a command gave, with what to warn of.
#[derive(Clone, Debug)]
pub struct WithWarnings<T> {
    /// What it gave.
    pub output: T,
    /// Sentences for the person who asked.
    pub warnings: Vec<String>,
}

impl<C: Command> Command for Warned<C> {
    type Output = WithWarnings<C::Output>;

    const TOKEN_SCOPE: Option<TokenScope> = C::TOKEN_SCOPE;

    async fn run(&self, write: &mut Write) -> Result<Self::Output> {
        let output = self.0.run(write).await?;
        Ok(WithWarnings { output, warnings: std::mem::take(&mut write.warnings) })
    }
}
