//! What is known of the recordings that are kept here.

use super::events::Change;
use super::own;
use super::rebuild::scenario;
use super::recording::{Recording, Unread, folders, read};
use evenkeel::scenario::overrides::Overrides;
use evenkeel::scenario::parse;
use serde_json::Value;
use std::path::Path;

fn kept(name: &str) -> Recording {
    read(&own().join(name)).expect("a recording that can be read")
}

#[test]
fn every_kept_recording_is_read() {
    let folders = folders(&own());
    assert_eq!(folders.len(), 22);
    for folder in folders {
        let recording = read(&folder).unwrap_or_else(|unread| panic!("{}: {unread:?}", folder.display()));
        let name = &recording.name;
        assert_eq!(!recording.unloaded.is_empty(), name.ends_with("-1load"), "{name}");
        let segments = recording.start.placement();
        assert!(segments.keys().all(|id| recording.rows.contains_key(id)), "{name}: rows");
        assert!(recording.query_nodes.len() <= 6, "{name}: {:?}", recording.query_nodes);
        let text = scenario(&recording, 3, 0);
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["seed"], 3, "{name}");
    }
}

#[test]
fn segments_moves_and_times_are_those_of_the_cluster() {
    let add = kept("score-2addnode");
    assert_eq!((add.release.as_str(), add.balancer.as_deref()), ("2.3.5", Some("ScoreBasedBalancer")));
    assert_eq!(add.start.placement().len(), 24);
    assert_eq!(add.rows.values().sum::<u64>(), 58_700);
    assert_eq!(add.changes.len(), 1);
    assert_eq!(add.changes[0].change, Change::Start(vec![10]));
    assert_eq!(add.places.moves, 20, "15 to the new node, then 5 back");
    assert_eq!(add.places.settled_after_ms(add.changes[0].at_ms, u64::MAX), 25_001 - 3013);
    let end = add.end.as_ref().expect("samples to the end");
    let rows: u64 = (end.iter().filter(|(_, nodes)| nodes.contains(&10))).map(|(id, _)| add.rows[id]).sum();
    assert_eq!(rows, 14_400);
}

#[test]
fn processes_are_found_by_port_or_by_when_they_come_and_go() {
    let stop = kept("score-3sigterm");
    assert_eq!(stop.changes[0].change, Change::Stop(8));
    assert_eq!(stop.exits, [(8, 4131)]);
    let toggle = kept("toggle-score");
    assert_eq!(toggle.changes[0].change, Change::Start(vec![8, 9, 10]));
    assert_eq!(toggle.changes[1].change, Change::SetConfig("queryCoord.autoBalance".to_owned(), true.into()));
    let manual = kept("manual");
    assert_eq!(manual.calls.len(), 31);
    assert_eq!(manual.query_nodes.iter().copied().collect::<Vec<_>>(), [7, 8, 9]);
    let changes: Vec<&Change> = manual.changes.iter().map(|timed| &timed.change).collect();
    assert_eq!(changes, [&Change::Start(vec![10]), &Change::Stop(8), &Change::Kill(9)]);
}

#[test]
fn manual_calls_are_made_when_the_cluster_got_them() {
    let manual = kept("manual");
    assert_eq!(manual.start.at_ms, 3003);
    let second = &manual.calls[1];
    assert!(second.at_ms.abs_diff(16_585) < 20, "{}", second.at_ms);
    assert_eq!(manual.places.moves, 37);
}

/// A copy of a kept recording, altered.
fn altered(name: &str, alter: impl FnOnce(&Path)) -> Result<Recording, Unread> {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(own().join(name)).expect("a recording") {
        let path = entry.expect("an entry").path();
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        std::fs::write(folder.path().join(&file), std::fs::read(&path).expect("a file")).expect("a copy");
    }
    alter(folder.path());
    read(folder.path())
}

/// A kept recording without some of its files.
fn without(name: &str, files: &[&str]) -> Result<Recording, Unread> {
    altered(name, |folder| {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            if files.iter().any(|start| file.starts_with(start)) {
                std::fs::remove_file(path).expect("a file");
            }
        }
    })
}

/// A kept recording in one of whose files some words are others.
fn reworded(name: &str, file: &str, from: &str, to: &str) -> Result<Recording, Unread> {
    altered(name, |folder| {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).expect("a text");
        assert!(text.contains(from), "{file}: {from}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("a file");
    })
}

#[test]
fn what_is_missing_is_named_and_a_dump_stands_for_samples() {
    let skipped = |files: &[&str]| match without("score-2addnode", files) {
        Err(Unread::Skipped(reason)) => reason,
        other => panic!("{files:?}: {other:?}"),
    };
    assert_eq!(skipped(&["meta.json"]), "meta.json is missing");
    assert_eq!(skipped(&["events.jsonl"]), "events.jsonl is missing");
    assert_eq!(skipped(&["samples", "dump"]), "neither samples.jsonl nor a dump shows where segments are");
    // Its only dump shows no node that comes later, so a manual recording stands for those with changes.
    let (whole, dumped) = (kept("replica-1manual"), without("replica-1manual", &["samples"]).expect("dumps"));
    let states = |recording: &Recording| recording.start.collections.values().cloned().collect::<Vec<_>>();
    assert_eq!(states(&dumped), states(&whole));
    assert_eq!((&dumped.calls, &dumped.end), (&whole.calls, &None), "it is older than the calls");
    assert_eq!((dumped.is_sampled, whole.is_sampled), (false, true), "dumps tell no moves");
    let bare = without("score-2addnode", &["rows", "plans", "tasks"]).expect("the rest is enough");
    assert_eq!(bare.rows, kept("score-2addnode").rows);
    let flushed = without("score-2addnode", &["rows", "dump", "plans"]).expect("one flush a segment");
    assert_eq!(flushed.rows, bare.rows);
    let shards = without("multi-score-2addnode", &["rows", "dump"]).map(|recording| recording.rows);
    let untold = "neither rows.json nor a dump tells the rows of segment 470607348899974547";
    assert_eq!(shards, Err(Unread::Skipped(untold.to_owned())));
}

#[test]
fn what_is_malformed_is_named_by_file_and_line() {
    let broken = |file: &str, from: &str, to: &str| match reworded("manual", file, from, to) {
        Err(Unread::Broken(reason)) => reason,
        other => panic!("{file}: {other:?}"),
    };
    assert_eq!(
        broken("samples.jsonl", "\":[7]", "\":[\"x\"]"),
        "samples.jsonl:3: \"coll\": \"x\" is no node id"
    );
    assert_eq!(broken("samples.jsonl", "\"segs\"", "\"seg\""), "samples.jsonl:3: \"coll\": no segs");
    let late = broken("events.jsonl", "\"t\": 0.0,", "\"t\": 1000.0,");
    assert_eq!(late, "events.jsonl:2: it is earlier than the line before");
    let calls = broken("events.jsonl", "\"load_balance\"", "\"settled\"");
    assert_eq!(calls, "load_balance.jsonl tells of 31 calls, events.jsonl of 30");
    let status = broken("load_balance.jsonl", "\"status\"", "\"stat\"");
    assert_eq!(status, "load_balance.jsonl:1: neither a status nor an rpc_error");
    let plans = altered("manual", |folder| {
        std::fs::write(folder.join("plans.jsonl"), "{}\n{").expect("a file");
    });
    assert!(
        matches!(&plans, Err(Unread::Broken(reason)) if reason.starts_with("plans.jsonl:2: ")),
        "{plans:?}"
    );
    assert_eq!(
        broken("dump-after_load.json", "\"collections\"", "\"c\""),
        "dump-after_load.json: no collections"
    );
    assert_eq!(
        broken("meta.json", "\"overrides\": {", "\"overrides\": [], \"x\": {"),
        "meta.json: overrides is no object"
    );
    let rows = reworded("manual", "rows.json", ": ", ": -").map(|recording| recording.rows);
    assert!(matches!(&rows, Err(Unread::Broken(reason)) if reason.starts_with("rows.json: ")), "{rows:?}");
    let file = altered("manual", |folder| {
        std::fs::remove_file(folder.join("samples.jsonl")).expect("a file");
        std::fs::create_dir(folder.join("samples.jsonl")).expect("a folder");
    });
    assert!(
        matches!(&file, Err(Unread::Broken(reason)) if reason.starts_with("samples.jsonl: ")),
        "{file:?}"
    );
}

#[test]
fn ids_are_taken_over_without_a_dump() {
    let (whole, bare) =
        (kept("2.3.0-manual"), without("2.3.0-manual", &["dump"]).expect("the rest is enough"));
    assert_eq!(bare.ids["coll"].id, whole.ids["coll"].id);
    let replicas =
        |recording: &Recording| recording.ids["coll"].replicas.values().copied().collect::<Vec<_>>();
    assert_eq!(replicas(&bare), [470_608_346_000_130_049]);
    assert!(replicas(&whole).contains(&470_608_346_000_130_049));
}

#[test]
fn every_query_node_has_its_own_memory() {
    let small = reworded("score-2addnode", "dump-before.json", "25276502016", "104857600").expect("read");
    let memory = |id| small.machine(id).memory_bytes;
    assert_eq!(
        (memory(7), memory(8), memory(10)),
        (104_857_600, 25_276_502_016, 104_857_600),
        "no dump shows 10"
    );
    // What its process used, but for the rows that it holds.
    let placement = small.placement();
    let held = placement.iter().filter(|(_, nodes)| nodes.contains(&7)).map(|(id, _)| small.rows[id]);
    assert_eq!(small.machine(7).base_bytes, 57_679_872 - held.sum::<u64>() * 72);
}

#[test]
fn a_load_after_another_change_is_repeated_too() {
    let moved = |folder: &Path| {
        let events = "{\"t\":0,\"event\":\"etcd_put_autoBalance_true\"}\n\
            {\"t\":0.001,\"event\":\"load_begin\"}\n{\"t\":34,\"event\":\"end\"}\n";
        std::fs::write(folder.join("events.jsonl"), events).expect("a file");
    };
    let recording = altered("score-1load", moved).expect("known events");
    assert_eq!((recording.changes.len(), recording.unloaded.len()), (2, 1));
    assert_eq!(recording.placement().len(), 0, "nothing is loaded when the key is set");
    let of_load = altered("score-1load", |_| {}).expect("a load");
    assert_eq!(recording.places.moves, of_load.places.moves);
    assert_eq!(recording.query_nodes, of_load.query_nodes);
}

#[test]
fn a_folder_may_have_any_name() {
    let mut recording = kept("score-2addnode");
    recording.name = "Any name, as 2.3.5 Ümlaut".to_owned();
    assert!(parse(&scenario(&recording, 0, 0), "recording.json", &Overrides::default()).is_ok());
}
