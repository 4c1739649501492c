//! Who may import whom, and how modules are named: ARCHITECTURE as a test over our own source text.

use std::fmt::Write;

use support::source::{self, SourceFile};

/// A part of the workspace, and what it may name.
struct Layer {
    /// Its name, for messages.
    name: &'static str,
    /// Its modules, as paths from the crate's root.
    modules: &'static [&'static str],
    /// Modules of the same crate that it may name beside its own, as paths from the root; a path allows what
    /// is below it.
    own: &'static [&'static str],
    /// Our other crates that it may name.
    ours: &'static [&'static str],
    /// Foreign crates that it must not name.
    never: &'static [&'static str],
}

const WEB: [&str; 3] = ["async_graphql", "async_graphql_axum", "axum"];
const DATABASE: [&str; 3] = ["sea_orm", "sea_orm_migration", "sqlx"];
const OURS: [&str; 3] = ["api", "entity", "migration"];

/// `main → app → { http, graphql, jobs } → domain → entity`, `http → graphql`; connectors reach nothing but
/// what `domain::sync` defines, and only `app` joins them to it.
const API: [Layer; 10] = [
    Layer { name: "lib", modules: &[""], own: &["app", "config", "telemetry"], ours: &[], never: &[] },
    Layer { name: "main", modules: &["main"], own: &["app", "config", "telemetry"], ours: &[], never: &[] },
    Layer {
        name: "app",
        modules: &["app"],
        own: &["http", "graphql", "jobs", "connectors", "domain", "config", "telemetry"],
        ours: &["entity", "migration"],
        never: &[],
    },
    Layer {
        name: "http",
        modules: &["http"],
        own: &["graphql", "domain"],
        ours: &["entity"],
        never: &DATABASE,
    },
    Layer {
        name: "graphql",
        modules: &["graphql"],
        own: &["domain"],
        ours: &["entity"],
        never: &["axum", "sqlx"],
    },
    Layer { name: "jobs", modules: &["jobs"], own: &["domain"], ours: &["entity"], never: &WEB },
    Layer {
        name: "connectors",
        modules: &["connectors"],
        own: &["domain::sync"],
        ours: &["entity"],
        never: &["async_graphql", "async_graphql_axum", "axum", "sea_orm", "sea_orm_migration", "sqlx"],
    },
    Layer {
        name: "domain",
        modules: &["domain"],
        own: &[], // The installation brings its own database up to date.
        ours: &["entity", "migration"],
        never: &WEB,
    },
    Layer { name: "config", modules: &["config"], own: &["domain"], ours: &[], never: &DATABASE },
    Layer { name: "telemetry", modules: &["telemetry"], own: &["config"], ours: &[], never: &DATABASE },
];

const ENTITY: [Layer; 1] = [Layer { name: "entity", modules: &[""], own: &[""], ours: &[], never: &WEB }];
const MIGRATION: [Layer; 1] =
    [Layer { name: "migration", modules: &[""], own: &[""], ours: &[], never: &WEB }];

/// Words that say nothing about what a module is for.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "manager", "service"];

#[test]
fn every_layer_names_only_what_it_may() {
    let mut breaches = String::new();
    for (folder, layers) in
        [("api/src", API.as_slice()), ("entity/src", &ENTITY), ("migration/src", &MIGRATION)]
    {
        let files = source::files(folder);
        assert!(!files.is_empty(), "no source in {folder}: this test would test nothing");
        for file in files {
            breaches += &breaches_of(folder, layers, &file);
        }
    }
    assert!(breaches.is_empty(), "\n{breaches}see ARCHITECTURE: who may import whom");
}

#[test]
fn modules_have_names_that_mean_something() {
    let mut breaches = String::new();
    for file in all_files() {
        let words = file.path.trim_end_matches(".rs").split('/');
        for word in words.filter(|word| EMPTY_NAMES.contains(word)) {
            writeln!(breaches, "{}: a module called `{word}`", file.path).unwrap();
        }
        for pair in source::tokens(&file.text).windows(2) {
            if pair[0].text == "mod" && EMPTY_NAMES.contains(&pair[1].text.as_str()) {
                writeln!(breaches, "{}:{}: a module called `{}`", file.path, pair[1].line, pair[1].text)
                    .unwrap();
            }
        }
    }
    assert!(breaches.is_empty(), "\n{breaches}");
}

#[test]
fn no_lint_is_switched_off() {
    let mut breaches = String::new();
    for file in all_files() {
        for line in allowed_lints(&file.text) {
            writeln!(breaches, "{}:{line}: `allow` of a lint: use #[expect(…, reason = …)]", file.path)
                .unwrap();
        }
    }
    assert!(breaches.is_empty(), "\n{breaches}");
}

fn all_files() -> Vec<SourceFile> {
    let folders = ["api", "entity", "migration", "tests"];
    folders.iter().flat_map(|folder| source::files(folder)).collect()
}

/// The lines with an attribute that allows a lint, also behind `cfg_attr`.
fn allowed_lints(text: &str) -> Vec<usize> {
    let tokens = source::tokens(text);
    let mut lines = Vec::new();
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map_or("", |index| tokens[index].text.as_str());
        match token.text.as_str() {
            "[" if depth > 0 || before(1) == "#" || (before(1) == "!" && before(2) == "#") => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            "allow" if depth > 0 && tokens.get(at + 1).is_some_and(|next| next.text == "(") => {
                lines.push(token.line);
            }
            _ => {}
        }
    }
    lines
}

/// What a file names but may not, a line each.
fn breaches_of(folder: &str, layers: &[Layer], file: &SourceFile) -> String {
    let module = module_of(folder, &file.path);
    let layer = layer_of(layers, &module);
    let mut breaches = String::new();
    for named in source::paths(&module, &file.text) {
        if let Some(why) = breach(layer, &module, &named.words) {
            writeln!(breaches, "{}:{}: {} {why}: `{}`", file.path, named.line, layer.name, named.text())
                .unwrap();
        }
    }
    breaches
}

/// `["domain", "clock"]` for `api/src/domain/clock.rs`; nothing for `lib.rs`.
fn module_of<'a>(folder: &str, path: &'a str) -> Vec<&'a str> {
    let place = path.strip_prefix(folder).expect("a file of the folder").trim_end_matches(".rs");
    let words: Vec<_> = place.split('/').filter(|word| !word.is_empty()).collect();
    match words.split_last() {
        Some((&"mod", parents)) => parents.to_vec(),
        Some((&"lib", [])) => Vec::new(),
        _ => words,
    }
}

/// The layer of a module. A module that belongs to none is an error: it has to be placed first.
fn layer_of<'a>(layers: &'a [Layer], module: &[&str]) -> &'a Layer {
    let place = module.join("::");
    layers
        .iter()
        .find(|layer| {
            layer.modules.iter().any(|known| *known == place || is_below(&place, known) && !known.is_empty())
        })
        .or_else(|| layers.iter().find(|layer| layers.len() == 1 && layer.modules == [""]))
        .unwrap_or_else(|| {
            panic!("the module `{place}` has no place in ARCHITECTURE: add it to a layer here")
        })
}

/// Why a path may not be named in a layer, if so.
fn breach(layer: &Layer, module: &[&str], words: &[String]) -> Option<&'static str> {
    let (first, rest) = words.split_first()?;
    let is_own = first == "crate" || (first == "api" && layer.name == "main");
    if is_own {
        let target = rest.join("::");
        let area = module.first().copied().unwrap_or_default();
        let is_allowed = layer.own.iter().any(|known| is_below(&target, known))
            || (layer.name != "main" && !area.is_empty() && is_below(&target, area));
        return (!is_allowed).then_some("must not name");
    }
    let first = first.as_str();
    if OURS.contains(&first) && !layer.ours.contains(&first) {
        return Some("must not name the crate");
    }
    layer.never.contains(&first).then_some("must not know of")
}

/// Whether a path is a module or stands below it; everything is below the root.
fn is_below(path: &str, module: &str) -> bool {
    module.is_empty()
        || path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The rules must be able to fail.
mod rules {
    use super::*;

    fn breaches(path: &str, text: &str) -> String {
        breaches_of("api/src", &API, &SourceFile { path: path.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn forbidden_paths_are_seen_however_they_are_written() {
        for (path, text) in [
            ("api/src/domain/clock.rs", "use crate::graphql::id::GlobalId;"),
            ("api/src/domain/clock.rs", "use crate::{domain::x, http};"),
            ("api/src/domain/clock.rs", "fn f() -> crate::jobs::Job { todo() }"),
            ("api/src/domain/clock.rs", "use super::super::app::App;"),
            ("api/src/domain/mod.rs", "use super::config::Config;"),
            ("api/src/domain/mod.rs", "mod tests { use super::super::connectors; }"),
            ("api/src/domain/mod.rs", "use async_graphql::{Object, Context};"),
            ("api/src/domain/mod.rs", "#[derive(async_graphql::Enum)] enum A {}"),
            ("api/src/domain/mod.rs", "use ::axum::Json;"),
            ("api/src/domain/mod.rs", "use crate as c;"),
            ("api/src/domain/mod.rs", "use crate::*;"),
            ("api/src/graphql/task.rs", "use crate::connectors::trello;"),
            ("api/src/graphql/task.rs", "use crate::http::auth;"),
            ("api/src/jobs/sync.rs", "use crate::connectors::{jira, trello};"),
            ("api/src/jobs/sync.rs", "use crate::graphql::id;"),
            ("api/src/http/webhook.rs", "use crate::connectors::Connector;"),
            ("api/src/http/webhook.rs", "use sea_orm::EntityTrait;"),
            ("api/src/connectors/jira.rs", "use crate::domain::access::Scope;"),
            ("api/src/connectors/jira.rs", "use crate::domain::{sync::External, task};"),
            ("api/src/connectors/jira.rs", "use sea_orm::EntityTrait;"),
            ("api/src/main.rs", "fn main() { api::domain::task::find() }"),
            ("api/src/main.rs", "use entity::task;"),
            ("api/src/config.rs", "use crate::app::App;"),
            ("api/src/telemetry.rs", "use crate::domain::task;"),
            ("api/src/lib.rs", "pub use crate::domain::task;"),
        ] {
            let found = breaches(path, text);
            assert!(found.starts_with(&format!("{path}:1: ")), "`{text}` in {path} passed: {found:?}");
        }
    }

    #[test]
    fn allowed_paths_pass() {
        for (path, text) in [
            ("api/src/domain/clock.rs", "use super::access::secret::Entropy; use crate::domain::task;"),
            ("api/src/domain/clock.rs", "mod tests { use super::*; use crate::domain::x; }"),
            ("api/src/domain/mod.rs", "pub(in crate::domain) fn f() { self::clock::now() }"),
            ("api/src/domain/mod.rs", "// crate::http::router\n/* /* axum::x */ crate::app */ fn f() {}"),
            (
                "api/src/domain/mod.rs",
                "const A: &str = \"crate::http\"; const B: &str = r#\"\"axum::Json\"\"#;",
            ),
            ("api/src/domain/mod.rs", "const C: char = '\"'; fn f<'a>(b: &'a [u8]) { b'\"'; }"),
            ("api/src/graphql/task.rs", "use crate::domain::task; use entity::task::Column; use super::id;"),
            ("api/src/http/mod.rs", "use crate::graphql::Schema; use axum::Router;"),
            ("api/src/connectors/jira.rs", "use crate::domain::sync::ExternalTask; use super::Connector;"),
            ("api/src/app/wiring.rs", "use crate::connectors::jira; use crate::domain::sync::Port;"),
            ("api/src/config/checks.rs", "use super::Config; use crate::domain::access::jwt::TokenKeys;"),
            ("api/src/telemetry.rs", "use crate::config::Log;"),
            ("api/src/main.rs", "fn main() { api::app::run() }"),
            ("api/src/lib.rs", "pub mod app; mod domain;"),
        ] {
            assert_eq!(breaches(path, text), "", "`{text}` in {path}");
        }
    }

    #[test]
    fn entity_and_migration_stand_alone() {
        let entity = SourceFile {
            path: "entity/src/task.rs".to_owned(),
            text: "use super::project;\nuse async_graphql::Enum;".to_owned(),
        };
        assert!(breaches_of("entity/src", &ENTITY, &entity).starts_with("entity/src/task.rs:2: "));
        let change = SourceFile {
            path: "migration/src/m1.rs".to_owned(),
            text: "\n\nconst T: &str = entity::task::TABLE;".to_owned(),
        };
        assert!(breaches_of("migration/src", &MIGRATION, &change).starts_with("migration/src/m1.rs:3: "));
    }

    #[test]
    #[should_panic(expected = "has no place")]
    fn a_module_without_a_place_is_refused() {
        breaches("api/src/somewhere.rs", "");
    }

    #[test]
    fn allowed_lints_are_seen_in_attributes_only() {
        assert_eq!(allowed_lints("\n#[allow(dead_code)]\nfn f() {}"), [2]);
        assert_eq!(allowed_lints("#![cfg_attr(test, allow(clippy::unwrap_used))]"), [1]);
        assert_eq!(allowed_lints("#[x(y[0], allow(z))]"), [1]);
        assert!(allowed_lints("// #[allow(a)]\nfn f() { policy.allow(b[0]); }").is_empty());
    }
}
