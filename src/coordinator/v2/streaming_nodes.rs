//! Which streaming nodes lead channels for which replica of a collection (section 11.3; 2.6 and later).

use super::replicas::shares;
use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::model::cluster::Cluster;
use crate::model::ids::{ChannelIndex, NodeIndex, ReplicaIndex};
use crate::policy::view::replica::ReplicaView;
use std::collections::BTreeMap;

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

    /// Gives a replica that has none its share of the streaming nodes, as long as no replica of its collection
    /// that was there before has any of it: then it waits for the replica observer.
    pub(super) fn adopt_streaming_nodes(&mut self, replica: ReplicaIndex, hearing: Hearing<'_>) {
        let members = self.view.replica(replica);
        if !members.rw_sq_nodes.is_empty() || !members.ro_sq_nodes.is_empty() {
            return;
        }
        let nodes = self.streaming_nodes(hearing);
        let collection = hearing.cluster.replica(replica).collection;
        let replicas = &hearing.cluster.collection(collection).replicas;
        // A replica whose collection was released is nobody's any more.
        let Some(place) = replicas.iter().position(|other| *other == replica) else { return };
        let share = spread(&nodes, replicas.len()).swap_remove(place);
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

    /// Says which streaming node owns the write-ahead log of each channel from `first` on: who leads it for the
    /// first replica as the run begins, else the node with the fewest logs. Milvus's streaming coordinator spreads
    /// them evenly and seldom moves one; here they stay.
    pub(super) fn place_logs(&mut self, first: ChannelIndex, cluster: &Cluster) {
        let mut logs: BTreeMap<NodeIndex, usize> = BTreeMap::new();
        let nodes = cluster.node_indices().filter(|node| cluster.node(*node).is_streaming);
        logs.extend(nodes.map(|node| (node, 0)));
        if !self.view.is_streaming() || logs.is_empty() {
            return;
        }
        for channel in (0..cluster.channels().len()).map(ChannelIndex::at) {
            if channel < first {
                if let Some(count) = self.view.wal_node(channel).and_then(|node| logs.get_mut(&node)) {
                    *count += 1;
                }
                continue;
            }
            let known = cluster.channel(channel);
            let replica = cluster.collection(known.collection).replicas.first();
            let leader =
                replica.and_then(|replica| cluster.replica(*replica).shard_leaders[known.shard as usize]);
            let fewest = || logs.iter().min_by_key(|(node, count)| (**count, **node)).map(|(node, _)| *node);
            let node = leader.filter(|leader| logs.contains_key(leader)).or_else(fewest);
            self.view.set_wal_node(channel, node);
            if let Some(count) = node.and_then(|node| logs.get_mut(&node)) {
                *count += 1;
            }
        }
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
