//! 2.0-2.1: where channels go: to the nodes with the fewest.
//!
//! Source: `internal/querycoord/channel_allocator.go` of the 2.1 line; specification section 11.

use super::allocate::{AllocateError, Filter};
use crate::model::ids::NodeIndex;

/// Allocates channels by the number of channels a node watches, fewest first (also segments by count, "V1").
///
/// # Errors
///
/// [`AllocateError::NoOnlineNodeForChannel`] or [`AllocateError::NoAvailableNode`].
pub fn allocate_by_count(
    online: &[NodeIndex],
    filter: Filter<'_>,
    count_of: &dyn Fn(NodeIndex) -> u64,
    requests: usize,
) -> Result<Vec<NodeIndex>, AllocateError> {
    if online.is_empty() {
        return Err(AllocateError::NoOnlineNodeForChannel);
    }
    // So many nodes at the front of all by their counts are enough: each request takes one more at the most.
    let enough = requests.max(1);
    let mut fewest: Vec<(NodeIndex, u64)> = Vec::with_capacity(enough.min(online.len()) + 1);
    for node in online.iter().copied().filter(|node| filter.lets_pass(*node)) {
        let count = count_of(node);
        if fewest.len() < enough || fewest.last().is_some_and(|(_, most)| count < *most) {
            fewest.insert(fewest.partition_point(|(_, other)| *other <= count), (node, count));
            fewest.truncate(enough);
        }
    }
    if fewest.is_empty() {
        return Err(AllocateError::NoAvailableNode);
    }
    Ok(one_by_one(fewest, requests))
}

/// As Milvus does it: a stable sort before each request.
fn one_by_one(mut available: Vec<(NodeIndex, u64)>, requests: usize) -> Vec<NodeIndex> {
    let mut assigned = Vec::with_capacity(requests);
    for _ in 0..requests {
        available.sort_by_key(|(_, count)| *count);
        assigned.push(available[0].0);
        available[0].1 += 1;
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_front_of_all_nodes_equals_all_nodes(
            counts in proptest::collection::vec(0u64..4, 1..12),
            requests in 0usize..9,
        ) {
            let online: Vec<NodeIndex> = (0..counts.len()).map(NodeIndex::at).collect();
            let filter = Filter { include: &[], exclude: &[] };
            let front = allocate_by_count(&online, filter, &|node| counts[node.position()], requests);
            let all = online.iter().map(|node| (*node, counts[node.position()])).collect();
            prop_assert_eq!(front, Ok(one_by_one(all, requests)));
        }
    }

    #[test]
    fn channels_go_where_the_fewest_are() {
        let online = [NodeIndex(2), NodeIndex(0), NodeIndex(1)];
        let filter = Filter { include: &[], exclude: &[NodeIndex(1)] };
        let counts = |node: NodeIndex| [3, 0, 1][node.position()];
        let assigned = allocate_by_count(&online, filter, &counts, 3).unwrap();
        assert_eq!(assigned, [NodeIndex(2), NodeIndex(2), NodeIndex(2)]);
        let nobody = Filter { include: &[NodeIndex(1)], exclude: &[NodeIndex(1)] };
        assert_eq!(allocate_by_count(&online, nobody, &counts, 1), Err(AllocateError::NoAvailableNode));
        assert_eq!(allocate_by_count(&[], filter, &counts, 1), Err(AllocateError::NoOnlineNodeForChannel));
    }
}
