//! Results of projects.

use async_graphql::ID;

use super::{
    enums::ResultVerdict,
    filter::{column, filter, sort},
    id::part_id,
    key_result::{KeyResult, KeyResultFilter},
    page::{connection, object},
    project::{Project, ProjectFilter},
    scalars::{DateTime, Decimal},
};
use crate::domain::project_result::ProjectResultRow;

object! {
    /// What a key result did while a project that contributed to it ran. It is written when the project becomes
    /// DONE or CANCELLED and stays; one that is taken up again and ends anew gets another. The close of the key
    /// result's cycle adds where it stood then, or has done so where the project ended after it.
    ProjectResult over ProjectResultRow {
        /// Global id.
        pub async fn id(&self) -> ID {
            part_id("res", self.0.id)
        }

        /// When the row was made.
        pub async fn created_at(&self) -> DateTime {
            self.0.created_at.into()
        }

        /// When the project started: when it first went in progress, else when it was made.
        async fn started_at(&self) -> DateTime {
            self.0.started_at.into()
        }

        /// When the project ended.
        async fn ended_at(&self) -> DateTime {
            self.0.ended_at.into()
        }

        /// The key result's value when the project started; null where it has none.
        async fn start_value(&self) -> Option<Decimal> {
            self.0.start_value.map(Decimal::from)
        }

        /// Its value when the project ended; null where it has none.
        async fn end_value(&self) -> Option<Decimal> {
            self.0.end_value.map(Decimal::from)
        }

        /// How far the value moved meanwhile; null where either value is.
        async fn delta(&self) -> Option<Decimal> {
            self.0.delta().map(Decimal::from)
        }

        /// Its progress when the project started, 0–1; null when it was not known.
        async fn start_progress(&self) -> Option<f64> {
            self.0.start_progress
        }

        /// Its progress when the project ended, 0–1; null when it was not known.
        async fn end_progress(&self) -> Option<f64> {
            self.0.end_progress
        }

        /// Whether it moved the right way meanwhile, by its values.
        async fn verdict(&self) -> ResultVerdict {
            self.0.verdict.into()
        }

        /// Its value at the close of its cycle; null before, and where it has none.
        async fn closing_value(&self) -> Option<Decimal> {
            self.0.closing_value.map(Decimal::from)
        }

        /// Its progress at the close of its cycle, 0–1; null before, and when it was not known.
        async fn closing_progress(&self) -> Option<f64> {
            self.0.closing_progress
        }

        /// Whether it moved the right way from the project's start to the close of its cycle; null before.
        async fn closing_verdict(&self) -> Option<ResultVerdict> {
            self.0.closing_verdict.map(Into::into)
        }

        /// When the close added to it; null before.
        async fn amended_at(&self) -> Option<DateTime> {
            self.0.amended_at.map(DateTime::from)
        }
    }
    one {
        /// The project.
        project: Project = project_id;
        /// The key result.
        key_result: KeyResult = key_result_id;
    }
    edges {
    }
}

connection!(
    ProjectResultConnection,
    ProjectResultEdge,
    ProjectResult,
    ProjectResultRow,
    "results of projects"
);

filter! {
    ProjectResultFilter, ProjectResultsFilter on ProjectResult, "results of projects" {
        /// By verdict.
        verdict: ResultVerdictComparator = column("verdict");
        /// By the end of the project.
        ended_at: DateTimeComparator = column("ended_at");
        /// By time of creation.
        created_at: DateTimeComparator = column("created_at");
    }
    one {
        /// By project.
        project: ProjectFilter = "project_id" => Project;
        /// By key result.
        key_result: KeyResultFilter = "key_result_id" => KeyResult;
    }
    many {
    }
}

sort! {
    ProjectResultSort, ProjectResultSortField on ProjectResult, "results of projects" {
        /// By time of creation.
        CreatedAt = "created_at" as Integer;
        /// By the end of the project.
        EndedAt = "ended_at" as Integer;
    }
}
