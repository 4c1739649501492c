//! Goals as rows of a file, as far as the viewer sees them; importing such a file changes nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use entity::Decimal;
use sea_orm::{
    ActiveEnum,
    sea_query::{Alias, ExprTrait, Order},
};
use uuid::Uuid;

use super::{
    column::{Column, GoalType},
    csv, json,
    name::{Named, Names, Unnamed},
    sheet::{Format, ROWS_AT_MOST},
};
use crate::domain::{
    access::{Scope, scope::Listed},
    cycle::CycleRow,
    error::{DomainError, Result},
    key_result::KeyResultRow,
    objective::ObjectiveRow,
    page::{Page, PageArgs},
    person::PersonRow,
    predicate::{Field, Predicate, Test},
    relation::Table,
    team::TeamRow,
};

/// Objectives that are read at a time.
const PAGE: u64 = 200;

/// Key results that are read at a time.
const MEMBERS: u64 = 2_000;

/// A cell to write.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Empty; null in JSON.
    Nothing,
    /// What somebody wrote.
    Text(String),
    /// A word of ours, or a day.
    Word(String),
    /// A number.
    Number(String),
    /// A measured value, which JSON's numbers would round.
    Decimal(String),
}

/// A row to write.
#[derive(Clone, Debug)]
pub(super) struct Exported {
    pub(super) goal: GoalType,
    pub(super) values: BTreeMap<Column, Value>,
}

/// A part of the objectives as a file.
#[derive(Clone, Debug)]
pub struct OkrExport {
    /// The file.
    pub text: String,
    /// Objectives in it.
    pub objectives: usize,
    /// Key results in it.
    pub key_results: usize,
    /// The page of objectives that it was made of.
    pub page: Page<ObjectiveRow>,
}

/// All objectives that were asked for, as a file.
#[derive(Clone, Debug)]
pub struct WholeExport {
    /// The file.
    pub text: String,
    /// Objectives in it.
    pub objectives: usize,
    /// Key results in it.
    pub key_results: usize,
}

impl WholeExport {
    /// What to know of a file that has more rows than one import takes.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let rows = self.objectives + self.key_results;
        (rows > ROWS_AT_MOST).then(|| {
            format!(
                "{rows} rows are more than the {ROWS_AT_MOST} that one import takes: to import them again, export \
                 them in parts with --cycle or --team"
            )
        })
    }
}

/// Which objectives a whole export holds.
#[derive(Clone, Debug, Default)]
pub struct ExportWishes {
    /// Only those of this cycle: its name, or the end of its path.
    pub cycle: Option<String>,
    /// Only those of this team: its name, or the end of its path.
    pub team: Option<String>,
    /// Archived goals too.
    pub include_archived: bool,
}

impl Scope {
    /// The objectives of a page with all their key results, as a file.
    ///
    /// # Errors
    /// When the cursor is invalid, the file would be longer than one that can be imported, or the database
    /// fails.
    pub async fn export_okr(&self, args: &PageArgs, format: Format) -> Result<OkrExport> {
        let (rows, page) = self.export_rows(args, ROWS_AT_MOST + 1).await?;
        if rows.len() > ROWS_AT_MOST {
            return Err(DomainError::BadInput(format!(
                "there are more than the {ROWS_AT_MOST} rows of one file: ask for fewer objectives"
            )));
        }
        let objectives = page.rows.len();
        Ok(OkrExport { text: written(&rows, format), objectives, key_results: rows.len() - objectives, page })
    }

    /// All objectives of a cycle or team, page by page, as one file.
    ///
    /// # Errors
    /// When there is no such cycle or team, or the database fails.
    pub async fn export_whole_okr(&self, wishes: &ExportWishes, format: Format) -> Result<WholeExport> {
        let mut tests = Vec::new();
        if let Some(name) = &wishes.team {
            let rows = self.listed::<TeamRow>(&self.find::<TeamRow>()).await?;
            tests.push(is("team_id", named("team", name, rows)?));
        }
        if let Some(name) = &wishes.cycle {
            let rows = self.listed::<CycleRow>(&self.find::<CycleRow>()).await?;
            tests.push(is("cycle_id", named("cycle", name, rows)?));
        }
        let mut args = PageArgs {
            predicate: Predicate::All(tests),
            include_archived: wishes.include_archived,
            ..PageArgs::first(PAGE)
        };
        let (mut all, mut objectives) = (Vec::new(), 0);
        loop {
            let (rows, page) = self.export_rows(&args, usize::MAX).await?;
            all.extend(rows);
            objectives += page.rows.len();
            let identity = self.list_identity(Table::Objective.name(), &args);
            match page.rows.last().filter(|_| page.has_next) {
                Some(last) => args.cursor = Some(identity.cursor(last)),
                None => break,
            }
        }
        Ok(WholeExport { text: written(&all, format), objectives, key_results: all.len() - objectives })
    }

    /// A page of objectives with their key results; of these no more than are needed to know that there are
    /// too many.
    async fn export_rows(
        &self,
        args: &PageArgs,
        enough: usize,
    ) -> Result<(Vec<Exported>, Page<ObjectiveRow>)> {
        let page = self.page::<ObjectiveRow>(args).await?;
        let objectives: Vec<Arc<ObjectiveRow>> = page.rows.iter().map(|row| row.row.clone()).collect();
        let ids: Vec<Uuid> = objectives.iter().map(|row| row.id).collect();
        let key_results = self.key_results_of(&ids, args.include_archived, MEMBERS, enough).await?;
        let around = Around::read(self, &objectives, &key_results).await?;
        let mut rows = Vec::new();
        for objective in &objectives {
            rows.push(around.objective(objective));
            let members = key_results.get(&objective.id).map_or(&[][..], Vec::as_slice);
            rows.extend(members.iter().map(|row| around.key_result(row, objective)));
        }
        Ok((rows, page))
    }

    /// Key results by objective, in the order of their numbers, `at_a_time` in a statement, until all are there
    /// or there are `enough`.
    pub(super) async fn key_results_of(
        &self,
        objectives: &[Uuid],
        include_archived: bool,
        at_a_time: u64,
        enough: usize,
    ) -> Result<HashMap<Uuid, Vec<KeyResultRow>>> {
        let of = |name| Field::new(Table::KeyResult, name).expr();
        let mut members: HashMap<Uuid, Vec<KeyResultRow>> = HashMap::new();
        let (mut count, mut last) = (0, None);
        loop {
            let mut select = self.find::<KeyResultRow>();
            select.and_where(self.among(of("objective_id"), objectives));
            if !include_archived {
                select.and_where(of("archived_at").is_null());
            }
            if let Some(last) = last {
                select.and_where(of("number").gt(last));
            }
            select.order_by((Alias::new("key_result"), Alias::new("number")), Order::Asc).limit(at_a_time);
            let rows = self.listed::<KeyResultRow>(&select).await?;
            let is_last = u64::try_from(rows.len()).unwrap_or(u64::MAX) < at_a_time;
            count += rows.len();
            last = rows.last().map(|row| row.number);
            for row in rows {
                members.entry(row.objective_id).or_default().push(row);
            }
            if is_last || count >= enough {
                return Ok(members);
            }
        }
    }

    async fn listed<R: Listed>(&self, select: &sea_orm::sea_query::SelectStatement) -> Result<Vec<R>> {
        self.db.all(select).await?.iter().map(|row| Ok(R::read(row, 0)?)).collect()
    }
}

fn written(rows: &[Exported], format: Format) -> String {
    match format {
        Format::Csv => csv::write(rows),
        Format::Json => json::write(rows),
    }
}

fn is(column: &'static str, id: Uuid) -> Predicate {
    Predicate::Is(Field::new(Table::Objective, column), Test::Eq(id.into()))
}

/// The one that a name or the end of a path means.
fn named<R: Into<Named>>(what: &str, name: &str, rows: Vec<R>) -> Result<Uuid> {
    let names = Names::of(rows.into_iter().map(Into::into).collect());
    names.find(name, None).map_err(|unnamed| {
        DomainError::BadInput(match unnamed {
            Unnamed::Nobody => format!("there is no {what} \"{name}\""),
            Unnamed::Several(paths) => format!("several {what}s are called \"{name}\": {}", paths.join(", ")),
        })
    })
}

/// What rows name.
struct Around {
    emails: HashMap<Uuid, String>,
    teams: Names,
    cycles: Names,
    parents: HashMap<Uuid, Arc<ObjectiveRow>>,
    descriptions: HashMap<Uuid, String>,
}

impl Around {
    async fn read(
        scope: &Scope,
        objectives: &[Arc<ObjectiveRow>],
        key_results: &HashMap<Uuid, Vec<KeyResultRow>>,
    ) -> Result<Self> {
        let members = || key_results.values().flatten();
        let owners: Vec<Uuid> = objectives
            .iter()
            .filter_map(|row| row.owner_id)
            .chain(members().filter_map(|row| row.owner_id))
            .chain(
                objectives.iter().flat_map(|row| [row.check_in_owner_id, row.check_in_reviewer_id]).flatten(),
            )
            .chain(members().flat_map(|row| [row.check_in_owner_id, row.check_in_reviewer_id]).flatten())
            .collect();
        let people = scope.by_ids::<PersonRow>(&owners).await?;
        let parents: Vec<Uuid> = objectives.iter().filter_map(|row| row.parent_id).collect();
        let teams = scope.listed::<TeamRow>(&scope.find::<TeamRow>()).await?;
        let cycles = scope.listed::<CycleRow>(&scope.find::<CycleRow>()).await?;
        let own: Vec<Uuid> = objectives.iter().map(|row| row.id).collect();
        let under: Vec<Uuid> = members().map(|row| row.id).collect();
        let mut descriptions = scope.long_texts(Table::Objective, "description", &own).await?;
        descriptions.extend(scope.long_texts(Table::KeyResult, "description", &under).await?);
        Ok(Self {
            emails: people.into_iter().map(|(id, row)| (id, row.email.clone())).collect(),
            teams: Names::of(teams.into_iter().map(Named::from).collect()),
            cycles: Names::of(cycles.into_iter().map(Named::from).collect()),
            parents: scope.by_ids::<ObjectiveRow>(&parents).await?,
            descriptions: descriptions.into_iter().collect(),
        })
    }

    fn owner(&self, owner: Option<Uuid>) -> Value {
        text(owner.and_then(|owner| self.emails.get(&owner)).cloned())
    }

    /// The objective above, as far as the viewer sees it.
    fn parent(values: &mut BTreeMap<Column, Value>, parent: Option<&ObjectiveRow>) {
        let external = parent.and_then(|row| row.external_id.clone());
        values.insert(Column::ParentCode, text(parent.map(|row| row.code.clone())));
        values.insert(Column::ParentExternalId, text(external));
    }

    fn objective(&self, row: &ObjectiveRow) -> Exported {
        let mut values = BTreeMap::from([
            (Column::Type, Value::Word(GoalType::Objective.name().to_owned())),
            (Column::ExternalId, text(row.external_id.clone())),
            (Column::Code, Value::Text(row.code.clone())),
            (Column::Title, Value::Text(row.title.clone())),
            (Column::Description, text(self.descriptions.get(&row.id).cloned())),
            (Column::OwnerEmail, self.owner(row.owner_id)),
            (Column::CheckInOwnerEmail, self.owner(row.check_in_owner_id)),
            (Column::CheckInReviewerEmail, self.owner(row.check_in_reviewer_id)),
            (Column::Team, text(row.team_id.and_then(|team| self.teams.shortest(team)))),
            (Column::Cycle, text(row.cycle_id.and_then(|cycle| self.cycles.shortest(cycle)))),
            (Column::State, word(row.state)),
            (Column::Kind, word(row.kind)),
            (Column::Visibility, word(row.visibility)),
            (Column::Weight, Value::Number(row.weight.to_string())),
            (Column::Priority, number(row.priority)),
            (Column::IncludeChildren, Value::Word(row.include_children.to_string())),
            (Column::ProgressSource, word(row.progress_source)),
            (
                Column::CheckInDays,
                row.check_in_days.map_or(Value::Nothing, |days| Value::Number(days.to_string())),
            ),
            (Column::Progress, number(row.progress)),
            (Column::ExternalUrl, text(row.external_url.clone())),
        ]);
        Self::parent(&mut values, row.parent_id.and_then(|id| self.parents.get(&id)).map(Arc::as_ref));
        Exported { goal: GoalType::Objective, values }
    }

    fn key_result(&self, row: &KeyResultRow, objective: &ObjectiveRow) -> Exported {
        let mut values = BTreeMap::from([
            (Column::Type, Value::Word(GoalType::KeyResult.name().to_owned())),
            (Column::ExternalId, text(row.external_id.clone())),
            (Column::Code, Value::Text(row.code.clone())),
            (Column::Title, Value::Text(row.title.clone())),
            (Column::Description, text(self.descriptions.get(&row.id).cloned())),
            (Column::OwnerEmail, self.owner(row.owner_id)),
            (Column::CheckInOwnerEmail, self.owner(row.check_in_owner_id)),
            (Column::CheckInReviewerEmail, self.owner(row.check_in_reviewer_id)),
            (Column::State, word(row.state)),
            (Column::Kind, word(row.kind)),
            (Column::Weight, Value::Number(row.weight.to_string())),
            (Column::ProgressSource, word(row.progress_source)),
            (
                Column::CheckInDays,
                row.check_in_days.map_or(Value::Nothing, |days| Value::Number(days.to_string())),
            ),
            (Column::StartsOn, row.starts_on.map_or(Value::Nothing, |day| Value::Word(day.to_string()))),
            (Column::Unit, text(row.unit.clone())),
            (Column::Start, decimal(row.start_value)),
            // One of the two, as it is set: the value of a target in percent follows from the start.
            (Column::Target, decimal(row.target_value.filter(|_| row.target_percent.is_none()))),
            (Column::TargetPercent, decimal(row.target_percent)),
            (Column::Current, decimal(row.current_value)),
            (Column::Commit, decimal(row.commit_value)),
            (Column::Stretch, decimal(row.stretch_value)),
            (Column::LowerBound, decimal(row.lower_bound)),
            (Column::UpperBound, decimal(row.upper_bound)),
            (Column::Tolerance, decimal(row.tolerance)),
            (Column::Confidence, number(row.confidence)),
            (Column::Progress, number(row.progress)),
            (Column::ExternalUrl, text(row.external_url.clone())),
        ]);
        Self::parent(&mut values, Some(objective));
        Exported { goal: GoalType::KeyResult, values }
    }
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::Nothing, Value::Text)
}

fn word(word: impl ActiveEnum<Value = String>) -> Value {
    Value::Word(word.to_value())
}

fn number(number: Option<f64>) -> Value {
    number.map_or(Value::Nothing, |number| Value::Number(number.to_string()))
}

fn decimal(decimal: Option<Decimal>) -> Value {
    decimal.map_or(Value::Nothing, |decimal| Value::Decimal(decimal.to_string()))
}
