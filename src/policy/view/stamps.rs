//! What has changed since somebody looked: an answer to which nothing has changed need not be found again.

use super::ClusterView;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};

/// Changes of rows kept at most, as a multiple of the nodes: whoever has missed more looks at all nodes.
const KEPT_PER_NODE: usize = 2;

/// What the writers of a view count.
#[derive(Debug, Clone, Default)]
pub(super) struct Stamps {
    /// Changes of what nodes are, what channels they have, and what channels are pending.
    facts: u64,
    /// Changes of anything that makes a task stale.
    staleness: u64,
    /// Changes of the structure of any collection.
    structure: u64,
    /// By replica: changes of its lists.
    replicas: Vec<u64>,
    /// Nodes whose rows or numbers of segments changed, oldest first; streaming nodes, which policies never
    /// score by rows, are left out.
    rows: Vec<NodeIndex>,
    /// Changes of rows that are no longer in `rows`.
    forgotten: u64,
}

impl Stamps {
    pub(super) fn fact_changed(&mut self) {
        self.facts += 1;
        self.staleness += 1;
    }

    pub(super) fn structure_changed(&mut self) {
        self.structure += 1;
    }

    pub(super) fn target_changed(&mut self) {
        self.staleness += 1;
    }

    pub(super) fn replica_changed(&mut self, replica: ReplicaIndex) {
        self.staleness += 1;
        self.replicas.resize(self.replicas.len().max(replica.position() + 1), 0);
        self.replicas[replica.position()] += 1;
    }

    pub(super) fn rows_changed(&mut self, node: NodeIndex, nodes: usize) {
        if self.rows.len() >= KEPT_PER_NODE * nodes {
            self.forgotten += self.rows.len() as u64;
            self.rows.clear();
        }
        self.rows.push(node);
    }
}

impl ClusterView {
    /// How often nodes (their state, version, memory), their channels or what is pending of channels changed.
    pub fn facts_stamp(&self) -> u64 {
        self.stamps.facts
    }

    /// How often anything changed that can make a task stale once it is promoted: states of nodes, holders of
    /// channels, lists of replicas, targets.
    pub fn staleness_stamp(&self) -> u64 {
        self.stamps.staleness
    }

    /// How often the segments of a collection (copies, targets), its channels, its pending moves or the lists
    /// of its replicas changed. What is pending in rows, and growing rows, do not count.
    pub fn structure_stamp(&self, collection: CollectionIndex) -> u64 {
        self.collection(collection).structure
    }

    /// How often [`Self::structure_stamp`] of any collection changed.
    pub fn structures_stamp(&self) -> u64 {
        self.stamps.structure
    }

    /// How often the lists of a replica changed.
    pub fn replica_stamp(&self, replica: ReplicaIndex) -> u64 {
        self.stamps.replicas.get(replica.position()).copied().unwrap_or(0)
    }

    /// How often rows of nodes or their numbers of segments changed.
    pub fn rows_stamp(&self) -> u64 {
        self.stamps.forgotten + self.stamps.rows.len() as u64
    }

    /// The nodes whose rows or numbers of segments changed since [`Self::rows_stamp`] was `stamp`, some of
    /// them several times; `None` = that is too long ago to say.
    pub fn rows_changed_since(&self, stamp: u64) -> Option<&[NodeIndex]> {
        let seen = usize::try_from(stamp.checked_sub(self.stamps.forgotten)?).ok()?;
        self.stamps.rows.get(seen..)
    }
}
