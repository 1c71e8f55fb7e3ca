//! 2.0-2.1: where channels go: to the nodes with the fewest.
//!
//! Source: `internal/querycoord/channel_allocator.go` of the 2.1 line; specification section 11.

use super::allocate::{AllocateError, FEW, Filter};
use crate::model::ids::NodeIndex;

/// Instead of the count of a node that has grown: no node has so many channels.
const GROWN: u64 = u64::MAX;

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
    let passing = online.iter().copied().filter(|node| filter.lets_pass(*node));
    let (available, mut counts): (Vec<NodeIndex>, Vec<u64>) =
        passing.map(|node| (node, count_of(node))).unzip();
    if available.is_empty() {
        return Err(AllocateError::NoAvailableNode);
    }
    if requests > FEW {
        return Ok(allocate_many_by_count(available.into_iter().zip(counts).collect(), requests));
    }
    // As for memory: a node that has grown stands before those that it reaches, the last one first.
    let mut assigned = Vec::with_capacity(requests);
    let mut grown: Vec<(NodeIndex, u64)> = Vec::with_capacity(requests);
    for _ in 0..requests {
        let of_grown = grown.iter().map(|(_, count)| *count).min();
        let of_all = counts.iter().copied().min().filter(|count| *count != GROWN);
        let (node, count) = match (of_grown, of_all) {
            (Some(fewest), other) if other.is_none_or(|other| fewest <= other) => {
                let Some(place) = grown.iter().position(|(_, count)| *count == fewest) else { break };
                grown.remove(place)
            }
            (_, Some(fewest)) => {
                let Some(place) = counts.iter().position(|count| *count == fewest) else { break };
                (available[place], std::mem::replace(&mut counts[place], GROWN))
            }
            _ => break,
        };
        assigned.push(node);
        grown.insert(0, (node, count + 1));
    }
    Ok(assigned)
}

/// The same as Milvus does it, with a stable sort before each request.
fn allocate_many_by_count(mut available: Vec<(NodeIndex, u64)>, requests: usize) -> Vec<NodeIndex> {
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
        fn few_channels_without_sorting_equal_a_sort_before_each(
            counts in proptest::collection::vec(0u64..4, 1..6),
            requests in 0usize..=FEW,
        ) {
            let online: Vec<NodeIndex> = (0..counts.len()).map(NodeIndex::at).collect();
            let filter = Filter { include: &[], exclude: &[] };
            let few = allocate_by_count(&online, filter, &|node| counts[node.position()], requests);
            let all = online.iter().map(|node| (*node, counts[node.position()])).collect();
            prop_assert_eq!(few, Ok(allocate_many_by_count(all, requests)));
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
