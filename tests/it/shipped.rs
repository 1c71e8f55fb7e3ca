//! Every scenario file run twice by the program itself, for the tests that look at what it leaves.

use super::sources::{files, package};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// What one run of the program leaves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// Exit code.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) report: String,
    /// What it complained of.
    pub(crate) complaints: String,
    /// File name -> content, of the results folder.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

/// A scenario file and what two runs of it left.
pub(crate) struct Shipped {
    /// Its path below the package.
    pub(crate) path: String,
    /// The name in it.
    pub(crate) name: String,
    /// Both runs.
    pub(crate) runs: [Left; 2],
}

impl Shipped {
    /// Whether it is one of those that users get; the others only have to be read and run.
    pub(crate) fn is_story(&self) -> bool {
        self.path.starts_with("scenarios/")
    }

    /// The digest of its first run.
    pub(crate) fn digest(&self) -> String {
        let summary = self.runs[0].files.get("summary.json").expect("summary.json");
        let summary: serde_json::Value = serde_json::from_slice(summary).expect("JSON");
        summary["digest"].as_str().expect("a digest").to_owned()
    }
}

static SHIPPED: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
    let is_scenario = |name: &str| !name.trim_start_matches("scenarios/").contains('/');
    let stories = files("scenarios", &["json"]).into_iter().filter(|source| is_scenario(&source.name));
    let sources: Vec<_> = stories.chain(files("tests/it/valid", &["json"])).collect();
    let run_all = || sources.iter().map(|source| run(&package().join(&source.name))).collect::<Vec<_>>();
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(run_all);
        (run_all(), second.join().expect("the second runs"))
    });
    let runs = first.into_iter().zip(second);
    sources
        .iter()
        .zip(runs)
        .map(|(source, (first, second))| {
            let scenario: serde_json::Value = serde_json::from_str(&source.text).expect("JSON");
            let name = scenario["name"].as_str().expect("a name").to_owned();
            Shipped { path: source.name.clone(), name, runs: [first, second] }
        })
        .collect()
});

/// All scenario files, run once for all tests.
pub(crate) fn shipped() -> &'static [Shipped] {
    assert!(!SHIPPED.is_empty(), "no scenario was found");
    &SHIPPED
}

/// Runs the program over one scenario in a folder of its own.
fn run(scenario: &Path) -> Left {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_evenkeel"))
        .current_dir(folder.path())
        .arg("run")
        .arg(scenario)
        .args(["-o", "out"])
        .output()
        .expect("the program");
    let entries = std::fs::read_dir(folder.path().join("out")).into_iter().flatten();
    let files = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read(&path).expect("a readable file"))
    });
    Left {
        code: output.status.code(),
        report: String::from_utf8(output.stdout).expect("UTF-8"),
        complaints: String::from_utf8(output.stderr).expect("UTF-8"),
        files: files.collect(),
    }
}
