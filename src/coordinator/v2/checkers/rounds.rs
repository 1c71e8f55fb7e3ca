//! The order in which collections have their turn (section 6.3).

use super::plans::Generated;
use crate::coordinator::v2::state::QueryCoordV2;
use crate::model::ids::CollectionIndex;
use std::collections::VecDeque;

/// Rows of a collection's target: the current one, else the next.
pub(super) fn rows_of(coordinator: &QueryCoordV2, collection: CollectionIndex) -> i64 {
    let record = &coordinator.collections[collection.position()];
    let target = if record.current.is_empty() { &record.next } else { &record.current };
    target.segments().iter().map(|segment| i64::from(coordinator.view.segment(*segment).rows)).sum()
}

/// Where a collection stands in a round: the lowest comes first.
pub fn priority(by_rows: bool, id: i64, rows: i64) -> i64 {
    if by_rows { -rows } else { id }
}

/// How much one tick of the queues does at most (section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// No further collection after so many segment tasks.
    pub segments: i64,
    /// No further collection after so many channel tasks.
    pub channels: i64,
    /// So many collections.
    pub collections: i64,
    /// Whether one that gave tasks may be followed by another.
    pub is_many: bool,
}

/// Takes collections from a queue and lets each generate its tasks, until a limit is reached.
pub fn work_through(
    queue: &mut VecDeque<CollectionIndex>,
    limits: Limits,
    mut generate: impl FnMut(CollectionIndex) -> Generated,
) -> Generated {
    let mut generated = Generated::default();
    let mut checked = 0;
    while generated.segments < limits.segments
        && generated.channels < limits.channels
        && checked < limits.collections
        && (limits.is_many || generated.is_none())
    {
        let Some(collection) = queue.pop_front() else { break };
        checked += 1;
        let more = generate(collection);
        generated.segments += more.segments;
        generated.channels += more.channels;
    }
    generated
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
