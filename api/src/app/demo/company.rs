//! Making the demo company.

use anyhow::Context as _;
use chrono::{Datelike as _, Duration, NaiveDate};
use entity::{
    CycleState, Decimal, GoalState, Instant, KeyResultKind, ObjectiveKind, ObjectiveSource, ProgressSource,
};
use uuid::Uuid;

use super::{
    history,
    plan::{self, Measure, OBJECTIVES, PEOPLE, TEAMS},
};
use crate::{
    app::App,
    config::Config,
    domain::{
        access::{Scope, secret::Secret},
        clock::Clock,
        cycle::CreateCycle,
        installation::Installation,
        key_result_change::CreateKeyResult,
        membership::AddTeamMember,
        objective::CreateObjective,
        origin::Origin,
        person::InvitePerson,
        set_up::InitOptions,
        team::CreateTeam,
    },
};

/// Days that the company's history goes back.
pub(super) const DAYS: i64 = 90;
const SLUG: &str = "larkfield";
const DAY: i64 = 86_400;

/// Tokens of the three people to try the demo as.
pub(super) struct Tokens {
    pub(super) leader: Secret,
    pub(super) manager: Secret,
    pub(super) individual: Secret,
}

/// Issues the tokens.
pub(super) async fn tokens(installation: &Installation, seconds: i64) -> anyhow::Result<Tokens> {
    let token = async |email: &str| -> anyhow::Result<Secret> {
        let person = installation.person_by_email(email, Some(SLUG)).await?;
        Ok(installation.issue_token(person.id, seconds).await?)
    };
    Ok(Tokens {
        leader: token(plan::LEADER.1).await?,
        manager: token(PEOPLE[plan::MANAGER].email).await?,
        individual: token(PEOPLE[plan::INDIVIDUAL].email).await?,
    })
}

/// The company while it is made.
pub(super) struct Company {
    /// Scope of the leader.
    pub(super) leader: Scope,
    /// Scopes of the people, in the order of the plan.
    pub(super) people: Vec<Scope>,
    pub(super) teams: Vec<Uuid>,
    /// First and last day of the two cycles.
    pub(super) cycles: Vec<(Uuid, NaiveDate, NaiveDate)>,
    /// Key results by objective and place.
    pub(super) key_results: Vec<Vec<Uuid>>,
}

impl Company {
    /// Key of a person of the plan.
    pub(super) fn person(&self, place: usize) -> anyhow::Result<Uuid> {
        let scope = self.people.get(place).context("the plan names a person who is not there")?;
        Ok(scope.viewer().person_id)
    }
}

/// Makes the company on a clock that starts ninety days ago.
pub(super) async fn make(config: &Config, clock: &Clock) -> anyhow::Result<()> {
    let now = clock.now();
    let start = now.plus_seconds(-DAYS * DAY);
    let (clock, time) = Clock::simulated(start, 20_260_401);
    let installation = App::open(config, clock, None).await?;
    let company = people_and_goals(&installation, now).await?;
    history::live(&company, &time, start, now).await
}

async fn people_and_goals(installation: &Installation, now: Instant) -> anyhow::Result<Company> {
    let made = installation
        .init(&InitOptions {
            name: "Larkfield".into(),
            slug: SLUG.into(),
            time_zone: "Europe/Lisbon".into(),
            admin_name: plan::LEADER.0.into(),
            admin_email: plan::LEADER.1.into(),
            password: None,
            team: None,
        })
        .await?;
    let leader = installation.scope_of_person(made.admin).await?;
    let mut people = Vec::new();
    for someone in &PEOPLE {
        let invite = InvitePerson {
            id: None,
            name: someone.name.into(),
            email: someone.email.into(),
            role: someone.role,
            is_admin: false,
            team: None,
            code_seconds: 3_600,
        };
        people.push(leader.run(&invite).await?.0.id);
    }
    let mut teams = Vec::new();
    for (place, name) in TEAMS.into_iter().enumerate() {
        let team = CreateTeam {
            id: None,
            name: name.into(),
            parent: None,
            manager: people.get(place).copied(),
            connection_model: None,
        };
        teams.push(leader.run(&team).await?.id);
    }
    for (person, someone) in people.iter().zip(&PEOPLE) {
        let team = *teams.get(someone.team).context("a team of the plan")?;
        leader.run(&AddTeamMember { team, person: *person, home: true }).await?;
    }
    let cycles = cycles(&leader, now).await?;
    let mut scopes = Vec::new();
    for person in &people {
        scopes.push(installation.scope_of_person(*person).await?);
    }
    let mut company = Company { leader, people: scopes, teams, cycles, key_results: Vec::new() };
    goals(&mut company).await?;
    Ok(company)
}

/// The present quarter and the one before.
async fn cycles(leader: &Scope, now: Instant) -> anyhow::Result<Vec<(Uuid, NaiveDate, NaiveDate)>> {
    let today = now.to_utc().context("a date")?.date_naive();
    let first_of = |year: i32, quarter: u32| NaiveDate::from_ymd_opt(year, quarter * 3 + 1, 1);
    let (year, quarter) = (today.year(), today.month0() / 3);
    let before = if quarter == 0 { (year - 1, 3) } else { (year, quarter - 1) };
    let after = if quarter == 3 { (year + 1, 0) } else { (year, quarter + 1) };
    let mut cycles = Vec::new();
    for ((year, quarter), next) in [(before, (year, quarter)), ((year, quarter), after)] {
        let first = first_of(year, quarter).context("a quarter")?;
        let last = first_of(next.0, next.1).context("a quarter")? - Duration::days(1);
        let cycle = CreateCycle {
            id: None,
            name: format!("{year} Q{}", quarter + 1),
            parent: None,
            state: CycleState::Active,
            starts_on: Some(first),
            ends_on: Some(last),
            check_in_days: None,
        };
        cycles.push((leader.run(&cycle).await?.id, first, last));
    }
    Ok(cycles)
}

async fn goals(company: &mut Company) -> anyhow::Result<()> {
    let mut objectives: Vec<Uuid> = Vec::new();
    for planned in &OBJECTIVES {
        let owner = match planned.owner {
            Some(place) => company.person(place)?,
            None => company.leader.viewer().person_id,
        };
        let objective = CreateObjective {
            id: None,
            title: planned.title.into(),
            description: None,
            owner: Some(owner),
            team: planned.team.and_then(|team| company.teams.get(team).copied()),
            cycle: company.cycles.get(planned.cycle).map(|cycle| cycle.0),
            parent: planned.parent.and_then(|parent| objectives.get(parent).copied()),
            state: Some(GoalState::Active),
            kind: if planned.aspirational { ObjectiveKind::Aspirational } else { ObjectiveKind::Committed },
            visibility: planned.visibility,
            priority: Some(planned.priority),
            weight: 1.0,
            include_children: true,
            progress_source: ObjectiveSource::KeyResults,
            check_in_days: None,
            check_in_owner: None,
            check_in_reviewer: None,
            origin: Origin::default(),
        };
        let objective = company.leader.run(&objective).await?.id;
        objectives.push(objective);
        let mut key_results = Vec::new();
        for planned in planned.key_results {
            key_results.push(key_result(company, objective, planned).await?);
        }
        company.key_results.push(key_results);
    }
    Ok(())
}

/// A whole number as a measured value.
pub(super) const fn whole(number: i64) -> Decimal {
    Decimal(number * 1_000_000)
}

async fn key_result(company: &Company, objective: Uuid, planned: &plan::KeyResult) -> anyhow::Result<Uuid> {
    let (kind, source, unit, start, target) = match planned.measure {
        Measure::CheckIns { kind, unit, start, target, .. } => {
            (kind, ProgressSource::CheckIn, Some(unit.to_owned()), Some(whole(start)), Some(whole(target)))
        }
        Measure::Work => (KeyResultKind::Increase, ProgressSource::Work, None, None, None),
    };
    let key_result = CreateKeyResult {
        id: None,
        objective,
        title: planned.title.into(),
        description: None,
        owner: Some(company.person(planned.owner)?),
        state: Some(GoalState::Active),
        kind: Some(kind),
        unit,
        start,
        target,
        target_percent: None,
        commit: None,
        stretch: None,
        lower: None,
        upper: None,
        tolerance: None,
        progress_source: source,
        weight: 1.0,
        starts_on: None,
        check_in_days: None,
        check_in_owner: None,
        check_in_reviewer: None,
        origin: Origin::default(),
    };
    Ok(company.leader.run(&key_result).await?.id)
}
