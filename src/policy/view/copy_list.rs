//! The copies of one collection on one node: nothing, one in place, or a list.

use super::segment::SegmentCopy;
use std::ops::Deref;

/// Copies in the order in which they are given. In a large cluster most nodes have at most one copy of a
/// collection, which costs no memory of its own.
#[derive(Debug, Clone, Default)]
pub(super) enum CopyList {
    #[default]
    Empty,
    One(SegmentCopy),
    Many(Vec<SegmentCopy>),
}

impl Deref for CopyList {
    type Target = [SegmentCopy];

    #[inline]
    fn deref(&self) -> &[SegmentCopy] {
        match self {
            CopyList::Empty => &[],
            CopyList::One(copy) => std::slice::from_ref(copy),
            CopyList::Many(copies) => copies,
        }
    }
}

impl CopyList {
    pub(super) fn insert(&mut self, place: usize, copy: SegmentCopy) {
        match self {
            CopyList::Empty => *self = CopyList::One(copy),
            CopyList::One(other) => {
                let mut copies = Vec::with_capacity(2);
                copies.push(*other);
                copies.insert(place, copy);
                *self = CopyList::Many(copies);
            }
            CopyList::Many(copies) => copies.insert(place, copy),
        }
    }

    /// Takes out the copy at `place`, which must be there.
    pub(super) fn remove(&mut self, place: usize) -> SegmentCopy {
        let copy = self[place];
        match self {
            CopyList::Empty | CopyList::One(_) => *self = CopyList::Empty,
            CopyList::Many(copies) => {
                copies.remove(place);
                if let [left] = copies[..] {
                    *self = CopyList::One(left);
                }
            }
        }
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::SegmentIndex;
    use proptest::prelude::*;

    #[test]
    fn a_list_takes_no_more_room_than_a_plain_one() {
        assert_eq!(size_of::<CopyList>(), size_of::<Vec<SegmentCopy>>());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn copy_lists_equal_plain_lists(steps in prop::collection::vec((0usize..9, any::<bool>()), 0..30)) {
            let (mut list, mut plain) = (CopyList::default(), Vec::new());
            for (number, (place, is_added)) in steps.into_iter().enumerate() {
                if is_added {
                    let place = place % (plain.len() + 1);
                    let copy = SegmentCopy { rows: 1, segment: SegmentIndex::at(number), version: 1 };
                    list.insert(place, copy);
                    plain.insert(place, copy);
                } else if !plain.is_empty() {
                    let place = place % plain.len();
                    prop_assert_eq!(list.remove(place), plain.remove(place));
                }
                prop_assert_eq!(&list[..], &plain[..]);
            }
        }
    }
}
