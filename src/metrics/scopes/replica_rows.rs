//! Sealed rows of one replica over its counted nodes, reckoned anew only where they can differ.

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
    /// Rows on the counted nodes that hold something, ascending, if `is_sorted`.
    sorted: Vec<u64>,
    is_sorted: bool,
}

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

    /// What all numbers tell. The extremes must have been looked at since the last change.
    pub fn spread(&mut self, replica: &Replica, tracker: &Tracker) -> Spread {
        if !std::mem::replace(&mut self.is_sorted, true) {
            self.sorted.clear();
            self.sorted.extend(rows_on(replica, tracker).map(|(_, rows)| rows));
            self.sorted.sort_unstable();
        }
        skew::spread_of_counts(tracker.members.len() - self.sorted.len(), &self.sorted)
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
