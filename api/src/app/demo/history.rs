//! Ninety days of work: projects begin, tasks are made, begun and done, values are checked in.

use anyhow::Context as _;
use entity::{Instant, ProgressBasis, ProjectState, TaskStatus};
use uuid::Uuid;

use super::{
    company::{Company, DAYS, whole},
    plan::{Measure, OBJECTIVES, PEOPLE, PROJECTS, THINGS, VERBS},
};
use crate::domain::{
    access::secret::Entropy,
    check_in::MakeCheckIn,
    clock::SimulatedTime,
    key_result_change::ArchiveKeyResult,
    link_create::CreateLink,
    link_target::{LinkGoal, LinkSource},
    project_change::{CreateProject, UpdateProject},
    task_change::UpdateTask,
    task_create::CreateTask,
};

const DAY: i64 = 86_400;

/// Something that happens at a moment.
enum Deed {
    /// A project is made, begun and linked.
    Begin(usize),
    /// A task of a project is made: its place among the project's tasks.
    Make { project: usize, task: usize, assignee: usize },
    /// A task changes its status.
    Move { project: usize, task: usize, to: TaskStatus },
    /// A key result's owner says where it stands, as a share of the way to where it stands now.
    Say { objective: usize, key_result: usize, share: f64 },
    /// A key result is given up.
    Archive { objective: usize, key_result: usize },
    /// A project is finished.
    Finish(usize),
}

/// Small whole numbers that repeat for the same seed.
struct Dice(Entropy);

impl Dice {
    fn below(&self, limit: usize) -> usize {
        let [low, high] = self.0.bytes::<2>();
        usize::from(u16::from_le_bytes([low, high])) % limit.max(1)
    }

    /// Seconds within a working day.
    fn hour(&self) -> i64 {
        i64::try_from(8 * 3600 + self.below(9 * 60) * 60).unwrap_or_default()
    }
}

/// Lets the ninety days pass.
pub(super) async fn live(
    company: &Company,
    time: &SimulatedTime,
    start: Instant,
    now: Instant,
) -> anyhow::Result<()> {
    let mut deeds = deeds(company, start, now)?;
    deeds.sort_by_key(|(at, _)| *at);
    let mut projects: Vec<Option<Uuid>> = vec![None; PROJECTS.len()];
    let mut tasks: Vec<Vec<Option<Uuid>>> =
        PROJECTS.iter().map(|project| vec![None; project.tasks]).collect();
    let mut assignees: Vec<Vec<usize>> = PROJECTS.iter().map(|project| vec![0; project.tasks]).collect();
    for (at, deed) in deeds {
        time.set(at);
        match deed {
            Deed::Begin(place) => {
                let project = begin(company, place).await?;
                *projects.get_mut(place).context("a project")? = Some(project);
            }
            Deed::Make { project, task, assignee } => {
                let of = projects.get(project).copied().flatten().context("a project that has begun")?;
                let made = make(company, project, task, of, assignee).await?;
                if let Some(slot) = tasks.get_mut(project).and_then(|tasks| tasks.get_mut(task)) {
                    *slot = Some(made);
                }
                if let Some(slot) = assignees.get_mut(project).and_then(|tasks| tasks.get_mut(task)) {
                    *slot = assignee;
                }
            }
            Deed::Move { project, task, to } => {
                let id = tasks.get(project).and_then(|tasks| tasks.get(task)).copied().flatten();
                let who = assignees.get(project).and_then(|tasks| tasks.get(task)).copied().unwrap_or(0);
                let scope = company.people.get(who).context("an assignee")?;
                let id = id.context("a task that was made")?;
                scope.run(&UpdateTask { id, status: Some(to), ..UpdateTask::default() }).await?;
            }
            Deed::Say { objective, key_result, share } => say(company, objective, key_result, share).await?,
            Deed::Archive { objective, key_result } => {
                let id = company.key_results.get(objective).and_then(|all| all.get(key_result));
                let id = *id.context("a key result of the plan")?;
                company.leader.run(&ArchiveKeyResult { id, expected_version: None, archive: true }).await?;
            }
            Deed::Finish(place) => {
                let id = projects.get(place).copied().flatten().context("a project that has begun")?;
                let done = UpdateProject { id, state: Some(ProjectState::Done), ..UpdateProject::default() };
                company.leader.run(&done).await?;
            }
        }
    }
    time.set(now);
    Ok(())
}

fn deeds(company: &Company, start: Instant, now: Instant) -> anyhow::Result<Vec<(Instant, Deed)>> {
    let dice = Dice(Entropy::seeded(7));
    let on = |day: i64, dice: &Dice| start.plus_seconds(day * DAY + dice.hour());
    let mut deeds = Vec::new();
    for (place, project) in PROJECTS.iter().enumerate() {
        let (first, last) = project.days;
        deeds.push((start.plus_seconds(first * DAY + 60), Deed::Begin(place)));
        let members: Vec<usize> = PEOPLE
            .iter()
            .enumerate()
            .filter(|(_, person)| person.team == project.team)
            .map(|(member, _)| member)
            .collect();
        let done = (project.done * count(project.tasks)).round();
        let span = last.min(DAYS) - first;
        for task in 0..project.tasks {
            // Two thirds of the tasks are known at the start, the others come up on the way.
            let made = if task * 3 < project.tasks * 2 {
                first
            } else {
                first + i64::try_from(dice.below(usize::try_from(span.max(2) / 2)?))?
            };
            let assignee = if members.contains(&project.owner) && dice.below(3) == 0 {
                project.owner
            } else {
                members.get(dice.below(members.len())).copied().unwrap_or(project.owner)
            };
            let at = start.plus_seconds(made * DAY + 120 + i64::try_from(task)?);
            deeds.push((at, Deed::Make { project: place, task, assignee }));
            let order = count(task) / count(project.tasks).max(1.0);
            let begun = made + 1 + whole_days(order * days(span) * 0.85).max(0);
            if count(task) < done {
                let begun = begun.min(DAYS - 3);
                deeds.push((
                    on(begun, &dice),
                    Deed::Move { project: place, task, to: TaskStatus::InProgress },
                ));
                let length = 1 + i64::try_from(dice.below(5))?;
                let end = (begun + length).min(DAYS - 1);
                deeds.push((on(end, &dice), Deed::Move { project: place, task, to: TaskStatus::Done }));
            } else if count(task) < done + 3.0 && begun < DAYS {
                deeds.push((
                    on(begun.min(DAYS - 2), &dice),
                    Deed::Move { project: place, task, to: TaskStatus::InProgress },
                ));
            } else if task + 1 == project.tasks {
                let at = on((first + span / 2).clamp(made + 1, DAYS - 1), &dice);
                deeds.push((at, Deed::Move { project: place, task, to: TaskStatus::Cancelled }));
            }
        }
        if project.done >= 1.0 {
            deeds.push((start.plus_seconds((DAYS - 1) * DAY + 20 * 3600), Deed::Finish(place)));
        }
    }
    for (objective, planned) in OBJECTIVES.iter().enumerate() {
        let (_, first, last) = company.cycles.get(planned.cycle).context("a cycle of the plan")?;
        for (key_result, planned) in planned.key_results.iter().enumerate() {
            if planned.archived {
                deeds.push((on(DAYS - 4, &dice), Deed::Archive { objective, key_result }));
            }
            if matches!(planned.measure, Measure::Work) {
                continue;
            }
            // Every week; who owns the seventh has let the last two weeks pass.
            let lazy = planned.owner == 7;
            for week in 0..13 {
                let day = week * 7 + 4;
                let at = on(day, &dice);
                let date = at.to_utc().context("a date")?.date_naive();
                if date <= *first || date >= *last || at >= now || (lazy && day > DAYS - 18) {
                    continue;
                }
                let share = (days(day) / days(DAYS)).clamp(0.0, 1.0);
                deeds.push((at, Deed::Say { objective, key_result, share }));
            }
        }
    }
    Ok(deeds)
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn days(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "below a hundred")]
fn whole_days(number: f64) -> i64 {
    number as i64
}

async fn begin(company: &Company, place: usize) -> anyhow::Result<Uuid> {
    let planned = PROJECTS.get(place).context("a project of the plan")?;
    let project = CreateProject {
        id: None,
        title: planned.title.into(),
        description: None,
        team: company.teams.get(planned.team).copied(),
        owner: Some(company.person(planned.owner)?),
        state: ProjectState::Planned,
        visibility: planned.visibility,
        starts_on: None,
        ends_on: None,
        progress_basis: ProgressBasis::Count,
        work_class: None,
    };
    let id = company.leader.run(&project).await?.id;
    for (objective, key_result) in planned.serves {
        let goal = company.key_results.get(*objective).and_then(|all| all.get(*key_result));
        let goal = *goal.context("a key result of the plan")?;
        let link = CreateLink {
            id: None,
            source: LinkSource::Project(id),
            goal: LinkGoal::KeyResult(goal),
            significance: None,
            weight: None,
        };
        company.leader.run(&link).await?;
    }
    let begun = UpdateProject { id, state: Some(ProjectState::InProgress), ..UpdateProject::default() };
    company.leader.run(&begun).await?;
    Ok(id)
}

async fn make(
    company: &Company,
    project: usize,
    task: usize,
    id: Uuid,
    assignee: usize,
) -> anyhow::Result<Uuid> {
    let planned = PROJECTS.get(project).context("a project of the plan")?;
    let verb = VERBS.get((task * 5 + project * 3) % VERBS.len()).copied().unwrap_or("Do");
    let thing = THINGS.get((task * 7 + project * 11) % THINGS.len()).copied().unwrap_or("it");
    let made = CreateTask {
        id: None,
        title: format!("{verb} {thing}"),
        description: None,
        status: if task * 5 > planned.tasks * 4 { TaskStatus::Backlog } else { TaskStatus::Todo },
        parent: None,
        projects: vec![id],
        assignees: vec![company.person(assignee)?],
        labels: if task.is_multiple_of(9) { vec!["customer request".into()] } else { Vec::new() },
        due_on: None,
        estimate: None,
        opted_out: false,
        work_class: None,
    };
    Ok(company.leader.run(&made).await?.id)
}

async fn say(company: &Company, objective: usize, key_result: usize, share: f64) -> anyhow::Result<()> {
    let planned = OBJECTIVES.get(objective).and_then(|objective| objective.key_results.get(key_result));
    let planned = planned.context("a key result of the plan")?;
    let Measure::CheckIns { start, now, .. } = planned.measure else { return Ok(()) };
    let id = company.key_results.get(objective).and_then(|all| all.get(key_result));
    let value = start + whole_days(days(now - start) * share);
    let check_in = MakeCheckIn {
        id: None,
        key_result: *id.context("a key result of the plan")?,
        at: None,
        value: Some(whole(value)),
        confidence: Some((0.4 + 0.5 * share).min(0.9)),
        health: None,
        note: None,
    };
    let scope = company.people.get(planned.owner).context("an owner")?;
    // A private or team goal may be out of its owner's sight in another role: the leader speaks then.
    let said = match scope.run(&check_in).await {
        Err(crate::domain::error::DomainError::NotFound) => company.leader.run(&check_in).await,
        other => other,
    };
    said.map(|_| ()).with_context(|| format!("checking in on \"{}\"", planned.title))
}
