//! Query nodes split into replicas by what they hold, when no source lists the replicas.

use std::collections::{BTreeMap, BTreeSet};

/// More nodes than this are not split by trial; a get_replicas answer settles it at once.
const NODES_AT_MOST: usize = 1000;
/// More copies of one segment than any cluster keeps.
const COPIES_AT_MOST: usize = 64;
/// Trials before giving up.
const TRIALS_AT_MOST: usize = 5_000;

/// Splits the nodes into `count` groups so that no two nodes which share a segment are in one group.
///
/// `together` are the sets of nodes that hold one segment each. Nodes that share nothing even out the
/// group sizes. None when there is no such split, or none was found in reasonable time.
pub(super) fn split(
    nodes: &BTreeSet<u64>,
    together: &BTreeSet<BTreeSet<u64>>,
    count: usize,
) -> Option<Vec<BTreeSet<u64>>> {
    if nodes.len() > NODES_AT_MOST || count > COPIES_AT_MOST || count == 0 {
        return None;
    }
    let mut apart: BTreeMap<u64, BTreeSet<u64>> = nodes.iter().map(|node| (*node, BTreeSet::new())).collect();
    for set in together.iter().filter(|set| set.len() <= count) {
        for node in set {
            let others = set.iter().filter(|other| *other != node);
            apart.entry(*node).or_default().extend(others);
        }
    }
    let mut search = Search { apart, groups: vec![BTreeSet::new(); count], trials: 0 };
    let left = search.apart.keys().copied().collect();
    search.place(&left).then_some(search.groups)
}

struct Search {
    /// For each node, those it may not share a group with.
    apart: BTreeMap<u64, BTreeSet<u64>>,
    groups: Vec<BTreeSet<u64>>,
    trials: usize,
}

impl Search {
    /// Places all that are left; the most constrained node first, ties by more neighbours, then by lower id.
    fn place(&mut self, left: &BTreeSet<u64>) -> bool {
        let Some(node) = left.iter().copied().max_by_key(|node| {
            let barred = self.groups.iter().filter(|group| !group.is_disjoint(&self.apart[node])).count();
            (barred, self.apart[node].len(), std::cmp::Reverse(*node))
        }) else {
            return true;
        };
        let mut rest = left.clone();
        rest.remove(&node);
        let mut open: Vec<usize> = (0..self.groups.len())
            .filter(|group| self.groups[*group].is_disjoint(&self.apart[&node]))
            .collect();
        open.sort_by_key(|group| (self.groups[*group].len(), *group));
        for group in open {
            self.trials += 1;
            if self.trials > TRIALS_AT_MOST {
                return false;
            }
            self.groups[group].insert(node);
            if self.place(&rest) {
                return true;
            }
            self.groups[group].remove(&node);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(lists: &[&[u64]]) -> BTreeSet<BTreeSet<u64>> {
        lists.iter().map(|list| list.iter().copied().collect()).collect()
    }

    #[test]
    fn copies_of_a_segment_come_into_different_replicas() {
        let nodes = (1..=5).collect();
        let groups = split(&nodes, &sets(&[&[1, 3], &[2, 3], &[2, 4]]), 2).expect("possible");
        assert_eq!(groups.iter().map(BTreeSet::len).sum::<usize>(), 5);
        for group in &groups {
            assert!(!group.is_superset(&[1, 3].into()));
            assert!(!group.is_superset(&[2, 3].into()));
            assert!(!group.is_superset(&[2, 4].into()));
        }
    }

    #[test]
    fn a_contradiction_gives_no_split() {
        let nodes = (1..=3).collect();
        assert_eq!(split(&nodes, &sets(&[&[1, 2], &[2, 3], &[1, 3]]), 2), None);
    }
}
