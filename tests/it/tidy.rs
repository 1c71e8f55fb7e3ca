//! House rules: captions, lengths, no leftovers, no tests that are switched off, names that match.

use super::sources::{Source, files, rust_files};
use serde_json::Value;

/// Lines of a file at most.
const LINES_MAX: usize = 400;

/// What no source may contain, and why. Written in two parts, so that this file does not contain it.
const BANNED: &[(&str, &str, &str)] = &[
    ("TO", "DO", "do it, or leave it"),
    ("FIX", "ME", "fix it"),
    ("XX", "X", "say what is meant"),
    ("todo", "!(", "do it, or leave it"),
    ("unimple", "mented!(", "implement it"),
    ("#[ign", "ore", "a test runs, or it goes"),
    ("#[should", "_panic", "assert what is returned"),
    ("db", "g!(", "take it out"),
    ("std::collections::Hash", "Map", "its order differs from run to run"),
    ("std::collections::Hash", "Set", "its order differs from run to run"),
];

/// Beginnings of paths that exist on one machine only.
const MACHINE_PATHS: &[(&str, &str)] =
    &[("/ho", "me/"), ("/Us", "ers/"), ("/ro", "ot/"), ("/wo", "rk/"), ("/tm", "p/"), ("C:", "\\\\")];

/// What is wrong with a Rust file.
fn check(source: &Source) -> Vec<String> {
    let Source { name, text } = source;
    let mut wrong = Vec::new();
    if !text.starts_with("//! ") {
        wrong.push(format!("{name}: no caption; open it with one line of `//! `"));
    }
    let count = text.lines().count();
    if count > LINES_MAX {
        wrong.push(format!("{name}: {count} lines; split what has more than {LINES_MAX}"));
    }
    if !text.ends_with('\n') || text.ends_with("\n\n") {
        wrong.push(format!("{name}: it must end with one line end"));
    }
    for (number, line) in text.lines().enumerate() {
        let at = format!("{name}:{}", number + 1);
        if line.ends_with([' ', '\t']) {
            wrong.push(format!("{at}: trailing space"));
        }
        for (first, second, remedy) in BANNED {
            let banned = format!("{first}{second}");
            if line.contains(&banned) {
                wrong.push(format!("{at}: {banned}: {remedy}"));
            }
        }
        wrong.extend(machine_paths(line).map(|path| format!("{at}: a path of one machine, {path}")));
    }
    wrong
}

fn machine_paths(line: &str) -> impl Iterator<Item = String> + '_ {
    MACHINE_PATHS.iter().map(|(first, second)| format!("{first}{second}")).filter(|path| line.contains(path))
}

#[test]
fn every_rust_file_is_tidy() {
    let sources: Vec<Source> =
        ["src", "tests", "benches"].iter().flat_map(|folder| rust_files(folder)).collect();
    assert!(sources.len() > 150, "only {} files", sources.len());
    let wrong: Vec<String> = sources.iter().flat_map(check).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_that_is_shipped_names_a_machine() {
    let endings = ["json", "md", "toml", "txt", "snap", "yaml", "svg"];
    let kept = ["scenarios", "tests", "src"].into_iter().flat_map(|folder| files(folder, &endings));
    let mut wrong = Vec::new();
    for source in kept {
        for (number, line) in source.text.lines().enumerate() {
            let at = format!("{}:{}", source.name, number + 1);
            wrong.extend(machine_paths(line).map(|path| format!("{at}: {path}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_scenario_is_named_like_its_file() {
    for source in files("scenarios", &["json"]) {
        let file = source.name.strip_prefix("scenarios/").expect("a file below scenarios");
        let is_scenario = !file.contains('/');
        if is_scenario {
            let scenario: Value = serde_json::from_str(&source.text).expect("JSON");
            let expected = file.trim_end_matches(".json");
            assert_eq!(scenario["name"].as_str(), Some(expected), "{}", source.name);
        }
    }
}

#[test]
fn what_is_untidy_is_found() {
    let source = |text: &str| Source { name: "src/planted.rs".to_owned(), text: text.to_owned() };
    assert_eq!(check(&source("//! A file.\n")), Vec::<String>::new());
    let planted = [
        "use std::fs;\n".to_owned(),
        "//! A file.\n\n".to_owned(),
        "//! A file.\nfn f() {} \n".to_owned(),
        format!("//! A file.\n// {}{} later\n", "TO", "DO"),
        format!("//! A file.\n{}{}]\nfn f() {{}}\n", "#[ign", "ore"),
        format!("//! A file.\nconst A: &str = \"{}{}me\";\n", "/ho", "me/"),
        format!("//! A file.\n{}", "\n".repeat(LINES_MAX - 1) + "fn f() {}\n"),
    ];
    for text in planted {
        assert_eq!(check(&source(&text)).len(), 1, "{text}");
    }
}
