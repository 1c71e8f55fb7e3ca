//! How long loads take: the load requests of a node share its bandwidth evenly, exactly in whole numbers.
//!
//! A node keeps a clock that counts the bytes which each of its loads has got so far. A load that begins at
//! clock value v with b bytes is through at v + b, whatever else begins or ends meanwhile; so one set
//! ordered by that mark is enough, and only its first can end next.

use crate::units::SimTime;
use std::collections::BTreeSet;

/// Parts of a byte that the clock counts: a thousand (rates are per second, the clock per millisecond)
/// times a number that 1 to 16 divide, so that up to 16 loads share without a remainder.
const PARTS: u128 = 1000 * 720_720;

/// The loads of one node.
#[derive(Debug, Clone, Default)]
pub struct NodeLoads {
    clock: u128,
    reckoned_at: SimTime,
    parts_per_ms: u128,
    marks: BTreeSet<(u128, u32)>,
}

impl NodeLoads {
    /// Lets the time up to `now` pass at the rate set last.
    fn advance(&mut self, now: SimTime) {
        let elapsed = now.saturating_since(self.reckoned_at).as_ms();
        self.clock += self.parts_per_ms * u128::from(elapsed);
        self.reckoned_at = now;
    }

    /// From `now` on every load gets `bytes_per_s` / `shares`. 0 shares = no load is there.
    pub fn set_rate(&mut self, now: SimTime, bytes_per_s: u128, shares: u32) {
        self.advance(now);
        self.parts_per_ms = bytes_per_s * PARTS / 1000 / u128::from(shares.max(1));
    }

    /// Load `number` begins to read `bytes`.
    pub fn begin(&mut self, now: SimTime, number: u32, bytes: u64) {
        self.advance(now);
        self.marks.insert((self.clock + u128::from(bytes) * PARTS, number));
    }

    /// The first whole millisecond at which the next load is through, as things stand.
    pub fn next_end(&self) -> Option<SimTime> {
        let (mark, _) = self.marks.first()?;
        let missing = mark.saturating_sub(self.clock);
        if missing == 0 {
            return Some(self.reckoned_at);
        }
        if self.parts_per_ms == 0 {
            return None;
        }
        let milliseconds = missing.div_ceil(self.parts_per_ms);
        Some(SimTime::from_ms(self.reckoned_at.as_ms().saturating_add(u64::try_from(milliseconds).ok()?)))
    }

    /// Takes out the next load that is through at `now`, lowest number first among equals.
    pub fn pop_ended(&mut self, now: SimTime) -> Option<u32> {
        self.advance(now);
        let (mark, number) = *self.marks.first()?;
        if mark > self.clock {
            return None;
        }
        self.marks.pop_first();
        Some(number)
    }

    /// All loads end at once, because the process does.
    pub fn clear(&mut self) {
        self.marks.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_loads_share_and_the_rest_speeds_up() {
        let mut loads = NodeLoads::default();
        loads.set_rate(SimTime::ZERO, 1000, 1);
        loads.begin(SimTime::ZERO, 1, 1000);
        assert_eq!(loads.next_end(), Some(SimTime::from_ms(1000)));
        let half = SimTime::from_ms(500);
        loads.set_rate(half, 1000, 2);
        loads.begin(half, 2, 1000);
        assert_eq!(loads.next_end(), Some(SimTime::from_ms(1500)));
        let first_end = SimTime::from_ms(1500);
        assert_eq!(loads.pop_ended(first_end), Some(1));
        assert_eq!(loads.pop_ended(first_end), None);
        loads.set_rate(first_end, 1000, 1);
        assert_eq!(loads.next_end(), Some(SimTime::from_ms(2000)));
    }

    #[test]
    fn a_load_ends_at_the_first_whole_millisecond() {
        let mut loads = NodeLoads::default();
        loads.set_rate(SimTime::ZERO, 3000, 1);
        loads.begin(SimTime::ZERO, 7, 10);
        assert_eq!(loads.next_end(), Some(SimTime::from_ms(4)));
        loads.set_rate(SimTime::ZERO, 0, 1);
        assert_eq!(loads.next_end(), None);
    }
}
