//! The copies of one collection by node, in few pieces of memory however many nodes there are.

use super::segment::SegmentCopy;
use crate::model::ids::NodeIndex;

/// Nodes whose copies lie in one block: an insertion moves no more than the copies of so many nodes, and in a
/// large cluster, where most nodes have about one copy, a list of each node's own would cost more than the copy.
const NODES_PER_BLOCK: usize = 16;

/// Copies by node; those of a node ascend by rows, then by segment.
#[derive(Debug, Clone, Default)]
pub(super) struct CopyLists {
    /// By node: where its copies begin in its block.
    starts: Vec<u32>,
    blocks: Vec<Vec<SegmentCopy>>,
}

impl CopyLists {
    /// Nodes from which on there is nothing.
    pub(super) fn node_bound(&self) -> usize {
        self.starts.len()
    }

    /// The copies on a node.
    #[inline]
    pub(super) fn on(&self, node: NodeIndex) -> &[SegmentCopy] {
        let place = node.position();
        let Some(start) = self.starts.get(place) else { return &[] };
        let block = &self.blocks[place / NODES_PER_BLOCK];
        let next = self.starts.get(place + 1).filter(|_| !(place + 1).is_multiple_of(NODES_PER_BLOCK));
        &block[*start as usize..next.map_or(block.len(), |next| *next as usize)]
    }

    /// The nodes after this one in its block.
    fn later(&mut self, node: NodeIndex) -> &mut [u32] {
        let place = node.position();
        let end = (place / NODES_PER_BLOCK + 1) * NODES_PER_BLOCK;
        let end = end.min(self.starts.len());
        &mut self.starts[place + 1..end]
    }

    /// Makes room for the lists of so many nodes, where there are none yet.
    pub(super) fn reserve(&mut self, nodes: usize) {
        let blocks = nodes.div_ceil(NODES_PER_BLOCK);
        self.blocks.reserve_exact(blocks);
        self.starts.reserve_exact(blocks * NODES_PER_BLOCK);
    }

    /// Makes room for nodes up to this one.
    fn reach(&mut self, node: NodeIndex) {
        let count = node.position() + 1;
        let blocks = count.div_ceil(NODES_PER_BLOCK);
        if self.starts.len() < count {
            if self.blocks.len() < blocks {
                self.blocks.reserve_exact(blocks - self.blocks.len());
                self.blocks.resize_with(blocks, Vec::new);
                self.starts.reserve_exact(blocks * NODES_PER_BLOCK - self.starts.len());
            }
            for place in self.starts.len()..count {
                self.starts.push(self.blocks[place / NODES_PER_BLOCK].len() as u32);
            }
        }
    }

    /// Adds a copy.
    pub(super) fn insert(&mut self, node: NodeIndex, copy: SegmentCopy) {
        self.reach(node);
        let place = self.on(node).partition_point(|other| *other < copy);
        let start = self.starts[node.position()] as usize;
        let block = &mut self.blocks[node.position() / NODES_PER_BLOCK];
        if block.len() == block.capacity() {
            block.reserve_exact(2 + block.len() / 8);
        }
        block.insert(start + place, copy);
        self.later(node).iter_mut().for_each(|start| *start += 1);
    }

    /// Takes out the copy at `place` among those on `node`.
    pub(super) fn remove(&mut self, node: NodeIndex, place: usize) -> SegmentCopy {
        let start = self.starts[node.position()] as usize;
        let copy = self.blocks[node.position() / NODES_PER_BLOCK].remove(start + place);
        self.later(node).iter_mut().for_each(|start| *start -= 1);
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::SegmentIndex;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn blocks_equal_a_list_for_each_node(
            steps in prop::collection::vec((0u32..50, 0u32..4, 0usize..9, any::<bool>()), 0..60),
        ) {
            let (mut lists, mut plain) = (CopyLists::default(), BTreeMap::<u32, Vec<SegmentCopy>>::new());
            for (number, (node, rows, place, is_added)) in steps.into_iter().enumerate() {
                let known = plain.entry(node).or_default();
                if is_added {
                    let copy = SegmentCopy { rows, segment: SegmentIndex::at(number), version: 1 };
                    lists.insert(NodeIndex(node), copy);
                    known.push(copy);
                    known.sort();
                } else if !known.is_empty() {
                    let place = place % known.len();
                    prop_assert_eq!(lists.remove(NodeIndex(node), place), known.remove(place));
                }
                for node in 0..60 {
                    let known = plain.get(&node).map_or(&[][..], Vec::as_slice);
                    prop_assert_eq!(lists.on(NodeIndex(node)), known);
                }
            }
        }
    }
}
