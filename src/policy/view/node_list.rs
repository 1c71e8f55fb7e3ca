//! Lists of nodes that many replicas have in common, kept once.

use crate::model::ids::NodeIndex;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A list of nodes that reads and changes like a plain one. A list changed by one replica is copied first.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeList(Arc<Vec<NodeIndex>>);

impl NodeList {
    /// Whether both are one list, not only equal ones.
    pub fn is_same(&self, other: &NodeList) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for NodeList {
    type Target = Vec<NodeIndex>;

    fn deref(&self) -> &Vec<NodeIndex> {
        &self.0
    }
}

impl DerefMut for NodeList {
    fn deref_mut(&mut self) -> &mut Vec<NodeIndex> {
        Arc::make_mut(&mut self.0)
    }
}

impl From<Vec<NodeIndex>> for NodeList {
    fn from(nodes: Vec<NodeIndex>) -> NodeList {
        NodeList(Arc::new(nodes))
    }
}

impl FromIterator<NodeIndex> for NodeList {
    fn from_iter<T: IntoIterator<Item = NodeIndex>>(nodes: T) -> NodeList {
        NodeList::from(nodes.into_iter().collect::<Vec<_>>())
    }
}

impl<'a> IntoIterator for &'a NodeList {
    type Item = &'a NodeIndex;
    type IntoIter = std::slice::Iter<'a, NodeIndex>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// So many lists are remembered: those of one replica, as they were and as they are, and some to spare.
const REMEMBERED: usize = 16;

/// The lists met last. Replicas nearly always change one after the other in the same way.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedLists {
    lists: Vec<NodeList>,
    /// Place of the list to be forgotten next.
    oldest: usize,
}

impl SharedLists {
    /// Makes `list` the same as one that was met before, where they are equal.
    pub(super) fn share(&mut self, list: &mut NodeList) {
        if self.lists.iter().any(|known| Arc::ptr_eq(&known.0, &list.0)) {
            return;
        }
        if let Some(known) = self.lists.iter().find(|known| *known == list) {
            *list = known.clone();
        } else if self.lists.len() < REMEMBERED {
            list.shrink_to_fit();
            self.lists.push(list.clone());
        } else {
            list.shrink_to_fit();
            self.lists[self.oldest] = list.clone();
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lists_are_one_until_one_of_them_changes() {
        let list = |nodes: std::ops::Range<u32>| nodes.map(NodeIndex).collect::<NodeList>();
        let mut shared = SharedLists::default();
        let (mut one, mut other) = (list(0..5), list(0..5));
        shared.share(&mut one);
        shared.share(&mut other);
        assert!(Arc::ptr_eq(&one.0, &other.0));
        other.push(NodeIndex(9));
        assert_eq!((one.len(), other.len()), (5, 6), "the other list is a copy now");
        for more in 0..2 * REMEMBERED as u32 {
            shared.share(&mut list(more..more + 1));
        }
        let mut late = list(0..5);
        shared.share(&mut late);
        assert!(!Arc::ptr_eq(&one.0, &late.0), "a list met long ago is forgotten");
        assert_eq!(one, late);
    }
}
