//! Where segments and channels have been: the chain of completed moves of each in each replica.

use crate::model::ids::{NodeIndex, ReplicaIndex};
use std::collections::BTreeMap;
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

/// A chain, and the next one of the same segment or channel.
#[derive(Debug, Clone)]
struct Kept {
    replica: Option<ReplicaIndex>,
    next: Option<NonZeroU32>,
    chain: Chain,
}

/// All chains, found by segment or channel.
#[derive(Debug, Clone, Default)]
pub(super) struct Chains {
    /// By segment or channel that moved: its first chain, counted from 1. Few of all move, and nearly all of those
    /// have one chain.
    heads: BTreeMap<u32, NonZeroU32>,
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

    fn find(&self, (replica, number): Subject) -> Option<usize> {
        let mut next = self.heads.get(&number).copied();
        while let Some(counted) = next {
            let place = counted.get() as usize - 1;
            if self.kept[place].replica == replica {
                return Some(place);
            }
            next = self.kept[place].next;
        }
        None
    }

    fn add(&mut self, (replica, number): Subject, from: NodeIndex) -> usize {
        let place = self.kept.len();
        // There are no more chains than 32 bits can number.
        let head = NonZeroU32::MIN.saturating_add(place as u32);
        let next = self.heads.insert(number, head);
        if place == self.kept.capacity() {
            // A long run has many: twice the room would be wasted.
            self.kept.reserve_exact(8 + place / 8);
        }
        self.kept.push(Kept { replica, next, chain: Chain::at(from) });
        place
    }
}
