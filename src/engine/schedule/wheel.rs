//! The timing wheel: keys kept by time, ever finer as their time comes near, and sorted only when due.

use std::collections::VecDeque;

use super::chain::{Chains, EMPTY};
use super::key::{Key, TIME_BITS};

const LEVEL_BITS: u32 = 6;
const LEVELS: usize = (TIME_BITS / LEVEL_BITS) as usize;
const SLOTS: usize = 1 << LEVEL_BITS;

/// One slot: its keys, and the least of them once somebody has asked.
#[derive(Clone, Debug)]
struct Slot {
    least: Key,
    head: u32,
    /// Whether `least` is the least and alive. Most slots are asked once, when they are the first.
    is_known: bool,
}

const VACANT: Slot = Slot { least: Key::NONE, head: EMPTY, is_known: false };

/// Keys after `now_ms` lie in slots, those of `now_ms` in `due`, in order.
///
/// The level of a key is the highest digit, base 64, in which its time differs from now, its slot is that
/// digit. So all keys of a level come before all of a higher level, and a slot before those to its right.
/// Cancelled keys stay until they are met; who is alive the caller says.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    now_ms: u64,
    due: VecDeque<Key>,
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
            due: VecDeque::new(),
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
        self.slotted_count + self.due.len()
    }

    /// Level and slot of a time after now.
    #[inline]
    fn locate(&self, time_ms: u64) -> (usize, usize) {
        let level = (time_ms ^ self.now_ms).ilog2() / LEVEL_BITS;
        (level as usize, (time_ms >> (level * LEVEL_BITS)) as usize % SLOTS)
    }

    /// Takes in a key whose time is not before now.
    #[inline(always)]
    pub(super) fn insert(&mut self, key: Key) {
        if key.time_ms() == self.now_ms {
            let position = self.due.partition_point(|other| *other < key);
            self.due.insert(position, key);
        } else {
            self.place(key);
        }
    }

    /// Puts a key of a later time into its slot.
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
        if key.time_ms() != self.now_ms {
            let (level, digit) = self.locate(key.time_ms());
            let slot = &mut self.slots[level * SLOTS + digit];
            slot.is_known &= slot.least != key;
        }
    }

    /// The first living key of now. Changes nothing but dead keys met on the way.
    #[inline]
    pub(super) fn first_due(&mut self, is_alive: impl Fn(Key) -> bool) -> Option<Key> {
        while let Some(key) = self.due.front() {
            if is_alive(*key) {
                return Some(*key);
            }
            self.due.pop_front();
        }
        None
    }

    /// The first living key. Changes nothing but dead keys met on the way.
    #[inline]
    pub(super) fn first(&mut self, is_alive: impl Fn(Key) -> bool) -> Option<Key> {
        if let Some(key) = self.first_due(&is_alive) {
            return Some(key);
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
        if self.due.is_empty() {
            self.advance(first, is_alive);
        } else {
            let removed = self.due.pop_front();
            debug_assert_eq!(removed, Some(first));
        }
    }

    /// Makes the time of the first key now and drops that key. Its slot is dealt out anew, which brings each
    /// other at least one level down, as they all share the digit of that slot with the new now.
    #[inline]
    fn advance(&mut self, first: Key, is_alive: impl Fn(Key) -> bool) {
        let (level, digit) = self.locate(first.time_ms());
        let mut list = self.vacate(level, digit);
        self.now_ms = first.time_ms();
        while list != EMPTY {
            let count = self.chains.first_count(list);
            self.slotted_count -= count;
            for position in 0..count {
                let key = self.chains.first_key(list, position);
                if key.sequence() == first.sequence() || !is_alive(key) {
                    continue;
                }
                if key.time_ms() == self.now_ms {
                    self.due.push_back(key);
                } else {
                    self.place(key);
                }
            }
            list = self.chains.drop_first(list);
        }
        if self.due.len() > 1 {
            self.due.make_contiguous().sort_unstable();
        }
    }

    /// Drops all dead keys.
    pub(super) fn sweep(&mut self, is_alive: impl Fn(Key) -> bool) {
        self.due.retain(|key| is_alive(*key));
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
