//! Unresolved tokens, and what they may mean.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object, dataloader::Loader};

use super::{
    context::{Nullable, fail, fail_shared, loaders},
    enums::{ReferenceField, SuggestionReason, UnresolvedReason},
    error::SharedError,
    filter::{column, filter, sort},
    id::part_id,
    link_end::LinkTarget,
    list::List,
    loaders::Loaders,
    node::referred,
    page::{connection, object},
    person::Person,
    project::{Project, ProjectFilter},
    scalars::DateTime,
    task::{Task, TaskFilter},
};
use crate::domain::{
    token_suggestion::{Asked, Suggestion},
    unresolved_token::UnresolvedTokenRow,
};

/// A goal that an unresolved reference may mean.
#[derive(Clone, Debug)]
pub struct GoalSuggestion(Suggestion);

/// A goal that an unresolved reference may mean.
#[Object]
impl GoalSuggestion {
    /// The goal's code, `KR-12`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The goal: an objective or a key result; null when it is gone from the viewer's sight meanwhile.
    async fn goal(&self, ctx: &Context<'_>) -> Nullable<LinkTarget> {
        let goal = Some(self.0.goal);
        if self.0.is_key_result {
            referred(ctx, goal).await.map(|row| row.map(LinkTarget::KeyResult))
        } else {
            referred(ctx, goal).await.map(|row| row.map(LinkTarget::Objective))
        }
    }

    /// Why it is suggested.
    async fn reason(&self) -> SuggestionReason {
        self.0.reason.into()
    }
}

/// The suggestions for a code, by why it leads to no link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SuggestionsFor(Asked);

impl Loader<SuggestionsFor> for Loaders {
    type Value = Vec<Suggestion>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[SuggestionsFor],
    ) -> Result<HashMap<SuggestionsFor, Vec<Suggestion>>, SharedError> {
        let asked: Vec<Asked> = keys.iter().map(|key| key.0.clone()).collect();
        let found = self.scope().token_suggestions(&asked).await?;
        Ok(found.into_iter().map(|(asked, suggested)| (SuggestionsFor(asked), suggested)).collect())
    }
}

async fn suggestions(
    ctx: &Context<'_>,
    token: &UnresolvedTokenRow,
) -> async_graphql::Result<List<GoalSuggestion>> {
    if token.resolved_at.is_some() {
        return Ok(List(Vec::new()));
    }
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let key = SuggestionsFor((token.code.clone(), token.reason));
    let found = loaders.load_one(key).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(List(found.unwrap_or_default().into_iter().map(GoalSuggestion).collect()))
}

object! {
    /// A reference to a goal that leads to no link: no goal has the code, or the connection model refuses it.
    UnresolvedToken over UnresolvedTokenRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("tok", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// The code as read, `KR-99`.
        async fn code(&self) -> &str {
            &self.0.code
        }

        /// Where it stood.
        async fn field(&self) -> ReferenceField {
            self.0.field.into()
        }

        /// The reference as it was written.
        async fn text(&self) -> &str {
            &self.0.text
        }

        /// Place of its first character in that field.
        async fn position(&self) -> i32 {
            self.0.position
        }

        /// Why it leads to no link, when it was last read.
        async fn reason(&self) -> UnresolvedReason {
            self.0.reason.into()
        }

        /// When it was matched, or was no longer there; null while it waits.
        async fn resolved_at(&self) -> Option<DateTime> {
            self.0.resolved_at.map(DateTime::from)
        }

        /// When a person said that it is not to be matched; null when nobody did.
        async fn dismissed_at(&self) -> Option<DateTime> {
            self.0.dismissed_at.map(DateTime::from)
        }

        /// Goals that may be meant, the likeliest first, at most 5; only those that the viewer sees, open ones
        /// before those that are over. Empty when it waits no more, or no goal is near.
        async fn suggestions(
            &self,
            ctx: &Context<'_>,
        ) -> async_graphql::Result<List<GoalSuggestion>> {
            suggestions(ctx, &self.0).await
        }
    }
    one {
        /// Who said which goal is meant; null when nobody did.
        resolved_by: Person = resolved_by_id;
        /// Who said that it is not to be matched; null when nobody did.
        dismissed_by: Person = dismissed_by_id;
        /// Where it stood, when in a project.
        project: Project = project_id;
        /// Where it stood, when in a task.
        task: Task = task_id;
    }
    edges {
    }
}

connection!(
    UnresolvedTokenConnection,
    UnresolvedTokenEdge,
    UnresolvedToken,
    UnresolvedTokenRow,
    "unresolved tokens"
);

filter! {
    UnresolvedTokenFilter, UnresolvedTokensFilter on UnresolvedToken, "unresolved tokens" {
        /// By code.
        code: KeyComparator = column("code");
        /// By where it stood.
        field: ReferenceFieldComparator = column("field");
        /// By why it leads to no link.
        reason: UnresolvedReasonComparator = column("reason");
        /// By whether a person said that it is not to be matched.
        dismissed: PresenceComparator = column("dismissed_at");
        /// By whether it was matched since, or is gone.
        resolved: PresenceComparator = column("resolved_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
        /// By project.
        project: ProjectFilter = "project_id" => Project;
        /// By task.
        task: TaskFilter = "task_id" => Task;
    }
    many {
    }
}

sort! {
    UnresolvedTokenSort, UnresolvedTokenSortField on UnresolvedToken, "unresolved tokens" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
    }
}
