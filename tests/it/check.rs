//! `check`: expectations, effects, kept figures, and the forms in which it says so.

use super::runs::Draft;
use super::sources::{files, package};
use assert_cmd::Command;
use evenkeel::experiment::baseline::{Baseline, SEEDS};
use evenkeel::experiment::check::{Case, Checked, check};
use evenkeel::experiment::running::Running;
use evenkeel::scenario::{self, overrides::Overrides};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Calls the program in a folder: exit code, standard output, standard error.
fn call(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_evenkeel"));
    let output = program.current_dir(folder).args(arguments).output().expect("the program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}

/// Two nodes, one with twelve segments of a gibibyte: 2.1 evens them out within a minute.
fn uneven(name: &str, timeline: &Value, expect: &Value) -> Value {
    json!({
        "version": 1, "name": name, "milvus": { "version": "2.1.4" }, "duration": "5m",
        "query_nodes": [ { "count": 2, "memory": "16GiB" } ],
        "collections": [ { "name": "book", "bytes_per_row": 1024, "placement": { "only": [1] },
            "segments": { "count": 12, "rows": { "constant": 1_048_576 } } } ],
        "timeline": timeline, "expect": expect,
    })
}

fn write(path: &Path, scenario: &Value) {
    fs::write(path, format!("{scenario:#}")).expect("a writable file");
}

/// A folder `scenarios` with one scenario that holds.
fn desk() -> (tempfile::TempDir, PathBuf) {
    let desk = tempfile::tempdir().expect("a folder");
    fs::create_dir(desk.path().join("scenarios")).expect("a folder");
    let file = desk.path().join("scenarios/uneven.json");
    write(&file, &uneven("uneven", &json!([]), &json!([{ "metric": "moves.completed", "at_least": 1 }])));
    (desk, file)
}

/// Checks one scenario in memory.
fn checked(scenario: &Value) -> Checked {
    let scenario = scenario::parse(&scenario.to_string(), "example", &Overrides::default());
    let scenario = Arc::new(scenario.unwrap_or_else(|faults| panic!("{}", faults[0])));
    let case = Case { first_seed: scenario.seed, scenario, baseline: None, seeds: 1 };
    let mut done = check(&[case], 1, &Running::start, &|_| {});
    done.remove(0).expect("it can be placed")
}

#[test]
fn what_is_kept_is_held_against_the_next_run() {
    let (desk, file) = desk();
    let (code, printed, complaints) = call(desk.path(), &["check"]);
    assert_eq!((code, complaints.as_str()), (0, ""));
    assert_eq!(printed, "ok      uneven: 1 expectation; no baseline is kept\n1 scenario, 1 run: all hold.\n");
    let (code, printed, _) = call(desk.path(), &["check", "--bless"]);
    assert_eq!((code, printed.contains("kept now (20 seeds)")), (0, true), "{printed}");
    let (code, printed, _) = call(desk.path(), &["check"]);
    assert_eq!((code, printed.contains("as kept (20 seeds)")), (0, true), "{printed}");
    // A threshold that nothing reaches: the gap stays.
    let lazy = ["check", "--set", "queryCoord.memoryUsageMaxDifferencePercentage=95"];
    let (code, printed, _) = call(desk.path(), &lazy);
    assert_eq!(code, 1);
    assert!(printed.contains("FAILED  uneven: 1 expectation; worse than kept (20 seeds)\n"), "{printed}");
    assert!(printed.contains("worse: skew.end.max_difference 0.25 -> 0.75"), "{printed}");
    assert!(printed.contains("expectation: moves.completed is 0, not at least 1"), "{printed}");
    // The scenario itself becomes so, and the author keeps it.
    let mut scenario: Value = serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
    scenario["milvus"]["config"] = json!({ "queryCoord.memoryUsageMaxDifferencePercentage": 95 });
    scenario["expect"] = json!([]);
    write(&file, &scenario);
    let (code, printed, _) = call(desk.path(), &["check", "--bless"]);
    assert_eq!(code, 0);
    assert!(printed.contains("renewed (20 seeds)"), "{printed}");
    assert!(
        printed.contains("worse: skew.end.max_difference 0.25 -> 0.75"),
        "it shows what changes: {printed}"
    );
    assert_eq!(call(desk.path(), &["check"]).0, 0);
}

#[test]
fn a_wrong_call_runs_nothing() {
    let (desk, file) = desk();
    let empty = desk.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    fs::create_dir(desk.path().join("scenarios/baselines")).expect("a folder");
    fs::write(desk.path().join("scenarios/baselines/uneven.json"), "{}").expect("a file");
    let wrong = desk.path().join("wrong.json");
    fs::write(&wrong, "{}").expect("a file");
    let wrong = wrong.to_str().expect("UTF-8");
    for (arguments, fault) in [
        (["check", "nowhere"], "cannot read nowhere"),
        (["check", "empty"], "empty: no *.json in this folder; give scenario files"),
        (["check", wrong], "\"name\" is missing"),
        (["check", "scenarios"], "its format is null, this evenkeel keeps 1; renew it with check --bless"),
        (["check", "--seeds=65"], "65 is not in 1..=64"),
    ] {
        let (code, printed, complaints) = call(desk.path(), &arguments);
        assert_eq!((code, printed.as_str()), (2, ""), "{arguments:?}: {complaints}");
        assert!(complaints.contains(fault), "{complaints}");
    }
    let (code, _, complaints) = call(desk.path(), &["check", "--bless", "--seed", "4"]);
    assert_eq!(code, 2);
    assert!(complaints.contains("leave --seed out, or change the file"), "{complaints}");
    assert_eq!(call(desk.path(), &["check", "--bless"]).0, 0, "what cannot be read is replaced");
    assert_eq!(call(desk.path(), &["check", file.to_str().expect("UTF-8")]).0, 0);
}

#[test]
fn every_form_says_the_same() {
    let (desk, _) = desk();
    let bad = uneven("failing", &json!([]), &json!([{ "metric": "moves.completed", "at_most": 2 }]));
    write(&desk.path().join("scenarios/failing.json"), &bad);
    let forms = ["check", "--format", "json", "--junit", "junit.xml", "--summary", "summary.md"];
    let (code, printed, _) = call(desk.path(), &forms);
    assert_eq!(code, 1);
    let said: Value = serde_json::from_str(&printed).expect("JSON");
    let fault = "expectation: moves.completed is 4, not at most 2";
    assert_eq!(said["scenarios"][0]["scenario"], "failing", "files in name order");
    assert_eq!(said["scenarios"][0]["faults"], json!([fault]));
    assert_eq!((&said["holds"], &said["scenarios"][1]["holds"]), (&json!(false), &json!(true)));
    let read = |name: &str| fs::read_to_string(desk.path().join(name)).expect("a file");
    let junit = read("junit.xml");
    assert!(junit.contains("tests=\"2\"") && junit.contains("failures=\"1\""), "{junit}");
    assert!(junit.contains(fault) && !junit.contains("timestamp"), "{junit}");
    let summary = read("summary.md");
    assert!(summary.contains("2 scenarios, 2 runs: 1 does not hold."), "{summary}");
    assert!(summary.contains(&format!("| failing | {fault} |")), "{summary}");
    let (_, printed, _) = call(desk.path(), &["check", "--format", "markdown"]);
    assert_eq!(printed, summary);
    let (code, printed, complaints) = call(desk.path(), &["check", "--quiet"]);
    assert_eq!((code, printed.as_str(), complaints.as_str()), (1, "", ""));
}

#[test]
fn an_entry_without_effect_is_told() {
    let entry = |verb: &str, arguments: Value| json!({ "at": "2m", verb: arguments });
    let move_1_to_2 = json!({ "collection_name": "book", "src_node_id": 1, "dst_node_ids": [2] });
    for (verb, arguments, reason) in [
        ("load_balance", json!({ "collection_name": "book", "src_node_id": 9 }), "was refused with code 1: "),
        ("load_balance", move_1_to_2, ""),
        (
            "slow_query_node",
            json!({ "id": 1, "factor": 2 }),
            "the query node loaded nothing while it was slow",
        ),
        ("lose_heartbeats", json!({ "id": 1, "for": "1s" }), "the session outlived the loss of heartbeats"),
        ("lose_heartbeats", json!({ "id": 1, "for": "90s" }), ""),
        ("fail_loads", json!({ "query_node": 1 }), "no load failed because of it"),
        ("restart_query_coord", json!({ "down": "1s" }), ""),
        ("seal", json!({ "collection_name": "book" }), "there were no growing rows to seal"),
        (
            "delete_rows",
            json!({ "collection_name": "book", "rows": 1 }),
            "the rows never left: no compaction of the collection came after it",
        ),
        (
            "set_config",
            json!({ "queryCoord.memoryUsageMaxDifferencePercentage": 20 }),
            "the keys had these values already, or nobody reads them before the end of the run",
        ),
        ("stop_query_node", json!({ "id": 2 }), ""),
        ("kill_query_node", json!({ "id": 2 }), ""),
        ("add_query_node", json!({ "id": 3, "memory": "16GiB" }), ""),
        ("load_collection", json!({ "collection_name": "book" }), "moved, loaded and released nothing"),
        ("release_collection", json!({ "collection_name": "book" }), ""),
    ] {
        let mut entry = entry(verb, arguments);
        let found = checked(&uneven("example", &json!([entry]), &json!([]))).in_vain;
        let found: Vec<&str> = found.iter().map(|one| one.reason.as_str()).collect();
        match reason {
            "" => assert_eq!(found, Vec::<&str>::new(), "{entry}"),
            reason => assert!(found.len() == 1 && found[0].starts_with(reason), "{entry}: {found:?}"),
        }
        entry["may_have_no_effect"] = json!(true);
        assert!(checked(&uneven("example", &json!([entry]), &json!([]))).holds(), "{entry}");
    }
}

#[test]
fn a_copy_of_segments_has_an_effect_and_one_of_channels_has_none() {
    let segments: Vec<Value> =
        (11..15).map(|id| json!({ "id": id, "rows": 10, "memory": 1, "query_node": 1 })).collect();
    let copied = |entry: Value| {
        let draft = Draft::new(
            json!([{ "id": 1, "memory": "1GiB" }, { "id": 2, "memory": "1GiB" }]),
            json!([{ "name": "book", "replicas": [{ "query_nodes": [1, 2], "shard_leaders": [1] }],
                     "segments": segments }]),
        );
        let draft =
            draft.release("2.5.27").config("queryCoord.autoBalance", false).with("", "duration", "20s");
        let scenario: Value =
            serde_json::from_str(&draft.with("", "timeline", json!([entry])).text()).expect("JSON");
        checked(&scenario).in_vain.into_iter().map(|one| one.reason).collect::<Vec<String>>()
    };
    let entry = |verb: &str, id: i64| json!({ "at": "5s", verb: { "source_node_id": id, "target_node_id": 3 - id, "copy_mode": true } });
    assert_eq!(copied(entry("transfer_segment", 1)), Vec::<String>::new());
    let in_vain = ["moved, loaded and released nothing"];
    assert_eq!(copied(entry("transfer_channel", 1)), in_vain, "a channel that is there can only be moved");
    assert_eq!(copied(entry("transfer_segment", 2)), in_vain, "it holds none");
}

#[test]
fn effects_that_come_later_count() {
    let restart = json!({ "at": "3m", "restart_query_coord": { "down": "1s" } });
    let key = json!({ "at": "2m", "set_config": { "queryCoord.memoryUsageMaxDifferencePercentage": 20 } });
    let holds = |timeline: Value| checked(&uneven("example", &timeline, &json!([]))).holds();
    assert!(holds(json!([key, restart])), "read at the next start");
    let mut late = key.clone();
    late["at"] = json!("4m");
    assert!(!holds(json!([restart, late])), "and not before");
    let again = json!({ "at": "3m", "kill_query_node": { "id": 2 } });
    let first = json!({ "at": "2m", "kill_query_node": { "id": 2 } });
    assert!(!holds(json!([first, again])), "a dead node cannot be killed");
    let failing = json!({ "at": "0s", "fail_loads": { "query_node": 2, "count": 1 } });
    assert!(holds(json!([failing])), "the first move fails");
}

#[test]
fn an_expectation_that_cannot_fail_is_none() {
    let expect = json!([{ "metric": "moves.failed", "at_least": 0 }]);
    let found = checked(&uneven("example", &json!([]), &expect));
    assert_eq!(found.idle[0].reason, "moves.failed is never below 0");
    assert!(!found.holds());
    let expect = json!([{ "metric": "moves.net_zero_ratio", "at_most": 0.1 }]);
    assert!(checked(&uneven("example", &json!([]), &expect)).holds(), "there are moves to judge");
    let mut quiet = uneven("example", &json!([]), &expect);
    quiet["milvus"]["config"] = json!({ "queryCoord.autoBalance": false });
    assert_eq!(checked(&quiet).idle[0].reason, "no move was completed that could have been in vain");
}

#[test]
fn every_shipped_scenario_has_a_baseline_of_its_own() {
    let is_kept = |name: &str| name.starts_with("scenarios/baselines/");
    let (kept, scenarios): (Vec<_>, Vec<_>) =
        files("scenarios", &["json"]).into_iter().partition(|source| is_kept(&source.name));
    let of = |name: &str| name.replace("scenarios/", "scenarios/baselines/");
    let expected: Vec<String> = scenarios.iter().map(|source| of(&source.name)).collect();
    let found: Vec<String> = kept.iter().map(|source| source.name.clone()).collect();
    assert_eq!(found, expected, "renew them with check --bless");
    for source in kept {
        let baseline =
            Baseline::parse(&source.text).unwrap_or_else(|fault| panic!("{}: {fault}", source.name));
        assert_eq!(baseline.seeds(), SEEDS as usize, "{}", source.name);
        assert!(source.name.ends_with(&format!("/{}.json", baseline.scenario)), "{}", source.name);
        assert_eq!(baseline.to_json(), source.text, "{}", source.name);
    }
}

#[test]
fn shipped_scenarios_are_as_good_as_kept() {
    let shipped = ["overloaded_node_is_relieved", "the_fullest_node_gives_until_the_gap_is_under_the_limit"];
    let files = shipped.map(|name| format!("scenarios/{name}.json"));
    let arguments: Vec<&str> = ["check"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let (code, printed, complaints) = call(package(), &arguments);
    assert_eq!((code, complaints.as_str()), (0, ""), "{printed}");
    assert!(printed.ends_with("2 scenarios, 40 runs: all hold.\n"), "{printed}");
}
