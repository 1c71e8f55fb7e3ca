//! The policy's scores of one replica, reckoned anew only where they can differ; and equal ones sorted once.

use super::tracker::Tracker;
use super::trackers::Slot;
use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::{self, Level, Spread};
use crate::model::ids::NodeIndex;
use std::collections::BTreeMap;

/// Scores by node.
type Scores = [(NodeIndex, f64)];

/// What the last look at one replica's scores found.
#[derive(Debug, Clone, Default)]
pub struct ReplicaScores {
    /// How often the policy had looked at the replica; `None` = its scores were never read.
    looks: Option<u32>,
    nodes: NodeSet,
    scored: NodeSet,
}

impl ReplicaScores {
    /// Whether scores or counted nodes with a score may differ from those of the last call.
    pub fn is_new(&mut self, looks: u32, scores: &Scores, nodes: &NodeSet) -> bool {
        let is_looked_at = self.looks != Some(looks);
        if !is_looked_at && !self.nodes.differs_within(nodes, &self.scored) {
            return false;
        }
        if is_looked_at {
            self.looks = Some(looks);
            self.scored.collect(scores.iter().map(|(node, _)| *node));
        }
        self.nodes.assign(nodes);
        true
    }
}

/// What the extremes tell of the scores of the counted nodes.
pub fn level(scores: &Scores, tracker: &Tracker) -> Level {
    let (mut lowest, mut highest, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, -0.0, 0);
    for (_, score) in counted(scores, tracker) {
        lowest = if score < lowest { score } else { lowest };
        highest = if score > highest { score } else { highest };
        sum += score;
        count += 1;
    }
    skew::level(count, lowest, highest, sum / count as f64)
}

fn counted<'a>(scores: &'a Scores, tracker: &'a Tracker) -> impl Iterator<Item = (NodeIndex, f64)> + 'a {
    scores.iter().copied().filter(|(node, _)| tracker.nodes.has(*node))
}

/// The spreads of one sampling instant. The replicas of one round have nearly always the same scores, each
/// in an order of its own: they are sorted once.
#[derive(Debug, Clone, Default)]
pub struct ScoreSpreads {
    /// By slot and by a sum over all scores that does not depend on their order: a replica that has them,
    /// and its spread.
    known: BTreeMap<(Slot, u64), (usize, Spread)>,
    /// Scores of the replica in hand by node, as bits; empty between calls.
    by_node: Vec<Option<u64>>,
    numbers: Vec<f64>,
}

impl ScoreSpreads {
    /// A new instant: scores may be others.
    pub fn begin(&mut self) {
        self.known.clear();
    }

    /// What all scores of a replica's counted nodes tell.
    pub fn of<'a>(
        &mut self,
        position: usize,
        slot: Slot,
        tracker: &Tracker,
        scores_of: impl Fn(usize) -> &'a Scores,
    ) -> Spread {
        let scores = scores_of(position);
        let mix = |(node, score): (NodeIndex, f64)| {
            (score.to_bits() ^ (u64::from(node.0) << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
        };
        let sum = counted(scores, tracker).fold(0u64, |sum, one| sum.wrapping_add(mix(one)));
        if let Some((other, spread)) = self.known.get(&(slot, sum)).copied()
            && self.are_same(scores, scores_of(other), tracker)
        {
            return spread;
        }
        self.numbers.clear();
        self.numbers.extend(counted(scores, tracker).map(|(_, score)| score));
        self.numbers.sort_unstable_by(f64::total_cmp);
        let spread = skew::spread(0, &self.numbers);
        self.known.insert((slot, sum), (position, spread));
        spread
    }

    /// Whether both have the same scores, bit for bit, in whatever order; each names a node once.
    fn are_same(&mut self, one: &Scores, other: &Scores, tracker: &Tracker) -> bool {
        let mut left = 0;
        for (node, score) in counted(one, tracker) {
            if self.by_node.len() <= node.position() {
                self.by_node.resize(node.position() + 1, None);
            }
            self.by_node[node.position()] = Some(score.to_bits());
            left += 1;
        }
        let are_equal = counted(other, tracker).all(|(node, score)| {
            left -= 1;
            let place = self.by_node.get_mut(node.position());
            place.and_then(Option::take) == Some(score.to_bits())
        });
        if are_equal && left == 0 {
            return true;
        }
        counted(one, tracker).for_each(|(node, _)| self.by_node[node.position()] = None);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::scopes::node_rates::NodeRates;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Few different scores on few nodes, so that equal lists, and lists that differ in one node, occur.
        #[test]
        fn what_is_shared_equals_what_is_sorted(
            lists in prop::collection::vec(prop::collection::btree_map(0u32..4, 0u8..3, 0..4), 1..12),
            turned in prop::collection::vec(any::<bool>(), 12),
            counted_nodes in prop::collection::btree_set(0u32..4, 0..4),
        ) {
            let mut nodes = NodeSet::default();
            nodes.collect(counted_nodes.iter().map(|node| NodeIndex(*node)));
            let rates = NodeRates::of(4);
            let tracker = Tracker::new(&nodes, &rates, 0.9, 0);
            let lists: Vec<Vec<(NodeIndex, f64)>> = lists
                .iter()
                .zip(turned)
                .map(|(list, is_turned)| {
                    let mut list: Vec<_> =
                        list.iter().map(|(node, score)| (NodeIndex(*node), f64::from(*score))).collect();
                    if is_turned {
                        list.reverse();
                    }
                    list
                })
                .collect();
            let mut spreads = ScoreSpreads::default();
            spreads.begin();
            for (position, list) in lists.iter().enumerate() {
                let fast = spreads.of(position, 0, &tracker, |position| lists[position].as_slice());
                let mut numbers: Vec<f64> = counted(list, &tracker).map(|(_, score)| score).collect();
                numbers.sort_by(f64::total_cmp);
                prop_assert_eq!(fast, skew::spread(0, &numbers));
            }
        }
    }
}
