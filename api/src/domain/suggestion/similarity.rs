//! How much of what a piece of work says a goal says too.
//!
//! BM25 with its usual constants (k₁ = 1.2, b = 0.75) over the goals that may be suggested, with the work as the
//! question. Every word counts whole and, half as much, by its beginning. In a title each word counts 1; the
//! distinct words of a description count ½ each, and together no more than the title: who writes much does not
//! say more. The sum is divided by what a goal of middling length would get that says each of the question's
//! [`HEAVIEST`] heaviest forms once, and cut at 1; so 1 means "says it all", and words that no goal knows make
//! every goal less alike.
//!
//! Memory: of a goal only the words that the works ask for are kept, twice: by goal, and in the index by word. So
//! what is held of goals does not grow with the length of their texts but with the matches, at most the distinct
//! words that are asked for times the goals. Of works their distinct words are kept.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::words::{stem, words};

const K1: f64 = 1.2;
const B: f64 = 0.75;
/// What a match of the beginning of a word counts beside a match of the whole.
const STEM_WEIGHT: f64 = 0.5;
/// What a word of a description counts at most.
const DESCRIPTION_WEIGHT: f64 = 0.5;
/// Forms that a goal is expected to say of a question at most.
const HEAVIEST: usize = 12;
/// With this many goals or more, a word that most of them say tells nothing.
const ENOUGH_GOALS: usize = 12;
/// Words that are told as what matched, at most.
const TOLD: usize = 8;

/// A title and what is written below it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Texts<'a> {
    /// Each of these counts in full: titles, labels.
    pub(super) titles: &'a [&'a str],
    /// The longer text.
    pub(super) description: &'a str,
}

impl Texts<'_> {
    /// Each word with what it counts; in one order, so that sums of floats are the same each time.
    fn weighed(&self) -> BTreeMap<String, f64> {
        let mut weighed: BTreeMap<String, f64> = BTreeMap::new();
        for word in self.titles.iter().flat_map(|title| words(title)) {
            *weighed.entry(word).or_default() += 1.0;
        }
        let title: f64 = weighed.values().sum();
        let below: BTreeSet<String> = words(self.description).into_iter().collect();
        let each = DESCRIPTION_WEIGHT.min(title.max(1.0) / below.len().max(1) as f64);
        for word in below {
            *weighed.entry(word).or_default() += each;
        }
        weighed
    }
}

/// A word of the works, or the beginning of one.
struct Form {
    is_stem: bool,
    /// How it is shown.
    word: String,
}

/// The words that works ask for.
#[derive(Default)]
pub(super) struct Vocabulary {
    words: HashMap<String, usize>,
    stems: HashMap<String, usize>,
    forms: Vec<Form>,
}

/// What a piece of work asks for: forms with their weights.
#[derive(Clone, Debug, Default)]
pub(super) struct Question {
    asked: Vec<(usize, f64)>,
}

/// What a goal says, as far as anybody asks for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    forms: HashMap<usize, f64>,
    length: f64,
}

impl Said {
    /// Says what another says too, so many times as loud.
    pub(super) fn add(&mut self, other: &Self, times: f64) {
        for (form, weight) in &other.forms {
            *self.forms.entry(*form).or_default() += weight * times;
        }
        self.length += other.length * times;
    }
}

impl Vocabulary {
    /// Takes a piece of work's words in; gives its question.
    pub(super) fn question(&mut self, texts: &Texts<'_>) -> Question {
        let mut asked: HashMap<usize, f64> = HashMap::new();
        for (word, weight) in texts.weighed() {
            if let Some(stem) = stem(&word) {
                let known = self.stems.get(stem).copied();
                let form = known.unwrap_or_else(|| {
                    let stem = stem.to_owned();
                    push(&mut self.stems, &mut self.forms, stem, true, &word)
                });
                *asked.entry(form).or_default() += weight;
            }
            let known = self.words.get(&word).copied();
            let form =
                known.unwrap_or_else(|| push(&mut self.words, &mut self.forms, word.clone(), false, &word));
            *asked.entry(form).or_default() += weight;
        }
        let mut asked: Vec<(usize, f64)> = asked.into_iter().collect();
        asked.sort_unstable_by_key(|(form, _)| *form);
        Question { asked }
    }

    /// What a goal says of what is asked.
    pub(super) fn said(&self, texts: &Texts<'_>) -> Said {
        let mut said = Said::default();
        for (word, weight) in texts.weighed() {
            said.length += weight;
            let whole = self.words.get(&word);
            let begun = stem(&word).and_then(|stem| self.stems.get(stem));
            for form in whole.into_iter().chain(begun) {
                *said.forms.entry(*form).or_default() += weight;
            }
        }
        said
    }
}

fn push(
    known: &mut HashMap<String, usize>,
    forms: &mut Vec<Form>,
    key: String,
    is_stem: bool,
    word: &str,
) -> usize {
    let at = forms.len();
    forms.push(Form { is_stem, word: word.to_owned() });
    known.insert(key, at);
    at
}

/// Goals by what they say.
pub(super) struct Index<'a> {
    vocabulary: &'a Vocabulary,
    /// For each form the goals that say it, with how loud.
    said: Vec<Vec<(usize, f64)>>,
    /// How much each form tells; 0 for one that most goals say.
    tells: Vec<f64>,
    goals: usize,
}

impl<'a> Index<'a> {
    /// The index of goals, in the order in which they are given.
    pub(super) fn new<'s>(
        vocabulary: &'a Vocabulary,
        goals: impl ExactSizeIterator<Item = &'s Said> + Clone,
    ) -> Self {
        let count = goals.len();
        let length: f64 = goals.clone().map(|goal| goal.length).sum();
        let middling = (length / count.max(1) as f64).max(f64::MIN_POSITIVE);
        let mut said: Vec<Vec<(usize, f64)>> = vec![Vec::new(); vocabulary.forms.len()];
        for (at, goal) in goals.enumerate() {
            let damped = K1 * (1.0 - B + B * goal.length / middling);
            for (form, weight) in &goal.forms {
                if let Some(said) = said.get_mut(*form) {
                    said.push((at, weight * (K1 + 1.0) / (weight + damped)));
                }
            }
        }
        let tells = said.iter().zip(&vocabulary.forms).map(|(said, form)| {
            if count >= ENOUGH_GOALS && said.len() * 2 > count {
                return 0.0;
            }
            let (all, with) = (count as f64, said.len() as f64);
            let rare = (1.0 + (all - with + 0.5) / (with + 0.5)).ln();
            rare * if form.is_stem { STEM_WEIGHT } else { 1.0 }
        });
        let tells = tells.collect();
        Self { vocabulary, said, tells, goals: count }
    }

    /// What a form of a question weighs: said again and again, it counts little more.
    fn weight(&self, form: usize, asked: f64) -> f64 {
        self.tells.get(form).copied().unwrap_or_default() * asked * (K1 + 1.0) / (asked + K1)
    }

    /// How alike each goal is to a question, 0–1, in the order of the goals.
    pub(super) fn alike(&self, question: &Question) -> Vec<f64> {
        let mut alike = vec![0.0; self.goals];
        let mut weights: Vec<f64> = Vec::with_capacity(question.asked.len());
        for (form, asked) in &question.asked {
            let weight = self.weight(*form, *asked);
            weights.push(weight);
            if weight <= 0.0 {
                continue;
            }
            for (goal, loud) in self.said.get(*form).into_iter().flatten() {
                if let Some(alike) = alike.get_mut(*goal) {
                    *alike += weight * loud;
                }
            }
        }
        weights.sort_unstable_by(|one, other| other.total_cmp(one));
        let all: f64 = weights.iter().take(HEAVIEST).sum();
        for alike in &mut alike {
            *alike = if all > 0.0 { (*alike / all).min(1.0) } else { 0.0 };
        }
        alike
    }

    /// The words of a question that a goal says too, the telling ones first.
    pub(super) fn matched(&self, question: &Question, goal: usize) -> Vec<String> {
        let mut matched: Vec<(f64, &str)> = Vec::new();
        for (form, asked) in &question.asked {
            // Goals stand in the order in which they were given.
            let said = self.said.get(*form).map_or(&[][..], Vec::as_slice);
            let loud = said.binary_search_by_key(&goal, |(at, _)| *at).ok().and_then(|place| said.get(place));
            let weight = self.weight(*form, *asked);
            if let (Some((_, loud)), Some(form)) = (loud, self.vocabulary.forms.get(*form))
                && weight > 0.0
            {
                matched.push((weight * loud, &form.word));
            }
        }
        matched.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        let mut met = HashSet::new();
        matched.retain(|(_, word)| met.insert(*word));
        matched.into_iter().take(TOLD).map(|(_, word)| word.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(work: &str, goals: &[&str]) -> (Vec<f64>, Vec<Vec<String>>) {
        let mut vocabulary = Vocabulary::default();
        let question = vocabulary.question(&Texts { titles: &[work], description: "" });
        let said: Vec<Said> =
            goals.iter().map(|goal| vocabulary.said(&Texts { titles: &[goal], description: "" })).collect();
        let index = Index::new(&vocabulary, said.iter());
        let words = (0..goals.len()).map(|goal| index.matched(&question, goal)).collect();
        (index.alike(&question), words)
    }

    #[test]
    fn what_says_the_same_is_more_alike() {
        let goals = ["Checkout takes under two seconds", "Churn falls to 2 %", "Search is fast"];
        let (found, words) = alike("Measure checkouts in seconds", &goals);
        assert!(found[0] > 0.1 && found[0] < 1.0, "{found:?}");
        assert_eq!(&found[1..], [0.0, 0.0]);
        // The whole word tells more than the beginning of another form.
        assert_eq!(words[0], ["seconds", "checkouts"]);
    }

    #[test]
    fn the_same_text_is_as_alike_as_can_be() {
        let goals = ["Checkout takes two seconds", "Churn falls", "Search is fast"];
        let (found, _) = alike("Checkout takes two seconds", &goals);
        assert!(found[0] > 0.8, "{found:?}");
    }

    #[test]
    fn what_no_goal_says_makes_all_less_alike() {
        let goals = ["Checkout speed", "Churn falls"];
        let (short, _) = alike("Checkout speed", &goals);
        let (long, _) = alike("Checkout speed beside giraffes elephants antelopes", &goals);
        assert!(long[0] < short[0] / 2.0, "{long:?} {short:?}");
    }

    #[test]
    fn what_most_goals_say_tells_nothing() {
        let goals: Vec<String> = (0..ENOUGH_GOALS).map(|number| format!("Grow thing{number}")).collect();
        let goals: Vec<&str> = goals.iter().map(String::as_str).collect();
        let (found, words) = alike("Grow", &goals);
        assert!(found.iter().all(|alike| *alike == 0.0), "{found:?}");
        assert!(words.iter().all(Vec::is_empty), "{words:?}");
    }

    #[test]
    fn a_long_description_says_no_more_than_its_title() {
        let mut vocabulary = Vocabulary::default();
        let long: String = (0..500).map(|number| format!("filler{number} ")).collect();
        let question = vocabulary.question(&Texts { titles: &["Checkout speed"], description: &long });
        let whole: f64 = (question.asked.iter())
            .filter(|(form, _)| !vocabulary.forms[*form].is_stem)
            .map(|(_, weight)| weight)
            .sum();
        // Each filler is itself and its two parts, and all of them together weigh what two words do.
        assert!((whole - 4.0).abs() < 1e-9, "{whole}");
    }
}
