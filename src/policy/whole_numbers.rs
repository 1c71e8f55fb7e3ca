//! Arithmetic of whole numbers in floats, several at a time, the same to the last bit as one by one.

/// Whole numbers below it keep half a unit beside them, which the roundings here need.
pub(super) const BOUND: f64 = (1u64 << 50) as f64;
/// Adding and subtracting it rounds to the nearest whole number what is smaller than [`BOUND`].
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// Added to a whole number of less than 2^51 in either direction it gives one of less than [`VAST`].
const BIAS: i64 = 1 << 51;
/// From here on a biased number is none of those.
const VAST: u64 = 1 << 52;
/// The bits of 2^52 as a float.
const EXPONENT: u64 = 0x4330_0000_0000_0000;

/// `x` without its fraction, for `x` of at most [`BOUND`].
#[inline]
pub(super) fn truncated(x: f64) -> f64 {
    let size = x.abs();
    let nearest = (size + ROUNDER) - ROUNDER;
    (nearest - if nearest > size { 1.0 } else { 0.0 }).copysign(x)
}

/// The least whole number that is not below `x`, for `x` of at most [`BOUND`].
#[inline]
pub(super) fn ceiled(x: f64) -> f64 {
    let nearest = (x + ROUNDER) - ROUNDER;
    nearest + if nearest < x { 1.0 } else { 0.0 }
}

/// The least of all values, infinity of none; four at a time, since only the order of equals could differ.
pub(super) fn least(values: &[f64]) -> f64 {
    let mut lanes = [f64::INFINITY; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value < *lane { *value } else { *lane };
        }
    }
    lanes.iter().chain(rest).fold(f64::INFINITY, |least, value| if *value < least { *value } else { least })
}

/// The sum of whole numbers; four at a time, since every part of it is exact.
pub(super) fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (chunks, rest) = values.as_chunks::<4>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += *value;
        }
    }
    lanes.iter().chain(rest).sum()
}

/// Adds a whole number of one or two columns to each value, as a float; false where one is too large for
/// that. A column that is shorter has 0 for the rest.
pub(super) fn add_whole(values: &mut [f64], one: &[i64], other: &[i64]) -> bool {
    let both = one.len().min(other.len()).min(values.len());
    let mut seen = 0;
    let mut add = |value: &mut f64, number: i64| {
        let biased = number.wrapping_add(BIAS) as u64;
        seen |= biased;
        *value += f64::from_bits(biased | EXPONENT) - (VAST as f64 + BIAS as f64);
    };
    for ((value, one), other) in values.iter_mut().zip(&one[..both]).zip(&other[..both]) {
        add(value, one.wrapping_add(*other));
    }
    for rest in [&one[both..], &other[both..]] {
        for (value, number) in values[both..].iter_mut().zip(rest) {
            add(value, *number);
        }
    }
    seen < VAST
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_are_added_as_one_by_one(
            one in proptest::collection::vec(-(1i64 << 40)..(1i64 << 40), 0..9),
            other in proptest::collection::vec(-9i64..9, 0..9),
        ) {
            let mut values: Vec<f64> = (0..7).map(f64::from).collect();
            let at = |column: &[i64], place: usize| column.get(place).copied().unwrap_or(0) as f64;
            let sums: Vec<f64> =
                (0..7).map(|place| f64::from(place as u32) + (at(&one, place) + at(&other, place))).collect();
            prop_assert!(add_whole(&mut values, &one, &other));
            prop_assert_eq!(values, sums);
        }

        #[test]
        fn roundings_are_those_of_the_library(
            whole in -(1i64 << 49)..(1i64 << 49),
            part in prop_oneof![Just(0.0), Just(0.5), Just(1e-9), -1.0f64..1.0],
        ) {
            for x in [whole as f64 + part, part, whole as f64 / 1024.0] {
                prop_assert_eq!(truncated(x), x.trunc());
                prop_assert_eq!(ceiled(x), x.ceil());
            }
        }
    }

    #[test]
    fn what_is_too_large_is_told() {
        for (number, fits) in
            [(BIAS - 1, true), (-BIAS, true), (BIAS, false), (-BIAS - 1, false), (i64::MIN, false)]
        {
            let mut values = [0.0];
            assert_eq!(add_whole(&mut values, &[number], &[]), fits, "{number}");
            assert!(!fits || values[0] == number as f64, "{number}");
        }
    }
}
