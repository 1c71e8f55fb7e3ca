//! The segments of a target: an ascending list that several targets share as long as they are equal.

use crate::model::ids::SegmentIndex;
use std::sync::Arc;

/// Segments, ascending, each once. Comparing sets that were copied from each other takes no time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetSet(Arc<Vec<SegmentIndex>>);

impl TargetSet {
    /// These segments, in any order.
    pub fn of(mut segments: Vec<SegmentIndex>) -> TargetSet {
        segments.sort_unstable();
        segments.dedup();
        TargetSet(Arc::new(segments))
    }

    /// The segments, ascending.
    pub fn segments(&self) -> &[SegmentIndex] {
        &self.0
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a segment is in it.
    pub fn has(&self, segment: SegmentIndex) -> bool {
        self.0.binary_search(&segment).is_ok()
    }

    /// Adds a segment.
    pub fn insert(&mut self, segment: SegmentIndex) {
        if let Err(place) = self.0.binary_search(&segment) {
            Arc::make_mut(&mut self.0).insert(place, segment);
        }
    }

    /// Takes a segment out.
    pub fn remove(&mut self, segment: SegmentIndex) {
        if let Ok(place) = self.0.binary_search(&segment) {
            Arc::make_mut(&mut self.0).remove(place);
        }
    }

    /// Segments that are in one of both sets only, ascending.
    pub fn differences(&self, other: &TargetSet) -> Vec<SegmentIndex> {
        let (mut left, mut right) = (self.segments(), other.segments());
        let mut found = Vec::new();
        while let (Some(one), Some(two)) = (left.first(), right.first()) {
            if one <= two {
                left = &left[1..];
            }
            if two <= one {
                right = &right[1..];
            }
            if one != two {
                found.push(*one.min(two));
            }
        }
        found.extend_from_slice(left);
        found.extend_from_slice(right);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn target_sets_equal_plain_sets(
            begin in prop::collection::vec(0u32..12, 0..8),
            steps in prop::collection::vec((0u32..12, any::<bool>()), 0..12),
        ) {
            let begin: Vec<SegmentIndex> = begin.into_iter().map(SegmentIndex).collect();
            let before: BTreeSet<SegmentIndex> = begin.iter().copied().collect();
            let (first, mut plain) = (TargetSet::of(begin), before.clone());
            let mut set = first.clone();
            for (segment, is_added) in steps {
                let segment = SegmentIndex(segment);
                if is_added {
                    set.insert(segment);
                    plain.insert(segment);
                } else {
                    set.remove(segment);
                    plain.remove(&segment);
                }
                prop_assert_eq!(set.has(segment), is_added);
            }
            prop_assert_eq!(set.segments(), plain.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(first == set, before == plain);
            let differences: Vec<_> = before.symmetric_difference(&plain).copied().collect();
            prop_assert_eq!(first.differences(&set), differences);
        }
    }
}
