//! Imports look down: the rooms of src/ and what each may name, as a table.
//!
//! Every `crate::room::..` counts, in a `use` or in the middle of a line, and so does a chain of `super` that
//! leaves its room. A refused edge is told with its file and line.

use super::sources::rust_files;

/// A room, and the beginnings of paths outside of it that it may name.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("release", &[]),
    ("engine", &["units"]),
    ("model", &["units"]),
    ("policy", &["model", "units", "release", "engine::random"]),
    // The node's memory check reads the coordinator's own overload key, and shows its comparisons.
    ("query_node", &["model", "units", "release", "policy::witness", "policy::memory_usage"]),
    // What is random in Milvus's coordinator is drawn by the coordinator; its calls are found by number.
    ("coordinator", &["policy", "model", "units", "release", "engine::numbered", "engine::random"]),
    // A scenario holds distributions to draw from, keys and commands to hand on, and names reasons in the
    // paths of expected metrics.
    (
        "scenario",
        &[
            "coordinator::command",
            "coordinator::keys",
            "engine::distribution",
            // Which node of a generated scenario fails is drawn when it is made.
            "engine::random",
            "policy::reason",
            // Which balancer a release takes for a configured name.
            "policy::spec",
            "model",
            "units",
            "release",
        ],
    ),
    (
        "simulation",
        &["scenario", "coordinator", "query_node", "policy", "engine", "model", "units", "release"],
    ),
    // Figures are of what a run tells: its orders' outcomes, listings, reasons, and the effective keys; and
    // they are held against the scenario's expectations, and commands against what they are there for.
    (
        "metrics",
        &[
            "simulation::history",
            "scenario",
            "coordinator::command",
            "coordinator::keys",
            "coordinator::outcome",
            "coordinator::query_coord",
            "policy::reason",
            "model",
            "units",
            "release",
        ],
    ),
    // A policy of one's own is handed to the simulation here; threshold maps watch keys by name.
    (
        "experiment",
        &["metrics", "simulation", "scenario", "coordinator::keys", "policy", "model", "release", "units"],
    ),
    // The event file writes the records of a run as they come, by Milvus's own ids.
    (
        "report",
        &[
            "experiment",
            "metrics",
            "simulation::history",
            "coordinator::outcome",
            "coordinator::query_coord",
            "policy::reason",
            // The rungs of a threshold map's keys, to be written out.
            "policy::watch",
            "model",
            "scenario",
            "units",
        ],
    ),
    ("import", &["scenario", "coordinator::keys", "model", "units", "release"]),
    (
        "cli",
        &[
            "report",
            "experiment",
            "import",
            "metrics",
            "simulation",
            "scenario",
            "coordinator",
            "query_node",
            "policy",
            "model",
            "engine",
            "units",
            "release",
        ],
    ),
];

/// One way to name something outside of the room.
#[derive(Debug, PartialEq, Eq)]
struct Edge {
    line: usize,
    path: String,
}

fn is_path_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || letter == ':'
}

/// Every path of a source text that begins at the root of the crate.
fn edges(text: &str, depth: usize) -> Vec<Edge> {
    let mut found = Vec::new();
    let mut is_in_tests = false;
    for (number, line) in text.lines().enumerate() {
        is_in_tests |= line.starts_with("mod tests {");
        let code = line.split_once("//").map_or(line, |(code, _)| code);
        for (place, _) in code.match_indices("crate::") {
            if code[..place].ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_') {
                continue;
            }
            let path: String =
                code[place + 7..].chars().take_while(|letter| is_path_letter(*letter)).collect();
            found.push(Edge { line: number + 1, path: path.trim_end_matches(':').to_owned() });
        }
        let climbs = depth + usize::from(is_in_tests);
        let chain = "super::".repeat(climbs);
        if climbs > 0 && code.contains(&chain) {
            found.push(Edge { line: number + 1, path: chain.trim_end_matches(':').to_owned() });
        }
    }
    found
}

/// The edges of a file that its room may not have: `file:line: room -> path`.
fn check(file: &str, text: &str) -> Vec<String> {
    let module = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let room = module.split('/').next().unwrap_or_default();
    let depth = module.split('/').count();
    if matches!(room, "lib" | "main") {
        return Vec::new();
    }
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{file}: the room {room} is not in the table of tests/it/layers.rs")];
    };
    let begins = |path: &str, with: &str| {
        path.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let may_have =
        |edge: &Edge| begins(&edge.path, room) || allowed.iter().any(|allowed| begins(&edge.path, allowed));
    let refused = edges(text, depth).into_iter().filter(|edge| !may_have(edge));
    refused.map(|edge| format!("{file}:{}: {room} -> {}", edge.line, edge.path)).collect()
}

#[test]
fn imports_look_down() {
    let files = rust_files("src");
    assert!(files.len() > 100, "only {} files", files.len());
    let refused: Vec<String> = files.iter().flat_map(|file| check(&file.name, &file.text)).collect();
    assert!(refused.is_empty(), "refused imports:\n{}", refused.join("\n"));
}

#[test]
fn a_planted_upward_import_is_refused() {
    let planted = "//! A file.\n\nuse crate::units::SimTime;\nuse crate::simulation::world::World;\n";
    assert_eq!(
        check("src/model/cluster.rs", planted),
        ["src/model/cluster.rs:4: model -> simulation::world::World"]
    );
    let in_a_line = "fn f(world: &crate::simulation::world::World) {}\n";
    assert_eq!(
        check("src/policy/reason.rs", in_a_line),
        ["src/policy/reason.rs:1: policy -> simulation::world::World"]
    );
    let only_a_part = "use crate::engine::schedule::Schedule;\nuse crate::engine::random::Random;\n";
    assert_eq!(
        check("src/policy/reason.rs", only_a_part),
        ["src/policy/reason.rs:1: policy -> engine::schedule::Schedule"]
    );
    let gathered = "use crate::{units, simulation};\n";
    assert_eq!(check("src/policy/reason.rs", gathered), ["src/policy/reason.rs:1: policy -> "]);
    let climbing = "use super::super::simulation::world::World;\n";
    assert_eq!(check("src/policy/reason.rs", climbing), ["src/policy/reason.rs:1: policy -> super::super"]);
    assert_eq!(check("src/parlour/mod.rs", "").len(), 1);
    assert!(check("src/policy/reason.rs", "use super::witness::Witness; // crate::cli\n").is_empty());
}
