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
    pub version: u64,
}

impl SegmentCopy {
    /// Rows as a signed number, for scores.
    pub fn row_count(&self) -> i64 {
        i64::from(self.rows)
    }
}
