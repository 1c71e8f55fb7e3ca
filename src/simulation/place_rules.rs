//! Sealed segments that a scenario places by a rule of its own.

use super::place::Start;
use crate::engine::random::Random;
use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::model::query_node::NodeState;
use crate::scenario::{CollectionSpec, Placement, Scenario};

/// What is wrong with a replica that cannot hold anything.
pub(super) const NO_NODE: &str = "its replica has no query node to hold its segments; add a query node";

/// Nodes for so many segments of a replica; `None` = the release is to balance them.
///
/// # Errors
///
/// Text of why the rule cannot be followed.
pub(super) fn destinations(
    start: &Start,
    scenario: &Scenario,
    spec: &CollectionSpec,
    slot: usize,
    replica: ReplicaIndex,
    segments: usize,
) -> Result<Option<Vec<NodeIndex>>, String> {
    let cluster = &start.cluster;
    let mut random = Random::stream(scenario.seed, &format!("scenario/{}/placement/{slot}", spec.name));
    let named = |id: &i64| cluster.find_node(*id).filter(|node| cluster.replica(replica).has(*node));
    let destinations = match &spec.placement {
        Placement::Balanced => return Ok(None),
        Placement::RoundRobin => in_turn(&online(cluster, replica)?, segments),
        Placement::Random => {
            let nodes = online(cluster, replica)?;
            (0..segments).map(|_| nodes[random.below(nodes.len() as u64) as usize]).collect()
        }
        Placement::Only(ids) => {
            online(cluster, replica)?;
            let only: Vec<NodeIndex> = ids.iter().filter_map(named).collect();
            if only.is_empty() {
                return Err("\"only\" names no query node of the replica".to_owned());
            }
            in_turn(&only, segments)
        }
        Placement::Weights(weights) => {
            online(cluster, replica)?;
            let weighted: Vec<(NodeIndex, f64)> =
                weights.iter().filter_map(|(id, weight)| Some((named(id)?, *weight))).collect();
            let sum: f64 = weighted.iter().map(|(_, weight)| weight).sum();
            if weighted.is_empty() || sum <= 0.0 {
                return Err("\"weights\" names no query node of the replica".to_owned());
            }
            (0..segments).map(|_| draw_weighted(&weighted, sum, &mut random)).collect()
        }
    };
    Ok(Some(destinations))
}

/// Online nodes of a replica, ascending; at least one.
fn online(cluster: &Cluster, replica: ReplicaIndex) -> Result<Vec<NodeIndex>, String> {
    let is_online = |node: &NodeIndex| cluster.node(*node).state == NodeState::Normal;
    let mut nodes: Vec<NodeIndex> = cluster.replica(replica).nodes().filter(is_online).collect();
    nodes.sort_unstable();
    if nodes.is_empty() { Err(NO_NODE.to_owned()) } else { Ok(nodes) }
}

fn in_turn(nodes: &[NodeIndex], segments: usize) -> Vec<NodeIndex> {
    nodes.iter().copied().cycle().take(segments).collect()
}

fn draw_weighted(weighted: &[(NodeIndex, f64)], sum: f64, random: &mut Random) -> NodeIndex {
    let mut left = random.unit_f64() * sum;
    for (node, weight) in weighted {
        left -= weight;
        if left < 0.0 {
            return *node;
        }
    }
    weighted[weighted.len() - 1].0
}
