//! The only replica of a collection: it has all nodes that its resource group can give (section 11.3), as have
//! the only replicas of other collections.

use super::reserved::without;
use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::Outcome;
use crate::model::ids::{NodeIndex, ReplicaIndex};
use crate::policy::view::node_list::NodeList;

/// How a list of nodes differs from what can be used; both ascend.
#[derive(Debug, Clone, Default)]
struct Difference {
    /// In the list, but not to be used.
    lost: Vec<NodeIndex>,
    /// To be used, but not in the list.
    missing: Vec<NodeIndex>,
}

/// The nodes that replicas of a resource group may use.
#[derive(Debug)]
pub(super) struct Usable {
    nodes: NodeList,
    /// The list held against them last: most replicas share one.
    last: Option<(NodeList, Difference)>,
}

impl Usable {
    /// These nodes, ascending.
    pub(super) fn of(nodes: Vec<NodeIndex>) -> Usable {
        Usable { nodes: nodes.into(), last: None }
    }

    fn are_all_of(&self, list: &NodeList) -> bool {
        list.is_same(&self.nodes) || *list == self.nodes
    }

    fn difference(&mut self, list: &NodeList) -> Difference {
        if let Some((last, difference)) = &self.last
            && last.is_same(list)
        {
            return difference.clone();
        }
        let (lost, missing) = (without(list, &self.nodes), without(&self.nodes, list));
        let difference = Difference { lost, missing };
        self.last = Some((list.clone(), difference.clone()));
        difference
    }
}

impl QueryCoordV2 {
    /// Puts the only replica of a collection in order.
    pub(super) fn observe_alone(
        &mut self,
        replica: ReplicaIndex,
        usable: &mut Usable,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let members = self.view.replica(replica);
        if usable.are_all_of(&members.rw_nodes)
            && !members.ro_nodes.iter().any(|node| self.is_gone(replica, *node, hearing))
        {
            return;
        }
        // What can be used is in service, so nobody else can be without session.
        let lost = usable.difference(&members.rw_nodes).lost;
        self.drop_gone(replica, &lost, hearing, outcome);
        self.recover_alone(replica, usable, hearing, outcome);
        if self.drop_gone(replica, &[], hearing, outcome) {
            self.recover_alone(replica, usable, hearing, outcome);
        }
    }

    fn recover_alone(
        &mut self,
        replica: ReplicaIndex,
        usable: &mut Usable,
        hearing: Hearing<'_>,
        outcome: &mut Outcome,
    ) {
        let Difference { lost, missing } = usable.difference(&self.view.replica(replica).rw_nodes);
        match (&lost[..], &missing[..]) {
            // With one node to come or to go the list is then the one that can be used, which others share.
            ([], [node]) => {
                self.view.replica_mut(replica).rw_nodes = usable.nodes.clone();
                self.note_joined(replica, *node, hearing, outcome);
            }
            ([node], []) => {
                self.view.replica_mut(replica).rw_nodes = usable.nodes.clone();
                self.note_read_only(replica, *node, hearing);
            }
            _ => {
                for node in lost {
                    self.turn_read_only(replica, node, hearing);
                }
                let members = self.view.replica(replica);
                let (back, free): (Vec<NodeIndex>, Vec<NodeIndex>) =
                    missing.into_iter().partition(|node| members.ro_nodes.contains(node));
                for node in back.into_iter().chain(free) {
                    self.join(replica, node, hearing, outcome);
                }
            }
        }
    }
}
