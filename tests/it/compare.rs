//! `compare`: the table, the files, the order, and the faults of its call.

use super::sources::package;
use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;

const SCENARIO: &str = "scenarios/a_slow_destination_makes_the_rounds_late.json";
const VARY: &str = "queryCoord.memoryUsageMaxDifferencePercentage=10,30";

/// Calls the program in the package: exit code, standard output, standard error.
fn call(arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    let output = program.current_dir(package()).args(arguments).output().expect("the program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}

fn compare(folder: &Path, more: &[&str]) -> (i32, String, String) {
    let folder = folder.to_str().expect("UTF-8");
    call(&[&["compare", SCENARIO, "-o", folder], more].concat())
}

#[test]
fn every_combination_has_its_row_in_the_order_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let more = ["--milvus", "2.0,2.1", "--vary", VARY, "--format", "json"];
    let (code, printed, complaints) = compare(folder.path(), &more);
    assert_eq!((code, complaints.as_str()), (0, ""));
    let comparison: Value = serde_json::from_str(&printed).expect("JSON");
    let key = "queryCoord.memoryUsageMaxDifferencePercentage";
    let rows: Vec<(&str, &str, u64)> = comparison["runs"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let text = |value: &Value| value.as_str().map(str::to_owned).expect("a text");
            assert_eq!(text(&row["balancer"]), "MemoryUsage");
            let milvus = row["milvus"].as_str().expect("a release");
            (
                milvus,
                row["settings"][key].as_str().expect("a value"),
                row["moves_completed"].as_u64().expect("a count"),
            )
        })
        .collect();
    assert_eq!(rows, [("2.0.2", "10", 8), ("2.0.2", "30", 5), ("2.1.4", "10", 8), ("2.1.4", "30", 5)]);
    assert_eq!(comparison["alike"], serde_json::json!([[1, 3], [2, 4]]));
    let expected = "4 combinations, 2 courses: max_difference at the end from 0.06 (run 1) to 0.25 (run 2); \
                    moves from 5 (run 2) to 8 (run 1).";
    assert_eq!(comparison["finding"], expected);
    assert_eq!(fs::read_to_string(folder.path().join("comparison.json")).expect("a file"), printed);
    let plot = fs::read_to_string(folder.path().join("memory_skew.svg")).expect("a plot");
    assert!(plot.contains("1: 2.0.2, 10"), "curves are named");
    let table = fs::read_to_string(folder.path().join("comparison.csv")).expect("a table");
    assert_eq!(table.lines().count(), 5);
}

#[test]
fn a_row_says_what_the_same_run_says_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, printed, _) = compare(folder.path(), &["--milvus", "2.1", "--seed", "7", "--format", "json"]);
    let comparison: Value = serde_json::from_str(&printed).expect("JSON");
    let output = folder.path().join("alone");
    let alone = ["run", SCENARIO, "--seed", "7", "--format", "json", "-o", output.to_str().expect("UTF-8")];
    let summary: Value = serde_json::from_str(&call(&alone).1).expect("JSON");
    let row = &comparison["runs"][0];
    assert_eq!(row["digest"], summary["digest"]);
    assert_eq!(row["max_difference_mean"], summary["skew"]["mean"]["max_difference"]);
    assert_eq!(row["first_settle_ms"], summary["settle"][0]["settle_ms"]);
    assert_eq!(comparison["seed"], 7);
    assert_eq!(
        comparison["finding"],
        "1 combination, and no difference: max_difference 0.25 at the end, 5 moves."
    );
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut left = Vec::new();
    for threads in ["1", "2", "5"] {
        let more = ["--milvus", "2.0,2.1.0,2.1", "--vary", VARY, "--threads", threads];
        let (code, printed, _) = compare(folder.path(), &more);
        assert_eq!(code, 0);
        let files = ["comparison.json", "comparison.csv", "memory_skew.svg"];
        left.push((printed, files.map(|file| fs::read(folder.path().join(file)).expect("a file"))));
    }
    assert_eq!(left[0], left[1]);
    assert_eq!(left[0], left[2]);
}

#[test]
fn several_scenarios_get_a_folder_each_and_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = "scenarios/a_single_node_has_nobody_to_balance_with.json";
    let (code, printed, _) = compare(folder.path(), &[other, "--format", "csv"]);
    assert_eq!(code, 0);
    assert_eq!(printed.lines().filter(|line| line.starts_with("scenario,")).count(), 1);
    assert_eq!(printed.lines().count(), 3);
    let inner = folder.path().join("a_single_node_has_nobody_to_balance_with/comparison.json");
    assert!(inner.exists());
}

#[test]
fn a_wrong_call_says_what_is_wrong_and_runs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for (more, expected) in [
        (
            ["--vary", "queryCoord.autoBalance"],
            "--vary queryCoord.autoBalance: no values; write --vary KEY=x,y or KEY=a..b:step",
        ),
        (
            ["--vary", "queryCoord.autoBalance=maybe"],
            "Milvus does not parse \"maybe\" as queryCoord.autoBalance",
        ),
        (["--milvus", "2.1,2.9"], "\"2.9\" is no Milvus release that evenkeel knows"),
        (["--balancers", "MemoryUsage,Fair"], "Milvus 2.1.4 has no balancer \"Fair\""),
    ] {
        let (code, printed, complaints) = compare(folder.path(), &more);
        assert_eq!((code, printed.as_str()), (2, ""), "{more:?}");
        assert!(complaints.contains(expected), "{complaints}");
        assert!(fs::read_dir(folder.path()).expect("a folder").next().is_none(), "{more:?}");
    }
}
