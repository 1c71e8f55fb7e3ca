//! Sealed rows of one replica over its counted nodes, followed change by change.

use super::nearly_sorted::sort_nearly_sorted;
use super::tracker::Tracker;
use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::{self, Level};
use crate::model::changes::HeldChange;
use crate::model::ids::NodeIndex;
use crate::model::replica::Replica;

/// Bits of a node's position in an entry of `sorted`; its rows are above them.
const NODE_BITS: u32 = 20;

/// So many changed nodes are put in their place one by one; if there are more, all are sorted.
const FEW: usize = 16;

/// Sums, extremes and order of the rows that one replica holds on its counted nodes.
///
/// A wide replica changes on few of its nodes at a time, and a node that stops to count is one change too;
/// so everything follows by difference, in whole numbers, and all is read again only where that is not
/// enough: when the node with an extreme moves inwards, or a change was not told.
#[derive(Debug, Clone, Default)]
pub struct ReplicaRows {
    /// The holdings that are reckoned in; `None` = all must be read.
    version: Option<u64>,
    /// The nodes that count.
    nodes: NodeSet,
    lowest: u64,
    highest: u64,
    is_lowest_stale: bool,
    is_highest_stale: bool,
    sum: u64,
    /// Counted nodes that hold something.
    counted: usize,
    /// Rows and node of each counted node that holds something, ascending, as of the last spread.
    sorted: Vec<u64>,
    /// Whether `sorted` lacks nothing but `changed`.
    is_sorted: bool,
    /// Nodes that changed since the last spread, each once, with their rows in `sorted`.
    changed: Vec<(NodeIndex, Option<u64>)>,
}

impl ReplicaRows {
    /// The replica holds something else on a node.
    pub fn follow(&mut self, change: &HeldChange) {
        if self.version.is_some_and(|version| version + 1 == change.version) {
            self.version = Some(change.version);
            if self.nodes.has(change.node) {
                let rows = |held: Option<(u32, u64)>| held.map(|(_, rows)| rows);
                self.change(change.node, rows(change.before), rows(change.after));
            }
        }
    }

    /// A node counts with other rows; `None` = it does not count, or holds nothing.
    fn change(&mut self, node: NodeIndex, before: Option<u64>, after: Option<u64>) {
        if self.is_sorted && self.changed.iter().all(|(other, _)| *other != node) {
            self.changed.push((node, before));
            self.is_sorted = self.changed.len() <= FEW;
        }
        self.is_highest_stale |= before == Some(self.highest) && after < before;
        self.is_lowest_stale |= before == Some(self.lowest) && after.is_none_or(|rows| rows > self.lowest);
        if let Some(rows) = before {
            self.sum -= rows;
            self.counted -= 1;
        }
        if let Some(rows) = after {
            self.sum += rows;
            self.counted += 1;
            self.lowest = self.lowest.min(rows);
            self.highest = self.highest.max(rows);
        }
    }

    /// What the extremes tell now, over the nodes of `tracker`.
    pub fn level(&mut self, replica: &Replica, tracker: &Tracker) -> Level {
        if self.version != Some(replica.holdings_version()) {
            self.version = Some(replica.holdings_version());
            self.is_highest_stale = true;
            self.is_sorted = false;
        } else if self.nodes != tracker.nodes {
            let differing: Vec<NodeIndex> =
                self.nodes.differences(&tracker.nodes, replica.holders()).collect();
            for node in differing {
                let rows = replica.holding(node).map(|holding| holding.rows);
                let (before, after) = if self.nodes.has(node) { (rows, None) } else { (None, rows) };
                self.change(node, before, after);
            }
        }
        self.nodes.assign(&tracker.nodes);
        let count = tracker.members.len();
        if self.is_highest_stale || (self.is_lowest_stale && self.counted == count) {
            self.read(replica, tracker);
        }
        let lowest = if self.counted < count { 0 } else { self.lowest };
        skew::level(count, lowest as f64, self.highest as f64, self.sum as f64 / count as f64)
    }

    fn read(&mut self, replica: &Replica, tracker: &Tracker) {
        (self.lowest, self.highest, self.sum, self.counted) = (u64::MAX, 0, 0, 0);
        (self.is_lowest_stale, self.is_highest_stale) = (false, false);
        for (_, rows) in rows_on(replica, tracker) {
            self.lowest = self.lowest.min(rows);
            self.highest = self.highest.max(rows);
            self.sum += rows;
            self.counted += 1;
        }
    }

    /// Adds the rows of all counted nodes that hold something to `rows`, ascending. The extremes must have
    /// been looked at since the last change. `by_node` is all zero, before and after.
    pub fn collect(
        &mut self,
        replica: &Replica,
        tracker: &Tracker,
        by_node: &mut Vec<u64>,
        rows: &mut Vec<f64>,
    ) {
        if (self.highest + 1) >> (u64::BITS - NODE_BITS) > 0 {
            self.is_sorted = false;
            rows.extend(rows_on(replica, tracker).map(|(_, rows)| rows as f64));
            rows.sort_unstable_by(f64::total_cmp);
            return;
        }
        if self.is_sorted {
            self.replace_changed(replica);
        } else {
            self.sort(replica, tracker, by_node);
        }
        self.changed.clear();
        self.is_sorted = true;
        rows.extend(self.sorted.iter().map(|entry| skew::short_to_f64(entry >> NODE_BITS)));
    }

    /// Counted nodes that hold something, as of the last look at the extremes.
    pub fn counted(&self) -> usize {
        self.counted
    }

    fn replace_changed(&mut self, replica: &Replica) {
        for (node, before) in &self.changed {
            let entry = |rows: u64| rows << NODE_BITS | node.position() as u64;
            let found = before.and_then(|rows| self.sorted.binary_search(&entry(rows)).ok());
            let holding = if self.nodes.has(*node) { replica.holding(*node) } else { None };
            let after = holding.map(|holding| entry(holding.rows));
            let place = |entry: u64| self.sorted.partition_point(|other| *other < entry);
            match (found, after.map(|entry| (entry, place(entry)))) {
                (Some(from), Some((entry, to))) if to > from => {
                    self.sorted.copy_within(from + 1..to, from);
                    self.sorted[to - 1] = entry;
                }
                (Some(from), Some((entry, to))) => {
                    self.sorted.copy_within(to..from, to + 1);
                    self.sorted[to] = entry;
                }
                (Some(from), None) => {
                    self.sorted.remove(from);
                }
                (None, Some((entry, to))) => self.sorted.insert(to, entry),
                (None, None) => {}
            }
        }
    }

    /// Sorts anew from the order of the last time, in which most nodes still stand right.
    fn sort(&mut self, replica: &Replica, tracker: &Tracker, by_node: &mut Vec<u64>) {
        by_node.resize(by_node.len().max(tracker.members.last().map_or(0, |node| node.position() + 1)), 0);
        for (node, rows) in rows_on(replica, tracker) {
            // One more, so that a segment without rows is not nothing.
            by_node[node.position()] = (rows << NODE_BITS | node.position() as u64) + (1 << NODE_BITS);
        }
        self.sorted.retain_mut(|entry| {
            let place = (*entry & ((1 << NODE_BITS) - 1)) as usize;
            let now = by_node.get_mut(place).map_or(0, std::mem::take);
            *entry = now.wrapping_sub(1 << NODE_BITS);
            now > 0
        });
        for (node, _) in rows_on(replica, tracker) {
            let now = std::mem::take(&mut by_node[node.position()]);
            if now > 0 {
                self.sorted.push(now - (1 << NODE_BITS));
            }
        }
        sort_nearly_sorted(&mut self.sorted, u64::cmp);
    }
}

fn rows_on<'a>(replica: &'a Replica, tracker: &'a Tracker) -> impl Iterator<Item = (NodeIndex, u64)> + 'a {
    let counted = replica.holdings().filter(|holding| tracker.nodes.has(holding.node));
    counted.map(|holding| (holding.node, holding.rows))
}
