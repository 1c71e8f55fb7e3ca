//! The same scenario gives the same bytes: twice in a row, and on every machine and in every build.
//!
//! Whole files are compared between two runs. Between builds the digests are, against digests.txt;
//! `EVENKEEL_BLESS=1` renews that list.

use super::shipped::{Shipped, shipped};
use super::sources::package;
use std::collections::BTreeMap;

/// Every file that two runs must leave alike.
const FILES: &[&str] = &[
    "events.jsonl",
    "memory_skew.svg",
    "node_memory.svg",
    "nodes.csv",
    "segment_moves.svg",
    "segments.csv",
    "series.csv",
    "summary.json",
];

/// The first line in which two texts differ.
fn first_difference(left: &[u8], right: &[u8]) -> String {
    let (left, right) = (String::from_utf8_lossy(left), String::from_utf8_lossy(right));
    let mut lines = left.lines().zip(right.lines()).enumerate();
    match lines.find(|(_, (left, right))| left != right) {
        Some((number, (left, right))) => format!("line {}:\n{left}\n{right}", number + 1),
        None => "one is longer".to_owned(),
    }
}

fn check(scenario: &Shipped) {
    let path = &scenario.path;
    let [first, second] = &scenario.runs;
    assert_eq!(first.report, second.report, "{path}");
    for file in FILES {
        let (left, right) = (first.files.get(*file), second.files.get(*file));
        let (Some(left), Some(right)) = (left, right) else { panic!("{path}: {file} is missing") };
        assert!(left == right, "{path}, {file}, {}", first_difference(left, right));
    }
    assert_eq!(first, second, "{path}");
}

#[test]
fn two_runs_leave_the_same_bytes() {
    for scenario in shipped() {
        check(scenario);
    }
}

#[test]
fn digests_are_those_of_every_other_build() {
    let path = package().join("tests/it/digests.txt");
    let found: BTreeMap<&str, String> =
        shipped().iter().map(|scenario| (scenario.name.as_str(), scenario.digest())).collect();
    let lines: String = found.iter().map(|(name, digest)| format!("{name} {digest}\n")).collect();
    if std::env::var_os("EVENKEEL_BLESS").is_some() {
        std::fs::write(&path, &lines).expect("a writable file");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == lines,
        "digests.txt differs, {}\nif that is meant, renew it with EVENKEEL_BLESS=1",
        first_difference(kept.as_bytes(), lines.as_bytes())
    );
}
