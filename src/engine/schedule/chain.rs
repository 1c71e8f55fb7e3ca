//! Unordered lists of keys in chunks from one pool: what one list leaves, the next one takes.

use super::key::Key;

/// The head of a list without keys.
pub(super) const EMPTY: u32 = u32::MAX;

/// Fifteen keys and a header are 368 bytes: long enough to run through, short enough to waste in 512 lists.
const CHUNK_KEYS: usize = 15;

#[derive(Clone, Debug)]
struct Chunk {
    next: u32,
    count: u32,
    keys: [Key; CHUNK_KEYS],
}

/// The pool. One vector per list instead would keep for each list the most it ever held.
#[derive(Clone, Debug)]
pub(super) struct Chains {
    chunks: Vec<Chunk>,
    vacant: u32,
}

impl Chains {
    pub(super) const fn new() -> Self {
        Chains { chunks: Vec::new(), vacant: EMPTY }
    }

    /// Adds `key` to the list that begins at `head`.
    #[inline(always)]
    pub(super) fn push(&mut self, head: &mut u32, key: Key) {
        if let Some(chunk) = self.chunks.get_mut(*head as usize)
            && let Some(place) = chunk.keys.get_mut(chunk.count as usize)
        {
            *place = key;
            chunk.count += 1;
            return;
        }
        *head = self.begin(*head, key);
    }

    /// A chunk that holds `key` alone, in front of the list at `next`.
    #[inline(always)]
    fn begin(&mut self, next: u32, key: Key) -> u32 {
        if let Some(chunk) = self.chunks.get_mut(self.vacant as usize) {
            let index = self.vacant;
            self.vacant = chunk.next;
            chunk.next = next;
            chunk.count = 1;
            chunk.keys[0] = key;
            return index;
        }
        self.grow(next, key)
    }

    #[cold]
    fn grow(&mut self, next: u32, key: Key) -> u32 {
        let mut keys = [Key::NONE; CHUNK_KEYS];
        keys[0] = key;
        self.chunks.push(Chunk { next, count: 1, keys });
        // Each chunk in use holds a key, and the slab has refused the 2^32nd.
        (self.chunks.len() - 1) as u32
    }

    /// The number of keys in the first chunk of the list that begins at `head`, which is not empty.
    #[inline]
    pub(super) fn first_count(&self, head: u32) -> usize {
        self.chunks[head as usize].count as usize
    }

    /// Whether all its keys are there.
    #[inline]
    pub(super) fn is_one_chunk(&self, head: u32) -> bool {
        self.chunks[head as usize].next == EMPTY
    }

    /// One of those keys.
    #[inline]
    pub(super) fn first_key(&self, head: u32, position: usize) -> Key {
        self.chunks[head as usize].keys[position]
    }

    /// Gives the first chunk of the list back and returns the head of the rest.
    #[inline]
    pub(super) fn drop_first(&mut self, head: u32) -> u32 {
        let next = std::mem::replace(&mut self.chunks[head as usize].next, self.vacant);
        self.vacant = head;
        next
    }

    /// The least living key of the list that begins at `head`.
    #[inline]
    pub(super) fn least(&self, head: u32, is_alive: impl Fn(Key) -> bool) -> Option<Key> {
        let mut least = None;
        let mut rest = head;
        while let Some(chunk) = self.chunks.get(rest as usize) {
            for key in &chunk.keys[..chunk.count as usize] {
                if least.is_none_or(|least| *key < least) && is_alive(*key) {
                    least = Some(*key);
                }
            }
            rest = chunk.next;
        }
        least
    }

    /// The number of chunks ever made.
    #[cfg(test)]
    pub(super) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }
}
