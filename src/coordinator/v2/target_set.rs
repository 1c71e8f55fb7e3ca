//! The segments of a target: runs of indices, which several targets share as long as they are equal.

use crate::model::ids::SegmentIndex;
use std::sync::Arc;

/// Segments of which each is followed by the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first: u32,
    /// The one after the last.
    end: u32,
}

/// Segments, ascending, each once. Comparing sets that were copied from each other takes no time, and what is
/// there from the start, collection by collection, hardly any room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetSet(Arc<Vec<Run>>);

impl TargetSet {
    /// These segments, in any order.
    pub fn of(mut segments: Vec<SegmentIndex>) -> TargetSet {
        segments.sort_unstable();
        let mut runs: Vec<Run> = Vec::new();
        for SegmentIndex(segment) in segments {
            match runs.last_mut() {
                Some(last) if segment < last.end => {}
                Some(last) if segment == last.end => last.end += 1,
                _ => runs.push(Run { first: segment, end: segment + 1 }),
            }
        }
        TargetSet(Arc::new(runs))
    }

    /// The segments, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = SegmentIndex> + Clone + '_ {
        self.0.iter().flat_map(|run| (run.first..run.end).map(SegmentIndex))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first run that does not end before a segment.
    fn place(&self, segment: u32) -> usize {
        self.0.partition_point(|run| run.end <= segment)
    }

    /// Whether a segment is in it.
    pub fn has(&self, segment: SegmentIndex) -> bool {
        self.0.get(self.place(segment.0)).is_some_and(|run| run.first <= segment.0)
    }

    /// Adds a segment.
    pub fn insert(&mut self, segment: SegmentIndex) {
        if self.has(segment) {
            return;
        }
        let (SegmentIndex(segment), place) = (segment, self.place(segment.0));
        let runs = Arc::make_mut(&mut self.0);
        runs.insert(place, Run { first: segment, end: segment + 1 });
        if runs.get(place + 1).is_some_and(|next| next.first == segment + 1) {
            runs[place].end = runs.remove(place + 1).end;
        }
        if place > 0 && runs[place - 1].end == segment {
            runs[place - 1].end = runs.remove(place).end;
        }
    }

    /// Takes a segment out.
    pub fn remove(&mut self, segment: SegmentIndex) {
        if !self.has(segment) {
            return;
        }
        let (SegmentIndex(segment), place) = (segment, self.place(segment.0));
        let runs = Arc::make_mut(&mut self.0);
        let run = runs.remove(place);
        let parts = [Run { first: run.first, end: segment }, Run { first: segment + 1, end: run.end }];
        runs.splice(place..place, parts.into_iter().filter(|part| part.first < part.end));
    }

    /// Segments that are in one of both sets only, ascending.
    pub fn differences(&self, other: &TargetSet) -> Vec<SegmentIndex> {
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        let mut found = Vec::new();
        loop {
            let (one, two) = (left.peek().copied(), right.peek().copied());
            let Some(least) = one.into_iter().chain(two).min() else { return found };
            left.next_if_eq(&least);
            right.next_if_eq(&least);
            if one != two {
                found.push(least);
            }
        }
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
            steps in prop::collection::vec((0u32..12, any::<bool>()), 0..24),
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
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), plain.iter().copied().collect::<Vec<_>>());
            let newest_first: Vec<_> = set.iter().rev().collect();
            prop_assert_eq!(newest_first, plain.iter().rev().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.is_empty(), plain.is_empty());
            prop_assert_eq!(first == set, before == plain);
            let differences: Vec<_> = before.symmetric_difference(&plain).copied().collect();
            prop_assert_eq!(first.differences(&set), differences);
        }
    }
}
