//! `throughline import`: a file of a tool, through the very merge that live sync uses.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, bail};
use entity::{Provider, UnresolvedReason};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{
    App,
    command_line::{Output, print},
};
use crate::{
    config::Config,
    connectors::read_file,
    domain::{
        access::Scope,
        clock::Clock,
        link_create::LinkWork,
        sync::{
            merge::{Merge, MergeOptions},
            summary::MergeSummary,
        },
    },
    telemetry,
};

/// What is to be imported.
#[derive(Debug)]
pub(super) struct Wishes {
    pub(super) provider: Provider,
    pub(super) file: PathBuf,
    pub(super) organization: Option<String>,
    pub(super) person: Option<String>,
    pub(super) team: Option<String>,
    pub(super) link: Option<String>,
    pub(super) output: Output,
}

/// Reads the file, merges it, tells what came of it.
///
/// # Errors
/// When the file is broken, the database cannot be reached or the goal to link to does not exist; then
/// nothing was imported.
pub(super) async fn run(config: &Config, wishes: Wishes) -> anyhow::Result<()> {
    telemetry::init(&config.log)?;
    let steps = ProgressBar::new(3);
    if let Ok(style) = ProgressStyle::with_template("{spinner} [{bar:24}] {pos}/{len} {wide_msg}") {
        steps.set_style(style.progress_chars("=> "));
    }
    steps.enable_steady_tick(Duration::from_millis(100));
    steps.set_message(format!("reading {}", wishes.file.display()));
    let bytes = tokio::fs::read(&wishes.file)
        .await
        .with_context(|| format!("cannot read {}", wishes.file.display()))?;
    let batch = read_file(wishes.provider, &bytes)
        .with_context(|| format!("{} was not imported", wishes.file.display()))?;
    steps.inc(1);
    let installation = App::open(config, Clock::system(), None).await?;
    installation.migrate().await.context("the database cannot be brought up to date")?;
    let person = installation.operator(wishes.person.as_deref(), wishes.organization.as_deref()).await?;
    let scope = installation.scope_of_person(person.id).await?;
    let team = match &wishes.team {
        None => None,
        Some(name) => Some(
            scope
                .team_by_name(name)
                .await?
                .with_context(|| {
                    format!("there is no team \"{name}\": create it first, or leave --team out")
                })?
                .id,
        ),
    };
    if let Some(code) = &wishes.link {
        goal_exists(&scope, code).await?;
        if !scope.viewer().is_leader() && !scope.viewer().manages(team) {
            bail!(
                "{} may import, but may not tie this work to {code}: nothing was imported; name a leader with \
                 the admin flag by --as, or import without --link and let a leader link it",
                person.email
            );
        }
    }
    steps.set_message(format!("merging {} projects and {} tasks", batch.projects.len(), batch.tasks.len()));
    let options =
        MergeOptions { team, public_urls: vec![config.server.base_url()], ..MergeOptions::default() };
    let summary = scope.run(&Merge { batch, options }).await?;
    steps.inc(1);
    let mut linked = 0;
    if let Some(code) = &wishes.link {
        steps.set_message(format!("linking to {code}"));
        let projects = summary.projects.iter().map(|project| project.id).collect();
        linked = scope.run(&LinkWork { projects, code: code.clone() }).await?.len();
    }
    steps.inc(1);
    steps.finish_and_clear();
    match wishes.output {
        Output::Json => {
            let mut value = serde_json::to_value(&summary)?;
            if let Some(object) = value.as_object_mut() {
                object.insert("linked".into(), json!(linked));
            }
            print(&value.to_string())
        }
        Output::Text => print(&told(&wishes, &summary, linked)),
    }
}

async fn goal_exists(scope: &Scope, code: &str) -> anyhow::Result<()> {
    let found =
        scope.key_result_by_code(code).await?.is_some() || scope.objective_by_code(code).await?.is_some();
    if !found {
        bail!(
            "there is no goal {code}: nothing was imported; look for its code with {{ keyResults {{ nodes {{ code title }} }} }}"
        );
    }
    Ok(())
}

fn told(wishes: &Wishes, summary: &MergeSummary, linked: usize) -> String {
    let mut lines = Vec::new();
    lines.push(format!("{} — {}", summary.name, wishes.file.display()));
    for (what, counts) in [("projects", &summary.project_counts), ("tasks", &summary.task_counts)] {
        lines.push(format!(
            "  {what:<9} {} created, {} updated, {} unchanged, {} archived",
            counts.created, counts.updated, counts.unchanged, counts.archived
        ));
    }
    if !summary.states.is_empty() {
        lines.push("  states, as they were read:".into());
        for state in &summary.states {
            lines.push(format!(
                "    {:<40} {:?} ({} tasks)",
                state.provider_status, state.status, state.tasks
            ));
        }
    }
    lines.push(format!(
        "  people    {} matched, {} not",
        summary.people_matched,
        summary.people_unmatched.len()
    ));
    for person in summary.people_unmatched.iter().take(5) {
        let name = person.name.as_deref().or(person.user_name.as_deref()).unwrap_or(&person.external_id);
        let maybe: Vec<&str> = person.suggestions.iter().map(|person| person.name.as_str()).collect();
        let maybe =
            if maybe.is_empty() { String::new() } else { format!(" — perhaps {}", maybe.join(" or ")) };
        lines.push(format!("    {name}{maybe}"));
    }
    if summary.people_unmatched.len() > 5 {
        lines.push(format!("    and {} more", summary.people_unmatched.len() - 5));
    }
    lines.push(format!("  links     {} from references in texts", summary.links_made));
    if summary.links_outside_model > 0 {
        lines.push(format!("    {} of them outside the connection model", summary.links_outside_model));
    }
    for token in summary.tokens_unresolved.iter().take(5) {
        let why = match token.reason {
            UnresolvedReason::NoGoal => "matches no goal",
            UnresolvedReason::OutsideModel => "lies outside the connection model and was not linked",
        };
        lines.push(format!(
            "    {} {why} ({} times, such as in \"{}\")",
            token.code, token.count, token.example
        ));
    }
    for skipped in summary.skipped.iter().take(5) {
        lines.push(format!("  skipped   {}: {}", skipped.external_id, skipped.reason));
    }
    if summary.skipped.len() > 5 {
        lines.push(format!("  skipped   {} more", summary.skipped.len() - 5));
    }
    for note in &summary.notes {
        lines.push(format!("  note      {note}"));
    }
    lines.push(String::new());
    match &wishes.link {
        Some(code) => lines.push(format!(
            "{linked} projects now count for {code}. See it move:\n  {{ keyResult(code: \"{code}\") {{ workProgress projects {{ nodes {{ title progress }} }} }} }}"
        )),
        None => lines.push(
            "Next: tie this work to a goal, so that its tasks count through their project:\n  \
             run the same import again with --link KR-1 (what is unchanged stays as it is),\n  \
             or write [KR-1] into a card's name in the tool and import again."
                .into(),
        ),
    }
    lines.join("\n")
}
