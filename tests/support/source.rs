//! Reading our own source text: which file names what. Enough of Rust's grammar for that, and no more.

mod paths;
mod tokens;

use std::path::{Path, PathBuf};

pub use paths::{Named, paths};
pub use tokens::{Token, tokens};

/// A file of Rust.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// From the root of the workspace, with slashes: `api/src/domain/clock.rs`.
    pub path: String,
    /// What stands in it.
    pub text: String,
}

/// The root of the workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file below a folder of the workspace, sorted.
#[must_use]
pub fn files(folder: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    collect(&root().join(folder), folder, &mut found);
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(folder: &Path, name: &str, found: &mut Vec<SourceFile>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of a folder").path();
        let Some(file) = path.file_name().and_then(|file| file.to_str()) else { continue };
        let name = format!("{name}/{file}");
        if path.is_dir() {
            collect(&path, &name, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            found.push(SourceFile { path: name, text });
        }
    }
}
