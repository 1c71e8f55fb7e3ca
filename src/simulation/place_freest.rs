//! Online nodes by free memory, kept from one collection to the next while these are placed.

use crate::model::cluster::Cluster;
use crate::model::ids::NodeIndex;
use crate::model::query_node::NodeState;
use crate::policy::create_replicas::free_bytes;
use std::cmp::Reverse;

/// A node's place in the order: descending by free bytes, of equals ascending by index.
type Place = (Reverse<u64>, NodeIndex);

/// Online nodes, the one with the most free memory first.
///
/// A collection changes the memory of those nodes only that get some of it: so only these are sorted anew.
pub(super) struct Freest {
    order: Vec<Place>,
}

impl Freest {
    /// All online nodes.
    pub(super) fn new(cluster: &Cluster) -> Freest {
        let online = cluster.node_indices().filter(|node| cluster.node(*node).state == NodeState::Normal);
        let mut order: Vec<Place> = online.map(|node| place(cluster, node)).collect();
        order.sort_unstable();
        Freest { order }
    }

    /// The nodes with their free bytes as they are now.
    pub(super) fn now(&mut self, cluster: &Cluster) -> Vec<(NodeIndex, u64)> {
        let mut changed = Vec::new();
        self.order.retain(|known| {
            let now = place(cluster, known.1);
            if now != *known {
                changed.push(now);
            }
            now == *known
        });
        changed.sort_unstable();
        let mut merged = Vec::with_capacity(self.order.len() + changed.len());
        let mut same = self.order.iter().copied().peekable();
        for one in changed {
            while let Some(before) = same.next_if(|other| *other < one) {
                merged.push(before);
            }
            merged.push(one);
        }
        merged.extend(same);
        self.order = merged;
        self.order.iter().map(|(Reverse(free), node)| (*node, *free)).collect()
    }
}

fn place(cluster: &Cluster, node: NodeIndex) -> Place {
    (Reverse(free_bytes(cluster.reported_memory(node))), node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::query_node::QueryNode;
    use proptest::prelude::*;

    fn node(id: i64, base_memory_bytes: u64) -> QueryNode {
        QueryNode { base_memory_bytes, ..QueryNode::empty(id, 20) }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_order_kept_is_that_of_a_stable_sort_of_all(
            base in prop::collection::vec(0u64..4, 1..12),
            grown in prop::collection::vec((0usize..12, 0u64..40), 0..20),
        ) {
            let mut cluster = Cluster::new(0);
            for (position, base) in base.iter().enumerate() {
                cluster.add_node(node(position as i64, *base));
            }
            let mut freest = Freest::new(&cluster);
            for (position, bytes) in grown {
                cluster.set_growing(NodeIndex::at(position % base.len()), 1, bytes);
                let free = |node: NodeIndex| free_bytes(cluster.reported_memory(node));
                let mut sorted: Vec<_> = cluster.node_indices().map(|node| (node, free(node))).collect();
                sorted.sort_by_key(|(_, free)| Reverse(*free));
                prop_assert_eq!(freest.now(&cluster), sorted);
            }
        }
    }
}
