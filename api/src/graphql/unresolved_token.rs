//! Unresolved tokens.

use async_graphql::ID;

use super::{
    enums::ReferenceField,
    filter::{column, filter, sort},
    id::part_id,
    page::{connection, object},
    project::{Project, ProjectFilter},
    scalars::DateTime,
    task::{Task, TaskFilter},
};
use crate::domain::unresolved_token::UnresolvedTokenRow;

object! {
    /// A reference to a goal that matches none.
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

        /// When it was matched, or was no longer there.
        async fn resolved_at(&self) -> Option<DateTime> {
            self.0.resolved_at.map(DateTime::from)
        }
    }
    one {
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
