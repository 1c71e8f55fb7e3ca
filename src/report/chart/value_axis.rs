//! Ticks of an axis of percents or counts.

use crate::report::figure::count;

/// The ticks of an axis from 0 that takes in `greatest`, and where it ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ValueAxis {
    /// Greatest value shown; above 0.
    pub(super) end: f64,
    /// Value and text.
    pub(super) ticks: Vec<(f64, String)>,
}

/// An axis of fractions, written in percent.
pub(super) fn percents(greatest: f64) -> ValueAxis {
    let axis = round_values(greatest * 100.0, 0.01, 5);
    let decimals = if axis.0 < 0.1 { 2 } else { usize::from(axis.0 < 1.0) };
    let tick = |value: f64| (value / 100.0, format!("{value:.decimals$}%"));
    ValueAxis {
        end: axis.1.last().copied().unwrap_or(1.0) / 100.0,
        ticks: axis.1.into_iter().map(tick).collect(),
    }
}

/// An axis of whole numbers with at most so many steps.
pub(super) fn counts(greatest: f64, most: u32) -> ValueAxis {
    let (_, values) = round_values(greatest, 1.0, most);
    let tick = |value: f64| (value, count(value as u64));
    ValueAxis { end: values.last().copied().unwrap_or(1.0), ticks: values.into_iter().map(tick).collect() }
}

/// Step (1, 2 or 5 times a power of ten, at least `finest`) and at most `most` steps from 0.
pub(super) fn round_values(greatest: f64, finest: f64, most: u32) -> (f64, Vec<f64>) {
    let mut step = finest;
    let mut factors = [2.0, 2.5, 2.0].into_iter().cycle();
    while step * f64::from(most) < greatest {
        step *= factors.next().expect("the cycle has no end");
    }
    let last = (greatest / step - 1e-9).ceil().max(1.0) as u32;
    (step, (0..=last).map(|tick| f64::from(tick) * step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &ValueAxis) -> String {
        axis.ticks.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_take_in_the_greatest() {
        assert_eq!(texts(&percents(0.62)), "0% 20% 40% 60% 80%");
        assert_eq!(texts(&percents(0.9)), "0% 20% 40% 60% 80% 100%");
        assert_eq!(texts(&percents(0.013)), "0.0% 0.5% 1.0% 1.5%");
        assert_eq!(texts(&percents(0.0)), "0.00% 0.01%");
        assert_eq!(texts(&counts(3.0, 5)), "0 1 2 3");
        assert_eq!(texts(&counts(1_400.0, 5)), "0 500 1,000 1,500");
        assert_eq!(texts(&counts(0.0, 5)), "0 1");
        assert_eq!(percents(0.62).end, 0.8);
    }
}
