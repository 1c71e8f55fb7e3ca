//! Sorting what was sorted a moment ago.

use std::cmp::Ordering;

/// So many entries out of order are put in their place one by one; if there are more, all are sorted.
const FEW: usize = 24;

/// Sorts; fast where few entries are out of order. Equal entries must not be told apart.
pub fn sort_nearly_sorted<T: Copy>(entries: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut moved = 0;
    for end in 1..entries.len() {
        if compare(&entries[end], &entries[end - 1]) == Ordering::Less {
            moved += 1;
            if moved > FEW {
                return entries.sort_unstable_by(compare);
            }
            let entry = entries[end];
            let place = entries[..end].partition_point(|other| compare(other, &entry) == Ordering::Less);
            entries.copy_within(place..end, place + 1);
            entries[place] = entry;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn few_or_many_out_of_order_are_sorted(
            mut entries in prop::collection::vec(0u64..100, 0..60),
            is_nearly_sorted: bool,
            place in 0usize..60,
        ) {
            if is_nearly_sorted {
                entries.sort_unstable();
                let length = entries.len();
                if length > 0 {
                    entries[place % length] = 7;
                }
            }
            let mut sorted = entries.clone();
            sorted.sort_unstable();
            sort_nearly_sorted(&mut entries, u64::cmp);
            prop_assert_eq!(entries, sorted);
        }
    }
}
