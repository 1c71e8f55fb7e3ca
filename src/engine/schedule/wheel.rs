//! The timing wheel: keys kept by time, ever finer as their time comes near, and sorted shortly before it.

use super::chain::{Chains, EMPTY};
use super::key::{Key, TIME_BITS};

const LEVEL_BITS: u32 = 6;
const LEVELS: usize = (TIME_BITS / LEVEL_BITS) as usize;
const SLOTS: usize = 1 << LEVEL_BITS;

/// So many keys are sorted at less cost than dealt into slots.
const FEW: usize = 16;

/// One slot: its keys, and the least of them once somebody has asked.
#[derive(Clone, Debug)]
struct Slot {
    least: Key,
    head: u32,
    /// Whether `least` is the least and alive. Most slots are asked once, when they are the first.
    is_known: bool,
}

const VACANT: Slot = Slot { least: Key::NONE, head: EMPTY, is_known: false };

/// The keys next to come are kept in order, those of later milliseconds lie in slots.
///
/// The level of a key in a slot is the highest digit, base 64, in which its time differs from the base, its slot
/// is that digit. So all keys of a level come before all of a higher level, and a slot before those to its right.
/// Cancelled keys stay in slots until they are met; who is alive the caller says.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    now_ms: u64,
    /// The first one last; no millisecond has keys both here and in slots.
    next: Vec<Key>,
    /// When a slot was last emptied: now or before.
    base_ms: u64,
    /// A bit for each level with a slot in use.
    levels_used: u32,
    /// A bit for each slot in use, by level.
    slots_used: [u64; LEVELS],
    slots: Vec<Slot>,
    chains: Chains,
    slotted_count: usize,
}

impl Wheel {
    pub(super) fn new() -> Self {
        Wheel {
            now_ms: 0,
            next: Vec::new(),
            base_ms: 0,
            levels_used: 0,
            slots_used: [0; LEVELS],
            slots: vec![VACANT; LEVELS * SLOTS],
            chains: Chains::new(),
            slotted_count: 0,
        }
    }

    pub(super) const fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The number of keys held, cancelled ones included.
    pub(super) fn key_count(&self) -> usize {
        self.slotted_count + self.next.len()
    }

    /// Whether the first key is one of now.
    pub(super) fn has_more_now(&self) -> bool {
        self.next.last().is_some_and(|key| key.time_ms() == self.now_ms)
    }

    /// Makes `time_ms`, which is before every key, now, unless it is later already.
    pub(super) fn wait_until(&mut self, time_ms: u64) {
        self.now_ms = self.now_ms.max(time_ms);
    }

    /// Level and slot of a time after the base.
    #[inline]
    fn locate(&self, time_ms: u64) -> (usize, usize) {
        let level = (time_ms ^ self.base_ms).ilog2() / LEVEL_BITS;
        (level as usize, (time_ms >> (level * LEVEL_BITS)) as usize % SLOTS)
    }

    /// Whether a key lies before those in slots, or would.
    #[inline]
    fn is_next(&self, key: Key) -> bool {
        self.next.first().map_or(self.now_ms, |last| last.time_ms()) >= key.time_ms()
    }

    /// Takes in a key whose time is not before now.
    #[inline(always)]
    pub(super) fn insert(&mut self, key: Key) {
        if self.is_next(key) || (self.slotted_count == 0 && self.next.len() < FEW) {
            let position = self.next.partition_point(|other| *other > key);
            self.next.insert(position, key);
            self.keep_few();
        } else {
            self.place(key);
        }
    }

    /// Puts the last key of too many into a slot, unless it shares its millisecond with others.
    #[inline]
    fn keep_few(&mut self) {
        if self.next.len() > FEW && self.next[1].time_ms() < self.next[0].time_ms() {
            let last = self.next.remove(0);
            self.place(last);
        }
    }

    /// Puts a key that comes after the next ones into its slot.
    // Called out of line, a key goes over the stack in words and is read back whole: a stall for each.
    #[inline(always)]
    fn place(&mut self, key: Key) {
        let (level, digit) = self.locate(key.time_ms());
        self.levels_used |= 1 << level;
        self.slots_used[level] |= 1 << digit;
        let slot = &mut self.slots[level * SLOTS + digit];
        if slot.is_known {
            slot.least = slot.least.min(key);
        }
        self.chains.push(&mut slot.head, key);
        self.slotted_count += 1;
    }

    /// Empties a slot and returns its list.
    #[inline]
    fn vacate(&mut self, level: usize, digit: usize) -> u32 {
        self.slots_used[level] &= !(1 << digit);
        if self.slots_used[level] == 0 {
            self.levels_used &= !(1 << level);
        }
        let slot = &mut self.slots[level * SLOTS + digit];
        slot.is_known = false;
        std::mem::replace(&mut slot.head, EMPTY)
    }

    /// Notes that `key`, held here, is no longer alive.
    pub(super) fn cancel(&mut self, key: Key) {
        if self.is_next(key) {
            if let Ok(position) = self.next.binary_search_by(|other| key.cmp(other)) {
                self.next.remove(position);
            }
        } else {
            let (level, digit) = self.locate(key.time_ms());
            let slot = &mut self.slots[level * SLOTS + digit];
            slot.is_known &= slot.least != key;
        }
    }

    /// The first living key. Changes nothing but dead keys met on the way.
    #[inline]
    pub(super) fn first(&mut self, is_alive: impl Fn(Key) -> bool) -> Option<Key> {
        if let Some(key) = self.next.last() {
            return Some(*key);
        }
        while self.levels_used != 0 {
            let level = self.levels_used.trailing_zeros() as usize;
            let digit = self.slots_used[level].trailing_zeros() as usize;
            let slot = &mut self.slots[level * SLOTS + digit];
            if slot.is_known {
                return Some(slot.least);
            }
            if let Some(least) = self.chains.least(slot.head, &is_alive) {
                slot.least = least;
                slot.is_known = true;
                return Some(least);
            }
            self.drop_dead(level, digit, &is_alive);
        }
        None
    }

    /// Takes the first living key out and makes its time now. `first` must be what [`Self::first`] answered.
    #[inline]
    pub(super) fn remove_first(&mut self, first: Key, is_alive: impl Fn(Key) -> bool) {
        if self.next.is_empty() {
            self.advance(first, is_alive);
        } else {
            let removed = self.next.pop();
            debug_assert_eq!(removed, Some(first));
        }
        self.now_ms = first.time_ms();
    }

    /// Empties the slot of the first key and drops that key. Few others are sorted; of many those of later
    /// milliseconds are dealt out anew, which brings each at least one level down, as they all share the digit of
    /// that slot with the new base.
    #[inline]
    fn advance(&mut self, first: Key, is_alive: impl Fn(Key) -> bool) {
        let (level, digit) = self.locate(first.time_ms());
        let mut list = self.vacate(level, digit);
        let are_few = self.chains.is_one_chunk(list);
        self.base_ms = first.time_ms();
        while list != EMPTY {
            let count = self.chains.first_count(list);
            self.slotted_count -= count;
            for position in 0..count {
                let key = self.chains.first_key(list, position);
                if key.sequence() == first.sequence() || !is_alive(key) {
                    continue;
                }
                if are_few || key.time_ms() == self.base_ms {
                    self.next.push(key);
                } else {
                    self.place(key);
                }
            }
            list = self.chains.drop_first(list);
        }
        if self.next.len() > 1 {
            self.next.sort_unstable_by(|one, other| other.cmp(one));
        }
    }

    /// Drops all dead keys.
    pub(super) fn sweep(&mut self, is_alive: impl Fn(Key) -> bool) {
        for level in 0..LEVELS {
            let mut left = self.slots_used[level];
            while left != 0 {
                self.drop_dead(level, left.trailing_zeros() as usize, &is_alive);
                left &= left - 1;
            }
        }
    }

    /// Drops the dead keys of one slot.
    fn drop_dead(&mut self, level: usize, digit: usize, is_alive: impl Fn(Key) -> bool) {
        let mut list = self.vacate(level, digit);
        while list != EMPTY {
            let count = self.chains.first_count(list);
            self.slotted_count -= count;
            for position in 0..count {
                let key = self.chains.first_key(list, position);
                if is_alive(key) {
                    self.place(key);
                }
            }
            list = self.chains.drop_first(list);
        }
    }
}

#[cfg(test)]
impl Wheel {
    /// The number of chunks ever made.
    pub(super) fn chunk_count(&self) -> usize {
        self.chains.chunk_count()
    }
}
