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
