//! Links by pasted addresses: input and mutation.

use async_graphql::{Context, ID, InputObject, Object};
use entity::SubjectKind;

use super::{
    context::Nullable,
    enums::Significance,
    link_change::{WorkLinkUrlPayload, either, goal_of},
    mutation::run,
};
use crate::domain::{link_target::LinkSource, work_link_url::LinkUrl};

/// Input of `workLinkUrl`: `url` and one other end, which is otherUrl or one of the four ids.
#[derive(InputObject, Debug)]
pub struct WorkLinkUrlInput {
    /// A page of work in its tool (a Trello card or board, a Jira issue or project, or any address that a
    /// tool told as an item's page), or a page of Throughline: `…/g/KR-12`, or one whose address holds the id
    /// of a goal, project or task. The case of the host, a closing slash and a short link make no difference,
    /// nor does the query, but where it names an issue or is a part of what the tool told. Of a Jira whose
    /// address no import told, only pages below browse or projects and those whose query names an issue are
    /// known. At most 2,048 bytes.
    pub url: String,
    /// A page of the other end: of a goal when url leads to work, of work when it leads to a goal.
    pub other_url: Option<String>,
    /// The work, when a project and url leads to a goal.
    pub project_id: Option<ID>,
    /// The work, when a task and url leads to a goal.
    pub task_id: Option<ID>,
    /// The goal, when an objective and url leads to work.
    pub objective_id: Option<ID>,
    /// The goal, when a key result and url leads to work.
    pub key_result_id: Option<ID>,
    /// Whether the work counts for progress. When left out, a new link has CONTRIBUTES and one that is
    /// there stays as it is.
    pub significance: Option<Significance>,
    /// Share in the goal's work progress, 0 or more. When left out, a new link has 1 and one that is there
    /// stays as it is; any other needs the right on the goal and is else refused with `FORBIDDEN`.
    pub weight: Option<f64>,
}

/// Links by pasted addresses.
#[derive(Debug, Default)]
pub struct WorkLinkUrlMutation;

#[Object]
impl WorkLinkUrlMutation {
    /// Ties the work behind a pasted address to a goal, or other work to the goal behind it, with the right on
    /// the work; the link is confirmed at once. Everything else is as for `alignmentLinkCreate`; running it
    /// again changes nothing. What is not found is told with what was looked for.
    async fn work_link_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The address, and the other end.")] input: WorkLinkUrlInput,
    ) -> Nullable<WorkLinkUrlPayload> {
        run(ctx, |keys| {
            let source = if input.project_id.is_some() || input.task_id.is_some() {
                let (kind, id) = either(
                    keys,
                    (input.project_id.as_ref(), SubjectKind::Project, "projectId"),
                    (input.task_id.as_ref(), SubjectKind::Task, "taskId"),
                )?;
                Some(if kind == SubjectKind::Project {
                    LinkSource::Project(id)
                } else {
                    LinkSource::Task(id)
                })
            } else {
                None
            };
            let goal = if input.objective_id.is_some() || input.key_result_id.is_some() {
                Some(goal_of(keys, input.objective_id.as_ref(), input.key_result_id.as_ref())?)
            } else {
                None
            };
            Ok(LinkUrl {
                url: input.url,
                other_url: input.other_url,
                source,
                goal,
                significance: input.significance.map(Into::into),
                weight: input.weight,
            })
        })
        .await
    }
}
