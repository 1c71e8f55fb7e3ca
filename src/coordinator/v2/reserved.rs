//! Which nodes a replica reserves for which of its channels (section 8.5), and ascending lists of nodes held
//! against one another.

use super::state::QueryCoordV2;
use crate::coordinator::hearing::Hearing;
use crate::model::ids::{CollectionIndex, NodeIndex, ReplicaIndex};
use crate::policy::spec::Balancer;
use crate::policy::view::node_list::NodeList;
use crate::release::{Quirk, Release};

/// The nodes reserved for each channel, given those that each has; nothing at all where there are too few.
/// All lists ascend. `draw` brings the free nodes into the order in which they are given away; they are asked
/// for only if any list needs one.
pub fn exclusive_lists(
    release: Release,
    nodes: &[NodeIndex],
    mut lists: Vec<Vec<NodeIndex>>,
    factor: i64,
    draw: impl FnOnce(&mut [NodeIndex]),
) -> Vec<Vec<NodeIndex>> {
    let mut marks = Marks::of(nodes);
    for list in &mut lists {
        list.retain(|node| marks.has(*node));
    }
    let lengths: Vec<usize> = lists.iter().map(Vec::len).collect();
    let Some(quotas) = quotas(release, nodes.len(), &lengths, factor) else { return Vec::new() };
    for (list, quota) in lists.iter_mut().zip(&quotas) {
        list.truncate(*quota);
    }
    if lists.iter().zip(&quotas).all(|(list, quota)| list.len() == *quota) {
        return lists;
    }
    lists.iter().flatten().for_each(|node| marks.clear(*node));
    let mut free: Vec<NodeIndex> = nodes.iter().copied().filter(|node| marks.has(*node)).collect();
    draw(&mut free);
    let mut free = free.into_iter();
    for (list, quota) in lists.iter_mut().zip(&quotas) {
        list.extend(free.by_ref().take(quota.saturating_sub(list.len())));
        list.sort();
    }
    lists
}

/// How many of so many nodes each channel should have, given how many it has; `None` where there are too few
/// for all.
pub(super) fn quotas(release: Release, nodes: usize, lengths: &[usize], factor: i64) -> Option<Vec<usize>> {
    let channels = lengths.len();
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    if channels == 0 || whole(nodes) < whole(channels).saturating_mul(factor) {
        return None;
    }
    let mut quotas = vec![nodes / channels; channels];
    if release.has(Quirk::ExclusiveSpreadsLeftovers) {
        let mut order: Vec<usize> = (0..channels).collect();
        order.sort_by_key(|place| (std::cmp::Reverse(lengths[*place]), *place));
        for place in order.into_iter().take(nodes % channels) {
            quotas[place] += 1;
        }
    }
    Some(quotas)
}

impl QueryCoordV2 {
    /// Exclusive node lists by channel (section 8.5).
    pub(super) fn share_channels(&mut self, replica: ReplicaIndex, hearing: Hearing<'_>) {
        let collection: CollectionIndex = self.view.replica(replica).collection;
        let channels = &hearing.cluster.collection(collection).channels;
        let factor = self.in_force.parameters.channel_exclusive_node_factor;
        let is_chosen = self.balancer == Balancer::ChannelLevelScore;
        // A Go set gives the free nodes; what is loaded at t = 0 was placed by ascending id.
        let is_drawn = self.shuffles && self.has_started;
        let members = self.view.replica_mut(replica);
        let held = channels.iter().map(|channel| members.nodes_of(*channel).to_vec()).collect();
        let lists = if is_chosen {
            let orders = &mut self.orders;
            let draw = |free: &mut [NodeIndex]| {
                if is_drawn {
                    orders.shuffle(free)
                }
            };
            exclusive_lists(self.release, &members.rw_nodes, held, factor, draw)
        } else {
            Vec::new()
        };
        members.channel_nodes = channels.iter().copied().zip(lists.into_iter().map(NodeList::from)).collect();
    }

    /// Whether all channels have as many nodes as they should, so that as long as the read-write nodes are the
    /// same sharing them again would change nothing.
    pub(super) fn has_shared_channels(&self, replica: ReplicaIndex) -> bool {
        let members = self.view.replica(replica);
        let lengths: Vec<usize> = members.channel_nodes.iter().map(|(_, nodes)| nodes.len()).collect();
        let factor = self.in_force.parameters.channel_exclusive_node_factor;
        self.balancer == Balancer::ChannelLevelScore
            && quotas(self.release, members.rw_nodes.len(), &lengths, factor) == Some(lengths)
    }
}

/// A mark for each node. Where lists are drawn, neighbours are in now one and now another: asking a mark costs
/// the same for all, where walking along the lists would guess wrong half of the time.
struct Marks(Vec<bool>);

impl Marks {
    /// These nodes, which ascend, are marked.
    fn of(nodes: &[NodeIndex]) -> Marks {
        let mut marks = vec![false; nodes.last().map_or(0, |last| last.position() + 1)];
        nodes.iter().for_each(|node| marks[node.position()] = true);
        Marks(marks)
    }

    fn has(&self, node: NodeIndex) -> bool {
        self.0.get(node.position()).is_some_and(|mark| *mark)
    }

    fn clear(&mut self, node: NodeIndex) {
        if let Some(mark) = self.0.get_mut(node.position()) {
            *mark = false;
        }
    }
}

/// The nodes of one ascending list that are not in another.
pub(super) fn without(nodes: &[NodeIndex], others: &[NodeIndex]) -> Vec<NodeIndex> {
    let marks = Marks::of(others);
    nodes.iter().copied().filter(|node| !marks.has(*node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::parameters::Parameters;

    fn lists(release: &str, nodes: u32, before: &[&[u32]]) -> Vec<Vec<u32>> {
        let release: Release = release.parse().expect("known");
        let nodes: Vec<NodeIndex> = (0..nodes).map(NodeIndex).collect();
        let held = before.iter().map(|list| list.iter().copied().map(NodeIndex).collect()).collect();
        let factor = Parameters::shipped(release).channel_exclusive_node_factor;
        let lists = exclusive_lists(release, &nodes, held, factor, |_| {});
        lists.iter().map(|list| list.iter().map(|node| node.0).collect()).collect()
    }

    #[test]
    fn left_over_nodes_belong_to_nobody_before_2_5_16() {
        assert_eq!(lists("2.5.15", 9, &[&[], &[]]), [[0, 1, 2, 3], [4, 5, 6, 7]]);
        assert_eq!(lists("2.5.16", 9, &[&[], &[]]), [vec![0, 1, 2, 3, 4], vec![5, 6, 7, 8]]);
        assert_eq!(lists("2.6.9", 9, &[&[0], &[4, 5]]), [vec![0, 1, 2, 3], vec![4, 5, 6, 7, 8]]);
    }

    #[test]
    fn there_are_no_lists_where_nodes_are_too_few() {
        assert!(lists("2.6.9", 7, &[&[0, 1], &[2]]).is_empty());
        assert_eq!(lists("2.6.20", 7, &[&[0, 1], &[2]]), [vec![0, 1, 3, 4], vec![2, 5, 6]]);
    }

    #[test]
    fn nodes_that_left_go_first_and_long_lists_keep_their_beginning() {
        assert_eq!(lists("2.4.23", 8, &[&[3, 4, 5, 6, 7, 99], &[]]), [[3, 4, 5, 6], [0, 1, 2, 7]]);
    }
}
