//! The rates by which balance rounds ordered nodes, for whoever looks on.
//!
//! All replicas of a round are ordered by the same figures, but for what the round has planned so far. So the
//! figures are kept once a round, and a replica keeps which of its nodes it was looked at with.

use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::policy::memory_usage::{PlannedMove, RoundFigures};

/// No rate is below 0.
const UNSEEN: f64 = -1.0;

/// The figures of one round.
#[derive(Debug, Clone, Default)]
struct RoundRates {
    /// By node: its rate when the round first saw it, or [`UNSEEN`].
    first: Vec<f64>,
    /// Rates after moves were planned, in the order of the plans.
    changed: Vec<(NodeIndex, f64)>,
    /// Replicas whose last look was in this round.
    users: u32,
}

/// A replica's last look.
#[derive(Debug, Clone, Default)]
struct Look {
    /// Place of its round; `None` = it was never looked at.
    round: Option<usize>,
    /// So many rates had changed.
    changed: usize,
    /// One bit per node: whether it was looked at. The order was the stored one, which the replica keeps: later
    /// nodes come behind, and one that has left the replica has no score there any more.
    members: Vec<u64>,
    /// The nodes as they were looked at, where that was in another order.
    listed: Vec<NodeIndex>,
    /// How often it was looked at.
    count: u32,
}

/// What every replica was last looked at with.
#[derive(Debug, Clone, Default)]
pub(super) struct Scores {
    rounds: Vec<RoundRates>,
    free: Vec<usize>,
    /// Place of the round under way.
    now: Option<usize>,
    looks: Vec<Look>,
}

impl Scores {
    /// A round begins.
    pub(super) fn begin_round(&mut self) {
        if let Some(before) = self.now.take() {
            self.free_if_unused(before);
        }
        let place = self.free.pop().unwrap_or(self.rounds.len());
        if place == self.rounds.len() {
            self.rounds.push(RoundRates::default());
        }
        self.now = Some(place);
    }

    /// The round looks at a replica, whose nodes in stored order are `stored`, with these nodes.
    pub(super) fn look(
        &mut self,
        replica: ReplicaIndex,
        stored: impl Iterator<Item = NodeIndex>,
        nodes: &[NodeIndex],
        figures: &RoundFigures,
    ) {
        let Some(round) = self.now else { return };
        self.looks.resize_with(self.looks.len().max(replica.position() + 1), Look::default);
        let look = &mut self.looks[replica.position()];
        let before = look.round.replace(round);
        look.count += 1;
        look.members.clear();
        look.listed.clear();
        let rates = &mut self.rounds[round];
        let places = nodes.iter().map(|node| node.position() + 1).max().unwrap_or(0);
        rates.first.resize(rates.first.len().max(places), UNSEEN);
        for node in nodes {
            // A node that a plan has changed was seen before that.
            let first = &mut rates.first[node.position()];
            if *first == UNSEEN {
                *first = figures.rate(*node);
            }
        }
        look.changed = rates.changed.len();
        look.members.resize(nodes.iter().max().map_or(0, |last| last.position() / 64 + 1), 0);
        for node in nodes {
            look.members[node.position() / 64] |= 1 << (node.position() % 64);
        }
        if !stored.filter(|node| is_among(&look.members, *node)).eq(nodes.iter().copied()) {
            look.members.clear();
            look.listed.extend_from_slice(nodes);
        }
        rates.users += 1;
        if let Some(before) = before {
            self.rounds[before].users -= 1;
            self.free_if_unused(before);
        }
    }

    /// The round has planned moves.
    pub(super) fn planned(&mut self, moves: &[PlannedMove], figures: &RoundFigures) {
        let Some(round) = self.now else { return };
        let nodes = moves.iter().flat_map(|planned| [planned.from, planned.to]);
        self.rounds[round].changed.extend(nodes.map(|node| (node, figures.rate(node))));
    }

    /// Fills `scores` with the nodes of a replica's last look and their rates then. `stored` are its nodes now, in
    /// stored order.
    pub(super) fn read(
        &self,
        replica: ReplicaIndex,
        stored: impl Iterator<Item = NodeIndex>,
        scores: &mut Vec<(NodeIndex, f64)>,
    ) {
        scores.clear();
        let Some(look) = self.looks.get(replica.position()) else { return };
        let Some(round) = look.round else { return };
        let (first, changed) = (&self.rounds[round].first, &self.rounds[round].changed[..look.changed]);
        let mut copied = Vec::new();
        // A copy of all rates is faster than a look for changes at each node.
        let rates = if changed.is_empty() {
            first
        } else {
            copied.clone_from(first);
            for (node, rate) in changed {
                copied[node.position()] = *rate;
            }
            &copied
        };
        let scored = |node: NodeIndex| (node, rates[node.position()]);
        if look.listed.is_empty() {
            scores.extend(stored.filter(|node| is_among(&look.members, *node)).map(scored));
        } else {
            scores.extend(look.listed.iter().copied().map(scored));
        }
    }

    /// How often a replica was looked at.
    pub(super) fn looks(&self, replica: ReplicaIndex) -> u32 {
        self.looks.get(replica.position()).map_or(0, |look| look.count)
    }

    fn free_if_unused(&mut self, round: usize) {
        if self.rounds[round].users == 0 && self.now != Some(round) {
            // Its memory is used again.
            self.rounds[round].first.clear();
            self.rounds[round].changed.clear();
            self.free.push(round);
        }
    }
}

/// Whether a node's bit is set.
fn is_among(members: &[u64], node: NodeIndex) -> bool {
    members.get(node.position() / 64).is_some_and(|word| word >> (node.position() % 64) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::SegmentIndex;
    use crate::model::query_node::NodeMemory;
    use crate::policy::memory_usage::balance_replica;
    use crate::policy::memory_usage::{Candidate, Pick, Thresholds};
    use crate::policy::witness::Unwitnessed;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Rounds of looks at three replicas on six nodes, in stored order and in another; the twin copies.
        #[test]
        fn kept_by_round_equals_copied_at_each_look(
            rounds in prop::collection::vec(
                (
                    prop::collection::vec(0u64..9, 6),
                    prop::collection::vec((0usize..3, 2usize..6, any::<bool>()), 0..5),
                ),
                1..6,
            ),
        ) {
            let all: Vec<NodeIndex> = [4, 0, 65_536, 2, 1, 3].map(NodeIndex).to_vec();
            // A node of the replica that is never looked at, in between.
            let stored = || [4, 0, 65_536, 7, 2, 1, 3].map(NodeIndex).into_iter();
            let (mut scores, mut figures) = (Scores::default(), RoundFigures::default());
            let mut copies = vec![(0, Vec::new()); 3];
            for (used, looks) in rounds {
                figures.begin(65_537);
                scores.begin_round();
                for (node, used) in all.iter().zip(&used) {
                    figures.learn(*node, NodeMemory { total_bytes: 10, used_bytes: *used });
                }
                for (replica, count, is_stored_order) in looks {
                    let mut nodes = all[6 - count..].to_vec();
                    if !is_stored_order {
                        nodes.reverse();
                    }
                    scores.look(ReplicaIndex::at(replica), stored(), &nodes, &figures);
                    let rates = nodes.iter().map(|node| (*node, figures.rate(*node)));
                    copies[replica] = (copies[replica].0 + 1, rates.collect::<Vec<_>>());
                    let thresholds = Thresholds { overloaded: 0.9, max_difference: 0.3 };
                    let mut segments_on = |node: NodeIndex| vec![Candidate { segment: SegmentIndex(node.0), bytes: 1 }];
                    let plan = balance_replica(
                        &mut nodes, &mut figures, &mut segments_on, thresholds, &mut Pick::Last, &mut Unwitnessed,
                    );
                    scores.planned(&plan.moves, &figures);
                }
                for (replica, (count, copied)) in copies.iter().enumerate() {
                    let mut read = vec![(NodeIndex(9), 0.0)];
                    scores.read(ReplicaIndex::at(replica), stored(), &mut read);
                    prop_assert_eq!(&read, copied);
                    prop_assert_eq!(scores.looks(ReplicaIndex::at(replica)), *count);
                }
            }
            prop_assert!(scores.rounds.len() <= 5, "rounds that nobody reads are used again");
        }
    }
}
