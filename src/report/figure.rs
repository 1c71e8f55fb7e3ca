//! How one figure is written: for programs so that it reads back equal, for people so that it is short.

use std::fmt::Write;

/// The shortest decimal text that reads back equal; with an exponent only where the digits alone would run long.
pub(super) fn write_exact(text: &mut String, value: f64) {
    debug_assert!(value.is_finite(), "an undefined figure is None, never {value}");
    let size = value.abs();
    let written = if value == 0.0 {
        // Not -0: there is no such memory.
        write!(text, "0")
    } else if (1e-5..1e16).contains(&size) {
        write!(text, "{value}")
    } else {
        write!(text, "{value:e}")
    };
    written.expect("text grows as needed");
}

/// A ratio for people: two decimals, and more only where these would show nothing.
pub(super) fn ratio(value: Option<f64>) -> String {
    match value {
        None => "-".to_string(),
        Some(value) if value != 0.0 && value.abs() < 0.005 => format!("{value:.4}"),
        Some(value) => format!("{value:.2}"),
    }
}

/// A number that is whole without decimals, else with two.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 { count_of(value) } else { format!("{value:.2}") }
}

fn count_of(value: f64) -> String {
    if (0.0..1e18).contains(&value) { count(value as u64) } else { format!("{value}") }
}

/// A whole number with commas between thousands.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 move`, `12 moves`.
pub(super) fn counted(value: u64, singular: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {singular}{plural}", count(value))
}

/// A fraction in percent: `63%`, `0.4%`.
pub(super) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    let decimals = match percent.abs() {
        size if size == 0.0 || size >= 0.995 => 0,
        size if size >= 0.095 => 1,
        _ => 2,
    };
    format!("{percent:.decimals$}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_text_is_short_and_reads_back_equal() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.1, "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-7, "1e-7"),
            (2.0, "2"),
            (123456.75, "123456.75"),
            (f64::MAX, "1.7976931348623157e308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (-1.0 / 3.0, "-0.3333333333333333"),
        ] {
            let mut text = String::new();
            write_exact(&mut text, value);
            assert_eq!(text, expected);
            assert_eq!(text.parse::<f64>().unwrap(), value);
        }
    }

    #[test]
    fn figures_for_people_are_short() {
        assert_eq!(ratio(Some(0.615)), "0.61");
        assert_eq!(ratio(Some(0.0004)), "0.0004");
        assert_eq!(ratio(None), "-");
        assert_eq!(number(12_345.0), "12,345");
        assert_eq!(number(0.25), "0.25");
        assert_eq!(counted(1, "move"), "1 move");
        assert_eq!(counted(1_200, "move"), "1,200 moves");
        assert_eq!(percent(0.634), "63%");
        assert_eq!(percent(0.004), "0.4%");
        assert_eq!(percent(0.0004), "0.04%");
        assert_eq!(percent(0.0), "0%");
    }
}
