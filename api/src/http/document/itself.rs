//! What a document says by itself: one that asks for nothing but the type at its root has one answer always.
//!
//! It is how balancers and gateways ask whether a server is there, some of them each second from many places; no
//! viewer's loaders and no executor are made for it.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationType, Selection},
};

/// The data of a document of one query or mutation that selects `__typename` alone, under whatever keys; none of
/// any other.
#[must_use]
pub(super) fn said_by_itself(document: &ExecutableDocument) -> Option<Value> {
    let mut operations = document.operations.iter();
    let (Some((_, operation)), None) = (operations.next(), operations.next()) else { return None };
    let root = match operation.node.ty {
        OperationType::Query => "Query",
        OperationType::Mutation => "Mutation",
        OperationType::Subscription => return None,
    };
    let mut data = IndexMap::new();
    for selection in &operation.node.selection_set.node.items {
        let Selection::Field(field) = &selection.node else { return None };
        let field = &field.node;
        // A directive may leave it out.
        if field.name.node != "__typename" || !field.directives.is_empty() {
            return None;
        }
        data.insert(field.response_key().node.clone(), Value::String(root.to_owned()));
    }
    let data: IndexMap<Name, Value> = data;
    (!data.is_empty() && operation.node.directives.is_empty()).then_some(Value::Object(data))
}

#[cfg(test)]
mod tests {
    use async_graphql::{parser::parse_query, value};

    use super::*;

    fn said(text: &str) -> Option<Value> {
        said_by_itself(&parse_query(text).unwrap())
    }

    #[test]
    fn the_type_at_the_root_needs_nobody() {
        assert_eq!(said("{ __typename }"), Some(value!({ "__typename": "Query" })));
        assert_eq!(said("query Up { __typename }"), Some(value!({ "__typename": "Query" })));
        assert_eq!(said("mutation { a: __typename }"), Some(value!({ "a": "Mutation" })));
        let twice = said("{ b: __typename a: __typename b: __typename }");
        assert_eq!(twice, Some(value!({ "b": "Query", "a": "Query" })));
    }

    #[test]
    fn all_else_is_run() {
        for text in [
            "{ viewer { __typename } }",
            "{ __typename viewer { id } }",
            "{ __typename @skip(if: true) }",
            "query ($a: Boolean!) { __typename @include(if: $a) }",
            "{ ... { __typename } }",
            "{ ...f } fragment f on Query { __typename }",
            "subscription { __typename }",
            "query A { __typename } query B { __typename }",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
