//! The present state of what a stream is about, as lists of rows that the viewer sees.
//!
//! Read after the place in the stream was taken, so that no change falls between the two.

use std::sync::Arc;

use entity::{FindingState, Severity};
use sea_orm::{Iterable, Statement, Value};
use uuid::Uuid;

use super::filter::StreamFilter;
use crate::domain::{
    access::scope::{Listed, Scope},
    alignment_link::AlignmentLinkRow,
    bulk::Binds,
    check_in::CheckInRow,
    error::{DomainError, Result},
    events::global_id,
    finding::FindingRow,
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    page::{PageArgs, SortKey, SortKind},
    predicate::{Field, Predicate, Quantifier, Test},
    relation::{self, Relation, Table},
    task::TaskRow,
};

/// Rows of a snapshot at most.
pub const SNAPSHOT_MAX: usize = 200;

fn is(table: Table, column: &'static str, id: Uuid) -> Predicate {
    Predicate::Is(Field::new(table, column), Test::Eq(id.into()))
}

fn one(table: Table, column: &'static str, target: Table, inner: Predicate) -> Predicate {
    Predicate::One { column: Field::new(table, column), target, inner: Box::new(inner) }
}

fn some(relation: &'static Relation, inner: Predicate) -> Predicate {
    Predicate::Many { relation, quantifier: Quantifier::Some, inner: Box::new(inner) }
}

/// A filter with its objectives found.
struct Wanted<'a> {
    filter: &'a StreamFilter,
    /// The objective and, where asked for, those below it; null for all.
    objectives: Option<Vec<Value>>,
}

impl Wanted<'_> {
    fn among(&self, table: Table, column: &'static str) -> Option<Predicate> {
        let objectives = self.objectives.clone()?;
        Some(Predicate::Is(Field::new(table, column), Test::In(objectives)))
    }

    /// What must hold of an objective that work hangs on.
    fn of_objective(&self) -> Option<Predicate> {
        let cycle = self.filter.cycle.map(|cycle| is(Table::Objective, "cycle_id", cycle));
        let all: Vec<Predicate> = self.among(Table::Objective, "id").into_iter().chain(cycle).collect();
        (!all.is_empty()).then_some(Predicate::All(all))
    }

    fn objective(&self) -> Predicate {
        let team = self.filter.team.map(|team| is(Table::Objective, "team_id", team));
        let person = self.filter.person.map(|person| is(Table::Objective, "owner_id", person));
        Predicate::All([self.of_objective(), team, person].into_iter().flatten().collect())
    }

    fn key_result(&self) -> Predicate {
        let above = |inner| one(Table::KeyResult, "objective_id", Table::Objective, inner);
        let team = self.filter.team.map(|team| above(is(Table::Objective, "team_id", team)));
        let person = self.filter.person.map(|person| {
            let nobodys = Predicate::Is(Field::new(Table::KeyResult, "owner_id"), Test::Null(true));
            Predicate::Any(vec![
                is(Table::KeyResult, "owner_id", person),
                Predicate::All(vec![nobodys, above(is(Table::Objective, "owner_id", person))]),
            ])
        });
        let objective = self.of_objective().map(above);
        Predicate::All([objective, team, person].into_iter().flatten().collect())
    }

    /// A link that counts or is flagged, to a goal that is wanted.
    fn link(&self) -> Option<Predicate> {
        let goal = self.of_objective()?;
        let of_key_result = one(Table::KeyResult, "objective_id", Table::Objective, goal.clone());
        let target = Predicate::Any(vec![
            one(Table::AlignmentLink, "objective_id", Table::Objective, goal),
            one(Table::AlignmentLink, "key_result_id", Table::KeyResult, of_key_result),
        ]);
        Some(Predicate::All(vec![living(), target]))
    }

    fn task(&self) -> Predicate {
        let links = self.link().map(|link| {
            let of_project = some(&relation::TASK_PROJECTS, some(&relation::PROJECT_LINKS, link.clone()));
            let inherits = Predicate::Is(Field::new(Table::Task, "inherits_links"), Test::Eq(true.into()));
            Predicate::Any(vec![
                some(&relation::TASK_LINKS, link),
                Predicate::All(vec![inherits, of_project]),
            ])
        });
        let team = self.filter.team.map(|team| is(Table::Task, "team_id", team));
        let person = self.filter.person.map(|person| {
            Predicate::Any(vec![
                is(Table::Task, "assignee_id", person),
                some(&relation::TASK_ASSIGNEES, is(Table::Person, "id", person)),
            ])
        });
        Predicate::All([links, team, person].into_iter().flatten().collect())
    }

    /// A link of the wanted goals whose work or goal is the team's or the person's.
    fn alignment_link(&self) -> Predicate {
        let ends = |column: &'static str, id: Uuid, of_task: &'static str| {
            let of = |key, table, column| one(Table::AlignmentLink, key, table, is(table, column, id));
            let above =
                one(Table::KeyResult, "objective_id", Table::Objective, is(Table::Objective, column, id));
            Predicate::Any(vec![
                of("project_id", Table::Project, column),
                of("task_id", Table::Task, of_task),
                of("objective_id", Table::Objective, column),
                one(Table::AlignmentLink, "key_result_id", Table::KeyResult, above),
            ])
        };
        let team = self.filter.team.map(|team| ends("team_id", team, "team_id"));
        let person = self.filter.person.map(|person| ends("owner_id", person, "assignee_id"));
        let goal = Some(self.link().unwrap_or_else(living));
        Predicate::All([goal, team, person].into_iter().flatten().collect())
    }
}

fn living() -> Predicate {
    Predicate::Is(Field::new(Table::AlignmentLink, "state"), Test::Ne(entity::LinkState::Retired.into()))
}

impl Scope {
    /// The objectives and key results that a stream is about.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when they are more than a snapshot holds.
    pub async fn goals_now(
        &self,
        filter: &StreamFilter,
    ) -> Result<(Vec<Arc<ObjectiveRow>>, Vec<Arc<KeyResultRow>>)> {
        let wanted = self.wanted(filter).await?;
        let objectives = self.rows_now(wanted.objective()).await?;
        let key_results = self.rows_now(wanted.key_result()).await?;
        if objectives.len() + key_results.len() > SNAPSHOT_MAX {
            return Err(too_many());
        }
        Ok((objectives, key_results))
    }

    /// The tasks that a stream is about.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when they are more than a snapshot holds.
    pub async fn tasks_now(&self, filter: &StreamFilter) -> Result<Vec<Arc<TaskRow>>> {
        let wanted = self.wanted(filter).await?;
        self.rows_now(wanted.task()).await
    }

    /// The links that a stream is about and that are not retired.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when they are more than a snapshot holds.
    pub async fn links_now(&self, filter: &StreamFilter) -> Result<Vec<Arc<AlignmentLinkRow>>> {
        let wanted = self.wanted(filter).await?;
        self.rows_now(wanted.alignment_link()).await
    }

    /// The open findings that a stream is about.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when they are more than a snapshot holds.
    pub async fn findings_now(&self, filter: &StreamFilter) -> Result<Vec<Arc<FindingRow>>> {
        let of = |column| Field::new(Table::Finding, column);
        let wanted = &filter.finding;
        let kind = wanted.kind.map(|kind| Predicate::Is(of("kind"), Test::Eq(kind.into())));
        let severity = wanted.severity.map(|least| {
            let enough = <Severity as Iterable>::iter().filter(|severity| *severity >= least);
            Predicate::Is(of("severity"), Test::In(enough.map(Into::into).collect()))
        });
        let owner = wanted.owner.map(|owner| is(Table::Finding, "owner_id", owner));
        let subject = wanted
            .subject
            .map(|(kind, id)| Predicate::Is(of("subject_key"), Test::Eq(global_id(kind, id).into())));
        let open = Predicate::Is(of("state"), Test::Eq(FindingState::Open.into()));
        let all = [Some(open), kind, severity, owner, subject];
        self.rows_now(Predicate::All(all.into_iter().flatten().collect())).await
    }

    /// The latest check-in of each key result that a stream is about.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when they are more than a snapshot holds.
    pub async fn check_ins_now(&self, filter: &StreamFilter) -> Result<Vec<Arc<CheckInRow>>> {
        let wanted = self.wanted(filter).await?;
        let key_results: Vec<Arc<KeyResultRow>> = self.rows_now(wanted.key_result()).await?;
        let key_results: Vec<Uuid> = key_results.iter().map(|row| row.id).collect();
        let latest = SortKey {
            field: Field::new(Table::CheckIn, "at"),
            kind: SortKind::Integer,
            descending: true,
            nulls_first: false,
        };
        let args = PageArgs { sort: vec![latest], ..PageArgs::first(1) };
        let pages = self.children::<CheckInRow>(&relation::KEY_RESULT_CHECK_INS, &key_results, &args).await?;
        let mut rows: Vec<Arc<CheckInRow>> =
            pages.into_values().flat_map(|page| page.rows).map(|row| row.row).collect();
        rows.sort_by_key(|row| (row.at, row.id));
        Ok(rows)
    }

    async fn rows_now<R: Listed>(&self, predicate: Predicate) -> Result<Vec<Arc<R>>> {
        let limit = u64::try_from(SNAPSHOT_MAX).unwrap_or(u64::MAX);
        let page = self.page::<R>(&PageArgs { predicate, ..PageArgs::first(limit) }).await?;
        if page.has_next {
            return Err(too_many());
        }
        Ok(page.rows.into_iter().map(|row| row.row).collect())
    }

    async fn wanted<'a>(&self, filter: &'a StreamFilter) -> Result<Wanted<'a>> {
        let objectives = match filter.objective {
            None => None,
            Some(objective) if filter.include_descendants => Some(self.objectives_below(objective).await?),
            Some(objective) => Some(vec![objective.into()]),
        };
        Ok(Wanted { filter, objectives })
    }

    /// The keys of an objective and all below it; which of them are seen, the row filter says later.
    async fn objectives_below(&self, objective: Uuid) -> Result<Vec<Value>> {
        let mut binds = Binds::new(self.db.is_postgres());
        let organization = self.viewer().organization_id;
        let (first, start, second) =
            (binds.push(organization), binds.push(objective), binds.push(organization));
        let text = format!(
            "WITH RECURSIVE below (id) AS ( \
             SELECT id FROM objective WHERE organization_id = {first} AND id = {start} \
             UNION SELECT o.id FROM objective AS o JOIN below ON o.parent_id = below.id \
             WHERE o.organization_id = {second}) SELECT id FROM below"
        );
        let statement = Statement::from_sql_and_values(self.db.backend(), text, binds.values);
        let rows = self.db.all_raw(statement).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index::<Uuid>(0)?.into())).collect()
    }
}

fn too_many() -> DomainError {
    DomainError::BadInput(format!(
        "the snapshot would hold more than {SNAPSHOT_MAX} rows: narrow the filter, or list them in pages and \
         subscribe without a snapshot"
    ))
}
