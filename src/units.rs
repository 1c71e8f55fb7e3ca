//! Time as whole milliseconds, and how times and bytes are written for people.

use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A point in simulated time: whole milliseconds since the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(u64);

/// A length of simulated time in whole milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

impl SimTime {
    /// The start of the run.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than everything; for limits, never for an event.
    pub const MAX: SimTime = SimTime(u64::MAX);

    /// The point `ms` milliseconds after the start.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        SimTime(ms)
    }

    /// Milliseconds since the start.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// Seconds since the start, for plots and tables; exact to the millisecond below 285,000 years.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// This point moved later, or `MAX` where that does not fit.
    #[must_use]
    pub const fn saturating_add(self, duration: SimDuration) -> Self {
        SimTime(self.0.saturating_add(duration.0))
    }

    /// This point moved earlier, or the start of the run where that would lie before it.
    #[must_use]
    pub const fn saturating_sub(self, duration: SimDuration) -> Self {
        SimTime(self.0.saturating_sub(duration.0))
    }

    /// The time from `earlier` to this point, or zero where `earlier` is the later of the two.
    #[must_use]
    pub const fn saturating_since(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

impl SimDuration {
    /// No time at all.
    pub const ZERO: SimDuration = SimDuration(0);
    /// The longest duration; for limits.
    pub const MAX: SimDuration = SimDuration(u64::MAX);

    /// A duration of `ms` milliseconds.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        SimDuration(ms)
    }

    /// A duration of `secs` seconds, or `MAX` where that does not fit.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        SimDuration(secs.saturating_mul(1000))
    }

    /// The duration in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.0
    }

    /// The duration in seconds; exact to the millisecond below 285,000 years.
    #[must_use]
    pub const fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// The sum, or `MAX` where that does not fit.
    #[must_use]
    pub const fn saturating_add(self, other: SimDuration) -> Self {
        SimDuration(self.0.saturating_add(other.0))
    }

    /// The difference, or zero where `other` is the longer of the two.
    #[must_use]
    pub const fn saturating_sub(self, other: SimDuration) -> Self {
        SimDuration(self.0.saturating_sub(other.0))
    }
}

// The operators check in release builds too: a wrapped time there and a panic in debug would be two results.

impl Add<SimDuration> for SimTime {
    type Output = SimTime;

    /// Panics where the sum does not fit.
    fn add(self, duration: SimDuration) -> SimTime {
        SimTime(self.0.checked_add(duration.0).expect("a time past the end of time"))
    }
}

impl AddAssign<SimDuration> for SimTime {
    /// Panics where the sum does not fit.
    fn add_assign(&mut self, duration: SimDuration) {
        *self = *self + duration;
    }
}

impl Sub<SimTime> for SimTime {
    type Output = SimDuration;

    /// Panics where `earlier` is the later of the two.
    fn sub(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0.checked_sub(earlier.0).expect("a duration below zero"))
    }
}

impl Add for SimDuration {
    type Output = SimDuration;

    /// Panics where the sum does not fit.
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0.checked_add(other.0).expect("a duration past the end of time"))
    }
}

impl AddAssign for SimDuration {
    /// Panics where the sum does not fit.
    fn add_assign(&mut self, other: SimDuration) {
        *self = *self + other;
    }
}

impl Mul<u64> for SimDuration {
    type Output = SimDuration;

    /// Panics where the product does not fit.
    fn mul(self, times: u64) -> SimDuration {
        SimDuration(self.0.checked_mul(times).expect("a duration past the end of time"))
    }
}

impl fmt::Display for SimTime {
    /// As the duration since the start: `5m`, `1h 20m`, `12.25s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        SimDuration(self.0).fmt(f)
    }
}

impl fmt::Display for SimDuration {
    /// Days, hours, minutes and seconds, those that are zero left out: `5m`, `1h 20m`, `12.25s`, `250ms`, `0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0;
        if ms == 0 {
            return f.pad("0s");
        }
        if ms < 1000 {
            return f.pad(&format!("{ms}ms"));
        }
        let mut parts = Vec::new();
        for (count, unit) in [(ms / 86_400_000, "d"), (ms / 3_600_000 % 24, "h"), (ms / 60_000 % 60, "m")] {
            if count > 0 {
                parts.push(format!("{count}{unit}"));
            }
        }
        let (whole, fraction) = (ms / 1000 % 60, ms % 1000);
        if fraction > 0 {
            parts.push(format!("{whole}.{}s", format!("{fraction:03}").trim_end_matches('0')));
        } else if whole > 0 {
            parts.push(format!("{whole}s"));
        }
        f.pad(&parts.join(" "))
    }
}

/// Bytes for people, in powers of 1024, rounded half up: `12 B`, `1.50 GiB`, `187.9 MiB`.
#[must_use]
pub fn format_bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut shift = 10;
    for unit in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        // In integers, so that what rounds up to the next unit is seen to do so.
        let scaled = |parts: u128| (u128::from(bytes) * parts + (1 << (shift - 1))) >> shift;
        let (tenths, hundredths) = (scaled(10), scaled(100));
        if hundredths < 1000 {
            return format!("{}.{:02} {unit}", hundredths / 100, hundredths % 100);
        }
        if tenths < 10_240 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        shift += 10;
    }
    unreachable!("no u64 reaches 1024 EiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (ms, text) in [
            (0, "0s"),
            (250, "250ms"),
            (1_000, "1s"),
            (12_250, "12.25s"),
            (300_000, "5m"),
            (4_800_000, "1h 20m"),
            (5_400_005, "1h 30m 0.005s"),
            (90_061_000, "1d 1h 1m 1s"),
        ] {
            assert_eq!(SimTime::from_ms(ms).to_string(), text);
        }
        assert_eq!(format!("[{:>5}]", SimDuration::from_secs(60)), "[   1m]");
    }

    #[test]
    fn bytes_keep_three_or_four_digits_and_round_into_the_next_unit() {
        for (bytes, text) in [
            (12, "12 B"),
            (1023, "1023 B"),
            (1024, "1.00 KiB"),
            (10_235, "10.0 KiB"),
            (1_610_612_736, "1.50 GiB"),
            (197_027_430, "187.9 MiB"),
            (1_048_575, "1.00 MiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(format_bytes(bytes), text);
        }
    }

    #[test]
    fn arithmetic_keeps_milliseconds() {
        let start = SimTime::from_ms(1_500);
        let end = start + SimDuration::from_secs(2) * 3;
        assert_eq!(end - start, SimDuration::from_ms(6_000));
        assert_eq!(start.saturating_since(end), SimDuration::ZERO);
        assert_eq!(start.saturating_sub(SimDuration::MAX), SimTime::ZERO);
        assert_eq!(end.saturating_add(SimDuration::MAX), SimTime::MAX);
        assert_eq!((end - start).as_secs_f64(), 6.0);
    }
}
