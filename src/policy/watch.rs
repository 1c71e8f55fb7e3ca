//! The values of keys with which every decision of a run comes out the same.
//!
//! A key is watched on the ladder of its values: whole numbers, or all doubles from one to the next. What a
//! decision would be elsewhere is asked of the decision itself, so that the bounds found are those of
//! Milvus's own arithmetic, to the last bit.

use super::witness::{Comparison, Instead, Swap, Witness};
use std::sync::{Arc, Mutex, PoisonError};

/// The values that a key can have, as numbered rungs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ladder {
    /// Whole numbers; a rung is the number itself.
    Whole,
    /// Whole numbers of percent, compared as fractions.
    Percent,
    /// Every double; a rung is its place in their order.
    Real,
}

impl Ladder {
    /// The number that is compared, of a rung.
    pub fn number(self, rung: i64) -> f64 {
        match self {
            Ladder::Whole => rung as f64,
            Ladder::Percent => rung as f64 / 100.0,
            Ladder::Real => f64::from_bits(if rung < 0 { !(rung as u64) | 1 << 63 } else { rung as u64 }),
        }
    }

    /// The rung of a key's value; of a fraction between whole numbers the one below. The order of doubles is
    /// that of their bits.
    pub fn rung(self, value: f64) -> i64 {
        match self {
            Ladder::Whole | Ladder::Percent => value.floor() as i64,
            Ladder::Real if value.is_sign_negative() => !(value.to_bits() & !(1 << 63)) as i64,
            Ladder::Real => value.to_bits() as i64,
        }
    }

    /// The key's value of a rung, as a configuration has it.
    pub fn text(self, rung: i64) -> String {
        match self {
            Ladder::Whole | Ladder::Percent => rung.to_string(),
            Ladder::Real => self.number(rung).to_string(),
        }
    }

    /// The key's value of a rung.
    pub fn value(self, rung: i64) -> f64 {
        match self {
            Ladder::Whole | Ladder::Percent => rung as f64,
            Ladder::Real => self.number(rung),
        }
    }
}

/// Rungs from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first.
    pub low: i64,
    /// The last.
    pub high: i64,
}

/// A key that is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchedKey {
    /// Milvus's key.
    pub key: &'static str,
    /// Its values.
    pub ladder: Ladder,
    /// The rung on which it stands in this run.
    pub at: i64,
    /// The rungs on which everything has come out the same so far.
    pub span: Span,
}

impl WatchedKey {
    fn swap(&self, rung: i64) -> Swap {
        Swap { key: self.key, given: self.ladder.number(self.at), other: self.ladder.number(rung) }
    }
}

/// The box of values that has held so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Narrowing {
    keys: Vec<WatchedKey>,
}

impl Narrowing {
    /// Nothing has been decided yet: whatever span each key has, it keeps.
    pub fn new(keys: Vec<WatchedKey>) -> Narrowing {
        Narrowing { keys }
    }

    /// The keys with what is left of their spans.
    pub fn keys(&self) -> &[WatchedKey] {
        &self.keys
    }

    /// A decision that changes at most once along each key is the same on the whole box when it is the same
    /// at all its corners.
    fn narrow(&mut self, outcome: &dyn Fn(&Instead<'_>) -> bool) {
        let mut swaps: Vec<Swap> = self.keys.iter().map(|key| key.swap(key.at)).collect();
        if self.is_same_at_corners(outcome, &mut swaps) {
            return;
        }
        let now = outcome(&Instead(&swaps));
        // Key by key: the keys before this one at all ends of what is left of them, the later ones as given.
        for place in 0..self.keys.len() {
            let key = self.keys[place];
            for end in [key.span.low, key.span.high] {
                let kept = self.farthest(place, end, now, outcome);
                let span = &mut self.keys[place].span;
                if end == key.span.low {
                    span.low = kept;
                } else {
                    span.high = kept;
                }
            }
        }
    }

    /// The rung farthest from the given one, towards `end`, on which the outcome is still `now`.
    fn farthest(&self, place: usize, end: i64, now: bool, outcome: &dyn Fn(&Instead<'_>) -> bool) -> i64 {
        let holds = |rung: i64| {
            let mut swaps: Vec<Swap> = self.keys.iter().map(|key| key.swap(key.at)).collect();
            swaps[place].other = self.keys[place].ladder.number(rung);
            each_corner(&self.keys[..place], &mut swaps, 0, &mut |swaps| outcome(&Instead(swaps)) == now)
        };
        let (mut kept, mut lost) = (self.keys[place].at, end);
        if holds(end) {
            return end;
        }
        while kept.abs_diff(lost) > 1 {
            let middle = (i128::from(kept) + i128::from(lost)).div_euclid(2) as i64;
            if holds(middle) {
                kept = middle;
            } else {
                lost = middle;
            }
        }
        kept
    }

    fn is_same_at_corners(&self, outcome: &dyn Fn(&Instead<'_>) -> bool, swaps: &mut [Swap]) -> bool {
        let now = outcome(&Instead(swaps));
        let is_same = each_corner(&self.keys, swaps, 0, &mut |swaps| outcome(&Instead(swaps)) == now);
        for (swap, key) in swaps.iter_mut().zip(&self.keys) {
            swap.other = key.ladder.number(key.at);
        }
        is_same
    }
}

/// Whether `test` holds at all corners of the spans of `keys`.
fn each_corner(
    keys: &[WatchedKey],
    swaps: &mut [Swap],
    place: usize,
    test: &mut dyn FnMut(&[Swap]) -> bool,
) -> bool {
    let Some(key) = keys.get(place) else { return test(swaps) };
    [key.span.low, key.span.high].into_iter().all(|end| {
        swaps[place].other = key.ladder.number(end);
        each_corner(keys, swaps, place + 1, test)
    })
}

/// A witness that everybody who decides in a run shares; the default one looks away.
#[derive(Debug, Clone, Default)]
pub struct Watch(Option<Arc<Mutex<Narrowing>>>);

impl Watch {
    /// Watches these keys; without any it looks away.
    pub fn over(keys: Vec<WatchedKey>) -> Watch {
        Watch((!keys.is_empty()).then(|| Arc::new(Mutex::new(Narrowing::new(keys)))))
    }

    /// The spans of the keys, in the order given.
    pub fn spans(&self) -> Vec<Span> {
        let narrowing = self.0.as_ref().map(|shared| shared.lock().unwrap_or_else(PoisonError::into_inner));
        narrowing.map_or_else(Vec::new, |narrowing| narrowing.keys().iter().map(|key| key.span).collect())
    }
}

impl Witness for Watch {
    fn saw(&mut self, _comparison: Comparison) {}

    fn wants_every_comparison(&self) -> bool {
        self.0.is_some()
    }

    #[inline]
    fn decided(&mut self, outcome: &dyn Fn(&Instead<'_>) -> bool) {
        if let Some(shared) = &self.0 {
            shared.lock().unwrap_or_else(PoisonError::into_inner).narrow(outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn watched(key: &'static str, ladder: Ladder, at: f64, from: f64, to: f64) -> WatchedKey {
        let span = Span { low: ladder.rung(from), high: ladder.rung(to) };
        WatchedKey { key, ladder, at: ladder.rung(at), span }
    }

    #[test]
    fn rungs_of_doubles_keep_their_order_and_read_back() {
        let ascending = [f64::MIN, -1.5, -f64::MIN_POSITIVE, -0.0, 0.0, 5e-324, 0.05, 1.3, f64::MAX];
        for pair in ascending.windows(2) {
            assert!(Ladder::Real.rung(pair[0]) < Ladder::Real.rung(pair[1]), "{pair:?}");
        }
        for value in ascending {
            let rung = Ladder::Real.rung(value);
            assert_eq!(Ladder::Real.number(rung).to_bits(), value.to_bits());
            assert_eq!(Ladder::Real.text(rung).parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
        }
    }

    #[test]
    fn a_bound_is_found_to_the_last_bit() {
        let mut watch = Watch::over(vec![watched("a", Ladder::Real, 0.05, 0.0, 1.0)]);
        let gap = 7.0;
        // As the benefit check compares: no quotient is formed.
        watch.decided(&|instead| gap < 30.0 * instead.of("a", 0.05));
        watch.decided(&|instead| 1.0 <= instead.of("b", 0.3));
        let span = watch.spans()[0];
        let (last, next) = (Ladder::Real.number(span.high), Ladder::Real.number(span.high + 1));
        assert_eq!(Ladder::Real.number(span.low), 0.0);
        assert!(gap >= 30.0 * last && gap < 30.0 * next, "{last} {next}");
    }

    #[test]
    fn a_key_changed_on_the_way_no_longer_counts() {
        let mut watch = Watch::over(vec![watched("a", Ladder::Percent, 30.0, 1.0, 99.0)]);
        watch.decided(&|instead| 0.5 <= instead.of("a", 0.4));
        assert_eq!(watch.spans(), [Span { low: 1, high: 99 }]);
        watch.decided(&|instead| 0.5 <= instead.of("a", 0.3));
        assert_eq!(watch.spans(), [Span { low: 1, high: 49 }]);
    }

    proptest! {
        /// Every decision comes out the same anywhere in the box, and with a single key no value next to it
        /// would do.
        #[test]
        fn the_box_is_what_trying_every_value_finds(
            at in (0i64..30, 0i64..30),
            decisions in proptest::collection::vec((0i64..30, 0i64..30, 0u8..5), 1..12),
        ) {
            let keys = vec![
                watched("a", Ladder::Whole, at.0 as f64, 0.0, 29.0),
                watched("b", Ladder::Whole, at.1 as f64, 0.0, 29.0),
            ];
            let mut watch = Watch::over(keys);
            let mut single = Watch::over(vec![watched("a", Ladder::Whole, at.0 as f64, 0.0, 29.0)]);
            let decide = |(left, right, shape): (i64, i64, u8), a: f64, b: f64| match shape {
                0 => left as f64 <= a,
                1 => a < left as f64 && (right as f64) < b,
                2 => left as f64 <= a || right as f64 <= b,
                3 => left as f64 <= a && b <= right as f64,
                _ => right as f64 >= b,
            };
            for decision in &decisions {
                let outcome = |instead: &Instead<'_>| {
                    decide(*decision, instead.of("a", at.0 as f64), instead.of("b", at.1 as f64))
                };
                watch.decided(&outcome);
                single.decided(&outcome);
            }
            let same = |a: i64, b: i64| decisions.iter().all(|decision| {
                decide(*decision, a as f64, b as f64) == decide(*decision, at.0 as f64, at.1 as f64)
            });
            let spans = watch.spans();
            for a in spans[0].low..=spans[0].high {
                for b in spans[1].low..=spans[1].high {
                    prop_assert!(same(a, b), "{a} {b} in {spans:?}");
                }
            }
            let span = single.spans()[0];
            for a in 0..30 {
                prop_assert_eq!(same(a, at.1), (span.low..=span.high).contains(&a), "{} in {:?}", a, span);
            }
        }
    }
}
