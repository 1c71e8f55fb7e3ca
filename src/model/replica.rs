//! A replica of a collection: its query nodes, its shard leaders, and what it holds where.

use super::ids::{CollectionIndex, NodeIndex, ReplicaIndex, ResourceGroupIndex};

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
    nodes: Vec<NodeIndex>,
    /// One bit per node of the cluster: whether it is in `nodes`.
    members: Vec<u64>,
    /// Shard leader of every channel of the collection, shard 0 first; `None` while there is none.
    pub shard_leaders: Vec<Option<NodeIndex>>,
    /// What it really holds, ascending by node; nodes that hold nothing are left out.
    holdings: Vec<Holding>,
    /// One bit per node of the cluster: whether it is in `holdings`.
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
            nodes: Vec::new(),
            members: Vec::new(),
            shard_leaders: vec![None; shards],
            holdings: Vec::new(),
            holders: Vec::new(),
            holdings_version: 0,
            is_loaded: true,
        }
    }

    /// Its read-write nodes in stored order.
    pub fn nodes(&self) -> &[NodeIndex] {
        &self.nodes
    }

    /// One bit per node of the cluster.
    pub fn members(&self) -> &[u64] {
        &self.members
    }

    /// Whether `node` is one of its read-write nodes.
    pub fn has(&self, node: NodeIndex) -> bool {
        self.members.get(node.position() / 64).is_some_and(|word| word >> (node.position() % 64) & 1 == 1)
    }

    /// Appends a node; nothing happens when it is there already.
    pub(super) fn add_node(&mut self, node: NodeIndex) {
        if self.has(node) {
            return;
        }
        let word = node.position() / 64;
        if self.members.len() <= word {
            self.members.resize(word + 1, 0);
        }
        self.members[word] |= 1 << (node.position() % 64);
        self.nodes.push(node);
    }

    /// Removes a node, also as shard leader.
    pub(super) fn remove_node(&mut self, node: NodeIndex) {
        if !self.has(node) {
            return;
        }
        self.members[node.position() / 64] &= !(1 << (node.position() % 64));
        self.nodes.retain(|member| *member != node);
        for leader in &mut self.shard_leaders {
            if *leader == Some(node) {
                *leader = None;
            }
        }
    }

    /// What it holds, ascending by node.
    pub fn holdings(&self) -> &[Holding] {
        &self.holdings
    }

    /// One bit per node of the cluster: whether it holds something there.
    pub fn holders(&self) -> &[u64] {
        &self.holders
    }

    /// What it holds on those of `nodes` (one bit per node) where it holds something, ascending by node. A
    /// holding's place is the number of holders before it, so none is searched for.
    pub fn holdings_on<'a>(&'a self, nodes: &'a [u64]) -> impl Iterator<Item = &'a Holding> + 'a {
        let mut before = 0;
        self.holders.iter().copied().zip(nodes).flat_map(move |(holders, nodes)| {
            let first = before;
            before += holders.count_ones() as usize;
            let mut wanted = holders & nodes;
            std::iter::from_fn(move || {
                let bit = wanted & wanted.wrapping_neg();
                wanted ^= bit;
                let place = |bit: u64| first + (holders & (bit - 1)).count_ones() as usize;
                (bit != 0).then(|| &self.holdings[place(bit)])
            })
        })
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
    pub fn holding(&self, node: NodeIndex) -> Option<&Holding> {
        self.holdings
            .binary_search_by_key(&node, |holding| holding.node)
            .ok()
            .map(|place| &self.holdings[place])
    }

    /// Rows there before.
    pub(super) fn hold(&mut self, node: NodeIndex, rows: u64) -> Option<u64> {
        self.holdings_version += 1;
        match self.holdings.binary_search_by_key(&node, |holding| holding.node) {
            Ok(place) => {
                self.holdings[place].segments += 1;
                self.holdings[place].rows += rows;
                Some(self.holdings[place].rows - rows)
            }
            Err(place) => {
                self.holdings.insert(place, Holding { node, segments: 1, rows });
                self.mark_holder(node);
                None
            }
        }
    }

    /// Rows there after.
    pub(super) fn let_go(&mut self, node: NodeIndex, rows: u64) -> Option<u64> {
        self.holdings_version += 1;
        let place = self.holdings.binary_search_by_key(&node, |holding| holding.node);
        let place = place.expect("a replica lets go only of what it holds");
        self.holdings[place].segments -= 1;
        self.holdings[place].rows -= rows;
        if self.holdings[place].segments > 0 {
            return Some(self.holdings[place].rows);
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

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn holdings_on_some_nodes_are_those_among_all(
            steps in prop::collection::vec((0u32..140, any::<bool>()), 0..60),
            wanted in prop::collection::vec(any::<u64>(), 0..4),
        ) {
            let mut replica = Replica::new(1, CollectionIndex(0), ResourceGroupIndex(0), 1);
            for (node, is_more) in steps {
                let node = NodeIndex(node);
                if is_more {
                    replica.hold(node, 5);
                } else if replica.holding(node).is_some() {
                    replica.let_go(node, 5);
                }
            }
            let is_wanted = |node: NodeIndex| {
                wanted.get(node.position() / 64).is_some_and(|word| word >> (node.position() % 64) & 1 == 1)
            };
            let slow: Vec<_> = replica.holdings().iter().filter(|holding| is_wanted(holding.node)).collect();
            prop_assert_eq!(replica.holdings_on(&wanted).collect::<Vec<_>>(), slow);
        }
    }
}
