//! First fit by memory where every request fits on the node with the lowest rate.

use super::allocate::Available;
use crate::model::ids::NodeIndex;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A node that has grown, the first to be taken greatest: its rate, the request that made it grow, its position,
/// its used bytes.
type Grown = Reverse<(TotalRate, Reverse<usize>, u32, u64)>;

/// Every request to the front of the list, from which nodes that have grown are kept apart; `None` = one does
/// not fit there. `order` are positions in `available`, by rate.
pub(super) fn allocate_from_front(
    order: &[u32],
    available: &[Available],
    sizes: &[u64],
    threshold: f64,
) -> Option<Vec<NodeIndex>> {
    let mut assigned = Vec::with_capacity(sizes.len());
    let mut untouched = order.iter().copied().peekable();
    // By rate; of equals the one that grew last stands first, and before those that never grew.
    let mut grown: BinaryHeap<Grown> = BinaryHeap::new();
    for (number, size) in sizes.iter().enumerate() {
        let first = untouched.peek().map(|position| available[*position as usize].rate);
        let is_grown =
            grown.peek().is_some_and(|Reverse((rate, ..))| first.is_none_or(|first| rate.0 <= first));
        let (position, used) = if is_grown {
            grown.pop().map(|Reverse((_, _, position, used))| (position, used))?
        } else {
            untouched.next().map(|position| (position, available[position as usize].used))?
        };
        let node = &available[position as usize];
        let after = used.wrapping_add(*size);
        let rate = after as f64 / node.total as f64;
        if rate.is_nan() || rate > threshold {
            return None;
        }
        assigned.push(node.node);
        grown.push(Reverse((TotalRate(rate), Reverse(number), position, after)));
    }
    Some(assigned)
}

/// A rate that is a number, in its order.
#[derive(Debug, Clone, Copy)]
struct TotalRate(f64);

impl Ord for TotalRate {
    fn cmp(&self, other: &TotalRate) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for TotalRate {
    fn partial_cmp(&self, other: &TotalRate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for TotalRate {
    fn eq(&self, other: &TotalRate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for TotalRate {}
