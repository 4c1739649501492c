//! Where the server programs of PostgreSQL are.

use std::path::{Path, PathBuf};

/// The two programs that a private server needs, of one version.
pub(crate) struct Programs {
    pub(crate) initdb: PathBuf,
    pub(crate) postgres: PathBuf,
}

/// The newest of Debian's versions, else what `PATH` has, else what other systems install.
pub(crate) fn find() -> Option<Programs> {
    let mut folders = debian_folders();
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.extend(["/opt/homebrew/bin", "/usr/local/pgsql/bin", "/usr/pgsql/bin"].map(PathBuf::from));
    folders.iter().find_map(|folder| in_folder(folder))
}

fn in_folder(folder: &Path) -> Option<Programs> {
    let programs = Programs { initdb: folder.join("initdb"), postgres: folder.join("postgres") };
    (programs.initdb.is_file() && programs.postgres.is_file()).then_some(programs)
}

fn debian_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut versions: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}
