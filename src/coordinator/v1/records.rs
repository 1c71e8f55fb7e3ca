//! What the coordinator records in its metadata: the state of nodes, and where sealed segments are loaded.

use super::state::Found;
use crate::model::cluster::Cluster;
use crate::model::holders::Holders;
use crate::model::ids::{CollectionIndex, NodeIndex, SegmentIndex};

/// What the coordinator thinks of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownNode {
    /// Not in its list of nodes.
    Unknown,
    /// In the list, with a session.
    Online,
    /// In the list, its session gone, its recovery not ended.
    Offline,
}

/// The coordinator's own records.
#[derive(Debug, Clone, Default)]
pub struct Records {
    nodes: Vec<KnownNode>,
    placed: Holders,
    placed_count: usize,
    count_on: Vec<u32>,
}

impl Records {
    /// Makes room for nodes and segments that have come into being.
    pub fn grow(&mut self, cluster: &Cluster) {
        self.nodes.resize(cluster.nodes().len(), KnownNode::Unknown);
        self.count_on.resize(cluster.nodes().len(), 0);
        if self.placed_count == 0 {
            self.placed.reserve(cluster.segments().len());
        }
        while self.placed_count < cluster.segments().len() {
            self.placed.push();
            self.placed_count += 1;
        }
    }

    /// Reads what is in etcd before the first start.
    pub fn take_over(&mut self, cluster: &Cluster, found: &Found) {
        for segment in cluster.segments().indices() {
            for node in cluster.segments().copies().of(segment) {
                self.place(segment, node);
            }
        }
        for node in &found.offline {
            self.set_node(*node, KnownNode::Offline);
        }
        for (segment, node) in &found.recorded {
            self.place(*segment, *node);
        }
    }

    /// What it thinks of a node.
    pub fn node(&self, node: NodeIndex) -> KnownNode {
        self.nodes.get(node.position()).copied().unwrap_or(KnownNode::Unknown)
    }

    /// Changes what it thinks of a node.
    pub fn set_node(&mut self, node: NodeIndex, known: KnownNode) {
        self.nodes[node.position()] = known;
    }

    /// All nodes in its list, ascending.
    pub fn known_nodes(&self) -> impl Iterator<Item = (NodeIndex, KnownNode)> + '_ {
        let listed = self.nodes.iter().copied().enumerate().filter(|(_, known)| *known != KnownNode::Unknown);
        listed.map(|(position, known)| (NodeIndex::at(position), known))
    }

    /// All online nodes, ascending (chance R6).
    pub fn online_nodes(&self) -> Vec<NodeIndex> {
        self.known_nodes().filter(|(_, known)| *known == KnownNode::Online).map(|(node, _)| node).collect()
    }

    /// The nodes recorded for a segment, in stored order.
    pub fn nodes_of(&self, segment: SegmentIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let known = segment.position() < self.placed_count;
        known.then(|| self.placed.of(segment)).into_iter().flatten()
    }

    /// Whether a sealed segment is in the metadata at all.
    pub fn knows(&self, segment: SegmentIndex) -> bool {
        self.nodes_of(segment).next().is_some()
    }

    /// Whether a segment is recorded on a node.
    pub fn is_on(&self, segment: SegmentIndex, node: NodeIndex) -> bool {
        segment.position() < self.placed_count && self.placed.has(segment, node)
    }

    /// Sealed segments recorded on a node, all collections.
    pub fn count_on(&self, node: NodeIndex) -> u32 {
        self.count_on[node.position()]
    }

    /// The same, 0 for a node that the records have not heard of.
    pub fn count_on_or_none(&self, node: NodeIndex) -> u32 {
        self.count_on.get(node.position()).copied().unwrap_or(0)
    }

    /// Records a segment on a node.
    pub fn place(&mut self, segment: SegmentIndex, node: NodeIndex) {
        if self.placed.add(segment, node) {
            self.count_on[node.position()] += 1;
        }
    }

    /// Forgets a segment on a node.
    pub fn displace(&mut self, segment: SegmentIndex, node: NodeIndex) {
        if self.placed.remove(segment, node) {
            self.count_on[node.position()] -= 1;
        }
    }

    /// Segments of a collection recorded on a node, ascending; a compacted one is recorded until its hand-off
    /// has ended.
    pub fn of_collection_on<'a>(
        &'a self,
        cluster: &'a Cluster,
        collection: CollectionIndex,
        node: NodeIndex,
    ) -> impl Iterator<Item = SegmentIndex> + 'a {
        let is_any = self.count_on(node) > 0;
        let collection = cluster.collection(collection);
        let segments = if is_any { collection.segments.as_slice() } else { &[] };
        let compacted = if is_any { collection.compacted.as_slice() } else { &[] };
        // Nearly always nothing is compacted, and one list is gone through faster than two.
        let (alone, beside) = if compacted.is_empty() { (segments, &[][..]) } else { (&[][..], segments) };
        let all = alone.iter().copied().chain(merged(beside, compacted));
        all.filter(move |segment| self.is_on(*segment, node))
    }

    /// Segments of all collections recorded on a node, ascending by collection and segment.
    pub fn all_on(&self, cluster: &Cluster, node: NodeIndex) -> Vec<SegmentIndex> {
        if self.count_on(node) == 0 {
            return Vec::new();
        }
        let collections = cluster.collection_indices();
        collections.flat_map(|collection| self.of_collection_on(cluster, collection, node)).collect()
    }
}

/// Two ascending lists without a common member as one.
fn merged<'a>(
    mut one: &'a [SegmentIndex],
    mut other: &'a [SegmentIndex],
) -> impl Iterator<Item = SegmentIndex> + 'a {
    std::iter::from_fn(move || {
        let is_other = other.first().is_some_and(|second| one.first().is_none_or(|first| second < first));
        let list = if is_other { &mut other } else { &mut one };
        let (first, rest) = list.split_first()?;
        *list = rest;
        Some(*first)
    })
}
