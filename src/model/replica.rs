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
    pub fn holdings(&self) -> &[Holding] {
        &self.holdings
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
    pub fn holding(&self, node: NodeIndex) -> Option<&Holding> {
        let word = self.holders.get(node.position() / 64)?;
        if word >> (node.position() % 64) & 1 == 0 {
            return None;
        }
        self.holdings
            .binary_search_by_key(&node, |holding| holding.node)
            .ok()
            .map(|place| &self.holdings[place])
    }

    /// Segments and rows there before.
    pub(super) fn hold(&mut self, node: NodeIndex, rows: u64) -> Option<(u32, u64)> {
        self.holdings_version += 1;
        match self.holdings.binary_search_by_key(&node, |holding| holding.node) {
            Ok(place) => {
                self.holdings[place].segments += 1;
                self.holdings[place].rows += rows;
                let now = self.holdings[place];
                Some((now.segments - 1, now.rows - rows))
            }
            Err(place) => {
                if self.holdings.len() == self.holdings.capacity() {
                    // Many replicas on many nodes: twice the room would be wasted.
                    self.holdings.reserve_exact(8 + self.holdings.len() / 8);
                }
                self.holdings.insert(place, Holding { node, segments: 1, rows });
                self.mark_holder(node);
                None
            }
        }
    }

    /// Segments and rows there after.
    pub(super) fn let_go(&mut self, node: NodeIndex, rows: u64) -> Option<(u32, u64)> {
        self.holdings_version += 1;
        let place = self.holdings.binary_search_by_key(&node, |holding| holding.node);
        let place = place.expect("a replica lets go only of what it holds");
        self.holdings[place].segments -= 1;
        self.holdings[place].rows -= rows;
        if self.holdings[place].segments > 0 {
            return Some((self.holdings[place].segments, self.holdings[place].rows));
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
