//! Node lists of replicas: who may receive, who is drained, who is gone (section 11.3).

use super::only_replica::Usable;
use super::state::{LoadStatus, QueryCoordV2};
use super::tickers::{after, next_tick};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::{NodeIndex, ReplicaIndex, ResourceGroupIndex};
use crate::policy::view::node::NodeState;
use crate::policy::view::node_list::NodeList;
use crate::release::Quirk;
use std::collections::{BTreeMap, BTreeSet};

/// How many nodes each of `counts.len()` replicas should have: evenly, the remainder to those that have most.
///
/// `counts` are the usable nodes that each has already; equal ones by descending position (replica id).
pub fn shares(usable: usize, counts: &[usize]) -> Vec<usize> {
    let replicas = counts.len().max(1);
    let mut shares = vec![usable / replicas; counts.len()];
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|place| (std::cmp::Reverse(counts[*place]), std::cmp::Reverse(*place)));
    for place in order.into_iter().take(usable % replicas) {
        shares[place] += 1;
    }
    shares
}

impl QueryCoordV2 {
    /// Whether a node is in service: up, not stopping, and not taken out by an operator.
    pub(super) fn is_in_service(&self, node: NodeIndex) -> bool {
        let view = self.view.node(node);
        let is_out = self.nodes[node.position()].is_suspended && self.release.has(Quirk::SuspendDrains);
        !view.is_streaming && view.state != NodeState::Unknown && view.state != NodeState::Stopping && !is_out
    }

    /// Nodes that replicas of a resource group may use, ascending.
    pub(super) fn usable(&self, group: ResourceGroupIndex) -> Vec<NodeIndex> {
        let nodes = self.groups.at(group).nodes.iter().copied();
        nodes.filter(|node| self.is_in_service(*node)).collect()
    }

    /// Takes the nodes of a replica over as the metadata has them.
    pub(super) fn adopt_nodes(&mut self, replica: ReplicaIndex, hearing: Hearing<'_>) {
        let knows_read_only = self.release.has(Quirk::ReadOnlyNodes);
        let mut nodes: Vec<NodeIndex> = hearing.cluster.replica(replica).nodes().collect();
        nodes.sort();
        let (rw, ro): (Vec<NodeIndex>, Vec<NodeIndex>) =
            nodes.into_iter().partition(|node| !knows_read_only || self.is_in_service(*node));
        let members = self.view.replica_mut(replica);
        (members.rw_nodes, members.ro_nodes) = (rw.into(), ro.into());
        self.adopt_streaming_nodes(replica, hearing);
        if self.release.has(Quirk::ExclusiveListsAtRegistration) || self.has_started {
            self.share_channels(replica, hearing);
        }
    }

    /// The replica observer: every collection's replicas are put in order.
    pub(super) fn observe_replicas(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let cluster = hearing.cluster;
        let mut usable: BTreeMap<ResourceGroupIndex, Usable> = BTreeMap::new();
        let streaming = self.streaming_nodes(hearing);
        for collection in cluster.collection_indices() {
            if self.collections[collection.position()].status == LoadStatus::Released {
                continue;
            }
            let replicas = &cluster.collection(collection).replicas;
            if !self.release.has(Quirk::ReadOnlyNodes) {
                self.drop_all_gone(replicas, hearing, outcome);
                self.part_outbound(replicas, hearing);
                self.add_newcomers(replicas, hearing, outcome);
                continue;
            }
            self.recover_streaming_nodes(replicas, &streaming);
            if let [replica] = replicas[..]
                && !self.is_naive
            {
                let group = cluster.replica(replica).resource_group;
                let usable = usable.entry(group).or_insert_with(|| Usable::of(self.usable(group)));
                self.observe_alone(replica, usable, hearing, outcome);
                continue;
            }
            self.drop_all_gone(replicas, hearing, outcome);
            self.recover(replicas, hearing, outcome);
            if self.drop_all_gone(replicas, hearing, outcome) {
                // Who has just become free may be needed by another replica.
                self.recover(replicas, hearing, outcome);
            }
        }
        if !self.channel_suspects.is_empty() {
            self.arm_channels(hearing.now, outcome);
        }
        if !self.suspects.is_empty() {
            self.arm_segments(hearing.now, outcome);
        }
        if !self.behind.is_empty() {
            self.await_report(after(hearing.now), outcome);
        }
        let is_unfinished = self.any_leaving() || self.any_outbound();
        if is_unfinished || self.is_naive {
            let period = self.in_force.replica_period_ms;
            let at = next_tick(self.tickers.observers_since, period, after(hearing.now));
            outcome.order(Order::TurnAt { turn: Turn::ObserveReplicas, at });
        }
        if is_unfinished {
            self.arm_balance(hearing.now, outcome);
        }
    }

    pub(super) fn turn_read_only(&mut self, replica: ReplicaIndex, node: NodeIndex, hearing: Hearing<'_>) {
        self.view.replica_mut(replica).rw_nodes.retain(|member| *member != node);
        self.note_read_only(replica, node, hearing);
    }

    /// A node that has just left the read-write nodes is to be drained.
    pub(super) fn note_read_only(&mut self, replica: ReplicaIndex, node: NodeIndex, hearing: Hearing<'_>) {
        let members = self.view.replica_mut(replica);
        members.ro_nodes.push(node);
        members.ro_nodes.sort();
        self.members_changed(replica, node, hearing);
    }

    /// Whether any replica has nodes outside its resource group, or that are lost but cannot go yet.
    fn any_outbound(&self) -> bool {
        let mut replicas =
            (0..self.view.replica_count()).map(|place| self.view.replica(ReplicaIndex::at(place)));
        // Most replicas share one list, which is looked at once.
        let mut seen: Option<&NodeList> = None;
        replicas.any(|members| {
            let is_new = !seen.replace(&members.rw_nodes).is_some_and(|seen| seen.is_same(&members.rw_nodes));
            !members.ro_nodes.is_empty()
                || (is_new && members.rw_nodes.iter().any(|node| !self.view.knows(*node)))
        })
    }

    /// Up to 2.4.0: a replica's nodes are outbound as soon as they are in another group, and are its own
    /// again when they come back.
    fn part_outbound(&mut self, replicas: &[ReplicaIndex], hearing: Hearing<'_>) {
        if self.release.has(Quirk::NoResourceGroups) {
            return;
        }
        for replica in replicas {
            let group = self.groups.at(hearing.cluster.replica(*replica).resource_group);
            let members = self.view.replica(*replica);
            let mut all: Vec<NodeIndex> = members.rw_nodes.iter().chain(&members.ro_nodes).copied().collect();
            all.sort();
            let is_ours = |node: &NodeIndex| group.nodes.contains(node) || !self.view.knows(*node);
            let (rw, ro): (Vec<NodeIndex>, Vec<NodeIndex>) = all.into_iter().partition(is_ours);
            let joined = ro.iter().filter(|node| !members.ro_nodes.contains(node));
            let left = members.ro_nodes.iter().filter(|node| !ro.contains(node));
            let changed: Vec<NodeIndex> = joined.chain(left).copied().collect();
            if !changed.is_empty() {
                let members = self.view.replica_mut(*replica);
                (members.rw_nodes, members.ro_nodes) = (rw.into(), ro.into());
            }
            for node in changed {
                self.members_changed(*replica, node, hearing);
            }
        }
    }

    /// Whether any replica has nodes that should be emptied.
    pub(super) fn any_leaving(&self) -> bool {
        (0..self.view.replica_count()).map(ReplicaIndex::at).any(|replica| self.is_leaving(replica))
    }

    /// Whether a replica has nodes that should be emptied (section 6.3, step 2).
    pub(super) fn is_leaving(&self, replica: ReplicaIndex) -> bool {
        let members = self.view.replica(replica);
        let is_stopping = |node: &NodeIndex| self.view.node(*node).state == NodeState::Stopping;
        if self.release.has(Quirk::ReadOnlyNodes) {
            !members.ro_nodes.is_empty()
                || !members.ro_sq_nodes.is_empty()
                || (self.release.has(Quirk::StoppingNodesLeave) && members.rw_nodes.iter().any(is_stopping))
        } else {
            members.rw_nodes.iter().chain(&members.ro_nodes).any(is_stopping)
        }
    }

    /// Whether any node left any of the replicas.
    fn drop_all_gone(
        &mut self,
        replicas: &[ReplicaIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> bool {
        let mut any = false;
        for replica in replicas {
            let rw_nodes = self.view.replica(*replica).rw_nodes.clone();
            any |= self.drop_gone(*replica, &rw_nodes, hearing, outcome);
        }
        any
    }

    /// Nodes without session, and read-only nodes on which nothing is left, leave a replica; whether any
    /// did. `candidates` are those of its read-write nodes that may have no session.
    pub(super) fn drop_gone(
        &mut self,
        replica: ReplicaIndex,
        candidates: &[NodeIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) -> bool {
        let members = self.view.replica(replica);
        let ro = members.ro_nodes.iter().filter(|node| self.is_gone(replica, **node, hearing));
        let lost = candidates.iter().filter(|node| {
            !self.view.knows(**node) && hearing.cluster.replica(replica).holding(**node).is_none()
        });
        let gone: Vec<NodeIndex> = ro.chain(lost).copied().collect();
        let any = !gone.is_empty();
        for node in gone {
            let members = self.view.replica_mut(replica);
            let is_read_write = members.rw_nodes.contains(&node);
            if is_read_write {
                members.rw_nodes.retain(|member| *member != node);
            }
            if members.ro_nodes.contains(&node) {
                members.ro_nodes.retain(|member| *member != node);
            }
            self.suspect_members(replica, node);
            if is_read_write || self.is_naive || !self.has_shared_channels(replica) {
                self.share_channels(replica, hearing);
            }
            outcome.order(Order::RemoveReplicaNode { replica, node });
        }
        any
    }

    /// Whether nothing is left on a read-only node. Memory that is still being freed holds it back until the
    /// next look, as it does one without session.
    pub(super) fn is_gone(&self, replica: ReplicaIndex, node: NodeIndex, hearing: Hearing<'_>) -> bool {
        let collection = self.view.collection(self.view.replica(replica).collection);
        collection.copies(node).is_empty()
            && collection.channels(node).is_empty()
            && hearing.cluster.replica(replica).holding(node).is_none()
    }

    /// A replica got a node or lost it: the checkers must look at what the node has. Segments that nobody
    /// holds, or that wait for a leader, are under suspicion anyway.
    fn suspect_members(&mut self, replica: ReplicaIndex, node: NodeIndex) {
        let collection = self.view.replica(replica).collection;
        self.channel_suspects.insert(collection);
        self.suspects.extend(self.view.copies(collection, node).iter().map(|copy| copy.segment));
    }

    fn members_changed(&mut self, replica: ReplicaIndex, node: NodeIndex, hearing: Hearing<'_>) {
        self.suspect_members(replica, node);
        self.share_channels(replica, hearing);
    }

    pub(super) fn join(
        &mut self,
        replica: ReplicaIndex,
        node: NodeIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let members = self.view.replica_mut(replica);
        if !members.rw_nodes.contains(&node) {
            members.rw_nodes.push(node);
            members.rw_nodes.sort();
        }
        self.note_joined(replica, node, hearing, outcome);
    }

    /// A node is a read-write node from now on.
    pub(super) fn note_joined(
        &mut self,
        replica: ReplicaIndex,
        node: NodeIndex,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let members = self.view.replica_mut(replica);
        if members.ro_nodes.contains(&node) {
            members.ro_nodes.retain(|member| *member != node);
        } else {
            outcome.order(Order::AddReplicaNode { replica, node });
        }
        self.members_changed(replica, node, hearing);
    }

    /// Up to 2.4.0: a new node goes to the replica with the fewest nodes.
    fn add_newcomers(&mut self, replicas: &[ReplicaIndex], hearing: Hearing<'_>, outcome: &mut Outcome) {
        for node in hearing.cluster.node_indices() {
            let is_member = replicas.iter().any(|replica| self.view.replica(*replica).has(node));
            let Some(group) = self.groups.of_node(node) else { continue };
            if is_member || !self.is_in_service(node) {
                continue;
            }
            let of_group =
                replicas.iter().filter(|replica| hearing.cluster.replica(**replica).resource_group == group);
            let neediest = of_group.min_by_key(|replica| self.view.replica(**replica).rw_nodes.len());
            if let Some(replica) = neediest.copied() {
                self.join(replica, node, hearing, outcome);
            }
        }
    }

    /// 2.4.1 and later: nodes are spread evenly over the replicas of each group.
    fn recover(&mut self, replicas: &[ReplicaIndex], hearing: Hearing<'_>, outcome: &mut Outcome) {
        let groups: BTreeSet<ResourceGroupIndex> =
            replicas.iter().map(|replica| hearing.cluster.replica(*replica).resource_group).collect();
        for group in groups {
            let of_group =
                |replica: &&ReplicaIndex| hearing.cluster.replica(**replica).resource_group == group;
            let ours: Vec<ReplicaIndex> = replicas.iter().filter(of_group).copied().collect();
            let foreign: Vec<ReplicaIndex> =
                replicas.iter().filter(|replica| !of_group(replica)).copied().collect();
            let usable: Vec<NodeIndex> = self
                .usable(group)
                .into_iter()
                .filter(|node| !foreign.iter().any(|replica| self.view.replica(*replica).has(*node)))
                .collect();
            self.recover_group(&ours, &usable, hearing, outcome);
        }
    }

    fn recover_group(
        &mut self,
        replicas: &[ReplicaIndex],
        usable: &[NodeIndex],
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        debug_assert!(usable.is_sorted(), "nodes of a group ascend");
        let is_usable = |node: &NodeIndex| usable.binary_search(node).is_ok();
        let usable_of = |nodes: &[NodeIndex]| nodes.iter().filter(|node| is_usable(node)).count();
        let counts: Vec<usize> = replicas
            .iter()
            .map(|replica| self.view.replica(*replica))
            .map(|members| usable_of(&members.rw_nodes) + usable_of(&members.ro_nodes))
            .collect();
        let shares = shares(usable.len(), &counts);
        for (replica, share) in replicas.iter().zip(&shares) {
            let rw = self.view.replica(*replica).rw_nodes.to_vec();
            let (kept, mut leaving): (Vec<NodeIndex>, Vec<NodeIndex>) =
                rw.into_iter().partition(|node| is_usable(node));
            leaving.extend(kept.iter().skip(*share));
            for node in leaving {
                self.turn_read_only(*replica, node, hearing);
            }
        }
        for (replica, share) in replicas.iter().zip(&shares) {
            let back: Vec<NodeIndex> =
                self.view.replica(*replica).ro_nodes.iter().copied().filter(|node| is_usable(node)).collect();
            for node in back {
                if self.view.replica(*replica).rw_nodes.len() < *share {
                    self.join(*replica, node, hearing, outcome);
                }
            }
        }
        for (replica, share) in replicas.iter().zip(&shares) {
            for node in usable {
                let is_free = !replicas.iter().any(|other| self.view.replica(*other).has(*node));
                if is_free && self.view.replica(*replica).rw_nodes.len() < *share {
                    self.join(*replica, *node, hearing, outcome);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remainder_goes_to_who_has_most_then_to_the_higher_replica() {
        assert_eq!(shares(7, &[2, 3, 2]), [2, 3, 2]);
        assert_eq!(shares(8, &[2, 3, 2]), [2, 3, 3]);
        assert_eq!(shares(1, &[0, 0]), [0, 1]);
        assert_eq!(shares(0, &[1]), [0]);
    }
}
