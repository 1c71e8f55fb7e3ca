//! How uneven a few numbers are: the measures of skew as pure functions.
//!
//! With n numbers: n = 0 leaves every measure undefined (`None`); n = 1, or all numbers 0, is as even
//! as can be (0, 1, 0, 0). A mean that is not positive although some number is not 0 (scores may be
//! negative) leaves the measures undefined that divide by it.

/// What the extremes of a list of numbers tell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Level {
    /// Highest less lowest.
    pub max_difference: Option<f64>,
    /// Highest over `overall`; 1 = as even as can be.
    pub imbalance: Option<f64>,
}

/// What all numbers of a list tell.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spread {
    /// Population standard deviation over the arithmetic mean.
    pub cv: Option<f64>,
    /// Sum over all ordered pairs of the absolute differences, over 2 n^2 mean.
    pub gini: Option<f64>,
}

/// The measures that need only the extremes. `overall` is what the highest is held against: the rate of
/// all nodes together for memory, the arithmetic mean for rows and scores.
pub fn level(count: usize, lowest: f64, highest: f64, overall: f64) -> Level {
    if count == 0 {
        return Level::default();
    }
    if count == 1 || (lowest == 0.0 && highest == 0.0) {
        return Level { max_difference: Some(0.0), imbalance: Some(1.0) };
    }
    let imbalance = if overall > 0.0 { Some(highest / overall) } else { None };
    Level { max_difference: Some(highest - lowest), imbalance }
}

/// The measures that need all numbers: `zeros` zeros, then `sorted`, ascending (and not negative where
/// there are zeros). The zeros are kept apart because most nodes of a wide replica hold nothing of it.
pub fn spread(zeros: usize, sorted: &[f64]) -> Spread {
    let mut sums = Sums::new(zeros, sorted.len(), sorted.iter().sum());
    // Both in one pass, since each sum waits for itself.
    sorted.iter().for_each(|value| sums.add(*value));
    sums.spread(zeros, sorted)
}

/// So many spreads are reckoned at a time.
pub const TOGETHER: usize = 4;

/// [`spread`] of several lists, of each the same to the last bit: every sum runs in its own order, but the
/// sums of different lists need not wait for one another.
pub fn spread_together(zeros: [usize; TOGETHER], sorted: [&[f64]; TOGETHER]) -> [Spread; TOGETHER] {
    let common = sorted.iter().map(|list| list.len()).min().unwrap_or(0);
    let [first, second, third, fourth] = sorted;
    let side_by_side = || first.iter().zip(second).zip(third).zip(fourth);
    let mut totals = [-0.0; TOGETHER];
    for (((one, two), three), four) in side_by_side() {
        for (total, value) in totals.iter_mut().zip([one, two, three, four]) {
            *total += value;
        }
    }
    let mut sums: [Sums; TOGETHER] = std::array::from_fn(|number| {
        let sum = sorted[number][common..].iter().fold(totals[number], |sum, value| sum + value);
        Sums::new(zeros[number], sorted[number].len(), sum)
    });
    for (((one, two), three), four) in side_by_side() {
        for (sums, value) in sums.iter_mut().zip([one, two, three, four]) {
            sums.add(*value);
        }
    }
    for (sums, list) in sums.iter_mut().zip(sorted) {
        list[common..].iter().for_each(|value| sums.add(*value));
    }
    std::array::from_fn(|number| sums[number].spread(zeros[number], sorted[number]))
}

/// What is added up over a list.
#[derive(Clone, Copy)]
struct Sums {
    sum: f64,
    mean: f64,
    /// Squares of the distances from the mean, the zeros left out.
    deviations: f64,
    /// Over sorted numbers the sum over all pairs is a weighted sum: the i-th of n (from 1) is the larger one
    /// of i - 1 pairs and the smaller one of n - i.
    weighted: f64,
    weight: f64,
}

impl Sums {
    /// For a list of `length` numbers behind `zeros` zeros, of which the sum is known.
    fn new(zeros: usize, length: usize, sum: f64) -> Sums {
        let count = (zeros + length) as f64;
        let weight = 2.0 * zeros as f64 + 1.0 - count;
        Sums { sum, mean: sum / count, deviations: 0.0, weighted: 0.0, weight }
    }

    #[inline]
    fn add(&mut self, value: f64) {
        self.deviations += (value - self.mean) * (value - self.mean);
        self.weighted += self.weight * value;
        self.weight += 2.0;
    }

    fn spread(self, zeros: usize, sorted: &[f64]) -> Spread {
        let count = zeros + sorted.len();
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
            return if zeros > 0 { EVEN } else { Spread::default() };
        };
        let lowest = if zeros > 0 { 0.0 } else { *first };
        // Equal numbers are even exactly, not up to a rounding error.
        if count == 1 || lowest == *last {
            return EVEN;
        }
        if self.sum <= 0.0 {
            return Spread::default();
        }
        let variance = (self.deviations + zeros as f64 * self.mean * self.mean) / count as f64;
        let gini = (self.weighted / (count as f64 * self.sum)).max(0.0);
        Spread { cv: Some(variance.sqrt() / self.mean), gini: Some(gini) }
    }
}

/// `number` as the nearest f64. Sums of bytes hardly ever need more than 63 bits, and these are far faster.
#[inline]
pub fn to_f64(number: u128) -> f64 {
    match i64::try_from(number) {
        Ok(number) => number as f64,
        Err(_) => long_to_f64(number),
    }
}

/// The same for any number. Apart, or the compiler takes both for one and always goes the long way.
#[cold]
#[inline(never)]
fn long_to_f64(number: u128) -> f64 {
    number as f64
}

/// 2^52: from here to twice as much a float is this and, in its lowest bits, a whole number.
const ABOVE: f64 = (1u64 << 52) as f64;

/// `number`, which is below 2^52, as f64. Nothing is lost, and several numbers go at a time.
pub fn short_to_f64(number: u64) -> f64 {
    debug_assert!(number < 1 << 52, "{number} has no room");
    f64::from_bits(ABOVE.to_bits() | number) - ABOVE
}

const EVEN: Spread = Spread { cv: Some(0.0), gini: Some(0.0) };

/// Highest less lowest.
pub fn max_difference(values: &[f64]) -> Option<f64> {
    level_of(values, 0.0).max_difference
}

/// Highest over `overall`.
pub fn imbalance(values: &[f64], overall: f64) -> Option<f64> {
    level_of(values, overall).imbalance
}

/// Population standard deviation over the arithmetic mean. `scratch` is overwritten.
pub fn cv(values: &[f64], scratch: &mut Vec<f64>) -> Option<f64> {
    spread(0, sorted(values, scratch)).cv
}

/// Gini coefficient, in O(n log n). `scratch` is overwritten.
pub fn gini(values: &[f64], scratch: &mut Vec<f64>) -> Option<f64> {
    spread(0, sorted(values, scratch)).gini
}

/// How many rates are strictly above `threshold`; `None` without rates.
pub fn overloaded(rates: &[f64], threshold: f64) -> Option<u32> {
    if rates.is_empty() {
        return None;
    }
    Some(rates.iter().map(|rate| u32::from(*rate > threshold)).sum())
}

/// Lowest and highest; (infinity, -infinity) without numbers.
pub fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(lowest, highest), value| {
        (if value < lowest { value } else { lowest }, if value > highest { value } else { highest })
    })
}

fn level_of(values: &[f64], overall: f64) -> Level {
    let (lowest, highest) = extremes(values.iter().copied());
    level(values.len(), lowest, highest, overall)
}

fn sorted<'a>(values: &[f64], scratch: &'a mut Vec<f64>) -> &'a [f64] {
    scratch.clear();
    scratch.extend_from_slice(values);
    scratch.sort_unstable_by(f64::total_cmp);
    scratch
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definitions as they stand in the product description, pair by pair.
    fn plain_gini(values: &[f64]) -> f64 {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let pairs: f64 =
            values.iter().flat_map(|one| values.iter().map(move |other| (one - other).abs())).sum();
        if values.iter().all(|value| *value == 0.0) { 0.0 } else { pairs / (2.0 * count * count * mean) }
    }

    fn plain_cv(values: &[f64]) -> f64 {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        if values.iter().all(|value| *value == 0.0) { 0.0 } else { (squares / count).sqrt() / mean }
    }

    #[test]
    fn no_number_leaves_everything_undefined() {
        let mut scratch = Vec::new();
        assert_eq!(max_difference(&[]), None);
        assert_eq!(imbalance(&[], 1.0), None);
        assert_eq!(cv(&[], &mut scratch), None);
        assert_eq!(gini(&[], &mut scratch), None);
        assert_eq!(overloaded(&[], 0.5), None);
    }

    #[test]
    fn one_number_or_only_zeros_are_even() {
        let mut scratch = Vec::new();
        for values in [&[0.7][..], &[0.0][..], &[0.0, 0.0, 0.0][..]] {
            assert_eq!(max_difference(values), Some(0.0));
            assert_eq!(imbalance(values, 0.0), Some(1.0));
            assert_eq!(cv(values, &mut scratch), Some(0.0));
            assert_eq!(gini(values, &mut scratch), Some(0.0));
        }
        assert_eq!(spread(3, &[]), EVEN);
    }

    #[test]
    fn overloaded_is_strictly_above() {
        assert_eq!(overloaded(&[0.9, 0.9000001, 1.2], 0.9), Some(2));
    }

    #[test]
    fn all_on_one_of_four_nodes_is_the_worst_gini() {
        let mut scratch = Vec::new();
        let values = [0.0, 1.0, 0.0, 0.0];
        assert_eq!(gini(&values, &mut scratch), Some(0.75));
        assert_eq!(cv(&values, &mut scratch), Some(3f64.sqrt()));
        assert_eq!(imbalance(&values, 0.25), Some(4.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn spreads_together_equal_those_of_each_bit_for_bit(
            mut lists in prop::collection::vec(
                (0usize..5, prop::collection::vec(prop_oneof![Just(0.0), Just(7.0), 0.0..1e9f64], 0..60)),
                TOGETHER,
            ),
        ) {
            lists.iter_mut().for_each(|(_, list)| list.sort_by(f64::total_cmp));
            let together = spread_together(
                std::array::from_fn(|number| lists[number].0),
                std::array::from_fn(|number| lists[number].1.as_slice()),
            );
            let bits = |spread: Spread| (spread.cv.map(f64::to_bits), spread.gini.map(f64::to_bits));
            for (together, (zeros, list)) in together.into_iter().zip(&lists) {
                prop_assert_eq!(bits(together), bits(spread(*zeros, list)));
            }
        }

        #[test]
        fn a_short_number_is_the_same_number(number in prop_oneof![Just(0), any::<u64>()], bits in 12u32..64) {
            prop_assert_eq!(short_to_f64(number >> bits).to_bits(), ((number >> bits) as f64).to_bits());
        }

        #[test]
        fn measures_equal_their_definitions(
            values in prop::collection::vec(prop_oneof![Just(0.0), 0.0..2.0f64], 1..40),
        ) {
            let mut scratch = Vec::new();
            let near = |one: Option<f64>, other: f64| (one.unwrap() - other).abs() < 1e-9;
            prop_assert!(near(gini(&values, &mut scratch), plain_gini(&values)));
            prop_assert!(near(cv(&values, &mut scratch), plain_cv(&values)));
            let zeros = values.iter().filter(|value| **value == 0.0).count();
            let mut rest: Vec<f64> = values.iter().copied().filter(|value| *value != 0.0).collect();
            rest.sort_by(f64::total_cmp);
            let apart = spread(zeros, &rest);
            prop_assert!(near(apart.gini, plain_gini(&values)));
            prop_assert!(near(apart.cv, plain_cv(&values)));
        }
    }
}
