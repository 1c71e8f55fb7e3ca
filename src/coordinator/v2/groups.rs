//! Resource groups: which node is in which, and who gives or gets one (section 11.2).

use crate::model::cluster::Cluster;
use crate::model::ids::{NodeIndex, ResourceGroupIndex};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The group that always exists.
pub const DEFAULT_GROUP: ResourceGroupIndex = ResourceGroupIndex(0);

/// Weight of nodes that a group must give away, or lacks, in the order of repair.
const URGENT: u64 = 1_000_000;
/// Weight of nodes of groups that are listed in `transfer_from` or `transfer_to`.
const LISTED: u64 = 100_000;

/// A resource group as the coordinator keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Nodes it asks for; up to 2.4.0 its capacity.
    pub requests: u64,
    /// Nodes it may have.
    pub limits: u64,
    /// Groups whose spare nodes it takes before those of others.
    pub transfer_from: BTreeSet<ResourceGroupIndex>,
    /// Groups with room that get its spare nodes before others.
    pub transfer_to: BTreeSet<ResourceGroupIndex>,
    /// Its nodes.
    pub nodes: BTreeSet<NodeIndex>,
}

impl Group {
    fn size(&self) -> u64 {
        self.nodes.len() as u64
    }

    /// Nodes that it lacks.
    pub fn missing(&self) -> u64 {
        self.requests.saturating_sub(self.size())
    }

    /// Nodes that it has to give away.
    pub fn redundant(&self) -> u64 {
        self.size().saturating_sub(self.limits)
    }

    fn oversized(&self) -> u64 {
        self.size().saturating_sub(self.requests)
    }

    fn room(&self) -> u64 {
        self.limits.saturating_sub(self.size())
    }
}

/// All resource groups, and the group that each node's label names.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    groups: Vec<Group>,
    /// Positions of the groups, ascending by name: Milvus goes through a map.
    by_name: Vec<usize>,
    /// By node; the default group = its label names none.
    labels: Vec<ResourceGroupIndex>,
}

impl Groups {
    /// The groups as the metadata has them, without nodes.
    pub fn of(cluster: &Cluster) -> Groups {
        let groups: Vec<Group> = cluster
            .resource_groups()
            .iter()
            .map(|group| Group {
                name: group.name.clone(),
                requests: u64::from(group.requests),
                limits: u64::from(group.limits),
                transfer_from: group.transfer_from.iter().copied().collect(),
                transfer_to: group.transfer_to.iter().copied().collect(),
                nodes: BTreeSet::new(),
            })
            .collect();
        let mut by_name: Vec<usize> = (0..groups.len()).collect();
        by_name.sort_by(|one, other| groups[*one].name.cmp(&groups[*other].name));
        Groups { groups, by_name, labels: Vec::new() }
    }

    /// One more node has become known, with the group that its label names.
    pub fn add_label(&mut self, label: ResourceGroupIndex) {
        self.labels.push(label);
    }

    /// A group.
    pub fn at(&self, group: ResourceGroupIndex) -> &Group {
        &self.groups[group.position()]
    }

    /// A group, to be changed.
    pub fn at_mut(&mut self, group: ResourceGroupIndex) -> &mut Group {
        &mut self.groups[group.position()]
    }

    /// The group of a name.
    pub fn find(&self, name: &str) -> Option<ResourceGroupIndex> {
        self.groups.iter().position(|group| group.name == name).map(ResourceGroupIndex::at)
    }

    /// The group that a node is in.
    pub fn of_node(&self, node: NodeIndex) -> Option<ResourceGroupIndex> {
        self.groups.iter().position(|group| group.nodes.contains(&node)).map(ResourceGroupIndex::at)
    }

    /// The group that a node's label names.
    pub fn label(&self, node: NodeIndex) -> ResourceGroupIndex {
        self.labels[node.position()]
    }

    /// A node joins a group, and leaves its own.
    pub fn put(&mut self, node: NodeIndex, group: ResourceGroupIndex) {
        self.take(node);
        self.at_mut(group).nodes.insert(node);
    }

    /// A node leaves its group; whether it was in any.
    pub fn take(&mut self, node: NodeIndex) -> bool {
        let taken = self.groups.iter_mut().map(|group| group.nodes.remove(&node));
        taken.fold(false, |any, one| any | one)
    }

    /// Up to 2.4.0: a group's capacity is what it has been given, or more where more is asked for.
    pub fn take_sizes_as_capacities(&mut self) {
        for group in self.groups.iter_mut().skip(1) {
            group.requests = group.requests.max(group.size());
        }
    }

    /// The group for a node that comes in (2.4.1 and later).
    pub fn incoming(&self, node: NodeIndex) -> ResourceGroupIndex {
        let label = self.label(node);
        if label != DEFAULT_GROUP {
            return label;
        }
        let neediest = self.greatest(|_, group| group.missing());
        neediest.or_else(|| self.greatest(|_, group| group.room())).unwrap_or(DEFAULT_GROUP)
    }

    /// The group of the greatest value above 0; of equal ones the first by name.
    fn greatest(&self, value: impl Fn(ResourceGroupIndex, &Group) -> u64) -> Option<ResourceGroupIndex> {
        let values = self.by_name.iter().enumerate().map(|(place, position)| {
            let group = ResourceGroupIndex::at(*position);
            (value(group, self.at(group)), Reverse(place), group)
        });
        values.filter(|(value, _, _)| *value > 0).max().map(|(_, _, group)| group)
    }

    /// Whether any group has too few nodes, or too many.
    pub fn are_disturbed(&self) -> bool {
        self.groups.iter().any(|group| group.missing() > 0 || group.redundant() > 0)
    }

    /// One repair pass of 2.4.1 and later: who lacks nodes gets them, who has too many gives them away.
    /// What moved, in order.
    pub fn repair(&mut self) -> Vec<(NodeIndex, ResourceGroupIndex)> {
        let mut moved = Vec::new();
        for position in self.by_name.clone() {
            let group = ResourceGroupIndex::at(position);
            if self.at(group).missing() > 0 {
                self.fill(group, &mut moved);
            } else {
                self.relieve(group, &mut moved);
            }
        }
        moved
    }

    fn fill(&mut self, group: ResourceGroupIndex, moved: &mut Vec<(NodeIndex, ResourceGroupIndex)>) {
        while self.at(group).missing() > 0 {
            let value = |other: ResourceGroupIndex, from: &Group| match from.redundant() {
                _ if other == group => 0,
                0 if self.at(group).transfer_from.contains(&other) => from.oversized() * LISTED,
                0 => from.oversized(),
                redundant => redundant * URGENT,
            };
            let Some(from) = self.greatest(value) else { return };
            self.pass(from, group, moved);
        }
    }

    fn relieve(&mut self, group: ResourceGroupIndex, moved: &mut Vec<(NodeIndex, ResourceGroupIndex)>) {
        while self.at(group).redundant() > 0 {
            let value = |other: ResourceGroupIndex, to: &Group| match to.missing() {
                _ if other == group => 0,
                0 if self.at(group).transfer_to.contains(&other) => to.room().saturating_mul(LISTED),
                0 => to.room(),
                missing => missing.saturating_mul(URGENT),
            };
            let to = self.greatest(value).unwrap_or(DEFAULT_GROUP);
            if to == group {
                return;
            }
            self.pass(group, to, moved);
        }
    }

    /// The node of the lowest id goes from one group to another: Milvus takes any.
    fn pass(
        &mut self,
        from: ResourceGroupIndex,
        to: ResourceGroupIndex,
        moved: &mut Vec<(NodeIndex, ResourceGroupIndex)>,
    ) {
        if let Some(node) = self.at(from).nodes.first().copied() {
            self.put(node, to);
            moved.push((node, to));
        }
    }

    /// Whether the default group can help out a group below its capacity (up to 2.4.0).
    pub fn can_refill(&self) -> bool {
        let others = self.groups.iter().skip(1);
        !self.at(DEFAULT_GROUP).nodes.is_empty() && others.into_iter().any(|group| group.missing() > 0)
    }

    /// Auto-recovery up to 2.4.0: groups below their capacity get nodes of the default group.
    pub fn refill(&mut self) -> Vec<(NodeIndex, ResourceGroupIndex)> {
        let mut moved = Vec::new();
        for position in self.by_name.clone() {
            let group = ResourceGroupIndex::at(position);
            while group != DEFAULT_GROUP
                && self.at(group).missing() > 0
                && !self.at(DEFAULT_GROUP).nodes.is_empty()
            {
                self.pass(DEFAULT_GROUP, group, &mut moved);
            }
        }
        moved
    }

    /// `TransferNode` up to 2.4.0: any `count` nodes go at once, and capacities with them; the default
    /// group has none. What moved.
    pub fn transfer_now(
        &mut self,
        (from, to): (ResourceGroupIndex, ResourceGroupIndex),
        count: u64,
    ) -> Vec<(NodeIndex, ResourceGroupIndex)> {
        let mut moved = Vec::new();
        for _ in 0..count {
            self.pass(from, to, &mut moved);
        }
        if from != DEFAULT_GROUP {
            self.at_mut(from).requests = self.at(from).requests.saturating_sub(count);
        }
        if to != DEFAULT_GROUP {
            self.at_mut(to).requests += count;
        }
        moved
    }

    /// `TransferNode` of 2.4.1 and later: what the groups ask for changes, and repair does the rest.
    pub fn transfer_declared(&mut self, (from, to): (ResourceGroupIndex, ResourceGroupIndex), count: u64) {
        let source = self.at_mut(from);
        source.requests = source.requests.saturating_sub(count);
        if from != DEFAULT_GROUP {
            source.limits = source.limits.saturating_sub(count);
        }
        let target = self.at_mut(to);
        target.requests += count;
        target.limits = target.limits.max(target.requests);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Groups by (name, requests, limits, nodes); the default group first.
    fn groups(rows: &[(&str, u64, u64, &[u32])]) -> Groups {
        let groups: Vec<Group> = rows
            .iter()
            .map(|(name, requests, limits, nodes)| Group {
                name: (*name).to_owned(),
                requests: *requests,
                limits: *limits,
                transfer_from: BTreeSet::new(),
                transfer_to: BTreeSet::new(),
                nodes: nodes.iter().copied().map(NodeIndex).collect(),
            })
            .collect();
        let mut by_name: Vec<usize> = (0..groups.len()).collect();
        by_name.sort_by_key(|position| groups[*position].name.clone());
        Groups { groups, by_name, labels: vec![DEFAULT_GROUP; 100] }
    }

    fn moves(rows: &[(u32, u32)]) -> Vec<(NodeIndex, ResourceGroupIndex)> {
        rows.iter().map(|(node, group)| (NodeIndex(*node), ResourceGroupIndex(*group))).collect()
    }

    #[test]
    fn a_node_goes_to_who_lacks_most_then_to_who_has_most_room() {
        let mut all = groups(&[("__d", 0, 1_000_000, &[]), ("b", 2, 2, &[1]), ("a", 3, 3, &[2])]);
        assert_eq!(all.incoming(NodeIndex(9)), ResourceGroupIndex(2));
        all.put(NodeIndex(9), ResourceGroupIndex(2));
        // Equal needs: the first by name.
        assert_eq!(all.incoming(NodeIndex(10)), ResourceGroupIndex(2));
        all.put(NodeIndex(10), ResourceGroupIndex(2));
        all.put(NodeIndex(11), ResourceGroupIndex(1));
        assert_eq!(all.incoming(NodeIndex(12)), DEFAULT_GROUP);
        all.labels[12] = ResourceGroupIndex(1);
        assert_eq!(all.incoming(NodeIndex(12)), ResourceGroupIndex(1));
    }

    #[test]
    fn repair_takes_redundant_nodes_first_and_stops_when_nobody_can_give() {
        let mut all = groups(&[
            ("__d", 0, 1_000_000, &[1, 2, 3]),
            ("full", 1, 1, &[4, 5]),
            ("poor", 3, 3, &[]),
            ("tight", 1, 1, &[6]),
        ]);
        // "full" gives its redundant node away when its turn comes: "poor" lacks most.
        assert_eq!(all.repair(), moves(&[(4, 2), (1, 2), (2, 2)]));
        assert!(!all.are_disturbed());
        all.at_mut(ResourceGroupIndex(3)).requests = 5;
        all.at_mut(ResourceGroupIndex(3)).limits = 5;
        assert_eq!(all.repair(), moves(&[(3, 3)]));
        assert_eq!(all.repair(), []);
        assert!(all.are_disturbed());
    }

    #[test]
    fn listed_groups_come_before_larger_ones_but_after_urgent_ones() {
        let (small, large, poor) = (ResourceGroupIndex(1), ResourceGroupIndex(2), ResourceGroupIndex(3));
        let rows = [
            ("__d", 0, 9, &[][..]),
            ("small", 0, 9, &[1, 2]),
            ("large", 0, 9, &[3, 4, 5, 6]),
            ("poor", 1, 1, &[]),
        ];
        let mut all = groups(&rows);
        assert_eq!(all.repair(), moves(&[(3, 3)]), "the larger one gives");
        all = groups(&rows);
        all.at_mut(poor).transfer_from.insert(small);
        assert_eq!(all.repair(), moves(&[(1, 3)]), "the listed one gives");
        all = groups(&rows);
        all.at_mut(poor).transfer_from.insert(small);
        all.at_mut(large).limits = 3;
        assert_eq!(all.repair(), moves(&[(3, 3)]), "who has too many gives before that");
        let mut full =
            groups(&[("__d", 0, 9, &[]), ("one", 0, 5, &[1]), ("two", 0, 9, &[]), ("x", 0, 0, &[7])]);
        assert_eq!(full.clone().repair(), moves(&[(7, 0)]));
        full.at_mut(ResourceGroupIndex(3)).transfer_to.insert(small);
        assert_eq!(full.repair(), moves(&[(7, 1)]));
    }

    #[test]
    fn what_nobody_has_room_for_goes_to_the_default_group() {
        let mut all = groups(&[("__d", 0, 0, &[]), ("a", 0, 1, &[7, 8])]);
        assert_eq!(all.repair(), moves(&[(7, 0)]));
    }

    #[test]
    fn before_declarations_only_the_default_group_helps_out() {
        let mut all = groups(&[("__d", 0, 0, &[1]), ("a", 2, 0, &[]), ("b", 0, 0, &[5, 6])]);
        assert!(all.can_refill());
        assert_eq!(all.refill(), moves(&[(1, 1)]));
        assert!(!all.can_refill());
        let ends = (ResourceGroupIndex(2), ResourceGroupIndex(1));
        assert_eq!(all.transfer_now(ends, 2), moves(&[(5, 1), (6, 1)]));
        assert_eq!((all.at(ends.0).requests, all.at(ends.1).requests), (0, 4));
    }

    #[test]
    fn a_declared_transfer_changes_what_is_asked_for() {
        let mut all = groups(&[("__d", 1, 1_000_000, &[1, 2]), ("a", 0, 0, &[])]);
        all.transfer_declared((DEFAULT_GROUP, ResourceGroupIndex(1)), 2);
        assert_eq!((all.at(DEFAULT_GROUP).requests, all.at(DEFAULT_GROUP).limits), (0, 1_000_000));
        assert_eq!(all.repair(), moves(&[(1, 1), (2, 1)]));
    }
}
