//! The key of a pending event: its place in the order, and the way to cancel it.

use crate::units::SimTime;

/// Bits of a time that the wheel can hold: 8 levels of 6 bits, about 8,900 years.
pub(super) const TIME_BITS: u32 = 48;

/// The place of a pending event in the order of a [`Schedule`](super::Schedule), which also names it for
/// cancelling.
///
/// Keys compare as their events come: by time, rank, subject, then by which was scheduled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    // The order of the fields is the order of events. Time and rank share a word to keep a key at 24 bytes,
    // since keys are what a cascade moves.
    moment: u64,
    subject: u32,
    sequence: u64,
    index: u32,
}

impl Key {
    /// What fills a place that holds no key.
    pub(super) const NONE: Key = Key { moment: u64::MAX, subject: 0, sequence: u64::MAX, index: 0 };

    pub(super) fn new(time_ms: u64, rank: u8, subject: u32, sequence: u64, index: u32) -> Self {
        Key { moment: time_ms << 8 | u64::from(rank), subject, sequence, index }
    }

    pub(super) const fn time_ms(self) -> u64 {
        self.moment >> 8
    }

    pub(super) const fn sequence(self) -> u64 {
        self.sequence
    }

    pub(super) const fn index(self) -> u32 {
        self.index
    }

    /// When the event is due.
    #[must_use]
    pub const fn time(self) -> SimTime {
        SimTime::from_ms(self.time_ms())
    }

    /// The rank it was scheduled with: at equal times the lower comes first.
    #[must_use]
    pub const fn rank(self) -> u8 {
        (self.moment & 0xff) as u8
    }

    /// The subject it was scheduled with: at equal times and ranks the lower comes first.
    #[must_use]
    pub const fn subject(self) -> u32 {
        self.subject
    }
}
