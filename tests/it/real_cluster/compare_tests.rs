//! Comparisons of hand-made recordings: what is equal passes, and each kind of difference is named.

use super::calls::{Answer, Call};
use super::compare::compare;
use super::events::{Change, Timed};
use super::outcome::{Answered, Outcome};
use super::recording::Recording;
use super::samples::{Placement, Places, Sample};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

fn placement(pairs: &[(i64, i64)]) -> Placement {
    pairs.iter().map(|(segment, node)| (*segment, [*node].into())).collect()
}

/// Segments 1 and 2 on node 7; segment 2 moves to node 8 at `moved_ms`.
fn moved(moved_ms: u64) -> Places {
    let mut places = Places::new(BTreeMap::new(), placement(&[(1, 7), (2, 7)]));
    places.add(moved_ms - 1, 2, 8);
    places.remove(moved_ms, 2, 7);
    places
}

/// Node 8 starts after 3 s, a segment moves there by 5 s, and a call to an unknown node is refused.
fn recording() -> Recording {
    let places = moved(5000);
    let refusal = Answer { is_success: false, code: 901, text: "node not found[node=9]".to_owned() };
    Recording {
        name: "made".to_owned(),
        release: "2.3.5".to_owned(),
        balancer: None,
        config: Map::new(),
        session_ttl_s: None,
        bytes_per_row: 72,
        start: Sample::default(),
        unloaded: BTreeSet::new(),
        loads: Vec::new(),
        rows: [(1, 100), (2, 200)].into(),
        channels: BTreeMap::new(),
        ids: BTreeMap::new(),
        query_nodes: [7].into(),
        machines: BTreeMap::new(),
        changes: vec![Timed { at_ms: 3000, change: Change::Start(vec![8]) }],
        exits: Vec::new(),
        calls: vec![Call {
            label: "unknown".to_owned(),
            at_ms: 9000,
            took_ms: 1,
            collection: "coll".to_owned(),
            source: 9,
            targets: Value::Null,
            segments: Value::Null,
            answer: Some(refusal),
        }],
        end: Some(places.placement()),
        places,
        is_sampled: true,
        settled: Vec::new(),
        end_ms: 10_000,
    }
}

/// A run that does exactly that.
fn same() -> Outcome {
    let recording = recording();
    let answers = recording.calls.iter().map(|call| {
        let answer = call.answer.clone()?;
        Some(Answered { answer, took_ms: call.took_ms })
    });
    Outcome {
        answers: answers.collect(),
        end: recording.places.placement(),
        places: recording.places,
        left: BTreeMap::new(),
    }
}

fn errors(runs: &[Outcome]) -> Vec<String> {
    compare(&recording(), runs).errors
}

#[test]
fn what_is_equal_passes() {
    assert_eq!(errors(&[same(), same()]), Vec::<String>::new());
}

#[test]
fn one_segment_elsewhere_fails_and_passes_where_runs_differ() {
    let other = Outcome { end: placement(&[(1, 8), (2, 7)]), ..same() };
    let found = errors(&[other.clone(), other.clone()]);
    assert_eq!(found, ["2 segments end elsewhere: 1 on 8, recorded 7, 2 on 7, recorded 8"]);
    assert_eq!(errors(&[other, same()]), Vec::<String>::new());
}

#[test]
fn another_number_of_rows_per_node_fails() {
    let found = errors(&[
        Outcome { end: placement(&[(1, 7), (2, 7)]), ..same() },
        Outcome { end: placement(&[(1, 8), (2, 8)]), ..same() },
    ]);
    assert_eq!(found, ["rows and segments of the nodes: [(300, 2)], recorded [(200, 1), (100, 1)]"]);
}

#[test]
fn too_slow_and_too_fast_fail() {
    let slow = Outcome { places: moved(7001), ..same() };
    let expected = "settled after the start of node 8: 4.001 s, recorded 2.000 s";
    assert_eq!(errors(&[slow]), [expected]);
    assert_eq!(errors(&[Outcome { places: moved(7000), ..same() }]), Vec::<String>::new());
    assert_eq!(errors(&[Outcome { places: moved(3500), ..same() }]), Vec::<String>::new());
    assert_eq!(errors(&[Outcome { places: moved(3499), ..same() }]).len(), 1);
}

#[test]
fn another_number_of_moves_fails() {
    let mut places = moved(5000);
    places.add(5000, 1, 8);
    places.remove(5000, 1, 7);
    assert_eq!(errors(&[Outcome { places, ..same() }]), ["moves: 2, recorded 1"]);
}

#[test]
fn another_answer_fails() {
    let answer = Answer { is_success: true, code: 0, text: String::new() };
    let run = Outcome { answers: vec![Some(Answered { answer, took_ms: 1 })], ..same() };
    assert_eq!(errors(&[run]), ["\"unknown\": success, recorded 901 \"node not found[node=9]\""]);
    let run = Outcome { answers: vec![None], ..same() };
    assert_eq!(errors(&[run]), ["\"unknown\": no answer, recorded 901 \"node not found[node=9]\""]);
}

#[test]
fn a_node_that_never_leaves_fails() {
    let mut recording = recording();
    recording.changes.push(Timed { at_ms: 6000, change: Change::Stop(8) });
    recording.exits.push((8, 7000));
    let found = compare(&recording, &[same()]).errors;
    assert_eq!(found, ["node 8 left: never, recorded 1.000 s"]);
    let left = [(8, 7500)].into();
    assert_eq!(compare(&recording, &[Outcome { left, ..same() }]).errors, Vec::<String>::new());
}
