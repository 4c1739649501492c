//! Acknowledgements.

use async_graphql::{Context, ID};

use super::{
    context::scope,
    enums::{EndReason, EvaluationVerdict, WorkClass},
    filter::{column, filter, key, sort},
    id::{NodeKind, part_id},
    input::number,
    objective::Objective,
    page::{connection, object},
    person::{Person, PersonFilter},
    project::{Project, ProjectFilter},
    scalars::DateTime,
    task::{Task, TaskFilter},
};
use crate::domain::acknowledgement::AcknowledgementRow;

/// Ids of acknowledgements.
pub const ACKNOWLEDGEMENT: NodeKind = NodeKind::Part("ack");

object! {
    /// A person's word that a piece of work rightly serves no goal.
    Acknowledgement over AcknowledgementRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("ack", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When it was last changed; computed numbers do not count.
        async fn updated_at(&self) -> DateTime {
            self.0.updated_at.into()
        }

        /// Counts changes, from 1; for `expectedVersion`.
        async fn version(&self) -> i32 {
            number(self.0.version)
        }

        /// Kind of work.
        async fn work_class(&self) -> WorkClass {
            self.0.work_class.into()
        }

        /// Why it is done.
        async fn reason(&self) -> &str {
            &self.0.reason
        }

        /// When it ends; null for no end.
        async fn until_at(&self) -> Option<DateTime> {
            self.0.until_at.map(DateTime::from)
        }

        /// When it was taken back; null when it was not.
        async fn revoked_at(&self) -> Option<DateTime> {
            self.0.revoked_at.map(DateTime::from)
        }

        /// When it stopped holding: taken back, replaced, or past its end; null while it holds.
        async fn ended_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
            let now = scope(ctx).ok()?.clock().now();
            self.0.end_at(now).map(|(at, _)| at.into())
        }

        /// Why it holds no more; null while it holds.
        async fn end_reason(&self, ctx: &Context<'_>) -> Option<EndReason> {
            let now = scope(ctx).ok()?.clock().now();
            self.0.end_at(now).map(|(_, reason)| reason.into())
        }

        /// When an opportunity that was not evaluated must be: `evaluationDays` after it was acknowledged; null
        /// for other classes and once it was evaluated.
        async fn evaluation_due_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
            let days = scope(ctx).ok()?.viewer().settings.evaluation_days;
            self.0.evaluation_due_at(days).map(DateTime::from)
        }

        /// What the evaluation of an opportunity decided; null until then.
        async fn evaluation_verdict(&self) -> Option<EvaluationVerdict> {
            self.0.evaluation_verdict.map(Into::into)
        }

        /// Note of the evaluation.
        async fn evaluation_note(&self) -> Option<&str> {
            self.0.evaluation_note.as_deref()
        }

        /// When it was evaluated.
        async fn evaluated_at(&self) -> Option<DateTime> {
            self.0.evaluated_at.map(DateTime::from)
        }
    }
    one {
        /// The work, when a project.
        project: Project = project_id;
        /// The work, when a task.
        task: Task = task_id;
        /// Who said so.
        person: Person = person_id;
        /// Who took it back or replaced it; null for nobody.
        ended_by: Person = ended_by_id;
        /// The goal the opportunity was found to serve.
        evaluation_objective: Objective = evaluation_objective_id;
        /// Who evaluated it.
        evaluation_by: Person = evaluation_by_id;
    }
    edges {
    }
}

connection!(
    AcknowledgementConnection,
    AcknowledgementEdge,
    Acknowledgement,
    AcknowledgementRow,
    "acknowledgements"
);

filter! {
    AcknowledgementFilter, AcknowledgementsFilter on Acknowledgement, "acknowledgements" {
        /// By global id.
        id: IdComparator = key("id", ACKNOWLEDGEMENT);
        /// By class.
        work_class: WorkClassComparator = column("work_class");
        /// By end.
        until_at: DateTimeComparator = column("until_at");
        /// By whether it was taken back.
        revoked: PresenceComparator = column("revoked_at");
        /// By whether its end was noted: taken back, replaced, or past its end since a moment.
        ended: PresenceComparator = column("ended_at");
        /// By what the evaluation of an opportunity decided.
        evaluation_verdict: EvaluationVerdictComparator = column("evaluation_verdict");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By who acknowledged.
        person: PersonFilter = "person_id" => Person;
        /// By the work, when a project.
        project: ProjectFilter = "project_id" => Project;
        /// By the work, when a task.
        task: TaskFilter = "task_id" => Task;
    }
    many {
    }
}

sort! {
    AcknowledgementSort, AcknowledgementSortField on Acknowledgement, "acknowledgements" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By time of the last change.
        UpdatedAt = "updated_at" as Integer;
    }
}
