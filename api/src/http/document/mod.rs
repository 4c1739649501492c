//! From the text of a document to an operation that may run.
//!
//! A text is counted (`guard`), read by the strict parser (`strict`), made what the executor takes
//! (`executable`), held to the limits with each fragment looked at once (`price`) and validated. What was
//! accepted is kept, so that a document asked for again pays for its variables and its price alone.
//! Variables are coerced by the strict side too: the executor gets what the specification says it gets.

mod absent;
mod cache;
mod executable;
mod guard;
mod itself;
mod merging;
mod place;
mod price;
mod strict;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_graphql::{
    Value as GraphqlValue, Variables,
    parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

pub(super) use self::place::Place;
use self::{cache::Cache, guard::guard, itself::said_by_itself, merging::asks_once, strict::Strict};

/// Values in the variables of an operation at most: each is coerced, copied and read again.
const VALUES: usize = 10_000;

/// What a document may be.
#[derive(Clone, Copy, Debug)]
pub struct DocumentLimits {
    /// Tokens at most.
    pub tokens: usize,
    /// Brackets within brackets at most.
    pub nesting: usize,
    /// Fields within fields at most.
    pub depth: usize,
    /// Aliases at most, fragments spread.
    pub aliases: usize,
    /// Fields of the operation itself at most, fragments spread.
    pub root_fields: usize,
    /// Directives at most.
    pub directives: usize,
    /// Points at most: a field costs 1, a connection its page size times its inside.
    pub complexity: u64,
    /// Rows of a page when the document does not say.
    pub page_default: u64,
    /// Errors told at most.
    pub errors: usize,
    /// Fields at most, fragments spread.
    pub fields: u64,
    /// Fragments at most.
    pub fragments: usize,
    /// Lists and objects within one another in a value, at most.
    pub value_depth: usize,
    /// Who may ask for the schema by introspection.
    pub introspection: Introspection,
}

/// Who may ask for the schema by introspection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Introspection {
    /// Whoever reaches the server.
    Everybody,
    /// Whoever brings a token.
    SignedIn,
    /// Nobody.
    Nobody,
}

/// What is wrong, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong and what to do.
    pub message: String,
    /// Line and column, both from 1.
    pub at: Option<(usize, usize)>,
}

/// Why a document is refused, with the code of its errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `extensions.code`.
    pub code: &'static str,
    /// What is wrong; at least one.
    pub faults: Vec<Fault>,
}

impl Refusal {
    /// One thing is wrong, nowhere in particular.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, faults: vec![Fault { message: message.into(), at: None }] }
    }
}

fn refuse<T>(code: &'static str, message: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, message))
}

/// Whether variables lie within [`VALUES`], lists and objects counted with all that they hold. It counts no
/// further than that.
fn holds_few(variables: &Map<String, Value>) -> bool {
    fn count(value: &Value, left: usize) -> Option<usize> {
        let left = left.checked_sub(1)?;
        match value {
            Value::Array(items) => items.iter().try_fold(left, |left, item| count(item, left)),
            Value::Object(fields) => fields.values().try_fold(left, |left, field| count(field, left)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(left),
        }
    }
    variables.values().try_fold(VALUES, |left, value| count(value, left)).is_some()
}

/// A document that may run.
#[derive(Debug)]
pub struct Document {
    text: String,
    strict: strict::Document,
    parsed: ExecutableDocument,
    asks_once: bool,
    by_itself: Option<GraphqlValue>,
}

/// The operations of a document, to be changed.
fn operations(document: &mut ExecutableDocument) -> Vec<&mut OperationDefinition> {
    match &mut document.operations {
        DocumentOperations::Single(operation) => vec![&mut operation.node],
        DocumentOperations::Multiple(named) => {
            named.values_mut().map(|operation| &mut operation.node).collect()
        }
    }
}

impl Document {
    /// The document for the executor.
    #[must_use]
    pub fn parsed(&self) -> &ExecutableDocument {
        &self.parsed
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The data of it, where that needs nobody: see `itself`.
    #[must_use]
    pub fn by_itself(&self) -> Option<&GraphqlValue> {
        self.by_itself.as_ref()
    }

    /// Whether no response key is asked for twice where both have a selection.
    #[must_use]
    pub fn asks_once(&self) -> bool {
        self.asks_once
    }
}

/// An operation with its variables, within all limits.
#[derive(Debug)]
pub struct Operation {
    /// The document that it stands in.
    pub document: Arc<Document>,
    /// Its name, when it was asked for by name.
    pub name: Option<String>,
    /// The variables, coerced to their types, defaults filled in.
    pub variables: Variables,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// What it costs, in points.
    pub points: u64,
    /// Whether it asks for the schema.
    pub asks_schema: bool,
    /// Whether what it says of where it begins is left out.
    from_now: bool,
}

impl Operation {
    /// What gives it a place of its own, where it is a stream.
    pub(super) fn place(&self) -> Place {
        place::place(&self.document.parsed, self.name.as_deref())
    }

    /// The stream that it is once it has come as far as those that begin now.
    pub(super) fn like_all(&self, place: &Place) -> Self {
        let mut variables = self.variables.clone();
        place::from_now(&mut variables, place);
        let Self { document, name, kind, points, asks_schema, .. } = self;
        Self {
            document: Arc::clone(document),
            name: name.clone(),
            variables,
            kind: *kind,
            points: *points,
            asks_schema: *asks_schema,
            from_now: true,
        }
    }

    /// Whether it may run for somebody who is known, or for nobody: by what it asks of the schema.
    ///
    /// # Errors
    /// When the schema is not for whoever asks.
    pub fn may_be_asked_by(&self, is_known: bool, introspection: Introspection) -> Result<(), Refusal> {
        let message = match introspection {
            Introspection::Everybody => return Ok(()),
            Introspection::SignedIn if is_known => return Ok(()),
            Introspection::SignedIn => {
                "introspection needs an access token here: the schema stands at /schema.graphql"
            }
            Introspection::Nobody => "introspection is off here: the schema stands at /schema.graphql",
        };
        if self.asks_schema { refuse("GRAPHQL_VALIDATION_FAILED", message) } else { Ok(()) }
    }

    /// The name that it goes by: the one asked for, else the one that the document's only operation has.
    #[must_use]
    pub fn shown_name(&self) -> Option<&str> {
        let in_document = || self.document.parsed.operations.iter().find_map(|(name, _)| name);
        self.name.as_deref().or_else(|| in_document().map(|name| name.as_str()))
    }

    /// The document for the executor, with what these variables leave out left out.
    #[must_use]
    pub fn parsed(&self) -> ExecutableDocument {
        let document = &self.document.parsed;
        let mut operations = document.operations.iter();
        let mut parsed =
            if operations.any(|(_, operation)| absent::has_absent(&operation.node, &self.variables)) {
                absent::without_absent(document, &self.variables)
            } else {
                document.clone()
            };
        if self.from_now {
            place::begin_now(&mut parsed);
        }
        parsed
    }
}

/// Accepts documents, and keeps those it accepted.
#[derive(Clone, Debug)]
pub struct Documents {
    strict: Arc<Strict>,
    cache: Arc<Cache>,
    limits: DocumentLimits,
    /// Reading a document is work for a processor: at most half of them do it at once.
    readers: Arc<Semaphore>,
}

impl Documents {
    /// A reader of documents for a schema in the schema definition language.
    ///
    /// # Errors
    /// When the schema itself is not valid.
    pub fn new(sdl: &str, limits: DocumentLimits) -> Result<Self, String> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Ok(Self {
            strict: Arc::new(Strict::new(sdl)?),
            cache: Arc::default(),
            limits,
            readers: Arc::new(Semaphore::new(processors.div_ceil(2))),
        })
    }

    /// Accepts an operation of a document or says why not; nothing has run yet.
    ///
    /// # Errors
    /// When the text is no valid document, has no such operation, lies beyond a limit, or the variables do
    /// not fit.
    pub async fn accept(
        &self,
        text: String,
        name: Option<String>,
        variables: Map<String, Value>,
    ) -> Result<Operation, Refusal> {
        if !holds_few(&variables) {
            let message = format!("the variables hold more than {VALUES} values: ask in parts");
            return refuse("BAD_USER_INPUT", message);
        }
        let document = match self.cache.get(&text) {
            Some(document) => document,
            None => self.read_apart(text).await?,
        };
        let variables = document.strict.coerce(&self.strict, name.as_deref(), variables)?;
        let price = price::price(&document.parsed, name.as_deref(), &variables, &self.limits)?;
        let price::Priced { kind, points, asks_schema } = price;
        Ok(Operation { document, name, variables, kind, points, asks_schema, from_now: false })
    }

    /// Reads a document that was not met before on a thread where it holds up nobody.
    async fn read_apart(&self, text: String) -> Result<Arc<Document>, Refusal> {
        let permit = Arc::clone(&self.readers).acquire_owned().await;
        let permit = permit.map_err(|_| Refusal::new("INTERNAL", "the server is stopping"))?;
        let (this, asked) = (self.clone(), text.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let read = this.read(text);
            drop(permit);
            read
        });
        let document = Arc::new(reading.await.map_err(|error| {
            tracing::error!(%error, "reading a document failed");
            Refusal::new("INTERNAL", "something went wrong on our side")
        })??);
        self.cache.keep(asked, &document);
        Ok(document)
    }

    fn read(&self, text: String) -> Result<Document, Refusal> {
        guard(&text, &self.limits)?;
        let tree = strict::parse(&text, &self.limits)?;
        let parsed = executable::executable(&tree, &text)?;
        // Before it is validated: what doubles would double there too.
        price::shape(&parsed, &self.limits)?;
        let strict = self.strict.validate(&tree, &self.limits)?;
        let (asks_once, by_itself) = (asks_once(&parsed), said_by_itself(&parsed));
        Ok(Document { text, strict, parsed, asks_once, by_itself })
    }
}
