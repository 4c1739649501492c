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
use crate::{domain::suggestion, graphql::progress_explanation::PARTS_DEFAULT};

/// Lists of members within one another, where the schema itself is asked for, at most: types lead to fields
/// and fields to types, so what goes round grows by a factor with each turn. Tools need one.
const SCHEMA_TURNS: u64 = 2;

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
    /// Lists of a type's members within one another: only in a schema they mean anything.
    turns: u64,
    /// What it costs where it is a part of the schema.
    schema_points: u64,
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
        self.turns = self.turns.max(other.turns);
        self.schema_points = self.schema_points.saturating_add(other.schema_points);
    }
}

struct Pricing<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    page_default: u64,
    value_depth: usize,
    fragments: HashMap<&'a str, Option<Price>>,
}

/// What an operation is, and what it costs in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Priced {
    /// Query, mutation or subscription.
    pub(super) kind: OperationType,
    /// Points.
    pub(super) points: u64,
    /// Whether it asks for the schema.
    pub(super) asks_schema: bool,
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
    let DocumentLimits { fragments: most, page_default, value_depth, .. } = *limits;
    if document.fragments.len() > most {
        return refuse("QUERY_TOO_COMPLEX", format!("the document has more than {most} fragments"));
    }
    let mut pricing = Pricing { document, variables, page_default, value_depth, fragments: HashMap::new() };
    let mut price = pricing.set(&operation.selection_set.node)?;
    price.directives += count(operation.directives.len());
    for (found, most, what) in [
        (price.aliases, count(limits.aliases), "aliases"),
        (price.directives, count(limits.directives), "directives"),
        (price.width, count(limits.root_fields), "root fields"),
        (price.fields, limits.fields, "fields once its fragments are spread"),
    ] {
        if found > most {
            return refuse("QUERY_TOO_COMPLEX", format!("the document has more than {most} {what}"));
        }
    }
    if price.depth > count(limits.depth) {
        return refuse("QUERY_TOO_DEEP", format!("the document is more than {} fields deep", limits.depth));
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
    Ok(Priced { kind: operation.ty, points: price.points, asks_schema: price.has_schema })
}

/// The same of a value that was given.
#[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
fn given_depth(value: &async_graphql::Value) -> usize {
    use async_graphql::Value as Given;
    match value {
        Given::List(items) => 1 + items.iter().map(given_depth).max().unwrap_or_default(),
        Given::Object(fields) => 1 + fields.values().map(given_depth).max().unwrap_or_default(),
        _ => 0,
    }
}

/// About how many there are of a list that the schema gives of itself, 1 for anything else.
fn members(name: &str) -> u64 {
    match name {
        "types" => 100,
        "fields" | "inputFields" | "enumValues" | "directives" => 5,
        "args" | "interfaces" | "possibleTypes" => 2,
        _ => 1,
    }
}

/// Whether a list of the schema leads back to types.
fn is_turn(name: &str) -> bool {
    matches!(name, "fields" | "inputFields" | "interfaces" | "possibleTypes")
}

/// Goals suggested for a piece of work.
const SUGGESTIONS: &str = "linkSuggestions";

/// Mutations that ask a tool, page by page, before they answer, and may list what it reaches.
const ASKING_A_TOOL: [&str; 2] = ["integrationConnect", "integrationTest"];

/// What a field costs beside what it gives: to suggest goals, all words of a piece of work are held against all
/// open goals; a tool is waited for.
fn extra(name: &str) -> u64 {
    match name {
        SUGGESTIONS => 100,
        asking if ASKING_A_TOOL.contains(&asking) => 1_000,
        _ => 0,
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
        // Whoever reads a filter goes down with it, as do those who make a statement of it: no stack may hang on
        // how deep a stranger nests.
        let deepest = self.value_depth;
        if field.arguments.iter().any(|(_, value)| self.depth(&value.node) > deepest) {
            let message = format!("a value nests lists and objects more than {deepest} deep");
            return refuse("QUERY_TOO_DEEP", message);
        }
        let inside = self.set(&field.selection_set.node)?;
        let rows = self.rows(field, inside.has_rows);
        let name = field.name.node.as_str();
        let has_schema = matches!(name, "__schema" | "__type");
        if has_schema && inside.turns > SCHEMA_TURNS {
            let message = "the schema is asked for in circles: it stands at /schema.graphql";
            return refuse("QUERY_TOO_DEEP", message);
        }
        let schema_points = inside.schema_points.saturating_mul(members(name)).saturating_add(1);
        let points = inside.points.saturating_mul(rows).saturating_add(1).saturating_add(extra(name));
        Ok(Price {
            points: if has_schema { schema_points } else { points },
            fields: inside.fields.saturating_add(1),
            depth: inside.depth + 1,
            aliases: inside.aliases.saturating_add(u64::from(field.alias.is_some())),
            directives: inside.directives,
            width: 1,
            has_rows: matches!(name, "nodes" | "edges"),
            has_schema,
            turns: inside.turns + u64::from(is_turn(name)),
            schema_points,
        })
    }

    /// Rows that a field may give: its page size for a connection, as many as there are ids for a list of
    /// them, so many parts of a number, 1 for anything else.
    fn rows(&self, field: &Field, has_rows: bool) -> u64 {
        let asked = field.arguments.iter().filter_map(|(name, value)| match name.node.as_str() {
            "first" | "last" => self.number(&value.node),
            "ids" => self.length(&value.node),
            _ => None,
        });
        match asked.max() {
            Some(rows) => rows,
            None if has_rows => self.page_default,
            // The parts of a number are a list without pages, and bounded all the same.
            None if matches!(field.name.node.as_str(), "children" | "parts") => count(PARTS_DEFAULT),
            None if field.name.node.as_str() == SUGGESTIONS => count(suggestion::USUAL),
            None => 1,
        }
        .max(1)
    }

    /// How many lists and objects a value holds within one another, its variables' values with it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the value type is the library's, not ours")]
    fn depth(&self, value: &Value) -> usize {
        match value {
            Value::List(items) => 1 + items.iter().map(|item| self.depth(item)).max().unwrap_or_default(),
            Value::Object(fields) => {
                1 + fields.values().map(|field| self.depth(field)).max().unwrap_or_default()
            }
            Value::Variable(name) => self.variables.get(name).map(given_depth).unwrap_or_default(),
            _ => 0,
        }
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
