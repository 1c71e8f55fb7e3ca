//! The schedule: pending events, in the order of time, rank, subject, first scheduled.

mod chain;
mod key;
mod slab;
#[cfg(test)]
mod tests;
mod wheel;

use crate::units::{SimDuration, SimTime};
use key::TIME_BITS;
use slab::Slab;
use wheel::Wheel;

pub use key::Key;

/// Cancelled keys below this number are never worth a sweep.
const SWEEP_MIN: usize = 1024;

/// Pending events and the clock they drive.
///
/// Events come in the order of (time, rank, subject, sequence): at equal times the lower rank first, within a
/// rank the lower subject, then first scheduled, first done. So when an event was scheduled matters only
/// between events that are equal in all else. What is scheduled for the current millisecond still comes in
/// it, by rank among those not yet done.
///
/// Scheduling, cancelling and popping cost amortised constant time, whatever the number pending, and
/// allocate nothing once the most events ever pending at a time have been seen.
#[derive(Clone, Debug)]
pub struct Schedule<E> {
    wheel: Wheel,
    events: Slab<E>,
    /// The number of events ever scheduled.
    sequence: u64,
}

impl<E> Default for Schedule<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E> Schedule<E> {
    /// An empty schedule at time zero.
    #[must_use]
    pub fn new() -> Self {
        Schedule { wheel: Wheel::new(), events: Slab::new(), sequence: 0 }
    }

    /// The time of the event popped last; zero before the first.
    #[must_use]
    pub const fn now(&self) -> SimTime {
        SimTime::from_ms(self.wheel.now_ms())
    }

    /// The number of events pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Schedules `event` at `time`. The key serves to cancel it.
    ///
    /// Panics when `time` is 2^48 ms (8,900 years) or later, when 2^32 events are pending, and, in debug
    /// builds, when `time` lies before now; a release build takes now instead.
    pub fn at(&mut self, time: SimTime, rank: u8, subject: u32, event: E) -> Key {
        debug_assert!(time >= self.now(), "an event at {time}, before now, {}", self.now());
        let time_ms = time.as_ms().max(self.wheel.now_ms());
        assert!(time_ms < 1 << TIME_BITS, "an event past the end of time");
        let sequence = self.sequence;
        self.sequence += 1;
        let index = self.events.insert(sequence, event);
        let key = Key::new(time_ms, rank, subject, sequence, index);
        self.wheel.insert(key);
        key
    }

    /// Schedules `event` when `delay` has passed from now. The key serves to cancel it.
    ///
    /// Panics when that is 2^48 ms (8,900 years) after the start or later, and when 2^32 events are pending.
    pub fn after(&mut self, delay: SimDuration, rank: u8, subject: u32, event: E) -> Key {
        self.at(self.now().saturating_add(delay), rank, subject, event)
    }

    /// Cancels the event of `key` and drops it. False when it is no longer pending.
    ///
    /// `key` must come from this schedule or one it was cloned from.
    pub fn cancel(&mut self, key: Key) -> bool {
        if self.events.remove(key).is_none() {
            return false;
        }
        self.wheel.cancel(key);
        // A sweep looks at fewer than twice the keys it drops: constant per cancelled event.
        if self.cancelled_count() > self.len().max(SWEEP_MIN) {
            self.wheel.sweep(|key| self.events.holds(key));
        }
        true
    }

    /// When the next event comes, if any. The time of [`Self::peek_key`], at the same cost.
    pub fn next_time(&mut self) -> Option<SimTime> {
        self.peek_key().map(Key::time)
    }

    /// Whether the next event comes at the time of the one popped last. What [`Self::next_time`] would say, without
    /// a search for what comes later.
    pub fn has_more_now(&self) -> bool {
        self.wheel.has_more_now()
    }

    /// The key of the next event, if any.
    ///
    /// Costs constant time, but looks anew through the events of one slot after the next one was cancelled.
    pub fn peek_key(&mut self) -> Option<Key> {
        let all_alive = self.cancelled_count() == 0;
        self.wheel.first(|key| all_alive || self.events.holds(key))
    }

    /// Takes the next event, if any, and makes its time now.
    pub fn pop(&mut self) -> Option<(SimTime, E)> {
        self.pop_until(SimTime::MAX)
    }

    /// Takes the next event if it comes at `limit` or before, and makes its time now. Without one, now stays.
    pub fn pop_until(&mut self, limit: SimTime) -> Option<(SimTime, E)> {
        let key = self.peek_key().filter(|key| key.time() <= limit)?;
        let all_alive = self.cancelled_count() == 0;
        self.wheel.remove_first(key, |key| all_alive || self.events.holds(key));
        self.events.remove(key).map(|event| (key.time(), event))
    }

    /// Makes `time` now without an event. None may come at `time` or before it.
    pub fn wait_until(&mut self, time: SimTime) {
        debug_assert!(self.next_time().is_none_or(|next| next > time), "an event comes before {time}");
        self.wheel.wait_until(time.as_ms());
    }

    /// The number of keys whose event was cancelled. While there is none, no key need be looked up.
    fn cancelled_count(&self) -> usize {
        self.wheel.key_count() - self.len()
    }
}
