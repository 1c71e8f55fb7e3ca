//! Sorting whole numbers by their digits.

use super::nearly_sorted::sort_nearly_sorted;

/// Fewer are sorted by comparing.
const FEW: usize = if cfg!(test) { 8 } else { 128 };

/// Bits of a digit at most, so that the counts of both digits stay in near memory.
const DIGIT_MAX: u32 = if cfg!(test) { 3 } else { 13 };

/// Sorts whole numbers and keeps the memory for it.
///
/// Two digits of the bits in which the numbers differ are enough: what stands below them is rarely needed to tell
/// two apart, and costs a look at neighbours instead of one or two more passes.
#[derive(Debug, Clone, Default)]
pub struct WholeSorter {
    /// By digit: where the next number goes that has it.
    low: Vec<u32>,
    high: Vec<u32>,
    by_low: Vec<u32>,
}

impl WholeSorter {
    /// Adds `numbers` to `sorted`, ascending.
    pub fn sort(&mut self, numbers: &[u32], sorted: &mut Vec<f64>) {
        let from = sorted.len();
        if numbers.len() < FEW {
            sorted.extend(numbers.iter().map(|number| f64::from(*number)));
            return sorted[from..].sort_unstable_by_key(|number| number.to_bits());
        }
        let lowest = numbers.iter().fold(u32::MAX, |lowest, number| lowest.min(*number));
        let highest = numbers.iter().fold(0, |highest, number| highest.max(*number));
        let bits = u32::BITS - (highest - lowest).leading_zeros();
        // A digit has about as many values as there are numbers: more would cost more than they tell apart.
        let digit = bits.div_ceil(2).min(numbers.len().ilog2() + 1).min(DIGIT_MAX);
        let below = bits.saturating_sub(2 * digit);
        let low = |number: u32| ((number - lowest) >> below) as usize & ((1 << digit) - 1);
        let high = |number: u32| ((number - lowest) >> below >> digit) as usize;
        self.count(numbers, digit, low, high);
        self.by_low.resize(numbers.len(), 0);
        for number in numbers {
            let place = &mut self.low[low(*number)];
            self.by_low[*place as usize] = *number;
            *place += 1;
        }
        sorted.resize(from + numbers.len(), 0.0);
        let sorted = &mut sorted[from..];
        for number in &self.by_low {
            let place = &mut self.high[high(*number)];
            sorted[*place as usize] = f64::from(*number);
            *place += 1;
        }
        if below > 0 {
            // None is below 0, so that they are ordered as their bits are.
            sort_nearly_sorted(sorted, |one, other| one.to_bits().cmp(&other.to_bits()));
        }
    }

    /// Finds where the first number goes that has a digit, for each of both digits.
    fn count(
        &mut self,
        numbers: &[u32],
        digit: u32,
        low: impl Fn(u32) -> usize,
        high: impl Fn(u32) -> usize,
    ) {
        for places in [&mut self.low, &mut self.high] {
            places.clear();
            places.resize(1 << digit, 0);
        }
        for number in numbers {
            self.low[low(*number)] += 1;
            self.high[high(*number)] += 1;
        }
        let (mut below_low, mut below_high) = (0, 0);
        for (low, high) in self.low.iter_mut().zip(&mut self.high) {
            below_low += std::mem::replace(low, below_low);
            below_high += std::mem::replace(high, below_high);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn digits_sort_as_comparing_does(
            lists in prop::collection::vec(
                prop::collection::vec(
                    prop_oneof![Just(0), Just(u32::MAX), 70_000_000u32..70_000_400, 0u32..20, any::<u32>()],
                    0..60,
                ),
                1..4,
            ),
        ) {
            let mut sorter = WholeSorter::default();
            for numbers in lists {
                let mut fast = vec![0.5];
                sorter.sort(&numbers, &mut fast);
                let mut slow: Vec<f64> = numbers.iter().copied().map(f64::from).collect();
                slow.sort_by(f64::total_cmp);
                slow.insert(0, 0.5);
                prop_assert_eq!(fast, slow);
            }
        }
    }
}
