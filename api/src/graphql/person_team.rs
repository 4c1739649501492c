//! The home team of a person.

use async_graphql::Context;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, loaders, nullable_shared},
    loaders::HomeTeam,
    node::referred,
    team::Team,
};

/// The home team of a person.
pub async fn home_team(ctx: &Context<'_>, person: Uuid) -> Nullable<Team> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    match nullable_shared(ctx, loaders.load_one(HomeTeam(person)).await)? {
        Ok(team) => referred(ctx, Some(team)).await,
        Err(error) => Some(Err(error)),
    }
}
