//! The copies of a collection that has far fewer of them than there are nodes: one list for all nodes.

use super::segment::SegmentCopy;
use crate::model::ids::NodeIndex;

/// Copies by node: two arrays in step, ascending by node, then by rows, then by segment.
///
/// Twenty bytes a copy, and nothing for a node without any; an insertion moves the copies of later nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct FewCopies {
    nodes: Vec<NodeIndex>,
    copies: Vec<SegmentCopy>,
}

impl FewCopies {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The copies on `node`, ascending by rows, then by segment.
    pub(super) fn on(&self, node: NodeIndex) -> &[SegmentCopy] {
        let from = self.nodes.partition_point(|other| *other < node);
        let count = self.nodes[from..].iter().take_while(|other| **other == node).count();
        &self.copies[from..from + count]
    }

    pub(super) fn rows(&self, node: NodeIndex) -> i64 {
        self.on(node).iter().map(SegmentCopy::row_count).sum()
    }

    /// All copies with their nodes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIndex, SegmentCopy)> + '_ {
        self.nodes.iter().copied().zip(self.copies.iter().copied())
    }

    pub(super) fn last_node(&self) -> Option<NodeIndex> {
        self.nodes.last().copied()
    }

    pub(super) fn insert(&mut self, node: NodeIndex, copy: SegmentCopy) {
        let from = self.nodes.partition_point(|other| *other < node);
        let before = self.on(node).partition_point(|other| *other < copy);
        self.nodes.insert(from + before, node);
        self.copies.insert(from + before, copy);
    }

    /// Takes out the copy at `place` among those on `node`.
    pub(super) fn remove(&mut self, node: NodeIndex, place: usize) -> SegmentCopy {
        let from = self.nodes.partition_point(|other| *other < node);
        self.nodes.remove(from + place);
        self.copies.remove(from + place)
    }
}
