//! How a mutation runs: read the ids, run the command, tell apart who can mend what went wrong.

use async_graphql::Context;

use super::{
    context::{Nullable, fail, scope},
    error::UserError,
    input::InputKeys,
};
use crate::domain::{
    error::{DomainError, Result},
    write::Command,
};

/// What a command gave: its output, or what a person can mend.
#[derive(Debug)]
pub enum Outcome<T> {
    /// It was written.
    Done(T),
    /// Nothing was written.
    Refused(Vec<UserError>),
}

impl<T> Outcome<T> {
    /// The output and the errors, for a payload.
    #[must_use]
    pub fn into_parts(self) -> (Option<T>, Vec<UserError>) {
        match self {
            Self::Done(output) => (Some(output), Vec::new()),
            Self::Refused(errors) => (None, errors),
        }
    }
}

/// Runs a command for the viewer. The root field is nullable: one refusal never hides what its siblings
/// committed.
pub async fn run<C, P>(ctx: &Context<'_>, command: impl FnOnce(&mut InputKeys) -> Result<C>) -> Nullable<P>
where
    C: Command,
    P: From<Outcome<C::Output>>,
{
    answer(ctx, execute(ctx, command).await)
}

async fn execute<C: Command>(
    ctx: &Context<'_>,
    command: impl FnOnce(&mut InputKeys) -> Result<C>,
) -> Result<C::Output> {
    let scope = scope(ctx)?;
    let mut keys = InputKeys::default();
    let command = command(&mut keys)?;
    keys.end()?;
    scope.run(&command).await
}

/// Makes a payload of what a command or a gate gave.
pub fn answer<T, P: From<Outcome<T>>>(ctx: &Context<'_>, result: Result<T>) -> Nullable<P> {
    match result {
        Ok(output) => Some(Ok(P::from(Outcome::Done(output)))),
        Err(DomainError::User(errors)) => {
            let errors = errors.into_iter().map(UserError::from).collect();
            Some(Ok(P::from(Outcome::Refused(errors))))
        }
        Err(error) => Some(Err(fail(ctx, &error))),
    }
}
