//! Where pending events rest, each at an index that is reused once its event is gone.

use super::key::Key;

/// No event ever has this sequence, so an index that rests answers to no key.
const VACANT: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Record<E> {
    sequence: u64,
    event: Option<E>,
}

/// Events by index. The sequence of the event is the generation of its index: it never repeats, so a stale
/// key cannot meet a later event.
#[derive(Clone, Debug)]
pub(super) struct Slab<E> {
    records: Vec<Record<E>>,
    vacant: Vec<u32>,
}

impl<E> Slab<E> {
    pub(super) const fn new() -> Self {
        Slab { records: Vec::new(), vacant: Vec::new() }
    }

    /// The number of events held.
    pub(super) fn len(&self) -> usize {
        self.records.len() - self.vacant.len()
    }

    /// Keeps `event` and returns its index.
    ///
    /// Panics when 2^32 events are pending.
    pub(super) fn insert(&mut self, sequence: u64, event: E) -> u32 {
        let record = Record { sequence, event: Some(event) };
        // The index left last is still in the cache.
        if let Some(index) = self.vacant.pop() {
            self.records[index as usize] = record;
            return index;
        }
        let index = u32::try_from(self.records.len()).expect("fewer than 2^32 pending events");
        self.records.push(record);
        index
    }

    /// Whether the event of `key` is still here.
    pub(super) fn holds(&self, key: Key) -> bool {
        self.records.get(key.index() as usize).is_some_and(|record| record.sequence == key.sequence())
    }

    /// Takes the event of `key` out, or nothing when it is gone.
    pub(super) fn remove(&mut self, key: Key) -> Option<E> {
        let record = self.records.get_mut(key.index() as usize)?;
        if record.sequence != key.sequence() {
            return None;
        }
        record.sequence = VACANT;
        self.vacant.push(key.index());
        record.event.take()
    }
}
