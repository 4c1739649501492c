//! Whether a document asks for one response key twice where both have a selection of their own.
//!
//! The executor runs both and merges what they gave; what was written ahead as JSON cannot be merged.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// Response keys of fields with a selection, fragments spread.
type Keys<'a> = HashSet<&'a str>;

/// Whether nothing is to be merged. Type conditions are not looked at: a false alarm costs time only.
#[must_use]
pub(super) fn asks_once(document: &ExecutableDocument) -> bool {
    let mut walk = Walk { document, fragments: HashMap::new() };
    document.operations.iter().all(|(_, operation)| walk.keys(&operation.node.selection_set.node).is_some())
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    /// Each fragment is looked at once, however often it is spread; none while it is being looked at.
    fragments: HashMap<&'a str, Option<Keys<'a>>>,
}

impl<'a> Walk<'a> {
    /// The keys of a selection; none when one of them is there twice, here or further in.
    fn keys(&mut self, set: &'a SelectionSet) -> Option<Keys<'a>> {
        let mut keys = Keys::new();
        for selection in &set.items {
            let more = match &selection.node {
                Selection::Field(field) => {
                    let inside = &field.node.selection_set.node;
                    if inside.items.is_empty() {
                        continue;
                    }
                    self.keys(inside)?;
                    HashSet::from([field.node.response_key().node.as_str()])
                }
                Selection::InlineFragment(fragment) => self.keys(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(spread.node.fragment_name.node.as_str())?
                }
            };
            for key in more {
                if !keys.insert(key) {
                    return None;
                }
            }
        }
        Some(keys)
    }

    fn fragment(&mut self, name: &str) -> Option<Keys<'a>> {
        let document = self.document;
        let (name, fragment) = document.fragments.get_key_value(name)?;
        if let Some(known) = self.fragments.get(name.as_str()) {
            return known.clone();
        }
        self.fragments.insert(name.as_str(), None);
        let keys = self.keys(&fragment.node.selection_set.node);
        self.fragments.insert(name.as_str(), keys.clone());
        keys
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn once(text: &str) -> bool {
        asks_once(&parse_query(text).unwrap())
    }

    #[test]
    fn the_same_key_twice_is_found_wherever_it_stands() {
        assert!(once("{ a { b c b } d { b } e: a { b } }"));
        assert!(!once("{ a { b } a { c } }"));
        assert!(!once("{ x { a { b } ... { a { c } } } }"));
        assert!(!once("{ x { a { b } ...f } } fragment f on X { a { c } }"));
        assert!(!once("{ ...f ...f } fragment f on X { a { c } }"));
        assert!(once("{ a { ...f } b { ...f ...f } } fragment f on X { c d }"));
        assert!(!once("{ ...f } fragment f on X { ...f }"));
        assert!(!once("{ ...f }"));
    }
}
