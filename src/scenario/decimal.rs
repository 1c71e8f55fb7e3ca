//! Decimal numbers read exactly, without ever passing through a double.

/// Why a number is no whole number of the unit asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// No decimal number at all.
    NoNumber,
    /// Below zero.
    Negative,
    /// It has a fraction of the unit.
    TooFine,
    /// More than a u64 holds.
    TooLarge,
}

/// `text` x `unit` as a whole number; `text` is a decimal number, its sign, fraction and exponent optional.
pub(super) fn whole(text: &str, unit: u64) -> Result<u64, Unfit> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
        None => (text, 0),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}");
    if integer.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unfit::NoNumber);
    }
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err(Unfit::Negative);
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let power = exponent.saturating_add(trailing as i64).saturating_sub(fraction.len() as i64);
    let overflow = if power < 0 { Unfit::TooFine } else { Unfit::TooLarge };
    let product = significant.parse::<u128>().ok().and_then(|number| number.checked_mul(u128::from(unit)));
    scale(product.ok_or(overflow)?, power)
}

/// `number` x 10^`power` as a whole number.
fn scale(number: u128, power: i64) -> Result<u64, Unfit> {
    let overflow = if power < 0 { Unfit::TooFine } else { Unfit::TooLarge };
    let factor = u32::try_from(power.unsigned_abs()).ok().and_then(|power| 10_u128.checked_pow(power));
    let factor = factor.ok_or(overflow)?;
    let scaled = if power >= 0 {
        number.checked_mul(factor).ok_or(Unfit::TooLarge)?
    } else if number.is_multiple_of(factor) {
        number / factor
    } else {
        return Err(Unfit::TooFine);
    };
    u64::try_from(scaled).map_err(|_| Unfit::TooLarge)
}

/// An exponent; one of more digits than an i64 holds counts as the greatest of its sign.
fn read_exponent(text: &str) -> Result<i64, Unfit> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unfit::NoNumber);
    }
    // Halved, so that adding the digits of the mantissa cannot overflow.
    let exponent = digits.parse::<i64>().unwrap_or(i64::MAX).min(i64::MAX / 2);
    Ok(if negative { -exponent } else { exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_scaled_exactly() {
        for (text, unit, expected) in [
            ("0", 1, Ok(0)),
            ("-0.0e5", 1, Ok(0)),
            ("9007199254740993", 1, Ok(9_007_199_254_740_993)),
            ("18446744073709551615", 1, Ok(u64::MAX)),
            ("18446744073709551616", 1, Err(Unfit::TooLarge)),
            ("1.5", 1 << 30, Ok(3 << 29)),
            ("0.1", 1 << 30, Err(Unfit::TooFine)),
            ("1e3", 1, Ok(1000)),
            ("12.50e1", 1, Ok(125)),
            ("0.0001", 1000, Err(Unfit::TooFine)),
            ("1e-999999999999999999999", 1, Err(Unfit::TooFine)),
            ("1e999999999999999999999", 1, Err(Unfit::TooLarge)),
            ("-1", 1, Err(Unfit::Negative)),
            ("1e", 1, Err(Unfit::NoNumber)),
            (".5", 1, Err(Unfit::NoNumber)),
            ("", 1, Err(Unfit::NoNumber)),
            ("1_000", 1, Err(Unfit::NoNumber)),
        ] {
            assert_eq!(whole(text, unit), expected, "{text} x {unit}");
        }
    }
}
