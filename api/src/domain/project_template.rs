//! What new projects of a kind begin with.

use entity::{EstimateUnit, Instant, ProgressBasis, ProjectState, Significance, WorkClass};
use sea_orm::sea_query::{ExprTrait, Order};
use uuid::Uuid;

use super::{
    access::scope::Listed, error::Result, predicate::Field, relation::Table, row::row, write::Write,
};

row! {
    /// What new projects of a kind begin with.
    ProjectTemplateRow of project_template {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// The team whose projects it is for, and the teams below it; null for everybody.
        team_id: Option<Uuid> = TeamId,
        /// Whether no project is made from it without a goal.
        requires_goal: bool = RequiresGoal,
        /// Kind of work of new projects; null for work that should have a goal.
        work_class: Option<WorkClass> = WorkClass,
        /// Whether completion of new projects counts tasks or sums estimates.
        progress_basis: ProgressBasis = ProgressBasis,
        /// Whether new projects count for progress of their goal.
        significance: Significance = Significance,
        /// Share of new projects in their goal's work progress; 0 or more.
        weight: f64 = Weight,
        /// State that new projects begin in.
        begin_state: ProjectState = BeginState,
        /// When it was archived; null while in use.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for ProjectTemplateRow {
    const TABLE: Table = Table::ProjectTemplate;
    const ARCHIVABLE: bool = true;
}

row! {
    /// A task that every project made from a template begins with.
    ProjectTemplateTaskRow of project_template_task {
        /// Key.
        id: Uuid = Id,
        /// The template.
        template_id: Uuid = TemplateId,
        /// Place among the template's tasks, from 0.
        position: i32 = Position,
        /// Place of the earlier task that it is part of; null for none.
        parent_position: Option<i32> = ParentPosition,
        /// What is to be done.
        title: String = Title,
        /// Longer text, Markdown.
        description: Option<String> = Description,
        /// Estimated effort, 0 or more.
        estimate_value: Option<f64> = EstimateValue,
        /// Unit of the estimate.
        estimate_unit: Option<EstimateUnit> = EstimateUnit,
        /// Days from the project's first day to the day it is due; null for never due.
        due_offset_days: Option<i32> = DueOffsetDays,
        /// When the row was made.
        created_at: Instant = CreatedAt,
    }
}

impl Listed for ProjectTemplateTaskRow {
    const TABLE: Table = Table::ProjectTemplateTask;
    const ARCHIVABLE: bool = false;
}

impl Write {
    /// The tasks of a template, in their order.
    pub(in crate::domain) async fn template_tasks(
        &self,
        template: Uuid,
    ) -> Result<Vec<ProjectTemplateTaskRow>> {
        let of = |column| Field::new(Table::ProjectTemplateTask, column).expr();
        let mut select = self.scope.find::<ProjectTemplateTaskRow>();
        select.and_where(of("template_id").eq(template)).order_by_expr(of("position"), Order::Asc);
        self.rows(&select).await
    }
}
