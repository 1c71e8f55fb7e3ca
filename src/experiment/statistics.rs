//! Mean and 95 % interval of a figure over seeds, in one pass and in the order of the seeds.

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

/// Values of Student's t for a two-sided 95 % interval, by degrees of freedom from 1.
const STUDENT_T: [f64; 30] = [
    12.7062047362,
    4.3026527297,
    3.1824463053,
    2.7764451052,
    2.5705818356,
    2.4469118511,
    2.3646242516,
    2.3060041352,
    2.2621571628,
    2.2281388520,
    2.2009851601,
    2.1788128297,
    2.1603686565,
    2.1447866879,
    2.1314495456,
    2.1199052992,
    2.1098155778,
    2.1009220402,
    2.0930240544,
    2.0859634473,
    2.0796138447,
    2.0738730679,
    2.0686576104,
    2.0638985616,
    2.0595385528,
    2.0555294386,
    2.0518305165,
    2.0484071418,
    2.0452296421,
    2.0422724563,
];

/// The normal distribution's value for the same interval.
const NORMAL: f64 = 1.959963984540054;

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

/// Student's t for a two-sided 95 % interval; beyond the table by its expansion about the normal value.
fn student_t(freedom: u64) -> f64 {
    let in_table = usize::try_from(freedom - 1).ok().and_then(|place| STUDENT_T.get(place));
    if let Some(value) = in_table {
        return *value;
    }
    let (z, n) = (NORMAL, freedom as f64);
    let cube = z * z * z;
    let fifth = cube * z * z;
    let seventh = fifth * z * z;
    let third = (3.0 * seventh + 19.0 * fifth + 17.0 * cube - 15.0 * z) / (384.0 * n * n * n);
    z + (cube + z) / (4.0 * n) + (5.0 * fifth + 16.0 * cube + 3.0 * z) / (96.0 * n * n) + third
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
    fn the_expansion_meets_the_table() {
        // 31 and 100 degrees of freedom, from printed tables.
        assert!((student_t(31) - 2.039_513).abs() < 1e-5, "{}", student_t(31));
        assert!((student_t(100) - 1.983_972).abs() < 1e-6, "{}", student_t(100));
        assert!(student_t(30) > student_t(31));
    }

    #[test]
    fn the_interval_is_the_one_reckoned_without_a_table() {
        for count in 2..80 {
            let values: Vec<f64> = (0..count).map(|place| f64::from(place % 3) * 0.1 + 7.0).collect();
            let slow = Mean::of(&values, 0.95).and_then(|mean| mean.reach).expect("two values");
            let fast = estimate(&values).half_width().expect("two values");
            assert!((fast - slow).abs() <= 1e-6 * slow, "{count}: {fast} and {slow}");
        }
    }
}
