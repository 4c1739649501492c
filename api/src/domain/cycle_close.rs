//! The close of a cycle: scores are staged one by one, then everything flips at once.
//!
//! The flip is one transaction: either all goals of the cycle are scored, closed and frozen, or nothing has
//! happened and it can be asked for again; asked for twice, it happens once. It holds the organization's row,
//! which whatever puts a goal into a cycle takes too, so that none slips in meanwhile. Goals are locked from
//! the leaf to the root, as the roll-up does; a check-in, override or finished task that waits for one of
//! them finds it closed.

use std::collections::{HashMap, HashSet};

use entity::{CycleState, EventKind, GoalState, ObjectiveSource, PointSource, cycle};
use sea_orm::{
    ActiveValue::Set,
    Statement,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::scope::select_columns,
    bulk::Binds,
    cycle::CycleRow,
    error::{DomainError, Result, UserError, UserErrorCode},
    events::{NewEvent, json_of},
    key_result::KeyResultRow,
    key_result_score::KeyResultScoreRow,
    objective::ObjectiveRow,
    progress::weighted_mean,
    relation::Table,
    write::{Changes, Command, Write},
};

/// Codes named in a refusal at most.
const CODES_NAMED: usize = 20;

/// Closes a cycle, once every key result of its published objectives has a score.
#[derive(Clone, Debug)]
pub struct CloseCycle {
    /// The cycle.
    pub id: Uuid,
    /// The version that the decision was made on.
    pub expected_version: Option<i64>,
    /// Whether key results that nobody scored take their progress as the score.
    pub accept_suggested: bool,
}

impl Command for CloseCycle {
    type Output = CycleRow;

    async fn run(&self, write: &mut Write) -> Result<CycleRow> {
        write.lock_organization().await?;
        let row: CycleRow = write.lock(self.id).await?;
        let permit = write.viewer().permit_practice((row.id, row.version))?;
        if row.state == CycleState::Closed {
            return Ok(row);
        }
        Write::expect_version(self.expected_version, row.version)?;
        write.refuse_open_parts(&row).await?;
        write.lock_around_cycle(row.id).await?;
        let goals = Goals::locked(write, row.id).await?;
        goals.freshen(write).await?;
        let goals = goals.reread(write).await?;
        let scores = goals.scores(write, self.accept_suggested).await?;
        goals.flip(write, &scores).await?;
        let mut changes = Changes::<cycle::Entity>::new();
        changes.set(cycle::Column::State, &row.state, CycleState::Closed);
        changes.set(cycle::Column::ClosedAt, &row.closed_at, Some(write.now));
        let row = write.update_cycle(&permit, row, changes, EventKind::Updated).await?;
        // After the cycle itself: what links to its proposals say follows from that.
        goals.freeze_links(write, row.id).await?;
        write.amend_project_results(&goals.key_results).await?;
        Ok(row)
    }
}

/// The published goals of a cycle.
struct Goals {
    objectives: Vec<ObjectiveRow>,
    key_results: Vec<KeyResultRow>,
}

/// What the close gives a key result.
struct Scored {
    score: Option<f64>,
    staged: Option<KeyResultScoreRow>,
}

impl Goals {
    /// Reads and locks them, key results first.
    async fn locked(write: &Write, cycle: Uuid) -> Result<Self> {
        let of = |table: &'static str, name: &'static str| Expr::col((Alias::new(table), Alias::new(name)));
        let published = |select: &mut sea_orm::sea_query::SelectStatement| {
            select
                .from(Alias::new("objective"))
                .and_where(of("objective", "organization_id").eq(write.viewer().organization_id))
                .and_where(of("objective", "cycle_id").eq(cycle))
                .and_where(of("objective", "state").eq(GoalState::Active));
        };
        let mut ids = Query::select();
        ids.column((Alias::new("objective"), Alias::new("id")));
        published(&mut ids);
        let mut select = Query::select();
        select_columns::<KeyResultRow>(&mut select);
        select
            .from(Alias::new("key_result"))
            .and_where(of("key_result", "organization_id").eq(write.viewer().organization_id))
            .and_where(of("key_result", "objective_id").in_subquery(ids))
            .and_where(of("key_result", "state").eq(GoalState::Active));
        write.locked(&mut select, "key_result");
        let key_results = write.rows::<KeyResultRow>(&select).await?;
        let mut select = Query::select();
        select_columns::<ObjectiveRow>(&mut select);
        published(&mut select);
        write.locked(&mut select, "objective");
        let objectives = write.rows::<ObjectiveRow>(&select).await?;
        Ok(Self { objectives, key_results })
    }

    fn objective_ids(&self) -> Vec<Uuid> {
        self.objectives.iter().map(|row| row.id).collect()
    }

    fn key_result_ids(&self) -> Vec<Uuid> {
        self.key_results.iter().map(|row| row.id).collect()
    }

    /// Lets objectives above others follow now, which a job does otherwise: what is frozen is what a
    /// recompute would give.
    async fn freshen(&self, write: &mut Write) -> Result<()> {
        write.touched.source = Some(PointSource::RollUp);
        write.touched.key_results.extend(self.key_result_ids());
        write.roll_up().await?;
        for level in levels(&self.objectives) {
            write.touched.source = Some(PointSource::RollUp);
            write.touched.objectives.extend(level);
            write.roll_up().await?;
        }
        Ok(())
    }

    async fn reread(self, write: &Write) -> Result<Self> {
        let mut key_results = write.everyones::<KeyResultRow>(&self.key_result_ids()).await?;
        let mut objectives = write.everyones::<ObjectiveRow>(&self.objective_ids()).await?;
        key_results.sort_unstable_by_key(|row| row.number);
        objectives.sort_unstable_by_key(|row| row.number);
        Ok(Self { objectives, key_results })
    }

    /// The score of each, or what is missing.
    async fn scores(&self, write: &Write, accept_suggested: bool) -> Result<HashMap<Uuid, Scored>> {
        let staged = write.scores_of(&self.key_result_ids()).await?;
        let mut staged: HashMap<Uuid, KeyResultScoreRow> =
            staged.into_iter().map(|row| (row.key_result_id, row)).collect();
        let archived: HashSet<Uuid> =
            self.objectives.iter().filter(|row| row.archived_at.is_some()).map(|row| row.id).collect();
        let mut scores = HashMap::new();
        let (mut unscored, mut unknown) = (Vec::new(), Vec::new());
        for row in &self.key_results {
            let staged = staged.remove(&row.id);
            if row.archived_at.is_some() || archived.contains(&row.objective_id) {
                // What was put away has left the roll-up: nobody scored it, and neither does the close.
                scores.insert(row.id, Scored { score: None, staged });
                continue;
            }
            let said = staged.as_ref().and_then(|staged| staged.score);
            // Whoever scored without a note took the progress, whatever it is by now.
            let follows = staged.is_some() || accept_suggested;
            let score = said.or(row.progress.filter(|_| follows));
            if score.is_none() {
                let missing = if follows { &mut unknown } else { &mut unscored };
                missing.push(row.code.as_str());
            }
            scores.insert(row.id, Scored { score, staged });
        }
        let refuse = |codes: &[&str], advice: &str| {
            let message = format!("waits for the score of {}: {advice}", named(codes));
            UserError::at("id", UserErrorCode::NotNow, message)
        };
        let mut errors = Vec::new();
        if !unscored.is_empty() {
            let advice = "score them with keyResultScore, or accept what is suggested";
            errors.push(refuse(&unscored, advice));
        }
        if !unknown.is_empty() {
            let advice = "their progress is unknown, so score them with a note, or cancel them";
            errors.push(refuse(&unknown, advice));
        }
        DomainError::unless_empty(errors)?;
        Ok(scores)
    }

    /// Closes all of them, with their scores.
    async fn flip(&self, write: &mut Write, scores: &HashMap<Uuid, Scored>) -> Result<()> {
        let of_key_results: HashMap<Uuid, Option<f64>> =
            scores.iter().map(|(id, scored)| (*id, scored.score)).collect();
        let of_objectives = self.objective_scores(write, &of_key_results).await?;
        let homes: HashMap<Uuid, &ObjectiveRow> = self.objectives.iter().map(|row| (row.id, row)).collect();
        let mut rows = Vec::new();
        for row in &self.key_results {
            let score = of_key_results.get(&row.id).copied().flatten();
            rows.push((row.id, vec![GoalState::Closed.into(), score.into(), Some(write.now.0).into()]));
            if let Some(home) = homes.get(&row.objective_id) {
                let event = (entity::SubjectKind::KeyResult, row.id, home.ancestors_of_member());
                write.note(closed_event(event, home, score));
            }
        }
        write.update_many("key_result", &["state", "score", "ended_at"], rows, true).await?;
        let mut rows = Vec::new();
        for row in &self.objectives {
            let score = of_objectives.get(&row.id).copied().flatten();
            rows.push((row.id, vec![GoalState::Closed.into(), score.into(), Some(write.now.0).into()]));
            let event = (entity::SubjectKind::Objective, row.id, row.ancestors());
            write.note(closed_event(event, row, score));
        }
        write.update_many("objective", &["state", "score", "ended_at"], rows, true).await?;
        self.freeze_scores(write, scores).await
    }

    async fn freeze_scores(&self, write: &Write, scores: &HashMap<Uuid, Scored>) -> Result<()> {
        let person = Some(write.viewer().person_id).filter(|person| !person.is_nil());
        let (mut frozen, mut taken) = (Vec::new(), Vec::new());
        for row in &self.key_results {
            let Some(Scored { score, staged }) = scores.get(&row.id) else { continue };
            match staged {
                // What was said before it was archived stays said.
                Some(staged) => frozen.push((
                    staged.id,
                    vec![score.or(staged.score).into(), row.progress.into(), Some(write.now.0).into()],
                )),
                None if score.is_some() => taken.push(entity::key_result_score::ActiveModel {
                    id: Set(write.new_id()),
                    organization_id: Set(write.viewer().organization_id),
                    key_result_id: Set(row.id),
                    score: Set(*score),
                    note: Set(None),
                    person_id: Set(person),
                    scored_at: Set(write.now),
                    suggested: Set(row.progress),
                    frozen_at: Set(Some(write.now)),
                    created_at: Set(write.now),
                }),
                None => {}
            }
        }
        let columns = ["score", "suggested", "frozen_at"];
        write.update_many("key_result_score", &columns, frozen, false).await?;
        write.insert_all::<entity::key_result_score::Entity>(taken).await
    }

    /// The score of an objective: the mean of those of its key results, and of the objectives that join its
    /// roll-up, by their weights; of one that takes its progress from its own links, that progress. A child
    /// that goes on in another cycle has no score yet and enters with its progress.
    async fn objective_scores(
        &self,
        write: &Write,
        key_results: &HashMap<Uuid, Option<f64>>,
    ) -> Result<HashMap<Uuid, Option<f64>>> {
        let mut parts: HashMap<Uuid, Vec<(f64, f64)>> = HashMap::new();
        for row in self.key_results.iter().filter(|row| row.archived_at.is_none()) {
            if let Some(score) = key_results.get(&row.id).copied().flatten() {
                parts.entry(row.objective_id).or_default().push((row.weight, score));
            }
        }
        let measured: HashSet<Uuid> = self
            .key_results
            .iter()
            .filter(|row| row.archived_at.is_none() && row.state != GoalState::Cancelled)
            .map(|row| row.objective_id)
            .collect();
        let rows: HashMap<Uuid, &ObjectiveRow> = self.objectives.iter().map(|row| (row.id, row)).collect();
        for (parent, weight, score) in write.children_elsewhere(&self.objective_ids()).await? {
            if rows.get(&parent).is_some_and(|row| row.include_children) {
                parts.entry(parent).or_default().push((weight, score));
            }
        }
        let mut scores = HashMap::new();
        for id in levels(&self.objectives).into_iter().flatten() {
            let Some(row) = rows.get(&id) else { continue };
            if row.archived_at.is_some() {
                scores.insert(id, None);
                continue;
            }
            let score = match row.progress_source {
                // With key results it goes by them, as its progress does.
                ObjectiveSource::Work if !measured.contains(&id) => row.progress,
                ObjectiveSource::Work | ObjectiveSource::KeyResults => {
                    weighted_mean(parts.remove(&id).unwrap_or_default())
                }
            };
            scores.insert(id, score);
            let joins = row.archived_at.is_none()
                && row
                    .parent_id
                    .and_then(|parent| rows.get(&parent))
                    .is_some_and(|parent| parent.include_children);
            if let Some((parent, score)) = row.parent_id.zip(score).filter(|_| joins) {
                parts.entry(parent).or_default().push((row.weight, score));
            }
        }
        Ok(scores)
    }

    /// Links to what was closed are stale for it, those to what was only proposed because its cycle is over.
    async fn freeze_links(&self, write: &mut Write, cycle: Uuid) -> Result<()> {
        let objectives = self.objective_ids();
        let members = write.members_of_all(&objectives).await?;
        let closed = vec![("objective_id", objectives), ("key_result_id", members)];
        write.settle_at(&closed).await?;
        let proposals = write.proposals_of(cycle).await?;
        let members = write.members_of_all(&proposals).await?;
        let proposed = vec![("objective_id", proposals), ("key_result_id", members)];
        write.settle_at(&proposed).await?;
        // What was not finished serves its projects' goals again; what is closed stays as it was counted.
        write.follow_goals(&closed).await
    }
}

fn closed_event(
    (kind, id, ancestors): (entity::SubjectKind, Uuid, Vec<(entity::SubjectKind, Uuid)>),
    home: &ObjectiveRow,
    score: Option<f64>,
) -> NewEvent {
    let state = |state: GoalState| ("state".to_owned(), json_of(&state.into()));
    let score = ("score".to_owned(), json_of(&score.into()));
    NewEvent {
        kind: EventKind::Updated,
        subject: (kind, id),
        ancestors,
        sight: home.sight(),
        previous: Some([state(GoalState::Active)].into_iter().collect()),
        current: [state(GoalState::Closed), score].into_iter().collect(),
    }
}

/// Objectives by how deep they lie within each other, the deepest first.
fn levels(objectives: &[ObjectiveRow]) -> Vec<Vec<Uuid>> {
    let parents = objectives.iter().map(|row| (row.id, row.parent_id)).collect();
    super::recompute::leaves_first(&parents)
}

/// Codes, as many as a person reads.
fn named(codes: &[&str]) -> String {
    let some = codes.iter().take(CODES_NAMED).copied().collect::<Vec<_>>().join(", ");
    match codes.len().saturating_sub(CODES_NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

impl Write {
    /// A cycle closes after those within it.
    async fn refuse_open_parts(&self, row: &CycleRow) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("cycle"), Alias::new(name)));
        let mut select = self.scope.find::<CycleRow>();
        select.and_where(of("parent_id").eq(row.id)).and_where(of("state").ne(CycleState::Closed));
        let mut open = self.rows::<CycleRow>(&select).await?;
        if open.is_empty() {
            return Ok(());
        }
        open.sort_by(|one, other| one.starts_on.cmp(&other.starts_on).then(one.id.cmp(&other.id)));
        let names: Vec<&str> = open.iter().map(|cycle| cycle.name.as_str()).collect();
        let message = format!("contains cycles that are still open: close {} first", named(&names));
        Err(DomainError::user("id", UserErrorCode::NotNow, message))
    }

    /// What objectives below these, that are not closed with them, are worth: the score of those that were
    /// closed before, the progress of those that go on. Which one, weight, worth.
    async fn children_elsewhere(&self, objectives: &[Uuid]) -> Result<Vec<(Uuid, f64, f64)>> {
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let ids = binds.ids(objectives);
        let closing = binds.ids(objectives);
        let text = format!(
            "SELECT parent_id, weight, CASE WHEN state = 'CLOSED' THEN score ELSE progress END FROM objective \
             WHERE organization_id = {organization} AND parent_id IN {ids} AND id NOT IN {closing} \
             AND state IN ('ACTIVE', 'CLOSED') AND archived_at IS NULL \
             AND CASE WHEN state = 'CLOSED' THEN score ELSE progress END IS NOT NULL"
        );
        let statement = Statement::from_sql_and_values(self.tx.backend(), text, binds.values);
        let rows = self.tx.all_raw(statement).await?;
        rows.iter()
            .map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?)))
            .collect()
    }

    /// All key results of objectives, whatever their state.
    pub(in crate::domain) async fn members_of_all(&self, objectives: &[Uuid]) -> Result<Vec<Uuid>> {
        if objectives.is_empty() {
            return Ok(Vec::new());
        }
        let of = |name: &'static str| Expr::col((Alias::new("key_result"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("id"))
            .from(Alias::new("key_result"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(self.among("key_result", "objective_id", objectives));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Objectives of a cycle that nobody has published. They stay, and may be moved to another cycle.
    async fn proposals_of(&self, cycle: Uuid) -> Result<Vec<Uuid>> {
        let of = |name: &'static str| Expr::col((Alias::new("objective"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("id"))
            .from(Alias::new(Table::Objective.name()))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("cycle_id").eq(cycle))
            .and_where(of("state").eq(GoalState::Draft));
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}

#[cfg(test)]
mod tests;
