//! Links by pasted addresses: a page of a tool or of Throughline finds the work or the goal behind it.

use entity::{ExternalKind, Significance, SubjectKind};
use uuid::Uuid;

use super::{
    bulk::Binds,
    error::{DomainError, Result, UserError, UserErrorCode},
    key_result::KeyResultRow,
    link_create::{CreateLink, LinkMade},
    link_target::{LinkGoal, LinkSource},
    objective::ObjectiveRow,
    project::ProjectRow,
    task::TaskRow,
    work_address::{OwnPage, WebAddress},
    write::{Command, Write, digest_of},
};

/// Ties work to a goal by addresses: one leads to the work, or the goal, and the other end is given by its
/// key or by a second address. What follows is the same as for [`CreateLink`].
#[derive(Clone, Debug)]
pub struct LinkUrl {
    /// A page of work or of a goal.
    pub url: String,
    /// A page of the other end.
    pub other_url: Option<String>,
    /// The work, when `url` leads to a goal.
    pub source: Option<LinkSource>,
    /// The goal, when `url` leads to work.
    pub goal: Option<LinkGoal>,
    /// Whether the work counts; as for [`CreateLink`] when left out.
    pub significance: Option<Significance>,
    /// Share in the goal's work progress; as for [`CreateLink`] when left out.
    pub weight: Option<f64>,
}

/// What a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Work(LinkSource),
    Goal(LinkGoal),
}

impl Command for LinkUrl {
    type Output = LinkMade;

    async fn run(&self, write: &mut Write) -> Result<LinkMade> {
        let first = write.end_behind("url", &self.url).await?;
        let second = match &self.other_url {
            Some(url) => Some(write.end_behind("otherUrl", url).await?),
            None => None,
        };
        let (source, goal) = self.ends(first, second)?;
        write.lock_ends(source, goal).await?;
        let wish =
            CreateLink { id: None, source, goal, significance: self.significance, weight: self.weight };
        wish.check()?;
        let by = |end: End| {
            if first == end {
                Some("url")
            } else if second == Some(end) {
                Some("otherUrl")
            } else {
                None
            }
        };
        let (of_work, of_goal) = (by(End::Work(source)), by(End::Goal(goal)));
        write.tie(&wish, &digest_of(&wish)).await.map_err(|error| named(error, of_work, of_goal))
    }
}

impl LinkUrl {
    /// The two ends, of which one must be work and the other a goal.
    fn ends(&self, first: End, second: Option<End>) -> Result<(LinkSource, LinkGoal)> {
        let given = usize::from(self.source.is_some())
            + usize::from(self.goal.is_some())
            + usize::from(second.is_some());
        if given > 1 {
            let what = "give one other end: otherUrl, or the id of one piece of work or one goal";
            return Err(DomainError::user("otherUrl", UserErrorCode::Invalid, what));
        }
        let second = second.or(self.source.map(End::Work)).or(self.goal.map(End::Goal));
        match (first, second) {
            (End::Work(source), Some(End::Goal(goal))) | (End::Goal(goal), Some(End::Work(source))) => {
                Ok((source, goal))
            }
            (End::Work(_), None) => {
                let what = "url leads to work: give the goal by objectiveId, keyResultId or otherUrl";
                Err(DomainError::user("keyResultId", UserErrorCode::Required, what))
            }
            (End::Goal(_), None) => {
                let what = "url leads to a goal: give the work by taskId, projectId or otherUrl";
                Err(DomainError::user("taskId", UserErrorCode::Required, what))
            }
            (End::Work(_), Some(End::Work(_))) => {
                let what = "both ends are work: one of them must be a goal";
                Err(DomainError::user("url", UserErrorCode::Invalid, what))
            }
            (End::Goal(_), Some(End::Goal(_))) => {
                let what = "both ends are goals: one of them must be a project or task";
                Err(DomainError::user("url", UserErrorCode::Invalid, what))
            }
        }
    }
}

/// What is wrong with an end that an address led to is told at that address.
fn named(error: DomainError, of_work: Option<&str>, of_goal: Option<&str>) -> DomainError {
    let DomainError::User(errors) = error else { return error };
    let place = |error: UserError| {
        let field = match error.field.last().map(String::as_str) {
            Some("projectId" | "taskId") => of_work,
            Some("objectiveId" | "keyResultId") => of_goal,
            Some(_) | None => None,
        };
        match field {
            Some(field) => UserError::at(field, error.code, error.message),
            None => error,
        }
    };
    DomainError::User(errors.into_iter().map(place).collect())
}

impl Write {
    /// The work or goal behind an address, as far as the viewer sees it.
    async fn end_behind(&self, field: &str, url: &str) -> Result<End> {
        let Some(address) = WebAddress::read(url) else {
            let what = "is not the address of a page: paste it whole, as https://…";
            return Err(DomainError::user(field, UserErrorCode::Invalid, what));
        };
        let missing = |what: String| Err(DomainError::user(field, UserErrorCode::NotFound, what));
        if let Some(page) = address.own_page(self.scope.public_urls()) {
            let (found, what) = match page {
                OwnPage::Code(code) => {
                    let found = self.goal_behind_code(&code).await?;
                    (found, format!("a goal with the code {code}"))
                }
                OwnPage::Row(kind, id) => {
                    (self.end_by_key(kind, id).await?, "what this page shows".to_owned())
                }
            };
            return match found {
                Some(end) => Ok(end),
                None => missing(format!("{what} was looked for and is not there")),
            };
        }
        if address.is_own(self.scope.public_urls()) {
            return missing(
                "leads to Throughline, but to the page of no goal, project or task: paste the address of one"
                    .to_owned(),
            );
        }
        let mut found = self.items_behind(&address).await?;
        found.dedup();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => {
                let keys: Vec<String> = address.tool_keys().into_iter().map(|key| key.key).collect();
                let by_key = if keys.is_empty() {
                    String::new()
                } else {
                    format!("an item {} of {}, or ", keys.join(" or "), address.host())
                };
                missing(format!(
                    "{by_key}an item with this address was looked for among what was synced or imported and \
                     is not there"
                ))
            }
            _ => Err(DomainError::user(
                field,
                UserErrorCode::Invalid,
                "leads to several items of this key: give the item by its id",
            )),
        }
    }

    async fn goal_behind_code(&self, code: &str) -> Result<Option<End>> {
        let goal = match self.goal_by_code(code).await {
            Ok(goal) => goal,
            Err(DomainError::User(_)) => return Ok(None),
            Err(other) => return Err(other),
        };
        match goal {
            LinkGoal::Objective(id) => self.end_by_key(SubjectKind::Objective, id).await,
            LinkGoal::KeyResult(id) => self.end_by_key(SubjectKind::KeyResult, id).await,
        }
    }

    async fn end_by_key(&self, kind: SubjectKind, id: Uuid) -> Result<Option<End>> {
        Ok(match kind {
            SubjectKind::Objective => {
                self.get::<ObjectiveRow>(id).await?.map(|row| End::Goal(LinkGoal::Objective(row.id)))
            }
            SubjectKind::KeyResult => {
                self.get::<KeyResultRow>(id).await?.map(|row| End::Goal(LinkGoal::KeyResult(row.id)))
            }
            SubjectKind::Project => {
                self.get::<ProjectRow>(id).await?.map(|row| End::Work(LinkSource::Project(row.id)))
            }
            SubjectKind::Task => {
                self.get::<TaskRow>(id).await?.map(|row| End::Work(LinkSource::Task(row.id)))
            }
            SubjectKind::Organization
            | SubjectKind::Person
            | SubjectKind::Team
            | SubjectKind::Cycle
            | SubjectKind::CheckIn
            | SubjectKind::AlignmentLink
            | SubjectKind::Integration
            | SubjectKind::Finding => None,
        })
    }

    /// Items of tools by the key in an address, else by the address itself.
    async fn items_behind(&self, address: &WebAddress) -> Result<Vec<End>> {
        for wanted in address.tool_keys() {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let key = binds.push(wanted.key.clone());
            let provider = binds.push(wanted.provider);
            let kind = binds.push(wanted.kind);
            let text = format!(
                "SELECT site, project_id, task_id FROM external_identity \
                 WHERE organization_id = {organization} AND external_key = {key} AND provider = {provider} \
                 AND kind = {kind} ORDER BY id"
            );
            let mut ends = Vec::new();
            for row in self.raw(text, binds).await? {
                let site: String = row.try_get_by_index(0)?;
                let id: Option<Uuid> = match wanted.kind {
                    ExternalKind::Project => row.try_get_by_index(1)?,
                    ExternalKind::Task => row.try_get_by_index(2)?,
                };
                let Some(id) = id.filter(|_| address.is_of_site(&site)) else { continue };
                let subject = match wanted.kind {
                    ExternalKind::Project => SubjectKind::Project,
                    ExternalKind::Task => SubjectKind::Task,
                };
                ends.extend(self.end_by_key(subject, id).await?);
            }
            if !ends.is_empty() {
                return Ok(ends);
            }
        }
        for urls in address.spellings() {
            let ends = self.items_told_at(&urls).await?;
            if !ends.is_empty() {
                return Ok(ends);
            }
        }
        Ok(Vec::new())
    }

    /// Items that a tool told with one of these addresses.
    async fn items_told_at(&self, urls: &[String]) -> Result<Vec<End>> {
        for (kind, table) in [(SubjectKind::Task, "task"), (SubjectKind::Project, "project")] {
            let mut binds = Binds::new(self.tx.is_postgres());
            let organization = binds.push(self.viewer().organization_id);
            let urls = binds.texts(urls);
            let text = format!(
                "SELECT id FROM {table} WHERE organization_id = {organization} AND external_url IN {urls} \
                 ORDER BY id"
            );
            let mut ends = Vec::new();
            for row in self.raw(text, binds).await? {
                ends.extend(self.end_by_key(kind, row.try_get_by_index(0)?).await?);
            }
            if !ends.is_empty() {
                return Ok(ends);
            }
        }
        Ok(Vec::new())
    }
}
