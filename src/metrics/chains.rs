//! Where segments and channels have been: the chain of completed moves of each in each replica.

use crate::model::ids::{NodeIndex, ReplicaIndex};
use std::num::NonZeroU32;

/// What a chain belongs to: a segment or channel of a replica.
pub(super) type Subject = (Option<ReplicaIndex>, u32);

/// The completed moves of one segment (or channel) in one replica since its last load that was no move.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    first: NodeIndex,
    last: NodeIndex,
    moves: u32,
    /// Whether it ever came back to a node it had left, in this chain or an earlier one.
    pub(super) has_returned: bool,
    /// Nodes visited besides `first` and `last`, each once; empty for nearly every chain.
    between: Box<[NodeIndex]>,
}

impl Chain {
    fn at(node: NodeIndex) -> Chain {
        Chain { first: node, last: node, moves: 0, has_returned: false, between: Box::default() }
    }

    /// Where it ends.
    pub(super) fn last(&self) -> NodeIndex {
        self.last
    }

    /// Its moves, if it ends where it began.
    pub(super) fn net_zero(&self) -> u64 {
        if self.first == self.last { u64::from(self.moves) } else { 0 }
    }

    /// Moves beyond the one (or none) that the ends need.
    pub(super) fn wasted(&self) -> u64 {
        u64::from(self.moves) - u64::from(self.first != self.last)
    }

    /// Another chain begins.
    pub(super) fn begin(&mut self, from: NodeIndex) {
        (self.first, self.last, self.moves) = (from, from, 0);
        self.between = Box::default();
    }

    /// Goes on to `to`; true when it had been there before.
    pub(super) fn go_on(&mut self, to: NodeIndex) -> bool {
        let has_been = to == self.first || to == self.last || self.between.contains(&to);
        if self.last != self.first && !self.between.contains(&self.last) {
            let mut between = std::mem::take(&mut self.between).into_vec();
            between.push(self.last);
            self.between = between.into_boxed_slice();
        }
        self.last = to;
        self.moves += 1;
        has_been
    }
}

/// The fewest heads; their number is a power of two.
const HEADS_MIN: usize = if cfg!(test) { 1 } else { 64 };

/// A chain, and the next one below the same head.
#[derive(Debug, Clone)]
struct Kept {
    subject: Subject,
    next: Option<NonZeroU32>,
    chain: Chain,
}

/// All chains, found by what they belong to.
#[derive(Debug, Clone, Default)]
pub(super) struct Chains {
    /// By the lowest bits of the number of a segment or channel: the last of its chains, counted from 1. There are
    /// as many heads as chains or more, so that one head has one or two: numbers are close to one another.
    heads: Vec<Option<NonZeroU32>>,
    kept: Vec<Kept>,
}

impl Chains {
    /// Whether nothing has moved yet.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The chain of a subject that has moved.
    pub(super) fn of(&mut self, subject: Subject) -> Option<&mut Chain> {
        self.find(subject).map(|place| &mut self.kept[place].chain)
    }

    /// The chain of a subject; one that begins at `from` where there is none.
    pub(super) fn of_or_at(&mut self, subject: Subject, from: NodeIndex) -> &mut Chain {
        let place = self.find(subject).unwrap_or_else(|| self.add(subject, from));
        &mut self.kept[place].chain
    }

    fn find(&self, subject: Subject) -> Option<usize> {
        let mut next = if self.heads.is_empty() { None } else { self.heads[self.head(subject)] };
        while let Some(counted) = next {
            let place = counted.get() as usize - 1;
            let kept = &self.kept[place];
            if kept.subject == subject {
                return Some(place);
            }
            next = kept.next;
        }
        None
    }

    fn add(&mut self, subject: Subject, from: NodeIndex) -> usize {
        let place = self.kept.len();
        if place == self.heads.len() {
            self.widen();
        }
        if place == self.kept.capacity() {
            // A long run has many: twice the room would be wasted.
            self.kept.reserve_exact(8 + place / 8);
        }
        self.kept.push(Kept { subject, next: None, chain: Chain::at(from) });
        self.hang(place);
        place
    }

    fn widen(&mut self) {
        let heads = (2 * self.heads.len()).max(HEADS_MIN);
        self.heads.clear();
        self.heads.resize(heads, None);
        (0..self.kept.len()).for_each(|place| self.hang(place));
    }

    /// Puts a chain below its head.
    fn hang(&mut self, place: usize) {
        let head = self.head(self.kept[place].subject);
        // There are no more chains than 32 bits can number.
        let counted = NonZeroU32::MIN.saturating_add(place as u32);
        self.kept[place].next = self.heads[head].replace(counted);
    }

    fn head(&self, (_, number): Subject) -> usize {
        number as usize & (self.heads.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_subject_has_a_chain_of_its_own(
            moves in prop::collection::vec((prop::option::of(0u32..3), 0u32..40, 0u32..9), 0..200),
        ) {
            let (mut chains, mut ends) = (Chains::default(), BTreeMap::new());
            for (replica, number, to) in moves {
                let (subject, to) = ((replica.map(ReplicaIndex), number), NodeIndex(to));
                let before = ends.insert(subject, to);
                prop_assert_eq!(chains.of(subject).map(|chain| chain.last()), before);
                chains.of_or_at(subject, NodeIndex(9)).go_on(to);
            }
            for (subject, end) in ends {
                prop_assert_eq!(chains.of(subject).map(|chain| chain.last()), Some(end));
            }
        }
    }
}
