//! The part of Jira's query language that the fake understands: clauses on project, updated, labels, id and key that all
//! hold, some of them in parentheses, and an order. Whatever else a query holds is refused, so that a test of a wrong
//! query fails.

mod parser;
mod tokens;

use std::cmp::Ordering;

use chrono_tz::Tz;
use entity::Instant;

use self::parser::Parser;
use super::{issue::Issue, site::Site};

/// A query.
pub(super) struct Jql {
    clauses: Vec<Clause>,
    order: Vec<Term>,
}

/// What an issue must be.
enum Clause {
    /// In one of these projects, by key, id or name.
    Project(Vec<String>),
    UpdatedSince(Instant),
    Label(String),
    /// One of these.
    Issues(Vec<Named>),
}

/// An issue as a query names it.
enum Named {
    Id(u64),
    Key(String),
}

/// What the issues are ordered by.
struct Term {
    by: By,
    descending: bool,
}

enum By {
    Updated,
    Created,
    Id,
    Key,
}

/// What an issue is compared by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Id(u64),
    At(Instant),
    Key(String, u32),
}

impl Jql {
    /// Reads a query: times are those of the zone, and spans end now.
    pub(super) fn parse(text: &str, now: Instant, zone: Tz) -> Result<Self, String> {
        let (clauses, mut order) = Parser::new(text, now, zone)?.query()?;
        if order.is_empty() {
            order.push(Term { by: By::Id, descending: true });
        }
        Ok(Self { clauses, order })
    }

    /// Whether it asks for less than everything.
    pub(super) fn is_bounded(&self) -> bool {
        !self.clauses.is_empty()
    }

    /// Whether it asks for nothing but projects and issues, as the filter of an app's webhook has to.
    pub(super) fn is_filter(&self) -> bool {
        self.clauses.iter().all(|clause| match clause {
            Clause::Project(_) | Clause::Issues(_) => true,
            Clause::UpdatedSince(_) | Clause::Label(_) => false,
        })
    }

    /// What it names that is not there, in Jira's words.
    pub(super) fn unknown(&self, site: &Site) -> Vec<String> {
        let mut messages = Vec::new();
        for clause in &self.clauses {
            match clause {
                Clause::Project(names) => {
                    let unknown = names.iter().filter(|name| site.project_named(name).is_none());
                    messages.extend(
                        unknown.map(|name| {
                            format!("The value '{name}' does not exist for the field 'project'.")
                        }),
                    );
                }
                Clause::Issues(issues) => {
                    messages.extend(issues.iter().filter_map(|named| named.unknown(site)))
                }
                Clause::UpdatedSince(_) | Clause::Label(_) => {}
            }
        }
        messages
    }

    /// Whether an issue is asked for.
    pub(super) fn holds(&self, site: &Site, issue: &Issue) -> bool {
        self.clauses.iter().all(|clause| match clause {
            Clause::Project(names) => names
                .iter()
                .any(|name| site.project_named(name).is_some_and(|project| project.id == issue.project)),
            Clause::UpdatedSince(at) => issue.updated >= *at,
            Clause::Label(label) => issue.labels.contains(label),
            Clause::Issues(issues) => issues.iter().any(|named| match named {
                Named::Id(id) => *id == issue.id,
                Named::Key(key) => site.is_called(issue, key),
            }),
        })
    }

    /// The place of an issue in the order; no two issues share one.
    pub(super) fn place(&self, site: &Site, issue: &Issue) -> Vec<Rank> {
        let ranks = self.order.iter().map(|term| match term.by {
            By::Updated => Rank::At(issue.updated),
            By::Created => Rank::At(issue.created),
            By::Id => Rank::Id(issue.id),
            By::Key => Rank::Key(site.project(issue.project).key.clone(), issue.number),
        });
        ranks.chain([Rank::Id(issue.id)]).collect()
    }

    /// Which of two places comes first.
    pub(super) fn compare(&self, left: &[Rank], right: &[Rank]) -> Ordering {
        let pairs = left.iter().zip(right).enumerate();
        let mut orderings = pairs.map(|(index, (left, right))| {
            let ordering = left.cmp(right);
            let descends = self.order.get(index).is_some_and(|term| term.descending);
            if descends { ordering.reverse() } else { ordering }
        });
        orderings.find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl Named {
    fn unknown(&self, site: &Site) -> Option<String> {
        match self {
            Self::Id(id) if !site.issues.contains_key(id) => {
                Some(format!("A value with ID '{id}' does not exist for the field 'id'."))
            }
            Self::Key(key) if site.issue_id(key).is_none() => {
                Some(format!("An issue with key '{key}' does not exist for field 'key'."))
            }
            Self::Id(_) | Self::Key(_) => None,
        }
    }
}
