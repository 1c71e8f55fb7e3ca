//! Which query nodes have a copy of which segment: one node inline, further ones in an ordered side table.

use super::few::Few;
use super::ids::{NodeIndex, SegmentIndex};
use std::collections::BTreeMap;

const NOBODY: u32 = u32::MAX;
/// Mark of a first node that is not the only one; no cluster has so many nodes that it is part of an index.
const FURTHER: u32 = 1 << 31;

/// For every segment the nodes that hold it, in the order in which they came to hold it.
///
/// Nearly every segment has one copy, so that costs four bytes; a second replica or a move in flight
/// costs an entry of the side table, into which nobody looks for the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Holders {
    first: Vec<u32>,
    more: BTreeMap<u32, Few<NodeIndex>>,
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

    /// The first holder, and those after it.
    #[inline]
    fn parts(&self, segment: SegmentIndex) -> (Option<NodeIndex>, &[NodeIndex]) {
        let first = self.first[segment.position()];
        if first == NOBODY {
            (None, &[])
        } else if first & FURTHER == 0 {
            (Some(NodeIndex(first)), &[])
        } else {
            (Some(NodeIndex(first & !FURTHER)), self.more.get(&segment.0).map_or(&[], Few::as_slice))
        }
    }

    /// The nodes that hold `segment`, oldest holder first.
    #[inline]
    pub fn of(&self, segment: SegmentIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let (first, more) = self.parts(segment);
        first.into_iter().chain(more.iter().copied())
    }

    /// Whether `node` holds `segment`.
    #[inline]
    pub fn has(&self, segment: SegmentIndex, node: NodeIndex) -> bool {
        // Nearly always there is one holder at most, and a look at it is enough.
        let first = self.first[segment.position()];
        first == node.0 || (first != NOBODY && first & FURTHER != 0 && self.any(segment, |one| one == node))
    }

    /// Whether a node for which `is_meant` holds `segment`.
    #[inline]
    pub fn any(&self, segment: SegmentIndex, is_meant: impl Fn(NodeIndex) -> bool) -> bool {
        let (first, more) = self.parts(segment);
        first.is_some_and(&is_meant) || more.iter().any(|holder| is_meant(*holder))
    }

    /// How many nodes hold `segment`.
    #[inline]
    pub fn count(&self, segment: SegmentIndex) -> usize {
        let (first, more) = self.parts(segment);
        usize::from(first.is_some()) + more.len()
    }

    /// Notes that `node` holds `segment`; false when it did already.
    pub fn add(&mut self, segment: SegmentIndex, node: NodeIndex) -> bool {
        assert!(node.0 < NOBODY & !FURTHER, "fewer than 2^31 nodes");
        if self.has(segment, node) {
            return false;
        }
        let first = &mut self.first[segment.position()];
        if *first == NOBODY {
            *first = node.0;
        } else {
            *first |= FURTHER;
            self.more.entry(segment.0).or_default().push(node);
        }
        true
    }

    /// Notes that `node` no longer holds `segment`; false when it did not.
    pub fn remove(&mut self, segment: SegmentIndex, node: NodeIndex) -> bool {
        let first = &mut self.first[segment.position()];
        if *first == NOBODY || *first & FURTHER == 0 {
            let is_first = *first == node.0;
            if is_first {
                *first = NOBODY;
            }
            return is_first;
        }
        let Some(more) = self.more.get_mut(&segment.0) else { return false };
        if *first == node.0 | FURTHER {
            *first = more.remove(0).0 | FURTHER;
        } else {
            let Some(place) = more.iter().position(|holder| *holder == node) else { return false };
            more.remove(place);
        }
        if more.is_empty() {
            *first &= !FURTHER;
            self.more.remove(&segment.0);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn holders_equal_a_plain_list(steps in prop::collection::vec((0u32..6, any::<bool>()), 0..40)) {
            let (segment, mut plain) = (SegmentIndex(0), Vec::new());
            let mut holders = Holders::default();
            holders.push();
            for (node, is_added) in steps {
                let node = NodeIndex(node);
                if is_added {
                    prop_assert_eq!(holders.add(segment, node), !plain.contains(&node));
                    if !plain.contains(&node) {
                        plain.push(node);
                    }
                } else {
                    prop_assert_eq!(holders.remove(segment, node), plain.contains(&node));
                    plain.retain(|other| *other != node);
                }
                prop_assert_eq!(holders.of(segment).collect::<Vec<_>>(), plain.clone());
                prop_assert_eq!(holders.count(segment), plain.len());
                for node in (0..6).map(NodeIndex) {
                    prop_assert_eq!(holders.has(segment, node), plain.contains(&node));
                }
            }
        }
    }

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
