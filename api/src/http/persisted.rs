//! Documents that are named instead of sent.
//!
//! Automatic persisted queries (Apollo's protocol): a client sends the SHA-256 of its document, and the
//! document too when the server does not know it. What is kept is bounded and forgotten oldest first, by each
//! process for itself: a client that meets another process only sends its document again. Nothing is kept
//! under a hash that is not its own, nor what would not be accepted.
//!
//! Trusted documents: where a file of documents is set, these run and no others.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{
    Front,
    body::{Asked, Wanted},
    document::Refusal,
};

/// Documents kept at most, and the bytes of all of them.
const KEPT: usize = 10_000;
const KEPT_BYTES: usize = 16 * 1024 * 1024;

/// Where the document of an operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It was sent.
    Text(String),
    /// It was sent, with its hash, to be kept.
    Keep {
        /// The document.
        text: String,
        /// Its SHA-256, 64 digits in lower case; it was compared.
        hash: String,
    },
    /// Only its hash, or the id of a trusted document.
    Id(String),
}

impl Source {
    /// Reads where the document is; the error says what is wrong with the form.
    pub(super) fn read(
        query: Option<String>,
        document_id: Option<String>,
        extensions: &Map<String, Value>,
    ) -> Result<Self, String> {
        let hash = persisted_hash(extensions)?;
        match (query, document_id, hash) {
            (None, None, None) => Err("the member \"query\" is missing".into()),
            (Some(_), Some(_), _) | (_, Some(_), Some(_)) => {
                Err("say which document once: \"query\", \"documentId\" or extensions.persistedQuery".into())
            }
            (Some(text), None, None) => Ok(Self::Text(text)),
            (Some(text), None, Some(hash)) if hash_of(&text) == hash => Ok(Self::Keep { text, hash }),
            (Some(_), None, Some(_)) => {
                Err("extensions.persistedQuery.sha256Hash is not the SHA-256 of \"query\"".into())
            }
            (None, Some(id), None) => {
                let hash = id.strip_prefix("sha256:").map(str::to_ascii_lowercase);
                Ok(Self::Id(hash.unwrap_or(id)))
            }
            (None, None, Some(hash)) => Ok(Self::Id(hash)),
        }
    }
}

fn persisted_hash(extensions: &Map<String, Value>) -> Result<Option<String>, String> {
    let persisted = match extensions.get("persistedQuery") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(persisted)) => persisted,
        Some(_) => return Err("extensions.persistedQuery is an object".into()),
    };
    if persisted.get("version").and_then(Value::as_u64) != Some(1) {
        return Err("extensions.persistedQuery.version is 1: no other version is known".into());
    }
    match persisted.get("sha256Hash").and_then(Value::as_str) {
        Some(hash) if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Ok(Some(hash.to_ascii_lowercase()))
        }
        Some(_) | None => Err("extensions.persistedQuery.sha256Hash is a SHA-256 of 64 hex digits".into()),
    }
}

fn hash_of(text: &str) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The only documents that run.
#[derive(Clone, Debug)]
pub struct TrustedDocuments(Arc<HashMap<String, String>>);

impl TrustedDocuments {
    /// Reads a JSON object of document by id. An id of 64 hex digits must be the SHA-256 of its document.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    pub fn from_json(json: &str) -> Result<Self, String> {
        let documents: HashMap<String, String> = serde_json::from_str(json).map_err(|error| {
            format!(
                "line {}, column {}: this is a JSON object with documents by their ids, all texts",
                error.line(),
                error.column()
            )
        })?;
        let mut known = HashMap::with_capacity(documents.len());
        for (id, text) in documents {
            let is_hash = id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            let id = if is_hash { id.to_ascii_lowercase() } else { id };
            if is_hash && hash_of(&text) != id {
                return Err(format!("{id} is not the SHA-256 of its document: make the file anew"));
            }
            known.insert(id, text);
        }
        Ok(Self(Arc::new(known)))
    }

    fn find(&self, source: &Source) -> Option<&str> {
        let known = match source {
            Source::Id(id) | Source::Keep { hash: id, .. } => self.0.get(id),
            Source::Text(text) => self.0.get(&hash_of(text)),
        };
        known.map(String::as_str)
    }
}

/// Documents that clients may name by their hash.
#[derive(Debug, Default)]
pub(super) struct PersistedDocuments {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    documents: HashMap<String, Arc<str>>,
    /// Hashes, oldest first.
    order: VecDeque<String>,
    bytes: usize,
}

impl PersistedDocuments {
    fn find(&self, hash: &str) -> Option<Arc<str>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).documents.get(hash).cloned()
    }

    fn keep(&self, hash: String, text: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if text.len() > KEPT_BYTES || kept.documents.contains_key(&hash) {
            return;
        }
        while kept.order.len() >= KEPT || kept.bytes + text.len() > KEPT_BYTES {
            let Some(oldest) = kept.order.pop_front() else { break };
            if let Some(gone) = kept.documents.remove(&oldest) {
                kept.bytes -= gone.len();
            }
        }
        kept.bytes += text.len();
        kept.order.push_back(hash.clone());
        kept.documents.insert(hash, text.into());
    }
}

/// A document to be kept once it was accepted.
#[derive(Debug)]
pub(super) struct ToKeep {
    hash: String,
    text: String,
}

impl Front {
    /// Finds the document of an operation.
    pub(super) fn find_document(&self, wanted: Wanted) -> Result<(Asked, Option<ToKeep>), Refusal> {
        let Wanted { source, operation_name, variables } = wanted;
        let (query, to_keep) = match (&self.trusted, source) {
            (Some(trusted), source) => match trusted.find(&source) {
                Some(text) => (text.to_owned(), None),
                None => {
                    return Err(Refusal::new(
                        "DOCUMENT_NOT_TRUSTED",
                        "only stored documents run here: have this one added to them",
                    ));
                }
            },
            (None, Source::Text(text)) => (text, None),
            (None, Source::Keep { text, hash }) => (text.clone(), Some(ToKeep { hash, text })),
            (None, Source::Id(hash)) => match self.persisted.find(&hash) {
                Some(text) => (text.to_string(), None),
                None => {
                    // Clients know the answer by this very text, and then send the document too.
                    return Err(Refusal::new("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound"));
                }
            },
        };
        Ok((Asked { query, operation_name, variables }, to_keep))
    }

    /// Keeps a document that was accepted.
    pub(super) fn keep_document(&self, to_keep: ToKeep) {
        self.persisted.keep(to_keep.hash, &to_keep.text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(value: Value) -> Result<Source, String> {
        let Value::Object(object) = value else { unreachable!("an object") };
        super::super::body::wanted(object).map(|wanted| wanted.source)
    }

    #[test]
    fn the_hash_must_be_of_the_text() {
        let hash = hash_of("{ a }");
        let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash.to_uppercase() } });
        let kept = Source::Keep { text: "{ a }".into(), hash: hash.clone() };
        assert_eq!(source(json!({ "query": "{ a }", "extensions": persisted })), Ok(kept));
        assert_eq!(source(json!({ "extensions": persisted })), Ok(Source::Id(hash.clone())));
        assert_eq!(source(json!({ "documentId": format!("sha256:{hash}") })), Ok(Source::Id(hash.clone())));
        assert_eq!(source(json!({ "documentId": "Goals" })), Ok(Source::Id("Goals".into())));
        for (value, expected) in [
            (json!({ "query": "{ b }", "extensions": persisted }), "is not the SHA-256"),
            (json!({ "query": "{ a }", "documentId": "x" }), "once"),
            (json!({ "documentId": "x", "extensions": persisted }), "once"),
            (json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": hash } } }), "version"),
            (json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": "a" } } }), "64 hex"),
            (json!({ "extensions": { "persistedQuery": 1 } }), "object"),
            (json!({ "query": null }), "is a string"),
            (json!({ "documentId": 1 }), "is a string or null"),
            (json!({}), "is missing"),
        ] {
            let refused = source(value.clone()).unwrap_err();
            assert!(refused.contains(expected), "{value}: {refused}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let store = PersistedDocuments::default();
        for number in 0..KEPT + 5 {
            store.keep(number.to_string(), "{ a }");
            store.keep(number.to_string(), "{ a }");
        }
        assert!(store.find("4").is_none() && store.find("5").is_some());
        let long = "x".repeat(KEPT_BYTES - 4);
        store.keep("long".into(), &long);
        assert!(store.find("long").is_some() && store.find("100").is_none());
        store.keep("longer".into(), &"x".repeat(KEPT_BYTES + 1));
        assert!(store.find("longer").is_none() && store.find("long").is_some());
        assert_eq!(store.kept.lock().unwrap().bytes, long.len());
    }

    #[test]
    fn trusted_documents_are_found_by_id_hash_and_text() {
        let hash = hash_of("{ a }");
        let file = json!({ hash.to_uppercase(): "{ a }", "Goals": "{ b }" }).to_string();
        let trusted = TrustedDocuments::from_json(&file).unwrap();
        assert_eq!(trusted.find(&Source::Id(hash.clone())), Some("{ a }"));
        assert_eq!(trusted.find(&Source::Text("{ a }".into())), Some("{ a }"));
        assert_eq!(trusted.find(&Source::Id("Goals".into())), Some("{ b }"));
        assert_eq!(trusted.find(&Source::Text("{ c }".into())), None);
        assert_eq!(trusted.find(&Source::Keep { text: "{ c }".into(), hash: hash_of("{ c }") }), None);
        let wrong = json!({ hash: "{ c }" }).to_string();
        assert!(TrustedDocuments::from_json(&wrong).unwrap_err().contains("is not the SHA-256"));
        assert!(TrustedDocuments::from_json("[1]").unwrap_err().contains("JSON object"));
    }
}
