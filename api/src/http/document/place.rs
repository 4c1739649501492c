//! Where a stream begins: the arguments that give it a place of its own.

use async_graphql::{
    Name, Variables,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::operations;

/// Arguments that say where a stream begins; once it has come as far as all others, they say nothing more.
const BEGINS: [&str; 2] = ["after", "snapshot"];
/// The argument that says where it ends.
const ENDS: &str = "first";

/// What gives a stream a place of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Place {
    /// Nothing: it begins now, as all do that ask the same.
    Now,
    /// It begins elsewhere, by the values of these variables among others.
    Earlier(Vec<Name>),
    /// It may end by itself, or cannot be told.
    Own,
}

/// The place of the operation of that name. Fragments are not looked into: what stands in one has a place of its
/// own, which costs time only.
pub(super) fn place(document: &ExecutableDocument, name: Option<&str>) -> Place {
    let mut operations = document.operations.iter();
    let asked =
        operations.find(|(other, _)| name.is_none_or(|name| other.is_some_and(|other| *other == name)));
    let Some((_, operation)) = asked else { return Place::Own };
    let mut place = Place::Now;
    for selection in &operation.node.selection_set.node.items {
        let Selection::Field(field) = &selection.node else { return Place::Own };
        for (argument, value) in &field.node.arguments {
            if argument.node == ENDS {
                return Place::Own;
            }
            if BEGINS.contains(&argument.node.as_str()) {
                let mut variables = match place {
                    Place::Earlier(variables) => variables,
                    Place::Now | Place::Own => Vec::new(),
                };
                if let Value::Variable(variable) = &value.node {
                    // What else it says would be lost with it.
                    if uses(document, &operation.node, variable) > 1 {
                        return Place::Own;
                    }
                    variables.push(variable.clone());
                }
                place = Place::Earlier(variables);
            }
        }
    }
    place
}

/// The variables without those that say where the stream begins.
pub(super) fn from_now(variables: &mut Variables, place: &Place) {
    if let Place::Earlier(names) = place {
        for name in names {
            variables.remove(name);
        }
    }
}

/// Takes the arguments out that say where a stream begins.
pub(super) fn begin_now(document: &mut ExecutableDocument) {
    for operation in operations(document) {
        for selection in &mut operation.selection_set.node.items {
            if let Selection::Field(field) = &mut selection.node {
                field.node.arguments.retain(|(name, _)| !BEGINS.contains(&name.node.as_str()));
            }
        }
    }
}

/// How often an operation, and any fragment, uses a variable.
fn uses(document: &ExecutableDocument, operation: &OperationDefinition, name: &Name) -> usize {
    let fragments = document.fragments.values();
    let in_fragments: usize = fragments.map(|fragment| in_set(&fragment.node.selection_set.node, name)).sum();
    let directives = operation.directives.iter().flat_map(|directive| &directive.node.arguments);
    let in_directives: usize = directives.map(|(_, value)| in_value(&value.node, name)).sum();
    in_set(&operation.selection_set.node, name) + in_fragments + in_directives
}

fn in_set(set: &SelectionSet, name: &Name) -> usize {
    let in_directives =
        |directives: &[async_graphql::Positioned<async_graphql::parser::types::Directive>]| {
            let arguments = directives.iter().flat_map(|directive| &directive.node.arguments);
            arguments.map(|(_, value)| in_value(&value.node, name)).sum::<usize>()
        };
    let in_field = |field: &Field| {
        let arguments: usize = field.arguments.iter().map(|(_, value)| in_value(&value.node, name)).sum();
        arguments + in_directives(&field.directives) + in_set(&field.selection_set.node, name)
    };
    set.items
        .iter()
        .map(|selection| match &selection.node {
            Selection::Field(field) => in_field(&field.node),
            Selection::FragmentSpread(spread) => in_directives(&spread.node.directives),
            Selection::InlineFragment(fragment) => {
                in_directives(&fragment.node.directives) + in_set(&fragment.node.selection_set.node, name)
            }
        })
        .sum()
}

fn in_value(value: &Value, name: &Name) -> usize {
    match value {
        Value::Variable(variable) => usize::from(variable == name),
        Value::List(items) => items.iter().map(|item| in_value(item, name)).sum(),
        Value::Object(members) => members.values().map(|member| in_value(member, name)).sum(),
        Value::Null
        | Value::Number(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_) => 0,
    }
}
