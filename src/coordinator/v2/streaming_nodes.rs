//! Which streaming nodes lead channels for which replica of a collection (section 11.3; 2.6 and later).

use super::replicas::shares;
use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::policy::view::replica::ReplicaView;

/// Streaming nodes, ascending, spread anew over so many replicas of a collection: a node serves one replica.
///
/// With fewer nodes than replicas every replica has all of them. Milvus refuses to load a collection so; a
/// scenario may begin with one.
pub fn spread(nodes: &[NodeIndex], replicas: usize) -> Vec<Vec<NodeIndex>> {
    if nodes.len() < replicas {
        return vec![nodes.to_vec(); replicas];
    }
    let mut left = nodes.iter().copied();
    let shares = shares(nodes.len(), &vec![0; replicas]);
    shares.into_iter().map(|share| left.by_ref().take(share).collect()).collect()
}

fn serves(members: &ReplicaView, node: NodeIndex) -> bool {
    members.rw_sq_nodes.contains(&node) || members.ro_sq_nodes.contains(&node)
}

impl QueryCoordV2 {
    /// Streaming nodes, ascending.
    pub(super) fn streaming_nodes(&self, hearing: Hearing<'_>) -> Vec<NodeIndex> {
        hearing.cluster.node_indices().filter(|node| self.view.node(*node).is_streaming).collect()
    }

    /// Gives a replica its share of the streaming nodes, as long as no replica of its collection that was there
    /// before has any of it: then it waits for the replica observer.
    pub(super) fn adopt_streaming_nodes(&mut self, replica: ReplicaIndex, hearing: Hearing<'_>) {
        let nodes = self.streaming_nodes(hearing);
        let collection = hearing.cluster.replica(replica).collection;
        let replicas = &hearing.cluster.collection(collection).replicas;
        let place = replicas.iter().position(|other| *other == replica);
        let share = spread(&nodes, replicas.len()).swap_remove(place.unwrap_or(0));
        let known =
            |other: &&ReplicaIndex| **other != replica && other.position() < self.view.replica_count();
        let is_taken = nodes.len() >= replicas.len()
            && replicas.iter().filter(known).any(|other| {
                let members = self.view.replica(*other);
                share.iter().any(|node| serves(members, *node))
            });
        let members = self.view.replica_mut(replica);
        members.rw_sq_nodes = if is_taken { Vec::new() } else { share }.into();
    }

    /// The replica observer: every replica has its share of the streaming nodes `nodes`; what it has beyond
    /// becomes read-only and goes to another once no channel is left on it.
    pub(super) fn recover_streaming_nodes(&mut self, replicas: &[ReplicaIndex], nodes: &[NodeIndex]) {
        if nodes.len() < replicas.len() || self.has_spread_streaming_nodes(replicas, nodes.len()) {
            return;
        }
        for replica in replicas {
            let members = self.view.replica(*replica);
            let held = self.view.collection(members.collection);
            let is_gone = |node: &NodeIndex| held.channels(*node).is_empty();
            let stays: Vec<NodeIndex> =
                members.ro_sq_nodes.iter().copied().filter(|node| !is_gone(node)).collect();
            if stays.len() < members.ro_sq_nodes.len() {
                self.view.replica_mut(*replica).ro_sq_nodes = stays.into();
            }
        }
        let has = |replica: &ReplicaIndex| {
            let members = self.view.replica(*replica);
            members.rw_sq_nodes.len() + members.ro_sq_nodes.len()
        };
        let shares = shares(nodes.len(), &replicas.iter().map(has).collect::<Vec<usize>>());
        for (replica, share) in replicas.iter().zip(&shares) {
            let members = self.view.replica_mut(*replica);
            let mut rw = members.rw_sq_nodes.to_vec();
            let surplus = rw.split_off(rw.len().min(*share));
            let mut ro = [members.ro_sq_nodes.to_vec(), surplus].concat();
            ro.sort();
            let back = share.saturating_sub(rw.len()).min(ro.len());
            rw.extend(ro.drain(..back));
            rw.sort();
            (members.rw_sq_nodes, members.ro_sq_nodes) = (rw.into(), ro.into());
        }
        for (replica, share) in replicas.iter().zip(&shares) {
            for node in nodes {
                let is_free = !replicas.iter().any(|other| serves(self.view.replica(*other), *node));
                if is_free && self.view.replica(*replica).rw_sq_nodes.len() < *share {
                    let members = self.view.replica_mut(*replica);
                    members.rw_sq_nodes.push(*node);
                    members.rw_sq_nodes.sort();
                }
            }
            self.channel_suspects.insert(self.view.replica(*replica).collection);
        }
    }

    /// Whether every replica has its share of so many streaming nodes and none must give one up.
    fn has_spread_streaming_nodes(&self, replicas: &[ReplicaIndex], nodes: usize) -> bool {
        let count = |replica: &ReplicaIndex| self.view.replica(*replica).rw_sq_nodes.len();
        let has_share = match replicas {
            [only] => count(only) == nodes,
            _ => {
                let counts: Vec<usize> = replicas.iter().map(count).collect();
                shares(nodes, &counts) == counts
            }
        };
        has_share && replicas.iter().all(|replica| self.view.replica(*replica).ro_sq_nodes.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streaming_node_serves_one_replica_where_there_are_enough() {
        let nodes: Vec<NodeIndex> = (4..9).map(NodeIndex).collect();
        let lists = |replicas| -> Vec<Vec<u32>> {
            spread(&nodes, replicas).iter().map(|list| list.iter().map(|node| node.0).collect()).collect()
        };
        assert_eq!(lists(1), [[4, 5, 6, 7, 8]]);
        assert_eq!(lists(2), [vec![4, 5], vec![6, 7, 8]]);
        assert_eq!(lists(6), [[4, 5, 6, 7, 8]; 6]);
    }
}
