//! Resource groups: what they ask for, and who is in them.

use super::cluster::Cluster;
use super::ids::{NodeIndex, ReplicaIndex, ResourceGroupIndex};

impl Cluster {
    /// A node belongs to another resource group.
    pub fn set_node_group(&mut self, node: NodeIndex, group: ResourceGroupIndex) {
        self.nodes[node.position()].resource_group = group;
        self.changes.touch_membership();
    }

    /// A replica takes its nodes from another resource group.
    pub fn set_replica_group(&mut self, replica: ReplicaIndex, group: ResourceGroupIndex) {
        self.replicas[replica.position()].resource_group = group;
        self.changes.touch_replica(replica);
        self.changes.touch_membership();
    }

    /// A resource group asks for other numbers of nodes.
    pub fn declare_group(&mut self, group: ResourceGroupIndex, requests: u32, limits: u32) {
        let declared = &mut self.resource_groups[group.position()];
        (declared.requests, declared.limits) = (requests, limits);
    }
}
