//! Distributions of whole numbers, for sizes and counts that a scenario leaves to chance.

use super::random::Random;

/// How numbers are spread, and the most that may come out.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// How they are spread.
    pub shape: Shape,
    /// What lies above comes out as this.
    pub at_most: Option<u64>,
}

/// The spread of a [`Distribution`].
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Always the same. Draws no word.
    Constant(u64),
    /// Every whole number from `min` to `max`, both included, as likely; `min` at most `max`.
    Uniform {
        /// The least.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// A number whose logarithm is normal. Draws two words.
    LogNormal {
        /// Half of all numbers are below; above 0.
        median: f64,
        /// The standard deviation of the natural logarithm; 0 or more.
        sigma: f64,
    },
    /// Above x with the chance (`min` / x)^`alpha`. Draws one word.
    Pareto {
        /// The least; above 0.
        min: f64,
        /// The smaller, the heavier the tail; above 0.
        alpha: f64,
    },
    /// k from 1 to `max` with a chance in proportion to k^-`exponent`. Draws a word or more.
    Zipf {
        /// The greatest; 1 to 2^53.
        max: u64,
        /// 0 or more; 0 makes all as likely.
        exponent: f64,
    },
    /// One of `values`, each with a chance in proportion to its weight. Draws one word.
    Choice {
        /// What may come out; not empty.
        values: Vec<u64>,
        /// As many, 0 or more each, their sum above 0 and finite.
        weights: Vec<f64>,
    },
}

impl Distribution {
    /// Numbers spread as `shape` says, however large.
    #[must_use]
    pub const fn new(shape: Shape) -> Self {
        Distribution { shape, at_most: None }
    }

    /// Draws a number: the nearest whole one (halves away from zero), at most `at_most`, at least 1.
    ///
    /// Panics when a uniform `min` is above its `max`, or a choice has no values. Other parameters out of
    /// their range give numbers without meaning.
    pub fn draw(&self, random: &mut Random) -> u64 {
        let number = match &self.shape {
            Shape::Constant(value) => *value,
            Shape::Uniform { min, max } => random.between(*min, *max),
            Shape::LogNormal { median, sigma } => nearest(median * libm::exp(sigma * normal(random))),
            Shape::Pareto { min, alpha } => nearest(min * libm::pow(random.unit_open(), -1.0 / alpha)),
            Shape::Zipf { max, exponent } => zipf(*max, *exponent, random),
            Shape::Choice { values, weights } => choice(values, weights, random),
        };
        number.min(self.at_most.unwrap_or(u64::MAX)).max(1)
    }
}

/// The nearest whole number that a u64 can hold.
fn nearest(number: f64) -> u64 {
    libm::round(number) as u64
}

/// A standard normal number (Box-Muller; its other half is dropped, so that a draw keeps no state).
fn normal(random: &mut Random) -> f64 {
    let radius = libm::sqrt(-2.0 * libm::log(random.unit_open()));
    radius * libm::cos(2.0 * std::f64::consts::PI * random.unit_f64())
}

fn choice(values: &[u64], weights: &[f64], random: &mut Random) -> u64 {
    let mut rest = random.unit_f64() * weights.iter().sum::<f64>();
    let mut chosen = None;
    for (value, weight) in values.iter().zip(weights) {
        // What rounding leaves over at the end goes to the last that can come out at all.
        if *weight > 0.0 || chosen.is_none() {
            chosen = Some(*value);
        }
        if rest < *weight {
            break;
        }
        rest -= weight;
    }
    chosen.expect("a choice among at least one value")
}

/// Rejection-inversion (Hörmann and Derflinger, 1996): exact, no table, few words whatever the parameters.
fn zipf(max: u64, exponent: f64, random: &mut Random) -> u64 {
    let hat = Hat { exponent };
    let low = hat.area(1.5) - 1.0;
    let high = hat.area(max as f64 + 0.5);
    let always_within = 2.0 - hat.at_area(hat.area(2.5) - hat.height(2.0));
    loop {
        let area = high + random.unit_f64() * (low - high);
        let place = hat.at_area(area);
        let number = libm::floor(place + 0.5).clamp(1.0, max as f64);
        if number - place <= always_within || area >= hat.area(number + 0.5) - hat.height(number) {
            return number as u64;
        }
    }
}

/// The curve x^-exponent that lies over the chances of a zipf distribution.
struct Hat {
    exponent: f64,
}

impl Hat {
    fn height(&self, x: f64) -> f64 {
        libm::exp(-self.exponent * libm::log(x))
    }

    /// The area under the curve from 1 to x.
    fn area(&self, x: f64) -> f64 {
        let log = libm::log(x);
        let power = (1.0 - self.exponent) * log;
        // (e^power - 1) / power, which for an exponent near 1 must not divide nothing by nothing.
        let ratio = if power.abs() > 1e-8 { libm::expm1(power) / power } else { 1.0 + power / 2.0 };
        ratio * log
    }

    /// The x with that area.
    fn at_area(&self, area: f64) -> f64 {
        // Rounding may bring it below -1, where there is no logarithm.
        let power = (area * (1.0 - self.exponent)).max(-1.0);
        let ratio = if power.abs() > 1e-8 { libm::log1p(power) / power } else { 1.0 - power / 2.0 };
        libm::exp(ratio * area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: usize = 20_000;

    /// `COUNT` numbers from a stream of their own.
    fn drawn(shape: Shape) -> Vec<u64> {
        let mut random = Random::stream(11, "distribution");
        let distribution = Distribution::new(shape);
        (0..COUNT).map(|_| distribution.draw(&mut random)).collect()
    }

    /// The share of numbers that `holds` must be `expected`, give or take four standard deviations.
    #[track_caller]
    fn check_share(numbers: &[u64], expected: f64, holds: impl Fn(u64) -> bool) {
        let share = numbers.iter().filter(|number| holds(**number)).count() as f64 / numbers.len() as f64;
        let slack = 4.0 * (expected * (1.0 - expected) / numbers.len() as f64).sqrt();
        assert!((share - expected).abs() <= slack, "{share} instead of {expected} +- {slack}");
    }

    fn shapes() -> [Shape; 6] {
        [
            Shape::Constant(7),
            Shape::Uniform { min: 10, max: 19 },
            Shape::LogNormal { median: 200_000.0, sigma: 0.8 },
            Shape::Pareto { min: 1_000.0, alpha: 1.5 },
            Shape::Zipf { max: 1_000, exponent: 1.1 },
            Shape::Choice { values: vec![100, 200, 300], weights: vec![1.0, 0.0, 3.0] },
        ]
    }

    #[test]
    fn first_values_are_those_of_every_release() {
        let first = shapes().map(|shape| drawn(shape)[..4].to_vec());
        assert_eq!(
            first,
            [
                [7, 7, 7, 7],
                [10, 16, 19, 11],
                [56_069, 213_179, 158_390, 466_979],
                [5_570, 1_366, 1_009, 3_262],
                [443, 5, 1, 177],
                [100, 300, 300, 100]
            ]
        );
    }

    #[test]
    fn uniform_numbers_are_spread_evenly_with_both_ends() {
        let numbers = drawn(Shape::Uniform { min: 10, max: 19 });
        for value in 10..=19 {
            check_share(&numbers, 0.1, |number| number == value);
        }
    }

    #[test]
    fn log_normal_numbers_keep_median_and_sigma() {
        let numbers = drawn(Shape::LogNormal { median: 200_000.0, sigma: 0.8 });
        check_share(&numbers, 0.5, |number| number < 200_000);
        for (sigmas, below) in [(-2.0, 0.022_750), (-1.0, 0.158_655), (1.0, 0.841_345), (2.0, 0.977_250)] {
            let bound = 200_000.0 * f64::exp(0.8 * sigmas);
            check_share(&numbers, below, |number| (number as f64) < bound);
        }
    }

    #[test]
    fn pareto_numbers_thin_out_as_the_power_says() {
        let numbers = drawn(Shape::Pareto { min: 1_000.0, alpha: 1.5 });
        assert!(numbers.iter().all(|number| *number >= 1_000));
        for factor in [2.0, 4.0, 10.0_f64] {
            check_share(&numbers, factor.powf(-1.5), |number| number as f64 > 1_000.0 * factor);
        }
    }

    #[test]
    fn zipf_numbers_have_the_chances_of_their_definition() {
        for exponent in [0.0, 0.5, 1.0, 1.000_000_001, 1.1, 3.0] {
            for max in [1, 2, 10, 1_000_000] {
                let numbers = drawn(Shape::Zipf { max, exponent });
                let chance = |k: u64| (k as f64).powf(-exponent);
                let total: f64 = (1..=max).map(chance).sum();
                for value in [1, 2, 3, 10].into_iter().filter(|value| *value <= max) {
                    check_share(&numbers, chance(value) / total, |number| number == value);
                }
                let low: f64 = (1..=max / 2).map(chance).sum();
                check_share(&numbers, low / total, |number| number <= max / 2);
                assert!(numbers.iter().all(|number| (1..=max).contains(number)));
            }
        }
    }

    #[test]
    fn a_choice_follows_its_weights_and_never_takes_weight_zero() {
        let shape = |weights| Shape::Choice { values: vec![100, 200, 300, 400], weights };
        let numbers = drawn(shape(vec![0.0, 1.0, 3.0, 0.0]));
        check_share(&numbers, 0.25, |number| number == 200);
        assert!(numbers.iter().all(|number| [200, 300].contains(number)));
        assert!(drawn(shape(vec![0.0, 0.0, 0.0, 1e-300])).iter().all(|number| *number == 400));
    }

    #[test]
    fn numbers_are_clamped_and_never_zero() {
        let draw = |shape, at_most| Distribution { shape, at_most }.draw(&mut Random::stream(0, ""));
        assert_eq!(draw(Shape::Constant(7), Some(5)), 5);
        assert_eq!(draw(Shape::Constant(0), None), 1);
        assert_eq!(draw(Shape::Constant(9), Some(0)), 1);
        assert_eq!(draw(Shape::LogNormal { median: 0.2, sigma: 0.0 }, None), 1);
        assert_eq!(draw(Shape::LogNormal { median: 2.5, sigma: 0.0 }, None), 3);
        assert_eq!(draw(Shape::LogNormal { median: f64::MAX, sigma: 0.0 }, None), u64::MAX);
    }
}
