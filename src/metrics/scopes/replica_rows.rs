//! Sealed rows of one replica over its counted nodes, reckoned anew only where they can differ.

use super::nearly_sorted::sort_nearly_sorted;
use super::tracker::Tracker;
use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::{self, Level, Spread};
use crate::model::ids::NodeIndex;
use crate::model::replica::Replica;

/// What the last looks at one replica's holdings found.
///
/// A wide replica is touched whenever a node joins or leaves it, which rarely changes what it holds: then
/// the extremes, and the sorted rows, are those of the last look.
#[derive(Debug, Clone, Default)]
pub struct ReplicaRows {
    /// The holdings and the nodes that were looked at last; `None` = none yet.
    version: Option<u64>,
    nodes: NodeSet,
    /// All nodes that held something, counted or not.
    holders: NodeSet,
    lowest: u64,
    highest: u64,
    sum: u64,
    /// Counted nodes that held something.
    counted: usize,
    /// Rows and node of each counted node that holds something, ascending, as of the last spread.
    sorted: Vec<u64>,
    is_sorted: bool,
}

/// Bits of a node's position in an entry of `sorted`; its rows are above them.
const NODE_BITS: u32 = 20;

impl ReplicaRows {
    /// What the extremes tell now, over the nodes of `tracker`.
    pub fn level(&mut self, replica: &Replica, tracker: &Tracker) -> Level {
        let is_known = self.version == Some(replica.holdings_version())
            && !self.nodes.differs_within(&tracker.nodes, &self.holders);
        if !is_known {
            self.read(replica, tracker);
        }
        let count = tracker.members.len();
        let lowest = if self.counted < count { 0 } else { self.lowest };
        skew::level(count, lowest as f64, self.highest as f64, self.sum as f64 / count as f64)
    }

    /// What all numbers tell. The extremes must have been looked at since the last change. `by_node` is all
    /// zero, before and after.
    pub fn spread(&mut self, replica: &Replica, tracker: &Tracker, by_node: &mut Vec<u64>) -> Spread {
        if (self.highest + 1) >> (u64::BITS - NODE_BITS) > 0 {
            let mut rows: Vec<u64> = rows_on(replica, tracker).map(|(_, rows)| rows).collect();
            rows.sort_unstable();
            return skew::spread_of_counts(tracker.members.len() - rows.len(), rows.iter().copied());
        }
        if !std::mem::replace(&mut self.is_sorted, true) {
            self.sort(replica, tracker, by_node);
        }
        let rows = self.sorted.iter().map(|entry| entry >> NODE_BITS);
        skew::spread_of_counts(tracker.members.len() - self.sorted.len(), rows)
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

    fn read(&mut self, replica: &Replica, tracker: &Tracker) {
        self.version = Some(replica.holdings_version());
        self.nodes.assign(&tracker.nodes);
        self.holders.collect(replica.holdings().iter().map(|holding| holding.node));
        (self.lowest, self.highest, self.sum, self.counted) = (u64::MAX, 0, 0, 0);
        for (_, rows) in rows_on(replica, tracker) {
            self.lowest = self.lowest.min(rows);
            self.highest = self.highest.max(rows);
            self.sum += rows;
            self.counted += 1;
        }
        self.is_sorted = false;
    }
}

fn rows_on<'a>(replica: &'a Replica, tracker: &'a Tracker) -> impl Iterator<Item = (NodeIndex, u64)> + 'a {
    let counted = replica.holdings().iter().filter(|holding| tracker.nodes.has(holding.node));
    counted.map(|holding| (holding.node, holding.rows))
}
