//! What goes on in the place of a closed goal: a copy of its objective, and a key result that starts where the
//! old one ended.

use entity::{
    CarryOverDecision, EventKind, GoalState, KeyResultKind, PointSource, SubjectKind, carry_over, key_result,
    milestone, objective,
};
use sea_orm::{
    ActiveValue::Set,
    sea_query::{Alias, Expr, ExprTrait, Order, Query},
};
use uuid::Uuid;

use super::{CarryOver, NextMilestone, WEIGHT_MAX};
use crate::domain::{
    access::{Action, permit::Goal, scope::select_columns},
    cycle::CycleRow,
    error::{Result, UserError, UserErrorCode},
    events::NewEvent,
    key_result::{KeyResultRow, definition},
    milestone::MilestoneRow,
    objective::ObjectiveRow,
    objective_check::{CheckFacts, CheckKind, check_objective},
    person::PersonRow,
    progress::validate_measures,
    relation::Table,
    text::{self, Checks},
    write::{Write, news_of, news_with_digest},
};

impl Write {
    /// The objective that goes on in the cycle in place of a closed one: the one that does already, else a
    /// copy of it.
    pub(super) async fn successor_of_objective(
        &mut self,
        home: &ObjectiveRow,
        cycle: &CycleRow,
    ) -> Result<ObjectiveRow> {
        let known = self.carry_overs("objective_id", home.id).await?;
        let known = known.iter().find(|row| row.cycle_id == Some(cycle.id));
        if let Some(id) = known.and_then(|row| row.successor_objective_id) {
            return self.open_objective(id).await;
        }
        let id = self.new_id();
        let owner = self.still_there(home.owner_id).await?;
        let goal = |state| Goal { team: home.team_id, owner, state };
        // What the organization publishes by no other way is a proposal here too. Its key result comes with it.
        let facts = CheckFacts {
            is_proposed: true,
            source: home.progress_source,
            has_owner: owner.is_some(),
            key_results: &[],
        };
        let is_fit = !check_objective(&facts, &self.viewer().settings)
            .iter()
            .any(|problem| problem.blocks && problem.kind != CheckKind::NoKeyResult);
        let state = if is_fit && self.viewer().may_goal(Action::Create, goal(GoalState::Active)) {
            GoalState::Active
        } else {
            GoalState::Draft
        };
        self.viewer().permit_goal::<ObjectiveRow>(Action::Create, goal(state), (id, 1))?;
        let number = self.next_number("next_objective_number").await?;
        let row = objective::ActiveModel {
            id: Set(id),
            organization_id: Set(self.viewer().organization_id),
            number: Set(number),
            code: Set(format!("{}-{number}", self.viewer().settings.objective_prefix)),
            title_folded: Set(home.title.to_lowercase()),
            title: Set(home.title.clone()),
            description: Set(self.long_text(Table::Objective, "description", home.id).await?),
            owner_id: Set(owner),
            team_id: Set(home.team_id),
            cycle_id: Set(Some(cycle.id)),
            parent_id: Set(self.parent_to_go_on_under(home, cycle).await?),
            state: Set(state),
            kind: Set(home.kind),
            visibility: Set(home.visibility),
            priority: Set(home.priority),
            weight: Set(home.weight),
            include_children: Set(home.include_children),
            progress_source: Set(home.progress_source),
            check_in_days: Set(home.check_in_days),
            check_in_owner_id: Set(self.still_there(home.check_in_owner_id).await?),
            check_in_reviewer_id: Set(self.still_there(home.check_in_reviewer_id).await?),
            created_at: Set(self.now),
            updated_at: Set(self.now),
            ..Default::default()
        };
        let news = news_of(&row);
        self.insert::<objective::Entity>(row).await?;
        let made: ObjectiveRow = self.reread(id).await?;
        self.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::Objective, id),
            ancestors: made.ancestors(),
            sight: made.sight(),
            previous: None,
            current: news,
        });
        self.touched.source = Some(PointSource::Edit);
        self.touched.objectives.insert(id);
        self.touched.objectives.extend(made.parent_id);
        self.insert::<carry_over::Entity>(carry_over::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            decision: Set(CarryOverDecision::Keep),
            key_result_id: Set(None),
            objective_id: Set(Some(home.id)),
            successor_key_result_id: Set(None),
            successor_objective_id: Set(Some(id)),
            cycle_id: Set(Some(cycle.id)),
            note: Set(None),
            person_id: Set(Some(self.viewer().person_id).filter(|person| !person.is_nil())),
            created_at: Set(self.now),
        })
        .await?;
        let to = (made.id, made.code.as_str());
        self.go_on_with_work(SubjectKind::Objective, (home.id, &home.code), to).await?;
        Ok(made)
    }

    /// The objective above, or the one that goes on in its place; none where that is over too, or is set for a
    /// cycle that the new one does not lie in: next year's quarter adds nothing to this year's aims.
    async fn parent_to_go_on_under(&self, home: &ObjectiveRow, cycle: &CycleRow) -> Result<Option<Uuid>> {
        let Some(parent) = home.parent_id else { return Ok(None) };
        let next = self.successors(SubjectKind::Objective, &[parent]).await?.remove(&parent);
        let above: ObjectiveRow = self.reread(next.unwrap_or(parent)).await?;
        let is_open = match above.state {
            GoalState::Draft | GoalState::Active => above.archived_at.is_none(),
            GoalState::Closed | GoalState::Cancelled => false,
        };
        let is_around = match above.cycle_id {
            Some(around) => self.lies_within(cycle, around).await?,
            None => true,
        };
        Ok((is_open && is_around).then_some(above.id))
    }

    /// Whether a cycle is another one, or lies within it.
    async fn lies_within(&self, cycle: &CycleRow, around: Uuid) -> Result<bool> {
        let mut at = cycle.id;
        let mut next = cycle.parent_id;
        // Cycles form no rings, so the walk ends at the top.
        while at != around {
            let Some(above) = next else { return Ok(false) };
            at = above;
            next = self.reread::<CycleRow>(above).await?.parent_id;
        }
        Ok(true)
    }

    /// A person who is still active.
    async fn still_there(&self, person: Option<Uuid>) -> Result<Option<Uuid>> {
        let people: Vec<Uuid> = person.into_iter().collect();
        let rows = self.everyones::<PersonRow>(&people).await?;
        Ok(rows.iter().find(|row| row.deactivated_at.is_none()).map(|row| row.id))
    }

    /// Makes the key result that goes on.
    pub(super) async fn go_on(
        &mut self,
        wish: &CarryOver,
        row: &KeyResultRow,
        under: &ObjectiveRow,
        digest: &str,
    ) -> Result<Uuid> {
        let measures = wish.measures(row);
        let mut checks = Checks::default();
        let title = wish.title.as_deref().map(|title| checks.take(text::title("title", title)));
        let weight = wish.weight.unwrap_or(row.weight);
        checks.take(text::within("weight", weight, 0.0, WEIGHT_MAX));
        for problem in validate_measures(&measures, row.progress_source) {
            // Where it ended is its start now, so what is wrong is mended by other aims.
            let field = if problem.field == "start" { "target" } else { problem.field };
            let message = format!("{}: it starts where {} ended, so MODIFY it", problem.message, row.code);
            checks.refuse(UserError::at(field, UserErrorCode::Invalid, message));
        }
        checks.end()?;
        self.check_goal_references(wish.owner, None, None).await?;
        let owner = match wish.owner {
            Some(owner) => Some(owner),
            None => self.still_there(row.owner_id).await?,
        };
        self.refuse_blind("ownerId", owner, under).await?;
        let id = wish.id.unwrap_or_else(|| self.new_id());
        let goal = |state| definition(under, owner, state, self.viewer());
        let state = if self.viewer().may_goal(Action::Create, goal(GoalState::Active)) {
            GoalState::Active
        } else {
            GoalState::Draft
        };
        self.viewer().permit_goal::<KeyResultRow>(Action::Create, goal(state), (id, 1))?;
        let number = self.next_number("next_key_result_number").await?;
        let title = title.unwrap_or_else(|| row.title.clone());
        let new = key_result::ActiveModel {
            id: Set(id),
            organization_id: Set(self.viewer().organization_id),
            objective_id: Set(under.id),
            number: Set(number),
            code: Set(format!("{}-{number}", self.viewer().settings.key_result_prefix)),
            title_folded: Set(title.to_lowercase()),
            title: Set(title),
            description: Set(self.long_text(Table::KeyResult, "description", row.id).await?),
            owner_id: Set(owner),
            state: Set(state),
            kind: Set(row.kind),
            unit: Set(row.unit.clone()),
            start_value: Set(measures.start),
            target_value: Set(measures.target),
            target_percent: Set(measures.target_percent),
            current_value: Set(measures.start),
            commit_value: Set(measures.commit),
            stretch_value: Set(measures.stretch),
            lower_bound: Set(measures.lower),
            upper_bound: Set(measures.upper),
            tolerance: Set(measures.tolerance),
            progress_source: Set(row.progress_source),
            weight: Set(weight),
            check_in_days: Set(row.check_in_days),
            check_in_owner_id: Set(self.still_there(row.check_in_owner_id).await?),
            check_in_reviewer_id: Set(self.still_there(row.check_in_reviewer_id).await?),
            created_at: Set(self.now),
            updated_at: Set(self.now),
            ..Default::default()
        };
        let news = news_with_digest(&new, digest);
        self.insert::<key_result::Entity>(new).await?;
        self.note(NewEvent {
            kind: EventKind::Created,
            subject: (SubjectKind::KeyResult, id),
            ancestors: under.ancestors_of_member(),
            sight: under.sight(),
            previous: None,
            current: news,
        });
        if row.kind == KeyResultKind::Milestone {
            match &wish.milestones {
                Some(milestones) => self.insert_milestones(id, milestones.clone()).await?,
                None => self.copy_open_milestones(row.id, id).await?,
            }
        }
        self.touched.source = Some(PointSource::Edit);
        self.touched.key_results.insert(id);
        self.touched.measured.insert(id);
        self.touched.objectives.insert(under.id);
        Ok(id)
    }

    /// What was not reached is still to be reached.
    async fn copy_open_milestones(&self, from: Uuid, to: Uuid) -> Result<()> {
        let of = |name: &'static str| Expr::col((Alias::new("milestone"), Alias::new(name)));
        let mut select = Query::select();
        select_columns::<MilestoneRow>(&mut select);
        select
            .from(Alias::new("milestone"))
            .and_where(of("organization_id").eq(self.viewer().organization_id))
            .and_where(of("key_result_id").eq(from))
            .and_where(of("done_at").is_null())
            .order_by((Alias::new("milestone"), Alias::new("id")), Order::Asc);
        let rows = self.rows::<MilestoneRow>(&select).await?;
        let rows = rows.into_iter().map(|row| NextMilestone {
            title: row.title,
            weight: row.weight,
            due_on: row.due_on,
        });
        self.insert_milestones(to, rows.collect()).await
    }

    async fn insert_milestones(&self, to: Uuid, milestones: Vec<NextMilestone>) -> Result<()> {
        let rows = milestones.into_iter().map(|row| milestone::ActiveModel {
            id: Set(self.new_id()),
            organization_id: Set(self.viewer().organization_id),
            key_result_id: Set(to),
            title: Set(row.title),
            weight: Set(row.weight),
            due_on: Set(row.due_on),
            created_at: Set(self.now),
            updated_at: Set(self.now),
            ..Default::default()
        });
        self.insert_all::<milestone::Entity>(rows.collect()).await
    }
}
