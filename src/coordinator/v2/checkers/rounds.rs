//! The order in which collections have their turn (section 6.3).

use crate::coordinator::v2::state::QueryCoordV2;
use crate::model::ids::CollectionIndex;
use std::collections::VecDeque;

/// Rows of a collection's target: the current one, else the next.
pub(super) fn rows_of(coordinator: &QueryCoordV2, collection: CollectionIndex) -> i64 {
    let record = &coordinator.collections[collection.position()];
    let target = if record.current.is_empty() { &record.next } else { &record.current };
    target.iter().map(|segment| i64::from(coordinator.view.segment(*segment).rows)).sum()
}

/// Puts what was pushed into the order in which a heap of equal priorities gives it back: the first, then
/// the others from the last to the second.
pub(super) fn take_from_queue(queue: &mut VecDeque<CollectionIndex>) {
    queue.make_contiguous();
    if let Some(rest) = queue.as_mut_slices().0.get_mut(1..) {
        rest.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_priorities_come_first_last_backwards() {
        let mut queue: VecDeque<CollectionIndex> = (1..=4).map(CollectionIndex).collect();
        take_from_queue(&mut queue);
        assert_eq!(queue, [1, 4, 3, 2].map(CollectionIndex));
    }
}
