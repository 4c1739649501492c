//! `node` and `nodes`: any row by its global id.

use async_graphql::{Context, ID, Interface, Object};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    alignment_link::AlignmentLink,
    check_in::CheckIn,
    context::{Nullable, fail, loaders, nullable_shared},
    cycle::Cycle,
    finding::Finding,
    id::any_key,
    integration::Integration,
    key_result::KeyResult,
    loaders::ById,
    objective::Objective,
    organization::Organization,
    person::Person,
    project::Project,
    scalars::DateTime,
    task::Task,
    team::Team,
};
use crate::domain::{access::scope::Listed, error::DomainError};

/// A row with a global id.
#[derive(Interface, Debug)]
#[graphql(
    field(name = "id", ty = "ID", desc = "Global id: opaque, stable, and of this type only."),
    field(name = "created_at", ty = "DateTime", desc = "When the row was made.")
)]
pub enum Node {
    /// An organization.
    Organization(Organization),
    /// A person.
    Person(Person),
    /// A team.
    Team(Team),
    /// A cycle.
    Cycle(Cycle),
    /// An objective.
    Objective(Objective),
    /// A key result.
    KeyResult(KeyResult),
    /// A check-in.
    CheckIn(CheckIn),
    /// A project.
    Project(Project),
    /// A task.
    Task(Task),
    /// An alignment link.
    AlignmentLink(AlignmentLink),
    /// An integration.
    Integration(Integration),
    /// A finding.
    Finding(Finding),
}

/// One row by its key, through the batch of its type.
pub async fn by_key<R: Listed, T: From<std::sync::Arc<R>>>(ctx: &Context<'_>, id: Uuid) -> Nullable<T> {
    let loaders = match loaders(ctx) {
        Ok(loaders) => loaders,
        Err(error) => return Some(Err(fail(ctx, &error))),
    };
    nullable_shared(ctx, loaders.load_one(ById::<R>::new(id)).await.map(|row| row.map(T::from)))
}

/// The row that a column refers to, if it refers to any that the viewer sees.
pub async fn referred<R: Listed, T: From<std::sync::Arc<R>>>(
    ctx: &Context<'_>,
    id: Option<Uuid>,
) -> Nullable<T> {
    by_key::<R, T>(ctx, id?).await
}

async fn node(ctx: &Context<'_>, id: &ID) -> Nullable<Node> {
    let Some((kind, key)) = any_key(id) else {
        let error = DomainError::BadInput("this is not a global id".into());
        return Some(Err(fail(ctx, &error)));
    };
    match kind {
        SubjectKind::Organization => by_key(ctx, key).await.map(|row| row.map(Node::Organization)),
        SubjectKind::Person => by_key(ctx, key).await.map(|row| row.map(Node::Person)),
        SubjectKind::Team => by_key(ctx, key).await.map(|row| row.map(Node::Team)),
        SubjectKind::Cycle => by_key(ctx, key).await.map(|row| row.map(Node::Cycle)),
        SubjectKind::Objective => by_key(ctx, key).await.map(|row| row.map(Node::Objective)),
        SubjectKind::KeyResult => by_key(ctx, key).await.map(|row| row.map(Node::KeyResult)),
        SubjectKind::CheckIn => by_key(ctx, key).await.map(|row| row.map(Node::CheckIn)),
        SubjectKind::Project => by_key(ctx, key).await.map(|row| row.map(Node::Project)),
        SubjectKind::Task => by_key(ctx, key).await.map(|row| row.map(Node::Task)),
        SubjectKind::AlignmentLink => by_key(ctx, key).await.map(|row| row.map(Node::AlignmentLink)),
        SubjectKind::Integration => by_key(ctx, key).await.map(|row| row.map(Node::Integration)),
        SubjectKind::Finding => by_key(ctx, key).await.map(|row| row.map(Node::Finding)),
    }
}

/// Look-ups by global id.
#[derive(Debug, Default)]
pub struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The row with a global id; null when it does not exist or may not be seen.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global id of any type.")] id: ID,
    ) -> Nullable<Node> {
        node(ctx, &id).await
    }

    /// The rows with global ids, in the order of the ids, null where one does not exist or may not be
    /// seen.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids of any type, at most 200.")] ids: Vec<ID>,
    ) -> Nullable<Vec<Nullable<Node>>> {
        if ids.len() > 200 {
            let error = DomainError::BadInput("ask for at most 200 ids at once".into());
            return Some(Err(fail(ctx, &error)));
        }
        Some(Ok(futures_util::future::join_all(ids.iter().map(|id| node(ctx, id))).await))
    }
}
