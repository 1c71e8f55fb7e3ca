//! What changed in the cluster since somebody last looked, so that figures follow without a full pass.

use super::ids::{NodeIndex, ReplicaIndex};

/// Nodes and replicas touched since the last [`Changes::clear`].
#[derive(Debug, Clone, Default)]
pub struct Changes {
    nodes: Vec<NodeIndex>,
    node_marks: Vec<bool>,
    replicas: Vec<ReplicaIndex>,
    replica_marks: Vec<bool>,
    membership: bool,
}

impl Changes {
    /// Nodes whose memory, rows, state or channels changed; each once, in the order of the first change.
    pub fn nodes(&self) -> &[NodeIndex] {
        &self.nodes
    }

    /// Replicas whose holdings or leaders changed; each once, in the order of the first change.
    pub fn replicas(&self) -> &[ReplicaIndex] {
        &self.replicas
    }

    /// Whether a node joined or left the nodes counted, or a replica its nodes, or replicas came or went.
    pub fn membership(&self) -> bool {
        self.membership
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.replicas.is_empty() && !self.membership
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for node in self.nodes.drain(..) {
            self.node_marks[node.position()] = false;
        }
        for replica in self.replicas.drain(..) {
            self.replica_marks[replica.position()] = false;
        }
        self.membership = false;
    }

    pub(super) fn touch_node(&mut self, node: NodeIndex) {
        if self.node_marks.len() <= node.position() {
            self.node_marks.resize(node.position() + 1, false);
        }
        if !std::mem::replace(&mut self.node_marks[node.position()], true) {
            self.nodes.push(node);
        }
    }

    pub(super) fn touch_replica(&mut self, replica: ReplicaIndex) {
        if self.replica_marks.len() <= replica.position() {
            self.replica_marks.resize(replica.position() + 1, false);
        }
        if !std::mem::replace(&mut self.replica_marks[replica.position()], true) {
            self.replicas.push(replica);
        }
    }

    pub(super) fn touch_membership(&mut self) {
        self.membership = true;
    }
}
