//! The program as a user calls it: exit codes, what is printed, what is written, and what is left behind.

use super::sources::package;
use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;

/// A folder with some scenarios, and the program to call in it.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

impl Desk {
    /// `good.json` and `other.json` run; `fails.json` expects what does not come; `wrong.json` has two
    /// faults, `full.json` more on a node than it has, and so has `drawn.json`, where it shows only once
    /// segments are drawn and placed.
    pub(crate) fn new() -> Desk {
        let desk = Desk { folder: tempfile::tempdir().expect("a folder") };
        let scenario = |name: &str, memory: &str, rest: &str| {
            format!(
                r#"{{ "version": 1, "name": "{name}", "milvus": {{ "version": "2.1" }}, "duration": "5m",
                     "query_nodes": [ {{ "id": 1, "memory": {memory} }}, {{ "id": 2, "memory": 1000 }} ],
                     "collections": [ {{ "name": "book", "segments": [
                       {{ "id": 11, "rows": 1, "memory": 400, "query_node": 1 }} ] }} ]{rest} }}"#
            )
        };
        let fails = r#", "expect": [ { "metric": "moves.completed", "at_least": 1 } ]"#;
        desk.write("good.json", &scenario("good", "1000", ""));
        desk.write("other.json", &scenario("other", "1000", ""));
        desk.write("fails.json", &scenario("fails", "1000", fails));
        desk.write("full.json", &scenario("full", "300", ""));
        desk.write(
            "drawn.json",
            r#"{ "version": 1, "name": "drawn", "milvus": { "version": "2.1" }, "duration": "5m",
                 "query_nodes": [ { "id": 1, "memory": 300 }, { "id": 2, "memory": 300 } ],
                 "collections": [ { "name": "book", "placement": { "only": [1] }, "segments": {
                   "count": 2, "rows": { "constant": 1 }, "memory": { "constant": 200 } } } ] }"#,
        );
        let wrong = scenario("Wrong Name", "1000", r#", "sead": 1"#);
        desk.write("wrong.json", &wrong);
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a writable file");
    }

    /// Calls the program: exit code, standard output, standard error.
    pub(crate) fn call(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
        let output = program.current_dir(self.folder.path()).args(arguments).output().expect("the program");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("a code"), text(output.stdout), text(output.stderr))
    }

    /// Names in a folder below the desk, hidden ones included.
    fn list(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn summary(&self, folder: &str) -> Value {
        let text = fs::read_to_string(self.path(folder).join("summary.json")).expect("summary.json");
        serde_json::from_str(&text).expect("JSON")
    }
}

/// The call ends with this code, and standard error holds each of these texts.
#[track_caller]
fn check(desk: &Desk, arguments: &[&str], code: i32, complaints: &[&str]) {
    let (found, output, errors) = desk.call(arguments);
    assert_eq!(found, code, "{output}{errors}");
    for complaint in complaints {
        assert!(errors.contains(complaint), "{complaint} is not in:\n{errors}");
    }
    assert_eq!(errors.is_empty(), complaints.is_empty(), "{errors}");
}

const RESULTS: &[&str] = &[
    "events.jsonl",
    "memory_skew.svg",
    "node_memory.svg",
    "nodes.csv",
    "segment_moves.svg",
    "segments.csv",
    "series.csv",
    "summary.json",
];

#[test]
fn a_run_prints_its_report_and_leaves_its_results() {
    let desk = Desk::new();
    let (code, output, errors) = desk.call(&["run", "good.json"]);
    assert_eq!((code, errors.as_str()), (0, ""));
    assert!(output.contains("Milvus 2.1.4") && output.ends_with("Results: out/good\n"), "{output}");
    assert_eq!(desk.list("out"), ["good"]);
    assert_eq!(desk.list("out/good"), RESULTS);
}

#[test]
fn an_expectation_that_does_not_hold_is_exit_code_1_and_the_results_are_there() {
    let desk = Desk::new();
    check(&desk, &["run", "fails.json", "-o", "results"], 1, &[]);
    assert_eq!(desk.list("results"), RESULTS);
    assert_eq!(desk.summary("results")["expectations"][0]["holds"], false);
}

#[test]
fn a_wrong_file_is_exit_code_2_with_every_fault_and_nothing_is_written() {
    let desk = Desk::new();
    check(&desk, &["run", "wrong.json"], 2, &["wrong.json:1:", "Wrong Name", "\"sead\"", "\"seed\""]);
    check(&desk, &["run", "full.json"], 2, &["full.json:2:", "query node 1 starts with 400 bytes"]);
    check(&desk, &["run", "drawn.json"], 2, &["drawn.json: query node 1 holds 400 bytes"]);
    assert!(!desk.path("out").exists());
}

#[test]
fn one_wrong_file_among_several_keeps_all_from_running() {
    let desk = Desk::new();
    check(&desk, &["run", "good.json", "wrong.json"], 2, &["wrong.json"]);
    assert!(!desk.path("out").exists());
}

#[test]
fn what_cannot_be_placed_leaves_the_scenarios_before_it_whole() {
    let desk = Desk::new();
    let call = ["run", "good.json", "drawn.json", "other.json", "-o", "results"];
    check(&desk, &call, 2, &["drawn.json: query node 1 holds 400 bytes"]);
    assert_eq!(desk.list("results"), ["good"]);
    assert_eq!(desk.list("results/good"), RESULTS);
}

#[test]
fn a_missing_file_is_named() {
    let desk = Desk::new();
    check(&desk, &["run", "nowhere.json"], 2, &["cannot read nowhere.json"]);
    check(&desk, &["run", "good.json", "nowhere.json"], 2, &["cannot read nowhere.json"]);
    assert!(!desk.path("out").exists());
}

#[test]
fn a_wrong_call_is_exit_code_2() {
    let desk = Desk::new();
    check(&desk, &["run"], 2, &["SCENARIO"]);
    check(&desk, &["sail"], 2, &["sail"]);
    check(&desk, &["run", "good.json", "--set", "queryCoord.autoBalance"], 2, &["no value"]);
    check(
        &desk,
        &["run", "good.json", "--set", "queryCoord.autoBalanse=false"],
        2,
        &["queryCoord.autoBalance"],
    );
    check(&desk, &["run", "good.json", "--until", "soon"], 2, &["--until soon"]);
    check(&desk, &["run", "good.json", "--milvus", "9.9"], 2, &["9.9"]);
    check(&desk, &["run", "good.json", "--seed", "seven"], 2, &["--seed"]);
    assert!(!desk.path("out").exists());
}

#[test]
fn several_scenarios_get_a_folder_each() {
    let desk = Desk::new();
    check(&desk, &["run", "good.json", "other.json", "-o", "results"], 0, &[]);
    assert_eq!(desk.list("results"), ["good", "other"]);
    // One that fails does not keep the others from running, and its code wins.
    check(&desk, &["run", "fails.json", "good.json", "-o", "again"], 1, &[]);
    assert_eq!(desk.list("again"), ["fails", "good"]);
    check(&desk, &["run", "good.json", "good.json"], 2, &["another scenario of this call is named \"good\""]);
}

#[test]
fn options_change_what_is_run() {
    let desk = Desk::new();
    let options =
        ["--set", "queryCoord.autoBalance=false", "--seed", "42", "--until", "2m", "--milvus", "2.0"];
    let call: Vec<&str> = ["run", "good.json", "-o", "results"].into_iter().chain(options).collect();
    check(&desk, &call, 0, &[]);
    let summary = desk.summary("results");
    assert_eq!(summary["config"]["queryCoord.autoBalance"]["value"], false);
    assert_eq!(summary["config"]["queryCoord.autoBalance"]["from"], "option");
    assert_eq!((&summary["seed"], &summary["duration_ms"]), (&Value::from(42), &Value::from(120_000)));
    assert_eq!(summary["milvus"]["version"], "2.0.2");
    check(&desk, &["run", "good.json", "-o", "field", "--set", "/duration=90"], 0, &[]);
    assert_eq!(desk.summary("field")["duration_ms"], 90_000);
}

#[test]
fn the_output_is_the_report_or_the_summary_or_nothing() {
    let desk = Desk::new();
    let (_, output, _) = desk.call(&["run", "good.json", "--format", "json"]);
    assert_eq!(output, fs::read_to_string(desk.path("out/good/summary.json")).expect("summary.json"));
    assert_eq!(desk.call(&["run", "good.json", "--quiet"]).1, "");
    check(&desk, &["run", "good.json", "--no-events", "--png", "-o", "results"], 0, &[]);
    let files = desk.list("results");
    assert!(!files.contains(&"events.jsonl".to_owned()) && files.contains(&"memory_skew.png".to_owned()));
}

#[test]
fn a_second_run_replaces_the_results_and_leaves_nothing_of_the_first() {
    let desk = Desk::new();
    check(&desk, &["run", "good.json", "--png", "-o", "results"], 0, &[]);
    desk.write("results/notes.txt", "my own");
    check(&desk, &["run", "good.json", "-o", "results"], 0, &[]);
    let mut expected: Vec<&str> = RESULTS.to_vec();
    expected.insert(4, "notes.txt");
    assert_eq!(desk.list("results"), expected);
}

#[test]
fn a_failure_to_write_leaves_nothing_half_done() {
    let desk = Desk::new();
    // A file stands where the results folder should be.
    desk.write("taken", "a file");
    check(&desk, &["run", "good.json", "-o", "taken"], 2, &["cannot write"]);
    check(&desk, &["run", "good.json", "-o", "taken/below"], 2, &["cannot write"]);
    assert_eq!(fs::read_to_string(desk.path("taken")).expect("the file"), "a file");
    let left = desk.list(".");
    assert!(left.iter().all(|name| !name.contains("partial")), "{left:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let desk = Desk::new();
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    let mut running = program
        .current_dir(desk.folder.path())
        .args(["run", "good.json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    drop(running.stdout.take());
    let mut errors = String::new();
    running.stderr.take().expect("standard error").read_to_string(&mut errors).expect("UTF-8");
    assert_eq!((running.wait().expect("an end").code(), errors.as_str()), (Some(0), ""));
    assert_eq!(desk.list("out/good"), RESULTS);
}

#[test]
fn help_and_version_are_told() {
    let desk = Desk::new();
    let (code, output, _) = desk.call(&["--help"]);
    assert!(code == 0 && output.contains("run") && output.contains("Examples:"), "{output}");
    let (code, output, _) = desk.call(&["--version"]);
    assert_eq!((code, output), (0, format!("evenkeel {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_scenario_may_be_called_from_anywhere() {
    let desk = Desk::new();
    let far: &Path = &package().join("tests/it/valid/three_nodes.json");
    let far = far.to_str().expect("UTF-8");
    let (code, output, errors) = desk.call(&["run", far, "--until", "1m"]);
    assert_eq!((code, errors.as_str()), (1, ""), "{output}");
    assert_eq!(desk.list("out"), ["even_out_after_node_joins"]);
}

#[test]
fn every_command_has_a_manual_page_and_every_shell_its_script() {
    let desk = Desk::new();
    let (code, page, _) = desk.call(&["man"]);
    assert_eq!(code, 0);
    let commands = ["run", "compare", "sweep", "merge", "import", "generate", "schema", "completions", "man"];
    for command in commands {
        assert!(page.contains(&format!("evenkeel\\-{command}(1)")), "{command} is not in the page");
        let (code, page, complaints) = desk.call(&["man", command]);
        assert_eq!((code, complaints.as_str()), (0, ""), "{command}");
        assert!(page.contains(&format!(".TH evenkeel-{command} 1")), "{command}: {page}");
    }
    assert!(desk.call(&["man", "run"]).1.contains("\\-\\-exec\\-timeout"));
    let (code, _, complaints) = desk.call(&["man", "dance"]);
    assert!(code == 2 && complaints.contains("man dance: no such command; there are run, "), "{complaints}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, _) = desk.call(&["completions", shell]);
        assert!(code == 0 && commands.iter().all(|command| script.contains(command)), "{shell}");
        assert!(script.contains("exec-timeout"), "{shell}");
    }
    assert_eq!(desk.call(&["completions", "cmd"]).0, 2);
}

#[test]
fn paragraphs_of_help_are_wrapped_as_a_whole() {
    let desk = Desk::new();
    let (_, all, _) = desk.call(&["--help"]);
    let commands =
        all.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.contains(&"generate") && names.contains(&"tune"), "{names:?}");
    for name in names.into_iter().filter(|name| *name != "help") {
        let (_, help, _) = desk.call(&[name, "--help"]);
        let lines: Vec<&str> = help.lines().collect();
        for pair in lines.windows(2) {
            let is_prose = |line: &str| line.starts_with(char::is_alphanumeric) && !line.ends_with(':');
            let next = pair[1].split(' ').next().unwrap_or_default();
            let is_broken = is_prose(pair[0]) && is_prose(pair[1]) && pair[0].len() + 1 + next.len() <= 100;
            assert!(!is_broken, "{name}: \"{}\" ends before \"{}\"", pair[0], pair[1]);
        }
    }
}

#[test]
#[cfg(unix)]
fn a_result_goes_through_links_and_to_what_is_no_file_and_leaves_no_draft() {
    let desk = Desk::new();
    let (_, text, _) = desk.call(&["generate", "--size", "T"]);
    assert_eq!(
        desk.call(&["generate", "--size", "T", "-o", "/dev/stdout"]),
        (0, text.clone(), String::new())
    );
    desk.write("target.json", "before");
    std::os::unix::fs::symlink(desk.path("target.json"), desk.path("link.json")).expect("a link");
    assert_eq!(desk.call(&["generate", "--size", "T", "-o", "link.json"]).0, 0);
    assert!(fs::symlink_metadata(desk.path("link.json")).expect("a link").is_symlink());
    assert_eq!(fs::read_to_string(desk.path("target.json")).expect("a file"), text);
    fs::create_dir(desk.path("folder")).expect("a folder");
    let (code, _, said) = desk.call(&["generate", "--size", "T", "-o", "folder"]);
    assert!(code == 2 && said.contains("cannot write folder: "), "{code} {said}");
    let left =
        fs::read_dir(desk.folder.path()).expect("a folder").map(|file| file.expect("a file").file_name());
    let drafts: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(drafts.is_empty(), "{drafts:?}");
}

#[test]
fn nobody_runs_on_no_thread() {
    let desk = Desk::new();
    for call in [&["check", "good.json"][..], &["sweep", "good.json"], &["compare", "good.json"]] {
        let (code, _, said) = desk.call(&[call, &["--threads", "0"]].concat());
        assert!(code == 2 && said.contains("'--threads <N>': 0 is not in 1.."), "{call:?}: {code} {said}");
    }
}
