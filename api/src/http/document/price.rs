//! What an operation costs, and whether its form lies within the limits.
//!
//! Fragments that double are priced with memory: each fragment is looked at once, however often it is
//! spread.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Variables,
    parser::types::{
        ExecutableDocument, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
        SelectionSet,
    },
};
use async_graphql_value::Value;

use super::{DocumentLimits, Refusal, refuse};

/// Fields after all fragments are spread, at most.
const FIELDS: u64 = 2_000;
/// Fragments at most.
const FRAGMENTS: usize = 100;
/// What an operation may ask of the schema itself, in fields of its answer as [`listed`] guesses them: twice
/// what tools ask when they read all of it.
const SCHEMA: u64 = 3_000_000;

#[derive(Clone, Copy, Default)]
struct Price {
    points: u64,
    fields: u64,
    depth: u64,
    aliases: u64,
    directives: u64,
    /// Fields of this very level.
    width: u64,
    /// Whether rows are asked for, directly or through fragments: the field around is a connection.
    has_rows: bool,
    /// Whether the schema itself is asked for on this level.
    has_schema: bool,
    /// Fields of the answer, if this is a part of the schema.
    of_schema: u64,
    /// Fields of all answers about the schema.
    schema: u64,
}

impl Price {
    /// Both, one beside the other.
    fn add(&mut self, other: Self) {
        self.points = self.points.saturating_add(other.points);
        self.fields = self.fields.saturating_add(other.fields);
        self.depth = self.depth.max(other.depth);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.width = self.width.saturating_add(other.width);
        self.has_rows |= other.has_rows;
        self.has_schema |= other.has_schema;
        self.of_schema = self.of_schema.saturating_add(other.of_schema);
        self.schema = self.schema.saturating_add(other.schema);
    }
}

struct Pricing<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    page_default: u64,
    fragments: HashMap<&'a str, Option<Price>>,
}

/// What an operation is, and what it costs in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Priced {
    /// Query, mutation or subscription.
    pub(super) kind: OperationType,
    /// Points.
    pub(super) points: u64,
}

/// Holds the form of every operation to the limits, whatever the variables.
pub(super) fn shape(document: &ExecutableDocument, limits: &DocumentLimits) -> Result<(), Refusal> {
    let limits = DocumentLimits { complexity: u64::MAX, ..*limits };
    let variables = Variables::default();
    let mut operations = document.operations.iter();
    operations.try_for_each(|(_, operation)| hold(document, &operation.node, &variables, &limits).map(|_| ()))
}

/// Holds the operation that is to run to the limits; gives its kind and points. The variables are coerced.
pub(super) fn price(
    document: &ExecutableDocument,
    operation_name: Option<&str>,
    variables: &Variables,
    limits: &DocumentLimits,
) -> Result<Priced, Refusal> {
    let mut operations = document.operations.iter();
    let operation = match operation_name {
        Some(wanted) => operations.find(|(name, _)| name.is_some_and(|name| name.as_str() == wanted)),
        None => operations.next(),
    };
    // Which operation is meant was settled when its variables were coerced.
    let Some((_, operation)) = operation else {
        return refuse("BAD_USER_INPUT", "the document has no operation of this name");
    };
    hold(document, &operation.node, variables, limits)
}

fn hold(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &DocumentLimits,
) -> Result<Priced, Refusal> {
    if document.fragments.len() > FRAGMENTS {
        return refuse("QUERY_TOO_COMPLEX", format!("the document has more than {FRAGMENTS} fragments"));
    }
    let page_default = limits.page_default;
    let mut pricing = Pricing { document, variables, page_default, fragments: HashMap::new() };
    let mut price = pricing.set(&operation.selection_set.node)?;
    price.directives += count(operation.directives.len());
    for (found, most, what) in [
        (price.aliases, count(limits.aliases), "aliases"),
        (price.directives, count(limits.directives), "directives"),
        (price.width, count(limits.root_fields), "root fields"),
        (price.fields, FIELDS, "fields once its fragments are spread"),
    ] {
        if found > most {
            return refuse("QUERY_TOO_COMPLEX", format!("the document has more than {most} {what}"));
        }
    }
    if price.depth > count(limits.depth) {
        return refuse("QUERY_TOO_DEEP", format!("the document is more than {} fields deep", limits.depth));
    }
    if price.has_schema && !limits.introspection {
        let message = "introspection is off here: the schema stands at /schema.graphql";
        return refuse("GRAPHQL_VALIDATION_FAILED", message);
    }
    if price.schema > SCHEMA {
        let message = "the document asks too much of the schema: it stands at /schema.graphql";
        return refuse("QUERY_TOO_COMPLEX", message);
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
    Ok(Priced { kind: operation.ty, points: price.points })
}

/// How many entries a list of the schema has, more or less. Fields of types of fields of types go round in
/// circles, so that few words ask for millions of them.
fn listed(name: &str) -> u64 {
    match name {
        "types" => 400,
        "fields" => 12,
        "inputFields" | "possibleTypes" => 10,
        "enumValues" | "directives" => 8,
        "args" => 4,
        "interfaces" => 2,
        _ => 1,
    }
}

fn count(of: usize) -> u64 {
    u64::try_from(of).unwrap_or(u64::MAX)
}

impl<'a> Pricing<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Price, Refusal> {
        let mut price = Price::default();
        for selection in &set.items {
            let part = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    self.fragment(spread.node.fragment_name.node.as_str())?
                }
            };
            price.add(part);
            price.directives = price.directives.saturating_add(count(selection.node.directives().len()));
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
        let inside = self.set(&field.selection_set.node)?;
        let rows = self.rows(field, inside.has_rows);
        let name = field.name.node.as_str();
        let has_schema = matches!(name, "__schema" | "__type");
        let of_schema = inside.of_schema.saturating_mul(listed(name)).saturating_add(1);
        Ok(Price {
            points: inside.points.saturating_mul(rows).saturating_add(1),
            fields: inside.fields.saturating_add(1),
            depth: inside.depth + 1,
            aliases: inside.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: inside.directives,
            width: 1,
            has_rows: matches!(name, "nodes" | "edges"),
            has_schema,
            of_schema,
            schema: if has_schema { of_schema } else { inside.schema },
        })
    }

    /// Rows that a field may give: its page size for a connection, as many as there are ids for a list of
    /// them, 1 for anything else.
    fn rows(&self, field: &Field, has_rows: bool) -> u64 {
        let asked = field.arguments.iter().filter_map(|(name, value)| match name.node.as_str() {
            "first" | "last" => self.number(&value.node),
            "ids" => self.length(&value.node),
            _ => None,
        });
        match asked.max() {
            Some(rows) => rows,
            None if has_rows => self.page_default,
            None => 1,
        }
        .max(1)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
    fn length(&self, value: &Value) -> Option<u64> {
        match value {
            Value::List(items) => Some(count(items.len())),
            Value::Variable(name) => match self.variables.get(name) {
                Some(async_graphql::Value::List(items)) => Some(count(items.len())),
                Some(_) | None => None,
            },
            _ => None,
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
    fn number(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Number(number) => number.as_u64(),
            Value::Variable(name) => match self.variables.get(name) {
                Some(async_graphql::Value::Number(number)) => number.as_u64(),
                Some(_) | None => None,
            },
            _ => None,
        }
    }
}
