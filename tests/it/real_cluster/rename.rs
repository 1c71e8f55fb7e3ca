//! The same recording under other ids.
//!
//! Milvus walks nodes and segments in the order of hash maps, the simulation by ascending id. What changes when
//! equal things get each other's ids is therefore not determined by Milvus's rules.

use super::events::Change;
use super::outcome::Outcome;
use super::recording::Recording;
use super::samples::{Placement, Sample};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Other ids for nodes and segments; an id that is not named keeps itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Renaming {
    nodes: BTreeMap<i64, i64>,
    segments: BTreeMap<i64, i64>,
}

impl Renaming {
    /// Gives each other's ids to the query nodes, and to the segments of a collection. Number 0 leaves everything as it is.
    pub(crate) fn of(recording: &Recording, number: u64) -> Renaming {
        let mut renaming = Renaming::default();
        if number == 0 {
            return renaming;
        }
        let mut state = number;
        let mut nodes: Vec<i64> = recording.query_nodes.iter().copied().collect();
        for timed in &recording.changes {
            if let Change::Start(ids) = &timed.change {
                nodes.extend(ids);
            }
        }
        shuffle(&nodes, &mut state, &mut renaming.nodes);
        for (_, collection) in recording.start.answered() {
            let segments: Vec<i64> = collection.segments.keys().copied().collect();
            shuffle(&segments, &mut state, &mut renaming.segments);
        }
        renaming
    }

    fn back(&self) -> Renaming {
        let turned = |map: &BTreeMap<i64, i64>| map.iter().map(|(from, to)| (*to, *from)).collect();
        Renaming { nodes: turned(&self.nodes), segments: turned(&self.segments) }
    }

    fn node(&self, id: i64) -> i64 {
        self.nodes.get(&id).copied().unwrap_or(id)
    }

    fn segment(&self, id: i64) -> i64 {
        self.segments.get(&id).copied().unwrap_or(id)
    }

    fn set(&self, nodes: &BTreeSet<i64>) -> BTreeSet<i64> {
        nodes.iter().map(|node| self.node(*node)).collect()
    }

    fn placement(&self, placement: &Placement) -> Placement {
        placement.iter().map(|(segment, nodes)| (self.segment(*segment), self.set(nodes))).collect()
    }

    /// A text with the ids that follow the words `node` and `segment`.
    fn text(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(|letter: char| letter.is_ascii_digit()) {
            let (before, from) = rest.split_at(at);
            let end = from.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(from.len());
            let (digits, after) = from.split_at(end);
            out.push_str(before);
            let number = digits.parse::<i64>().ok();
            let is_node = before.ends_with("node ") || before.ends_with("node=");
            let new = match number {
                Some(id) if is_node => Some(self.node(id)),
                Some(id) if before.ends_with("segment ") => Some(self.segment(id)),
                _ => None,
            };
            out.push_str(&new.map_or(digits.to_owned(), |id| id.to_string()));
            rest = after;
        }
        out + rest
    }

    fn list(list: &Value, rename: impl Fn(i64) -> i64) -> Value {
        match list.as_array() {
            Some(ids) => ids.iter().map(|id| json!(id.as_i64().map(&rename))).collect(),
            None => list.clone(),
        }
    }

    fn change(&self, change: &Change) -> Change {
        match change {
            Change::Start(ids) => Change::Start(ids.iter().map(|id| self.node(*id)).collect()),
            Change::Stop(id) => Change::Stop(self.node(*id)),
            Change::Kill(id) => Change::Kill(self.node(*id)),
            other => other.clone(),
        }
    }

    fn sample(&self, sample: &Sample) -> Sample {
        let mut sample = sample.clone();
        for state in sample.collections.values_mut().flatten() {
            state.segments = self.placement(&state.segments);
            state.replicas = state.replicas.iter().map(|nodes| self.set(nodes)).collect();
            for leader in state.leaders.iter_mut().flat_map(BTreeMap::values_mut) {
                *leader = self.node(*leader);
            }
        }
        sample
    }

    /// The recording with the other ids, as far as a scenario is built from it.
    pub(crate) fn recording(&self, recording: &Recording) -> Recording {
        let mut renamed = recording.clone();
        renamed.start = self.sample(&recording.start);
        renamed.query_nodes = self.set(&recording.query_nodes);
        let machines = recording.machines.iter().map(|(id, machine)| (self.node(*id), *machine));
        renamed.machines = machines.collect();
        renamed.rows = recording.rows.iter().map(|(id, rows)| (self.segment(*id), *rows)).collect();
        let channels = recording.channels.iter();
        renamed.channels = channels.map(|(id, channel)| (self.segment(*id), channel.clone())).collect();
        for ids in renamed.ids.values_mut() {
            ids.replicas = ids.replicas.iter().map(|(nodes, id)| (self.set(nodes), *id)).collect();
        }
        for timed in &mut renamed.changes {
            timed.change = self.change(&timed.change);
        }
        for call in &mut renamed.calls {
            call.source = self.node(call.source);
            call.targets = Renaming::list(&call.targets, |id| self.node(id));
            call.segments = Renaming::list(&call.segments, |id| self.segment(id));
            if let Some(answer) = &mut call.answer {
                answer.text = self.text(&answer.text);
            }
        }
        renamed
    }

    /// What came of the recording with the other ids, under its own.
    pub(crate) fn outcome_back(&self, outcome: Outcome) -> Outcome {
        let back = self.back();
        let mut outcome = outcome;
        outcome.end = back.placement(&outcome.end);
        outcome.left = outcome.left.iter().map(|(node, at_ms)| (back.node(*node), *at_ms)).collect();
        for answered in outcome.answers.iter_mut().flatten() {
            answered.answer.text = back.text(&answered.answer.text);
        }
        outcome
    }
}

/// Maps these ids onto each other in an order that `state` decides.
fn shuffle(ids: &[i64], state: &mut u64, map: &mut BTreeMap<i64, i64>) {
    let mut order = ids.to_vec();
    for last in (1..order.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, ((*state >> 33) % (last as u64 + 1)) as usize);
    }
    map.extend(ids.iter().copied().zip(order));
}

#[test]
fn ids_in_texts_follow_their_words() {
    let renaming = Renaming { nodes: [(7, 9)].into(), segments: [(70, 71)].into() };
    let text = "attempt #7: segment 70 not found in source node 7, replica 7[node=7]";
    let renamed = "attempt #7: segment 71 not found in source node 9, replica 7[node=9]";
    assert_eq!(renaming.text(text), renamed);
    assert_eq!(renaming.back().text(renamed), text);
}

#[test]
fn every_id_goes_to_one_id() {
    let mut map = BTreeMap::new();
    shuffle(&[1, 2, 3, 4, 5, 6], &mut 3, &mut map);
    let to: BTreeSet<i64> = map.values().copied().collect();
    assert_eq!(to, (1..=6).collect());
    assert!(map.iter().any(|(from, to)| from != to));
}
