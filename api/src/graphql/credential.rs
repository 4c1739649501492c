//! Passwords: set by a code, changed by their owner, reset by an admin.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, client, fail, installation, scope},
    error::UserError,
    mutation::{Outcome, answer, run},
    person::Person,
    secretive::secretive,
};
use crate::domain::{access::secret::Secret, credential::ResetPassword, error::Result, person::PersonRow};

/// Input of `passwordSet`.
#[derive(InputObject)]
pub struct PasswordSetInput {
    /// The code of an invitation or a reset.
    pub set_up_code: String,
    /// The new password: at least 10 characters, at most 256 bytes, not the e-mail address.
    pub password: String,
}

/// Input of `passwordChange`.
#[derive(InputObject)]
pub struct PasswordChangeInput {
    /// The password that holds now.
    pub current_password: String,
    /// The new password: at least 10 characters, at most 256 bytes, not the e-mail address.
    pub new_password: String,
}

/// Input of `passwordReset`.
#[derive(InputObject, Debug)]
pub struct PasswordResetInput {
    /// The person.
    pub id: ID,
}

secretive!(PasswordSetInput, PasswordChangeInput, PasswordResetPayload);

/// Declares a payload that says only whether it was done.
macro_rules! done {
    ($($name:ident over $output:ty, of $mutation:literal;)*) => { $(
        #[doc = concat!("Answer of `", $mutation, "`.")]
        #[derive(SimpleObject, Debug)]
        pub struct $name {
            /// Whether the new password holds.
            pub success: bool,
            /// What a person can mend in the input; empty when it succeeded.
            pub user_errors: Vec<UserError>,
        }

        impl From<Outcome<$output>> for $name {
            fn from(outcome: Outcome<$output>) -> Self {
                let (done, user_errors) = outcome.into_parts();
                Self { success: done.is_some(), user_errors }
            }
        }
    )* };
}

done! {
    PasswordSetPayload over uuid::Uuid, of "passwordSet";
    PasswordChangePayload over (), of "passwordChange";
}

/// Answer of `passwordReset`.
#[derive(SimpleObject)]
pub struct PasswordResetPayload {
    /// The person; null when nothing was written.
    pub person: Option<Person>,
    /// Code with which the person sets a new password, told only now; null when nothing was written.
    pub set_up_code: Option<String>,
    /// What a person can mend in the input; empty when it was written.
    pub user_errors: Vec<UserError>,
}

impl From<Outcome<(PersonRow, Secret)>> for PasswordResetPayload {
    fn from(outcome: Outcome<(PersonRow, Secret)>) -> Self {
        let (done, user_errors) = outcome.into_parts();
        let (row, code) = done.unzip();
        Self {
            person: row.map(|row| Person(Arc::new(row))),
            set_up_code: code.map(|code| code.expose().to_owned()),
            user_errors,
        }
    }
}

async fn set(ctx: &Context<'_>, input: PasswordSetInput) -> Result<uuid::Uuid> {
    installation(ctx)?.set_password(&input.set_up_code.into(), &input.password.into()).await
}

async fn change(ctx: &Context<'_>, input: PasswordChangeInput) -> Result<()> {
    let (current, new) = (input.current_password.into(), input.new_password.into());
    installation(ctx)?.change_password(scope(ctx)?, &current, &new, client(ctx)).await
}

/// Changes of passwords.
#[derive(Debug, Default)]
pub struct PasswordMutation;

#[Object]
impl PasswordMutation {
    /// Sets a password by the code of an invitation or a reset, which is then used up. Needs no token.
    async fn password_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code and the new password.")] input: PasswordSetInput,
    ) -> Nullable<PasswordSetPayload> {
        answer(ctx, set(ctx, input).await)
    }

    /// Changes the viewer's own password and ends their other sessions. Guesses at the current one count as
    /// failed sign-ins do.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The current and the new password.")] input: PasswordChangeInput,
    ) -> Nullable<PasswordChangePayload> {
        answer(ctx, change(ctx, input).await)
    }

    /// Takes a person's password away, ends their sessions and gives a code for a new one. For admins.
    async fn password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: PasswordResetInput,
    ) -> Nullable<PasswordResetPayload> {
        let code_seconds = match installation(ctx) {
            Ok(installation) => installation.rules().set_up_code_seconds,
            Err(error) => return Some(Err(fail(ctx, &error))),
        };
        run(ctx, |keys| {
            Ok(ResetPassword { person: keys.target(&input.id, SubjectKind::Person)?, code_seconds })
        })
        .await
    }
}
