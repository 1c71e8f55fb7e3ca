//! A set of query nodes: one bit per node, equal sets equal word for word.

use crate::model::ids::NodeIndex;

/// A set of query nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeSet {
    /// The last word is never 0, so that equal sets have equal words.
    words: Vec<u64>,
}

impl NodeSet {
    /// Whether `node` is in it.
    #[inline]
    pub fn has(&self, node: NodeIndex) -> bool {
        self.words.get(node.position() / 64).is_some_and(|word| word >> (node.position() % 64) & 1 == 1)
    }

    /// Puts `node` in or takes it out; false when that changes nothing.
    #[inline]
    pub fn set(&mut self, node: NodeIndex, is_in: bool) -> bool {
        if self.has(node) == is_in {
            return false;
        }
        let place = node.position() / 64;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        self.words[place] ^= 1 << (node.position() % 64);
        self.trim();
        true
    }

    /// Makes this the set of those that are in both: `words` holds one bit per node.
    pub fn assign_common(&mut self, words: &[u64], other: &NodeSet) {
        self.words.clear();
        self.words.extend(words.iter().zip(&other.words).map(|(one, other)| one & other));
        self.trim();
    }

    /// Makes this the same as `other`, without new memory where it fits.
    pub fn assign(&mut self, other: &NodeSet) {
        self.words.clone_from(&other.words);
    }

    /// Whether this and `other` differ in a node that is in `among`.
    pub fn differs_within(&self, other: &NodeSet, among: &NodeSet) -> bool {
        let word = |set: &NodeSet, place: usize| set.words.get(place).copied().unwrap_or(0);
        let mut words = among.words.iter().enumerate();
        words.any(|(place, among)| (word(self, place) ^ word(other, place)) & among != 0)
    }

    /// The nodes that are in one of this and `other` only, among those of `among` (one bit per node).
    pub fn differences(&self, other: &NodeSet, among: &[u64]) -> impl Iterator<Item = NodeIndex> {
        let word = |set: &NodeSet, place: usize| set.words.get(place).copied().unwrap_or(0);
        among.iter().enumerate().flat_map(move |(place, among)| {
            let differing = Bits((word(self, place) ^ word(other, place)) & among);
            differing.map(move |bit| NodeIndex::at(place * 64 + bit as usize))
        })
    }

    /// Makes this the set of `nodes`.
    pub fn collect(&mut self, nodes: impl Iterator<Item = NodeIndex>) {
        self.words.clear();
        for node in nodes {
            let place = node.position() / 64;
            if self.words.len() <= place {
                self.words.resize(place + 1, 0);
            }
            self.words[place] |= 1 << (node.position() % 64);
        }
    }

    /// Nobody left.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The nodes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = NodeIndex> + '_ {
        self.words
            .iter()
            .enumerate()
            .flat_map(|(place, word)| Bits(*word).map(move |bit| NodeIndex::at(place * 64 + bit as usize)))
    }

    fn trim(&mut self) {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }
}

/// Whether two lists are of the same nodes. Without a way out at the first that differs, so that several nodes
/// go at a time: most lists that are compared are the same.
pub fn same_nodes(one: &[NodeIndex], other: &[NodeIndex]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).fold(0, |bits, (one, other)| bits | (one.0 ^ other.0)) == 0
}

/// The positions of the bits of a word, ascending.
#[derive(Debug, Clone, Copy)]
pub struct Bits(pub u64);

impl Iterator for Bits {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        if self.0 == 0 {
            return None;
        }
        let bit = self.0.trailing_zeros();
        self.0 &= self.0 - 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_are_equal_whatever_was_in_them() {
        let mut one = NodeSet::default();
        assert!(one.set(NodeIndex(3), true));
        assert!(one.set(NodeIndex(200), true));
        assert!(!one.set(NodeIndex(3), true));
        assert_eq!(one.iter().collect::<Vec<_>>(), [NodeIndex(3), NodeIndex(200)]);
        assert!(one.set(NodeIndex(200), false));
        let mut other = NodeSet::default();
        other.set(NodeIndex(3), true);
        assert_eq!(one, other);
        other.assign_common(&[0b1000, 1], &one);
        assert_eq!(one, other);
        other.assign_common(&[0b0100, 1], &one);
        assert!(other.is_empty());
    }

    #[test]
    fn a_difference_counts_only_among_those_asked_for() {
        let set = |nodes: &[u32]| {
            let mut set = NodeSet::default();
            set.collect(nodes.iter().map(|node| NodeIndex(*node)));
            set
        };
        let (one, other) = (set(&[1, 70, 200]), set(&[1, 70]));
        assert!(one.differs_within(&other, &set(&[200])) && other.differs_within(&one, &set(&[3, 200])));
        assert!(!one.differs_within(&other, &set(&[1, 70, 71, 300])));
        assert!(!one.differs_within(&other, &NodeSet::default()));
    }
}
