//! Vectors of the kind `round`: the moves of a first balance round, in order, by release.
//!
//! One collection, one replica, no channels, no growing rows, no tasks, parameters as shipped. Node n is the
//! n-th of `memory` (MiB); `segments` are `[id, rows]` by node; `moves` are `[segment, from, to]` by release.

use super::known_view::{KnownView, Names};
use evenkeel::engine::random::Random;
use evenkeel::policy::balance_policy::Ask;
use evenkeel::policy::build;
use evenkeel::policy::facts::NoFacts;
use evenkeel::policy::parameters::Parameters;
use evenkeel::policy::plan::{Declines, Repeats};
use evenkeel::policy::spec::Balancer;
use evenkeel::policy::view::node::NodeState;
use evenkeel::policy::view::replica::ReplicaView;
use evenkeel::policy::view::segment::Target;
use evenkeel::policy::witness::Unwitnessed;
use evenkeel::release::Release;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct RoundVector {
    balancer: String,
    memory: Vec<u64>,
    segments: BTreeMap<i64, Vec<(i64, u32)>>,
    moves: BTreeMap<String, Vec<(i64, i64, i64)>>,
}

/// Whether every release of the vector plans exactly its moves.
pub(crate) fn check_round(case: &Value) -> Result<(), String> {
    let vector: RoundVector = serde_json::from_value(case.clone()).map_err(|error| error.to_string())?;
    if vector.moves.is_empty() {
        return Err("no release".to_owned());
    }
    for (release, expected) in &vector.moves {
        let found = first_round(&vector, release)?;
        if found != *expected {
            return Err(format!("{release}: {found:?}, expected {expected:?}"));
        }
    }
    Ok(())
}

fn first_round(vector: &RoundVector, release: &str) -> Result<Vec<(i64, i64, i64)>, String> {
    let release: Release = release.parse()?;
    let balancer = Balancer::find(release, &vector.balancer)
        .ok_or_else(|| format!("{release} has no {}", vector.balancer))?;
    let known = known(vector);
    let parameters = Parameters::shipped(release);
    let mut ask = Ask {
        view: &known.view,
        facts: &NoFacts,
        parameters: &parameters,
        random: &mut Random::stream(1, "round"),
        shuffles: false,
        witness: &mut Unwitnessed,
        declined: Declines::default(),
        repeats: Repeats::default(),
    };
    let plan = build(release, balancer).balance_replica(&mut ask, known.replica(1));
    let from = |from: Option<_>| from.map(|node| known.node_id(node)).ok_or("a move from nowhere");
    plan.segments
        .iter()
        .map(|plan| Ok((known.segment_id(plan.segment), from(plan.from)?, known.node_id(plan.to))))
        .collect()
}

fn known(vector: &RoundVector) -> KnownView {
    let channel = "channel".to_owned();
    let nodes = 1..=vector.memory.len() as i64;
    let held = vector.segments.values().flatten();
    let names = Names {
        nodes: nodes.clone().collect(),
        collections: vec![1],
        channels: vec![(channel.clone(), 1)],
        segments: held.map(|(id, rows)| (*id, 1, channel.clone(), *rows)).collect(),
    };
    let mut known = KnownView::new(names, false);
    let mut replica = ReplicaView::new(known.collection(1));
    for (id, memory) in nodes.zip(&vector.memory) {
        let index = known.node(id);
        replica.rw_nodes.push(index);
        let mut node = known.view.node_mut(index);
        (node.state, node.memory_mib) = (NodeState::Normal, *memory);
    }
    known.add_replica(Some(1), replica);
    for (node, segments) in &vector.segments {
        for (segment, rows) in segments {
            known.hold(*node, *segment, *rows);
            known.target(*segment, &[Target::Current, Target::Next]);
        }
    }
    known
}

#[test]
fn a_vector_of_rounds_can_fail() {
    let vector = |moves: &str| {
        let text = format!(
            r#"{{ "id": "x", "kind": "round", "balancer": "RowCountBasedBalancer", "memory": [1, 1],
                  "segments": {{ "1": [[7, 10], [8, 10]] }}, "moves": {moves} }}"#
        );
        check_round(&serde_json::from_str(&text).expect("JSON"))
    };
    assert_eq!(vector(r#"{ "2.5.27": [[7, 1, 2]] }"#), Ok(()));
    assert!(vector(r#"{ "2.5.27": [] }"#).is_err());
    assert!(vector("{}").is_err());
    assert!(vector(r#"{ "2.1.4": [[7, 1, 2]] }"#).is_err());
}
