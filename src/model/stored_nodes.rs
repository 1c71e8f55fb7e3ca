//! The nodes of a replica in stored order, small: bits where they ascend, else a list.

use super::ids::NodeIndex;

/// How the order of the nodes is kept, apart from one bit per node that says which they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Order {
    /// Ascending: the bits say it all.
    #[default]
    Ascending,
    /// As listed; all fit into 16 bits.
    Narrow(Vec<u16>),
    /// As listed.
    Wide(Vec<NodeIndex>),
}

/// Nodes, each once, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct StoredNodes {
    /// One bit per node of the cluster.
    members: Vec<u64>,
    count: usize,
    order: Order,
}

impl StoredNodes {
    pub(super) fn members(&self) -> &[u64] {
        &self.members
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn has(&self, node: NodeIndex) -> bool {
        self.members.get(node.position() / 64).is_some_and(|word| word >> (node.position() % 64) & 1 == 1)
    }

    pub(super) fn iter(&self) -> StoredNodesIter<'_> {
        let walk = match &self.order {
            Order::Ascending => Walk::Bits(0, self.members.first().copied().unwrap_or(0), &self.members),
            Order::Narrow(nodes) => Walk::Narrow(nodes.iter()),
            Order::Wide(nodes) => Walk::Wide(nodes.iter()),
        };
        StoredNodesIter { walk, left: self.count }
    }

    /// Appends nodes; those that are there already stay where they are.
    pub(super) fn add(&mut self, nodes: &[NodeIndex]) {
        let mut highest = self.highest();
        for (place, node) in nodes.iter().copied().enumerate() {
            if self.has(node) {
                continue;
            }
            if highest.is_some_and(|highest| node < highest) {
                self.list(nodes.len() - place);
            }
            highest = highest.max(Some(node));
            if matches!(self.order, Order::Narrow(_)) && u16::try_from(node.0).is_err() {
                self.order = Order::Wide(self.iter().collect());
            }
            match &mut self.order {
                Order::Ascending => {}
                Order::Narrow(nodes) => push(nodes, node.0 as u16),
                Order::Wide(nodes) => push(nodes, node),
            }
            let word = node.position() / 64;
            if self.members.len() <= word {
                self.members.resize(word + 1, 0);
            }
            self.members[word] |= 1 << (node.position() % 64);
            self.count += 1;
        }
    }

    /// Removes a node; false when it was not there.
    pub(super) fn remove(&mut self, node: NodeIndex) -> bool {
        if !self.has(node) {
            return false;
        }
        self.members[node.position() / 64] &= !(1 << (node.position() % 64));
        self.count -= 1;
        match &mut self.order {
            Order::Ascending => {}
            Order::Narrow(nodes) => take_out(nodes, |other| u32::from(*other) == node.0),
            Order::Wide(nodes) => take_out(nodes, |other| *other == node),
        }
        true
    }

    fn highest(&self) -> Option<NodeIndex> {
        let place = self.members.iter().rposition(|word| *word != 0)?;
        Some(NodeIndex::at(place * 64 + 63 - self.members[place].leading_zeros() as usize))
    }

    /// The order is no longer that of the bits; so many more nodes will come.
    fn list(&mut self, more: usize) {
        if self.order != Order::Ascending {
            return;
        }
        if self.highest().is_none_or(|highest| u16::try_from(highest.0).is_ok()) {
            let count = self.count + more;
            let mut nodes = Vec::with_capacity(count + spare(count));
            nodes.extend(self.iter().map(|node| node.0 as u16));
            self.order = Order::Narrow(nodes);
        } else {
            self.order = Order::Wide(self.iter().collect());
        }
    }
}

/// Appends an entry. One node joins thousands of replicas: a list that doubled then would take twice the memory for
/// one entry each.
fn push<T>(nodes: &mut Vec<T>, node: T) {
    if nodes.len() == nodes.capacity() {
        nodes.reserve_exact(spare(nodes.len()));
    }
    nodes.push(node);
}

/// Room for entries to come, for a list of so many.
fn spare(count: usize) -> usize {
    count / 64 + 8
}

/// Removes the one entry that it is. What ends is told replica by replica: a list is searched by blocks, without
/// a branch per entry.
fn take_out<T>(nodes: &mut Vec<T>, is_it: impl Fn(&T) -> bool) {
    let block = nodes.chunks(BLOCK).position(|block| block.iter().fold(false, |any, one| any | is_it(one)));
    let Some(from) = block.map(|block| block * BLOCK) else { return };
    if let Some(place) = nodes[from..].iter().position(is_it) {
        nodes.remove(from + place);
    }
}

/// Entries that are compared together.
const BLOCK: usize = 64;

#[derive(Debug, Clone)]
enum Walk<'a> {
    /// Place of the word in hand, its bits to come, all words.
    Bits(usize, u64, &'a [u64]),
    Narrow(std::slice::Iter<'a, u16>),
    Wide(std::slice::Iter<'a, NodeIndex>),
}

/// The nodes of a replica, in stored order.
#[derive(Debug, Clone)]
pub struct StoredNodesIter<'a> {
    walk: Walk<'a>,
    left: usize,
}

impl Iterator for StoredNodesIter<'_> {
    type Item = NodeIndex;

    #[inline]
    fn next(&mut self) -> Option<NodeIndex> {
        self.left = self.left.checked_sub(1)?;
        match &mut self.walk {
            Walk::Bits(place, bits, words) => {
                while *bits == 0 {
                    *place += 1;
                    *bits = *words.get(*place)?;
                }
                let bit = bits.trailing_zeros();
                *bits &= *bits - 1;
                Some(NodeIndex(*place as u32 * 64 + bit))
            }
            Walk::Narrow(nodes) => nodes.next().map(|node| NodeIndex(u32::from(*node))),
            Walk::Wide(nodes) => nodes.next().copied(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for StoredNodesIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn stored_nodes_equal_a_plain_list(
            steps in prop::collection::vec(
                (prop::collection::vec(prop_oneof![0u32..200, 65_530u32..65_540], 1..6), any::<bool>(), any::<bool>()),
                1..20,
            ),
        ) {
            let (mut nodes, mut plain) = (StoredNodes::default(), Vec::new());
            for (mut given, is_added, ascends) in steps {
                if ascends {
                    given.sort_unstable();
                }
                let given: Vec<NodeIndex> = given.into_iter().map(NodeIndex).collect();
                if is_added {
                    nodes.add(&given);
                    for node in given {
                        if !plain.contains(&node) {
                            plain.push(node);
                        }
                    }
                } else {
                    for node in given {
                        prop_assert_eq!(nodes.remove(node), plain.contains(&node));
                        plain.retain(|other| *other != node);
                    }
                }
                prop_assert_eq!(nodes.iter().collect::<Vec<_>>(), plain.clone());
                prop_assert_eq!((nodes.len(), nodes.iter().len()), (plain.len(), plain.len()));
                prop_assert!(plain.iter().all(|node| nodes.has(*node)));
                let bits: u32 = nodes.members().iter().map(|word| word.count_ones()).sum();
                prop_assert_eq!(bits as usize, plain.len());
            }
        }
    }
}
