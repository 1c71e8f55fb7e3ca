//! All trackers: one per distinct set of nodes, found by set and by node.

use super::node_rates::{NodeFigures, NodeRates};
use super::tracker::Tracker;
use crate::metrics::node_set::{Bits, NodeSet};
use crate::model::ids::NodeIndex;
use std::collections::BTreeMap;

/// Place of a tracker; reused once nobody uses the tracker any more.
pub type Slot = u32;

/// All trackers.
#[derive(Debug, Clone, Default)]
pub struct Trackers {
    trackers: Vec<Option<Tracker>>,
    free: Vec<Slot>,
    by_set: BTreeMap<NodeSet, Slot>,
    /// For every node `width` words with one bit per slot: which trackers contain it.
    on_node: Vec<u64>,
    width: usize,
    /// Trackers whose level is due, each once.
    due: Vec<Slot>,
}

impl Trackers {
    /// The tracker at `slot`.
    pub fn at(&self, slot: Slot) -> &Tracker {
        self.trackers[slot as usize].as_ref().expect("only slots in use are kept")
    }

    /// The tracker at `slot`.
    pub fn at_mut(&mut self, slot: Slot) -> &mut Tracker {
        self.trackers[slot as usize].as_mut().expect("only slots in use are kept")
    }

    /// All of them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Tracker> {
        self.trackers.iter_mut().flatten()
    }

    /// Trackers whose level is due.
    pub fn due(&self) -> &[Slot] {
        &self.due
    }

    /// The tracker of `nodes`, made where there is none.
    pub fn of(&mut self, nodes: &NodeSet, rates: &NodeRates, threshold: f64, now_ms: u64) -> Slot {
        if let Some(slot) = self.by_set.get(nodes) {
            return *slot;
        }
        let slot = self.free.pop().unwrap_or(self.trackers.len() as Slot);
        let tracker = Tracker::new(nodes, rates, threshold, now_ms);
        self.widen(slot, tracker.members.last().copied());
        for node in &tracker.members {
            self.on_node[node.position() * self.width + slot as usize / 64] |= 1 << (slot % 64);
        }
        if slot as usize == self.trackers.len() {
            self.trackers.push(Some(tracker));
        } else {
            self.trackers[slot as usize] = Some(tracker);
        }
        self.by_set.insert(nodes.clone(), slot);
        self.due.push(slot);
        slot
    }

    /// Frees the tracker at `slot` if nobody uses it.
    pub fn free_if_unused(&mut self, slot: Slot) {
        if !self.at(slot).is_unused() {
            return;
        }
        let tracker = self.trackers[slot as usize].take().expect("only slots in use are freed");
        for node in &tracker.members {
            self.on_node[node.position() * self.width + slot as usize / 64] &= !(1 << (slot % 64));
        }
        self.by_set.remove(&tracker.nodes);
        self.due.retain(|due| *due != slot);
        self.free.push(slot);
    }

    /// A node has other numbers.
    pub fn replace(&mut self, node: NodeIndex, before: NodeFigures, after: NodeFigures, threshold: f64) {
        let from = node.position() * self.width;
        for word in 0..self.width {
            let Some(bits) = self.on_node.get(from + word) else { return };
            for bit in Bits(*bits) {
                let slot = (word * 64) as Slot + bit;
                let tracker = self.trackers[slot as usize].as_mut().expect("a free slot has no bits");
                if !tracker.is_level_due {
                    self.due.push(slot);
                }
                tracker.replace(before, after, threshold);
            }
        }
    }

    /// The overload threshold is another one.
    pub fn set_threshold(&mut self, rates: &NodeRates, threshold: f64) {
        self.due.clear();
        for (slot, tracker) in self.trackers.iter_mut().enumerate() {
            if let Some(tracker) = tracker {
                tracker.count_overloaded(rates, threshold);
                self.due.push(slot as Slot);
            }
        }
    }

    /// Shows the level of all trackers that are due.
    pub fn show_levels(&mut self, rates: &NodeRates, now_ms: u64) {
        for place in 0..self.due.len() {
            let slot = self.due[place];
            self.at_mut(slot).show_level(rates, now_ms);
        }
        self.due.clear();
    }

    fn widen(&mut self, slot: Slot, last: Option<NodeIndex>) {
        let width = self.width.max(slot as usize / 64 + 1);
        let nodes = self.on_node.len().checked_div(self.width).unwrap_or(0);
        let nodes = nodes.max(last.map_or(0, |node| node.position() + 1));
        if width > self.width {
            let mut wider = vec![0; nodes * width];
            for (node, words) in self.on_node.chunks(self.width.max(1)).enumerate() {
                wider[node * width..node * width + words.len()].copy_from_slice(words);
            }
            self.on_node = wider;
            self.width = width;
        }
        self.on_node.resize(self.on_node.len().max(nodes * width), 0);
    }
}
