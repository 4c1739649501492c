//! A period in which goals are set and scored; cycles nest, a year around its quarters.

use chrono::NaiveDate;
use entity::{CycleState, EventKind, Instant, SubjectKind, cycle};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait},
};
use uuid::Uuid;

use super::{
    access::{Permit, scope::Listed},
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

row! {
    /// A period in which goals are set and scored; cycles nest, a year around its quarters.
    CycleRow of cycle {
        /// Key.
        id: Uuid = Id,
        /// Display name, `2026 Q1`.
        name: String = Name,
        /// The cycle around this one.
        parent_id: Option<Uuid> = ParentId,
        /// Where the cycle is in its life.
        state: CycleState = State,
        /// First day, in the organization's time zone; null for a backlog.
        starts_on: Option<NaiveDate> = StartsOn,
        /// Last day, included; null for a backlog.
        ends_on: Option<NaiveDate> = EndsOn,
        /// Days between check-ins of the goals that set none; null takes the cycle's around it.
        check_in_days: Option<i32> = CheckInDays,
        /// When the cycle was closed.
        closed_at: Option<Instant> = ClosedAt,
        /// When the cycle was archived.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for CycleRow {
    const TABLE: Table = Table::Cycle;
    const ARCHIVABLE: bool = true;
}

/// First and last day; a cycle without is a backlog.
type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// Makes a cycle.
#[derive(Clone, Debug)]
pub struct CreateCycle {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// Display name.
    pub name: String,
    /// The cycle around it, which contains its days.
    pub parent: Option<Uuid>,
    /// Planned or active.
    pub state: CycleState,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day, included.
    pub ends_on: Option<NaiveDate>,
    /// Days between check-ins of the goals that set none.
    pub check_in_days: Option<i32>,
}

impl Command for CreateCycle {
    type Output = CycleRow;

    async fn run(&self, write: &mut Write) -> Result<CycleRow> {
        let id = self.id.unwrap_or_else(|| write.new_id());
        let _: Permit<CycleRow> = write.viewer().permit_practice((id, 1))?;
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::Cycle, self.id, &digest).await? {
            return write.get(id).await?.ok_or(DomainError::NotFound);
        }
        let days = (self.starts_on, self.ends_on);
        let mut checks = Checks::default();
        let name = checks.take(text::title("name", &self.name));
        check_days(&mut checks, days);
        check_open(&mut checks, self.state);
        check_in_days(&mut checks, self.check_in_days);
        checks.end()?;
        write.refuse_outside("parentId", self.parent, days, self.state).await?;
        let row = cycle::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            name_folded: Set(name.to_lowercase()),
            name: Set(name),
            parent_id: Set(self.parent),
            state: Set(self.state),
            starts_on: Set(self.starts_on),
            ends_on: Set(self.ends_on),
            check_in_days: Set(self.check_in_days),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        let news = news_with_digest(&row, &digest);
        write.insert::<cycle::Entity>(row).await?;
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Cycle, id),
            ancestors: self.parent.map(|parent| (SubjectKind::Cycle, parent)).into_iter().collect(),
            sight: Sight::default(),
            previous: None,
            current: news,
        });
        write.get(id).await?.ok_or(DomainError::NotFound)
    }
}

/// Changes a cycle; what is left out stays. No stored number depends on its days: pace is derived.
#[derive(Clone, Debug, Default)]
pub struct UpdateCycle {
    /// The cycle.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Display name.
    pub name: Option<String>,
    /// The cycle around it; null for none.
    pub parent: Option<Option<Uuid>>,
    /// Planned or active.
    pub state: Option<CycleState>,
    /// First day; null, with the last day, for a backlog.
    pub starts_on: Option<Option<NaiveDate>>,
    /// Last day, included.
    pub ends_on: Option<Option<NaiveDate>>,
    /// Days between check-ins; null takes the cycle's around it.
    pub check_in_days: Option<Option<i32>>,
}

impl Command for UpdateCycle {
    type Output = CycleRow;

    async fn run(&self, write: &mut Write) -> Result<CycleRow> {
        use cycle::Column;
        // First, so that a cycle and the one around it do not move apart at once.
        write.lock_organization().await?;
        let row: CycleRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_practice((row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let days = (self.starts_on.unwrap_or(row.starts_on), self.ends_on.unwrap_or(row.ends_on));
        let moved = days != (row.starts_on, row.ends_on);
        let state = self.state.unwrap_or(row.state);
        let parent = self.parent.unwrap_or(row.parent_id);
        let mut checks = Checks::default();
        let name = self.name.as_deref().map(|name| checks.take(text::title("name", name)));
        check_in_days(&mut checks, self.check_in_days.flatten());
        if row.state == CycleState::Closed && (moved || state != row.state) {
            let message = "is closed: its days and its state stay as they were scored";
            checks.refuse(UserError::at("id", UserErrorCode::NotNow, message));
        } else if state != row.state {
            check_open(&mut checks, state);
        }
        if moved {
            check_days(&mut checks, days);
        }
        checks.end()?;
        if parent != row.parent_id
            && let Some(parent) = parent
        {
            write.refuse_ring((Table::Cycle, "name"), "parentId", row.id, parent).await?;
        }
        if moved || parent != row.parent_id {
            let field = if moved { "startsOn" } else { "parentId" };
            write.refuse_outside(field, parent, days, state).await?;
        }
        if moved {
            write.refuse_leaving_parts_outside(row.id, days).await?;
        }
        let mut changes = Changes::<cycle::Entity>::new();
        if let Some(name) = name {
            changes.set(Column::Name, &row.name, name.clone());
            if changes.touches(Column::Name) {
                changes.set_quietly(Column::NameFolded, name.to_lowercase());
            }
        }
        changes.set(Column::ParentId, &row.parent_id, parent);
        changes.set(Column::CheckInDays, &row.check_in_days, self.check_in_days.unwrap_or(row.check_in_days));
        changes.set(Column::State, &row.state, state);
        changes.set(Column::StartsOn, &row.starts_on, days.0);
        changes.set(Column::EndsOn, &row.ends_on, days.1);
        if moved {
            // Its last day decides over the links to its goals, its first over those of quiet work.
            write.ask_to_look_at_links().await?;
        }
        write.update_cycle(&permit, row, changes, EventKind::Updated).await
    }
}

/// Archives a cycle, or takes it out of the archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveCycle {
    /// The cycle.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveCycle {
    type Output = CycleRow;

    async fn run(&self, write: &mut Write) -> Result<CycleRow> {
        let row: CycleRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_practice((row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut changes = Changes::<cycle::Entity>::new();
        if row.archived_at.is_some() != self.archive {
            let archived_at = self.archive.then_some(write.now);
            changes.set(cycle::Column::ArchivedAt, &row.archived_at, archived_at);
        }
        let kind = if self.archive { EventKind::Archived } else { EventKind::Unarchived };
        write.update_cycle(&permit, row, changes, kind).await
    }
}

impl Write {
    pub(in crate::domain) async fn update_cycle(
        &mut self,
        permit: &Permit<CycleRow>,
        row: CycleRow,
        changes: Changes<cycle::Entity>,
        kind: EventKind,
    ) -> Result<CycleRow> {
        if !self.update(permit, &changes).await? {
            return Ok(row);
        }
        let (previous, current) = changes.into_news();
        let after: CycleRow = self.reread(row.id).await?;
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::Cycle, row.id),
            ancestors: after.parent_id.map(|parent| (SubjectKind::Cycle, parent)).into_iter().collect(),
            sight: Sight::default(),
            previous: Some(previous),
            current,
        });
        Ok(after)
    }

    /// The cycle around exists and contains the days.
    async fn refuse_outside(
        &self,
        field: &str,
        parent: Option<Uuid>,
        days: Days,
        state: CycleState,
    ) -> Result<()> {
        let Some(parent) = parent else { return Ok(()) };
        self.lock_organization().await?;
        let around: CycleRow = self.referred("parentId", parent).await?;
        if around.state == CycleState::Closed && state != CycleState::Closed {
            let message = format!("{} is closed: nothing new lies within it", around.name);
            return Err(DomainError::user("parentId", UserErrorCode::NotNow, message));
        }
        if contains((around.starts_on, around.ends_on), days) {
            return Ok(());
        }
        Err(DomainError::user(
            field,
            UserErrorCode::Invalid,
            format!("does not lie within {}, which is from {}", around.name, shown(&around)),
        ))
    }

    async fn refuse_leaving_parts_outside(&self, id: Uuid, days: Days) -> Result<()> {
        let mut select = self.scope.find::<CycleRow>();
        select.and_where(Expr::col((Alias::new("cycle"), Alias::new("parent_id"))).eq(id));
        let parts = self.rows::<CycleRow>(&select).await?;
        let outside = parts.iter().find(|part| !contains(days, (part.starts_on, part.ends_on)));
        outside.map_or(Ok(()), |part| {
            Err(DomainError::user(
                "startsOn",
                UserErrorCode::Invalid,
                format!("leaves {} outside, which is from {}: move that first", part.name, shown(part)),
            ))
        })
    }
}

fn shown(cycle: &CycleRow) -> String {
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "no day".to_owned(), |day| day.to_string());
    format!("{} to {}", day(cycle.starts_on), day(cycle.ends_on))
}

/// Whether days lie within others; one side without days holds everything.
fn contains(around: Days, days: Days) -> bool {
    match (around, days) {
        ((Some(first), Some(last)), (Some(starts), Some(ends))) => first <= starts && ends <= last,
        _ => true,
    }
}

fn check_days(checks: &mut Checks, days: Days) {
    match days {
        (Some(starts), Some(ends)) if starts > ends => {
            checks.refuse(UserError::at("endsOn", UserErrorCode::Invalid, "lies before startsOn"));
        }
        (Some(_), None) => {
            checks.refuse(UserError::at("endsOn", UserErrorCode::Required, "goes with startsOn"));
        }
        (None, Some(_)) => {
            checks.refuse(UserError::at("startsOn", UserErrorCode::Required, "goes with endsOn"));
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn check_open(checks: &mut Checks, state: CycleState) {
    match state {
        CycleState::Planned | CycleState::Active => {}
        CycleState::Closed => {
            let message = "comes with the close of the cycle, which scores its goals: use PLANNED or ACTIVE";
            checks.refuse(UserError::at("state", UserErrorCode::NotNow, message));
        }
    }
}

/// Days between check-ins, where they are given.
pub(in crate::domain) fn check_in_days(checks: &mut Checks, days: Option<i32>) {
    if days.is_some_and(|days| !(1..=366).contains(&days)) {
        checks.refuse(UserError::at("checkInDays", UserErrorCode::Invalid, "lies between 1 and 366 days"));
    }
}

#[cfg(test)]
mod tests;
