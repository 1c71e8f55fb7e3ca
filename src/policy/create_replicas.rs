//! 2.1: which query nodes a collection's replicas get, when it is loaded and when a node joins.
//!
//! Source: `internal/querycoord/cluster.go` (`AssignNodesToReplicas`), `group_balance.go` of the 2.1 line;
//! specification section 14.

use crate::model::ids::NodeIndex;
use crate::model::query_node::NodeMemory;

/// Why replicas cannot be created; the text is Milvus's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateError(pub String);

/// Free memory as Milvus subtracts it: unsigned, so that a node which uses more than it has looks freest
/// (quirk Q28).
pub fn free_bytes(memory: NodeMemory) -> u64 {
    memory.total_bytes.wrapping_sub(memory.used_bytes)
}

/// Spreads `nodes` (in the order of their answers, each with its free bytes) over `replicas` empty
/// replicas: descending by free memory, each to the replica with the least so far.
///
/// `online` is the number of online nodes, answering or not; `collection_bytes` the estimated size.
///
/// # Errors
///
/// Too few nodes, or too little memory in one of the replicas.
pub fn assign_nodes(
    online: usize,
    nodes: &[(NodeIndex, u64)],
    replicas: usize,
    collection_bytes: u64,
) -> Result<Vec<Vec<NodeIndex>>, CreateError> {
    let mut descending = nodes.to_vec();
    descending.sort_by_key(|(_, free)| std::cmp::Reverse(*free));
    assign_descending(online, &descending, replicas, collection_bytes)
}

/// The same for nodes that are sorted already: descending by free bytes.
///
/// # Errors
///
/// Too few nodes, or too little memory in one of the replicas.
pub fn assign_descending(
    online: usize,
    nodes: &[(NodeIndex, u64)],
    replicas: usize,
    collection_bytes: u64,
) -> Result<Vec<Vec<NodeIndex>>, CreateError> {
    for count in [online, nodes.len()] {
        if count < replicas {
            return Err(CreateError(format!(
                "no enough nodes to create replicas, node_num={count} replica_num={replicas}"
            )));
        }
    }
    let share = nodes.len().div_ceil(replicas.max(1));
    let mut groups: Vec<(Vec<NodeIndex>, u64)> = Vec::new();
    groups.resize_with(replicas, || (Vec::with_capacity(share), 0));
    for (node, free) in nodes.iter().copied() {
        let least =
            (0..replicas).reduce(|best, next| if groups[next].1 < groups[best].1 { next } else { best });
        let Some(least) = least else { break };
        groups[least].0.push(node);
        groups[least].1 = groups[least].1.wrapping_add(free);
    }
    if groups.iter().any(|(_, free)| *free < collection_bytes) {
        return Err(CreateError(format!(
            "no enough memory to load collection/partitions, collectionSize={collection_bytes}, replicasNum={replicas}"
        )));
    }
    Ok(groups.into_iter().map(|(nodes, _)| nodes).collect())
}

/// The replica that a joining node goes to: the one with the least free memory over its nodes that answer;
/// the first of equals (chance R10). `free` has the sums, one per replica.
pub fn neediest_replica(free: &[u64]) -> Option<usize> {
    (0..free.len()).reduce(|best, next| if free[next] < free[best] { next } else { best })
}
