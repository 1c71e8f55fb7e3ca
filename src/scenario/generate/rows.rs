//! How many rows a segment has: a distribution in short words, as a scenario writes it, and its mean.

use crate::engine::distribution::Shape;
use serde_json::{Value, json};

/// Most bytes of a row: the largest segment, of 2^32 - 1 rows, then stays below 1 PiB.
pub const ROW_BYTES_MAX: u64 = 1 << 18;
/// Most rows of a segment, to which every distribution of a scenario is clamped.
const ROWS_MAX: u64 = u32::MAX as u64;
/// Beyond, the logarithms of rows are spread wider than the rows of a segment can be.
const SIGMA_MAX: f64 = 10.0;
/// Terms of a zipf distribution that are summed one by one; the rest is a curve close to straight.
const ZIPF_TERMS: u64 = 1_000;

/// Reads a distribution of rows, such as `uniform:1000,50000`.
///
/// # Errors
///
/// What is wrong with it, and what would be right.
pub fn read_rows(text: &str) -> Result<Shape, String> {
    let (name, numbers) = text.split_once(':').unwrap_or((text, ""));
    let numbers: Vec<&str> = numbers.split(',').map(str::trim).collect();
    match (name, &*numbers) {
        ("constant", [rows]) => Ok(Shape::Constant(whole("the number of rows", rows)?)),
        ("uniform", [min, max]) => {
            let (min, max) = (whole("the least", min)?, whole("the greatest", max)?);
            if min > max {
                return Err(format!("{min} is above {max}; write the smaller one first"));
            }
            Ok(Shape::Uniform { min, max })
        }
        ("log_normal", [median, sigma]) => {
            let sigma = fraction("sigma", sigma)?;
            if sigma > SIGMA_MAX {
                return Err(format!("sigma is {sigma}; write 0 to {SIGMA_MAX}"));
            }
            Ok(Shape::LogNormal { median: whole("the median", median)? as f64, sigma })
        }
        ("pareto", [min, alpha]) => {
            let alpha = fraction("alpha", alpha)?;
            if alpha == 0.0 {
                return Err("alpha is 0; write a number above 0".to_owned());
            }
            Ok(Shape::Pareto { min: whole("the least", min)? as f64, alpha })
        }
        ("zipf", [max, exponent]) => Ok(Shape::Zipf {
            max: whole("the greatest", max)?,
            exponent: fraction("the exponent", exponent)?,
        }),
        ("choice", choices) => choice(choices),
        _ => Err("no distribution of rows; write constant:ROWS, uniform:MIN,MAX, log_normal:MEDIAN,SIGMA, \
                  pareto:MIN,ALPHA, zipf:MAX,EXPONENT, or choice:ROWS*WEIGHT,ROWS*WEIGHT"
            .to_owned()),
    }
}

/// Rows with how often each is drawn beside the others: `1000*3`, or `1000` for `1000*1`.
fn choice(choices: &[&str]) -> Result<Shape, String> {
    let (mut values, mut weights) = (Vec::new(), Vec::new());
    for one in choices {
        let (rows, weight) = one.split_once('*').unwrap_or((one, "1"));
        values.push(whole("the number of rows", rows)?);
        weights.push(fraction("the weight", weight)?);
    }
    let sum: f64 = weights.iter().sum();
    if sum == 0.0 || !sum.is_finite() {
        return Err(format!("the weights come to {sum}; write some that come to a number above 0"));
    }
    Ok(Shape::Choice { values, weights })
}

/// Rows, at least one, since no segment has none.
fn whole(what: &str, text: &str) -> Result<u64, String> {
    let rows = text.parse::<u64>().ok().filter(|rows| (1..=ROWS_MAX).contains(rows));
    rows.ok_or_else(|| format!("{what} is \"{text}\"; write a whole number from 1 to {ROWS_MAX}"))
}

fn fraction(what: &str, text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| format!("{what} is \"{text}\"; write a number from 0 on, such as 1.5"))
}

/// The distribution as a scenario has it.
pub(super) fn json(shape: &Shape) -> Value {
    match shape {
        Shape::Constant(rows) => json!({ "constant": rows }),
        Shape::Uniform { min, max } => json!({ "uniform": { "min": min, "max": max } }),
        Shape::LogNormal { median, sigma } => {
            json!({ "log_normal": { "median": number(*median), "sigma": number(*sigma) } })
        }
        Shape::Pareto { min, alpha } => {
            json!({ "pareto": { "min": number(*min), "alpha": number(*alpha) } })
        }
        Shape::Zipf { max, exponent } => json!({ "zipf": { "max": max, "exponent": number(*exponent) } }),
        Shape::Choice { values, weights } => json!({ "choice": { "values": values, "weights": weights } }),
    }
}

/// A number without a point where it has no fraction.
pub(super) fn number(number: f64) -> Value {
    let is_whole = number.fract() == 0.0 && (0.0..1e15).contains(&number);
    if is_whole { json!(number as u64) } else { json!(number) }
}

/// The mean of what is drawn, clamped to the most rows of a segment; what rounding changes is left out.
pub(super) fn mean(shape: &Shape) -> f64 {
    match shape {
        Shape::Constant(rows) => *rows as f64,
        Shape::Uniform { min, max } => (*min as f64 + *max as f64) / 2.0,
        Shape::LogNormal { median, sigma } => log_normal_mean(*median, *sigma),
        Shape::Pareto { min, alpha } => {
            // The least, plus all chances of more.
            let most = libm::log((ROWS_MAX as f64 / min).max(1.0));
            min * (1.0 + power_area(*alpha, most))
        }
        Shape::Zipf { max, exponent } => power_sum(exponent - 1.0, *max) / power_sum(*exponent, *max),
        Shape::Choice { values, weights } => {
            let sum = values.iter().zip(weights).map(|(value, weight)| *value as f64 * weight).sum::<f64>();
            sum / weights.iter().sum::<f64>()
        }
    }
}

fn log_normal_mean(median: f64, sigma: f64) -> f64 {
    let most = ROWS_MAX as f64;
    if sigma == 0.0 {
        return median.min(most);
    }
    let below = |deviations: f64| libm::erfc(-deviations / std::f64::consts::SQRT_2) / 2.0;
    let clamped_at = libm::log(most / median) / sigma;
    median * libm::exp(sigma * sigma / 2.0) * below(clamped_at - sigma) + most * below(-clamped_at)
}

/// The area under x^-`exponent` from 1 to e^`log`.
fn power_area(exponent: f64, log: f64) -> f64 {
    let power = (1.0 - exponent) * log;
    // (e^power - 1) / power, which for an exponent near 1 must not divide nothing by nothing.
    let ratio = if power.abs() > 1e-8 { libm::expm1(power) / power } else { 1.0 + power / 2.0 };
    ratio * log
}

/// The sum of k^-`exponent` for k from 1 to `max`: term by term, then by the formula of Euler and Maclaurin.
fn power_sum(exponent: f64, max: u64) -> f64 {
    let term = |k: f64| libm::pow(k, -exponent);
    let one_by_one: f64 = (1..=max.min(ZIPF_TERMS)).map(|k| term(k as f64)).sum();
    if max <= ZIPF_TERMS {
        return one_by_one;
    }
    let (first, last) = (ZIPF_TERMS as f64, max as f64);
    let area = term(first) * first * power_area(exponent, libm::log(last / first));
    let slope = |k: f64| -exponent * term(k) / k;
    one_by_one + area + (term(last) - term(first)) / 2.0 + (slope(last) - slope(first)) / 12.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::distribution::Distribution;
    use crate::engine::random::Random;

    #[track_caller]
    fn check_near(found: f64, expected: f64, slack: f64) {
        assert!((found / expected - 1.0).abs() <= slack, "{found} instead of {expected}");
    }

    #[test]
    fn means_are_those_of_plain_reckoning() {
        let mean_of = |text: &str| mean(&read_rows(text).expect("a distribution"));
        check_near(mean_of("constant:200000"), 200_000.0, 0.0);
        check_near(mean_of("uniform:1000,50000"), 25_500.0, 0.0);
        check_near(mean_of("log_normal:200000,0.8"), 200_000.0 * libm::exp(0.8 * 0.8 / 2.0), 0.0);
        check_near(mean_of("log_normal:200000,0"), 200_000.0, 0.0);
        // alpha / (alpha - 1) x min, less what is clamped: (min / most)^alpha x most / (alpha - 1).
        let most = ROWS_MAX as f64;
        check_near(mean_of("pareto:1000,2"), 2_000.0 - 1e6 / most, 1e-12);
        check_near(mean_of("pareto:1000,1"), 1_000.0 * (1.0 + f64::ln(most / 1_000.0)), 1e-12);
        for (exponent, max) in [(0.0, 100_000), (0.7, 20_000), (1.0, 50_000), (1.1, 1_000_000), (3.0, 5_000)]
        {
            let sum = |power: f64| (1..=max).map(|k| f64::from(k).powf(power)).sum::<f64>();
            let expected = sum(1.0 - exponent) / sum(-exponent);
            check_near(mean_of(&format!("zipf:{max},{exponent}")), expected, 1e-9);
        }
        check_near(mean_of("choice:100,200*3"), 175.0, 0.0);
    }

    #[test]
    fn means_are_those_of_what_is_drawn_and_clamped() {
        // The last two are clamped often.
        for text in [
            "log_normal:50000,1",
            "pareto:500,4",
            "zipf:9000,1.1",
            "log_normal:4000000000,2",
            "pareto:9,0.01",
        ] {
            let shape = read_rows(text).expect("a distribution");
            let distribution = Distribution { shape, at_most: Some(ROWS_MAX) };
            let mut random = Random::stream(3, text);
            let drawn = (0..40_000).map(|_| distribution.draw(&mut random) as f64).sum::<f64>() / 40_000.0;
            check_near(mean(&distribution.shape), drawn, 0.04);
        }
    }

    #[test]
    fn wrong_words_are_answered_with_right_ones() {
        let fault = |text: &str| read_rows(text).expect_err("a fault");
        assert!(fault("normal:3").ends_with("zipf:MAX,EXPONENT, or choice:ROWS*WEIGHT,ROWS*WEIGHT"));
        assert!(fault("choice:3*0,4*0").starts_with("the weights come to 0"));
        assert!(fault("choice:").starts_with("the number of rows is \"\""));
        assert!(fault("choice:3*-1").starts_with("the weight is \"-1\""));
        assert!(fault("uniform:3").starts_with("no distribution of rows; write constant:ROWS"));
        assert_eq!(
            fault("constant:0"),
            "the number of rows is \"0\"; write a whole number from 1 to 4294967295"
        );
        assert_eq!(fault("uniform:9,3"), "9 is above 3; write the smaller one first");
        assert_eq!(fault("pareto:9,0"), "alpha is 0; write a number above 0");
        assert_eq!(fault("zipf:9,inf"), "the exponent is \"inf\"; write a number from 0 on, such as 1.5");
        assert_eq!(fault("log_normal:9,11"), "sigma is 11; write 0 to 10");
    }
}
