//! Which nodes of a replica may receive and which leave it, as each release tells them apart.

use super::view::ClusterView;
use super::view::columns::marks;
use super::view::node::{NodeState, NodeVersion};
use super::view::node_list::NodeList;
use super::view::replica::ReplicaView;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::release::{Quirk, Release};

/// The nodes of a replica by role. Most roles have a list of the replica as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sides {
    /// Nodes that take part in evening segments.
    pub online: NodeList,
    /// Nodes whose segments must go.
    pub leaving: NodeList,
    /// Nodes that take part in evening channels.
    pub channel_online: NodeList,
    /// Nodes whose channels must go.
    pub channel_leaving: NodeList,
}

/// How a release tells them apart (sections 3, 8.0, 9 and 16).
#[derive(Debug, Clone, Copy)]
pub struct SideRule {
    knows_read_only: bool,
    stopping_leaves: bool,
}

impl SideRule {
    /// The rule of `release`.
    pub fn of(release: Release) -> SideRule {
        SideRule {
            knows_read_only: release.has(Quirk::ReadOnlyNodes),
            stopping_leaves: release.has(Quirk::StoppingNodesLeave),
        }
    }

    /// The nodes of `replica` by role.
    pub fn sides(self, view: &ClusterView, replica: ReplicaIndex) -> Sides {
        let replica = view.replica(replica);
        let met = view.asked_nodes(&replica.rw_nodes).marks();
        let (online, leaving) = self.by_state(view, replica, met);
        let (channel_online, channel_leaving) = if view.is_streaming() {
            (replica.rw_sq_nodes.clone(), without_channels(view, replica, met))
        } else {
            (online.clone(), leaving.clone())
        };
        Sides { online, leaving, channel_online, channel_leaving }
    }

    /// The nodes that take part in evening segments, and those whose segments must go; `met` are the marks of
    /// all that are read-write.
    fn by_state(self, view: &ClusterView, replica: &ReplicaView, met: u8) -> (NodeList, NodeList) {
        let is_stopping = |node: &NodeIndex| view.node(*node).state == NodeState::Stopping;
        // Before read-only lists a node without session is neither; later the lists are believed.
        let is_listed = |node: &NodeIndex| self.knows_read_only || view.knows(*node);
        let mut leaving = if replica.ro_nodes.iter().all(is_listed) {
            replica.ro_nodes.clone()
        } else {
            replica.ro_nodes.iter().copied().filter(is_listed).collect()
        };
        let mut online = replica.rw_nodes.clone();
        if met & (marks::UNKNOWN | marks::STOPPING) != 0 {
            let leaves = |node: &NodeIndex| self.stopping_leaves && is_stopping(node);
            let listed = replica.rw_nodes.iter().copied().filter(is_listed);
            let (gone, stays): (Vec<NodeIndex>, Vec<NodeIndex>) = listed.partition(leaves);
            online = stays.into();
            if !gone.is_empty() {
                leaving.extend(gone);
                leaving.sort_unstable();
            }
        }
        (online, leaving)
    }
}

/// With streaming on: the nodes whose channels must go, in the order of the lists.
fn without_channels(view: &ClusterView, replica: &ReplicaView, met: u8) -> NodeList {
    if replica.ro_sq_nodes.is_empty() && met & marks::OLD == 0 {
        return replica.ro_nodes.clone();
    }
    let old = |node: &NodeIndex| view.node(*node).version < NodeVersion::Newer;
    let old = replica.rw_nodes.iter().copied().filter(|node| met & marks::OLD != 0 && old(node));
    replica.ro_sq_nodes.iter().copied().chain(old).chain(replica.ro_nodes.iter().copied()).collect()
}
