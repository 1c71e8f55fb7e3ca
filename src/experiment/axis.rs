//! What one key takes in turn: values written out, or a range with its step, in exact decimals.

/// Most values of one axis.
const VALUES_MAX: u64 = 100_000;
/// Most digits of a number of a range, so that all arithmetic on it fits into 128 bits.
const DIGITS_MAX: usize = 18;

/// A key with the values that it takes in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Milvus's dotted key, or a field of the scenario by its JSON pointer.
    pub key: String,
    /// What it takes in turn.
    pub kind: AxisKind,
}

/// How the values of an axis are given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisKind {
    /// Written out, in the order asked.
    Listed(Vec<String>),
    /// Every step from one end to the other, both included where a step hits them.
    Stepped(Range),
}

/// Numbers at equal steps, kept as whole multiples of a power of ten: no binary fraction comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// The first number, in units of 10^-`decimals`.
    from: i128,
    /// Distance of one number from the next, above 0.
    step: i128,
    /// How many numbers, at least one.
    count: u64,
    /// Decimals of the unit.
    decimals: usize,
    /// What follows every number: a unit such as `GiB`, or nothing.
    unit: String,
}

impl Axis {
    /// Reads `KEY=x,y,z` or `KEY=a..b:step`. The numbers of a range may carry one and the same unit.
    ///
    /// # Errors
    ///
    /// Says what is missing or wrong.
    pub fn parse(text: &str) -> Result<Axis, String> {
        let wrong =
            |fault: &str| Err(format!("--vary {text}: {fault}; write --vary KEY=x,y or KEY=a..b:step"));
        let Some((key, values)) = text.split_once('=') else { return wrong("no values") };
        if key.is_empty() {
            return wrong("no key");
        }
        let kind = match Range::parse(values) {
            Some(Ok(range)) => AxisKind::Stepped(range),
            Some(Err(fault)) => return wrong(&fault),
            None => {
                let values: Vec<String> = values.split(',').map(str::to_owned).collect();
                if values.iter().any(String::is_empty) {
                    return wrong("an empty value");
                }
                for (index, value) in values.iter().enumerate() {
                    if values[..index].contains(value) {
                        return Err(format!("--vary {text}: {value} stands twice; keep one of them"));
                    }
                }
                AxisKind::Listed(values)
            }
        };
        Ok(Axis { key: key.to_owned(), kind })
    }

    /// The values as texts, in the order asked.
    pub fn values(&self) -> Vec<String> {
        match &self.kind {
            AxisKind::Listed(values) => values.clone(),
            AxisKind::Stepped(range) => range.texts(),
        }
    }
}

impl Range {
    /// Reads `a..b:step`; nothing where this is no range of numbers at all.
    fn parse(text: &str) -> Option<Result<Range, String>> {
        let (from, rest) = text.split_once("..")?;
        let (to, step) = rest.split_once(':').map_or((rest, None), |(to, step)| (to, Some(step)));
        let (from, to) = (Number::parse(from)?, Number::parse(to)?);
        let Some(step) = step else { return Some(Err("a range needs a step".to_owned())) };
        let Some(step) = Number::parse(step) else {
            return Some(Err(format!("the step {step:?} is no decimal number")));
        };
        Some(Range::of(&from, &to, &step))
    }

    fn of(from: &Number<'_>, to: &Number<'_>, step: &Number<'_>) -> Result<Range, String> {
        if from.unit != to.unit || from.unit != step.unit {
            return Err("both ends and the step must have the same unit".to_owned());
        }
        let decimals = from.decimals.max(to.decimals).max(step.decimals);
        let (first, last, distance) = (from.scaled(decimals), to.scaled(decimals), step.scaled(decimals));
        if distance <= 0 {
            return Err("the step must be above 0".to_owned());
        }
        if last < first {
            return Err("the range ends before it begins".to_owned());
        }
        let count = (last - first) / distance + 1;
        match u64::try_from(count) {
            Ok(count) if count <= VALUES_MAX => {
                Ok(Range { from: first, step: distance, count, decimals, unit: from.unit.to_owned() })
            }
            _ => Err(format!("more than {VALUES_MAX} values")),
        }
    }

    /// Every number as the shortest decimal text.
    fn texts(&self) -> Vec<String> {
        let number = |position: u64| self.from + self.step * i128::from(position);
        (0..self.count).map(|position| decimal(number(position), self.decimals) + &self.unit).collect()
    }
}

/// A decimal number as written, in units of 10^-`decimals`, with its unit.
struct Number<'t> {
    units: i128,
    decimals: usize,
    unit: &'t str,
}

impl Number<'_> {
    /// Reads an optional sign, digits with at most one point among them, and a unit without digits.
    fn parse(text: &str) -> Option<Number<'_>> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let end = unsigned.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
        let (number, unit) = unsigned.split_at(end.unwrap_or(unsigned.len()));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{fraction}");
        let is_unit = unit.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '/');
        if whole.is_empty() || fraction.contains('.') || digits.len() > DIGITS_MAX || !is_unit {
            return None;
        }
        let units: i128 = digits.parse().ok()?;
        Some(Number { units: if is_negative { -units } else { units }, decimals: fraction.len(), unit })
    }

    fn scaled(&self, decimals: usize) -> i128 {
        (self.decimals..decimals).fold(self.units, |units, _| units * 10)
    }
}

/// `units` x 10^-`decimals` without zeros that say nothing.
fn decimal(units: i128, decimals: usize) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> String {
        Axis::parse(text).expect("an axis").values().join(" ")
    }

    #[test]
    fn a_range_has_both_ends_and_exact_decimals() {
        assert_eq!(values("k=0..0.5:0.1"), "0 0.1 0.2 0.3 0.4 0.5");
        assert_eq!(values("k=0.05..0.2:0.05"), "0.05 0.1 0.15 0.2");
        assert_eq!(values("k=10..25:10"), "10 20");
        assert_eq!(values("k=-1..1:1"), "-1 0 1");
        assert_eq!(values("k=-0.5..-0.3:0.1"), "-0.5 -0.4 -0.3");
        assert_eq!(values("k=5..5:1"), "5");
        assert_eq!(
            values("/hardware/load_bandwidth=100MiB/s..300MiB/s:100MiB/s"),
            "100MiB/s 200MiB/s 300MiB/s"
        );
        assert_eq!(values("k=1,2.50,x"), "1 2.50 x");
        // No numbers, so no range.
        assert_eq!(values("/name=a..b"), "a..b");
    }

    #[test]
    fn an_axis_without_key_or_values_is_refused() {
        for text in ["a", "=1", "a=", "a=1,,2", "a=1,1"] {
            assert!(Axis::parse(text).is_err(), "{text}");
        }
        let fault = Axis::parse("a").expect_err("no values");
        assert_eq!(fault, "--vary a: no values; write --vary KEY=x,y or KEY=a..b:step");
    }

    #[test]
    fn a_range_that_cannot_be_walked_is_refused() {
        for (text, expected) in [
            ("k=1..2", "a range needs a step"),
            ("k=1..2:0", "the step must be above 0"),
            ("k=1..2:-1", "the step must be above 0"),
            ("k=2..1:1", "the range ends before it begins"),
            ("k=1..2:x", "the step \"x\" is no decimal number"),
            ("k=1s..2s:1", "both ends and the step must have the same unit"),
            ("k=0..1:0.000001", "more than 100000 values"),
        ] {
            let fault = Axis::parse(text).expect_err("no axis");
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }
}
