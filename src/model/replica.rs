//! A replica of a collection: its query nodes, its shard leaders, and what it holds where.

use super::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex};
use super::stored_nodes::{StoredNodes, StoredNodesIter};

/// Sealed segments of one replica on one query node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holding {
    /// The node.
    pub node: NodeIndex,
    /// Segments, at least 1.
    pub segments: u32,
    /// Their rows.
    pub rows: u64,
}

/// A [`Holding`] without its node, in twelve bytes: many replicas on many nodes have a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held {
    segments: u32,
    /// The lower and the upper half of the rows.
    rows: [u32; 2],
}

impl Held {
    fn new(segments: u32, rows: u64) -> Held {
        Held { segments, rows: [rows as u32, (rows >> 32) as u32] }
    }

    fn rows(self) -> u64 {
        u64::from(self.rows[1]) << 32 | u64::from(self.rows[0])
    }

    fn on(self, node: NodeIndex) -> Holding {
        Holding { node, segments: self.segments, rows: self.rows() }
    }
}

/// A replica of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// Milvus's replica id.
    pub id: i64,
    /// Its collection.
    pub collection: CollectionIndex,
    /// The resource group it takes its nodes from.
    pub resource_group: ResourceGroupIndex,
    /// Read-write nodes in stored order: descending free memory when it was loaded, later nodes appended.
    nodes: StoredNodes,
    /// Shard leader of every channel of the collection, shard 0 first; `None` while there is none.
    pub shard_leaders: Vec<Option<NodeIndex>>,
    /// What it really holds on the nodes of `holders`, ascending by node.
    holdings: Vec<Held>,
    /// One bit per node of the cluster: whether it holds something there.
    holders: Vec<u64>,
    /// How often `holdings` changed.
    holdings_version: u64,
    /// False once the collection is released.
    pub is_loaded: bool,
}

impl Replica {
    /// A replica without nodes.
    pub fn new(
        id: i64,
        collection: CollectionIndex,
        resource_group: ResourceGroupIndex,
        shards: usize,
    ) -> Replica {
        Replica {
            id,
            collection,
            resource_group,
            nodes: StoredNodes::default(),
            shard_leaders: vec![None; shards],
            holdings: Vec::new(),
            holders: Vec::new(),
            holdings_version: 0,
            is_loaded: true,
        }
    }

    /// Its read-write nodes in stored order.
    pub fn nodes(&self) -> StoredNodesIter<'_> {
        self.nodes.iter()
    }

    /// How many read-write nodes it has.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// One bit per node of the cluster.
    pub fn members(&self) -> &[u64] {
        self.nodes.members()
    }

    /// Whether `node` is one of its read-write nodes.
    pub fn has(&self, node: NodeIndex) -> bool {
        self.nodes.has(node)
    }

    /// Appends nodes; those that are there already stay where they are.
    pub(super) fn add_nodes(&mut self, nodes: &[NodeIndex]) {
        self.nodes.add(nodes);
    }

    /// Removes a node, also as shard leader.
    pub(super) fn remove_node(&mut self, node: NodeIndex) {
        if self.nodes.remove(node) {
            for leader in &mut self.shard_leaders {
                if *leader == Some(node) {
                    *leader = None;
                }
            }
        }
    }

    /// What it holds, ascending by node.
    pub fn holdings(&self) -> impl Iterator<Item = Holding> + '_ {
        let nodes = self.holders.iter().enumerate().flat_map(|(place, word)| {
            // From bit to bit: each step takes the lowest away.
            let rest = std::iter::successors(Some(*word), |word| Some(word & word.wrapping_sub(1)));
            let bits = rest.take_while(|word| *word != 0).map(u64::trailing_zeros);
            bits.map(move |bit| NodeIndex::at(place * 64 + bit as usize))
        });
        nodes.zip(&self.holdings).map(|(node, held)| held.on(node))
    }

    /// How many nodes before this one hold something. Counted from the nearer end.
    fn holders_before(&self, node: NodeIndex) -> usize {
        let (place, bit) = (node.position() / 64, node.position() % 64);
        let count = |words: &[u64]| words.iter().map(|word| word.count_ones() as usize).sum::<usize>();
        let Some(word) = self.holders.get(place) else { return self.holdings.len() };
        if place <= self.holders.len() / 2 {
            count(&self.holders[..place]) + count(&[word & ((1 << bit) - 1)])
        } else {
            self.holdings.len() - count(&self.holders[place + 1..]) - count(&[word >> bit])
        }
    }

    fn is_holder(&self, node: NodeIndex) -> bool {
        self.holders.get(node.position() / 64).is_some_and(|word| word >> (node.position() % 64) & 1 == 1)
    }

    /// One bit per node of the cluster: whether it holds something there.
    pub fn holders(&self) -> &[u64] {
        &self.holders
    }

    fn mark_holder(&mut self, node: NodeIndex) {
        let word = node.position() / 64;
        if self.holders.len() <= word {
            self.holders.resize(word + 1, 0);
        }
        self.holders[word] ^= 1 << (node.position() % 64);
    }

    /// How often what it holds changed: the same number, the same holdings.
    pub fn holdings_version(&self) -> u64 {
        self.holdings_version
    }

    /// What it holds on `node`.
    pub fn holding(&self, node: NodeIndex) -> Option<Holding> {
        self.is_holder(node).then(|| self.holdings[self.holders_before(node)].on(node))
    }

    /// Segments and rows there before.
    pub(super) fn hold(&mut self, node: NodeIndex, rows: u64) -> Option<(u32, u64)> {
        self.holdings_version += 1;
        let place = self.holders_before(node);
        if self.is_holder(node) {
            let before = self.holdings[place];
            self.holdings[place] = Held::new(before.segments + 1, before.rows() + rows);
            return Some((before.segments, before.rows()));
        }
        if self.holdings.len() == self.holdings.capacity() {
            // Many replicas on many nodes: twice the room would be wasted.
            self.holdings.reserve_exact(8 + self.holdings.len() / 8);
        }
        self.holdings.insert(place, Held::new(1, rows));
        self.mark_holder(node);
        None
    }

    /// Segments and rows there after.
    pub(super) fn let_go(&mut self, node: NodeIndex, rows: u64) -> Option<(u32, u64)> {
        self.holdings_version += 1;
        assert!(self.is_holder(node), "a replica lets go only of what it holds");
        let place = self.holders_before(node);
        let before = self.holdings[place];
        let after = Held::new(before.segments - 1, before.rows() - rows);
        self.holdings[place] = after;
        if after.segments > 0 {
            return Some((after.segments, after.rows()));
        }
        self.holdings.remove(place);
        self.mark_holder(node);
        None
    }

    pub(super) fn clear_holdings(&mut self) {
        self.holdings_version += 1;
        self.holdings.clear();
        self.holders.clear();
    }
}

/// A channel of a replica: what a delegator leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplicaShard {
    /// The replica.
    pub replica: ReplicaIndex,
    /// The shard.
    pub shard: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn holdings_equal_a_map_by_node(
            steps in prop::collection::vec((0u32..200, 0u64..1 << 40, any::<bool>()), 0..60),
        ) {
            let mut replica = Replica::new(1, CollectionIndex(0), ResourceGroupIndex(0), 1);
            let mut plain = BTreeMap::<NodeIndex, Vec<u64>>::new();
            for (node, rows, is_held) in steps {
                let node = NodeIndex(node);
                let sums = |rows: &Vec<u64>| (rows.len() as u32, rows.iter().sum::<u64>());
                if is_held {
                    prop_assert_eq!(replica.hold(node, rows), plain.get(&node).map(sums));
                    plain.entry(node).or_default().push(rows);
                } else if let Some((node, mut held)) = plain.pop_first() {
                    let rows = held.remove(0);
                    if !held.is_empty() {
                        plain.insert(node, held);
                    }
                    prop_assert_eq!(replica.let_go(node, rows), plain.get(&node).map(sums));
                }
                let holding = |(node, rows): (&NodeIndex, &Vec<u64>)| {
                    Holding { node: *node, segments: sums(rows).0, rows: sums(rows).1 }
                };
                prop_assert!(replica.holdings().eq(plain.iter().map(holding)));
                for node in (0..200).map(NodeIndex) {
                    prop_assert_eq!(replica.holding(node), plain.get_key_value(&node).map(holding));
                }
            }
        }
    }
}
