//! `linkSuggestions`: goals that a piece of work may serve, with reasons.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, Enum, ID, Object, SimpleObject, dataloader::Loader};
use entity::SubjectKind;
use uuid::Uuid;

use super::{
    context::{Nullable, fail, fail_shared, loaders},
    error::SharedError,
    id::{NodeKind, id_of, key_of},
    input::number,
    link_end::LinkTarget,
    list::List,
    loaders::Loaders,
    node::by_key,
};
use crate::domain::{
    error::{DomainError, Result},
    link_target::{LinkGoal, LinkSource},
    suggestion::{self as domain, MOST, USUAL},
};

/// What kind of sign speaks for a goal.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::Signal")]
pub enum LinkSuggestionSignal {
    /// Work and goal say the same words.
    Text,
    /// Their teams are one, or one lies above the other.
    Team,
    /// What stands around the work in its tool serves the goal, or says the same words: its epic, that epic's other parts, its project's
    /// other tasks, its own parts.
    Epic,
    /// Similar work serves the goal: of the same label, person, template or team.
    History,
}

/// What a reason rests on.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "domain::Basis")]
pub enum LinkSuggestionBasis {
    /// TEXT: the words of work and goal.
    Words,
    /// TEAM: one team has both.
    SameTeam,
    /// TEAM: the goal's team lies above the work's.
    TeamAbove,
    /// TEAM: the goal's team lies below the work's.
    TeamBelow,
    /// EPIC: the task that it is part of, directly or over others.
    Parent,
    /// EPIC: other parts of the same task.
    Siblings,
    /// EPIC: its own parts; of a project its tasks.
    Parts,
    /// EPIC: other tasks of a project that it stands in.
    Project,
    /// EPIC: the words of what the task is part of.
    Around,
    /// HISTORY: tasks with the same label.
    Label,
    /// HISTORY: other tasks of its assignee.
    Assignee,
    /// HISTORY: other projects of its owner.
    Owner,
    /// HISTORY: other projects from its template.
    Template,
    /// HISTORY: other projects of its team.
    TeamProjects,
}

/// Why a goal is suggested.
#[derive(Clone, Debug)]
pub struct LinkSuggestionReason(domain::Reason);

/// Why a goal is suggested.
#[Object]
impl LinkSuggestionReason {
    /// What kind of sign it is.
    async fn kind(&self) -> LinkSuggestionSignal {
        self.0.signal.into()
    }

    /// What it rests on.
    async fn basis(&self) -> LinkSuggestionBasis {
        self.0.basis.into()
    }

    /// How strong it is by itself, above 0, at most 1.
    async fn score(&self) -> f64 {
        self.0.strength
    }

    /// Its part of the suggestion's score, 0–1; those of all reasons add up to 1.
    async fn share(&self) -> f64 {
        self.0.share
    }

    /// The words of the work, or for AROUND of what it is part of, that the goal says too, in lower case, the
    /// telling ones first, at most 8; where only the beginning of a word is the same, the work's word. Empty but
    /// for WORDS and AROUND.
    async fn words(&self) -> &[String] {
        &self.0.words
    }

    /// The label that similar tasks have; null but for LABEL.
    async fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// Links of that other work to this goal, as far as the viewer sees the link; null where the reason is no
    /// count.
    async fn count(&self) -> Option<i32> {
        self.0.count.map(number)
    }

    /// All links of that other work to goals that may be suggested, as far as the viewer sees the link; null where
    /// the reason is no count.
    async fn of(&self) -> Option<i32> {
        self.0.of.map(number)
    }
}

/// What `alignmentLinkCreate` takes to make a suggested link: hand it over as it is.
#[derive(SimpleObject, Debug, Clone)]
pub struct SuggestedLink {
    /// The work, when a project.
    pub project_id: Option<ID>,
    /// The work, when a task.
    pub task_id: Option<ID>,
    /// The goal, when an objective.
    pub objective_id: Option<ID>,
    /// The goal, when a key result.
    pub key_result_id: Option<ID>,
}

/// A goal that a piece of work may serve. Nothing is linked until a person does so.
#[derive(Clone, Debug)]
pub struct LinkSuggestion(domain::LinkSuggestion);

/// A goal that a piece of work may serve. Nothing is linked until a person does so.
#[Object]
impl LinkSuggestion {
    /// The goal: a key result, or an objective. An objective is suggested for projects under OBJECTIVE_TO_PROJECT,
    /// and under ANY where its progress comes from its own links. Null when it is gone from the viewer's sight
    /// meanwhile.
    async fn goal(&self, ctx: &Context<'_>) -> Nullable<LinkTarget> {
        match self.0.goal {
            LinkGoal::KeyResult(id) => by_key(ctx, id).await.map(|row| row.map(LinkTarget::KeyResult)),
            LinkGoal::Objective(id) => by_key(ctx, id).await.map(|row| row.map(LinkTarget::Objective)),
        }
    }

    /// How likely it is, above 0 and below 1: 1 less the product of what each reason leaves of doubt.
    async fn score(&self) -> f64 {
        self.0.score
    }

    /// Why, the weightiest reason first; at least one.
    async fn reasons(&self) -> List<LinkSuggestionReason> {
        List(self.0.reasons.iter().cloned().map(LinkSuggestionReason).collect())
    }

    /// The input of `alignmentLinkCreate` that makes the link.
    async fn input(&self) -> SuggestedLink {
        let mut input =
            SuggestedLink { project_id: None, task_id: None, objective_id: None, key_result_id: None };
        match self.0.work {
            LinkSource::Project(id) => input.project_id = Some(id_of(SubjectKind::Project, id)),
            LinkSource::Task(id) => input.task_id = Some(id_of(SubjectKind::Task, id)),
        }
        match self.0.goal {
            LinkGoal::Objective(id) => input.objective_id = Some(id_of(SubjectKind::Objective, id)),
            LinkGoal::KeyResult(id) => input.key_result_id = Some(id_of(SubjectKind::KeyResult, id)),
        }
        input
    }
}

/// The goals that a piece of work may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SuggestionsOf(pub LinkSource);

impl Loader<SuggestionsOf> for Loaders {
    type Value = Arc<Vec<domain::LinkSuggestion>>;
    type Error = SharedError;

    async fn load(
        &self,
        keys: &[SuggestionsOf],
    ) -> std::result::Result<HashMap<SuggestionsOf, Self::Value>, SharedError> {
        let works: Vec<LinkSource> = keys.iter().map(|key| key.0).collect();
        let suggested = self.scope().link_suggestions(&works).await?;
        Ok(suggested.into_iter().map(|(work, goals)| (SuggestionsOf(work), Arc::new(goals))).collect())
    }
}

fn asked(first: Option<i32>) -> Result<usize> {
    let asked = first.map_or(Some(USUAL), |first| usize::try_from(first).ok());
    asked
        .filter(|asked| *asked <= MOST)
        .ok_or_else(|| DomainError::BadInput(format!("first lies between 0 and {MOST}")))
}

async fn suggested(
    ctx: &Context<'_>,
    work: LinkSource,
    first: Option<i32>,
) -> async_graphql::Result<Option<List<LinkSuggestion>>> {
    let first = asked(first).map_err(|error| fail(ctx, &error))?;
    let loaders = loaders(ctx).map_err(|error| fail(ctx, &error))?;
    let found = loaders.load_one(SuggestionsOf(work)).await.map_err(|error| fail_shared(ctx, &error))?;
    Ok(found.map(|found| List(found.iter().take(first).cloned().map(LinkSuggestion).collect())))
}

/// The goals that a piece of work may serve; empty for what is archived.
pub async fn link_suggestions(
    ctx: &Context<'_>,
    work: LinkSource,
    first: Option<i32>,
) -> async_graphql::Result<List<LinkSuggestion>> {
    Ok(suggested(ctx, work, first).await?.unwrap_or(List(Vec::new())))
}

/// Suggested links.
#[derive(Debug, Default)]
pub struct LinkSuggestionQuery;

#[Object]
impl LinkSuggestionQuery {
    /// Goals that a piece of work may serve, the likeliest first: open ones that the viewer sees, that fit the
    /// connection model of the work's team, and that it is neither linked to (by its projects: as far as the viewer
    /// sees the link) nor was taken away from by a person.
    /// Nothing is linked by this. Looked at are the newest 20,000 open objectives, and as many key results. Empty
    /// for work that the model leaves out: tasks under KEY_RESULT_TO_PROJECT, projects under TASK_TO_KEY_RESULT.
    /// Give one of taskId and projectId. Null when the work does not exist, is archived, or may not be seen.
    async fn link_suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The work, when a task.")] task_id: Option<ID>,
        #[graphql(desc = "The work, when a project.")] project_id: Option<ID>,
        #[graphql(desc = "How many: 0 to 20, 5 when left out.")] first: Option<i32>,
    ) -> Nullable<List<LinkSuggestion>> {
        let key = |id: &ID, kind| -> Result<Uuid> { key_of(id, NodeKind::Subject(kind)) };
        let work = match (&task_id, &project_id) {
            (Some(task), None) => key(task, SubjectKind::Task).map(LinkSource::Task),
            (None, Some(project)) => key(project, SubjectKind::Project).map(LinkSource::Project),
            (Some(_), Some(_)) | (None, None) => {
                Err(DomainError::BadInput("give either taskId or projectId".into()))
            }
        };
        match work {
            Ok(work) => suggested(ctx, work, first).await.transpose(),
            Err(error) => Some(Err(fail(ctx, &error))),
        }
    }
}
