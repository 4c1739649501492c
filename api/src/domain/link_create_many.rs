//! Links from much work to one goal, by filter or by keys: a handful of statements, however many.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, LinkOrigin, LinkState, Significance, alignment_link, link_evidence, link_interval};
use sea_orm::{
    Value,
    sea_query::{Alias, Condition, Expr, ExprTrait, Order, Query},
};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::{
    access::{Action, scope::Listed},
    acknowledge_many::BULK_MAX,
    alignment_link::AlignmentLinkRow,
    connection_model::{Fit, Models},
    error::{DomainError, Result, UserErrorCode},
    events::json_of,
    goal_lock::Reach,
    link_target::{LinkGoal, LinkSource},
    piece_of_work::PieceOfWork,
    predicate::{Field, Predicate},
    project::ProjectRow,
    task::TaskRow,
    text::{self, Checks},
    work_rights::GoalFacts,
    write::{Command, Write, news_of},
};

/// Values of a link before a change, and after it.
type News = (Map<String, Json>, Map<String, Json>);

/// Ties all work that fits to one goal, as far as the viewer sees it and has the right. What holds of one link made
/// by hand holds of each: see [`super::link_create::CreateLink`].
#[derive(Clone, Debug)]
pub struct CreateLinks {
    /// Which tasks; null for none.
    pub tasks: Option<Predicate>,
    /// Which projects; null for none.
    pub projects: Option<Predicate>,
    /// These; null where filters are given.
    pub works: Option<Vec<LinkSource>>,
    /// The goal.
    pub goal: LinkGoal,
    /// Whether the work counts; a new link contributes, one that is there stays as it is, when left out.
    pub significance: Option<Significance>,
    /// Share of each in the goal's work progress; 1 for a new link, as it is for one that is there, when left out.
    pub weight: Option<f64>,
    /// Whether it is only told what would be done.
    pub dry_run: bool,
}

/// What a call in bulk did with links.
#[derive(Clone, Debug, Default)]
pub struct LinksOutcome {
    /// Links that it wrote, or would write, as they are then.
    pub done: Vec<AlignmentLinkRow>,
    /// Rows that were so already.
    pub unchanged: usize,
    /// Rows that the viewer sees and has no right on.
    pub skipped: usize,
    /// Rows that nobody may change so: work that the connection model refuses, links that are frozen.
    pub refused: usize,
    /// What was done all the same and lies outside the rules of the organization.
    pub warnings: Vec<String>,
    /// Whether more rows fit than one call looks at.
    pub has_more: bool,
    /// Whether nothing was written.
    pub is_dry: bool,
}

impl Command for CreateLinks {
    type Output = LinksOutcome;

    async fn run(&self, write: &mut Write) -> Result<LinksOutcome> {
        let mut checks = Checks::default();
        if let Some(weight) = self.weight {
            checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
        }
        checks.end()?;
        let (tasks, projects) = self.filters()?;
        let found = write.lock_fitting_work([tasks.as_ref(), projects.as_ref()], self.goal).await?;
        let named: HashSet<Uuid> = self.works.iter().flatten().map(|work| work.column().1).collect();
        if found.pieces.len() < named.len() {
            let message = "name work that does not exist or is archived";
            return Err(DomainError::user("ids", UserErrorCode::NotFound, message));
        }
        let goal = write.goal_facts(self.goal).await?;
        self.refuse_ended(&goal)?;
        let may_confirm = write.viewer().may_goal(Action::Confirm, goal.goal);
        if self.weight.is_some_and(|weight| weight.total_cmp(&1.0).is_ne()) && !may_confirm {
            let message =
                "only the goal's owner, managers of its team and leaders set a link's weight: leave it out";
            return Err(DomainError::Forbidden(message.to_owned()));
        }
        let mut outcome =
            LinksOutcome { has_more: found.has_more, is_dry: self.dry_run, ..LinksOutcome::default() };
        let works: Vec<_> = found.pieces.iter().map(PieceOfWork::subject).collect();
        let models = Models::of(write, &works).await?;
        let mut links = write.links_to(self.goal, &found.pieces).await?;
        let own = write.links_with_own_word(links.values().map(|link| link.id)).await?;
        let (mut made, mut changed) = (Vec::new(), Vec::new());
        let mut outside: Option<(usize, String)> = None;
        for piece in &found.pieces {
            if !write.viewer().may_work(Action::Link, piece.work) {
                outcome.skipped += 1;
                continue;
            }
            let fit = models.fit(piece.source, self.goal);
            if fit == Fit::Refused {
                outcome.refused += 1;
                continue;
            }
            let link = links.remove(&piece.id());
            if fit == Fit::Outside && link.as_ref().is_none_or(|link| link.state == LinkState::Retired) {
                outside.get_or_insert_with(|| (0, models.outside(piece.source))).0 += 1;
            }
            let Some(before) = link else {
                made.push(write.own_link((piece.source, self.goal), self.significance, self.weight));
                continue;
            };
            match self.strengthened(write, &before, may_confirm) {
                None => outcome.skipped += 1,
                // A retired one lives again, also where nothing else of it changes.
                Some(after)
                    if after == before && own.contains(&before.id) && before.state != LinkState::Retired =>
                {
                    outcome.unchanged += 1;
                }
                Some(after) => changed.push((before, after)),
            }
        }
        outcome.warnings.extend(outside.map(|(count, what)| format!("{count} of the links: each {what}")));
        outcome.done = write.tie_many(made, &changed, &own).await?;
        write.is_undone = self.dry_run;
        Ok(outcome)
    }
}

impl CreateLinks {
    /// The filters of tasks and of projects that are meant.
    fn filters(&self) -> Result<(Option<Predicate>, Option<Predicate>)> {
        match (&self.works, self.tasks.is_some() || self.projects.is_some()) {
            (None, true) => Ok((self.tasks.clone(), self.projects.clone())),
            (Some(works), false) if works.len() > BULK_MAX => {
                let message = format!("are at most {BULK_MAX}");
                Err(DomainError::user("ids", UserErrorCode::Invalid, message))
            }
            (Some(works), false) => {
                let (mut tasks, mut projects) = (Vec::new(), Vec::new());
                for work in works {
                    match work {
                        LinkSource::Task(id) => tasks.push(*id),
                        LinkSource::Project(id) => projects.push(*id),
                    }
                }
                let of = |table, ids: Vec<Uuid>| (!ids.is_empty()).then(|| Predicate::keys(table, &ids));
                Ok((of(TaskRow::TABLE, tasks), of(ProjectRow::TABLE, projects)))
            }
            (None, false) | (Some(_), true) => {
                let message = "give either ids, or a filter of tasks, of projects, or of both";
                Err(DomainError::user("ids", UserErrorCode::Required, message))
            }
        }
    }

    fn refuse_ended(&self, goal: &GoalFacts) -> Result<()> {
        let Some(why) = goal.closed() else { return Ok(()) };
        let field = match self.goal {
            LinkGoal::Objective(_) => "objectiveId",
            LinkGoal::KeyResult(_) => "keyResultId",
        };
        let what = format!("{} {why}: link the work to an open goal", goal.code);
        Err(DomainError::user(field, UserErrorCode::NotNow, what))
    }

    /// A link that is there, after this person's word; null where the word changes what only the goal's side may.
    fn strengthened(
        &self,
        write: &Write,
        link: &AlignmentLinkRow,
        may_confirm: bool,
    ) -> Option<AlignmentLinkRow> {
        let retired = link.state == LinkState::Retired;
        let significance = self.significance.unwrap_or(link.significance);
        let weight = self.weight.unwrap_or(link.weight);
        let weighs = weight.total_cmp(&link.weight).is_ne();
        if !may_confirm && (weighs || (!retired && significance != link.significance)) {
            return None;
        }
        let mut after = AlignmentLinkRow { origin: LinkOrigin::Manual, significance, weight, ..link.clone() };
        if retired || link.owner_id.is_none() {
            after.owner_id = write.person();
        }
        if retired || link.confirmed_at.is_none() || link.waits_for_movement() {
            after.confirmed_at = Some(write.now);
            after.confirmed_by_id = write.person();
        }
        Some(after)
    }
}

/// Work that fits, locked.
pub(in crate::domain) struct Fitting {
    pub(in crate::domain) pieces: Vec<PieceOfWork>,
    pub(in crate::domain) has_more: bool,
}

impl Write {
    /// Reads and locks the first tasks and projects that fit and are not archived, as far as the viewer sees them,
    /// and with them the goal and all that a change of their links goes up to.
    async fn lock_fitting_work(&self, filters: [Option<&Predicate>; 2], goal: LinkGoal) -> Result<Fitting> {
        let [of_tasks, of_projects] = filters;
        let mut tasks: Vec<Uuid> = self.fitting::<TaskRow>(of_tasks, BULK_MAX + 1).await?;
        let mut projects: Vec<Uuid> =
            self.fitting::<ProjectRow>(of_projects, BULK_MAX + 1 - tasks.len()).await?;
        let has_more = tasks.len() + projects.len() > BULK_MAX;
        tasks.truncate(BULK_MAX);
        projects.truncate(BULK_MAX - tasks.len());
        let (key_results, objectives) = match goal {
            LinkGoal::KeyResult(id) => (vec![id], Vec::new()),
            LinkGoal::Objective(id) => (Vec::new(), vec![id]),
        };
        self.lock_upwards(Reach {
            tasks: tasks.iter().copied().collect(),
            projects: projects.iter().copied().collect(),
            key_results: key_results.into_iter().collect(),
            objectives: objectives.into_iter().collect(),
        })
        .await?;
        // Read after the locks: some may have been archived or changed, or have gone out of sight.
        let tasks = self.still_fitting::<TaskRow>(of_tasks, &tasks).await?;
        let projects = self.still_fitting::<ProjectRow>(of_projects, &projects).await?;
        Ok(Fitting { pieces: self.pieces_of_work(&tasks, &projects).await?, has_more })
    }

    async fn fitting<R: Listed>(&self, filter: Option<&Predicate>, limit: usize) -> Result<Vec<Uuid>> {
        let Some(filter) = filter.filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut select = self.scope.find::<R>();
        select
            .and_where(Field::new(R::TABLE, "archived_at").expr().is_null())
            .cond_where(filter.condition(self.viewer(), self.tx.backend()))
            .order_by_expr(Field::new(R::TABLE, "id").expr(), Order::Asc)
            .limit(u64::try_from(limit).unwrap_or(u64::MAX));
        Ok(self.rows::<R>(&select).await?.iter().map(R::id).collect())
    }

    /// Those of locked rows that fit now.
    async fn still_fitting<R: Listed>(&self, filter: Option<&Predicate>, ids: &[Uuid]) -> Result<Vec<R>> {
        let Some(filter) = filter.filter(|_| !ids.is_empty()) else { return Ok(Vec::new()) };
        let mut select = self.scope.find::<R>();
        select
            .and_where(Field::new(R::TABLE, "archived_at").expr().is_null())
            .cond_where(filter.condition(self.viewer(), self.tx.backend()))
            .and_where(self.among(R::TABLE.name(), "id", ids))
            .order_by_expr(Field::new(R::TABLE, "id").expr(), Order::Asc);
        self.rows(&select).await
    }

    /// The links between work and a goal, locked, by work; whatever their state.
    async fn links_to(
        &self,
        goal: LinkGoal,
        pieces: &[PieceOfWork],
    ) -> Result<HashMap<Uuid, AlignmentLinkRow>> {
        let of = |column: &'static str| -> (&'static str, Vec<Uuid>) {
            let sources = pieces.iter().map(|piece| piece.source.column());
            (column, sources.filter(|(of, _)| *of == column).map(|(_, id)| id).collect())
        };
        let (column, id) = goal.column();
        let to_goal = Expr::col((Alias::new("alignment_link"), Alias::new(column))).eq(id);
        let ends = vec![of("task_id"), of("project_id")];
        let links = self.links_at(&ends, Condition::all().add(to_goal)).await?;
        Ok(links.into_iter().filter_map(|link| Some((link.source()?.1, link))).collect())
    }

    /// Those of the links for which this person gave their word already.
    async fn links_with_own_word(&self, links: impl Iterator<Item = Uuid> + Send) -> Result<HashSet<Uuid>> {
        let links: Vec<Uuid> = links.collect();
        if links.is_empty() {
            return Ok(HashSet::new());
        }
        let of = |name: &'static str| Expr::col((Alias::new("link_evidence"), Alias::new(name)));
        let mut select = Query::select();
        select
            .expr(of("alignment_link_id"))
            .from(Alias::new("link_evidence"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(self.among("link_evidence", "alignment_link_id", &links))
            .and_where(of("origin").eq(LinkOrigin::Manual))
            .and_where(of("removed_at").is_null())
            .and_where(match self.person() {
                Some(person) => of("person_id").eq(person),
                None => of("person_id").is_null(),
            });
        let rows = self.tx.all(&select).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }

    /// Writes new links and the changes of those that were there, with spans, evidence, events and what follows for
    /// numbers; gives them as they are then.
    async fn tie_many(
        &mut self,
        mut made: Vec<AlignmentLinkRow>,
        changed: &[(AlignmentLinkRow, AlignmentLinkRow)],
        own: &HashSet<Uuid>,
    ) -> Result<Vec<AlignmentLinkRow>> {
        self.settle_new(&mut made).await?;
        let rows: HashMap<Uuid, alignment_link::ActiveModel> =
            made.iter().map(|link| (link.id, self.row_of(link))).collect();
        self.insert_all::<alignment_link::Entity>(rows.values().cloned().collect()).await?;
        let spans = made.iter().map(|link| self.first_span(link)).collect();
        self.insert_all::<link_interval::Entity>(spans).await?;
        let said = changed.iter().map(|(link, _)| link.id).filter(|id| !own.contains(id));
        let evidence = made.iter().map(|link| link.id).chain(said).map(|link| self.own_word(link)).collect();
        self.insert_all::<link_evidence::Entity>(evidence).await?;
        let news: HashMap<Uuid, Map<String, Json>> =
            rows.iter().map(|(id, row)| (*id, news_of(row))).collect();
        self.note_links(&made, EventKind::Created, |link| {
            (None, news.get(&link.id).cloned().unwrap_or_default())
        })
        .await?;
        self.rewrite_links(changed).await?;
        let mut ids: Vec<Uuid> = made.iter().map(|link| link.id).collect();
        let before: Vec<Uuid> = changed.iter().map(|(link, _)| link.id).collect();
        let mut links = self.lock_links(&before).await?;
        links.retain(|link| link.state != LinkState::Active);
        // Whatever else is wrong with its goal or owner keeps a link stale.
        self.settle(links).await?;
        ids.extend(before);
        let mut done = self.everyones::<AlignmentLinkRow>(&ids).await?;
        done.sort_by_key(|link| link.id);
        self.touch_links(&done).await?;
        Ok(done)
    }

    /// Writes what a person's word changes of links that are there, with an event for each that differs.
    async fn rewrite_links(&mut self, changed: &[(AlignmentLinkRow, AlignmentLinkRow)]) -> Result<()> {
        let changed: Vec<&(AlignmentLinkRow, AlignmentLinkRow)> =
            changed.iter().filter(|(before, after)| before != after).collect();
        let rows = changed.iter().map(|(_, after)| {
            (after.id, values_of(after).into_iter().map(|(_, value)| value).collect::<Vec<Value>>())
        });
        let columns = ["significance", "origin", "weight", "owner_id", "confirmed_at", "confirmed_by_id"];
        self.update_many("alignment_link", &columns, rows.collect(), true).await?;
        let news: HashMap<Uuid, News> =
            changed.iter().map(|(before, after)| (after.id, difference(before, after))).collect();
        let links: Vec<AlignmentLinkRow> = changed.iter().map(|(_, after)| after.clone()).collect();
        self.note_links(&links, EventKind::Updated, |link| {
            let (previous, current) = news.get(&link.id).cloned().unwrap_or_default();
            (Some(previous), current)
        })
        .await
    }
}

/// What a person's word may change of a link.
fn values_of(link: &AlignmentLinkRow) -> [(&'static str, Value); 6] {
    [
        ("significance", link.significance.into()),
        ("origin", link.origin.into()),
        ("weight", link.weight.into()),
        ("owner_id", link.owner_id.into()),
        ("confirmed_at", link.confirmed_at.into()),
        ("confirmed_by_id", link.confirmed_by_id.into()),
    ]
}

/// The values that differ, before and after.
fn difference(before: &AlignmentLinkRow, after: &AlignmentLinkRow) -> (Map<String, Json>, Map<String, Json>) {
    let (mut previous, mut current) = (Map::new(), Map::new());
    for ((name, old), (_, new)) in values_of(before).into_iter().zip(values_of(after)) {
        if old != new {
            previous.insert(name.to_owned(), json_of(&old));
            current.insert(name.to_owned(), json_of(&new));
        }
    }
    (previous, current)
}
