//! `shrink`: what is left still fails, and for the same reason.

use super::sources::package;
use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Calls the program in a folder: exit code, standard output, standard error.
fn call(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    let output = program.current_dir(folder).args(arguments).output().expect("the program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}

/// A shipped scenario that expects something else than comes.
fn broken(desk: &Path, expect: &Value) {
    let shipped = package().join("scenarios/a_stale_list_of_segments_spoils_the_whole_request.json");
    let mut scenario: Value = serde_json::from_slice(&fs::read(shipped).expect("a file")).expect("JSON");
    scenario["name"] = json!("broken");
    scenario["expect"] = expect.clone();
    fs::write(desk.join("broken.json"), scenario.to_string()).expect("a file");
}

#[test]
fn what_is_left_fails_alone_for_the_same_reason() {
    let desk = tempfile::tempdir().expect("a folder");
    broken(
        desk.path(),
        &json!([{ "metric": "moves.failed", "equals": 0 }, { "metric": "commands.refused", "at_most": 0 }]),
    );
    let shrink = ["shrink", "broken.json", "-o", "small.json", "--set", "/hardware/rpc_delay=\"2ms\""];
    let (code, printed, complaints) = call(desk.path(), &shrink);
    assert_eq!((code, complaints.as_str()), (0, ""), "{printed}");
    assert!(printed.contains("Before: commands.refused is "), "{printed}");
    assert!(printed.contains("expectations               2 -> 1\n"), "{printed}");
    assert!(printed.contains("Nothing more can be cut"), "{printed}");
    let text = fs::read_to_string(desk.path().join("small.json")).expect("a file");
    let small: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(small["name"], "small");
    assert_eq!(small["expect"], json!([{ "metric": "commands.refused", "at_most": 0 }]));
    assert_eq!(small["timeline"].as_array().map(Vec::len), Some(1), "one refused request is enough: {text}");
    assert_eq!(call(desk.path(), &["run", "small.json", "--quiet", "-o", "out"]).0, 1);
    let (_, again, _) = call(desk.path(), &["shrink", "broken.json", "--set", "/hardware/rpc_delay=\"2ms\""]);
    let again: Value = serde_json::from_str(&again).expect("without -o it is printed");
    assert_eq!(again["timeline"], small["timeline"], "the same every time");
}

#[test]
fn too_little_is_not_mended_by_having_nothing() {
    let desk = tempfile::tempdir().expect("a folder");
    broken(desk.path(), &json!([{ "metric": "moves.by_cause.balance", "at_least": 1_000 }]));
    let (code, printed, complaints) = call(desk.path(), &["shrink", "broken.json", "-o", "small.json"]);
    assert_eq!(code, 0, "{complaints}");
    let small: Value =
        serde_json::from_slice(&fs::read(desk.path().join("small.json")).expect("a file")).expect("JSON");
    let run = ["run", "small.json", "--format", "json", "-o", "out"];
    let summary: Value = serde_json::from_str(&call(desk.path(), &run).1).expect("JSON");
    let declined = summary["declined"].as_object().expect("reasons");
    assert!(!declined.is_empty(), "why nothing was planned is still there: {printed}{small}");
}

#[test]
fn without_a_failure_there_is_nothing_to_do() {
    let desk = tempfile::tempdir().expect("a folder");
    broken(desk.path(), &json!([{ "metric": "moves.failed", "at_least": 0 }]));
    let (code, printed, complaints) = call(desk.path(), &["shrink", "broken.json"]);
    assert_eq!((code, printed.as_str()), (2, ""));
    assert!(complaints.contains("no expectation fails, so there is nothing to cut down to"), "{complaints}");
    broken(desk.path(), &json!([{ "metric": "commands.refused", "at_most": 0 }]));
    for (more, fault) in [
        (["--expectation", "2"], "there is no failing expectation 2; one fails"),
        (["--until", "1m"], "shrink finds the shortest run itself; leave --until out"),
    ] {
        let (code, _, complaints) = call(desk.path(), &[&["shrink", "broken.json"][..], &more].concat());
        assert_eq!(code, 2);
        assert!(complaints.contains(fault), "{complaints}");
    }
    let (_, printed, said) = call(desk.path(), &["shrink", "broken.json", "--runs", "3"]);
    assert!(said.contains("More might be cut: 3 scenarios tried; raise --runs."), "{said}");
    assert!(serde_json::from_str::<Value>(&printed).is_ok());
}
