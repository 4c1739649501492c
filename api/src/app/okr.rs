//! `throughline okr`: goals out of a file and into one, by the same commands and rights as the API.

use std::{io::Write as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use clap::{Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value as Json, json};

use super::{
    App,
    command_line::{Output, print},
};
use crate::{
    config::Config,
    domain::{
        access::Scope,
        clock::Clock,
        okr::{
            export::{ExportWishes, WholeExport},
            fault::Fault,
            import::ImportOkr,
            report::{Counts, ImportReport, RowAction, RowReport},
            sheet::Format,
        },
    },
    telemetry,
};

/// Rows that a summary for people lists.
const ROWS_SHOWN: usize = 40;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// Comma-separated values.
    Csv,
    /// JSON.
    Json,
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Csv => Self::Csv,
            FileFormat::Json => Self::Json,
        }
    }
}

/// What is to be done with OKR files.
#[derive(Subcommand, Debug)]
pub(super) enum OkrCommand {
    /// Take objectives and key results in from a CSV or JSON file; the whole file or, when anything in it is
    /// wrong, nothing.
    Import {
        /// The file.
        file: PathBuf,
        /// How it is written; told by the file's name when left out.
        #[arg(long, value_enum)]
        format: Option<FileFormat>,
        /// Only tell what would become of each row.
        #[arg(long)]
        dry_run: bool,
        /// Short name of the organization; needed where there are several.
        #[arg(long)]
        organization: Option<String>,
        /// E-mail address of who imports, whose rights hold; the first admin when left out.
        #[arg(long = "as", value_name = "EMAIL")]
        person: Option<String>,
        /// How to print the summary.
        #[arg(long, value_enum, default_value_t)]
        output: Output,
    },
    /// Write objectives and key results to a file that can be imported again.
    Export {
        /// The file; standard output when left out.
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// How it is written.
        #[arg(long, value_enum, default_value = "csv")]
        format: FileFormat,
        /// Only objectives of this cycle: its name, or its path such as "2026 / Q1".
        #[arg(long)]
        cycle: Option<String>,
        /// Only objectives of this team: its name, or its path.
        #[arg(long)]
        team: Option<String>,
        /// Archived goals too.
        #[arg(long)]
        include_archived: bool,
        /// Put a byte order mark before the text, by which Excel knows UTF-8 (CSV only).
        #[arg(long)]
        bom: bool,
        /// Short name of the organization; needed where there are several.
        #[arg(long)]
        organization: Option<String>,
        /// E-mail address of whose sight holds; the first admin when left out.
        #[arg(long = "as", value_name = "EMAIL")]
        person: Option<String>,
    },
}

/// Runs a command.
///
/// # Errors
/// When a file cannot be read or written, something in it is wrong, or the database cannot be reached.
pub(super) async fn run(config: &Config, command: OkrCommand) -> anyhow::Result<()> {
    telemetry::init(&config.log)?;
    match command {
        OkrCommand::Import { file, format, dry_run, organization, person, output } => {
            let scope_of = (person.as_deref(), organization.as_deref());
            import(config, &file, format, dry_run, scope_of, output).await
        }
        OkrCommand::Export { to, format, cycle, team, include_archived, bom, organization, person } => {
            let scope = scope(config, person.as_deref(), organization.as_deref()).await?;
            let wishes = ExportWishes { cycle, team, include_archived };
            let export = scope.export_whole_okr(&wishes, format.into()).await?;
            let remark = export.remark();
            let WholeExport { text, objectives, key_results } = export;
            let mark = if bom && format == FileFormat::Csv { "\u{feff}" } else { "" };
            write(to.as_ref(), &format!("{mark}{text}"))?;
            if let Some(remark) = remark {
                // Beside the file, which may go to standard output.
                writeln!(std::io::stderr(), "{remark}").context("cannot print")?;
            }
            match to {
                Some(to) => print(&format!(
                    "{objectives} objectives and {key_results} key results are in {}",
                    to.display()
                )),
                None => Ok(()),
            }
        }
    }
}

async fn scope(config: &Config, person: Option<&str>, organization: Option<&str>) -> anyhow::Result<Scope> {
    let installation = App::open(config, Clock::system(), None).await?;
    installation.migrate().await.context("the database cannot be brought up to date")?;
    let person = installation.operator(person, organization).await?;
    Ok(installation.scope_of_person(person.id).await?)
}

fn write(to: Option<&PathBuf>, text: &str) -> anyhow::Result<()> {
    if let Some(to) = to {
        return std::fs::write(to, text).with_context(|| format!("cannot write {}", to.display()));
    }
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot print"),
    }
}

fn format_of(file: &std::path::Path, given: Option<FileFormat>) -> anyhow::Result<Format> {
    if let Some(given) = given {
        return Ok(given.into());
    }
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    match ending.as_str() {
        "csv" | "tsv" | "txt" => Ok(Format::Csv),
        "json" => Ok(Format::Json),
        _ => {
            bail!("{} does not tell by its name how it is written: say --format csv or json", file.display())
        }
    }
}

async fn import(
    config: &Config,
    file: &std::path::Path,
    format: Option<FileFormat>,
    dry_run: bool,
    (person, organization): (Option<&str>, Option<&str>),
    output: Output,
) -> anyhow::Result<()> {
    let format = format_of(file, format)?;
    let steps = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        steps.set_style(style);
    }
    steps.enable_steady_tick(Duration::from_millis(100));
    steps.set_message(format!("reading {}", file.display()));
    let bytes = tokio::fs::read(file).await.with_context(|| format!("cannot read {}", file.display()))?;
    let command = ImportOkr::read(format, &bytes, dry_run);
    let scope = scope(config, person, organization).await?;
    steps.set_message(format!("taking {} rows in", command.len()));
    let report = scope.run(&command).await?;
    steps.finish_and_clear();
    let name = file.display().to_string();
    match output {
        Output::Json => print(&as_json(&name, &report).to_string())?,
        Output::Text => print(&as_text(&name, &report))?,
    }
    if report.fault_count > 0 {
        bail!("{name} was not imported: {} faults; mend them and import it again", report.fault_count);
    }
    Ok(())
}

const fn done(action: RowAction) -> &'static str {
    match action {
        RowAction::Create => "CREATE",
        RowAction::Update => "UPDATE",
        RowAction::Keep => "KEEP",
        RowAction::Refuse => "REFUSE",
    }
}

fn as_json(file: &str, report: &ImportReport) -> Json {
    let counts = |counts: &Counts| json!({ "created": counts.created, "updated": counts.updated, "unchanged": counts.unchanged, "refused": counts.refused });
    let row = |row: &RowReport| {
        json!({
            "line": row.line, "type": row.goal.map(|goal| goal.name()), "action": done(row.action), "code": row.code,
            "externalId": row.external_id, "title": row.title, "changes": row.changes, "checksIn": row.checks_in,
        })
    };
    let fault = |fault: &Fault| {
        json!({
            "file": file, "line": fault.line, "column": fault.column, "path": fault.path,
            "code": fault.code.name(), "message": fault.message,
        })
    };
    json!({
        "file": file, "dryRun": report.dry_run, "written": report.written,
        "objectives": counts(&report.objectives), "keyResults": counts(&report.key_results),
        "checkIns": report.check_ins,
        "rows": report.rows.iter().map(row).collect::<Vec<_>>(),
        "errors": report.faults.iter().map(fault).collect::<Vec<_>>(), "errorCount": report.fault_count,
        "remarks": report.remarks.iter().map(|remark| json!({ "line": remark.line, "message": remark.message })).collect::<Vec<_>>(),
        "remarkCount": report.remark_count,
    })
}

fn as_text(file: &str, report: &ImportReport) -> String {
    let mut lines = vec![format!(
        "{file}{}",
        match (report.fault_count, report.dry_run) {
            (0, false) => "",
            (0, true) => " — a dry run: nothing was written",
            (_, _) => " — nothing was written, for something is wrong",
        }
    )];
    for (what, counts) in [("objectives", &report.objectives), ("key results", &report.key_results)] {
        lines.push(format!(
            "  {what:<12} {} created, {} updated, {} unchanged, {} refused",
            counts.created, counts.updated, counts.unchanged, counts.refused
        ));
    }
    lines.push(format!("  {:<12} {}", "check-ins", report.check_ins));
    let told: Vec<&RowReport> = report
        .rows
        .iter()
        .filter(|row| matches!(row.action, RowAction::Create | RowAction::Update))
        .collect();
    if report.dry_run {
        for row in told.iter().take(ROWS_SHOWN) {
            lines.push(format!(
                "  line {:<5} {:<6} {} {}{}",
                row.line,
                done(row.action).to_lowercase(),
                row.goal.map_or("", |goal| goal.word()),
                row.code
                    .as_deref()
                    .or(row.external_id.as_deref())
                    .or(row.title.as_deref())
                    .unwrap_or_default(),
                if row.changes.is_empty() { String::new() } else { format!(": {}", row.changes.join(", ")) },
            ));
        }
        if told.len() > ROWS_SHOWN {
            lines
                .push(format!("  and {} more rows: all of them with --output json", told.len() - ROWS_SHOWN));
        }
    }
    lines.extend(report.faults.iter().map(|fault| format!("  error    {file}: {fault}")));
    if report.fault_count > report.faults.len() {
        lines.push(format!("  error    and {} more", report.fault_count - report.faults.len()));
    }
    for remark in report.remarks.iter().take(ROWS_SHOWN) {
        let line = remark.line.map(|line| format!("line {line}: ")).unwrap_or_default();
        lines.push(format!("  remark   {line}{}", remark.message));
    }
    if report.remark_count > ROWS_SHOWN {
        lines.push(format!("  remark   and {} more", report.remark_count - ROWS_SHOWN));
    }
    lines.join("\n")
}
