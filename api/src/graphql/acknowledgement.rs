//! Acknowledgements.

use async_graphql::ID;

use super::{
    enums::WorkClass,
    filter::{column, filter, sort},
    id::part_id,
    input::number,
    objective::Objective,
    page::{connection, object},
    person::{Person, PersonFilter},
    project::Project,
    scalars::DateTime,
    task::Task,
};
use crate::domain::acknowledgement::AcknowledgementRow;

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

        /// When it was taken back.
        async fn revoked_at(&self) -> Option<DateTime> {
            self.0.revoked_at.map(DateTime::from)
        }

        /// What the evaluation of an opportunity decided.
        async fn evaluation_verdict(&self) -> Option<&str> {
            self.0.evaluation_verdict.as_deref()
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
        /// By class.
        work_class: WorkClassComparator = column("work_class");
        /// By end.
        until_at: DateTimeComparator = column("until_at");
        /// By whether it was taken back.
        revoked: PresenceComparator = column("revoked_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
        /// By time of the last change.
        updated_at: DateTimeComparator = column("updated_at");
    }
    one {
        /// By who acknowledged.
        person: PersonFilter = "person_id" => Person;
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
