//! References to goals in the texts of work, as the links are made of them.

use std::collections::{BTreeSet, HashSet};

use entity::ReferenceField;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};

use super::external::{ExternalBatch, ExternalText};
use crate::domain::{
    error::Result,
    reference::{ReferenceRules, scan},
    write::Write,
};

/// Characters of a reference as it was written that are kept at most.
const WRITTEN_MAX: usize = 200;

/// A reference in a text of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Found {
    /// The code it was read as.
    pub(super) code: String,
    /// Where it stands.
    pub(super) field: ReferenceField,
    /// As it was written.
    pub(super) text: String,
    /// Place of its first character in the field.
    pub(super) position: i32,
}

/// The texts of an item in which references are looked for.
pub(super) struct Texts<'t> {
    pub(super) title: &'t str,
    pub(super) description: Option<&'t str>,
    pub(super) labels: &'t [String],
    pub(super) others: &'t [ExternalText],
}

impl Texts<'_> {
    /// What stands in them, each reference once.
    pub(super) fn references(&self, rules: &ReferenceRules) -> BTreeSet<Found> {
        let description = self.description.map(|text| (ReferenceField::Description, text));
        let labels = self.labels.iter().map(|label| (ReferenceField::Label, label.as_str()));
        let others = self.others.iter().map(|other| (other.field, other.text.as_str()));
        std::iter::once((ReferenceField::Name, self.title))
            .chain(description)
            .chain(labels)
            .chain(others)
            .flat_map(|(field, text)| {
                scan(field, text, rules).into_iter().map(move |reference| Found {
                    code: reference.code,
                    field,
                    text: reference.text.replace('\0', "").chars().take(WRITTEN_MAX).collect(),
                    position: reference.position,
                })
            })
            .collect()
    }
}

impl Write {
    /// What counts as a reference here: the prefixes of now and of all aliases.
    ///
    /// A prefix that the tool itself numbers its items with is left out: its `KR-12` is an item of its own.
    pub(super) async fn reference_rules(
        &self,
        batch: &ExternalBatch,
        public_urls: &[String],
        notes: &mut Vec<String>,
    ) -> Result<ReferenceRules> {
        let settings = &self.viewer().settings;
        let mut objective_prefixes = BTreeSet::from([settings.objective_prefix.to_uppercase()]);
        let mut key_result_prefixes = BTreeSet::from([settings.key_result_prefix.to_uppercase()]);
        let mut select = Query::select();
        select
            .column(Alias::new("code"))
            .expr(Expr::col(Alias::new("objective_id")).is_not_null())
            .from(Alias::new("code_alias"))
            .and_where(Expr::col(Alias::new("organization_id")).eq(self.viewer().organization_id));
        for row in self.tx.all(&select).await? {
            let code: String = row.try_get_by_index(0)?;
            if let Some((prefix, _)) = code.rsplit_once('-') {
                let prefixes = if row.try_get_by_index::<bool>(1)? {
                    &mut objective_prefixes
                } else {
                    &mut key_result_prefixes
                };
                prefixes.insert(prefix.to_owned());
            }
        }
        let keys: HashSet<String> = batch
            .projects
            .iter()
            .filter_map(|project| Some(project.external_key.as_ref()?.to_uppercase()))
            .collect();
        for prefixes in [&mut objective_prefixes, &mut key_result_prefixes] {
            prefixes.retain(|prefix| {
                let taken = keys.contains(prefix);
                if taken {
                    notes.push(format!(
                        "The tool numbers its own items {prefix}-…, so these are not read as references to \
                         goals: choose another prefix for goals in the settings."
                    ));
                }
                !taken
            });
        }
        Ok(ReferenceRules {
            objective_prefixes: objective_prefixes.into_iter().collect(),
            key_result_prefixes: key_result_prefixes.into_iter().collect(),
            bare_tokens: settings.bare_tokens,
            public_urls: public_urls.to_vec(),
        })
    }
}
