//! A count for each node, a byte where it is small.

use crate::model::ids::NodeIndex;
use std::collections::BTreeMap;

/// What stands for a count that takes more than a byte.
const LARGE: u8 = u8::MAX;

/// Counts by node.
#[derive(Debug, Clone, Default)]
pub(super) struct SmallCounts {
    small: Vec<u8>,
    large: BTreeMap<NodeIndex, u32>,
    total: u64,
}

impl SmallCounts {
    fn read(&self, node: NodeIndex, small: u8) -> u32 {
        if small == LARGE { self.large.get(&node).copied().unwrap_or(0) } else { u32::from(small) }
    }

    /// A node counts so many more or fewer.
    pub(super) fn shift(&mut self, node: NodeIndex, more: i32) {
        let small = *super::collection::grown(&mut self.small, node);
        let before = self.read(node, small);
        let count = before.saturating_add_signed(more);
        self.total = self.total + u64::from(count) - u64::from(before);
        let small = u8::try_from(count).unwrap_or(LARGE);
        self.small[node.position()] = small;
        if small == LARGE {
            self.large.insert(node, count);
        } else {
            self.large.remove(&node);
        }
    }

    /// How many all nodes count together.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many these nodes count together.
    pub(super) fn sum(&self, nodes: &[NodeIndex]) -> u64 {
        if self.large.is_empty() {
            let small = nodes.iter().map(|node| self.small.get(node.position()).copied().unwrap_or(0));
            return small.map(u64::from).sum();
        }
        let of = |node: &NodeIndex| {
            self.small.get(node.position()).map_or(0, |small| u64::from(self.read(*node, *small)))
        };
        nodes.iter().map(of).sum()
    }

    /// Nodes that count any, ascending, with how many.
    pub(super) fn iter(&self) -> impl Iterator<Item = (NodeIndex, u32)> + '_ {
        let nodes = self.small.iter().copied().enumerate().filter(|(_, small)| *small > 0);
        nodes.map(|(position, small)| (NodeIndex::at(position), self.read(NodeIndex::at(position), small)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_beyond_a_byte_are_kept_as_well() {
        let mut counts = SmallCounts::default();
        for _ in 0..300 {
            counts.shift(NodeIndex(2), 1);
        }
        counts.shift(NodeIndex(0), 1);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(NodeIndex(0), 1), (NodeIndex(2), 300)]);
        for left in (0..300).rev() {
            counts.shift(NodeIndex(2), -1);
            let now = counts.iter().find(|(node, _)| *node == NodeIndex(2));
            assert_eq!(now.map_or(0, |(_, count)| count), left);
            assert_eq!(counts.total(), u64::from(left) + 1);
            assert_eq!(counts.sum(&[2, 7].map(NodeIndex)), u64::from(left));
        }
    }
}
