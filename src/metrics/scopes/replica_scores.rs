//! The policy's scores of one replica, reckoned anew only where they can differ.

use super::nearly_sorted::sort_nearly_sorted;
use super::tracker::Tracker;
use super::whole_sort::WholeSorter;
use crate::coordinator::query_coord::QueryCoordView;
use crate::metrics::node_set::{NodeSet, same_nodes};
use crate::metrics::skew::{self, Level};
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};

/// Scores by node; each node once.
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
    /// Whether the policy, which has looked at the replica so often, did so since its scores were noted.
    pub fn was_looked_at_since(&self, looks: u32) -> bool {
        self.looks != Some(looks)
    }

    /// Whether scores or counted nodes with a score may differ from those noted last.
    pub fn may_differ(&self, looks: u32, nodes: &NodeSet) -> bool {
        self.was_looked_at_since(looks) || self.nodes.differs_within(nodes, &self.scored)
    }

    /// Notes scores, the look that they are of, and the counted nodes.
    pub fn note(&mut self, looks: u32, scores: LastScores<'_>, tracker: &Tracker) {
        if self.looks != Some(looks) {
            self.looks = Some(looks);
            scores.collect_nodes(tracker, &mut self.scored);
        }
        self.nodes.assign(&tracker.nodes);
    }
}

/// Scores of a replica as the coordinator keeps them.
#[derive(Debug, Clone, Copy)]
pub enum LastScores<'a> {
    /// Whole numbers of just the nodes that count, in their order.
    WholeOfCounted(&'a [u32]),
    /// Whole numbers: the nodes, ascending, and the number of each.
    Whole(&'a [NodeIndex], &'a [u32]),
    /// Any numbers.
    Any(&'a Scores),
}

impl<'a> LastScores<'a> {
    /// The last scores of a replica whose nodes are those of `tracker`; `numbers` is lent to them.
    pub fn of(
        coordinator: &'a dyn QueryCoordView,
        replica: ReplicaIndex,
        cluster: &Cluster,
        tracker: &Tracker,
        numbers: &'a mut Vec<(NodeIndex, f64)>,
    ) -> LastScores<'a> {
        if let Some((nodes, whole)) = coordinator.last_whole_scores(replica) {
            return LastScores::of_whole(nodes, whole, tracker);
        }
        coordinator.last_scores(replica, cluster, numbers);
        LastScores::Any(numbers)
    }

    fn of_whole(nodes: &'a [NodeIndex], whole: &'a [u32], tracker: &Tracker) -> LastScores<'a> {
        if same_nodes(nodes, &tracker.members) {
            LastScores::WholeOfCounted(whole)
        } else {
            LastScores::Whole(nodes, whole)
        }
    }

    fn collect_nodes(self, tracker: &Tracker, set: &mut NodeSet) {
        match self {
            LastScores::WholeOfCounted(..) => set.assign(&tracker.nodes),
            LastScores::Whole(nodes, _) => set.collect(nodes.iter().copied()),
            LastScores::Any(scores) => set.collect(scores.iter().map(|(node, _)| *node)),
        }
    }
}

/// What the extremes tell of the scores of the counted nodes.
pub fn level(scores: LastScores<'_>, tracker: &Tracker) -> Level {
    match scores {
        LastScores::WholeOfCounted(numbers) => whole_level(numbers),
        LastScores::Whole(nodes, numbers) => level_of(counted_of(nodes, numbers, tracker).map(f64::from)),
        LastScores::Any(scores) => level_of(counted(scores, tracker).map(|(_, score)| score)),
    }
}

fn level_of(scores: impl Iterator<Item = f64>) -> Level {
    let (mut lowest, mut highest, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, -0.0, 0);
    for score in scores {
        lowest = if score < lowest { score } else { lowest };
        highest = if score > highest { score } else { highest };
        sum += score;
        count += 1;
    }
    skew::level(count, lowest, highest, sum / count as f64)
}

/// The same of numbers that are added up without loss in any order, so that several go at a time.
fn whole_level(numbers: &[u32]) -> Level {
    let lowest = numbers.iter().fold(u32::MAX, |lowest, number| lowest.min(*number));
    let highest = numbers.iter().fold(0, |highest, number| highest.max(*number));
    let sum: u64 = numbers.iter().map(|number| u64::from(*number)).sum();
    let count = numbers.len();
    skew::level(count, f64::from(lowest), f64::from(highest), sum as f64 / count as f64)
}

fn counted<'a>(scores: &'a Scores, tracker: &'a Tracker) -> impl Iterator<Item = (NodeIndex, f64)> + 'a {
    scores.iter().copied().filter(|(node, _)| tracker.nodes.has(*node))
}

fn counted_of<'a>(
    nodes: &'a [NodeIndex],
    numbers: &'a [u32],
    tracker: &'a Tracker,
) -> impl Iterator<Item = u32> + 'a {
    let both = nodes.iter().zip(numbers).filter(|(node, _)| tracker.nodes.has(**node));
    both.map(|(_, number)| *number)
}

/// Sorts scores: whole ones by their digits, others from the order of the replica before, which is nearly
/// theirs where both were looked at in the same round.
#[derive(Debug, Clone, Default)]
pub struct ScoreSorter {
    whole: WholeSorter,
    /// Those that count of the scores in hand, where not all do.
    counted: Vec<u32>,
    /// Scores of the replica in hand, by node; empty between calls.
    by_node: Vec<Option<f64>>,
    /// What was sorted last: score and node.
    sorted: Vec<(f64, NodeIndex)>,
}

impl ScoreSorter {
    /// Adds all scores of a replica's counted nodes to `numbers`, ascending.
    pub fn collect(&mut self, scores: LastScores<'_>, tracker: &Tracker, numbers: &mut Vec<f64>) {
        match scores {
            LastScores::WholeOfCounted(whole) => self.whole.sort(whole, numbers),
            LastScores::Whole(nodes, whole) => {
                self.counted.clear();
                self.counted.extend(counted_of(nodes, whole, tracker));
                self.whole.sort(&self.counted, numbers);
            }
            LastScores::Any(scores) => self.collect_any(scores, tracker, numbers),
        }
    }

    fn collect_any(&mut self, scores: &Scores, tracker: &Tracker, numbers: &mut Vec<f64>) {
        let places = tracker.members.last().map_or(0, |last| last.position() + 1);
        self.by_node.resize(self.by_node.len().max(places), None);
        for (node, score) in counted(scores, tracker) {
            self.by_node[node.position()] = Some(score);
        }
        let (by_node, sorted) = (&mut self.by_node, &mut self.sorted);
        let mut take = |node: NodeIndex| by_node.get_mut(node.position()).and_then(Option::take);
        sorted.retain_mut(|(score, node)| take(*node).map(|now| *score = now).is_some());
        for (node, _) in counted(scores, tracker) {
            sorted.extend(take(node).map(|score| (score, node)));
        }
        sort_nearly_sorted(sorted, |one, other| one.0.total_cmp(&other.0));
        numbers.extend(sorted.iter().map(|(score, _)| *score));
    }
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
        Read(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0usize..3, prop::collection::btree_map(0u32..6, 0u8..4, 0..6))
                .prop_map(|(replica, scores)| Step::Look(replica, scores)),
            prop::collection::btree_set(0u32..6, 0..6).prop_map(Step::Count),
            (0usize..3).prop_map(Step::Read),
        ]
    }

    fn sorted_anew(scores: &Scores, tracker: &Tracker) -> Vec<f64> {
        let mut numbers: Vec<f64> = counted(scores, tracker).map(|(_, score)| score).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        numbers
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whole_or_not_scores_equal_those_sorted_anew(steps in prop::collection::vec(step(), 1..40)) {
            let rates = NodeRates::of(6);
            let mut tracker = Tracker::new(&NodeSet::default(), &rates, 0.9, 0);
            let mut lists = vec![Vec::new(); 3];
            let (mut sorter, mut kept) = (ScoreSorter::default(), ReplicaScores::default());
            for (look, step) in (0..).zip(steps) {
                match step {
                    Step::Look(replica, scores) => {
                        let list = scores.into_iter().map(|(node, score)| (NodeIndex(node), u32::from(score)));
                        lists[replica] = list.collect::<Vec<_>>();
                    }
                    Step::Count(members) => {
                        let mut nodes = NodeSet::default();
                        nodes.collect(members.iter().map(|node| NodeIndex(*node)));
                        tracker = Tracker::new(&nodes, &rates, 0.9, 0);
                    }
                    Step::Read(replica) => {
                        let (nodes, whole): (Vec<_>, Vec<_>) = lists[replica].iter().copied().unzip();
                        let any: Vec<_> = nodes.iter().copied().zip(whole.iter().copied().map(f64::from)).collect();
                        let slow = sorted_anew(&any, &tracker);
                        for scores in [LastScores::of_whole(&nodes, &whole, &tracker), LastScores::Any(&any)] {
                            let mut fast = Vec::new();
                            sorter.collect(scores, &tracker, &mut fast);
                            prop_assert_eq!(&fast, &slow);
                            prop_assert_eq!(level(scores, &tracker), level_of(slow.iter().copied()));
                            kept.note(2 * look, LastScores::Any(&any), &tracker);
                            let scored = kept.scored.clone();
                            kept.note(2 * look + 1, scores, &tracker);
                            prop_assert_eq!(&kept.scored, &scored);
                        }
                    }
                }
            }
        }
    }
}
