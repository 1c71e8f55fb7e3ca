//! Sealed segments: one array per property, about thirteen bytes a segment.

use super::holders::Holders;
use super::id_runs::IdRuns;
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

/// Room is made for this part of the segments more, for those that come later.
const LATER: usize = 16;

/// All sealed segments, ascending by id.
#[derive(Debug, Clone, Default)]
pub struct Segments {
    id: IdRuns,
    rows: Vec<u32>,
    /// By collection: bytes of a row.
    bytes_per_row: Vec<u64>,
    /// Empty as long as every segment is as large as its collection's bytes per row say.
    memory_bytes: Vec<u64>,
    /// Empty as long as every segment's logs are as large as the segment.
    log_bytes: Vec<u64>,
    channel: Vec<ChannelIndex>,
    /// By channel, which says what collection a segment is of.
    collection_of: Vec<CollectionIndex>,
    /// Empty as long as every segment is in its collection's first partition.
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
        (0..self.len()).map(SegmentIndex::at)
    }

    /// Makes room for `additional` more segments, and some that will come: a large cluster that has to make room
    /// for one more later holds everything twice while it does.
    pub fn reserve(&mut self, additional: usize) {
        let additional = additional + additional / LATER;
        self.rows.reserve_exact(additional);
        self.channel.reserve_exact(additional);
        self.state.reserve_exact(additional);
        self.copies.reserve(additional);
    }

    /// Adds a collection with the channels that follow those of the collection before.
    pub(super) fn add_collection(&mut self, bytes_per_row: u64, shards: u32) {
        let collection = CollectionIndex::at(self.bytes_per_row.len());
        self.bytes_per_row.push(bytes_per_row);
        self.collection_of.extend((0..shards).map(|_| collection));
    }

    /// What a segment of so many rows takes, by its collection.
    fn reckoned_bytes(&self, collection: CollectionIndex, rows: u32) -> u64 {
        let bytes_per_row = self.bytes_per_row.get(collection.position()).copied().unwrap_or(0);
        u64::from(rows).saturating_mul(bytes_per_row)
    }

    /// The bytes of all segments in memory, with room for as many as there is room for elsewhere.
    fn all_memory_bytes(&self) -> Vec<u64> {
        let mut bytes = Vec::with_capacity(self.rows.capacity());
        bytes.extend((0..self.rows.len()).map(|before| self.memory_bytes(SegmentIndex::at(before))));
        bytes
    }

    /// Adds a segment that nobody holds yet.
    ///
    /// # Panics
    ///
    /// If its id is not above all ids so far: index order must stay id order.
    pub fn push(&mut self, segment: NewSegment) -> SegmentIndex {
        let index = SegmentIndex::at(self.len());
        self.id.push(segment.id);
        let is_plain = self.reckoned_bytes(segment.collection, segment.rows) == segment.memory_bytes;
        if self.log_bytes.is_empty() && segment.log_bytes != segment.memory_bytes {
            self.log_bytes = self.all_memory_bytes();
            self.log_bytes.push(segment.log_bytes);
        } else if !self.log_bytes.is_empty() {
            self.log_bytes.push(segment.log_bytes);
        }
        if self.memory_bytes.is_empty() && !is_plain {
            self.memory_bytes = self.all_memory_bytes();
            self.memory_bytes.push(segment.memory_bytes);
        } else if !self.memory_bytes.is_empty() {
            self.memory_bytes.push(segment.memory_bytes);
        }
        self.rows.push(segment.rows);
        debug_assert_eq!(self.collection_of[segment.channel.position()], segment.collection, "its channel's");
        self.channel.push(segment.channel);
        if self.partition.is_empty() && segment.partition > 0 {
            self.partition.resize(index.position(), 0);
            self.partition.push(segment.partition);
        } else if !self.partition.is_empty() {
            self.partition.push(segment.partition);
        }
        self.state.push(SegmentState::Sealed);
        self.copies.push();
        index
    }

    /// The segment with Milvus's id `id`.
    pub fn find(&self, id: i64) -> Option<SegmentIndex> {
        self.id.find(id).map(SegmentIndex::at)
    }

    /// Milvus's id.
    pub fn id(&self, segment: SegmentIndex) -> i64 {
        self.id.at(segment.position())
    }

    /// The highest id so far.
    pub fn last_id(&self) -> Option<i64> {
        self.id.last()
    }

    /// Rows.
    pub fn rows(&self, segment: SegmentIndex) -> u32 {
        self.rows[segment.position()]
    }

    /// Bytes in a query node's memory.
    pub fn memory_bytes(&self, segment: SegmentIndex) -> u64 {
        let reckoned = || self.reckoned_bytes(self.collection(segment), self.rows(segment));
        self.memory_bytes.get(segment.position()).copied().unwrap_or_else(reckoned)
    }

    /// Bytes of its logs.
    pub fn log_bytes(&self, segment: SegmentIndex) -> u64 {
        self.log_bytes.get(segment.position()).copied().unwrap_or_else(|| self.memory_bytes(segment))
    }

    /// Its collection.
    pub fn collection(&self, segment: SegmentIndex) -> CollectionIndex {
        self.collection_of[self.channel(segment).position()]
    }

    /// Its channel.
    pub fn channel(&self, segment: SegmentIndex) -> ChannelIndex {
        self.channel[segment.position()]
    }

    /// Position in the collection's partitions.
    pub fn partition(&self, segment: SegmentIndex) -> u32 {
        self.partition.get(segment.position()).copied().unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_segments_have_is_kept_for_all_from_the_first_of_them_on() {
        let plain = |id: i64, memory_bytes: u64, log_bytes: u64, partition: u32| NewSegment {
            id,
            rows: 2,
            memory_bytes,
            log_bytes,
            collection: CollectionIndex(0),
            channel: ChannelIndex(0),
            partition,
        };
        let given = [
            plain(3, 10, 10, 0),
            plain(4, 10, 7, 0),
            plain(9, 10, 10, 2),
            plain(10, 11, 10, 0),
            plain(11, 10, 10, 0),
        ];
        let mut segments = Segments::default();
        segments.add_collection(5, 1);
        let indices: Vec<SegmentIndex> = given.iter().map(|segment| segments.push(*segment)).collect();
        for (segment, given) in indices.into_iter().zip(&given) {
            let bytes = (segments.memory_bytes(segment), segments.log_bytes(segment));
            assert_eq!(bytes, (given.memory_bytes, given.log_bytes));
            let found = (segments.id(segment), segments.partition(segment));
            assert_eq!(found, (given.id, given.partition));
        }
    }
}
