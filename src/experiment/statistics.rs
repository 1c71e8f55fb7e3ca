//! Mean and 95 % interval of a figure over seeds, in one pass and in the order of the seeds.

use super::student;
use std::sync::OnceLock;

/// Values seen so far; never the values themselves.
///
/// Sums run by Welford's rule, so that a small spread about a large mean is not lost.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    count: u64,
    mean: f64,
    squares: f64,
    least: f64,
    greatest: f64,
}

/// Confidence of the intervals.
const CONFIDENCE: f64 = 0.95;
/// Up to so many degrees of freedom the value of Student's t is kept once it was reckoned.
const KEPT_MAX: usize = 128;

impl Estimate {
    /// Takes in a value.
    pub fn add(&mut self, value: f64) {
        if self.count == 0 {
            (self.least, self.greatest) = (value, value);
        }
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
    }

    /// How many values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; `None` without values.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The least; `None` without values.
    pub fn least(&self) -> Option<f64> {
        (self.count > 0).then_some(self.least)
    }

    /// The greatest; `None` without values.
    pub fn greatest(&self) -> Option<f64> {
        (self.count > 0).then_some(self.greatest)
    }

    /// How far the 95 % interval of the mean reaches to either side; `None` below two values.
    pub fn half_width(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        let freedom = self.count - 1;
        let variance = self.squares / freedom as f64;
        Some(student_t(freedom) * (variance / self.count as f64).sqrt())
    }

    /// Both ends of the 95 % interval of the mean; `None` below two values.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let half_width = self.half_width()?;
        Some((self.mean - half_width, self.mean + half_width))
    }
}

/// Student's t for the interval. A sweep asks for the same few over and over.
fn student_t(freedom: u64) -> f64 {
    static KEPT: [OnceLock<f64>; KEPT_MAX] = [const { OnceLock::new() }; KEPT_MAX];
    let reckon = || student::student_t(freedom as f64, CONFIDENCE);
    match usize::try_from(freedom).ok().and_then(|place| KEPT.get(place)) {
        Some(kept) => *kept.get_or_init(reckon),
        None => reckon(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::student::Mean;

    fn estimate(values: &[f64]) -> Estimate {
        let mut estimate = Estimate::default();
        values.iter().for_each(|value| estimate.add(*value));
        estimate
    }

    #[test]
    fn the_interval_is_students() {
        // Mean 5, standard deviation 2.13809, so 2.3646 x 2.13809 / sqrt(8).
        let eight = estimate(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((eight.mean(), eight.least(), eight.greatest()), (Some(5.0), Some(2.0), Some(9.0)));
        let half_width = eight.half_width().expect("eight values");
        assert!((half_width - 1.787_488).abs() < 1e-5, "{half_width}");
    }

    #[test]
    fn one_value_has_no_interval_and_equal_ones_a_point() {
        assert_eq!(estimate(&[]).mean(), None);
        assert_eq!(estimate(&[3.0]).half_width(), None);
        assert_eq!(estimate(&[3.0, 3.0, 3.0]).half_width(), Some(0.0));
    }

    #[test]
    fn a_small_spread_about_a_large_mean_is_kept() {
        let large = estimate(&[1e15, 1e15 + 2.0]);
        assert!((large.half_width().expect("two values") - 12.7062).abs() < 1e-3);
    }

    #[test]
    fn one_pass_gives_the_interval_of_two() {
        for count in 2..140 {
            let values: Vec<f64> = (0..count).map(|place| f64::from(place % 3) * 0.1 + 7.0).collect();
            let slow = Mean::of(&values, 0.95).and_then(|mean| mean.reach).expect("two values");
            let fast = estimate(&values).half_width().expect("two values");
            assert!((fast - slow).abs() <= 1e-9 * slow, "{count}: {fast} and {slow}");
        }
    }
}
