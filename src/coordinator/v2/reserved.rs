//! Which nodes a replica reserves for which of its channels (section 8.5).

use crate::model::ids::NodeIndex;
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
    let channels = lists.len();
    let needed = i64::try_from(channels).unwrap_or(i64::MAX).saturating_mul(factor);
    if channels == 0 || i64::try_from(nodes.len()).unwrap_or(i64::MAX) < needed {
        return Vec::new();
    }
    for list in &mut lists {
        let mut rest = nodes;
        list.retain(|node| next_is(&mut rest, *node));
    }
    let mut quotas = vec![nodes.len() / channels; channels];
    if release.has(Quirk::ExclusiveSpreadsLeftovers) {
        let mut order: Vec<usize> = (0..channels).collect();
        order.sort_by_key(|place| (std::cmp::Reverse(lists[*place].len()), *place));
        for place in order.into_iter().take(nodes.len() % channels) {
            quotas[place] += 1;
        }
    }
    for (list, quota) in lists.iter_mut().zip(&quotas) {
        list.truncate(*quota);
    }
    if lists.iter().zip(&quotas).all(|(list, quota)| list.len() == *quota) {
        return lists;
    }
    let mut taken = lists.concat();
    taken.sort();
    let mut rest = &taken[..];
    let mut free: Vec<NodeIndex> = nodes.iter().copied().filter(|node| !next_is(&mut rest, *node)).collect();
    draw(&mut free);
    let mut free = free.into_iter();
    for (list, quota) in lists.iter_mut().zip(&quotas) {
        list.extend(free.by_ref().take(quota.saturating_sub(list.len())));
        list.sort();
    }
    lists
}

/// Whether `node` is in an ascending list, of which all lesser ones are then passed.
fn next_is(rest: &mut &[NodeIndex], node: NodeIndex) -> bool {
    while let [first, after @ ..] = *rest
        && *first < node
    {
        *rest = after;
    }
    rest.first() == Some(&node)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(release: &str, nodes: u32, before: &[&[u32]]) -> Vec<Vec<u32>> {
        let release: Release = release.parse().expect("known");
        let nodes: Vec<NodeIndex> = (0..nodes).map(NodeIndex).collect();
        let held = before.iter().map(|list| list.iter().copied().map(NodeIndex).collect()).collect();
        let factor = crate::policy::parameters::Parameters::shipped(release).channel_exclusive_node_factor;
        let lists = exclusive_lists(release, &nodes, held, factor, |_| ());
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
