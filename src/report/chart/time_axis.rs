//! Ticks of a time axis in the units of a clock.

use crate::units::SimTime;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Steps that people count time in, ascending, in milliseconds.
const STEPS: [u64; 32] = [
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
];

/// At most `most` + 1 ticks from 0 to the end, with their texts; one at 0 where there is no time at all.
pub(super) fn ticks(duration_ms: u64, most: u64) -> Vec<(u64, String)> {
    let longest = STEPS[STEPS.len() - 1];
    let step = STEPS
        .into_iter()
        .find(|step| duration_ms / step <= most)
        .unwrap_or_else(|| longest * (duration_ms / longest / most + 1));
    (0..=duration_ms / step).map(|tick| (tick * step, text(tick * step))).collect()
}

fn text(t_ms: u64) -> String {
    if t_ms == 0 {
        return "0".to_string();
    }
    let spaced: Vec<String> = SimTime::from_ms(t_ms).to_string().split(' ').map(with_unit).collect();
    spaced.join(" ")
}

/// `5m` becomes `5 min`: on an axis a lone m reads as metres.
fn with_unit(part: &str) -> String {
    let unit_at = part.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(part.len());
    let (number, unit) = part.split_at(unit_at);
    let unit = if unit == "m" { "min" } else { unit };
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_at_times_that_people_name() {
        for (duration_ms, expected) in [
            (0, "0"),
            (40, "0|5 ms|10 ms|15 ms|20 ms|25 ms|30 ms|35 ms|40 ms"),
            (60_000, "0|10 s|20 s|30 s|40 s|50 s|1 min"),
            (HOUR, "0|10 min|20 min|30 min|40 min|50 min|1 h"),
            (HOUR + 30 * MINUTE, "0|15 min|30 min|45 min|1 h|1 h 15 min|1 h 30 min"),
            (7 * DAY, "0|1 d|2 d|3 d|4 d|5 d|6 d|7 d"),
        ] {
            let texts: Vec<String> = ticks(duration_ms, 8).into_iter().map(|(_, text)| text).collect();
            assert_eq!(texts.join("|"), expected);
        }
        assert!(ticks(u64::MAX, 8).len() <= 9);
    }
}
