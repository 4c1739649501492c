//! The document as the executor takes it, made of what the strict parser read.
//!
//! The executor has a parser of its own; with one of them only, no text means two things.

use std::collections::{HashMap, hash_map::Entry};

use apollo_compiler::{
    Name as TreeName, Node,
    ast::{self, Definition, Document as Tree, Selection as TreeSelection, Value as TreeValue},
    parser::SourceSpan,
};
use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{
        BaseType, Directive, DocumentOperations, ExecutableDocument, Field, FragmentDefinition,
        FragmentSpread, InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, Type,
        TypeCondition, VariableDefinition,
    },
};
use async_graphql_value::Value;
use serde_json::Number;

use super::{Fault, Refusal};

/// Bytes between two places of a text whose line and column are kept.
const STRIDE: usize = 256;

/// Makes the executor's document of a tree that was read from `text`.
pub(super) fn executable(tree: &Tree, text: &str) -> Result<ExecutableDocument, Refusal> {
    let making = Making { places: Places::of(text) };
    let (mut named, mut alone) = (HashMap::new(), None);
    let mut fragments = HashMap::new();
    let mut count = 0;
    for definition in &tree.definitions {
        match definition {
            Definition::OperationDefinition(operation) => {
                count += 1;
                let made = making.at_node(operation, making.operation(operation)?);
                let at = made.pos;
                let is_first = match &operation.name {
                    Some(name) => named.insert(Name::new(name.as_str()), made).is_none(),
                    None => alone.replace(made).is_none(),
                };
                if !is_first || (alone.is_some() && count > 1) {
                    return Err(unnamed(at));
                }
            }
            Definition::FragmentDefinition(fragment) => {
                let made = making.at_node(fragment, making.fragment(fragment)?);
                match fragments.entry(Name::new(fragment.name.as_str())) {
                    Entry::Vacant(free) => _ = free.insert(made),
                    Entry::Occupied(_) => return Err(unnamed(made.pos)),
                }
            }
            Definition::DirectiveDefinition(_)
            | Definition::SchemaDefinition(_)
            | Definition::ScalarTypeDefinition(_)
            | Definition::ObjectTypeDefinition(_)
            | Definition::InterfaceTypeDefinition(_)
            | Definition::UnionTypeDefinition(_)
            | Definition::EnumTypeDefinition(_)
            | Definition::InputObjectTypeDefinition(_)
            | Definition::SchemaExtension(_)
            | Definition::ScalarTypeExtension(_)
            | Definition::ObjectTypeExtension(_)
            | Definition::InterfaceTypeExtension(_)
            | Definition::UnionTypeExtension(_)
            | Definition::EnumTypeExtension(_)
            | Definition::InputObjectTypeExtension(_) => {
                let at = making.place(definition.location());
                return Err(invalid(
                    "a document holds operations and fragments, no definitions of types",
                    at,
                ));
            }
        }
    }
    let operations = match alone {
        Some(operation) => DocumentOperations::Single(operation),
        None if named.is_empty() => {
            return Err(invalid("the document holds no operation", Pos { line: 1, column: 1 }));
        }
        None => DocumentOperations::Multiple(named),
    };
    Ok(ExecutableDocument { operations, fragments })
}

fn invalid(message: &str, at: Pos) -> Refusal {
    let fault = Fault { message: message.to_owned(), at: Some((at.line, at.column)) };
    Refusal { code: "GRAPHQL_VALIDATION_FAILED", faults: vec![fault] }
}

fn unnamed(at: Pos) -> Refusal {
    invalid("operations and fragments need names of their own; only a lone operation needs none", at)
}

/// Arguments of a field or directive.
type Arguments = Vec<(Positioned<Name>, Positioned<Value>)>;

struct Making {
    places: Places,
}

impl Making {
    fn place(&self, span: Option<SourceSpan>) -> Pos {
        span.map(|span| self.places.at(span.offset())).unwrap_or_default()
    }

    fn at_node<T>(&self, node: &Node<impl Sized>, made: T) -> Positioned<T> {
        Positioned::new(made, self.place(node.location()))
    }

    fn name(&self, name: &TreeName) -> Positioned<Name> {
        Positioned::new(Name::new(name.as_str()), self.place(name.location()))
    }

    fn operation(&self, operation: &Node<ast::OperationDefinition>) -> Result<OperationDefinition, Refusal> {
        let variables = operation.variables.iter().map(|variable| {
            let default = variable.default_value.as_ref().map(|value| {
                let made = self.value(value)?;
                let Some(constant) = made.node.into_const() else {
                    return Err(invalid("the default of a variable holds no variable", made.pos));
                };
                Ok(Positioned::new(constant, made.pos))
            });
            let made = VariableDefinition {
                name: self.name(&variable.name),
                var_type: self.at_node(&variable.ty, type_of(&variable.ty)),
                directives: self.directives(&variable.directives)?,
                default_value: default.transpose()?,
            };
            Ok(self.at_node(variable, made))
        });
        Ok(OperationDefinition {
            ty: match operation.operation_type {
                ast::OperationType::Query => OperationType::Query,
                ast::OperationType::Mutation => OperationType::Mutation,
                ast::OperationType::Subscription => OperationType::Subscription,
            },
            variable_definitions: variables.collect::<Result<_, _>>()?,
            directives: self.directives(&operation.directives)?,
            selection_set: self.at_node(operation, self.selections(&operation.selection_set)?),
        })
    }

    fn fragment(&self, fragment: &Node<ast::FragmentDefinition>) -> Result<FragmentDefinition, Refusal> {
        Ok(FragmentDefinition {
            type_condition: self.condition(&fragment.type_condition),
            directives: self.directives(&fragment.directives)?,
            selection_set: self.at_node(fragment, self.selections(&fragment.selection_set)?),
        })
    }

    fn condition(&self, of: &TreeName) -> Positioned<TypeCondition> {
        let on = self.name(of);
        on.position_node(TypeCondition { on: on.clone() })
    }

    fn selections(&self, selections: &[TreeSelection]) -> Result<SelectionSet, Refusal> {
        let items = selections.iter().map(|selection| match selection {
            TreeSelection::Field(field) => {
                let made = self.at_node(field, self.field(field)?);
                Ok(Positioned { pos: made.pos, node: Selection::Field(made) })
            }
            TreeSelection::FragmentSpread(spread) => {
                let made = FragmentSpread {
                    fragment_name: self.name(&spread.fragment_name),
                    directives: self.directives(&spread.directives)?,
                };
                let made = self.at_node(spread, made);
                Ok(Positioned { pos: made.pos, node: Selection::FragmentSpread(made) })
            }
            TreeSelection::InlineFragment(fragment) => {
                let made = InlineFragment {
                    type_condition: fragment.type_condition.as_ref().map(|of| self.condition(of)),
                    directives: self.directives(&fragment.directives)?,
                    selection_set: self.at_node(fragment, self.selections(&fragment.selection_set)?),
                };
                let made = self.at_node(fragment, made);
                Ok(Positioned { pos: made.pos, node: Selection::InlineFragment(made) })
            }
        });
        Ok(SelectionSet { items: items.collect::<Result<_, _>>()? })
    }

    fn field(&self, field: &Node<ast::Field>) -> Result<Field, Refusal> {
        Ok(Field {
            alias: field.alias.as_ref().map(|alias| self.name(alias)),
            name: self.name(&field.name),
            arguments: self.arguments(&field.arguments)?,
            directives: self.directives(&field.directives)?,
            selection_set: self.at_node(field, self.selections(&field.selection_set)?),
        })
    }

    fn directives(&self, directives: &ast::DirectiveList) -> Result<Vec<Positioned<Directive>>, Refusal> {
        let made = directives.iter().map(|directive| {
            let made = Directive {
                name: self.name(&directive.name),
                arguments: self.arguments(&directive.arguments)?,
            };
            Ok(self.at_node(directive, made))
        });
        made.collect()
    }

    fn arguments(&self, arguments: &[Node<ast::Argument>]) -> Result<Arguments, Refusal> {
        arguments
            .iter()
            .map(|argument| Ok((self.name(&argument.name), self.value(&argument.value)?)))
            .collect()
    }

    fn value(&self, value: &Node<TreeValue>) -> Result<Positioned<Value>, Refusal> {
        let at = self.place(value.location());
        Ok(Positioned::new(self.bare_value(value, at)?, at))
    }

    fn bare_value(&self, value: &TreeValue, at: Pos) -> Result<Value, Refusal> {
        let number = |text: &str| match text.parse::<Number>() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err(invalid("the number is too large", at)),
        };
        Ok(match value {
            TreeValue::Null => Value::Null,
            TreeValue::Enum(name) => Value::Enum(Name::new(name.as_str())),
            TreeValue::Variable(name) => Value::Variable(Name::new(name.as_str())),
            TreeValue::String(text) => Value::String(text.clone()),
            TreeValue::Float(float) => number(float.as_str())?,
            TreeValue::Int(int) => number(int.as_str())?,
            TreeValue::Boolean(boolean) => Value::Boolean(*boolean),
            TreeValue::List(items) => {
                Value::List(items.iter().map(|item| self.bare_value(item, at)).collect::<Result<_, _>>()?)
            }
            TreeValue::Object(fields) => {
                let fields = fields.iter();
                let fields =
                    fields.map(|(name, value)| Ok((Name::new(name.as_str()), self.bare_value(value, at)?)));
                Value::Object(fields.collect::<Result<_, Refusal>>()?)
            }
        })
    }
}

fn type_of(of: &ast::Type) -> Type {
    let (base, nullable) = match of {
        ast::Type::Named(name) => (BaseType::Named(Name::new(name.as_str())), true),
        ast::Type::NonNullNamed(name) => (BaseType::Named(Name::new(name.as_str())), false),
        ast::Type::List(of) => (BaseType::List(Box::new(type_of(of))), true),
        ast::Type::NonNullList(of) => (BaseType::List(Box::new(type_of(of))), false),
    };
    Type { base, nullable }
}

/// Lines and columns of a text by its bytes. A line may be as long as the text: what is asked for is found
/// from the nearest place that is kept, not from the beginning of its line.
struct Places {
    text: String,
    /// The place of the first character at or after each multiple of [`STRIDE`], with its byte.
    kept: Vec<(usize, Pos)>,
}

impl Places {
    fn of(text: &str) -> Self {
        let mut kept = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut at = Pos { line: 1, column: 1 };
        let mut characters = text.char_indices().peekable();
        while let Some((byte, character)) = characters.next() {
            if byte >= kept.len() * STRIDE {
                kept.push((byte, at));
            }
            at = after(at, character, characters.peek().map(|(_, next)| *next));
        }
        Self { text: text.to_owned(), kept }
    }

    fn at(&self, byte: usize) -> Pos {
        let start = self.kept.partition_point(|(kept, _)| *kept <= byte).checked_sub(1);
        let Some((from, mut at)) = start.and_then(|start| self.kept.get(start)).copied() else {
            return Pos { line: 1, column: 1 };
        };
        let mut characters = self.text.get(from..).unwrap_or_default().char_indices().peekable();
        while let Some((passed, character)) = characters.next() {
            if from + passed >= byte {
                break;
            }
            at = after(at, character, characters.peek().map(|(_, next)| *next));
        }
        at
    }
}

/// The place behind a character: a line ends with LF, CR, or both.
fn after(at: Pos, character: char, next: Option<char>) -> Pos {
    let ends = character == '\n' || (character == '\r' && next != Some('\n'));
    if ends { Pos { line: at.line + 1, column: 1 } } else { Pos { line: at.line, column: at.column + 1 } }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::parser::Parser;
    use async_graphql::parser::parse_query;

    use super::*;

    fn read(text: &str) -> Option<Tree> {
        Parser::new().parse_ast(text, "document").ok()
    }

    #[test]
    fn it_is_what_the_executors_own_parser_reads() {
        for text in [
            "{ a }",
            "query Q($a: [Int!]! = [1, 2], $d: Int @d, $b: In = { x: \"y\", z: null }) @e(f: 1.5) { a: b(c: $a, d: {e: ENUM, f: [true, -3, 1e3]}) @skip(if: $b) { c } }",
            "query A { ...F @d ... on T { x } ... @include(if: true) { y } } mutation B { b } subscription C { c } fragment F on T @g { z(t: \"\\n\\\"é\\\\\") }",
            "# comment\r\nquery A\n{ u: a } ",
            "{ a(b: \"\"\"\n  block\n    \"quoted\"\n  \"\"\") \n\n b }",
        ] {
            let tree = read(text).unwrap();
            let ours = serde_json::to_value(executable(&tree, text).unwrap()).unwrap();
            let theirs = serde_json::to_value(parse_query(text).unwrap()).unwrap();
            assert_eq!(without_places(ours), without_places(theirs), "{text}");
        }
    }

    #[test]
    fn places_are_those_of_the_executors_own_parser() {
        let filler = format!("# {}\n", "ä🦀".repeat(400));
        let text = format!(
            "{filler}{{ a\r\n  b: c(d: \"ü\", e: 1) {{ f }}\n{filler} g ...F }} fragment F on T {{ h }}"
        );
        let tree = read(&text).unwrap();
        let fields = |document: &ExecutableDocument| {
            let mut all = Vec::new();
            let sets = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
            let mut sets: Vec<_> = sets.collect();
            sets.extend(document.fragments.values().map(|fragment| &fragment.node.selection_set.node));
            while let Some(set) = sets.pop() {
                for item in &set.items {
                    if let Selection::Field(field) = &item.node {
                        all.push((field.node.name.node.to_string(), field.pos, field.node.name.pos));
                        all.extend(
                            field
                                .node
                                .arguments
                                .iter()
                                .map(|(name, value)| (name.node.to_string(), name.pos, value.pos)),
                        );
                        sets.push(&field.node.selection_set.node);
                    }
                }
            }
            all.sort();
            all
        };
        assert_eq!(fields(&executable(&tree, &text).unwrap()), fields(&parse_query(&text).unwrap()));
        assert_eq!(Places::of("a\rb\r\nc").at(2), Pos { line: 2, column: 1 });
        assert_eq!(Places::of("a\rb\r\nc").at(5), Pos { line: 3, column: 1 });
    }

    #[test]
    fn what_is_no_document_is_told() {
        for (text, word) in [
            ("{ a } { b }", "names of their own"),
            ("query A { a } { b }", "names of their own"),
            ("query A { a } query A { b }", "names of their own"),
            ("{ a } fragment F on T { a } fragment F on T { b }", "names of their own"),
            ("fragment F on T { a }", "no operation"),
            ("type A { b: Int }", "no definitions of types"),
            ("{ a(b: 1e999) }", "too large"),
        ] {
            let tree = read(text).unwrap();
            let refusal = executable(&tree, text).unwrap_err();
            assert!(refusal.faults[0].message.contains(word), "{text}: {refusal:?}");
        }
    }

    /// Places are compared apart.
    fn without_places(mut value: serde_json::Value) -> serde_json::Value {
        match &mut value {
            serde_json::Value::Object(fields) => {
                fields.remove("pos");
                for field in fields.values_mut() {
                    *field = without_places(field.take());
                }
            }
            serde_json::Value::Array(items) => {
                for item in items {
                    *item = without_places(item.take());
                }
            }
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => {}
        }
        value
    }
}
