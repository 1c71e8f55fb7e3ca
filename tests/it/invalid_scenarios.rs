//! Broken scenario files: each gives exactly the messages written beside it.
//!
//! With `EVENKEEL_BLESS=1` in the environment the messages are written anew; read the difference aloud.

use evenkeel::scenario::error::ScenarioError;
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use std::fs;
use std::path::{Path, PathBuf};

fn messages(path: &Path) -> String {
    let bytes = fs::read(path).expect("a readable file");
    let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
    let faults = match std::str::from_utf8(&bytes) {
        Ok(text) => parse(text, name, &Overrides::default()).err().unwrap_or_default(),
        Err(_) => ScenarioError::not_utf8(name, &bytes).into_iter().collect(),
    };
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

fn broken_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/invalid");
    let entries = fs::read_dir(folder).expect("the folder of broken files");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths
}

#[test]
fn every_broken_file_gives_its_messages() {
    let mut wrong = Vec::new();
    let files = broken_files();
    assert!(files.len() >= 60, "only {} broken files", files.len());
    for path in files {
        let found = messages(&path);
        assert!(!found.is_empty(), "{} is not broken", path.display());
        let expected_path = path.with_extension("txt");
        if std::env::var_os("EVENKEEL_BLESS").is_some() {
            fs::write(&expected_path, &found).expect("a writable file");
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{}\nexpected:\n{expected}found:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
