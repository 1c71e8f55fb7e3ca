//! 2.0-2.1: where load requests and channels go: first fit on the node with the lowest rate.
//!
//! Source: `internal/querycoord/segment_allocator.go`, `channel_allocator.go` of the 2.1 line;
//! specification section 11.

use super::allocate_front::allocate_from_front;
use super::memory_usage::OVERLOADED_KEY;
use super::witness::{Instead, Witness};
use crate::model::ids::NodeIndex;
use crate::model::query_node::NodeMemory;
use std::cmp::Ordering;

/// Why nothing could be allocated; the texts are Milvus's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllocateError {
    /// E13: no node is left after all filters.
    NoAvailableNode,
    /// E14: some request fits on no node.
    InsufficientMemory,
    /// E15: the replica has no online node.
    NoOnlineNode,
    /// E15 for channels, which spell it otherwise.
    NoOnlineNodeForChannel,
    /// E16: the replica is gone.
    ReplicaNotFound,
}

impl AllocateError {
    /// Number of the text in the specification's list.
    pub fn number(self) -> &'static str {
        match self {
            AllocateError::NoAvailableNode => "E13",
            AllocateError::InsufficientMemory => "E14",
            AllocateError::NoOnlineNode | AllocateError::NoOnlineNodeForChannel => "E15",
            AllocateError::ReplicaNotFound => "E16",
        }
    }

    /// Milvus's text.
    pub fn text(self) -> &'static str {
        match self {
            AllocateError::NoAvailableNode => "no available queryNode to allocate",
            AllocateError::InsufficientMemory => {
                "shuffleSegmentsToQueryNodeV2: insufficient memory of available node"
            }
            AllocateError::NoOnlineNode => "no online queryNode to allocate",
            AllocateError::NoOnlineNodeForChannel => "no online QueryNode to allocate",
            AllocateError::ReplicaNotFound => "replica not found",
        }
    }
}

/// Which nodes may be used.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    /// Only these; empty = any.
    pub include: &'a [NodeIndex],
    /// Not these.
    pub exclude: &'a [NodeIndex],
}

impl Filter<'_> {
    pub(super) fn lets_pass(self, node: NodeIndex) -> bool {
        (self.include.is_empty() || self.include.contains(&node)) && !self.exclude.contains(&node)
    }
}

/// A node with its memory; the rate is used over total.
pub(super) struct Available {
    pub(super) node: NodeIndex,
    pub(super) total: u64,
    pub(super) used: u64,
    pub(super) rate: f64,
}

/// Allocates requests by memory ("V2", the default): for each request in order the node with the lowest
/// rate on which it does not pass the threshold.
///
/// `online` are the candidates in stored order, all online; `memory_of` is `None` where a node does not
/// answer. `sizes` are the requests' estimated bytes.
///
/// # Errors
///
/// [`AllocateError::NoOnlineNode`], [`AllocateError::NoAvailableNode`] or
/// [`AllocateError::InsufficientMemory`]; no request is then allocated.
pub fn allocate_by_memory(
    online: &[NodeIndex],
    filter: Filter<'_>,
    memory_of: &mut dyn FnMut(NodeIndex) -> Option<NodeMemory>,
    sizes: &[u64],
    threshold: f64,
    witness: &mut impl Witness,
) -> Result<Vec<NodeIndex>, AllocateError> {
    if sizes.is_empty() {
        return Ok(Vec::new());
    }
    if online.is_empty() {
        return Err(AllocateError::NoOnlineNode);
    }
    let mut available: Vec<Available> = Vec::with_capacity(online.len());
    for node in online.iter().copied().filter(|node| filter.lets_pass(*node)) {
        let Some(memory) = memory_of(node) else { continue };
        let rate = memory.used_bytes as f64 / memory.total_bytes as f64;
        witness.decided(&|instead: &Instead<'_>| rate >= instead.of(OVERLOADED_KEY, threshold));
        if !witness.at_least(Some(OVERLOADED_KEY), rate, threshold) {
            available.push(Available { node, total: memory.total_bytes, used: memory.used_bytes, rate });
        }
    }
    if available.is_empty() {
        return Err(AllocateError::NoAvailableNode);
    }
    let has_nan = available.iter().any(|node| node.rate.is_nan());
    if !has_nan && !witness.wants_every_comparison() && are_too_many(&available, sizes, threshold) {
        return Err(AllocateError::InsufficientMemory);
    }
    // Sorted are positions, since every request moves a long run of them.
    let mut order: Vec<u32> = (0..).take(available.len()).collect();
    sort_by_rate(&mut order, &available, has_nan);
    if !has_nan
        && !witness.wants_every_comparison()
        && let Some(assigned) = allocate_from_front(&order, &available, sizes, threshold)
    {
        return Ok(assigned);
    }
    let mut assigned = Vec::with_capacity(sizes.len());
    for size in sizes {
        let place = order
            .iter()
            .position(|position| {
                let node = &available[*position as usize];
                let after = node.used.wrapping_add(*size) as f64 / node.total as f64;
                witness.decided(&|instead: &Instead<'_>| after > instead.of(OVERLOADED_KEY, threshold));
                !witness.above(Some(OVERLOADED_KEY), after, threshold)
            })
            .ok_or(AllocateError::InsufficientMemory)?;
        let chosen = &mut available[order[place] as usize];
        assigned.push(chosen.node);
        chosen.used = chosen.used.wrapping_add(*size);
        chosen.rate = chosen.used as f64 / chosen.total as f64;
        if has_nan || chosen.rate.is_nan() {
            sort_by_rate(&mut order, &available, true);
        } else {
            sift_back(&mut order, &available, place);
        }
    }
    Ok(assigned)
}

/// Whether requests clearly take more than all nodes together have up to the threshold, so that one of them fits
/// nowhere: what a recovery without room finds each second until a node joins.
fn are_too_many(available: &[Available], sizes: &[u64], threshold: f64) -> bool {
    let wanted: f64 = sizes.iter().map(|size| *size as f64).sum();
    let (mut used, mut room, mut limits) = (0.0f64, 0.0, 0.0);
    for node in available {
        let limit = threshold * node.total as f64;
        used = used.max(node.used as f64);
        room += (limit - node.used as f64).max(0.0);
        limits += limit;
    }
    // No rounding adds up to a part of 10^9; and sums that could wrap around are left to the rule.
    wanted > room + limits * 1e-9 && used + wanted < i64::MAX as f64
}

/// Up to so many requests it is faster to look for the lowest rate each time than to sort all nodes.
pub const FEW: usize = 8;

/// [`allocate_by_memory`] for few requests, without sorting and without asking every node. `floors` has, by
/// node, a rate that is at most the node's own: infinite where it is not online or does not answer, NaN where
/// it reports no limit. `None` = the long way must say.
///
/// Each request goes to the node with the lowest rate on which it fits. Of equals that is the one which a
/// stable sort before each request would put first: the earlier one, but a node whose rate has grown comes
/// before those that it reaches.
pub fn allocate_few_by_memory(
    nodes: impl Iterator<Item = NodeIndex> + Clone,
    filter: Filter<'_>,
    floors: &[f64],
    memory_of: &dyn Fn(NodeIndex) -> Option<NodeMemory>,
    sizes: &[u64],
    threshold: f64,
) -> Option<Vec<NodeIndex>> {
    let fits = |used: u64, total: u64, size: u64| used.wrapping_add(size) as f64 / total as f64 <= threshold;
    let mut assigned = Vec::with_capacity(sizes.len());
    // Nodes that have grown, the last one first: the others stand behind them, in order.
    let mut grown: Vec<Available> = Vec::with_capacity(sizes.len());
    for size in sizes {
        let (mut best, mut best_rate) = (None, f64::INFINITY);
        for node in &grown {
            if node.rate < best_rate && fits(node.used, node.total, *size) {
                (best, best_rate) = (Some((node.node, node.total, node.used)), node.rate);
            }
        }
        let may_be = |node: NodeIndex| filter.lets_pass(node) && grown.iter().all(|one| one.node != node);
        let ceiling = ceiling(nodes.clone(), floors, may_be, memory_of, |memory: NodeMemory| {
            fits(memory.used_bytes, memory.total_bytes, *size)
        });
        for node in nodes.clone() {
            let floor = floors[node.position()];
            if floor >= best_rate || floor > ceiling || !may_be(node) {
                continue;
            }
            if floor.is_nan() {
                return None;
            }
            let Some(memory) = memory_of(node) else { continue };
            let rate = memory.used_bytes as f64 / memory.total_bytes as f64;
            if rate < threshold && rate < best_rate && fits(memory.used_bytes, memory.total_bytes, *size) {
                (best, best_rate) = (Some((node, memory.total_bytes, memory.used_bytes)), rate);
            }
        }
        let (node, total, before) = best?;
        assigned.push(node);
        let after = before.wrapping_add(*size);
        let rate = after as f64 / total as f64;
        if rate > best_rate {
            grown.retain(|other| other.node != node);
            grown.insert(0, Available { node, total, used: after, rate });
        } else if after != before {
            // Its rate is the same in spite of the request: it keeps its place, which is not known here.
            return None;
        }
    }
    Some(assigned)
}

/// A rate that the node in demand does not exceed: that of the node with the lowest floor, if a request fits
/// there. So nearly all others need not be asked.
fn ceiling(
    nodes: impl Iterator<Item = NodeIndex>,
    floors: &[f64],
    may_be: impl Fn(NodeIndex) -> bool,
    memory_of: &dyn Fn(NodeIndex) -> Option<NodeMemory>,
    fits: impl Fn(NodeMemory) -> bool,
) -> f64 {
    let (mut lowest, mut lowest_floor) = (None, f64::INFINITY);
    for node in nodes {
        if floors[node.position()] < lowest_floor && may_be(node) {
            (lowest, lowest_floor) = (Some(node), floors[node.position()]);
        }
    }
    let memory = lowest.and_then(memory_of).filter(|memory| fits(*memory));
    memory.map_or(f64::INFINITY, |memory| memory.used_bytes as f64 / memory.total_bytes as f64)
}

/// Stable, ascending (chance R5); Go's own comparison where NaN is involved.
fn sort_by_rate(order: &mut [u32], available: &[Available], has_nan: bool) {
    let rate = |position: u32| available[position as usize].rate;
    if has_nan {
        for end in 1..order.len() {
            let mut place = end;
            while place > 0 && rate(order[place]) < rate(order[place - 1]) {
                order.swap(place, place - 1);
                place -= 1;
            }
        }
    } else {
        order.sort_by(|left, right| rate(*left).partial_cmp(&rate(*right)).unwrap_or(Ordering::Equal));
    }
}

/// What a stable sort does to a sorted list of which one entry grew: it goes behind all smaller ones, and
/// stays before its equals.
fn sift_back(order: &mut [u32], available: &[Available], place: usize) {
    let rate = available[order[place] as usize].rate;
    let behind = order[place + 1..].partition_point(|other| available[*other as usize].rate < rate);
    order[place..=place + behind].rotate_left(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::witness::{Literal, Unwitnessed};
    use proptest::prelude::*;

    /// The rule as Milvus writes it: sort before every request, take the first that fits.
    fn allocate_slowly(memory: &[NodeMemory], sizes: &[u64], threshold: f64) -> Option<Vec<NodeIndex>> {
        let mut available: Vec<Available> = Vec::new();
        for (position, memory) in memory.iter().enumerate() {
            let rate = memory.used_bytes as f64 / memory.total_bytes as f64;
            let (node, total, used) = (NodeIndex::at(position), memory.total_bytes, memory.used_bytes);
            if rate < threshold {
                available.push(Available { node, total, used, rate });
            }
        }
        let mut assigned = Vec::new();
        for size in sizes {
            available.sort_by(|left, right| left.rate.total_cmp(&right.rate));
            let fits = |node: &&mut Available| (node.used + size) as f64 / node.total as f64 <= threshold;
            let chosen = available.iter_mut().find(fits)?;
            chosen.used += size;
            chosen.rate = chosen.used as f64 / chosen.total as f64;
            assigned.push(chosen.node);
        }
        Some(assigned)
    }

    proptest! {
        #[test]
        fn keeping_the_list_sorted_equals_sorting_before_every_request(
            used in proptest::collection::vec(0u64..100, 1..20),
            sizes in proptest::collection::vec(0u64..20, 1..60),
        ) {
            let memory: Vec<NodeMemory> =
                used.iter().map(|used| NodeMemory { total_bytes: 100, used_bytes: *used }).collect();
            let online: Vec<NodeIndex> = (0..used.len()).map(NodeIndex::at).collect();
            let filter = Filter { include: &[], exclude: &[] };
            let mut memory_of = |node: NodeIndex| Some(memory[node.position()]);
            let fast = allocate_by_memory(&online, filter, &mut memory_of, &sizes, 0.9, &mut Unwitnessed);
            let one_by_one = allocate_by_memory(&online, filter, &mut memory_of, &sizes, 0.9, &mut Literal);
            prop_assert_eq!(&fast, &one_by_one);
            prop_assert_eq!(fast.ok(), allocate_slowly(&memory, &sizes, 0.9));
        }

        /// Small numbers: rates are often equal, requests often empty, and few nodes have room.
        #[test]
        fn looking_for_the_lowest_rate_equals_sorting(
            memory in proptest::collection::vec((0u64..9, 0u64..3, prop_oneof![Just(10u64), Just(20)]), 1..12),
            sizes in proptest::collection::vec(0u64..4, 1..=FEW),
        ) {
            let memory_of = |node: NodeIndex| {
                let (used_bytes, _, total_bytes) = memory[node.position()];
                Some(NodeMemory { total_bytes, used_bytes })
            };
            let floor_of =
                |(used, less, total): &(u64, u64, u64)| used.saturating_sub(*less) as f64 / *total as f64;
            let floors: Vec<f64> = memory.iter().map(floor_of).collect();
            let online: Vec<NodeIndex> = (0..memory.len()).map(NodeIndex::at).collect();
            let filter = Filter { include: &[], exclude: &[NodeIndex(3)] };
            let few = allocate_few_by_memory(online.iter().copied(), filter, &floors, &memory_of, &sizes, 0.9);
            let mut unwitnessed = Unwitnessed;
            let all = allocate_by_memory(&online, filter, &mut { memory_of }, &sizes, 0.9, &mut unwitnessed);
            prop_assert_eq!(few, all.ok());
        }
    }
}
