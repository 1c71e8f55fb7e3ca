//! What is known of the recordings that are kept here.

use super::events::Change;
use super::own;
use super::rebuild::scenario;
use super::recording::{Recording, Unread, folders, read};
use serde_json::Value;

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
        assert_eq!(recording.is_load, name.ends_with("-1load"), "{name}");
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
    let rows: u64 =
        (add.end.iter().filter(|(_, nodes)| nodes.contains(&10))).map(|(id, _)| add.rows[id]).sum();
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

/// A kept recording without some of its files.
fn without(name: &str, files: &[&str]) -> Result<Recording, Unread> {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(own().join(name)).expect("a recording") {
        let path = entry.expect("an entry").path();
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !files.iter().any(|start| file.starts_with(start)) {
            std::fs::copy(&path, folder.path().join(&file)).expect("a copy");
        }
    }
    read(folder.path())
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
    assert_eq!(dumped.calls, whole.calls);
    let bare = without("score-2addnode", &["rows", "plans", "tasks"]).expect("the rest is enough");
    assert_eq!(bare.rows.len(), 24);
}
