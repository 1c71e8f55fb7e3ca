//! The package's own text files, for the tests that keep the house in order.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file.
pub(crate) struct Source {
    /// Its path below the package, with `/`.
    pub(crate) name: String,
    /// What it says.
    pub(crate) text: String,
}

/// The package.
pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the package with one of these endings, by name; none when there is no such
/// folder.
pub(crate) fn files(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut folders = vec![package().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let source = |path: PathBuf| {
        let below = path.strip_prefix(package()).expect("a path below the package");
        let name = below.to_string_lossy().replace('\\', "/");
        let text = fs::read(&path).expect("a readable file");
        Source { name, text: String::from_utf8_lossy(&text).into_owned() }
    };
    paths.into_iter().map(source).collect()
}

/// All Rust files below a folder of the package.
pub(crate) fn rust_files(folder: &str) -> Vec<Source> {
    files(folder, &["rs"])
}
