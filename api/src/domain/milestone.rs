//! A step of a key result of kind `MILESTONE`.

use chrono::NaiveDate;
use entity::{EventKind, Instant, KeyResultKind, PointSource, SubjectKind, milestone};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Condition, Expr, ExprTrait},
};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::{
    access::{Action, Permit, scope::Listed},
    check_in::refuse_ended,
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Changes, Command, Write},
};

row! {
    /// A step of a key result of kind `MILESTONE`.
    MilestoneRow of milestone {
        /// Key.
        id: Uuid = Id,
        /// The key result.
        key_result_id: Uuid = KeyResultId,
        /// What is to be reached.
        title: String = Title,
        /// Share in the key result's progress; 0 or more.
        weight: f64 = Weight,
        /// When it is due.
        due_on: NaiveDate = DueOn,
        /// When it was reached; null while open.
        done_at: Option<Instant> = DoneAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for MilestoneRow {
    const TABLE: Table = Table::Milestone;
    const ARCHIVABLE: bool = false;
}

/// A milestone, or none any more, with its key result as it is after the change.
#[derive(Clone, Debug)]
pub struct ChangedMilestone {
    /// The milestone; null when it was removed.
    pub milestone: Option<MilestoneRow>,
    /// The key result.
    pub key_result: KeyResultRow,
}

/// Makes a milestone.
#[derive(Clone, Debug)]
pub struct CreateMilestone {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The key result, of kind `MILESTONE`.
    pub key_result: Uuid,
    /// What is to be reached.
    pub title: String,
    /// Share in the key result's progress.
    pub weight: f64,
    /// When it is due.
    pub due_on: NaiveDate,
}

impl Command for CreateMilestone {
    type Output = ChangedMilestone;

    async fn run(&self, write: &mut Write) -> Result<ChangedMilestone> {
        let (key_result, objective) = write.milestones_parent(self.key_result, "keyResultId").await?;
        let mut checks = Checks::default();
        let title = checks.take(text::title("title", &self.title));
        checks.take(text::within("weight", self.weight, 0.0, 1_000_000.0));
        checks.end()?;
        if let Some(before) = write.milestone_before(self.id).await? {
            // A milestone has no event of its own to hold the input's digest: the row itself tells.
            let same = before.key_result_id == key_result.id
                && before.title == title
                && before.weight == self.weight
                && before.due_on == self.due_on;
            if same {
                return Ok(ChangedMilestone { milestone: Some(before), key_result });
            }
            let message = "this id was used before with other input: use a new one";
            return Err(DomainError::user("id", UserErrorCode::Conflict, message));
        }
        let id = self.id.unwrap_or_else(|| write.new_id());
        let goal = key_result.definition(&objective, write.viewer());
        write.viewer().permit_goal::<MilestoneRow>(Action::Update, goal, (id, 1))?;
        refuse_ended(&key_result, &objective)?;
        if key_result.kind != KeyResultKind::Milestone {
            let message = "is not of the kind MILESTONE, so steps would not count";
            return Err(DomainError::user("keyResultId", UserErrorCode::Invalid, message));
        }
        write
            .insert::<milestone::Entity>(milestone::ActiveModel {
                id: Set(id),
                organization_id: Set(write.viewer().organization_id),
                key_result_id: Set(key_result.id),
                title: Set(title.clone()),
                weight: Set(self.weight),
                due_on: Set(self.due_on),
                created_at: Set(write.now),
                updated_at: Set(write.now),
                ..Default::default()
            })
            .await?;
        let now = json!({ "id": id, "title": title, "weight": self.weight, "due_on": self.due_on });
        write.note_milestone(&key_result, &objective, Json::Null, now);
        write.touched.source = Some(PointSource::Edit);
        write.touched.key_results.insert(key_result.id);
        write.changed_milestone(Some(id), &key_result).await
    }
}

/// Changes a milestone; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateMilestone {
    /// The milestone.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// What is to be reached.
    pub title: Option<String>,
    /// Share in the key result's progress.
    pub weight: Option<f64>,
    /// When it is due.
    pub due_on: Option<NaiveDate>,
    /// Whether it is reached.
    pub done: Option<bool>,
}

impl UpdateMilestone {
    /// Who answers for the key result sets its milestones done, as they would check in a value; what it
    /// is made of is changed by who may change the key result.
    fn permit(
        &self,
        write: &Write,
        row: &MilestoneRow,
        key_result: &KeyResultRow,
        objective: &ObjectiveRow,
    ) -> Result<Permit<MilestoneRow>> {
        let defines = self.title.is_some() || self.weight.is_some() || self.due_on.is_some();
        let at = (row.id, row.version);
        let measure = |write: &Write| {
            let goal = key_result.check_in_goal(objective, write.viewer());
            write.viewer().permit_goal(Action::CheckIn, goal, at)
        };
        if !defines {
            return measure(write);
        }
        if self.done.is_some() {
            measure(write)?;
        }
        let goal = key_result.definition(objective, write.viewer());
        write.viewer().permit_goal(Action::Update, goal, at)
    }
}

impl Command for UpdateMilestone {
    type Output = ChangedMilestone;

    async fn run(&self, write: &mut Write) -> Result<ChangedMilestone> {
        use milestone::Column;
        let row: MilestoneRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        // The key result is locked first, as by everything else that changes what it measures.
        let (key_result, objective) = write.milestones_parent(row.key_result_id, "id").await?;
        let row: MilestoneRow = write.lock(row.id).await?;
        let permit = self.permit(write, &row, &key_result, &objective)?;
        Write::expect_version(self.expected_version, row.version)?;
        refuse_ended(&key_result, &objective)?;
        let mut checks = Checks::default();
        let title = self.title.as_deref().map(|title| checks.take(text::title("title", title)));
        if let Some(weight) = self.weight {
            checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
        }
        checks.end()?;
        let done_at = match self.done {
            Some(true) => row.done_at.or(Some(write.now)),
            Some(false) => None,
            None => row.done_at,
        };
        let mut changes = Changes::<milestone::Entity>::new();
        changes.set(Column::Title, &row.title, title.unwrap_or_else(|| row.title.clone()));
        changes.set(Column::Weight, &row.weight, self.weight.unwrap_or(row.weight));
        changes.set(Column::DueOn, &row.due_on, self.due_on.unwrap_or(row.due_on));
        changes.set(Column::DoneAt, &row.done_at, done_at);
        let is_measured = changes.touches(Column::DoneAt);
        if !write.update(&permit, &changes).await? {
            return Ok(ChangedMilestone { milestone: Some(row), key_result });
        }
        let (mut previous, mut current) = changes.into_news();
        previous.insert("id".into(), json!(row.id));
        current.insert("id".into(), json!(row.id));
        write.note_milestone(&key_result, &objective, Json::Object(previous), Json::Object(current));
        write.touched.source = Some(if is_measured { PointSource::CheckIn } else { PointSource::Edit });
        write.touched.key_results.insert(key_result.id);
        if is_measured {
            write.touched.measured.insert(key_result.id);
        }
        write.changed_milestone(Some(row.id), &key_result).await
    }
}

/// Removes a milestone that is still open.
///
/// A milestone is a part of its key result and has no life of its own, so an open one may go; one that
/// was reached is history, and stays until somebody says that it was not.
#[derive(Clone, Debug)]
pub struct RemoveMilestone {
    /// The milestone.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
}

impl Command for RemoveMilestone {
    type Output = ChangedMilestone;

    async fn run(&self, write: &mut Write) -> Result<ChangedMilestone> {
        let row: MilestoneRow = write.get(self.id).await?.ok_or(DomainError::NotFound)?;
        let (key_result, objective) = write.milestones_parent(row.key_result_id, "id").await?;
        let row: MilestoneRow = write.lock(row.id).await?;
        let goal = key_result.definition(&objective, write.viewer());
        write.viewer().permit_goal::<MilestoneRow>(Action::Update, goal, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        refuse_ended(&key_result, &objective)?;
        if row.done_at.is_some() {
            let message = "was reached and is history: set it open again before you remove it";
            return Err(DomainError::user("id", UserErrorCode::NotNow, message));
        }
        let this = Expr::col((Alias::new("milestone"), Alias::new("id"))).eq(row.id);
        write.remove_parts("milestone", Condition::all().add(this)).await?;
        let before = json!({
            "id": row.id, "title": row.title, "weight": row.weight, "due_on": row.due_on,
        });
        write.note_milestone(&key_result, &objective, before, Json::Null);
        write.touched.source = Some(PointSource::Edit);
        write.touched.key_results.insert(key_result.id);
        write.changed_milestone(None, &key_result).await
    }
}

impl Write {
    async fn milestones_parent(&self, id: Uuid, field: &str) -> Result<(KeyResultRow, ObjectiveRow)> {
        self.referred::<KeyResultRow>(field, id).await?;
        let key_result: KeyResultRow = self.lock(id).await?;
        let objective = self.get(key_result.objective_id).await?.ok_or(DomainError::NotFound)?;
        Ok((key_result, objective))
    }

    async fn milestone_before(&self, id: Option<Uuid>) -> Result<Option<MilestoneRow>> {
        match id {
            Some(id) => self.get(id).await,
            None => Ok(None),
        }
    }

    /// Tells of a milestone in its key result's stream: parts have no subject of their own.
    fn note_milestone(
        &mut self,
        key_result: &KeyResultRow,
        objective: &ObjectiveRow,
        previous: Json,
        current: Json,
    ) {
        let news = |milestone| Map::from_iter([("milestone".to_owned(), milestone)]);
        self.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::KeyResult, key_result.id),
            ancestors: objective.ancestors_of_member(),
            sight: objective.sight(),
            previous: Some(news(previous)),
            current: news(current),
        });
    }

    async fn changed_milestone(
        &mut self,
        id: Option<Uuid>,
        key_result: &KeyResultRow,
    ) -> Result<ChangedMilestone> {
        self.touched.key_results.insert(key_result.id);
        let key_result = self.rolled_up(key_result.id).await?;
        let milestone = match id {
            Some(id) => Some(self.reread(id).await?),
            None => None,
        };
        Ok(ChangedMilestone { milestone, key_result })
    }
}

#[cfg(test)]
mod tests;
