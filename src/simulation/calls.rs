//! Calls from the coordinator that are on their way to, or under way on, a query node.

use crate::coordinator::outcome::{CallNumber, LoadItem};
use crate::engine::numbered::Numbered;
use crate::model::few::Few;
use crate::model::ids::{NodeIndex, SegmentIndex};

/// What a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallKind {
    /// Load segments of one collection.
    Load {
        /// The segments; once accepted, without those that the node had already.
        items: Few<LoadItem>,
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
    is_accepted: bool,
}

impl Call {
    /// A call that its node has not accepted yet.
    pub fn new(node: NodeIndex, kind: CallKind) -> Call {
        Call { node, kind, is_accepted: false }
    }

    fn read_bytes(&self) -> u64 {
        if let CallKind::Load { read_bytes, .. } = self.kind { read_bytes } else { 0 }
    }
}

/// All calls that have not ended.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    open: Numbered<Call>,
    /// By node: those that it has accepted, ascending.
    accepted: Vec<Vec<CallNumber>>,
    /// By node: bytes to read of the loads among them.
    reading: Vec<u64>,
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

    /// Its node has accepted a call and works on it.
    pub fn accept(&mut self, number: CallNumber) {
        let Some(call) = self.open.get_mut(number.0) else { return };
        if std::mem::replace(&mut call.is_accepted, true) {
            return;
        }
        let place = call.node.position();
        let nodes = self.accepted.len().max(place + 1);
        self.accepted.resize_with(nodes, Vec::new);
        self.reading.resize(nodes, 0);
        self.reading[place] += call.read_bytes();
        let numbers = &mut self.accepted[place];
        numbers.insert(numbers.partition_point(|other| *other < number), number);
    }

    /// Ends a call.
    pub fn remove(&mut self, number: CallNumber) -> Option<Call> {
        let call = self.open.remove(number.0)?;
        if call.is_accepted {
            let numbers = &mut self.accepted[call.node.position()];
            numbers.retain(|other| *other != number);
            self.reading[call.node.position()] -= call.read_bytes();
        }
        Some(call)
    }

    /// Bytes of the loads that a node has accepted: all that they read, however much of it is read already.
    pub fn reading_on(&self, node: NodeIndex) -> u64 {
        self.reading.get(node.position()).copied().unwrap_or(0)
    }

    /// Segments that a node is loading, in the order of their calls.
    pub fn loading_on(&self, node: NodeIndex) -> impl Iterator<Item = SegmentIndex> + '_ {
        let accepted = self.accepted.get(node.position()).into_iter().flatten();
        accepted
            .filter_map(|number| self.open.get(number.0))
            .flat_map(|call| match &call.kind {
                CallKind::Load { items, .. } => items.as_slice(),
                _ => &[],
            })
            .map(|item| item.segment)
    }

    /// Numbers of all calls that a node has accepted, ascending.
    pub fn accepted_on(&self, node: NodeIndex) -> Vec<CallNumber> {
        self.accepted.get(node.position()).cloned().unwrap_or_default()
    }
}
