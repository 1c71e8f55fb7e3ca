//! The README tells the truth: its commands are run, and what it shows of their output is their output.

use super::sources::package;
use assert_cmd::Command;
use saphyr_parser::{Event, Parser};
use std::fs;
use std::path::Path;

/// What the README's commands begin with; the rest are the program's arguments.
const CALL: &str = "cargo run --release -- ";

/// The fenced blocks of a README: language and lines.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_open = !is_open;
            if is_open {
                blocks.push((language, Vec::new()));
            }
        } else if is_open && let Some((_, lines)) = blocks.last_mut() {
            lines.push(line);
        }
    }
    blocks
}

/// Runs one call in `desk`, which ends with `code`; files of the repository are found where they lie.
fn call(arguments: &str, code: i32, desk: &Path) -> String {
    let place = |argument: &str| {
        let shipped = package().join(argument);
        if shipped.is_file() {
            return shipped.display().to_string();
        }
        argument.replace("tests/it/", &format!("{}/", package().join("tests/it").display()))
    };
    let arguments = shell_words::split(arguments).expect("words of a shell");
    let arguments: Vec<String> = arguments.iter().map(|argument| place(argument)).collect();
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    let output = program.current_dir(desk).args(&arguments).output().expect("the program");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn every_command_of_the_readme_runs_and_prints_what_it_shows() {
    let readme = fs::read_to_string(package().join("README.md")).expect("README.md");
    let desk = tempfile::tempdir().expect("a folder");
    let (mut calls, mut shown) = (0, 0);
    let mut printed = String::new();
    for (language, lines) in blocks(&readme) {
        match language {
            // `sh fails`: what is called finds that something does not hold.
            "sh" | "sh fails" => {
                for arguments in lines.iter().filter_map(|line| line.strip_prefix(CALL)) {
                    printed = call(arguments, i32::from(language == "sh fails"), desk.path());
                    calls += 1;
                }
            }
            "text" => {
                let mut rest = printed.lines();
                for line in lines.iter().filter(|line| **line != "...") {
                    assert!(
                        rest.any(|one| one == *line),
                        "the README shows a line that is not printed: {line}"
                    );
                    shown += 1;
                }
            }
            _ => {}
        }
    }
    assert!(calls >= 3 && shown >= 20, "{calls} commands and {shown} lines are too few to be the README's");
}

#[test]
fn the_readmes_scenario_is_one() {
    let readme = fs::read_to_string(package().join("README.md")).expect("README.md");
    let desk = tempfile::tempdir().expect("a folder");
    let scenarios: Vec<String> = blocks(&readme)
        .into_iter()
        .filter(|(language, _)| *language == "json")
        .map(|(_, lines)| lines.join("\n"))
        .collect();
    assert!(!scenarios.is_empty());
    for text in scenarios {
        fs::write(desk.path().join("example.json"), text).expect("a writable file");
        call("run example.json --quiet", 0, desk.path());
    }
}

/// The scalars of a YAML text, in their order.
fn scalars(text: &str) -> Vec<String> {
    let events = Parser::new_from_str(text).map(|event| event.expect("YAML").0);
    events
        .filter_map(|event| match event {
            Event::Scalar(value, ..) => Some(value.into_owned()),
            _ => None,
        })
        .collect()
}

/// There is no Kubernetes here: its part, one container for each index with the index in its environment, is played
/// by a shell.
#[cfg(unix)]
#[test]
fn the_kubernetes_job_of_the_readme_merges_to_the_bytes_of_one_process() {
    let readme = fs::read_to_string(package().join("README.md")).expect("README.md");
    let (_, lines) = blocks(&readme).into_iter().find(|(language, _)| *language == "yaml").expect("a Job");
    let words = scalars(&lines.join("\n"));
    let after = |word: &str| {
        let place = words.iter().position(|one| one == word).unwrap_or_else(|| panic!("no {word}"));
        words[place + 1].clone()
    };
    assert_eq!((after("kind").as_str(), after("completionMode").as_str()), ("Job", "Indexed"));
    let shards: u32 = after("completions").parse().expect("a number");
    let desk = tempfile::tempdir().expect("a folder");
    let scenario = "scenarios/the_fullest_node_gives_until_the_gap_is_under_the_limit.json";
    fs::copy(package().join(scenario), desk.path().join("my.json")).expect("a copy");
    let key = "queryCoord.memoryUsageMaxDifferencePercentage=20..29:1";
    let shell_line =
        after("args").replace("/data/", "").replace("KEY=1..50:1", key).replace("--seeds 20", "--seeds 2");
    let programs = Path::new(env!("CARGO_BIN_EXE_evenkeel")).parent().expect("a folder");
    let path = std::env::var("PATH").expect("a search path");
    for index in 0..shards {
        let mut shell = Command::new(after("command"));
        shell.args(["-c", &shell_line]).current_dir(desk.path());
        shell.env("PATH", format!("{}:{path}", programs.display()));
        shell.env("JOB_COMPLETION_INDEX", index.to_string()).assert().success();
    }
    let parts: Vec<String> =
        (1..=shards).map(|shard| format!("parts/shard-{shard}-of-{shards}.jsonl")).collect();
    call(&format!("merge {} -o merged", parts.join(" ")), 0, desk.path());
    call(&format!("sweep my.json --vary {key} --seeds 2 --quiet -o alone"), 0, desk.path());
    for file in ["trials.jsonl", "sweep.json", "sweep.csv"] {
        let [merged, alone] =
            ["merged", "alone"].map(|folder| fs::read(desk.path().join(folder).join(file)).expect(file));
        assert!(merged == alone, "{file} differs");
    }
}
