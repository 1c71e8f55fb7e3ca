//! Which nodes of a replica may receive and which leave it, as each release tells them apart.

use super::view::ClusterView;
use super::view::columns::marks;
use super::view::node::{NodeState, NodeVersion};
use super::view::node_list::NodeList;
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
        let mut sides = Sides::default();
        let is_stopping = |node: &NodeIndex| view.node(*node).state == NodeState::Stopping;
        // Before read-only lists a node without session is neither; later the lists are believed.
        let is_listed = |node: &NodeIndex| self.knows_read_only || view.knows(*node);
        sides.leaving.extend(replica.ro_nodes.iter().copied().filter(is_listed));
        let met = view.asked_nodes(&replica.rw_nodes).marks();
        if met & (marks::UNKNOWN | marks::STOPPING) == 0 {
            sides.online.clone_from(&replica.rw_nodes);
        } else {
            for node in replica.rw_nodes.iter().copied().filter(is_listed) {
                let leaves = self.stopping_leaves && is_stopping(&node);
                if leaves { &mut sides.leaving } else { &mut sides.online }.push(node);
            }
        }
        if !sides.leaving.is_sorted() {
            sides.leaving.sort_unstable();
        }
        if view.is_streaming() {
            sides.channel_online.clone_from(&replica.rw_sq_nodes);
            sides.channel_leaving.extend(&replica.ro_sq_nodes);
            let old = |node: &NodeIndex| view.node(*node).version < NodeVersion::Newer;
            if met & marks::OLD != 0 {
                sides.channel_leaving.extend(replica.rw_nodes.iter().copied().filter(old));
            }
            sides.channel_leaving.extend(&replica.ro_nodes);
        } else {
            sides.channel_online.clone_from(&sides.online);
            sides.channel_leaving.clone_from(&sides.leaving);
        }
        sides
    }
}
