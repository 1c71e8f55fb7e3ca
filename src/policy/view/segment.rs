//! A sealed segment as the targets describe it, and its copies as the nodes report them.

use crate::model::ids::{ChannelIndex, CollectionIndex, SegmentIndex};

/// One of a collection's two targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// What queries use.
    Current,
    /// What is being loaded.
    Next,
}

/// What the targets say of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentView {
    /// Its collection.
    pub collection: CollectionIndex,
    /// Its channel.
    pub channel: ChannelIndex,
    /// Rows, as the targets say.
    pub rows: u32,
    /// Whether it is a level-zero segment: it carries deletions only and is never moved up to 2.5.
    pub is_level_zero: bool,
    pub(super) in_current: bool,
    pub(super) in_next: bool,
}

impl SegmentView {
    /// A segment that is in no target.
    pub fn new(collection: CollectionIndex, channel: ChannelIndex, rows: u32) -> SegmentView {
        SegmentView { collection, channel, rows, is_level_zero: false, in_current: false, in_next: false }
    }

    /// Whether it is in this target.
    pub fn is_in(&self, target: Target) -> bool {
        match target {
            Target::Current => self.in_current,
            Target::Next => self.in_next,
        }
    }
}

/// A segment as a view keeps it, in eight bytes: its channel says which collection it is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeptSegment {
    rows: u32,
    /// The channel, and in the highest bits the marks.
    channel: u32,
}

const LEVEL_ZERO: u32 = 1 << 31;
const IN_CURRENT: u32 = 1 << 30;
const IN_NEXT: u32 = 1 << 29;
const MARKS: u32 = LEVEL_ZERO | IN_CURRENT | IN_NEXT;

impl KeptSegment {
    /// Keeps a segment.
    ///
    /// # Panics
    ///
    /// If there are 2^29 channels before its own.
    pub(super) fn of(seen: &SegmentView) -> KeptSegment {
        assert!(seen.channel.0 & MARKS == 0, "fewer than 2^29 channels");
        let mark = |is_so: bool, mark: u32| if is_so { mark } else { 0 };
        let marks = mark(seen.is_level_zero, LEVEL_ZERO)
            | mark(seen.in_current, IN_CURRENT)
            | mark(seen.in_next, IN_NEXT);
        KeptSegment { rows: seen.rows, channel: seen.channel.0 | marks }
    }

    #[inline]
    pub(super) fn channel(self) -> ChannelIndex {
        ChannelIndex(self.channel & !MARKS)
    }

    /// All of it; `collection_of` = the collections of channels.
    #[inline]
    pub(super) fn view(self, collection_of: &[CollectionIndex]) -> SegmentView {
        let channel = self.channel();
        SegmentView {
            collection: collection_of[channel.position()],
            channel,
            rows: self.rows,
            is_level_zero: self.channel & LEVEL_ZERO != 0,
            in_current: self.channel & IN_CURRENT != 0,
            in_next: self.channel & IN_NEXT != 0,
        }
    }
}

/// A copy of a segment in a node's last report.
///
/// The order of the fields is the order of the lists: ascending by rows, equal rows by segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentCopy {
    /// Rows, copied from the target when the report came; 0 when the segment was in no target then.
    pub rows: u32,
    /// The segment.
    pub segment: SegmentIndex,
    /// Version of the copy: rises with the time of its load.
    pub version: u32,
}

impl SegmentCopy {
    /// Rows as a signed number, for scores.
    pub fn row_count(&self) -> i64 {
        i64::from(self.rows)
    }
}
