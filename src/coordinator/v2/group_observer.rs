//! Nodes come into resource groups and leave them, and groups are repaired (sections 11.1 and 11.2).

use super::groups::{DEFAULT_GROUP, Groups};
use super::state::QueryCoordV2;
use super::tickers::{after, next_tick};
use crate::coordinator::hearing::Hearing;
use crate::coordinator::outcome::{Order, Outcome, Turn};
use crate::model::ids::{NodeIndex, ResourceGroupIndex};
use crate::policy::view::node::NodeState;
use crate::release::Quirk;

impl QueryCoordV2 {
    /// Who is in which group when the coordinator starts: at t = 0 as the scenario has it, later as the
    /// metadata has it, and nodes that came meanwhile come in now.
    pub(super) fn adopt_groups(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        for node in hearing.cluster.node_indices() {
            let belongs = self.may_be_in_group(node);
            match (belongs, self.groups.of_node(node)) {
                (true, None) if self.has_started => self.assign_group(node, outcome),
                (true, None) => self.groups.put(node, self.groups.label(node)),
                (false, Some(_)) => {
                    self.groups.take(node);
                }
                _ => {}
            }
        }
        if !self.has_started && !self.release.has(Quirk::GroupsAreDeclared) {
            self.groups.take_sizes_as_capacities();
        }
        let from = after(hearing.now);
        self.arm_groups_tick(from, hearing, outcome);
    }

    /// Whether a node has a place in a group: it is registered and, where groups are declared, is not on
    /// its way out.
    fn may_be_in_group(&self, node: NodeIndex) -> bool {
        let view = self.view.node(node);
        let is_known = view.state != NodeState::Unknown && !view.is_streaming;
        if !self.release.has(Quirk::GroupsAreDeclared) {
            return is_known;
        }
        is_known && self.is_in_service(node)
    }

    /// A node comes in, or is back in service.
    pub(super) fn enter_group(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.may_be_in_group(node) && self.groups.of_node(node).is_none() {
            self.assign_group(node, outcome);
            self.groups_changed(hearing, outcome);
        }
    }

    /// A node stops, is lost, or is taken out of service.
    pub(super) fn leave_group(&mut self, node: NodeIndex, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if !self.may_be_in_group(node) && self.groups.take(node) {
            self.groups_changed(hearing, outcome);
        }
    }

    fn assign_group(&mut self, node: NodeIndex, outcome: &mut Outcome) {
        let group = if self.release.has(Quirk::NoResourceGroups) {
            self.groups.label(node)
        } else if self.release.has(Quirk::GroupsAreDeclared) {
            self.groups.incoming(node)
        } else {
            DEFAULT_GROUP
        };
        self.groups.put(node, group);
        outcome.order(Order::SetNodeGroup { node, group });
    }

    /// Members or demands of groups changed: declared groups are repaired at once, others by the ticker.
    pub(super) fn groups_changed(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if !self.release.has(Quirk::GroupsAreDeclared) {
            self.arm_groups_tick(after(hearing.now), hearing, outcome);
        } else if self.groups.are_disturbed() {
            outcome.order(Order::TurnAt { turn: Turn::ObserveGroups, at: hearing.now });
        }
    }

    /// The observer's next firing, if it would find something to do.
    fn arm_groups_tick(&self, from: crate::units::SimTime, hearing: Hearing<'_>, outcome: &mut Outcome) {
        let is_due = if self.release.has(Quirk::GroupsAreDeclared) {
            self.groups.are_disturbed()
        } else {
            !self.release.has(Quirk::NoResourceGroups) && self.groups.can_refill()
        };
        if is_due {
            let at = next_tick(self.tickers.observers_since, self.settings().group_period_ms(), from);
            debug_assert!(at >= hearing.now, "a tick lies ahead");
            outcome.order(Order::TurnAt { turn: Turn::ObserveGroups, at });
        }
    }

    /// The resource observer: groups get the nodes that they ask for.
    pub(super) fn observe_groups(&mut self, hearing: Hearing<'_>, outcome: &mut Outcome) {
        if self.is_naive {
            let period = self.settings().group_period_ms();
            let at = next_tick(self.tickers.observers_since, period, after(hearing.now));
            outcome.order(Order::TurnAt { turn: Turn::ObserveGroups, at });
        }
        let moved = if self.release.has(Quirk::GroupsAreDeclared) {
            self.groups.repair()
        } else if self.settings().refills_groups() {
            self.groups.refill()
        } else {
            Vec::new()
        };
        if moved.is_empty() {
            return;
        }
        self.note_group_moves(moved, outcome);
        // The replica observer is told, and looks at once.
        self.observe_replicas(hearing, outcome);
    }

    /// Nodes have gone from group to group.
    pub(super) fn note_group_moves(
        &mut self,
        moved: Vec<(NodeIndex, ResourceGroupIndex)>,
        outcome: &mut Outcome,
    ) {
        for (node, group) in moved {
            outcome.order(Order::SetNodeGroup { node, group });
        }
    }

    /// Builds the groups at the first start.
    pub(super) fn found_groups(&mut self, hearing: Hearing<'_>) {
        if !self.has_started {
            self.groups = Groups::of(hearing.cluster);
        }
    }
}
