//! `diff`: the first different event, the figures, and the faults of its call.

use super::sources::package;
use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const SCENARIO: &str = "scenarios/the_fullest_node_gives_until_the_gap_is_under_the_limit.json";
const KEY: &str = "queryCoord.memoryUsageMaxDifferencePercentage=20";

/// Calls the program in the package: exit code, standard output, standard error.
fn call(arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    let output = program.current_dir(package()).args(arguments).output().expect("the program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}

fn diff(arguments: &[&str]) -> (i32, Value) {
    let (code, printed, complaints) = call(&[&["diff", "--format", "json"], arguments].concat());
    assert_eq!(complaints, "", "{arguments:?}");
    (code, serde_json::from_str(&printed).expect("JSON"))
}

fn run(folder: &Path, more: &[&str]) -> String {
    let folder = folder.to_str().expect("UTF-8");
    let (code, _, complaints) = call(&[&["run", SCENARIO, "--quiet", "-o", folder], more].concat());
    assert!(code < 2, "{complaints}");
    folder.to_owned()
}

#[test]
fn a_lower_threshold_plans_more_in_the_first_round() {
    let (code, found) = diff(&[SCENARIO, "--b-set", KEY]);
    assert_eq!(code, 1);
    let first = &found["first_difference"];
    assert_eq!(first["equal_events"], 5, "five moves are planned by both");
    assert_eq!(first["b"]["lines"][0]["event"], "plan");
    assert_eq!(first["b"]["lines"][0]["reason"]["left"], json!(0.28125));
    assert_eq!(first["a"]["lines"][0]["event"], "load_start");
    assert_eq!(found["setup"][0]["path"], "config.queryCoord.memoryUsageMaxDifferencePercentage.value");
    let rows = found["figures"].as_array().expect("rows");
    assert!(rows.contains(&json!({ "path": "moves.completed", "a": 5, "b": 7 })), "{rows:?}");
    let (_, printed, _) = call(&["diff", SCENARIO, "--b-set", KEY]);
    assert!(printed.contains("\n  B> {\"t_ms\":60000,\"seq\":6,\"event\":\"plan\""), "{printed}");
    assert!(
        printed.lines().any(|line| line.split_whitespace().eq(["moves.completed", "5", "7"])),
        "{printed}"
    );
}

#[test]
fn folders_say_what_their_scenarios_say() {
    let desk = tempfile::tempdir().expect("a folder");
    let one = run(&desk.path().join("one"), &[]);
    let other = run(&desk.path().join("other"), &["--set", KEY]);
    let (code, of_folders) = diff(&[&one, &other]);
    let (_, of_scenarios) = diff(&[SCENARIO, "--b-set", KEY]);
    assert_eq!(code, 1);
    for part in ["first_difference", "figures", "setup"] {
        assert_eq!(of_folders[part], of_scenarios[part], "{part}");
    }
    let (code, found) = diff(&[&one, SCENARIO]);
    assert_eq!((code, &found["same"], &found["first_difference"]), (0, &json!(true), &Value::Null));
    fs::remove_file(desk.path().join("one/events.jsonl")).expect("a file");
    let (code, found) = diff(&[&one, &other]);
    assert_eq!((code, &found["events_compared"]), (1, &json!(false)));
    assert_eq!(diff(&[&one, SCENARIO]).0, 0, "the figures are the same");
}

#[test]
fn the_same_run_is_the_same() {
    let (code, printed, _) = call(&["diff", SCENARIO]);
    assert_eq!(code, 0);
    assert!(printed.ends_with("All events are the same.\nAll figures are the same.\n"), "{printed}");
    // A key that nothing in this run depends on: what was asked for differs, what came of it does not.
    let (code, found) = diff(&[SCENARIO, "--b-set", "queryCoord.overloadedMemoryThresholdPercentage=95"]);
    assert_eq!((code, found["setup"].as_array().map(Vec::len)), (0, Some(1)));
    assert_eq!(call(&["diff", SCENARIO, "--quiet", "--b-seed", "1"]).1, "");
}

#[test]
fn a_wrong_call_says_what_is_wrong() {
    let desk = tempfile::tempdir().expect("a folder");
    let empty = desk.path().to_str().expect("UTF-8");
    for (arguments, fault) in [
        (vec!["diff", "nowhere.json"], "cannot read nowhere.json"),
        (vec!["diff", empty, SCENARIO], "summary.json"),
        (vec!["diff", empty, SCENARIO, "--seed", "1"], "is a results folder, which options cannot change"),
        (vec!["diff", SCENARIO, "--b-milvus", "9.9"], "\"9.9\" is no Milvus release"),
    ] {
        let (code, printed, complaints) = call(&arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}");
        assert!(complaints.contains(fault), "{complaints}");
    }
    fs::write(desk.path().join("events.jsonl"), "{}\n").expect("a file");
    let (code, _, complaints) = call(&["diff", empty, SCENARIO]);
    assert_eq!(code, 2);
    assert!(complaints.contains("events.jsonl:1: no event: t_ms is no number"), "{complaints}");
}

#[test]
fn what_is_wrong_with_b_alone_is_told_under_its_option() {
    let empty = tempfile::tempdir().expect("a folder");
    let folder = empty.path().to_str().expect("UTF-8");
    for (arguments, expected) in [
        (
            [SCENARIO, "--b-set", "queryCoord.autoBalanse=true"],
            "evenkeel: --b-set queryCoord.autoBalanse=true: no",
        ),
        (
            [SCENARIO, "--b-milvus", "2.9"],
            "evenkeel: --b-milvus 2.9: /milvus/version: \"2.9\" is no Milvus release",
        ),
        (
            [SCENARIO, "--set", "queryCoord.autoBalanse=true"],
            "evenkeel: --set queryCoord.autoBalanse=true: no",
        ),
        (
            [folder, SCENARIO, "--quiet"],
            "is no results folder of run: it has no summary.json; give one, or a",
        ),
    ] {
        let (code, _, said) = call(&[&["diff"], &arguments[..]].concat());
        assert!(code == 2 && said.contains(expected), "{arguments:?}: {code} {said}");
    }
}
