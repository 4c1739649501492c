//! Retiring and confirming links in bulk, by filter or by keys: a handful of statements, however many.

use std::collections::{HashMap, HashSet};

use entity::{EventKind, GoalState, LinkState};
use sea_orm::sea_query::{Condition, ExprTrait, Order};
use serde_json::{Map, json};
use uuid::Uuid;

use super::{
    access::{Action, scope::Listed},
    acknowledge_many::BULK_MAX,
    alignment_link::AlignmentLinkRow,
    error::{DomainError, Result, UserErrorCode},
    goal_lock::Reach,
    link_create_many::LinksOutcome,
    piece_of_work::PieceOfWork,
    predicate::{Field, Predicate},
    project::ProjectRow,
    task::TaskRow,
    work_rights::GoalFacts,
    write::{Command, Write},
};

/// Which links a call in bulk means.
#[derive(Clone, Debug, Default)]
pub struct LinksMeant {
    /// These; null for those that fit the filter.
    pub ids: Option<Vec<Uuid>>,
    /// Which of those that are not retired; null where keys are given.
    pub filter: Option<Predicate>,
}

/// Retires all links that are meant, as far as the viewer sees them and has the right on one of their ends.
#[derive(Clone, Debug)]
pub struct RetireLinks {
    /// Which ones.
    pub links: LinksMeant,
    /// Whether it is only told what would be done.
    pub dry_run: bool,
}

impl Command for RetireLinks {
    type Output = LinksOutcome;

    async fn run(&self, write: &mut Write) -> Result<LinksOutcome> {
        let locked = write.lock_meant(&self.links).await?;
        let mut outcome = locked.outcome(self.dry_run);
        let mut retired = Vec::new();
        for link in &locked.links {
            let Some((work, goal)) = locked.ends_of(link) else { continue };
            if link.state == LinkState::Retired {
                outcome.unchanged += 1;
            } else if !(write.viewer().may_work(Action::Retire, work.work)
                || write.viewer().may_goal(Action::Retire, goal.goal))
            {
                outcome.skipped += 1;
            } else if goal.goal.state == GoalState::Closed {
                outcome.refused += 1;
            } else {
                retired.push(link.clone());
            }
        }
        write.change_link_state(&retired, LinkState::Retired, None, EventKind::Retired).await?;
        outcome.done = write.links_after(&retired).await?;
        write.is_undone = self.dry_run;
        Ok(outcome)
    }
}

/// Confirms all links that are meant, as far as the viewer sees them and answers for their goals.
#[derive(Clone, Debug)]
pub struct ConfirmLinks {
    /// Which ones.
    pub links: LinksMeant,
    /// Whether it is only told what would be done.
    pub dry_run: bool,
}

impl Command for ConfirmLinks {
    type Output = LinksOutcome;

    async fn run(&self, write: &mut Write) -> Result<LinksOutcome> {
        let locked = write.lock_meant(&self.links).await?;
        let mut outcome = locked.outcome(self.dry_run);
        let mut confirmed = Vec::new();
        for link in &locked.links {
            let Some((_, goal)) = locked.ends_of(link) else { continue };
            if !write.viewer().may_goal(Action::Confirm, goal.goal) {
                outcome.skipped += 1;
            } else if goal.goal.state == GoalState::Closed || link.state == LinkState::Retired {
                outcome.refused += 1;
            } else if link.confirmed_at.is_some() && !link.waits_for_movement() {
                outcome.unchanged += 1;
                // As with a single one: whoever confirms a link has looked at what has changed since.
                write.look_again.stand_by([link.id]);
            } else {
                confirmed.push(link.clone());
            }
        }
        write.confirm_links(&confirmed).await?;
        outcome.done = write.links_after(&confirmed).await?;
        write.is_undone = self.dry_run;
        Ok(outcome)
    }
}

/// Links that are meant, with what decides about each.
struct Locked {
    links: Vec<AlignmentLinkRow>,
    works: HashMap<Uuid, PieceOfWork>,
    goals: HashMap<Uuid, GoalFacts>,
    has_more: bool,
}

impl Locked {
    fn ends_of(&self, link: &AlignmentLinkRow) -> Option<(&PieceOfWork, &GoalFacts)> {
        Some((self.works.get(&link.source()?.1)?, self.goals.get(&link.target()?.1)?))
    }

    fn outcome(&self, dry_run: bool) -> LinksOutcome {
        LinksOutcome { has_more: self.has_more, is_dry: dry_run, ..LinksOutcome::default() }
    }
}

impl Write {
    /// Reads and locks the links that are meant, after their ends and all that a change of them goes up to.
    async fn lock_meant(&self, meant: &LinksMeant) -> Result<Locked> {
        let mut found = match (&meant.ids, &meant.filter) {
            (Some(ids), None) => self.links_named(ids).await?,
            (None, Some(filter)) => self.links_fitting(filter).await?,
            (None, None) | (Some(_), Some(_)) => {
                let message = "give either ids or a filter";
                return Err(DomainError::user("ids", UserErrorCode::Required, message));
            }
        };
        let has_more = found.len() > BULK_MAX;
        found.truncate(BULK_MAX);
        let keys = |key: fn(&AlignmentLinkRow) -> Option<Uuid>| found.iter().filter_map(key);
        self.lock_upwards(Reach {
            tasks: keys(|link| link.task_id).collect(),
            projects: keys(|link| link.project_id).collect(),
            key_results: keys(|link| link.key_result_id).collect(),
            objectives: keys(|link| link.objective_id).collect(),
        })
        .await?;
        let distinct = |key: fn(&AlignmentLinkRow) -> Option<Uuid>| -> Vec<Uuid> {
            keys(key).collect::<HashSet<_>>().into_iter().collect()
        };
        let tasks = self.everyones::<TaskRow>(&distinct(|link| link.task_id)).await?;
        let projects = self.everyones::<ProjectRow>(&distinct(|link| link.project_id)).await?;
        let works = self.pieces_of_work(&tasks, &projects).await?;
        let goals = self.goals_facts(&found).await?;
        // Read after the locks: somebody may have changed some meanwhile.
        let ids: Vec<Uuid> = found.iter().map(|link| link.id).collect();
        let links = self.lock_all::<AlignmentLinkRow>(&ids).await?;
        let works = works.into_iter().map(|piece| (piece.id(), piece)).collect();
        Ok(Locked { links, works, goals, has_more })
    }

    async fn links_named(&self, ids: &[Uuid]) -> Result<Vec<AlignmentLinkRow>> {
        if ids.len() > BULK_MAX {
            let message = format!("are at most {BULK_MAX}");
            return Err(DomainError::user("ids", UserErrorCode::Invalid, message));
        }
        let mut select = self.scope.find::<AlignmentLinkRow>();
        select.and_where(self.among("alignment_link", "id", ids));
        let rows = self.rows::<AlignmentLinkRow>(&select).await?;
        let found: HashSet<Uuid> = rows.iter().map(|row| row.id).collect();
        if ids.iter().any(|id| !found.contains(id)) {
            let message = "name a link that does not exist";
            return Err(DomainError::user("ids", UserErrorCode::NotFound, message));
        }
        Ok(rows)
    }

    async fn links_fitting(&self, filter: &Predicate) -> Result<Vec<AlignmentLinkRow>> {
        let of = |column| Field::new(AlignmentLinkRow::TABLE, column).expr();
        let mut select = self.scope.find::<AlignmentLinkRow>();
        select
            .and_where(of("state").ne(LinkState::Retired))
            .cond_where(filter.condition(self.viewer(), self.tx.backend()))
            .order_by_expr(of("id"), Order::Asc)
            .limit(u64::try_from(BULK_MAX + 1).unwrap_or(u64::MAX));
        self.rows(&select).await
    }

    async fn links_after(&self, links: &[AlignmentLinkRow]) -> Result<Vec<AlignmentLinkRow>> {
        let ids: Vec<Uuid> = links.iter().map(|link| link.id).collect();
        let mut rows = self.everyones::<AlignmentLinkRow>(&ids).await?;
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }

    /// Confirms locked links, with events, the state that follows, and what follows for numbers.
    async fn confirm_links(&mut self, links: &[AlignmentLinkRow]) -> Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = links.iter().map(|link| link.id).collect();
        let (now, person) = (self.now.0, self.person());
        let sets = vec![
            ("confirmed_at", now.into()),
            ("confirmed_by_id", person.into()),
            ("updated_at", self.not_before(links).0.into()),
        ];
        self.set_where(
            "alignment_link",
            sets,
            Condition::all().add(self.among("alignment_link", "id", &ids)),
        )
        .await?;
        self.bump_versions("alignment_link", &ids).await?;
        let news = |at: Option<i64>, by: Option<Uuid>| {
            Map::from_iter([
                ("confirmed_at".to_owned(), json!(at)),
                ("confirmed_by_id".to_owned(), json!(by)),
            ])
        };
        self.note_links(links, EventKind::Confirmed, |link| {
            let before = news(link.confirmed_at.map(|at| at.0), link.confirmed_by_id);
            (Some(before), news(Some(now), person))
        })
        .await?;
        let mut links = self.lock_links(&ids).await?;
        self.touch_links(&links).await?;
        links.retain(|link| link.state == LinkState::Stale);
        self.settle(links).await
    }
}
