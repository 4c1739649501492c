//! References to goals in the texts of work, as the links are made of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::ReferenceField;
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::external::{ExternalBatch, ExternalText};
use crate::domain::{
    bulk::Binds,
    error::{DomainError, Result},
    reference::{ReferenceRules, scan},
    write::Write,
};

/// References of one text that are taken at most, in the order in which they stand. A text that names more goals
/// than any work serves is a list of goals or a hostile one, and each reference costs rows: those beyond are counted
/// and told, so that nothing is dropped in silence.
pub(in crate::domain) const REFERENCES_MAX: usize = 200;
/// Characters of a reference as it was written that are kept at most.
const WRITTEN_MAX: usize = 200;

/// A reference in a text of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::domain) struct Found {
    /// The code it was read as.
    pub(in crate::domain) code: String,
    /// Where it stands.
    pub(in crate::domain) field: ReferenceField,
    /// As it was written.
    pub(in crate::domain) text: String,
    /// Place of its first character in the field.
    pub(in crate::domain) position: i32,
}

/// The texts of an item in which references are looked for.
pub(in crate::domain) struct Texts<'t> {
    pub(in crate::domain) title: &'t str,
    pub(in crate::domain) description: Option<&'t str>,
    pub(in crate::domain) labels: &'t [String],
    pub(in crate::domain) others: &'t [ExternalText],
}

impl Texts<'_> {
    /// What stands in them, each reference once, and how many codes are not among them, for they are too many in
    /// their text.
    pub(in crate::domain) fn references(&self, rules: &ReferenceRules) -> (BTreeSet<Found>, usize) {
        let description = self.description.map(|text| (ReferenceField::Description, text));
        let labels = self.labels.iter().map(|label| (ReferenceField::Label, label.as_str()));
        let others = self.others.iter().map(|other| (other.field, other.text.as_str()));
        let texts = std::iter::once((ReferenceField::Name, self.title))
            .chain(description)
            .chain(labels)
            .chain(others);
        let mut found: BTreeSet<Found> = BTreeSet::new();
        let mut beyond: BTreeSet<String> = BTreeSet::new();
        for (field, text) in texts {
            let mut references = scan(field, text, rules);
            let rest = references.split_off(references.len().min(REFERENCES_MAX));
            beyond.extend(rest.into_iter().map(|reference| reference.code));
            found.extend(references.into_iter().map(|reference| Found {
                code: reference.code,
                field,
                text: reference.text.replace('\0', "").chars().take(WRITTEN_MAX).collect(),
                position: reference.position,
            }));
        }
        // What another of the texts names early enough is not left out.
        for reference in &found {
            beyond.remove(&reference.code);
        }
        (found, beyond.len())
    }
}

/// The texts of a tool's item as they are kept, so that they can be read again.
pub(super) fn kept(texts: &[ExternalText]) -> String {
    let pairs: Vec<_> = texts.iter().map(|text| json!([text.field, text.text.replace('\0', "")])).collect();
    Json::from(pairs).to_string()
}

/// Kept texts, as they were handed over.
pub(in crate::domain) fn kept_texts(kept: &str) -> Result<Vec<ExternalText>> {
    let pairs: Vec<(ReferenceField, String)> = serde_json::from_str(kept)
        .map_err(|error| DomainError::Internal(format!("kept texts cannot be read: {error}")))?;
    Ok(pairs.into_iter().map(|(field, text)| ExternalText { field, text }).collect())
}

impl Write {
    /// What counts as a reference in work of our own: the prefixes of now and of all aliases.
    ///
    /// By the settings as they are committed now: after a change of them all texts are read again once, and
    /// what is written later under the old ones would stay wrong.
    pub(in crate::domain) async fn own_reference_rules(&self) -> Result<ReferenceRules> {
        let settings = self.settings_now().await?;
        let mut objective_prefixes = BTreeSet::from([settings.objective_prefix.to_uppercase()]);
        let mut key_result_prefixes = BTreeSet::from([settings.key_result_prefix.to_uppercase()]);
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        // A code is its prefix, a hyphen and digits: few rows come of many codes.
        let text = format!(
            "SELECT DISTINCT RTRIM(code, '0123456789'), CASE WHEN objective_id IS NULL THEN 0 ELSE 1 END \
             FROM code_alias WHERE organization_id = {organization}"
        );
        for row in self.raw(text, binds).await? {
            let start: String = row.try_get_by_index(0)?;
            let of_objective = row.try_get_by_index::<i32>(1)? == 1;
            let prefixes = if of_objective { &mut objective_prefixes } else { &mut key_result_prefixes };
            prefixes.extend(start.strip_suffix('-').map(str::to_owned));
        }
        Ok(ReferenceRules {
            objective_prefixes: objective_prefixes.into_iter().collect(),
            key_result_prefixes: key_result_prefixes.into_iter().collect(),
            bare_tokens: settings.bare_tokens,
            public_urls: self.scope.public_urls().to_vec(),
        })
    }

    /// Prefixes that synced tools number their own items with, by integration: there a `KR-12` is an item.
    pub(in crate::domain) async fn taken_prefixes(
        &self,
        rules: &ReferenceRules,
    ) -> Result<HashMap<Uuid, HashSet<String>>> {
        let prefixes: Vec<String> =
            rules.objective_prefixes.iter().chain(&rules.key_result_prefixes).cloned().collect();
        let mut binds = Binds::new(self.tx.is_postgres());
        let organization = binds.push(self.viewer().organization_id);
        let prefixes = binds.texts(&prefixes);
        let text = format!(
            "SELECT DISTINCT integration_id, external_key FROM external_identity \
             WHERE organization_id = {organization} AND external_key IN {prefixes} AND kind = 'PROJECT' \
             AND integration_id IS NOT NULL"
        );
        let mut taken: HashMap<Uuid, HashSet<String>> = HashMap::new();
        for row in self.raw(text, binds).await? {
            taken.entry(row.try_get_by_index(0)?).or_default().insert(row.try_get_by_index(1)?);
        }
        Ok(taken)
    }

    /// What counts as a reference in a batch of an integration.
    ///
    /// A prefix that the tool itself numbers its items with is left out: its `KR-12` is an item of its own.
    pub(super) async fn reference_rules(
        &self,
        batch: &ExternalBatch,
        integration: Uuid,
        public_urls: &[String],
        notes: &mut Vec<String>,
    ) -> Result<ReferenceRules> {
        let mut rules = self.own_reference_rules().await?;
        rules.public_urls.extend(public_urls.iter().cloned());
        rules.public_urls.sort_unstable();
        rules.public_urls.dedup();
        let mut taken = self.taken_prefixes(&rules).await?.remove(&integration).unwrap_or_default();
        taken.extend(
            batch.projects.iter().filter_map(|project| Some(project.external_key.as_ref()?.to_uppercase())),
        );
        for prefix in rules.without(&taken) {
            notes.push(format!(
                "The tool numbers its own items {prefix}-…, so these are not read as references to goals: \
                 choose another prefix for goals in the settings."
            ));
        }
        Ok(rules)
    }
}

/// What to tell of references that were too many in their text, as a sentence.
pub(in crate::domain) fn too_many(left_out: usize) -> String {
    format!(
        "{left_out} references were not taken: of one text the first {REFERENCES_MAX} are, and no work serves as \
         many goals."
    )
}

impl ReferenceRules {
    /// Leaves prefixes out that mean something else; gives those that were there.
    pub(in crate::domain) fn without(&mut self, taken: &HashSet<String>) -> Vec<String> {
        let mut left_out = Vec::new();
        for prefixes in [&mut self.objective_prefixes, &mut self.key_result_prefixes] {
            left_out.extend(prefixes.iter().filter(|prefix| taken.contains(*prefix)).cloned());
            prefixes.retain(|prefix| !taken.contains(prefix));
        }
        left_out
    }
}
