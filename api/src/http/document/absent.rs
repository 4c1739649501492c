//! Arguments whose variable was not given.
//!
//! By the specification such an argument is as if it were not written, and its default holds. The executor
//! takes it for null instead, which an argument with a default cannot be: so it is taken out before.

use async_graphql::{
    Variables,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};
use async_graphql_value::Value;

use super::operations;

/// Whether an operation has a variable without a value.
pub(super) fn has_absent(operation: &OperationDefinition, variables: &Variables) -> bool {
    let mut definitions = operation.variable_definitions.iter();
    definitions.any(|definition| !variables.contains_key(&definition.node.name.node))
}

/// The document without arguments whose variable has no value.
pub(super) fn without_absent(document: &ExecutableDocument, variables: &Variables) -> ExecutableDocument {
    let mut document = document.clone();
    for fragment in document.fragments.values_mut() {
        clean(&mut fragment.node.selection_set.node, variables);
    }
    for operation in operations(&mut document) {
        clean(&mut operation.selection_set.node, variables);
    }
    document
}

fn clean(set: &mut SelectionSet, variables: &Variables) {
    for selection in &mut set.items {
        match &mut selection.node {
            Selection::Field(field) => {
                field.node.arguments.retain(|(_, value)| !is_absent(&value.node, variables));
                clean(&mut field.node.selection_set.node, variables);
            }
            Selection::InlineFragment(fragment) => clean(&mut fragment.node.selection_set.node, variables),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_absent(value: &Value, variables: &Variables) -> bool {
    matches!(value, Value::Variable(name) if !variables.contains_key(name))
}
