//! Facts of Milvus's own unit tests, each in every release in which it holds.
//!
//! `EVENKEEL_CONFORMANCE` names another folder of facts. A case counts once: it passes when it passes in
//! every release. `cargo test --test it conformance -- --nocapture` names what fails and what is skipped.

use super::conformance_bench::Bench;
use super::conformance_checker;
use super::conformance_checks::check;
use super::conformance_keys::unread;
use super::conformance_legacy;
use super::conformance_operations::Step;
use super::conformance_parts;
use super::conformance_requests;
use super::conformance_state::{NextTarget, list, text};
use super::sources::package;
use evenkeel::release::Release;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Why filters that a test makes up cannot be applied.
const OWN_FILTERS: &str = "filters of the test's own have no counterpart";

/// Single cases that have no counterpart, each with its reason.
const SKIPPED_CASES: &[(&str, &str)] = &[(
    "balance-checker/balance-checker-generate-balance-tasks-from-replicas-nil-replica/unknown-replica",
    "only replicas that exist can be named here",
)];

/// The release that a label stands for.
fn release(label: &str) -> Result<Release, String> {
    match label {
        "2.5.0-eve" => "2.5.0",
        "2.5-tip-2025-12" => "2.5.27",
        "master-2026-07" => "3.0.0",
        "pr-branch-2024-05" => "2.4.2",
        version => version,
    }
    .parse()
}

/// What became of a case.
enum Verdict {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

fn skip_reason(case: &Value) -> Option<&'static str> {
    let id = text(case, "id");
    let is_up = matches!(text(&case["state"], "server"), "" | "healthy");
    let steps = || list(case, "steps").iter().filter(|_| is_up);
    let by_step = || steps().find_map(|step| skipped_step(&step["operation"]));
    let by_case = SKIPPED_CASES.iter().find(|(skipped, _)| *skipped == id);
    by_case.map(|(_, reason)| *reason).or_else(|| skipped_state(&case["state"])).or_else(by_step)
}

/// Why a cluster cannot be staged, by what it is.
fn skipped_state(state: &Value) -> Option<&'static str> {
    let leaves = |replica: &Value| !list(replica, "ro_channel_nodes").is_empty();
    if state["task_id_allocation"] == "fails" {
        Some("ids can always be allocated here")
    } else if list(state, "replicas").iter().any(leaves) {
        Some("a streaming node's query node never leaves here")
    } else {
        None
    }
}

/// Why a step cannot be taken, by what it asks for.
fn skipped_step(operation: &Value) -> Option<&'static str> {
    let is_own = |filter: &Value| filter != "pass all";
    let has_own = list(operation, "filters").iter().any(is_own);
    if operation["context"] == "cancelled" {
        return Some("an allocation is not cancelled from outside here");
    }
    (text(operation, "name") == "filter_collections" && has_own).then_some(OWN_FILTERS)
}

fn judge(case: &Value) -> Verdict {
    if let Some(reason) = skip_reason(case) {
        return Verdict::Skipped(reason);
    }
    let labels: Vec<&str> = list(case, "releases").iter().filter_map(Value::as_str).collect();
    if labels.is_empty() || list(case, "steps").is_empty() {
        return Verdict::Failed("no release or no step".to_owned());
    }
    for label in labels {
        // What cannot be staged fails, and lets the other cases run.
        let run = std::panic::catch_unwind(|| run_case(case, label));
        if let Err(error) = run.unwrap_or_else(|_| Err("it cannot be staged: see the panic".to_owned())) {
            return Verdict::Failed(format!("{label}: {error}"));
        }
    }
    Verdict::Passed
}

/// Runs all steps of a case for one release.
fn run_case(case: &Value, label: &str) -> Result<(), String> {
    let release = release(label)?;
    let source = list(case, "sources").iter().find(|source| source["release"] == label);
    let next = match source.map(|source| text(source, "next_target")) {
        Some("same_as_current") => NextTarget::SameAsCurrent,
        _ => NextTarget::Cleared,
    };
    let (mut state, mut config) = (case["state"].clone(), case["config"].clone());
    let mut bench = None;
    for (number, step) in list(case, "steps").iter().enumerate() {
        change(&mut state, &mut config, &step["change"])?;
        let (policy, operation) = (text(case, "policy"), &step["operation"]);
        let added = &step["change"]["add_node"];
        if matches!(policy, "BalanceChecker" | "ManualOps") {
            if step["change"]["replace"].is_object() || step["change"]["inflight"].is_object() {
                // Another state: the coordinator begins anew with it.
                bench = None;
            }
            let bench = bench.get_or_insert_with(|| Bench::new(&state, &config, operation, release));
            let found = if text(operation, "name") == "check" {
                Some(conformance_checker::check(&state, &config, release))
            } else {
                conformance_checker::run(bench, &state, step, release)
                    .or_else(|| conformance_requests::run(bench, step))
            };
            found
                .ok_or_else(|| format!("unknown operation {operation}"))
                .and_then(|found| conformance_requests::check(&step["expected"], &found))
                .map_err(|error| format!("step {number}: {error}"))?;
            continue;
        }
        if let (true, Some(nodes)) = (added.is_object(), state["nodes"].as_array_mut()) {
            nodes.push(added.clone());
        }
        let step_run = Step { policy, state: &state, config: &config, operation, release, next };
        let found = conformance_parts::run(&state, &config, operation, release)
            .or_else(|| (policy == "Legacy21").then(|| conformance_legacy::run(&state, operation)).flatten())
            .map_or_else(|| step_run.run(), Ok)
            .map_err(|error| format!("step {number}: {error}"))?;
        let judged = if step["expected"]["error"].is_object() {
            conformance_requests::check(&step["expected"], &found)
        } else {
            judge_step(&step["expected"], &found)
        };
        judged.map_err(|error| format!("step {number}: {error}"))?;
    }
    Ok(())
}

/// Changes the state for this and the following steps.
fn change(state: &mut Value, config: &mut Value, change: &Value) -> Result<(), String> {
    for (key, value) in change.as_object().into_iter().flatten() {
        let fields = value.as_object().into_iter().flatten();
        match key.as_str() {
            "replace" => fields.for_each(|(field, list)| state[field] = list.clone()),
            "config" => fields.for_each(|(field, setting)| config[field] = setting.clone()),
            "inflight" => state["inflight"] = value.clone(),
            // The coordinator's own steps see to it.
            "add_node" => {}
            other => return Err(format!("unknown change {other:?}")),
        }
    }
    Ok(())
}

/// Checks a step; a sequence of balances is checked entry by entry.
fn judge_step(expected: &Value, found: &Value) -> Result<(), String> {
    if !expected["each"].is_object() {
        return check(expected, found);
    }
    let each = list(found, "each");
    for (place, entry) in each.iter().enumerate() {
        check(&expected["each"], entry).map_err(|error| format!("collection {}: {error}", place + 1))?;
        let nodes = list(expected, "equal_target_totals_after_every_even_collection");
        let totals: Vec<&Value> =
            nodes.iter().map(|node| &entry["target_totals"][node.to_string()]).collect();
        if totals.iter().any(|total| total.is_null()) {
            return Err(format!("not all of {nodes:?} are nodes"));
        }
        if place % 2 == 1 && totals.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err(format!("collection {}: targets hold {totals:?}", place + 1));
        }
    }
    let last = &each.last().ok_or("no collection")?["target_totals"];
    for (node, total) in expected["final_target_totals"].as_object().into_iter().flatten() {
        if last[node] != *total {
            return Err(format!("node {node} ends with {}, expected {total}", last[node]));
        }
    }
    Ok(())
}

/// The facts of Milvus's tests.
fn folder() -> PathBuf {
    std::env::var_os("EVENKEEL_CONFORMANCE")
        .map_or_else(|| package().join("tests/it/conformance"), PathBuf::from)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of facts");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.retain(|path| path.file_name().is_some_and(|name| name != "INDEX.json"));
    files.sort();
    files
}

#[test]
fn every_fact_of_milvus_holds() {
    let (passed, failed, skipped) = count(&folder());
    println!("conformance: {passed} passed, {failed} failed, {skipped} skipped");
    assert!(failed == 0 && passed > 0, "conformance: {passed} passed, {failed} failed");
}

/// What the specifications say and no given case shows, in the form of the cases.
#[test]
fn cases_of_our_own_hold() {
    let (passed, failed, skipped) = count(&package().join("tests/it/conformance_own"));
    assert!(
        failed + skipped == 0 && passed > 0,
        "own cases: {passed} passed, {failed} failed, {skipped} skipped"
    );
}

/// A file of cases: one that cannot be read, or has none, must not go unnoticed nor keep the others from running.
fn read(file: &Path) -> Result<Value, String> {
    let content = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let content: Value = serde_json::from_str(&content).map_err(|error| error.to_string())?;
    if list(&content, "cases").is_empty() { Err("no cases".to_owned()) } else { Ok(content) }
}

/// Passed, failed and skipped cases of a folder; names those that do not pass.
fn count(folder: &Path) -> (u32, u32, u32) {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in files(folder) {
        let content = match read(&file) {
            Ok(content) => content,
            Err(error) => {
                failed += 1;
                println!("failed {}: {error}", file.display());
                continue;
            }
        };
        for case in list(&content, "cases") {
            let id = text(case, "id");
            for key in unread(case) {
                println!("unread {id}: {key}");
            }
            match judge(case) {
                Verdict::Passed => passed += 1,
                Verdict::Failed(error) => {
                    failed += 1;
                    println!("failed {id}: {error}");
                }
                Verdict::Skipped(reason) => {
                    skipped += 1;
                    println!("skipped {id}: {reason}");
                }
            }
        }
    }
    (passed, failed, skipped)
}

#[test]
fn a_file_that_is_no_file_of_cases_fails_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("a.json", "{ no JSON");
    write("b.json", "{ \"cases\": 7 }");
    let case = json!({
        "id": "x", "policy": "PolicySelection", "releases": ["2.5.27"], "state": {},
        "config": { "queryCoord.balancer": "RowCountBasedBalancer" },
        "steps": [{ "operation": { "name": "select_balancer" }, "expected": { "selected": "RowCountBased" } }],
    });
    write(
        "c.json",
        &json!({ "cases": [case, { "id": "y", "releases": ["2.5.27"], "steps": [{}] }, 7] }).to_string(),
    );
    write("INDEX.json", "is not read");
    assert_eq!(count(folder.path()), (1, 4, 0));
}

#[test]
fn what_a_request_says_and_nobody_understands_is_named() {
    let request = |fields: Value| {
        let case = json!({
            "id": "x", "policy": "ManualOps", "releases": ["2.5.27"], "config": {},
            "state": {
                "nodes": [{ "id": 1, "state": "normal" }, { "id": 2, "state": "normal" }],
                "collections": [{ "id": 1, "load_status": "loaded" }],
                "replicas": [{ "id": 1, "collection": 1, "rw_nodes": [1, 2] }],
            },
            "steps": [{
                "operation": { "name": "transfer_segment_request", "request": fields },
                "expected": { "result": { "check": "success" }, "tasks": { "check": "count", "count": 0 } },
            }],
        });
        match judge(&case) {
            Verdict::Passed => String::new(),
            Verdict::Failed(error) => error,
            Verdict::Skipped(reason) => reason.to_owned(),
        }
    };
    assert_eq!(
        request(json!({ "source": "$src", "target": "$dst", "transfer_all": true, "copy_mode": true })),
        ""
    );
    let error = request(json!({ "source": 1, "target": 2, "transfer_half": true }));
    assert_eq!(error, "2.5.27: step 0: unknown: field \"transfer_half\" of the request");
}

#[test]
fn facts_that_do_not_hold_are_found() {
    let mut case = json!({
        "id": "x", "policy": "RoundRobin", "operations": ["assign_segments"], "releases": ["2.5.27"],
        "state": { "nodes": [{ "id": 1, "state": "normal" }] },
        "steps": [{
            "operation": { "name": "assign_segments", "segments": [{ "id": 1 }], "candidate_nodes": [1] },
            "expected": { "segment_moves": { "check": "count", "count": 1 } },
        }],
    });
    assert!(matches!(judge(&case), Verdict::Passed));
    case["steps"][0]["expected"]["segment_moves"]["count"] = json!(2);
    assert!(matches!(judge(&case), Verdict::Failed(_)));
    case["releases"] = json!(["0.9"]);
    assert!(matches!(judge(&case), Verdict::Failed(_)));
    case["id"] = json!(SKIPPED_CASES[0].0);
    assert!(matches!(judge(&case), Verdict::Skipped(_)));
}
