//! Which nodes a replica reserves for which channel in exclusive mode (section 8.5).
//!
//! The coordinator asks when the membership of a replica changes, and when its channels are registered
//! (immediately only where [`Quirk::ExclusiveListsAtRegistration`] holds).

use super::parameters::Parameters;
use super::spec::Balancer;
use super::view::replica::ReplicaView;
use crate::model::ids::NodeIndex;
use crate::release::{Quirk, Release};
use std::cmp::Reverse;

/// The rule of one release.
#[derive(Debug, Clone, Copy)]
pub struct ExclusiveLists {
    spreads_leftovers: bool,
}

impl ExclusiveLists {
    /// The rule of `release`.
    pub fn of(release: Release) -> ExclusiveLists {
        ExclusiveLists { spreads_leftovers: release.has(Quirk::ExclusiveSpreadsLeftovers) }
    }

    /// Brings the lists of the replica's registered channels up to date with its read-write nodes.
    ///
    /// Nodes that are no longer read-write leave their list. Lists above their quota keep their first
    /// entries; free nodes then go to lists below it, channels and nodes ascending (section 14).
    pub fn update(self, replica: &mut ReplicaView, balancer: Balancer, parameters: &Parameters) {
        let nodes = &replica.rw_nodes;
        let lists = &mut replica.channel_nodes;
        for (_, list) in lists.iter_mut() {
            list.retain(|node| nodes.contains(node));
        }
        let bound = (lists.len() as i64).saturating_mul(parameters.channel_exclusive_node_factor);
        let is_on = balancer == Balancer::ChannelLevelScore && nodes.len() as i64 >= bound;
        if !is_on {
            lists.iter_mut().for_each(|(_, list)| list.clear());
            return;
        }
        let quotas = self.quotas(nodes.len(), &lists.iter().map(|(_, list)| list.len()).collect::<Vec<_>>());
        for ((_, list), quota) in lists.iter_mut().zip(&quotas) {
            list.truncate(*quota);
        }
        let taken: Vec<NodeIndex> = lists.iter().flat_map(|(_, list)| list.iter().copied()).collect();
        let mut free = nodes.iter().copied().filter(|node| !taken.contains(node));
        for ((_, list), quota) in lists.iter_mut().zip(&quotas) {
            let lacking = quota.saturating_sub(list.len());
            list.extend(free.by_ref().take(lacking));
        }
    }

    /// How many nodes each channel gets; left-over nodes go to the channels that hold most already.
    fn quotas(self, nodes: usize, held: &[usize]) -> Vec<usize> {
        let Some(base) = nodes.checked_div(held.len()) else { return Vec::new() };
        let mut quotas = vec![base; held.len()];
        if self.spreads_leftovers {
            let mut order: Vec<usize> = (0..held.len()).collect();
            order.sort_by_key(|channel| Reverse(held[*channel]));
            for channel in order.into_iter().take(nodes % held.len()) {
                quotas[channel] += 1;
            }
        }
        quotas
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::{ChannelIndex, CollectionIndex};

    fn lists(release: &str, nodes: u32, before: &[&[u32]], balancer: Balancer) -> Vec<Vec<u32>> {
        let release: Release = release.parse().expect("known");
        let mut replica = ReplicaView::new(CollectionIndex(0));
        replica.rw_nodes = (0..nodes).map(NodeIndex).collect();
        for (channel, list) in before.iter().enumerate() {
            let list = list.iter().copied().map(NodeIndex).collect();
            replica.channel_nodes.push((ChannelIndex::at(channel), list));
        }
        ExclusiveLists::of(release).update(&mut replica, balancer, &Parameters::shipped(release));
        let ids = |list: &Vec<NodeIndex>| list.iter().map(|node| node.0).collect();
        replica.channel_nodes.iter().map(|(_, list)| ids(list)).collect()
    }

    #[test]
    fn left_over_nodes_belong_to_nobody_before_2_5_16() {
        let balancer = Balancer::ChannelLevelScore;
        assert_eq!(lists("2.5.15", 9, &[&[], &[]], balancer), [[0, 1, 2, 3], [4, 5, 6, 7]]);
        let spread = vec![vec![0, 1, 2, 3, 4], vec![5, 6, 7, 8]];
        assert_eq!(lists("2.5.16", 9, &[&[], &[]], balancer), spread);
        let to_the_larger = vec![vec![0, 1, 2, 3], vec![4, 5, 6, 7, 8]];
        assert_eq!(lists("2.6.9", 9, &[&[0], &[4, 5]], balancer), to_the_larger);
    }

    #[test]
    fn lists_are_emptied_when_nodes_are_too_few_or_the_balancer_is_another() {
        let empty: Vec<Vec<u32>> = vec![vec![], vec![]];
        assert_eq!(lists("2.6.9", 7, &[&[0, 1], &[2]], Balancer::ChannelLevelScore), empty);
        assert_eq!(lists("2.6.9", 8, &[&[0, 1], &[2]], Balancer::Score), empty);
        let filled = vec![vec![0, 1, 3, 4], vec![2, 5, 6]];
        assert_eq!(lists("2.6.20", 7, &[&[0, 1], &[2]], Balancer::ChannelLevelScore), filled);
    }

    #[test]
    fn nodes_that_left_go_first_and_long_lists_keep_their_beginning() {
        let before: &[&[u32]] = &[&[7, 6, 5, 4, 3, 99], &[]];
        let after = vec![vec![7, 6, 5, 4], vec![0, 1, 2, 3]];
        assert_eq!(lists("2.4.23", 8, before, Balancer::ChannelLevelScore), after);
    }
}
