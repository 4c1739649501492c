//! What a document may be and cost, asked before the executor sees it.
//!
//! The library's parser overflows its stack on deeply nested values, whatever its own limits say, so
//! nesting is counted on the text first. Fragments that double are priced with memory: each fragment is
//! looked at once, however often it is spread.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    Name, Positioned, Variables,
    parser::{
        parse_query,
        types::{
            ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
            SelectionSet,
        },
    },
};

use async_graphql_value::Value;

use super::merging::asks_once;

/// What a document may be.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Tokens at most.
    pub tokens: usize,
    /// Brackets within brackets at most.
    pub nesting: usize,
    /// Fields within fields at most.
    pub depth: usize,
    /// Aliases at most.
    pub aliases: usize,
    /// Fields of the operation itself at most.
    pub root_fields: usize,
    /// Directives at most.
    pub directives: usize,
    /// Points at most: a field costs 1, a connection its page size times its inside.
    pub complexity: u64,
    /// Rows of a page when the document does not say.
    pub page_default: u64,
}

/// Fields after all fragments are spread, at most.
const FIELDS: u64 = 2_000;
/// Fragments at most.
const FRAGMENTS: usize = 100;
/// Documents kept at most, and the longest text that is kept.
const KEPT: usize = 1_000;
const KEPT_BYTES: usize = 16 * 1024;

/// Why a document is refused, with the code of the error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `extensions.code`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

fn refuse<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { code, message: message.into() })
}

/// A document that may run.
#[derive(Debug)]
pub struct Document {
    /// The document.
    pub parsed: ExecutableDocument,
    /// Whether no response key is asked for twice, see [`asks_once`].
    pub asks_once: bool,
}

/// Parsed documents by their text.
#[derive(Debug, Default)]
pub struct DocumentCache {
    documents: Mutex<HashMap<String, Arc<Document>>>,
}

impl DocumentCache {
    /// The parsed document, within the limits that do not depend on variables.
    ///
    /// # Errors
    /// When the text is no document or lies beyond a limit.
    pub fn read(&self, text: &str, limits: &DocumentLimits) -> Result<Arc<Document>, Refusal> {
        {
            let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(document) = documents.get(text) {
                return Ok(Arc::clone(document));
            }
        }
        guard(text, limits)?;
        let document = match parse_query(text) {
            Ok(parsed) => Arc::new(Document { asks_once: asks_once(&parsed), parsed }),
            Err(error) => {
                let place = error
                    .positions()
                    .next()
                    .map(|at| format!(" at line {}, column {}", at.line, at.column))
                    .unwrap_or_default();
                return refuse("GRAPHQL_PARSE_FAILED", format!("the document cannot be read{place}"));
            }
        };
        if text.len() <= KEPT_BYTES {
            let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
            if documents.len() >= KEPT {
                documents.clear();
            }
            documents.insert(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}

/// Counts tokens and nesting on the text, before any parser.
fn guard(text: &str, limits: &DocumentLimits) -> Result<(), Refusal> {
    // Four quotes in a row are two empty strings to one grammar and an open block string to another. No
    // reading of such a text is trusted: all its brackets count.
    let ambiguous = text.contains("\"\"\"\"");
    let (mut depth, mut deepest, mut tokens) = (0_usize, 0_usize, 0_usize);
    let mut rest = text;
    let mut in_word = false;
    while let Some(character) = rest.chars().next() {
        let mut step = character.len_utf8();
        let word = character.is_ascii_alphanumeric() || character == '_';
        if word && !in_word {
            tokens += 1;
        }
        in_word = word;
        match character {
            '"' if !ambiguous => {
                tokens += 1;
                step = string_length(rest);
            }
            '#' if !ambiguous => step = rest.find(['\n', '\r']).unwrap_or(rest.len()),
            '{' | '[' | '(' => {
                depth += 1;
                deepest = deepest.max(depth);
                tokens += 1;
            }
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                tokens += 1;
            }
            '!' | '$' | '&' | ':' | '=' | '@' | '|' | '"' | '.' => tokens += 1,
            _ => {}
        }
        if tokens > limits.tokens {
            return refuse(
                "QUERY_TOO_COMPLEX",
                format!("the document has more than {} tokens: pass long values as variables", limits.tokens),
            );
        }
        rest = &rest[step..];
    }
    if deepest > limits.nesting {
        return refuse(
            "QUERY_TOO_DEEP",
            format!("the document nests brackets more than {} deep", limits.nesting),
        );
    }
    Ok(())
}

/// Length of the string that `text` begins with, as far as it goes.
fn string_length(text: &str) -> usize {
    if let Some(inside) = text.strip_prefix("\"\"\"") {
        let mut from = 0;
        while let Some(at) = inside[from..].find("\"\"\"") {
            let at = from + at;
            if inside[..at].ends_with('\\') {
                from = at + 3;
            } else {
                return at + 6;
            }
        }
        return text.len();
    }
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            // A line's end closes no string, but no string goes beyond it.
            '\n' | '\r' => return at,
            _ => {}
        }
    }
    text.len()
}

#[derive(Clone, Copy, Default)]
struct Price {
    points: u64,
    fields: u64,
    depth: u64,
    /// Whether rows are asked for, directly or through fragments: the field around is a connection.
    has_rows: bool,
}

struct Pricing<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    operation: &'a OperationDefinition,
    page_default: u64,
    fragments: HashMap<&'a str, Option<Price>>,
    aliases: usize,
    directives: usize,
}

/// What an operation is, and what it costs in points.
#[derive(Clone, Copy, Debug)]
pub struct Priced {
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// Points.
    pub points: u64,
}

/// Holds the operation that is to run to the limits; gives its kind and points.
///
/// # Errors
/// When there is no such operation, or it lies beyond a limit.
pub fn price(
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &DocumentLimits,
) -> Result<Priced, Refusal> {
    if document.fragments.len() > FRAGMENTS {
        return refuse("QUERY_TOO_COMPLEX", format!("the document has more than {FRAGMENTS} fragments"));
    }
    let mut operations = document.operations.iter();
    let operation = match operation_name {
        Some(wanted) => operations
            .find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted))
            .map(|(_, operation)| operation),
        None => {
            let first = operations.next().map(|(_, operation)| operation);
            if operations.next().is_some() {
                return refuse(
                    "BAD_USER_INPUT",
                    "the document has several operations: say which by operationName",
                );
            }
            first
        }
    };
    let Some(operation) = operation else {
        return refuse("BAD_USER_INPUT", "the document has no operation of this name");
    };
    let mut pricing = Pricing {
        document,
        variables,
        operation: &operation.node,
        page_default: limits.page_default,
        fragments: HashMap::new(),
        aliases: 0,
        directives: operation.node.directives.len(),
    };
    let price = pricing.set(&operation.node.selection_set.node)?;
    let roots = operation.node.selection_set.node.items.len();
    for (found, most, what) in [
        (pricing.aliases, limits.aliases, "aliases"),
        (pricing.directives, limits.directives, "directives"),
        (roots, limits.root_fields, "root fields"),
    ] {
        if found > most {
            return refuse("QUERY_TOO_COMPLEX", format!("the document has more than {most} {what}"));
        }
    }
    if price.depth > u64::try_from(limits.depth).unwrap_or(u64::MAX) {
        return refuse("QUERY_TOO_DEEP", format!("the document is more than {} fields deep", limits.depth));
    }
    if price.fields > FIELDS {
        return refuse(
            "QUERY_TOO_COMPLEX",
            format!("the document has more than {FIELDS} fields once its fragments are spread"),
        );
    }
    if price.points > limits.complexity {
        return refuse(
            "QUERY_TOO_COMPLEX",
            format!(
                "the document costs {} points, at most {} are allowed: ask for smaller pages",
                price.points, limits.complexity
            ),
        );
    }
    Ok(Priced { kind: operation.node.ty, points: price.points })
}

impl<'a> Pricing<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Price, Refusal> {
        let mut price = Price::default();
        for selection in &set.items {
            let part = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(fragment) => {
                    self.directives += fragment.node.directives.len();
                    self.set(&fragment.node.selection_set.node)?
                }
                Selection::FragmentSpread(spread) => {
                    self.directives += spread.node.directives.len();
                    self.fragment(spread.node.fragment_name.node.as_str())?
                }
            };
            price.points = price.points.saturating_add(part.points);
            price.fields = price.fields.saturating_add(part.fields);
            price.depth = price.depth.max(part.depth);
            price.has_rows |= match &selection.node {
                Selection::Field(field) => matches!(field.node.name.node.as_str(), "nodes" | "edges"),
                Selection::InlineFragment(_) | Selection::FragmentSpread(_) => part.has_rows,
            };
        }
        Ok(price)
    }

    fn fragment(&mut self, name: &str) -> Result<Price, Refusal> {
        let document = self.document;
        let Some((name, fragment)): Option<(&'a Name, &'a Positioned<FragmentDefinition>)> =
            document.fragments.get_key_value(name)
        else {
            return refuse("GRAPHQL_VALIDATION_FAILED", format!("there is no fragment \"{name}\""));
        };
        match self.fragments.get(name.as_str()) {
            Some(Some(price)) => return Ok(*price),
            Some(None) => {
                return refuse(
                    "GRAPHQL_VALIDATION_FAILED",
                    format!("the fragment \"{name}\" spreads itself"),
                );
            }
            None => {}
        }
        self.fragments.insert(name.as_str(), None);
        let price = self.set(&fragment.node.selection_set.node)?;
        self.fragments.insert(name.as_str(), Some(price));
        Ok(price)
    }

    fn field(&mut self, field: &'a Field) -> Result<Price, Refusal> {
        self.aliases += usize::from(field.alias.is_some());
        self.directives += field.directives.len();
        let inside = self.set(&field.selection_set.node)?;
        let rows = self.rows(field, inside.has_rows);
        Ok(Price {
            points: inside.points.saturating_mul(rows).saturating_add(1),
            fields: inside.fields.saturating_add(1),
            depth: inside.depth + 1,
            has_rows: false,
        })
    }

    /// Rows that a field may give: its page size for a connection, 1 for anything else.
    fn rows(&self, field: &Field, has_rows: bool) -> u64 {
        let asked = field
            .arguments
            .iter()
            .find(|(name, _)| matches!(name.node.as_str(), "first" | "last"))
            .map(|(_, value)| &value.node);
        match asked {
            Some(value) => self.number(value).unwrap_or(self.page_default),
            None if has_rows => self.page_default,
            None => 1,
        }
        .max(1)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
    fn number(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::Variable(name) => match self.variables.get(name) {
                Some(async_graphql::Value::Number(number)) => number.as_u64(),
                Some(_) => None,
                None => {
                    let definition = self
                        .operation
                        .variable_definitions
                        .iter()
                        .find(|definition| definition.node.name.node == *name)?;
                    match &definition.node.default_value.as_ref()?.node {
                        async_graphql::Value::Number(number) => number.as_u64(),
                        _ => None,
                    }
                }
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DocumentLimits = DocumentLimits {
        tokens: 5_000,
        nesting: 100,
        depth: 15,
        aliases: 30,
        root_fields: 20,
        directives: 50,
        complexity: 500_000,
        page_default: 50,
    };

    fn code(text: &str) -> Result<u64, &'static str> {
        let document = DocumentCache::default().read(text, &LIMITS).map_err(|refusal| refusal.code)?;
        let priced = price(&document.parsed, None, &Variables::default(), &LIMITS);
        priced.map(|priced| priced.points).map_err(|refusal| refusal.code)
    }

    #[test]
    fn nesting_is_refused_before_the_parser() {
        for depth in [200, 5_000, 50_000] {
            for (open, close) in [("[", "]"), ("{a:", "}")] {
                let text = format!("{{ f(a: {}1{}) }}", open.repeat(depth), close.repeat(depth));
                assert!(matches!(code(&text), Err("QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX")), "{depth} {open}");
            }
            let hidden = format!("{{ f(a: \"\"\"\", b: {}1 }}", "[".repeat(depth));
            assert!(matches!(code(&hidden), Err("QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX")), "{depth} hidden");
            let commented = format!("# \"\"\"\n{{ f(a: {}1 }}", "[".repeat(depth));
            assert!(
                matches!(code(&commented), Err("QUERY_TOO_DEEP" | "QUERY_TOO_COMPLEX")),
                "{depth} comment"
            );
        }
        assert_eq!(code("{ f(a: \"[[[[[\") }"), Ok(1));
    }

    #[test]
    fn doubling_fragments_are_priced_once_each() {
        let mut text = String::from("{ ...f0 }\n");
        for level in 0..60 {
            text.push_str(&format!("fragment f{level} on Query {{ ...f{0} ...f{0} }}\n", level + 1));
        }
        text.push_str("fragment f60 on Query { viewer { id } }");
        assert_eq!(code(&text), Err("QUERY_TOO_COMPLEX"));
        assert_eq!(code("{ ...a } fragment a on Query { ...a }"), Err("GRAPHQL_VALIDATION_FAILED"));
    }

    #[test]
    fn pages_multiply() {
        assert_eq!(code("{ objectives(first: 10) { nodes { id } } }"), Ok(1 + 10 * 2));
        assert_eq!(code("{ objectives { nodes { id } } }"), Ok(1 + 50 * 2));
        let bomb =
            "{ a(first: 200) { nodes { b(first: 200) { nodes { c(first: 200) { nodes { id } } } } } } }";
        assert_eq!(code(bomb), Err("QUERY_TOO_COMPLEX"));
        assert_eq!(code("query($n: Int = 200) { a(first: $n) { nodes { id } } }"), Ok(401));
    }

    #[test]
    fn other_limits() {
        assert_eq!(code(&format!("{{ {} }}", "a:b ".repeat(31))), Err("QUERY_TOO_COMPLEX"));
        assert_eq!(code(&format!("{{ {} x {} }}", "a {".repeat(15), "}".repeat(15))), Err("QUERY_TOO_DEEP"));
        assert_eq!(code("{"), Err("GRAPHQL_PARSE_FAILED"));
        assert_eq!(code(&"{a}".repeat(5_000)), Err("QUERY_TOO_COMPLEX"));
    }
}
