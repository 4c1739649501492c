//! The tenant: every other row belongs to exactly one organization.

use entity::{EventKind, Instant, JobKind, SubjectKind, code_alias, organization};
use sea_orm::{ActiveValue::Set, Statement};
use serde_json::json;
use uuid::Uuid;

use super::{
    access::{Permit, scope::Listed},
    bulk::Binds,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, Sight},
    relation::Table,
    row::row,
    set_up::time_zone,
    settings::{Settings, SettingsPatch},
    text::{self, Checks},
    write::{Changes, Command, Write},
};

row! {
    /// The tenant: every other row belongs to exactly one organization.
    OrganizationRow of organization {
        /// Key.
        id: Uuid = Id,
        /// Display name.
        name: String = Name,
        /// Short name in lower case, unique in the installation; tells organizations apart at sign-in.
        slug: String = Slug,
        /// IANA time zone in which the organization's dates and weeks are read.
        time_zone: String = TimeZone,
        /// Settings that differ from their defaults, as a JSON object (see `domain::settings`).
        settings: String = Settings,
        /// Counts changes; guards against lost updates.
        version: i64 = Version,
        /// When the row was made.
        created_at: Instant = CreatedAt,
        /// When the row was last changed.
        updated_at: Instant = UpdatedAt,
    }
}

impl Listed for OrganizationRow {
    const TABLE: Table = Table::Organization;
    const ARCHIVABLE: bool = false;
}

impl OrganizationRow {
    /// The settings, complete.
    ///
    /// # Errors
    /// `INTERNAL` when what is stored cannot be read.
    pub fn practice(&self) -> Result<Settings> {
        Settings::from_stored(&self.settings).map_err(|error| DomainError::Internal(error.to_string()))
    }
}

/// Changes the viewer's organization; what is left out stays.
#[derive(Clone, Debug, Default)]
pub struct UpdateOrganization {
    /// The version that the change was made on.
    pub expected_version: Option<i64>,
    /// Display name.
    pub name: Option<String>,
    /// IANA time zone in which its dates and weeks are read.
    pub time_zone: Option<String>,
    /// Settings of OKR practice.
    pub settings: Option<SettingsPatch>,
}

impl Command for UpdateOrganization {
    type Output = OrganizationRow;

    async fn run(&self, write: &mut Write) -> Result<OrganizationRow> {
        use organization::Column;
        let row: OrganizationRow = write.lock(write.viewer().organization_id).await?;
        let name_only = self.time_zone.is_none() && self.settings.is_none();
        let permit: Permit<OrganizationRow> =
            write.viewer().permit_organization(name_only, (row.id, row.version))?;
        Write::expect_version(self.expected_version, row.version)?;
        // From the locked row, not from the viewer, who may have been loaded a moment ago.
        let before = row.practice()?;
        let mut after = before.clone();
        after.apply(self.settings.clone().unwrap_or_default());
        let mut checks = Checks::default();
        let name = self.name.as_deref().map(|name| checks.take(text::title("name", name)));
        let zone = self.time_zone.as_deref().map(|zone| checks.take(time_zone(zone)));
        for problem in after.validate() {
            let field = format!("settings.{}", problem.field);
            checks.refuse(UserError::at(&field, UserErrorCode::Invalid, problem.message));
        }
        checks.end()?;
        for goal in [GoalCodes::OBJECTIVE, GoalCodes::KEY_RESULT] {
            let prefix = (goal.prefix)(&after);
            if (goal.prefix)(&before) != prefix {
                write.refuse_used_prefix(&goal, prefix).await?;
            }
        }
        // Both are asked about before either is changed: two prefixes cannot change places.
        for goal in [GoalCodes::OBJECTIVE, GoalCodes::KEY_RESULT] {
            let prefix = (goal.prefix)(&after);
            if (goal.prefix)(&before) != prefix {
                write.change_prefix(&goal, prefix).await?;
            }
        }
        let mut changes = Changes::<organization::Entity>::new();
        if let Some(name) = name {
            changes.set(Column::Name, &row.name, name);
        }
        if let Some(zone) = zone {
            changes.set(Column::TimeZone, &row.time_zone, zone);
        }
        if after != before {
            changes.set(Column::Settings, &row.settings, after.to_stored());
        }
        if !write.update(&permit, &changes).await? {
            return Ok(row);
        }
        if after.partial_credit != before.partial_credit || after.require_confirm != before.require_confirm {
            write.enqueue(JobKind::RecomputeOrganization, row.id, json!({})).await?;
        }
        let days = |settings: &Settings| {
            (
                settings.require_confirm,
                settings.never_confirmed_days,
                settings.work_done_long_ago_days,
                settings.no_activity_days,
            )
        };
        if days(&after) != days(&before) || changes.touches(Column::TimeZone) {
            write.ask_to_look_at_links().await?;
        }
        let prefixes =
            |settings: &Settings| (settings.objective_prefix.clone(), settings.key_result_prefix.clone());
        if after.bare_tokens != before.bare_tokens || prefixes(&after) != prefixes(&before) {
            write.ask_to_read_references().await?;
        } else if (after.connection_model, after.outside_model)
            != (before.connection_model, before.outside_model)
        {
            write.ask_to_resolve_references().await?;
        }
        write.rights_changed = true;
        let (previous, current) = changes.into_news();
        write.note(NewEvent {
            kind: EventKind::Updated,
            subject: (SubjectKind::Organization, row.id),
            ancestors: Vec::new(),
            sight: Sight::default(),
            previous: Some(previous),
            current,
        });
        write.reread(row.id).await
    }
}

/// Where the codes of a kind of goal are.
struct GoalCodes {
    table: &'static str,
    /// The column of an alias that leads to it.
    alias: &'static str,
    setting: &'static str,
    prefix: fn(&Settings) -> &str,
    /// The other kind, whose codes must stay apart.
    other: (&'static str, &'static str),
}

impl GoalCodes {
    const OBJECTIVE: Self = Self {
        table: "objective",
        alias: "objective_id",
        setting: "settings.objectivePrefix",
        prefix: |settings| &settings.objective_prefix,
        other: ("key_result", "key_result_id"),
    };
    const KEY_RESULT: Self = Self {
        table: "key_result",
        alias: "key_result_id",
        setting: "settings.keyResultPrefix",
        prefix: |settings| &settings.key_result_prefix,
        other: ("objective", "objective_id"),
    };
}

impl Write {
    /// Refuses a prefix under which a code would mean two things: one that a synced tool's own keys begin
    /// with, or one that the other kind of goal has, or had, in its codes.
    async fn refuse_used_prefix(&self, goal: &GoalCodes, prefix: &str) -> Result<()> {
        let (table, alias) = goal.other;
        let taken = |text: String| Err(DomainError::user(goal.setting, UserErrorCode::Taken, text));
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let key = binds.push(prefix.to_owned());
        // A prefix holds no wildcard: letters and digits only.
        let keys = binds.push(format!("{prefix}-%"));
        let text = format!(
            "SELECT 1 FROM external_identity WHERE organization_id = {organization} \
             AND ((kind = 'PROJECT' AND UPPER(external_key) = {key}) OR UPPER(external_key) LIKE {keys}) \
             LIMIT 1"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        if !self.tx.all_raw(statement).await?.is_empty() {
            return taken(format!(
                "is what keys of a synced tool begin with: {prefix}-1 would mean two things"
            ));
        }
        let mut binds = Binds::new(self.tx.is_postgres());
        let first = binds.push(self.viewer().organization_id);
        let codes = binds.push(format!("{prefix}-%"));
        let second = binds.push(self.viewer().organization_id);
        let aliases = binds.push(format!("{prefix}-%"));
        let text = format!(
            "SELECT 1 FROM {table} WHERE organization_id = {first} AND code LIKE {codes} UNION ALL \
             SELECT 1 FROM code_alias WHERE organization_id = {second} AND code LIKE {aliases} \
             AND {alias} IS NOT NULL LIMIT 1"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        if !self.tx.all_raw(statement).await?.is_empty() {
            let kind = table.replace('_', " ");
            return taken(format!("is in the code of a {kind}, now or before: such codes stay valid"));
        }
        Ok(())
    }

    /// Gives every goal of a kind its code under a new prefix; the old codes go on leading to their goals.
    ///
    /// The version of a goal does not move: its code is no field that an update could lose.
    async fn change_prefix(&self, goal: &GoalCodes, prefix: &str) -> Result<()> {
        let GoalCodes { table, alias, .. } = goal;
        let mut binds = Binds::new(self.tx.is_postgres());
        let first = binds.push(self.viewer().organization_id);
        let second = binds.push(self.viewer().organization_id);
        let text = format!(
            "SELECT id, code FROM {table} WHERE organization_id = {first} AND NOT EXISTS (SELECT 1 \
             FROM code_alias WHERE code_alias.organization_id = {second} AND code_alias.code = {table}.code) \
             ORDER BY id"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let mut aliases = Vec::new();
        for row in self.tx.all_raw(statement).await? {
            let id: Uuid = row.try_get_by_index(0)?;
            let leads_to = |column: &str| Set((*alias == column).then_some(id));
            aliases.push(code_alias::ActiveModel {
                id: Set(self.new_id()),
                organization_id: Set(self.viewer().organization_id),
                code: Set(row.try_get_by_index(1)?),
                objective_id: leads_to("objective_id"),
                key_result_id: leads_to("key_result_id"),
                created_at: Set(self.now),
            });
        }
        self.insert_all::<code_alias::Entity>(aliases).await?;
        let mut binds = Binds::new(self.tx.is_postgres());
        let start = binds.push(format!("{prefix}-"));
        let organization = binds.push(self.viewer().organization_id);
        let text = format!(
            "UPDATE {table} SET code = CAST({start} AS TEXT) || CAST(number AS TEXT) \
             WHERE organization_id = {organization}"
        );
        self.tx.execute(Statement::from_sql_and_values(self.tx.backend(), text, binds.values)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
