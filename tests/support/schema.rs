//! The schema as a client sees it, so that tests can be generated from it and none can be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::TestServer;

/// Every type of the schema, introspection's own left out.
#[derive(Clone, Debug)]
pub struct ApiSchema {
    types: BTreeMap<String, ApiType>,
}

/// A type.
#[derive(Clone, Debug)]
pub struct ApiType {
    /// Its name.
    pub name: String,
    /// `OBJECT`, `INPUT_OBJECT`, `ENUM`, `SCALAR`, `UNION` or `INTERFACE`.
    pub kind: String,
    /// Fields of an object or interface.
    pub fields: Vec<ApiField>,
    /// Fields of an input object.
    pub inputs: Vec<ApiInput>,
    /// Values of an enumeration.
    pub values: Vec<String>,
}

/// A field with its arguments.
#[derive(Clone, Debug)]
pub struct ApiField {
    /// Its name.
    pub name: String,
    /// What it gives.
    pub gives: TypeRef,
    /// What it takes.
    pub arguments: Vec<ApiInput>,
}

/// An argument, or a field of an input object.
#[derive(Clone, Debug)]
pub struct ApiInput {
    /// Its name.
    pub name: String,
    /// What it takes.
    pub takes: TypeRef,
    /// Whether it must be given.
    pub is_required: bool,
}

/// A type with its wrappers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeRef {
    /// The name inside all wrappers.
    pub name: String,
    /// As it is written in a document: `[ID!]!`.
    pub text: String,
    /// Whether a list is among the wrappers.
    pub is_list: bool,
}

const INTROSPECTION: &str = "{ __schema { types { kind name
    fields { name type { ...ref } args { name defaultValue type { ...ref } } }
    inputFields { name defaultValue type { ...ref } }
    enumValues { name } } } }
  fragment ref on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

impl ApiSchema {
    /// Asks a server for its schema.
    pub async fn of(server: &TestServer) -> Self {
        let answer = server.graphql(None, INTROSPECTION, json!({})).await;
        let types = list(&answer.data()["__schema"]["types"]).map(ApiType::read);
        let types = types.filter(|one| !one.name.starts_with("__"));
        Self { types: types.map(|one| (one.name.clone(), one)).collect() }
    }

    /// A type by its name.
    #[track_caller]
    #[must_use]
    pub fn named(&self, name: &str) -> &ApiType {
        self.types.get(name).unwrap_or_else(|| panic!("the schema has no type {name}"))
    }

    /// The fields of an input object; none where the type is no such object.
    #[must_use]
    pub fn fields_of_input(&self, name: &str) -> Vec<ApiInput> {
        self.named(name).inputs.clone()
    }

    /// Whether a type is a scalar or an enumeration.
    #[must_use]
    pub fn is_leaf(&self, name: &str) -> bool {
        matches!(self.named(name).kind.as_str(), "SCALAR" | "ENUM")
    }

    /// The objects that can be reached from one, itself included.
    #[must_use]
    pub fn objects_from(&self, root: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut coming = vec![root];
        while let Some(name) = coming.pop() {
            let one = self.named(name);
            if one.kind == "OBJECT" && found.insert(one.name.as_str()) {
                coming.extend(one.fields.iter().map(|field| field.gives.name.as_str()));
            }
        }
        found
    }

    /// The input objects that can be reached from the arguments of an object's fields.
    #[must_use]
    pub fn inputs_of(&self, root: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let arguments = self.named(root).fields.iter().flat_map(|field| &field.arguments);
        let mut coming: Vec<&str> = arguments.map(|argument| argument.takes.name.as_str()).collect();
        while let Some(name) = coming.pop() {
            let one = self.named(name);
            if one.kind == "INPUT_OBJECT" && found.insert(one.name.as_str()) {
                coming.extend(one.inputs.iter().map(|input| input.takes.name.as_str()));
            }
        }
        found
    }
}

impl ApiType {
    fn read(value: &Value) -> Self {
        Self {
            name: text(&value["name"]),
            kind: text(&value["kind"]),
            fields: list(&value["fields"]).map(ApiField::read).collect(),
            inputs: list(&value["inputFields"]).map(ApiInput::read).collect(),
            values: list(&value["enumValues"]).map(|one| text(&one["name"])).collect(),
        }
    }

    /// A field by its name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&ApiField> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl ApiField {
    fn read(value: &Value) -> Self {
        Self {
            name: text(&value["name"]),
            gives: TypeRef::read(&value["type"]),
            arguments: list(&value["args"]).map(ApiInput::read).collect(),
        }
    }

    /// Whether it takes an argument of this name.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.arguments.iter().any(|argument| argument.name == name)
    }
}

impl ApiInput {
    fn read(value: &Value) -> Self {
        let takes = TypeRef::read(&value["type"]);
        let is_required = takes.text.ends_with('!') && value["defaultValue"].is_null();
        Self { name: text(&value["name"]), takes, is_required }
    }
}

impl TypeRef {
    fn read(value: &Value) -> Self {
        let inside = || Self::read(&value["ofType"]);
        match value["kind"].as_str() {
            Some("NON_NULL") => {
                let inside = inside();
                Self { text: format!("{}!", inside.text), ..inside }
            }
            Some("LIST") => {
                let inside = inside();
                Self { text: format!("[{}]", inside.text), is_list: true, ..inside }
            }
            _ => Self { name: text(&value["name"]), text: text(&value["name"]), is_list: false },
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
