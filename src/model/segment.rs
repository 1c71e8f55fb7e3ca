//! Sealed segments: one array per property, about fifty bytes a segment.

use super::holders::Holders;
use super::ids::{ChannelIndex, CollectionIndex, SegmentIndex};

/// What became of a sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentState {
    /// Its logs exist: it can be loaded.
    Sealed,
    /// Compacted into another or dropped: the data coordinator has no logs of it any more.
    Gone,
}

/// A segment about to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSegment {
    /// Milvus's segment id; higher than all before.
    pub id: i64,
    /// Rows.
    pub rows: u32,
    /// Bytes in a query node's memory.
    pub memory_bytes: u64,
    /// Bytes of its logs: the estimate used before a load.
    pub log_bytes: u64,
    /// Its collection.
    pub collection: CollectionIndex,
    /// Its channel.
    pub channel: ChannelIndex,
    /// Position in the collection's partitions.
    pub partition: u32,
}

/// All sealed segments, ascending by id.
#[derive(Debug, Clone, Default)]
pub struct Segments {
    id: Vec<i64>,
    rows: Vec<u32>,
    memory_bytes: Vec<u64>,
    log_bytes: Vec<u64>,
    collection: Vec<CollectionIndex>,
    channel: Vec<ChannelIndex>,
    partition: Vec<u32>,
    state: Vec<SegmentState>,
    /// Which nodes really hold a copy.
    pub(super) copies: Holders,
}

impl Segments {
    /// How many there are, gone ones included.
    pub fn len(&self) -> usize {
        self.id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// All indices, ascending.
    pub fn indices(&self) -> impl Iterator<Item = SegmentIndex> + use<> {
        (0..self.id.len()).map(SegmentIndex::at)
    }

    /// Makes room for `additional` more segments, exactly.
    pub fn reserve(&mut self, additional: usize) {
        self.id.reserve_exact(additional);
        self.rows.reserve_exact(additional);
        self.memory_bytes.reserve_exact(additional);
        self.log_bytes.reserve_exact(additional);
        self.collection.reserve_exact(additional);
        self.channel.reserve_exact(additional);
        self.partition.reserve_exact(additional);
        self.state.reserve_exact(additional);
        self.copies.reserve(additional);
    }

    /// Adds a segment that nobody holds yet.
    ///
    /// # Panics
    ///
    /// If its id is not above all ids so far: index order must stay id order.
    pub fn push(&mut self, segment: NewSegment) -> SegmentIndex {
        assert!(self.id.last().is_none_or(|last| *last < segment.id), "segment ids ascend");
        self.id.push(segment.id);
        self.rows.push(segment.rows);
        self.memory_bytes.push(segment.memory_bytes);
        self.log_bytes.push(segment.log_bytes);
        self.collection.push(segment.collection);
        self.channel.push(segment.channel);
        self.partition.push(segment.partition);
        self.state.push(SegmentState::Sealed);
        self.copies.push();
        SegmentIndex::at(self.id.len() - 1)
    }

    /// The segment with Milvus's id `id`.
    pub fn find(&self, id: i64) -> Option<SegmentIndex> {
        self.id.binary_search(&id).ok().map(SegmentIndex::at)
    }

    /// Milvus's id.
    pub fn id(&self, segment: SegmentIndex) -> i64 {
        self.id[segment.position()]
    }

    /// The highest id so far.
    pub fn last_id(&self) -> Option<i64> {
        self.id.last().copied()
    }

    /// Rows.
    pub fn rows(&self, segment: SegmentIndex) -> u32 {
        self.rows[segment.position()]
    }

    /// Bytes in a query node's memory.
    pub fn memory_bytes(&self, segment: SegmentIndex) -> u64 {
        self.memory_bytes[segment.position()]
    }

    /// Bytes of its logs.
    pub fn log_bytes(&self, segment: SegmentIndex) -> u64 {
        self.log_bytes[segment.position()]
    }

    /// Its collection.
    pub fn collection(&self, segment: SegmentIndex) -> CollectionIndex {
        self.collection[segment.position()]
    }

    /// Its channel.
    pub fn channel(&self, segment: SegmentIndex) -> ChannelIndex {
        self.channel[segment.position()]
    }

    /// Position in the collection's partitions.
    pub fn partition(&self, segment: SegmentIndex) -> u32 {
        self.partition[segment.position()]
    }

    /// What became of it.
    pub fn state(&self, segment: SegmentIndex) -> SegmentState {
        self.state[segment.position()]
    }

    /// Its logs are gone.
    pub(super) fn set_gone(&mut self, segment: SegmentIndex) {
        self.state[segment.position()] = SegmentState::Gone;
    }

    /// Which nodes really hold a copy.
    pub fn copies(&self) -> &Holders {
        &self.copies
    }
}
