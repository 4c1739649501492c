//! The strict side: reads, validates and coerces by the letter of the specification.

use apollo_compiler::{
    ExecutableDocument, Schema,
    ast::{Definition, Directive, Document as Tree, Selection, Value as TreeValue},
    parser::Parser,
    request::{RequestError, coerce_variable_values},
    response::{GraphQLError, JsonMap},
    validation::{DiagnosticList, Valid},
};
use async_graphql::Variables;
use serde_json::{Map, Value};

use super::{DocumentLimits, Fault, Refusal};

/// Bytes of a message at most: it may repeat what the document says.
const MESSAGE: usize = 400;

/// The schema as the strict side reads it.
#[derive(Debug)]
pub(super) struct Strict {
    schema: Valid<Schema>,
}

/// A validated document.
#[derive(Debug)]
pub(super) struct Document(Valid<ExecutableDocument>);

/// Reads a text.
pub(super) fn parse(text: &str, limits: &DocumentLimits) -> Result<Tree, Refusal> {
    Parser::new()
        .recursion_limit(limits.nesting)
        .token_limit(limits.tokens.saturating_mul(2))
        .parse_ast(text, "document")
        .map_err(|failed| refusal("GRAPHQL_PARSE_FAILED", &failed.errors, limits))
}

impl Strict {
    pub(super) fn new(sdl: &str) -> Result<Self, String> {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql");
        Ok(Self { schema: schema.map_err(|failed| failed.errors.to_string())? })
    }

    pub(super) fn validate(&self, tree: &Tree, limits: &DocumentLimits) -> Result<Document, Refusal> {
        let valid = tree.to_executable_validate(&self.schema);
        let valid = valid.map_err(|failed| refusal("GRAPHQL_VALIDATION_FAILED", &failed.errors, limits))?;
        if let Some(name) = field_given_twice(tree) {
            let message = format!("the input field \"{name}\" is given twice: give it once");
            return Err(Refusal::new("GRAPHQL_VALIDATION_FAILED", message));
        }
        Ok(Document(valid))
    }
}

impl Document {
    /// The variables of an operation, coerced to their types.
    pub(super) fn coerce(
        &self,
        strict: &Strict,
        name: Option<&str>,
        variables: Map<String, Value>,
    ) -> Result<Variables, Refusal> {
        let told = |error: &RequestError| {
            let mut error = error.to_graphql_error(&self.0.sources);
            error.message = without_value(error.message);
            Refusal { code: "BAD_USER_INPUT", faults: vec![fault(error)] }
        };
        let operation = self.0.operations.get(name).map_err(|error| told(&error))?;
        if operation.variables.is_empty() {
            return Ok(Variables::default());
        }
        let unreadable =
            |_: serde_json::Error| Refusal::new("BAD_USER_INPUT", "the variables cannot be read");
        let given: JsonMap = serde_json::from_value(Value::Object(variables)).map_err(unreadable)?;
        let coerced =
            coerce_variable_values(&strict.schema, operation, &given).map_err(|error| told(&error))?;
        let coerced = serde_json::to_value(&*coerced).map_err(unreadable)?;
        Ok(Variables::from_json(coerced))
    }
}

/// What does not fit is named by its place and type; its value, which may be a secret, is not repeated.
fn without_value(message: String) -> String {
    let parts = message.split_once(": ").zip(message.rsplit_once(" to type "));
    match parts {
        Some(((place, _), (_, of))) if place.starts_with("could not coerce ") => {
            format!("{place} to type {of}")
        }
        Some(_) | None => message,
    }
}

fn refusal(code: &'static str, errors: &DiagnosticList, limits: &DocumentLimits) -> Refusal {
    let mut faults: Vec<Fault> =
        errors.iter().take(limits.errors.max(1)).map(|error| fault(error.to_json())).collect();
    if faults.is_empty() {
        faults.push(Fault { message: "the document is not valid".to_owned(), at: None });
    }
    Refusal { code, faults }
}

fn fault(error: GraphQLError) -> Fault {
    let mut message = error.message;
    if message.len() > MESSAGE {
        let end = (0..=MESSAGE).rev().find(|at| message.is_char_boundary(*at)).unwrap_or(0);
        message.truncate(end);
        message.push('…');
    }
    Fault { message, at: error.locations.first().map(|at| (at.line, at.column)) }
}

/// The name of an input field that stands twice in one object, which the compiler lets pass.
fn field_given_twice(tree: &Tree) -> Option<String> {
    tree.definitions.iter().find_map(|definition| {
        if let Definition::OperationDefinition(operation) = definition {
            let variables = operation.variables.iter().find_map(|variable| {
                let default = variable.default_value.as_ref().and_then(|value| twice(value));
                default.or_else(|| in_directives(&variable.directives))
            });
            variables
                .or_else(|| in_directives(&operation.directives))
                .or_else(|| in_selections(&operation.selection_set))
        } else if let Definition::FragmentDefinition(fragment) = definition {
            in_directives(&fragment.directives).or_else(|| in_selections(&fragment.selection_set))
        } else {
            None
        }
    })
}

fn in_selections(selections: &[Selection]) -> Option<String> {
    selections.iter().find_map(|selection| match selection {
        Selection::Field(field) => field
            .arguments
            .iter()
            .find_map(|argument| twice(&argument.value))
            .or_else(|| in_directives(&field.directives))
            .or_else(|| in_selections(&field.selection_set)),
        Selection::FragmentSpread(spread) => in_directives(&spread.directives),
        Selection::InlineFragment(fragment) => {
            in_directives(&fragment.directives).or_else(|| in_selections(&fragment.selection_set))
        }
    })
}

fn in_directives(directives: &[impl AsRef<Directive>]) -> Option<String> {
    let arguments = directives.iter().flat_map(|directive| &directive.as_ref().arguments);
    arguments.into_iter().find_map(|argument| twice(&argument.value))
}

fn twice(value: &TreeValue) -> Option<String> {
    match value {
        TreeValue::List(items) => items.iter().find_map(|item| twice(item)),
        TreeValue::Object(fields) => fields.iter().enumerate().find_map(|(at, (name, value))| {
            let again = fields.iter().take(at).any(|(before, _)| before == name);
            if again { Some(name.to_string()) } else { twice(value) }
        }),
        TreeValue::Null
        | TreeValue::Enum(_)
        | TreeValue::Variable(_)
        | TreeValue::String(_)
        | TreeValue::Float(_)
        | TreeValue::Int(_)
        | TreeValue::Boolean(_) => None,
    }
}
