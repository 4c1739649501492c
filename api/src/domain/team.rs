//! A team; teams form a tree.

use entity::{ConnectionModel, EventKind, Instant, SubjectKind, team};
use sea_orm::ActiveValue::Set;
use uuid::Uuid;

use super::{
    access::{Permit, Viewer, scope::Listed},
    error::{DomainError, Result, UserErrorCode},
    events::{NewEvent, Sight},
    person::PersonRow,
    relation::Table,
    row::row,
    text::{self, Checks},
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

row! {
    /// A team; teams form a tree.
    TeamRow of team {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// The team above; null for a root.
        parent_id: Option<Uuid> = ParentId,
        /// The person who manages this team and, with the right role, its subtree.
        manager_id: Option<Uuid> = ManagerId,
        /// Connection model of this team; null takes the organization's.
        connection_model: Option<ConnectionModel> = ConnectionModel,
        /// When the team was archived; null while in use.
        archived_at: Option<Instant> = ArchivedAt,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for TeamRow {
    const TABLE: Table = Table::Team;
    const ARCHIVABLE: bool = true;
}

/// Makes a team.
#[derive(Clone, Debug)]
pub struct CreateTeam {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// Display name.
    pub name: String,
    /// The team above.
    pub parent: Option<Uuid>,
    /// The person who manages it.
    pub manager: Option<Uuid>,
    /// Connection model, where it differs from the organization's.
    pub connection_model: Option<ConnectionModel>,
}

impl Command for CreateTeam {
    type Output = TeamRow;

    async fn run(&self, write: &mut Write) -> Result<TeamRow> {
        let id = self.id.unwrap_or_else(|| write.new_id());
        let _: Permit<TeamRow> = write.viewer().permit_administration((id, 1))?;
        if self.connection_model.is_some() {
            let _: Permit<TeamRow> = write.viewer().permit_practice((id, 1))?;
        }
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::Team, self.id, &digest).await? {
            return write.get(id).await?.ok_or(DomainError::NotFound);
        }
        let mut checks = Checks::default();
        let name = checks.take(text::title("name", &self.name));
        checks.end()?;
        write.check_team_references(self.parent, self.manager).await?;
        let row = team::ActiveModel {
            id: Set(id),
            organization_id: Set(write.viewer().organization_id),
            name_folded: Set(name.to_lowercase()),
            name: Set(name),
            parent_id: Set(self.parent),
            manager_id: Set(self.manager),
            connection_model: Set(self.connection_model),
            created_at: Set(write.now),
            updated_at: Set(write.now),
            ..Default::default()
        };
        let news = news_with_digest(&row, &digest);
        write.insert::<team::Entity>(row).await?;
        write.rights_changed = true;
        write.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Team, id),
            ancestors: self.parent.map(|parent| (SubjectKind::Team, parent)).into_iter().collect(),
            sight: Sight::default(),
            previous: None,
            current: news,
        });
        write.get(id).await?.ok_or(DomainError::NotFound)
    }
}

/// Changes a team; what is left out stays. The connection model is OKR practice and belongs to leaders, all else to
/// admins: a change of both asks for both rights.
#[derive(Clone, Debug, Default)]
pub struct UpdateTeam {
    /// The team.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Display name.
    pub name: Option<String>,
    /// The team above; null for a root.
    pub parent: Option<Option<Uuid>>,
    /// The person who manages it; null for nobody.
    pub manager: Option<Option<Uuid>>,
    /// Connection model; null for the organization's.
    pub connection_model: Option<Option<ConnectionModel>>,
}

impl Command for UpdateTeam {
    type Output = TeamRow;

    async fn run(&self, write: &mut Write) -> Result<TeamRow> {
        use team::Column;
        let row: TeamRow = write.lock(self.id).await?;
        let permit = self.permit(write.viewer(), &row)?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut checks = Checks::default();
        let name = self.name.as_deref().map(|name| checks.take(text::title("name", name)));
        checks.end()?;
        // What stays is not asked about again: its manager may have left since.
        let new =
            |given: Option<Option<Uuid>>, old: Option<Uuid>| given.flatten().filter(|id| Some(*id) != old);
        let parent = new(self.parent, row.parent_id);
        write.check_team_references(parent, new(self.manager, row.manager_id)).await?;
        if let Some(parent) = parent {
            write.refuse_ring((Table::Team, "name"), "parentId", row.id, parent).await?;
        }
        let mut changes = Changes::<team::Entity>::new();
        if let Some(name) = name {
            changes.set(Column::Name, &row.name, name.clone());
            if changes.touches(Column::Name) {
                changes.set_quietly(Column::NameFolded, name.to_lowercase());
            }
        }
        changes.set(Column::ParentId, &row.parent_id, self.parent.unwrap_or(row.parent_id));
        changes.set(Column::ManagerId, &row.manager_id, self.manager.unwrap_or(row.manager_id));
        changes.set(
            Column::ConnectionModel,
            &row.connection_model,
            self.connection_model.unwrap_or(row.connection_model),
        );
        if changes.touches(Column::ConnectionModel) {
            // What the old one refused may be linked now.
            write.ask_to_resolve_references().await?;
        }
        write.update_team(&permit, row, changes, EventKind::Updated).await
    }
}

impl UpdateTeam {
    /// The right that each part of the change asks for; what stays as it is asks for none beside another.
    fn permit(&self, viewer: &Viewer, row: &TeamRow) -> Result<Permit<TeamRow>> {
        let is_more = self.name.is_some() || self.parent.is_some() || self.manager.is_some();
        let is_practice =
            self.connection_model.is_some_and(|model| !is_more || model != row.connection_model);
        let row = (row.id, row.version);
        if is_practice && is_more {
            viewer.permit_administration::<TeamRow>(row)?;
        }
        if is_practice { viewer.permit_practice(row) } else { viewer.permit_administration(row) }
    }
}

/// Archives a team, or takes it out of the archive.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveTeam {
    /// The team.
    pub id: Uuid,
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// True archives, false takes out of the archive.
    pub archive: bool,
}

impl Command for ArchiveTeam {
    type Output = TeamRow;

    async fn run(&self, write: &mut Write) -> Result<TeamRow> {
        let row: TeamRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_administration((row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        let mut changes = Changes::<team::Entity>::new();
        if row.archived_at.is_some() != self.archive {
            let archived_at = self.archive.then_some(write.now);
            changes.set(team::Column::ArchivedAt, &row.archived_at, archived_at);
        }
        let kind = if self.archive { EventKind::Archived } else { EventKind::Unarchived };
        write.update_team(&permit, row, changes, kind).await
    }
}

impl Write {
    async fn update_team(
        &mut self,
        permit: &Permit<TeamRow>,
        row: TeamRow,
        changes: Changes<team::Entity>,
        kind: EventKind,
    ) -> Result<TeamRow> {
        if !self.update(permit, &changes).await? {
            return Ok(row);
        }
        self.rights_changed = true;
        let (previous, current) = changes.into_news();
        let after: TeamRow = self.reread(row.id).await?;
        self.note(NewEvent {
            kind,
            subject: (SubjectKind::Team, row.id),
            ancestors: after.parent_id.map(|parent| (SubjectKind::Team, parent)).into_iter().collect(),
            sight: Sight::default(),
            previous: Some(previous),
            current,
        });
        Ok(after)
    }

    /// The team that an input field refers to exists and is in use.
    pub(in crate::domain) async fn team_in_use(&self, field: &str, team: Uuid) -> Result<()> {
        let team: TeamRow = self.referred(field, team).await?;
        if team.archived_at.is_some() {
            return Err(DomainError::user(field, UserErrorCode::Invalid, "is archived"));
        }
        Ok(())
    }

    async fn check_team_references(&self, parent: Option<Uuid>, manager: Option<Uuid>) -> Result<()> {
        if let Some(parent) = parent {
            self.team_in_use("parentId", parent).await?;
        }
        if let Some(manager) = manager {
            let person: PersonRow = self.referred("managerId", manager).await?;
            if person.deactivated_at.is_some() {
                return Err(DomainError::user("managerId", UserErrorCode::Invalid, "is deactivated"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
