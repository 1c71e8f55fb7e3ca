//! What came out of a sweep, in a sentence, and how its figures read.

use crate::experiment::statistics::Estimate;
use crate::experiment::tally::{Combination, Results};
use crate::report::figure::{count, counted};
use crate::units::format_bytes;

/// What a figure is counted in, by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Unit {
    /// Bytes.
    Bytes,
    /// Milliseconds, shown in seconds.
    Milliseconds,
    /// A plain number.
    Plain,
}

/// The unit of a figure.
pub(in crate::report) fn unit(path: &str) -> Unit {
    if path.ends_with("bytes") {
        Unit::Bytes
    } else if path.ends_with("_ms") || path.contains("_ms.") {
        Unit::Milliseconds
    } else {
        Unit::Plain
    }
}

/// A value of a figure for people, in its unit: about three digits.
pub(in crate::report) fn shown(path: &str, value: f64) -> String {
    match unit(path) {
        Unit::Bytes if (0.0..1.8e19).contains(&value) => format_bytes(value.round() as u64),
        Unit::Milliseconds => format!("{} s", digits(value / 1000.0, decimals(value / 1000.0))),
        _ => number(value),
    }
}

/// Mean and interval over the seeds: `0.123 ±0.004`; with how many seeds where some have no such figure.
pub(super) fn estimated(path: &str, estimate: &Estimate, seeds: u64) -> String {
    let Some(mean) = estimate.mean() else {
        return if path.ends_with("settle_ms") { "never".to_owned() } else { "-".to_owned() };
    };
    let (divisor, name) = match unit(path) {
        Unit::Milliseconds => (1000.0, " s"),
        _ => (1.0, ""),
    };
    let places = decimals(mean / divisor);
    let text = match estimate.half_width() {
        None => shown(path, mean),
        Some(half) if unit(path) == Unit::Bytes => format!("{} ±{}", shown(path, mean), shown(path, half)),
        Some(half) => {
            format!("{} ±{}{name}", digits(mean / divisor, places), digits(half / divisor, places))
        }
    };
    if estimate.count() < seeds { format!("{text} ({} of {seeds})", estimate.count()) } else { text }
}

/// Decimals that leave about three digits.
fn decimals(value: f64) -> usize {
    match value.abs() {
        size if size == 0.0 || size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        _ => 4,
    }
}

/// A number with about three digits; a whole one as it is.
pub(in crate::report) fn number(value: f64) -> String {
    digits(value, if value.fract() == 0.0 { 0 } else { decimals(value) })
}

fn digits(value: f64, decimals: usize) -> String {
    if decimals == 0 && (0.0..1e15).contains(&value) {
        count(value.round() as u64)
    } else {
        format!("{value:.decimals$}")
    }
}

/// `k=1, l=x`, the keys without their components.
fn settings(results: &Results, combination: &Combination) -> String {
    let settings = results.plan.settings(combination.number);
    let parts: Vec<String> = settings.iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
    parts.join(", ")
}

/// A key without its component: tables and plots have little room.
pub(in crate::report) fn short(key: &str) -> &str {
    if key.starts_with('/') { key } else { key.rsplit('.').next().unwrap_or(key) }
}

/// Positions of the combinations of a scenario with a mean of a figure, the least first; of equals the earlier.
pub(in crate::report) fn ranked(combinations: &[Combination], figure: usize) -> Vec<usize> {
    let mean = |place: usize| combinations[place].figures[figure].mean().unwrap_or(f64::INFINITY);
    let mut order: Vec<usize> = (0..combinations.len()).collect();
    order.sort_by(|one, other| mean(*one).total_cmp(&mean(*other)).then(one.cmp(other)));
    order
}

/// What came out for a scenario: how much was run, and how far the first figure can be moved, with what.
pub fn finding(results: &Results, scenario: usize) -> String {
    said(results, scenario, |one| format!(" ({})", settings(results, one)))
}

/// The same in fewer words, for a title.
pub(in crate::report) fn headline(results: &Results, scenario: usize) -> String {
    said(results, scenario, |_| String::new())
}

fn said(results: &Results, scenario: usize, with: impl Fn(&Combination) -> String) -> String {
    let plan = &results.plan;
    let combinations = results.of_scenario(scenario);
    let amount = format!(
        "{} under {}",
        counted(combinations.len() as u64, "combination"),
        counted(plan.seeds, "seed")
    );
    if combinations.len() < 2 {
        return format!("{amount}.");
    }
    let courses = results.courses(scenario);
    if courses == 1 {
        return format!("{amount}: all do exactly the same.");
    }
    let different = if courses == combinations.len() { "all".to_owned() } else { count(courses as u64) };
    let amount = format!("{amount}, {different} different");
    let path = &plan.figures[0];
    let ranked: Vec<&Combination> =
        ranked(combinations, 0).into_iter().map(|place| &combinations[place]).collect();
    let defined: Vec<_> = ranked.iter().filter_map(|one| Some((*one, one.figures[0].mean()?))).collect();
    match (defined.first(), defined.last()) {
        (Some((best, least)), Some((worst, greatest))) if least < greatest => format!(
            "{amount}: {path} from {}{} to {}{}.",
            shown(path, *least),
            with(best),
            shown(path, *greatest),
            with(worst)
        ),
        (Some((_, least)), Some(_)) => format!("{amount}: {path} is {} in all.", shown(path, *least)),
        _ => format!("{amount}: {path} is undefined in all."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_in_their_units() {
        assert_eq!(shown("moves.bytes", 1_610_612_736.0), "1.50 GiB");
        assert_eq!(shown("settle.0.settle_ms", 83_512.0), "83.5 s");
        assert_eq!(shown("skew.mean.max_difference", 0.12345), "0.123");
        assert_eq!(shown("moves.completed", 12_345.4), "12,345");
        let mut estimate = Estimate::default();
        [1_000.0, 3_000.0].iter().for_each(|value| estimate.add(*value));
        assert_eq!(estimated("settle.0.settle_ms", &estimate, 3), "2.00 ±12.71 s (2 of 3)");
        assert_eq!(estimated("settle.0.settle_ms", &Estimate::default(), 3), "never");
        assert_eq!(estimated("service.cost.mean", &Estimate::default(), 3), "-");
    }
}
