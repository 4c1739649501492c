//! Loading many viewers of one organization at once: what [`load_viewer`](super::viewer_load::load_viewer)
//! finds for each of them, with as many statements for ten thousand as for one.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use entity::Role;
use sea_orm::QueryResult;
use uuid::Uuid;

use super::{
    access::{Viewer, viewer::TokenIdentity},
    clock::Clock,
    error::{DomainError, Result},
    service_token::scopes_of,
    viewer_load::{Ask, PersonFacts, Practice, Subject, practice_of},
};

/// The viewers that subjects of an organization are; those that are nobody any more are left out: the person is
/// deactivated, the session has ended, the token was revoked or has expired. So are those whose row cannot be read,
/// as one that a newer node has written: that is no reason to find out nothing about the others.
pub(in crate::domain) async fn load_viewers(
    ask: &impl Ask,
    clock: &Clock,
    organization: Uuid,
    subjects: &[Subject],
) -> Result<HashMap<Subject, Viewer>> {
    let (mut people, mut sessions, mut has_tokens) = (HashSet::new(), HashSet::new(), false);
    for subject in subjects {
        match subject {
            Subject::Person { person, session } => {
                people.insert(*person);
                sessions.extend(*session);
            }
            Subject::Token { .. } => has_tokens = true,
        }
    }
    let (people, sessions) = (listed(people), listed(sessions));
    let (settings, time_zone) = match practice_of(ask, organization).await {
        Ok(practice) => practice,
        Err(DomainError::NotFound) => return Ok(HashMap::new()),
        Err(error) => return Err(error),
    };
    let practice = Practice { organization, settings: settings.into(), time_zone, backend: ask.backend() };
    let roles = roles(ask, organization, &people).await?;
    let sessions = open_sessions(ask, clock, organization, &sessions).await?;
    let mut members = member_teams(ask, organization, &people).await?;
    let managed = managed_teams(ask, organization, &roles).await?;
    let tokens = if has_tokens { open_tokens(ask, clock, organization).await? } else { HashMap::new() };

    let mut viewers = HashMap::with_capacity(subjects.len());
    for subject in subjects {
        let viewer = match subject {
            Subject::Person { person, session } => {
                let is_open = session.is_none_or(|session| sessions.get(&session) == Some(person));
                roles.get(person).filter(|_| is_open).map(|(role, is_admin)| {
                    practice.person(PersonFacts {
                        person: *person,
                        session: *session,
                        role: *role,
                        is_admin: *is_admin,
                        member_teams: members.entry(*person).or_default().clone(),
                        managed_teams: managed.get(person).cloned().unwrap_or_default(),
                    })
                })
            }
            Subject::Token { hash } => {
                tokens.get(hash.as_slice()).cloned().map(|token| practice.token(token))
            }
        };
        viewers.extend(viewer.map(|viewer| (*subject, viewer)));
    }
    Ok(viewers)
}

fn listed(keys: HashSet<Uuid>) -> Vec<Uuid> {
    keys.into_iter().collect()
}

/// Role and admin flag of those who are active.
async fn roles(ask: &impl Ask, organization: Uuid, people: &[Uuid]) -> Result<HashMap<Uuid, (Role, bool)>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let mut binds = ask.binds();
    let of = binds.push(organization);
    let people = binds.ids(people);
    let text = format!(
        "SELECT id, role, is_admin FROM person \
         WHERE organization_id = {of} AND id IN {people} AND deactivated_at IS NULL"
    );
    let rows = ask.rows(text, binds).await?;
    Ok(readable(&rows, |row| {
        Ok((row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?)))
    }))
}

/// What can be read of rows, by key.
fn readable<K: Eq + Hash, V>(
    rows: &[QueryResult],
    read: impl Fn(&QueryResult) -> Result<(K, V)>,
) -> HashMap<K, V> {
    let read = |row| match read(row) {
        Ok(read) => Some(read),
        Err(error) => {
            tracing::error!(%error, "the rights of somebody who is watched cannot be read: they are taken for none");
            None
        }
    };
    rows.iter().filter_map(read).collect()
}

/// Whose sessions are open, by session.
async fn open_sessions(
    ask: &impl Ask,
    clock: &Clock,
    organization: Uuid,
    sessions: &[Uuid],
) -> Result<HashMap<Uuid, Uuid>> {
    if sessions.is_empty() {
        return Ok(HashMap::new());
    }
    let mut binds = ask.binds();
    let of = binds.push(organization);
    let sessions = binds.ids(sessions);
    let now = binds.push(clock.now().0);
    let text = format!(
        "SELECT id, person_id FROM session WHERE organization_id = {of} AND id IN {sessions} \
         AND revoked_at IS NULL AND expires_at > {now}"
    );
    let rows = ask.rows(text, binds).await?;
    Ok(readable(&rows, |row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))))
}

async fn member_teams(
    ask: &impl Ask,
    organization: Uuid,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    let mut members: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    if people.is_empty() {
        return Ok(members);
    }
    let mut binds = ask.binds();
    let of = binds.push(organization);
    let people = binds.ids(people);
    let text = format!(
        "SELECT person_id, team_id FROM membership WHERE organization_id = {of} AND person_id IN {people}"
    );
    for row in ask.rows(text, binds).await? {
        members.entry(row.try_get_by_index(0)?).or_default().push(row.try_get_by_index(1)?);
    }
    Ok(members)
}

/// Teams that people are the managers of, with everything below them. The whole tree is read: an organization
/// has far fewer teams than people.
async fn managed_teams(
    ask: &impl Ask,
    organization: Uuid,
    people: &HashMap<Uuid, (Role, bool)>,
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let mut binds = ask.binds();
    let of = binds.push(organization);
    let text = format!("SELECT id, parent_id, manager_id FROM team WHERE organization_id = {of}");
    let (mut below, mut roots): (HashMap<Uuid, Vec<Uuid>>, HashMap<Uuid, Vec<Uuid>>) = Default::default();
    for row in ask.rows(text, binds).await? {
        let team: Uuid = row.try_get_by_index(0)?;
        if let Some(parent) = row.try_get_by_index::<Option<Uuid>>(1)? {
            below.entry(parent).or_default().push(team);
        }
        let manager: Option<Uuid> = row.try_get_by_index(2)?;
        if let Some(manager) = manager.filter(|manager| people.contains_key(manager)) {
            roots.entry(manager).or_default().push(team);
        }
    }
    let subtree = |roots: Vec<Uuid>| {
        let (mut found, mut left) = (HashSet::new(), roots);
        while let Some(team) = left.pop() {
            if found.insert(team) {
                left.extend(below.get(&team).into_iter().flatten());
            }
        }
        listed(found)
    };
    Ok(roots.into_iter().map(|(manager, roots)| (manager, subtree(roots))).collect())
}

/// The tokens of an organization that may be used, by what is stored of them.
async fn open_tokens(
    ask: &impl Ask,
    clock: &Clock,
    organization: Uuid,
) -> Result<HashMap<Vec<u8>, TokenIdentity>> {
    let mut binds = ask.binds();
    let of = binds.push(organization);
    let now = binds.push(clock.now().0);
    let text = format!(
        "SELECT token_hash, id, scopes, expires_at, last_used_at FROM service_token \
         WHERE organization_id = {of} AND revoked_at IS NULL AND expires_at > {now}"
    );
    let rows = ask.rows(text, binds).await?;
    Ok(readable(&rows, |row| {
        let identity = TokenIdentity {
            id: row.try_get_by_index(1)?,
            scopes: scopes_of(&row.try_get_by_index::<String>(2)?),
            expires_at: row.try_get_by_index(3)?,
            last_used_at: row.try_get_by_index(4)?,
        };
        Ok((row.try_get_by_index(0)?, identity))
    }))
}
