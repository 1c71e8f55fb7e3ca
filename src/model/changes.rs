//! What changed in the cluster since somebody last looked, so that figures follow without a full pass.

use super::ids::{NodeIndex, ReplicaIndex, SegmentIndex};

/// What a replica held on a node, and holds now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldChange {
    /// The replica.
    pub replica: ReplicaIndex,
    /// The node.
    pub node: NodeIndex,
    /// Segments and rows before; `None` = it held no segment there.
    pub before: Option<(u32, u64)>,
    /// Segments and rows after; `None` = it holds no segment there.
    pub after: Option<(u32, u64)>,
    /// The replica's `holdings_version` after the change; it was one less before.
    pub version: u64,
}

/// Nodes and replicas touched since the last [`Changes::clear`].
#[derive(Debug, Clone, Default)]
pub struct Changes {
    nodes: Vec<NodeIndex>,
    node_marks: Vec<bool>,
    replicas: Vec<ReplicaIndex>,
    replica_marks: Vec<bool>,
    held: Vec<HeldChange>,
    /// Whether somebody has looked: what came before, which is everything, nobody reads change by change.
    is_followed: bool,
    lost: Vec<SegmentIndex>,
    membership: bool,
    /// Whether something of a node changed besides its growing rows.
    is_more_than_growth: bool,
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

    /// Changes of what replicas hold on nodes, in order. Not all are told: a gap shows in the versions.
    pub fn held(&self) -> &[HeldChange] {
        &self.held
    }

    /// Segments of which a process that ended took a copy with it.
    pub fn lost(&self) -> &[SegmentIndex] {
        &self.lost
    }

    /// Whether a node joined or left the nodes counted, or a replica its nodes, or replicas came or went.
    pub fn membership(&self) -> bool {
        self.membership
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.replicas.is_empty() && !self.membership
    }

    /// Whether nothing changed but growing rows.
    pub fn is_growth_only(&self) -> bool {
        !self.is_more_than_growth && self.replicas.is_empty() && self.lost.is_empty() && !self.membership
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        for node in &self.nodes {
            self.node_marks[node.position()] = false;
        }
        for replica in &self.replicas {
            self.replica_marks[replica.position()] = false;
        }
        self.nodes.clear();
        self.replicas.clear();
        self.held.clear();
        self.is_followed = true;
        self.lost.clear();
        self.membership = false;
        self.is_more_than_growth = false;
    }

    /// Something of a node changed besides its growing rows.
    pub(super) fn touch_node(&mut self, node: NodeIndex) {
        self.is_more_than_growth = true;
        self.grow_on(node);
    }

    /// Growing rows of a node changed.
    #[inline]
    pub(super) fn grow_on(&mut self, node: NodeIndex) {
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

    pub(super) fn hold(&mut self, change: HeldChange) {
        if self.is_followed {
            self.held.push(change);
        }
    }

    pub(super) fn lose(&mut self, segment: SegmentIndex) {
        self.lost.push(segment);
    }

    pub(super) fn touch_membership(&mut self) {
        self.membership = true;
    }
}
