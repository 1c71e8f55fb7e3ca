//! Chance: one named stream per consumer, and how its words become numbers and orders.

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Words of 32 bits between one counter and the next: what the generator makes at a time, 32 draws.
const COUNTER_WORDS: u128 = 64;

/// A stream of chance, fixed by a seed and a name.
///
/// ChaCha12 with the seed as key (8 little-endian bytes, then zeros) and the FNV-1a 64 hash of the name as
/// stream number, so that streams do not shift one another. All that turns its words into numbers is in
/// this file, hence a seed means the same on every platform and after every upgrade of a crate.
#[derive(Clone, Debug)]
pub struct Random {
    generator: ChaCha12Rng,
}

impl Random {
    /// The stream `name` of `seed`, at its beginning.
    #[must_use]
    pub fn stream(seed: u64, name: &str) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha12Rng::from_seed(key);
        generator.set_stream(fnv1a(name));
        Random { generator }
    }

    /// The same stream at its place number `counter`, 32 words of 64 bits after the place before; place 0 is
    /// the beginning.
    ///
    /// For draws known by their number, so that one which is never looked at shifts no other. More than 32
    /// words drawn from a place run into the next one. Counters that differ by 2^62 share a place.
    #[must_use]
    pub fn at(seed: u64, name: &str, counter: u64) -> Self {
        let mut random = Self::stream(seed, name);
        random.generator.set_word_pos(u128::from(counter) * COUNTER_WORDS);
        random
    }

    /// The next 64 bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A whole number from 0 to `count` - 1, each equally likely.
    ///
    /// Panics when `count` is 0.
    #[inline]
    pub fn below(&mut self, count: u64) -> u64 {
        assert!(count > 0, "a number below zero was asked for");
        // Lemire: the high half of word x count. Low halves under 2^64 mod count would favour some results.
        let mut product = u128::from(self.next_u64()) * u128::from(count);
        if (product as u64) < count {
            let reject_below = count.wrapping_neg() % count;
            while (product as u64) < reject_below {
                product = u128::from(self.next_u64()) * u128::from(count);
            }
        }
        (product >> 64) as u64
    }

    /// A whole number from `min` to `max`, both included, each equally likely.
    ///
    /// Panics when `max` is below `min`.
    pub fn between(&mut self, min: u64, max: u64) -> u64 {
        assert!(min <= max, "no number lies between {min} and {max}");
        match (max - min).checked_add(1) {
            Some(count) => min + self.below(count),
            None => self.next_u64(),
        }
    }

    /// A number in [0, 1): a multiple of 2^-53.
    pub fn unit_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * UNIT
    }

    /// A number in (0, 1]: a multiple of 2^-53. For logarithms and negative powers.
    pub fn unit_open(&mut self) -> f64 {
        ((self.next_u64() >> 11) + 1) as f64 * UNIT
    }

    /// Brings `items` into a drawn order, each order equally likely (Fisher-Yates: from the last place to the
    /// second, each swaps with one drawn among itself and those before it).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let chosen = self.below(last as u64 + 1) as usize;
            items.swap(last, chosen);
        }
    }

    /// Fills `order` with the numbers from 0 to `count` - 1 in a drawn order; what it held is gone.
    pub fn permutation(&mut self, count: u32, order: &mut Vec<u32>) {
        order.clear();
        order.extend(0..count);
        self.shuffle(order);
    }
}

/// 2^-53, the step between the numbers of the unit interval.
const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;

/// The 64-bit FNV-1a hash of a name.
fn fnv1a(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hash_as_fnv_1a_is_published() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn first_values_are_those_of_every_release() {
        let draw = || Random::stream(42, "scenario/logs/rows");
        let (mut words, mut numbers, mut units, mut opens) = (draw(), draw(), draw(), draw());
        assert_eq!(
            [(); 3].map(|()| words.next_u64()),
            [5_598_061_077_066_304_268, 11_077_727_842_587_838_692, 4_423_654_176_812_245_562]
        );
        assert_eq!(
            [1, 6, 1_000, u64::MAX].map(|count| numbers.below(count)),
            [0, 3, 239, 6_257_574_994_137_949_882]
        );
        assert_eq!([(); 2].map(|()| units.unit_f64()), [0.303_471_499_073_091_46, 0.600_524_829_656_844_7]);
        assert_eq!([(); 2].map(|()| opens.unit_open()), [0.303_471_499_073_091_57, 0.600_524_829_656_844_8]);
        assert_eq!(draw().between(10, 19), 13);
        let mut order = vec![77];
        draw().permutation(8, &mut order);
        assert_eq!(order, [6, 0, 7, 3, 5, 1, 4, 2]);
    }

    #[test]
    fn streams_differ_by_name_and_by_seed() {
        let first = |seed, name| Random::stream(seed, name).next_u64();
        assert_ne!(first(1, "a"), first(1, "b"));
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1 << 63, "a"));
    }

    #[test]
    fn a_place_is_where_its_number_says() {
        let mut running = Random::stream(5, "pull/3");
        for counter in 0..5 {
            let mut there = Random::at(5, "pull/3", counter);
            for _ in 0..32 {
                assert_eq!(there.next_u64(), running.next_u64(), "counter {counter}");
            }
        }
        let far = |counter| Random::at(5, "pull/3", counter).next_u64();
        assert_ne!(far((1 << 62) - 1), far(0));
        assert_eq!(far(1 << 62), far(0));
    }

    #[test]
    fn every_number_below_is_as_likely() {
        let mut random = Random::stream(1, "below");
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[random.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        // Three quarters of 2^64: without rejection one result in three would come twice as often.
        let count = 3 << 62;
        let low = (0..30_000).filter(|_| random.below(count).is_multiple_of(3)).count();
        assert!((9_600..10_400).contains(&low), "{low}");
    }

    #[test]
    fn both_ends_of_an_interval_are_drawn() {
        let mut random = Random::stream(1, "between");
        let mut seen = [false; 3];
        for _ in 0..100 {
            seen[(random.between(7, 9) - 7) as usize] = true;
        }
        assert_eq!(seen, [true; 3]);
        assert!((0..64).any(|_| random.between(0, u64::MAX) > u64::MAX / 2));
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut random = Random::stream(1, "orders");
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..24_000 {
            let mut items = ['a', 'b', 'c', 'd'];
            random.shuffle(&mut items);
            *counts.entry(items).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 24);
        assert!(counts.values().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
