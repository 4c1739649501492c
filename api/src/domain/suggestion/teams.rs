//! Teams around those that do the work: how far a goal's team lies above or below.

use std::collections::{BTreeSet, HashMap};

use entity::ConnectionModel;
use sea_orm::Statement;
use uuid::Uuid;

use crate::domain::{access::Scope, bulk::Binds, error::Result};

/// Teams above each other that are walked at most.
const DEPTH: i32 = 32;

/// The teams in line with some others.
#[derive(Debug, Default)]
pub(super) struct Teams {
    /// Steps from one team to another in its line, and whether that one lies above.
    steps: HashMap<(Uuid, Uuid), (i32, bool)>,
    models: HashMap<Uuid, ConnectionModel>,
}

impl Teams {
    /// How many steps a goal's team lies from the work's, and whether above; null where neither lies above the
    /// other.
    pub(super) fn steps(&self, work: Uuid, goal: Uuid) -> Option<(i32, bool)> {
        self.steps.get(&(work, goal)).copied()
    }

    /// The connection model that a team has of its own.
    pub(super) fn model(&self, team: Uuid) -> Option<ConnectionModel> {
        self.models.get(&team).copied()
    }
}

impl Scope {
    /// The teams in line with these: one statement. Teams are everybody's to see.
    pub(super) async fn teams_around(&self, teams: &BTreeSet<Uuid>) -> Result<Teams> {
        let mut around = Teams::default();
        if teams.is_empty() {
            return Ok(around);
        }
        let own: Vec<Uuid> = teams.iter().copied().collect();
        let organization = self.viewer().organization_id;
        let mut binds = Binds::new(self.db.is_postgres());
        // Pushed in the order of the text: SQLite binds by position.
        let marks = [
            binds.push(organization),
            binds.ids(&own),
            binds.push(organization),
            binds.push(DEPTH),
            binds.push(organization),
            binds.ids(&own),
            binds.push(organization),
            binds.push(DEPTH),
        ];
        let [first, ids, second, up, third, again, fourth, down] = marks;
        let text = format!(
            "WITH RECURSIVE above (start, id, steps) AS ( \
             SELECT id, id, 0 FROM team WHERE organization_id = {first} AND id IN {ids} \
             UNION ALL SELECT above.start, team.parent_id, above.steps + 1 FROM team \
             JOIN above ON team.id = above.id \
             WHERE team.organization_id = {second} AND team.parent_id IS NOT NULL AND above.steps < {up}), \
             below (start, id, steps) AS ( \
             SELECT id, id, 0 FROM team WHERE organization_id = {third} AND id IN {again} \
             UNION ALL SELECT below.start, team.id, below.steps + 1 FROM team \
             JOIN below ON team.parent_id = below.id \
             WHERE team.organization_id = {fourth} AND below.steps < {down}) \
             SELECT above.start, above.id, above.steps, 1, team.connection_model FROM above \
             JOIN team ON team.id = above.id \
             UNION ALL SELECT start, id, steps, 0, NULL FROM below WHERE steps > 0"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        for row in self.db.all_raw(statement).await? {
            let (start, team): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let (steps, is_above): (i32, i32) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            around.steps.insert((start, team), (steps, is_above == 1));
            if let Some(model) = row.try_get_by_index::<Option<ConnectionModel>>(4)? {
                around.models.insert(team, model);
            }
        }
        Ok(around)
    }
}
