//! Sorting whole numbers by their digits.

/// Fewer are sorted by comparing.
const FEW: usize = if cfg!(test) { 8 } else { 128 };

/// Bits of a digit.
const DIGIT: u32 = 8;

/// Sorts `numbers`; `spare` is overwritten.
pub fn sort_whole(numbers: &mut Vec<u32>, spare: &mut Vec<u32>) {
    if numbers.len() < FEW {
        return numbers.sort_unstable();
    }
    let lowest = numbers.iter().fold(u32::MAX, |lowest, number| lowest.min(*number));
    let highest = numbers.iter().fold(0, |highest, number| highest.max(*number));
    // From the lowest digit on; those in which no two numbers differ are the same everywhere.
    for shift in (0..u32::BITS).step_by(DIGIT as usize).take_while(|shift| (highest - lowest) >> shift > 0) {
        let digit = |number: u32| ((number - lowest) >> shift) as u8 as usize;
        let mut places = [0_u32; 1 << DIGIT];
        numbers.iter().for_each(|number| places[digit(*number)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        spare.clear();
        spare.resize(numbers.len(), 0);
        for number in numbers.iter() {
            let place = &mut places[digit(*number)];
            spare[*place as usize] = *number;
            *place += 1;
        }
        std::mem::swap(numbers, spare);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn digits_sort_as_comparing_does(
            mut numbers in prop::collection::vec(
                prop_oneof![Just(0), Just(u32::MAX), 70_000_000u32..70_000_400, any::<u32>()],
                0..60,
            ),
        ) {
            let mut sorted = numbers.clone();
            sorted.sort_unstable();
            sort_whole(&mut numbers, &mut Vec::new());
            prop_assert_eq!(numbers, sorted);
        }
    }
}
