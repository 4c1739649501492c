//! Goals that a piece of work may serve: suggested with reasons, never applied by themselves.
//!
//! Four signals speak for a goal: both say the same (`similarity`), their teams are one or in line
//! (`teams`), what stands around the work serves it, and similar work serves it (`linked`). How they become
//! one score is told in `weigh`.
//!
//! Suggested is what the viewer sees, is pursued, in a cycle that goes on, and fits the connection model of the
//! work's team: key results; objectives for projects under `OBJECTIVE_TO_PROJECT`, and under `ANY` those whose
//! progress comes from their own links. Work that fits no goal under its model gets none. What the work serves
//! already, by a link of its own, or of its projects as far as the viewer sees the link, is left out, and so is
//! what a person has retired.
//!
//! A call costs the pages of goals (see `goals`) once, and for each `BATCH` pieces of work at most some twenty
//! statements more, whatever the number of goals. Memory: the texts of one batch of work, 4,000 characters of a
//! description each; of all work of the call its place and its distinct words; of goals what `goals` and
//! `similarity` say; and while a piece of work is judged some numbers for each goal.

mod goals;
mod linked;
mod similarity;
mod teams;
mod weigh;
mod words;
mod works;

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    access::Scope,
    error::Result,
    link_target::{LinkGoal, LinkSource, fits},
};
use goals::{Goal, Wanted};
use linked::{Group, Linked};
use similarity::{Index, Question, Texts, Vocabulary};
use teams::Teams;
pub use weigh::{Basis, Reason, Signal};
use works::Work;

/// Suggestions for a piece of work at most.
pub const MOST: usize = 20;
/// Suggestions when nobody says how many.
pub const USUAL: usize = 5;
/// Pieces of work that are read and judged together.
const BATCH: usize = 200;
/// Suggestions that are less likely are not made.
const LEAST: f64 = 0.03;

/// A goal that a piece of work may serve.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSuggestion {
    /// The work.
    pub work: LinkSource,
    /// The goal.
    pub goal: LinkGoal,
    /// How likely it is, above 0 and below 1.
    pub score: f64,
    /// Why, the weightiest reason first; at least one.
    pub reasons: Vec<Reason>,
}

impl Scope {
    /// Goals that each piece of work may serve, the likeliest first, equally likely ones in the order in which
    /// they were made; at most [`MOST`] each. What the viewer does not see gets none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn link_suggestions(
        &self,
        sources: &[LinkSource],
    ) -> Result<HashMap<LinkSource, Vec<LinkSuggestion>>> {
        let mut suggested = HashMap::with_capacity(sources.len());
        // What all of the work asks for comes first: goals are read once, for no more than their words of that.
        let mut vocabulary = Vocabulary::default();
        let mut all = Wanted::default();
        let mut batches = Vec::with_capacity(sources.len().div_ceil(BATCH));
        for sources in sources.chunks(BATCH) {
            let (mut works, teams) = self.works(sources).await?;
            let mut questions = Vec::with_capacity(works.len());
            for work in &mut works {
                let one = wanted(work);
                all.key_results |= one.key_results;
                all.objectives |= one.objectives;
                questions.push(Asked::by(work, &mut vocabulary));
                work.description = String::new();
                tokio::task::yield_now().await;
            }
            batches.push(Batch { works, teams, questions });
        }
        if all == Wanted::default() {
            let works = batches.iter().flat_map(|batch| &batch.works);
            suggested.extend(works.map(|work| (work.source, Vec::new())));
            return Ok(suggested);
        }
        let goals = self.suggestible(all, &vocabulary).await?;
        let known: HashSet<Uuid> = goals.iter().map(Goal::id).collect();
        let index = Index::new(&vocabulary, goals.iter().map(|goal| &goal.said));
        for batch in &batches {
            self.suggest(batch, (goals.as_slice(), &known, &index), &mut suggested).await?;
        }
        Ok(suggested)
    }

    async fn suggest(
        &self,
        Batch { works, teams, questions }: &Batch,
        (goals, known, index): (&[Goal], &HashSet<Uuid>, &Index<'_>),
        suggested: &mut HashMap<LinkSource, Vec<LinkSuggestion>>,
    ) -> Result<()> {
        let groups: Vec<(&Group, bool)> = works
            .iter()
            .flat_map(|work| work.groups.iter().map(|group| (group, work.is_project())))
            .collect();
        let linked = self.links_of_groups(&groups).await?;
        for (work, asked) in works.iter().zip(questions) {
            let judged = Judged { work, teams, linked: &linked, known };
            let around = asked.alike_around(index);
            let best = judged.best(goals, &index.alike(&asked.own), &around);
            let suggestions = best.into_iter().map(|(score, at, goal, mut reasons)| {
                for reason in &mut reasons {
                    if reason.basis == Basis::Words {
                        reason.words = index.matched(&asked.own, at);
                    } else if reason.basis == Basis::Around {
                        let told = around.get(at).and_then(|(_, place)| asked.around.get(*place));
                        reason.words =
                            told.map(|(_, question)| index.matched(question, at)).unwrap_or_default();
                    }
                }
                LinkSuggestion { work: work.source, goal, score, reasons }
            });
            suggested.insert(work.source, suggestions.collect());
            // A batch of much work over many goals is not one long breath of the thread that others wait for.
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// Pieces of work that are looked at together, without their descriptions.
struct Batch {
    works: Vec<Work>,
    teams: Teams,
    questions: Vec<Asked>,
}

/// What a piece of work asks for by its own words, and by those around it with what each counts.
struct Asked {
    own: Question,
    around: Vec<(f64, Question)>,
}

impl Asked {
    fn by(work: &Work, vocabulary: &mut Vocabulary) -> Self {
        let mut titles = vec![work.title.as_str()];
        titles.extend(work.labels.iter().map(String::as_str));
        let own = vocabulary.question(&Texts { titles: &titles, description: &work.description });
        let around = work.around.iter().map(|(counts, title)| {
            (*counts, vocabulary.question(&Texts { titles: &[title.as_str()], description: "" }))
        });
        Self { own, around: around.collect() }
    }

    /// For each goal, how much of what stands around the work it says too, and where.
    fn alike_around(&self, index: &Index<'_>) -> Vec<(f64, usize)> {
        let mut best: Vec<(f64, usize)> = Vec::new();
        for (place, (counts, question)) in self.around.iter().enumerate() {
            let alike = index.alike(question);
            best.resize(alike.len(), (0.0, 0));
            for (best, alike) in best.iter_mut().zip(alike) {
                if counts * alike > best.0 {
                    *best = (counts * alike, place);
                }
            }
        }
        best
    }
}

/// The goals that work may be tied to.
fn wanted(work: &Work) -> Wanted {
    let any = Uuid::nil();
    Wanted {
        key_results: fits(work.model, work.source, LinkGoal::KeyResult(any)),
        objectives: fits(work.model, work.source, LinkGoal::Objective(any)),
    }
}

/// A piece of work with what is known around it.
struct Judged<'a> {
    work: &'a Work,
    teams: &'a Teams,
    linked: &'a Linked,
    known: &'a HashSet<Uuid>,
}

impl Judged<'_> {
    /// The likeliest goals: score, place among the goals, goal, reasons.
    fn best(
        &self,
        goals: &[Goal],
        alike: &[f64],
        beside: &[(f64, usize)],
    ) -> Vec<(f64, usize, LinkGoal, Vec<Reason>)> {
        let mut around = self.around();
        let mut best = Vec::new();
        for (at, (goal, alike)) in goals.iter().zip(alike).enumerate() {
            if !self.may_serve(goal) {
                continue;
            }
            let mut reasons = around.remove(&goal.id()).unwrap_or_default();
            reasons.push(Reason::text(*alike));
            reasons.extend(beside.get(at).map(|(alike, _)| Reason::around(*alike)));
            reasons.extend(self.team_of(goal));
            weigh::settle(&mut reasons);
            let score = weigh::score(&mut reasons);
            if score >= LEAST {
                best.push((score, at, goal.goal, reasons));
            }
            // Goals come in the order of their keys, and a stable sort keeps it among equals.
            if best.len() >= 4 * MOST {
                shorten(&mut best);
            }
        }
        shorten(&mut best);
        best
    }

    fn may_serve(&self, goal: &Goal) -> bool {
        if self.work.settled.contains(&goal.id()) || !fits(self.work.model, self.work.source, goal.goal) {
            return false;
        }
        match goal.goal {
            LinkGoal::KeyResult(_) => true,
            // Where key results may be served, only an objective that counts work itself should be.
            LinkGoal::Objective(_) => goal.by_work || !wanted(self.work).key_results,
        }
    }

    fn team_of(&self, goal: &Goal) -> Option<Reason> {
        let (steps, is_above) = self.teams.steps(self.work.team?, goal.team?)?;
        Some(Reason::team(steps, is_above))
    }

    /// What other work says for each goal.
    fn around(&self) -> HashMap<Uuid, Vec<Reason>> {
        let mut around: HashMap<Uuid, Vec<Reason>> = HashMap::new();
        for group in &self.work.groups {
            let own = usize::from(self.is_in(group));
            let counted = self.linked.of(group, self.work.is_project()).iter();
            let counted: Vec<(Uuid, i64)> = counted
                .filter(|(goal, _)| self.known.contains(goal))
                .map(|(goal, count)| {
                    // The work's own link is no sign that other work gives.
                    let own = own > 0 && self.work.own.contains(goal);
                    (*goal, count - i64::from(own))
                })
                .collect();
            let of = counted.iter().map(|(_, count)| count).sum();
            for (goal, count) in counted.into_iter().filter(|(_, count)| *count > 0) {
                around.entry(goal).or_default().push(Reason::links(group, count, of));
            }
        }
        around
    }

    /// Whether the work is itself one of a group.
    fn is_in(&self, group: &Group) -> bool {
        match group.basis {
            Basis::Siblings => group.level == 1,
            Basis::Project
            | Basis::Label
            | Basis::Assignee
            | Basis::Owner
            | Basis::Template
            | Basis::TeamProjects => true,
            Basis::Words
            | Basis::Around
            | Basis::SameTeam
            | Basis::TeamAbove
            | Basis::TeamBelow
            | Basis::Parent
            | Basis::Parts => false,
        }
    }
}

fn shorten<G, R>(best: &mut Vec<(f64, usize, G, R)>) {
    best.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    best.truncate(MOST);
}
