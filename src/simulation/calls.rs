//! Calls from the coordinator that are on their way to, or under way on, a query node.

use crate::coordinator::outcome::{CallNumber, LoadItem};
use crate::engine::numbered::Numbered;
use crate::model::ids::{NodeIndex, SegmentIndex};

/// What a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallKind {
    /// Load segments of one collection.
    Load {
        /// The segments; once accepted, without those that the node had already.
        items: Vec<LoadItem>,
        /// Memory that the load takes on the node while it is under way.
        memory_bytes: u64,
        /// Bytes to read.
        read_bytes: u64,
    },
    /// Watch a channel.
    Watch,
    /// Release a copy; answered at once.
    Release {
        /// The segment.
        segment: SegmentIndex,
    },
    /// Give up a channel; answered at once.
    Unsubscribe,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The node called.
    pub node: NodeIndex,
    /// What for.
    pub kind: CallKind,
    /// Whether the node has accepted it and works on it.
    pub is_accepted: bool,
}

/// All calls that have not ended.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    open: Numbered<Call>,
}

impl Calls {
    /// Adds a call.
    pub fn insert(&mut self, number: CallNumber, call: Call) {
        self.open.insert(number.0, call);
    }

    /// A call that has not ended.
    pub fn get_mut(&mut self, number: CallNumber) -> Option<&mut Call> {
        self.open.get_mut(number.0)
    }

    /// Ends a call.
    pub fn remove(&mut self, number: CallNumber) -> Option<Call> {
        self.open.remove(number.0)
    }

    /// Segments that a node is loading, in the order of their calls.
    pub fn loading_on(&self, node: NodeIndex) -> impl Iterator<Item = SegmentIndex> + '_ {
        let accepted = self.open.iter().filter(move |(_, call)| call.node == node && call.is_accepted);
        accepted
            .flat_map(|(_, call)| match &call.kind {
                CallKind::Load { items, .. } => items.as_slice(),
                _ => &[],
            })
            .map(|item| item.segment)
    }

    /// Numbers of all calls that a node has accepted, ascending.
    pub fn accepted_on(&self, node: NodeIndex) -> Vec<CallNumber> {
        let accepted = self.open.iter().filter(|(_, call)| call.node == node && call.is_accepted);
        accepted.map(|(number, _)| CallNumber(number)).collect()
    }
}
