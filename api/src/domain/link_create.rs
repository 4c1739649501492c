//! How people make links.

use entity::{
    EventKind, LinkOrigin, LinkState, Significance, SubjectKind, alignment_link, link_evidence, link_interval,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait, Query},
};
use uuid::Uuid;

use super::{
    access::{
        Action, Permit, Viewer,
        scope::{Listed, select_columns},
    },
    alignment_link::AlignmentLinkRow,
    error::{DomainError, Result, UserErrorCode},
    events::NewEvent,
    link_target::{LinkGoal, LinkSource, SourceFacts},
    project::ProjectRow,
    stale::state_for,
    text::{self, Checks},
    work_rights::GoalFacts,
    write::{Changes, Command, Write, digest_of, news_with_digest},
};

/// Ties a piece of work to a goal, by hand.
///
/// One row stands for a source and a target: a link that is there already gains this person's evidence and
/// confirmation, and one that was retired is revived.
#[derive(Clone, Debug)]
pub struct CreateLink {
    /// Client-made key, which makes a retry safe.
    pub id: Option<Uuid>,
    /// The work.
    pub source: LinkSource,
    /// The goal.
    pub goal: LinkGoal,
    /// Whether the work counts; a new link contributes, one that is there stays as it is, when left out.
    pub significance: Option<Significance>,
    /// Share in the goal's work progress; 1 for a new link, as it is for one that is there, when left out.
    /// Any other needs the right on the goal: without it this is `FORBIDDEN`.
    pub weight: Option<f64>,
}

/// A link that a person made, with what to warn them of.
#[derive(Clone, Debug)]
pub struct LinkMade {
    /// The link.
    pub link: AlignmentLinkRow,
    /// What lies outside the rules of the organization and was done all the same.
    pub warnings: Vec<String>,
}

impl Command for CreateLink {
    type Output = LinkMade;

    async fn run(&self, write: &mut Write) -> Result<LinkMade> {
        let digest = digest_of(self);
        if let Some(id) = write.created_before(SubjectKind::AlignmentLink, self.id, &digest).await? {
            let link = write.get(id).await?.ok_or(DomainError::NotFound)?;
            return Ok(LinkMade { link, warnings: Vec::new() });
        }
        self.check()?;
        write.lock_ends(self.source, self.goal).await?;
        write.tie(self, &digest).await
    }
}

impl CreateLink {
    /// Refuses what is wrong whatever is stored.
    pub(in crate::domain) fn check(&self) -> Result<()> {
        let mut checks = Checks::default();
        if let Some(weight) = self.weight {
            checks.take(text::within("weight", weight, 0.0, 1_000_000.0));
        }
        checks.end()
    }
}

/// Ties projects to the goal behind a code, in one transaction: for an import that was told to.
#[derive(Clone, Debug)]
pub struct LinkWork {
    /// The projects.
    pub projects: Vec<Uuid>,
    /// Code of the goal, `KR-3` or `O-2`.
    pub code: String,
}

impl Command for LinkWork {
    type Output = Vec<AlignmentLinkRow>;

    async fn run(&self, write: &mut Write) -> Result<Vec<AlignmentLinkRow>> {
        let goal = write.goal_by_code(&self.code).await?;
        let mut projects = self.projects.clone();
        projects.sort_unstable();
        projects.dedup();
        write.lock_in_order::<ProjectRow>(&projects).await?;
        let mut links = Vec::with_capacity(projects.len());
        for project in projects {
            let source = LinkSource::Project(project);
            let command = CreateLink { id: None, source, goal, significance: None, weight: None };
            write.lock_ends(source, goal).await?;
            let digest = digest_of(&command);
            links.push(write.tie(&command, &digest).await?.link);
        }
        Ok(links)
    }
}

impl Write {
    /// Makes, strengthens or revives the one link between two locked ends.
    pub(in crate::domain) async fn tie(&mut self, wish: &CreateLink, digest: &str) -> Result<LinkMade> {
        let source = self.source_facts(wish.source).await?;
        let goal = self.goal_facts(wish.goal).await?;
        self.viewer().permit_work::<ProjectRow>(Action::Link, source.work, source.row)?;
        let link = self.link_between(wish.source, wish.goal).await?;
        let weight_now = link.as_ref().map_or(1.0, |link| link.weight);
        let may_confirm = self.viewer().may_goal(Action::Confirm, goal.goal);
        if wish.weight.is_some_and(|weight| weight.total_cmp(&weight_now).is_ne()) && !may_confirm {
            return Err(DomainError::Forbidden(
                "only the goal's owner, managers of its team and leaders set a link's weight: leave it out"
                    .to_owned(),
            ));
        }
        refuse_ended(wish, &source, &goal)?;
        let warnings = self.check_model(wish.source, source.team, wish.goal).await?.into_iter().collect();
        let link = match link {
            None => self.insert_link(wish, digest).await?,
            Some(link) => {
                let allowed = self.viewer().may_work(Action::Link, source.work);
                let permit = Viewer::permit_link(allowed, (link.id, link.version))?;
                self.strengthen(&permit, link, wish, may_confirm).await?
            }
        };
        Ok(LinkMade { link, warnings })
    }

    /// The link between two ends, locked, whatever its state.
    async fn link_between(&self, source: LinkSource, goal: LinkGoal) -> Result<Option<AlignmentLinkRow>> {
        let of = |name: &'static str| Expr::col((Alias::new("alignment_link"), Alias::new(name)));
        let (work, work_id) = source.column();
        let (target, target_id) = goal.column();
        let mut select = Query::select();
        select_columns::<AlignmentLinkRow>(&mut select);
        select
            .from(Alias::new(AlignmentLinkRow::TABLE.name()))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of(work).eq(work_id))
            .and_where(of(target).eq(target_id));
        self.locked(&mut select, AlignmentLinkRow::TABLE.name());
        Ok(self.rows::<AlignmentLinkRow>(&select).await?.pop())
    }

    /// The person who acts; null for Throughline itself.
    pub(in crate::domain) fn person(&self) -> Option<Uuid> {
        Some(self.viewer().person_id).filter(|person| !person.is_nil())
    }

    async fn insert_link(&mut self, wish: &CreateLink, digest: &str) -> Result<AlignmentLinkRow> {
        let mut link = self.own_link((wish.source, wish.goal), wish.significance, wish.weight);
        link.id = wish.id.unwrap_or(link.id);
        self.settle_new(std::slice::from_mut(&mut link)).await?;
        let id = link.id;
        let row = self.row_of(&link);
        let news = news_with_digest(&row, digest);
        self.insert::<alignment_link::Entity>(row).await?;
        self.add_own_evidence(id).await?;
        let link: AlignmentLinkRow = self.reread(id).await?;
        self.insert::<link_interval::Entity>(self.first_span(&link)).await?;
        let sight = self.sight_of_link(&link, &mut Default::default()).await?;
        self.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::AlignmentLink, id),
            ancestors: link.source().into_iter().chain(link.target()).collect(),
            sight,
            previous: None,
            current: news,
        });
        self.touch_links(std::slice::from_ref(&link)).await?;
        Ok(link)
    }

    /// Adds a person's word to a link that is there: it becomes theirs by hand and confirmed; retired, or
    /// stale for want of just that word, it lives again.
    async fn strengthen(
        &mut self,
        permit: &Permit<AlignmentLinkRow>,
        link: AlignmentLinkRow,
        wish: &CreateLink,
        may_confirm: bool,
    ) -> Result<AlignmentLinkRow> {
        use alignment_link::Column;
        let retired = link.state == LinkState::Retired;
        let significance = wish.significance.unwrap_or(link.significance);
        if !retired && !may_confirm && significance != link.significance {
            return Err(DomainError::Forbidden(
                "only the goal's owner, managers of its team and leaders change what a link signifies"
                    .to_owned(),
            ));
        }
        let mut changes = Changes::<alignment_link::Entity>::new();
        changes.set(Column::Origin, &link.origin, LinkOrigin::Manual);
        changes.set(Column::Significance, &link.significance, significance);
        changes.set(Column::Weight, &link.weight, wish.weight.unwrap_or(link.weight));
        if retired || link.owner_id.is_none() {
            changes.set(Column::OwnerId, &link.owner_id, self.person());
        }
        if retired || link.confirmed_at.is_none() || link.waits_for_movement() {
            changes.set(Column::ConfirmedAt, &link.confirmed_at, Some(self.now));
            changes.set(Column::ConfirmedById, &link.confirmed_by_id, self.person());
        }
        self.add_own_evidence(link.id).await?;
        let link = self.change_link(permit, link, changes, EventKind::Updated).await?;
        self.wake_link(link, retired).await
    }

    /// Gives a stale link the state that follows from a person's word, and, where `retired` is said, one that
    /// was retired.
    pub(in crate::domain) async fn wake_link(
        &mut self,
        link: AlignmentLinkRow,
        retired: bool,
    ) -> Result<AlignmentLinkRow> {
        let wakes = match link.state {
            LinkState::Retired => retired,
            LinkState::Stale => true,
            LinkState::Active => false,
        };
        if !wakes {
            return Ok(link);
        }
        let id = link.id;
        // Whatever else is wrong with its goal or owner keeps it stale.
        self.settle(vec![link]).await?;
        self.reread(id).await
    }

    /// One row of evidence a person: a second word of the same person adds nothing.
    async fn add_own_evidence(&self, link: Uuid) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("link_evidence"), Alias::new(name)));
        let person = self.person();
        let mut select = Query::select();
        select
            .expr(of("id"))
            .from(Alias::new("link_evidence"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("alignment_link_id").eq(link))
            .and_where(of("origin").eq(LinkOrigin::Manual))
            .and_where(of("removed_at").is_null())
            .and_where(match person {
                Some(person) => of("person_id").eq(person),
                None => of("person_id").is_null(),
            });
        if self.tx.one(&select).await?.is_some() {
            return Ok(());
        }
        self.insert::<link_evidence::Entity>(self.own_word(link)).await
    }

    /// A new link that this person makes: who makes one by hand means it, so it counts at once, with the work that
    /// is done already.
    pub(in crate::domain) fn own_link(
        &self,
        (source, goal): (LinkSource, LinkGoal),
        significance: Option<Significance>,
        weight: Option<f64>,
    ) -> AlignmentLinkRow {
        let (project_id, task_id) = match source {
            LinkSource::Project(id) => (Some(id), None),
            LinkSource::Task(id) => (None, Some(id)),
        };
        let (objective_id, key_result_id) = match goal {
            LinkGoal::Objective(id) => (Some(id), None),
            LinkGoal::KeyResult(id) => (None, Some(id)),
        };
        AlignmentLinkRow {
            id: self.new_id(),
            project_id,
            task_id,
            objective_id,
            key_result_id,
            state: LinkState::Active,
            stale_reason: None,
            significance: significance.unwrap_or(Significance::Contributes),
            origin: LinkOrigin::Manual,
            weight: weight.unwrap_or(1.0),
            owner_id: self.person(),
            confirmed_at: Some(self.now),
            confirmed_by_id: self.person(),
            retired_at: None,
            retired_by_id: None,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        }
    }

    /// Gives links that are not written yet the state that follows from what holds now: the cycle of the goal may
    /// have ended, which no later change would tell.
    pub(in crate::domain) async fn settle_new(&self, links: &mut [AlignmentLinkRow]) -> Result<()> {
        let stale = self.stale_reasons(links).await?;
        for link in links {
            link.stale_reason = stale.get(&link.id).copied();
            link.state = state_for(link.stale_reason);
        }
        Ok(())
    }

    /// This person's word for a link, as evidence to insert.
    pub(in crate::domain) fn own_word(&self, link: Uuid) -> link_evidence::ActiveModel {
        link_evidence::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            alignment_link_id: Set(link),
            origin: Set(LinkOrigin::Manual),
            field: Set(None),
            text: Set(None),
            position: Set(None),
            code: Set(None),
            successor_code: Set(None),
            person_id: Set(self.person()),
            removed_at: Set(None),
            created_at: Set(self.now),
        }
    }
}

fn refuse_ended(wish: &CreateLink, source: &SourceFacts, goal: &GoalFacts) -> Result<()> {
    if source.archived {
        let field = match wish.source {
            LinkSource::Project(_) => "projectId",
            LinkSource::Task(_) => "taskId",
        };
        return Err(DomainError::user(field, UserErrorCode::NotNow, "is archived"));
    }
    if let Some(why) = goal.closed() {
        let field = match wish.goal {
            LinkGoal::Objective(_) => "objectiveId",
            LinkGoal::KeyResult(_) => "keyResultId",
        };
        let what = format!("{} {why}: link the work to an open goal", goal.code);
        return Err(DomainError::user(field, UserErrorCode::NotNow, what));
    }
    Ok(())
}
