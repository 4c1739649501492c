//! OKR files through the API: import with what became of each row, and export page by page.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use entity::SubjectKind;

use super::{
    context::{Nullable, nullable, scope},
    error::{UserError, UserErrorCode},
    id::id_of,
    mutation::{Outcome, run},
    objective::{ObjectiveFilter, ObjectiveSort},
    page::{PageInfo, Slice},
};
use crate::domain::{
    okr::{
        column::GoalType,
        export::OkrExport as Export,
        fault::{Fault, FaultCode},
        import::ImportOkr,
        report::{Counts, ImportReport, RowAction, RowReport},
        sheet::Format,
    },
    relation::Table,
};

/// How a file of objectives and key results is written.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
pub enum OkrFormat {
    /// Comma-separated values (RFC 4180), with a header; also separated by semicolons or tabs.
    Csv,
    /// A list of objects, key results within their objectives.
    Json,
}

impl From<OkrFormat> for Format {
    fn from(format: OkrFormat) -> Self {
        match format {
            OkrFormat::Csv => Self::Csv,
            OkrFormat::Json => Self::Json,
        }
    }
}

/// What a row of such a file is.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "GoalType")]
pub enum OkrRowType {
    /// An objective.
    Objective,
    /// A key result.
    KeyResult,
}

/// What became of a row; in a dry run or a refused file, what would.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "RowAction")]
pub enum OkrRowAction {
    /// A new goal.
    Create,
    /// A goal of which something differs.
    Update,
    /// A goal of which nothing differs.
    Keep,
    /// Something is wrong with the row, or with the one that it stands under.
    Refuse,
}

/// What kind of mending an error in a file asks for.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(remote = "FaultCode")]
pub enum OkrErrorCode {
    /// The file itself cannot be read, there or from there on.
    Unreadable,
    /// The value is not acceptable.
    Invalid,
    /// A value is missing.
    Required,
    /// Something with this value exists already.
    Taken,
    /// What is referred to does not exist, or may not be seen.
    NotFound,
    /// Two statements contradict each other.
    Conflict,
    /// The state of the goal does not allow it now.
    NotNow,
    /// The viewer may not do this.
    Forbidden,
}

/// Something in a file that a person has to mend.
#[derive(SimpleObject, Debug)]
pub struct OkrFileError {
    /// The line, from 1; of a row of several lines, its first.
    pub line: i32,
    /// The column; null when it concerns the whole row.
    pub column: Option<String>,
    /// The place in a JSON file, `[3].key_results[0]`; null in CSV.
    pub path: Option<String>,
    /// What kind of mending it asks for.
    pub code: OkrErrorCode,
    /// Sentence that says what to do.
    pub message: String,
}

/// Something worth knowing that keeps nothing from being taken in.
#[derive(SimpleObject, Debug)]
pub struct OkrRemark {
    /// The line, from 1; null when it is about the file.
    pub line: Option<i32>,
    /// Sentence.
    pub message: String,
}

/// How many rows came to what.
#[derive(SimpleObject, Debug)]
pub struct OkrRowCounts {
    /// New goals.
    pub created: i32,
    /// Goals of which something changed.
    pub updated: i32,
    /// Goals of which nothing changed.
    pub unchanged: i32,
    /// Rows that cannot be taken in.
    pub refused: i32,
}

/// What became of a row.
#[derive(SimpleObject, Debug)]
pub struct OkrRow {
    /// Its line, from 1.
    pub line: i32,
    /// What it is; null where its type cannot be read.
    #[graphql(name = "type")]
    pub goal: Option<OkrRowType>,
    /// What became of it.
    pub action: OkrRowAction,
    /// Global id of the goal, for `node`; null for a new one that was not written, whatever became of its row.
    pub goal_id: Option<ID>,
    /// Code of the goal; null for a new one that was not written.
    pub code: Option<String>,
    /// Its id in the file; null when it has none.
    pub external_id: Option<String>,
    /// Its title in the file; null when it has none.
    pub title: Option<String>,
    /// Columns that differ from what is known; empty for a new goal.
    pub changes: Vec<String>,
    /// Whether its value or confidence makes a check-in.
    pub checks_in: bool,
}

/// What became of a file: either all of it is written, or nothing.
#[derive(SimpleObject, Debug)]
pub struct OkrImportReport {
    /// Whether the file was taken in; false in a dry run, and when anything is wrong.
    pub written: bool,
    /// What became of objectives.
    pub objectives: OkrRowCounts,
    /// What became of key results.
    pub key_results: OkrRowCounts,
    /// Check-ins that values and confidences make.
    pub check_ins: i32,
    /// Every row, in the order of the file: as many as it has, at most 10,000.
    pub rows: Vec<OkrRow>,
    /// What is wrong, by line; the first hundred. A file of more than 10,000 rows has one error and no rows.
    pub errors: Vec<OkrFileError>,
    /// How many errors there are in all.
    pub error_count: i32,
    /// What else to know, such as rows that may be doubles; the first hundred.
    pub remarks: Vec<OkrRemark>,
    /// How many remarks there are in all.
    pub remark_count: i32,
}

/// A page of objectives with all their key results, as a file that can be imported again.
#[derive(SimpleObject, Debug)]
pub struct OkrExport {
    /// The file.
    pub text: String,
    /// Objectives in it.
    pub objectives: i32,
    /// Key results in it.
    pub key_results: i32,
    /// Whether objectives follow, and after which cursor.
    pub page_info: PageInfo,
}

/// Input of `okrImport`.
#[derive(InputObject, Debug)]
pub struct OkrImportInput {
    /// How the file is written.
    pub format: OkrFormat,
    /// The file, at most 10,000 rows. The limit of a request's size holds (1 MiB unless the server is set
    /// otherwise); longer files go through the command line.
    pub text: String,
    /// Only tell what would become of each row.
    #[graphql(default)]
    pub dry_run: bool,
}

/// Answer of `okrImport`.
#[derive(SimpleObject, Debug)]
pub struct OkrImportPayload {
    /// What became of the file, row by row.
    pub report: Option<OkrImportReport>,
    /// One error at `text` when anything in the file is wrong; what and where stands in the report.
    pub user_errors: Vec<UserError>,
}

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

fn line(of: u64) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

impl From<Counts> for OkrRowCounts {
    fn from(counts: Counts) -> Self {
        Self {
            created: count(counts.created),
            updated: count(counts.updated),
            unchanged: count(counts.unchanged),
            refused: count(counts.refused),
        }
    }
}

impl From<Fault> for OkrFileError {
    fn from(fault: Fault) -> Self {
        let Fault { line: at, column, path, code, message } = fault;
        Self { line: line(at), column, path, code: code.into(), message }
    }
}

impl From<RowReport> for OkrRow {
    fn from(row: RowReport) -> Self {
        let kind = match row.goal {
            Some(GoalType::Objective) | None => SubjectKind::Objective,
            Some(GoalType::KeyResult) => SubjectKind::KeyResult,
        };
        Self {
            line: line(row.line),
            goal: row.goal.map(Into::into),
            action: row.action.into(),
            goal_id: row.id.map(|id| id_of(kind, id)),
            code: row.code,
            external_id: row.external_id,
            title: row.title,
            changes: row.changes.into_iter().map(str::to_owned).collect(),
            checks_in: row.checks_in,
        }
    }
}

impl From<Outcome<ImportReport>> for OkrImportPayload {
    fn from(outcome: Outcome<ImportReport>) -> Self {
        let (report, mut user_errors) = outcome.into_parts();
        if let Some(report) = report.as_ref().filter(|report| report.fault_count > 0) {
            let first = report.faults.first().map(|fault| format!(": {fault}")).unwrap_or_default();
            let message =
                format!("nothing was written, for {} errors stand in the file{first}", report.fault_count);
            user_errors.push(UserError {
                field: Some(vec!["input".to_owned(), "text".to_owned()]),
                code: UserErrorCode::Invalid,
                message,
            });
        }
        let report = report.map(|report| OkrImportReport {
            written: report.written,
            objectives: report.objectives.into(),
            key_results: report.key_results.into(),
            check_ins: count(report.check_ins),
            rows: report.rows.into_iter().map(OkrRow::from).collect(),
            errors: report.faults.into_iter().map(OkrFileError::from).collect(),
            error_count: count(report.fault_count),
            remarks: report
                .remarks
                .into_iter()
                .map(|remark| OkrRemark { line: remark.line.map(line), message: remark.message })
                .collect(),
            remark_count: count(report.remark_count),
        });
        Self { report, user_errors }
    }
}

/// Goals out of files.
#[derive(Debug, Default)]
pub struct OkrFileMutation;

#[Object]
impl OkrFileMutation {
    /// Takes objectives and key results in from a file, each row with the viewer's rights to make or change
    /// that goal; the whole file, or nothing when anything in it is wrong. A row is the goal of its
    /// `external_id`, else of its `code`, else a new one.
    async fn okr_import(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: OkrImportInput,
    ) -> Nullable<OkrImportPayload> {
        run(ctx, |_| Ok(ImportOkr::read(input.format.into(), input.text.as_bytes(), input.dry_run))).await
    }
}

/// Goals into files.
#[derive(Debug, Default)]
pub struct OkrFileQuery;

#[Object]
impl OkrFileQuery {
    /// Objectives that the viewer sees, with all their key results, as a file: a page at a time. Importing it
    /// changes nothing.
    async fn okr_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How the file is to be written.")] format: OkrFormat,
        #[graphql(desc = "Objectives at most: 0 to 200 unless the server is set otherwise.")] first: i32,
        #[graphql(desc = "Only objectives after this cursor of the same export.")] after: Option<String>,
        #[graphql(desc = "Only objectives that fit.")] filter: Option<ObjectiveFilter>,
        #[graphql(default, desc = "Whether archived goals belong to it.")] include_archived: bool,
    ) -> Nullable<OkrExport> {
        let slice = Slice { first: Some(first), after, last: None, before: None };
        let args = super::filter::args::<_, ObjectiveSort>(ctx, slice, filter, None, include_archived);
        let asked = async {
            let (args, scope) = (args?, scope(ctx)?);
            let Export { text, objectives, key_results, page } =
                scope.export_okr(&args, format.into()).await?;
            let identity = scope.list_identity(Table::Objective.name(), &args);
            Ok(OkrExport {
                text,
                objectives: count(objectives),
                key_results: count(key_results),
                page_info: PageInfo {
                    has_next_page: page.has_next,
                    has_previous_page: page.has_previous,
                    start_cursor: page.rows.first().map(|row| identity.cursor(row)),
                    end_cursor: page.rows.last().map(|row| identity.cursor(row)),
                },
            })
        };
        nullable(ctx, asked.await.map(Some))
    }
}
