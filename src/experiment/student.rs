//! The interval of a mean at any confidence, by Student's t; the same on every platform.

/// The mean of some values, and how far its interval reaches to either side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// Half the width of the interval; `None` of a single value.
    pub reach: Option<f64>,
}

impl Mean {
    /// The mean of `values` with its interval at `confidence` (between 0 and 1). `None` without values.
    pub fn of(values: &[f64], confidence: f64) -> Option<Mean> {
        let count = values.len() as f64;
        if values.is_empty() {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        if values.len() == 1 {
            return Some(Mean { mean, reach: None });
        }
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let error = libm::sqrt(squares / (count - 1.0) / count);
        let reach = if error > 0.0 { student_t(count - 1.0, confidence) * error } else { 0.0 };
        Some(Mean { mean, reach: Some(reach) })
    }

    /// Whether the interval lies wholly above 0.
    pub fn is_above_zero(&self) -> bool {
        self.reach.is_some_and(|reach| self.mean - reach > 0.0)
    }
}

/// The value that Student's t of so many degrees of freedom (above 0) exceeds in absolute size with probability
/// 1 - `confidence` (between 0 and 1).
pub fn student_t(freedom: f64, confidence: f64) -> f64 {
    // P(|t| > x) falls in x; it is halved in until neighbouring doubles are met.
    let outside = |x: f64| incomplete_beta(freedom / (freedom + x * x), freedom / 2.0, 0.5);
    let (mut low, mut high) = (0.0, 1.0);
    while outside(high) > 1.0 - confidence && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if outside(middle) > 1.0 - confidence {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularised incomplete beta function, by its continued fraction (Lentz's way).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log(1.0 - x);
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let tiny = 1e-300;
    let away = |value: f64| if value.abs() < tiny { tiny } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away(1.0 + even * d);
        c = away(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away(1.0 + odd * d);
        c = away(1.0 + odd / c);
        let change = d * c;
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    libm::exp(front) * fraction / a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_printed_tables() {
        for (freedom, confidence, expected) in [
            (1.0, 0.95, 12.706_204_736),
            (2.0, 0.95, 4.302_652_730),
            (4.0, 0.90, 2.131_846_786),
            (9.0, 0.99, 3.249_835_542),
            (30.0, 0.95, 2.042_272_456),
            (100.0, 0.95, 1.983_971_519),
        ] {
            let found = student_t(freedom, confidence);
            assert!((found - expected).abs() < 1e-6, "{freedom} {confidence}: {found}");
        }
    }

    #[test]
    fn equal_values_have_a_point_and_one_value_nothing() {
        assert_eq!(Mean::of(&[2.0, 2.0, 2.0], 0.95), Some(Mean { mean: 2.0, reach: Some(0.0) }));
        assert_eq!(Mean::of(&[2.0], 0.95), Some(Mean { mean: 2.0, reach: None }));
        assert_eq!(Mean::of(&[], 0.95), None);
        assert!(Mean::of(&[1.0, 1.1, 0.9], 0.95).is_some_and(|mean| mean.is_above_zero()));
        assert!(!Mean::of(&[1.0, -1.0, 0.9], 0.95).is_some_and(|mean| mean.is_above_zero()));
    }
}
