//! Which query nodes have a copy of which segment: one node inline, further ones in an ordered side table.

use super::ids::{NodeIndex, SegmentIndex};
use std::collections::BTreeMap;

const NOBODY: u32 = u32::MAX;

/// For every segment the nodes that hold it, in the order in which they came to hold it.
///
/// Nearly every segment has one copy, so that costs four bytes; a second replica or a move in flight
/// costs an entry of the side table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    first: Vec<u32>,
    more: BTreeMap<u32, Vec<NodeIndex>>,
}

impl Holders {
    /// Makes room for one more segment, held by nobody.
    pub fn push(&mut self) {
        self.first.push(NOBODY);
    }

    /// Makes room for `additional` more segments.
    pub fn reserve(&mut self, additional: usize) {
        self.first.reserve_exact(additional);
    }

    /// The nodes that hold `segment`, oldest holder first.
    pub fn of(&self, segment: SegmentIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let first = self.first[segment.position()];
        let more = if first == NOBODY { None } else { self.more.get(&segment.0) };
        (first != NOBODY).then_some(NodeIndex(first)).into_iter().chain(more.into_iter().flatten().copied())
    }

    /// Whether `node` holds `segment`.
    pub fn has(&self, segment: SegmentIndex, node: NodeIndex) -> bool {
        let first = self.first[segment.position()];
        first == node.0 || (first != NOBODY && self.is_further(segment, node))
    }

    /// Whether a node for which `is_meant` holds `segment`.
    #[inline]
    pub fn any(&self, segment: SegmentIndex, is_meant: impl Fn(NodeIndex) -> bool) -> bool {
        let first = self.first[segment.position()];
        // The side table is looked into last: it is asked for rarely, and costs most.
        first != NOBODY
            && (is_meant(NodeIndex(first))
                || (!self.more.is_empty() && self.of(segment).skip(1).any(is_meant)))
    }

    fn is_further(&self, segment: SegmentIndex, node: NodeIndex) -> bool {
        !self.more.is_empty() && self.more.get(&segment.0).is_some_and(|more| more.contains(&node))
    }

    /// How many nodes hold `segment`.
    pub fn count(&self, segment: SegmentIndex) -> usize {
        self.of(segment).count()
    }

    /// Notes that `node` holds `segment`; false when it did already.
    pub fn add(&mut self, segment: SegmentIndex, node: NodeIndex) -> bool {
        if self.has(segment, node) {
            return false;
        }
        let first = &mut self.first[segment.position()];
        if *first == NOBODY {
            *first = node.0;
        } else {
            self.more.entry(segment.0).or_default().push(node);
        }
        true
    }

    /// Notes that `node` no longer holds `segment`; false when it did not.
    pub fn remove(&mut self, segment: SegmentIndex, node: NodeIndex) -> bool {
        let first = self.first[segment.position()];
        if first == node.0 {
            let next = self.more.get_mut(&segment.0).map(|more| more.remove(0).0);
            self.first[segment.position()] = next.unwrap_or(NOBODY);
        } else {
            let Some(more) = self.more.get_mut(&segment.0) else { return false };
            let Some(place) = more.iter().position(|holder| *holder == node) else { return false };
            more.remove(place);
        }
        if self.more.get(&segment.0).is_some_and(Vec::is_empty) {
            self.more.remove(&segment.0);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holders_keep_their_order_through_removals() {
        let mut holders = Holders::default();
        holders.push();
        holders.push();
        let segment = SegmentIndex(1);
        for node in [5, 2, 9] {
            assert!(holders.add(segment, NodeIndex(node)));
        }
        assert!(!holders.add(segment, NodeIndex(2)));
        assert_eq!(holders.of(segment).map(|node| node.0).collect::<Vec<_>>(), [5, 2, 9]);
        assert!(holders.remove(segment, NodeIndex(5)));
        assert!(!holders.remove(segment, NodeIndex(5)));
        assert_eq!(holders.of(segment).map(|node| node.0).collect::<Vec<_>>(), [2, 9]);
        assert!(holders.remove(segment, NodeIndex(9)));
        assert!(holders.remove(segment, NodeIndex(2)));
        assert_eq!(holders.count(segment), 0);
        assert_eq!(holders.count(SegmentIndex(0)), 0);
        assert!(holders.more.is_empty());
    }
}
