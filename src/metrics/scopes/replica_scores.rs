//! The policy's scores of one replica, reckoned anew only where they can differ, and sorted from an order in
//! which they nearly stand.

use super::nearly_sorted::sort_nearly_sorted;
use super::tracker::Tracker;
use crate::metrics::node_set::NodeSet;
use crate::metrics::skew::{self, Level};
use crate::model::ids::NodeIndex;

/// Scores by node; each node once.
type Scores = [(NodeIndex, f64)];

/// What the last look at one replica's scores found.
#[derive(Debug, Clone, Default)]
pub struct ReplicaScores {
    /// How often the policy had looked at the replica; `None` = its scores were never read.
    looks: Option<u32>,
    nodes: NodeSet,
    scored: NodeSet,
    /// The nodes by score, ascending, and the look that they are of.
    order: Vec<u16>,
    order_looks: Option<u32>,
}

impl ReplicaScores {
    /// Whether scores or counted nodes with a score may differ from those noted last.
    pub fn may_differ(&self, looks: u32, nodes: &NodeSet) -> bool {
        self.looks != Some(looks) || self.nodes.differs_within(nodes, &self.scored)
    }

    /// Notes scores, the look that they are of, and the counted nodes.
    pub fn note(&mut self, looks: u32, scores: &Scores, nodes: &NodeSet) {
        if self.looks != Some(looks) {
            self.looks = Some(looks);
            self.scored.collect(scores.iter().map(|(node, _)| *node));
        }
        self.nodes.assign(nodes);
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

/// Sorts scores. A replica that was not looked at since has its scores in the order of the last time, but for
/// nodes that no longer count; one that was has nearly the scores of another one of the same round.
#[derive(Debug, Clone, Default)]
pub struct ScoreSorter {
    /// Scores of the replica in hand, by node; empty between calls.
    by_node: Vec<Option<f64>>,
    /// What was sorted last: score and node.
    sorted: Vec<(f64, u16)>,
}

impl ScoreSorter {
    /// Adds all scores of a replica's counted nodes to `numbers`, ascending.
    pub fn collect(
        &mut self,
        kept: &mut ReplicaScores,
        scores: &Scores,
        tracker: &Tracker,
        numbers: &mut Vec<f64>,
    ) {
        if tracker.members.last().is_some_and(|last| last.0 > u32::from(u16::MAX)) {
            return collect_many(scores, tracker, numbers);
        }
        let places = tracker.members.last().map_or(0, |last| last.position() + 1);
        self.by_node.resize(self.by_node.len().max(places), None);
        for (node, score) in counted(scores, tracker) {
            self.by_node[node.position()] = Some(score);
        }
        let (by_node, sorted) = (&mut self.by_node, &mut self.sorted);
        let mut take = |node: u16| by_node.get_mut(usize::from(node)).and_then(Option::take);
        if kept.order_looks.is_some() && kept.order_looks == kept.looks {
            sorted.clear();
            sorted.extend(kept.order.iter().filter_map(|node| take(*node).map(|score| (score, *node))));
        } else {
            sorted.retain_mut(|(score, node)| take(*node).map(|now| *score = now).is_some());
        }
        for (node, _) in counted(scores, tracker) {
            let node = node.0 as u16;
            sorted.extend(take(node).map(|score| (score, node)));
        }
        sort_nearly_sorted(sorted, |one, other| one.0.total_cmp(&other.0));
        kept.order.clear();
        kept.order.extend(sorted.iter().map(|(_, node)| *node));
        kept.order_looks = kept.looks;
        numbers.extend(sorted.iter().map(|(score, _)| *score));
    }
}

/// The same where nodes do not fit an order of 16 bits.
fn collect_many(scores: &Scores, tracker: &Tracker, numbers: &mut Vec<f64>) {
    numbers.extend(counted(scores, tracker).map(|(_, score)| score));
    numbers.sort_unstable_by(f64::total_cmp);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::scopes::node_rates::NodeRates;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// A look at one of three replicas, or other nodes that count.
    #[derive(Debug, Clone)]
    enum Step {
        Look(usize, BTreeMap<u32, u8>),
        Count(BTreeSet<u32>),
        Spread(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0usize..3, prop::collection::btree_map(0u32..6, 0u8..4, 0..6))
                .prop_map(|(replica, scores)| Step::Look(replica, scores)),
            prop::collection::btree_set(0u32..6, 0..6).prop_map(Step::Count),
            (0usize..3).prop_map(Step::Spread),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn from_an_old_order_equals_sorted_anew(steps in prop::collection::vec(step(), 1..40)) {
            let rates = NodeRates::of(6);
            let mut tracker = Tracker::new(&NodeSet::default(), &rates, 0.9, 0);
            let mut lists = vec![(0, Vec::new()); 3];
            let mut kept = vec![ReplicaScores::default(); 3];
            let mut sorter = ScoreSorter::default();
            for step in steps {
                match step {
                    Step::Look(replica, scores) => {
                        let list = scores.into_iter().map(|(node, score)| (NodeIndex(node), f64::from(score)));
                        lists[replica] = (lists[replica].0 + 1, list.collect::<Vec<_>>());
                    }
                    Step::Count(members) => {
                        let mut nodes = NodeSet::default();
                        nodes.collect(members.iter().map(|node| NodeIndex(*node)));
                        tracker = Tracker::new(&nodes, &rates, 0.9, 0);
                    }
                    Step::Spread(replica) => {
                        let (looks, list) = &lists[replica];
                        if kept[replica].may_differ(*looks, &tracker.nodes) {
                            kept[replica].note(*looks, list, &tracker.nodes);
                        }
                        let (mut fast, mut slow) = (Vec::new(), Vec::new());
                        sorter.collect(&mut kept[replica], list, &tracker, &mut fast);
                        collect_many(list, &tracker, &mut slow);
                        prop_assert_eq!(fast, slow);
                    }
                }
            }
        }
    }
}
